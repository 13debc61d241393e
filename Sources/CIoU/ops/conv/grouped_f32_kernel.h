/*
 * The body of the grouped kernels: blocks of pixels by one vector of channels. Include a simd_*.h
 * header before; defines grouped_run.
 */
#include "core/simd_math.h"
#include "ops/conv/grouped.h"

#include <stdbool.h>

IOU_TARGET_BEGIN(IOU_SIMD_TARGET)

#define IOU_PIXELS_1(f) f(0)
#define IOU_PIXELS_8(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7)
#define IOU_PIXELS_10(f) IOU_PIXELS_8(f) f(8) f(9)

/* How the lanes find their input: everything the compiler should specialise for. */
typedef struct grouped_kind {
    int width;      /* of groups of 2 or 4 inputs and outputs, which share a vector; else 0 */
    bool broadcast; /* one group: all lanes take the same */
    bool slide;     /* along a line */
} grouped_kind;

/* Where a panel is. */
typedef struct grouped_panel {
    size_t in, out;       /* first channels */
    const float *weights; /* [bias][tap][k][lane] */
    iou_v_lanes from, to; /* the lanes to load and to store, where they are not whole */
} grouped_panel;

/* What the lanes take of pixel `a` in step `k`. */
IOU_INLINE iou_v grouped_take(const iou_grouped_tile *t, const grouped_panel *p, const float *a,
                              size_t k, const grouped_kind kind, const bool part) {
    if (kind.broadcast) {
        return iou_v_broadcast(a + p->in + k);
    }
    const iou_v x = part ? iou_v_load_part(a + p->in, p->from) : iou_v_load(a + p->in);
    return kind.width > 0 ? iou_v_rotate(x, kind.width, (int)k)
                          : iou_v_permute(x, iou_v_load_index(t->index + k * IOU_LANES));
}

IOU_INLINE void grouped_finish(const iou_grouped_tile *t, const grouped_panel *p, size_t i,
                               iou_v sum, const bool part) {
    sum = iou_v_add(sum, iou_v_load(p->weights));
    if (t->residual != NULL) {
        const float *r = t->residual[i] + p->out;
        sum = iou_v_add(sum, part ? iou_v_load_part(r, p->to) : iou_v_load(r));
    }
    sum = iou_v_clamp(sum, iou_v_set(t->lo), iou_v_set(t->hi));
    float *c = t->c + i * t->c_stride + p->out;
    if (part) {
        iou_v_store_part(c, p->to, sum);
    } else {
        iou_v_store(c, sum);
    }
}

/* The compiler shall load pixels again, which costs nothing, rather than keep them on the stack. */
#define IOU_FORGET __asm__ volatile("" ::: "memory");

#define IOU_START(n) iou_v sum##n = iou_v_zero();
#define IOU_FINISH(n) grouped_finish(t, p, i + n, sum##n, part);

/* Ten pixels of a line: three taps take each of the twelve pixels under them once. Fewer sums
 * would wait for each other. */
IOU_INLINE void grouped_slide_10(const iou_grouped_tile *t, const grouped_panel *p, size_t i,
                                 const grouped_kind kind, const bool part) {
    const size_t steps = kind.width > 0 ? (size_t)kind.width : t->group_in;
    const float *w = p->weights + IOU_LANES;
    IOU_PIXELS_10(IOU_START)
    for (size_t tap = 0; tap < t->taps; tap += IOU_GROUPED_SLIDE) {
        const float *const *a = t->a + tap * t->a_stride + i;
        const float *const next = a[t->a_stride + 9], *const last = a[2 * t->a_stride + 9];
#define IOU_STEP(k)                                                                                \
    {                                                                                              \
        const iou_v w0 = iou_v_load(w + (k)*IOU_LANES);                                            \
        const iou_v w1 = iou_v_load(w + (steps + (k)) * IOU_LANES);                                \
        const iou_v w2 = iou_v_load(w + (2 * steps + (k)) * IOU_LANES);                            \
        iou_v x = grouped_take(t, p, a[0], k, kind, part);                                         \
        sum0 = iou_v_fma(x, w0, sum0);                                                             \
        x = grouped_take(t, p, a[1], k, kind, part);                                               \
        sum0 = iou_v_fma(x, w1, sum0), sum1 = iou_v_fma(x, w0, sum1);                              \
        IOU_SLIDE(a[2], k, sum0, sum1, sum2)                                                       \
        IOU_SLIDE(a[3], k, sum1, sum2, sum3)                                                       \
        IOU_SLIDE(a[4], k, sum2, sum3, sum4)                                                       \
        IOU_SLIDE(a[5], k, sum3, sum4, sum5)                                                       \
        IOU_SLIDE(a[6], k, sum4, sum5, sum6)                                                       \
        IOU_SLIDE(a[7], k, sum5, sum6, sum7)                                                       \
        IOU_SLIDE(a[8], k, sum6, sum7, sum8)                                                       \
        IOU_SLIDE(a[9], k, sum7, sum8, sum9)                                                       \
        x = grouped_take(t, p, next, k, kind, part);                                               \
        sum8 = iou_v_fma(x, w2, sum8), sum9 = iou_v_fma(x, w1, sum9);                              \
        x = grouped_take(t, p, last, k, kind, part);                                               \
        sum9 = iou_v_fma(x, w2, sum9);                                                             \
    }
#define IOU_SLIDE(from, k, left, middle, right)                                                    \
    x = grouped_take(t, p, from, k, kind, part);                                                   \
    left = iou_v_fma(x, w2, left), middle = iou_v_fma(x, w1, middle);                              \
    right = iou_v_fma(x, w0, right);
        if (kind.width == 4) {
            IOU_STEP(0) IOU_FORGET IOU_STEP(1) IOU_FORGET IOU_STEP(2) IOU_FORGET IOU_STEP(3)
        } else if (kind.width == 2) {
            IOU_STEP(0) IOU_FORGET IOU_STEP(1)
        } else {
            for (size_t k = 0; k < steps; k++) {
                IOU_STEP(k)
            }
        }
        w += IOU_GROUPED_SLIDE * steps * IOU_LANES;
#undef IOU_SLIDE
#undef IOU_STEP
    }
    IOU_PIXELS_10(IOU_FINISH)
}

/* Eight pixels anywhere, in groups of 2 or 4. */
IOU_INLINE void grouped_even_8(const iou_grouped_tile *t, const grouped_panel *p, size_t i,
                               const grouped_kind kind, const bool part) {
    const float *w = p->weights + IOU_LANES;
    const bool four = kind.width == 4;
    IOU_PIXELS_8(IOU_START)
    for (size_t tap = 0; tap < t->taps; tap++) {
        const float *const *a = t->a + tap * t->a_stride + i;
        const iou_v w0 = iou_v_load(w), w1 = iou_v_load(w + IOU_LANES);
        const iou_v w2 = four ? iou_v_load(w + 2 * IOU_LANES) : iou_v_zero();
        const iou_v w3 = four ? iou_v_load(w + 3 * IOU_LANES) : iou_v_zero();
#define IOU_STEP(n)                                                                                \
    {                                                                                              \
        sum##n = iou_v_fma(grouped_take(t, p, a[n], 0, kind, part), w0, sum##n);                   \
        sum##n = iou_v_fma(grouped_take(t, p, a[n], 1, kind, part), w1, sum##n);                   \
        if (four) {                                                                                \
            sum##n = iou_v_fma(grouped_take(t, p, a[n], 2, kind, part), w2, sum##n);               \
            sum##n = iou_v_fma(grouped_take(t, p, a[n], 3, kind, part), w3, sum##n);               \
        }                                                                                          \
    }
        IOU_PIXELS_8(IOU_STEP)
#undef IOU_STEP
        w += kind.width * IOU_LANES;
    }
    IOU_PIXELS_8(IOU_FINISH)
}

/* Some pixels anywhere, in any groups. */
#define IOU_STEP(n) sum##n = iou_v_fma(grouped_take(t, p, a[n], k, kind, part), weights, sum##n);
#define IOU_ANY(name, pixels)                                                                      \
    IOU_INLINE void name(const iou_grouped_tile *t, const grouped_panel *p, size_t i,              \
                         const grouped_kind kind, const bool part) {                               \
        const float *w = p->weights + IOU_LANES;                                                   \
        pixels(IOU_START);                                                                         \
        for (size_t tap = 0; tap < t->taps; tap++) {                                               \
            const float *const *a = t->a + tap * t->a_stride + i;                                  \
            for (size_t k = 0; k < t->group_in; k++, w += IOU_LANES) {                             \
                const iou_v weights = iou_v_load(w);                                               \
                pixels(IOU_STEP);                                                                  \
            }                                                                                      \
        }                                                                                          \
        pixels(IOU_FINISH);                                                                        \
    }
IOU_ANY(grouped_any_8, IOU_PIXELS_8)
IOU_ANY(grouped_any_1, IOU_PIXELS_1)
#undef IOU_ANY
#undef IOU_STEP
#undef IOU_FINISH
#undef IOU_START

IOU_INLINE void grouped_block(const iou_grouped_tile *t, const grouped_panel *p, size_t i,
                              const grouped_kind kind, const bool part) {
    if (kind.slide) {
        grouped_slide_10(t, p, i, kind, part);
    } else if (kind.width > 0) {
        grouped_even_8(t, p, i, kind, part);
    } else {
        grouped_any_8(t, p, i, kind, part);
    }
}

/* Prefetches channels [in, in + count) of the pixels of a block, which come in too short runs for
 * the processor to foresee them. */
IOU_INLINE void grouped_prefetch(const iou_grouped_tile *t, size_t in, size_t count, size_t i,
                                 const bool slide) {
    enum { LINE = 64 / sizeof(float) };
    const size_t pixels = slide ? IOU_GROUPED_LINE : IOU_GROUPED_BLOCK;
    for (size_t c = (in + LINE - 1) / LINE * LINE; c < in + count; c += LINE) {
        for (size_t tap = 0; tap < t->taps; tap += slide ? IOU_GROUPED_SLIDE : 1) {
            const float *const *a = t->a + tap * t->a_stride + i;
            for (size_t n = 0; n < pixels; n++) {
                __builtin_prefetch(a[n] + c, 0, 3);
            }
        }
    }
}

/* Pixels from i on, a block of them or one alone, by panels [panel, end) of the tile. */
IOU_INLINE void grouped_panels(const iou_grouped_tile *t, size_t panel, size_t end, size_t i,
                               bool alone, const grouped_kind kind) {
    const grouped_kind any = {.broadcast = kind.broadcast};
    const size_t ins = t->panel_groups * t->group_in, outs = t->panel_groups * t->group_out;
    for (; panel < end; panel++) {
        grouped_panel p = {.in = (t->panel + panel) * ins,
                           .out = (t->panel + panel) * outs,
                           .weights = t->weights + panel * (1 + t->taps * t->group_in) * IOU_LANES};
        const size_t in = t->in_channels - p.in, out = t->out_channels - p.out;
        const bool part =
            (!kind.broadcast && in < IOU_LANES) || out < IOU_LANES || outs < IOU_LANES;
        p.from = iou_v_first((ptrdiff_t)(in < IOU_LANES ? in : IOU_LANES));
        p.to = iou_v_first((ptrdiff_t)(out < outs ? out : outs));
        if (!alone && panel + 1 < end) {
            grouped_prefetch(t, p.in + ins, ins, i, kind.slide);
        }
        if (alone) {
            grouped_any_1(t, &p, i, any, true);
        } else if (part) {
            grouped_block(t, &p, i, kind, true);
        } else {
            grouped_block(t, &p, i, kind, false);
        }
    }
}

/* All pixels by panels [panel, end). The last block of a line moves back over pixels that are
 * done: they come out the same, and few are left to do alone. */
IOU_INLINE void grouped_pixels(const iou_grouped_tile *t, size_t panel, size_t end,
                               const grouped_kind kind) {
    const size_t line = kind.slide ? t->line : t->rows;
    const size_t block = kind.slide ? IOU_GROUPED_LINE : IOU_GROUPED_BLOCK;
    for (size_t first = 0; first < t->rows; first += line) {
        const bool alone = line < block;
        for (size_t x = 0; x < line; x += alone ? 1 : block) {
            const bool fits = alone || x + block <= line;
            grouped_panels(t, panel, end, first + (fits ? x : line - block), alone, kind);
        }
    }
}

/* Some panels at a time: their weights stay in the first cache for all pixels, and the pixels'
 * channels are read in long runs. */
IOU_INLINE void grouped_kind_run(const iou_grouped_tile *t, const grouped_kind kind) {
    enum { WEIGHTS = 16384 / sizeof(float) };
    const size_t most = WEIGHTS / ((1 + t->taps * t->group_in) * IOU_LANES) + 1;
    for (size_t panel = 0; panel < t->panels; panel += most) {
        const size_t left = t->panels - panel;
        grouped_pixels(t, panel, panel + (left < most ? left : most), kind);
    }
}

static void grouped_run(const iou_grouped_tile *tile) {
    const iou_grouped_tile copy = *tile; /* which no store to c can change */
    const iou_grouped_tile *const t = &copy;
    const bool even = t->panel_groups > 1 && t->group_in == t->group_out;
    const int width = even && (t->group_in == 2 || t->group_in == 4) ? (int)t->group_in : 0;
#define IOU_RUN(...) grouped_kind_run(t, (grouped_kind){__VA_ARGS__})
    if (t->line > 0) {
        switch (width) {
        case 4: IOU_RUN(.width = 4, .slide = true); return;
        case 2: IOU_RUN(.width = 2, .slide = true); return;
        default: break;
        }
        if (t->panel_groups == 1) {
            IOU_RUN(.broadcast = true, .slide = true);
        } else {
            IOU_RUN(.slide = true);
        }
        return;
    }
    switch (width) {
    case 4: IOU_RUN(.width = 4); return;
    case 2: IOU_RUN(.width = 2); return;
    default: break;
    }
    if (t->panel_groups == 1) {
        IOU_RUN(.broadcast = true);
    } else {
        IOU_RUN(.width = 0);
    }
#undef IOU_RUN
}

IOU_TARGET_END
