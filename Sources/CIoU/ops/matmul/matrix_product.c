#include "ops/matmul/matrix_product.h"

#include "core/sizes.h"
#include "core/matrix_transpose.h"
#include "ops/epilogue.h"
#include "ops/facts.h"
#include "ops/matmul/gemm.h"

#include <math.h>

const iou_type iou_product_types[] = {IOU_FLOAT,  IOU_DOUBLE, IOU_INT32,         IOU_INT64,
                                      IOU_UINT32, IOU_UINT64, IOU_TYPE_UNDEFINED};

enum { A = 0, B = 1, D = 2 };

/* Multiply-adds of a task, and floats that it may copy of A where that is transposed. */
enum { TASK_WORK = 1 << 20, COPIED_A = 1 << 18 };

typedef struct iou_product_plan product_plan;

struct iou_product_plan {
    iou_product product;
    size_t row_step, panel_step; /* of one task; plain loops take all columns */
    size_t row_tasks, panel_tasks;
    const iou_gemm_kernels *kernels;
    const float *packed; /* all matrices of a constant B, or NULL: a task packs its panels */
    size_t packed_size;  /* floats of one */
    size_t panel_size;   /* floats */
    iou_tail tail;
    int inputs; /* of the call */
};

/* What one task computes. */
typedef struct product_part {
    size_t batch, row, rows, panel, panels;
    int64_t offsets[IOU_ITERATOR_OPERANDS];
} product_part;

static product_part find_part(const product_plan *p, size_t task) {
    const iou_product *product = &p->product;
    product_part part = {.batch = task / (p->row_tasks * p->panel_tasks)};
    part.row = task / p->panel_tasks % p->row_tasks * p->row_step;
    part.rows = iou_size_min(product->rows - part.row, p->row_step);
    part.panel = task % p->panel_tasks * p->panel_step;
    part.panels = p->panel_step;
    (void)iou_iterator_seek(&product->batch, part.batch, part.batch + 1, part.offsets);
    return part;
}

/* ---- float32 ------------------------------------------------------------------------------- */

/* B from column `first` on. */
static iou_gemm_right right_of(const iou_product *product, const void *b, size_t first) {
    const size_t step = product->transposed_b ? product->depth : 1;
    return (iou_gemm_right){.depth = product->depth,
                            .columns = product->columns - first,
                            .b = (const char *)b + first * step * sizeof(float),
                            .row_stride = product->transposed_b ? 1 : product->columns,
                            .column_stride = step,
                            .scale = product->alpha};
}

static void copy_transposed(const iou_product *product, const float *a, const product_part *part,
                            float *to) {
    iou_transpose(&(iou_transposition){.to = to,
                                       .from = a + part->row,
                                       .to_stride = product->depth,
                                       .from_stride = product->rows,
                                       .rows = product->depth,
                                       .columns = part->rows},
                  sizeof *to);
}

/* Adds beta D to the part of C whose first column is `first`. */
static void add_f32(const iou_product *product, const float *d, const product_part *part,
                    size_t first, size_t columns, float *c) {
    for (size_t i = 0; i < part->rows; i++) {
        const float *row = d + (part->row + i) * product->add_row + first * product->add_column;
        for (size_t j = 0; j < columns; j++) {
            c[i * product->columns + j] += product->beta * row[j * product->add_column];
        }
    }
}

/* The part's panels of B: of the constant, or packed into scratch, which moves on. */
static const float *part_panels(const product_plan *p, const iou_call *call,
                                const product_part *part, float **scratch) {
    const iou_product *product = &p->product;
    const size_t at = (size_t)part->offsets[B];
    if (p->packed != NULL) {
        const size_t matrix = at / (product->depth * product->columns);
        return p->packed + matrix * p->packed_size + part->panel * p->panel_size;
    }
    float *packed = *scratch;
    const iou_gemm_right right =
        right_of(product, (const float *)call->in[B] + at, part->panel * p->kernels->columns);
    iou_gemm_pack(p->kernels, &right, 0, part->panels, packed);
    *scratch += p->panel_step * p->panel_size;
    return packed;
}

static iou_status run_f32(const iou_call *call, size_t task) {
    const product_plan *p = call->params;
    const iou_product *product = &p->product;
    product_part part = find_part(p, task);
    const size_t panels = iou_gemm_panels(p->kernels, product->columns) - part.panel;
    part.panels = iou_size_min(panels, part.panels);
    const size_t first = part.panel * p->kernels->columns, left = product->columns - first;
    const size_t wide = part.panels * p->kernels->columns, columns = iou_size_min(left, wide);
    float *scratch = call->scratch;
    const float *packed = part_panels(p, call, &part, &scratch);
    const float *a = (const float *)call->in[A] + part.offsets[A];
    float *c =
        (float *)call->out[0] + (part.batch * product->rows + part.row) * product->columns + first;
    if (product->transposed_a) {
        copy_transposed(product, a, &part, scratch);
        a = scratch;
    } else {
        a += part.row * product->depth;
    }
    const iou_gemm_product gemm = {.kernels = p->kernels,
                                   .depth = product->depth,
                                   .columns = columns,
                                   .a = a,
                                   .a_stride = product->depth,
                                   .packed = packed,
                                   .c = c,
                                   .c_stride = product->columns,
                                   .lo = -INFINITY,
                                   .hi = INFINITY};
    iou_gemm_f32(&gemm, 0, part.rows, 0, part.panels);
    if (product->adds) {
        add_f32(product, call->in[D], &part, first, columns, c);
    }
    iou_tail_run(&p->tail, call->in,
                 &(iou_tail_values){.values = c,
                                    .at = (size_t)(c - (float *)call->out[0]),
                                    .channel = first,
                                    .rows = part.rows,
                                    .columns = columns,
                                    .stride = product->columns});
    return IOU_OK;
}

/* ---- Rows of it ---------------------------------------------------------------------------- */

bool iou_product_has_rows(const iou_step *step, iou_product_size *size) {
    const product_plan *p = step->params;
    if (step->run != run_f32 || p->product.adds) {
        return false;
    }
    *size = (iou_product_size){.batch = p->product.batch.count,
                               .rows = p->product.rows,
                               .depth = p->product.depth,
                               .columns = p->product.columns,
                               .unit = p->kernels->rows,
                               .packed = p->packed != NULL ? 0 : p->packed_size,
                               .inputs = p->inputs,
                               .transposed_a = p->product.transposed_a};
    return true;
}

size_t iou_product_scratch(const iou_step *step, size_t rows) {
    const product_plan *p = step->params;
    return (p->packed != NULL ? 0 : p->packed_size) +
           (p->product.transposed_a ? rows * p->product.depth : 0);
}

iou_product_rows iou_product_take(const iou_step *step, const void *const *in, size_t batch,
                                  size_t most_rows, float **scratch) {
    const product_plan *p = step->params;
    int64_t offsets[IOU_ITERATOR_OPERANDS];
    (void)iou_iterator_seek(&p->product.batch, batch, batch + 1, offsets);
    iou_product_rows rows = {.plan = p, .in = in, .batch = batch, .a = offsets[A]};
    const size_t b = (size_t)offsets[B];
    if (p->packed != NULL) {
        rows.packed = p->packed + b / (p->product.depth * p->product.columns) * p->packed_size;
    } else {
        const iou_gemm_right right = right_of(&p->product, (const float *)in[B] + b, 0);
        iou_gemm_pack(p->kernels, &right, 0, iou_gemm_panels(p->kernels, p->product.columns),
                      *scratch);
        rows.packed = *scratch;
        *scratch += p->packed_size;
    }
    rows.copied = *scratch;
    *scratch += p->product.transposed_a ? most_rows * p->product.depth : 0;
    return rows;
}

void iou_product_run_rows(const iou_product_rows *rows_of, const float *a, size_t row, size_t rows,
                          float *c) {
    const product_plan *p = rows_of->plan;
    const iou_product *product = &p->product;
    if (a == NULL) {
        a = (const float *)rows_of->in[A] + rows_of->a;
        if (product->transposed_a) {
            copy_transposed(product, a, &(product_part){.row = row, .rows = rows}, rows_of->copied);
            a = rows_of->copied;
        } else {
            a += row * product->depth;
        }
    }
    const iou_gemm_product gemm = {.kernels = p->kernels,
                                   .depth = product->depth,
                                   .columns = product->columns,
                                   .a = a,
                                   .a_stride = product->depth,
                                   .packed = rows_of->packed,
                                   .c = c,
                                   .c_stride = product->columns,
                                   .lo = -INFINITY,
                                   .hi = INFINITY};
    iou_gemm_f32(&gemm, 0, rows, 0, iou_gemm_panels(p->kernels, product->columns));
    iou_tail_run(&p->tail, rows_of->in,
                 &(iou_tail_values){.values = c,
                                    .at = (rows_of->batch * product->rows + row) * product->columns,
                                    .rows = rows,
                                    .columns = product->columns,
                                    .stride = product->columns});
}

/* ---- Constants ----------------------------------------------------------------------------- */

typedef struct product_packing {
    const product_plan *plan;
    const char *b;
} product_packing;

static void pack_matrices(const void *context, void *memory, size_t first, size_t count) {
    const product_packing *packing = context;
    const product_plan *p = packing->plan;
    const size_t size = p->product.depth * p->product.columns * sizeof(float);
    for (size_t i = first; i < first + count; i++) {
        const iou_gemm_right right = right_of(&p->product, packing->b + i * size, 0);
        iou_gemm_pack(p->kernels, &right, 0, iou_gemm_panels(p->kernels, p->product.columns),
                      (float *)memory + i * p->packed_size);
    }
}

static iou_status pack_constant(const iou_prepare *prepare, product_plan *p) {
    const iou_product *product = &p->product;
    const size_t matrix = product->depth * product->columns;
    const size_t matrices = prepare->in[B]->count / matrix;
    const product_packing packing = {p, prepare->in[B]->constant};
    size_t bytes;
    if (__builtin_mul_overflow(p->packed_size, matrices * sizeof(float), &bytes)) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "the matrices are too large to pack");
    }
    const void *memory;
    const iou_packing key = {.of = prepare->node, .size = bytes, .units = matrices};
    IOU_TRY(iou_prepare_weights(prepare, &key, pack_matrices, &packing, &memory));
    p->packed = memory;
    return IOU_OK;
}

static iou_status prepare_f32(const iou_prepare *prepare, product_plan *p) {
    const iou_product *product = &p->product;
    p->kernels = iou_gemm_choose(prepare->isa);
    p->tail = iou_epilogue_tail(prepare->epilogue, 0, prepare->isa);
    p->inputs = prepare->node->input_count + iou_epilogue_operands(prepare->epilogue);
    p->packed_size = iou_gemm_packed_size(p->kernels, product->depth, product->columns);
    p->panel_size = (product->depth + 1) * p->kernels->columns;
    if (p->packed_size == 0) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "the matrices are too large to pack");
    }
    const bool constant = prepare->in[B]->constant != NULL && prepare->in[B]->count > 0;
    if (constant) {
        IOU_TRY(pack_constant(prepare, p));
        prepare->step->packed = 1U << B;
    }
    /* who packs B itself does so for more rows */
    size_t rows = p->kernels->rows * (constant ? 8 : 32);
    if (product->transposed_a && rows * product->depth > COPIED_A) {
        rows = iou_size_max(1, COPIED_A / product->depth / p->kernels->rows) * p->kernels->rows;
    }
    p->row_step = iou_size_min(rows, product->rows);
    const size_t panels = iou_gemm_panels(p->kernels, product->columns);
    const size_t work = iou_size_max(1, p->row_step * p->panel_size);
    const size_t step = iou_size_max(1, TASK_WORK / work);
    p->panel_step = iou_size_min(step, panels);
    p->row_tasks = (product->rows - 1) / p->row_step + 1;
    p->panel_tasks = (panels - 1) / p->panel_step + 1;
    const size_t copied = product->transposed_a ? p->row_step * product->depth : 0;
    const size_t scratch = copied + (constant ? 0 : p->panel_step * p->panel_size);
    prepare->step->run = run_f32;
    prepare->step->scratch_size = scratch * sizeof(float);
    prepare->step->algorithm = constant ? "gemm packed" : "gemm";
    prepare->step->isa = iou_isa_name(p->kernels->isa);
    return IOU_OK;
}

/* ---- Other types --------------------------------------------------------------------------- */

/* `sum` is the type that sums wrap in. */
#define PRODUCT(name, type, sum_type)                                                              \
    static void name(const iou_call *call, const iou_product *p, const product_part *part) {       \
        const type *a = (const type *)call->in[A] + part->offsets[A];                              \
        const type *b = (const type *)call->in[B] + part->offsets[B];                              \
        const type *d = p->adds ? call->in[D] : NULL;                                              \
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
    const product_plan *p = call->params;
    const product_part part = find_part(p, task);
    switch (p->product.type) {
    case IOU_DOUBLE: product_f64(call, &p->product, &part); break;
    case IOU_INT32: product_i32(call, &p->product, &part); break;
    case IOU_INT64: product_i64(call, &p->product, &part); break;
    case IOU_UINT32: product_u32(call, &p->product, &part); break;
    default: product_u64(call, &p->product, &part); break;
    }
    return IOU_OK;
}

static void prepare_plain(const iou_prepare *prepare, product_plan *p) {
    const size_t row = iou_size_max(1, p->product.depth * p->product.columns);
    const size_t step = iou_size_max(1, TASK_WORK / row);
    p->row_step = iou_size_min(step, p->product.rows);
    p->row_tasks = (p->product.rows - 1) / p->row_step + 1;
    p->panel_tasks = p->panel_step = 1;
    prepare->step->run = run_plain;
    prepare->step->algorithm = "plain";
    prepare->step->isa = "scalar";
}

bool iou_product_absorbs(const iou_node *node, const iou_fact *facts, iou_absorption *absorption) {
    const bool columns = facts[node->inputs[1]].rank > 1;
    const iou_fact *out = &facts[node->outputs[0]];
    *absorption = (iou_absorption){.channel_axis = columns ? out->rank - 1 : -1};
    return out->type == IOU_FLOAT;
}

/* ---- The step ------------------------------------------------------------------------------ */

iou_status iou_prepare_product(const iou_prepare *prepare, const iou_product *product) {
    product_plan *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->product = *product;
    iou_step *step = prepare->step;
    *step = (iou_step){.run = iou_run_nothing,
                       .params = p,
                       .task_count = 1,
                       .algorithm = "plain",
                       .isa = "scalar"};
    if (prepare->out[0].count == 0) {
        return IOU_OK;
    }
    if (product->type == IOU_FLOAT) {
        IOU_TRY(prepare_f32(prepare, p));
    } else {
        prepare_plain(prepare, p);
    }
    step->task_count = product->batch.count * p->row_tasks * p->panel_tasks;
    step->flop = 2.0 * (double)prepare->out[0].count * (double)product->depth;
    return IOU_OK;
}
