/* Nodes of a quantized model for processors without products of bytes. */
#ifndef IOU_ROUNDED_NODES_H
#define IOU_ROUNDED_NODES_H

#include "model/model.h"

/**
 * Makes model->rounded_nodes, once facts are inferred and where this process computes without such
 * products: as `nodes`, but values that are quantized and dequantized again by one scale are
 * rounded as floats, in the store of what makes them, and dequantized constants are constants.
 * Float kernels then do the work, as of a model that is not quantized.
 */
iou_status iou_model_find_rounded_nodes(iou_model *model, iou_error *error);

#endif
