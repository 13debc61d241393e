/* What a call to a session gives and requests. */
#include "session/session.h"

#include <string.h>

/**
 * The next of `count` values of this name, from `first` on and then from the beginning; -1: there
 * is none. Who names all in their order finds each at once.
 */
static int find(const iou_model *model, const int *ids, size_t first, int count, const char *name) {
    int i = first < (size_t)count ? (int)first : 0;
    for (int left = count; left > 0; left--) {
        if (strcmp(model->values[ids[i]].name, name) == 0) {
            return i;
        }
        i = i + 1 < count ? i + 1 : 0;
    }
    return -1;
}

/** The input that a tensor is for: by position only those that a run needs; -1: there is none. */
static int find_input(const iou_model *m, const iou_tensor *tensor, size_t position) {
    if (!tensor->name) {
        return position < (size_t)m->input_count ? (int)position : -1;
    }
    return find(m, m->inputs, position, m->input_count + m->default_count, tensor->name);
}

/** The output that a tensor is for; of a name that the model lists twice, one that nobody requests
 * yet. */
static int find_output(const iou_session *s, const iou_tensor *tensor, size_t position) {
    const iou_model *m = s->model;
    if (!tensor->name) {
        return position < (size_t)m->output_count ? (int)position : -1;
    }
    const int first = find(m, m->outputs, position, m->output_count, tensor->name);
    int at = first;
    while (at >= 0 && s->requested[at]) {
        at = find(m, m->outputs, (size_t)at + 1, m->output_count, tensor->name);
        if (at == first) {
            break;
        }
    }
    return at;
}

/** Whether a name is that of an initializer, which the caller may not feed. */
static bool is_constant(const iou_model *m, const char *name) {
    for (int v = 0; name && v < m->value_count; v++) {
        if (m->values[v].is_constant && strcmp(m->values[v].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static iou_status check_shape(const iou_tensor *tensor, const char *name, iou_type type,
                              size_t *size, iou_error *error) {
    IOU_FAIL_IF(tensor->type != type && type != IOU_TYPE_UNDEFINED, IOU_INVALID_ARGUMENT, error,
                "input '%s': expected type %s, found %s", name, iou_type_name(type),
                iou_type_name(tensor->type));
    IOU_FAIL_IF(tensor->rank < 0 || tensor->rank > IOU_MAX_RANK, IOU_INVALID_ARGUMENT, error,
                "input '%s': expected a rank of 0 to %d, found %d", name, IOU_MAX_RANK,
                tensor->rank);
    *size = iou_type_size(tensor->type);
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
                "input '%s': expected %zu bytes for its shape, found %zu", name, size,
                tensor->size);
    IOU_FAIL_IF(size > 0 &&
                    (!tensor->data || (uintptr_t)tensor->data % iou_type_size(tensor->type) != 0),
                IOU_INVALID_ARGUMENT, error, "input '%s': expected aligned data", name);
    return IOU_OK;
}

iou_status iou_session_bind_inputs(iou_session *session, const iou_tensor *inputs, size_t count,
                                   bool with_data, iou_error *error) {
    iou_session *s = session;
    const iou_model *m = s->model;
    const int all = m->input_count + m->default_count;
    memset((void *)s->inputs, 0, sizeof(*s->inputs) * (size_t)all);
    for (size_t i = 0; i < count; i++) {
        const int at = find_input(m, &inputs[i], i);
        IOU_FAIL_IF(at < 0, IOU_INVALID_ARGUMENT, error, "the model has no input '%s'%s",
                    inputs[i].name ? inputs[i].name : "(unnamed)",
                    is_constant(m, inputs[i].name) ? ": it is a constant" : "");
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
    for (int i = 0; i < all; i++) {
        IOU_FAIL_IF(i < m->input_count && !s->inputs[i], IOU_INVALID_ARGUMENT, error,
                    "input '%s' is missing", m->values[m->inputs[i]].name);
        const int rank = s->inputs[i] ? s->inputs[i]->rank : -1;
        *key++ = rank;
        for (int d = 0; d < IOU_MAX_RANK; d++) {
            *key++ = d < rank ? s->inputs[i]->dims[d] : 0;
        }
    }
    return IOU_OK;
}

iou_status iou_session_bind_outputs(iou_session *session, iou_tensor *outputs, size_t count,
                                    iou_error *error) {
    const iou_model *m = session->model;
    memset((void *)session->requested, 0, sizeof(*session->requested) * (size_t)m->output_count);
    for (size_t i = 0; i < count; i++) {
        const int at = find_output(session, &outputs[i], i);
        IOU_FAIL_IF(at < 0, IOU_INVALID_ARGUMENT, error, "the model has no output '%s'",
                    outputs[i].name ? outputs[i].name : "(unnamed)");
        outputs[i].name = m->values[m->outputs[at]].name;
        IOU_FAIL_IF(session->requested[at], IOU_INVALID_ARGUMENT, error,
                    "output '%s' is given twice", outputs[i].name);
        session->requested[at] = &outputs[i];
    }
    return IOU_OK;
}

iou_status iou_session_bind_output(iou_session *session, const iou_plan_output *output,
                                   iou_error *error) {
    iou_tensor *out = session->requested[output->index];
    void *data = out ? out->data : NULL;
    if (out) {
        const size_t capacity = out->size;
        out->type = output->type;
        out->rank = output->rank;
        memcpy(out->dims, output->dims, sizeof out->dims);
        out->size = output->size;
        IOU_FAIL_IF(data && capacity < output->size, IOU_BUFFER_TOO_SMALL, error,
                    "output '%s': expected %zu bytes, the buffer has %zu", out->name, output->size,
                    capacity);
        IOU_FAIL_IF(data && (uintptr_t)data % iou_type_size(out->type) != 0, IOU_INVALID_ARGUMENT,
                    error, "output '%s': expected aligned data", out->name);
    }
    if (!data) { /* computed, though nobody may have requested it */
        iou_buffer *own = &session->outputs[output->index];
        IOU_TRY(iou_buffer_grow(own, output->size + 1, error));
        data = own->data;
    }
    if (out) {
        out->data = data;
    }
    session->output_data[output->index] = data;
    return IOU_OK;
}
