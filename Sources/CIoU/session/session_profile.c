/* What a session reports of its last run, or of the last plan prepared. */
#include "session/session.h"

#include "core/sizes.h"
#include "session/session_body.h"

static iou_status check_planned(const iou_session *session, iou_error *error) {
    IOU_TRY(iou_handle_check(session, IOU_HANDLE_SESSION, error));
    IOU_FAIL_IF(session->segment_count == 0, IOU_INVALID_ARGUMENT, error,
                "expected a session that has run or prepared, found a new one");
    return IOU_OK;
}

int iou_session_threads(const iou_session *session) {
    if (!iou_handle_is(session, IOU_HANDLE_SESSION)) {
        return 0;
    }
    return session->last_threads > 0 ? session->last_threads : session->threads;
}

static void describe_planned(const iou_plan *plan, const iou_plan_output *output,
                             iou_value_info *info) {
    const bool data_dependent = output->data_dependent >= 0;
    const int64_t *dims =
        data_dependent ? iou_plan_dims(plan, output->data_dependent) : output->dims;
    const int rank = data_dependent ? iou_plan_rank(plan, output->data_dependent) : output->rank;
    const int before = info->rank;
    info->type = output->type;
    info->rank = rank < 0 ? before : rank;
    for (int d = 0; d < rank; d++) {
        if (dims[d] >= 0 || d >= before) { /* else what the model says of it */
            info->dims[d] = dims[d];
            info->symbols[d] = NULL;
        }
    }
}

iou_status iou_session_output(const iou_session *session, size_t index, iou_value_info *info,
                              iou_error *error) {
    IOU_TRY(check_planned(session, error));
    const iou_model *model = session->model;
    IOU_FAIL_IF(!info, IOU_INVALID_ARGUMENT, error, "info is NULL");
    IOU_FAIL_IF(index >= (size_t)model->output_count, IOU_INVALID_ARGUMENT, error,
                "expected one of %d outputs, found number %zu", model->output_count, index);
    iou_model_describe(model, model->outputs[index], info);
    for (int k = 0; k < session->segment_count; k++) {
        const iou_plan *plan = session->segments[k].plan;
        for (int i = 0; i < plan->output_count; i++) {
            if ((size_t)plan->outputs[i].index == index) {
                describe_planned(plan, &plan->outputs[i], info);
            }
        }
    }
    return IOU_OK;
}

static void list_steps(const iou_session *session, iou_profile_entry *list, size_t *count) {
    size_t n = 0;
    for (int k = 0; k < session->segment_count; k++) {
        const iou_plan *plan = session->segments[k].plan;
        const double *times = session->options.profile ? session->segments[k].times.data : NULL;
        for (int i = 0; i < plan->step_count; i++) {
            const iou_plan_step *step = &plan->steps[i];
            list[n++] = (iou_profile_entry){step->name,
                                            step->type,
                                            step->step.algorithm,
                                            step->step.isa,
                                            times ? times[i] : 0.0,
                                            step->step.flop * 1e-9,
                                            iou_plan_step_bytes(plan, step)};
        }
    }
    *count = n;
}

iou_status iou_session_profile(const iou_session *session, const iou_profile_entry **entries,
                               size_t *count, iou_error *error) {
    IOU_TRY(check_planned(session, error));
    IOU_FAIL_IF(!entries || !count, IOU_INVALID_ARGUMENT, error, "entries or count is NULL");
    list_steps(session, session->profile.data, count);
    *entries = session->profile.data;
    return IOU_OK;
}

void iou_session_memory(const iou_session *session, size_t *arena, size_t *weights) {
    size_t largest = 0, kept = 0;
    const bool open = iou_handle_is(session, IOU_HANDLE_SESSION);
    for (int k = 0; open && k < session->segment_count; k++) {
        const iou_plan *plan = session->segments[k].plan;
        largest = iou_size_max(plan->arena_size, largest);
        kept += plan->kept_size;
    }
    kept += open ? iou_session_bodies_size(session) : 0;
    if (arena) {
        *arena = largest + kept;
    }
    if (weights) {
        *weights = open ? iou_packed_weights_size(session->weights.cache) : 0;
    }
}
