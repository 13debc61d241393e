/* Floats to bytes and sums to bytes, by one scale each. */
#ifndef IOU_QUANTIZE_ROW_H
#define IOU_QUANTIZE_ROW_H

#include <stddef.h>
#include <stdint.h>

/** How numbers become bytes: of int8 where `least` is negative, else of uint8. */
typedef struct iou_quantize_row {
    float scale;
    int32_t zero, least, most;
} iou_quantize_row;

/** x / scale, rounded to even, plus the zero point, saturated; NaN becomes the zero point. */
void iou_quantize_bytes(const iou_quantize_row *row, const float *x, uint8_t *y, size_t n);

/** sum * factor of each, likewise. */
void iou_requantize_bytes(const iou_quantize_row *row, const int32_t *sums, const float *factors,
                          uint8_t *y, size_t n);

/** sum * factor + offset of each, likewise. */
void iou_requantize_moved_bytes(const iou_quantize_row *row, const int32_t *sums,
                                const float *factors, const float *offsets, uint8_t *y, size_t n);

#endif
