/*
 * ConvInteger, QLinearConv and the integer form of Conv: windows gathered as int16 without their
 * zero point, which makes padding zero, then products with the packed weights. A channel with a
 * filter of its own (depthwise) is summed in place.
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
    DEPTHWISE_PIXELS = 64 /* of a task */
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
    const iou_byte_loops *loops;
    iou_conv_shape shape;
    const int32_t *taps_at; /**< [tap][dimension]: from the first tap, in pixels */
    iou_type image, weights, out;
    float lo, hi;
    iou_type bias;                  /**< int32, or float32 of what is quantized; undefined: none */
    bool own_zeros, own_scales;     /**< zero points, scales of each output channel */
    size_t taps, channels, columns; /**< of a group */
    size_t pixels, rows, row_tasks; /**< of the batch; of a task; tasks of a group */
    const char *packed;             /**< NULL: tasks pack */
    size_t group_size;              /**< bytes of a group's packed weights */
    size_t panel_at, rescale_at;    /**< in the scratch */
    bool direct;                    /**< windows are pixels as they are */
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
    infer->out[0].type = iou_fact_in(infer, q->out_scale) == NULL ? IOU_FLOAT
                         : zero == NULL                           ? IOU_UINT8
                                                                  : zero->type;
    return infer_shape(infer, q);
}

/* ---- Where sums go ------------------------------------------------------------------------- */

typedef struct conv_sink {
    const conv_params *p;
    char *out; /**< of the task's first pixel, at its first channel */
    iou_quantize_row quantize;
    iou_rescale_row columns;
} conv_sink;

/** A zero point of the call; absent: 0. */
static int32_t zero_of(const conv_params *p, const iou_call *call, int input, iou_type type) {
    const bool given = input < p->node->input_count && p->node->inputs[input] != IOU_NO_VALUE;
    return given ? iou_integer_read(type, call->in[input], 0) : 0;
}

/** What becomes of the sums of output channels [first, first + n), in the scratch. */
static iou_status read_columns(const conv_params *p, const iou_call *call, size_t first, size_t n,
                               float image_scale, float out_scale, iou_rescale_row *columns) {
    const iou_rescale_input weights = {p->inputs->right_scale, IOU_FLOAT};
    const void *bias = p->bias == IOU_TYPE_UNDEFINED ? NULL : call->in[p->inputs->bias];
    float *factors = (float *)(void *)((char *)call->scratch + p->rescale_at);
    float *offsets = factors + n;
    int32_t *biases = (int32_t *)(void *)(offsets + n);
    for (size_t i = 0; i < n; i++) {
        float scale;
        IOU_TRY(iou_rescale_read(call, weights, p->own_scales ? first + i : 0, &scale));
        factors[i] = image_scale * scale / out_scale;
        offsets[i] = p->bias == IOU_FLOAT ? ((const float *)bias)[first + i] / out_scale : 0.0f;
        biases[i] = p->bias == IOU_INT32 ? ((const int32_t *)bias)[first + i] : 0;
    }
    *columns = (iou_rescale_row){biases, factors, offsets};
    return IOU_OK;
}

static iou_status make_sink(const conv_params *p, const iou_call *call, size_t row, size_t first,
                            size_t n, conv_sink *sink) {
    const iou_quantized_inputs *q = p->inputs;
    const size_t at = row * (size_t)p->shape.out_channels + first;
    *sink = (conv_sink){.p = p, .out = (char *)call->out[0] + at * iou_type_size(p->out)};
    if (p->out == IOU_INT32) {
        return IOU_OK;
    }
    const iou_rescale_input image = {q->left_scale, IOU_FLOAT}, out = {q->out_scale, IOU_FLOAT};
    float image_scale, out_scale = 1.0f;
    IOU_TRY(iou_rescale_read(call, image, 0, &image_scale));
    if (p->out != IOU_FLOAT) {
        IOU_TRY(iou_rescale_read(call, out, 0, &out_scale));
    }
    IOU_TRY(read_columns(p, call, first, n, image_scale, out_scale, &sink->columns));
    const int32_t zero = zero_of(p, call, q->out_zero, p->out);
    sink->quantize = iou_quantize_limits(p->out, out_scale, zero, p->lo, p->hi);
    return IOU_OK;
}

static void store(const void *context, size_t row, size_t column, size_t columns,
                  const int32_t *sums) {
    const conv_sink *s = context;
    const size_t at = row * (size_t)s->p->shape.out_channels + column;
    if (s->p->out == IOU_INT32) {
        memcpy((int32_t *)(void *)s->out + at, sums, columns * sizeof *sums);
        return;
    }
    const iou_rescale_row from = {s->columns.biases + column, s->columns.factors + column,
                                  s->columns.offsets + column};
    if (s->p->out == IOU_FLOAT) {
        s->p->loops->dequantize_sums(&from, sums, (float *)(void *)s->out + at, columns);
    } else {
        s->p->loops->requantize(&s->quantize, &from, sums, (uint8_t *)s->out + at, columns);
    }
}

/* ---- Run ----------------------------------------------------------------------------------- */

/** An output pixel: its picture, and where the first tap of its window is in it. */
typedef struct conv_window {
    int64_t picture, at[IOU_CONV_SPATIAL];
} conv_window;

static conv_window window_of(const iou_conv_shape *s, size_t row) {
    conv_window window;
    int64_t rest = (int64_t)row;
    for (int i = IOU_CONV_SPATIAL - 1; i >= 0; i--) {
        window.at[i] = rest % s->out[i] * s->stride[i] - s->pad[i];
        rest /= s->out[i];
    }
    window.picture = rest;
    return window;
}

/** Which pixel of the image is under a tap; -1: padding. */
static int64_t pixel_under(const conv_params *p, const conv_window *window, size_t tap) {
    const int64_t *in = p->shape.in;
    const int32_t *offset = p->taps_at + tap * IOU_CONV_SPATIAL;
    const int64_t z = window->at[0] + offset[0], y = window->at[1] + offset[1];
    const int64_t x = window->at[2] + offset[2];
    if (z < 0 || z >= in[0] || y < 0 || y >= in[1] || x < 0 || x >= in[2]) {
        return -1;
    }
    return ((window->picture * in[0] + z) * in[1] + y) * in[2] + x;
}

static const void *weight_zeros(const conv_params *p, const iou_call *call) {
    const int input = p->inputs->right_zero;
    const bool given = input < p->node->input_count && p->node->inputs[input] != IOU_NO_VALUE;
    return given ? call->in[input] : NULL;
}

/** Makes a row of the window of an output pixel in one group. */
static void gather(const conv_params *p, const iou_call *call, const iou_integer_left *left,
                   size_t row, size_t group, char *to) {
    const conv_window window = window_of(&p->shape, row);
    const char *image = (const char *)call->in[p->inputs->left] + group * p->channels;
    for (size_t tap = 0; tap < p->taps; tap++) {
        const int64_t pixel = pixel_under(p, &window, tap);
        to = pixel < 0
                 ? iou_integer_pad(left, p->channels, to)
                 : iou_integer_take(left, image + (size_t)pixel * (size_t)p->shape.in_channels,
                                    p->channels, to);
    }
    iou_integer_end_row(left, p->taps * p->channels, to);
}

static iou_integer_right right_of(const conv_params *p, const void *weights, const void *zeros,
                                  size_t group) {
    const size_t depth = p->taps * p->channels, first = group * p->columns;
    return (iou_integer_right){.data = weights ? (const char *)weights + first * depth : NULL,
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
    const iou_integer_left left = {.kernels = p->kernels,
                                   .loops = p->loops,
                                   .type = p->image,
                                   .zero = zero_of(p, call, p->inputs->left_zero, p->image)};
    size_t stride = iou_integer_row_size(p->kernels, p->taps * p->channels);
    const char *values = call->scratch;
    if (p->direct) {
        stride = (size_t)p->shape.in_channels;
        values = (const char *)call->in[p->inputs->left] + row * stride + group * p->channels;
    } else {
        for (size_t i = 0; i < rows; i++) {
            gather(p, call, &left, row + i, group, (char *)call->scratch + i * stride);
        }
    }
    conv_sink sink;
    IOU_TRY(make_sink(p, call, row, group * p->columns, p->columns, &sink));
    const iou_integer_right right =
        right_of(p, call->in[p->inputs->right], weight_zeros(p, call), group);
    iou_integer_multiply(&left, values, stride, rows, &right,
                         p->packed ? p->packed + group * p->group_size : NULL,
                         (char *)call->scratch + p->panel_at, &(iou_integer_sink){store, &sink});
    return IOU_OK;
}

static size_t tap_pairs(const conv_params *p) {
    return iou_divide_up(p->taps, 2);
}

/** Packs filters of one channel each: their sums, then [pair of taps][channel][2]. */
static void pack_depthwise(const conv_params *p, const void *weights, const void *zeros,
                           int32_t *totals) {
    const size_t channels = (size_t)p->shape.out_channels;
    int16_t *to = (int16_t *)(void *)(totals + channels);
    memset(totals, 0, channels * sizeof *totals);
    for (size_t i = 0; i < tap_pairs(p) * channels * 2; i++) {
        const size_t tap = i / (2 * channels) * 2 + i % 2, m = i / 2 % channels;
        const int32_t weight = tap < p->taps
                                   ? iou_integer_read(p->weights, weights, m * p->taps + tap) -
                                         iou_integer_read(p->weights, zeros, p->own_zeros ? m : 0)
                                   : 0;
        to[i] = (int16_t)weight;
        totals[m] += weight;
    }
}

/** What a depthwise task has in the scratch behind the pixels of a window. */
typedef struct depthwise_parts {
    int32_t *starts; /**< what zero points come to in each channel's sum */
    int32_t *sums;
    char *padding; /**< a pixel of zero points */
} depthwise_parts;

static depthwise_parts depthwise_parts_of(const conv_params *p, const iou_call *call) {
    const size_t channels = (size_t)p->shape.out_channels;
    int32_t *starts =
        (int32_t *)(void *)((char *)call->scratch + 2 * tap_pairs(p) * sizeof(void *));
    return (depthwise_parts){starts, starts + channels, (char *)(starts + 2 * channels)};
}

/** Bytes of pixels and parts. */
static size_t depthwise_scratch(const conv_params *p) {
    const size_t each = 2 * sizeof(int32_t) + 1;
    const size_t parts = iou_size_times((size_t)p->shape.out_channels, each);
    return parts > SIZE_MAX / 2 ? SIZE_MAX : 2 * tap_pairs(p) * sizeof(void *) + parts;
}

static void point_window(const conv_params *p, const char *image, const char *padding, size_t row,
                         const void **pixels) {
    const conv_window at = window_of(&p->shape, row);
    for (size_t tap = 0; tap < 2 * tap_pairs(p); tap++) {
        const int64_t pixel = tap < p->taps ? pixel_under(p, &at, tap) : -1;
        pixels[tap] = pixel < 0 ? padding : image + (size_t)pixel * (size_t)p->shape.in_channels;
    }
}

static iou_status run_depthwise(const iou_call *call, size_t task) {
    const conv_params *p = call->params;
    const size_t channels = (size_t)p->shape.out_channels, row = task * p->rows;
    const size_t rows = iou_size_min(p->rows, p->pixels - row);
    const depthwise_parts parts = depthwise_parts_of(p, call);
    const int32_t *totals = (const int32_t *)(const void *)p->packed;
    if (totals == NULL) {
        int32_t *packed = (int32_t *)(void *)((char *)call->scratch + p->panel_at);
        pack_depthwise(p, call->in[p->inputs->right], weight_zeros(p, call), packed);
        totals = packed;
    }
    const int32_t zero = zero_of(p, call, p->inputs->left_zero, p->image);
    memset(parts.padding, zero, channels);
    for (size_t m = 0; m < channels; m++) {
        parts.starts[m] = -zero * totals[m];
    }
    const iou_depthwise_bytes window = {.pixels = call->scratch,
                                        .weights = (const int16_t *)(totals + channels),
                                        .starts = parts.starts,
                                        .pairs = tap_pairs(p),
                                        .stride = 2 * channels,
                                        .channels = channels,
                                        .sums = parts.sums};
    conv_sink sink;
    IOU_TRY(make_sink(p, call, row, 0, channels, &sink));
    for (size_t i = 0; i < rows; i++) {
        point_window(p, call->in[p->inputs->left], parts.padding, row + i, call->scratch);
        if (p->image == IOU_INT8) {
            p->loops->depthwise_i8(&window);
        } else {
            p->loops->depthwise_u8(&window);
        }
        store(&sink, i, 0, channels, parts.sums);
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
                         (char *)memory + group * p->group_size);
    }
}

static void pack_filters(const void *context, void *memory, size_t first, size_t count) {
    const conv_packing *packing = context;
    (void)first;
    (void)count;
    pack_depthwise(packing->p, packing->weights, packing->zeros, memory);
}

/** Constant weights, whose zero points are constants too. */
static bool find_packing(const iou_prepare *prepare, const conv_params *p, conv_packing *packing) {
    const iou_operand *weights = prepare->in[p->inputs->right];
    const iou_operand *zero = iou_operand_in(prepare, p->inputs->right_zero);
    *packing = (conv_packing){p, weights->constant, zero ? zero->constant : NULL};
    return weights->constant != NULL && (zero == NULL || zero->constant != NULL);
}

/** Kernels of bytes, where all groups' weights fit them. */
static void choose_kernels(const iou_prepare *prepare, conv_params *p,
                           const conv_packing *packing) {
    bool fits = iou_integer_choose(prepare->isa, true)->bytes;
    for (size_t group = 0; group < (size_t)p->shape.group && fits; group++) {
        const iou_integer_right right = right_of(p, packing->weights, packing->zeros, group);
        fits = iou_integer_fits(&right);
    }
    p->kernels = iou_integer_choose(prepare->isa, fits);
}

enum { PACKED_PANELS = 0, PACKED_FILTERS = 1 /* kinds of packing */ };

/** Nodes that share weights and zero points share what is packed of them. */
static iou_status prepare_packed(const iou_prepare *prepare, conv_params *p,
                                 const conv_packing *packing) {
    const iou_packing key = {
        .of = packing->weights,
        .with = packing->zeros,
        .kind = p->depthwise ? PACKED_FILTERS : 2 + 2 * p->shape.group + p->kernels->bytes,
        .size = iou_size_times(p->group_size, p->depthwise ? 1 : (size_t)p->shape.group),
        .units = p->depthwise ? 1 : (size_t)p->shape.group};
    if (key.size > SIZE_MAX / 2) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "the weights are too large to pack");
    }
    const void *memory;
    IOU_TRY(
        iou_prepare_weights(prepare, &key, p->depthwise ? pack_filters : pack, packing, &memory));
    p->packed = memory;
    prepare->step->packed = 1u << p->inputs->right;
    return IOU_OK;
}

/** Lays out the scratch: rows, a panel of weights that are no constants, what becomes of sums. */
static iou_status prepare_scratch(const iou_prepare *prepare, conv_params *p, size_t rows,
                                  size_t panel, size_t columns) {
    const size_t rescale = iou_size_times(columns, 3 * sizeof(float));
    if (rows > SIZE_MAX / 8 || panel > SIZE_MAX / 8 || rescale > SIZE_MAX / 8) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "its windows are too large");
    }
    p->panel_at = iou_divide_up(rows, 64) * 64;
    p->rescale_at = p->panel_at + iou_divide_up(panel, 64) * 64;
    prepare->step->scratch_size = p->rescale_at + rescale;
    return IOU_OK;
}

/** Whether every window is one pixel, and each has its own. */
static bool has_pixels(const iou_conv_shape *s) {
    bool same = true;
    for (int i = 0; i < IOU_CONV_SPATIAL; i++) {
        same = same && s->kernel[i] == 1 && s->stride[i] == 1 && s->pad[i] == 0 &&
               s->in[i] == s->out[i];
    }
    return same;
}

/** Cuts the output into rows of pixels, by groups. */
static iou_status prepare_product(const iou_prepare *prepare, conv_params *p) {
    const size_t depth = p->taps * p->channels;
    conv_packing packing;
    const bool constant = find_packing(prepare, p, &packing);
    if (constant) {
        choose_kernels(prepare, p, &packing);
    }
    const size_t panel = iou_integer_panel_size(p->kernels, depth);
    const iou_integer_left left = {.kernels = p->kernels, .type = p->image};
    p->group_size = iou_size_times(panel, iou_integer_panels(p->kernels, p->columns));
    p->direct = has_pixels(&p->shape) && iou_integer_is_row(&left, depth);
    if (constant) {
        IOU_TRY(prepare_packed(prepare, p, &packing));
    }
    const size_t bytes = iou_integer_row_size(p->kernels, depth);
    const size_t rows = iou_size_max(p->kernels->rows, TASK_BYTES / iou_size_max(1, bytes));
    p->rows = iou_size_min(iou_size_min(rows, MOST_TASK_ROWS), p->pixels);
    p->row_tasks = iou_divide_up(p->pixels, p->rows);
    prepare->step->run = run_product;
    prepare->step->task_count = p->row_tasks * (size_t)p->shape.group;
    prepare->step->algorithm = "integer product";
    prepare->step->isa = iou_isa_name(p->kernels->isa);
    return prepare_scratch(prepare, p, p->direct ? 0 : iou_size_times(p->rows, bytes),
                           p->packed ? 0 : panel, p->columns);
}

static iou_status prepare_depthwise(const iou_prepare *prepare, conv_params *p) {
    conv_packing packing;
    p->rows = DEPTHWISE_PIXELS;
    p->group_size = iou_size_times(tap_pairs(p) * 2 * sizeof(int16_t) + sizeof(int32_t),
                                   (size_t)p->shape.out_channels);
    if (find_packing(prepare, p, &packing)) {
        IOU_TRY(prepare_packed(prepare, p, &packing));
    }
    prepare->step->run = run_depthwise;
    prepare->step->task_count = iou_divide_up(p->pixels, p->rows);
    prepare->step->algorithm = "depthwise";
    prepare->step->isa = iou_isa_name(p->loops->isa);
    return prepare_scratch(prepare, p, depthwise_scratch(p), p->packed ? 0 : p->group_size,
                           (size_t)p->shape.out_channels);
}

/** Where the taps of a window are, from the first on. */
static iou_status prepare_taps(const iou_prepare *prepare, conv_params *p) {
    const iou_conv_shape *s = &p->shape;
    int32_t *at = iou_prepare_alloc(prepare, p->taps * IOU_CONV_SPATIAL * sizeof *at);
    if (at == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->taps_at = at;
    for (size_t tap = 0; tap < p->taps; tap++) {
        int64_t k = (int64_t)tap;
        for (int i = IOU_CONV_SPATIAL - 1; i >= 0; i--) {
            at[tap * IOU_CONV_SPATIAL + (size_t)i] = (int32_t)(k % s->kernel[i] * s->dilation[i]);
            k /= s->kernel[i];
        }
    }
    return IOU_OK;
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
    p->kernels = iou_integer_choose(prepare->isa, false);
    p->loops = iou_byte_loops_choose(prepare->isa);
    p->image = prepare->in[q->left]->type;
    p->weights = prepare->in[q->right]->type;
    p->out = prepare->out[0].type;
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
    IOU_TRY(prepare_taps(prepare, p));
    return p->depthwise ? prepare_depthwise(prepare, p) : prepare_product(prepare, p);
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
    const iou_quantized_operand none = {IOU_NO_VALUE, IOU_NO_VALUE, IOU_NO_VALUE};
    const iou_quantized_operand y =
        query->quantizer == NULL ? none : iou_quantized_operand_of(query->quantizer);
    int bias;
    *accepted = query->dequantizers[0] != NULL && query->dequantizers[1] != NULL &&
                has_whole_weights(query->facts, query->dequantizers[1]) &&
                (query->quantizer == NULL || iou_is_quantized_whole(query->facts, &y));
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
