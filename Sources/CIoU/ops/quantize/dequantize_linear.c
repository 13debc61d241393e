/* DequantizeLinear: (x - zero point) * scale. */
#include "ops/quantize/quantization.h"

#include "core/sizes.h"
#include "core/convert.h"
#include "ops/quantize/byte_loops.h"
#include "ops/real.h"
#include "ops/strided_iterator.h"

typedef struct dequantize_params {
    const iou_byte_loops *loops;
    iou_grain grain;
    iou_type from, to, scale;
    bool biased;
} dequantize_params;

enum { AT_ONCE = 256 };

static iou_status dequantize_infer(const iou_infer *infer) {
    static const iou_type sources[] = {
        IOU_INT8,           IOU_UINT8,      IOU_INT16,          IOU_UINT16,     IOU_INT32,
        IOU_INT4,           IOU_UINT4,      IOU_INT2,           IOU_UINT2,      IOU_FLOAT8E4M3FN,
        IOU_FLOAT8E4M3FNUZ, IOU_FLOAT8E5M2, IOU_FLOAT8E5M2FNUZ, IOU_FLOAT4E2M1, IOU_TYPE_UNDEFINED};
    static const iou_type scales[] = {IOU_FLOAT, IOU_FLOAT16, IOU_BFLOAT16, IOU_FLOAT8E8M0,
                                      IOU_TYPE_UNDEFINED};
    const iou_quantize_attributes *a = infer->node->attributes;
    IOU_TRY(iou_fact_begin(infer, 2, 3, 1));
    IOU_TRY(iou_infer_type(infer, 0, sources));
    IOU_TRY(iou_infer_type(infer, 1, scales));
    const iou_type type = infer->in[0]->type, scale = infer->in[1]->type;
    const iou_type same[] = {type, IOU_TYPE_UNDEFINED};
    if (iou_fact_in(infer, 2) != NULL) {
        IOU_TRY(iou_infer_type(infer, 2, type == IOU_TYPE_UNDEFINED ? sources : same));
    }
    if (scale == IOU_FLOAT8E8M0 && a->output == IOU_TYPE_UNDEFINED) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "expected output_dtype with a scale of type %s, found none",
                              iou_type_name(scale));
    }
    iou_fact_shape_like(&infer->out[0], infer->in[0]);
    infer->out[0].type = a->output != IOU_TYPE_UNDEFINED ? a->output : scale;
    return iou_quantize_check_shapes(infer);
}

static void dequantize_any(const dequantize_params *p, const iou_call *call, size_t at, size_t n,
                           size_t index, size_t step) {
    double values[AT_ONCE];
    iou_convert(p->from, (const char *)call->in[0] + at * iou_type_size(p->from), IOU_DOUBLE,
                values, n, (iou_rounding){0});
    for (size_t i = 0; i < n; i++) {
        const size_t k = index + i * step;
        const double zero = p->biased ? iou_quantized_read(p->from, call->in[2], k) : 0;
        const double scale = iou_quantized_read(p->scale, call->in[1], k);
        if (p->to == IOU_FLOAT) {
            values[i] = (double)((float)(values[i] - zero) * (float)scale);
        } else {
            values[i] = (values[i] - zero) * scale;
        }
    }
    iou_convert(IOU_DOUBLE, values, p->to, (char *)call->out[0] + at * iou_type_size(p->to), n,
                (iou_rounding){0});
}

/* To floats by one scale. */
static void dequantize_floats(const dequantize_params *p, const iou_call *call, size_t at, size_t n,
                              size_t index) {
    const iou_quantize_row row = {
        .scale = ((const float *)call->in[1])[index],
        .zero = p->biased ? (int32_t)iou_quantized_read(p->from, call->in[2], index) : 0};
    const char *x = (const char *)call->in[0] + at;
    float *y = (float *)call->out[0] + at;
    if (p->from == IOU_UINT8) {
        p->loops->dequantize_u8(&row, (const uint8_t *)x, y, n);
    } else {
        p->loops->dequantize_i8(&row, (const int8_t *)x, y, n);
    }
}

static bool has_bytes(const dequantize_params *p) {
    return (p->from == IOU_UINT8 || p->from == IOU_INT8) && p->scale == IOU_FLOAT &&
           p->to == IOU_FLOAT;
}

static iou_status dequantize_run(const iou_call *call, size_t task) {
    const dequantize_params *p = call->params;
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
            dequantize_floats(p, call, at, n, index);
        } else {
            dequantize_any(p, call, at, n, index, step);
        }
        at += n;
    }
    return IOU_OK;
}

static iou_status dequantize_prepare(const iou_prepare *prepare) {
    dequantize_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    IOU_TRY(iou_scales_prepare(prepare, 1));
    *p = (dequantize_params){.loops = iou_byte_loops_choose(prepare->isa),
                             .grain = iou_grain_of(prepare),
                             .from = prepare->in[0]->type,
                             .to = prepare->out[0].type,
                             .scale = prepare->in[1]->type,
                             .biased = iou_operand_in(prepare, 2) != NULL};
    *prepare->step = (iou_step){.run = p->grain.count == 0 ? iou_run_nothing : dequantize_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->grain.count),
                                .algorithm = "element-wise",
                                .isa = has_bytes(p) ? iou_isa_name(p->loops->isa) : "scalar"};
    return IOU_OK;
}

const iou_op iou_op_dequantize_linear = {.name = "DequantizeLinear",
                                         .quantizing = IOU_DEQUANTIZES,
                                         .layout = IOU_LAYOUT_FOLLOWS,
                                         .attributes_size = sizeof(iou_quantize_attributes),
                                         .parse = iou_quantize_parse,
                                         .infer = dequantize_infer,
                                         .prepare = dequantize_prepare};
