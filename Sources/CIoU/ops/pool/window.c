/* The geometry that MaxPool and AveragePool share. */
#include "ops/pool/window.h"

#include "ops/facts.h"

#include <string.h>

enum {
    LIMIT = 1 << 24, /* of kernels, strides, dilations and pads */
    TASKS = 32       /* to aim at: enough to balance a few threads */
};

enum { KERNEL, STRIDES, DILATIONS, PADS };

static const struct {
    const char *name;
    int least;
} lists[IOU_WINDOW_LISTS] = {
    [KERNEL] = {"kernel_shape", 1}, {"strides", 1}, {"dilations", 1}, [PADS] = {"pads", 0}};

static iou_status parse_list(const iou_parse *parse, int which, int *given, int64_t *values) {
    const int least = lists[which].least;
    iou_ints ints;
    iou_ints_from_attribute(&ints, parse->node, lists[which].name);
    *given = ints.state == IOU_INTS_ABSENT ? -1 : ints.count;
    for (int i = 0; i < 2 * IOU_SPATIAL; i++) {
        values[i] = i < *given ? ints.values[i] : least;
        if (values[i] < least || values[i] > LIMIT) {
            return iou_parse_fail(parse, IOU_BAD_MODEL, "%s must be %d … 2^24, found %lld",
                                  lists[which].name, least, (long long)values[i]);
        }
    }
    return IOU_OK;
}

static iou_status parse_auto_pad(const iou_parse *parse, iou_window_attributes *a) {
    char text[32];
    (void)iou_attribute_string(parse->node, "auto_pad", text, sizeof text);
    a->same_upper = strcmp(text, "SAME_UPPER") == 0;
    a->same_lower = strcmp(text, "SAME_LOWER") == 0;
    a->valid = strcmp(text, "VALID") == 0;
    const bool known = a->valid || a->same_upper || a->same_lower || text[0] == '\0' ||
                       strcmp(text, "NOTSET") == 0;
    return known ? IOU_OK : iou_parse_fail(parse, IOU_BAD_MODEL, "auto_pad is '%s'", text);
}

iou_status iou_window_parse(const iou_parse *parse) {
    iou_window_attributes *a = parse->attributes;
    a->ceil = iou_attribute_int(parse->node, "ceil_mode", 0) != 0;
    a->count_pads = iou_attribute_int(parse->node, "count_include_pad", 0) != 0;
    a->column_major = iou_attribute_int(parse->node, "storage_order", 0) != 0;
    for (int i = 0; i < IOU_WINDOW_LISTS; i++) {
        IOU_TRY(parse_list(parse, i, &a->counts[i], a->values[i]));
    }
    if (a->counts[KERNEL] < 0) {
        return iou_parse_fail(parse, IOU_BAD_MODEL, "kernel_shape is missing");
    }
    return parse_auto_pad(parse, a);
}

iou_window iou_window_of(const iou_window_attributes *attributes, int spatial) {
    const iou_window_attributes *a = attributes;
    iou_window window = {.spatial = spatial,
                         .ceil = a->ceil,
                         .same_upper = a->same_upper,
                         .same_lower = a->same_lower,
                         .count_pads = a->count_pads};
    for (int i = 0; i < spatial; i++) {
        window.kernel[i] = a->values[KERNEL][i];
        window.stride[i] = a->values[STRIDES][i];
        window.dilation[i] = a->values[DILATIONS][i];
        window.begin[i] = a->valid ? 0 : a->values[PADS][i];
        window.end[i] = a->valid ? 0 : a->values[PADS][spatial + i];
    }
    return window;
}

static int64_t reach_of(const iou_window *window, int axis) {
    return window->dilation[axis] * (window->kernel[axis] - 1) + 1;
}

int64_t iou_window_fit(iou_window *window, int axis, int64_t size) {
    const int64_t stride = window->stride[axis], reach = reach_of(window, axis);
    if (window->same_upper || window->same_lower) {
        const int64_t out = size / stride + (size % stride != 0);
        const int64_t needed = (out - 1) * stride + reach - size;
        const int64_t total = needed > 0 ? needed : 0;
        window->begin[axis] = window->same_upper ? total / 2 : total - total / 2;
        window->end[axis] = total - window->begin[axis];
        return out;
    }
    const int64_t room = size + window->begin[axis] + window->end[axis] - reach;
    if (room < 0) {
        return -1;
    }
    int64_t out = room / stride + 1;
    if (window->ceil && room % stride != 0) {
        out += out * stride < size + window->begin[axis]; /* not a window of padding alone */
    }
    return out;
}

/* What hangs on the number of dimensions. */
static iou_status check_window(const iou_infer *infer, const iou_window *window) {
    const iou_window_attributes *a = infer->node->attributes;
    for (int i = 0; i < IOU_WINDOW_LISTS; i++) {
        const int expected = i == PADS ? 2 * window->spatial : window->spatial;
        if (a->counts[i] >= 0 && a->counts[i] != expected) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "%s must have %d numbers, it has %d",
                                  lists[i].name, expected, a->counts[i]);
        }
    }
    for (int i = 0; i < window->spatial; i++) {
        const int64_t begin = window->begin[i], end = window->end[i];
        const int64_t most = begin > end ? begin : end;
        if (most >= reach_of(window, i)) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "pads must be less than the window, found %lld", (long long)most);
        }
    }
    return IOU_OK;
}

static iou_dim symbolic_size(const iou_infer *infer, const iou_window *window, int axis,
                             iou_dim size) {
    const int64_t stride = window->stride[axis];
    if (window->same_upper || window->same_lower) {
        return iou_infer_floor_div(infer, iou_infer_add(infer, size, stride - 1), stride);
    }
    const int64_t room = window->begin[axis] + window->end[axis] - reach_of(window, axis) +
                         (window->ceil ? stride - 1 : 0);
    if (stride == 1) {
        return iou_infer_add(infer, size, room + 1);
    }
    return iou_infer_add(infer,
                         iou_infer_floor_div(infer, iou_infer_add(infer, size, room), stride), 1);
}

iou_status iou_window_infer(const iou_infer *infer, iou_fact *out) {
    const iou_fact *x = infer->in[0];
    if (x->rank < 0) {
        return IOU_OK;
    }
    if (x->rank < 3 || x->rank > 2 + IOU_SPATIAL) {
        return iou_infer_fail(infer, x->rank < 3 ? IOU_BAD_MODEL : IOU_UNSUPPORTED,
                              "input must have rank 3, 4 or 5, it has %d", x->rank);
    }
    iou_window window = iou_window_of(infer->node->attributes, x->rank - 2);
    IOU_TRY(check_window(infer, &window));
    out->rank = x->rank;
    out->dims[0] = x->dims[0];
    out->dims[1] = x->dims[1];
    for (int i = 0; i < window.spatial; i++) {
        const iou_dim size = x->dims[2 + i];
        if (!size.known) {
            out->dims[2 + i] = size.symbol == NULL ? size : symbolic_size(infer, &window, i, size);
            continue;
        }
        const int64_t fitted =
            size.value > INT64_MAX / 4 ? -1 : iou_window_fit(&window, i, size.value);
        if (fitted < 0) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "the window of %lld does not fit dimension %d of %lld",
                                  (long long)reach_of(&window, i), 2 + i, (long long)size.value);
        }
        out->dims[2 + i] = iou_dim_number(fitted);
    }
    return IOU_OK;
}

void iou_pool_fill(iou_pool *pool, const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0], *y = &prepare->out[0];
    const int spatial = x->rank - 2, leading = IOU_SPATIAL - spatial;
    iou_window window = iou_window_of(prepare->node->attributes, spatial);
    const bool last = x->layout == IOU_CHANNELS_LAST;
    pool->pictures = last ? x->dims[0] : x->dims[0] * x->dims[1];
    pool->channels = last ? x->dims[1] : 1;
    pool->in_pitch = last ? iou_operand_pitch(x) : 1;
    pool->out_pitch = last ? iou_operand_pitch(y) : 1;
    pool->window = window;
    for (int i = 0; i < IOU_SPATIAL; i++) {
        const int from = i - leading;
        pool->in[i] = from < 0 ? 1 : x->dims[2 + from];
        pool->out[i] = from < 0 ? 1 : y->dims[2 + from];
        if (from >= 0) {
            (void)iou_window_fit(&window, from, x->dims[2 + from]);
        }
        pool->window.kernel[i] = from < 0 ? 1 : window.kernel[from];
        pool->window.stride[i] = from < 0 ? 1 : window.stride[from];
        pool->window.dilation[i] = from < 0 ? 1 : window.dilation[from];
        pool->window.begin[i] = from < 0 ? 0 : window.begin[from];
        pool->window.end[i] = from < 0 ? 0 : window.end[from];
    }
    const size_t row = (size_t)(pool->out[2] * pool->channels);
    pool->rows = (size_t)(pool->pictures * pool->out[0] * pool->out[1]);
    /* Neighbouring rows share much of what they read. */
    const size_t few = pool->rows / TASKS > 0 ? pool->rows / TASKS : 1;
    pool->rows_per_task = row == 0 || row > 8192 ? few : 8192 / row > few ? 8192 / row : few;
}

void iou_pool_taps(const iou_pool *pool, int axis, int64_t at, int64_t *first, int64_t *last) {
    const iou_window *w = &pool->window;
    const int64_t start = at * w->stride[axis] - w->begin[axis], step = w->dilation[axis];
    *first = start >= 0 ? 0 : (-start + step - 1) / step;
    const int64_t room = pool->in[axis] - start;
    *last = room <= 0 ? 0 : (room + step - 1) / step;
    *last = *last < w->kernel[axis] ? *last : w->kernel[axis];
}
