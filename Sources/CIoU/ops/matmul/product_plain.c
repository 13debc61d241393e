/* Products of other types, in plain loops. */
#include "core/sizes.h"
#include "ops/matmul/product_plan.h"

#include <math.h>

/* `sum` is the type that sums wrap in. */
#define PRODUCT(name, type, sum_type)                                                              \
    static void name(const iou_call *call, const iou_product *p, const iou_product_part *part) {   \
        const type *a = (const type *)call->in[IOU_PRODUCT_A] + part->offsets[IOU_PRODUCT_A];      \
        const type *b = (const type *)call->in[IOU_PRODUCT_B] + part->offsets[IOU_PRODUCT_B];      \
        const type *d = p->adds ? call->in[IOU_PRODUCT_D] : NULL;                                  \
        type *c = (type *)call->out[0] + part->batch * p->rows * p->columns;                       \
        const size_t a_row = p->transposed_a ? 1 : p->depth,                                       \
                     a_step = p->transposed_a ? p->rows : 1;                                       \
        const size_t b_step = p->transposed_b ? 1 : p->columns;                                    \
        const size_t b_column = p->transposed_b ? p->depth : 1;                                    \
        for (size_t i = part->row; i < part->row + part->rows; i++) {                              \
            for (size_t j = 0; j < p->columns; j++) {                                              \
                sum_type sum = 0;                                                                  \
                for (size_t k = 0; k < p->depth; k++) {                                            \
                    sum += (sum_type)a[i * a_row + k * a_step] *                                   \
                           (sum_type)b[k * b_step + j * b_column];                                 \
                }                                                                                  \
                sum = SCALED(type, sum_type, sum, p->alpha);                                       \
                if (d != NULL) {                                                                   \
                    const type added = d[i * p->add_row + j * p->add_column];                      \
                    sum += SCALED(type, sum_type, added, p->beta);                                 \
                }                                                                                  \
                c[i * p->columns + j] = (type)sum;                                                 \
            }                                                                                      \
        }                                                                                          \
    }

/* Integers are scaled only where a factor other than 1 asks for it. What their type cannot hold
 * becomes the nearest that it can, NaN 0. */
#define SCALED(type, sum_type, value, factor)                                                      \
    ((factor) == 1.0f ? (sum_type)(value)                                                          \
                      : (sum_type)nearest_##type((double)(type)(value) * (double)(factor)))

#define NEAREST(type, least, most)                                                                 \
    static type nearest_##type(double x) {                                                         \
        return isnan(x)               ? 0                                                          \
               : x <= (double)(least) ? (least)                                                    \
               : x >= (double)(most)  ? (most)                                                     \
                                      : (type)x;                                                    \
    }

NEAREST(int32_t, INT32_MIN, INT32_MAX)
NEAREST(int64_t, INT64_MIN, INT64_MAX)
NEAREST(uint32_t, 0, UINT32_MAX)
NEAREST(uint64_t, 0, UINT64_MAX)

static double nearest_double(double x) {
    return x;
}

PRODUCT(product_f64, double, double)
PRODUCT(product_i32, int32_t, uint32_t)
PRODUCT(product_i64, int64_t, uint64_t)
PRODUCT(product_u32, uint32_t, uint32_t)
PRODUCT(product_u64, uint64_t, uint64_t)

static iou_status run_plain(const iou_call *call, size_t task) {
    const iou_product_plan *p = call->params;
    const iou_product_part part = iou_product_find_part(p, task);
    switch (p->product.type) {
    case IOU_DOUBLE: product_f64(call, &p->product, &part); break;
    case IOU_INT32: product_i32(call, &p->product, &part); break;
    case IOU_INT64: product_i64(call, &p->product, &part); break;
    case IOU_UINT32: product_u32(call, &p->product, &part); break;
    default: product_u64(call, &p->product, &part); break;
    }
    return IOU_OK;
}

void iou_product_prepare_plain(const iou_prepare *prepare, iou_product_plan *p) {
    const size_t row = iou_size_max(1, p->product.depth * p->product.columns);
    const size_t step = iou_size_max(1, IOU_PRODUCT_WORK / row);
    p->row_step = iou_size_min(step, p->product.rows);
    p->row_tasks = (p->product.rows - 1) / p->row_step + 1;
    p->panel_tasks = p->panel_step = 1;
    prepare->step->run = run_plain;
    prepare->step->algorithm = "plain";
    prepare->step->isa = "scalar";
}
