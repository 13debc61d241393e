/* Reading a node's attributes. */
#include "ops/op.h"

#include "core/sizes.h"

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

static void copy_text(const ProtobufCBinaryData *text, char *buffer, size_t capacity) {
    const size_t length = text->len < capacity - 1 ? text->len : capacity - 1;
    if (length > 0) { /* an empty string has no bytes to point at */
        memcpy(buffer, text->data, length);
    }
    buffer[length] = '\0';
}

bool iou_attribute_string(const iou_node *node, const char *name, char *buffer, size_t capacity) {
    const Onnx__AttributeProto *a = find(node, name);
    buffer[0] = '\0';
    if (!a || !a->has_s) {
        return false;
    }
    copy_text(&a->s, buffer, capacity);
    return true;
}

size_t iou_attribute_strings(const iou_node *node, const char *name, size_t index, char *buffer,
                             size_t capacity) {
    const Onnx__AttributeProto *a = find(node, name);
    buffer[0] = '\0';
    if (a && index < a->n_strings) {
        copy_text(&a->strings[index], buffer, capacity);
    }
    return a ? a->n_strings : 0;
}

iou_status iou_attribute_texts(const iou_parse *parse, const char *name,
                               const iou_text *const **texts, size_t *count) {
    const Onnx__AttributeProto *a = find(parse->node, name);
    *texts = NULL;
    *count = !a ? 0 : a->has_s ? 1 : a->n_strings;
    if (*count == 0) {
        return IOU_OK;
    }
    iou_error error = {0};
    const iou_status status =
        iou_texts_read(a->has_s ? &a->s : a->strings, *count, parse->memory, texts, name, &error);
    return status == IOU_OK ? IOU_OK : iou_parse_fail(parse, status, "%s", error.text);
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

const Onnx__TypeProto *iou_attribute_type(const iou_node *node, const char *name) {
    const Onnx__AttributeProto *a = find(node, name);
    return a ? a->tp : NULL;
}

bool iou_attribute_present(const iou_node *node, const char *name) {
    return find(node, name) != NULL;
}

iou_status iou_node_parse(iou_node *node, iou_arena *memory, iou_error *error) {
    if (!node->op || !node->op->parse) {
        return IOU_OK;
    }
    void *attributes = iou_arena_alloc(memory, node->op->attributes_size);
    const iou_parse parse = {node, attributes, memory, error};
    if (!attributes) {
        return iou_parse_fail(&parse, IOU_OUT_OF_MEMORY, "no memory");
    }
    IOU_TRY(node->op->parse(&parse));
    node->attributes = attributes;
    return IOU_OK;
}

/* ---- Checks -------------------------------------------------------------------------------- */

/** AttributeProto.AttributeType, as far as operators here read it. */
enum {
    IS_FLOAT = 1,
    IS_INT = 2,
    IS_STRING = 3,
    IS_TENSOR = 4,
    IS_GRAPH = 5,
    IS_FLOATS = 6,
    IS_INTS = 7,
    IS_STRINGS = 8,
    IS_TYPE = 13
};

/* More attributes than any operator has; the search for duplicates stays short. */
enum { MAX_ATTRIBUTES = 256 };

static bool holds(const Onnx__AttributeProto *a, int type) {
    const bool single = a->has_f || a->has_i || a->has_s || a->t;
    switch (type) {
    case IS_FLOAT: return a->has_f;
    case IS_INT: return a->has_i;
    case IS_STRING: return a->has_s;
    case IS_TENSOR: return a->t != NULL;
    case IS_GRAPH: return a->g != NULL;
    case IS_FLOATS: return !single && a->n_ints + a->n_strings == 0; /* a list may be empty */
    case IS_INTS: return !single && a->n_floats + a->n_strings == 0;
    case IS_TYPE: return a->tp != NULL;
    case IS_STRINGS: return !single && a->n_floats + a->n_ints == 0;
    default: return true;
    }
}

/** How many kinds of values it holds, of which its type names one. */
static int kinds_held(const Onnx__AttributeProto *a) {
    return a->has_f + a->has_i + a->has_s + (a->t != NULL) + (a->g != NULL) +
           (a->sparse_tensor != NULL) + (a->tp != NULL) + (a->n_floats > 0) + (a->n_ints > 0) +
           (a->n_strings > 0) + (a->n_tensors > 0) + (a->n_graphs > 0);
}

iou_status iou_attributes_check(const iou_node *node, iou_error *error) {
    const Onnx__NodeProto *proto = node->proto;
    IOU_FAIL_IF(proto->n_attribute > MAX_ATTRIBUTES, IOU_LIMIT, error,
                "node '%s' (%s): %zu attributes, at most %d are supported", node->name,
                node->op_type, proto->n_attribute, MAX_ATTRIBUTES);
    for (size_t i = 0; i < proto->n_attribute; i++) {
        const Onnx__AttributeProto *a = proto->attribute[i];
        IOU_FAIL_IF(!a->name || !*a->name, IOU_BAD_MODEL, error,
                    "node '%s' (%s): attribute %zu has no name", node->name, node->op_type, i);
        for (size_t j = 0; j < i; j++) {
            IOU_FAIL_IF(strcmp(proto->attribute[j]->name, a->name) == 0, IOU_BAD_MODEL, error,
                        "node '%s' (%s): attribute '%s' is given twice", node->name, node->op_type,
                        a->name);
        }
        IOU_FAIL_IF(kinds_held(a) > 1, IOU_BAD_MODEL, error,
                    "node '%s' (%s): attribute '%s': expected one value, found values of %d kinds",
                    node->name, node->op_type, a->name, kinds_held(a));
        IOU_FAIL_IF(a->has_type && !holds(a, (int)a->type), IOU_BAD_MODEL, error,
                    "node '%s' (%s): attribute '%s' does not hold a value of its type", node->name,
                    node->op_type, a->name);
    }
    return IOU_OK;
}
