/* Clip: min(max(x, lo), hi). Bounds are attributes before opset 11, optional inputs since. */
#include "ops/epilogue.h"
#include "ops/facts.h"
#include "ops/walk.h"

#include <float.h>
#include <string.h>

typedef void (*clip_fn)(const void *in, void *out, size_t n, const void *lo, const void *hi);

typedef struct clip_params {
    size_t count, size;
    clip_fn apply;
    int inputs;          /* of the node */
    const void *lo, *hi; /* attributes, in the element's type; NULL: look at the inputs */
    float f32[2];
    double f64[2];
} clip_params;

/* A NaN stays; where lo > hi, hi wins. */
#define CLIP(name, type, least, most)                                                              \
    static void name(const void *in, void *out, size_t n, const void *lo, const void *hi) {        \
        const type *from = in;                                                                     \
        type *to = out;                                                                            \
        const type low = lo != NULL ? *(const type *)lo : (type)(least);                           \
        const type high = hi != NULL ? *(const type *)hi : (type)(most);                           \
        IOU_INDEPENDENT for (size_t i = 0; i < n; i++) {                                           \
            const type x = from[i] < low ? low : from[i];                                          \
            to[i] = x > high ? high : x;                                                           \
        }                                                                                          \
    }

CLIP(clip_f32, float, -FLT_MAX, FLT_MAX)
CLIP(clip_f64, double, -DBL_MAX, DBL_MAX)
CLIP(clip_i8, int8_t, INT8_MIN, INT8_MAX)
CLIP(clip_i16, int16_t, INT16_MIN, INT16_MAX)
CLIP(clip_i32, int32_t, INT32_MIN, INT32_MAX)
CLIP(clip_i64, int64_t, INT64_MIN, INT64_MAX)
CLIP(clip_u8, uint8_t, 0, UINT8_MAX)
CLIP(clip_u16, uint16_t, 0, UINT16_MAX)
CLIP(clip_u32, uint32_t, 0, UINT32_MAX)
CLIP(clip_u64, uint64_t, 0, UINT64_MAX)

static const struct {
    iou_type type;
    clip_fn apply;
} clips[] = {{IOU_FLOAT, clip_f32}, {IOU_DOUBLE, clip_f64}, {IOU_INT8, clip_i8},
             {IOU_INT16, clip_i16}, {IOU_INT32, clip_i32},  {IOU_INT64, clip_i64},
             {IOU_UINT8, clip_u8},  {IOU_UINT16, clip_u16}, {IOU_UINT32, clip_u32},
             {IOU_UINT64, clip_u64}};

static iou_status clip_infer(const iou_infer *infer) {
    const bool attributes = infer->node->opset < 11;
    IOU_TRY(iou_fact_begin(infer, 1, attributes ? 1 : 3, 1));
    IOU_TRY(iou_infer_type(infer, 0, attributes ? iou_types_float : iou_types_number));
    for (int i = 1; i <= 2; i++) {
        const iou_fact *bound = iou_fact_in(infer, i);
        size_t count;
        if (bound == NULL) {
            continue;
        }
        const iou_type wanted[] = {infer->in[0]->type, IOU_TYPE_UNDEFINED};
        if (wanted[0] != IOU_TYPE_UNDEFINED) {
            IOU_TRY(iou_infer_type(infer, i, wanted));
        }
        if (bound->rank >= 0 && iou_fact_count(bound, &count) && count != 1) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d must be one number, it has %zu",
                                  i, count);
        }
    }
    iou_fact_like(&infer->out[0], infer->in[0]);
    return IOU_OK;
}

static iou_status clip_run(const iou_call *call, size_t task) {
    const clip_params *p = call->params;
    size_t begin, end;
    iou_chunk(task, p->count, &begin, &end);
    p->apply((const char *)call->in[0] + begin * p->size, (char *)call->out[0] + begin * p->size,
             end - begin, p->inputs > 1 ? call->in[1] : p->lo, p->inputs > 2 ? call->in[2] : p->hi);
    return IOU_OK;
}

static void clip_attributes(clip_params *p, const iou_node *node, iou_type type) {
    p->f32[0] = iou_attribute_float(node, "min", -FLT_MAX);
    p->f32[1] = iou_attribute_float(node, "max", FLT_MAX);
    p->f64[0] = iou_attribute_present(node, "min") ? (double)p->f32[0] : -DBL_MAX;
    p->f64[1] = iou_attribute_present(node, "max") ? (double)p->f32[1] : DBL_MAX;
    p->lo = type == IOU_DOUBLE ? (const void *)&p->f64[0] : &p->f32[0];
    p->hi = type == IOU_DOUBLE ? (const void *)&p->f64[1] : &p->f32[1];
}

static iou_status clip_prepare(const iou_prepare *prepare) {
    clip_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const iou_type type = prepare->in[0]->type;
    p->count = prepare->out[0].count;
    p->size = iou_type_size(type);
    p->inputs = prepare->node->input_count;
    for (size_t i = 0; i < sizeof clips / sizeof clips[0]; i++) {
        p->apply = clips[i].type == type ? clips[i].apply : p->apply;
    }
    if (prepare->node->opset < 11) {
        clip_attributes(p, prepare->node, type);
    }
    *prepare->step = (iou_step){.run = clip_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->count),
                                .in_place = 1,
                                .algorithm = "element-wise",
                                .isa = "scalar"};
    return IOU_OK;
}

/* The bound of input `input`; false where a run computes it. */
static bool constant_bound(const iou_epilogue_query *query, int input, float *bound) {
    const int value = input < query->node->input_count ? query->node->inputs[input] : IOU_NO_VALUE;
    if (value < 0) {
        return true;
    }
    const void *data = query->facts[value].data;
    if (data != NULL) {
        memcpy(bound, data, sizeof *bound);
    }
    return data != NULL;
}

static iou_status clip_epilogue(const iou_epilogue_query *query, iou_epilogue_step *step,
                                bool *taken) {
    const iou_node *node = query->node;
    *step = (iou_epilogue_step){.kind = IOU_EPILOGUE_CLAMP, .lo = -FLT_MAX, .hi = FLT_MAX};
    if (node->opset < 11) {
        step->lo = iou_attribute_float(node, "min", step->lo);
        step->hi = iou_attribute_float(node, "max", step->hi);
    }
    *taken = query->entry == 0 && constant_bound(query, 1, &step->lo) &&
             constant_bound(query, 2, &step->hi);
    return IOU_OK;
}

const iou_op iou_op_clip = {.name = "Clip",
                            .layout = IOU_LAYOUT_ELEMENTWISE,
                            .infer = clip_infer,
                            .prepare = clip_prepare,
                            .epilogue = clip_epilogue};
