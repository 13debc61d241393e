/* Transposed convolutions against their definition, with every kernel. */
#include "kernel_check.h"

#include "core/arena.h"
#include "kernel_check_case.h"
#include "core/packed_weights.h"
#include "ops/conv_transpose/conv_transpose.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A case in two dimensions. */
typedef struct transpose_case {
    int64_t batch, ins, outs, group; /* ins and outs of a group */
    int64_t in[2], kernel[2], stride[2], dilation[2], pads[4], extra[2];
    bool bias, computed_weights;
} transpose_case;

/* A case with its node, operands and data. */
typedef struct transpose_setup {
    Onnx__NodeProto proto;
    Onnx__AttributeProto attributes[5], *list[5];
    int ids[3];
    iou_node node;
    iou_conv_transpose_attributes parsed;
    iou_operand image, weights, bias, out;
    const iou_operand *in[3];
    iou_conv_transpose_shape shape;
    check_buffer image_data, weight_data, bias_data;
} transpose_setup;

static void transpose_attribute(transpose_setup *s, const char *name, const int64_t *values,
                                size_t count) {
    Onnx__AttributeProto *a = &s->attributes[s->proto.n_attribute];
    onnx__attribute_proto__init(a);
    a->name = (char *)(uintptr_t)name;
    a->has_type = 1;
    a->type = count == 0 ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT
                         : ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
    a->has_i = count == 0;
    a->i = values[0];
    a->n_ints = count;
    a->ints = (int64_t *)(uintptr_t)values;
    s->list[s->proto.n_attribute++] = a;
}

static void transpose_node(transpose_setup *s, const transpose_case *c) {
    onnx__node_proto__init(&s->proto);
    s->proto.attribute = s->list;
    transpose_attribute(s, "group", &c->group, 0);
    transpose_attribute(s, "strides", c->stride, 2);
    transpose_attribute(s, "dilations", c->dilation, 2);
    transpose_attribute(s, "pads", c->pads, 4);
    transpose_attribute(s, "output_padding", c->extra, 2);
    s->node = (iou_node){.name = "check",
                         .op_type = "ConvTranspose",
                         .opset = 17,
                         .op = &iou_op_conv_transpose,
                         .input_count = c->bias ? 3 : 2,
                         .output_count = 1,
                         .inputs = s->ids,
                         .outputs = s->ids,
                         .proto = &s->proto,
                         .attributes = &s->parsed};
    iou_error error;
    const iou_parse parse = {.node = &s->node, .attributes = &s->parsed, .error = &error};
    if (iou_op_conv_transpose.parse(&parse) != IOU_OK) {
        abort(); /* the cases are valid */
    }
}

static iou_operand transpose_operand(int64_t a, int64_t b, int64_t c, int64_t d) {
    return (iou_operand){.type = IOU_FLOAT,
                         .rank = 4,
                         .dims = {a, b, c, d},
                         .layout = IOU_CHANNELS_LAST,
                         .count = (size_t)(a * b * c * d)};
}

static void transpose_setup_make(transpose_setup *s, const transpose_case *c, uint64_t *seed) {
    memset(s, 0, sizeof *s);
    transpose_node(s, c);
    s->shape = (iou_conv_transpose_shape){
        .batch = c->batch,
        .in_channels = c->ins * c->group,
        .out_channels = c->outs * c->group,
        .group = c->group,
        .axes = {{.in = 1, .out = 1, .stride = 1, .dilation = 1, .kernel = 1}},
    };
    for (int i = 0; i < 2; i++) {
        const int64_t reach = (c->kernel[i] - 1) * c->dilation[i] + 1;
        s->shape.axes[i + 1] = (iou_conv_transpose_axis){
            .in = c->in[i],
            .out =
                (c->in[i] - 1) * c->stride[i] + reach + c->extra[i] - c->pads[i] - c->pads[2 + i],
            .stride = c->stride[i],
            .dilation = c->dilation[i],
            .pad = c->pads[i],
            .kernel = (size_t)c->kernel[i],
        };
    }
    s->image = transpose_operand(c->batch, c->ins * c->group, c->in[0], c->in[1]);
    s->weights = transpose_operand(c->ins * c->group, c->outs, c->kernel[0], c->kernel[1]);
    s->weights.layout = IOU_PLAIN;
    s->bias = (iou_operand){.type = IOU_FLOAT,
                            .rank = 1,
                            .dims = {c->outs * c->group},
                            .count = (size_t)(c->outs * c->group)};
    s->out =
        transpose_operand(c->batch, c->outs * c->group, s->shape.axes[1].out, s->shape.axes[2].out);
    s->image_data = check_buffer_random(s->image.count, seed);
    s->weight_data = check_buffer_random(s->weights.count, seed);
    s->bias_data = check_buffer_random(s->bias.count, seed);
    s->weights.constant = c->computed_weights ? NULL : s->weight_data.data;
    s->bias.constant = c->computed_weights ? NULL : s->bias_data.data;
    s->in[0] = &s->image;
    s->in[1] = &s->weights;
    s->in[2] = &s->bias;
}

/* Runs all tasks into poisoned memory, the last first when `backwards`. */
static bool transpose_run(const transpose_setup *s, const iou_step *step, check_buffer *out,
                          bool backwards) {
    check_buffer scratch = check_buffer_empty(step->scratch_size / sizeof(float));
    const void *in[] = {s->image_data.data, s->weight_data.data, s->bias_data.data};
    void *outs[] = {out->data};
    const iou_call call = {.params = step->params, .in = in, .out = outs, .scratch = scratch.data};
    for (size_t i = 0; i < step->task_count; i++) {
        (void)step->run(&call, backwards ? step->task_count - 1 - i : i);
    }
    const bool intact = check_buffer_intact(out) && check_buffer_intact(&scratch);
    check_buffer_free(&scratch);
    return intact;
}

static bool transpose_close(const check_buffer *got, const float *expected, double depth) {
    for (size_t i = 0; i < got->count; i++) {
        const double allowed = 1e-6 * sqrt(depth + 16) + 4e-6 * fabs((double)expected[i]);
        if (!check_close(got->data[i], expected[i], allowed)) {
            return false;
        }
    }
    return true;
}

/* What is wrong with one variant, or NULL. */
static const char *transpose_variant(const transpose_setup *s, const check_variant *variant,
                                     const float *expected, double depth) {
    struct iou_arena *memory = iou_arena_create();
    const iou_weights weights = {.cache = iou_packed_weights_create(NULL)};
    iou_step step = {0};
    iou_error error = {.text = ""};
    const iou_epilogue nothing = {NULL, 0};
    const iou_prepare prepare = {.node = &s->node,
                                 .in = s->in,
                                 .out = &s->out,
                                 .epilogue = &nothing,
                                 .isa = variant->kernels.gemm->isa,
                                 .caches = {1 << 10, 16 << 10},
                                 .threads = 3,
                                 .memory = memory,
                                 .weights = &weights,
                                 .step = &step,
                                 .error = &error};
    const char *wrong = "is refused";
    if (iou_conv_transpose_prepare(&prepare, &variant->kernels) == IOU_OK) {
        check_buffer one = check_buffer_empty(s->out.count), two = check_buffer_empty(s->out.count);
        const bool intact =
            transpose_run(s, &step, &one, false) && transpose_run(s, &step, &two, true);
        wrong = !intact                                                         ? "writes outside"
                : !transpose_close(&one, expected, depth)                       ? "differs"
                : memcmp(one.data, two.data, s->out.count * sizeof(float)) != 0 ? "depends on order"
                                                                                : NULL;
        check_buffer_free(&one);
        check_buffer_free(&two);
    }
    iou_arena_destroy(memory);
    iou_packed_weights_destroy(weights.cache);
    return wrong;
}

static transpose_case transpose_any(uint64_t *seed) {
    transpose_case c = {.batch = check_range(seed, 1, 2), .group = 1};
    const int64_t kind = check_range(seed, 0, 3);
    c.group = kind > 1 ? check_range(seed, 2, 40) : 1;
    c.ins = kind == 3 ? 1 : check_range(seed, 1, kind == 2 ? 5 : 40);
    c.outs = kind == 3 ? 1 : check_range(seed, 1, kind == 2 ? 9 : 40);
    for (int i = 0; i < 2; i++) {
        c.in[i] = check_range(seed, 1, i == 0 ? 5 : 15);
        c.kernel[i] = check_range(seed, 1, 4);
        c.stride[i] = check_range(seed, 1, 4);
        c.dilation[i] = check_range(seed, 1, 3);
        c.extra[i] = check_range(seed, 0, 2);
        const int64_t most = (c.in[i] - 1) * c.stride[i] + (c.kernel[i] - 1) * c.dilation[i];
        c.pads[i] = check_range(seed, 0, most < 3 ? most : 3);
        c.pads[2 + i] = check_range(seed, 0, most - c.pads[i] < 3 ? most - c.pads[i] : 3);
    }
    c.bias = check_range(seed, 0, 1) == 1;
    c.computed_weights = check_range(seed, 0, 3) == 0;
    return c;
}

int iou_check_conv_transpose(char *message, size_t capacity) {
    uint64_t seed = 521288629;
    int failures = 0;
    check_variant variants[CHECK_MAX_VARIANTS];
    const size_t count = check_variants(variants);
    if (capacity > 0) {
        message[0] = '\0';
    }
    for (int i = 0; i < 300; i++) {
        const transpose_case c = transpose_any(&seed);
        transpose_setup s;
        transpose_setup_make(&s, &c, &seed);
        if (i % 4 == 0) {
            check_buffer_spoil(&s.bias_data, 3);
        }
        float *expected = calloc(s.out.count + 1, sizeof *expected);
        iou_conv_transpose_f32_scalar(&s.shape, s.image_data.data, s.weight_data.data,
                                      c.bias ? s.bias_data.data : NULL, expected);
        const double depth = (double)(c.ins * c.kernel[0] * c.kernel[1]);
        for (size_t v = 0; v < count; v++) {
            if (variants[v].kernels.winograd_tile != 0) {
                continue; /* the same kernels */
            }
            const char *wrong = transpose_variant(&s, &variants[v], expected, depth);
            if (wrong != NULL && failures++ == 0) {
                snprintf(message, capacity,
                         "%s, case %d: %d -> %d channels in %d groups, kernel %dx%d, stride %d %d: "
                         "the result %s",
                         variants[v].name, i, (int)c.ins, (int)c.outs, (int)c.group,
                         (int)c.kernel[0], (int)c.kernel[1], (int)c.stride[0], (int)c.stride[1],
                         wrong);
            }
        }
        free(expected);
        check_buffer_free(&s.image_data);
        check_buffer_free(&s.weight_data);
        check_buffer_free(&s.bias_data);
    }
    return failures;
}
