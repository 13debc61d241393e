/* QuantizeLinear: numbers divided by a scale, rounded to even, moved by a zero point, saturated. */
#include "ops/quantize/quantization.h"

#include "core/small_float.h"
#include "core/sizes.h"
#include "core/convert.h"
#include "ops/quantize/byte_loops.h"
#include "ops/real.h"
#include "ops/strided_iterator.h"

#include <math.h>

typedef struct quantize_params {
    const iou_byte_loops *loops;
    iou_grain grain;
    iou_type from, to, scale, precision;
    bool cast; /* both operands to the precision before the division */
    bool saturate, biased;
    bool integer; /* an integer type: its span */
    iou_span span;
} quantize_params;

enum { AT_ONCE = 256 };

/* ---- Infer --------------------------------------------------------------------------------- */

static const iou_type sources[] = {IOU_FLOAT, IOU_FLOAT16, IOU_BFLOAT16, IOU_INT32,
                                   IOU_TYPE_UNDEFINED};
static const iou_type scales[] = {IOU_FLOAT, IOU_FLOAT16,    IOU_BFLOAT16,
                                  IOU_INT32, IOU_FLOAT8E8M0, IOU_TYPE_UNDEFINED};

static iou_status quantized_type(const iou_infer *infer, iou_type *type) {
    const iou_quantize_attributes *a = infer->node->attributes;
    const iou_fact *zero = iou_fact_in(infer, 2);
    *type = a->output != IOU_TYPE_UNDEFINED ? a->output : IOU_UINT8;
    if (zero == NULL) {
        return IOU_OK;
    }
    IOU_TRY(iou_infer_type(infer, 2, iou_types_quantized));
    if (a->output != IOU_TYPE_UNDEFINED && zero->type != IOU_TYPE_UNDEFINED &&
        zero->type != a->output) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "expected a zero point of type %s, which output_dtype says, found %s",
                              iou_type_name(a->output), iou_type_name(zero->type));
    }
    *type = zero->type;
    return IOU_OK;
}

static iou_status quantize_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, 3, 1));
    IOU_TRY(iou_infer_type(infer, 0, sources));
    IOU_TRY(iou_infer_type(infer, 1, scales));
    iou_fact_shape_like(&infer->out[0], infer->in[0]);
    IOU_TRY(quantized_type(infer, &infer->out[0].type));
    return iou_quantize_check_shapes(infer);
}

/* ---- Run ----------------------------------------------------------------------------------- */

/* What a number of `precision` becomes of a real one. */
static double rounded(iou_type precision, double x) {
    switch (precision) {
    case IOU_DOUBLE: return x;
    case IOU_FLOAT: return (double)(float)x;
    default:
        return iou_small_float_decode(precision,
                                      iou_small_float_encode(precision, x, (iou_rounding){0}));
    }
}

static double quotient(const quantize_params *p, double x, double scale) {
    return p->cast ? rounded(p->precision, rounded(p->precision, x) / rounded(p->precision, scale))
                   : rounded(p->precision, x / scale);
}

/* Elements of any types, a few at a time. */
static void quantize_any(const quantize_params *p, const iou_call *call, size_t at, size_t n,
                         size_t index, size_t step) {
    double values[AT_ONCE];
    iou_convert(p->from, (const char *)call->in[0] + at * iou_type_size(p->from), IOU_DOUBLE,
                values, n, (iou_rounding){0});
    for (size_t i = 0; i < n; i++) {
        const size_t k = index + i * step;
        const double zero = p->biased ? iou_quantized_read(p->to, call->in[2], k) : 0;
        double value = quotient(p, values[i], iou_quantized_read(p->scale, call->in[1], k));
        if (p->integer) {
            value = isnan(value) ? zero : nearbyint(value) + zero;
            value = value < p->span.least  ? p->span.least
                    : value > p->span.most ? p->span.most
                                           : value;
        } else {
            value += zero;
        }
        values[i] = value;
    }
    iou_convert(IOU_DOUBLE, values, p->to, (char *)call->out[0] + at * iou_type_size(p->to), n,
                (iou_rounding){.saturate = p->saturate});
}

/* Floats to bytes by one scale. */
static void quantize_bytes(const quantize_params *p, const iou_call *call, size_t at, size_t n,
                           size_t index) {
    const int32_t zero = p->biased ? (int32_t)iou_quantized_read(p->to, call->in[2], index) : 0;
    const iou_quantize_row row = {.scale = ((const float *)call->in[1])[index],
                                  .zero = zero,
                                  .least = p->span.least,
                                  .most = p->span.most};
    p->loops->quantize(&row, (const float *)call->in[0] + at, (uint8_t *)call->out[0] + at, n);
}

static bool has_bytes(const quantize_params *p) {
    return p->from == IOU_FLOAT && p->scale == IOU_FLOAT && p->precision == IOU_FLOAT &&
           (p->to == IOU_UINT8 || p->to == IOU_INT8);
}

static iou_status quantize_run(const iou_call *call, size_t task) {
    const quantize_params *p = call->params;
    const bool bytes = has_bytes(p);
    size_t at, end;
    iou_chunk(task, p->grain.count, &at, &end);
    while (at < end) {
        size_t index, step;
        size_t n = iou_grain_run(&p->grain, at, end, &index, &step);
        const bool fast = bytes && step == 0;
        n = fast ? n : iou_size_min(n, AT_ONCE);
        IOU_TRY(iou_scales_run(p->scale, call, (iou_scale_run){index, step, n}));
        if (fast) {
            quantize_bytes(p, call, at, n, index);
        } else {
            quantize_any(p, call, at, n, index, step);
        }
        at += n;
    }
    return IOU_OK;
}

/* ---- Prepare ------------------------------------------------------------------------------- */

/* The type that holds the quotient: of both operands the wider one. A scale that is a power of two
 * has the input's. */
static iou_type precision_of(iou_type x, iou_type scale) {
    if (scale == IOU_INT32) {
        return IOU_DOUBLE;
    }
    if (x == IOU_INT32 || x == IOU_FLOAT || scale == IOU_FLOAT) {
        return IOU_FLOAT;
    }
    return x == scale || scale == IOU_FLOAT8E8M0 ? x : IOU_FLOAT;
}

static iou_status quantize_prepare(const iou_prepare *prepare) {
    const iou_quantize_attributes *a = prepare->node->attributes;
    quantize_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    IOU_TRY(iou_scales_prepare(prepare, 1));
    p->loops = iou_byte_loops_choose(prepare->isa);
    p->grain = iou_grain_of(prepare);
    p->from = prepare->in[0]->type;
    p->to = prepare->out[0].type;
    p->scale = prepare->in[1]->type;
    p->cast = a->precision != IOU_TYPE_UNDEFINED;
    p->precision = p->cast ? a->precision : precision_of(p->from, p->scale);
    p->saturate = a->saturate;
    p->biased = iou_operand_in(prepare, 2) != NULL;
    p->integer = iou_span_of(p->to, &p->span);
    *prepare->step = (iou_step){.run = p->grain.count == 0 ? iou_run_nothing : quantize_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->grain.count),
                                .algorithm = "element-wise",
                                .isa = has_bytes(p) ? iou_isa_name(p->loops->isa) : "scalar"};
    return IOU_OK;
}

const iou_op iou_op_quantize_linear = {.name = "QuantizeLinear",
                                       .quantizing = IOU_QUANTIZES,
                                       .layout = IOU_LAYOUT_FOLLOWS,
                                       .attributes_size = sizeof(iou_quantize_attributes),
                                       .parse = iou_quantize_parse,
                                       .infer = quantize_infer,
                                       .prepare = quantize_prepare};
