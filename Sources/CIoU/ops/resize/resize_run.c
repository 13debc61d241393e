#include "ops/resize/resize_run.h"

#include "ops/strided_iterator.h"

#include <string.h>

/* Adds weight times a row of n elements. */
static void add_row(const float *from, int64_t n, float weight, float *to) {
    IOU_INDEPENDENT for (int64_t i = 0; i < n; i++) {
        to[i] += weight * from[i];
    }
}

/* The last axis, which has `taps` taps and `inner` elements at each position; positions outside of
 * a crop get `outside`. */
static void sum_taps(const iou_resize_memory_axis *axis, int64_t inner, const float *from,
                     float outside, float *out) {
    const int32_t *index = axis->index;
    const float *weight = axis->weight;
    const int taps = axis->taps;
    for (int64_t i = 0; i < axis->out; i++, index += taps, weight += taps, out += inner) {
        for (int64_t c = 0; c < inner; c++) {
            float sum = 0.0f;
            for (int k = 0; k < taps && index[0] >= 0; k++) {
                sum += weight[k] * from[index[k] * inner + c];
            }
            out[c] = index[0] < 0 ? outside : sum;
        }
    }
}

/* The same of linear ones, in vectors. */
static void sum_two_taps(const iou_resize_memory_axis *axis, int64_t inner, const float *from,
                         float outside, float *out) {
    const int32_t *index = axis->index;
    const float *weight = axis->weight;
    for (int64_t i = 0; i < axis->out; i++, index += 2, weight += 2, out += inner) {
        const bool is_outside = index[0] < 0;
        const float *a = from + (is_outside ? 0 : index[0] * inner);
        const float *b = from + (is_outside ? 0 : index[1] * inner);
        const float of_a = weight[0], of_b = weight[1];
        IOU_INDEPENDENT for (int64_t c = 0; c < inner; c++) {
            const float sum = 0.0f + of_a * a[c] + of_b * b[c];
            out[c] = is_outside ? outside : sum;
        }
    }
}

/* Adds up the rows of the input that the taps of the outer axes reach, from `level` on; false:
 * outside of a crop. */
static bool add_taps(const iou_resize_params *p, const int64_t *at, int level, const float *from,
                     float weight, float *to) {
    const iou_resize_memory_axis *axis = &p->axis[level];
    if (level == p->rank - 1) {
        add_row(from, axis->in * p->inner, weight, to);
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

/* The outer axes first, whole rows at a time: those are in order. */
static void weighted_row(const iou_resize_params *p, const int64_t *at, const float *in,
                         float *scratch, float *out) {
    const iou_resize_memory_axis *last = &p->axis[p->rank - 1];
    float *row = last->index == NULL ? out : scratch;
    memset(row, 0, (size_t)(last->in * p->inner) * sizeof *row);
    if (!add_taps(p, at, 0, in, 1.0f, row)) {
        for (int64_t i = 0; i < last->out * p->inner; i++) {
            out[i] = p->extrapolation;
        }
    } else if (last->index == NULL) {
        return;
    } else if (last->taps == 2) {
        sum_two_taps(last, p->inner, row, p->extrapolation, out);
    } else {
        sum_taps(last, p->inner, row, p->extrapolation, out);
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
            weighted_row(p, at, call->in[0], call->scratch, (float *)(void *)out);
        } else {
            nearest_row(p, at, call->in[0], out);
        }
    }
    return IOU_OK;
}
