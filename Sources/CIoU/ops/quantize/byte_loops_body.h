/*
 * The loops, in plain C: compilers make vectors of them for the instruction set that the file which
 * includes this one is compiled for. Each number is rounded by itself, so that all have the same
 * bits.
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

static void quantize(const iou_quantize_row *given, const float *restrict x, uint8_t *restrict y,
                     size_t n) {
    const iou_quantize_row row = *given;
    for (size_t i = 0; i < n; i++) {
        TO_BYTE(&row, x[i] / row.scale, y[i]);
    }
}

static void requantize(const iou_quantize_row *given, const iou_rescale_row *columns,
                       const int32_t *restrict sums, uint8_t *restrict y, size_t n) {
    const iou_quantize_row row = *given;
    const int32_t *restrict biases = columns->biases;
    const float *restrict factors = columns->factors, *restrict offsets = columns->offsets;
    for (size_t i = 0; i < n; i++) {
        const int32_t sum = (int32_t)((uint32_t)sums[i] + (uint32_t)biases[i]);
        TO_BYTE(&row, (float)sum * factors[i] + offsets[i], y[i]);
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
    }                                                                                              \
                                                                                                   \
    static void depthwise_##suffix(const iou_depthwise_bytes *w) {                                 \
        int32_t *restrict sums = w->sums;                                                          \
        const int16_t zero = (int16_t)w->zero;                                                     \
        for (size_t c = 0; c < w->channels; c++) {                                                 \
            sums[c] = 0;                                                                           \
        }                                                                                          \
        for (size_t tap = 0; tap < w->taps; tap++) {                                               \
            const type *restrict pixel = w->pixels[tap];                                           \
            const int16_t *restrict weights = w->weights + tap * w->stride;                        \
            for (size_t c = 0; pixel != NULL && c < w->channels; c++) {                            \
                const int16_t x = (int16_t)(pixel[c] - zero);                                      \
                sums[c] = (int32_t)((uint32_t)sums[c] + (uint32_t)((int32_t)x * weights[c]));      \
            }                                                                                      \
        }                                                                                          \
    }

OF_TYPE(u8, uint8_t)
OF_TYPE(i8, int8_t)

#define BYTE_LOOPS(level)                                                                          \
    {                                                                                              \
        level, quantize, requantize, dequantize_u8, dequantize_i8, widen_u8, widen_i8,             \
            depthwise_u8, depthwise_i8                                                             \
    }
