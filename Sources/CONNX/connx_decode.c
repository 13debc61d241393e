#include <stdlib.h>
#include <string.h>

#include "connx.h"
#include "connx_arena.h"
#include "connx_file_kind.h"
#include "connx_problem.h"
#include "connx_raw_data.h"
#include "connx_tensors.h"
#include "wire_scan.h"
#include "wire_skeleton.h"

enum {
    DEFAULT_DECODED_BYTES = 512 << 20,
    DEFAULT_NODES = 1000000,
    DEFAULT_DEPTH = 64,
    /* protobuf-c recurses with about 900 bytes of stack for a message. */
    CEILING_DEPTH = 200
};

struct connx_file {
    connx_arena arena;
    ProtobufCMessage *root;
};

static connx_limits with_defaults(const connx_limits *given) {
    connx_limits limits = given ? *given : (connx_limits){0};
    if (!limits.max_decoded_bytes) {
        limits.max_decoded_bytes = DEFAULT_DECODED_BYTES;
    }
    if (!limits.max_nodes) {
        limits.max_nodes = DEFAULT_NODES;
    }
    if (!limits.max_depth) {
        limits.max_depth = DEFAULT_DEPTH;
    }
    if (limits.max_depth > CEILING_DEPTH) {
        limits.max_depth = CEILING_DEPTH;
    }
    return limits;
}

static connx_status unpack(connx_file *file, const uint8_t *skeleton, const connx_scan *scan,
                           connx_problem *problem) {
    if (!connx_arena_open(&file->arena, scan->decoded_bytes)) {
        return connx_fail(problem, CONNX_NO_MEMORY, 0, "no memory for %zu bytes of messages",
                          scan->decoded_bytes);
    }
    ProtobufCAllocator allocator = connx_arena_allocator(&file->arena);
    file->root = protobuf_c_message_unpack(scan->root, &allocator, scan->sizes[0], skeleton);
    if (file->root) {
        return CONNX_OK;
    }
    if (file->arena.exhausted) {
        return connx_fail(problem, CONNX_LIMIT, 0,
                          "too large: decoded messages need more than the %zu bytes counted",
                          file->arena.size);
    }
    return connx_fail(problem, CONNX_MALFORMED, 0, "protobuf-c refuses the messages");
}

static connx_status decode(connx_file *file, const uint8_t *data, size_t size,
                           const connx_scan *scan, const connx_limits *limits,
                           connx_problem *problem) {
    uint8_t *skeleton = malloc(scan->sizes[0] ? scan->sizes[0] : 1);
    if (!skeleton) {
        return connx_fail(problem, CONNX_NO_MEMORY, 0, "no memory for %zu bytes of the %s",
                          scan->sizes[0], connx_schema_file(scan->root));
    }
    connx_status status =
        connx_skeleton_write(skeleton, data, size, scan, limits->max_depth, problem);
    if (!status) {
        status = unpack(file, skeleton, scan, problem);
    }
    free(skeleton);
    if (!status && !connx_raw_data_resolve(file->root, data, size, limits->max_depth)) {
        status = connx_fail(problem, CONNX_MALFORMED, 0, "raw_data is not within the file");
    }
    return status;
}

static connx_status scan_and_decode(connx_file *file, const connx_message_type *root,
                                    const uint8_t *data, size_t size, const connx_limits *limits,
                                    connx_problem *problem) {
    connx_scan scan;
    connx_status status = connx_scan_file(&scan, root, data, size, limits, problem);
    if (!status) {
        status = decode(file, data, size, &scan, limits, problem);
    }
    connx_scan_close(&scan);
    const char *kind = status == CONNX_MALFORMED ? connx_file_kind(data, size) : NULL;
    if (kind) {
        return connx_fail(problem, status, 0, "not an ONNX %s: looks like %s",
                          connx_schema_file(root), kind);
    }
    return status;
}

static connx_status decode_file(connx_file **out, const connx_message_type *root,
                                const uint8_t *data, size_t size, const connx_limits *limits,
                                connx_problem *problem) {
    *out = NULL;
    if (!data || size == 0) {
        return connx_fail(problem, CONNX_MALFORMED, 0, "not an ONNX %s: the file is empty",
                          connx_schema_file(root));
    }
    connx_file *file = calloc(1, sizeof *file);
    if (!file) {
        return connx_fail(problem, CONNX_NO_MEMORY, 0, "no memory for a file");
    }
    const connx_limits checked = with_defaults(limits);
    const connx_status status = scan_and_decode(file, root, data, size, &checked, problem);
    if (status) {
        connx_close(&file);
        return status;
    }
    *out = file;
    return CONNX_OK;
}

connx_status connx_decode(connx_file **out, const uint8_t *data, size_t size,
                          const connx_limits *limits, connx_problem *problem) {
    return decode_file(out, &onnx__model_proto__descriptor, data, size, limits, problem);
}

connx_status connx_decode_tensor(connx_file **out, const uint8_t *data, size_t size,
                                 const connx_limits *limits, connx_problem *problem) {
    return decode_file(out, &onnx__tensor_proto__descriptor, data, size, limits, problem);
}

static const void *root_of_type(const connx_file *file, const connx_message_type *type) {
    return file && file->root->descriptor == type ? file->root : NULL;
}

const Onnx__ModelProto *connx_model(const connx_file *file) {
    return root_of_type(file, &onnx__model_proto__descriptor);
}

const Onnx__TensorProto *connx_tensor(const connx_file *file) {
    return root_of_type(file, &onnx__tensor_proto__descriptor);
}

bool connx_visit_tensors(connx_file *file, connx_tensor_visitor visit, void *context) {
    return connx_tensors_visit(file->root, NULL, CEILING_DEPTH, visit, context);
}

void connx_close(connx_file **file) {
    if (file && *file) {
        connx_arena_close(&(*file)->arena);
        free(*file);
        *file = NULL;
    }
}
