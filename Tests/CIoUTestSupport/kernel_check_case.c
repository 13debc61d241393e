#include "kernel_check_case.h"

#include "ops/elementwise/unary_kernels.h"

#include "core/arena.h"
#include "core/blas.h"
#include "kernel_check_variants.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define CHECK_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CHECK_ASAN 1
#endif
#endif
#ifdef CHECK_ASAN
#include <sanitizer/asan_interface.h>
#endif

enum { BORDER = 64 };

/* ---- Data ---------------------------------------------------------------------------------- */

static uint64_t check_next(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

float check_random(uint64_t *seed) {
    return (float)(check_next(seed) >> 40) / 8388608.0F - 1.0F;
}

int64_t check_range(uint64_t *seed, int64_t low, int64_t high) {
    return low + (int64_t)((check_next(seed) >> 16) % (uint64_t)(high - low + 1));
}

check_buffer check_buffer_empty(size_t count) {
    check_buffer buffer = {.count = count};
    buffer.block = aligned_alloc(64, ((count + 2 * BORDER) * sizeof(float) + 63) / 64 * 64);
    float *block = buffer.block;
    buffer.data = block + BORDER;
    for (size_t i = 0; i < count + 2 * BORDER; i++) {
        block[i] = NAN;
    }
#ifdef CHECK_ASAN
    __asan_poison_memory_region(block, BORDER * sizeof(float));
    __asan_poison_memory_region(buffer.data + count, BORDER * sizeof(float));
#endif
    return buffer;
}

check_buffer check_buffer_random(size_t count, uint64_t *seed) {
    check_buffer buffer = check_buffer_empty(count);
    for (size_t i = 0; i < count; i++) {
        buffer.data[i] = check_random(seed);
    }
    return buffer;
}

void check_buffer_spoil(check_buffer *buffer, size_t gap) {
    static const float specials[] = {NAN, INFINITY, -INFINITY, -0.0F};
    for (size_t i = 0; i * gap < buffer->count; i++) {
        buffer->data[i * gap] = specials[i % 4];
    }
}

bool check_close(float got, float expected, double allowed) {
    if (!isfinite(expected)) {
        return isnan(expected) ? isnan(got) : got == expected;
    }
    return fabs((double)got - (double)expected) <= allowed;
}

static void check_buffer_open(const check_buffer *buffer) {
#ifdef CHECK_ASAN
    __asan_unpoison_memory_region(buffer->block, (buffer->count + 2 * BORDER) * sizeof(float));
#else
    (void)buffer;
#endif
}

bool check_buffer_intact(const check_buffer *buffer) {
    check_buffer_open(buffer);
    for (size_t i = 0; i < BORDER; i++) {
        if (!isnan((buffer->data - BORDER)[i]) || !isnan(buffer->data[buffer->count + i])) {
            return false;
        }
    }
    return true;
}

void check_buffer_free(check_buffer *buffer) {
    if (buffer->block != NULL) {
        check_buffer_open(buffer);
        free(buffer->block);
    }
    *buffer = (check_buffer){0};
}

/* ---- Variants ------------------------------------------------------------------------------ */

/* Without Winograd's filtering, and with tiles of 2, 4 and 6. */
enum { CHECK_WAYS = 1 + IOU_WINOGRAD_TILES };

/* One instruction set's kernels: as chosen, and with Winograd's filtering wherever it can be used.
 */
static size_t check_isa(check_variant *out, const char *const names[CHECK_WAYS],
                        const iou_conv_kernels *kernels) {
    /* Winograd's transforms subtract large numbers: F(6x6) loses two digits, F(4x4) one. */
    static const double looseness[CHECK_WAYS] = {1, 4, 20, 80};
    const size_t count = kernels->winograd != NULL ? CHECK_WAYS : 1;
    for (size_t i = 0; i < count; i++) {
        out[i] = (check_variant){names[i], *kernels, looseness[i]};
        out[i].kernels.winograd_tile = 2 * i;
        if (i == 0) {
            out[i].kernels.winograd = NULL;
        }
    }
    const bool runs = kernels->blas == NULL ? iou_isa_has(iou_cpu_best(), kernels->gemm->isa)
                                            : iou_blas_is_there();
    return runs ? count : 0;
}

size_t check_variants(check_variant *out) {
    static const char *const names[][CHECK_WAYS] = {
        {"scalar", NULL, NULL, NULL},
        {"blas", NULL, NULL, NULL},
        {"avx2", "avx2 winograd 2", "avx2 winograd 4", "avx2 winograd 6"},
        {"emulated", "emulated winograd 2", "emulated winograd 4", "emulated winograd 6"},
        {"avx512", "avx512 winograd 2", "avx512 winograd 4", "avx512 winograd 6"},
    };
    const iou_conv_kernels all[] = {
        {&iou_gemm_f32_4x8_scalar, &iou_grouped_f32_scalar, &iou_depthwise_f32_scalar, NULL, 0,
         NULL},
        {&iou_gemm_f32_4x8_scalar, &iou_grouped_f32_scalar, &iou_depthwise_f32_scalar, NULL, 0,
         iou_gemm_blas(IOU_ISA_BLAS)},
#if defined(__x86_64__)
        {&iou_gemm_f32_6x16_avx2, &iou_grouped_f32_avx2, &iou_depthwise_f32_avx2,
         &iou_winograd_f32_avx2, 0, NULL},
        {&iou_gemm_f32_12x32_emulated, &iou_grouped_f32_emulated, &iou_depthwise_f32_emulated,
         &iou_winograd_f32_emulated, 0, NULL},
        {&iou_gemm_f32_12x32_avx512, &iou_grouped_f32_avx512, &iou_depthwise_f32_avx512,
         &iou_winograd_f32_avx512, 0, NULL},
#endif
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        count += check_isa(out + count, names[i], &all[i]);
    }
    return count;
}

/* ---- Setup --------------------------------------------------------------------------------- */

static void check_attribute(check_setup *s, const char *name, const int64_t *values, int count) {
    Onnx__AttributeProto *a = &s->attributes[s->proto.n_attribute];
    onnx__attribute_proto__init(a);
    a->name = (char *)(uintptr_t)name;
    if (count == 0) {
        a->has_type = 1;
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
        a->has_i = 1;
        a->i = values[0];
    } else {
        a->has_type = 1;
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
        a->n_ints = (size_t)count;
        a->ints = (int64_t *)(uintptr_t)values;
    }
    s->attribute_list[s->proto.n_attribute++] = a;
}

static void check_setup_node(check_setup *s) {
    const check_case *c = s->what;
    onnx__node_proto__init(&s->proto);
    s->proto.attribute = s->attribute_list;
    check_attribute(s, "group", &c->group, 0);
    check_attribute(s, "kernel_shape", c->kernel, c->spatial);
    check_attribute(s, "strides", c->stride, c->spatial);
    check_attribute(s, "dilations", c->dilation, c->spatial);
    check_attribute(s, "pads", c->pads, 2 * c->spatial);
    s->inputs[1] = 1;
    s->inputs[2] = 2;
    s->node = (iou_node){.name = "check",
                         .op_type = "Conv",
                         .opset = 17,
                         .op = &iou_op_conv,
                         .input_count = c->bias ? 3 : 2,
                         .output_count = 1,
                         .inputs = s->inputs,
                         .outputs = s->inputs,
                         .proto = &s->proto};
}

static iou_operand check_operand(int64_t first, int64_t second, const int64_t *sizes, int spatial) {
    iou_operand operand = {.type = IOU_FLOAT,
                           .rank = 2 + spatial,
                           .dims = {first, second},
                           .layout = IOU_CHANNELS_LAST,
                           .count = (size_t)(first * second)};
    for (int i = 0; i < spatial; i++) {
        operand.dims[2 + i] = sizes[i];
        operand.count *= (size_t)sizes[i];
    }
    return operand;
}

static iou_fact check_fact(const iou_operand *operand) {
    iou_fact fact = {.type = operand->type, .rank = operand->rank, .element_count = -1};
    for (int i = 0; i < operand->rank; i++) {
        fact.dims[i] = iou_dim_number(operand->dims[i]);
    }
    return fact;
}

/* Infers the output's shape. */
static iou_status check_setup_out(check_setup *s) {
    const iou_fact image = check_fact(&s->image), weights = check_fact(&s->weights);
    const iou_fact bias = check_fact(&s->bias);
    const iou_fact *in[] = {&image, &weights, &bias};
    iou_fact out = {.rank = -1, .element_count = -1};
    const iou_infer infer = {.node = &s->node, .in = in, .out = &out, .error = &s->error};
    const iou_parse parse = {.node = &s->node, .attributes = &s->parsed, .error = &s->error};
    IOU_TRY(iou_op_conv.parse(&parse));
    s->node.attributes = &s->parsed;
    IOU_TRY(iou_op_conv.infer(&infer));
    int64_t sizes[3] = {0};
    for (int i = 0; i < s->what->spatial; i++) {
        sizes[i] = out.dims[2 + i].value;
    }
    s->out = check_operand(out.dims[0].value, out.dims[1].value, sizes, s->what->spatial);
    return IOU_OK;
}

/* Whether no variant filters by Winograd's way, which spreads an infinity over its tile. */
static bool check_is_direct(const check_case *c) {
    return c->group > 1 || c->kernel[c->spatial - 1] != 3;
}

/* Kernels multiply the zeros of the padding, the definition does not: there, weights stay finite.
 */
static bool check_is_pointwise(const check_case *c) {
    bool pointwise = true;
    for (int i = 0; i < c->spatial; i++) {
        pointwise =
            pointwise && c->kernel[i] == 1 && c->pads[i] == 0 && c->pads[c->spatial + i] == 0;
    }
    return pointwise;
}

static void check_setup_spoil(check_setup *s) {
    check_buffer_spoil(&s->bias_data, 5);
    check_buffer_spoil(&s->shift_data, 9);
    check_buffer_spoil(&s->residual_data, 7);
    if (check_is_direct(s->what)) {
        check_buffer_spoil(&s->image_data, s->image.count / 3 + 1);
    }
    if (check_is_pointwise(s->what)) {
        check_buffer_spoil(&s->weight_data, s->weights.count / 3 + 1);
    }
}

static iou_epilogue_step *check_setup_step(check_setup *s, iou_epilogue_kind kind) {
    iou_epilogue_step *step = &s->steps[s->epilogue.count++];
    *step = (iou_epilogue_step){.kind = kind};
    return step;
}

/* An addition or a product; its data are the call's next input. */
static iou_epilogue_step *check_setup_operand(check_setup *s, iou_epilogue_kind kind,
                                              const iou_operand *operand, const float *data) {
    iou_epilogue_step *step = check_setup_step(s, kind);
    const int index = s->operands[0] != NULL;
    step->operand = operand;
    step->input = s->node.input_count + index;
    s->operands[index] = data;
    return step;
}

static void check_setup_residual(check_setup *s, uint64_t *seed) {
    const check_case *c = s->what;
    int64_t sizes[3];
    for (int i = 0; i < c->spatial; i++) {
        const int64_t size = s->out.dims[2 + i];
        sizes[i] = c->residual == CHECK_UPSAMPLED ? (size + i + 1) / 2 : size;
        sizes[i] = sizes[i] > size ? size : sizes[i];
    }
    s->residual = check_operand(s->out.dims[0], s->out.dims[1], sizes, c->spatial);
    s->residual_data = check_buffer_random(s->residual.count, seed);
    check_setup_operand(s, IOU_EPILOGUE_ADD, &s->residual, s->residual_data.data)->upsampled =
        c->residual == CHECK_UPSAMPLED;
}

/* A function by its row of the table; scalar loops, which every level may call. */
static void check_setup_function(check_setup *s, const char *name) {
    static const iou_unary_params params = {.alpha = 1.0F};
    const iou_unary_op *op = iou_unary_find(name);
    iou_epilogue_step *step = check_setup_step(s, IOU_EPILOGUE_FUNCTION);
    step->function.apply = op->apply[IOU_FLOAT];
    step->function.definition = op->apply[IOU_DOUBLE];
    step->params = &params;
}

static void check_setup_activation(check_setup *s, uint64_t *seed) {
    const check_case *c = s->what;
    switch (c->activation) {
    case CHECK_CLAMP: {
        iou_epilogue_step *clamp = check_setup_step(s, IOU_EPILOGUE_CLAMP);
        clamp->lo = c->lo;
        clamp->hi = c->hi;
        break;
    }
    case CHECK_SIGMOID: check_setup_function(s, "Sigmoid"); break;
    case CHECK_SILU_ADD:
        check_setup_function(s, "Swish");
        s->operand_data = check_buffer_random(s->out.count, seed);
        check_setup_operand(s, IOU_EPILOGUE_ADD, &s->out, s->operand_data.data);
        break;
    case CHECK_GATE_SCALE:
        check_setup_step(s, IOU_EPILOGUE_SAVE);
        check_setup_function(s, "Tanh");
        check_setup_step(s, IOU_EPILOGUE_GATE);
        *check_setup_step(s, IOU_EPILOGUE_SCALE) = (iou_epilogue_step){
            .kind = IOU_EPILOGUE_SCALE, .scale = s->shift_data.data, .shift = s->scale_data.data};
        check_setup_step(s, IOU_EPILOGUE_SLOPE)->scale = s->scale_data.data;
        s->operand_data = check_buffer_random(s->out.count, seed);
        check_setup_operand(s, IOU_EPILOGUE_MULTIPLY, &s->out, s->operand_data.data);
        break;
    case CHECK_NOTHING:
    case CHECK_ACTIVATIONS: break;
    }
}

static void check_setup_epilogue(check_setup *s, uint64_t *seed) {
    const check_case *c = s->what;
    const size_t channels = (size_t)c->out_channels;
    s->scale_data = check_buffer_random(channels, seed);
    s->shift_data = check_buffer_random(channels, seed);
    if (c->scale) {
        *check_setup_step(s, IOU_EPILOGUE_SCALE) = (iou_epilogue_step){
            .kind = IOU_EPILOGUE_SCALE, .scale = s->scale_data.data, .shift = s->shift_data.data};
    }
    if (c->residual != CHECK_PLAIN) {
        check_setup_residual(s, seed);
    }
    check_setup_activation(s, seed);
    s->epilogue.steps = s->steps;
}

iou_status check_setup_make(check_setup *setup, const check_case *what, uint64_t *seed) {
    check_setup *s = setup;
    memset(s, 0, sizeof *s);
    s->what = what;
    s->caches = (iou_caches){32 << 10, 1 << 20};
    check_setup_node(s);
    s->image = check_operand(what->batch, what->in_channels, what->in, what->spatial);
    s->weights = check_operand(what->out_channels, what->in_channels / what->group, what->kernel,
                               what->spatial);
    s->weights.layout = IOU_PLAIN;
    s->bias = (iou_operand){.type = IOU_FLOAT,
                            .rank = 1,
                            .dims = {what->out_channels},
                            .count = (size_t)what->out_channels};
    IOU_TRY(check_setup_out(s));
    s->image_data = check_buffer_random(s->image.count, seed);
    s->weight_data = check_buffer_random(s->weights.count, seed);
    s->bias_data = check_buffer_random(s->bias.count, seed);
    if (!what->computed_weights) {
        s->weights.constant = s->weight_data.data;
        s->bias.constant = s->bias_data.data;
    }
    check_setup_epilogue(s, seed);
    if (what->special) {
        check_setup_spoil(s);
    }
    s->in[0] = &s->image;
    s->in[1] = &s->weights;
    s->in[2] = &s->bias;
    const iou_prepare prepare = {.node = &s->node, .in = s->in, .out = &s->out, .error = &s->error};
    return iou_conv_shape_read(&s->shape, &prepare);
}

void check_setup_free(check_setup *setup) {
    check_buffer *const all[] = {&setup->image_data,  &setup->weight_data, &setup->bias_data,
                                 &setup->scale_data,  &setup->shift_data,  &setup->residual_data,
                                 &setup->operand_data};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        check_buffer_free(all[i]);
    }
}

/* ---- Plan ---------------------------------------------------------------------------------- */

iou_status check_plan_make(check_plan *plan, check_setup *setup, const check_variant *variant) {
    memset(plan, 0, sizeof *plan);
    plan->memory = iou_arena_create();
    plan->weights.cache = iou_packed_weights_create(NULL);
    const iou_prepare prepare = {.node = &setup->node,
                                 .in = setup->in,
                                 .out = &setup->out,
                                 .epilogue = &setup->epilogue,
                                 .isa = variant->kernels.gemm->isa,
                                 .caches = setup->caches,
                                 .threads = 3,
                                 .memory = plan->memory,
                                 .weights = &plan->weights,
                                 .step = &plan->step,
                                 .error = &setup->error};
    return iou_conv_prepare(&prepare, &variant->kernels);
}

void check_plan_free(check_plan *plan) {
    iou_arena_destroy(plan->memory);
    iou_packed_weights_destroy(plan->weights.cache);
}

void check_plan_run(const check_plan *plan, const check_setup *setup, float *out, void *scratch,
                    bool backwards) {
    const bool computed = setup->what->computed_weights;
    const void *in[5] = {setup->image_data.data, computed ? setup->weight_data.data : NULL,
                         computed ? setup->bias_data.data : NULL, NULL};
    for (int i = 0; i < 2; i++) {
        in[setup->node.input_count + i] = setup->operands[i];
    }
    void *outs[] = {out};
    const iou_call call = {.params = plan->step.params, .in = in, .out = outs, .scratch = scratch};
    for (size_t i = 0; i < plan->step.task_count; i++) {
        (void)plan->step.run(&call, backwards ? plan->step.task_count - 1 - i : i);
    }
}
