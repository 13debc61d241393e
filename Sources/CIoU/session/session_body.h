/* Graphs that run many times within a run: the body of a Loop, for one. */
#ifndef IOU_SESSION_BODY_H
#define IOU_SESSION_BODY_H

#include "session/session.h"

/** One for each body of the model's nodes, and one more; NULL without memory. */
iou_session_body *iou_session_bodies_create(const iou_model *model);
void iou_session_bodies_destroy(iou_session_body *bodies, const iou_model *model);

/** Runs the body of a step as often as its inputs say, which exist; leaves the node's outputs as
 * results, and their dims in step->out_dims. */
iou_status iou_session_run_body(iou_session *session, const iou_plan *plan,
                                const iou_plan_step *step, const iou_run_options *options,
                                iou_error *error);

/** The bytes of output `output` of body `number`, as it ran last; NULL: it has not. */
void *iou_session_body_result(const iou_session *session, int number, int output);

/** Bytes that the bodies of the last run hold. */
size_t iou_session_bodies_size(const iou_session *session);

#endif
