/* A task of a convolution as a matrix product over row pointers. */
#include "ops/conv/conv.h"

/* A task of so few panels spends much of its time waiting for the image; ask for it early. */
enum { FEW_PANELS = 8 };

/* What a task's tiles read and write. */
typedef struct conv_operands {
    const float *const *pointers;  /* [tap][row of the task] */
    const float *const *residuals; /* or NULL */
    const float *panels;           /* of the task */
    float *out;                    /* first row, first column of the task */
} conv_operands;

static void *conv_scratch(const iou_call *call, size_t at) {
    return (char *)call->scratch + at;
}

/* Asks for the rows of the next tile while this one is computed. */
static void conv_prefetch(const iou_gemm_tile *tile, const float *const *rows, size_t count) {
    enum { LINE = 64 / sizeof(float) };
    for (size_t tap = 0; tap < tile->taps; tap++) {
        for (size_t i = 0; i < count; i++) {
            const float *row = rows[tap * tile->a_stride + i] + tile->a_offset;
            for (size_t k = 0; k < tile->depth; k += LINE) {
                __builtin_prefetch(row + k, 0, 3);
            }
        }
    }
}

/* All rows of a task by one panel, one step of the sum; `tile` holds what they share. `cold`: the
 * rows have not been read yet. */
static void conv_rows(const iou_conv_plan *plan, const iou_conv_task *task,
                      const conv_operands *operands, iou_gemm_tile *tile, bool cold) {
    const iou_gemm_kernels *gemm = plan->gemm;
    const iou_gemm_kernel *kernels = tile->columns <= gemm->narrow ? gemm->slim : gemm->wide;
    const float *const *a = tile->a;
    float *const c = tile->c;
    const size_t tiles = (task->rows + gemm->rows - 1) / gemm->rows;
    for (size_t i = 0, row = 0; i < tiles; i++) {
        const size_t rows = (task->rows - row + tiles - i - 1) / (tiles - i);
        tile->a = a + row;
        tile->c = c + row * tile->c_stride;
        tile->residual = operands->residuals != NULL ? operands->residuals + row : NULL;
        if (cold && row + rows < task->rows) {
            const size_t left = task->rows - row - rows;
            conv_prefetch(tile, tile->a + rows, left < gemm->rows ? left : gemm->rows);
        }
        kernels[rows](tile);
        row += rows;
    }
}

/* One step of the sum, from `tap` and `channel` on, for all panels. */
static void conv_step(const iou_conv_plan *plan, const iou_conv_task *task,
                      const conv_operands *operands, size_t tap, size_t channel) {
    const size_t columns = plan->gemm->columns;
    const size_t taps = plan->sum_taps - tap, depth = plan->sum_channels - channel;
    iou_gemm_tile tile = {
        .a_stride = task->rows,
        .a_offset = channel,
        .taps = taps < plan->blocks.taps ? taps : plan->blocks.taps,
        .depth = depth < plan->blocks.channels ? depth : plan->blocks.channels,
        .c_stride = (size_t)plan->shape.out_channels,
        .first = tap == 0 && channel == 0,
        .lo = plan->lo,
        .hi = plan->hi,
    };
    const bool cold = plan->algorithm == IOU_CONV_GEMM && task->panels <= FEW_PANELS;
    tile.last = tile.taps == taps && tile.depth == depth;
    for (size_t i = 0; i < task->panels; i++) {
        const float *panel = operands->panels + i * plan->panel_size;
        const size_t column = (task->panel + i) * columns, left = plan->columns - column;
        tile.a = operands->pointers + tap * task->rows;
        tile.bias = panel;
        tile.b = panel + columns + (tap * plan->sum_channels + channel) * columns;
        tile.c = operands->out + i * columns;
        tile.columns = left < columns ? left : columns;
        tile.residual_offset = task->group * plan->columns + column;
        conv_rows(plan, task, operands, &tile, cold && i == 0);
    }
}

static void conv_sigmoid(const iou_conv_plan *plan, const iou_conv_task *task, float *out) {
    const size_t column = task->panel * plan->gemm->columns, left = plan->columns - column;
    const size_t most = task->panels * plan->gemm->columns;
    for (size_t row = 0; row < task->rows; row++) {
        plan->gemm->sigmoid(out + row * (size_t)plan->shape.out_channels,
                            left < most ? left : most);
    }
}

/* The task's packed panels; made now when the weights are no constants. */
static const float *conv_panels(const iou_conv_plan *plan, const iou_call *call,
                                const iou_conv_task *task) {
    if (plan->packed != NULL) {
        return plan->packed + (task->group * plan->panels + task->panel) * plan->panel_size;
    }
    iou_conv_source source = plan->source;
    source.weights = call->in[plan->weight_input];
    source.bias = plan->bias_input >= 0 ? call->in[plan->bias_input] : NULL;
    float *panels = conv_scratch(call, plan->packed_at);
    iou_conv_pack_panels(plan, &source, task->group, task->panel, task->panels, panels);
    return panels;
}

static void conv_point(const iou_conv_plan *plan, const iou_call *call, const iou_conv_task *task,
                       const float **pointers) {
    if (plan->algorithm != IOU_CONV_IM2COL) {
        iou_conv_point(plan, call->in[0], task->group, task->row, task->rows, pointers);
        return;
    }
    float *gathered = conv_scratch(call, plan->gather_at);
    iou_conv_gather(plan, call->in[0], task->group, task->row, task->rows, gathered);
    for (size_t i = 0; i < task->rows; i++) {
        pointers[i] = gathered + i * plan->depth;
    }
}

iou_status iou_conv_run_igemm(const iou_call *call, size_t task_index) {
    const iou_conv_plan *plan = call->params;
    const iou_conv_task task = iou_conv_locate(plan, task_index);
    const float **pointers = conv_scratch(call, plan->pointers_at);
    const float **residuals = NULL;
    conv_point(plan, call, &task, pointers);
    if (plan->residual.input >= 0) {
        residuals = conv_scratch(call, plan->residuals_at);
        iou_conv_point_residual(plan, call->in[plan->residual.input], task.row, task.rows,
                                residuals);
    }
    const conv_operands operands = {
        .pointers = (const float *const *)pointers,
        .residuals = (const float *const *)residuals,
        .panels = conv_panels(plan, call, &task),
        .out = (float *)call->out[0] + task.row * (size_t)plan->shape.out_channels +
               task.group * plan->columns + task.panel * plan->gemm->columns,
    };
    const iou_conv_blocks *blocks = &plan->blocks;
    for (size_t tap = 0; tap < blocks->tap_blocks; tap++) {
        for (size_t channel = 0; channel < blocks->channel_blocks; channel++) {
            conv_step(plan, &task, &operands, tap * blocks->taps, channel * blocks->channels);
        }
    }
    if (plan->activation == IOU_ACT_SIGMOID) {
        conv_sigmoid(plan, &task, operands.out);
    }
    return IOU_OK;
}
