/*
 * Rows of the left matrix of an integer convolution: what lies under the windows of some output
 * pixels, without the zero point or as uint8 that padding has the zero point of.
 */
#include "ops/quantize/integer_conv_plan.h"

#include <string.h>

enum { LEAST_LINE = 32 /* output pixels of a line that tasks do not cross */ };

static size_t pieces_of(const iou_integer_conv *p) {
    return p->taps / p->piece;
}

static size_t pointers_size(const iou_integer_conv *p) {
    return iou_divide_up(p->rows * pieces_of(p) * sizeof(void *), 64) * 64;
}

/** Bytes of a channel of a pixel, copied. */
static size_t element_size(const iou_integer_conv *p) {
    return p->kernels->bytes ? 1 : sizeof(int16_t);
}

/* ---- Copies -------------------------------------------------------------------------------- */

/** Pixels of a line of the image, in one group. */
static char *take_pixels(const iou_integer_conv *p, const char *image, const iou_integer_left *left,
                         size_t n, char *to) {
    const size_t stride = (size_t)p->shape.in_channels;
    if (p->channels == stride) {
        return iou_integer_take(left, image, n * stride, to);
    }
    for (size_t i = 0; i < n; i++) {
        to = iou_integer_take(left, image + i * stride, p->channels, to);
    }
    return to;
}

/** `n` pixels in a row, the first of which is under a tap: padding where they are beyond the image.
 */
static char *copy_line(const iou_integer_conv *p, const char *image, const iou_integer_left *left,
                       const iou_conv_window *window, size_t tap, int64_t n, char *to) {
    const int64_t x = window->at[2] + p->taps_at[tap * IOU_CONV_SPATIAL + 2];
    const int64_t rest = p->shape.in[2] - x, before = x < 0 ? -x : 0, end = rest < n ? rest : n;
    iou_conv_window inside = *window;
    inside.at[2] += before;
    const int64_t pixel = before < end ? iou_conv_pixel_under(p, &inside, tap) : -1;
    if (pixel < 0) {
        return iou_integer_pad(left, (size_t)n * p->channels, to);
    }
    to = iou_integer_pad(left, (size_t)before * p->channels, to);
    to = take_pixels(p, image + (size_t)pixel * (size_t)p->shape.in_channels, left,
                     (size_t)(end - before), to);
    return iou_integer_pad(left, (size_t)(n - end) * p->channels, to);
}

/* ---- Windows ------------------------------------------------------------------------------- */

static iou_integer_rows copy_windows(const iou_integer_conv *p, const char *image,
                                     const iou_integer_left *left, size_t row, size_t rows,
                                     const char **at, char *memory) {
    const size_t size = iou_integer_row_size(p->kernels, p->taps * p->channels);
    for (size_t i = 0; i < rows; i++) {
        const iou_conv_window window = iou_conv_window_of(&p->shape, row + i);
        char *to = memory + i * size;
        at[i] = to;
        for (size_t tap = 0; tap < p->taps; tap++) {
            to = copy_line(p, image, left, &window, tap, 1, to);
        }
        iou_integer_end_row(left, p->taps * p->channels, to);
    }
    return (iou_integer_rows){at, rows, 1, size / IOU_INTEGER_GROUP};
}

/* ---- Lines --------------------------------------------------------------------------------- */

/** The lines that a task's windows have, and the pixels of each. */
typedef struct line_span {
    int64_t lines, width;
} line_span;

/** Of windows whose first ones are `lines` lines of the output apart. */
static line_span span_of(const iou_conv_shape *s, int64_t lines, int64_t columns) {
    return (line_span){lines * s->stride[1] + (s->kernel[1] - 1) * s->dilation[1] + 1,
                       columns * s->stride[2] + s->kernel[2]};
}

/** The most that a task has. */
static line_span largest_span(const iou_integer_conv *p) {
    const iou_conv_shape *s = &p->shape;
    const int64_t rows = (int64_t)p->rows, width = s->out[2];
    if ((int64_t)p->part == width) {
        return span_of(s, 0, rows - 1);
    }
    const int64_t crossed = (rows + width - 2) / width;
    return span_of(s, crossed < s->out[1] ? crossed : s->out[1] - 1, width - 1);
}

/** Bytes of a copied line. */
static size_t line_size(const iou_integer_conv *p, int64_t width) {
    return iou_size_times((size_t)width * element_size(p), p->channels);
}

/** `n` pointers, `step` bytes apart. */
static void point_along(const char **at, size_t n, const char *from, size_t step) {
    for (size_t i = 0; i < n; i++, from += step) {
        at[i] = from;
    }
}

/** Copies lines from the first window's first on, and points at the windows' own. What follows
 * these up to a whole group is multiplied by zeros. */
static iou_integer_rows copy_lines(const iou_integer_conv *p, const char *image,
                                   const iou_integer_left *left, size_t row, size_t rows,
                                   const char **at, char *memory) {
    const iou_conv_shape *s = &p->shape;
    const iou_conv_window first = iou_conv_window_of(s, row);
    const iou_conv_window last = iou_conv_window_of(s, row + rows - 1);
    const int64_t crossed = (last.at[1] - first.at[1]) / s->stride[1];
    const line_span span =
        crossed == 0 ? span_of(s, 0, (int64_t)rows - 1) : span_of(s, crossed, s->out[2] - 1);
    const size_t size = line_size(p, span.width), pixel = line_size(p, 1);
    const int64_t x = crossed == 0 ? first.at[2] : -s->pad[2];
    iou_conv_window line = first;
    line.at[2] = x;
    for (int64_t i = 0; i < span.lines; i++, line.at[1]++) {
        (void)copy_line(p, image, left, &line, 0, span.width, memory + (size_t)i * size);
    }
    memset(memory + (size_t)span.lines * size, 0, IOU_INTEGER_GROUP);
    const size_t width = (size_t)s->out[2];
    for (size_t i = 0, n; i < rows; i += n) {
        n = iou_size_min(rows - i, width - (row + i) % width);
        const iou_conv_window window = iou_conv_window_of(s, row + i);
        const char *from = memory + (size_t)(window.at[1] - first.at[1]) * size +
                           (size_t)(window.at[2] - x) * pixel;
        for (size_t piece = 0; piece < pieces_of(p); piece++) {
            point_along(at + piece * rows + i, n, from, (size_t)s->stride[2] * pixel);
            from += (size_t)s->dilation[1] * size;
        }
    }
    const size_t groups = iou_integer_row_size(p->kernels, p->piece * p->channels);
    return (iou_integer_rows){at, rows, pieces_of(p), groups / IOU_INTEGER_GROUP};
}

/* ---- Pixels -------------------------------------------------------------------------------- */

static iou_integer_rows point_pixels(const iou_integer_conv *p, const char *image,
                                     const iou_integer_left *left, size_t row, size_t rows,
                                     const char **at, char *padding) {
    const iou_conv_pointers to = {at, 1, rows, p->taps};
    memset(padding, left->zero, p->channels);
    iou_conv_point_windows(p, image, padding, row, rows, &to);
    return (iou_integer_rows){at, rows, p->taps, p->channels / IOU_INTEGER_GROUP};
}

/* ---- All ----------------------------------------------------------------------------------- */

/** Whether neighbouring windows leave no pixels between them. */
static bool overlaps(const iou_conv_shape *s) {
    return s->stride[1] <= (s->kernel[1] - 1) * s->dilation[1] + 1 && s->stride[2] <= s->kernel[2];
}

void iou_integer_conv_choose_rows(iou_integer_conv *p) {
    const iou_conv_shape *s = &p->shape;
    const size_t line = (size_t)s->out[2], plane = line * (size_t)s->out[1];
    const bool in_place =
        p->kernels->bytes && p->image == IOU_UINT8 && p->channels % IOU_INTEGER_GROUP == 0;
    const bool lines = s->kernel[0] == 1 && s->dilation[2] == 1 && overlaps(s);
    p->form = in_place ? IOU_CONV_PIXELS : lines ? IOU_CONV_LINES : IOU_CONV_WINDOWS;
    p->piece = in_place ? 1 : lines ? (size_t)s->kernel[2] : p->taps;
    p->part = p->form != IOU_CONV_LINES ? p->pixels : line >= LEAST_LINE ? line : plane;
}

size_t iou_integer_conv_rows_size(const iou_integer_conv *p) {
    const line_span span = largest_span(p);
    size_t size = p->channels;
    if (p->form == IOU_CONV_WINDOWS) {
        size = iou_size_times(p->rows, iou_integer_row_size(p->kernels, p->taps * p->channels));
    } else if (p->form == IOU_CONV_LINES) {
        size = iou_size_times((size_t)span.lines, line_size(p, span.width));
    }
    return size < SIZE_MAX / 4 ? pointers_size(p) + size + IOU_INTEGER_GROUP : SIZE_MAX;
}

iou_integer_rows iou_integer_conv_rows(const iou_integer_conv *p, const iou_call *call,
                                       const iou_integer_left *left, size_t group, size_t row,
                                       size_t rows) {
    const char *image = (const char *)call->in[p->inputs->left] + group * p->channels;
    const char **at = call->scratch;
    char *memory = (char *)call->scratch + pointers_size(p);
    switch (p->form) {
    case IOU_CONV_PIXELS: return point_pixels(p, image, left, row, rows, at, memory);
    case IOU_CONV_LINES: return copy_lines(p, image, left, row, rows, at, memory);
    default: return copy_windows(p, image, left, row, rows, at, memory);
    }
}
