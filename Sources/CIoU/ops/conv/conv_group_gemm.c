/*
 * A task of a convolution in groups as wide as a vector or wider: some lines by some groups. A
 * group's channels are short runs of the image, far apart and often in the same few sets of the
 * cache; they are copied side by side, and a matrix product over row pointers follows.
 */
#include "ops/conv/conv.h"

#include "core/sizes.h"

#include <string.h>

/* The lines of one picture that a task reads. */
typedef struct group_region {
    const float *from; /* their first pixel, all channels */
    size_t pixels;
    int64_t line, lines;
} group_region;

/* What the tiles of a task read and write. */
typedef struct group_operands {
    group_region region;
    float *copy;                   /* [group][pixel of the region, then zeros][channel] */
    const float *const *pointers;  /* into the first group's copy: [tap][row of the task] */
    const float *const *residuals; /* or NULL */
    const float *panels;           /* of the task */
    float *out;                    /* first row of the task, all its channels */
} group_operands;

static int64_t group_picture(const iou_conv_plan *plan, size_t task) {
    const iou_conv_blocks *blocks = &plan->blocks;
    const size_t row_block = task / blocks->panel_blocks;
    return (int64_t)(row_block / (blocks->row_blocks / (size_t)plan->shape.batch));
}

/* Blocks of lines end with their picture. */
static iou_conv_task group_locate(const iou_conv_plan *plan, size_t task) {
    const iou_conv_blocks *blocks = &plan->blocks;
    const iou_conv_shape *s = &plan->shape;
    const size_t picture_rows = (size_t)(s->out[1] * s->out[2]);
    const size_t row_block = task / blocks->panel_blocks;
    const size_t row = row_block % (blocks->row_blocks / (size_t)s->batch) * blocks->rows;
    const size_t panel = task % blocks->panel_blocks * blocks->panels;
    const size_t rows = picture_rows - row, panels = plan->panels - panel;
    return (iou_conv_task){
        .row = (size_t)group_picture(plan, task) * picture_rows + row,
        .rows = iou_size_min(rows, blocks->rows),
        .panel = panel,
        .panels = iou_size_min(panels, blocks->panels),
    };
}

/* Output rows [row, row + rows) of a picture, counted from its first. */
static group_region group_region_of(const iou_conv_plan *plan, const float *picture, size_t row,
                                    size_t rows) {
    const iou_conv_shape *s = &plan->shape;
    const int64_t y = (int64_t)row / s->out[2], last = (int64_t)(row + rows - 1) / s->out[2];
    int64_t first = y * s->stride[1] - s->pad[1];
    int64_t end = last * s->stride[1] - s->pad[1] + (s->kernel[1] - 1) * s->dilation[1] + 1;
    first = first < 0 ? 0 : first > s->in[1] ? s->in[1] : first;
    end = end > s->in[1] ? s->in[1] : end < first ? first : end;
    return (group_region){.from = picture + (size_t)(first * s->in[2]) * plan->in_pitch,
                          .pixels = (size_t)((end - first) * s->in[2]),
                          .line = first,
                          .lines = end - first};
}

/* Floats of a group's copy: its pixels and one of zeros. */
static size_t group_size(const iou_conv_plan *plan, const group_region *region) {
    return (region->pixels + 1) * plan->channels;
}

/* Pointers into the first group's copy: what iou_conv_point finds in an image of the region alone.
 */
static void group_point(const iou_conv_plan *plan, const group_operands *operands, size_t row,
                        size_t rows, const float **pointers) {
    iou_conv_plan region = *plan;
    region.in_pitch = plan->channels;
    region.shape.in[1] = operands->region.lines;
    region.shape.pad[1] += operands->region.line;
    region.zeros = operands->copy + operands->region.pixels * plan->channels;
    const size_t line = (size_t)plan->shape.in[2] * plan->channels;
    const iou_conv_image copy = {operands->copy, line, SIZE_MAX};
    iou_conv_point(&region, &copy, row, rows, pointers);
}

/* Copies one pixel of neighbouring groups; `step` floats lie between the groups' copies. */
static inline void group_copy_pixel(const float *from, size_t channels, size_t groups, float *to,
                                    size_t step) {
    enum { VECTOR = 8 };
    for (size_t group = 0; group < groups; group++, to += step, from += channels) {
        size_t c = 0;
        for (; c + VECTOR <= channels; c += VECTOR) {
            memcpy(to + c, from + c, VECTOR * sizeof *to);
        }
        for (; c < channels; c++) {
            to[c] = from[c];
        }
    }
}

/* Copies `groups` groups from `group` on: [group][pixel][channel]. */
static void group_copy(const iou_conv_plan *plan, const group_region *region, size_t group,
                       size_t groups, float *copy) {
    enum { LINE = 64 / sizeof(float), DISTANCE = 12 };
    const size_t channels = plan->channels, step = plan->in_pitch;
    const size_t size = group_size(plan, region), run = groups * channels;
    const float *from = region->from + group * channels;
    for (size_t i = 0; i < region->pixels; i++, from += step) {
        for (size_t c = 0; i + DISTANCE < region->pixels && c < run; c += LINE) {
            __builtin_prefetch(from + DISTANCE * step + c, 0, 3);
        }
        group_copy_pixel(from, channels, groups, copy + i * channels, size);
    }
    for (size_t i = 0; i < groups; i++) {
        memset(copy + (i + 1) * size - channels, 0, channels * sizeof *copy);
    }
}

/* All rows of the task by panel `index` of it. */
static void group_panel(const iou_conv_plan *plan, const iou_conv_task *task,
                        const group_operands *operands, size_t index) {
    const iou_gemm_kernels *gemm = plan->kernels.gemm;
    const size_t group = (task->panel + index) / plan->group_panels;
    const size_t within = (task->panel + index) % plan->group_panels;
    const size_t left = plan->columns - within * gemm->columns;
    const size_t column = group * plan->columns + within * gemm->columns;
    iou_gemm_tile tile = {
        .a_stride = task->rows,
        .a_offset = index / plan->group_panels % plan->own.group_gemm.copied_groups *
                    group_size(plan, &operands->region),
        .taps = plan->taps,
        .depth = plan->channels,
        .bias = operands->panels + index * plan->panel_size,
        .b = operands->panels + index * plan->panel_size + gemm->columns,
        .c_stride = plan->out_pitch,
        .columns = iou_size_min(left, gemm->columns),
        .first = true,
        .last = true,
        .residual_offset = column,
        .lo = plan->lo,
        .hi = plan->hi,
    };
    size_t most;
    const iou_gemm_kernel *kernels = iou_gemm_for_columns(gemm, tile.columns, &most);
    const size_t tiles = iou_divide_up(task->rows, most);
    const size_t part = iou_gemm_prefetch_panel(&tile, gemm->columns, plan->panel_size, tiles);
    for (size_t i = 0, row = 0; i < tiles; i++, tile.prefetch += part) {
        const size_t rows = (task->rows - row + tiles - i - 1) / (tiles - i);
        tile.a = operands->pointers + row;
        tile.c = operands->out + row * tile.c_stride + column;
        tile.residual = operands->residuals != NULL ? operands->residuals + row : NULL;
        kernels[rows](&tile);
        row += rows;
    }
}

static iou_status run(const iou_call *call, size_t task_index) {
    const iou_conv_plan *plan = call->params;
    const iou_conv_shape *s = &plan->shape;
    const iou_conv_task task = group_locate(plan, task_index);
    const int64_t n = group_picture(plan, task_index);
    const size_t row = task.row - (size_t)(n * s->out[1] * s->out[2]);
    const float *picture =
        (const float *)call->in[0] + (size_t)(n * s->in[1] * s->in[2]) * plan->in_pitch;
    const float **pointers = (const float **)(void *)((char *)call->scratch + plan->pointers_at);
    const group_operands operands = {
        .region = group_region_of(plan, picture, row, task.rows),
        .copy = (float *)(void *)((char *)call->scratch + plan->gather_at),
        .pointers = (const float *const *)pointers,
        .residuals = iou_conv_residual_rows(plan, call, &task),
        .panels = iou_conv_panels(plan, call, &task),
        .out = (float *)call->out[0] + task.row * plan->out_pitch,
    };
    group_point(plan, &operands, row, task.rows, pointers);
    const size_t first = task.panel / plan->group_panels;
    const size_t end = (task.panel + task.panels) / plan->group_panels;
    for (size_t i = 0; i < task.panels; i++) {
        const size_t group = first + i / plan->group_panels, left = end - group;
        if (i % (plan->group_panels * plan->own.group_gemm.copied_groups) == 0) {
            group_copy(plan, &operands.region, group,
                       left < plan->own.group_gemm.copied_groups
                           ? left
                           : plan->own.group_gemm.copied_groups,
                       operands.copy);
        }
        group_panel(plan, &task, &operands, i);
    }
    iou_conv_finish(plan, call, task.row, task.rows, first * plan->columns,
                    (end - first) * plan->columns, operands.out + first * plan->columns);
    return IOU_OK;
}

/* ---- Plan ---------------------------------------------------------------------------------- */

size_t iou_conv_copied_groups(const iou_conv_shape *shape) {
    enum { RUN = 64 }; /* floats of a pixel that are read at a time */
    return (size_t)iou_size_max(
        1, iou_size_min((size_t)shape->group, RUN / (size_t)(shape->in_channels / shape->group)));
}

static bool suits(const iou_conv_request *request) {
    enum { NARROWEST = 8, DEEPEST = 1024, LARGEST = 65536 }; /* floats of a line's region */
    const iou_conv_shape *shape = request->shape;
    const int64_t in = shape->in_channels / shape->group;
    const int64_t taps = shape->kernel[1] * shape->kernel[2];
    const bool flat = shape->kernel[0] == 1 && shape->in[0] == 1 && shape->out[0] == 1;
    if (request->type != IOU_FLOAT || shape->group == 1 || in < NARROWEST ||
        shape->out_channels / shape->group < NARROWEST) {
        return false;
    }
    const int64_t copied = in * (int64_t)iou_conv_copied_groups(shape);
    return flat && shape->batch > 0 && shape->out[1] > 0 && taps > 1 && taps <= DEEPEST / in &&
           shape->out[2] > 0 && shape->out[2] <= IOU_CONV_LONGEST_LINE &&
           shape->in[2] <= LARGEST / copied / iou_conv_lines_under(shape, 1);
}

static void partition(iou_conv_plan *plan, size_t threads) {
    (void)threads;
    iou_conv_product_panels(plan);
    plan->own.group_gemm.copied_groups = iou_conv_copied_groups(&plan->shape);
    plan->own.group_gemm.region_lines =
        iou_conv_partition_groups(&plan->blocks, &plan->shape, plan->group_panels, plan->caches);
}

static void scratch(const iou_conv_plan *plan, iou_conv_scratch *scratch) {
    const iou_conv_group_gemm *own = &plan->own.group_gemm;
    iou_conv_product_scratch(plan, scratch);
    scratch->floats = iou_size_times(own->region_lines * (size_t)plan->shape.in[2] + 1,
                                     plan->channels * own->copied_groups);
}

const iou_conv_algorithm iou_conv_group_gemm_algorithm = {
    .name = "group gemm",
    .suits = suits,
    .partition = partition,
    .packed = iou_conv_product_packed,
    .pack = iou_conv_product_pack,
    .scratch = scratch,
    .run = run,
};
