/*
 * Gradient of ai.onnx.preview.training: a call of a function that is written here, from the nodes
 * between the named values: first these, then their derivatives, from the last to the first. What
 * operators without attributes are known is in one table; others are refused.
 */
#include "model/load.h"

#include <stdio.h>
#include <string.h>

typedef struct writer {
    iou_loader *l;
    const Onnx__NodeProto *node;
    Onnx__FunctionProto *function;
    size_t capacity; /* of its nodes */
    iou_names *values;
    char **gradients; /* of each value, the name of what is summed so far; NULL: nothing */
    int count;        /* of values */
    int made;         /* names */
} writer;

static iou_status refuse(const writer *w, const char *what, const char *name) {
    return iou_fail(w->l->error, IOU_UNSUPPORTED, "node '%s' (Gradient): expected %s, found '%s'",
                    iou_load_text(w->node->name), what, name);
}

/* ---- Nodes --------------------------------------------------------------------------------- */

static bool add_to_list(writer *w, Onnx__NodeProto *node) {
    if (w->function->n_node == w->capacity) {
        const size_t capacity = w->capacity ? 2 * w->capacity : 16;
        Onnx__NodeProto **grown = iou_arena_alloc(w->l->model->arena, sizeof *grown * capacity);
        if (!grown) {
            return false;
        }
        if (w->function->n_node > 0) {
            memcpy(grown, w->function->node, sizeof *grown * w->function->n_node);
        }
        w->function->node = grown;
        w->capacity = capacity;
    }
    w->function->node[w->function->n_node++] = node;
    return true;
}

/** Adds a node of at most two inputs (NULL: fewer); the name of its output, or NULL. */
static char *add_node(writer *w, const char *type, const char *a, const char *b) {
    iou_arena *memory = w->l->model->arena;
    Onnx__NodeProto *node = iou_arena_alloc(memory, sizeof *node);
    char **names = iou_arena_alloc(memory, sizeof *names * 3);
    char text[32];
    const int length = snprintf(text, sizeof text, "derivative/%d", w->made++);
    char *output = iou_arena_strdup(memory, text, (size_t)length);
    if (!node || !names || !output) {
        return NULL;
    }
    onnx__node_proto__init(node);
    names[0] = (char *)(uintptr_t)a;
    names[1] = (char *)(uintptr_t)b;
    names[2] = output;
    node->op_type = (char *)(uintptr_t)type;
    node->input = names;
    node->n_input = (size_t)(a != NULL) + (b != NULL);
    node->output = names + 2;
    node->n_output = 1;
    return add_to_list(w, node) ? output : NULL;
}

/** A constant 1 in the shape of `name`, which must have one element. */
static char *add_one(writer *w, const char *name) {
    iou_arena *memory = w->l->model->arena;
    char *one = add_node(w, "Constant", NULL, NULL);
    Onnx__AttributeProto *attribute = iou_arena_alloc(memory, sizeof *attribute);
    Onnx__AttributeProto **list = iou_arena_alloc(memory, sizeof *list);
    Onnx__TensorProto *tensor = iou_arena_alloc(memory, sizeof *tensor);
    float *value = iou_arena_alloc(memory, sizeof *value);
    if (!one || !attribute || !list || !tensor || !value) {
        return NULL;
    }
    *value = 1.0f;
    onnx__tensor_proto__init(tensor);
    tensor->has_data_type = true;
    tensor->data_type = IOU_FLOAT;
    tensor->float_data = value;
    tensor->n_float_data = 1;
    onnx__attribute_proto__init(attribute);
    attribute->name = "value";
    attribute->t = tensor;
    list[0] = attribute;
    Onnx__NodeProto *constant = w->function->node[w->function->n_node - 1];
    constant->attribute = list;
    constant->n_attribute = 1;
    char *shape = add_node(w, "Shape", name, NULL);
    return shape ? add_node(w, "Reshape", one, shape) : NULL;
}

/* ---- Derivatives --------------------------------------------------------------------------- */

/** The number of a value, which may be new; there is room for all. */
static int number_of(writer *w, const char *name) {
    const int known = iou_names_find(w->values, name);
    if (known >= 0) {
        return known;
    }
    (void)iou_names_add(w->values, name, w->count);
    return w->count++;
}

/** Adds to the gradient of an operand, whose shape must have as many elements as the result: where
 * it is repeated, the sum over its repetitions would be wanted. */
static iou_status pass_back(writer *w, const char *operand, const char *gradient) {
    char *shape = gradient ? add_node(w, "Shape", operand, NULL) : NULL;
    char *part = shape ? add_node(w, "Reshape", gradient, shape) : NULL;
    char **sum = &w->gradients[number_of(w, operand)];
    char *whole = part && *sum ? add_node(w, "Add", *sum, part) : part;
    *sum = whole;
    return whole ? IOU_OK : iou_load_no_memory(w->l);
}

/** What the gradient of a node's output means for input `input`; NULL without memory. */
static const char *derive(writer *w, const Onnx__NodeProto *node, int input, const char *gradient) {
    const char *type = node->op_type, *a = node->input[0];
    const char *b = node->n_input > 1 ? node->input[1] : NULL;
    if (strcmp(type, "Neg") == 0 || (strcmp(type, "Sub") == 0 && input == 1)) {
        return add_node(w, "Neg", gradient, NULL);
    }
    if (strcmp(type, "Mul") == 0) {
        return add_node(w, "Mul", gradient, input == 0 ? b : a);
    }
    if (strcmp(type, "Div") == 0) { /* of a / b: 1 / b, and -(a / b) / b */
        const char *part = add_node(w, "Div", gradient, b);
        const char *product = part && input == 1 ? add_node(w, "Mul", part, node->output[0]) : NULL;
        return input == 0 ? part : product ? add_node(w, "Neg", product, NULL) : NULL;
    }
    return gradient; /* of Add, Sub and Identity */
}

/** The number of inputs of an operator that has a derivative here; 0: it has none. */
static size_t arity(const Onnx__NodeProto *node) {
    static const char *const one[] = {"Identity", "Neg"};
    static const char *const two[] = {"Add", "Sub", "Mul", "Div"};
    const char *type = iou_load_text(node->op_type);
    size_t found = 0;
    for (size_t i = 0; i < sizeof one / sizeof one[0]; i++) {
        found = strcmp(one[i], type) == 0 ? 1 : found;
    }
    for (size_t i = 0; i < sizeof two / sizeof two[0]; i++) {
        found = strcmp(two[i], type) == 0 ? 2 : found;
    }
    return iou_load_is_standard(node->domain) ? found : 0;
}

static iou_status check_node(const writer *w, const Onnx__NodeProto *node) {
    const size_t inputs = arity(node);
    bool named = node->n_input == inputs && node->n_output == 1 && node->n_attribute == 0;
    for (size_t i = 0; named && i < inputs; i++) {
        named = *iou_load_text(node->input[i]) != '\0';
    }
    return inputs > 0 && named ? IOU_OK
                               : refuse(w, "Add, Sub, Mul, Div, Neg or Identity between its values",
                                        iou_load_text(node->op_type));
}

/* ---- Functions ----------------------------------------------------------------------------- */

static const Onnx__AttributeProto *attribute_of(const Onnx__NodeProto *node, const char *name) {
    for (size_t i = 0; i < node->n_attribute; i++) {
        if (strcmp(iou_load_text(node->attribute[i]->name), name) == 0) {
            return node->attribute[i];
        }
    }
    return NULL;
}

static char *text_of(const writer *w, const ProtobufCBinaryData *bytes) {
    return iou_arena_strdup(w->l->model->arena, bytes->len ? (const char *)bytes->data : "",
                            bytes->len);
}

/** The names in attributes xs and zs become the function's inputs. */
static iou_status name_inputs(writer *w) {
    const Onnx__AttributeProto *lists[] = {attribute_of(w->node, "xs"),
                                           attribute_of(w->node, "zs")};
    const size_t xs = lists[0] ? lists[0]->n_strings : 0, zs = lists[1] ? lists[1]->n_strings : 0;
    Onnx__FunctionProto *f = w->function;
    f->input = iou_arena_alloc(w->l->model->arena, sizeof(char *) * (xs + zs + 1));
    f->output = iou_arena_alloc(w->l->model->arena, sizeof(char *) * (xs + 1));
    if (!f->input || !f->output) {
        return iou_load_no_memory(w->l);
    }
    for (size_t i = 0; i < xs + zs; i++) {
        char *name = text_of(w, i < xs ? &lists[0]->strings[i] : &lists[1]->strings[i - xs]);
        if (!name) {
            return iou_load_no_memory(w->l);
        }
        f->input[f->n_input++] = name;
        (void)number_of(w, name);
    }
    f->n_output = xs;
    return IOU_OK;
}

/** Adds the nodes that make y of the inputs, in their order. */
static iou_status add_forward(writer *w, const iou_load_frame *frame, const char *y) {
    const size_t capacity = frame->count;
    Onnx__NodeProto **nodes = iou_arena_alloc(w->l->model->arena, sizeof *nodes * (capacity + 1));
    bool *needed = iou_arena_alloc(w->l->model->arena, 2 * capacity + w->function->n_input + 2);
    size_t first = capacity;
    if (!nodes || !needed) {
        return iou_load_no_memory(w->l);
    }
    const int inputs = w->count;
    needed[number_of(w, y)] = true;
    for (size_t i = frame->count; i-- > 0;) { /* which are sorted */
        Onnx__NodeProto *node = frame->nodes[i];
        const int made =
            node->n_output > 0 ? iou_names_find(w->values, iou_load_text(node->output[0])) : -1;
        if (made < inputs || !needed[made]) {
            continue;
        }
        IOU_TRY(check_node(w, node));
        nodes[--first] = node;
        for (size_t k = 0; k < node->n_input; k++) {
            needed[number_of(w, node->input[k])] = true;
        }
    }
    for (size_t i = first; i < capacity; i++) {
        if (!add_to_list(w, nodes[i])) {
            return iou_load_no_memory(w->l);
        }
    }
    return IOU_OK;
}

/** Adds the derivatives, from y back to the inputs. */
static iou_status add_backward(writer *w, const char *y) {
    const size_t forward = w->function->n_node;
    w->gradients = iou_arena_alloc(w->l->model->arena, sizeof(char *) * ((size_t)w->count + 1));
    if (!w->gradients) {
        return iou_load_no_memory(w->l);
    }
    char *one = w->gradients[number_of(w, y)] = add_one(w, y);
    if (!one) {
        return iou_load_no_memory(w->l);
    }
    for (size_t i = forward; i-- > 0;) {
        const Onnx__NodeProto *node = w->function->node[i];
        const char *gradient = w->gradients[number_of(w, node->output[0])];
        for (int k = 0; k < (int)node->n_input; k++) {
            IOU_TRY(pass_back(w, node->input[k], derive(w, node, k, gradient)));
        }
    }
    for (size_t i = 0; i < w->function->n_output; i++) {
        char *gradient = w->gradients[number_of(w, w->function->input[i])];
        if (!gradient) {
            return refuse(w, "values in xs that y depends on", w->function->input[i]);
        }
        w->function->output[i] = gradient;
    }
    return IOU_OK;
}

/** Names in the attributes, and two inputs of each node. */
static size_t most_values(const Onnx__NodeProto *node, const iou_load_frame *frame) {
    size_t count = 2 * frame->count + 1;
    for (size_t i = 0; i < node->n_attribute; i++) {
        count += node->attribute[i]->n_strings;
    }
    return count;
}

bool iou_load_is_gradient(const Onnx__NodeProto *node) {
    return strcmp(iou_load_text(node->domain), IOU_TRAINING_DOMAIN) == 0 &&
           strcmp(iou_load_text(node->op_type), "Gradient") == 0;
}

iou_status iou_load_gradient(iou_loader *l, const iou_load_frame *frame,
                             const Onnx__NodeProto *node, const Onnx__FunctionProto **function) {
    const Onnx__AttributeProto *target = attribute_of(node, "y");
    writer w = {.l = l,
                .node = node,
                .function = iou_arena_alloc(l->model->arena, sizeof(Onnx__FunctionProto)),
                .values = iou_names_create(l->model->arena, most_values(node, frame))};
    if (!w.function || !w.values) {
        return iou_load_no_memory(l);
    }
    onnx__function_proto__init(w.function);
    w.function->name = "Gradient";
    /* Each looks at all nodes of its list, and may repeat them. */
    l->gradient_nodes += frame->count;
    IOU_FAIL_IF(l->gradient_nodes > l->max_nodes, IOU_LIMIT, l->error,
                "node '%s' (Gradient): expected at most %zu nodes for all gradients, found more",
                iou_load_text(node->name), l->max_nodes);
    if (!target || !target->has_s || frame->opset < 7) {
        return refuse(&w, "the name of a value in y, from opset 7 on", target ? "another" : "none");
    }
    char *y = text_of(&w, &target->s);
    if (!y) {
        return iou_load_no_memory(l);
    }
    IOU_TRY(name_inputs(&w));
    IOU_TRY(add_forward(&w, frame, y));
    IOU_TRY(add_backward(&w, y));
    *function = w.function;
    return IOU_OK;
}
