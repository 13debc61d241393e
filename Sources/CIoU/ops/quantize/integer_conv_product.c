/*
 * Integer convolutions as products with the packed weights: of pixels or lines of windows where
 * they are, or of windows gathered without their zero point, which makes padding zero.
 */
#include "ops/quantize/integer_conv_plan.h"
#include "ops/quantize/quantization.h"

#include <string.h>

enum {
    TASK_BYTES = 1 << 17, /* of gathered windows, or of pointers to pixels */
    MOST_TASK_ROWS = 64,
    THREAD_TASKS = 4 /* wanted for each thread, so that all are busy */
};

static bool has_whole_pixels(const iou_integer_conv *p) {
    return p->channels % IOU_INTEGER_GROUP == 0;
}

/* ---- Rows ---------------------------------------------------------------------------------- */

/** A line of a window: zero points where it is beyond the image, whose pixels are in a row. */
static char *gather_line(const iou_integer_conv *p, const char *image, const iou_integer_left *left,
                         const iou_conv_window *window, size_t first, char *to) {
    const int64_t width = p->shape.kernel[2], x = window->at[2], rest = p->shape.in[2] - x;
    const int64_t before = x < 0 ? -x : 0, end = rest < width ? rest : width;
    const int64_t pixel =
        before < end ? iou_conv_pixel_under(p, window, first + (size_t)before) : -1;
    if (pixel < 0) {
        return iou_integer_pad(left, (size_t)width * p->channels, to);
    }
    to = iou_integer_pad(left, (size_t)before * p->channels, to);
    to = iou_integer_take(left, image + (size_t)pixel * p->channels,
                          (size_t)(end - before) * p->channels, to);
    return iou_integer_pad(left, (size_t)(width - end) * p->channels, to);
}

static char *gather_pixel(const iou_integer_conv *p, const char *image,
                          const iou_integer_left *left, const iou_conv_window *window, size_t tap,
                          char *to) {
    const int64_t pixel = iou_conv_pixel_under(p, window, tap);
    return pixel < 0 ? iou_integer_pad(left, p->channels, to)
                     : iou_integer_take(left, image + (size_t)pixel * (size_t)p->shape.in_channels,
                                        p->channels, to);
}

/** Makes a row of a window in one group. */
static void gather(const iou_integer_conv *p, const char *image, const iou_integer_left *left,
                   const iou_conv_window *window, char *to) {
    const bool by_line = p->shape.dilation[2] == 1 && p->shape.group == 1;
    const size_t step = by_line ? (size_t)p->shape.kernel[2] : 1;
    for (size_t tap = 0; tap < p->taps; tap += step) {
        to = by_line ? gather_line(p, image, left, window, tap, to)
                     : gather_pixel(p, image, left, window, tap, to);
    }
    iou_integer_end_row(left, p->taps * p->channels, to);
}

/** From the window before to that of output pixel `row`. */
static void move_window(const iou_integer_conv *p, size_t row, iou_conv_window *window) {
    window->at[2] += p->shape.stride[2];
    if (row % (size_t)p->shape.out[2] == 0) {
        *window = iou_conv_window_of(&p->shape, row);
    }
}

/** Gathers `rows` windows to `memory` and points at them. */
static iou_integer_rows gather_rows(const iou_integer_conv *p, const char *image,
                                    const iou_integer_left *left, size_t row, size_t rows,
                                    const char **at, char *memory) {
    const size_t size = iou_integer_row_size(p->kernels, p->taps * p->channels);
    iou_conv_window window = iou_conv_window_of(&p->shape, row);
    for (size_t i = 0; i < rows; i++, move_window(p, row + i, &window)) {
        at[i] = memory + i * size;
        gather(p, image, left, &window, memory + i * size);
    }
    return (iou_integer_rows){at, rows, 1, size / IOU_INTEGER_GROUP};
}

/** Points at the pixels under each tap of `rows` windows. */
static iou_integer_rows point_pixels(const iou_integer_conv *p, const char *image,
                                     const iou_integer_left *left, size_t row, size_t rows,
                                     const char **at, char *padding) {
    const size_t width = (size_t)p->shape.out[2];
    memset(padding, left->zero, p->channels);
    for (size_t done = 0, n; done < rows; done += n) {
        const iou_conv_window first = iou_conv_window_of(&p->shape, row + done);
        n = iou_size_min(rows - done, width - (row + done) % width);
        for (size_t tap = 0; tap < p->taps; tap++) {
            iou_conv_point_line(p, image, padding, &first, tap, n, at + tap * rows + done, 1);
        }
    }
    return (iou_integer_rows){at, rows, p->taps, p->channels / IOU_INTEGER_GROUP};
}

/** Whether all pixels of a line of a window are in the image, and `size` bytes from the first on.
 */
static bool is_inside(const iou_integer_conv *p, const iou_conv_window *window, int64_t pixel,
                      size_t size) {
    const iou_conv_shape *s = &p->shape;
    const int64_t pixels = s->batch * s->in[0] * s->in[1] * s->in[2];
    return pixel >= 0 && window->at[2] + s->kernel[2] <= s->in[2] &&
           (size_t)(pixels - pixel) * p->channels >= size;
}

/** Points at the lines of `rows` windows; at copies of those that are not whole. What follows a
 * line up to a whole group is multiplied by zeros. */
static iou_integer_rows point_lines(const iou_integer_conv *p, const char *image,
                                    const iou_integer_left *left, size_t row, size_t rows,
                                    const char **at, char *memory) {
    const size_t lines = p->taps / p->piece;
    const size_t size = iou_integer_row_size(p->kernels, p->piece * p->channels);
    iou_conv_window window = iou_conv_window_of(&p->shape, row);
    for (size_t i = 0; i < rows; i++, move_window(p, row + i, &window)) {
        for (size_t line = 0; line < lines; line++, memory += size) {
            const int64_t pixel = iou_conv_pixel_under(p, &window, line * p->piece);
            if (is_inside(p, &window, pixel, size)) {
                at[line * rows + i] = image + (size_t)pixel * p->channels;
                continue;
            }
            char *end = gather_line(p, image, left, &window, line * p->piece, memory);
            iou_integer_end_row(left, p->piece * p->channels, end);
            at[line * rows + i] = memory;
        }
    }
    return (iou_integer_rows){at, rows, lines, size / IOU_INTEGER_GROUP};
}

/* ---- Run ----------------------------------------------------------------------------------- */

static iou_integer_right right_of(const iou_integer_conv *p, const void *weights, const void *zeros,
                                  size_t group) {
    const size_t depth = p->taps * p->channels, first = group * p->columns;
    return (iou_integer_right){.data = weights ? (const char *)weights + first * depth : NULL,
                               .zeros = zeros && p->own_zeros ? (const char *)zeros + first : zeros,
                               .type = p->weights,
                               .zero_step = p->own_zeros,
                               .columns = p->columns,
                               .column_stride = depth,
                               .outers = p->taps,
                               .outer_stride = 1,
                               .inner = p->channels,
                               .inner_stride = p->taps,
                               .piece = p->piece};
}

/** Where a task's output begins. */
typedef struct place {
    size_t group, row, rows, first_panel, panels;
} place;

static place place_of(const iou_integer_conv *p, size_t task) {
    const size_t rows_task = task / p->panel_tasks, first = task % p->panel_tasks * p->panels;
    const size_t row = rows_task % p->row_tasks * p->rows;
    return (place){.group = rows_task / p->row_tasks,
                   .row = row,
                   .rows = iou_size_min(p->rows, p->pixels - row),
                   .first_panel = first,
                   .panels =
                       iou_size_min(p->panels, iou_integer_panels(p->kernels, p->columns) - first)};
}

/** The task's rows of the left matrix, whose pointers are first in the scratch. */
static iou_integer_rows rows_of(const iou_integer_conv *p, const iou_call *call,
                                const iou_integer_left *left, const place *at) {
    const char *image = (const char *)call->in[p->inputs->left] + at->group * p->channels;
    char *memory = (char *)call->scratch + p->rows_at;
    if (p->gathers) {
        return gather_rows(p, image, left, at->row, at->rows, call->scratch, memory);
    }
    return has_whole_pixels(p)
               ? point_pixels(p, image, left, at->row, at->rows, call->scratch, memory)
               : point_lines(p, image, left, at->row, at->rows, call->scratch, memory);
}

static iou_status run(const iou_call *call, size_t task) {
    const iou_integer_conv *p = call->params;
    const place at = place_of(p, task);
    const iou_integer_left left = {.kernels = p->kernels,
                                   .loops = p->loops,
                                   .type = p->image,
                                   .zero = iou_conv_zero(p, call, p->inputs->left_zero, p->image)};
    const iou_integer_right right =
        right_of(p, call->in[p->inputs->right], iou_conv_weight_zeros(p, call), at.group);
    iou_conv_numbers numbers;
    IOU_TRY(iou_conv_numbers_read(p, call, &numbers));
    const size_t channel = at.group * p->columns;
    const iou_conv_sink sink = {p, &numbers, call->out[0], at.row, channel};
    const iou_integer_factors factors = {.left = &left,
                                         .rows = rows_of(p, call, &left, &at),
                                         .right = &right,
                                         .biases = numbers.biases ? numbers.biases + channel : NULL,
                                         .packed = p->packed ? p->packed + at.group * p->group_size
                                                             : NULL,
                                         .panel = (char *)call->scratch + p->panel_at,
                                         .first_panel = at.first_panel,
                                         .panels = at.panels};
    iou_integer_multiply(&factors, &(iou_integer_sink){iou_conv_store, &sink});
    return IOU_OK;
}

/* ---- Prepare ------------------------------------------------------------------------------- */

static void pack(const void *context, void *memory, size_t first, size_t count) {
    const iou_conv_packing *packing = context;
    const iou_integer_conv *p = packing->p;
    for (size_t group = first; group < first + count; group++) {
        const iou_integer_right right = right_of(p, packing->weights, packing->zeros, group);
        iou_integer_pack(p->kernels, &right, 0, iou_integer_panels(p->kernels, p->columns),
                         (char *)memory + group * p->group_size);
    }
}

void iou_integer_conv_choose_kernels(const iou_prepare *prepare, iou_integer_conv *p) {
    const iou_operand *zero = iou_operand_in(prepare, p->inputs->right_zero);
    bool fits = iou_integer_choose(prepare->isa, true)->bytes;
    for (size_t group = 0; group < (size_t)p->shape.group && fits; group++) {
        const iou_integer_right right = right_of(p, prepare->in[p->inputs->right]->constant,
                                                 zero ? zero->constant : NULL, group);
        fits = iou_integer_fits(&right);
    }
    p->kernels = iou_integer_choose(prepare->isa, fits);
}

static iou_status prepare_weights(const iou_prepare *prepare, iou_integer_conv *p) {
    const size_t groups = (size_t)p->shape.group;
    const iou_integer_right right = right_of(p, NULL, NULL, 0);
    p->group_size = iou_size_times(iou_integer_panel_size(p->kernels, &right),
                                   iou_integer_panels(p->kernels, p->columns));
    const iou_packing packing = {.kind = IOU_CONV_PACKED_PANELS + 4 * p->shape.group +
                                         2 * (p->piece == 1) + p->kernels->bytes,
                                 .size = iou_size_times(p->group_size, groups),
                                 .units = groups};
    return iou_conv_can_pack(prepare, p) ? iou_conv_pack_weights(prepare, p, packing, pack)
                                         : IOU_OK;
}

/** Cuts the output of each group into rows of pixels, and by panels where these are few. */
static void divide(const iou_prepare *prepare, iou_integer_conv *p, size_t row_bytes) {
    const size_t rows = iou_size_max(p->kernels->rows, TASK_BYTES / iou_size_max(1, row_bytes));
    const size_t panels = iou_integer_panels(p->kernels, p->columns);
    p->rows = iou_size_min(iou_size_min(rows, MOST_TASK_ROWS), p->pixels);
    p->row_tasks = iou_divide_up(p->pixels, p->rows);
    const size_t tasks = iou_size_times(p->row_tasks, (size_t)p->shape.group);
    const size_t wanted = iou_divide_up(THREAD_TASKS * prepare->threads, tasks);
    p->panels = iou_divide_up(panels, iou_size_min(panels, wanted));
    p->panel_tasks = iou_divide_up(panels, p->panels);
}

/** Pixels or lines stay where they are if memory has them as the kernels take them. */
static void choose_pieces(iou_integer_conv *p) {
    const iou_conv_shape *s = &p->shape;
    const bool in_place = p->kernels->bytes && p->image == IOU_UINT8;
    const bool pixels = has_whole_pixels(p);
    p->gathers = !in_place || !(pixels || (s->group == 1 && s->dilation[2] == 1));
    p->piece = p->gathers ? p->taps : pixels ? 1 : (size_t)s->kernel[2];
}

/** Bytes for what is copied of a window, besides a pixel of padding. */
static size_t copied_size(const iou_integer_conv *p) {
    const size_t pieces = p->taps / p->piece;
    const size_t size = iou_integer_row_size(p->kernels, p->piece * p->channels);
    return p->gathers || !has_whole_pixels(p) ? iou_size_times(pieces, size) : 0;
}

iou_status iou_integer_conv_product(const iou_prepare *prepare, iou_integer_conv *p) {
    choose_pieces(p);
    IOU_TRY(prepare_weights(prepare, p));
    const iou_integer_right right = right_of(p, NULL, NULL, 0);
    const size_t pointers = p->taps / p->piece * sizeof(void *), copied = copied_size(p);
    divide(prepare, p, iou_size_max(copied, pointers));
    p->rows_at = iou_divide_up(p->rows * pointers, 64) * 64;
    const size_t memory = iou_size_times(p->rows, copied);
    prepare->step->run = run;
    prepare->step->task_count = p->row_tasks * p->panel_tasks * (size_t)p->shape.group;
    prepare->step->algorithm = "integer product";
    prepare->step->isa = iou_isa_name(p->kernels->isa);
    return iou_conv_lay_out(prepare, p,
                            memory < SIZE_MAX / 2 ? p->rows_at + memory + p->channels : SIZE_MAX,
                            p->packed ? 0 : iou_integer_panel_size(p->kernels, &right));
}
