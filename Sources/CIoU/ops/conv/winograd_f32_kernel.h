/*
 * The transforms of one instruction set: include a simd_*.h header, then this. A line of n values
 * is transformed down the columns first, then along the rows; a vector holds channels of one pixel.
 */
#include "core/simd_math.h"
#include "ops/conv/winograd.h"

IOU_TARGET_BEGIN(IOU_SIMD_TARGET)

/* ---- Lines --------------------------------------------------------------------------------- */

/* a + x * factor. */
IOU_INLINE iou_v winograd_more(iou_v a, iou_v x, float factor) {
    return iou_v_fma(x, iou_v_set(factor), a);
}

IOU_INLINE void winograd_taps_2(const iou_v g[3], iou_v t[4]) {
    const iou_v ends = iou_v_mul(iou_v_add(g[0], g[2]), iou_v_set(0.5F));
    t[0] = g[0];
    t[1] = winograd_more(ends, g[1], 0.5F);
    t[2] = winograd_more(ends, g[1], -0.5F);
    t[3] = g[2];
}

IOU_INLINE void winograd_in_2(const iou_v d[4], iou_v t[4]) {
    t[0] = iou_v_sub(d[0], d[2]);
    t[1] = iou_v_add(d[1], d[2]);
    t[2] = iou_v_sub(d[2], d[1]);
    t[3] = iou_v_sub(d[3], d[1]);
}

IOU_INLINE void winograd_out_2(const iou_v m[4], iou_v y[2]) {
    y[0] = iou_v_add(m[0], iou_v_add(m[1], m[2]));
    y[1] = iou_v_add(iou_v_sub(m[1], m[2]), m[3]);
}

IOU_INLINE void winograd_taps_4(const iou_v g[3], iou_v t[6]) {
    const iou_v ends = iou_v_mul(iou_v_add(g[0], g[2]), iou_v_set(-1.0F / 6));
    const iou_v far = winograd_more(iou_v_mul(g[0], iou_v_set(1.0F / 24)), g[2], 1.0F / 6);
    t[0] = iou_v_mul(g[0], iou_v_set(0.25F));
    t[1] = winograd_more(ends, g[1], -1.0F / 6);
    t[2] = winograd_more(ends, g[1], 1.0F / 6);
    t[3] = winograd_more(far, g[1], 1.0F / 12);
    t[4] = winograd_more(far, g[1], -1.0F / 12);
    t[5] = g[2];
}

IOU_INLINE void winograd_in_4(const iou_v d[6], iou_v t[6]) {
    const iou_v even = winograd_more(d[4], d[2], -4.0F), odd = winograd_more(d[3], d[1], -4.0F);
    const iou_v near = iou_v_sub(d[4], d[2]), far = iou_v_sub(d[3], d[1]);
    t[0] = winograd_more(winograd_more(d[4], d[2], -5.0F), d[0], 4.0F);
    t[1] = iou_v_add(even, odd);
    t[2] = iou_v_sub(even, odd);
    t[3] = winograd_more(near, far, 2.0F);
    t[4] = winograd_more(near, far, -2.0F);
    t[5] = winograd_more(winograd_more(d[5], d[3], -5.0F), d[1], 4.0F);
}

IOU_INLINE void winograd_out_4(const iou_v m[6], iou_v y[4]) {
    const iou_v s = iou_v_add(m[1], m[2]), d = iou_v_sub(m[1], m[2]);
    const iou_v u = iou_v_add(m[3], m[4]), w = iou_v_sub(m[3], m[4]);
    y[0] = iou_v_add(iou_v_add(m[0], s), u);
    y[1] = winograd_more(d, w, 2.0F);
    y[2] = winograd_more(s, u, 4.0F);
    y[3] = iou_v_add(winograd_more(d, w, 8.0F), m[5]);
}

IOU_INLINE void winograd_taps_6(const iou_v g[3], iou_v t[8]) {
    const iou_v ends = iou_v_mul(iou_v_add(g[0], g[2]), iou_v_set(-2.0F / 9));
    const iou_v far = winograd_more(iou_v_mul(g[0], iou_v_set(1.0F / 90)), g[2], 2.0F / 45);
    const iou_v near = winograd_more(iou_v_mul(g[0], iou_v_set(32.0F / 45)), g[2], 8.0F / 45);
    t[0] = g[0];
    t[1] = winograd_more(ends, g[1], -2.0F / 9);
    t[2] = winograd_more(ends, g[1], 2.0F / 9);
    t[3] = winograd_more(far, g[1], 1.0F / 45);
    t[4] = winograd_more(far, g[1], -1.0F / 45);
    t[5] = winograd_more(near, g[1], 16.0F / 45);
    t[6] = winograd_more(near, g[1], -16.0F / 45);
    t[7] = g[2];
}

IOU_INLINE void winograd_in_6(const iou_v d[8], iou_v t[8]) {
    t[0] = winograd_more(iou_v_sub(d[0], d[6]), iou_v_sub(d[4], d[2]), 5.25F);
    t[7] = winograd_more(iou_v_sub(d[7], d[1]), iou_v_sub(d[3], d[5]), 5.25F);
    iou_v even = winograd_more(iou_v_add(d[2], d[6]), d[4], -4.25F);
    iou_v odd = winograd_more(iou_v_add(d[1], d[5]), d[3], -4.25F);
    t[1] = iou_v_add(even, odd);
    t[2] = iou_v_sub(even, odd);
    even = winograd_more(winograd_more(d[6], d[2], 0.25F), d[4], -1.25F);
    odd = winograd_more(winograd_more(iou_v_mul(d[1], iou_v_set(0.5F)), d[3], -2.5F), d[5], 2.0F);
    t[3] = iou_v_add(even, odd);
    t[4] = iou_v_sub(even, odd);
    even = winograd_more(winograd_more(d[6], d[2], 4.0F), d[4], -5.0F);
    odd = winograd_more(winograd_more(iou_v_add(d[1], d[1]), d[3], -2.5F), d[5], 0.5F);
    t[5] = iou_v_add(even, odd);
    t[6] = iou_v_sub(even, odd);
}

IOU_INLINE void winograd_out_6(const iou_v m[8], iou_v y[6]) {
    const iou_v s1 = iou_v_add(m[1], m[2]), d1 = iou_v_sub(m[1], m[2]);
    const iou_v s2 = iou_v_add(m[3], m[4]), d2 = iou_v_sub(m[3], m[4]);
    const iou_v s3 = iou_v_add(m[5], m[6]), d3 = iou_v_sub(m[5], m[6]);
    y[0] = iou_v_add(iou_v_add(m[0], s1), iou_v_add(s2, s3));
    y[1] = winograd_more(winograd_more(d1, d2, 2.0F), d3, 0.5F);
    y[2] = winograd_more(winograd_more(s1, s2, 4.0F), s3, 0.25F);
    y[3] = winograd_more(winograd_more(d1, d2, 8.0F), d3, 0.125F);
    y[4] = winograd_more(winograd_more(s1, s2, 16.0F), s3, 0.0625F);
    y[5] = iou_v_add(winograd_more(winograd_more(d1, d2, 32.0F), d3, 0.03125F), m[7]);
}

/* ---- Filters -------------------------------------------------------------------------------- */

#define IOU_WINOGRAD_FILTER(m, n)                                                                  \
    static void winograd_filter_down_##m(const float *taps, float *to, size_t columns,             \
                                         size_t stride) {                                          \
        for (size_t x = 0; x < 3; x++) {                                                           \
            for (size_t at = x * columns; at < (x + 1) * columns; at += IOU_LANES) {               \
                const iou_v line[3] = {iou_v_load(taps + at), iou_v_load(taps + 3 * columns + at), \
                                       iou_v_load(taps + 6 * columns + at)};                       \
                iou_v lines[n];                                                                    \
                winograd_taps_##m(line, lines);                                                    \
                for (size_t y = 0; y < n; y++) {                                                   \
                    iou_v_store(to + y * stride + at, lines[y]);                                   \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static void winograd_filter_along_##m(const float *from, float *to, size_t channels,           \
                                          size_t columns, size_t stride) {                         \
        for (size_t c = 0; c < channels; c++, from += 3 * columns, to += columns) {                \
            for (size_t at = 0; at < columns; at += IOU_LANES) {                                   \
                const iou_v line[3] = {iou_v_load(from + at), iou_v_load(from + columns + at),     \
                                       iou_v_load(from + 2 * columns + at)};                       \
                iou_v positions[n];                                                                \
                winograd_taps_##m(line, positions);                                                \
                for (size_t x = 0; x < n; x++) {                                                   \
                    iou_v_store(to + x * stride + at, positions[x]);                               \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }

IOU_WINOGRAD_FILTER(2, 4)
IOU_WINOGRAD_FILTER(4, 6)
IOU_WINOGRAD_FILTER(6, 8)

/* ---- Tiles --------------------------------------------------------------------------------- */

/* Channels that are transformed together: a line of the cache of every pixel and position. */
enum { WINOGRAD_LINE = 16, WINOGRAD_VECTORS = WINOGRAD_LINE / IOU_LANES };

/* `vectors` vectors of channels from `at` on: the first `lanes` of them unless `whole`. */
#define IOU_WINOGRAD_INPUT(m, n)                                                                   \
    IOU_INLINE void winograd_input_part_##m(const iou_winograd_input *w, size_t at,                \
                                            size_t vectors, bool whole, iou_v_lanes lanes) {       \
        const float *const *const pixels = w->pixels;                                              \
        float *const to = w->to + at;                                                              \
        const size_t line_stride = w->line_stride, stride = w->stride;                             \
        iou_v columns[WINOGRAD_VECTORS][n][n]; /* [x][position along y] */                         \
        for (size_t x = 0; x < n; x++) {                                                           \
            for (size_t v = 0; v < vectors; v++) {                                                 \
                iou_v line[n];                                                                     \
                for (size_t y = 0; y < n; y++) {                                                   \
                    const float *from = pixels[y * n + x] + at + v * IOU_LANES;                    \
                    line[y] = whole ? iou_v_load(from) : iou_v_load_part(from, lanes);             \
                }                                                                                  \
                winograd_in_##m(line, columns[v][x]);                                              \
            }                                                                                      \
        }                                                                                          \
        for (size_t y = 0; y < n; y++) {                                                           \
            for (size_t v = 0; v < vectors; v++) {                                                 \
                iou_v line[n], positions[n];                                                       \
                for (size_t x = 0; x < n; x++) {                                                   \
                    line[x] = columns[v][x][y];                                                    \
                }                                                                                  \
                winograd_in_##m(line, positions);                                                  \
                for (size_t x = 0; x < n; x++) {                                                   \
                    float *position = to + y * line_stride + x * stride + v * IOU_LANES;           \
                    if (whole) {                                                                   \
                        iou_v_store(position, positions[x]);                                       \
                    } else {                                                                       \
                        iou_v_store_part(position, lanes, positions[x]);                           \
                    }                                                                              \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static void winograd_input_##m(const iou_winograd_input *w) {                                  \
        size_t at = 0;                                                                             \
        for (; at + WINOGRAD_LINE <= w->channels; at += WINOGRAD_LINE) {                           \
            winograd_input_part_##m(w, at, WINOGRAD_VECTORS, true, iou_v_first(IOU_LANES));        \
        }                                                                                          \
        for (; at < w->channels; at += IOU_LANES) {                                                \
            winograd_input_part_##m(w, at, 1, false, iou_v_first((ptrdiff_t)(w->channels - at)));  \
        }                                                                                          \
    }

#define IOU_WINOGRAD_OUTPUT(m, n)                                                                  \
    static void winograd_output_along_##m(const iou_winograd_products *w) {                        \
        const size_t stride = w->stride, to_stride = w->to_stride;                                 \
        const float *from = w->from;                                                               \
        for (size_t i = 0; i < w->tiles; i++) {                                                    \
            float *to = w->to + i * w->to_width;                                                   \
            for (size_t at = 0; at < w->columns; at += IOU_LANES, from += IOU_LANES) {             \
                iou_v line[n], pixels[m];                                                          \
                for (size_t x = 0; x < n; x++) {                                                   \
                    line[x] = iou_v_load(from + x * stride);                                       \
                }                                                                                  \
                winograd_out_##m(line, pixels);                                                    \
                for (size_t x = 0; x < m; x++) {                                                   \
                    iou_v_store(to + x * to_stride + at, pixels[x]);                               \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    IOU_INLINE void winograd_output_part_##m(const iou_winograd_output *w, size_t at, bool whole,  \
                                             iou_v_lanes lanes) {                                  \
        const size_t line_stride = w->line_stride;                                                 \
        const iou_v lo = iou_v_set(w->lo), hi = iou_v_set(w->hi);                                  \
        const float *const b = w->bias + at;                                                       \
        const iou_v bias = whole ? iou_v_load(b) : iou_v_load_part(b, lanes);                      \
        for (size_t x = 0; x < m; x++) {                                                           \
            const float *from = w->from + x * w->stride + at;                                      \
            iou_v line[n], values[m];                                                              \
            for (size_t y = 0; y < n; y++, from += line_stride) {                                  \
                line[y] = whole ? iou_v_load(from) : iou_v_load_part(from, lanes);                 \
            }                                                                                      \
            winograd_out_##m(line, values);                                                        \
            for (size_t y = 0; y < m; y++) {                                                       \
                float *to = w->pixels[y * m + x];                                                  \
                if (to == NULL) {                                                                  \
                    continue;                                                                      \
                }                                                                                  \
                iou_v value = iou_v_add(values[y], bias);                                          \
                if (w->residual != NULL) {                                                         \
                    const float *r = w->residual[y * m + x] + at;                                  \
                    value = iou_v_add(value, whole ? iou_v_load(r) : iou_v_load_part(r, lanes));   \
                }                                                                                  \
                value = iou_v_clamp(value, lo, hi);                                                \
                if (whole) {                                                                       \
                    iou_v_store(to + at, value);                                                   \
                } else {                                                                           \
                    iou_v_store_part(to + at, lanes, value);                                       \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static void winograd_output_down_##m(const iou_winograd_output *w) {                           \
        size_t at = 0;                                                                             \
        for (; at + IOU_LANES <= w->channels; at += IOU_LANES) {                                   \
            winograd_output_part_##m(w, at, true, iou_v_first(IOU_LANES));                         \
        }                                                                                          \
        if (at < w->channels) {                                                                    \
            winograd_output_part_##m(w, at, false, iou_v_first((ptrdiff_t)(w->channels - at)));    \
        }                                                                                          \
    }

IOU_WINOGRAD_INPUT(2, 4)
IOU_WINOGRAD_OUTPUT(2, 4)
IOU_WINOGRAD_INPUT(4, 6)
IOU_WINOGRAD_OUTPUT(4, 6)
IOU_WINOGRAD_INPUT(6, 8)
IOU_WINOGRAD_OUTPUT(6, 8)

IOU_TARGET_END
