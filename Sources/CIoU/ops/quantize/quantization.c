#include "ops/quantize/quantization.h"

#include "core/small_float.h"
#include "core/convert.h"
#include "ops/strided_iterator.h"

#include <math.h>
#include <string.h>

const iou_type iou_types_quantized[] = {
    IOU_INT8,       IOU_UINT8,          IOU_INT16,      IOU_UINT16,         IOU_INT4,
    IOU_UINT4,      IOU_INT2,           IOU_UINT2,      IOU_FLOAT8E4M3FN,   IOU_FLOAT8E4M3FNUZ,
    IOU_FLOAT8E5M2, IOU_FLOAT8E5M2FNUZ, IOU_FLOAT4E2M1, IOU_TYPE_UNDEFINED,
};
const iou_type iou_types_byte[] = {IOU_INT8, IOU_UINT8, IOU_TYPE_UNDEFINED};
const iou_type iou_types_i32[] = {IOU_INT32, IOU_TYPE_UNDEFINED};

bool iou_span_of(iou_type type, iou_span *span) {
    switch (type) {
    case IOU_INT8: *span = (iou_span){INT8_MIN, INT8_MAX}; return true;
    case IOU_UINT8: *span = (iou_span){0, UINT8_MAX}; return true;
    case IOU_INT16: *span = (iou_span){INT16_MIN, INT16_MAX}; return true;
    case IOU_UINT16: *span = (iou_span){0, UINT16_MAX}; return true;
    case IOU_INT4: *span = (iou_span){-8, 7}; return true;
    case IOU_UINT4: *span = (iou_span){0, 15}; return true;
    case IOU_INT2: *span = (iou_span){-2, 1}; return true;
    case IOU_UINT2: *span = (iou_span){0, 3}; return true;
    default: return false;
    }
}

double iou_quantized_read(iou_type type, const void *data, size_t index) {
    uint64_t element = 0; /* of a constant, which may not be aligned where it is */
    double value;
    const size_t size = iou_type_size(type);
    memcpy(&element, (const char *)data + index * size, size);
    iou_convert(type, &element, IOU_DOUBLE, &value, 1, (iou_rounding){0});
    return value;
}

/** What a limit is quantized to. */
static int32_t limit_of(float limit, float scale, int32_t zero, iou_span span) {
    const float whole = nearbyintf(limit / scale) + (float)zero;
    return (int32_t)fminf(fmaxf(whole, (float)span.least), (float)span.most);
}

iou_quantize_row iou_quantize_limits(iou_type type, float scale, int32_t zero, float lo, float hi) {
    iou_span span = {0, 0};
    (void)iou_span_of(type, &span);
    return (iou_quantize_row){scale, zero, limit_of(lo, scale, zero, span),
                              limit_of(hi, scale, zero, span)};
}

/* ---- Scales -------------------------------------------------------------------------------- */

static bool is_scale(double scale) {
    return scale > 0 && scale < (double)INFINITY;
}

iou_status iou_scale_check(double scale, int input, size_t index, iou_error *error) {
    IOU_FAIL_IF(!is_scale(scale), IOU_INVALID_ARGUMENT, error,
                "expected a positive, finite scale, found %g as element %zu of input %d", scale,
                index, input);
    return IOU_OK;
}

iou_status iou_scales_run(iou_type type, const iou_call *call, iou_scale_run run) {
    for (size_t i = 0; i < (run.step == 0 ? 1 : run.n); i++) {
        const size_t index = run.index + i * run.step;
        const double scale = iou_quantized_read(type, call->in[1], index);
        IOU_TRY(iou_scale_check(scale, 1, index, call->error));
    }
    return IOU_OK;
}

iou_status iou_scales_prepare(const iou_prepare *prepare, int input) {
    const iou_operand *scale = iou_operand_in(prepare, input);
    for (size_t i = 0; scale != NULL && scale->constant != NULL && i < scale->count; i++) {
        const double found = iou_quantized_read(scale->type, scale->constant, i);
        if (!is_scale(found)) {
            return iou_prepare_fail(
                prepare, IOU_BAD_MODEL,
                "expected a positive, finite scale, found %g as element %zu of input %d", found, i,
                input);
        }
    }
    return IOU_OK;
}

/* ---- Attributes and shapes ----------------------------------------------------------------- */

static iou_status parse_type(const iou_parse *parse, const char *name, const iou_type *allowed,
                             iou_type *type) {
    const int64_t number = iou_attribute_int(parse->node, name, 0);
    bool known = number == 0;
    *type = iou_type_of_number(number);
    for (const iou_type *t = allowed; *t && !known; t++) {
        known = *t == *type;
    }
    return known
               ? IOU_OK
               : iou_parse_fail(parse, IOU_UNSUPPORTED, "%s is %s (type %lld), expected %s", name,
                                iou_type_name(*type), (long long)number, iou_type_name(allowed[0]));
}

iou_status iou_quantize_parse(const iou_parse *parse) {
    static const iou_type real[] = {IOU_FLOAT, IOU_FLOAT16, IOU_BFLOAT16, IOU_TYPE_UNDEFINED};
    const bool quantizes = strcmp(parse->node->op_type, "QuantizeLinear") == 0;
    iou_quantize_attributes *a = parse->attributes;
    a->axis = iou_attribute_int(parse->node, "axis", 1);
    a->block = iou_attribute_int(parse->node, "block_size", 0);
    a->saturate = iou_attribute_int(parse->node, "saturate", 1) != 0;
    IOU_TRY(parse_type(parse, "precision", real, &a->precision));
    IOU_TRY(parse_type(parse, "output_dtype", quantizes ? iou_types_quantized : real, &a->output));
    return a->block >= 0 ? IOU_OK
                         : iou_parse_fail(parse, IOU_BAD_MODEL,
                                          "expected a block_size of 0 or more, found %lld",
                                          (long long)a->block);
}

static bool is_single(const iou_fact *fact) {
    size_t count;
    return fact->rank <= 1 && iou_fact_count(fact, &count) && count == 1;
}

/** The dimensions of a scale for an input of shape `x`. */
static iou_status expected_shape(const iou_infer *infer, const iou_fact *x, const iou_fact *scale,
                                 int axis, iou_fact *expected) {
    const iou_quantize_attributes *a = infer->node->attributes;
    if (a->block == 0) {
        if (scale->rank != 1) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "expected a scale of rank 0 or 1 without block_size, found %d",
                                  scale->rank);
        }
        expected->rank = 1;
        expected->dims[0] = x->dims[axis];
        return IOU_OK;
    }
    iou_fact_shape_like(expected, x);
    iou_dim *blocks = &expected->dims[axis];
    *blocks = blocks->known
                  ? iou_dim_number(blocks->value / a->block + (blocks->value % a->block != 0))
                  : iou_dim_unknown();
    return IOU_OK;
}

/** Whether the zero point has the scale's shape, or each is one number. */
static iou_status check_zero_shape(const iou_infer *infer) {
    const iou_fact *scale = infer->in[1], *zero = iou_fact_in(infer, 2);
    if (zero == NULL || zero->rank < 0 || scale->rank < 0 ||
        (is_single(zero) && is_single(scale))) {
        return IOU_OK;
    }
    return iou_fact_check_dims(infer, 2, scale->rank, scale->dims);
}

iou_status iou_quantize_check_shapes(const iou_infer *infer) {
    const iou_quantize_attributes *a = infer->node->attributes;
    const iou_fact *x = infer->in[0], *scale = infer->in[1];
    IOU_TRY(check_zero_shape(infer));
    if (x->rank < 0 || scale->rank < 0 || is_single(scale)) {
        return IOU_OK;
    }
    int axis = 0;
    if (scale->rank == 0) {
        return IOU_OK;
    }
    IOU_TRY(iou_fact_axis(infer, a->axis, x->rank, &axis));
    iou_fact expected = {.rank = 0};
    IOU_TRY(expected_shape(infer, x, scale, axis, &expected));
    return iou_fact_check_dims(infer, 1, expected.rank, expected.dims);
}

/* ---- Which scale an element has ------------------------------------------------------------ */

/** Appends a dimension; merges it with the one before where both have the same scales. */
static void append(iou_grain *grain, size_t dim, size_t stride, size_t block) {
    if (dim == 1) {
        return;
    }
    const int last = grain->rank - 1;
    const bool free = stride == 0 && last >= 0 && grain->strides[last] == 0;
    const bool nested = last >= 0 && block == 1 && grain->blocks[last] == 1 && stride > 0 &&
                        grain->strides[last] == stride * dim;
    if (free || nested) {
        grain->dims[last] *= dim;
        grain->strides[last] = stride;
        return;
    }
    grain->dims[grain->rank] = dim;
    grain->strides[grain->rank] = stride;
    grain->blocks[grain->rank++] = block;
}

iou_grain iou_grain_of(const iou_prepare *prepare) {
    const iou_quantize_attributes *a = prepare->node->attributes;
    const iou_operand *x = prepare->in[0], *scale = prepare->in[1];
    const int axis = (int)(a->axis < 0 ? a->axis + x->rank : a->axis);
    const bool single = scale->count == 1 && scale->rank <= 1;
    int order[IOU_MAX_RANK];
    size_t strides[IOU_MAX_RANK] = {0};
    size_t stride = 1;
    for (int i = x->rank - 1; i >= 0 && !single; i--) { /* scales are in plain order */
        const bool own = a->block > 0 || i == axis;
        const size_t block = a->block > 0 && i == axis ? (size_t)a->block : 1;
        strides[i] = own ? stride : 0;
        stride *= own ? ((size_t)x->dims[i] + block - 1) / block : 1;
    }
    iou_grain grain = {.rank = 0, .count = x->count};
    iou_memory_order(x->rank, x->layout, order);
    for (int i = 0; i < x->rank; i++) {
        const int d = order[i];
        const bool blocked = !single && a->block > 0 && d == axis;
        append(&grain, (size_t)x->dims[d], strides[d], blocked ? (size_t)a->block : 1);
    }
    if (grain.rank == 0) {
        grain.dims[0] = 1;
        grain.strides[0] = 0;
        grain.blocks[0] = 1;
        grain.rank = 1;
    }
    return grain;
}

size_t iou_grain_run(const iou_grain *grain, size_t at, size_t end, size_t *index, size_t *step) {
    const int last = grain->rank - 1;
    size_t rest = at, length = 0;
    *index = 0;
    for (int i = last; i >= 0; i--) {
        const size_t position = rest % grain->dims[i];
        rest /= grain->dims[i];
        *index += position / grain->blocks[i] * grain->strides[i];
        if (i == last) {
            const size_t row = grain->dims[i] - position;
            const size_t block = grain->blocks[i] - position % grain->blocks[i];
            const bool constant = grain->blocks[i] > 1;
            length = constant && block < row ? block : row;
            *step = constant ? 0 : grain->strides[i];
        }
    }
    return length < end - at ? length : end - at;
}
