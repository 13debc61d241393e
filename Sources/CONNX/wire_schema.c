#include "wire_schema.h"

#include <string.h>

#include "wire.h"

const connx_field_type *connx_schema_field(const connx_message_type *message, uint32_t number) {
    size_t low = 0;
    size_t high = message->n_fields; /* the fields are sorted by number */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const connx_field_type *field = &message->fields[middle];
        if (field->id == number) {
            return field;
        }
        if (field->id < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const char *connx_schema_name(const connx_message_type *message) {
    const size_t package = strlen(message->package_name);
    return package ? message->name + package + 1 : message->name;
}

const char *connx_schema_file(const connx_message_type *message) {
    return message == &onnx__tensor_proto__descriptor ? "tensor" : "model";
}

const connx_message_type *connx_schema_submessage(const connx_field_type *field) {
    return field->type == PROTOBUF_C_TYPE_MESSAGE ? field->descriptor : NULL;
}

bool connx_schema_is_payload(const connx_message_type *message, const connx_field_type *field) {
    return message == &onnx__tensor_proto__descriptor && field->type == PROTOBUF_C_TYPE_BYTES &&
           field->offset == offsetof(Onnx__TensorProto, raw_data);
}

uint32_t connx_schema_wire_type(const connx_field_type *field) {
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE: return CONNX_WIRE_LENGTH;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32: return CONNX_WIRE_32BIT;
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64: return CONNX_WIRE_64BIT;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM: break;
    }
    return CONNX_WIRE_VARINT;
}

bool connx_schema_is_packable(const connx_field_type *field) {
    return field->label == PROTOBUF_C_LABEL_REPEATED &&
           connx_schema_wire_type(field) != CONNX_WIRE_LENGTH;
}

size_t connx_schema_element_size(const connx_field_type *field) {
    switch (field->type) {
    case PROTOBUF_C_TYPE_BYTES: return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE: return sizeof(void *);
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM: return 4;
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64: break;
    }
    return 8;
}

uint64_t connx_schema_bit(const connx_message_type *message, const connx_field_type *field) {
    const size_t index = (size_t)(field - message->fields);
    return index < 64 ? UINT64_C(1) << index : 0; /* no message of ONNX has 64 fields; tested */
}

uint64_t connx_schema_rivals(const connx_message_type *message, const connx_field_type *field) {
    if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)) {
        return connx_schema_bit(message, field);
    }
    uint64_t bits = 0;
    for (unsigned i = 0; i < message->n_fields; i++) {
        const connx_field_type *other = &message->fields[i];
        if ((other->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
            other->quantifier_offset == field->quantifier_offset) {
            bits |= connx_schema_bit(message, other);
        }
    }
    return bits;
}
