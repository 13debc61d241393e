/*
 * A depthwise convolution that computes the map it reads: line by line, as far as its own lines
 * have come, so that a map of many channels is never written to memory and read again. MobileNet's
 * blocks widen a map up to six times only for that (Sandler et al., arXiv 1801.04381, section 5).
 */
#include "ops/conv/conv.h"

#include <stdio.h>

typedef struct conv_join {
    iou_conv_plan inner; /* of the map; its scratch holds a line's rows */
    const iou_conv_plan *outer;
    size_t task_lines; /* of the output */
    size_t lines;      /* of the map that are kept: those under a line of the output */
    size_t map_at;     /* in the scratch */
} conv_join;

static size_t divide_up(size_t a, size_t b) {
    return a / b + (a % b != 0);
}

/* ---- Run ------------------------------------------------------------------------------------ */

/* Computes the map's lines from `next` on that output line `line` reads; answers the next one. */
static int64_t follow(const conv_join *join, const iou_call *call, size_t line, int64_t next,
                      float *map) {
    const iou_conv_shape *inner = &join->inner.shape, *outer = &join->outer->shape;
    const size_t width = (size_t)inner->out[2], size = width * (size_t)inner->out_channels;
    for (int64_t k = 0; k < outer->kernel[1]; k++) {
        const int64_t needed = iou_conv_line(outer, line, k);
        if (needed >= next) {
            const iou_conv_task task = {(size_t)needed * width, width, 0, join->inner.panels};
            iou_conv_multiply(&join->inner, call, &task, map + (size_t)needed % join->lines * size);
            next = needed + 1;
        }
    }
    return next;
}

static iou_status run_join(const iou_call *call, size_t index) {
    const conv_join *join = call->params;
    const iou_conv_plan *outer = join->outer;
    const size_t width = (size_t)outer->shape.out[2], lines = outer->rows / width;
    const size_t first = index * join->task_lines, left = lines - first;
    const size_t end = first + (left < join->task_lines ? left : join->task_lines);
    float *map = (float *)(void *)((char *)call->scratch + join->map_at);
    const iou_conv_image image = {
        map, (size_t)(outer->shape.in[2] * outer->shape.in_channels), join->lines};
    int64_t next = 0;
    for (size_t line = first; line < end; line++) {
        next = follow(join, call, line, next, map);
        const iou_conv_task task = {line * width, width, 0, outer->panels};
        iou_conv_depthwise_lines(outer, call, &task, &image);
    }
    return IOU_OK;
}

/* ---- Prepare -------------------------------------------------------------------------------- */

static bool is_flat(const iou_conv_shape *s) {
    return s->in[0] == 1 && s->kernel[0] == 1 && s->out[0] == 1;
}

static bool suits_inner(const iou_conv_plan *inner) {
    return is_flat(&inner->shape) && inner->packed != NULL && inner->residual.input < 0 &&
           (inner->algorithm == IOU_CONV_GEMM || inner->algorithm == IOU_CONV_IM2COL);
}

static bool suits_outer(const iou_conv_plan *outer) {
    return is_flat(&outer->shape) && outer->packed != NULL && outer->lines &&
           outer->shape.dilation[1] == 1;
}

/* Whether the map is too large for the second cache, and has lines enough for several threads. */
static bool pays(const iou_conv_shape *outer) {
    enum { LEAST_FLOATS = 1 << 19, LEAST_LINES = 32 };
    const size_t line = (size_t)(outer->in[2] * outer->in_channels);
    return outer->out[1] >= LEAST_LINES && (size_t)outer->in[1] * line >= LEAST_FLOATS;
}

/* Neighbouring tasks both compute the map's lines between them. */
static size_t lines_of_task(size_t lines) {
    enum { TASKS = 16, LEAST = 8 };
    const size_t even = divide_up(lines, TASKS);
    return even < LEAST ? LEAST : even;
}

static void describe(const iou_prepare *prepare, const iou_step *inner) {
    enum { CAPACITY = 96 };
    char *text = iou_prepare_alloc(prepare, CAPACITY);
    if (text != NULL) {
        (void)snprintf(text, CAPACITY, "%s, %s", inner->algorithm, prepare->step->algorithm);
        prepare->step->algorithm = text;
    }
}

iou_status iou_conv_join(const iou_prepare *prepare, const iou_step *inner, bool *joined) {
    iou_step *step = prepare->step;
    *joined = inner->run == iou_conv_run_igemm && step->run == iou_conv_run_depthwise &&
              suits_inner(inner->params) && suits_outer(step->params) &&
              pays(&((const iou_conv_plan *)step->params)->shape);
    if (!*joined) {
        return IOU_OK;
    }
    conv_join *join = iou_prepare_alloc(prepare, sizeof *join);
    if (join == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "out of memory");
    }
    join->inner = *(const iou_conv_plan *)inner->params;
    join->outer = step->params;
    const iou_conv_shape *map = &join->inner.shape, *out = &join->outer->shape;
    const size_t lines = (size_t)(out->batch * out->out[1]);
    join->lines = (size_t)out->kernel[1];
    join->task_lines = lines_of_task(lines);
    join->inner.blocks.rows = (size_t)map->out[2];
    IOU_TRY(iou_conv_prepare_scratch(&join->inner, prepare, 0));
    const size_t size = join->lines * (size_t)(map->out[2] * map->out_channels) * sizeof(float);
    if (!iou_conv_reserve(&step->scratch_size, size, &join->map_at)) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "the map is too large");
    }
    describe(prepare, inner);
    step->run = run_join;
    step->params = join;
    step->task_count = divide_up(lines, join->task_lines);
    step->flop += inner->flop;
    return IOU_OK;
}
