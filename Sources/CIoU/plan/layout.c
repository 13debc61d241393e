#include "plan/layout.h"

#include "core/sizes.h"
#include "core/matrix_transpose.h"

#include <string.h>

/** Every conversion is a batch of matrix transposes: [rows][columns] becomes [columns][rows]. */
typedef struct transposes {
    size_t batch, rows, columns, element;
    size_t stride;      /* from one row to the next */
    bool by_rows;       /* tasks are bands of the rows, else of the columns */
    size_t band, bands; /* lines of a task; tasks a matrix */
} transposes;

enum { TASK = 32768, LINES = 16 }; /* elements; bands are multiples of this */

static size_t dims_product(const iou_operand *o, int first, int last) {
    size_t product = 1;
    for (int i = first; i < last; i++) {
        product *= (size_t)o->dims[i];
    }
    return product;
}

/** What brings a value from its layout to another; one of both is plain. */
static transposes describe(const iou_operand *o, iou_layout to) {
    const bool swaps = o->layout == IOU_SWAPPED || to == IOU_SWAPPED,
               plain = o->layout == IOU_PLAIN;
    const int first = swaps ? o->rank - 2 : 1; /* of the dims that change places */
    const size_t one = (size_t)o->dims[first], other = dims_product(o, first + 1, o->rank);
    transposes t = {.batch = dims_product(o, 0, first),
                    .rows = plain ? one : other,
                    .columns = plain ? other : one,
                    .element = iou_type_size(o->type)};
    t.stride = o->pitch > 0 ? (size_t)o->pitch : t.columns;
    t.by_rows = t.rows > t.columns;
    const size_t lines = t.by_rows ? t.rows : t.columns, length = t.by_rows ? t.columns : t.rows;
    t.band = iou_divide_up(TASK / iou_size_max(length, 1) + 1, LINES) * LINES;
    t.bands = iou_divide_up(lines, t.band);
    return t;
}

bool iou_layout_trivial(const iou_operand *operand, iou_layout to) {
    const transposes t = describe(operand, to);
    return t.rows <= 1 || t.columns <= 1;
}

static void run_band(const transposes *t, void *to, const void *from, size_t task) {
    const size_t matrix = task / t->bands * t->rows;
    const size_t begin = task % t->bands * t->band;
    const size_t lines = iou_size_min(t->band, (t->by_rows ? t->rows : t->columns) - begin);
    const size_t in = matrix * t->stride + (t->by_rows ? begin * t->stride : begin);
    const size_t out = matrix * t->columns + (t->by_rows ? begin : begin * t->rows);
    const iou_transposition part = {.to = (char *)to + out * t->element,
                                    .from = (const char *)from + in * t->element,
                                    .to_stride = t->rows,
                                    .from_stride = t->stride,
                                    .rows = t->by_rows ? lines : t->rows,
                                    .columns = t->by_rows ? t->columns : lines};
    iou_transpose(&part, t->element);
}

static iou_status run(const iou_call *call, size_t task) {
    run_band(call->params, call->out[0], call->in[0], task);
    return IOU_OK;
}

iou_status iou_layout_step(iou_step *step, const iou_operand *operand, iou_layout to,
                           iou_arena *memory, iou_error *error) {
    transposes *t = iou_arena_alloc(memory, sizeof *t);
    IOU_FAIL_IF(!t, IOU_OUT_OF_MEMORY, error, "no memory for the plan");
    *t = describe(operand, to);
    *step = (iou_step){.run = run,
                       .params = t,
                       .task_count = t->batch * t->bands,
                       .algorithm = to == IOU_CHANNELS_LAST ? "to channels last" : "to plain",
                       .isa = "scalar"};
    return IOU_OK;
}

/** Rows of a part are copied side by side. */
typedef struct part_rows {
    size_t rows, rows_per_task;
    size_t row, stride; /* bytes of a row; from one to the next in the input */
} part_rows;

static iou_status run_dense(const iou_call *call, size_t task) {
    const part_rows *p = call->params;
    const size_t first = task * p->rows_per_task;
    const size_t end = iou_size_min(first + p->rows_per_task, p->rows);
    for (size_t row = first; row < end; row++) {
        memcpy((char *)call->out[0] + row * p->row, (const char *)call->in[0] + row * p->stride,
               p->row);
    }
    return IOU_OK;
}

iou_status iou_layout_dense_step(iou_step *step, const iou_operand *operand, iou_arena *memory,
                                 iou_error *error) {
    part_rows *p = iou_arena_alloc(memory, sizeof *p);
    IOU_FAIL_IF(!p, IOU_OUT_OF_MEMORY, error, "no memory for the plan");
    const size_t channels = (size_t)operand->dims[1], element = iou_type_size(operand->type);
    p->rows = operand->count / iou_size_max(channels, 1);
    p->rows_per_task = iou_size_max(1, TASK / iou_size_max(channels, 1));
    p->row = channels * element;
    p->stride = (size_t)iou_operand_pitch(operand) * element;
    *step = (iou_step){.run = run_dense,
                       .params = p,
                       .task_count = iou_size_max(1, iou_divide_up(p->rows, p->rows_per_task)),
                       .algorithm = "to dense",
                       .isa = "scalar"};
    return IOU_OK;
}

void iou_layout_copy(void *to, const void *from, const iou_operand *operand, iou_layout layout) {
    const transposes t = describe(operand, layout);
    for (size_t task = 0; task < t.batch * t.bands; task++) {
        run_band(&t, to, from, task);
    }
}
