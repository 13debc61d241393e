/* EyeLike: ones on diagonal k of a matrix of the input's shape. */
#include "core/small_float.h"
#include "ops/facts.h"

#include <string.h>

typedef struct eye_params {
    int64_t height, width, k;
    iou_type type;
    size_t size; /* of an element */
} eye_params;

typedef struct eye_attributes {
    iou_type type; /* undefined: the input's */
    int64_t k;
} eye_attributes;

static iou_status eye_parse(const iou_parse *parse) {
    eye_attributes *a = parse->attributes;
    a->k = iou_attribute_int(parse->node, "k", 0);
    if (iou_attribute_present(parse->node, "dtype")) {
        const int64_t type = iou_attribute_int(parse->node, "dtype", 0);
        a->type = iou_type_of_number(type);
        if (iou_type_size(a->type) == 0) {
            return iou_parse_fail(parse, IOU_UNSUPPORTED, "dtype %lld", (long long)type);
        }
    }
    return IOU_OK;
}

static iou_status eye_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    const iou_fact *x = infer->in[0];
    if (x->rank >= 0 && x->rank != 2) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected rank 2, found %d", x->rank);
    }
    iou_fact_like(&infer->out[0], x);
    const eye_attributes *a = infer->node->attributes;
    if (a->type != IOU_TYPE_UNDEFINED) {
        infer->out[0].type = a->type;
    }
    return IOU_OK;
}

static void write_one(iou_type type, char *to) {
    switch (type) {
    case IOU_FLOAT: memcpy(to, &(float){1.0f}, sizeof(float)); break;
    case IOU_DOUBLE: memcpy(to, &(double){1.0}, sizeof(double)); break;
    default: { /* little endian */
        const unsigned bits =
            iou_is_small_float(type) ? iou_small_float_encode(type, 1.0, (iou_rounding){0}) : 1;
        memcpy(to, &bits, iou_type_size(type) == 1 ? 1 : 2);
        break;
    }
    }
}

static iou_status eye_run(const iou_call *call, size_t task) {
    const eye_params *p = call->params;
    char *out = call->out[0];
    (void)task;
    memset(out, 0, (size_t)p->height * (size_t)p->width * p->size);
    if (p->k <= -p->height || p->k >= p->width) {
        return IOU_OK;
    }
    for (int64_t y = p->k < 0 ? -p->k : 0; y < p->height && y + p->k < p->width; y++) {
        write_one(p->type, out + (size_t)(y * p->width + y + p->k) * p->size);
    }
    return IOU_OK;
}

static iou_status eye_prepare(const iou_prepare *prepare) {
    const iou_operand *out = &prepare->out[0];
    eye_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    *p = (eye_params){.height = out->dims[0],
                      .width = out->dims[1],
                      .k = ((const eye_attributes *)prepare->node->attributes)->k,
                      .type = out->type,
                      .size = iou_type_size(out->type)};
    *prepare->step = (iou_step){
        .run = eye_run, .params = p, .task_count = 1, .algorithm = "plain", .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_eye_like = {.name = "EyeLike",
                                .attributes_size = sizeof(eye_attributes),
                                .parse = eye_parse,
                                .infer = eye_infer,
                                .prepare = eye_prepare};
