/* GlobalAveragePool and GlobalMaxPool: one number for each picture and channel. */
#include "ops/facts.h"
#include "ops/pool/integer_average.h"
#include "ops/real.h"

#include "core/sizes.h"
#include "ops/reduce/fold.h"

#include <math.h>
#include <string.h>

enum { CHANNEL_BLOCK = 64 };

typedef struct global_params {
    iou_type type;
    size_t pictures, channels, pixels; /* plain values: N*C pictures of one channel */
    size_t blocks;
    bool average;
    iou_fold fold;
} global_params;

static iou_status global_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_float));
    const iou_fact *x = infer->in[0];
    if (x->rank >= 0 && x->rank < 2) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "input must have rank 2 or more, it has %d",
                              x->rank);
    }
    iou_fact_like(&infer->out[0], x);
    for (int i = 2; i < x->rank; i++) {
        infer->out[0].dims[i] = iou_dim_number(1);
    }
    return IOU_OK;
}

/* Channels side by side, `stride` from one pixel to the next; in double, so that large pictures
 * keep their precision. */
static void mean_block(const global_params *p, const void *x, void *y, size_t width) {
    enum { CHUNK = 64 }; /* pixels that the first cache holds */
    iou_fold_totals sums;
    memset(sums.f, 0, width * sizeof *sums.f);
    const size_t chunk = p->channels == 1 ? p->pixels : CHUNK;
    for (size_t i = 0; i < p->pixels; i += chunk) {
        p->fold(&(iou_fold_job){.how = IOU_FOLD_SUM,
                                .in = (const char *)x + i * p->channels * iou_type_size(p->type),
                                .outputs = width,
                                .output_stride = 1,
                                .elements = iou_size_min(chunk, p->pixels - i),
                                .element_stride = (int64_t)p->channels},
                &sums);
    }
    for (size_t c = 0; c < width; c++) {
        iou_real_store(p->type, y, c, sums.f[c] / (double)p->pixels);
    }
}

#define MAX_BLOCK(name, type)                                                                      \
    static void name(const type *x, type *y, size_t n, size_t stride, size_t width) {              \
        type best[CHANNEL_BLOCK];                                                                  \
        for (size_t c = 0; c < width; c++) {                                                       \
            best[c] = (type)-INFINITY;                                                             \
        }                                                                                          \
        for (size_t i = 0; i < n; i++) {                                                           \
            for (size_t c = 0; c < width; c++) {                                                   \
                const type v = x[i * stride + c];                                                  \
                best[c] = v > best[c] ? v : best[c];                                               \
            }                                                                                      \
        }                                                                                          \
        for (size_t c = 0; c < width; c++) {                                                       \
            y[c] = best[c];                                                                        \
        }                                                                                          \
    }

MAX_BLOCK(max_f32, float)
MAX_BLOCK(max_f64, double)

static iou_status global_run(const iou_call *call, size_t task) {
    const global_params *p = call->params;
    const size_t picture = task / p->blocks, channel = task % p->blocks * CHANNEL_BLOCK;
    const size_t left = p->channels - channel;
    const size_t width = iou_size_min(left, CHANNEL_BLOCK);
    const size_t size = iou_type_size(p->type);
    const void *x =
        (const char *)call->in[0] + (picture * p->pixels * p->channels + channel) * size;
    void *y = (char *)call->out[0] + (picture * p->channels + channel) * size;
    if (p->pictures == 0 || p->channels == 0) {
        return IOU_OK;
    }
    if (p->average) {
        mean_block(p, x, y, width);
    } else if (p->type == IOU_FLOAT) {
        max_f32(x, y, p->pixels, p->channels, width);
    } else {
        max_f64(x, y, p->pixels, p->channels, width);
    }
    return IOU_OK;
}

static iou_status global_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    global_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const bool last = x->layout == IOU_CHANNELS_LAST;
    p->type = x->type;
    p->pictures = (size_t)(last ? x->dims[0] : x->dims[0] * x->dims[1]);
    p->channels = last ? (size_t)x->dims[1] : 1;
    p->pixels = 1;
    for (int i = 2; i < x->rank; i++) {
        p->pixels *= (size_t)x->dims[i];
    }
    p->average = prepare->node->op == &iou_op_global_average_pool;
    const iou_fold_kernels *kernels = iou_fold_choose(prepare->isa);
    p->fold = iou_fold_of(kernels, p->type);
    p->blocks = iou_size_max(1, iou_divide_up(p->channels, CHANNEL_BLOCK));
    const size_t tasks = p->pictures * p->blocks;
    *prepare->step = (iou_step){.run = global_run,
                                .params = p,
                                .task_count = tasks == 0 ? 1 : tasks,
                                .algorithm = "global",
                                .isa = p->average ? iou_isa_name(kernels->isa) : "scalar"};
    return IOU_OK;
}

const iou_op iou_op_global_average_pool = {.name = "GlobalAveragePool",
                                           .widens = IOU_WIDENS_FLOATS,
                                           .layout = IOU_LAYOUT_CHANNELS,
                                           .infer = global_infer,
                                           .prepare = global_prepare,
                                           .integer_form = iou_average_integer_form};
const iou_op iou_op_global_max_pool = {.name = "GlobalMaxPool",
                                       .widens = IOU_WIDENS_FLOATS,
                                       .layout = IOU_LAYOUT_CHANNELS,
                                       .infer = global_infer,
                                       .prepare = global_prepare};
