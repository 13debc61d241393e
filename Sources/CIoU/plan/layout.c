#include "plan/layout.h"

#include "core/sizes.h"
#include "core/transpose.h"

#include <string.h>

/** Every conversion is a batch of matrix transposes: [rows][columns] becomes [columns][rows]. */
typedef struct transposes {
    size_t batch, rows, columns, element;
    bool by_rows;       /* tasks are bands of the rows, else of the columns */
    size_t band, bands; /* lines of a task; tasks a matrix */
} transposes;

enum { TASK = 32768, LINES = 16 }; /* elements; bands are multiples of this */

static transposes describe(const iou_operand *o) {
    size_t pixels = 1;
    for (int i = 2; i < o->rank; i++) {
        pixels *= (size_t)o->dims[i];
    }
    const size_t channels = (size_t)o->dims[1];
    const bool plain = o->layout == IOU_PLAIN;
    transposes t = {.batch = (size_t)o->dims[0],
                    .rows = plain ? channels : pixels,
                    .columns = plain ? pixels : channels,
                    .element = iou_type_size(o->type)};
    t.by_rows = t.rows > t.columns;
    const size_t lines = t.by_rows ? t.rows : t.columns, length = t.by_rows ? t.columns : t.rows;
    t.band = iou_divide_up(TASK / iou_size_max(length, 1) + 1, LINES) * LINES;
    t.bands = iou_divide_up(lines, t.band);
    return t;
}

bool iou_layout_trivial(const iou_operand *operand) {
    const transposes t = describe(operand);
    return t.rows <= 1 || t.columns <= 1;
}

static void run_band(const transposes *t, void *to, const void *from, size_t task) {
    const size_t matrix = task / t->bands * t->rows * t->columns;
    const size_t begin = task % t->bands * t->band;
    const size_t lines = iou_size_min(t->band, (t->by_rows ? t->rows : t->columns) - begin);
    const size_t in = matrix + (t->by_rows ? begin * t->columns : begin);
    const size_t out = matrix + (t->by_rows ? begin : begin * t->rows);
    const iou_transposition part = {.to = (char *)to + out * t->element,
                                    .from = (const char *)from + in * t->element,
                                    .to_stride = t->rows,
                                    .from_stride = t->columns,
                                    .rows = t->by_rows ? lines : t->rows,
                                    .columns = t->by_rows ? t->columns : lines};
    iou_transpose(&part, t->element);
}

static iou_status run(const iou_call *call, size_t task) {
    run_band(call->params, call->out[0], call->in[0], task);
    return IOU_OK;
}

iou_status iou_layout_step(iou_step *step, const iou_operand *operand, iou_arena *memory,
                           iou_error *error) {
    transposes *t = iou_arena_alloc(memory, sizeof *t);
    IOU_FAIL_IF(!t, IOU_OUT_OF_MEMORY, error, "no memory for the plan");
    *t = describe(operand);
    *step = (iou_step){.run = run,
                       .params = t,
                       .task_count = t->batch * t->bands,
                       .algorithm = operand->layout == IOU_PLAIN ? "to channels last" : "to plain",
                       .isa = "scalar"};
    return IOU_OK;
}

void iou_layout_copy(void *to, const void *from, const iou_operand *operand) {
    const transposes t = describe(operand);
    for (size_t task = 0; task < t.batch * t.bands; task++) {
        run_band(&t, to, from, task);
    }
}
