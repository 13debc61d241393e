/*
 * Winograd's filtering of several maps by the same filters, in one step: the levels of a pyramid,
 * whose head they share. The filters, which are many times the smaller maps, are read once for all,
 * and the tiles of small maps fill blocks together with others.
 */
#include "ops/conv/conv.h"

#include <stdio.h>

bool iou_conv_batches(const iou_node *node, const iou_fact *facts, iou_isa isa) {
    enum { SPATIAL = 2, TAPS = 3 };
    const iou_fact *weights = &facts[node->inputs[1]];
    const iou_conv_attributes *a = node->attributes;
    bool fits = weights->type == IOU_FLOAT && iou_winograd_choose(isa) != NULL &&
                weights->rank == 2 + SPATIAL && a->group == 1;
    for (int i = 0; i < SPATIAL && fits; i++) {
        fits = weights->dims[2 + i].value == TAPS && a->stride.values[i] == 1 &&
               a->dilation.values[i] == 1;
    }
    return fits;
}

static bool alike(const iou_conv_plan *one, const iou_conv_plan *other) {
    return one->algorithm == other->algorithm && one->packed == other->packed &&
           one->residual.input < 0 && other->residual.input < 0 &&
           iou_epilogue_equal(&one->epilogue, &other->epilogue);
}

static bool suits(const iou_step *const *steps, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (steps[i]->run != iou_conv_winograd_run || !alike(steps[0]->params, steps[i]->params)) {
            return false;
        }
    }
    return true;
}

/* "winograd 6 3x3 x5". */
static void describe(const iou_prepare *prepare, size_t count) {
    enum { CAPACITY = 64 };
    char *text = iou_prepare_alloc(prepare, CAPACITY);
    if (text != NULL) {
        (void)snprintf(text, CAPACITY, "%s x%zu", prepare->step->algorithm, count);
        prepare->step->algorithm = text;
    }
}

iou_status iou_conv_batch(const iou_prepare *prepare, const iou_step *const *steps, size_t count,
                          bool *batched) {
    *batched = suits(steps, count);
    if (!*batched) {
        return IOU_OK;
    }
    iou_conv_plan *plan = iou_prepare_alloc(prepare, sizeof *plan);
    const iou_conv_plan **maps = iou_prepare_alloc(prepare, count * sizeof *maps);
    if (plan == NULL || maps == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "out of memory");
    }
    iou_step *step = prepare->step;
    double flop = 0;
    *plan = *(const iou_conv_plan *)step->params;
    plan->own.winograd.maps = maps;
    plan->own.winograd.map_count = count;
    plan->own.winograd.map_inputs = (size_t)prepare->node->input_count;
    plan->rows = 0;
    for (size_t i = 0; i < count; i++) {
        maps[i] = steps[i]->params;
        plan->rows += maps[i]->rows;
        flop += steps[i]->flop;
    }
    iou_conv_partition_tiles(plan, prepare->threads);
    step->scratch_size = 0;
    IOU_TRY(iou_conv_prepare_scratch(plan, prepare, 0));
    step->params = plan;
    step->task_count = plan->blocks.row_blocks * plan->blocks.panel_blocks;
    step->flop = flop;
    describe(prepare, count);
    return IOU_OK;
}
