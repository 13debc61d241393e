#include "ops/quantize/quantize_row.h"

/* Adding and subtracting it rounds floats below 2^22 to even. */
static const float rounder = 12582912.0f; /* 1.5 * 2^23 */

/* Limits are whole numbers: saturating before rounding is the same as behind it. */
static inline uint8_t to_byte(const iou_quantize_row *row, float value) {
    const float least = (float)(row->least - row->zero), most = (float)(row->most - row->zero);
    value = value == value ? value : 0.0f;
    value = value > least ? value : least;
    value = value < most ? value : most;
    const float whole = (value + rounder) - rounder;
    return (uint8_t)((int32_t)whole + row->zero);
}

void iou_quantize_bytes(const iou_quantize_row *row, const float *x, uint8_t *y, size_t n) {
    for (size_t i = 0; i < n; i++) {
        y[i] = to_byte(row, x[i] / row->scale);
    }
}

void iou_requantize_bytes(const iou_quantize_row *row, const int32_t *sums, const float *factors,
                          uint8_t *y, size_t n) {
    for (size_t i = 0; i < n; i++) {
        y[i] = to_byte(row, (float)sums[i] * factors[i]);
    }
}

void iou_requantize_moved_bytes(const iou_quantize_row *row, const int32_t *sums,
                                const float *factors, const float *offsets, uint8_t *y, size_t n) {
    for (size_t i = 0; i < n; i++) {
        y[i] = to_byte(row, (float)sums[i] * factors[i] + offsets[i]);
    }
}
