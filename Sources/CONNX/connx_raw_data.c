#include "connx_raw_data.h"

#include <string.h>

#include "connx_tensors.h"
#include "wire_skeleton.h"

/* The bytes of the file. */
typedef struct source {
    const uint8_t *data;
    size_t size;
} source;

static bool resolve_tensor(void *context, Onnx__TensorProto *tensor, const char *node) {
    const source *from = context;
    connx_reference reference;
    (void)node;
    if (!tensor->has_raw_data) {
        return true;
    }
    if (tensor->raw_data.len != sizeof reference) {
        return false;
    }
    memcpy(&reference, tensor->raw_data.data, sizeof reference);
    if (reference.offset > from->size || reference.length > from->size - reference.offset) {
        return false;
    }
    /* protobuf-c has no pointers to const; connx_model() gives the tensor out as const. */
    tensor->raw_data.data = (uint8_t *)(uintptr_t)(from->data + reference.offset);
    tensor->raw_data.len = (size_t)reference.length;
    return true;
}

bool connx_raw_data_resolve(ProtobufCMessage *message, const uint8_t *data, size_t size,
                            unsigned depth) {
    source from = {data, size};
    return connx_tensors_visit(message, NULL, depth, resolve_tensor, &from);
}
