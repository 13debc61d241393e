/* What is known of the values of a body: inferred once, when the model is loaded. */
#ifndef IOU_INFER_BODY_H
#define IOU_INFER_BODY_H

#include "model/model.h"

/** Infers the body of `node`, a node of `model`, whose values' facts are `facts`: what holds in
 * every iteration. */
iou_status iou_model_infer_body(const iou_model *model, const iou_node *node, const iou_fact *facts,
                                iou_arena *memory, iou_error *error);

#endif
