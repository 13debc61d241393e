/* Prepares a convolution: numbers, packed weights, tables and scratch. */
#include "core/memory.h"
#include "ops/conv/conv.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* ---- Shape --------------------------------------------------------------------------------- */

/* Padding at the beginning of a dimension. */
static int64_t conv_pad(const iou_conv_attributes *a, int i, int64_t in, int64_t out,
                        int64_t kernel) {
    if (a->auto_pad != IOU_PAD_UPPER && a->auto_pad != IOU_PAD_LOWER) {
        return a->pad_begin[i];
    }
    const int64_t reach = (kernel - 1) * a->dilation.values[i] + 1;
    const int64_t total = (out - 1) * a->stride.values[i] + reach - in;
    if (total <= 0) {
        return 0;
    }
    return a->auto_pad == IOU_PAD_UPPER ? total / 2 : total - total / 2;
}

iou_status iou_conv_shape_read(iou_conv_shape *shape, const iou_prepare *prepare) {
    const iou_operand *image = prepare->in[0], *weights = prepare->in[1], *out = prepare->out;
    const int spatial = image->rank - 2, missing = IOU_CONV_SPATIAL - spatial;
    const iou_conv_attributes *a = prepare->node->attributes;
    shape->batch = image->dims[0];
    shape->in_channels = image->dims[1];
    shape->out_channels = weights->dims[0];
    shape->group = a->group;
    for (int i = 0; i < IOU_CONV_SPATIAL; i++) {
        const int from = i - missing;
        const bool given = from >= 0;
        shape->in[i] = given ? image->dims[2 + from] : 1;
        shape->out[i] = given ? out->dims[2 + from] : 1;
        shape->kernel[i] = given ? weights->dims[2 + from] : 1;
        shape->stride[i] = given ? a->stride.values[from] : 1;
        shape->dilation[i] = given ? a->dilation.values[from] : 1;
        shape->pad[i] =
            given ? conv_pad(a, from, shape->in[i], shape->out[i], shape->kernel[i]) : 0;
        shape->pad[i] += given && prepare->zeros != NULL ? prepare->zeros[from] : 0;
    }
    return IOU_OK;
}

/* ---- Residual ------------------------------------------------------------------------------ */

int64_t iou_conv_nearest(int64_t out, int64_t out_size, int64_t in_size) {
    if (out_size % in_size == 0) {
        return out / (out_size / in_size);
    }
    const float scale = (float)out_size / (float)in_size;
    const int64_t in = (int64_t)floorf((float)out / scale);
    return in < in_size ? in : in_size - 1;
}

static iou_status conv_prepare_residual(iou_conv_plan *plan, const iou_prepare *prepare) {
    const iou_epilogue_step *add = iou_epilogue_split(prepare->epilogue, true).add;
    plan->residual.input = -1;
    if (add == NULL) {
        return IOU_OK;
    }
    const iou_operand *residual = add->operand;
    const int missing = 2 + IOU_CONV_SPATIAL - residual->rank;
    bool fits = residual->rank == prepare->out->rank && residual->type == IOU_FLOAT &&
                residual->dims[0] == prepare->out->dims[0] &&
                residual->dims[1] == prepare->out->dims[1];
    plan->residual.input = add->input;
    plan->residual.pitch = (size_t)iou_operand_pitch(residual);
    plan->residual.upsampled = add->upsampled;
    for (int i = 0; i < IOU_CONV_SPATIAL && fits; i++) {
        const int64_t out = plan->shape.out[i];
        const int64_t in = i < missing ? 1 : residual->dims[2 + i - missing];
        fits = plan->residual.upsampled ? in >= 1 && in <= out : in == out;
        plan->residual.in[i] = in;
        if (!fits || !plan->residual.upsampled) {
            continue;
        }
        int64_t *source = iou_prepare_alloc(prepare, (size_t)out * sizeof *source);
        if (source == NULL) {
            return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "out of memory");
        }
        for (int64_t at = 0; at < out; at++) {
            source[at] = iou_conv_nearest(at, out, in);
        }
        plan->residual.source[i] = source;
    }
    return fits ? IOU_OK
                : iou_prepare_fail(prepare, IOU_INVALID_ARGUMENT, "the residual does not fit");
}

/* ---- Weights ------------------------------------------------------------------------------- */

typedef struct conv_packing {
    const iou_conv_plan *plan;
    iou_conv_source source;
} conv_packing;

static void conv_pack(const void *context, void *memory, size_t first, size_t count) {
    const conv_packing *packing = context;
    const iou_conv_plan *plan = packing->plan;
    plan->algorithm->pack(plan, &packing->source, first, count, 0, memory);
}

/* Scale and shift for tasks that pack: kept in the plan. */
static iou_status conv_keep_scale(iou_conv_plan *plan, const iou_prepare *prepare) {
    const iou_epilogue_start start = iou_epilogue_split(prepare->epilogue, true);
    const size_t channels = (size_t)plan->shape.out_channels;
    if (start.scale == NULL) {
        return IOU_OK;
    }
    float *kept = iou_prepare_alloc(prepare, 2 * channels * sizeof *kept);
    if (kept == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < channels; i++) {
        kept[i] = start.scale[i];
        kept[channels + i] = start.shift[i];
    }
    plan->source.scale = kept;
    plan->source.shift = kept + channels;
    return IOU_OK;
}

/* Bytes of `floats`; SIZE_MAX when those are too many. */
static size_t conv_bytes(size_t floats) {
    const size_t bytes = iou_size_times(floats, sizeof(float));
    return bytes > SIZE_MAX / 8 ? SIZE_MAX : bytes;
}

/* Whether the weights can be packed before any run. */
static bool conv_is_constant(const iou_prepare *prepare) {
    const iou_operand *bias = prepare->node->input_count > 2 ? prepare->in[2] : NULL;
    return prepare->in[1]->constant != NULL && (bias == NULL || bias->constant != NULL);
}

/* A node's own scale makes its packed weights its own. How many of the nodes behind it had a part
 * in that may be different in another plan: where what a file leaves to be fed is fed. */
static iou_packing conv_packing_key(const iou_conv_plan *plan, const iou_prepare *prepare,
                                    const iou_conv_source *source, int joined, size_t size) {
    const bool own = source->scale != NULL;
    const int64_t kind = plan->shape.group * 256 + iou_conv_algorithm_index(plan->algorithm);
    return (iou_packing){.of = own ? (const void *)prepare->node : source->weights,
                         .with = own ? NULL : source->bias,
                         .kind = kind * 256 + joined,
                         .size = size,
                         .units = plan->algorithm->packs_at_once ? 1 : plan->panels};
}

/* Packs constant weights now; others take `scratch` bytes of every task's scratch. */
static iou_status conv_prepare_weights(iou_conv_plan *plan, const iou_prepare *prepare,
                                       size_t *scratch) {
    const iou_operand *weights = prepare->in[1];
    const iou_operand *bias = prepare->node->input_count > 2 ? prepare->in[2] : NULL;
    const bool constant = conv_is_constant(prepare);
    const size_t all = conv_bytes(plan->algorithm->packed(plan, false));
    *scratch = 0;
    if (all == SIZE_MAX) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "the weight is too large");
    }
    if (!constant) {
        plan->weight_input = 1;
        plan->bias_input = bias != NULL ? 2 : -1;
        *scratch = conv_bytes(plan->algorithm->packed(plan, true));
        return conv_keep_scale(plan, prepare);
    }
    const iou_epilogue_start start = iou_epilogue_split(prepare->epilogue, true);
    const conv_packing packing = {
        .plan = plan,
        .source = {.weights = weights->constant,
                   .bias = bias != NULL ? bias->constant : NULL,
                   .scale = start.scale,
                   .shift = start.shift},
    };
    const void *memory;
    const iou_packing key = conv_packing_key(plan, prepare, &packing.source, start.joined, all);
    IOU_TRY(iou_prepare_weights(prepare, &key, conv_pack, &packing, &memory));
    plan->packed = memory;
    prepare->step->packed = IOU_CONV_PACKED;
    return IOU_OK;
}

/* ---- Plan ---------------------------------------------------------------------------------- */

static void conv_prepare_numbers(iou_conv_plan *plan, size_t threads) {
    const iou_conv_shape *s = &plan->shape;
    plan->rows = (size_t)(s->batch * s->out[0] * s->out[1] * s->out[2]);
    plan->taps = (size_t)(s->kernel[0] * s->kernel[1] * s->kernel[2]);
    plan->channels = (size_t)(s->in_channels / s->group);
    plan->columns = (size_t)(s->out_channels / s->group);
    plan->depth = plan->taps * plan->channels;
    plan->sum_taps = plan->taps;
    plan->sum_channels = plan->channels;
    plan->group_panels = 1;
    plan->algorithm->partition(plan, threads);
}

bool iou_conv_reserve(size_t *total, size_t size, size_t *at) {
    *at = *total;
    return size < SIZE_MAX / 8 && !__builtin_add_overflow(*total, iou_memory_aligned(size), total);
}

iou_status iou_conv_prepare_scratch(iou_conv_plan *plan, const iou_prepare *prepare,
                                    size_t packed) {
    iou_conv_scratch scratch = {0};
    plan->algorithm->scratch(plan, &scratch);
    const size_t pointers = iou_size_times(scratch.pointers, sizeof(float *));
    const size_t residuals =
        plan->residual.input >= 0 ? iou_size_times(scratch.residuals, sizeof(float *)) : 0;
    const size_t floats = conv_bytes(scratch.floats);
    size_t *const total = &prepare->step->scratch_size;
    const bool fits = iou_conv_reserve(total, pointers, &plan->pointers_at) &&
                      iou_conv_reserve(total, residuals, &plan->residuals_at) &&
                      iou_conv_reserve(total, floats, &plan->gather_at) &&
                      iou_conv_reserve(total, packed, &plan->packed_at);
    if (!fits) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "the kernel is too large");
    }
    const size_t zeros = iou_size_max(plan->sum_channels, (size_t)plan->shape.in_channels);
    plan->zeros = iou_prepare_alloc(prepare, (zeros + 1) * sizeof(float));
    return plan->zeros != NULL ? IOU_OK
                               : iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "out of memory");
}

/* "igemm 3x3": how the step appears in a profile. */
static const char *conv_describe(const iou_conv_plan *plan, const iou_prepare *prepare) {
    const int spatial = prepare->in[0]->rank - 2;
    enum { CAPACITY = 96 };
    char *text = iou_prepare_alloc(prepare, CAPACITY);
    if (text == NULL) {
        return plan->algorithm->name;
    }
    size_t used = (size_t)snprintf(text, CAPACITY, "%s ", plan->algorithm->name);
    for (int i = IOU_CONV_SPATIAL - spatial; i < IOU_CONV_SPATIAL; i++) {
        const int more = snprintf(text + used, CAPACITY - used, "%s%" PRId64,
                                  i > IOU_CONV_SPATIAL - spatial ? "x" : "", plan->shape.kernel[i]);
        used += (size_t)more;
    }
    return text;
}

/* Whether a pixel's residual is read for the last time just before the pixel is written: a sum of
 * several steps keeps the earlier ones in the output. */
static bool conv_is_in_place(const iou_conv_plan *plan) {
    return plan->residual.input >= 0 && !plan->residual.upsampled &&
           plan->algorithm->finishes_once &&
           plan->blocks.tap_blocks * plan->blocks.channel_blocks <= 1;
}

static void conv_fill_step(const iou_conv_plan *plan, const iou_prepare *prepare) {
    iou_step *step = prepare->step;
    step->run = plan->algorithm->run;
    step->fuse_producer = iou_conv_fuse_producer;
    step->batch = iou_conv_batch;
    step->params = plan;
    step->in_place = conv_is_in_place(plan) ? 1U << plan->residual.input : 0;
    step->task_count = plan->blocks.row_blocks * plan->blocks.panel_blocks;
    step->algorithm = conv_describe(plan, prepare);
    step->isa = iou_isa_name(plan->kernels.gemm->isa);
    step->flop = 2.0 * (double)prepare->out->count * (double)plan->depth;
}

iou_status iou_conv_prepare(const iou_prepare *prepare, const iou_conv_kernels *kernels) {
    iou_conv_plan *plan = iou_prepare_alloc(prepare, sizeof *plan);
    if (plan == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "out of memory");
    }
    IOU_TRY(iou_conv_shape_read(&plan->shape, prepare));
    const iou_epilogue_start start = iou_epilogue_split(prepare->epilogue, true);
    plan->kernels = *kernels;
    plan->caches = prepare->caches;
    plan->in_pitch = (size_t)iou_operand_pitch(prepare->in[0]);
    plan->out_pitch = (size_t)iou_operand_pitch(prepare->out);
    const iou_conv_request request = {.type = prepare->in[0]->type,
                                      .shape = &plan->shape,
                                      .kernels = kernels,
                                      .constant = conv_is_constant(prepare),
                                      .shared = prepare->shared};
    plan->algorithm = iou_conv_choose(&request);
    plan->epilogue = *prepare->epilogue;
    plan->tail = iou_epilogue_tail(prepare->epilogue, start.accepted, kernels->gemm->isa);
    plan->lo = start.lo;
    plan->hi = start.hi;
    conv_prepare_numbers(plan, prepare->threads);
    size_t packed = 0;
    prepare->step->scratch_size = 0;
    IOU_TRY(conv_prepare_residual(plan, prepare));
    if (plan->algorithm->tables != NULL) {
        IOU_TRY(plan->algorithm->tables(plan, prepare));
    }
    IOU_TRY(conv_prepare_weights(plan, prepare, &packed));
    IOU_TRY(iou_conv_prepare_scratch(plan, prepare, packed));
    conv_fill_step(plan, prepare);
    return IOU_OK;
}
