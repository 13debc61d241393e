/* A session's insides; for the files session*.c and plan_cache.c. */
#ifndef IOU_SESSION_H
#define IOU_SESSION_H

#include "core/buffer.h"
#include "plan/plan.h"
#include "session/run.h"

/** What a segment of the last run leaves behind. */
typedef struct iou_segment {
    iou_plan *plan;
    iou_buffer kept;  /**< its values that live until the run ends */
    iou_buffer times; /**< of its steps, in milliseconds */
} iou_segment;

struct iou_session {
    iou_handle handle;
    const iou_model *model;
    iou_session_options options;
    iou_isa isa;
    int threads;      /**< requested */
    int last_threads; /**< of the last run; 0: there was none */
    iou_workers *workers;
    iou_weights weights;
    iou_barrier *barrier;
    iou_plan *plans; /**< the cache, a list */
    uint64_t runs;
    iou_segment *segments;
    int segment_count; /**< of the last run, or 1 after a prepare */
    int segment_capacity;
    iou_buffer arena, scratch, tasks, profile;
    iou_buffer *outputs;       /**< of the session, where the caller gave none */
    const iou_tensor **inputs; /**< in the model's order, during a run; NULL: not fed */
    iou_tensor **requested;    /**< likewise; NULL where the caller does not request it */
    void **output_data;        /**< likewise */
    int64_t *key;              /**< ranks and dims of the inputs, during a run; -1: not fed */
};

/** Brings the inputs into the model's order, and their shapes into session->key. */
iou_status iou_session_bind_inputs(iou_session *session, const iou_tensor *inputs, size_t count,
                                   bool with_data, iou_error *error);
/** Finds out which outputs the caller requests. */
iou_status iou_session_bind_outputs(iou_session *session, iou_tensor *outputs, size_t count,
                                    iou_error *error);
/** Reports the shape of an output, and finds or makes its memory. */
iou_status iou_session_bind_output(iou_session *session, const iou_plan_output *output,
                                   iou_error *error);

/** The bytes of a storage of a segment of the present run. */
void *iou_session_storage(const iou_session *session, const iou_plan *plan, int storage);

/** The plan that follows `parent` in the present run (NULL: the first): of the cache, or new. */
iou_status iou_session_next_plan(iou_session *session, const iou_plan *parent, iou_plan **plan,
                                 iou_error *error);
void iou_session_drop_plans(iou_session *session);

#endif
