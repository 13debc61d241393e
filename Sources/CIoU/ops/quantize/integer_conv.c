/*
 * ConvInteger, QLinearConv and the integer form of Conv: what they are, windows of the image, and
 * the plan.
 */
#include "ops/quantize/integer_conv.h"

#include "ops/quantize/integer_conv_plan.h"
#include "ops/quantize/quantization.h"

#include <math.h>

enum { MOST_TAPS = 1 << 24 };

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

/* ---- Windows ------------------------------------------------------------------------------- */

iou_conv_window iou_conv_window_of(const iou_conv_shape *s, size_t pixel) {
    iou_conv_window window;
    int64_t rest = (int64_t)pixel;
    for (int i = IOU_CONV_SPATIAL - 1; i >= 0; i--) {
        window.at[i] = rest % s->out[i] * s->stride[i] - s->pad[i];
        rest /= s->out[i];
    }
    window.picture = rest;
    return window;
}

int64_t iou_conv_pixel_under(const iou_integer_conv *p, const iou_conv_window *window, size_t tap) {
    const int64_t *in = p->shape.in;
    const int32_t *offset = p->taps_at + tap * IOU_CONV_SPATIAL;
    const int64_t z = window->at[0] + offset[0], y = window->at[1] + offset[1];
    const int64_t x = window->at[2] + offset[2];
    if (z < 0 || z >= in[0] || y < 0 || y >= in[1] || x < 0 || x >= in[2]) {
        return -1;
    }
    return ((window->picture * in[0] + z) * in[1] + y) * in[2] + x;
}

static void point_padding(const char *padding, size_t n, const char **at, size_t step) {
    for (size_t i = 0; i < n; i++) {
        at[i * step] = padding;
    }
}

/** Points at the pixels under one tap of `n` windows of one line of the output, the first of which
 * is `first`; pointers are `step` apart. */
static void point_line(const iou_integer_conv *p, const char *image, const char *padding,
                       const iou_conv_window *first, size_t tap, size_t n, const char **at,
                       size_t step) {
    const iou_conv_shape *s = &p->shape;
    const int32_t *offset = p->taps_at + tap * IOU_CONV_SPATIAL;
    const int64_t z = first->at[0] + offset[0], y = first->at[1] + offset[1];
    if (z < 0 || z >= s->in[0] || y < 0 || y >= s->in[1]) {
        point_padding(padding, n, at, step);
        return;
    }
    const size_t line = (size_t)(((first->picture * s->in[0] + z) * s->in[1] + y) * s->in[2]);
    const size_t width = (size_t)s->in[2], channels = (size_t)s->in_channels;
    size_t x = (size_t)(first->at[2] + offset[2]); /* wraps where it is negative */
    for (size_t i = 0; i < n; i++, x += (size_t)s->stride[2]) {
        at[i * step] = x < width ? image + (line + x) * channels : padding;
    }
}

void iou_conv_point_windows(const iou_integer_conv *p, const char *image, const char *padding,
                            size_t row, size_t rows, const iou_conv_pointers *to) {
    const size_t width = (size_t)p->shape.out[2];
    for (size_t done = 0, n; done < rows; done += n) {
        const iou_conv_window first = iou_conv_window_of(&p->shape, row + done);
        n = iou_size_min(rows - done, width - (row + done) % width);
        for (size_t tap = 0; tap < to->taps; tap++) {
            const char **at = to->at + done * to->row_step + tap * to->tap_step;
            if (tap < p->taps) {
                point_line(p, image, padding, &first, tap, n, at, to->row_step);
            } else {
                point_padding(padding, n, at, to->row_step);
            }
        }
    }
}

int32_t iou_conv_zero(const iou_integer_conv *p, const iou_call *call, int input, iou_type type) {
    const bool given = input < p->node->input_count && p->node->inputs[input] != IOU_NO_VALUE;
    return given ? iou_integer_read(type, call->in[input], 0) : 0;
}

const void *iou_conv_weight_zeros(const iou_integer_conv *p, const iou_call *call) {
    const int input = p->inputs->right_zero;
    const bool given = input < p->node->input_count && p->node->inputs[input] != IOU_NO_VALUE;
    return given ? call->in[input] : NULL;
}

/* ---- Packed weights and the scratch -------------------------------------------------------- */

bool iou_conv_can_pack(const iou_prepare *prepare, const iou_integer_conv *p) {
    const iou_operand *zero = iou_operand_in(prepare, p->inputs->right_zero);
    return prepare->in[p->inputs->right]->constant != NULL &&
           (zero == NULL || zero->constant != NULL);
}

iou_conv_packing iou_conv_packing_of(const iou_prepare *prepare, const iou_integer_conv *p) {
    const iou_operand *zero = iou_operand_in(prepare, p->inputs->right_zero);
    return (iou_conv_packing){p, prepare->in[p->inputs->right]->constant,
                              zero ? zero->constant : NULL};
}

int32_t iou_integer_conv_weight(const iou_conv_packing *from, size_t filter, size_t index) {
    const iou_integer_conv *p = from->p;
    return iou_integer_read(p->weights, from->weights, index) -
           iou_integer_read(p->weights, from->zeros, p->own_zeros ? filter : 0);
}

void iou_conv_cut_panels(const iou_prepare *prepare, iou_integer_conv *p, size_t tasks) {
    const size_t panels = iou_integer_panels(p->kernels, p->columns);
    const size_t wanted = iou_divide_up(IOU_CONV_THREAD_TASKS * prepare->threads, tasks);
    p->panels = iou_divide_up(panels, iou_size_min(panels, wanted));
    p->panel_tasks = iou_divide_up(panels, p->panels);
}

/** A number for a packing of the same constant, which other nodes may take in other shapes. */
static int64_t kind_of(const iou_integer_conv *p, int64_t algorithm) {
    enum { PRIME = 1000003 };
    const uint64_t parts[] = {(uint64_t)p->shape.group, p->taps, p->piece, p->channels, p->columns,
                              p->kernels->bytes};
    uint64_t kind = (uint64_t)algorithm;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        kind = kind * PRIME + parts[i];
    }
    return (int64_t)kind;
}

iou_status iou_conv_pack_weights(const iou_prepare *prepare, iou_integer_conv *p,
                                 iou_packing packing, iou_pack fill) {
    const iou_conv_packing context = iou_conv_packing_of(prepare, p);
    packing.of = context.weights;
    packing.with = context.zeros;
    packing.kind = kind_of(p, packing.kind);
    if (packing.size > SIZE_MAX / 2) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "the weights are too large to pack");
    }
    const void *memory;
    IOU_TRY(iou_prepare_weights(prepare, &packing, fill, &context, &memory));
    p->packed = memory;
    prepare->step->packed = 1u << p->inputs->right;
    return IOU_OK;
}

iou_status iou_conv_lay_out(const iou_prepare *prepare, iou_integer_conv *p, size_t rows,
                            size_t panel) {
    const size_t numbers = iou_conv_numbers_size(p);
    if (rows > SIZE_MAX / 8 || panel > SIZE_MAX / 8 || numbers > SIZE_MAX / 8) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "its windows are too large");
    }
    p->panel_at = iou_divide_up(rows, 64) * 64;
    p->numbers_at = p->panel_at + iou_divide_up(panel, 64) * 64;
    prepare->step->scratch_size = p->numbers_at + numbers;
    return IOU_OK;
}

/* ---- Prepare ------------------------------------------------------------------------------- */

/** Where the taps of a window are, from the first on. */
static iou_status prepare_taps(const iou_prepare *prepare, iou_integer_conv *p) {
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
    iou_integer_conv *p = iou_prepare_alloc(prepare, sizeof *p);
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
        const iou_integer_conv_attributes *a = prepare->node->attributes;
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
    p->taps = iou_size_times(iou_size_times((size_t)s->kernel[0], (size_t)s->kernel[1]),
                             (size_t)s->kernel[2]);
    if (p->taps == 0 || p->taps > MOST_TAPS) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "the kernel is too large");
    }
    p->channels = (size_t)(s->in_channels / s->group);
    p->columns = (size_t)(s->out_channels / s->group);
    p->pixels = (size_t)(s->batch * s->out[0] * s->out[1] * s->out[2]);
    prepare->step->flop =
        2.0 * (double)prepare->out[0].count * (double)p->taps * (double)p->channels;
    IOU_TRY(prepare_taps(prepare, p));
    IOU_TRY(iou_conv_numbers_prepare(prepare, p));
    if (iou_integer_conv_suits_blocks(prepare, p)) {
        return iou_integer_conv_blocks(prepare, p);
    }
    if (p->channels == 1 && p->columns == 1) {
        return iou_integer_conv_depthwise(prepare, p);
    }
    if (iou_conv_can_pack(prepare, p)) {
        iou_integer_conv_choose_kernels(prepare, p);
    }
    return iou_integer_conv_suits_winograd(prepare, p) ? iou_integer_conv_winograd(prepare, p)
                                                       : iou_integer_conv_product(prepare, p);
}

static iou_status integer_prepare(const iou_prepare *prepare) {
    return conv_prepare(prepare, &iou_quantized_integer);
}

static iou_status linear_prepare(const iou_prepare *prepare) {
    return conv_prepare(prepare, &iou_quantized_linear);
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
