/* The public session handle: the segments of a run, and the memory that they share. */
#include "session/session.h"

#include "core/blas.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/memory.h"

#include "core/options.h"
#include "core/sizes.h"
#include "session/session_body.h"

#include <string.h>

enum { DEFAULT_MEMORY_GIB = 16 };

static iou_status set_up(iou_session *session, iou_error *error) {
    IOU_TRY(iou_cpu_select(session->options.isa, &session->isa, error));
    session->options.isa = iou_isa_name(session->isa);
    session->caches = iou_caches_find();
    session->threads = session->options.threads ? session->options.threads : iou_cpu_count();
    if (session->options.max_memory_bytes == 0) {
        session->options.max_memory_bytes = (size_t)DEFAULT_MEMORY_GIB << 30;
    }
    if (session->options.max_memory_bytes > SIZE_MAX / 4) {
        session->options.max_memory_bytes = SIZE_MAX / 4; /* sums of a few sizes do not overflow */
    }
    const size_t ins = (size_t)session->model->input_count + (size_t)session->model->default_count;
    const size_t outs = (size_t)session->model->output_count;
    if (!session->is_inner) {
        session->workers = iou_workers_create(session->threads, session->options.team);
        session->progress = iou_progress_create();
    }
    session->weights =
        (iou_weights){session->model->packed_weights, session->isa, session->workers};
    session->bodies = iou_session_bodies_create(session->model);
    session->outputs = iou_memory_zeroed(outs, sizeof(iou_buffer));
    session->inputs = iou_memory_zeroed(ins + 1, sizeof(iou_tensor *));
    session->requested = iou_memory_zeroed(outs, sizeof(iou_tensor *));
    session->output_data = iou_memory_zeroed(outs, sizeof(void *));
    session->key = iou_memory_zeroed(ins * (IOU_MAX_RANK + 1) + 1, sizeof(int64_t));
    IOU_FAIL_IF(!session->workers || !session->progress || !session->outputs || !session->inputs ||
                    !session->requested || !session->output_data || !session->key ||
                    !session->bodies,
                IOU_OUT_OF_MEMORY, error, "no memory for the session");
    return IOU_OK;
}

/** On the threads of the session `around`, or on threads of its own where that is NULL. */
static iou_status make_session(iou_session **out, const iou_handle *handle, const iou_model *model,
                               const iou_session_options *options, const iou_session *around,
                               iou_error *error) {
    iou_session *session = iou_memory_zeroed(1, sizeof *session);
    IOU_FAIL_IF(!session, IOU_OUT_OF_MEMORY, error, "no memory for the session");
    iou_status status = iou_handle_open(session, IOU_HANDLE_SESSION, handle, error);
    if (status != IOU_OK) {
        iou_memory_release(session);
        return status;
    }
    session->model = model;
    session->options = *options;
    session->is_inner = around != NULL;
    session->pool = around ? around->pool : &session->own_pool;
    session->workers = around ? around->workers : NULL;
    session->progress = around ? around->progress : NULL;
    iou_model_hold(model);
    status = set_up(session, error);
    if (status != IOU_OK) {
        iou_session_close(&session);
        return status;
    }
    *out = session;
    return IOU_OK;
}

iou_status iou_session_open_inner(iou_session **out, const iou_session *around,
                                  const iou_model *model, iou_error *error) {
    iou_handle handle;
    IOU_TRY(iou_handle_make(&handle, NULL, NULL, around, error));
    iou_session_options options = around->options;
    options.profile = false;
    return make_session(out, &handle, model, &options, around, error);
}

/* OpenBLAS takes some processors for others, whose code is slower, or does not run there. */
static void log_blas_core(const iou_session *session, const iou_log *log) {
    const iou_blas_core core = iou_blas_find_core();
    const bool slow = iou_isa_has(session->isa, IOU_ISA_BLAS) && core.too_narrow;
    const bool unused = iou_cpu_best() == IOU_ISA_SCALAR && core.lacks_instructions;
    if (slow || unused) {
        iou_log_line(
            log, IOU_LOG_WARNING,
            "OpenBLAS: expected the core '%s' for this processor, found '%s', which is %s; "
            "set OPENBLAS_CORETYPE=%s",
            core.expected, core.found, slow ? "slower" : "not used", core.expected);
    }
}

static iou_status open_session(iou_session **out, const iou_handle *handle, const iou_model *model,
                               const iou_session_options *options, iou_error *error) {
    IOU_TRY(make_session(out, handle, model, options, NULL, error));
    const iou_session *session = *out;
    iou_log_line(&handle->log, IOU_LOG_INFO, "session opened: %s, %d threads", session->options.isa,
                 session->threads);
    log_blas_core(session, &handle->log);
    return IOU_OK;
}

iou_status iou_session_open(iou_session **out, const iou_model *model,
                            const iou_session_options *options, iou_error *error) {
    IOU_FAIL_IF(!out, IOU_INVALID_ARGUMENT, error, "out is NULL");
    *out = NULL;
    IOU_TRY(iou_handle_check(model, IOU_HANDLE_MODEL, error));
    iou_session_options own;
    IOU_TRY(iou_options_take(&own, sizeof own, options, "session options", error));
    IOU_FAIL_IF(own.threads < 0 || own.threads > IOU_MAX_THREADS, IOU_INVALID_ARGUMENT, error,
                "expected 0 to %d threads, found %d", IOU_MAX_THREADS, own.threads);
    IOU_FAIL_IF(!model->runnable, IOU_UNSUPPORTED, error,
                "the model was opened for inspection: it needs operators that are missing");
    IOU_FAIL_IF(own.team && !own.team->run, IOU_INVALID_ARGUMENT, error, "team->run is NULL");
    iou_handle handle;
    IOU_TRY(iou_handle_make(&handle, own.allocator, own.log, model, error));
    const iou_allocator *before = iou_memory_enter(&handle.allocator);
    const iou_status status = open_session(out, &handle, model, &own, error);
    iou_memory_leave(before);
    return status;
}

void iou_session_close(iou_session **session) {
    if (!session || !*session || !iou_handle_close(*session, IOU_HANDLE_SESSION)) {
        return;
    }
    iou_session *s = *session;
    iou_session_bodies_destroy(s->bodies, s->model);
    iou_session_drop_plans(s);
    for (int i = 0; i < s->segment_capacity; i++) {
        iou_memory_release(s->segments[i].kept.data);
        iou_memory_release(s->segments[i].times.data);
    }
    iou_memory_release(s->segments);
    for (int i = 0; s->outputs && i < s->model->output_count; i++) {
        iou_memory_release(s->outputs[i].data);
    }
    iou_buffer *const buffers[] = {&s->arena, &s->scratch, &s->tasks, &s->profile};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++) {
        iou_memory_release(buffers[i]->data);
    }
    if (!s->is_inner) {
        iou_workers_destroy(s->workers);
        iou_progress_destroy(s->progress);
    }
    iou_memory_release(s->outputs);
    iou_memory_release((void *)s->inputs);
    iou_memory_release((void *)s->requested);
    iou_memory_release((void *)s->output_data);
    iou_memory_release(s->key);
    iou_run_pool_clear(&s->own_pool);
    iou_model_drop(s->model);
    iou_memory_release(s);
    *session = NULL;
}

/* ---- Runs ---------------------------------------------------------------------------------- */

void *iou_session_storage(const iou_session *session, const iou_plan *plan, int storage) {
    const iou_session *s = session;
    const iou_storage *at = &plan->storages[iou_plan_root(plan, storage)];
    size_t shift = iou_plan_shift(plan, storage);
    while (at->kind == IOU_STORAGE_EARLIER) {
        plan = s->segments[at->segment].plan;
        shift += iou_plan_shift(plan, at->index);
        at = &plan->storages[iou_plan_root(plan, at->index)];
    }
    char *root = NULL;
    switch (at->kind) {
    case IOU_STORAGE_ARENA: root = (char *)s->arena.data + at->offset; break;
    case IOU_STORAGE_CONSTANT: root = (char *)(uintptr_t)at->constant; break;
    case IOU_STORAGE_INPUT: root = s->inputs[at->index]->data; break;
    case IOU_STORAGE_OUTPUT: root = s->output_data[at->index]; break;
    case IOU_STORAGE_KEPT: root = (char *)s->segments[plan->depth].kept.data + at->offset; break;
    case IOU_STORAGE_BODY: root = iou_session_body_result(s, at->segment, at->index); break;
    case IOU_STORAGE_POOL: root = plan->steps[at->segment].out[at->index]; break;
    case IOU_STORAGE_EARLIER: break;
    }
    return root ? root + shift : NULL;
}

static void resolve_steps(const iou_session *s, const iou_plan *plan) {
    for (int i = 0; i < plan->step_count; i++) {
        const iou_plan_step *step = &plan->steps[i];
        for (int k = 0; k < step->input_count; k++) {
            step->in[k] =
                step->inputs[k] < 0 ? NULL : iou_session_storage(s, plan, step->inputs[k]);
        }
        for (int k = 0; k < step->output_count; k++) {
            step->out[k] = NULL; /* of what the pool will hold, until the step has run */
            if (step->outputs[k] >= 0) {
                step->out[k] = iou_session_storage(s, plan, step->outputs[k]);
            }
        }
    }
}

/** Adds a segment to the run; what those before it keep stays. */
static iou_status add_segment(iou_session *s, iou_plan *plan, iou_error *error) {
    if (s->segment_count == s->segment_capacity) {
        const int capacity = s->segment_capacity ? 2 * s->segment_capacity : 1;
        iou_segment *grown = iou_memory_zeroed((size_t)capacity, sizeof *grown);
        IOU_FAIL_IF(!grown, IOU_OUT_OF_MEMORY, error, "no memory for %d segments", capacity);
        if (s->segment_capacity > 0) {
            memcpy(grown, s->segments, sizeof *grown * (size_t)s->segment_capacity);
        }
        iou_memory_release(s->segments);
        s->segments = grown;
        s->segment_capacity = capacity;
    }
    iou_segment *segment = &s->segments[s->segment_count];
    const size_t times = sizeof(double) * ((size_t)plan->step_count + 1);
    if (s->options.profile) {
        IOU_TRY(iou_buffer_grow(&segment->times, times, error));
        memset(segment->times.data, 0, times);
    }
    segment->plan = plan;
    s->segment_count++;
    size_t steps = 1;
    for (int i = 0; i < s->segment_count; i++) {
        steps += (size_t)s->segments[i].plan->step_count;
    }
    return iou_buffer_grow(&s->profile, sizeof(iou_profile_entry) * steps, error);
}

static iou_status reserve_memory(iou_session *s, const iou_plan *plan, iou_error *error) {
    /* Of a body's session, the limit sinks as more is collected, and the plan may be an old one. */
    const size_t most = s->options.max_memory_bytes, bodies = s->body_bytes + s->pool->bytes;
    IOU_FAIL_IF(bodies > most || plan->held > most - bodies ||
                    plan->arena_size > most - bodies - plan->held,
                IOU_LIMIT, error,
                "intermediate values and outputs need more than the allowed memory: %zu bytes",
                most);
    IOU_TRY(iou_buffer_grow(&s->arena, plan->arena_size + 1, error));
    IOU_TRY(iou_buffer_grow(&s->segments[plan->depth].kept, plan->kept_size + 1, error));
    size_t scratch;
    IOU_FAIL_IF(__builtin_mul_overflow(plan->scratch_size, (size_t)s->threads, &scratch) ||
                    scratch > s->options.max_memory_bytes,
                IOU_LIMIT, error,
                "scratch of %zu bytes for each of %d threads passes the allowed %zu",
                plan->scratch_size, s->threads, s->options.max_memory_bytes);
    IOU_TRY(iou_buffer_grow(&s->scratch, scratch + 1, error));
    return iou_buffer_grow(&s->tasks, sizeof(atomic_size_t) * ((size_t)plan->step_count + 1),
                           error);
}

/** Forgets the dims that an earlier run has computed. */
static void reset_dims(const iou_plan *plan) {
    for (int i = 0; i < plan->step_count; i++) {
        if (plan->steps[i].out_dims) {
            memset(plan->steps[i].out_dims, 0xff,
                   sizeof(*plan->steps[i].out_dims) * (size_t)plan->steps[i].output_count);
        }
    }
}

/** Makes sure that what was computed fits into what was planned for it. */
static iou_status check_dims(const iou_session *s, const iou_plan *plan, iou_error *error) {
    for (int i = 0; i < plan->data_dependent_count; i++) {
        const iou_data_dependent *value = &plan->data_dependent[i];
        const int64_t *dims = iou_plan_dims(plan, i);
        size_t count = 1, most = 0;
        if (iou_plan_is_unbounded(plan, i)) {
            continue; /* checked as it grew */
        }
        bool fits = iou_fact_count(&value->largest, &most);
        for (int d = 0; d < value->largest.rank && value->step >= 0; d++) {
            fits = fits && dims[d] >= 0 && !__builtin_mul_overflow(count, (size_t)dims[d], &count);
        }
        IOU_FAIL_IF(value->step >= 0 && (!fits || count > most), IOU_BAD_DATA, error,
                    "value '%s' is larger than planned", s->model->values[value->value].name);
    }
    return IOU_OK;
}

/** Copies an output whose shape depends on data. */
static iou_status copy_output(iou_session *s, const iou_plan *plan, const iou_plan_output *planned,
                              iou_error *error) {
    iou_plan_output output = *planned;
    const int64_t *dims = iou_plan_dims(plan, planned->data_dependent);
    output.size = iou_type_size(output.type);
    output.rank = iou_plan_rank(plan, planned->data_dependent);
    for (int d = 0; d < output.rank; d++) {
        output.dims[d] = dims[d];
        output.size *= (size_t)dims[d];
    }
    IOU_TRY(iou_session_bind_output(s, &output, error));
    memcpy(s->output_data[output.index], iou_session_storage(s, plan, planned->storage),
           output.size);
    return IOU_OK;
}

/** What a pool may hold while steps of this plan run. */
static void limit_pool(const iou_session *s, const iou_plan *plan) {
    s->pool->limit =
        iou_size_less(s->options.max_memory_bytes, plan->held + plan->arena_size + s->body_bytes);
}

/** Runs the steps before the first body or pooled step, that, those between, and so on. */
static iou_status run_steps(iou_session *s, const iou_plan *plan, const iou_run_options *options,
                            iou_error *error) {
    double *times = s->options.profile ? s->segments[plan->depth].times.data : NULL;
    iou_run run = {.plan = plan,
                   .workers = s->workers,
                   .progress = s->progress,
                   .next_task = s->tasks.data,
                   .scratch = s->scratch.data,
                   .milliseconds = times,
                   .options = options,
                   .threads = &s->last_threads,
                   .pool = s->pool};
    int next = 0;
    for (int i = 0; i < plan->step_count; i++) {
        if (!plan->steps[i].body && !plan->steps[i].pooled) {
            continue;
        }
        run.first = next;
        run.count = i - next;
        IOU_TRY(iou_run_plan(&run, error));
        const int64_t begin = times ? iou_clock_ns() : 0;
        limit_pool(s, plan);
        IOU_TRY(plan->steps[i].body ? iou_session_run_body(s, plan, &plan->steps[i], options, error)
                                    : iou_run_step(&run, i, error));
        if (times) {
            times[i] = (double)(iou_clock_ns() - begin) * 1e-6;
        }
        next = i + 1;
    }
    run.first = next;
    run.count = plan->step_count - next;
    return iou_run_plan(&run, error);
}

static iou_status run_segment(iou_session *s, iou_plan *plan, const iou_run_options *options,
                              iou_error *error) {
    plan->used = s->runs;
    IOU_TRY(add_segment(s, plan, error));
    for (int i = 0; i < plan->output_count; i++) {
        if (plan->outputs[i].data_dependent < 0) {
            IOU_TRY(iou_session_bind_output(s, &plan->outputs[i], error));
        }
    }
    IOU_TRY(reserve_memory(s, plan, error));
    resolve_steps(s, plan);
    reset_dims(plan);
    IOU_TRY(run_steps(s, plan, options, error));
    IOU_TRY(check_dims(s, plan, error));
    for (int i = 0; i < plan->output_count; i++) {
        if (plan->outputs[i].data_dependent >= 0) {
            IOU_TRY(copy_output(s, plan, &plan->outputs[i], error));
        }
    }
    return IOU_OK;
}

iou_status iou_session_run_segments(iou_session *session, const iou_session_call *call,
                                    iou_error *error) {
    iou_session *s = session;
    IOU_TRY(iou_session_bind_inputs(s, call->inputs, call->input_count, true, error));
    s->runs++;
    s->segment_count = 0;
    s->body_bytes = 0;
    iou_plan *plan = NULL;
    IOU_TRY(iou_session_next_plan(s, NULL, &plan, error));
    IOU_TRY(iou_session_bind_outputs(s, call->outputs, call->output_count, error));
    IOU_TRY(run_segment(s, plan, &call->options, error));
    while (!plan->complete) {
        IOU_TRY(iou_session_next_plan(s, plan, &plan, error));
        IOU_TRY(run_segment(s, plan, &call->options, error));
    }
    return IOU_OK;
}

iou_status iou_session_run(iou_session *session, const iou_tensor *inputs, size_t input_count,
                           iou_tensor *outputs, size_t output_count, const iou_run_options *options,
                           iou_error *error) {
    IOU_TRY(iou_handle_check(session, IOU_HANDLE_SESSION, error));
    IOU_FAIL_IF((!inputs && input_count) || (!outputs && output_count), IOU_INVALID_ARGUMENT, error,
                "inputs or outputs is NULL");
    iou_session_call call = {inputs, input_count, outputs, output_count, {0}};
    IOU_TRY(iou_options_take(&call.options, sizeof call.options, options, "run options", error));
    IOU_TRY(iou_handle_enter(session, IOU_HANDLE_SESSION, error));
    const iou_allocator *before = iou_memory_enter(&session->handle.allocator);
    const iou_status status = iou_session_run_segments(session, &call, error);
    iou_run_pool_clear(session->pool);
    iou_memory_leave(before);
    iou_handle_leave(session);
    return status;
}

iou_status iou_session_plan_first(iou_session *session, const iou_tensor *inputs, size_t count,
                                  iou_error *error) {
    iou_session *s = session;
    iou_plan *plan = NULL;
    IOU_TRY(iou_session_bind_inputs(s, inputs, count, false, error));
    s->segment_count = 0;
    s->body_bytes = 0;
    IOU_TRY(iou_session_next_plan(s, NULL, &plan, error));
    reset_dims(plan);
    return add_segment(s, plan, error);
}

iou_status iou_session_prepare(iou_session *session, const iou_tensor *inputs, size_t input_count,
                               iou_error *error) {
    IOU_TRY(iou_handle_check(session, IOU_HANDLE_SESSION, error));
    IOU_FAIL_IF(!inputs && input_count, IOU_INVALID_ARGUMENT, error, "inputs is NULL");
    IOU_TRY(iou_handle_enter(session, IOU_HANDLE_SESSION, error));
    const iou_allocator *before = iou_memory_enter(&session->handle.allocator);
    const iou_status status = iou_session_plan_first(session, inputs, input_count, error);
    iou_memory_leave(before);
    iou_handle_leave(session);
    return status;
}
