#include "ops/matmul/attention.h"

#include "core/sizes.h"
#include "ops/epilogue.h"
#include "ops/matmul/matrix_product.h"
#include "ops/norm/softmax_kernel.h"

#include <string.h>

enum {
    MOST_TILE = 1 << 18,   /* floats of the scores of a tile of rows */
    MOST_PACKED = 1 << 20, /* floats of a right matrix that a task packs */
    TASKS_PER_THREAD = 3,
    MOST_SCORE_INPUTS = 2 + IOU_EPILOGUE_MOST
};

typedef struct attention {
    const iou_step *scores,
        *values; /* products; values: NULL where rows of Softmax are the result */
    const iou_softmax_kernels *softmax;
    bool logarithm;
    iou_product_size size; /* of the scores */
    size_t out_columns;
    size_t block, task_rows; /* rows at a time, and of a task */
    size_t tasks;            /* of a matrix */
    int score_inputs, first; /* how many beside input 0, and where they are among the call's */
} attention;

/* What the step of the scores takes for its call's inputs. */
static void find_score_inputs(const attention *a, const iou_call *call, const void **in) {
    in[0] = call->in[0];
    memcpy(in + 1, call->in + a->first, (size_t)a->score_inputs * sizeof *in);
}

static void normalise(const attention *a, float *scores, size_t rows) {
    for (size_t row = 0; row < rows; row++) {
        float *values = scores + row * a->size.columns;
        const iou_softmax_job job = {.x = values,
                                     .y = values,
                                     .extent = a->size.columns,
                                     .stride = 1,
                                     .count = 1,
                                     .logarithm = a->logarithm};
        a->softmax->row(&job);
    }
}

static iou_status run(const iou_call *call, size_t task) {
    const attention *a = call->params;
    const size_t batch = task / a->tasks, first = task % a->tasks * a->task_rows;
    const size_t end = iou_size_min(first + a->task_rows, a->size.rows);
    const void *in[MOST_SCORE_INPUTS];
    find_score_inputs(a, call, in);
    float *scratch = call->scratch;
    const iou_product_rows keys = iou_product_take(a->scores, in, batch, a->block, &scratch);
    iou_product_rows values = {0};
    if (a->values != NULL) {
        values = iou_product_take(a->values, call->in, batch, a->block, &scratch);
    }
    for (size_t row = first; row < end; row += a->block) {
        const size_t rows = iou_size_min(a->block, end - row);
        const size_t at = batch * a->size.rows + row; /* among the rows of all matrices */
        float *out = (float *)call->out[0] + at * a->out_columns;
        float *scores = a->values != NULL ? scratch : out;
        iou_product_run_rows(&keys, NULL, row, rows, scores);
        normalise(a, scores, rows);
        if (a->values != NULL) {
            iou_product_run_rows(&values, scores, row, rows, out);
        }
    }
    return IOU_OK;
}

/* Cuts a matrix where that is needed for all threads to work: each task packs what is right. */
static void partition(attention *a, size_t threads) {
    const size_t wanted = iou_divide_up(TASKS_PER_THREAD * threads, a->size.batch);
    const size_t blocks = iou_divide_up(a->size.rows, a->block);
    a->task_rows = iou_divide_up(blocks, iou_size_min(wanted, blocks)) * a->block;
    a->tasks = iou_divide_up(a->size.rows, a->task_rows);
}

static void finish(const attention *a, const iou_prepare *prepare, double flop) {
    const size_t kept = a->values != NULL ? a->block * a->size.columns : 0;
    const size_t packed = iou_product_scratch(a->scores, a->block) +
                          (a->values != NULL ? iou_product_scratch(a->values, a->block) : 0);
    iou_step *step = prepare->step;
    step->run = run;
    step->params = a;
    step->task_count = a->size.batch * a->tasks;
    step->scratch_size = (kept + packed) * sizeof(float);
    step->in_place = 0;
    step->isa = iou_isa_name(a->softmax->isa);
    step->flop += flop;
}

/* A new one, and a copy of a product's step. */
static iou_status allocate(const iou_prepare *prepare, const iou_step *product, attention **made,
                           iou_step **kept) {
    *made = iou_prepare_alloc(prepare, sizeof **made);
    *kept = iou_prepare_alloc(prepare, sizeof **kept);
    if (*made == NULL || *kept == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    **kept = *product;
    return IOU_OK;
}

iou_status iou_attention_fuse_scores(const iou_prepare *prepare, const iou_step *scores,
                                     size_t extent, bool logarithm, bool *fused) {
    iou_product_size size;
    *fused = iou_product_has_rows(scores, &size) && size.columns == extent &&
             size.packed <= MOST_PACKED && size.columns * size.unit <= MOST_TILE;
    if (!*fused) {
        return IOU_OK;
    }
    attention *a;
    iou_step *kept;
    IOU_TRY(allocate(prepare, scores, &a, &kept));
    const size_t floats = iou_caches_floats(prepare->caches, 1, 4); /* of scores at a time */
    const size_t rows = floats / size.columns / size.unit * size.unit;
    *a = (attention){.scores = kept,
                     .softmax = iou_softmax_choose(prepare->isa),
                     .logarithm = logarithm,
                     .size = size,
                     .out_columns = size.columns,
                     .block = iou_size_max(rows, size.unit),
                     .score_inputs = size.inputs - 1,
                     .first = prepare->node->input_count};
    partition(a, prepare->threads);
    prepare->step->algorithm = "gemm softmax";
    finish(a, prepare, scores->flop);
    return IOU_OK;
}

iou_status iou_attention_fuse_values(const iou_prepare *prepare, const iou_step *weights,
                                     bool *fused) {
    iou_product_size size;
    const attention *inner = weights->params;
    *fused = weights->run == run && inner->values == NULL &&
             iou_product_has_rows(prepare->step, &size) && size.packed <= MOST_PACKED &&
             size.batch == inner->size.batch && size.rows == inner->size.rows &&
             size.depth == inner->size.columns && !size.transposed_a &&
             prepare->in[0]->count == size.batch * size.rows * size.depth;
    if (!*fused) {
        return IOU_OK;
    }
    attention *a;
    iou_step *kept;
    IOU_TRY(allocate(prepare, prepare->step, &a, &kept));
    *a = *inner;
    a->values = kept;
    a->out_columns = size.columns;
    a->first = prepare->node->input_count + iou_epilogue_operands(prepare->epilogue);
    prepare->step->algorithm = "attention";
    finish(a, prepare, weights->flop);
    return IOU_OK;
}
