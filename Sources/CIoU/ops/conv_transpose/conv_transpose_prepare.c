/* Prepares a transposed convolution: the order of its taps, packed weights, tasks. */
#include "core/memory.h"
#include "ops/conv_transpose/conv_transpose.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROWS = 96,  /* pixels of a task, about */
    TASKS = 32, /* to aim at */
    MOST_PANELS = 32
};

/* ---- Order of the taps --------------------------------------------------------------------- */

/* The first position in the order whose class is not below `class`. */
static size_t transpose_lower(const iou_conv_transpose_axis *axis, int64_t class) {
    size_t low = 0, high = axis->kernel;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (axis->taps[middle].class < class) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

iou_conv_transpose_seen iou_conv_transpose_find(const iou_conv_transpose_axis *axis,
                                                int64_t class) {
    const size_t begin = transpose_lower(axis, class);
    return (iou_conv_transpose_seen){begin, transpose_lower(axis, class + 1) - begin};
}

size_t iou_conv_transpose_offset(const iou_conv_transpose_shape *shape,
                                 const iou_conv_transpose_seen runs[IOU_CONV_SPATIAL]) {
    const size_t k1 = shape->axes[1].kernel, k2 = shape->axes[2].kernel;
    return runs[0].begin * k1 * k2 +
           runs[0].count * (runs[1].begin * k2 + runs[1].count * runs[2].begin);
}

static int transpose_compare(const void *left, const void *right) {
    const iou_conv_transpose_tap *a = left, *b = right;
    return a->class != b->class ? (a->class < b->class ? -1 : 1)
                                : (a->tap > b->tap) - (a->tap < b->tap);
}

static iou_status transpose_order(iou_conv_transpose_axis *axis, const iou_prepare *prepare) {
    iou_conv_transpose_tap *taps = iou_prepare_alloc(prepare, axis->kernel * sizeof *taps);
    if (taps == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "out of memory");
    }
    const int64_t step = axis->dilation % axis->stride;
    for (int64_t i = 0; i < (int64_t)axis->kernel; i++) {
        taps[i].tap = i;
        taps[i].class = i % axis->stride * step % axis->stride;
    }
    qsort(taps, axis->kernel, sizeof *taps, transpose_compare);
    axis->taps = taps;
    return IOU_OK;
}

iou_status iou_conv_transpose_shape_read(iou_conv_transpose_shape *shape,
                                         const iou_prepare *prepare) {
    const iou_operand *image = prepare->in[0], *weights = prepare->in[1];
    const int spatial = image->rank - 2, missing = IOU_CONV_SPATIAL - spatial;
    const iou_conv_transpose_attributes *a = prepare->node->attributes;
    shape->batch = image->dims[0];
    shape->in_channels = image->dims[1];
    shape->out_channels = prepare->out->dims[1];
    shape->group = a->conv.group;
    for (int i = 0; i < IOU_CONV_SPATIAL; i++) {
        iou_conv_transpose_axis *axis = &shape->axes[i];
        *axis =
            (iou_conv_transpose_axis){.in = 1, .out = 1, .stride = 1, .dilation = 1, .kernel = 1};
        if (i >= missing) {
            axis->in = image->dims[2 + i - missing];
            axis->kernel = (size_t)weights->dims[2 + i - missing];
            axis->stride = a->conv.stride.values[i - missing];
            axis->dilation = a->conv.dilation.values[i - missing];
            if (!iou_conv_transpose_fit(a, spatial, i - missing, axis->in, (int64_t)axis->kernel,
                                        &axis->pad, &axis->out)) {
                return iou_prepare_fail(prepare, IOU_INVALID_ARGUMENT, "the output is too large");
            }
        }
        IOU_TRY(transpose_order(axis, prepare));
    }
    return IOU_OK;
}

/* ---- Weights ------------------------------------------------------------------------------- */

static float transpose_float(const void *bytes, size_t index) {
    float value;
    memcpy(&value, (const char *)bytes + index * sizeof value, sizeof value);
    return value;
}

/* One tap of a panel: output channels [column, column + count) of a group, `width` apart. */
static void transpose_pack_tap(const iou_conv_transpose_plan *plan, const void *weights,
                               size_t group, size_t column, size_t count, size_t tap, size_t width,
                               float *to) {
    for (size_t c = 0; c < plan->channels; c++, to += width) {
        const size_t row = (group * plan->channels + c) * plan->columns + column;
        for (size_t j = 0; j < count; j++) {
            to[j] = transpose_float(weights, (row + j) * plan->taps + tap);
        }
    }
}

/* Every tap of such channels, at its position in the order of the axes. */
static void transpose_pack_panel(const iou_conv_transpose_plan *plan, const void *weights,
                                 size_t group, size_t column, size_t count, size_t width,
                                 float *to) {
    const iou_conv_transpose_axis *axes = plan->shape.axes;
    const size_t k1 = axes[1].kernel, k2 = axes[2].kernel;
    for (size_t i = 0; i < plan->taps; i++) {
        const size_t at[] = {i / (k1 * k2), i / k2 % k1, i % k2};
        iou_conv_transpose_seen runs[IOU_CONV_SPATIAL];
        size_t position = 0, tap = 0;
        for (int d = 0; d < IOU_CONV_SPATIAL; d++) {
            runs[d] = iou_conv_transpose_find(&axes[d], axes[d].taps[at[d]].class);
            position = position * runs[d].count + at[d] - runs[d].begin;
            tap = tap * axes[d].kernel + (size_t)axes[d].taps[at[d]].tap;
        }
        position += iou_conv_transpose_offset(&plan->shape, runs);
        transpose_pack_tap(plan, weights, group, column, count, tap, width,
                           to + position * plan->channels * width);
    }
}

void iou_conv_transpose_pack(const iou_conv_transpose_plan *plan, const void *weights,
                             const void *bias, size_t first, size_t count, float *memory) {
    const size_t width = plan->kernels.gemm->columns;
    memset(memory, 0, count * plan->panel_size * sizeof *memory);
    if (plan->depthwise) { /* its panel is as wide as the image has channels */
        const size_t channels = (size_t)plan->shape.out_channels;
        for (size_t c = 0; c < channels; c++) {
            memory[c] = bias != NULL ? transpose_float(bias, c) : 0;
            transpose_pack_panel(plan, weights, c, 0, 1, channels, memory + channels + c);
        }
        return;
    }
    for (size_t i = first; i < first + count; i++, memory += plan->panel_size) {
        const size_t group = i / plan->group_panels, column = i % plan->group_panels * width;
        const size_t columns = iou_size_min(plan->columns - column, width);
        for (size_t j = 0; j < columns && bias != NULL; j++) {
            memory[j] = transpose_float(bias, group * plan->columns + column + j);
        }
        transpose_pack_panel(plan, weights, group, column, columns, width, memory + width);
    }
}

typedef struct transpose_packing {
    const iou_conv_transpose_plan *plan;
    const void *weights, *bias;
} transpose_packing;

static void transpose_pack_units(const void *context, void *memory, size_t first, size_t count) {
    const transpose_packing *packing = context;
    iou_conv_transpose_pack(packing->plan, packing->weights, packing->bias, first, count,
                            (float *)memory + first * packing->plan->panel_size);
}

/* Bytes of `count` times `floats`; false when that is too much. */
static bool transpose_bytes(size_t floats, size_t count, size_t *bytes) {
    return !__builtin_mul_overflow(floats, count, bytes) &&
           !__builtin_mul_overflow(*bytes, sizeof(float), bytes) && *bytes <= SIZE_MAX / 8;
}

/* Packs constant weights now; others take a part of every task's scratch. */
static iou_status transpose_weights(iou_conv_transpose_plan *plan, const iou_prepare *prepare) {
    const iou_operand *weights = prepare->in[1];
    const iou_operand *bias = prepare->node->input_count > 2 ? prepare->in[2] : NULL;
    size_t all, part;
    if (!transpose_bytes(plan->panel_size, plan->panels, &all) ||
        !transpose_bytes(plan->panel_size, plan->task_panels, &part)) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "the weight is too large");
    }
    if (weights->constant == NULL || (bias != NULL && bias->constant == NULL)) {
        plan->weight_input = 1;
        plan->bias_input = bias != NULL ? 2 : -1;
        plan->packed_at = iou_memory_aligned(prepare->step->scratch_size);
        prepare->step->scratch_size = plan->packed_at + part;
        return IOU_OK;
    }
    const transpose_packing packing = {plan, weights->constant,
                                       bias != NULL ? bias->constant : NULL};
    const void *memory;
    const iou_packing key = {
        .of = prepare->node, .kind = plan->depthwise ? 1 : 0, .size = all, .units = plan->panels};
    IOU_TRY(iou_prepare_weights(prepare, &key, transpose_pack_units, &packing, &memory));
    plan->packed = memory;
    prepare->step->packed = IOU_CONV_PACKED;
    return IOU_OK;
}

/* ---- Tasks --------------------------------------------------------------------------------- */

static void transpose_numbers(iou_conv_transpose_plan *plan) {
    const iou_conv_transpose_shape *s = &plan->shape;
    const size_t width = plan->kernels.gemm->columns;
    plan->taps = s->axes[0].kernel * s->axes[1].kernel * s->axes[2].kernel;
    plan->channels = (size_t)(s->in_channels / s->group);
    plan->columns = (size_t)(s->out_channels / s->group);
    plan->depthwise = s->group > 1 && plan->channels == 1 && plan->columns == 1;
    plan->group_panels = iou_divide_up(plan->columns, width);
    plan->panels = plan->depthwise ? 1 : plan->group_panels * (size_t)s->group;
    plan->panel_size = plan->depthwise ? (1 + plan->taps) * (size_t)s->out_channels
                                       : (1 + plan->taps * plan->channels) * width;
}

static size_t transpose_partition(iou_conv_transpose_plan *plan) {
    const iou_conv_transpose_shape *s = &plan->shape;
    const iou_conv_transpose_axis *y = &s->axes[1], *x = &s->axes[2];
    const size_t lines = iou_divide_up((size_t)y->out, (size_t)y->stride);
    const size_t pixels = iou_divide_up((size_t)x->out, (size_t)x->stride);
    plan->pixels = iou_size_min(pixels, ROWS);
    plan->pixel_blocks = iou_divide_up(pixels, plan->pixels);
    plan->lines = iou_size_min(lines, iou_size_max(1, ROWS / plan->pixels));
    plan->line_classes = (size_t)(y->stride < y->out ? y->stride : y->out);
    const size_t outer = (size_t)(s->batch * s->axes[0].out) * plan->line_classes;
    const size_t most = outer * lines * plan->pixel_blocks;
    if (most * plan->panels <= TASKS) {
        plan->lines = 1;
    }
    plan->line_blocks = iou_divide_up(lines, plan->lines);
    const size_t tasks = outer * plan->line_blocks * plan->pixel_blocks;
    const size_t target = iou_divide_up(TASKS, iou_size_max(1, tasks));
    plan->panel_blocks =
        iou_size_max(iou_divide_up(plan->panels, MOST_PANELS), iou_size_min(plan->panels, target));
    plan->task_panels = iou_divide_up(plan->panels, plan->panel_blocks);
    plan->panel_blocks = iou_divide_up(plan->panels, plan->task_panels);
    return tasks * plan->panel_blocks;
}

/* The most taps that a pixel sees. */
static size_t transpose_most_taps(const iou_conv_transpose_shape *s) {
    size_t taps = 1;
    for (int i = 0; i < IOU_CONV_SPATIAL; i++) {
        size_t most = 0;
        for (size_t at = 0; at < s->axes[i].kernel;) {
            const size_t count =
                iou_conv_transpose_find(&s->axes[i], s->axes[i].taps[at].class).count;
            most = iou_size_max(most, count);
            at += count;
        }
        taps *= most;
    }
    return taps;
}

iou_status iou_conv_transpose_prepare(const iou_prepare *prepare, const iou_conv_kernels *kernels) {
    iou_conv_transpose_plan *plan = iou_prepare_alloc(prepare, sizeof *plan);
    if (plan == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "out of memory");
    }
    IOU_TRY(iou_conv_transpose_shape_read(&plan->shape, prepare));
    plan->kernels = *kernels;
    plan->caches = prepare->caches;
    plan->tail = iou_epilogue_tail(prepare->epilogue, 0, kernels->gemm->isa);
    transpose_numbers(plan);
    iou_step *step = prepare->step;
    step->task_count = iou_size_max(1, transpose_partition(plan));
    plan->tail_by_line = plan->panel_blocks == 1 && !iou_tail_is_by_row(&plan->tail);
    size_t pointers;
    if (__builtin_mul_overflow(transpose_most_taps(&plan->shape),
                               plan->lines * plan->pixels * sizeof(float *), &pointers) ||
        pointers > SIZE_MAX / 8) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "the kernel is too large");
    }
    step->scratch_size = pointers;
    plan->zeros = iou_prepare_alloc(prepare, ((size_t)plan->shape.in_channels + 1) * sizeof(float));
    if (plan->zeros == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "out of memory");
    }
    IOU_TRY(transpose_weights(plan, prepare));
    step->run = iou_conv_transpose_run;
    step->params = plan;
    step->algorithm = plan->depthwise ? "depthwise by classes" : "gemm by classes";
    step->isa = iou_isa_name(kernels->gemm->isa);
    step->flop = 2.0 * (double)prepare->in[0]->count * (double)plan->columns * (double)plan->taps;
    return IOU_OK;
}
