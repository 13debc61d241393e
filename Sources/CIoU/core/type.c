#include "core/type.h"

size_t iou_type_size(iou_type type) {
    if (iou_type_is_composite(type)) {
        return iou_type_size(iou_type_element(type)) > 0 ? sizeof(void *) : 0;
    }
    if (type == IOU_STRING) {
        return sizeof(void *);
    }
    switch (type) {
    case IOU_UINT8:
    case IOU_INT8:
    case IOU_FLOAT8E4M3FN:
    case IOU_FLOAT8E4M3FNUZ:
    case IOU_FLOAT8E5M2:
    case IOU_FLOAT8E5M2FNUZ:
    case IOU_FLOAT8E8M0:
    case IOU_UINT4:
    case IOU_INT4:
    case IOU_FLOAT4E2M1:
    case IOU_UINT2:
    case IOU_INT2:
    case IOU_BOOL: return 1;
    case IOU_UINT16:
    case IOU_INT16:
    case IOU_BFLOAT16:
    case IOU_FLOAT16: return 2;
    case IOU_FLOAT:
    case IOU_INT32:
    case IOU_UINT32: return 4;
    case IOU_INT64:
    case IOU_DOUBLE:
    case IOU_UINT64: return 8;
    case IOU_TYPE_UNDEFINED: break;
    }
    return 0;
}

/* In the order of their numbers. */
#define NAMES(before)                                                                              \
    {                                                                                              \
        before "undefined", before "float32", before "uint8", before "int8", before "uint16",      \
            before "int16", before "int32", before "int64", before "string", before "bool",        \
            before "float16", before "float64", before "uint32", before "uint64",                  \
            before "complex64", before "complex128", before "bfloat16", before "float8_e4m3fn",    \
            before "float8_e4m3fnuz", before "float8_e5m2", before "float8_e5m2fnuz",              \
            before "uint4", before "int4", before "float4_e2m1fn", before "float8_e8m0fnu",        \
            before "uint2", before "int2"                                                          \
    }

enum { TYPES = 27 };

const char *iou_type_name(iou_type type) {
    static const char *const names[][TYPES] = {NAMES(""), NAMES("sequence of "), NAMES("optional "),
                                               NAMES("optional sequence of ")};
    const unsigned element = (unsigned)iou_type_element(type), kind = (unsigned)type >> 8;
    return element < TYPES && kind < sizeof names / sizeof names[0] ? names[kind][element]
                                                                    : "an unknown type";
}

iou_type iou_type_of_number(int64_t number) {
    return (iou_type)(number >= 0 && number < TYPES ? number : TYPES);
}
