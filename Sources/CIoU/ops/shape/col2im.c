/* Col2Im: the blocks of pixels that a window has read are added up again where they came from. */
#include "core/convert.h"
#include "ops/facts.h"
#include "ops/real.h"

#include <string.h>

enum { SPATIAL = IOU_MAX_RANK - 2, LIMIT = 1 << 24 };

enum { DILATIONS, STRIDES, PADS, LISTS };

typedef struct col_attributes {
    int counts[LISTS]; /* -1: absent */
    int64_t values[LISTS][2 * SPATIAL];
} col_attributes;

typedef struct col_params {
    col_attributes how;
    iou_type type;
    bool real; /* else of an integer type */
    int spatial;
    int64_t image[SPATIAL], block[SPATIAL], places[SPATIAL]; /* of blocks */
    size_t area, taps, blocks;
} col_params;

static iou_status col_parse(const iou_parse *parse) {
    static const char *const names[] = {"dilations", "strides", "pads"};
    col_attributes *a = parse->attributes;
    for (int k = 0; k < LISTS; k++) {
        iou_ints ints;
        iou_ints_from_attribute(&ints, parse->node, names[k]);
        const int least = k == PADS ? 0 : 1;
        a->counts[k] = ints.state == IOU_INTS_ABSENT ? -1 : ints.count;
        for (int i = 0; i < 2 * SPATIAL; i++) {
            a->values[k][i] = i < a->counts[k] ? ints.values[i] : least;
            if (a->values[k][i] < least || a->values[k][i] > LIMIT) {
                return iou_parse_fail(parse, IOU_BAD_MODEL, "%s: expected %d … 2^24, found %lld",
                                      names[k], least, (long long)a->values[k][i]);
            }
        }
    }
    return IOU_OK;
}

/* Places of a block along an axis; -1: it does not fit. */
static int64_t places_of(const col_attributes *a, int i, int spatial, int64_t image,
                         int64_t block) {
    const int64_t begin = a->values[PADS][i];
    const int64_t end = a->counts[PADS] < 0 ? 0 : a->values[PADS][spatial + i];
    const int64_t room = image + begin + end - a->values[DILATIONS][i] * (block - 1) - 1;
    return room < 0 ? -1 : room / a->values[STRIDES][i] + 1;
}

static iou_status check_counts(const iou_infer *infer, int spatial) {
    const col_attributes *a = infer->node->attributes;
    for (int k = 0; k < LISTS; k++) {
        const int expected = k == PADS ? 2 * spatial : spatial;
        if (a->counts[k] >= 0 && a->counts[k] != expected) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "attributes for %d dimensions: expected %d numbers, found %d",
                                  spatial, expected, a->counts[k]);
        }
    }
    return IOU_OK;
}

static iou_status check_columns(const iou_infer *infer, const iou_ints *image,
                                const iou_ints *block) {
    const iou_fact *x = infer->in[0];
    int64_t taps = 1, blocks = 1;
    for (int i = 0; i < image->count; i++) {
        const int64_t side = image->values[i], of_block = block->values[i];
        if (side < 0 || side > INT64_MAX / 4 || of_block < 1 || of_block > LIMIT) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "expected an image of 0 or more and a block of 1 … 2^24, found "
                                  "%lld and %lld",
                                  (long long)side, (long long)of_block);
        }
        const int64_t places = places_of(infer->node->attributes, i, image->count, side, of_block);
        if (places < 0 || __builtin_mul_overflow(taps, of_block, &taps) ||
            __builtin_mul_overflow(blocks, places, &blocks)) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "expected a block that fits the image, found %lld in %lld",
                                  (long long)of_block, (long long)side);
        }
    }
    if (x->rank == 3 && ((x->dims[1].known && x->dims[1].value % taps != 0) ||
                         (x->dims[2].known && x->dims[2].value != blocks))) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "expected columns of blocks of %lld and %lld of them, found %lld and "
                              "%lld",
                              (long long)taps, (long long)blocks, (long long)x->dims[1].value,
                              (long long)x->dims[2].value);
    }
    if (x->rank == 3) {
        infer->out[0].dims[1] = iou_infer_floor_div(infer, x->dims[1], taps);
    }
    return IOU_OK;
}

static iou_status col_infer(const iou_infer *infer) {
    static const iou_type types[] = {
        IOU_FLOAT, IOU_DOUBLE, IOU_FLOAT16, IOU_BFLOAT16, IOU_INT8,   IOU_INT16, IOU_INT32,
        IOU_INT64, IOU_UINT8,  IOU_UINT16,  IOU_UINT32,   IOU_UINT64, 0};
    IOU_TRY(iou_fact_begin(infer, 3, 3, 1));
    IOU_TRY(iou_infer_type(infer, 0, types));
    IOU_TRY(iou_infer_type(infer, 1, iou_types_i64));
    IOU_TRY(iou_infer_type(infer, 2, iou_types_i64));
    const iou_fact *x = infer->in[0];
    iou_fact *out = &infer->out[0];
    if (x->rank >= 0 && x->rank != 3) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected rank 3, found %d", x->rank);
    }
    iou_ints image, block;
    iou_ints_from_fact(&image, infer->in[1]);
    iou_ints_from_fact(&block, infer->in[2]);
    out->type = x->type;
    const iou_fact *shape = infer->in[1];
    const bool counted = shape->rank == 1 && shape->dims[0].known;
    if (!counted) {
        return IOU_OK;
    }
    const int64_t spatial = shape->dims[0].value;
    if (spatial < 1 || spatial > SPATIAL) {
        return iou_infer_fail(infer, IOU_UNSUPPORTED, "expected 1 … %d dimensions, found %lld",
                              SPATIAL, (long long)spatial);
    }
    IOU_TRY(check_counts(infer, (int)spatial));
    out->rank = (int)spatial + 2;
    out->dims[0] = x->rank == 3 ? x->dims[0] : iou_dim_unknown();
    if (image.state != IOU_INTS_KNOWN || block.state != IOU_INTS_KNOWN) {
        return IOU_OK;
    }
    if (image.count != spatial || block.count != spatial) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected a block of %lld dimensions, found %d",
                              (long long)spatial, block.count);
    }
    IOU_TRY(check_columns(infer, &image, &block));
    for (int i = 0; i < spatial; i++) {
        out->dims[2 + i] = iou_dim_number(image.values[i]);
    }
    return IOU_OK;
}

/* Integers wrap. */
typedef union sum {
    double real;
    uint64_t whole;
} sum;

static void add(const col_params *p, const void *x, size_t at, sum *to) {
    if (p->real) {
        to->real += iou_real_load(p->type, x, at);
    } else {
        to->whole += (uint64_t)iou_read_int(p->type, x, at);
    }
}

/* Adds up an output channel in `sums`. */
static void add_channel(const col_params *p, const void *x, size_t channel, sum *sums) {
    for (size_t t = 0; t < p->taps; t++) {
        int64_t tap[SPATIAL];
        size_t rest = t;
        for (int i = p->spatial - 1; i >= 0; i--) {
            tap[i] = (int64_t)(rest % (size_t)p->block[i]);
            rest /= (size_t)p->block[i];
        }
        for (size_t b = 0; b < p->blocks; b++) {
            int64_t at = 0, stride = 1;
            bool inside = true;
            rest = b;
            for (int i = p->spatial - 1; i >= 0; i--) {
                const int64_t place = (int64_t)(rest % (size_t)p->places[i]);
                rest /= (size_t)p->places[i];
                const int64_t pixel = place * p->how.values[STRIDES][i] - p->how.values[PADS][i] +
                                      tap[i] * p->how.values[DILATIONS][i];
                inside = inside && pixel >= 0 && pixel < p->image[i];
                at += pixel * stride;
                stride *= p->image[i];
            }
            if (inside) {
                add(p, x, (channel * p->taps + t) * p->blocks + b, &sums[at]);
            }
        }
    }
}

static iou_status col_run(const iou_call *call, size_t task) {
    const col_params *p = call->params;
    sum *sums = call->scratch;
    memset(sums, 0, p->area * sizeof *sums);
    add_channel(p, call->in[0], task, sums);
    iou_convert(p->real ? IOU_DOUBLE : IOU_INT64, sums, p->type,
                (char *)call->out[0] + task * p->area * iou_type_size(p->type), p->area,
                (iou_rounding){0});
    return IOU_OK;
}

static iou_status col_prepare(const iou_prepare *prepare) {
    const iou_operand *y = &prepare->out[0];
    col_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    iou_ints block;
    iou_ints_from_operand(&block, prepare->in[2]);
    if (block.state != IOU_INTS_KNOWN) {
        return iou_prepare_unknown(prepare, "block_shape");
    }
    p->how = *(const col_attributes *)prepare->node->attributes;
    p->type = y->type;
    p->real = p->type == IOU_FLOAT || p->type == IOU_DOUBLE || iou_is_small_float(p->type);
    p->spatial = y->rank - 2;
    p->area = p->taps = p->blocks = 1;
    for (int i = 0; i < p->spatial; i++) {
        p->image[i] = y->dims[2 + i];
        p->block[i] = block.values[i];
        p->places[i] = places_of(&p->how, i, p->spatial, p->image[i], p->block[i]);
        p->area *= (size_t)p->image[i];
        p->taps *= (size_t)p->block[i];
        p->blocks *= (size_t)p->places[i];
    }
    const bool empty = y->count == 0;
    *prepare->step = (iou_step){.run = empty ? iou_run_nothing : col_run,
                                .params = p,
                                .task_count = empty ? 1 : (size_t)(y->dims[0] * y->dims[1]),
                                .scratch_size = empty ? 0 : p->area * sizeof(sum),
                                .algorithm = "plain",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_col2im = {.name = "Col2Im",
                              .attributes_size = sizeof(col_attributes),
                              .parse = col_parse,
                              .infer = col_infer,
                              .prepare = col_prepare};
