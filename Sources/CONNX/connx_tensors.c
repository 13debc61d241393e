#include "connx_tensors.h"

#include "wire_schema.h"

/* The sub-messages of one field of a message. */
typedef struct children {
    ProtobufCMessage **first;
    size_t count;
} children;

static children children_of(ProtobufCMessage *message, const connx_field_type *field) {
    uint8_t *bytes = (uint8_t *)message;
    void *member = bytes + field->offset;
    const void *quantifier = bytes + field->quantifier_offset;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return (children){.first = *(ProtobufCMessage ***)member,
                          .count = *(const size_t *)quantifier};
    }
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
        *(const uint32_t *)quantifier != field->id) {
        return (children){0};
    }
    ProtobufCMessage **place = member;
    return (children){.first = place, .count = *place != NULL};
}

/* What errors call a node: its name, else that of its first output. */
static const char *node_name(const Onnx__NodeProto *node) {
    if (node->name && *node->name) {
        return node->name;
    }
    return node->n_output > 0 && node->output[0] ? node->output[0] : "";
}

bool connx_tensors_visit(ProtobufCMessage *message, const char *node, unsigned depth,
                         connx_tensor_visitor visit, void *context) {
    const connx_message_type *type = message->descriptor;
    if (depth == 0) {
        return false;
    }
    if (type == &onnx__tensor_proto__descriptor) {
        return visit(context, (Onnx__TensorProto *)message, node);
    }
    if (type == &onnx__node_proto__descriptor) {
        node = node_name((const Onnx__NodeProto *)message);
    }
    for (unsigned i = 0; i < type->n_fields; i++) {
        if (!connx_schema_submessage(&type->fields[i])) {
            continue;
        }
        const children below = children_of(message, &type->fields[i]);
        for (size_t k = 0; k < below.count; k++) {
            if (!connx_tensors_visit(below.first[k], node, depth - 1, visit, context)) {
                return false;
            }
        }
    }
    return true;
}
