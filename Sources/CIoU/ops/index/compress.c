/* Compress: the slices along an axis, or the elements, that a vector of booleans chooses. */
#include "ops/facts.h"
#include "ops/rows.h"

#include <string.h>

typedef struct compress_params {
    iou_axis axis; /* without attribute `axis`, the only one of the flattened input */
    size_t choices;
    size_t size; /* of an element */
    int along;
    int64_t dims[IOU_MAX_RANK];
} compress_params;

static iou_status compress_parse(const iou_parse *parse) {
    return iou_axis_parse(parse, 0);
}

/* The number of chosen slices, from a constant condition. */
static iou_dim count_chosen(const iou_fact *condition) {
    size_t count;
    if (condition->data == NULL || !iou_fact_count(condition, &count) ||
        condition->data_size < count) {
        return iou_dim_unknown();
    }
    int64_t chosen = 0;
    for (size_t i = 0; i < count; i++) {
        chosen += iou_read_int(IOU_BOOL, condition->data, i);
    }
    return iou_dim_number(chosen);
}

static iou_dim chosen_dim(const iou_infer *infer, int axis, iou_dim extent) {
    const iou_fact *condition = infer->in[1];
    const iou_dim exact = count_chosen(condition);
    if (exact.known) {
        return exact;
    }
    if (!infer->largest) {
        return iou_fact_new_symbol(infer, axis);
    }
    const iou_dim choices = condition->rank == 1 ? condition->dims[0] : iou_dim_unknown();
    return choices.known && extent.known && choices.value < extent.value ? choices : extent;
}

static iou_status compress_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    IOU_TRY(iou_infer_type(infer, 1, iou_types_bool));
    const iou_fact *x = infer->in[0];
    iou_fact *out = &infer->out[0];
    if (infer->in[1]->rank >= 0 && infer->in[1]->rank != 1) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "condition must be a vector, its rank is %d",
                              infer->in[1]->rank);
    }
    out->type = x->type;
    const iou_axis_attribute *a = infer->node->attributes;
    if (!a->given) {
        out->rank = 1;
        const iou_dim all =
            x->rank < 0 ? iou_dim_unknown() : iou_fact_product(infer, x->dims, 0, x->rank);
        out->dims[0] = chosen_dim(infer, 0, all);
        return IOU_OK;
    }
    if (x->rank < 0) {
        return IOU_OK;
    }
    int axis;
    IOU_TRY(iou_fact_axis(infer, a->axis, x->rank, &axis));
    iou_fact_shape_like(out, x);
    out->dims[axis] = chosen_dim(infer, axis, x->dims[axis]);
    return IOU_OK;
}

static iou_status compress_run(const iou_call *call, size_t task) {
    const compress_params *p = call->params;
    const unsigned char *condition = call->in[1];
    const size_t bytes = p->axis.inner * p->size;
    char *to = call->out[0];
    size_t chosen = 0;
    (void)task;
    for (size_t i = 0; i < p->choices; i++) {
        IOU_FAIL_IF(condition[i] != 0 && i >= p->axis.extent, IOU_BAD_DATA, call->error,
                    "condition %zu is true, there are %zu to choose from", i, p->axis.extent);
        chosen += condition[i] != 0;
    }
    for (size_t o = 0; o < p->axis.outer; o++) {
        for (size_t i = 0; i < p->choices; i++) {
            if (condition[i] != 0) {
                memcpy(to, (const char *)call->in[0] + (o * p->axis.extent + i) * bytes, bytes);
                to += bytes;
            }
        }
    }
    if (call->out_dims != NULL) {
        memcpy(call->out_dims[0], p->dims, sizeof p->dims);
        call->out_dims[0][p->along] = (int64_t)chosen;
    }
    return IOU_OK;
}

static iou_status compress_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    compress_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const iou_axis_attribute *a = prepare->node->attributes;
    p->axis = (iou_axis){1, x->count, 1};
    if (a->given) {
        p->axis = iou_axis_of(x, a->axis);
        p->along = (int)(a->axis < 0 ? a->axis + x->rank : a->axis);
        memcpy(p->dims, x->dims, sizeof p->dims);
    }
    p->choices = prepare->in[1]->count;
    p->size = iou_type_size(x->type);
    *prepare->step = (iou_step){.run = compress_run,
                                .params = p,
                                .task_count = 1, /* where a slice goes depends on those before */
                                .algorithm = "copy",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_compress = {.name = "Compress",
                                .attributes_size = sizeof(iou_axis_attribute),
                                .parse = compress_parse,
                                .infer = compress_infer,
                                .prepare = compress_prepare,
                                .accepts = IOU_ACCEPTS_STRINGS};
