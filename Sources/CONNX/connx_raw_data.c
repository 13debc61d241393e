#include "connx_raw_data.h"

#include <string.h>

#include "wire_schema.h"
#include "wire_skeleton.h"

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

static bool resolve_tensor(Onnx__TensorProto *tensor, const uint8_t *data, size_t size) {
    connx_reference reference;
    if (!tensor->has_raw_data) {
        return true;
    }
    if (tensor->raw_data.len != sizeof reference) {
        return false;
    }
    memcpy(&reference, tensor->raw_data.data, sizeof reference);
    if (reference.offset > size || reference.length > size - reference.offset) {
        return false;
    }
    /* protobuf-c has no pointers to const; connx_model() gives the tensor out as const. */
    tensor->raw_data.data = (uint8_t *)(uintptr_t)(data + reference.offset);
    tensor->raw_data.len = (size_t)reference.length;
    return true;
}

bool connx_raw_data_resolve(ProtobufCMessage *message, const uint8_t *data, size_t size,
                            unsigned depth) {
    const connx_message_type *type = message->descriptor;
    if (depth == 0) {
        return false;
    }
    if (type == &onnx__tensor_proto__descriptor) {
        return resolve_tensor((Onnx__TensorProto *)message, data, size);
    }
    for (unsigned i = 0; i < type->n_fields; i++) {
        if (!connx_schema_submessage(&type->fields[i])) {
            continue;
        }
        const children below = children_of(message, &type->fields[i]);
        for (size_t k = 0; k < below.count; k++) {
            if (!connx_raw_data_resolve(below.first[k], data, size, depth - 1)) {
                return false;
            }
        }
    }
    return true;
}
