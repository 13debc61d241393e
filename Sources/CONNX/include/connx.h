/*
 * ONNX files: the wire format checked, then decoded by protobuf-c.
 *
 * protobuf-c 1.4 has no recursion limit, merges repeated singular messages quadratically and copies
 * every byte, so no file reaches it unchecked: `connx_decode` first scans the bytes iteratively
 * (depth, lengths, counts, duplicate singular fields, decoded size), then decodes a skeleton in
 * which tensors' raw_data is not contained, and points `raw_data` of every decoded TensorProto into
 * the caller's bytes.
 */
#ifndef CONNX_H
#define CONNX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "onnx.pb-c.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Zero means the default. */
typedef struct connx_limits {
    size_t max_decoded_bytes; /**< of the decoded messages; default 512 MiB */
    size_t max_nodes;         /**< NodeProtos in all graphs and functions; default 1,000,000 */
    unsigned max_depth;       /**< of nested messages; default 64 */
} connx_limits;

typedef enum connx_status {
    CONNX_OK = 0,
    CONNX_MALFORMED = 1,
    CONNX_LIMIT = 2,
    CONNX_NO_MEMORY = 3
} connx_status;

typedef struct connx_problem {
    size_t offset;  /**< of the offending byte */
    char text[256]; /**< one line: what was expected, what was found */
} connx_problem;

/** A decoded model or tensor. Owns its messages; borrows the bytes that it was decoded from. */
typedef struct connx_file connx_file;

/** Receives a tensor and the name of the node around it (NULL: none); false stops the visit. */
typedef bool (*connx_tensor_visitor)(void *context, Onnx__TensorProto *tensor, const char *node);

/** Checks and decodes `size` bytes at `data`, which must outlive the file. */
connx_status connx_decode(connx_file **out, const uint8_t *data, size_t size,
                          const connx_limits *limits, connx_problem *problem);

/** The same for a file that is one TensorProto, as ONNX's tests keep inputs and outputs. */
connx_status connx_decode_tensor(connx_file **out, const uint8_t *data, size_t size,
                                 const connx_limits *limits, connx_problem *problem);

/** The model, or NULL if the file is none. raw_data of its tensors points into the bytes that were
 * decoded. */
const Onnx__ModelProto *connx_model(const connx_file *file);

/** The tensor, or NULL if the file is none. raw_data points into the bytes that were decoded. */
const Onnx__TensorProto *connx_tensor(const connx_file *file);

/**
 * Visits every tensor of the file: initializers, attributes, those of subgraphs and functions. The
 * visitor may point a tensor's raw_data to bytes that outlive the file. False if it stopped.
 */
bool connx_visit_tensors(connx_file *file, connx_tensor_visitor visit, void *context);

/** Releases the messages and sets *file to NULL; accepts NULL. */
void connx_close(connx_file **file);

#ifdef __cplusplus
}
#endif

#endif
