/*
 * The body of the pooling kernels: eight vectors of channels at a time. Include a simd_*.h header
 * before; defines pool_max and pool_average.
 */
#include "ops/pool/pool_kernel.h"

#include <math.h>

IOU_TARGET_BEGIN(IOU_SIMD_TARGET)

#define IOU_VECTORS_1(f) f(0)
#define IOU_VECTORS_4(f) f(0) f(1) f(2) f(3)
#define IOU_VECTORS_8(f) IOU_VECTORS_4(f) f(4) f(5) f(6) f(7)

#define IOU_START(n) iou_v best##n = start;
#define IOU_TAP(n)                                                                                 \
    {                                                                                              \
        const iou_v value = iou_v_load(tap + n * IOU_LANES);                                       \
        best##n = average ? iou_v_add(best##n, value) : iou_v_max(value, best##n);                 \
    }
#define IOU_TAP_PART(n)                                                                            \
    {                                                                                              \
        const iou_v value = iou_v_load_part(tap, lanes);                                           \
        best##n = average ? iou_v_add(best##n, value) : iou_v_max(value, best##n);                 \
    }
#define IOU_FINISH(n)                                                                              \
    iou_v_store(w->out + c + n * IOU_LANES, average ? iou_v_div(best##n, divisor) : best##n);
#define IOU_FINISH_PART(n)                                                                         \
    iou_v_store_part(w->out + c, lanes, average ? iou_v_div(best##n, divisor) : best##n);

/* `vectors` of channels from c on; `lanes` counts for the last one alone. */
#define IOU_POOL(name, vectors, tap_step, finish)                                                  \
    IOU_INLINE void name(const iou_pool_window *w, size_t c, const bool average,                   \
                         iou_v_lanes lanes) {                                                      \
        const iou_v start = average ? iou_v_zero() : iou_v_set(-INFINITY);                         \
        const iou_v divisor = iou_v_set(w->divisor);                                               \
        (void)lanes, (void)divisor;                                                                \
        vectors(IOU_START);                                                                        \
        for (int64_t z = 0; z < w->taps[0]; z++) {                                                 \
            for (int64_t y = 0; y < w->taps[1]; y++) {                                             \
                const float *tap = w->in + z * w->strides[0] + y * w->strides[1] + c;              \
                for (int64_t x = 0; x < w->taps[2]; x++, tap += w->strides[2]) {                   \
                    vectors(tap_step);                                                             \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
        vectors(finish);                                                                           \
    }
IOU_POOL(pool_8, IOU_VECTORS_8, IOU_TAP, IOU_FINISH)
IOU_POOL(pool_4, IOU_VECTORS_4, IOU_TAP, IOU_FINISH)
IOU_POOL(pool_1, IOU_VECTORS_1, IOU_TAP, IOU_FINISH)
IOU_POOL(pool_part, IOU_VECTORS_1, IOU_TAP_PART, IOU_FINISH_PART)
#undef IOU_POOL
#undef IOU_FINISH_PART
#undef IOU_FINISH
#undef IOU_TAP_PART
#undef IOU_TAP
#undef IOU_START

IOU_INLINE void pool_run(const iou_pool_window *window, const bool average) {
    enum { LINE = 64 / sizeof(float) };
    const iou_pool_window copy = *window; /* which no store to the output can change */
    const iou_pool_window *const w = &copy;
    const iou_v_lanes all = iou_v_first(IOU_LANES);
    for (int64_t y = 0; w->prefetch != NULL && y < w->prefetch_lines; y++) {
        for (size_t i = 0; i < w->prefetch_floats; i += LINE) {
            __builtin_prefetch(w->prefetch + y * w->prefetch_stride + i, 0, 2);
        }
    }
    size_t c = 0;
    for (; c + 8 * IOU_LANES <= w->channels; c += 8 * IOU_LANES) {
        pool_8(w, c, average, all);
    }
    for (; c + 4 * IOU_LANES <= w->channels; c += 4 * IOU_LANES) {
        pool_4(w, c, average, all);
    }
    for (; c + IOU_LANES <= w->channels; c += IOU_LANES) {
        pool_1(w, c, average, all);
    }
    if (c < w->channels) {
        pool_part(w, c, average, iou_v_first((ptrdiff_t)(w->channels - c)));
    }
}

static void pool_max(const iou_pool_window *window) {
    pool_run(window, false);
}

static void pool_average(const iou_pool_window *window) {
    pool_run(window, true);
}

IOU_TARGET_END
