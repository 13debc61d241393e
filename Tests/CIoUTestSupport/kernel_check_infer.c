/* Conv's inference: shapes over numbers and symbols, and refusals with their words. */
#include "kernel_check.h"

#include "core/arena.h"
#include "ops/conv/conv.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 6 };

/* A list attribute; count 0: a single integer, -1: a string. */
typedef struct infer_attribute {
    const char *name;
    int count;
    int64_t values[MOST];
    const char *text;
} infer_attribute;

/* Dimensions as text: numbers, symbols, or "?"; an absent list is an unknown rank. */
typedef struct infer_case {
    const char *image[5], *weights[5], *bias[2];
    infer_attribute attributes[4];
    const char *expected; /* the output's dimensions, or a part of the refusal */
    iou_status status;
    iou_type type;
} infer_case;

static const infer_case cases[] = {
    {{"1", "3", "8", "9"}, {"4", "3", "3", "3"}, {0}, {{0}}, "1,4,6,7", IOU_OK, IOU_FLOAT},
    {{"n", "3", "height", "width"},
     {"4", "3", "3", "3"},
     {"4"},
     {{"pads", 4, {1, 1, 1, 1}, 0}, {"strides", 2, {2, 1}, 0}},
     "n,4,floor((height+1)/2),width",
     IOU_OK,
     IOU_FLOAT},
    {{"n", "3", "height", "width"},
     {"4", "3", "7", "7"},
     {0},
     {{"auto_pad", -1, {0}, "SAME_UPPER"}, {"strides", 2, {2, 2}, 0}},
     "n,4,floor((height+1)/2),floor((width+1)/2)",
     IOU_OK,
     IOU_FLOAT},
    {{"1", "3", "9", "8"},
     {"4", "3", "7", "7"},
     {0},
     {{"auto_pad", -1, {0}, "SAME_LOWER"}, {"strides", 2, {2, 2}, 0}},
     "1,4,5,4",
     IOU_OK,
     IOU_FLOAT},
    {{"1", "3", "9"}, {"4", "3", "3"}, {0}, {{"dilations", 1, {3}, 0}}, "1,4,3", IOU_OK, IOU_FLOAT},
    {{"1", "2", "4", "5", "6"},
     {"4", "2", "1", "2", "3"},
     {0},
     {{0}},
     "1,4,4,4,4",
     IOU_OK,
     IOU_FLOAT},
    {{"1", "4", "5", "5"},
     {"6", "2", "1", "1"},
     {"6"},
     {{"group", 0, {2}, 0}},
     "1,6,5,5",
     IOU_OK,
     IOU_FLOAT},
    {{0}, {"4", "3", "3", "3"}, {0}, {{0}}, "?,4,?,?", IOU_OK, IOU_FLOAT},
    {{0}, {0}, {0}, {{0}}, "", IOU_OK, IOU_FLOAT},
    {{"1", "3", "8", "8"},
     {0},
     {0},
     {{"kernel_shape", 2, {3, 3}, 0}},
     "1,?,6,6",
     IOU_OK,
     IOU_FLOAT},
    {{"0", "3", "8", "8"}, {"4", "3", "3", "3"}, {0}, {{0}}, "0,4,6,6", IOU_OK, IOU_FLOAT},

    {{"1", "128", "8", "8"},
     {"4", "256", "1", "1"},
     {0},
     {{0}},
     "node 'check' (Conv): weight has 256 input channels, input has 128",
     IOU_BAD_MODEL,
     IOU_FLOAT},
    {{"1", "4", "8", "8"},
     {"4", "4", "1", "1"},
     {0},
     {{"group", 0, {2}, 0}},
     "weight has 4 input channels in each of 2 groups, input has 4",
     IOU_BAD_MODEL,
     IOU_FLOAT},
    {{"1", "4", "8", "8"},
     {"3", "2", "1", "1"},
     {0},
     {{"group", 0, {2}, 0}},
     "3 output channels, not a multiple of group 2",
     IOU_BAD_MODEL,
     IOU_FLOAT},
    {{"1", "5", "8", "8"},
     {"4", "2", "1", "1"},
     {0},
     {{"group", 0, {2}, 0}},
     "5 channels, not a multiple of group 2",
     IOU_BAD_MODEL,
     IOU_FLOAT},
    {{"1", "4", "8", "8"},
     {"4", "4", "1", "1"},
     {0},
     {{"group", 0, {0}, 0}},
     "group is 0",
     IOU_BAD_MODEL,
     IOU_FLOAT},
    {{"1", "3", "8", "8"},
     {"4", "3", "3", "3"},
     {0},
     {{"strides", 2, {0, 1}, 0}},
     "'strides' is 0",
     IOU_BAD_MODEL,
     IOU_FLOAT},
    {{0}, {0}, {0}, {{"strides", 2, {0, 1}, 0}}, "'strides' is 0", IOU_BAD_MODEL, IOU_FLOAT},
    {{"1", "3", "8", "8"},
     {"4", "3", "3", "3"},
     {0},
     {{"dilations", 2, {1, 0}, 0}},
     "'dilations' is 0",
     IOU_BAD_MODEL,
     IOU_FLOAT},
    {{"1", "3", "8", "8"},
     {"4", "3", "3", "3"},
     {0},
     {{"dilations", 2, {2147483647, 1}, 0}},
     "too large",
     IOU_BAD_MODEL,
     IOU_FLOAT},
    {{"1", "3", "8", "8"},
     {"4", "3", "3", "3"},
     {0},
     {{"pads", 4, {-1, 0, 0, 0}, 0}},
     "'pads' is -1",
     IOU_BAD_MODEL,
     IOU_FLOAT},
    {{"1", "3", "8", "8"},
     {"4", "3", "3", "3"},
     {0},
     {{"pads", 4, {INT64_MAX, 0, 0, 0}, 0}},
     "'pads' is 9223372036854775807",
     IOU_BAD_MODEL,
     IOU_FLOAT},
    {{"1", "3", "8", "8"},
     {"4", "3", "3", "3"},
     {0},
     {{"pads", 2, {1, 1}, 0}},
     "'pads' has 2 elements, needs 4",
     IOU_BAD_MODEL,
     IOU_FLOAT},
    {{"1", "3", "8", "8"},
     {"4", "3", "3", "3"},
     {0},
     {{"kernel_shape", 2, {3, 5}, 0}},
     "kernel_shape[1] is 5, weight has 3",
     IOU_BAD_MODEL,
     IOU_FLOAT},
    {{"1", "3", "8", "8"},
     {"4", "3", "3"},
     {0},
     {{0}},
     "weight has rank 3, input has rank 4",
     IOU_BAD_MODEL,
     IOU_FLOAT},
    {{"1", "3"}, {"4", "3"}, {0}, {{0}}, "input has rank 2", IOU_BAD_MODEL, IOU_FLOAT},
    {{"1", "3", "2", "8"},
     {"4", "3", "3", "3"},
     {0},
     {{0}},
     "input of size 2 in dimension 2 is too small",
     IOU_BAD_MODEL,
     IOU_FLOAT},
    {{"1", "3", "8", "8"},
     {"4", "3", "3", "3"},
     {"5"},
     {{0}},
     "bias has 5 elements, weight has 4",
     IOU_BAD_MODEL,
     IOU_FLOAT},
    {{"1", "3", "8", "8"},
     {"4", "3", "3", "3"},
     {0},
     {{"auto_pad", -1, {0}, "SAME"}},
     "unknown auto_pad 'SAME'",
     IOU_BAD_MODEL,
     IOU_FLOAT},
    {{"1", "3", "8", "8"},
     {"4", "3", "3", "3"},
     {0},
     {{0}},
     "input 0 has type float16, expected float32",
     IOU_UNSUPPORTED,
     IOU_FLOAT16},
};

static iou_dim infer_dim(const char *text) {
    if (text[0] >= '0' && text[0] <= '9') {
        int64_t value = 0;
        for (; *text != '\0'; text++) {
            value = value * 10 + (*text - '0');
        }
        return iou_dim_number(value);
    }
    iou_dim dim = iou_dim_unknown();
    dim.symbol = text;
    return dim;
}

static iou_fact infer_fact(const char *const *dims, int most, iou_type type) {
    iou_fact fact = {.type = type, .rank = dims[0] != NULL ? 0 : -1, .element_count = -1};
    while (fact.rank >= 0 && fact.rank < most && dims[fact.rank] != NULL) {
        fact.dims[fact.rank] = infer_dim(dims[fact.rank]);
        fact.rank++;
    }
    return fact;
}

/* "1,4,floor((height+1)/2),?" */
static void infer_print(const iou_fact *fact, char *text, size_t capacity) {
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < fact->rank; i++) {
        const iou_dim dim = fact->dims[i];
        const char *comma = i > 0 ? "," : "";
        const int more = dim.known ? snprintf(text + used, capacity - used, "%s%lld", comma,
                                              (long long)dim.value)
                                   : snprintf(text + used, capacity - used, "%s%s", comma,
                                              dim.symbol != NULL ? dim.symbol : "?");
        used += (size_t)more;
    }
}

/* A node with the case's attributes. */
typedef struct infer_node {
    Onnx__NodeProto proto;
    Onnx__AttributeProto attributes[4], *list[4];
    int ids[3];
    iou_node node;
} infer_node;

static void infer_node_make(infer_node *n, const infer_case *c) {
    onnx__node_proto__init(&n->proto);
    n->proto.attribute = n->list;
    for (int i = 0; i < 4 && c->attributes[i].name != NULL; i++) {
        const infer_attribute *from = &c->attributes[i];
        Onnx__AttributeProto *a = n->list[n->proto.n_attribute++] = &n->attributes[i];
        onnx__attribute_proto__init(a);
        a->name = (char *)(uintptr_t)from->name;
        a->has_i = from->count == 0;
        a->i = from->values[0];
        a->n_ints = from->count > 0 ? (size_t)from->count : 0;
        a->ints = (int64_t *)(uintptr_t)from->values;
        a->has_s = from->count < 0;
        a->s.data = (uint8_t *)(uintptr_t)from->text;
        a->s.len = from->text != NULL ? strlen(from->text) : 0;
    }
    n->node = (iou_node){.name = "check",
                         .op_type = "Conv",
                         .opset = 17,
                         .op = &iou_op_conv,
                         .input_count = c->bias[0] != NULL ? 3 : 2,
                         .output_count = 1,
                         .inputs = n->ids,
                         .outputs = n->ids,
                         .proto = &n->proto};
}

/* Whether the case holds; what came instead goes to `got`. */
static bool infer_one(const infer_case *c, char *got, size_t capacity) {
    infer_node node = {.ids = {0, 1, 2}};
    infer_node_make(&node, c);
    const iou_fact image = infer_fact(c->image, 5, c->type);
    const iou_fact weights = infer_fact(c->weights, 5, IOU_FLOAT);
    const iou_fact bias = infer_fact(c->bias, 2, IOU_FLOAT);
    const iou_fact *in[] = {&image, &weights, &bias};
    iou_fact out = {.rank = -1, .element_count = -1};
    iou_error error = {.text = ""};
    struct iou_arena *memory = iou_arena_create();
    const iou_infer infer = {
        .node = &node.node, .in = in, .out = &out, .memory = memory, .error = &error};
    iou_status status = iou_node_parse(&node.node, memory, &error);
    status = status == IOU_OK ? iou_op_conv.infer(&infer) : status;
    bool holds = status == c->status;
    if (status == IOU_OK) {
        infer_print(&out, got, capacity);
        holds = holds && strcmp(got, c->expected) == 0 && out.type == IOU_FLOAT;
    } else {
        snprintf(got, capacity, "%s", error.text);
        holds = holds && strstr(got, c->expected) != NULL;
    }
    iou_arena_destroy(memory);
    return holds;
}

int iou_check_conv_infer(char *message, size_t capacity) {
    int failures = 0;
    if (capacity > 0) {
        message[0] = '\0';
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char got[sizeof((iou_error *)0)->text];
        if (!infer_one(&cases[i], got, sizeof got) && failures++ == 0) {
            snprintf(message, capacity, "case %zu: '%s', not '%s'", i, got, cases[i].expected);
        }
    }
    return failures;
}
