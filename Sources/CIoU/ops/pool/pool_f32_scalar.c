/* The meaning of a pooled window, in plain loops; and the choice among its kernels. */
#include "ops/pool/pool_kernel.h"

#include <math.h>

static const float *pool_tap(const iou_pool_window *w, int64_t z, int64_t y, int64_t x) {
    return w->in + z * w->strides[0] + y * w->strides[1] + x * w->strides[2];
}

#define EACH_TAP                                                                                   \
    for (int64_t z = 0; z < w->taps[0]; z++)                                                       \
        for (int64_t y = 0; y < w->taps[1]; y++)                                                   \
            for (int64_t x = 0; x < w->taps[2]; x++)

static void pool_max(const iou_pool_window *w) {
    for (size_t c = 0; c < w->channels; c++) {
        float best = -INFINITY;
        EACH_TAP {
            const float value = pool_tap(w, z, y, x)[c];
            best = value > best ? value : best;
        }
        w->out[c] = best;
    }
}

static void pool_average(const iou_pool_window *w) {
    for (size_t c = 0; c < w->channels; c++) {
        float sum = 0;
        EACH_TAP {
            sum += pool_tap(w, z, y, x)[c];
        }
        w->out[c] = sum / w->divisor;
    }
}

const iou_pool_kernels iou_pool_f32_scalar = {IOU_ISA_SCALAR, pool_max, pool_average};

const iou_pool_kernels *iou_pool_choose(iou_isa isa) {
    static const void *const variants[] = {
#define IOU_POOL_VARIANT(symbol) &symbol,
#include "ops/pool/pool_kernels.inc"
#undef IOU_POOL_VARIANT
    };
    return IOU_ISA_SELECT(variants, isa);
}
