/*
 * The loops, in plain C, for the instruction set that the file which includes this one is compiled
 * for; those that end in bytes take vectors where the file has them. Each number is rounded by
 * itself, so that all have the same bits.
 */
#include "ops/quantize/byte_loops.h"

/* Adding and subtracting it rounds floats below 2^22 to even. */
#define ROUNDER 12582912.0f /* 1.5 * 2^23 */

/* Limits are whole numbers: saturating before rounding is the same as behind it. */
#define TO_BYTE(row, value, byte)                                                                  \
    do {                                                                                           \
        const float least = (float)((row)->least - (row)->zero);                                   \
        const float most = (float)((row)->most - (row)->zero);                                     \
        float number = (value);                                                                    \
        number = number == number ? number : 0.0f;                                                 \
        number = number > least ? number : least;                                                  \
        number = number < most ? number : most;                                                    \
        (byte) = (uint8_t)((int32_t)((number + ROUNDER) - ROUNDER) + (row)->zero);                 \
    } while (0)

/* Elements from `first` on. */
static void quantize_rest(const iou_quantize_row *row, const float *x, uint8_t *y, size_t first,
                          size_t n) {
    for (size_t i = first; i < n; i++) {
        TO_BYTE(row, x[i] / row->scale, y[i]);
    }
}

static void dequantize_sums(const iou_rescale_row *columns, const iou_sums *all, float *out,
                            size_t stride) {
    const float *restrict factors = columns->factors, *restrict offsets = columns->offsets;
    for (size_t row = 0; row < all->rows; row++) {
        const int32_t *restrict sums = all->at + row * all->stride;
        float *restrict y = out + row * stride;
        for (size_t i = 0; i < all->columns; i++) {
            y[i] = (float)sums[i] * factors[i] + offsets[i];
        }
    }
}

static void translate_rest(const uint8_t *table, const uint8_t *x, uint8_t *y, size_t first,
                           size_t n) {
    for (size_t i = first; i < n; i++) {
        y[i] = table[x[i]];
    }
}

static inline int32_t byte_at(const iou_byte_binary *binary, int operand, uint8_t byte) {
    return (byte ^ binary->flips[operand]) - binary->zeros[operand];
}

static void add_rest(const iou_byte_binary *o, const uint8_t *a, const uint8_t *b, uint8_t *y,
                     size_t first, size_t n) {
    for (size_t i = first; i < n; i++) {
        const float one = (float)byte_at(o, 0, a[i]) * o->factors[0];
        TO_BYTE(&o->row, one + (float)byte_at(o, 1, b[i]) * o->factors[1], y[i]);
    }
}

static void multiply_rest(const iou_byte_binary *o, const uint8_t *a, const uint8_t *b, uint8_t *y,
                          size_t first, size_t n) {
    for (size_t i = first; i < n; i++) {
        const int32_t product = byte_at(o, 0, a[i]) * byte_at(o, 1, b[i]);
        TO_BYTE(&o->row, (float)product * o->factors[0], y[i]);
    }
}

#define OF_TYPE(suffix, type)                                                                      \
    static void dequantize_##suffix(const iou_quantize_row *given, const type *restrict x,         \
                                    float *restrict y, size_t n) {                                 \
        const iou_quantize_row row = *given;                                                       \
        for (size_t i = 0; i < n; i++) {                                                           \
            y[i] = (float)(x[i] - row.zero) * row.scale;                                           \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static void widen_##suffix(const type *restrict x, int32_t zero, int16_t *restrict y,          \
                               size_t n) {                                                         \
        const int16_t taken = (int16_t)zero;                                                       \
        for (size_t i = 0; i < n; i++) {                                                           \
            y[i] = (int16_t)(x[i] - taken);                                                        \
        }                                                                                          \
    }

OF_TYPE(u8, uint8_t)
OF_TYPE(i8, int8_t)

/* Channels from `first` on. */
#define DEPTHWISE(suffix, type)                                                                    \
    static void depthwise_rest_##suffix(const iou_depthwise_bytes *w, size_t first) {              \
        for (size_t c = first; c < w->channels; c++) {                                             \
            uint32_t sum = (uint32_t)w->starts[c];                                                 \
            for (size_t k = 0; k < w->pairs; k++) {                                                \
                const int16_t *weights = w->weights + k * w->stride + 2 * c;                       \
                const int32_t one = ((const type *)w->pixels[2 * k])[c];                           \
                const int32_t other = ((const type *)w->pixels[2 * k + 1])[c];                     \
                sum += (uint32_t)(one * weights[0] + other * weights[1]);                          \
            }                                                                                      \
            w->sums[c] = (int32_t)sum;                                                             \
        }                                                                                          \
    }

DEPTHWISE(u8, uint8_t)
DEPTHWISE(i8, int8_t)

/* What has vectors says BYTE_VECTOR and more, as byte_vectors.h needs it. */
#ifdef BYTE_VECTOR
#include "ops/quantize/byte_vectors.h"
#else
static void quantize(const iou_quantize_row *row, const float *x, uint8_t *y, size_t n) {
    quantize_rest(row, x, y, 0, n);
}
static void requantize(const iou_quantize_row *row, const iou_rescale_row *columns,
                       const iou_sums *all, uint8_t *y, size_t stride) {
    for (size_t r = 0; r < all->rows; r++) {
        const int32_t *sums = all->at + r * all->stride;
        for (size_t i = 0; i < all->columns; i++) {
            TO_BYTE(row, (float)sums[i] * columns->factors[i] + columns->offsets[i],
                    y[r * stride + i]);
        }
    }
}
static void add(const iou_byte_binary *o, const uint8_t *a, const uint8_t *b, uint8_t *y,
                size_t n) {
    add_rest(o, a, b, y, 0, n);
}
static void multiply(const iou_byte_binary *o, const uint8_t *a, const uint8_t *b, uint8_t *y,
                     size_t n) {
    multiply_rest(o, a, b, y, 0, n);
}
static void translate(const uint8_t *table, const uint8_t *x, uint8_t *y, size_t n) {
    translate_rest(table, x, y, 0, n);
}
static void depthwise_u8(const iou_depthwise_bytes *w) {
    depthwise_rest_u8(w, 0);
}
static void depthwise_i8(const iou_depthwise_bytes *w) {
    depthwise_rest_i8(w, 0);
}
#endif

#define BYTE_LOOPS(level)                                                                          \
    {                                                                                              \
        level, quantize, requantize, dequantize_sums, dequantize_u8, dequantize_i8, add, multiply, \
            translate, widen_u8, widen_i8, depthwise_u8, depthwise_i8                              \
    }
