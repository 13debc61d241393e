/* Constant and ConstantOfShape. */
#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/strided_iterator.h"

#include "core/arena.h"

#include <string.h>

/* ---- Constant ------------------------------------------------------------------------------ */

/* Points `fact` at a copy of `count` elements; rank 0 for one number, 1 for a list. */
static iou_status own_value(iou_fact *fact, iou_type type, int rank, const void *data, size_t count,
                            struct iou_arena *memory, iou_error *error) {
    *fact = (iou_fact){.type = type, .rank = rank, .element_count = -1};
    fact->dims[0] = iou_dim_number((int64_t)count);
    fact->data_size = count * iou_type_size(type);
    void *copy = iou_arena_alloc(memory, fact->data_size > 0 ? fact->data_size : 1);
    IOU_FAIL_IF(copy == NULL, IOU_OUT_OF_MEMORY, error, "no memory for %zu bytes", fact->data_size);
    if (fact->data_size > 0) {
        memcpy(copy, data, fact->data_size);
    }
    fact->data = copy;
    return iou_fact_read_elements(fact, memory);
}

/* The value of a Constant node, or the text of what is wrong with it in `error`. */
static iou_status constant_parse_value(const iou_parse *parse, iou_error *error) {
    const iou_node *node = parse->node;
    iou_fact *fact = parse->attributes;
    size_t count;
    IOU_FAIL_IF(node->proto->n_attribute > 1, IOU_BAD_MODEL, error,
                "expected one value, found %zu attributes", node->proto->n_attribute);
    const Onnx__TensorProto *tensor = iou_attribute_tensor(node, "value");
    if (tensor != NULL) {
        return iou_fact_from_tensor(fact, tensor, parse->memory, "value", error);
    }
    if (iou_attribute_present(node, "value_int")) {
        const int64_t value = iou_attribute_int(node, "value_int", 0);
        return own_value(fact, IOU_INT64, 0, &value, 1, parse->memory, error);
    }
    if (iou_attribute_present(node, "value_float")) {
        const float value = iou_attribute_float(node, "value_float", 0.0f);
        return own_value(fact, IOU_FLOAT, 0, &value, 1, parse->memory, error);
    }
    if (iou_attribute_present(node, "value_ints")) {
        const int64_t *values = iou_attribute_ints(node, "value_ints", &count);
        return own_value(fact, IOU_INT64, 1, values, count, parse->memory, error);
    }
    if (iou_attribute_present(node, "value_floats")) {
        const float *values = iou_attribute_floats(node, "value_floats", &count);
        return own_value(fact, IOU_FLOAT, 1, values, count, parse->memory, error);
    }
    const bool one = iou_attribute_present(node, "value_string");
    if (one || iou_attribute_present(node, "value_strings")) {
        const iou_text *const *texts;
        IOU_TRY(iou_attribute_texts(parse, one ? "value_string" : "value_strings", &texts, &count));
        return own_value(fact, IOU_STRING, one ? 0 : 1, texts, count, parse->memory, error);
    }
    return iou_fail(error, IOU_UNSUPPORTED,
                    "expected value, value_int(s), value_float(s) or value_string(s), found %s",
                    node->proto->n_attribute > 0 ? node->proto->attribute[0]->name : "none");
}

static iou_status constant_parse(const iou_parse *parse) {
    iou_error error = {0};
    const iou_status status = constant_parse_value(parse, &error);
    return status == IOU_OK ? IOU_OK : iou_parse_fail(parse, status, "%s", error.text);
}

static iou_status constant_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 0, 0, 1));
    infer->out[0] = *(const iou_fact *)infer->node->attributes;
    return IOU_OK;
}

typedef struct constant_params {
    const void *data;
    size_t size;
} constant_params;

static iou_status constant_run(const iou_call *call, size_t task) {
    const constant_params *p = call->params;
    (void)task;
    if (p->size > 0) {
        memcpy(call->out[0], p->data, p->size);
    }
    return IOU_OK;
}

static iou_status constant_prepare(const iou_prepare *prepare) {
    const iou_fact *value = prepare->node->attributes;
    constant_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->data = value->data;
    p->size = value->data_size;
    *prepare->step = (iou_step){
        .run = constant_run, .params = p, .task_count = 1, .algorithm = "known", .isa = "scalar"};
    return IOU_OK;
}

/* ---- ConstantOfShape ----------------------------------------------------------------------- */

/* The number that fills the output: by default a float32 zero. */
static iou_status fill_parse_value(const iou_parse *parse, iou_error *error) {
    static const float zero = 0.0f;
    iou_fact *fact = parse->attributes;
    const Onnx__TensorProto *tensor = iou_attribute_tensor(parse->node, "value");
    size_t count;
    if (tensor == NULL) {
        return own_value(fact, IOU_FLOAT, 0, &zero, 1, parse->memory, error);
    }
    IOU_TRY(iou_fact_from_tensor(fact, tensor, parse->memory, "value", error));
    IOU_FAIL_IF(!iou_fact_count(fact, &count) || count != 1, IOU_BAD_MODEL, error,
                "value must be one number");
    return IOU_OK;
}

static iou_status fill_parse(const iou_parse *parse) {
    iou_error error = {0};
    const iou_status status = fill_parse_value(parse, &error);
    return status == IOU_OK ? IOU_OK : iou_parse_fail(parse, status, "%s", error.text);
}

static iou_status filled_shape(const iou_infer *infer, iou_fact *out) {
    const iou_fact *shape = infer->in[0];
    const int count = iou_fact_value_count(shape);
    const bool sized = shape->rank == 1 && shape->dims[0].known;
    const int64_t rank = count >= 0 ? count : sized ? shape->dims[0].value : -1;
    if (rank > IOU_MAX_RANK) {
        return iou_infer_fail(infer, IOU_UNSUPPORTED, "at most rank %d, found %lld", IOU_MAX_RANK,
                              (long long)rank);
    }
    out->rank = (int)rank;
    for (int i = 0; i < out->rank; i++) {
        out->dims[i] = count < 0 ? iou_dim_unknown() : iou_fact_value(shape, i);
        if (out->dims[i].known && out->dims[i].value < 0) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "dimension %d is %lld", i,
                                  (long long)out->dims[i].value);
        }
    }
    return IOU_OK;
}

static iou_status constant_of_shape_infer(const iou_infer *infer) {
    const iou_fact *value = infer->node->attributes;
    iou_fact *out = &infer->out[0];
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_i64));
    out->type = value->type;
    IOU_TRY(filled_shape(infer, out));
    size_t count;
    if (iou_fact_value_count(value) == 1 && iou_fact_count(out, &count) &&
        count <= IOU_MAX_ELEMENTS) {
        iou_dim *elements = iou_infer_elements(infer, out, (int)count);
        for (size_t i = 0; elements != NULL && i < count; i++) {
            elements[i] = iou_fact_value(value, 0);
        }
    }
    return IOU_OK;
}

/* Repeats the first `width` bytes: what is there already is copied behind itself, from the cache.
 */
static void repeat_bytes(char *to, size_t width, size_t size) {
    enum { MOST = 4096 };
    for (size_t done = width; done < size;) {
        const size_t count = iou_size_min(iou_size_min(done, MOST), size - done);
        memcpy(to + done, to, count);
        done += count;
    }
}

static iou_status fill_run(const iou_call *call, size_t task) {
    const constant_params *p = call->params;
    size_t begin, end;
    iou_chunk(task, p->size, &begin, &end);
    const size_t width = *(const size_t *)p->data;
    const char *value = (const char *)p->data + sizeof(size_t);
    if (begin < end) {
        char *to = (char *)call->out[0] + begin * width;
        memcpy(to, value, width);
        repeat_bytes(to, width, (end - begin) * width);
    }
    return IOU_OK;
}

static iou_status constant_of_shape_prepare(const iou_prepare *prepare) {
    const iou_fact *value = prepare->node->attributes;
    /* params, the element's width, the element */
    constant_params *p = iou_prepare_alloc(prepare, sizeof *p + sizeof(size_t) + 8);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    memcpy(p + 1, &value->data_size, sizeof(size_t));
    memcpy((char *)(p + 1) + sizeof(size_t), value->data, value->data_size);
    p->data = p + 1;
    p->size = prepare->out[0].count;
    *prepare->step = (iou_step){.run = fill_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->size),
                                .algorithm = "fill",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_constant = {.name = "Constant",
                                .attributes_size = sizeof(iou_fact),
                                .parse = constant_parse,
                                .infer = constant_infer,
                                .prepare = constant_prepare,
                                .accepts = IOU_ACCEPTS_STRINGS};
const iou_op iou_op_constant_of_shape = {.name = "ConstantOfShape",
                                         .attributes_size = sizeof(iou_fact),
                                         .parse = fill_parse,
                                         .infer = constant_of_shape_infer,
                                         .prepare = constant_of_shape_prepare,
                                         .accepts = IOU_ACCEPTS_STRINGS};
