/*
 * The body of the depthwise kernels: blocks of four pixels and two vectors of channels. Include a
 * simd_*.h header before; defines depthwise_run.
 */
#include "core/simd_math.h"
#include "ops/conv/depthwise.h"

#include <stdbool.h>

IOU_TARGET_BEGIN(IOU_SIMD_TARGET)

#define IOU_PIXELS(f) f(0) f(1) f(2) f(3)

IOU_INLINE iou_v depthwise_load(const float *p, bool part, iou_v_lanes lanes) {
    return part ? iou_v_load_part(p, lanes) : iou_v_load(p);
}

IOU_INLINE void depthwise_finish(const iou_depthwise_tile *t, size_t i, size_t j, iou_v sum,
                                 bool part, iou_v_lanes lanes) {
    sum = iou_v_add(sum, depthwise_load(t->bias + j, part, lanes));
    if (t->residual != NULL) {
        sum = iou_v_add(sum, depthwise_load(t->residual[i] + j, part, lanes));
    }
    sum = iou_v_clamp(sum, iou_v_set(t->lo), iou_v_set(t->hi));
    float *c = t->c + i * t->c_stride + j;
    if (part) {
        iou_v_store_part(c, lanes, sum);
    } else {
        iou_v_store(c, sum);
    }
}

/* Four pixels, two vectors of channels. */
IOU_INLINE void depthwise_4x2(const iou_depthwise_tile *t, size_t i, size_t j) {
    const iou_v_lanes all = iou_v_first(IOU_LANES);
#define IOU_START(n) iou_v low##n = iou_v_zero(), high##n = iou_v_zero();
    IOU_PIXELS(IOU_START)
    for (size_t tap = 0; tap < t->taps; tap++) {
        const float *const *a = t->a + tap * t->a_stride + i;
        const float *w = t->weights + tap * t->weight_stride + j;
        const iou_v w0 = iou_v_load(w), w1 = iou_v_load(w + IOU_LANES);
#define IOU_STEP(n)                                                                                \
    low##n = iou_v_fma(iou_v_load(a[n] + j), w0, low##n);                                          \
    high##n = iou_v_fma(iou_v_load(a[n] + j + IOU_LANES), w1, high##n);
        IOU_PIXELS(IOU_STEP)
    }
#define IOU_FINISH(n)                                                                              \
    depthwise_finish(t, i + n, j, low##n, false, all);                                             \
    depthwise_finish(t, i + n, j + IOU_LANES, high##n, false, all);
    IOU_PIXELS(IOU_FINISH)
#undef IOU_START
#undef IOU_STEP
#undef IOU_FINISH
}

/* One pixel, one vector of channels or a part of it. */
IOU_INLINE void depthwise_1x1(const iou_depthwise_tile *t, size_t i, size_t j, ptrdiff_t count) {
    const bool part = count < IOU_LANES;
    const iou_v_lanes lanes = iou_v_first(count);
    iou_v sum = iou_v_zero();
    for (size_t tap = 0; tap < t->taps; tap++) {
        const iou_v a = depthwise_load(t->a[tap * t->a_stride + i] + j, part, lanes);
        const iou_v w = depthwise_load(t->weights + tap * t->weight_stride + j, part, lanes);
        sum = iou_v_fma(a, w, sum);
    }
    depthwise_finish(t, i, j, sum, part, lanes);
}

static void depthwise_run(const iou_depthwise_tile *tile) {
    const iou_depthwise_tile copy = *tile; /* which no store to c can change */
    const iou_depthwise_tile *const t = &copy;
    const size_t end = t->offset + t->channels;
    for (size_t i = 0; i < t->rows; i += 4) {
        const bool whole = i + 4 <= t->rows;
        size_t j = t->offset;
        for (; whole && j + 2 * IOU_LANES <= end; j += 2 * IOU_LANES) {
            depthwise_4x2(t, i, j);
        }
        for (size_t row = i; row < (whole ? i + 4 : t->rows); row++) {
            for (size_t k = j; k < end; k += IOU_LANES) {
                depthwise_1x1(t, row, k, (ptrdiff_t)(end - k));
            }
        }
    }
}

IOU_TARGET_END
