/*
 * The body of a micro-kernel: IOU_TILE_ROWS rows of two vectors (or one, the slim kernel). Included
 * once per number of rows by gemm_f32_tiles.h; the accumulators are named, not indexed, so that no
 * compiler leaves them in memory.
 */
#define IOU_PASTE_(a, b) a##b
#define IOU_PASTE(a, b) IOU_PASTE_(a, b)
#define IOU_EACH IOU_PASTE(IOU_EACH_, IOU_TILE_ROWS)

IOU_INLINE void IOU_PASTE(gemm_tile_, IOU_TILE_ROWS)(const iou_gemm_tile *t, const bool wide) {
    enum { COLUMNS = 2 * IOU_LANES };
    const bool whole = t->columns >= (size_t)(wide ? COLUMNS : IOU_LANES);
    const iou_v_lanes first = iou_v_first((ptrdiff_t)t->columns);
    const iou_v_lanes second = iou_v_first((ptrdiff_t)t->columns - IOU_LANES);
    const size_t c_stride = t->c_stride;
    float *const c = t->c;
#define IOU_PREFETCH(i) __builtin_prefetch(c + i * c_stride, 1, 3);
    IOU_EACH(IOU_PREFETCH)
    if (t->residual != NULL) {
#define IOU_PREFETCH_RESIDUAL(i) __builtin_prefetch(t->residual[i] + t->residual_offset, 0, 3);
        IOU_EACH(IOU_PREFETCH_RESIDUAL)
    }

    /* Where the sums start. */
#define IOU_DECLARE(i) iou_v low##i, high##i = iou_v_zero();
    IOU_EACH(IOU_DECLARE)
    if (t->first) {
#define IOU_START(i) low##i = iou_v_zero();
        IOU_EACH(IOU_START)
    } else if (whole) {
#define IOU_RESUME(i)                                                                              \
    low##i = iou_v_load(c + i * c_stride);                                                         \
    if (wide) {                                                                                    \
        high##i = iou_v_load(c + i * c_stride + IOU_LANES);                                        \
    }
        IOU_EACH(IOU_RESUME)
    } else {
#define IOU_RESUME_PART(i)                                                                         \
    low##i = iou_v_load_part(c + i * c_stride, first);                                             \
    if (wide) {                                                                                    \
        high##i = iou_v_load_part(c + i * c_stride + IOU_LANES, second);                           \
    }
        IOU_EACH(IOU_RESUME_PART)
    }

    /* The sums. */
    const float *b = t->b;
    const char *prefetch = t->prefetch;
    const size_t depth = t->depth, prefetch_stride = t->prefetch_stride;
    for (size_t tap = 0; tap < t->taps; tap++) {
        const float *const *a = t->a + tap * t->a_stride;
#define IOU_POINT(i) const float *a##i = a[i] + t->a_offset;
        IOU_EACH(IOU_POINT)
        for (size_t k = 0, end; k < depth;) {
            end = depth - k < IOU_GEMM_STRIDE ? depth : k + IOU_GEMM_STRIDE;
            __builtin_prefetch(prefetch, 0, 2);
            prefetch += prefetch_stride;
            for (; k < end; k++) {
                const iou_v low = iou_v_load(b);
                const iou_v high = wide ? iou_v_load(b + IOU_LANES) : iou_v_zero();
#define IOU_STEP(i)                                                                                \
    {                                                                                              \
        const iou_v x = iou_v_broadcast(a##i + k);                                                 \
        low##i = iou_v_fma(x, low, low##i);                                                        \
        if (wide) {                                                                                \
            high##i = iou_v_fma(x, high, high##i);                                                 \
        }                                                                                          \
    }
                IOU_EACH(IOU_STEP)
                b += COLUMNS;
            }
        }
    }

    /* Bias, residual and activation. */
    if (t->last) {
        const iou_v low = iou_v_load(t->bias);
        const iou_v high = iou_v_load(t->bias + IOU_LANES);
#define IOU_BIAS(i) low##i = iou_v_add(low##i, low), high##i = iou_v_add(high##i, high);
        IOU_EACH(IOU_BIAS)
    }
    if (t->last && t->residual != NULL) {
#define IOU_RESIDUAL(i)                                                                            \
    {                                                                                              \
        const float *r = t->residual[i] + t->residual_offset;                                      \
        low##i = iou_v_add(low##i, whole ? iou_v_load(r) : iou_v_load_part(r, first));             \
        if (wide) {                                                                                \
            r += IOU_LANES;                                                                        \
            high##i = iou_v_add(high##i, whole ? iou_v_load(r) : iou_v_load_part(r, second));      \
        }                                                                                          \
    }
        IOU_EACH(IOU_RESIDUAL)
    }
    if (t->last && (t->lo > -INFINITY || t->hi < INFINITY)) {
        const iou_v lo = iou_v_set(t->lo), hi = iou_v_set(t->hi);
#define IOU_CLAMP(i)                                                                               \
    low##i = iou_v_clamp(low##i, lo, hi);                                                          \
    high##i = iou_v_clamp(high##i, lo, hi);
        IOU_EACH(IOU_CLAMP)
    }

    if (whole) {
#define IOU_STORE(i)                                                                               \
    iou_v_store(c + i * c_stride, low##i);                                                         \
    if (wide) {                                                                                    \
        iou_v_store(c + i * c_stride + IOU_LANES, high##i);                                        \
    }
        IOU_EACH(IOU_STORE)
    } else {
#define IOU_STORE_PART(i)                                                                          \
    iou_v_store_part(c + i * c_stride, first, low##i);                                             \
    if (wide) {                                                                                    \
        iou_v_store_part(c + i * c_stride + IOU_LANES, second, high##i);                           \
    }
        IOU_EACH(IOU_STORE_PART)
    }
}

#if IOU_TILE_ROWS <= IOU_ROWS
static void IOU_PASTE(gemm_wide_, IOU_TILE_ROWS)(const iou_gemm_tile *t) {
    IOU_PASTE(gemm_tile_, IOU_TILE_ROWS)(t, true);
}
#endif

static void IOU_PASTE(gemm_slim_, IOU_TILE_ROWS)(const iou_gemm_tile *t) {
    IOU_PASTE(gemm_tile_, IOU_TILE_ROWS)(t, false);
}

#undef IOU_PREFETCH
#undef IOU_PREFETCH_RESIDUAL
#undef IOU_DECLARE
#undef IOU_START
#undef IOU_RESUME
#undef IOU_RESUME_PART
#undef IOU_POINT
#undef IOU_STEP
#undef IOU_BIAS
#undef IOU_RESIDUAL
#undef IOU_CLAMP
#undef IOU_STORE
#undef IOU_STORE_PART
#undef IOU_EACH
#undef IOU_PASTE
#undef IOU_PASTE_
#undef IOU_TILE_ROWS
