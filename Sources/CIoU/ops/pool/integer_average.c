/* Averages of bytes, whose sums are exact. */
#include "ops/pool/integer_average.h"

#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/integer_form.h"
#include "ops/pool/window.h"
#include "ops/quantize/byte_loops.h"
#include "ops/quantize/quantization.h"

enum { CHANNELS = 256 /* at a time */, RAISED = 128 };

typedef struct average_attributes {
    iou_window_attributes window;
    bool global;
    int32_t zero; /**< of the input */
    double ratio; /**< of the input's scale and the output's */
    iou_type out;
    iou_quantize_row row; /**< of numbers in the output's scale */
} average_attributes;

typedef struct average_params {
    const average_attributes *attributes;
    const iou_byte_loops *loops;
    iou_type type;
    iou_pool pool;
} average_params;

static iou_status average_infer(const iou_infer *infer) {
    const average_attributes *a = infer->node->attributes;
    infer->out[0].type = a->out;
    if (!a->global) {
        return iou_window_infer(infer, &infer->out[0]);
    }
    iou_fact_shape_like(&infer->out[0], infer->in[0]);
    for (int i = 2; i < infer->in[0]->rank; i++) {
        infer->out[0].dims[i] = iou_dim_number(1);
    }
    return IOU_OK;
}

/* ---- Run ----------------------------------------------------------------------------------- */

/** The taps of a window that lie in the input. */
typedef struct taps {
    int64_t at[IOU_SPATIAL], first[IOU_SPATIAL], last[IOU_SPATIAL];
    int64_t picture;
} taps;

/** Adds numbers, of int8 raised by 128; a line is shorter than 2^24 pixels. */
static void add_pixel(const average_params *p, const uint8_t *x, size_t n, uint32_t *sums) {
    const uint8_t flip = p->type == IOU_INT8 ? RAISED : 0;
    for (size_t c = 0; c < n; c++) {
        sums[c] += (uint32_t)(x[c] ^ flip);
    }
}

/** Adds the pixels of a window, and returns how many there are. */
static int64_t add_pixels(const average_params *p, const taps *t, const uint8_t *image, size_t n,
                          int64_t *totals) {
    const iou_window *w = &p->pool.window;
    int64_t count = 0;
    for (int64_t z = t->first[0]; z < t->last[0]; z++) {
        for (int64_t y = t->first[1]; y < t->last[1]; y++) {
            uint32_t sums[CHANNELS] = {0}; /* of a line */
            for (int64_t x = t->first[2]; x < t->last[2]; x++, count++) {
                const int64_t k[] = {z, y, x};
                int64_t pixel = t->picture;
                for (int i = 0; i < IOU_SPATIAL; i++) {
                    pixel = pixel * p->pool.in[i] + t->at[i] * w->stride[i] - w->begin[i] +
                            k[i] * w->dilation[i];
                }
                add_pixel(p, image + (size_t)(pixel * p->pool.in_pitch), n, sums);
            }
            for (size_t c = 0; c < n; c++) {
                totals[c] += sums[c];
            }
        }
    }
    return count;
}

/** Channels [first, first + n) of one output pixel. */
static void average(const average_params *p, const taps *t, const uint8_t *image, size_t n,
                    uint8_t *out) {
    int64_t totals[CHANNELS] = {0};
    float means[CHANNELS];
    const average_attributes *a = p->attributes;
    const int64_t count = add_pixels(p, t, image, n, totals);
    const int64_t zero = a->zero + (p->type == IOU_INT8 ? RAISED : 0);
    const double factor = a->ratio / (double)(count > 0 ? count : 1);
    for (size_t c = 0; c < n; c++) {
        means[c] = (float)((double)(totals[c] - count * zero) * factor);
    }
    p->loops->quantize(&a->row, means, out, n);
}

static void average_pixel(const average_params *p, taps *t, const iou_call *call, int64_t x,
                          size_t row) {
    const iou_pool *pool = &p->pool;
    const size_t channels = (size_t)pool->channels;
    uint8_t *out = (uint8_t *)call->out[0] +
                   (row * (size_t)pool->out[2] + (size_t)x) * (size_t)pool->out_pitch;
    t->at[2] = x;
    for (int i = 0; i < IOU_SPATIAL; i++) {
        iou_pool_taps(pool, i, t->at[i], &t->first[i], &t->last[i]);
    }
    for (size_t c = 0; c < channels; c += CHANNELS) {
        average(p, t, (const uint8_t *)call->in[0] + c, iou_size_min(channels - c, CHANNELS),
                out + c);
    }
}

static iou_status run(const iou_call *call, size_t task) {
    const average_params *p = call->params;
    const iou_pool *pool = &p->pool;
    const size_t first = task * pool->rows_per_task;
    const size_t end = iou_size_min(first + pool->rows_per_task, pool->rows);
    for (size_t row = first; row < end; row++) {
        const int64_t at = (int64_t)row, plane = at / pool->out[1];
        taps t = {.at = {plane % pool->out[0], at % pool->out[1], 0},
                  .picture = plane / pool->out[0]};
        for (int64_t x = 0; x < pool->out[2]; x++) {
            average_pixel(p, &t, call, x, row);
        }
    }
    return IOU_OK;
}

/* ---- Prepare ------------------------------------------------------------------------------- */

/** One window of the whole input. */
static void fill_window(iou_pool *pool) {
    for (int i = 0; i < IOU_SPATIAL; i++) {
        pool->window.kernel[i] = pool->in[i];
        pool->window.stride[i] = pool->window.dilation[i] = 1;
        pool->window.begin[i] = pool->window.end[i] = 0;
    }
}

static iou_status average_prepare(const iou_prepare *prepare) {
    average_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->attributes = prepare->node->attributes;
    p->loops = iou_byte_loops_choose(prepare->isa);
    p->type = prepare->in[0]->type;
    iou_pool_fill(&p->pool, prepare);
    if (p->attributes->global) {
        fill_window(&p->pool);
    }
    *prepare->step = (iou_step){
        .run = prepare->out[0].count == 0 ? iou_run_nothing : run,
        .params = p,
        .task_count = iou_size_max(1, iou_divide_up(p->pool.rows, p->pool.rows_per_task)),
        .algorithm = "bytes",
        .isa = iou_isa_name(p->loops->isa)};
    return IOU_OK;
}

static const iou_op integer_average = {.name = "QLinearAveragePool",
                                       .layout = IOU_LAYOUT_CHANNELS,
                                       .infer = average_infer,
                                       .prepare = average_prepare};

/* ---- The form ------------------------------------------------------------------------------ */

/** Windows of one pixel, until the input is known. */
static void set_default(iou_window_attributes *window) {
    enum { PADS = IOU_WINDOW_LISTS - 1 };
    for (int list = 0; list < IOU_WINDOW_LISTS; list++) {
        window->counts[list] = -1;
        for (int i = 0; i < 2 * IOU_SPATIAL; i++) {
            window->values[list][i] = list == PADS ? 0 : 1;
        }
    }
}

iou_status iou_average_integer_form(const iou_integer_query *query, iou_node *made,
                                    bool *accepted) {
    const iou_fact *facts = query->facts;
    const bool global = query->node->op == &iou_op_global_average_pool;
    const iou_window_attributes *window = query->node->attributes;
    *accepted = query->quantizer != NULL && query->dequantizers[0] != NULL &&
                (global || !window->count_pads);
    if (!*accepted) {
        return IOU_OK;
    }
    const iou_quantized_operand x = iou_quantized_operand_of(query->dequantizers[0]);
    const iou_quantized_operand y = iou_quantized_operand_of(query->quantizer);
    *accepted = iou_is_quantized_whole(facts, &x) && iou_is_quantized_whole(facts, &y) &&
                facts[x.value].rank > 2 && facts[x.value].rank <= 2 + IOU_SPATIAL;
    average_attributes *a = iou_arena_alloc(query->memory, sizeof *a);
    IOU_FAIL_IF(a == NULL, IOU_OUT_OF_MEMORY, query->error, "no memory for the model");
    if (!*accepted) {
        return IOU_OK;
    }
    const float scale = iou_quantized_scale(facts, &y);
    *a = (average_attributes){.global = global,
                              .zero = iou_quantized_zero(facts, &x),
                              .ratio = (double)iou_quantized_scale(facts, &x) / (double)scale,
                              .out = facts[y.value].type,
                              .row = iou_quantize_limits(facts[y.value].type, scale,
                                                         iou_quantized_zero(facts, &y), query->lo,
                                                         query->hi)};
    a->row.scale = 1.0f;
    if (global) {
        set_default(&a->window);
    } else {
        a->window = *window;
    }
    return iou_integer_form_make(query, &integer_average, &x.value, 1, a, made);
}
