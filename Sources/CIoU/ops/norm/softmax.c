/* Softmax and LogSoftmax. Before opset 13 the dimensions from `axis` on are taken as one. */
#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/matmul/attention.h"
#include "ops/norm/flat_axis.h"
#include "ops/norm/softmax_kernel.h"
#include "ops/strided_iterator.h"

/* Elements of a task; columns of one are multiples of a cache line. */
enum { TASK = 8192, COLUMNS = 16 };

/* Elements of a row that are few, and how many such rows are done together. */
enum { NARROW = 8, NARROW_ROWS = 128 };

typedef struct softmax_params {
    iou_type type;
    const iou_softmax_kernels *kernels; /* of float32 */
    size_t outer, extent, inner;
    size_t rows, columns; /* of a task: of outer, and of inner */
    size_t blocks;        /* of columns */
    bool logarithm;
} softmax_params;

static iou_status softmax_parse(const iou_parse *parse) {
    iou_flat_axis_parse(parse, parse->attributes);
    return IOU_OK;
}

static iou_status softmax_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_float));
    const iou_fact *x = infer->in[0];
    iou_fact_like(&infer->out[0], x);
    if (x->rank > 0) {
        int axis;
        IOU_TRY(iou_fact_axis(infer, iou_flat_axis_of(infer->node->attributes, x->rank), x->rank,
                              &axis));
    }
    return IOU_OK;
}

/* `count` neighbouring vectors from element `at` on. */
static void softmax_vectors(const softmax_params *p, const iou_call *call, size_t at,
                            size_t count) {
    if (p->type == IOU_DOUBLE) {
        iou_softmax_f64(&(iou_softmax_job_f64){.x = (const double *)call->in[0] + at,
                                               .y = (double *)call->out[0] + at,
                                               .extent = p->extent,
                                               .stride = p->inner,
                                               .count = count,
                                               .logarithm = p->logarithm});
        return;
    }
    const iou_softmax_job job = {.x = (const float *)call->in[0] + at,
                                 .y = (float *)call->out[0] + at,
                                 .extent = p->extent,
                                 .stride = p->inner,
                                 .count = count,
                                 .logarithm = p->logarithm};
    if (p->inner == 1) {
        p->kernels->row(&job);
    } else {
        p->kernels->columns(&job);
    }
}

/* Rows from element `at` on that are too short for vectors: a lane each, through a copy where they
 * are columns. */
static void softmax_narrow_rows(const softmax_params *p, const iou_call *call, size_t at,
                                size_t rows) {
    float copy[NARROW * NARROW_ROWS];
    const size_t n = p->extent;
    for (size_t row = 0; row < rows; row += NARROW_ROWS) {
        const size_t count = iou_size_min(NARROW_ROWS, rows - row);
        const float *x = (const float *)call->in[0] + at + row * n;
        float *y = (float *)call->out[0] + at + row * n;
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < count; j++) {
                copy[i * NARROW_ROWS + j] = x[j * n + i];
            }
        }
        p->kernels->columns(&(iou_softmax_job){.x = copy,
                                               .y = copy,
                                               .extent = n,
                                               .stride = NARROW_ROWS,
                                               .count = count,
                                               .logarithm = p->logarithm});
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < count; j++) {
                y[j * n + i] = copy[i * NARROW_ROWS + j];
            }
        }
    }
}

static iou_status softmax_run(const iou_call *call, size_t task) {
    const softmax_params *p = call->params;
    const size_t outer = task / p->blocks * p->rows, end = iou_size_min(outer + p->rows, p->outer);
    const size_t column = task % p->blocks * p->columns;
    if (p->type == IOU_FLOAT && p->inner == 1 && p->extent <= NARROW) {
        softmax_narrow_rows(p, call, outer * p->extent, end - outer);
        return IOU_OK;
    }
    for (size_t row = outer; row < end; row++) {
        softmax_vectors(p, call, row * p->extent * p->inner + column,
                        iou_size_min(p->columns, p->inner - column));
    }
    return IOU_OK;
}

/* Cuts the work: several rows a task, or some columns of one. */
static size_t partition(softmax_params *p) {
    const size_t row = iou_size_times(p->extent, p->inner);
    p->rows = iou_size_max(1, TASK / iou_size_max(row, 1));
    p->columns = iou_divide_up(TASK / p->extent + 1, COLUMNS) * COLUMNS;
    if (p->columns >= p->inner) {
        p->columns = p->inner;
    } else {
        p->rows = 1;
    }
    p->blocks = iou_divide_up(p->inner, p->columns);
    return iou_divide_up(p->outer, p->rows) * p->blocks;
}

static iou_status softmax_fuse_producer(const iou_prepare *prepare, const iou_step *inner,
                                        bool *fused) {
    const softmax_params *p = prepare->step->params;
    *fused = p->inner == 1 && prepare->in[0]->layout == IOU_PLAIN;
    return *fused ? iou_attention_fuse_scores(prepare, inner, p->extent, p->logarithm, fused)
                  : IOU_OK;
}

static bool softmax_fuses_producer(const iou_node *node, const iou_node *producer, bool longer) {
    (void)node;
    return producer->op == &iou_op_matmul && !longer;
}

static iou_status softmax_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    softmax_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const iou_flat_axis *a = prepare->node->attributes;
    const int64_t given = iou_flat_axis_of(a, x->rank);
    const int axis = (int)(given < 0 ? given + x->rank : given);
    int order[IOU_MAX_RANK];
    bool met = false;
    iou_memory_order(x->rank, x->layout, order);
    p->outer = p->extent = p->inner = 1;
    for (int i = 0; i < x->rank; i++) { /* what is taken as one is together in either layout */
        const bool within = order[i] == axis || (a->flat && order[i] > axis);
        size_t *part = within ? &p->extent : met ? &p->inner : &p->outer;
        met = met || within;
        *part *= (size_t)x->dims[order[i]];
    }
    p->logarithm = prepare->node->op == &iou_op_log_softmax;
    p->type = x->type;
    p->kernels = iou_softmax_choose(prepare->isa);
    const bool empty = x->count == 0;
    const bool floats = p->type == IOU_FLOAT;
    *prepare->step = (iou_step){.run = empty ? iou_run_nothing : softmax_run,
                                .params = p,
                                .task_count = empty ? 1 : partition(p),
                                .in_place = 1,
                                .fuse_producer = empty || !floats ? NULL : softmax_fuse_producer,
                                .algorithm = p->inner == 1 ? "rows" : "columns",
                                .isa = floats ? iou_isa_name(p->kernels->isa) : "scalar"};
    return IOU_OK;
}

const iou_op iou_op_softmax = {.name = "Softmax",
                               .widens = IOU_WIDENS_FLOATS,
                               .layout = IOU_LAYOUT_FOLLOWS,
                               .attributes_size = sizeof(iou_flat_axis),
                               .parse = softmax_parse,
                               .infer = softmax_infer,
                               .prepare = softmax_prepare,
                               .fuses_producer = softmax_fuses_producer};
const iou_op iou_op_log_softmax = {.name = "LogSoftmax",
                                   .widens = IOU_WIDENS_FLOATS,
                                   .layout = IOU_LAYOUT_FOLLOWS,
                                   .attributes_size = sizeof(iou_flat_axis),
                                   .parse = softmax_parse,
                                   .infer = softmax_infer,
                                   .prepare = softmax_prepare,
                                   .fuses_producer = softmax_fuses_producer};
