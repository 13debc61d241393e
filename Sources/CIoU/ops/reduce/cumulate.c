/* CumSum and CumProd: running sums and products along an axis. */
#include "ops/facts.h"
#include "ops/rows.h"

#include <string.h>

typedef void (*cumulate_fn)(void *y, const void *x, const void *before, size_t n);

typedef struct cumulate_params {
    iou_operand x;
    int64_t axis; /* where it is known before the run */
    bool given;   /* as an input that is not constant: a single task reads it */
    iou_type axis_type, type;
    bool exclusive, reverse;
    cumulate_fn next; /* y = before (+ or *) x */
} cumulate_params;

#define NEXT(name, type, expression)                                                               \
    static void name(void *y, const void *x, const void *before, size_t n) {                       \
        for (size_t i = 0; i < n; i++) {                                                           \
            const type u = ((const type *)before)[i], v = ((const type *)x)[i];                    \
            ((type *)y)[i] = (type)(expression);                                                   \
        }                                                                                          \
    }

NEXT(sum_f32, float, u + v)
NEXT(sum_f64, double, u + v)
NEXT(product_f32, float, u *v)
NEXT(product_f64, double, u *v)
/* integers wrap */
NEXT(sum_32, uint32_t, u + v)
NEXT(sum_64, uint64_t, u + v)
NEXT(product_32, uint32_t, u *v)
NEXT(product_64, uint64_t, u *v)

static cumulate_fn find_next(iou_type type, bool product) {
    switch (type) {
    case IOU_FLOAT: return product ? product_f32 : sum_f32;
    case IOU_DOUBLE: return product ? product_f64 : sum_f64;
    case IOU_INT32:
    case IOU_UINT32: return product ? product_32 : sum_32;
    default: return product ? product_64 : sum_64;
    }
}

/* ---- Infer --------------------------------------------------------------------------------- */

typedef struct cumulate_attributes {
    bool exclusive, reverse;
} cumulate_attributes;

static iou_status cumulate_parse(const iou_parse *parse) {
    cumulate_attributes *a = parse->attributes;
    a->exclusive = iou_attribute_int(parse->node, "exclusive", 0) != 0;
    a->reverse = iou_attribute_int(parse->node, "reverse", 0) != 0;
    return IOU_OK;
}

static bool is_product(const iou_node *node) {
    return node->op == &iou_op_cum_prod;
}

/* Running sums of a known vector, for shape arithmetic. */
static iou_status cumulate_value(const iou_infer *infer, iou_fact *out) {
    const iou_fact *x = infer->in[0];
    const int count = iou_fact_value_count(x);
    const cumulate_attributes *a = infer->node->attributes;
    if (count < 0 || x->rank != 1 || is_product(infer->node)) {
        return IOU_OK;
    }
    iou_dim *elements = iou_infer_elements(infer, out, count);
    if (elements == NULL) {
        return iou_infer_fail(infer, IOU_OUT_OF_MEMORY, "no memory");
    }
    iou_dim sum = iou_dim_number(0);
    for (int i = 0; i < count; i++) {
        const int at = a->reverse ? count - 1 - i : i;
        const iou_dim value = iou_fact_value(x, at);
        const iou_dim next =
            sum.known && value.known ? iou_infer_add(infer, sum, value.value) : iou_dim_unknown();
        elements[at] = a->exclusive ? sum : next;
        if (elements[at].known && !iou_type_holds(x->type, elements[at].value)) {
            elements[at] = iou_dim_unknown();
        }
        sum = next;
    }
    return IOU_OK;
}

static iou_status cumulate_infer(const iou_infer *infer) {
    static const iou_type types[] = {IOU_FLOAT,  IOU_DOUBLE, IOU_INT32,         IOU_INT64,
                                     IOU_UINT32, IOU_UINT64, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_fact_begin(infer, 2, 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, types));
    IOU_TRY(iou_infer_type(infer, 1, iou_types_index));
    const iou_fact *x = infer->in[0], *axis = infer->in[1];
    size_t count;
    iou_fact_like(&infer->out[0], x);
    if (axis->rank > 1 || (iou_fact_count(axis, &count) && count != 1)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "the axis must be one number");
    }
    const iou_dim given =
        iou_fact_value_count(axis) == 1 ? iou_fact_value(axis, 0) : iou_dim_unknown();
    if (x->rank >= 0 && given.known) {
        int checked;
        IOU_TRY(iou_fact_axis(infer, given.value, x->rank, &checked));
    }
    return cumulate_value(infer, &infer->out[0]);
}

/* ---- Run ----------------------------------------------------------------------------------- */

static void fill_first(const cumulate_params *p, void *to, size_t n) {
    memset(to, 0, n * iou_type_size(p->type));
    for (size_t i = 0; i < n && p->next != find_next(p->type, false); i++) {
        switch (p->type) {
        case IOU_FLOAT: ((float *)to)[i] = 1.0f; break;
        case IOU_DOUBLE: ((double *)to)[i] = 1.0; break;
        case IOU_INT32:
        case IOU_UINT32: ((uint32_t *)to)[i] = 1; break;
        default: ((uint64_t *)to)[i] = 1; break;
        }
    }
}

/* One index of the outer dimensions. */
static void cumulate(const cumulate_params *p, const iou_axis *axis, const char *x, char *y) {
    const size_t bytes = axis->inner * iou_type_size(p->type);
    const char *from = NULL, *before = NULL;
    for (size_t i = 0; i < axis->extent; i++) {
        const size_t at = p->reverse ? axis->extent - 1 - i : i;
        char *to = y + at * bytes;
        const char *next = p->exclusive ? from : x + at * bytes;
        if (i == 0 && p->exclusive) {
            fill_first(p, to, axis->inner);
        } else if (i == 0) {
            memcpy(to, next, bytes);
        } else {
            p->next(to, next, before, axis->inner);
        }
        from = x + at * bytes;
        before = to;
    }
}

static iou_status cumulate_run(const iou_call *call, size_t task) {
    const cumulate_params *p = call->params;
    const int64_t given = p->given ? iou_read_int(p->axis_type, call->in[1], 0) : p->axis;
    IOU_FAIL_IF(given < -p->x.rank || given >= p->x.rank, IOU_BAD_DATA, call->error,
                "axis %lld is outside %d…%d", (long long)given, -p->x.rank, p->x.rank - 1);
    const iou_axis axis = iou_axis_of(&p->x, given);
    const size_t bytes = axis.extent * axis.inner * iou_type_size(p->type);
    const iou_rows rows = iou_rows_of(axis.outer, axis.extent * axis.inner);
    size_t row = 0, end = axis.outer;
    if (!p->given) {
        iou_rows_range(&rows, task, &row, &end);
    }
    for (; row < end; row++) {
        cumulate(p, &axis, (const char *)call->in[0] + row * bytes,
                 (char *)call->out[0] + row * bytes);
    }
    return IOU_OK;
}

static iou_status cumulate_prepare(const iou_prepare *prepare) {
    const cumulate_attributes *a = prepare->node->attributes;
    const iou_operand *x = prepare->in[0], *axis = prepare->in[1];
    cumulate_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->x = *x;
    p->type = x->type;
    p->axis_type = axis->type;
    p->given = axis->constant == NULL;
    p->axis = p->given ? 0 : iou_read_int(axis->type, axis->constant, 0);
    p->exclusive = a->exclusive;
    p->reverse = a->reverse;
    p->next = find_next(x->type, is_product(prepare->node));
    *prepare->step = (iou_step){
        .run = cumulate_run, .params = p, .task_count = 1, .algorithm = "rows", .isa = "scalar"};
    if (!p->given && p->axis >= -x->rank && p->axis < x->rank) {
        const iou_axis view = iou_axis_of(x, p->axis);
        const iou_rows rows = iou_rows_of(view.outer, view.extent * view.inner);
        prepare->step->task_count = iou_rows_tasks(&rows);
    }
    return IOU_OK;
}

const iou_op iou_op_cum_prod = {.name = "CumProd",
                                .widens = IOU_WIDENS_FLOATS,
                                .attributes_size = sizeof(cumulate_attributes),
                                .parse = cumulate_parse,
                                .infer = cumulate_infer,
                                .prepare = cumulate_prepare};
const iou_op iou_op_cum_sum = {.name = "CumSum",
                               .widens = IOU_WIDENS_FLOATS,
                               .attributes_size = sizeof(cumulate_attributes),
                               .parse = cumulate_parse,
                               .infer = cumulate_infer,
                               .prepare = cumulate_prepare};
