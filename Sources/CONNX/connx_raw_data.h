/* Points the raw_data of decoded tensors into the file. */
#ifndef CONNX_RAW_DATA_H
#define CONNX_RAW_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

/* Replaces the references of a decoded skeleton in `message` and below. False if one of them is not
 * within data[0, size), or if messages are nested deeper than `depth`. */
bool connx_raw_data_resolve(ProtobufCMessage *message, const uint8_t *data, size_t size,
                            unsigned depth);

#endif
