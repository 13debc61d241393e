/* Clip: the clamp of core/clamp.h. Limits are attributes before opset 11, optional inputs since; a
 * missing one is the type's lowest or highest finite number, which infinities become. */
#include "core/clamp.h"
#include "ops/epilogue.h"
#include "ops/facts.h"
#include "ops/strided_iterator.h"

#include <float.h>
#include <string.h>

typedef void (*clip_fn)(const void *in, void *out, size_t n, const void *lo, const void *hi);

typedef struct clip_params {
    size_t count, size;
    clip_fn apply;
    int inputs;          /* of the node */
    const void *lo, *hi; /* attributes, in the element's type; NULL: look at the inputs */
} clip_params;

/* Whether the float of bits `a` is less than that of `b`; not where either is NaN. */
static inline bool bits_less(uint16_t a, uint16_t b, int infinity) {
    const int size_a = a & 0x7fff, size_b = b & 0x7fff;
    const bool numbers = size_a <= infinity && size_b <= infinity;
    return numbers && (a >> 15 ? -size_a : size_a) < (b >> 15 ? -size_b : size_b);
}

static inline bool half_less(uint16_t a, uint16_t b) {
    return bits_less(a, b, 0x7c00);
}

static inline bool brain_less(uint16_t a, uint16_t b) {
    return bits_less(a, b, 0x7f80);
}

#define CLIP_BY(less, name, type, least, most)                                                     \
    IOU_CLAMP(name##_one, type, less)                                                              \
    static void name(const void *in, void *out, size_t n, const void *lo, const void *hi) {        \
        const type *from = in;                                                                     \
        type *to = out;                                                                            \
        type low = least, high = most;                                                             \
        if (lo != NULL) {                                                                          \
            memcpy(&low, lo, sizeof low);                                                          \
        }                                                                                          \
        if (hi != NULL) {                                                                          \
            memcpy(&high, hi, sizeof high);                                                        \
        }                                                                                          \
        IOU_INDEPENDENT for (size_t i = 0; i < n; i++) {                                           \
            to[i] = name##_one(from[i], low, high);                                                \
        }                                                                                          \
    }
#define CLIP(name, type, least, most) CLIP_BY(IOU_LESS, name, type, least, most)

CLIP_BY(half_less, clip_f16, uint16_t, 0xfbff, 0x7bff)
CLIP_BY(brain_less, clip_bf16, uint16_t, 0xff7f, 0x7f7f)
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
} clips[] = {{IOU_FLOAT, clip_f32},     {IOU_DOUBLE, clip_f64}, {IOU_FLOAT16, clip_f16},
             {IOU_BFLOAT16, clip_bf16}, {IOU_INT8, clip_i8},    {IOU_INT16, clip_i16},
             {IOU_INT32, clip_i32},     {IOU_INT64, clip_i64},  {IOU_UINT8, clip_u8},
             {IOU_UINT16, clip_u16},    {IOU_UINT32, clip_u32}, {IOU_UINT64, clip_u64}};

static const iou_type clip_types[] = {
    IOU_FLOAT, IOU_BFLOAT16, IOU_DOUBLE, IOU_FLOAT16, IOU_INT8,   IOU_INT16,         IOU_INT32,
    IOU_INT64, IOU_UINT8,    IOU_UINT16, IOU_UINT32,  IOU_UINT64, IOU_TYPE_UNDEFINED};

/* Limits of opsets before 11; the type's own where they are absent. */
typedef struct clip_attributes {
    float f32[2];
    double f64[2];
} clip_attributes;

static iou_status clip_parse(const iou_parse *parse) {
    static const char *const names[] = {"min", "max"};
    clip_attributes *a = parse->attributes;
    for (int i = 0; i < 2; i++) {
        const float most = i == 0 ? -FLT_MAX : FLT_MAX;
        const bool given = iou_attribute_present(parse->node, names[i]);
        a->f32[i] = iou_attribute_float(parse->node, names[i], most);
        a->f64[i] = given ? (double)a->f32[i] : i == 0 ? -DBL_MAX : DBL_MAX;
    }
    return IOU_OK;
}

static iou_status clip_infer(const iou_infer *infer) {
    const bool attributes = infer->node->opset < 11;
    IOU_TRY(iou_fact_begin(infer, 1, attributes ? 1 : 3, 1));
    IOU_TRY(iou_infer_type(infer, 0, attributes ? iou_types_float : clip_types));
    for (int i = 1; i <= 2; i++) {
        const iou_fact *bound = iou_fact_in(infer, i);
        size_t count;
        if (bound == NULL) {
            continue;
        }
        const iou_type expected[] = {infer->in[0]->type, IOU_TYPE_UNDEFINED};
        if (expected[0] != IOU_TYPE_UNDEFINED) {
            IOU_TRY(iou_infer_type(infer, i, expected));
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

/* The limits of a Clip of 32-bit floats whose further inputs are constants or absent. */
static void clip_limits(const iou_node *node, const iou_fact *facts, float *lo, float *hi) {
    const clip_attributes *a = node->attributes;
    float *const limits[] = {lo, hi};
    *lo = a->f32[0];
    *hi = a->f32[1];
    for (int i = 1; i < node->input_count; i++) {
        if (node->inputs[i] != IOU_NO_VALUE) {
            memcpy(limits[i - 1], facts[node->inputs[i]].data, sizeof(float));
        }
    }
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
        const clip_attributes *a = prepare->node->attributes;
        p->lo = type == IOU_DOUBLE ? (const void *)&a->f64[0] : &a->f32[0];
        p->hi = type == IOU_DOUBLE ? (const void *)&a->f64[1] : &a->f32[1];
    }
    *prepare->step = (iou_step){.run = clip_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->count),
                                .in_place = 1,
                                .algorithm = "element-wise",
                                .isa = "scalar"};
    return IOU_OK;
}

static iou_status clip_epilogue(const iou_epilogue_query *query, iou_epilogue_step *step,
                                bool *accepted) {
    const iou_node *node = query->node;
    *step = (iou_epilogue_step){.kind = IOU_EPILOGUE_CLAMP};
    *accepted = query->entry == 0;
    for (int i = 1; i < node->input_count && *accepted; i++) {
        *accepted = node->inputs[i] == IOU_NO_VALUE || query->facts[node->inputs[i]].data != NULL;
    }
    if (*accepted) {
        clip_limits(node, query->facts, &step->lo, &step->hi);
    }
    return IOU_OK;
}

const iou_op iou_op_clip = {.name = "Clip",
                            .widens = IOU_WIDENS_GIVEN,
                            .layout = IOU_LAYOUT_ELEMENTWISE,
                            .attributes_size = sizeof(clip_attributes),
                            .parse = clip_parse,
                            .infer = clip_infer,
                            .prepare = clip_prepare,
                            .epilogue = clip_epilogue};
