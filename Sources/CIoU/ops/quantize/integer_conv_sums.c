/* What becomes of the sums of an integer convolution: the output, numbers, or bytes. */
#include "ops/quantize/integer_conv_plan.h"
#include "ops/quantize/quantization.h"

#include <float.h>
#include <math.h>
#include <string.h>

size_t iou_conv_padded_channels(const iou_integer_conv *p) {
    return (size_t)p->shape.out_channels + IOU_RESCALE_VECTOR;
}

size_t iou_conv_numbers_size(const iou_integer_conv *p) {
    return p->is_fixed ? 0 : iou_size_times(iou_conv_padded_channels(p), 2 * sizeof(float));
}

/** What is quantized is finite, saturating; NaN becomes the zero point. */
static float bounded(const iou_integer_conv *p, float x) {
    const float finite = isnan(x) ? 0.0f : fminf(fmaxf(x, -FLT_MAX), FLT_MAX);
    return p->out == IOU_FLOAT ? x : finite;
}

/** Fills `memory`: factors, then offsets. */
static iou_status read_columns(const iou_integer_conv *p, const iou_call *call, float image_scale,
                               float out_scale, float *memory, iou_rescale_row *columns) {
    const iou_rescale_input weights = {p->inputs->right_scale, IOU_FLOAT};
    const size_t n = (size_t)p->shape.out_channels;
    const char *bias = p->bias == IOU_FLOAT ? call->in[p->inputs->bias] : NULL;
    bool plain = true;
    float *factors = memory, *offsets = memory + iou_conv_padded_channels(p);
    for (size_t i = 0; i < n; i++) {
        float scale;
        IOU_TRY(iou_rescale_read(call, weights, p->own_scales ? i : 0, &scale));
        factors[i] = bounded(p, image_scale * scale / out_scale);
        float added = 0.0f;
        if (bias != NULL) {
            memcpy(&added, bias + i * sizeof added, sizeof added);
        }
        offsets[i] = bounded(p, added / out_scale);
        plain = plain && factors[i] <= 0.5f && offsets[i] == 0.0f;
    }
    for (size_t i = n; i < iou_conv_padded_channels(p); i++) {
        factors[i] = offsets[i] = 0.0f;
    }
    *columns = (iou_rescale_row){factors, offsets, plain};
    return IOU_OK;
}

static iou_status read_numbers(const iou_integer_conv *p, const iou_call *call, float *memory,
                               iou_conv_numbers *numbers) {
    const iou_quantized_inputs *q = p->inputs;
    *numbers =
        (iou_conv_numbers){.biases = p->bias == IOU_INT32 ? call->in[p->inputs->bias] : NULL};
    if (p->out == IOU_INT32) {
        return IOU_OK;
    }
    const iou_rescale_input image = {q->left_scale, IOU_FLOAT}, out = {q->out_scale, IOU_FLOAT};
    float image_scale, out_scale = 1.0f;
    IOU_TRY(iou_rescale_read(call, image, 0, &image_scale));
    if (p->out != IOU_FLOAT) {
        IOU_TRY(iou_rescale_read(call, out, 0, &out_scale));
    }
    const int32_t zero = iou_conv_zero(p, call, q->out_zero, p->out);
    numbers->quantize = iou_quantize_limits(p->out, out_scale, zero, p->lo, p->hi);
    return read_columns(p, call, image_scale, out_scale, memory, &numbers->columns);
}

/** The node's inputs as constants; false: one that matters is not. */
static bool find_constants(const iou_prepare *prepare, const iou_integer_conv *p,
                           const void **constants) {
    const iou_quantized_inputs *q = p->inputs;
    const int needed[] = {q->left_scale, q->right_scale, q->out_scale, q->out_zero, q->bias};
    bool constant = true;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        const iou_operand *x = needed[i] < 0 ? NULL : iou_operand_in(prepare, needed[i]);
        constant = constant && (x == NULL || x->constant != NULL);
        if (x != NULL) {
            constants[needed[i]] = x->constant;
        }
    }
    return constant;
}

/** Constants lie anywhere in a file; copies are aligned. */
static iou_status copy_biases(const iou_prepare *prepare, const iou_integer_conv *p,
                              const void **biases) {
    const size_t size = (size_t)p->shape.out_channels * sizeof(int32_t);
    void *copy = iou_prepare_alloc(prepare, size);
    if (copy == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    memcpy(copy, *biases, size);
    *biases = copy;
    return IOU_OK;
}

iou_status iou_conv_numbers_prepare(const iou_prepare *prepare, iou_integer_conv *p) {
    const void *constants[IOU_QUANTIZED_INPUTS] = {NULL};
    if (!find_constants(prepare, p, constants)) {
        return IOU_OK;
    }
    const size_t size = iou_conv_numbers_size(p);
    float *memory = size < SIZE_MAX / 2 ? iou_prepare_alloc(prepare, size) : NULL;
    if (memory == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    if (p->bias == IOU_INT32) {
        IOU_TRY(copy_biases(prepare, p, &constants[p->inputs->bias]));
    }
    const iou_call call = {.in = constants, .error = prepare->error};
    p->is_fixed = true;
    return read_numbers(p, &call, memory, &p->fixed);
}

iou_status iou_conv_numbers_read(const iou_integer_conv *p, const iou_call *call,
                                 iou_conv_numbers *numbers) {
    if (p->is_fixed) {
        *numbers = p->fixed;
        return IOU_OK;
    }
    return read_numbers(p, call, (float *)(void *)((char *)call->scratch + p->numbers_at), numbers);
}

bool iou_conv_store_plainly(const iou_conv_sink *s, iou_integer_bytes *bytes) {
    const iou_integer_conv *p = s->p;
    const iou_quantize_row *row = &s->numbers->quantize;
    const size_t stride = (size_t)p->shape.out_channels;
    const bool is_signed = p->out == IOU_INT8;
    iou_span span;
    if (iou_type_size(p->out) != 1 || !s->numbers->columns.plain || !iou_span_of(p->out, &span) ||
        row->least != span.least || row->most != span.most) {
        return false;
    }
    *bytes = (iou_integer_bytes){.factors = s->numbers->columns.factors + s->channel,
                                 .zero = row->zero,
                                 .is_signed = is_signed,
                                 .out = (uint8_t *)s->out + s->pixel * stride + s->channel,
                                 .stride = stride};
    return true;
}

void iou_conv_store(const void *sink, size_t row, size_t column, const iou_sums *sums) {
    const iou_conv_sink *s = sink;
    const iou_integer_conv *p = s->p;
    const size_t stride = (size_t)p->shape.out_channels, channel = s->channel + column;
    const size_t at = (s->pixel + row) * stride + channel;
    const iou_rescale_row *all = &s->numbers->columns;
    const iou_rescale_row from = {all->factors + channel, all->offsets + channel, all->plain};
    if (p->out == IOU_FLOAT) {
        p->loops->dequantize_sums(&from, sums, (float *)(void *)s->out + at, stride);
    } else if (p->out != IOU_INT32) {
        p->loops->requantize(&s->numbers->quantize, &from, sums, (uint8_t *)s->out + at, stride);
    } else {
        for (size_t i = 0; i < sums->rows; i++) {
            memcpy((int32_t *)(void *)s->out + at + i * stride, sums->at + i * sums->stride,
                   sums->columns * sizeof(int32_t));
        }
    }
}
