/* The body of a composed operator, written as a function for the node that calls it. */
#include "model/load.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

enum { MAX_WORD = 64, MOST_NODES = 24 /* of a body, without those of listed inputs */ };

typedef struct writer {
    iou_loader *l;
    const Onnx__NodeProto *call;
    const iou_composed *composed;
    Onnx__FunctionProto *function;
    size_t named, listed; /* inputs of the call: with names, and behind them */
} writer;

/* ---- Words --------------------------------------------------------------------------------- */

/** The next word of a text, which moves on; false at its end. */
static bool next_word(const char **text, char word[MAX_WORD]) {
    *text += strspn(*text, " ");
    const size_t length = strcspn(*text, " ");
    (void)snprintf(word, MAX_WORD, "%.*s", (int)length, *text);
    *text += length;
    return length > 0;
}

static size_t count_words(const char *text) {
    char word[MAX_WORD];
    size_t count = 0;
    while (next_word(&text, word)) {
        count++;
    }
    return count;
}

static bool has_word(const char *text, const char *name) {
    char word[MAX_WORD];
    while (text && next_word(&text, word)) {
        if (strcmp(word, name) == 0) {
            return true;
        }
    }
    return false;
}

static char *copy_text(const writer *w, const char *text) {
    return iou_arena_strdup(w->l->model->arena, text, strlen(text));
}

static void *alloc(const writer *w, size_t size) {
    return iou_arena_alloc(w->l->model->arena, size);
}

/* ---- The call ------------------------------------------------------------------------------ */

static iou_status refuse(const writer *w, const char *expected, const char *found) {
    return iou_fail(w->l->error, IOU_BAD_MODEL, "node '%s' (%s): expected %s, found %s",
                    iou_load_text(w->call->name), w->composed->type, expected, found);
}

static const Onnx__AttributeProto *attribute_of(const writer *w, const char *name) {
    for (size_t i = 0; i < w->call->n_attribute; i++) {
        if (strcmp(iou_load_text(w->call->attribute[i]->name), name) == 0) {
            return w->call->attribute[i];
        }
    }
    return NULL;
}

/** The text of a string attribute, cut; "" where it has none. */
static void text_of(const Onnx__AttributeProto *attribute, char text[MAX_WORD]) {
    const size_t length = attribute && attribute->has_s ? attribute->s.len : 0;
    (void)snprintf(text, MAX_WORD, "%.*s", (int)(length < MAX_WORD ? length : MAX_WORD - 1),
                   length > 0 ? (const char *)attribute->s.data : "");
}

/** Whether input `name` of the body is given. */
static bool is_given(const writer *w, const char *name) {
    const char *inputs = w->composed->inputs;
    char word[MAX_WORD];
    for (size_t i = 0; next_word(&inputs, word); i++) {
        if (strcmp(word, name) == 0) {
            return i < w->call->n_input && *iou_load_text(w->call->input[i]);
        }
    }
    return false;
}

static bool applies(const writer *w, const char *when) {
    if (!when) {
        return true;
    }
    const bool otherwise = *when == '!';
    when += otherwise;
    char name[MAX_WORD], text[MAX_WORD];
    const size_t length = strcspn(when + 1, "=");
    (void)snprintf(name, sizeof name, "%.*s", (int)length, when + 1);
    const bool compares = *when == '@' && when[1 + length] == '=';
    const Onnx__AttributeProto *attribute = attribute_of(w, name);
    text_of(attribute, text);
    const bool holds = *when == '?'   ? attribute != NULL
                       : compares     ? strcmp(text, when + 2 + length) == 0
                       : *when == '@' ? attribute != NULL && attribute->i != 0
                                      : is_given(w, when);
    return holds != otherwise;
}

static iou_status check_attributes(const writer *w) {
    char text[MAX_WORD + 32];
    for (size_t i = 0; i < w->call->n_attribute; i++) {
        const Onnx__AttributeProto *attribute = w->call->attribute[i];
        const char *name = iou_load_text(attribute->name);
        const bool own = strncmp(name, "__", 2) == 0; /* notes of runtimes */
        (void)snprintf(text, sizeof text, "attribute '%.*s'", MAX_WORD - 1, name);
        if (!own && !has_word(w->composed->attributes, name)) {
            return refuse(w, *w->composed->attributes ? w->composed->attributes : "no attributes",
                          text);
        }
        if (has_word(w->composed->zero, name) && attribute->i != 0) {
            return iou_fail(
                w->l->error, IOU_UNSUPPORTED, "node '%s' (%s): expected %s 0, found %lld",
                iou_load_text(w->call->name), w->composed->type, name, (long long)attribute->i);
        }
    }
    const char *choice = w->composed->choice;
    const Onnx__AttributeProto *chosen = choice ? attribute_of(w, choice) : NULL;
    char word[MAX_WORD];
    text_of(chosen, word);
    (void)snprintf(text, sizeof text, "%s '%s'", choice ? choice : "", word);
    return !chosen || has_word(w->composed->choices, word) ? IOU_OK
                                                           : refuse(w, w->composed->choices, text);
}

static iou_status check_inputs(writer *w) {
    char text[32];
    const size_t given = (size_t)iou_load_trim(w->call->input, w->call->n_input);
    const size_t names = count_words(w->composed->inputs);
    const bool lists = has_word(w->composed->inputs, "...");
    w->named = lists ? names - 1 : names;
    w->listed = lists && given > w->named ? given - w->named : 0;
    (void)snprintf(text, sizeof text, "%zu", given);
    return !lists || (w->listed > 0 && w->listed % 3 == 0)
               ? IOU_OK
               : refuse(w, "a scale, a zero point and triples of a value and these as inputs",
                        text);
}

/* ---- Attributes of nodes ------------------------------------------------------------------- */

/** Element `index` of activation_params as an attribute. */
static iou_status write_parameter(const writer *w, Onnx__AttributeProto *attribute, size_t index) {
    const Onnx__AttributeProto *list = attribute_of(w, "activation_params");
    char text[32];
    const size_t count = list ? list->n_floats : 0;
    (void)snprintf(text, sizeof text, "%zu", count);
    if (index >= count) {
        return refuse(w, "a number for each parameter of the activation in activation_params",
                      text);
    }
    attribute->has_f = true;
    attribute->f = list->floats[index];
    attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
    return IOU_OK;
}

/** Writes the attribute that a word says. */
static iou_status write_attribute(const writer *w, const char *word,
                                  Onnx__AttributeProto *attribute) {
    const size_t length = strcspn(word, "=:~#");
    const char *rest = word[length] ? word + length + 1 : word;
    onnx__attribute_proto__init(attribute);
    attribute->name = iou_arena_strdup(w->l->model->arena, word, length);
    attribute->has_type = true;
    if (!attribute->name) {
        return iou_load_no_memory(w->l);
    }
    switch (word[length]) {
    case ':':
        attribute->has_i = true;
        attribute->i = strtoll(rest, NULL, 10);
        attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
        return IOU_OK;
    case '~':
        attribute->has_f = true;
        attribute->f = (float)(rest[0] - '0');
        attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
        return IOU_OK;
    case '#': return write_parameter(w, attribute, (size_t)(rest[0] - '0'));
    default:
        attribute->has_type = false;
        attribute->ref_attr_name = copy_text(w, rest);
        return attribute->ref_attr_name ? IOU_OK : iou_load_no_memory(w->l);
    }
}

/* ---- Nodes --------------------------------------------------------------------------------- */

/** Splits words into names, of which "-" is absent. */
static iou_status split_names(const writer *w, const char *text, char ***names, size_t *count) {
    char word[MAX_WORD];
    *names = alloc(w, sizeof(**names) * (count_words(text) + 1));
    *count = 0;
    while (*names && next_word(&text, word)) {
        char *name = copy_text(w, strcmp(word, "-") == 0 ? "" : word);
        if (!name) {
            return iou_load_no_memory(w->l);
        }
        (*names)[(*count)++] = name;
    }
    return *names ? IOU_OK : iou_load_no_memory(w->l);
}

static iou_status add_node(const writer *w, const iou_composed_node *from, const char *inputs,
                           const char *outputs) {
    Onnx__NodeProto *node = alloc(w, sizeof *node);
    const size_t attributes = count_words(from->attributes);
    Onnx__AttributeProto *list = alloc(w, sizeof *list * (attributes + 1));
    Onnx__AttributeProto **pointers = alloc(w, sizeof(*pointers) * (attributes + 1));
    if (!node || !list || !pointers) {
        return iou_load_no_memory(w->l);
    }
    onnx__node_proto__init(node);
    node->op_type = copy_text(w, from->type);
    if (!node->op_type) {
        return iou_load_no_memory(w->l);
    }
    IOU_TRY(split_names(w, inputs, &node->input, &node->n_input));
    IOU_TRY(split_names(w, outputs, &node->output, &node->n_output));
    node->attribute = pointers;
    const char *text = from->attributes;
    char word[MAX_WORD];
    while (next_word(&text, word)) {
        pointers[node->n_attribute] = &list[node->n_attribute];
        IOU_TRY(write_attribute(w, word, &list[node->n_attribute++]));
    }
    w->function->node[w->function->n_node++] = node;
    return IOU_OK;
}

/** A node for each triple of listed inputs. */
static iou_status add_listed(const writer *w, const iou_composed_node *from) {
    for (size_t i = 0; i < w->listed; i += 3) {
        char inputs[128], output[32];
        (void)snprintf(inputs, sizeof inputs, "listed%zu listed%zu listed%zu", i, i + 1, i + 2);
        (void)snprintf(output, sizeof output, "real%zu", i);
        IOU_TRY(add_node(w, from, inputs, output));
    }
    return IOU_OK;
}

/** One node of what these compute. */
static iou_status add_gathering(const writer *w, const iou_composed_node *from) {
    IOU_TRY(add_node(w, from, "", from->outputs));
    Onnx__NodeProto *node = w->function->node[w->function->n_node - 1];
    node->input = alloc(w, sizeof(*node->input) * (w->listed + 1));
    for (size_t i = 0; node->input && i < w->listed; i += 3) {
        char name[32];
        (void)snprintf(name, sizeof name, "real%zu", i);
        node->input[node->n_input] = copy_text(w, name);
        if (!node->input[node->n_input++]) {
            return iou_load_no_memory(w->l);
        }
    }
    return node->input ? IOU_OK : iou_load_no_memory(w->l);
}

static iou_status write_nodes(const writer *w) {
    for (size_t i = 0; i < w->composed->count; i++) {
        const iou_composed_node *from = &w->composed->nodes[i];
        const bool listed = strcmp(from->inputs, "...") == 0;
        if (!applies(w, from->when)) {
            continue;
        }
        IOU_TRY(!listed                             ? add_node(w, from, from->inputs, from->outputs)
                : strcmp(from->outputs, "...") == 0 ? add_listed(w, from)
                                                    : add_gathering(w, from));
    }
    return IOU_OK;
}

/** Names of the function's inputs and outputs. */
static iou_status write_signature(const writer *w) {
    Onnx__FunctionProto *f = w->function;
    IOU_TRY(split_names(w, w->composed->inputs, &f->input, &f->n_input));
    IOU_TRY(split_names(w, w->composed->outputs, &f->output, &f->n_output));
    char **names = alloc(w, sizeof(*names) * (w->named + w->listed + 1));
    if (!names) {
        return iou_load_no_memory(w->l);
    }
    memcpy(names, f->input, sizeof(*names) * w->named);
    for (size_t i = 0; i < w->listed; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "listed%zu", i);
        names[w->named + i] = copy_text(w, name);
        if (!names[w->named + i]) {
            return iou_load_no_memory(w->l);
        }
    }
    f->input = names;
    f->n_input = w->named + w->listed;
    return IOU_OK;
}

/** The opset of the nodes, of two that differ for them where an attribute chooses. */
static iou_status find_opset(const writer *w, int *opset) {
    enum { FLAT = 12, NEW = 21 /* Softmax of all axes behind one; of one */ };
    const Onnx__AttributeProto *attribute = attribute_of(w, "opset");
    *opset = w->composed->opset;
    if (*opset > 0) {
        return IOU_OK;
    }
    *opset = attribute && attribute->i <= FLAT ? FLAT : NEW;
    return attribute && attribute->i > 0 ? IOU_OK : refuse(w, "attribute opset", "none");
}

iou_status iou_load_composed(iou_loader *l, const Onnx__NodeProto *node,
                             const iou_composed *composed, const Onnx__FunctionProto **function,
                             int *opset) {
    writer w = {.l = l,
                .call = node,
                .composed = composed,
                .function = iou_arena_alloc(l->model->arena, sizeof(Onnx__FunctionProto))};
    IOU_TRY(check_inputs(&w));
    IOU_TRY(check_attributes(&w));
    IOU_TRY(find_opset(&w, opset));
    if (!w.function) {
        return iou_load_no_memory(l);
    }
    onnx__function_proto__init(w.function);
    w.function->name = copy_text(&w, composed->type);
    w.function->node = alloc(&w, sizeof(Onnx__NodeProto *) * (MOST_NODES + w.listed));
    if (!w.function->name || !w.function->node) {
        return iou_load_no_memory(l);
    }
    IOU_TRY(write_signature(&w));
    IOU_TRY(write_nodes(&w));
    *function = w.function;
    return IOU_OK;
}
