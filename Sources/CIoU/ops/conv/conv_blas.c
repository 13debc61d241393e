/* A product of OpenBLAS: rows of the image are rows of the left matrix where they lie so, as under
 * a 1x1 window; else windows are copied side by side, some pixels at a time. */
#include "core/blas.h"
#include "core/clamp.h"
#include "core/copy_floats.h"
#include "ops/conv/conv.h"

static bool suits(const iou_conv_request *request) {
    const iou_conv_shape *shape = request->shape;
    return request->kernels->blas != NULL && request->type == IOU_FLOAT && shape->group == 1 &&
           shape->in_channels > 0;
}

/* Whether the image is the left matrix. */
static bool is_matrix(const iou_conv_plan *plan) {
    const iou_conv_shape *s = &plan->shape;
    bool same = plan->taps == 1;
    for (int i = 0; i < IOU_CONV_SPATIAL; i++) {
        same = same && s->stride[i] == 1 && s->pad[i] == 0 && s->in[i] == s->out[i];
    }
    return same;
}

/* ---- Run ----------------------------------------------------------------------------------- */

/* Some rows of a task. */
typedef struct blas_rows {
    size_t row, rows; /* from the task's first on */
    const float *a;
    size_t a_stride;
} blas_rows;

/* Copies the windows of `rows` pixels: [row][tap][channel]. */
static const float *copy_windows(const iou_conv_plan *plan, const iou_call *call,
                                 const iou_conv_task *task, size_t row, size_t rows) {
    const float **pointers = (const float **)(void *)((char *)call->scratch + plan->pointers_at);
    float *copy = (float *)(void *)((char *)call->scratch + plan->gather_at);
    iou_conv_point(plan, &task->image, task->row + row, rows, pointers);
    for (size_t i = 0; i < rows; i++) {
        for (size_t tap = 0; tap < plan->taps; tap++) {
            iou_copy_floats(copy + (i * plan->taps + tap) * plan->channels,
                            pointers[tap * rows + i], plan->channels);
        }
    }
    return copy;
}

static blas_rows rows_from(const iou_conv_plan *plan, const iou_call *call,
                           const iou_conv_task *task, size_t row) {
    const size_t rows = iou_size_min(task->rows - row, plan->blocks.rows_at_once);
    if (is_matrix(plan)) {
        const float *a = task->image.lines + (task->row + row) * plan->in_pitch;
        return (blas_rows){row, rows, a, plan->in_pitch};
    }
    return (blas_rows){row, rows, copy_windows(plan, call, task, row, rows), plan->depth};
}

/* Bias, residual and clamp of the columns from `column` on. */
static void finish_rows(const iou_conv_plan *plan, const float *bias, const float *const *residuals,
                        size_t rows, size_t column, size_t columns, float *c) {
    for (size_t i = 0; i < rows; i++, c += plan->out_pitch) {
        if (residuals != NULL) {
            const float *residual = residuals[i] + column;
            for (size_t j = 0; j < columns; j++) {
                c[j] = iou_clamp_f32(c[j] + bias[j] + residual[j], plan->lo, plan->hi);
            }
            continue;
        }
        for (size_t j = 0; j < columns; j++) {
            c[j] = iou_clamp_f32(c[j] + bias[j], plan->lo, plan->hi);
        }
    }
}

/* The rows by panel `panel` of all. */
static void multiply_panel(const iou_conv_plan *plan, const iou_call *call,
                           const iou_conv_task *task, const blas_rows *rows, const float *packed,
                           const float *const *residuals, size_t panel) {
    const size_t width = plan->kernels.gemm->columns, column = panel * width;
    const size_t columns = iou_size_min(plan->columns - column, width);
    float *c = task->out + rows->row * plan->out_pitch + column;
    iou_blas_multiply(&(iou_blas_product){.rows = rows->rows,
                                          .columns = columns,
                                          .depth = plan->depth,
                                          .a = rows->a,
                                          .a_stride = rows->a_stride,
                                          .b = packed + width,
                                          .b_stride = width,
                                          .c = c,
                                          .c_stride = plan->out_pitch});
    finish_rows(plan, packed, residuals != NULL ? residuals + rows->row : NULL, rows->rows, column,
                columns, c);
    iou_conv_finish(plan, call, task->row + rows->row, rows->rows, column, columns, c);
}

static iou_status run(const iou_call *call, size_t task_index) {
    const iou_conv_plan *plan = call->params;
    const iou_conv_task task = iou_conv_locate(plan, call, task_index);
    const float *packed = iou_conv_panels(plan, call, &task);
    const float *const *residuals = iou_conv_residual_rows(plan, call, &task);
    for (size_t row = 0; row < task.rows; row += plan->blocks.rows_at_once) {
        const blas_rows rows = rows_from(plan, call, &task, row);
        for (size_t i = 0; i < task.panels; i++) {
            multiply_panel(plan, call, &task, &rows, packed + i * plan->panel_size, residuals,
                           task.panel + i);
        }
    }
    return IOU_OK;
}

/* ---- Plan ---------------------------------------------------------------------------------- */

static void partition(iou_conv_plan *plan, size_t threads) {
    /* Of the kernel's rows; floats of copied windows. With the rows of a call the last bits of its
     * sums change: they must not depend on the caches of a processor. */
    enum { UNITS = 16, COPIED = 1 << 18 };
    (void)threads;
    const iou_gemm_kernels *blas = plan->kernels.blas;
    iou_conv_blocks *blocks = &plan->blocks;
    plan->kernels.gemm = blas;
    iou_conv_product_panels(plan);
    iou_conv_partition(blocks, plan->rows, blas->rows, UNITS, plan->panels);
    const size_t fitting = iou_size_max(1, COPIED / plan->depth / blas->rows) * blas->rows;
    blocks->rows_at_once =
        iou_size_max(1, is_matrix(plan) ? blocks->rows : iou_size_min(blocks->rows, fitting));
    blocks->tap_blocks = blocks->channel_blocks = 1;
    blocks->taps = plan->sum_taps;
    blocks->channels = plan->sum_channels;
}

static void scratch(const iou_conv_plan *plan, iou_conv_scratch *scratch) {
    const size_t copied = is_matrix(plan) ? 0 : plan->blocks.rows_at_once;
    scratch->pointers = iou_size_times(copied, plan->taps);
    scratch->floats = iou_size_times(copied, plan->depth);
    scratch->residuals = plan->blocks.rows;
}

const iou_conv_algorithm iou_conv_blas_algorithm = {
    .name = "sgemm",
    .suits = suits,
    .partition = partition,
    .packed = iou_conv_product_packed,
    .pack = iou_conv_product_pack,
    .scratch = scratch,
    .run = run,
};
