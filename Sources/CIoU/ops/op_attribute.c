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
    IS_STRINGS = 8
};

/* More attributes than any operator has; the search for duplicates stays short. */
enum { MAX_ATTRIBUTES = 256 };

/**
 * ONNX uses a name with one type over all operators, save those of `expected_type`. Getters return
 * the default where the type differs, so that a wrong one must be refused before.
 */
static const struct {
    const char *name;
    int type;
} attribute_types[] = {
    {"activation", IS_STRING},
    {"activation_alpha", IS_FLOATS},
    {"activation_beta", IS_FLOATS},
    {"activations", IS_STRINGS},
    {"align_corners", IS_INT},
    {"allowzero", IS_INT},
    {"alpha", IS_FLOAT},
    {"antialias", IS_INT},
    {"approximate", IS_STRING},
    {"auto_pad", IS_STRING},
    {"axes", IS_INTS},
    {"axis", IS_INT},
    {"batch_axis", IS_INT},
    {"batch_dims", IS_INT},
    {"beta", IS_FLOAT},
    {"bias", IS_FLOAT},
    {"block_size", IS_INT},
    {"blocksize", IS_INT},
    {"body", IS_GRAPH},
    {"broadcast", IS_INT},
    {"ceil_mode", IS_INT},
    {"center_point_box", IS_INT},
    {"chunk_size", IS_INT},
    {"clip", IS_FLOAT},
    {"coordinate_transformation_mode", IS_STRING},
    {"count_include_pad", IS_INT},
    {"cubic_coeff_a", IS_FLOAT},
    {"detect_negative", IS_INT},
    {"detect_positive", IS_INT},
    {"dilations", IS_INTS},
    {"direction", IS_STRING},
    {"directions", IS_INTS},
    {"dtype", IS_INT},
    {"end", IS_INT},
    {"ends", IS_INTS},
    {"epsilon", IS_FLOAT},
    {"equation", IS_STRING},
    {"exclude_outside", IS_INT},
    {"exclusive", IS_INT},
    {"extrapolation_value", IS_FLOAT},
    {"fmod", IS_INT},
    {"gamma", IS_FLOAT},
    {"group", IS_INT},
    {"hidden_size", IS_INT},
    {"high", IS_FLOAT},
    {"ignore_index", IS_INT},
    {"input_forget", IS_INT},
    {"interleaved", IS_INT},
    {"inverse", IS_INT},
    {"is_causal", IS_INT},
    {"is_test", IS_INT},
    {"k", IS_INT},
    {"keep_aspect_ratio_policy", IS_STRING},
    {"keepdims", IS_INT},
    {"kernel_shape", IS_INTS},
    {"kv_num_heads", IS_INT},
    {"lambd", IS_FLOAT},
    {"largest", IS_INT},
    {"layout", IS_INT},
    {"left_window_size", IS_INT},
    {"linear_before_reset", IS_INT},
    {"low", IS_FLOAT},
    {"max", IS_FLOAT},
    {"mean", IS_FLOAT},
    {"min", IS_FLOAT},
    {"mode", IS_STRING},
    {"momentum", IS_FLOAT},
    {"nearest_mode", IS_STRING},
    {"noop_with_empty_axes", IS_INT},
    {"num_groups", IS_INT},
    {"num_heads", IS_INT},
    {"num_outputs", IS_INT},
    {"num_scan_inputs", IS_INT},
    {"offset_group", IS_INT},
    {"onesided", IS_INT},
    {"output_datatype", IS_INT},
    {"output_dtype", IS_INT},
    {"output_height", IS_INT},
    {"output_sequence", IS_INT},
    {"output_width", IS_INT},
    {"padding_mode", IS_STRING},
    {"paddings", IS_INTS},
    {"pads", IS_INTS},
    {"periodic", IS_INT},
    {"perm", IS_INTS},
    {"pooled_shape", IS_INTS},
    {"q_num_heads", IS_INT},
    {"qk_matmul_output_mode", IS_INT},
    {"reduction", IS_STRING},
    {"reverse", IS_INT},
    {"right_window_size", IS_INT},
    {"rotary_embedding_dim", IS_INT},
    {"round_mode", IS_STRING},
    {"sample_size", IS_INT},
    {"sampling_ratio", IS_INT},
    {"saturate", IS_INT},
    {"scale", IS_FLOAT},
    {"scales", IS_FLOATS},
    {"scan_input_axes", IS_INTS},
    {"scan_input_directions", IS_INTS},
    {"scan_output_axes", IS_INTS},
    {"scan_output_directions", IS_INTS},
    {"select_last_index", IS_INT},
    {"shape", IS_INTS},
    {"size", IS_INT},
    {"softcap", IS_FLOAT},
    {"softmax_precision", IS_INT},
    {"sorted", IS_INT},
    {"spatial", IS_INT},
    {"spatial_scale", IS_FLOAT},
    {"split", IS_INTS},
    {"start", IS_INT},
    {"starts", IS_INTS},
    {"stash_type", IS_INT},
    {"storage_order", IS_INT},
    {"strides", IS_INTS},
    {"time_axis", IS_INT},
    {"training_mode", IS_INT},
    {"transA", IS_INT},
    {"transB", IS_INT},
    {"update_rule", IS_STRING},
    {"upper", IS_INT},
    {"value_float", IS_FLOAT},
    {"value_floats", IS_FLOATS},
    {"value_int", IS_INT},
    {"value_ints", IS_INTS},
};

/** The type that the operator reads the attribute with; 0: any. */
static int expected_type(const iou_node *node, const char *name) {
    if (strcmp(name, "to") == 0) {
        return node->opset < 6 ? IS_STRING : IS_INT;
    }
    if (strcmp(name, "p") == 0) { /* of LpPool and its kin */
        return node->opset < 2 ? IS_FLOAT : IS_INT;
    }
    if (strcmp(name, "seed") == 0) {
        return strcmp(node->op_type, "Dropout") == 0 ? IS_INT : IS_FLOAT;
    }
    if (strcmp(name, "value") == 0) {
        return strcmp(node->op_type, "Pad") == 0 ? IS_FLOAT : IS_TENSOR;
    }
    for (size_t i = 0; i < sizeof attribute_types / sizeof attribute_types[0]; i++) {
        if (strcmp(attribute_types[i].name, name) == 0) {
            return attribute_types[i].type;
        }
    }
    return 0;
}

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
    case IS_STRINGS: return !single && a->n_floats + a->n_ints == 0;
    default: return true;
    }
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
        IOU_FAIL_IF(a->has_type && !holds(a, (int)a->type), IOU_BAD_MODEL, error,
                    "node '%s' (%s): attribute '%s' does not hold a value of its type", node->name,
                    node->op_type, a->name);
        const int expected = node->op ? expected_type(node, a->name) : 0;
        const bool named = a->has_type && a->type != 0; /* files of IR version 1 name no type */
        IOU_FAIL_IF(expected != 0 && (named ? (int)a->type != expected : !holds(a, expected)),
                    IOU_BAD_MODEL, error, "node '%s' (%s): attribute '%s' has a wrong type",
                    node->name, node->op_type, a->name);
    }
    return IOU_OK;
}
