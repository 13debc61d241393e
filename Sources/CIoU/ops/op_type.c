/* Types of values as a file says them. */
#include "ops/op.h"

static iou_type tensor_type(const Onnx__TypeProto *proto) {
    return proto && proto->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE
               ? iou_type_of_number(proto->tensor_type->elem_type)
               : IOU_TYPE_UNDEFINED;
}

static iou_type sequence_type(const Onnx__TypeProto *proto) {
    const iou_type element = tensor_type(proto->sequence_type->elem_type);
    return element == IOU_TYPE_UNDEFINED ? element : iou_type_sequence(element);
}

static iou_type optional_type(const Onnx__TypeProto *proto) {
    const Onnx__TypeProto *inner = proto->optional_type->elem_type;
    const bool sequence = inner && inner->value_case == ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE;
    const iou_type held = sequence ? sequence_type(inner) : tensor_type(inner);
    return held == IOU_TYPE_UNDEFINED ? held : iou_type_optional(held);
}

iou_type iou_type_from_proto(const Onnx__TypeProto *proto) {
    switch (proto ? proto->value_case : ONNX__TYPE_PROTO__VALUE__NOT_SET) {
    case ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE: return tensor_type(proto);
    case ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE: return sequence_type(proto);
    case ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE: return optional_type(proto);
    default: return IOU_TYPE_UNDEFINED;
    }
}

const char *iou_type_proto_name(const Onnx__TypeProto *proto) {
    switch (proto ? proto->value_case : ONNX__TYPE_PROTO__VALUE__NOT_SET) {
    case ONNX__TYPE_PROTO__VALUE__NOT_SET: return "no type";
    case ONNX__TYPE_PROTO__VALUE_MAP_TYPE: return "a map";
    case ONNX__TYPE_PROTO__VALUE_SPARSE_TENSOR_TYPE: return "a sparse tensor";
    case ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE: return "a sequence of what is no tensor";
    case ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE: return "an optional of what is no tensor";
    default: return "another type";
    }
}
