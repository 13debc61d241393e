/* MaxPool and AveragePool: windows over rows of pixels, channels innermost. */
#include "ops/facts.h"
#include "ops/pool/integer_average.h"
#include "ops/pool/pool_kernel.h"
#include "ops/pool/window.h"
#include "ops/strided_iterator.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct pool_params {
    iou_pool pool;
    const iou_pool_kernels *kernels; /* of floats */
    bool average;
    iou_type type;
    bool column_major;        /* storage_order of the indices */
    int64_t channel_count;    /* of a picture, whatever the layout */
    int64_t index_strides[2]; /* of N and C in the indices */
    int64_t index_spatial[IOU_SPATIAL];
} pool_params;

/* Taps that lie within the padded input, which an average with count_include_pad divides by. */
static int64_t padded_taps(const iou_pool *pool, int axis, int64_t at) {
    const iou_window *w = &pool->window;
    const int64_t room = pool->in[axis] + w->end[axis] - at * w->stride[axis] + w->begin[axis];
    const int64_t count = room <= 0 ? 0 : (room + w->dilation[axis] - 1) / w->dilation[axis];
    return count < w->kernel[axis] ? count : w->kernel[axis];
}

typedef struct pixel {
    int64_t at[IOU_SPATIAL], first[IOU_SPATIAL], last[IOU_SPATIAL];
    int64_t picture;
} pixel;

static int64_t tap_offset(const iou_pool *pool, const pixel *p, const int64_t k[IOU_SPATIAL]) {
    int64_t offset = p->picture;
    for (int i = 0; i < IOU_SPATIAL; i++) {
        const iou_window *w = &pool->window;
        offset =
            offset * pool->in[i] + p->at[i] * w->stride[i] - w->begin[i] + k[i] * w->dilation[i];
    }
    return offset;
}

#define EACH_TAP(p, k)                                                                             \
    for (k[0] = (p)->first[0]; k[0] < (p)->last[0]; k[0]++)                                        \
        for (k[1] = (p)->first[1]; k[1] < (p)->last[1]; k[1]++)                                    \
            for (k[2] = (p)->first[2]; k[2] < (p)->last[2]; k[2]++)

#define MAX_PIXEL(name, type, lowest)                                                              \
    static void name(const iou_pool *pool, const pixel *p, const void *in, void *out) {            \
        const int64_t channels = pool->channels;                                                   \
        type *y = out;                                                                             \
        int64_t k[IOU_SPATIAL];                                                                    \
        for (int64_t c = 0; c < channels; c++) {                                                   \
            y[c] = lowest;                                                                         \
        }                                                                                          \
        EACH_TAP(p, k) {                                                                           \
            const type *x = (const type *)in + tap_offset(pool, p, k) * pool->in_pitch;            \
            IOU_INDEPENDENT for (int64_t c = 0; c < channels; c++) {                               \
                y[c] = x[c] > y[c] ? x[c] : y[c];                                                  \
            }                                                                                      \
        }                                                                                          \
    }

MAX_PIXEL(max_f64, double, -(double)INFINITY)
MAX_PIXEL(max_u8, uint8_t, 0)
MAX_PIXEL(max_i8, int8_t, INT8_MIN)

/* What an average divides by. */
static float divisor_of(const iou_pool *pool, const pixel *p) {
    int64_t count = 1;
    for (int i = 0; i < IOU_SPATIAL; i++) {
        const int64_t inside = p->last[i] > p->first[i] ? p->last[i] - p->first[i] : 0;
        count *= pool->window.count_pads ? padded_taps(pool, i, p->at[i]) : inside;
    }
    return count > 0 ? (float)count : 1.0f;
}

static void average_f64(const iou_pool *pool, const pixel *p, const double *in, double *y) {
    const double divisor = (double)divisor_of(pool, p);
    int64_t k[IOU_SPATIAL];
    memset(y, 0, (size_t)pool->channels * sizeof *y);
    EACH_TAP(p, k) {
        const double *x = in + tap_offset(pool, p, k) * pool->in_pitch;
        for (int64_t c = 0; c < pool->channels; c++) {
            y[c] += x[c];
        }
    }
    for (int64_t c = 0; c < pool->channels; c++) {
        y[c] /= divisor;
    }
}

/* Has the kernel prefetch what lies below the window, as far as the next line of windows goes on.
 */
static void set_prefetch(const iou_pool *pool, const pixel *p, const float *in,
                         iou_pool_window *window) {
    const iou_window *w = &pool->window;
    const int64_t reach = (w->kernel[1] - 1) * w->dilation[1] + 1;
    const int64_t y = p->at[1] * w->stride[1] - w->begin[1] + reach;
    const int64_t x = p->at[2] * w->stride[2];
    if (pool->in[0] > 1 || y < 0 || y >= pool->in[1] || x >= pool->in[2]) {
        return;
    }
    const int64_t lines = pool->in[1] - y, pixels = pool->in[2] - x;
    window->prefetch = in + ((p->picture * pool->in[1] + y) * pool->in[2] + x) * pool->in_pitch;
    window->prefetch_stride = pool->in[2] * pool->in_pitch;
    window->prefetch_lines = lines < w->stride[1] ? lines : w->stride[1];
    window->prefetch_floats =
        (size_t)(((pixels < w->stride[2] ? pixels : w->stride[2]) - 1) * pool->in_pitch +
                 pool->channels);
}

static void pool_f32(const pool_params *params, const pixel *p, const float *in, float *out) {
    const iou_pool *pool = &params->pool;
    iou_pool_window window = {.in = in,
                              .channels = (size_t)pool->channels,
                              .out = out,
                              .divisor = params->average ? divisor_of(pool, p) : 1};
    int64_t stride = pool->in_pitch;
    bool empty = false;
    for (int i = IOU_SPATIAL - 1; i >= 0; i--) {
        window.strides[i] = stride * pool->window.dilation[i];
        window.taps[i] = p->last[i] - p->first[i];
        stride *= pool->in[i];
        empty = empty || window.taps[i] <= 0;
    }
    if (!empty) {
        window.in += tap_offset(pool, p, p->first) * pool->in_pitch;
        set_prefetch(pool, p, in, &window);
    }
    if (params->average) {
        params->kernels->average(&window);
    } else {
        params->kernels->max(&window);
    }
}

/* ONNX's flat index of the maximum: over the plain input, rows first or columns first. */
static void max_index(const pool_params *params, const pixel *p, const void *in, int64_t *out) {
    const iou_pool *pool = &params->pool;
    const bool last = params->channel_count == pool->channels;
    const int64_t area = pool->in[0] * pool->in[1] * pool->in[2];
    for (int64_t c = 0; c < pool->channels; c++) {
        double best = -(double)INFINITY;
        int64_t found = 0, k[IOU_SPATIAL];
        bool any = false;
        EACH_TAP(p, k) {
            const int64_t offset = tap_offset(pool, p, k);
            const size_t place = (size_t)(offset * pool->in_pitch + c);
            const double x = iou_read_double(params->type, in, place);
            if (!any || x > best) {
                best = x;
                found = offset - p->picture * area;
                any = true;
            }
        }
        const int64_t n = last ? p->picture : p->picture / params->channel_count;
        const int64_t channel = last ? c : p->picture % params->channel_count;
        if (params->column_major) {
            const int64_t x = found % pool->in[2], y = found / pool->in[2] % pool->in[1];
            const int64_t z = found / pool->in[2] / pool->in[1];
            found = pool->window.spatial == 1   ? x
                    : pool->window.spatial == 2 ? x * pool->in[1] + y
                                                : (x * pool->in[1] + y) * pool->in[0] + z;
        }
        int64_t to = n * params->index_strides[0] + channel * params->index_strides[1];
        for (int i = 0; i < IOU_SPATIAL; i++) {
            to += p->at[i] * params->index_spatial[i];
        }
        out[to] = found + (n * params->channel_count + channel) * area;
    }
}

static void pool_pixel(const pool_params *params, const pixel *p, const void *in, void *out) {
    switch (params->type) {
    case IOU_DOUBLE:
        if (params->average) {
            average_f64(&params->pool, p, in, out);
        } else {
            max_f64(&params->pool, p, in, out);
        }
        break;
    case IOU_UINT8: max_u8(&params->pool, p, in, out); break;
    case IOU_INT8: max_i8(&params->pool, p, in, out); break;
    default: pool_f32(params, p, in, out); break;
    }
}

static iou_status pool_run(const iou_call *call, size_t task) {
    const pool_params *params = call->params;
    const iou_pool *pool = &params->pool;
    const size_t first = task * pool->rows_per_task;
    const size_t left = pool->rows - first;
    const size_t end = left < pool->rows_per_task ? pool->rows : first + pool->rows_per_task;
    const size_t size = (size_t)pool->out_pitch * iou_type_size(params->type);
    for (size_t row = first; row < end; row++) {
        pixel p = {.picture = (int64_t)row / (pool->out[0] * pool->out[1])};
        p.at[0] = (int64_t)row / pool->out[1] % pool->out[0];
        p.at[1] = (int64_t)row % pool->out[1];
        iou_pool_taps(pool, 0, p.at[0], &p.first[0], &p.last[0]);
        iou_pool_taps(pool, 1, p.at[1], &p.first[1], &p.last[1]);
        char *out = (char *)call->out[0] + row * (size_t)pool->out[2] * size;
        for (p.at[2] = 0; p.at[2] < pool->out[2]; p.at[2]++) {
            iou_pool_taps(pool, 2, p.at[2], &p.first[2], &p.last[2]);
            pool_pixel(params, &p, call->in[0], out + (size_t)p.at[2] * size);
            if (params->index_strides[0] > 0) {
                max_index(params, &p, call->in[0], call->out[1]);
            }
        }
    }
    return IOU_OK;
}

static bool has_indices(const iou_node *node) {
    return node->output_count > 1 && node->outputs[1] != IOU_NO_VALUE;
}

static iou_status pool_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    pool_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    iou_pool_fill(&p->pool, prepare);
    p->kernels = iou_pool_choose(prepare->isa);
    p->average = prepare->node->op == &iou_op_average_pool;
    p->type = x->type;
    p->column_major = ((const iou_window_attributes *)prepare->node->attributes)->column_major;
    p->channel_count = x->dims[1];
    if (has_indices(prepare->node) && prepare->out[1].count > 0) {
        int64_t strides[IOU_MAX_RANK];
        iou_memory_strides(&prepare->out[1], strides);
        memcpy(p->index_strides, strides, sizeof p->index_strides);
        for (int i = 0; i < x->rank - 2; i++) {
            p->index_spatial[IOU_SPATIAL - (x->rank - 2) + i] = strides[2 + i];
        }
    }
    const size_t rows = p->pool.rows;
    *prepare->step =
        (iou_step){.run = pool_run,
                   .params = p,
                   .task_count = rows == 0 ? 1 : (rows - 1) / p->pool.rows_per_task + 1,
                   .algorithm = "window",
                   .isa = iou_isa_name(x->type == IOU_FLOAT ? p->kernels->isa : IOU_ISA_SCALAR)};
    return IOU_OK;
}

static const iou_type max_pool_types[] = {IOU_FLOAT, IOU_DOUBLE, IOU_UINT8, IOU_INT8, 0};

static iou_status max_pool_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 2));
    IOU_TRY(iou_infer_type(infer, 0, max_pool_types));
    infer->out[0].type = infer->in[0]->type;
    IOU_TRY(iou_window_infer(infer, &infer->out[0]));
    if (!has_indices(infer->node)) {
        return IOU_OK;
    }
    iou_fact_shape_like(&infer->out[1], &infer->out[0]);
    infer->out[1].type = IOU_INT64;
    return IOU_OK;
}

static iou_status average_pool_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_float));
    infer->out[0].type = infer->in[0]->type;
    return iou_window_infer(infer, &infer->out[0]);
}

/* The largest of quantized numbers is the quantized largest; padding is less than any. */
static bool max_pool_moves(const iou_node *node) {
    return node->output_count == 1;
}

const iou_op iou_op_max_pool = {.name = "MaxPool",
                                .widens = IOU_WIDENS_FLOATS,
                                .layout = IOU_LAYOUT_CHANNELS,
                                .attributes_size = sizeof(iou_window_attributes),
                                .parse = iou_window_parse,
                                .infer = max_pool_infer,
                                .prepare = pool_prepare,
                                .pitched = IOU_PITCHED_INPUT | IOU_PITCHED_OUTPUT,
                                .moves = max_pool_moves};
const iou_op iou_op_average_pool = {.name = "AveragePool",
                                    .widens = IOU_WIDENS_FLOATS,
                                    .layout = IOU_LAYOUT_CHANNELS,
                                    .attributes_size = sizeof(iou_window_attributes),
                                    .parse = iou_window_parse,
                                    .infer = average_pool_infer,
                                    .prepare = pool_prepare,
                                    .pitched = IOU_PITCHED_INPUT | IOU_PITCHED_OUTPUT,
                                    .integer_form = iou_average_integer_form};
