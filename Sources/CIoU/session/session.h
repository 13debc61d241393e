/* A session's insides; for the files session*.c and plan_cache.c. */
#ifndef IOU_SESSION_H
#define IOU_SESSION_H

#include "core/buffer.h"
#include "ops/run_pool.h"
#include "plan/plan.h"
#include "session/run.h"

/** What a segment of the last run leaves behind. */
typedef struct iou_segment {
    iou_plan *plan;
    iou_buffer kept;  /**< its values that live until the run ends */
    iou_buffer times; /**< of its steps, in milliseconds */
} iou_segment;

typedef struct iou_session_body iou_session_body; /* session/session_body.h */

struct iou_session {
    iou_handle handle;
    const iou_model *model;
    iou_session_options options;
    iou_isa isa;
    iou_caches caches;
    int threads;      /**< requested */
    int last_threads; /**< of the last run; 0: there was none */
    iou_workers *workers;
    iou_weights weights;
    iou_progress *progress;
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
    bool is_inner;             /**< of a body: threads are those of the session around */
    iou_session_body *bodies;  /**< of each body of the model's nodes */
    size_t body_bytes;         /**< of what bodies have made in the present run */
    iou_run_pool own_pool;
    iou_run_pool *pool; /**< of the run: the session's own, or that of the session around */
};

/** A call's arguments, which iou_session_run and its like share. */
typedef struct iou_session_call {
    const iou_tensor *inputs;
    size_t input_count;
    iou_tensor *outputs;
    size_t output_count;
    iou_run_options options;
} iou_session_call;

/** A session for the model of a body, on the threads of the session around, which has entered its
 * allocator for good. */
iou_status iou_session_open_inner(iou_session **out, const iou_session *around,
                                  const iou_model *model, iou_error *error);

/** Runs the model, segment after segment. */
iou_status iou_session_run_segments(iou_session *session, const iou_session_call *call,
                                    iou_error *error);
/** Plans the first segment for these inputs, which need no data. */
iou_status iou_session_plan_first(iou_session *session, const iou_tensor *inputs, size_t count,
                                  iou_error *error);

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
