#include "ops/resize/resize_run.h"

#include "ops/strided_iterator.h"

#include <string.h>

/* Adds weight times one row of the input (at `from`) to a row of the output. */
static void add_row(const iou_resize_memory_axis *axis, const float *from, float weight,
                    float *to) {
    if (axis->index == NULL) {
        IOU_INDEPENDENT for (int64_t i = 0; i < axis->out; i++) {
            to[i] += weight * from[i];
        }
        return;
    }
    for (int64_t i = 0; i < axis->out; i++) {
        const int32_t *index = axis->index + i * axis->taps;
        const float *factor = axis->weight + i * axis->taps;
        float sum = 0.0f;
        for (int k = 0; k < axis->taps; k++) {
            sum += index[k] < 0 ? 0.0f : factor[k] * from[index[k]];
        }
        to[i] += weight * sum;
    }
}

/* Every combination of taps of the outer axes from `level` on; false: outside of a crop. */
static bool add_taps(const iou_resize_params *p, const int64_t *at, int level, const float *from,
                     float weight, float *to) {
    const iou_resize_memory_axis *axis = &p->axis[level];
    if (level == p->rank - 1) {
        add_row(axis, from, weight, to);
        return true;
    }
    if (axis->index == NULL) {
        return add_taps(p, at, level + 1, from + at[level] * axis->stride, weight, to);
    }
    for (int k = 0; k < axis->taps; k++) {
        const int64_t tap = at[level] * axis->taps + k;
        if (axis->index[tap] < 0) {
            return false;
        }
        if (axis->weight[tap] != 0.0f &&
            !add_taps(p, at, level + 1, from + axis->index[tap] * axis->stride,
                      weight * axis->weight[tap], to)) {
            return false;
        }
    }
    return true;
}

static void weighted_row(const iou_resize_params *p, const int64_t *at, const float *in,
                         float *out) {
    const iou_resize_memory_axis *last = &p->axis[p->rank - 1];
    memset(out, 0, (size_t)last->out * sizeof *out);
    const bool inside = add_taps(p, at, 0, in, 1.0f, out);
    for (int64_t i = 0; i < last->out; i++) {
        const bool cut = last->index != NULL && last->index[i * last->taps] < 0;
        out[i] = inside && !cut ? out[i] : p->extrapolation;
    }
}

/* The positions of row `row` on the axes before the last. */
static void locate(const iou_resize_params *p, size_t row, int64_t at[IOU_MAX_RANK]) {
    for (int i = p->rank - 2; i >= 0; i--) {
        at[i] = (int64_t)(row % (size_t)p->axis[i].out);
        row /= (size_t)p->axis[i].out;
    }
}

#define PICK(type)                                                                                 \
    for (int64_t i = 0; i < last->out; i++) {                                                      \
        ((type *)out)[i] = ((const type *)from)[last->index[i]];                                   \
    }                                                                                              \
    break

/* Nearest, and nothing outside: whole rows, or single elements. */
static void nearest_row(const iou_resize_params *p, const int64_t *at, const char *in, void *out) {
    const iou_resize_memory_axis *last = &p->axis[p->rank - 1];
    int64_t offset = 0;
    for (int i = 0; i < p->rank - 1; i++) {
        const iou_resize_memory_axis *axis = &p->axis[i];
        offset += axis->stride * (axis->index == NULL ? at[i] : axis->index[at[i]]);
    }
    const char *from = in + (size_t)offset * p->size;
    if (last->index == NULL) {
        memcpy(out, from, (size_t)last->out * p->size);
        return;
    }
    switch (p->size) {
    case 1: PICK(uint8_t);
    case 2: PICK(uint16_t);
    case 4: PICK(uint32_t);
    default: PICK(uint64_t);
    }
}

iou_status iou_resize_op_run(const iou_call *call, size_t task) {
    const iou_resize_params *p = call->params;
    const size_t first = task * p->rows_per_task, left = p->rows - first;
    const size_t end = left < p->rows_per_task ? p->rows : first + p->rows_per_task;
    for (size_t row = first; row < end; row++) {
        int64_t at[IOU_MAX_RANK] = {0};
        char *out = (char *)call->out[0] + row * p->out_pitch * p->size;
        locate(p, row, at);
        if (p->weighted) {
            weighted_row(p, at, call->in[0], (float *)(void *)out);
        } else {
            nearest_row(p, at, call->in[0], out);
        }
    }
    return IOU_OK;
}
