/* The public session handle: plans of the last shapes, and the memory that they share. */
#include "iou/iou.h"
#include "model/plan.h"
#include "model/run.h"

#include <stdlib.h>
#include <string.h>

enum { PLANS = 8, DEFAULT_MEMORY_GIB = 16 };

/** Memory that only grows. */
typedef struct buffer {
    void *data;
    size_t size;
} buffer;

struct iou_session {
    const iou_model *model;
    iou_session_options options;
    iou_isa isa;
    int threads;
    iou_weights *weights;
    iou_barrier *barrier;
    iou_plan *plans[PLANS];
    iou_plan *current; /* of the last run */
    uint64_t runs;
    buffer arena, scratch, tasks, times, profile;
    buffer *outputs;           /* of the session, where the caller gave none */
    const iou_tensor **inputs; /* in the model's order, during a run */
    void **output_data;        /* likewise */
    int64_t *key;              /* input dims, during a run */
};

static iou_status grow(buffer *b, size_t size, iou_error *error) {
    if (size <= b->size) {
        return IOU_OK;
    }
    free(b->data);
    b->data = iou_aligned_alloc(size);
    b->size = b->data ? size : 0;
    IOU_FAIL_IF(!b->data, IOU_OUT_OF_MEMORY, error, "no memory for %zu bytes", size);
    return IOU_OK;
}

static iou_status set_up(iou_session *session, const iou_session_options *options,
                         iou_error *error) {
    if (options) {
        session->options = *options;
    }
    IOU_TRY(iou_cpu_select(session->options.isa, &session->isa, error));
    session->options.isa = iou_isa_name(session->isa);
    session->threads = session->options.threads ? session->options.threads : iou_cpu_count();
    if (session->options.max_memory_bytes == 0) {
        session->options.max_memory_bytes = (size_t)DEFAULT_MEMORY_GIB << 30;
    }
    if (session->options.max_memory_bytes > SIZE_MAX / 4) {
        session->options.max_memory_bytes = SIZE_MAX / 4; /* sums of a few sizes do not overflow */
    }
    const size_t ins = iou_model_input_count(session->model);
    const size_t outs = iou_model_output_count(session->model);
    session->weights = iou_weights_create();
    session->barrier = iou_barrier_create();
    session->outputs = calloc(outs, sizeof(buffer));
    session->inputs = calloc(ins + 1, sizeof(iou_tensor *));
    session->output_data = calloc(outs, sizeof(void *));
    session->key = calloc(ins * (IOU_MAX_RANK + 1) + 1, sizeof(int64_t));
    IOU_FAIL_IF(!session->weights || !session->barrier || !session->outputs || !session->inputs ||
                    !session->output_data || !session->key,
                IOU_OUT_OF_MEMORY, error, "no memory for the session");
    return IOU_OK;
}

iou_status iou_session_open(iou_session **out, const iou_model *model,
                            const iou_session_options *options, iou_error *error) {
    IOU_FAIL_IF(!out, IOU_INVALID_ARGUMENT, error, "a place for the session is wanted");
    *out = NULL;
    IOU_FAIL_IF(!model, IOU_INVALID_ARGUMENT, error, "a model is wanted, it is null");
    IOU_FAIL_IF(options && options->struct_size != sizeof *options, IOU_INVALID_ARGUMENT, error,
                "options: struct_size %zu is wanted, %zu was given", sizeof *options,
                options->struct_size);
    IOU_FAIL_IF(options && (options->threads < 0 || options->threads > 1024), IOU_INVALID_ARGUMENT,
                error, "0 to 1024 threads are wanted, %d were given", options->threads);
    IOU_FAIL_IF(!model->runnable, IOU_UNSUPPORTED, error,
                "the model was opened for inspection: it needs operators that are missing");
    iou_session *session = calloc(1, sizeof *session);
    IOU_FAIL_IF(!session, IOU_OUT_OF_MEMORY, error, "no memory for the session");
    session->model = model;
    const iou_status status = set_up(session, options, error);
    if (status != IOU_OK) {
        iou_session_close(&session);
        return status;
    }
    *out = session;
    return IOU_OK;
}

void iou_session_close(iou_session **session) {
    if (!session || !*session) {
        return;
    }
    iou_session *s = *session;
    for (int i = 0; i < PLANS; i++) {
        iou_plan_destroy(s->plans[i]);
    }
    for (size_t i = 0; s->outputs && i < iou_model_output_count(s->model); i++) {
        free(s->outputs[i].data);
    }
    buffer *const buffers[] = {&s->arena, &s->scratch, &s->tasks, &s->times, &s->profile};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++) {
        free(buffers[i]->data);
    }
    iou_weights_destroy(s->weights);
    iou_barrier_destroy(s->barrier);
    free(s->outputs);
    free((void *)s->inputs);
    free((void *)s->output_data);
    free(s->key);
    free(s);
    *session = NULL;
}

/* ---- Inputs and outputs of a call ---------------------------------------------------------- */

static int find(const iou_model *model, const int *ids, int count, const char *name,
                size_t position) {
    if (!name) {
        return position < (size_t)count ? (int)position : -1;
    }
    for (int i = 0; i < count; i++) {
        if (strcmp(model->values[ids[i]].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

static iou_status check_shape(const iou_tensor *tensor, const char *name, iou_type type,
                              size_t *size, iou_error *error) {
    IOU_FAIL_IF(tensor->type != type, IOU_INVALID_ARGUMENT, error,
                "input '%s': type %s is wanted, %s was given", name, iou_type_name(type),
                iou_type_name(tensor->type));
    IOU_FAIL_IF(tensor->rank < 0 || tensor->rank > IOU_MAX_RANK, IOU_INVALID_ARGUMENT, error,
                "input '%s': a rank of 0 to %d is wanted, %d was given", name, IOU_MAX_RANK,
                tensor->rank);
    *size = iou_type_size(type);
    for (int i = 0; i < tensor->rank; i++) {
        IOU_FAIL_IF(tensor->dims[i] < 0 ||
                        __builtin_mul_overflow(*size, (size_t)tensor->dims[i], size),
                    IOU_INVALID_ARGUMENT, error, "input '%s': dimension %d is %lld", name, i,
                    (long long)tensor->dims[i]);
    }
    return IOU_OK;
}

static iou_status check_data(const iou_tensor *tensor, const char *name, size_t size,
                             iou_error *error) {
    IOU_FAIL_IF(tensor->size != size, IOU_INVALID_ARGUMENT, error,
                "input '%s': its shape needs %zu bytes, %zu were given", name, size, tensor->size);
    IOU_FAIL_IF(size > 0 &&
                    (!tensor->data || (uintptr_t)tensor->data % iou_type_size(tensor->type) != 0),
                IOU_INVALID_ARGUMENT, error, "input '%s': aligned data is wanted", name);
    return IOU_OK;
}

/** Brings the inputs into the model's order, and their shapes into s->key. */
static iou_status gather_inputs(iou_session *s, const iou_tensor *inputs, size_t count,
                                bool with_data, iou_error *error) {
    const iou_model *m = s->model;
    memset((void *)s->inputs, 0, sizeof(*s->inputs) * (size_t)m->input_count);
    for (size_t i = 0; i < count; i++) {
        const int at = find(m, m->inputs, m->input_count, inputs[i].name, i);
        IOU_FAIL_IF(at < 0, IOU_INVALID_ARGUMENT, error, "the model has no input '%s'",
                    inputs[i].name ? inputs[i].name : "(unnamed)");
        const char *name = m->values[m->inputs[at]].name;
        IOU_FAIL_IF(s->inputs[at], IOU_INVALID_ARGUMENT, error, "input '%s' is given twice", name);
        size_t size = 0;
        IOU_TRY(check_shape(&inputs[i], name, m->facts[m->inputs[at]].type, &size, error));
        if (with_data) {
            IOU_TRY(check_data(&inputs[i], name, size, error));
        }
        s->inputs[at] = &inputs[i];
    }
    int64_t *key = s->key;
    for (int i = 0; i < m->input_count; i++) {
        IOU_FAIL_IF(!s->inputs[i], IOU_INVALID_ARGUMENT, error, "input '%s' is missing",
                    m->values[m->inputs[i]].name);
        *key++ = s->inputs[i]->rank;
        for (int d = 0; d < IOU_MAX_RANK; d++) {
            *key++ = d < s->inputs[i]->rank ? s->inputs[i]->dims[d] : 0;
        }
    }
    return IOU_OK;
}

/** Answers the shapes, and finds or makes the memory of every output. */
static iou_status gather_outputs(iou_session *s, const iou_plan *plan, iou_tensor *outputs,
                                 size_t count, iou_error *error) {
    const iou_model *m = s->model;
    memset((void *)s->output_data, 0, sizeof(void *) * (size_t)m->output_count);
    for (size_t i = 0; i < count; i++) {
        iou_tensor *out = &outputs[i];
        const int at = find(m, m->outputs, m->output_count, out->name, i);
        IOU_FAIL_IF(at < 0, IOU_INVALID_ARGUMENT, error, "the model has no output '%s'",
                    out->name ? out->name : "(unnamed)");
        const iou_plan_output *planned = &plan->outputs[at];
        const char *name = m->values[m->outputs[at]].name;
        IOU_FAIL_IF(s->output_data[at], IOU_INVALID_ARGUMENT, error, "output '%s' is given twice",
                    name);
        const size_t capacity = out->size;
        out->name = name;
        out->type = planned->type;
        out->rank = planned->rank;
        memcpy(out->dims, planned->dims, sizeof out->dims);
        out->size = planned->size;
        if (!out->data) {
            IOU_TRY(grow(&s->outputs[at], planned->size + 1, error));
            out->data = s->outputs[at].data;
        } else {
            IOU_FAIL_IF(capacity < planned->size, IOU_BUFFER_TOO_SMALL, error,
                        "output '%s': %zu bytes are wanted, the buffer has %zu", name,
                        planned->size, capacity);
            IOU_FAIL_IF((uintptr_t)out->data % iou_type_size(out->type) != 0, IOU_INVALID_ARGUMENT,
                        error, "output '%s': aligned data is wanted", name);
        }
        s->output_data[at] = out->data;
    }
    for (int i = 0; i < m->output_count; i++) {
        if (!s->output_data[i]) { /* computed, though nobody asked */
            IOU_TRY(grow(&s->outputs[i], plan->outputs[i].size + 1, error));
            s->output_data[i] = s->outputs[i].data;
        }
    }
    return IOU_OK;
}

/* ---- Plans --------------------------------------------------------------------------------- */

static size_t key_size(const iou_session *s) {
    return sizeof(int64_t) * (size_t)s->model->input_count * (IOU_MAX_RANK + 1);
}

/** The plan of the shapes in s->key: one of the last few, or a new one in the oldest's place. */
static iou_status find_plan(iou_session *s, iou_plan **plan, iou_error *error) {
    int place = 0;
    for (int i = 0; i < PLANS; i++) {
        if (!s->plans[i]) {
            place = i;
            break;
        }
        if (memcmp(s->plans[i]->key, s->key, key_size(s)) == 0) {
            *plan = s->plans[i];
            return IOU_OK;
        }
        if (s->plans[i]->used < s->plans[place]->used) {
            place = i;
        }
    }
    const iou_plan_request request = {s->model,
                                      s->inputs,
                                      s->weights,
                                      s->isa,
                                      s->options.no_optimize,
                                      s->options.max_memory_bytes};
    IOU_TRY(iou_plan_create(plan, &request, error));
    (*plan)->key = iou_arena_alloc((*plan)->memory, key_size(s) + 1);
    if (!(*plan)->key) {
        iou_plan_destroy(*plan);
        return iou_fail(error, IOU_OUT_OF_MEMORY, "no memory for the plan");
    }
    memcpy((*plan)->key, s->key, key_size(s));
    (*plan)->used = s->runs;
    if (s->current == s->plans[place]) {
        s->current = NULL;
    }
    iou_plan_destroy(s->plans[place]);
    s->plans[place] = *plan;
    return IOU_OK;
}

static void *resolve(const iou_session *s, const iou_plan *plan, int storage) {
    if (storage < 0) {
        return NULL;
    }
    const iou_storage *at = &plan->storages[iou_plan_root(plan, storage)];
    switch (at->place) {
    case IOU_PLACE_ARENA: return (char *)s->arena.data + at->offset;
    case IOU_PLACE_CONSTANT: return (void *)(uintptr_t)at->constant;
    case IOU_PLACE_INPUT: return s->inputs[at->index]->data;
    case IOU_PLACE_OUTPUT: return s->output_data[at->index];
    }
    return NULL;
}

static void resolve_steps(const iou_session *s, const iou_plan *plan) {
    for (int i = 0; i < plan->step_count; i++) {
        const iou_plan_step *step = &plan->steps[i];
        for (int k = 0; k < step->input_count; k++) {
            step->in[k] = resolve(s, plan, step->inputs[k]);
        }
        for (int k = 0; k < step->output_count; k++) {
            step->out[k] = resolve(s, plan, step->outputs[k]);
        }
    }
}

static iou_status reserve_profile(iou_session *s, const iou_plan *plan, iou_error *error) {
    const size_t steps = (size_t)plan->step_count + 1;
    IOU_TRY(grow(&s->profile, sizeof(iou_profile_entry) * steps, error));
    return s->options.profile ? grow(&s->times, sizeof(double) * steps, error) : IOU_OK;
}

static iou_status reserve_memory(iou_session *s, const iou_plan *plan, iou_error *error) {
    const size_t steps = (size_t)plan->step_count + 1;
    IOU_TRY(grow(&s->arena, plan->arena_size + 1, error));
    size_t scratch;
    IOU_FAIL_IF(__builtin_mul_overflow(plan->scratch_size, (size_t)s->threads, &scratch) ||
                    scratch > s->options.max_memory_bytes,
                IOU_LIMIT, error,
                "scratch of %zu bytes for each of %d threads passes the allowed %zu",
                plan->scratch_size, s->threads, s->options.max_memory_bytes);
    IOU_TRY(grow(&s->scratch, scratch + 1, error));
    IOU_TRY(grow(&s->tasks, sizeof(atomic_size_t) * steps, error));
    return reserve_profile(s, plan, error);
}

iou_status iou_session_prepare(iou_session *session, const iou_tensor *inputs, size_t input_count,
                               iou_error *error) {
    IOU_FAIL_IF(!session || (!inputs && input_count), IOU_INVALID_ARGUMENT, error,
                "a session and inputs are wanted");
    iou_plan *plan;
    IOU_TRY(gather_inputs(session, inputs, input_count, false, error));
    IOU_TRY(find_plan(session, &plan, error));
    IOU_TRY(reserve_profile(session, plan, error));
    if (session->options.profile) {
        memset(session->times.data, 0, session->times.size);
    }
    session->current = plan;
    return IOU_OK;
}

iou_status iou_session_run(iou_session *session, const iou_tensor *inputs, size_t input_count,
                           iou_tensor *outputs, size_t output_count, const iou_run_options *options,
                           iou_error *error) {
    IOU_FAIL_IF(!session || (!inputs && input_count) || (!outputs && output_count),
                IOU_INVALID_ARGUMENT, error, "a session, inputs and outputs are wanted");
    IOU_FAIL_IF(options && options->struct_size != sizeof *options, IOU_INVALID_ARGUMENT, error,
                "options: struct_size %zu is wanted, %zu was given", sizeof *options,
                options->struct_size);
    iou_session *s = session;
    IOU_TRY(gather_inputs(s, inputs, input_count, true, error));
    iou_plan *plan;
    IOU_TRY(find_plan(s, &plan, error));
    plan->used = ++s->runs;
    s->current = plan;
    IOU_TRY(gather_outputs(s, plan, outputs, output_count, error));
    IOU_TRY(reserve_memory(s, plan, error));
    resolve_steps(s, plan);
    const iou_run run = {plan,          s->threads,      s->barrier,
                         s->tasks.data, s->scratch.data, s->options.profile ? s->times.data : NULL,
                         options};
    return iou_run_plan(&run, error);
}

iou_status iou_session_profile(const iou_session *session, const iou_profile_entry **entries,
                               size_t *count) {
    if (!session || !entries || !count || !session->current) {
        return IOU_INVALID_ARGUMENT;
    }
    const iou_plan *plan = session->current;
    iou_profile_entry *list = session->profile.data;
    const double *times = session->options.profile ? session->times.data : NULL;
    for (int i = 0; i < plan->step_count; i++) {
        const iou_plan_step *step = &plan->steps[i];
        list[i] = (iou_profile_entry){step->name,
                                      step->type,
                                      step->step.algorithm,
                                      step->step.isa,
                                      times ? times[i] : 0.0,
                                      step->step.flop * 1e-9};
    }
    *entries = list;
    *count = (size_t)plan->step_count;
    return IOU_OK;
}

void iou_session_memory(const iou_session *session, size_t *arena, size_t *weights) {
    if (arena) {
        *arena = session && session->current ? session->current->arena_size : 0;
    }
    if (weights) {
        *weights = session ? iou_weights_size(session->weights) : 0;
    }
}
