/*
 * Integer convolutions as products with the packed weights. Tasks are some output pixels of a group
 * by all or some panels of its filters.
 */
#include "ops/quantize/integer_conv_plan.h"
#include "ops/quantize/quantization.h"

#include <string.h>

enum {
    TASK_BYTES = 1 << 17, /* of windows, copies of lines, or pointers */
    MOST_TASK_ROWS = 64
};

/* ---- Run ----------------------------------------------------------------------------------- */

static iou_integer_right right_of(const iou_integer_conv *p, const void *weights, const void *zeros,
                                  size_t group) {
    const size_t depth = p->taps * p->channels, first = group * p->columns;
    return (iou_integer_right){.data = weights ? (const char *)weights + first * depth : NULL,
                               .zeros = zeros && p->own_zeros ? (const char *)zeros + first : zeros,
                               .type = p->weights,
                               .zero_step = p->own_zeros,
                               .columns = p->columns,
                               .column_stride = depth,
                               .outers = p->taps,
                               .outer_stride = 1,
                               .inner = p->channels,
                               .inner_stride = p->taps,
                               .piece = p->piece};
}

/** Where a task's output begins. */
typedef struct place {
    size_t group, row, rows, first_panel, panels;
} place;

static place place_of(const iou_integer_conv *p, size_t task) {
    const size_t rows_task = task / p->panel_tasks, first = task % p->panel_tasks * p->panels;
    const size_t part_tasks = iou_divide_up(p->part, p->rows), at = rows_task % p->row_tasks;
    const size_t in_part = at % part_tasks * p->rows;
    return (place){.group = rows_task / p->row_tasks,
                   .row = at / part_tasks * p->part + in_part,
                   .rows = iou_size_min(p->rows, p->part - in_part),
                   .first_panel = first,
                   .panels =
                       iou_size_min(p->panels, iou_integer_panels(p->kernels, p->columns) - first)};
}

static iou_status run(const iou_call *call, size_t task) {
    const iou_integer_conv *p = call->params;
    const place at = place_of(p, task);
    const iou_integer_left left = {.kernels = p->kernels,
                                   .loops = p->loops,
                                   .type = p->image,
                                   .zero = iou_conv_zero(p, call, p->inputs->left_zero, p->image)};
    const iou_integer_right right =
        right_of(p, call->in[p->inputs->right], iou_conv_weight_zeros(p, call), at.group);
    iou_conv_numbers numbers;
    IOU_TRY(iou_conv_numbers_read(p, call, &numbers));
    const size_t channel = at.group * p->columns;
    const iou_conv_sink sink = {p, &numbers, call->out[0], at.row, channel};
    const iou_integer_factors factors = {
        .left = &left,
        .rows = iou_integer_conv_rows(p, call, &left, at.group, at.row, at.rows),
        .right = &right,
        .biases = numbers.biases ? numbers.biases + channel : NULL,
        .packed = p->packed ? p->packed + at.group * p->group_size : NULL,
        .panel = (char *)call->scratch + p->panel_at,
        .first_panel = at.first_panel,
        .panels = at.panels};
    iou_integer_bytes bytes;
    const bool plainly = iou_conv_store_plainly(&sink, &bytes);
    iou_integer_multiply(&factors,
                         &(iou_integer_sink){plainly ? &bytes : NULL, iou_conv_store, &sink});
    return IOU_OK;
}

/* ---- Prepare ------------------------------------------------------------------------------- */

static void pack(const void *context, void *memory, size_t first, size_t count) {
    const iou_conv_packing *packing = context;
    const iou_integer_conv *p = packing->p;
    for (size_t group = first; group < first + count; group++) {
        const iou_integer_right right = right_of(p, packing->weights, packing->zeros, group);
        iou_integer_pack(p->kernels, &right, 0, iou_integer_panels(p->kernels, p->columns),
                         (char *)memory + group * p->group_size);
    }
}

void iou_integer_conv_choose_kernels(const iou_prepare *prepare, iou_integer_conv *p) {
    const iou_conv_packing from = iou_conv_packing_of(prepare, p);
    bool fits = iou_integer_choose(prepare->isa, true)->bytes;
    for (size_t group = 0; group < (size_t)p->shape.group && fits; group++) {
        const iou_integer_right right = right_of(p, from.weights, from.zeros, group);
        fits = iou_integer_fits(&right);
    }
    p->kernels = iou_integer_choose(prepare->isa, fits);
}

static iou_status prepare_weights(const iou_prepare *prepare, iou_integer_conv *p) {
    const size_t groups = (size_t)p->shape.group;
    const iou_integer_right right = right_of(p, NULL, NULL, 0);
    p->group_size = iou_size_times(iou_integer_panel_size(p->kernels, &right),
                                   iou_integer_panels(p->kernels, p->columns));
    const iou_packing packing = {.kind = IOU_CONV_PACKED_PANELS,
                                 .size = iou_size_times(p->group_size, groups),
                                 .units = groups};
    return iou_conv_can_pack(prepare, p) ? iou_conv_pack_weights(prepare, p, packing, pack)
                                         : IOU_OK;
}

/** Bytes that the rows of a task take in the scratch. */
static size_t task_size(iou_integer_conv *p, size_t rows) {
    p->rows = rows;
    return iou_integer_conv_rows_size(p);
}

/** Cuts the output of each group into rows of pixels, and by panels where these are few. */
static void divide(const iou_prepare *prepare, iou_integer_conv *p) {
    const size_t least = p->kernels->rows;
    size_t rows = iou_size_min(MOST_TASK_ROWS, p->part);
    while (rows > least && task_size(p, rows) > TASK_BYTES) {
        rows = iou_size_max(least, rows / 2);
    }
    p->rows = rows;
    p->row_tasks = iou_divide_up(p->part, rows) * (p->pixels / p->part);
    const size_t tasks = iou_size_times(p->row_tasks, (size_t)p->shape.group);
    iou_conv_cut_panels(prepare, p, tasks);
}

iou_status iou_integer_conv_product(const iou_prepare *prepare, iou_integer_conv *p) {
    iou_integer_conv_choose_rows(p);
    IOU_TRY(prepare_weights(prepare, p));
    divide(prepare, p);
    const iou_integer_right right = right_of(p, NULL, NULL, 0);
    prepare->step->run = run;
    prepare->step->task_count = p->row_tasks * p->panel_tasks * (size_t)p->shape.group;
    prepare->step->algorithm = "integer product";
    prepare->step->isa = iou_isa_name(p->kernels->isa);
    return iou_conv_lay_out(prepare, p, iou_integer_conv_rows_size(p),
                            p->packed ? 0 : iou_integer_panel_size(p->kernels, &right));
}
