/* Tensors of the file: type, shape and bytes, checked. */
#include "ops/op.h"

#include "core/arena.h"
#include "core/text.h"
#include "core/type.h"

#include <string.h>

/** Typed fields of TensorProto: where a type's elements are and how wide they are there. */
typedef struct typed_field {
    const void *data;
    size_t count, width;
} typed_field;

static typed_field typed_data(const Onnx__TensorProto *t, iou_type type) {
    switch (type) {
    case IOU_FLOAT: return (typed_field){t->float_data, t->n_float_data, 4};
    case IOU_DOUBLE: return (typed_field){t->double_data, t->n_double_data, 8};
    case IOU_INT64: return (typed_field){t->int64_data, t->n_int64_data, 8};
    case IOU_UINT32:
    case IOU_UINT64: return (typed_field){t->uint64_data, t->n_uint64_data, 8};
    default: return (typed_field){t->int32_data, t->n_int32_data, 4};
    }
}

static size_t field_count(const Onnx__TensorProto *t) {
    return t->n_float_data + t->n_double_data + t->n_int64_data + t->n_uint64_data +
           t->n_int32_data + t->n_string_data;
}

/** Copies the low bytes of each element: int32_data holds 8- and 16-bit types too (little endian).
 */
static void narrow(unsigned char *to, size_t size, typed_field from) {
    const unsigned char *bytes = from.data;
    for (size_t i = 0; i < from.count; i++) {
        memcpy(to + i * size, bytes + i * from.width, size);
    }
}

iou_status iou_fact_read_shape(iou_fact *fact, const int64_t *dims, size_t count, const char *what,
                               iou_error *error) {
    IOU_FAIL_IF(count > IOU_MAX_RANK, IOU_UNSUPPORTED, error,
                "%s: rank %zu, at most %d is supported", what, count, IOU_MAX_RANK);
    fact->rank = (int)count;
    for (size_t i = 0; i < count; i++) {
        IOU_FAIL_IF(dims[i] < 0, IOU_BAD_MODEL, error, "%s: dimension %zu is %lld", what, i,
                    (long long)dims[i]);
        fact->dims[i] = iou_dim_number(dims[i]);
    }
    size_t elements;
    IOU_FAIL_IF(!iou_fact_count(fact, &elements) ||
                    __builtin_mul_overflow(elements, iou_type_size(fact->type), &fact->data_size),
                IOU_BAD_MODEL, error, "%s: the product of its dimensions overflows", what);
    return IOU_OK;
}

iou_status iou_fact_read_elements(iou_fact *fact, iou_arena *memory) {
    size_t count;
    const bool integer =
        fact->type == IOU_INT64 || fact->type == IOU_INT32 || fact->type == IOU_BOOL;
    if (!fact->data || !integer || !iou_fact_count(fact, &count) || count > IOU_MAX_ELEMENTS) {
        return IOU_OK;
    }
    fact->elements = iou_arena_alloc(memory, sizeof(iou_dim) * (count ? count : 1));
    if (!fact->elements) {
        return IOU_OUT_OF_MEMORY;
    }
    const unsigned char *bytes = fact->data;
    for (size_t i = 0; i < count; i++) {
        int64_t wide = 0;
        int32_t half = 0;
        if (fact->type == IOU_INT64) {
            memcpy(&wide, bytes + 8 * i, 8);
        } else if (fact->type == IOU_INT32) {
            memcpy(&half, bytes + 4 * i, 4);
            wide = half;
        } else {
            wide = bytes[i] != 0;
        }
        fact->elements[i] = iou_dim_number(wide);
    }
    fact->element_count = (int)count;
    return IOU_OK;
}

unsigned iou_type_packed_bits(iou_type type) {
    switch (type) {
    case IOU_UINT4:
    case IOU_INT4:
    case IOU_FLOAT4E2M1: return 4;
    case IOU_UINT2:
    case IOU_INT2: return 2;
    default: return 0;
    }
}

/** Spreads packed elements, the lowest bits first, to a byte each. */
static void unpack(iou_type type, const unsigned char *from, unsigned char *to, size_t count) {
    const unsigned bits = iou_type_packed_bits(type), each = 8 / bits, mask = (1u << bits) - 1;
    const bool negative = type == IOU_INT4 || type == IOU_INT2;
    for (size_t i = 0; i < count; i++) {
        const unsigned value = from[i / each] >> (i % each * bits) & mask;
        const bool extend = negative && value >> (bits - 1) != 0;
        to[i] = (unsigned char)(extend ? value | ~mask : value);
    }
}

static iou_status read_packed(iou_fact *fact, const Onnx__TensorProto *t, size_t count,
                              iou_arena *memory, const char *what, iou_error *error) {
    const unsigned each = 8 / iou_type_packed_bits(fact->type);
    const size_t size = count / each + (count % each != 0);
    const size_t found = t->has_raw_data ? t->raw_data.len : t->n_int32_data;
    IOU_FAIL_IF(found != size || field_count(t) != (t->has_raw_data ? 0 : found), IOU_BAD_MODEL,
                error, "%s: expected %zu packed bytes, found %zu", what, size, found);
    unsigned char *to = iou_arena_alloc(memory, count + size + 1);
    IOU_FAIL_IF(!to, IOU_OUT_OF_MEMORY, error, "%s: no memory for %zu bytes", what, count);
    unsigned char *from = to + count;
    for (size_t i = 0; i < size; i++) {
        from[i] = t->has_raw_data ? t->raw_data.data[i] : (unsigned char)t->int32_data[i];
    }
    unpack(fact->type, from, to, count);
    fact->data = to;
    return IOU_OK;
}

static iou_status read_typed(iou_fact *fact, const Onnx__TensorProto *t, size_t count,
                             iou_arena *memory, const char *what, iou_error *error) {
    const typed_field field = typed_data(t, fact->type);
    IOU_FAIL_IF(field.count != count || field_count(t) != field.count, IOU_BAD_MODEL, error,
                "%s: expected %zu elements of type %s, found %zu", what, count,
                iou_type_name(fact->type), field_count(t));
    unsigned char *copy = iou_arena_alloc(memory, fact->data_size ? fact->data_size : 1);
    IOU_FAIL_IF(!copy, IOU_OUT_OF_MEMORY, error, "%s: no memory for %zu bytes", what,
                fact->data_size);
    narrow(copy, iou_type_size(fact->type), field);
    fact->data = copy;
    return IOU_OK;
}

iou_status iou_texts_read(const ProtobufCBinaryData *strings, size_t count, iou_arena *memory,
                          const iou_text *const **texts, const char *what, iou_error *error) {
    const size_t alignment = _Alignof(iou_text);
    size_t size = 0;
    for (size_t i = 0; i < count; i++) { /* the file's size limits the sum */
        size += sizeof(iou_text) + (strings[i].len + alignment - 1) / alignment * alignment;
    }
    const iou_text **list = iou_arena_alloc(memory, sizeof(*list) * (count + 1));
    char *at = iou_arena_alloc(memory, size + 1);
    IOU_FAIL_IF(!list || !at, IOU_OUT_OF_MEMORY, error, "%s: no memory for %zu strings", what,
                count);
    for (size_t i = 0; i < count; i++) {
        const size_t length = strings[i].len;
        IOU_FAIL_IF(!iou_text_is_utf8((const char *)strings[i].data, length), IOU_BAD_MODEL, error,
                    "%s: string %zu: expected UTF-8, found other bytes", what, i);
        iou_text *text = (iou_text *)(void *)at;
        text->length = length;
        if (length > 0) {
            memcpy(text->bytes, strings[i].data, length);
        }
        list[i] = text;
        at += sizeof(iou_text) + (length + alignment - 1) / alignment * alignment;
    }
    *texts = list;
    return IOU_OK;
}

static iou_status read_strings(iou_fact *fact, const Onnx__TensorProto *t, size_t count,
                               iou_arena *memory, const char *what, iou_error *error) {
    IOU_FAIL_IF(t->has_raw_data || t->n_string_data != count || field_count(t) != count,
                IOU_BAD_MODEL, error, "%s: expected %zu strings, found %zu", what, count,
                t->n_string_data);
    const iou_text *const *texts;
    IOU_TRY(iou_texts_read(t->string_data, count, memory, &texts, what, error));
    fact->data = texts;
    return IOU_OK;
}

iou_status iou_fact_from_tensor(iou_fact *fact, const Onnx__TensorProto *t, iou_arena *memory,
                                const char *what, iou_error *error) {
    *fact = (iou_fact){.rank = -1, .element_count = -1};
    fact->type = iou_type_of_number(t->data_type);
    const size_t element = iou_type_size(fact->type);
    IOU_FAIL_IF(element == 0, IOU_UNSUPPORTED, error, "%s: element type %s is not supported", what,
                iou_type_name(fact->type));
    IOU_FAIL_IF(t->n_external_data > 0 || (t->has_data_location && t->data_location != 0),
                IOU_UNSUPPORTED, error, "%s: external data of this tensor was not loaded", what);
    IOU_FAIL_IF(t->segment != NULL, IOU_UNSUPPORTED, error, "%s: segments are not supported", what);
    IOU_TRY(iou_fact_read_shape(fact, t->dims, t->n_dims, what, error));
    const size_t count = fact->data_size / element;
    if (fact->type == IOU_STRING) {
        IOU_TRY(read_strings(fact, t, count, memory, what, error));
    } else if (iou_type_packed_bits(fact->type) > 0) {
        IOU_TRY(read_packed(fact, t, count, memory, what, error));
    } else if (!t->has_raw_data) {
        IOU_TRY(read_typed(fact, t, count, memory, what, error));
    } else {
        IOU_FAIL_IF(field_count(t) > 0, IOU_BAD_MODEL, error,
                    "%s: holds both raw_data and typed elements", what);
        IOU_FAIL_IF(t->raw_data.len != fact->data_size, IOU_BAD_MODEL, error,
                    "%s: expected %zu bytes, found %zu in raw_data", what, fact->data_size,
                    t->raw_data.len);
        fact->data = count ? (const void *)t->raw_data.data : "";
    }
    IOU_FAIL_IF(iou_fact_read_elements(fact, memory) != IOU_OK, IOU_OUT_OF_MEMORY, error,
                "%s: no memory", what);
    return IOU_OK;
}
