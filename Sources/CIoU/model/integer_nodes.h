/* The nodes of a model whose quantized operands are not dequantized before they compute. */
#ifndef IOU_INTEGER_NODES_H
#define IOU_INTEGER_NODES_H

#include "model/model.h"

/**
 * Makes model->integer_nodes, once facts are inferred: as `nodes`, but in the place of a
 * QuantizeLinear stands the node that computes its output from integers, where the operator before
 * has such a form, and in the place of a node whose output stays floats the form that has these.
 * What only the others needed, nobody needs then. NULL: there is none.
 */
iou_status iou_model_find_integer_nodes(iou_model *model, iou_error *error);

#endif
