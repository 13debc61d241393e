/* Operators on each vector along one axis: LpNormalization and Hardmax. */
#include "ops/facts.h"
#include "ops/norm/flat_axis.h"
#include "ops/rows.h"

#include <math.h>

typedef struct axis_params {
    iou_axis axis;
    iou_rows rows;
    iou_type type;
    bool hard; /* Hardmax */
    int p;     /* of the norm: 1 or 2 */
} axis_params;

typedef struct axis_attributes {
    bool hard;
    iou_flat_axis axis; /* of LpNormalization never flat */
    int p;
} axis_attributes;

static iou_status axis_parse(const iou_parse *parse) {
    const iou_node *node = parse->node;
    axis_attributes *a = parse->attributes;
    const int64_t p = iou_attribute_int(node, "p", 2);
    a->hard = node->op == &iou_op_hardmax;
    if (!a->hard && p != 1 && p != 2) {
        return iou_parse_fail(parse, IOU_BAD_MODEL, "p must be 1 or 2, it is %lld", (long long)p);
    }
    a->p = (int)p;
    if (a->hard) {
        iou_flat_axis_parse(parse, &a->axis);
    } else {
        a->axis.axis = iou_attribute_int(node, "axis", -1);
    }
    return IOU_OK;
}

static iou_status axis_infer(const iou_infer *infer) {
    const axis_attributes *a = infer->node->attributes;
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_float));
    const iou_fact *x = infer->in[0];
    iou_fact_like(&infer->out[0], x);
    if (x->rank >= 0) {
        int axis;
        IOU_TRY(iou_fact_axis(infer, iou_flat_axis_of(&a->axis, x->rank), x->rank, &axis));
    }
    return IOU_OK;
}

#define VECTOR(type)                                                                               \
    do {                                                                                           \
        const type *x = (const type *)call->in[0] + at;                                            \
        type *y = (type *)call->out[0] + at;                                                       \
        double sum = 0.0;                                                                          \
        size_t most = 0;                                                                           \
        for (size_t i = 0; i < p->axis.extent; i++) {                                              \
            const double v = (double)x[i * step];                                                  \
            most = p->hard && x[i * step] > x[most * step] ? i : most;                             \
            sum += p->p == 1 ? fabs(v) : v * v;                                                    \
        }                                                                                          \
        const double norm = p->p == 1 ? sum : sqrt(sum);                                           \
        for (size_t i = 0; i < p->axis.extent; i++) {                                              \
            const double v = norm == 0.0 ? 0.0 : (double)x[i * step] / norm;                       \
            y[i * step] = p->hard ? (type)(i == most) : (type)v;                                   \
        }                                                                                          \
    } while (0)

static iou_status axis_run(const iou_call *call, size_t task) {
    const axis_params *p = call->params;
    const size_t step = p->axis.inner;
    size_t row, end;
    for (iou_rows_range(&p->rows, task, &row, &end); row < end; row++) {
        const size_t at = row / step * p->axis.extent * step + row % step;
        if (p->type == IOU_FLOAT) {
            VECTOR(float);
        } else {
            VECTOR(double);
        }
    }
    return IOU_OK;
}

static iou_status axis_prepare(const iou_prepare *prepare) {
    const axis_attributes *a = prepare->node->attributes;
    const iou_operand *x = prepare->in[0];
    axis_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->hard = a->hard;
    p->axis = iou_axis_of(x, iou_flat_axis_of(&a->axis, x->rank));
    if (a->axis.flat) {
        p->axis.extent *= p->axis.inner;
        p->axis.inner = 1;
    }
    p->type = x->type;
    p->p = a->p;
    p->rows = iou_rows_of(x->count == 0 ? 0 : p->axis.outer * p->axis.inner, p->axis.extent);
    *prepare->step = (iou_step){.run = axis_run,
                                .params = p,
                                .task_count = iou_rows_tasks(&p->rows),
                                .in_place = 1,
                                .algorithm = "rows",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_hardmax = {.name = "Hardmax",
                               .widens = IOU_WIDENS_FLOATS,
                               .attributes_size = sizeof(axis_attributes),
                               .parse = axis_parse,
                               .infer = axis_infer,
                               .prepare = axis_prepare};
const iou_op iou_op_lp_normalization = {.name = "LpNormalization",
                                        .widens = IOU_WIDENS_FLOATS,
                                        .attributes_size = sizeof(axis_attributes),
                                        .parse = axis_parse,
                                        .infer = axis_infer,
                                        .prepare = axis_prepare};
