/*
 * InstanceNormalization and GroupNormalization: each group of a picture's channels gets mean 0 and
 * variance 1, then each channel its scale and bias. An instance norm has groups of one channel.
 */
#include "ops/facts.h"
#include "ops/norm/moments.h"

#include <math.h>

enum { X = 0, SCALE = 1, BIAS = 2 };

typedef struct group_params {
    iou_type type;
    size_t pixels, channels, group; /* group: channels of one */
    size_t block;                   /* channels of a task: whole groups */
    size_t blocks;                  /* of a picture */
    size_t pixel_stride, channel_stride;
    bool per_group; /* scale and bias have one number a group */
    double epsilon;
} group_params;

/* ---- Infer --------------------------------------------------------------------------------- */

typedef struct group_attributes {
    bool instance; /* InstanceNormalization: a channel is a group */
    int64_t groups;
    bool scales_groups; /* a group norm before opset 21; others scale channels */
    double epsilon;
} group_attributes;

static iou_status group_parse(const iou_parse *parse) {
    const iou_node *node = parse->node;
    group_attributes *a = parse->attributes;
    a->instance = node->op == &iou_op_instance_normalization;
    a->groups = iou_attribute_int(node, "num_groups", 0);
    a->scales_groups = !a->instance && node->opset < 21;
    a->epsilon = (double)iou_attribute_float(node, "epsilon", 1e-5f);
    return IOU_OK;
}

static iou_status check_vector(const iou_infer *infer, int input, iou_dim expected) {
    const iou_fact *vector = infer->in[input];
    const iou_type same[] = {infer->in[X]->type, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_infer_type(infer, input, same[0] == IOU_TYPE_UNDEFINED ? iou_types_float : same));
    if (vector->rank >= 0 && (vector->rank != 1 || (vector->dims[0].known && expected.known &&
                                                    vector->dims[0].value != expected.value))) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "%s must be a vector of %lld numbers",
                              input == SCALE ? "scale" : "bias", (long long)expected.value);
    }
    return IOU_OK;
}

static iou_status group_infer(const iou_infer *infer) {
    const group_attributes *a = infer->node->attributes;
    IOU_TRY(iou_fact_begin(infer, 3, 3, 1));
    IOU_TRY(iou_infer_type(infer, X, iou_types_float));
    const iou_fact *x = infer->in[X];
    iou_fact_like(&infer->out[0], x);
    if (x->rank < 0) {
        return IOU_OK;
    }
    if (x->rank < 2) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected rank 2 or more, found %d", x->rank);
    }
    const iou_dim channels = x->dims[1];
    if (!a->instance && (a->groups < 1 || (channels.known && channels.value % a->groups != 0))) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "num_groups %lld must divide the %lld channels",
                              (long long)a->groups, (long long)channels.value);
    }
    const iou_dim expected = a->scales_groups ? iou_dim_number(a->groups) : channels;
    IOU_TRY(check_vector(infer, SCALE, expected));
    return check_vector(infer, BIAS, expected);
}

/* ---- Run ----------------------------------------------------------------------------------- */

/* Per channel of a block the sum of x, or of squared distances from the group's mean. */
static void add_up(const group_params *p, const char *x, const double *means, double *sums) {
    const size_t size = iou_type_size(p->type);
    for (size_t c = 0; c < p->block; c++) {
        sums[c] = 0.0;
        if (p->pixel_stride == 1) {
            const char *row = x + c * p->channel_stride * size;
            sums[c] = means == NULL ? iou_sum(p->type, row, p->pixels)
                                    : iou_sum_squares(p->type, row, p->pixels, means[c]);
        }
    }
    for (size_t i = 0; i < p->pixels && p->pixel_stride != 1; i++) {
        const float *f = (const float *)(const void *)x + i * p->pixel_stride;
        const double *d = (const double *)(const void *)x + i * p->pixel_stride;
        if (means == NULL && p->type == IOU_FLOAT) {
            for (size_t c = 0; c < p->block; c++) {
                sums[c] += (double)f[c];
            }
        } else {
            for (size_t c = 0; c < p->block; c++) {
                const double v = p->type == IOU_FLOAT ? (double)f[c] : d[c];
                sums[c] += means == NULL ? v : (v - means[c]) * (v - means[c]);
            }
        }
    }
}

/* Replaces the sums of channels by the mean over their group. */
static void share_in_groups(const group_params *p, double *sums) {
    for (size_t c = 0; c < p->block; c += p->group) {
        double sum = 0.0;
        for (size_t i = 0; i < p->group; i++) {
            sum += sums[c + i];
        }
        for (size_t i = 0; i < p->group; i++) {
            sums[c + i] = sum / ((double)p->pixels * (double)p->group);
        }
    }
}

/* From means and variances to y = x * factor + shift. */
static void find_factors(const group_params *p, const iou_call *call, size_t channel, double *mean,
                         double *variance) {
    for (size_t c = 0; c < p->block; c++) {
        const size_t at = p->per_group ? (channel + c) / p->group : channel + c;
        const double scale = iou_read_double(p->type, call->in[SCALE], at);
        const double bias = iou_read_double(p->type, call->in[BIAS], at);
        const double factor = scale / sqrt(variance[c] + p->epsilon);
        variance[c] = factor;
        mean[c] = bias - mean[c] * factor;
    }
}

#define NORMALIZE(type)                                                                            \
    for (size_t o = 0; o < outer; o++) {                                                           \
        const type *from = (const type *)(const void *)x + o * stride;                             \
        type *to = (type *)(void *)y + o * stride;                                                 \
        const size_t c = last ? 0 : o; /* the pixels may outnumber the channels */                 \
        const type a = (type)factor[c], b = (type)shift[c];                                        \
        for (size_t i = 0; i < inner && !last; i++) {                                              \
            to[i] = from[i] * a + b;                                                               \
        }                                                                                          \
        for (size_t i = 0; i < inner && last; i++) {                                               \
            to[i] = from[i] * (type)factor[i] + (type)shift[i];                                    \
        }                                                                                          \
    }

static void normalize(const group_params *p, const char *x, char *y, const double *factor,
                      const double *shift) {
    const bool last = p->pixel_stride != 1;
    const size_t outer = last ? p->pixels : p->block, inner = last ? p->block : p->pixels;
    const size_t stride = last ? p->pixel_stride : p->channel_stride;
    if (p->type == IOU_FLOAT) {
        NORMALIZE(float)
    } else {
        NORMALIZE(double)
    }
}

static iou_status group_run(const iou_call *call, size_t task) {
    const group_params *p = call->params;
    const size_t picture = task / p->blocks, channel = task % p->blocks * p->block;
    const size_t at =
        (picture * p->pixels * p->channels + channel * p->channel_stride) * iou_type_size(p->type);
    const char *x = (const char *)call->in[X] + at;
    double *mean = call->scratch, *variance = mean + p->block;
    add_up(p, x, NULL, mean);
    share_in_groups(p, mean);
    add_up(p, x, mean, variance);
    share_in_groups(p, variance);
    find_factors(p, call, channel, mean, variance);
    normalize(p, x, (char *)call->out[0] + at, variance, mean);
    return IOU_OK;
}

/* Channels of a task where they are neighbours: a cache line of them, in whole groups. */
static size_t choose_block(const group_params *p) {
    size_t block = p->group;
    while (p->pixel_stride != 1 && block < 16 && p->channels % (2 * block) == 0) {
        block *= 2;
    }
    return block;
}

static iou_status group_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[X];
    const group_attributes *a = prepare->node->attributes;
    group_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    *prepare->step = (iou_step){
        .run = iou_run_nothing, .params = p, .task_count = 1, .algorithm = "rows", .isa = "scalar"};
    if (x->count == 0) {
        return IOU_OK;
    }
    const bool last = x->layout == IOU_CHANNELS_LAST && x->rank > 2;
    p->type = x->type;
    p->channels = (size_t)x->dims[1];
    p->pixels = x->count / (size_t)x->dims[0] / p->channels;
    p->group = a->instance ? 1 : p->channels / (size_t)a->groups;
    p->channel_stride = last ? 1 : p->pixels;
    p->pixel_stride = last ? p->channels : 1;
    p->block = choose_block(p);
    p->blocks = p->channels / p->block;
    p->per_group = a->scales_groups;
    p->epsilon = a->epsilon;
    prepare->step->run = group_run;
    prepare->step->task_count = (size_t)x->dims[0] * p->blocks;
    prepare->step->scratch_size = 2 * p->block * sizeof(double);
    prepare->step->in_place = 1;
    prepare->step->flop = 6.0 * (double)x->count;
    return IOU_OK;
}

const iou_op iou_op_group_normalization = {.name = "GroupNormalization",
                                           .widens = IOU_WIDENS_FLOATS,
                                           .layout = IOU_LAYOUT_ELEMENTWISE,
                                           .attributes_size = sizeof(group_attributes),
                                           .parse = group_parse,
                                           .infer = group_infer,
                                           .prepare = group_prepare};
const iou_op iou_op_instance_normalization = {.name = "InstanceNormalization",
                                              .widens = IOU_WIDENS_FLOATS,
                                              .layout = IOU_LAYOUT_ELEMENTWISE,
                                              .attributes_size = sizeof(group_attributes),
                                              .parse = group_parse,
                                              .infer = group_infer,
                                              .prepare = group_prepare};
