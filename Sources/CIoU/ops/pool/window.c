/* The geometry that MaxPool and AveragePool share. */
#include "ops/pool/window.h"

#include "ops/facts.h"

#include <stdio.h>
#include <string.h>

enum {
    LIMIT = 1 << 24, /* of kernels, strides, dilations and pads */
    TASKS = 32       /* to aim at: enough to balance a few threads */
};

static bool wrong(char *problem, size_t capacity, const char *name, const char *wanted,
                  long long found) {
    (void)snprintf(problem, capacity, "%s must be %s, found %lld", name, wanted, found);
    return false;
}

static bool read_list(int64_t *values, const iou_node *node, const char *name, int count,
                      int64_t least, char *problem, size_t capacity) {
    iou_ints ints;
    iou_ints_from_attribute(&ints, node, name);
    if (ints.state == IOU_INTS_ABSENT) {
        return true;
    }
    if (ints.count != count) {
        (void)snprintf(problem, capacity, "%s must have %d numbers, it has %d", name, count,
                       ints.count);
        return false;
    }
    for (int i = 0; i < count; i++) {
        values[i] = ints.values[i];
        if (values[i] < least || values[i] > LIMIT) {
            return wrong(problem, capacity, name, least == 0 ? "0 … 2^24" : "1 … 2^24",
                         (long long)values[i]);
        }
    }
    return true;
}

static bool read_auto_pad(iou_window *window, const iou_node *node, char *problem,
                          size_t capacity) {
    char text[32];
    (void)iou_attribute_string(node, "auto_pad", text, sizeof text);
    window->same_upper = strcmp(text, "SAME_UPPER") == 0;
    window->same_lower = strcmp(text, "SAME_LOWER") == 0;
    const bool valid = strcmp(text, "VALID") == 0;
    if (valid) {
        memset(window->begin, 0, sizeof window->begin);
        memset(window->end, 0, sizeof window->end);
    }
    if (!valid && !window->same_upper && !window->same_lower && text[0] != '\0' &&
        strcmp(text, "NOTSET") != 0) {
        (void)snprintf(problem, capacity, "auto_pad is '%s'", text);
        return false;
    }
    return true;
}

bool iou_window_read(iou_window *window, const iou_node *node, int spatial, char *problem,
                     size_t capacity) {
    memset(window, 0, sizeof *window);
    window->spatial = spatial;
    window->ceil = iou_attribute_int(node, "ceil_mode", 0) != 0;
    window->count_pads = iou_attribute_int(node, "count_include_pad", 0) != 0;
    int64_t pads[2 * IOU_SPATIAL] = {0};
    for (int i = 0; i < spatial; i++) {
        window->kernel[i] = window->stride[i] = window->dilation[i] = 1;
    }
    if (!iou_attribute_present(node, "kernel_shape")) {
        (void)snprintf(problem, capacity, "kernel_shape is missing");
        return false;
    }
    if (!read_list(window->kernel, node, "kernel_shape", spatial, 1, problem, capacity) ||
        !read_list(window->stride, node, "strides", spatial, 1, problem, capacity) ||
        !read_list(window->dilation, node, "dilations", spatial, 1, problem, capacity) ||
        !read_list(pads, node, "pads", 2 * spatial, 0, problem, capacity)) {
        return false;
    }
    for (int i = 0; i < spatial; i++) {
        window->begin[i] = pads[i];
        window->end[i] = pads[spatial + i];
    }
    if (!read_auto_pad(window, node, problem, capacity)) {
        return false;
    }
    for (int i = 0; i < spatial; i++) {
        const int64_t reach = window->dilation[i] * (window->kernel[i] - 1) + 1;
        const int64_t most = window->begin[i] > window->end[i] ? window->begin[i] : window->end[i];
        if (most >= reach) {
            return wrong(problem, capacity, "pads", "less than the window", (long long)most);
        }
    }
    return true;
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
    iou_window window;
    char problem[160];
    if (!iou_window_read(&window, infer->node, x->rank - 2, problem, sizeof problem)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "%s", problem);
    }
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
    const int spatial = x->rank - 2, ahead = IOU_SPATIAL - spatial;
    iou_window window;
    char problem[160];
    (void)iou_window_read(&window, prepare->node, spatial, problem, sizeof problem);
    const bool last = x->layout == IOU_CHANNELS_LAST;
    pool->pictures = last ? x->dims[0] : x->dims[0] * x->dims[1];
    pool->channels = last ? x->dims[1] : 1;
    pool->window = window;
    for (int i = 0; i < IOU_SPATIAL; i++) {
        const int from = i - ahead;
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
