/*
 * Scales and zero points: what the operators that quantize share. A scale must be a positive,
 * finite number; a zero point is of the type that is quantized to, and has the shape of the scale.
 */
#ifndef IOU_QUANTIZATION_H
#define IOU_QUANTIZATION_H

#include "ops/facts.h"
#include "ops/quantize/byte_loops.h"

/** 0-terminated lists for iou_infer_type. */
extern const iou_type iou_types_quantized[]; /**< integers of at most 16 bits, small floats */
extern const iou_type iou_types_byte[];      /**< int8, uint8 */
extern const iou_type iou_types_i32[];

/** The least and largest number of an integer type of at most 16 bits. */
typedef struct iou_span {
    int32_t least, most;
} iou_span;

/** False where `type` is no such integer. */
bool iou_span_of(iou_type type, iou_span *span);

/** How numbers from `lo` to `hi` are quantized: rounding keeps their order. */
iou_quantize_row iou_quantize_limits(iou_type type, float scale, int32_t zero, float lo, float hi);

/** Reports a scale that is not positive and finite, of input `input`, for a run, which names the
 * node. */
iou_status iou_scale_check(double scale, int input, size_t index, iou_error *error);

/** Checks the scales of a constant operand; NULL, and those that a run computes, pass. */
iou_status iou_scales_prepare(const iou_prepare *prepare, int input);

/** Scales of n elements from scale `index` on, `step` apart: 0, they share one. */
typedef struct iou_scale_run {
    size_t index, step, n;
} iou_scale_run;

/** Checks such scales of a call's input 1. */
iou_status iou_scales_run(iou_type type, const iou_call *call, iou_scale_run run);

/** The attributes of QuantizeLinear and DequantizeLinear. */
typedef struct iou_quantize_attributes {
    int64_t axis, block; /**< block: 0, or elements that share a scale */
    iou_type output;     /**< undefined: not given */
    iou_type precision;  /**< of the division; undefined: not given */
    bool saturate;       /**< to floats of 8 bits */
} iou_quantize_attributes;

/** Reads them. */
iou_status iou_quantize_parse(const iou_parse *parse);

/** Checks the shapes of scale (input 1) and zero point (input 2) against input 0's. */
iou_status iou_quantize_check_shapes(const iou_infer *infer);

enum { IOU_GRAIN_RANK = IOU_MAX_RANK };

/** Which scale an element has: over the value's dimensions in memory order, neighbours merged. */
typedef struct iou_grain {
    int rank;
    size_t count, dims[IOU_GRAIN_RANK];
    size_t strides[IOU_GRAIN_RANK]; /**< of the scales, along each dimension */
    size_t blocks[IOU_GRAIN_RANK];  /**< neighbours along it that share one */
} iou_grain;

/** Of operands that infer has checked. */
iou_grain iou_grain_of(const iou_prepare *prepare);

/** How many elements from `at` on, before `end`, have scales `*index`, `*index + *step`, … */
size_t iou_grain_run(const iou_grain *grain, size_t at, size_t end, size_t *index, size_t *step);

/** Element `index` of a scale or zero point of any type. */
double iou_quantized_read(iou_type type, const void *data, size_t index);

#endif
