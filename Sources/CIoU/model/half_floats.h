/*
 * Models of float16 and bfloat16. Every value that a node computes is held in float32, in which the
 * fast kernels are: inputs of the graph are widened once, constants when the model is loaded, and
 * outputs are rounded at the end. Between nodes nothing is rounded, as in ONNX Runtime on a CPU.
 */
#ifndef IOU_HALF_FLOATS_H
#define IOU_HALF_FLOATS_H

#include "model/model.h"

/** Rewrites a model whose facts are inferred. Nodes with a body, and those that look at the bits or
 * take sequences, keep their types. */
iou_status iou_model_hold_wide(iou_model *model, iou_error *error);

#endif
