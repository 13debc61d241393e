/*
 * LayerNormalization and RMSNormalization: the dimensions from `axis` on get mean 0 (RMS: keep
 * theirs) and variance 1, then a scale and bias that broadcast.
 */
#include "ops/facts.h"
#include "ops/norm/moments.h"
#include "ops/rows.h"
#include "ops/strided_iterator.h"

#include <math.h>

enum { X = 0, SCALE = 1, BIAS = 2, Y = 0, MEAN = 1, INVERSE = 2 };

typedef struct layer_params {
    iou_type type;
    size_t extent; /* elements of a row */
    iou_rows rows;
    iou_iterator affine; /* over X; operands: scale and, with `biased`, bias */
    double epsilon;
    bool centered, biased;
    bool writes[3]; /* outputs that are there */
} layer_params;

typedef struct layer_attributes {
    bool centered; /* LayerNormalization */
    int64_t axis;
    double epsilon;
} layer_attributes;

static iou_status layer_parse(const iou_parse *parse) {
    *(layer_attributes *)parse->attributes = (layer_attributes){
        .centered = parse->node->op == &iou_op_layer_normalization,
        .axis = iou_attribute_int(parse->node, "axis", -1),
        .epsilon = (double)iou_attribute_float(parse->node, "epsilon", 1e-5f),
    };
    return IOU_OK;
}

/* Scale and bias broadcast to x, which they do not enlarge. */
static iou_status check_affine(const iou_infer *infer, int input) {
    const iou_fact *x = infer->in[X], *factor = infer->in[input];
    const iou_type same[] = {x->type, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_infer_type(infer, input, same[0] == IOU_TYPE_UNDEFINED ? iou_types_float : same));
    bool fits = factor->rank <= x->rank || x->rank < 0;
    for (int i = 0; fits && x->rank >= 0 && i < factor->rank; i++) {
        const iou_dim have = factor->dims[i], expected = x->dims[x->rank - factor->rank + i];
        fits = !have.known || have.value == 1 || !expected.known || have.value == expected.value;
    }
    return fits ? IOU_OK
                : iou_infer_fail(infer, IOU_BAD_MODEL, "input %d must broadcast to input 0", input);
}

static iou_status layer_infer(const iou_infer *infer) {
    const iou_node *node = infer->node;
    const layer_attributes *a = node->attributes;
    IOU_TRY(iou_fact_begin(infer, 2, a->centered ? 3 : 2, a->centered ? 3 : 1));
    IOU_TRY(iou_infer_type(infer, X, iou_types_float));
    IOU_TRY(check_affine(infer, SCALE));
    if (iou_fact_in(infer, BIAS) != NULL) {
        IOU_TRY(check_affine(infer, BIAS));
    }
    const iou_fact *x = infer->in[X];
    iou_fact_like(&infer->out[Y], x);
    int axis = 0;
    if (x->rank >= 0) {
        IOU_TRY(iou_fact_axis(infer, a->axis, x->rank, &axis));
    }
    for (int i = 1; i < node->output_count; i++) {
        iou_fact_like(&infer->out[i], x);
        infer->out[i].type = IOU_FLOAT; /* attribute stash_type */
        for (int d = axis; d < x->rank; d++) {
            infer->out[i].dims[d] = iou_dim_number(1);
        }
    }
    return IOU_OK;
}

#define AFFINE(type)                                                                               \
    do {                                                                                           \
        const type *from = (const type *)call->in[X] + at;                                         \
        const type *s = (const type *)call->in[SCALE] + offsets[0];                                \
        const type *b = p->biased ? (const type *)call->in[BIAS] + offsets[1] : NULL;              \
        type *to = (type *)call->out[Y] + at;                                                      \
        const type m = (type)mean, f = (type)inverse;                                              \
        if (s_step == 1 && (b == NULL || b_step == 1)) {                                           \
            for (size_t i = 0; i < n && b == NULL; i++) {                                          \
                to[i] = (from[i] - m) * f * s[i];                                                  \
            }                                                                                      \
            for (size_t i = 0; i < n && b != NULL; i++) {                                          \
                to[i] = (from[i] - m) * f * s[i] + b[i];                                           \
            }                                                                                      \
        } else {                                                                                   \
            for (size_t i = 0; i < n; i++) {                                                       \
                const type v = (from[i] - m) * f * s[(int64_t)i * s_step];                         \
                to[i] = b == NULL ? v : v + b[(int64_t)i * b_step];                                \
            }                                                                                      \
        }                                                                                          \
    } while (0)

static void write_row(const iou_call *call, const layer_params *p, size_t row, double mean,
                      double inverse) {
    const int64_t s_step = iou_iterator_step(&p->affine, 0);
    const int64_t b_step = p->biased ? iou_iterator_step(&p->affine, 1) : 0;
    const size_t end = (row + 1) * p->extent;
    for (size_t at = row * p->extent; at < end;) {
        int64_t offsets[IOU_ITERATOR_OPERANDS];
        const size_t n = iou_iterator_seek(&p->affine, at, end, offsets);
        if (p->type == IOU_FLOAT) {
            AFFINE(float);
        } else {
            AFFINE(double);
        }
        at += n;
    }
}

static iou_status layer_run(const iou_call *call, size_t task) {
    const layer_params *p = call->params;
    const double n = (double)p->extent;
    size_t row, end;
    for (iou_rows_range(&p->rows, task, &row, &end); row < end; row++) {
        const char *x = (const char *)call->in[X] + row * p->extent * iou_type_size(p->type);
        const double mean = p->centered ? iou_sum(p->type, x, p->extent) / n : 0.0;
        const double variance = iou_sum_squares(p->type, x, p->extent, mean) / n;
        const double inverse = 1.0 / sqrt(variance + p->epsilon);
        if (p->writes[Y]) {
            write_row(call, p, row, mean, inverse);
        }
        if (p->writes[MEAN]) {
            ((float *)call->out[MEAN])[row] = (float)mean;
        }
        if (p->writes[INVERSE]) {
            ((float *)call->out[INVERSE])[row] = (float)inverse;
        }
    }
    return IOU_OK;
}

static iou_status layer_prepare(const iou_prepare *prepare) {
    const iou_node *node = prepare->node;
    const iou_operand *x = prepare->in[X], *bias = iou_operand_in(prepare, BIAS);
    layer_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const layer_attributes *a = node->attributes;
    const iou_axis axis = iou_axis_of(x, a->axis);
    p->type = x->type;
    p->extent = axis.extent * axis.inner;
    p->rows = iou_rows_of(axis.outer, p->extent);
    p->centered = a->centered;
    p->biased = bias != NULL;
    p->epsilon = a->epsilon;
    for (int i = 0; i < node->output_count; i++) {
        p->writes[i] = node->outputs[i] != IOU_NO_VALUE;
    }
    const iou_operand *const both[] = {prepare->in[SCALE], bias};
    iou_iterator_broadcast(&p->affine, x, both, p->biased ? 2 : 1);
    *prepare->step = (iou_step){.run = layer_run,
                                .params = p,
                                .task_count = iou_rows_tasks(&p->rows),
                                .in_place = p->writes[Y],
                                .algorithm = "rows",
                                .isa = "scalar",
                                .flop = 8.0 * (double)x->count};
    return IOU_OK;
}

const iou_op iou_op_layer_normalization = {.name = "LayerNormalization",
                                           .widens = IOU_WIDENS_FLOATS | IOU_WIDENS_FIRST_OUTPUT,
                                           .attributes_size = sizeof(layer_attributes),
                                           .parse = layer_parse,
                                           .infer = layer_infer,
                                           .prepare = layer_prepare};
const iou_op iou_op_rms_normalization = {.name = "RMSNormalization",
                                         .widens = IOU_WIDENS_FLOATS,
                                         .attributes_size = sizeof(layer_attributes),
                                         .parse = layer_parse,
                                         .infer = layer_infer,
                                         .prepare = layer_prepare};
