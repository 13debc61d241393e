/* Reading a node's attributes. */
#include "ops/op.h"

#include <string.h>

static const Onnx__AttributeProto *find(const iou_node *node, const char *name) {
    for (size_t i = 0; i < node->proto->n_attribute; i++) {
        const Onnx__AttributeProto *a = node->proto->attribute[i];
        if (a->name && strcmp(a->name, name) == 0) {
            return a;
        }
    }
    return NULL;
}

int64_t iou_attribute_int(const iou_node *node, const char *name, int64_t otherwise) {
    const Onnx__AttributeProto *a = find(node, name);
    return a && a->has_i ? a->i : otherwise;
}

float iou_attribute_float(const iou_node *node, const char *name, float otherwise) {
    const Onnx__AttributeProto *a = find(node, name);
    return a && a->has_f ? a->f : otherwise;
}

bool iou_attribute_string(const iou_node *node, const char *name, char *buffer, size_t capacity) {
    const Onnx__AttributeProto *a = find(node, name);
    buffer[0] = '\0';
    if (!a || !a->has_s) {
        return false;
    }
    const size_t length = a->s.len < capacity - 1 ? a->s.len : capacity - 1;
    memcpy(buffer, a->s.data, length);
    buffer[length] = '\0';
    return true;
}

const int64_t *iou_attribute_ints(const iou_node *node, const char *name, size_t *count) {
    const Onnx__AttributeProto *a = find(node, name);
    *count = a ? a->n_ints : 0;
    return a && a->n_ints ? a->ints : NULL;
}

const float *iou_attribute_floats(const iou_node *node, const char *name, size_t *count) {
    const Onnx__AttributeProto *a = find(node, name);
    *count = a ? a->n_floats : 0;
    return a && a->n_floats ? a->floats : NULL;
}

const Onnx__TensorProto *iou_attribute_tensor(const iou_node *node, const char *name) {
    const Onnx__AttributeProto *a = find(node, name);
    return a ? a->t : NULL;
}

bool iou_attribute_present(const iou_node *node, const char *name) {
    return find(node, name) != NULL;
}
