/* BatchNormalization; at inference, where it is alone: y = x * scale + shift per channel. */
#include "ops/norm/batch_norm.h"

#include "ops/epilogue.h"

#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/real.h"
#include "ops/strided_iterator.h"

#include <math.h>
#include <string.h>

enum {
    SCALE = IOU_NORM_SCALE,
    BIAS = IOU_NORM_BIAS,
    MEAN = IOU_NORM_MEAN,
    VARIANCE = IOU_NORM_VARIANCE
};

typedef struct batch_norm_params {
    size_t count, channels;
    size_t inner; /* elements from one channel to the next */
    float epsilon;
} batch_norm_params;

static iou_status batch_norm_parse(const iou_parse *parse) {
    const iou_node *node = parse->node;
    iou_batch_norm_attributes *a = parse->attributes;
    bool statistics = false;
    for (int i = 1; i < node->output_count; i++) {
        statistics = statistics || node->outputs[i] != IOU_NO_VALUE;
    }
    a->trains = node->opset >= 14 ? iou_attribute_int(node, "training_mode", 0) != 0
                : node->opset < 7 ? !iou_attribute_int(node, "is_test", 0)
                                  : statistics;
    if (statistics && !a->trains) {
        return iou_parse_fail(parse, IOU_BAD_MODEL, "expected one output of inference, found %d",
                              node->output_count);
    }
    if (node->opset < 9 && iou_attribute_int(node, "spatial", 1) == 0) {
        return iou_parse_fail(parse, IOU_UNSUPPORTED, "spatial must be 1, it is 0");
    }
    a->epsilon = iou_attribute_float(node, "epsilon", 1e-5f);
    a->momentum = iou_attribute_float(node, "momentum", 0.9f);
    return IOU_OK;
}

/* Scale and bias have one type, mean and variance too; before opset 14 all have that of the input.
 */
static iou_status check_vector_type(const iou_infer *infer, int input) {
    const int opset = infer->node->opset;
    const int like = opset < 15 && (opset < 14 || input < MEAN) ? 0 : input < MEAN ? SCALE : MEAN;
    const iou_type same[] = {infer->in[like]->type, IOU_TYPE_UNDEFINED};
    return iou_infer_type(infer, input, same[0] == IOU_TYPE_UNDEFINED ? iou_types_real : same);
}

static iou_status batch_norm_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 5, 5, 5));
    const iou_fact *x = infer->in[0];
    IOU_TRY(iou_infer_type(infer, 0, iou_types_real));
    if (x->rank == 0) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "input must have channels, its rank is 0");
    }
    const iou_dim channels = x->rank > 1 ? x->dims[1] : iou_dim_number(1);
    for (int i = SCALE; i <= VARIANCE; i++) {
        static const char *const names[] = {"scale", "bias", "mean", "variance"};
        const iou_fact *vector = infer->in[i];
        IOU_TRY(check_vector_type(infer, i));
        if (vector->rank >= 0 && vector->rank != 1) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "%s must be a vector, its rank is %d",
                                  names[i - SCALE], vector->rank);
        }
        if (x->rank > 0 && vector->rank == 1 && vector->dims[0].known && channels.known &&
            vector->dims[0].value != channels.value) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "%s has %lld numbers, input has %lld channels", names[i - SCALE],
                                  (long long)vector->dims[0].value, (long long)channels.value);
        }
    }
    iou_fact_like(&infer->out[0], x);
    for (int i = 1; i < infer->node->output_count; i++) {
        infer->out[i].type = infer->in[MEAN]->type;
        infer->out[i].rank = 1;
        infer->out[i].dims[0] = x->rank < 0 ? iou_dim_unknown() : channels;
    }
    return IOU_OK;
}

/* Folds the four vectors into scale and shift, the first and second half of `folded`. */
static void fold(const iou_call *call, float *folded, size_t channels, float epsilon) {
    const float *scale = call->in[SCALE], *bias = call->in[BIAS];
    const float *mean = call->in[MEAN], *variance = call->in[VARIANCE];
    for (size_t c = 0; c < channels; c++) {
        const float factor = scale[c] / sqrtf(variance[c] + epsilon);
        folded[c] = factor;
        folded[channels + c] = bias[c] - mean[c] * factor;
    }
}

static iou_status batch_norm_run(const iou_call *call, size_t task) {
    const batch_norm_params *p = call->params;
    float *scale = call->scratch;
    const float *shift = scale + p->channels;
    fold(call, scale, p->channels, p->epsilon);
    const float *x = call->in[0];
    float *y = call->out[0];
    size_t at, end;
    iou_chunk(task, p->count, &at, &end);
    while (at < end) {
        const size_t channel = at / p->inner % p->channels;
        if (p->inner == 1) { /* channels-last: as many channels as follow */
            const size_t left = p->channels - channel;
            const size_t n = iou_size_min(left, end - at);
            IOU_INDEPENDENT for (size_t i = 0; i < n; i++) {
                y[at + i] = x[at + i] * scale[channel + i] + shift[channel + i];
            }
            at += n;
        } else {
            const size_t left = p->inner - at % p->inner;
            const size_t n = iou_size_min(left, end - at);
            const float a = scale[channel], b = shift[channel];
            IOU_INDEPENDENT for (size_t i = 0; i < n; i++) {
                y[at + i] = x[at + i] * a + b;
            }
            at += n;
        }
    }
    return IOU_OK;
}

static iou_status batch_norm_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    const iou_batch_norm_attributes *a = prepare->node->attributes;
    bool plain = a->trains;
    for (int i = 0; i <= VARIANCE; i++) {
        plain = plain || prepare->in[i]->type != IOU_FLOAT;
    }
    if (plain) {
        return iou_batch_norm_prepare_plain(prepare);
    }
    batch_norm_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    int64_t strides[IOU_MAX_RANK];
    iou_memory_strides(x, strides);
    p->count = x->count;
    p->channels = x->rank > 1 ? (size_t)x->dims[1] : 1;
    p->inner = x->rank > 1 ? (size_t)strides[1] : x->count;
    p->epsilon = a->epsilon;
    *prepare->step = (iou_step){.run = batch_norm_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->count),
                                .scratch_size = 2 * p->channels * sizeof(float),
                                .in_place = 1,
                                .algorithm = "scale and shift",
                                .isa = "scalar",
                                .flop = 2.0 * (double)p->count};
    return IOU_OK;
}

/* ---- Fused --------------------------------------------------------------------------------- */

static float element(const iou_fact *fact, size_t index) {
    float value;
    memcpy(&value, (const char *)fact->data + index * sizeof value, sizeof value);
    return value;
}

static bool is_constant(const iou_epilogue_query *query) {
    const iou_node *node = query->node;
    const iou_batch_norm_attributes *a = node->attributes;
    bool constant = node->input_count == 5 && node->output_count == 1 && !a->trains;
    for (int i = SCALE; constant && i <= VARIANCE; i++) {
        const iou_fact *fact = &query->facts[node->inputs[i]];
        constant = fact->data != NULL && fact->type == IOU_FLOAT;
    }
    return constant;
}

static iou_status batch_norm_epilogue(const iou_epilogue_query *query, iou_epilogue_step *step,
                                      bool *accepted) {
    const iou_node *node = query->node;
    *accepted = query->entry == 0 && query->channel_axis == 1 && is_constant(query);
    if (!*accepted) {
        return IOU_OK;
    }
    const iou_fact *gamma = &query->facts[node->inputs[SCALE]],
                   *beta = &query->facts[node->inputs[BIAS]],
                   *mean = &query->facts[node->inputs[MEAN]],
                   *variance = &query->facts[node->inputs[VARIANCE]];
    const size_t channels = gamma->data_size / sizeof(float);
    float *scale = iou_arena_alloc(query->memory, gamma->data_size + 1);
    float *shift = iou_arena_alloc(query->memory, gamma->data_size + 1);
    IOU_FAIL_IF(!scale || !shift, IOU_OUT_OF_MEMORY, query->error, "node '%s' (%s): no memory",
                node->name, node->op_type);
    const double epsilon = (double)((const iou_batch_norm_attributes *)node->attributes)->epsilon;
    for (size_t c = 0; c < channels && *accepted; c++) {
        const double s = (double)element(gamma, c) / sqrt((double)element(variance, c) + epsilon);
        scale[c] = (float)s;
        *accepted = isfinite(scale[c]); /* of a sum, an infinite one is not one of its weights */
        shift[c] = (float)((double)element(beta, c) - (double)element(mean, c) * s);
    }
    *step = (iou_epilogue_step){.kind = IOU_EPILOGUE_SCALE, .scale = scale, .shift = shift};
    return IOU_OK;
}

const iou_op iou_op_batch_normalization = {.name = "BatchNormalization",
                                           .layout = IOU_LAYOUT_CHANNELS,
                                           .attributes_size = sizeof(iou_batch_norm_attributes),
                                           .parse = batch_norm_parse,
                                           .infer = batch_norm_infer,
                                           .prepare = batch_norm_prepare,
                                           .epilogue = batch_norm_epilogue};
