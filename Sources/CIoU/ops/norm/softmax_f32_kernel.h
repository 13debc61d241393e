/*
 * Softmax over vectors of lanes. Include a simd_*.h header before; gives softmax_row and
 * softmax_columns. Sums are made of partial sums of SOFTMAX_PART vectors, so that rounding grows
 * little with the extent.
 */
#include "core/simd_math.h"
#include "core/sizes.h"
#include "ops/norm/softmax_kernel.h"

#include <math.h>

enum { SOFTMAX_PART = 64 };

IOU_TARGET_BEGIN(IOU_SIMD_TARGET)

/* Lanes without an element hold -infinity, whose power is 0. */
IOU_INLINE iou_v softmax_load(const float *x, size_t left, iou_v_lanes lanes) {
    return left >= IOU_LANES ? iou_v_load(x)
                             : iou_v_select(lanes, iou_v_load_part(x, lanes), iou_v_set(-INFINITY));
}

IOU_INLINE void softmax_store(float *y, size_t left, iou_v_lanes lanes, iou_v a) {
    if (left >= IOU_LANES) {
        iou_v_store(y, a);
    } else {
        iou_v_store_part(y, lanes, a);
    }
}

static float softmax_largest(const float *x, size_t n) {
    iou_v most = iou_v_set(-INFINITY);
    for (size_t i = 0; i < n; i += IOU_LANES) {
        most = iou_v_max(softmax_load(x + i, n - i, iou_v_first((ptrdiff_t)(n - i))), most);
    }
    float lanes[IOU_LANES], largest = -INFINITY;
    iou_v_store(lanes, most);
    for (size_t i = 0; i < IOU_LANES; i++) {
        largest = lanes[i] > largest ? lanes[i] : largest;
    }
    return largest;
}

static double softmax_total(iou_v sums) {
    float lanes[IOU_LANES];
    double total = 0.0;
    iou_v_store(lanes, sums);
    for (size_t i = 0; i < IOU_LANES; i++) {
        total += (double)lanes[i];
    }
    return total;
}

static void softmax_row(const iou_softmax_job *job) {
    const float *x = job->x;
    float *y = job->y;
    const size_t n = job->extent;
    const iou_v most = iou_v_set(softmax_largest(x, n));
    double sum = 0.0;
    for (size_t part = 0; part < n; part += SOFTMAX_PART * IOU_LANES) {
        const size_t end = part + iou_size_min(SOFTMAX_PART * IOU_LANES, n - part);
        iou_v sums = iou_v_zero();
        for (size_t i = part; i < end; i += IOU_LANES) {
            const iou_v_lanes lanes = iou_v_first((ptrdiff_t)(n - i));
            const iou_v distance = iou_v_sub(softmax_load(x + i, n - i, lanes), most);
            iou_v power = iou_v_exp(distance);
            power = n - i >= IOU_LANES ? power : iou_v_select(lanes, power, iou_v_zero());
            sums = iou_v_add(sums, power);
            softmax_store(y + i, n - i, lanes, job->logarithm ? distance : power);
        }
        sum += softmax_total(sums);
    }
    const iou_v factor = iou_v_set((float)(job->logarithm ? log(sum) : 1.0 / sum));
    for (size_t i = 0; i < n; i += IOU_LANES) {
        const iou_v_lanes lanes = iou_v_first((ptrdiff_t)(n - i));
        const iou_v a = softmax_load(y + i, n - i, lanes);
        softmax_store(y + i, n - i, lanes,
                      job->logarithm ? iou_v_sub(a, factor) : iou_v_mul(a, factor));
    }
}

/* What is subtracted from each lane, or the reciprocal by which it is multiplied. */
IOU_INLINE iou_v softmax_factor(iou_v sums, bool logarithm) {
    if (!logarithm) {
        return iou_v_div(iou_v_set(1.0F), sums);
    }
    float lanes[IOU_LANES];
    iou_v_store(lanes, sums);
    for (size_t i = 0; i < IOU_LANES; i++) {
        lanes[i] = logf(lanes[i]);
    }
    return iou_v_load(lanes);
}

/* At most IOU_LANES vectors, a lane each. */
IOU_INLINE void softmax_lanes(const iou_softmax_job *job, size_t first, size_t left) {
    const iou_v_lanes lanes = iou_v_first((ptrdiff_t)left);
    const float *x = job->x + first;
    float *y = job->y + first;
    iou_v most = iou_v_set(-INFINITY), sum = iou_v_zero();
    for (size_t i = 0; i < job->extent; i++) {
        most = iou_v_max(softmax_load(x + i * job->stride, left, lanes), most);
    }
    for (size_t part = 0; part < job->extent; part += SOFTMAX_PART) {
        const size_t end = part + iou_size_min(SOFTMAX_PART, job->extent - part);
        iou_v sums = iou_v_zero();
        for (size_t i = part; i < end; i++) {
            const iou_v distance = iou_v_sub(softmax_load(x + i * job->stride, left, lanes), most);
            const iou_v power = iou_v_exp(distance);
            sums = iou_v_add(sums, power);
            softmax_store(y + i * job->stride, left, lanes, job->logarithm ? distance : power);
        }
        sum = iou_v_add(sum, sums);
    }
    const iou_v factor = softmax_factor(sum, job->logarithm);
    for (size_t i = 0; i < job->extent; i++) {
        float *to = y + i * job->stride;
        const iou_v a = softmax_load(to, left, lanes);
        softmax_store(to, left, lanes,
                      job->logarithm ? iou_v_sub(a, factor) : iou_v_mul(a, factor));
    }
}

static void softmax_columns(const iou_softmax_job *job) {
    for (size_t first = 0; first < job->count; first += IOU_LANES) {
        softmax_lanes(job, first, job->count - first);
    }
}

IOU_TARGET_END
