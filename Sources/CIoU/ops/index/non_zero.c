/* NonZero: the positions of all elements that are not zero, counted by the run. */
#include "core/small_float.h"
#include "ops/facts.h"

static iou_status non_zero_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    const iou_fact *x = infer->in[0];
    iou_fact *out = &infer->out[0];
    size_t count;
    out->type = IOU_INT64;
    out->rank = 2;
    out->dims[0] = x->rank < 0 ? iou_dim_unknown() : iou_dim_number(x->rank > 0 ? x->rank : 1);
    out->dims[1] = iou_fact_new_symbol(infer, 1);
    if (infer->largest && iou_fact_count(x, &count) && count <= INT64_MAX) {
        out->dims[1] = iou_dim_number((int64_t)count);
    }
    return IOU_OK;
}

typedef struct non_zero_params {
    iou_type type;
    int rank;
    int64_t dims[IOU_MAX_RANK];
    size_t count;
} non_zero_params;

/** Counts the positions; where `out` is given, writes coordinate d of number i to out[d * n + i].
 */
#define FIND(name, element, is_zero)                                                               \
    static size_t name(const non_zero_params *p, const void *data, int64_t *out, size_t n) {       \
        int64_t at[IOU_MAX_RANK] = {0};                                                            \
        size_t found = 0;                                                                          \
        for (size_t i = 0; i < p->count; i++) {                                                    \
            const element x = ((const element *)data)[i];                                          \
            if (!(is_zero)) {                                                                      \
                for (int d = 0; out && d < p->rank; d++) {                                         \
                    out[(size_t)d * n + found] = at[d];                                            \
                }                                                                                  \
                found++;                                                                           \
            }                                                                                      \
            for (int d = p->rank - 1; d >= 0 && ++at[d] == p->dims[d]; d--) {                      \
                at[d] = 0;                                                                         \
            }                                                                                      \
        }                                                                                          \
        return found;                                                                              \
    }

FIND(find_float, float, x == 0.0f)
FIND(find_double, double, x == 0.0)
FIND(find_half, uint16_t, (x & 0x7fff) == 0) /* either sign */
FIND(find_small, uint8_t, iou_small_float_decode(p->type, x) == 0.0)
FIND(find_8, uint8_t, x == 0)
FIND(find_16, uint16_t, x == 0)
FIND(find_32, uint32_t, x == 0)
FIND(find_64, uint64_t, x == 0)

static size_t find(const non_zero_params *p, const void *data, int64_t *out, size_t n) {
    switch (p->type) {
    case IOU_FLOAT: return find_float(p, data, out, n);
    case IOU_DOUBLE: return find_double(p, data, out, n);
    case IOU_FLOAT16:
    case IOU_BFLOAT16: return find_half(p, data, out, n);
    default: break;
    }
    if (iou_is_small_float(p->type)) {
        return find_small(p, data, out, n);
    }
    switch (iou_type_size(p->type)) {
    case 1: return find_8(p, data, out, n);
    case 2: return find_16(p, data, out, n);
    case 4: return find_32(p, data, out, n);
    default: return find_64(p, data, out, n);
    }
}

static iou_status non_zero_run(const iou_call *call, size_t task) {
    (void)task;
    const non_zero_params *p = call->params;
    const size_t n = find(p, call->in[0], NULL, 0);
    (void)find(p, call->in[0], call->out[0], n);
    call->out_dims[0][0] = p->rank;
    call->out_dims[0][1] = (int64_t)n;
    return IOU_OK;
}

static iou_status non_zero_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    non_zero_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->type = x->type;
    p->rank = x->rank > 0 ? x->rank : 1; /* a scalar counts as a vector of one element */
    p->count = x->count;
    for (int d = 0; d < p->rank; d++) {
        p->dims[d] = x->rank > 0 ? x->dims[d] : 1;
    }
    *prepare->step = (iou_step){
        .run = non_zero_run, .params = p, .task_count = 1, .algorithm = "scan", .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_non_zero = {
    .name = "NonZero", .infer = non_zero_infer, .prepare = non_zero_prepare};
