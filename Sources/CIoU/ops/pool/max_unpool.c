/* MaxUnpool: maxima go back to where MaxPool's indices say that they came from, among zeros. */
#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/pool/window.h"
#include "ops/real.h"

#include <string.h>

enum { X, INDICES, SHAPE, INPUTS };

typedef struct unpool_params {
    int rank;
    size_t size, count;                              /* of an element; elements of X */
    int64_t pooled[IOU_MAX_RANK], out[IOU_MAX_RANK]; /* what was pooled; the output */
    size_t places, out_count;
} unpool_params;

/* The dimensions that were pooled, which the indices count through. */
static iou_status infer_pooled(const iou_infer *infer, iou_dim dims[IOU_MAX_RANK]) {
    const iou_fact *x = infer->in[X];
    const iou_window_attributes *a = infer->node->attributes;
    const iou_window window = iou_window_of(a, x->rank - 2);
    dims[0] = x->dims[0];
    dims[1] = x->dims[1];
    for (int k = 0; k < IOU_WINDOW_LISTS; k++) {
        const int expected = k == IOU_WINDOW_LISTS - 1 ? 2 * window.spatial : window.spatial;
        if (a->counts[k] >= 0 && a->counts[k] != expected) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "attributes for %d dimensions: expected %d numbers, found %d",
                                  window.spatial, expected, a->counts[k]);
        }
    }
    for (int i = 0; i < window.spatial; i++) {
        const iou_dim in = x->dims[2 + i];
        const int64_t room = window.kernel[i] - window.stride[i] - window.begin[i] - window.end[i];
        dims[2 + i] =
            iou_infer_add(infer, iou_infer_mul(infer, in, iou_dim_number(window.stride[i])), room);
        if (dims[2 + i].known && dims[2 + i].value < 0) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "expected a window that fits, found dimension %d of %lld", 2 + i,
                                  (long long)dims[2 + i].value);
        }
    }
    return IOU_OK;
}

static iou_status check_indices(const iou_infer *infer) {
    const iou_fact *x = infer->in[X], *indices = infer->in[INDICES];
    bool same = indices->rank < 0 || indices->rank == x->rank;
    for (int i = 0; same && i < indices->rank; i++) {
        const iou_dim a = x->dims[i], b = indices->dims[i];
        same = !a.known || !b.known || a.value == b.value;
    }
    return same ? IOU_OK
                : iou_infer_fail(infer, IOU_BAD_MODEL,
                                 "expected an index for each element, found another shape");
}

/* The dimensions of input `output_shape`, which must hold those that were pooled. */
static iou_status read_shape(const iou_infer *infer, const iou_dim *pooled, iou_fact *out) {
    const iou_fact *shape = infer->in[SHAPE];
    const int count = iou_fact_value_count(shape);
    if ((shape->rank >= 0 && shape->rank != 1) || (count >= 0 && count != out->rank)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "output_shape: expected %d numbers, found another shape", out->rank);
    }
    for (int i = 0; i < out->rank; i++) {
        out->dims[i] = count < 0 ? iou_dim_unknown() : iou_fact_value(shape, i);
        if (out->dims[i].known && pooled[i].known && out->dims[i].value < pooled[i].value) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "output_shape: expected at least %lld in dimension %d, found "
                                  "%lld",
                                  (long long)pooled[i].value, i, (long long)out->dims[i].value);
        }
    }
    return IOU_OK;
}

static iou_status unpool_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, INPUTS, 1));
    IOU_TRY(iou_infer_type(infer, X, iou_types_real));
    IOU_TRY(iou_infer_type(infer, INDICES, iou_types_i64));
    const iou_fact *x = infer->in[X];
    iou_fact *out = &infer->out[0];
    iou_dim pooled[IOU_MAX_RANK];
    out->type = x->type;
    if (x->rank < 0) {
        return IOU_OK;
    }
    if (x->rank < 3 || x->rank > 2 + IOU_SPATIAL) {
        return iou_infer_fail(infer, IOU_UNSUPPORTED, "expected rank 3, 4 or 5, found %d", x->rank);
    }
    IOU_TRY(infer_pooled(infer, pooled));
    IOU_TRY(check_indices(infer));
    out->rank = x->rank;
    memcpy(out->dims, pooled, sizeof(iou_dim) * (size_t)x->rank);
    if (iou_fact_in(infer, SHAPE) == NULL) {
        return IOU_OK;
    }
    IOU_TRY(iou_infer_type(infer, SHAPE, iou_types_i64));
    return read_shape(infer, pooled, out);
}

static iou_status unpool_run(const iou_call *call, size_t task) {
    const unpool_params *p = call->params;
    const int64_t *indices = call->in[INDICES];
    (void)task;
    memset(call->out[0], 0, p->out_count * p->size);
    for (size_t k = 0; k < p->count; k++) {
        IOU_FAIL_IF(indices[k] < 0 || (size_t)indices[k] >= p->places, IOU_BAD_DATA, call->error,
                    "index %zu: expected 0 … %zu, found %lld", k, p->places - 1,
                    (long long)indices[k]);
        int64_t rest = indices[k], to = 0, stride = 1;
        for (int i = p->rank - 1; i >= 0; i--) {
            to += rest % p->pooled[i] * stride;
            rest /= p->pooled[i];
            stride *= p->out[i];
        }
        memcpy((char *)call->out[0] + (size_t)to * p->size, (const char *)call->in[X] + k * p->size,
               p->size);
    }
    return IOU_OK;
}

static iou_status unpool_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[X], *y = &prepare->out[0];
    const iou_window window = iou_window_of(prepare->node->attributes, x->rank - 2);
    unpool_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->rank = x->rank;
    p->size = iou_type_size(x->type);
    p->count = x->count;
    p->out_count = y->count;
    p->places = 1;
    for (int i = 0; i < p->rank; i++) {
        const int s = i - 2;
        p->out[i] = y->dims[i];
        p->pooled[i] = s < 0 ? x->dims[i]
                             : (x->dims[i] - 1) * window.stride[s] + window.kernel[s] -
                                   window.begin[s] - window.end[s];
        p->places = iou_size_times(p->places, (size_t)p->pooled[i]);
    }
    *prepare->step = (iou_step){.run = unpool_run,
                                .params = p,
                                .task_count = 1, /* where two go to one place, the last stays */
                                .algorithm = "copy",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_max_unpool = {.name = "MaxUnpool",
                                  .attributes_size = sizeof(iou_window_attributes),
                                  .parse = iou_window_parse,
                                  .infer = unpool_infer,
                                  .prepare = unpool_prepare};
