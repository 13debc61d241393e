/* Operators on each vector along one axis: LpNormalization and Hardmax. */
#include "ops/facts.h"
#include "ops/rows.h"

#include <math.h>

typedef struct axis_params {
    iou_axis axis;
    iou_rows rows;
    iou_type type;
    bool hard; /* Hardmax */
    int p;     /* of the norm: 1 or 2 */
} axis_params;

static bool is_hardmax(const iou_node *node) {
    return node->op_type[0] == 'H';
}

/* Before opset 13, Hardmax takes the dimensions from `axis` on as one. */
static int64_t default_axis(const iou_node *node, int rank) {
    return is_hardmax(node) && node->opset < 13 ? (rank > 1 ? 1 : 0) : -1;
}

static iou_status axis_infer(const iou_infer *infer) {
    const iou_node *node = infer->node;
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_float));
    const iou_fact *x = infer->in[0];
    iou_fact_like(&infer->out[0], x);
    const int64_t p = iou_attribute_int(node, "p", 2);
    if (!is_hardmax(node) && p != 1 && p != 2) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "p must be 1 or 2, it is %lld", (long long)p);
    }
    if (x->rank >= 0) {
        int axis;
        const int64_t given = iou_attribute_int(node, "axis", default_axis(node, x->rank));
        IOU_TRY(iou_fact_axis(infer, given, x->rank, &axis));
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
    const iou_node *node = prepare->node;
    const iou_operand *x = prepare->in[0];
    axis_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->hard = is_hardmax(node);
    p->axis = iou_axis_of(x, iou_attribute_int(node, "axis", default_axis(node, x->rank)));
    if (p->hard && node->opset < 13) {
        p->axis.extent *= p->axis.inner;
        p->axis.inner = 1;
    }
    p->type = x->type;
    p->p = (int)iou_attribute_int(node, "p", 2);
    p->rows = iou_rows_of(x->count == 0 ? 0 : p->axis.outer * p->axis.inner, p->axis.extent);
    *prepare->step = (iou_step){.run = axis_run,
                                .params = p,
                                .task_count = iou_rows_tasks(&p->rows),
                                .in_place = 1,
                                .algorithm = "rows",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_hardmax = {.name = "Hardmax", .infer = axis_infer, .prepare = axis_prepare};
const iou_op iou_op_lp_normalization = {
    .name = "LpNormalization", .infer = axis_infer, .prepare = axis_prepare};
