/* Pow: the base's type is the result's; the exponent's may be another. */
#include "ops/facts.h"
#include "ops/strided_iterator.h"

#include <math.h>
#include <string.h>

static const iou_type pow_types[] = {IOU_FLOAT, IOU_DOUBLE, IOU_INT32, IOU_INT64, 0};

typedef struct pow_params {
    iou_iterator iterator;
    iou_type base, exponent;
} pow_params;

static iou_status pow_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, pow_types));
    IOU_TRY(iou_infer_type(infer, 1, iou_types_number));
    infer->out[0].type = infer->in[0]->type;
    return iou_infer_broadcast(infer, infer->in[0], infer->in[1], &infer->out[0]);
}

/* x to the power of a whole number; wraps. A negative power of anything but 1 and -1 is 0. */
static int64_t pow_integer(int64_t x, int64_t n) {
    if (n < 0) {
        return x == 1 ? 1 : x == -1 ? (n % 2 == 0 ? 1 : -1) : 0;
    }
    uint64_t result = 1, square = (uint64_t)x;
    for (uint64_t left = (uint64_t)n; left > 0; left >>= 1) {
        result *= (left & 1) != 0 ? square : 1;
        square *= square;
    }
    return (int64_t)result;
}

static double saturate(double x, double least, double most) {
    return isnan(x) ? 0.0 : x < least ? least : x > most ? most : x;
}

static void pow_element(const pow_params *p, const void *a, const void *b, void *y, size_t i) {
    const bool whole = p->exponent != IOU_FLOAT && p->exponent != IOU_DOUBLE;
    if (p->base == IOU_FLOAT) {
        ((float *)y)[i] = powf(*(const float *)a, (float)iou_read_double(p->exponent, b, 0));
    } else if (p->base == IOU_DOUBLE) {
        ((double *)y)[i] = pow(*(const double *)a, iou_read_double(p->exponent, b, 0));
    } else {
        const int64_t x = iou_read_int(p->base, a, 0);
        const double power = whole ? 0.0 : pow((double)x, iou_read_double(p->exponent, b, 0));
        const int64_t result = whole ? pow_integer(x, iou_read_int(p->exponent, b, 0))
                                     : (int64_t)saturate(power, -0x1p63, 0x1.fffffffffffffp62);
        if (p->base == IOU_INT32) {
            ((int32_t *)y)[i] = (int32_t)result;
        } else {
            ((int64_t *)y)[i] = result;
        }
    }
}

/* Squares and square roots, which normalisations are made of. */
static bool pow_simple(const pow_params *p, const void *a, const void *b, void *y, size_t n) {
    if (p->base != IOU_FLOAT || iou_iterator_step(&p->iterator, 0) != 1 ||
        iou_iterator_step(&p->iterator, 1) != 0) {
        return false;
    }
    const double power = iou_read_double(p->exponent, b, 0);
    const float *x = a;
    float *to = y;
    if (power == 2.0) {
        IOU_INDEPENDENT for (size_t i = 0; i < n; i++) {
            to[i] = x[i] * x[i];
        }
    } else if (power == 0.5) {
        for (size_t i = 0; i < n; i++) {
            to[i] = sqrtf(x[i]);
        }
    }
    return power == 2.0 || power == 0.5;
}

static iou_status pow_run(const iou_call *call, size_t task) {
    const pow_params *p = call->params;
    const size_t base_size = iou_type_size(p->base), size = iou_type_size(p->exponent);
    size_t at, end;
    iou_chunk(task, p->iterator.count, &at, &end);
    while (at < end) {
        int64_t offsets[IOU_ITERATOR_OPERANDS];
        const size_t n = iou_iterator_seek(&p->iterator, at, end, offsets);
        const char *a = (const char *)call->in[0] + offsets[0] * (int64_t)base_size;
        const char *b = (const char *)call->in[1] + offsets[1] * (int64_t)size;
        char *y = (char *)call->out[0] + at * base_size;
        if (!pow_simple(p, a, b, y, n)) {
            for (size_t i = 0; i < n; i++) {
                const int64_t index = (int64_t)i;
                pow_element(p, a + index * iou_iterator_step(&p->iterator, 0) * (int64_t)base_size,
                            b + index * iou_iterator_step(&p->iterator, 1) * (int64_t)size, y, i);
            }
        }
        at += n;
    }
    return IOU_OK;
}

static iou_status pow_prepare(const iou_prepare *prepare) {
    pow_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->base = prepare->in[0]->type;
    p->exponent = prepare->in[1]->type;
    iou_iterator_broadcast(&p->iterator, &prepare->out[0], prepare->in, 2);
    *prepare->step = (iou_step){.run = pow_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->iterator.count),
                                .algorithm = "element-wise",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_pow = {.name = "Pow",
                           .widens = IOU_WIDENS_FLOATS | IOU_WIDENS_MIXED,
                           .layout = IOU_LAYOUT_ELEMENTWISE,
                           .infer = pow_infer,
                           .prepare = pow_prepare};
