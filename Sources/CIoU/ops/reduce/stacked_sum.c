#include "ops/reduce/stacked_sum.h"

#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/reduce/fold.h"
#include "ops/shape/concat.h"
#include "ops/strided_iterator.h"

enum { MOST_STACKED = 16 };

typedef struct sum_params {
    size_t stacked, count;
    size_t first; /* among the call's inputs, of those behind the first */
} sum_params;

/* As the sum of each of Concat's elements would be: in double, in order. */
static iou_status run(const iou_call *call, size_t task) {
    const sum_params *p = call->params;
    float *out = call->out[0];
    size_t begin, end;
    iou_chunk(task, p->count, &begin, &end);
    for (size_t at = begin; at < end; at += IOU_FOLD_OUTPUTS) {
        const size_t n = iou_size_min(IOU_FOLD_OUTPUTS, end - at);
        double sums[IOU_FOLD_OUTPUTS] = {0};
        for (size_t k = 0; k < p->stacked; k++) {
            const float *in = (const float *)call->in[k == 0 ? 0 : p->first + k - 1] + at;
            for (size_t i = 0; i < n; i++) {
                sums[i] += (double)in[i];
            }
        }
        for (size_t i = 0; i < n; i++) {
            out[at + i] = (float)sums[i];
        }
    }
    return IOU_OK;
}

bool iou_stacked_sum_takes(const iou_node *producer) {
    return producer->op == &iou_op_concat && producer->input_count <= MOST_STACKED &&
           iou_axis_attribute_of(producer)->axis == -1;
}

iou_status iou_stacked_sum_fuse(const iou_prepare *prepare, const iou_step *inner, size_t stacked,
                                size_t count, bool *fused) {
    *fused = stacked <= MOST_STACKED && iou_concat_interleaves(inner, sizeof(float), stacked);
    if (!*fused) {
        return IOU_OK;
    }
    sum_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    *p = (sum_params){stacked, count, (size_t)prepare->node->input_count};
    *prepare->step = (iou_step){.run = run,
                                .params = p,
                                .task_count = iou_chunk_tasks(count),
                                .algorithm = "sum",
                                .isa = "scalar"};
    return IOU_OK;
}
