/*
 * ConvInteger, QLinearConv and the integer form of Conv: windows gathered as int16 without their zero point, which makes
 * padding zero, then products with the packed weights. A channel with a filter of its own
 * (depthwise) is summed in place.
 */
#include "ops/quantize/integer_conv.h"

#include "ops/conv/conv.h"
#include "ops/integer_form.h"
#include "ops/quantize/integer_product.h"
#include "ops/quantize/quantization.h"
#include "ops/quantize/rescale.h"

#include <math.h>
#include <string.h>

enum {
    TASK_BYTES = 1 << 17, /* of gathered windows */
    MOST_TASK_ROWS = 64,
    DEPTHWISE_PIXELS = 64, /* of a task */
    AT_ONCE = 64           /* channels of a depthwise sum */
};

/** Of the integer form, which Conv's come first. */
typedef struct form_attributes {
    iou_conv_attributes conv;
    float lo, hi; /**< limits of what is quantized */
} form_attributes;

typedef struct conv_params {
    const iou_node *node;
    const iou_quantized_inputs *inputs;
    const iou_integer_kernels *kernels;
    iou_conv_shape shape;
    iou_type image, weights, out;
    iou_span span;
    float lo, hi;
    iou_type bias;              /**< int32, or float32 of what is quantized; undefined: none */
    bool own_zeros, own_scales; /**< zero points, scales of each output channel */
    size_t taps, channels, columns;     /**< of a group */
    size_t pixels, rows, row_tasks;     /**< of the batch; of a task; tasks of a group */
    const int16_t *packed;              /**< NULL: tasks pack */
    size_t group_size;                  /**< int16 numbers of a group's packed weights */
    size_t panel_at;                    /**< in the scratch */
    bool depthwise;
} conv_params;

/* ---- Infer --------------------------------------------------------------------------------- */

static const iou_fact *absent_or(const iou_infer *infer, int input) {
    return input < 0 ? NULL : iou_fact_in(infer, input);
}

/** Shapes, as of a Conv of the same image, weights and bias. */
static iou_status infer_shape(const iou_infer *infer, const iou_quantized_inputs *q) {
    const iou_fact *in[] = {infer->in[q->left], infer->in[q->right], absent_or(infer, q->bias)};
    iou_node node = *infer->node;
    iou_infer inner = *infer;
    node.input_count = 3;
    inner.node = &node;
    inner.in = in;
    return iou_conv_infer_shape(&inner);
}

static iou_status conv_infer(const iou_infer *infer, const iou_quantized_inputs *q) {
    IOU_TRY(iou_quantized_check_types(infer, q, iou_types_f32));
    IOU_TRY(infer_shape(infer, q));
    const iou_fact *weights = infer->in[q->right];
    const iou_dim columns = weights->rank > 0 ? weights->dims[0] : iou_dim_unknown();
    IOU_TRY(iou_quantized_check_count(infer, q->left_scale, NULL));
    IOU_TRY(iou_quantized_check_count(infer, q->left_zero, NULL));
    IOU_TRY(iou_quantized_check_count(infer, q->right_scale, &columns));
    IOU_TRY(iou_quantized_check_count(infer, q->right_zero, &columns));
    IOU_TRY(iou_quantized_check_count(infer, q->out_scale, NULL));
    return iou_quantized_check_count(infer, q->out_zero, NULL);
}

static iou_status integer_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, 4, 1));
    return conv_infer(infer, &iou_quantized_integer);
}

static iou_status linear_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 8, 9, 1));
    return conv_infer(infer, &iou_quantized_linear);
}

/* Whose operands have been looked at when it was made. */
static iou_status form_infer(const iou_infer *infer) {
    const iou_quantized_inputs *q = &iou_quantized_linear;
    const iou_fact *zero = iou_fact_in(infer, q->out_zero);
    infer->out[0].type = zero == NULL ? IOU_UINT8 : zero->type;
    return infer_shape(infer, q);
}

/* ---- Where sums go ------------------------------------------------------------------------- */

typedef struct conv_sink {
    const conv_params *p;
    const iou_call *call;
    size_t row, column; /**< of the whole output: the task's first */
    float image_scale, out_scale;
    iou_quantize_row quantize;
} conv_sink;

/** A zero point of the call; absent: 0. */
static int32_t zero_of(const conv_params *p, const iou_call *call, int input, iou_type type) {
    const bool given = input < p->node->input_count && p->node->inputs[input] != IOU_NO_VALUE;
    return given ? iou_integer_read(type, call->in[input], 0) : 0;
}

/** What a limit is quantized to: rounding keeps the order of numbers. */
static float limit_of(float limit, float scale, int32_t zero, iou_span span) {
    const float whole = nearbyintf(limit / scale) + (float)zero;
    return fminf(fmaxf(whole, (float)span.least), (float)span.most);
}

static iou_status make_sink(const conv_params *p, const iou_call *call, conv_sink *sink) {
    const iou_quantized_inputs *q = p->inputs;
    *sink = (conv_sink){.p = p, .call = call};
    if (q->out_scale < 0) {
        return IOU_OK;
    }
    const iou_rescale_input image = {q->left_scale, IOU_FLOAT}, out = {q->out_scale, IOU_FLOAT};
    const iou_rescale_input weights = {q->right_scale, IOU_FLOAT};
    IOU_TRY(iou_rescale_read(p->node, call, image, 0, &sink->image_scale));
    IOU_TRY(iou_rescale_read(p->node, call, out, 0, &sink->out_scale));
    for (size_t m = 0; m < (p->own_scales ? (size_t)p->shape.out_channels : 1); m++) {
        float ignored;
        IOU_TRY(iou_rescale_read(p->node, call, weights, m, &ignored));
    }
    const int32_t zero = zero_of(p, call, q->out_zero, p->out);
    sink->quantize = (iou_quantize_row){
        .zero = zero,
        .least = (int32_t)limit_of(p->lo, sink->out_scale, zero, p->span),
        .most = (int32_t)limit_of(p->hi, sink->out_scale, zero, p->span)};
    return IOU_OK;
}

static void store(const void *context, size_t row, size_t column, size_t columns,
                  const int32_t *sums) {
    const conv_sink *s = context;
    const conv_params *p = s->p;
    const size_t channel = s->column + column;
    const size_t at = (s->row + row) * (size_t)p->shape.out_channels + channel;
    if (p->inputs->out_scale < 0) {
        memcpy((int32_t *)s->call->out[0] + at, sums, columns * sizeof *sums);
        return;
    }
    const float *scales = s->call->in[p->inputs->right_scale];
    const void *bias = p->bias == IOU_TYPE_UNDEFINED ? NULL : s->call->in[p->inputs->bias];
    float factors[AT_ONCE];
    for (size_t i = 0; i < columns; i++) {
        const float scale = scales[p->own_scales ? channel + i : 0];
        factors[i] = s->image_scale * scale / s->out_scale;
    }
    uint8_t *out = (uint8_t *)s->call->out[0] + at;
    if (p->bias == IOU_FLOAT) {
        float offsets[AT_ONCE];
        for (size_t i = 0; i < columns; i++) {
            offsets[i] = ((const float *)bias)[channel + i] / s->out_scale;
        }
        iou_requantize_moved_bytes(&s->quantize, sums, factors, offsets, out, columns);
        return;
    }
    int32_t biased[AT_ONCE];
    for (size_t i = 0; i < columns; i++) {
        const int32_t added = bias == NULL ? 0 : ((const int32_t *)bias)[channel + i];
        biased[i] = (int32_t)((uint32_t)sums[i] + (uint32_t)added);
    }
    iou_requantize_bytes(&s->quantize, biased, factors, out, columns);
}

/* ---- Run ----------------------------------------------------------------------------------- */

/** Which pixel of the image is under tap `tap` of output pixel `row`; -1: padding. */
static int64_t pixel_under(const iou_conv_shape *s, size_t row, size_t tap) {
    int64_t rest = (int64_t)row, k = (int64_t)tap, pixel = 0, stride = 1;
    for (int i = IOU_CONV_SPATIAL - 1; i >= 0; i--) {
        const int64_t at = rest % s->out[i] * s->stride[i] - s->pad[i] +
                           k % s->kernel[i] * s->dilation[i];
        rest /= s->out[i];
        k /= s->kernel[i];
        if (at < 0 || at >= s->in[i]) {
            return -1;
        }
        pixel += at * stride;
        stride *= s->in[i];
    }
    return rest * stride + pixel;
}

static const void *weight_zeros(const conv_params *p, const iou_call *call) {
    const int input = p->inputs->right_zero;
    const bool given = input < p->node->input_count && p->node->inputs[input] != IOU_NO_VALUE;
    return given ? call->in[input] : NULL;
}

/** The window of one output pixel in one group. */
static void gather(const conv_params *p, const iou_call *call, size_t row, size_t group,
                   int32_t zero, int16_t *to) {
    const iou_conv_shape *s = &p->shape;
    const char *image = call->in[p->inputs->left];
    to[2 * iou_integer_pairs(p->taps * p->channels) - 1] = 0;
    for (size_t tap = 0; tap < p->taps; tap++) {
        const int64_t pixel = pixel_under(s, row, tap);
        if (pixel < 0) {
            memset(to, 0, p->channels * sizeof *to);
        } else {
            iou_integer_widen(p->image,
                              image + (size_t)pixel * (size_t)s->in_channels + group * p->channels,
                              p->channels, zero, to);
        }
        to += p->channels;
    }
}

static iou_integer_right right_of(const conv_params *p, const void *weights, const void *zeros,
                                  size_t group) {
    const size_t depth = p->taps * p->channels, first = group * p->columns;
    return (iou_integer_right){
        .data = weights ? (const char *)weights + first * depth : NULL,
        .zeros = zeros && p->own_zeros ? (const char *)zeros + first : zeros,
        .type = p->weights,
        .zero_step = p->own_zeros,
        .depth = depth,
        .columns = p->columns,
        .column_stride = depth,
        .inner = p->channels,
        .inner_stride = p->taps,
        .outer_stride = 1};
}

static iou_status run_product(const iou_call *call, size_t task) {
    const conv_params *p = call->params;
    const size_t group = task / p->row_tasks, row = task % p->row_tasks * p->rows;
    const size_t rows = iou_size_min(p->rows, p->pixels - row);
    const size_t width = 2 * iou_integer_pairs(p->taps * p->channels);
    const int32_t zero = zero_of(p, call, p->inputs->left_zero, p->image);
    int16_t *left = call->scratch;
    for (size_t i = 0; i < rows; i++) {
        gather(p, call, row + i, group, zero, left + i * width);
    }
    conv_sink sink;
    IOU_TRY(make_sink(p, call, &sink));
    sink.row = row;
    sink.column = group * p->columns;
    const iou_integer_right right =
        right_of(p, call->in[p->inputs->right], weight_zeros(p, call), group);
    iou_integer_multiply(p->kernels, left, rows, &right,
                         p->packed ? p->packed + group * p->group_size : NULL,
                         (int16_t *)(void *)((char *)call->scratch + p->panel_at),
                         &(iou_integer_sink){store, &sink});
    return IOU_OK;
}

/** Adds a tap's products for channels [first, first + n). */
static void add_tap(const conv_params *p, const iou_call *call, int64_t pixel, size_t tap,
                    int32_t zero, size_t first, size_t n, int32_t *sums) {
    const char *image = (const char *)call->in[p->inputs->left] +
                        (size_t)pixel * (size_t)p->shape.in_channels + first;
    const void *weights = call->in[p->inputs->right], *zeros = weight_zeros(p, call);
    for (size_t i = 0; i < n; i++) {
        const size_t m = first + i;
        const int32_t weight = iou_integer_read(p->weights, weights, m * p->taps + tap) -
                               iou_integer_read(p->weights, zeros, p->own_zeros ? m : 0);
        const int32_t x = iou_integer_read(p->image, image, i) - zero;
        sums[i] = (int32_t)((uint32_t)sums[i] + (uint32_t)(x * weight));
    }
}

static iou_status run_depthwise(const iou_call *call, size_t task) {
    const conv_params *p = call->params;
    const size_t channels = (size_t)p->shape.out_channels, row = task * p->rows;
    const size_t rows = iou_size_min(p->rows, p->pixels - row);
    const int32_t zero = zero_of(p, call, p->inputs->left_zero, p->image);
    conv_sink sink;
    IOU_TRY(make_sink(p, call, &sink));
    for (size_t i = row; i < row + rows; i++) {
        for (size_t first = 0; first < channels; first += AT_ONCE) {
            const size_t n = iou_size_min(AT_ONCE, channels - first);
            int32_t sums[AT_ONCE] = {0};
            for (size_t tap = 0; tap < p->taps; tap++) {
                const int64_t pixel = pixel_under(&p->shape, i, tap);
                if (pixel >= 0) {
                    add_tap(p, call, pixel, tap, zero, first, n, sums);
                }
            }
            store(&sink, i, first, n, sums);
        }
    }
    return IOU_OK;
}

/* ---- Prepare ------------------------------------------------------------------------------- */

typedef struct conv_packing {
    const conv_params *p;
    const void *weights, *zeros;
} conv_packing;

static void pack(const void *context, void *memory, size_t first, size_t count) {
    const conv_packing *packing = context;
    const conv_params *p = packing->p;
    for (size_t group = first; group < first + count; group++) {
        const iou_integer_right right = right_of(p, packing->weights, packing->zeros, group);
        iou_integer_pack(p->kernels, &right, 0, iou_integer_panels(p->kernels, p->columns),
                         (int16_t *)memory + group * p->group_size);
    }
}

static iou_status prepare_packed(const iou_prepare *prepare, conv_params *p) {
    const iou_operand *weights = prepare->in[p->inputs->right];
    const iou_operand *zero = iou_operand_in(prepare, p->inputs->right_zero);
    if (weights->constant == NULL || (zero != NULL && zero->constant == NULL)) {
        return IOU_OK;
    }
    const conv_packing packing = {p, weights->constant, zero ? zero->constant : NULL};
    const iou_packing key = {
        .of = prepare->node,
        .size = iou_size_times(iou_size_times(p->group_size, sizeof(int16_t)),
                               (size_t)p->shape.group),
        .units = (size_t)p->shape.group};
    if (key.size > SIZE_MAX / 2) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "the weights are too large to pack");
    }
    const void *memory;
    IOU_TRY(iou_prepare_weights(prepare, &key, pack, &packing, &memory));
    p->packed = memory;
    prepare->step->packed = 1u << p->inputs->right;
    return IOU_OK;
}

/** Cuts the output into rows of pixels, by groups. */
static iou_status prepare_product(const iou_prepare *prepare, conv_params *p) {
    const size_t depth = p->taps * p->channels;
    const size_t bytes = iou_size_times(iou_integer_pairs(depth), 2 * sizeof(int16_t));
    const size_t rows = iou_size_max(p->kernels->rows, TASK_BYTES / iou_size_max(1, bytes));
    p->rows = iou_size_min(iou_size_min(rows, MOST_TASK_ROWS), p->pixels);
    p->row_tasks = iou_divide_up(p->pixels, p->rows);
    p->group_size = iou_size_times(iou_integer_panel_size(p->kernels, depth),
                                   iou_integer_panels(p->kernels, p->columns));
    IOU_TRY(prepare_packed(prepare, p));
    const size_t left = iou_size_times(p->rows, bytes);
    const size_t panel =
        p->packed ? 0 : iou_size_times(iou_integer_panel_size(p->kernels, depth), sizeof(int16_t));
    if (left > SIZE_MAX / 4 || panel > SIZE_MAX / 4) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "its windows are too large");
    }
    p->panel_at = iou_divide_up(left, 64) * 64;
    prepare->step->scratch_size = p->panel_at + panel;
    prepare->step->run = run_product;
    prepare->step->task_count = p->row_tasks * (size_t)p->shape.group;
    prepare->step->algorithm = "integer product";
    prepare->step->isa = iou_isa_name(p->kernels->isa);
    return IOU_OK;
}

static void prepare_depthwise(const iou_prepare *prepare, conv_params *p) {
    p->rows = DEPTHWISE_PIXELS;
    prepare->step->run = run_depthwise;
    prepare->step->task_count = iou_divide_up(p->pixels, p->rows);
    prepare->step->algorithm = "depthwise";
}

/** The numbers of a Conv of the same image and weights. */
static iou_status read_shape(const iou_prepare *prepare, const iou_quantized_inputs *q,
                             iou_conv_shape *shape) {
    const iou_operand *in[] = {prepare->in[q->left], prepare->in[q->right]};
    iou_prepare inner = *prepare;
    inner.in = in;
    return iou_conv_shape_read(shape, &inner);
}

static bool has_several(const iou_prepare *prepare, int input) {
    const iou_operand *x = input < 0 ? NULL : iou_operand_in(prepare, input);
    return x != NULL && x->count > 1;
}

static iou_status conv_prepare(const iou_prepare *prepare, const iou_quantized_inputs *q) {
    conv_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    IOU_TRY(read_shape(prepare, q, &p->shape));
    const iou_conv_shape *s = &p->shape;
    p->node = prepare->node;
    p->inputs = q;
    p->kernels = iou_integer_choose(prepare->isa);
    p->image = prepare->in[q->left]->type;
    p->weights = prepare->in[q->right]->type;
    p->out = prepare->out[0].type;
    (void)iou_span_of(p->out, &p->span);
    const iou_operand *bias = q->bias < 0 ? NULL : iou_operand_in(prepare, q->bias);
    p->bias = bias == NULL ? IOU_TYPE_UNDEFINED : bias->type;
    p->lo = -INFINITY;
    p->hi = INFINITY;
    if (prepare->node->op == &iou_op_integer_conv) {
        const form_attributes *a = prepare->node->attributes;
        p->lo = a->lo;
        p->hi = a->hi;
    }
    p->own_zeros = has_several(prepare, q->right_zero);
    p->own_scales = has_several(prepare, q->right_scale);
    const int scales[] = {q->left_scale, q->right_scale, q->out_scale};
    for (int i = 0; i < 3 && q->out_scale >= 0; i++) {
        IOU_TRY(iou_scales_prepare(prepare, scales[i]));
    }
    *prepare->step = (iou_step){.run = iou_run_nothing,
                                .params = p,
                                .task_count = 1,
                                .algorithm = "plain",
                                .isa = "scalar"};
    if (prepare->out[0].count == 0) {
        return IOU_OK;
    }
    p->taps = (size_t)(s->kernel[0] * s->kernel[1] * s->kernel[2]);
    p->channels = (size_t)(s->in_channels / s->group);
    p->columns = (size_t)(s->out_channels / s->group);
    p->pixels = (size_t)(s->batch * s->out[0] * s->out[1] * s->out[2]);
    p->depthwise = p->channels == 1 && p->columns == 1;
    prepare->step->flop =
        2.0 * (double)prepare->out[0].count * (double)p->taps * (double)p->channels;
    if (p->depthwise) {
        prepare_depthwise(prepare, p);
        return IOU_OK;
    }
    return prepare_product(prepare, p);
}

static iou_status integer_prepare(const iou_prepare *prepare) {
    return conv_prepare(prepare, &iou_quantized_integer);
}

static iou_status linear_prepare(const iou_prepare *prepare) {
    return conv_prepare(prepare, &iou_quantized_linear);
}

/* ---- The integer form ---------------------------------------------------------------------- */

/** Whether weights are constant bytes of one scale, or one for each filter. */
static bool has_whole_weights(const iou_fact *facts, const iou_node *dequantizer) {
    const iou_quantized_operand w = iou_quantized_operand_of(dequantizer);
    const iou_quantize_attributes *a = dequantizer->attributes;
    const iou_fact *weights = &facts[w.value], *scale = &facts[w.scale];
    const iou_fact *zero = w.zero < 0 ? NULL : &facts[w.zero];
    size_t scales, zeros = 0, filters;
    const bool bytes = weights->type == IOU_INT8 || weights->type == IOU_UINT8;
    if (!bytes || weights->data == NULL || weights->rank < 3 || scale->type != IOU_FLOAT ||
        scale->data == NULL || !iou_fact_count(scale, &scales) ||
        (zero != NULL && (zero->data == NULL || !iou_fact_count(zero, &zeros)))) {
        return false;
    }
    filters = (size_t)weights->dims[0].value;
    const bool first = a->axis == 0 || a->axis == -weights->rank;
    const bool along = scale->rank == 1 && first && a->block == 0 && scales == filters;
    return (scales == 1 && zeros <= 1) || (along && (zero == NULL || zeros == filters));
}

/** Whether a bias was quantized by the product of both scales, so that sums may have it added. */
static bool is_sum_of_products(const iou_integer_query *query) {
    const iou_fact *facts = query->facts;
    const iou_quantized_operand x = iou_quantized_operand_of(query->dequantizers[0]);
    const iou_quantized_operand w = iou_quantized_operand_of(query->dequantizers[1]);
    const iou_quantized_operand b = iou_quantized_operand_of(query->dequantizers[2]);
    size_t count, weights, biases;
    bool fits = facts[b.value].type == IOU_INT32 && facts[b.value].data != NULL &&
                facts[b.scale].type == IOU_FLOAT && facts[b.scale].data != NULL &&
                iou_fact_count(&facts[b.value], &count) &&
                iou_fact_count(&facts[w.scale], &weights) &&
                iou_fact_count(&facts[b.scale], &biases) && (biases == 1 || biases == count) &&
                (weights == 1 || weights == count);
    for (size_t i = 0; fits && i < count; i++) {
        const double expected =
            (double)iou_quantized_scale(facts, &x) *
            iou_read_double(IOU_FLOAT, facts[w.scale].data, weights == 1 ? 0 : i);
        const double found = iou_read_double(IOU_FLOAT, facts[b.scale].data, biases == 1 ? 0 : i);
        fits = fabs(found - expected) <= 1e-6 * expected;
    }
    size_t zeros;
    const iou_fact *zero = b.zero < 0 ? NULL : &facts[b.zero];
    fits = fits && (zero == NULL || (zero->data != NULL && iou_fact_count(zero, &zeros)));
    for (size_t i = 0; fits && zero != NULL && i < zeros; i++) {
        fits = iou_read_int(zero->type, zero->data, i) == 0;
    }
    return fits;
}

/** The value that the form adds: int32 sums, or floats; false where it is neither. */
static bool find_bias(const iou_integer_query *query, int *value) {
    const iou_node *node = query->node;
    *value = node->input_count > 2 ? node->inputs[2] : IOU_NO_VALUE;
    if (*value < 0) {
        return true;
    }
    if (query->dequantizers[2] != NULL && is_sum_of_products(query)) {
        *value = query->dequantizers[2]->inputs[0];
        return true;
    }
    return query->facts[*value].type == IOU_FLOAT;
}

iou_status iou_conv_integer_form(const iou_integer_query *query, iou_node *made, bool *accepted) {
    const iou_quantized_operand y = iou_quantized_operand_of(query->quantizer);
    int bias;
    *accepted = query->dequantizers[0] != NULL && query->dequantizers[1] != NULL &&
                has_whole_weights(query->facts, query->dequantizers[1]) &&
                iou_is_quantized_whole(query->facts, &y);
    if (!*accepted) {
        return IOU_OK;
    }
    const iou_quantized_operand x = iou_quantized_operand_of(query->dequantizers[0]);
    const iou_quantized_operand w = iou_quantized_operand_of(query->dequantizers[1]);
    *accepted = iou_is_quantized_whole(query->facts, &x) && find_bias(query, &bias);
    if (!*accepted) {
        return IOU_OK;
    }
    form_attributes *a = iou_arena_alloc(query->memory, sizeof *a);
    IOU_FAIL_IF(a == NULL, IOU_OUT_OF_MEMORY, query->error, "no memory for the model");
    a->conv = *(const iou_conv_attributes *)query->node->attributes;
    a->lo = query->lo;
    a->hi = query->hi;
    const int inputs[] = {x.value, x.scale, x.zero, w.value, w.scale,
                          w.zero,  y.scale, y.zero, bias};
    return iou_integer_form_make(query, &iou_op_integer_conv, inputs, bias < 0 ? 8 : 9, a, made);
}

static iou_status conv_parse(const iou_parse *parse) {
    return iou_conv_parse(parse, parse->attributes);
}

const iou_op iou_op_conv_integer = {.name = "ConvInteger",
                                    .layout = IOU_LAYOUT_CHANNELS,
                                    .attributes_size = sizeof(iou_conv_attributes),
                                    .parse = conv_parse,
                                    .infer = integer_infer,
                                    .prepare = integer_prepare};
const iou_op iou_op_qlinear_conv = {.name = "QLinearConv",
                                    .layout = IOU_LAYOUT_CHANNELS,
                                    .attributes_size = sizeof(iou_conv_attributes),
                                    .parse = conv_parse,
                                    .infer = linear_infer,
                                    .prepare = linear_prepare};
const iou_op iou_op_integer_conv = {.name = "QLinearConv",
                                    .layout = IOU_LAYOUT_CHANNELS,
                                    .infer = form_infer,
                                    .prepare = linear_prepare};
