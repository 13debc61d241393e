/* AffineGrid: the places, in -1 … 1, that an affine map gives the pixels of an output. */
#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/real.h"

enum { AXES = 3, TASK_PIXELS = 4096 };

typedef struct affine_attributes {
    bool align;
} affine_attributes;

typedef struct affine_params {
    iou_type type;
    bool align;
    int spatial;
    int64_t size[AXES]; /* of the output, the last `spatial` of them */
    size_t pixels, chunks;
} affine_params;

static iou_status affine_parse(const iou_parse *parse) {
    affine_attributes *a = parse->attributes;
    return iou_parse_flag(parse, "align_corners", false, &a->align);
}

/* The number of elements of `size`: 4 or 5; 0: unknown. */
static int64_t size_count(const iou_infer *infer) {
    const iou_fact *theta = infer->in[0], *size = infer->in[1];
    if (size->rank == 1 && size->dims[0].known) {
        return size->dims[0].value;
    }
    return theta->rank == 3 && theta->dims[1].known ? theta->dims[1].value + 2 : 0;
}

static iou_status affine_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_real));
    IOU_TRY(iou_infer_type(infer, 1, iou_types_i64));
    const iou_fact *theta = infer->in[0], *size = infer->in[1];
    iou_fact *out = &infer->out[0];
    const int64_t count = size_count(infer);
    out->type = theta->type;
    if ((theta->rank >= 0 && theta->rank != 3) || (size->rank >= 0 && size->rank != 1) ||
        (count != 0 && count != 4 && count != 5)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "expected theta of rank 3 and size of 4 or 5 numbers");
    }
    if (count == 0) {
        return IOU_OK;
    }
    const iou_dim expected[] = {{0}, iou_dim_number(count - 2), iou_dim_number(count - 1)};
    for (int i = 1; i < 3 && theta->rank == 3; i++) {
        if (theta->dims[i].known && theta->dims[i].value != expected[i].value) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "theta: expected dimension %d of %lld, "
                                  "found %lld",
                                  i, (long long)expected[i].value, (long long)theta->dims[i].value);
        }
    }
    out->rank = (int)count;
    out->dims[0] = theta->rank == 3 ? theta->dims[0] : iou_dim_unknown();
    out->dims[count - 1] = iou_dim_number(count - 2);
    if (iou_fact_value_count(size) != count) {
        return IOU_OK;
    }
    const iou_dim pictures = iou_fact_value(size, 0);
    if (pictures.known && out->dims[0].known && pictures.value != out->dims[0].value) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected %lld pictures, found size %lld",
                              (long long)out->dims[0].value, (long long)pictures.value);
    }
    for (int i = 2; i < count; i++) {
        const iou_dim side = iou_fact_value(size, i);
        if (side.known && side.value < 0) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "size %d is %lld, expected 0 or more", i,
                                  (long long)side.value);
        }
        out->dims[i - 1] = side;
    }
    return IOU_OK;
}

/* The middle of pixel `at`. */
static double middle(const affine_params *p, int64_t at, int64_t size) {
    if (p->align) {
        return size == 1 ? -1.0 : 2.0 * (double)at / (double)(size - 1) - 1.0;
    }
    return (2.0 * (double)at + 1.0) / (double)size - 1.0;
}

static iou_status affine_run(const iou_call *call, size_t task) {
    const affine_params *p = call->params;
    const size_t n = (size_t)p->spatial, picture = task / p->chunks;
    const size_t first = task % p->chunks * TASK_PIXELS;
    const size_t end = iou_size_min(p->pixels, first + TASK_PIXELS);
    for (size_t pixel = first; pixel < end; pixel++) {
        double place[AXES + 1]; /* x, y, z, 1 */
        size_t rest = pixel;
        for (size_t i = 0; i < n; i++) {
            const int64_t size = p->size[AXES - 1 - i];
            place[i] = middle(p, (int64_t)(rest % (size_t)size), size);
            rest /= (size_t)size;
        }
        place[n] = 1.0;
        for (size_t row = 0; row < n; row++) {
            double sum = 0.0;
            for (size_t k = 0; k <= n; k++) {
                const size_t at = (picture * n + row) * (n + 1) + k;
                sum += iou_real_load(p->type, call->in[0], at) * place[k];
            }
            iou_real_store(p->type, call->out[0], (picture * p->pixels + pixel) * n + row, sum);
        }
    }
    return IOU_OK;
}

static iou_status affine_prepare(const iou_prepare *prepare) {
    const iou_operand *y = &prepare->out[0];
    affine_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->type = y->type;
    p->align = ((const affine_attributes *)prepare->node->attributes)->align;
    p->spatial = y->rank - 2;
    p->pixels = 1;
    for (int i = 0; i < p->spatial; i++) {
        p->size[AXES - p->spatial + i] = y->dims[1 + i];
        p->pixels *= (size_t)y->dims[1 + i];
    }
    p->chunks = iou_divide_up(p->pixels, TASK_PIXELS);
    const size_t tasks = (size_t)y->dims[0] * p->chunks;
    *prepare->step = (iou_step){.run = tasks == 0 ? iou_run_nothing : affine_run,
                                .params = p,
                                .task_count = tasks == 0 ? 1 : tasks,
                                .algorithm = "plain",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_affine_grid = {.name = "AffineGrid",
                                   .attributes_size = sizeof(affine_attributes),
                                   .parse = affine_parse,
                                   .infer = affine_infer,
                                   .prepare = affine_prepare};
