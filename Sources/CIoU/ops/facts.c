/* Reading what is known of values, before and while preparing. */
#include "ops/facts.h"

#include "ops/real.h"

#include "core/arena.h"

#include <stdio.h>
#include <string.h>

const iou_type iou_types_any[] = {
    IOU_FLOAT,      IOU_UINT8,          IOU_INT8,     IOU_UINT16,       IOU_INT16,
    IOU_INT32,      IOU_INT64,          IOU_BOOL,     IOU_FLOAT16,      IOU_DOUBLE,
    IOU_UINT32,     IOU_UINT64,         IOU_BFLOAT16, IOU_FLOAT8E4M3FN, IOU_FLOAT8E4M3FNUZ,
    IOU_FLOAT8E5M2, IOU_FLOAT8E5M2FNUZ, IOU_UINT4,    IOU_INT4,         IOU_FLOAT4E2M1,
    IOU_FLOAT8E8M0, IOU_UINT2,          IOU_INT2,     IOU_STRING,       IOU_TYPE_UNDEFINED};
const iou_type iou_types_number[] = {IOU_FLOAT,  IOU_UINT8,  IOU_INT8,          IOU_UINT16,
                                     IOU_INT16,  IOU_INT32,  IOU_INT64,         IOU_DOUBLE,
                                     IOU_UINT32, IOU_UINT64, IOU_TYPE_UNDEFINED};
const iou_type iou_types_float[] = {IOU_FLOAT, IOU_DOUBLE, IOU_TYPE_UNDEFINED};
const iou_type iou_types_real[] = {IOU_FLOAT, IOU_DOUBLE, IOU_FLOAT16, IOU_BFLOAT16,
                                   IOU_TYPE_UNDEFINED};
const iou_type iou_types_f32[] = {IOU_FLOAT, IOU_TYPE_UNDEFINED};
const iou_type iou_types_index[] = {IOU_INT32, IOU_INT64, IOU_TYPE_UNDEFINED};
const iou_type iou_types_i64[] = {IOU_INT64, IOU_TYPE_UNDEFINED};
const iou_type iou_types_bool[] = {IOU_BOOL, IOU_TYPE_UNDEFINED};

iou_status iou_fact_begin(const iou_infer *infer, int min_inputs, int max_inputs, int max_outputs) {
    IOU_TRY(iou_infer_arity(infer, min_inputs, max_inputs, max_outputs));
    if (infer->node->output_count < 1) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected an output, found none");
    }
    for (int i = 0; i < min_inputs; i++) {
        if (iou_fact_in(infer, i) == NULL) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d is absent", i);
        }
    }
    return IOU_OK;
}

const iou_fact *iou_fact_in(const iou_infer *infer, int input) {
    return input < infer->node->input_count ? infer->in[input] : NULL;
}

const iou_operand *iou_operand_in(const iou_prepare *prepare, int input) {
    return input < prepare->node->input_count ? prepare->in[input] : NULL;
}

bool iou_prepare_outputs(const iou_prepare *prepare, bool *there) {
    bool any = false;
    for (int i = 0; i < prepare->node->output_count; i++) {
        there[i] = prepare->node->outputs[i] != IOU_NO_VALUE;
        any = any || (there[i] && prepare->out[i].count > 0);
    }
    return any;
}

iou_status iou_fact_check_dims(const iou_infer *infer, int input, int rank, const iou_dim *dims) {
    const iou_fact *in = iou_fact_in(infer, input);
    if (in == NULL || in->rank < 0) {
        return IOU_OK;
    }
    if (in->rank != rank) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d: expected rank %d, found %d", input,
                              rank, in->rank);
    }
    for (int i = 0; i < rank; i++) {
        if (dims[i].known && in->dims[i].known && dims[i].value != in->dims[i].value) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "input %d: expected dimension %d of %lld, found %lld", input, i,
                                  (long long)dims[i].value, (long long)in->dims[i].value);
        }
    }
    return IOU_OK;
}

iou_status iou_fact_scalar(const iou_infer *infer, int input, iou_dim otherwise, iou_dim *value) {
    const iou_fact *in = iou_fact_in(infer, input);
    *value = otherwise;
    if (in == NULL) {
        return IOU_OK;
    }
    IOU_TRY(iou_infer_type(infer, input, iou_types_index));
    size_t count;
    if (iou_fact_count(in, &count) && count != 1) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d: expected one number, found %zu",
                              input, count);
    }
    *value = iou_fact_value_count(in) == 1 ? iou_fact_value(in, 0) : iou_dim_unknown();
    return IOU_OK;
}

iou_status iou_operand_scalar(const iou_prepare *prepare, int input, int64_t otherwise,
                              int64_t *value) {
    const iou_operand *in = iou_operand_in(prepare, input);
    if (in != NULL && in->constant == NULL) {
        return iou_prepare_fail(prepare, IOU_UNSUPPORTED, "input %d must be known before the run",
                                input);
    }
    *value = in == NULL ? otherwise : iou_read_int(in->type, in->constant, 0);
    return IOU_OK;
}

void iou_fact_shape_like(iou_fact *out, const iou_fact *in) {
    out->rank = in->rank;
    memcpy(out->dims, in->dims, sizeof out->dims);
}

void iou_fact_like(iou_fact *out, const iou_fact *in) {
    out->type = in->type;
    iou_fact_shape_like(out, in);
}

void iou_fact_same_value(iou_fact *out, const iou_fact *in) {
    out->element_count = in->element_count;
    out->elements = in->elements;
    out->data = in->data;
    out->data_size = in->data_size;
}

iou_dim iou_fact_product(const iou_infer *infer, const iou_dim *dims, int first, int last) {
    iou_dim product = iou_dim_number(1);
    for (int i = first; i < last; i++) {
        product = iou_infer_mul(infer, product, dims[i]);
    }
    return product;
}

iou_dim iou_fact_new_symbol(const iou_infer *infer, int axis) {
    const iou_node *node = infer->node;
    return iou_infer_symbol(infer, "%s.%d", node->symbol ? node->symbol : node->name, axis);
}

iou_status iou_fact_axis(const iou_infer *infer, int64_t axis, int rank, int *out) {
    if (axis < -rank || axis >= rank) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "axis %lld is outside %d…%d", (long long)axis,
                              -rank, rank - 1);
    }
    *out = (int)(axis < 0 ? axis + rank : axis);
    return IOU_OK;
}

static bool is_integer(iou_type type) {
    return type == IOU_INT32 || type == IOU_INT64 || type == IOU_BOOL;
}

int iou_fact_value_count(const iou_fact *fact) {
    if (fact == NULL) {
        return -1;
    }
    if (fact->elements != NULL && fact->element_count >= 0) {
        return fact->element_count;
    }
    size_t count;
    if (fact->rank < 0 || !iou_fact_count(fact, &count)) {
        return -1;
    }
    if (count == 0) {
        return 0; /* nothing to know */
    }
    const bool readable = fact->data != NULL && is_integer(fact->type) &&
                          count <= IOU_MAX_ELEMENTS &&
                          fact->data_size >= count * iou_type_size(fact->type);
    return readable ? (int)count : -1;
}

iou_dim iou_fact_value(const iou_fact *fact, int index) {
    if (fact->elements != NULL) {
        return fact->elements[index];
    }
    return iou_dim_number(iou_read_int(fact->type, fact->data, (size_t)index));
}

bool iou_type_holds(iou_type type, int64_t value) {
    switch (type) {
    case IOU_INT64: return true;
    case IOU_INT32: return value >= INT32_MIN && value <= INT32_MAX;
    case IOU_BOOL: return value == 0 || value == 1;
    default: return false;
    }
}

iou_status iou_axis_parse(const iou_parse *parse, int64_t otherwise) {
    iou_axis_attribute *a = parse->attributes;
    a->given = iou_attribute_present(parse->node, "axis");
    a->axis = iou_attribute_int(parse->node, "axis", otherwise);
    return IOU_OK;
}

iou_status iou_parse_choice(const iou_parse *parse, const char *name, const char *const *words,
                            int *chosen) {
    char text[32], expected[256] = "";
    (void)iou_attribute_string(parse->node, name, text, sizeof text);
    if (!iou_attribute_present(parse->node, name)) {
        return IOU_OK;
    }
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0) {
            *chosen = i;
            return IOU_OK;
        }
        const size_t used = strlen(expected);
        (void)snprintf(expected + used, sizeof expected - used, "%s%s", i > 0 ? ", " : "",
                       words[i]);
    }
    return iou_parse_fail(parse, IOU_BAD_MODEL, "%s must be one of %s, it is '%s'", name, expected,
                          text);
}

iou_status iou_parse_flag(const iou_parse *parse, const char *name, bool otherwise, bool *flag) {
    const int64_t value = iou_attribute_int(parse->node, name, otherwise);
    *flag = value != 0;
    return value == 0 || value == 1
               ? IOU_OK
               : iou_parse_fail(parse, IOU_BAD_MODEL, "%s must be 0 or 1, it is %lld", name,
                                (long long)value);
}

void iou_ints_from_attribute(iou_ints *ints, const iou_node *node, const char *name) {
    size_t count = 0;
    const int64_t *values = iou_attribute_ints(node, name, &count);
    ints->state = iou_attribute_present(node, name) ? IOU_INTS_KNOWN : IOU_INTS_ABSENT;
    ints->count = count > IOU_MAX_ELEMENTS ? IOU_MAX_ELEMENTS + 1 : (int)count;
    for (size_t i = 0; i < count && i < IOU_MAX_ELEMENTS; i++) {
        ints->values[i] = values[i];
    }
}

void iou_ints_from_fact(iou_ints *ints, const iou_fact *fact) {
    ints->count = 0;
    ints->state = fact == NULL ? IOU_INTS_ABSENT : IOU_INTS_UNKNOWN;
    const int count = iou_fact_value_count(fact);
    if (count < 0 || count > IOU_MAX_ELEMENTS) {
        return;
    }
    for (int i = 0; i < count; i++) {
        const iou_dim value = iou_fact_value(fact, i);
        if (!value.known) {
            return;
        }
        ints->values[i] = value.value;
    }
    ints->count = count;
    ints->state = IOU_INTS_KNOWN;
}

void iou_ints_from_operand(iou_ints *ints, const iou_operand *operand) {
    ints->count = 0;
    ints->state = operand == NULL ? IOU_INTS_ABSENT : IOU_INTS_UNKNOWN;
    if (operand == NULL || (operand->constant == NULL && operand->count > 0)) {
        return;
    }
    ints->state = IOU_INTS_KNOWN;
    const size_t count = operand->count;
    ints->count = count > IOU_MAX_ELEMENTS ? IOU_MAX_ELEMENTS + 1 : (int)count;
    for (size_t i = 0; i < count && i < IOU_MAX_ELEMENTS; i++) {
        ints->values[i] = iou_read_int(operand->type, operand->constant, i);
    }
}

static void read_floats(iou_floats *floats, iou_type type, const void *data, size_t count) {
    floats->state = IOU_INTS_KNOWN;
    floats->count = count > IOU_MAX_ELEMENTS ? IOU_MAX_ELEMENTS + 1 : (int)count;
    for (size_t i = 0; i < count && i < IOU_MAX_ELEMENTS; i++) {
        floats->values[i] = iou_read_double(type, data, i);
    }
}

void iou_floats_from_fact(iou_floats *floats, const iou_fact *fact) {
    floats->count = 0;
    floats->state = fact == NULL ? IOU_INTS_ABSENT : IOU_INTS_UNKNOWN;
    size_t count;
    if (fact == NULL || fact->rank < 0 || !iou_fact_count(fact, &count)) {
        return;
    }
    const bool readable = fact->data != NULL && count <= IOU_MAX_ELEMENTS &&
                          fact->data_size >= count * iou_type_size(fact->type);
    if (count == 0 || readable) {
        read_floats(floats, fact->type, fact->data, count);
    }
}

void iou_floats_from_operand(iou_floats *floats, const iou_operand *operand) {
    floats->count = 0;
    floats->state = operand == NULL ? IOU_INTS_ABSENT : IOU_INTS_UNKNOWN;
    if (operand != NULL && (operand->constant != NULL || operand->count == 0)) {
        read_floats(floats, operand->type, operand->constant, operand->count);
    }
}

#define READ(type)                                                                                 \
    do {                                                                                           \
        type value;                                                                                \
        memcpy(&value, (const char *)data + index * sizeof value, sizeof value);                   \
        return (int64_t)value;                                                                     \
    } while (0)

int64_t iou_read_int(iou_type type, const void *data, size_t index) {
    switch (type) {
    case IOU_INT64: READ(int64_t);
    case IOU_INT32: READ(int32_t);
    case IOU_INT16: READ(int16_t);
    case IOU_INT8: READ(int8_t);
    case IOU_UINT8: READ(uint8_t);
    case IOU_UINT16: READ(uint16_t);
    case IOU_UINT32: READ(uint32_t);
    case IOU_UINT64: READ(uint64_t);
    case IOU_BOOL: return ((const unsigned char *)data)[index] != 0;
    default: return 0;
    }
}

double iou_read_double(iou_type type, const void *data, size_t index) {
    if (type == IOU_FLOAT) {
        float value;
        memcpy(&value, (const char *)data + index * sizeof value, sizeof value);
        return (double)value;
    }
    if (type == IOU_DOUBLE) {
        double value;
        memcpy(&value, (const char *)data + index * sizeof value, sizeof value);
        return value;
    }
    if (iou_is_small_float(type)) {
        const size_t size = iou_type_size(type);
        uint16_t value = 0;
        memcpy(&value, (const char *)data + index * size, size); /* little-endian */
        return iou_small_float_decode(type, value);
    }
    return (double)iou_read_int(type, data, index);
}

iou_status iou_prepare_unknown(const iou_prepare *prepare, const char *what) {
    return iou_prepare_fail(prepare, IOU_UNSUPPORTED, "%s must be known before the run", what);
}
