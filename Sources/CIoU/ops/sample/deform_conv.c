/*
 * DeformConv: a convolution whose taps are read between pixels, each moved by an offset of its own
 * and weighted by a mask. In two dimensions, as all runtimes have it.
 */
#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/real.h"

#include <math.h>

enum { X, WEIGHTS, OFFSETS, BIAS, MASK, INPUTS, LIMIT = 1 << 24 };

enum { KERNEL, STRIDES, DILATIONS, PADS, LISTS };

static const struct {
    const char *name;
    int count, least, otherwise;
} lists[LISTS] = {[KERNEL] = {"kernel_shape", 2, 1, 0},
                  [STRIDES] = {"strides", 2, 1, 1},
                  [DILATIONS] = {"dilations", 2, 1, 1},
                  [PADS] = {"pads", 4, 0, 0}};

typedef struct deform_attributes {
    int64_t values[LISTS][4]; /* a kernel of 0: that of the weights */
    int64_t groups, offset_groups;
} deform_attributes;

typedef struct deform_params {
    deform_attributes how;
    iou_type type;
    bool given[INPUTS];
    int64_t in[2], out[2], kernel[2];
    size_t channels, filters;
} deform_params;

static iou_status deform_parse(const iou_parse *parse) {
    deform_attributes *a = parse->attributes;
    for (int k = 0; k < LISTS; k++) {
        iou_ints ints;
        iou_ints_from_attribute(&ints, parse->node, lists[k].name);
        if (ints.state == IOU_INTS_KNOWN && ints.count != lists[k].count) {
            return iou_parse_fail(parse, IOU_UNSUPPORTED,
                                  "%s: expected %d numbers, for two dimensions, found %d",
                                  lists[k].name, lists[k].count, ints.count);
        }
        for (int i = 0; i < lists[k].count; i++) {
            const bool given = ints.state == IOU_INTS_KNOWN;
            a->values[k][i] = given ? ints.values[i] : lists[k].otherwise;
            if (given && (ints.values[i] < lists[k].least || ints.values[i] > LIMIT)) {
                return iou_parse_fail(parse, IOU_BAD_MODEL, "%s: expected %d … 2^24, found %lld",
                                      lists[k].name, lists[k].least, (long long)ints.values[i]);
            }
        }
    }
    a->groups = iou_attribute_int(parse->node, "group", 1);
    a->offset_groups = iou_attribute_int(parse->node, "offset_group", 1);
    if (a->groups < 1 || a->offset_groups < 1) {
        return iou_parse_fail(parse, IOU_BAD_MODEL,
                              "expected group and offset_group of 1 or more, found %lld and %lld",
                              (long long)a->groups, (long long)a->offset_groups);
    }
    return IOU_OK;
}

/* ---- Infer --------------------------------------------------------------------------------- */

static iou_dim dim_of(const iou_fact *fact, int axis) {
    return fact != NULL && fact->rank > axis ? fact->dims[axis] : iou_dim_unknown();
}

static iou_status check_dim(const iou_infer *infer, int input, int axis, iou_dim expected) {
    const iou_dim found = dim_of(iou_fact_in(infer, input), axis);
    if (found.known && expected.known && found.value != expected.value) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "input %d: expected dimension %d of %lld, found %lld", input, axis,
                              (long long)expected.value, (long long)found.value);
    }
    return IOU_OK;
}

static iou_status check_types(const iou_infer *infer) {
    static const int ranks[INPUTS] = {4, 4, 4, 1, 4};
    IOU_TRY(iou_infer_type(infer, X, iou_types_real));
    const iou_type same[] = {infer->in[X]->type, IOU_TYPE_UNDEFINED};
    for (int i = 0; i < INPUTS; i++) {
        const iou_fact *in = iou_fact_in(infer, i);
        if (in == NULL) {
            continue;
        }
        IOU_TRY(iou_infer_type(infer, i, same[0] == IOU_TYPE_UNDEFINED ? iou_types_real : same));
        if (in->rank >= 0 && in->rank != ranks[i]) {
            return iou_infer_fail(infer, i == X ? IOU_UNSUPPORTED : IOU_BAD_MODEL,
                                  "input %d: expected rank %d, found %d", i, ranks[i], in->rank);
        }
    }
    return IOU_OK;
}

static iou_status check_groups(const iou_infer *infer) {
    const deform_attributes *a = infer->node->attributes;
    const iou_dim channels = dim_of(infer->in[X], 1), filters = dim_of(infer->in[WEIGHTS], 0);
    if ((channels.known && (channels.value % a->groups || channels.value % a->offset_groups)) ||
        (filters.known && filters.value % a->groups)) {
        return iou_infer_fail(
            infer, IOU_BAD_MODEL,
            "expected channels and filters in %lld groups and %lld offset groups, "
            "found %lld and %lld",
            (long long)a->groups, (long long)a->offset_groups, (long long)channels.value,
            (long long)filters.value);
    }
    const iou_dim each = channels.known ? iou_dim_number(channels.value / a->groups) : channels;
    IOU_TRY(check_dim(infer, WEIGHTS, 1, channels.known ? each : iou_dim_unknown()));
    return check_dim(infer, BIAS, 0, filters.known ? filters : iou_dim_unknown());
}

static iou_status infer_side(const iou_infer *infer, int i, iou_dim kernel, iou_dim *out) {
    const deform_attributes *a = infer->node->attributes;
    const iou_dim in = dim_of(infer->in[X], 2 + i);
    *out = iou_dim_unknown();
    if (!kernel.known || kernel.value > LIMIT || (!in.known && in.symbol == NULL)) {
        return IOU_OK;
    }
    const int64_t reach = a->values[DILATIONS][i] * (kernel.value - 1) + 1;
    const int64_t room = a->values[PADS][i] + a->values[PADS][2 + i] - reach;
    if (in.known && (kernel.value < 1 || in.value > INT64_MAX / 4 || in.value + room < 0)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "expected a kernel that fits dimension %d of %lld, found %lld", 2 + i,
                              (long long)in.value, (long long)reach);
    }
    *out = iou_infer_add(
        infer, iou_infer_floor_div(infer, iou_infer_add(infer, in, room), a->values[STRIDES][i]),
        1);
    return IOU_OK;
}

static iou_status deform_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 3, INPUTS, 1));
    IOU_TRY(check_types(infer));
    IOU_TRY(check_groups(infer));
    const deform_attributes *a = infer->node->attributes;
    iou_fact *out = &infer->out[0];
    iou_dim taps = iou_dim_number(a->offset_groups);
    out->type = infer->in[X]->type;
    out->rank = 4;
    out->dims[0] = dim_of(infer->in[X], 0);
    out->dims[1] = dim_of(infer->in[WEIGHTS], 0);
    for (int i = 0; i < 2; i++) {
        const iou_dim kernel = dim_of(infer->in[WEIGHTS], 2 + i);
        if (a->values[KERNEL][i] > 0) {
            IOU_TRY(check_dim(infer, WEIGHTS, 2 + i, iou_dim_number(a->values[KERNEL][i])));
        }
        IOU_TRY(infer_side(infer, i, kernel, &out->dims[2 + i]));
        taps = iou_infer_mul(infer, taps, kernel);
        IOU_TRY(check_dim(infer, OFFSETS, 2 + i, out->dims[2 + i]));
        IOU_TRY(check_dim(infer, MASK, 2 + i, out->dims[2 + i]));
    }
    IOU_TRY(check_dim(infer, OFFSETS, 1, iou_infer_mul(infer, taps, iou_dim_number(2))));
    IOU_TRY(check_dim(infer, MASK, 1, taps));
    IOU_TRY(check_dim(infer, OFFSETS, 0, out->dims[0]));
    return check_dim(infer, MASK, 0, out->dims[0]);
}

/* ---- Run ----------------------------------------------------------------------------------- */

/* Between four pixels; those outside are 0. */
static double read_between(const deform_params *p, const void *x, size_t plane, double y,
                           double across) {
    if (!(y > -1.0 && y < (double)p->in[0] && across > -1.0 && across < (double)p->in[1])) {
        return 0.0;
    }
    const double top = floor(y), left = floor(across);
    double sum = 0.0;
    for (int i = 0; i < 4; i++) {
        const int64_t row = (int64_t)top + i / 2, column = (int64_t)left + i % 2;
        const double weight =
            (i / 2 ? y - top : 1.0 - (y - top)) * (i % 2 ? across - left : 1.0 - (across - left));
        if (row >= 0 && row < p->in[0] && column >= 0 && column < p->in[1]) {
            sum += weight * iou_real_load(p->type, x, plane + (size_t)(row * p->in[1] + column));
        }
    }
    return sum;
}

/* All taps of one output pixel, for each channel of the input. */
static void read_taps(const deform_params *p, const iou_call *call, size_t picture, int64_t row,
                      int64_t column, double *values) {
    const deform_attributes *a = &p->how;
    const size_t taps = (size_t)(p->kernel[0] * p->kernel[1]);
    const size_t area = (size_t)(p->out[0] * p->out[1]);
    const size_t pixel = (size_t)(row * p->out[1] + column);
    const size_t each = p->channels / (size_t)a->offset_groups;
    for (size_t c = 0; c < p->channels; c++) {
        const size_t plane = (picture * p->channels + c) * (size_t)p->in[0] * (size_t)p->in[1];
        const size_t group = picture * (size_t)a->offset_groups + c / each;
        for (size_t t = 0; t < taps; t++) {
            const size_t at = (group * taps + t) * 2 * area + pixel;
            const int64_t ky = (int64_t)t / p->kernel[1], kx = (int64_t)t % p->kernel[1];
            const double y = (double)(row * a->values[STRIDES][0] - a->values[PADS][0] +
                                      ky * a->values[DILATIONS][0]) +
                             iou_real_load(p->type, call->in[OFFSETS], at);
            const double x = (double)(column * a->values[STRIDES][1] - a->values[PADS][1] +
                                      kx * a->values[DILATIONS][1]) +
                             iou_real_load(p->type, call->in[OFFSETS], at + area);
            double value = read_between(p, call->in[X], plane, y, x);
            if (p->given[MASK]) {
                value *= iou_real_load(p->type, call->in[MASK], (group * taps + t) * area + pixel);
            }
            values[c * taps + t] = value;
        }
    }
}

/* A row of an output picture. */
static iou_status deform_run(const iou_call *call, size_t task) {
    const deform_params *p = call->params;
    const size_t picture = task / (size_t)p->out[0];
    const int64_t row = (int64_t)(task % (size_t)p->out[0]);
    const size_t taps = (size_t)(p->kernel[0] * p->kernel[1]);
    const size_t depth = p->channels / (size_t)p->how.groups * taps;
    const size_t filters = p->filters / (size_t)p->how.groups;
    double *values = call->scratch;
    for (int64_t column = 0; column < p->out[1]; column++) {
        read_taps(p, call, picture, row, column, values);
        for (size_t f = 0; f < p->filters; f++) {
            const double *from = values + f / filters * depth;
            double sum = p->given[BIAS] ? iou_real_load(p->type, call->in[BIAS], f) : 0.0;
            for (size_t k = 0; k < depth; k++) {
                sum += from[k] * iou_real_load(p->type, call->in[WEIGHTS], f * depth + k);
            }
            const size_t line = (picture * p->filters + f) * (size_t)p->out[0] + (size_t)row;
            iou_real_store(p->type, call->out[0], line * (size_t)p->out[1] + (size_t)column, sum);
        }
    }
    return IOU_OK;
}

static iou_status deform_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[X], *w = prepare->in[WEIGHTS], *y = &prepare->out[0];
    deform_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->how = *(const deform_attributes *)prepare->node->attributes;
    p->type = x->type;
    p->channels = (size_t)x->dims[1];
    p->filters = (size_t)w->dims[0];
    for (int i = 0; i < 2; i++) {
        p->in[i] = x->dims[2 + i];
        p->out[i] = y->dims[2 + i];
        p->kernel[i] = w->dims[2 + i];
    }
    for (int i = 0; i < INPUTS; i++) {
        p->given[i] = iou_operand_in(prepare, i) != NULL;
    }
    const size_t taps = iou_size_times((size_t)p->kernel[0], (size_t)p->kernel[1]);
    const size_t scratch = iou_size_times(iou_size_times(p->channels, taps), sizeof(double));
    if (scratch == SIZE_MAX) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "the taps of a pixel are too many");
    }
    const size_t tasks = y->count == 0 ? 0 : (size_t)(x->dims[0] * p->out[0]);
    *prepare->step = (iou_step){.run = tasks == 0 ? iou_run_nothing : deform_run,
                                .params = p,
                                .task_count = tasks == 0 ? 1 : tasks,
                                .scratch_size = scratch,
                                .algorithm = "taps",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_deform_conv = {.name = "DeformConv",
                                   .attributes_size = sizeof(deform_attributes),
                                   .parse = deform_parse,
                                   .infer = deform_infer,
                                   .prepare = deform_prepare};
