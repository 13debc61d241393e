/*
 * A depthwise convolution with its neighbours, line by line: the one that makes the map it reads,
 * and perhaps the 1x1 convolution that reads what it makes. MobileNet's blocks widen a map up to
 * six times between those (Sandler et al., arXiv 1801.04381, section 5); here what is wide stays in
 * the second cache and is never written to memory.
 */
#include "ops/conv/conv.h"

#include "core/sizes.h"

#include <inttypes.h>
#include <stdio.h>

typedef struct conv_fusion {
    iou_conv_plan first;            /* makes the map */
    const iou_conv_plan *depthwise; /* reads it */
    iou_conv_plan last;             /* where has_last: reads what the depthwise one makes */
    bool has_last;
    size_t task_lines;      /* of the output */
    size_t map_lines;       /* that are kept: those under a line of the output */
    size_t map_at, line_at; /* in the scratch: the map's lines; what `last` reads */
} conv_fusion;

static size_t line_size(const iou_conv_shape *s) {
    return (size_t)(s->out[2] * s->out_channels);
}

/* ---- Run ------------------------------------------------------------------------------------ */

static float *part_of(const iou_call *call, size_t at) {
    return (float *)(void *)((char *)call->scratch + at);
}

/* Line `line` of the output of `plan`. */
static iou_conv_task task_of(const iou_conv_plan *plan, size_t line, iou_conv_image image,
                             float *out) {
    const size_t width = (size_t)plan->shape.out[2];
    return (iou_conv_task){line * width, width, 0, plan->panels, image, out};
}

/* Computes the map's lines from `next` on that output line `line` reads; returns the next one. */
static int64_t follow(const conv_fusion *fusion, const iou_call *call, size_t line, int64_t next) {
    const iou_conv_plan *first = &fusion->first;
    const iou_conv_shape *s = &fusion->depthwise->shape;
    const iou_conv_image whole = iou_conv_whole(first, call);
    float *map = part_of(call, fusion->map_at);
    for (int64_t k = 0; k < s->kernel[1]; k++) {
        const int64_t needed = iou_conv_line(s, line, k);
        if (needed >= next) {
            float *out = map + (size_t)needed % fusion->map_lines * line_size(&first->shape);
            const iou_conv_task task = task_of(first, (size_t)needed, whole, out);
            iou_conv_multiply(first, call, &task);
            next = needed + 1;
        }
    }
    return next;
}

static iou_status run_fused(const iou_call *call, size_t index) {
    const conv_fusion *fusion = call->params;
    const iou_conv_plan *depthwise = fusion->depthwise;
    const iou_conv_plan *last = fusion->has_last ? &fusion->last : depthwise;
    const iou_conv_shape *s = &depthwise->shape;
    const iou_conv_image map = {part_of(call, fusion->map_at), line_size(&fusion->first.shape),
                                fusion->map_lines};
    float *wide = part_of(call, fusion->line_at);
    const size_t lines = (size_t)(s->batch * s->out[1]), begin = index * fusion->task_lines;
    const size_t end = lines - begin < fusion->task_lines ? lines : begin + fusion->task_lines;
    int64_t next = 0;
    for (size_t line = begin; line < end; line++) {
        float *out = (float *)call->out[0] + line * (size_t)last->shape.out[2] * last->out_pitch;
        next = follow(fusion, call, line, next);
        const iou_conv_task narrow = task_of(depthwise, line, map, fusion->has_last ? wide : out);
        iou_conv_depthwise_lines(depthwise, call, &narrow);
        if (fusion->has_last) {
            const iou_conv_image image = {wide, line_size(s), 1};
            const iou_conv_task task = task_of(last, line, image, out);
            iou_conv_multiply(last, call, &task);
        }
    }
    return IOU_OK;
}

/* ---- Which nodes ---------------------------------------------------------------------------- */

static bool is_grouped(const iou_node *conv) {
    return ((const iou_conv_attributes *)conv->attributes)->group > 1;
}

bool iou_conv_fuses_producer(const iou_node *node, const iou_node *producer, bool longer) {
    if (producer->op != &iou_op_conv) {
        return false;
    }
    return is_grouped(node) ? !is_grouped(producer) && !longer : is_grouped(producer) && longer;
}

/* ---- Prepare -------------------------------------------------------------------------------- */

static bool is_flat(const iou_conv_shape *s) {
    return s->in[0] == 1 && s->kernel[0] == 1 && s->out[0] == 1;
}

/* Only the last step's operands are among the call's inputs. */
static bool has_operands(const iou_conv_plan *plan) {
    bool found = plan->residual.input >= 0;
    for (size_t i = 0; i < plan->tail.count; i++) {
        found = found || iou_epilogue_has_operand(&plan->tail.steps[i]);
    }
    return found;
}

static bool suits_first(const iou_step *step) {
    const iou_conv_plan *plan = step->params;
    return is_flat(&plan->shape) && plan->packed != NULL && !has_operands(plan) &&
           (plan->algorithm == &iou_conv_gemm_algorithm ||
            plan->algorithm == &iou_conv_im2col_algorithm);
}

/* The map is too large for the second cache, which the lines of it under one of the output are not;
 * and it has lines enough for several threads. */
static bool suits_depthwise(const iou_step *step) {
    enum { LEAST_FLOATS = 1 << 19, LEAST_LINES = 48, MOST_KEPT = 7, MOST_KEPT_FLOATS = 1 << 20 };
    const iou_conv_plan *plan = step->params;
    const iou_conv_shape *s = &plan->shape;
    if (plan->algorithm != &iou_conv_depthwise_algorithm || !is_flat(s) || plan->packed == NULL ||
        !plan->own.depthwise.lines || s->batch == 0 || s->dilation[1] != 1 ||
        s->kernel[1] > MOST_KEPT) {
        return false;
    }
    const int64_t line = s->in[2] * s->in_channels;
    return s->out[1] >= LEAST_LINES && s->in[1] * line >= LEAST_FLOATS &&
           s->kernel[1] * line <= MOST_KEPT_FLOATS;
}

static bool suits_last(const iou_step *step, const conv_fusion *fusion) {
    const iou_conv_plan *plan = step->params;
    const iou_conv_shape *s = &plan->shape;
    return plan->algorithm == &iou_conv_gemm_algorithm && is_flat(s) && s->stride[1] == 1 &&
           s->stride[2] == 1 && s->in[1] == s->out[1] && s->in[2] == s->out[2] &&
           plan->packed != NULL && !fusion->has_last && !has_operands(fusion->depthwise);
}

/* Neighbouring tasks both compute the map's lines between them. */
static size_t lines_of_task(size_t lines) {
    enum { TASKS = 16, LEAST = 8 };
    const size_t even = iou_divide_up(lines, TASKS);
    return iou_size_max(even, LEAST);
}

/* Lets `plan` compute a line at a time. */
static iou_status take_lines(iou_conv_plan *plan, const iou_prepare *prepare) {
    plan->blocks.rows = plan->blocks.rows_at_once = (size_t)plan->shape.out[2];
    return iou_conv_prepare_scratch(plan, prepare, 0);
}

static iou_status reserve(const iou_prepare *prepare, size_t floats, size_t *at) {
    return iou_conv_reserve(&prepare->step->scratch_size, floats * sizeof(float), at)
               ? IOU_OK
               : iou_prepare_fail(prepare, IOU_LIMIT, "a line is too large");
}

static iou_status fuse_first(conv_fusion *fusion, const iou_prepare *prepare,
                             const iou_step *inner) {
    fusion->first = *(const iou_conv_plan *)inner->params;
    fusion->depthwise = prepare->step->params;
    const iou_conv_shape *s = &fusion->depthwise->shape;
    fusion->map_lines = (size_t)s->kernel[1];
    fusion->task_lines = lines_of_task((size_t)(s->batch * s->out[1]));
    IOU_TRY(take_lines(&fusion->first, prepare));
    return reserve(prepare, fusion->map_lines * line_size(&fusion->first.shape), &fusion->map_at);
}

static iou_status fuse_last(conv_fusion *fusion, const iou_prepare *prepare,
                            const iou_step *inner) {
    const iou_conv_plan *plan = prepare->step->params;
    *fusion = *(const conv_fusion *)inner->params;
    fusion->last = *plan;
    fusion->has_last = true;
    prepare->step->scratch_size = inner->scratch_size;
    IOU_TRY(take_lines(&fusion->last, prepare));
    return reserve(prepare, line_size(&fusion->depthwise->shape), &fusion->line_at);
}

/* "3 fused 3x3": how many, and the depthwise one's window. */
static void describe(const conv_fusion *fusion, const iou_prepare *prepare) {
    enum { CAPACITY = 64 };
    const iou_conv_shape *s = &fusion->depthwise->shape;
    char *text = iou_prepare_alloc(prepare, CAPACITY);
    if (text != NULL) {
        (void)snprintf(text, CAPACITY, "%d fused %" PRId64 "x%" PRId64, fusion->has_last ? 3 : 2,
                       s->kernel[1], s->kernel[2]);
        prepare->step->algorithm = text;
    }
}

iou_status iou_conv_fuse_producer(const iou_prepare *prepare, const iou_step *inner, bool *fused) {
    iou_step *step = prepare->step;
    const bool longer = inner->run == run_fused;
    *fused = longer ? suits_last(step, inner->params) : suits_first(inner) && suits_depthwise(step);
    if (!*fused) {
        return IOU_OK;
    }
    conv_fusion *fusion = iou_prepare_alloc(prepare, sizeof *fusion);
    if (fusion == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "out of memory");
    }
    IOU_TRY(longer ? fuse_last(fusion, prepare, inner) : fuse_first(fusion, prepare, inner));
    describe(fusion, prepare);
    const iou_conv_shape *s = &fusion->depthwise->shape;
    step->run = run_fused;
    step->params = fusion;
    step->task_count = iou_divide_up((size_t)(s->batch * s->out[1]), fusion->task_lines);
    step->flop += inner->flop;
    return IOU_OK;
}
