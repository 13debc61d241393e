/* What every operator's infer and prepare may call. */
#include "ops/op.h"

#include "core/arena.h"
#include "core/packed_weights.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

iou_dim iou_dim_number(int64_t value) {
    return (iou_dim){.known = true, .value = value};
}

iou_dim iou_dim_unknown(void) {
    return (iou_dim){0};
}

bool iou_dim_equal(iou_dim a, iou_dim b) {
    if (a.known || b.known) {
        return a.known && b.known && a.value == b.value;
    }
    return a.symbol && b.symbol && strcmp(a.symbol, b.symbol) == 0;
}

bool iou_fact_count(const iou_fact *fact, size_t *count) {
    if (fact->rank < 0) {
        return false;
    }
    size_t total = 1;
    for (int i = 0; i < fact->rank; i++) {
        if (!fact->dims[i].known || fact->dims[i].value < 0 ||
            __builtin_mul_overflow(total, (size_t)fact->dims[i].value, &total)) {
            return false;
        }
    }
    *count = total;
    return true;
}

bool iou_fact_is_concrete(const iou_fact *fact) {
    size_t count;
    return fact->type != IOU_TYPE_UNDEFINED && iou_fact_count(fact, &count);
}

bool iou_fact_is_spatial(const iou_fact *fact) {
    return fact->rank >= 3 && fact->rank <= 5;
}

bool iou_fact_same_shape(const iou_fact *a, const iou_fact *b) {
    bool same = a->rank == b->rank && a->type == b->type;
    for (int i = 0; same && i < a->rank; i++) {
        same = a->dims[i].value == b->dims[i].value;
    }
    return same;
}

static iou_status fail_node(const iou_node *node, iou_error *error, iou_status status,
                            const char *format, va_list arguments) {
    char text[768];
    (void)vsnprintf(text, sizeof text, format, arguments);
    return iou_fail(error, status, "node '%s' (%s): %s", node->name, node->op_type, text);
}

iou_status iou_parse_fail(const iou_parse *parse, iou_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)fail_node(parse->node, parse->error, status, format, arguments);
    va_end(arguments);
    return status;
}

iou_status iou_infer_fail(const iou_infer *infer, iou_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)fail_node(infer->node, infer->error, status, format, arguments);
    va_end(arguments);
    return status;
}

iou_status iou_prepare_fail(const iou_prepare *prepare, iou_status status, const char *format,
                            ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)fail_node(prepare->node, prepare->error, status, format, arguments);
    va_end(arguments);
    return status;
}

iou_dim *iou_infer_elements(const iou_infer *infer, iou_fact *out, int count) {
    if (count < 0 || count > IOU_MAX_ELEMENTS) {
        return NULL;
    }
    out->elements =
        iou_arena_alloc(infer->memory, sizeof(iou_dim) * (size_t)(count > 0 ? count : 1));
    out->element_count = out->elements ? count : -1;
    return out->elements;
}

static iou_status broadcast_dim(const iou_infer *infer, iou_dim a, iou_dim b, iou_dim *out) {
    if (a.known && a.value == 1) {
        *out = b;
    } else if (b.known && b.value == 1) {
        *out = a;
    } else if (a.known && b.known) {
        if (a.value != b.value) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "shapes cannot broadcast: dimension %lld against %lld",
                                  (long long)a.value, (long long)b.value);
        }
        *out = a;
    } else if (a.known || b.known) {
        *out = a.known ? a : b; /* a symbol there can only be 1 or the same number */
    } else {
        *out = iou_dim_equal(a, b) ? a : iou_dim_unknown();
    }
    return IOU_OK;
}

iou_status iou_infer_broadcast(const iou_infer *infer, const iou_fact *a, const iou_fact *b,
                               iou_fact *out) {
    if (a->rank < 0 || b->rank < 0) {
        out->rank = -1;
        return IOU_OK;
    }
    const iou_fact x = *a, y = *b; /* out may be one of them */
    const int rank = x.rank > y.rank ? x.rank : y.rank;
    out->rank = rank;
    for (int i = 0; i < rank; i++) {
        const int ia = i - (rank - x.rank), ib = i - (rank - y.rank);
        const iou_dim da = ia < 0 ? iou_dim_number(1) : x.dims[ia];
        const iou_dim db = ib < 0 ? iou_dim_number(1) : y.dims[ib];
        IOU_TRY(broadcast_dim(infer, da, db, &out->dims[i]));
    }
    return IOU_OK;
}

iou_status iou_infer_type(const iou_infer *infer, int input, const iou_type *allowed) {
    if (input >= infer->node->input_count || !infer->in[input]) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d is missing", input);
    }
    const iou_type type = infer->in[input]->type;
    if (type == IOU_TYPE_UNDEFINED) {
        return IOU_OK;
    }
    for (const iou_type *t = allowed; *t; t++) {
        if (*t == type) {
            return IOU_OK;
        }
    }
    return iou_infer_fail(infer, IOU_UNSUPPORTED, "input %d has type %s, expected %s", input,
                          iou_type_name(type), iou_type_name(allowed[0]));
}

iou_status iou_infer_arity(const iou_infer *infer, int min_inputs, int max_inputs,
                           int max_outputs) {
    const iou_node *node = infer->node;
    if (node->input_count < min_inputs || node->input_count > max_inputs) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected %d to %d inputs, found %d",
                              min_inputs, max_inputs, node->input_count);
    }
    for (int i = 0; i < min_inputs; i++) {
        if (!infer->in[i]) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d is missing", i);
        }
    }
    if (node->output_count < 1 || node->output_count > max_outputs) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected 1 to %d outputs, found %d",
                              max_outputs, node->output_count);
    }
    return IOU_OK;
}

int64_t iou_operand_pitch(const iou_operand *operand) {
    return operand->pitch > 0 ? operand->pitch : operand->dims[1];
}

void *iou_prepare_alloc(const iou_prepare *prepare, size_t size) {
    return iou_arena_alloc(prepare->memory, size);
}

iou_status iou_prepare_weights(const iou_prepare *prepare, const iou_packing *packing,
                               iou_pack fill, const void *context, const void **memory) {
    *memory = iou_weights_get(prepare->weights, packing, fill, context);
    return *memory ? IOU_OK
                   : iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY,
                                      "no memory for %zu bytes of packed weights", packing->size);
}

void iou_call_set_dims(int64_t *out_dims, const int64_t *dims, int rank) {
    for (int d = 0; d < IOU_MAX_RANK; d++) {
        out_dims[d] = d < rank ? dims[d] : IOU_NO_DIM;
    }
}

iou_status iou_run_nothing(const iou_call *call, size_t task) {
    (void)call;
    (void)task;
    return IOU_OK;
}
