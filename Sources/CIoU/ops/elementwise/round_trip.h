/*
 * What QuantizeLinear and DequantizeLinear behind each other are, by one scale, as a function of
 * one float: min(max(round(x / scale), least), least + 255) * scale. It has no name in any domain.
 */
#ifndef IOU_ROUND_TRIP_H
#define IOU_ROUND_TRIP_H

#include "ops/op.h"

extern const iou_op iou_op_round_trip;

/** The attributes of such a node; `least`: the least byte, less the zero point. NULL without
 * memory. */
const void *iou_round_trip_attributes(iou_arena *memory, float scale, float least);

#endif
