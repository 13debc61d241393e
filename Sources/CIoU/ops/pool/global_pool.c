/* GlobalAveragePool and GlobalMaxPool: one number for each picture and channel. */
#include "ops/facts.h"

#include "core/sizes.h"
#include "ops/strided_iterator.h"

#include <float.h>
#include <math.h>

enum { CHANNEL_BLOCK = 64 };

typedef struct global_params {
    iou_type type;
    size_t pictures, channels, pixels; /* plain values: N*C pictures of one channel */
    size_t blocks;
    bool average;
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

/* One channel: four sums in flight, in double, so that large pictures keep their precision. */
static float mean_of(const float *x, size_t n) {
    double sums[4] = {0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        for (size_t k = 0; k < 4; k++) {
            sums[k] += (double)x[i + k];
        }
    }
    for (; i < n; i++) {
        sums[0] += (double)x[i];
    }
    return (float)((sums[0] + sums[1] + (sums[2] + sums[3])) / (double)n);
}

#define MEAN_BLOCK(name, type)                                                                     \
    static void name(const type *x, type *y, size_t n, size_t stride, size_t width) {              \
        double sums[CHANNEL_BLOCK] = {0};                                                          \
        for (size_t i = 0; i < n; i++) {                                                           \
            for (size_t c = 0; c < width; c++) {                                                   \
                sums[c] += (double)x[i * stride + c];                                              \
            }                                                                                      \
        }                                                                                          \
        for (size_t c = 0; c < width; c++) {                                                       \
            y[c] = (type)(sums[c] / (double)n);                                                    \
        }                                                                                          \
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

MEAN_BLOCK(mean_block_f32, float)
MEAN_BLOCK(mean_block_f64, double)
MAX_BLOCK(max_block_f32, float)
MAX_BLOCK(max_block_f64, double)

static void run_f32(const global_params *p, const float *x, float *y, size_t width) {
    if (!p->average) {
        max_block_f32(x, y, p->pixels, p->channels, width);
    } else if (p->channels == 1) {
        *y = mean_of(x, p->pixels);
    } else {
        mean_block_f32(x, y, p->pixels, p->channels, width);
    }
}

static void run_f64(const global_params *p, const double *x, double *y, size_t width) {
    if (p->average) {
        mean_block_f64(x, y, p->pixels, p->channels, width);
    } else {
        max_block_f64(x, y, p->pixels, p->channels, width);
    }
}

static iou_status global_run(const iou_call *call, size_t task) {
    const global_params *p = call->params;
    const size_t picture = task / p->blocks, channel = task % p->blocks * CHANNEL_BLOCK;
    const size_t left = p->channels - channel;
    const size_t width = iou_size_min(left, CHANNEL_BLOCK);
    const size_t from = picture * p->pixels * p->channels + channel;
    const size_t to = picture * p->channels + channel;
    if (p->pictures == 0 || p->channels == 0) {
        return IOU_OK;
    }
    if (p->type == IOU_FLOAT) {
        run_f32(p, (const float *)call->in[0] + from, (float *)call->out[0] + to, width);
    } else {
        run_f64(p, (const double *)call->in[0] + from, (double *)call->out[0] + to, width);
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
    p->blocks = iou_size_max(1, iou_divide_up(p->channels, CHANNEL_BLOCK));
    const size_t tasks = p->pictures * p->blocks;
    *prepare->step = (iou_step){.run = global_run,
                                .params = p,
                                .task_count = tasks == 0 ? 1 : tasks,
                                .algorithm = "global",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_global_average_pool = {.name = "GlobalAveragePool",
                                           .widens = IOU_WIDENS_FLOATS,
                                           .layout = IOU_LAYOUT_CHANNELS,
                                           .infer = global_infer,
                                           .prepare = global_prepare};
const iou_op iou_op_global_max_pool = {.name = "GlobalMaxPool",
                                       .widens = IOU_WIDENS_FLOATS,
                                       .layout = IOU_LAYOUT_CHANNELS,
                                       .infer = global_infer,
                                       .prepare = global_prepare};
