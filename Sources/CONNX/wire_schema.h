/* What ONNX says about a field, taken from the descriptors that protoc-c generates. */
#ifndef CONNX_WIRE_SCHEMA_H
#define CONNX_WIRE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "onnx.pb-c.h"

typedef ProtobufCMessageDescriptor connx_message_type;
typedef ProtobufCFieldDescriptor connx_field_type;

/* The field of that number, or NULL if `message` has none. */
const connx_field_type *connx_schema_field(const connx_message_type *message, uint32_t number);

/* The name of a message without the package. */
const char *connx_schema_name(const connx_message_type *message);

/* What people call the content of a file that is one `message`, such as "model". */
const char *connx_schema_file(const connx_message_type *message);

/* The type of a sub-message field, NULL for other fields. */
const connx_message_type *connx_schema_submessage(const connx_field_type *field);

/* The payload that is taken by offset and not decoded. */
bool connx_schema_is_payload(const connx_message_type *message, const connx_field_type *field);

/* The wire type of one element. */
uint32_t connx_schema_wire_type(const connx_field_type *field);

/* True for repeated numbers, which may come packed or one by one. */
bool connx_schema_is_packable(const connx_field_type *field);

/* Bytes of an element in the C array of a repeated field. */
size_t connx_schema_element_size(const connx_field_type *field);

/* A bit for the field in a set of fields of its message, and those of all fields that share its
 * place: itself, or the members of its oneof. */
uint64_t connx_schema_bit(const connx_message_type *message, const connx_field_type *field);
uint64_t connx_schema_rivals(const connx_message_type *message, const connx_field_type *field);

#endif
