/* Det: determinants, as the product of the pivots of an LU decomposition. */
#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/real.h"

#include <math.h>

typedef struct det_params {
    iou_type type;
    size_t size; /* rows and columns of a matrix */
} det_params;

static iou_status det_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_real));
    const iou_fact *x = infer->in[0];
    infer->out[0].type = x->type;
    if (x->rank < 0) {
        return IOU_OK;
    }
    if (x->rank < 2) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected rank 2 or more, found %d", x->rank);
    }
    const iou_dim rows = x->dims[x->rank - 2], columns = x->dims[x->rank - 1];
    if (rows.known && columns.known && rows.value != columns.value) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected square matrices, found %lld x %lld",
                              (long long)rows.value, (long long)columns.value);
    }
    iou_fact_shape_like(&infer->out[0], x);
    infer->out[0].rank = x->rank - 2;
    return IOU_OK;
}

static void exchange(double *a, double *b, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const double kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

static double determinant(double *m, size_t n) {
    double product = 1.0;
    for (size_t k = 0; k < n; k++) {
        size_t pivot = k;
        for (size_t row = k + 1; row < n; row++) {
            pivot = fabs(m[row * n + k]) > fabs(m[pivot * n + k]) ? row : pivot;
        }
        if (m[pivot * n + k] == 0.0) {
            return 0.0;
        }
        if (pivot != k) {
            exchange(m + k * n, m + pivot * n, n);
            product = -product;
        }
        product *= m[k * n + k];
        for (size_t row = k + 1; row < n; row++) {
            const double factor = m[row * n + k] / m[k * n + k];
            for (size_t column = k; column < n; column++) {
                m[row * n + column] -= factor * m[k * n + column];
            }
        }
    }
    return product;
}

static iou_status det_run(const iou_call *call, size_t task) {
    const det_params *p = call->params;
    const size_t count = p->size * p->size;
    double *matrix = call->scratch;
    for (size_t i = 0; i < count; i++) {
        matrix[i] = iou_real_load(p->type, call->in[0], task * count + i);
    }
    iou_real_store(p->type, call->out[0], task, determinant(matrix, p->size));
    return IOU_OK;
}

static iou_status det_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    const size_t matrices = prepare->out[0].count;
    det_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->type = x->type;
    p->size = (size_t)x->dims[x->rank - 1];
    const size_t count = iou_size_times(p->size, p->size);
    *prepare->step = (iou_step){.run = matrices == 0 ? iou_run_nothing : det_run,
                                .params = p,
                                .task_count = matrices == 0 ? 1 : matrices,
                                .scratch_size = matrices == 0 ? 0 : count * sizeof(double),
                                .algorithm = "LU",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_det = {.name = "Det", .infer = det_infer, .prepare = det_prepare};
