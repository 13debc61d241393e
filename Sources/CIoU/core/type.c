#include "iou/iou.h"

size_t iou_type_size(iou_type type) {
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

const char *iou_type_name(iou_type type) {
    static const char *const names[] = {"undefined",
                                        "float32",
                                        "uint8",
                                        "int8",
                                        "uint16",
                                        "int16",
                                        "int32",
                                        "int64",
                                        "string",
                                        "bool",
                                        "float16",
                                        "float64",
                                        "uint32",
                                        "uint64",
                                        "complex64",
                                        "complex128",
                                        "bfloat16",
                                        "float8_e4m3fn",
                                        "float8_e4m3fnuz",
                                        "float8_e5m2",
                                        "float8_e5m2fnuz",
                                        "uint4",
                                        "int4",
                                        "float4_e2m1fn",
                                        "float8_e8m0fnu",
                                        "uint2",
                                        "int2"};
    return (unsigned)type < sizeof names / sizeof names[0] ? names[type] : "an unknown type";
}
