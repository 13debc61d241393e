/* Products of floats: the work of a task, and of steps that take a product into themselves. */
#include "core/matrix_transpose.h"
#include "core/sizes.h"
#include "ops/matmul/product_plan.h"

#include <math.h>

/* B from column `first` on. */
iou_gemm_right iou_product_right(const iou_product *product, const void *b, size_t first) {
    const size_t step = product->transposed_b ? product->depth : 1;
    return (iou_gemm_right){.depth = product->depth,
                            .columns = product->columns - first,
                            .b = (const char *)b + first * step * sizeof(float),
                            .row_stride = product->transposed_b ? 1 : product->columns,
                            .column_stride = step,
                            .scale = product->alpha};
}

static void copy_transposed(const iou_product *product, const float *a,
                            const iou_product_part *part, float *to) {
    iou_transpose(&(iou_transposition){.to = to,
                                       .from = a + part->row,
                                       .to_stride = product->depth,
                                       .from_stride = product->rows,
                                       .rows = product->depth,
                                       .columns = part->rows},
                  sizeof *to);
}

/* Adds beta D to the part of C whose first column is `first`. */
static void add_f32(const iou_product *product, const float *d, const iou_product_part *part,
                    size_t first, size_t columns, float *c) {
    for (size_t i = 0; i < part->rows; i++) {
        const float *row = d + (part->row + i) * product->add_row + first * product->add_column;
        for (size_t j = 0; j < columns; j++) {
            c[i * product->columns + j] += product->beta * row[j * product->add_column];
        }
    }
}

/* Rows of A: where they are, or copied where A is transposed. `a`: the matrix. */
static const float *left_rows(const iou_product *product, const float *a,
                              const iou_product_part *part, float *copied) {
    if (!product->transposed_a) {
        return a + part->row * product->depth;
    }
    copy_transposed(product, a, part, copied);
    return copied;
}

/* The matrix of the constant B that begins at element `at` of it. */
static const float *packed_matrix(const iou_product_plan *p, size_t at) {
    return p->packed + at / (p->product.depth * p->product.columns) * p->packed_size;
}

/* Of `columns` columns of C; rows of A are dense. */
static iou_gemm_product gemm_of(const iou_product_plan *p, const float *a, const float *packed,
                                size_t columns, float *c) {
    return (iou_gemm_product){.kernels = p->kernels,
                              .depth = p->product.depth,
                              .columns = columns,
                              .a = a,
                              .a_stride = p->product.depth,
                              .packed = packed,
                              .c = c,
                              .c_stride = p->product.columns,
                              .step = iou_caches_product_step(p->caches),
                              .lo = -INFINITY,
                              .hi = INFINITY};
}

/* The part's panels of B: of the constant, or packed into scratch, which moves on. */
static const float *part_panels(const iou_product_plan *p, const iou_call *call,
                                const iou_product_part *part, float **scratch) {
    const iou_product *product = &p->product;
    const size_t at = (size_t)part->offsets[IOU_PRODUCT_B];
    if (p->packed != NULL) {
        return packed_matrix(p, at) + part->panel * p->panel_size;
    }
    float *packed = *scratch;
    const iou_gemm_right right = iou_product_right(
        product, (const float *)call->in[IOU_PRODUCT_B] + at, part->panel * p->kernels->columns);
    iou_gemm_pack(p->kernels, &right, 0, part->panels, packed);
    *scratch += p->panel_step * p->panel_size;
    return packed;
}

/* Rows of one matrix of C, from column `first` on; row `of` of what the product multiplies is row
 * `row`. */
typedef struct product_block {
    size_t batch, row, first, of, rows, panels;
} product_block;

/* The product, what is added to it, and its epilogue. */
static void run_block(const iou_product_plan *p, const void *const *in,
                      const iou_gemm_product *gemm, const product_block *block) {
    const iou_product *product = &p->product;
    float *c = gemm->c + block->of * gemm->c_stride;
    iou_gemm_f32(gemm, block->of, block->rows, 0, block->panels);
    if (product->adds) {
        const iou_product_part part = {.row = block->row, .rows = block->rows};
        add_f32(product, in[IOU_PRODUCT_D], &part, block->first, gemm->columns, c);
    }
    const size_t row = block->batch * product->rows + block->row;
    iou_tail_run(&p->tail, in,
                 &(iou_tail_values){.values = c,
                                    .at = row * product->columns + block->first,
                                    .channel = block->first,
                                    .rows = block->rows,
                                    .columns = gemm->columns,
                                    .stride = product->columns});
}

iou_status iou_product_run_f32(const iou_call *call, size_t task) {
    const iou_product_plan *p = call->params;
    const iou_product *product = &p->product;
    iou_product_part part = iou_product_find_part(p, task);
    const size_t panels = iou_gemm_panels(p->kernels, product->columns) - part.panel;
    part.panels = iou_size_min(panels, part.panels);
    const size_t first = part.panel * p->kernels->columns, left = product->columns - first;
    const size_t wide = part.panels * p->kernels->columns, columns = iou_size_min(left, wide);
    float *scratch = call->scratch;
    const float *packed = part_panels(p, call, &part, &scratch);
    const float *a = (const float *)call->in[IOU_PRODUCT_A] + part.offsets[IOU_PRODUCT_A];
    float *c =
        (float *)call->out[0] + (part.batch * product->rows + part.row) * product->columns + first;
    const iou_gemm_product gemm =
        gemm_of(p, left_rows(product, a, &part, scratch), packed, columns, c);
    for (size_t row = 0; row < part.rows; row += p->block) {
        run_block(p, call->in, &gemm,
                  &(product_block){.batch = part.batch,
                                   .row = part.row + row,
                                   .first = first,
                                   .of = row,
                                   .rows = iou_size_min(p->block, part.rows - row),
                                   .panels = part.panels});
    }
    return IOU_OK;
}

/* ---- Rows of it ---------------------------------------------------------------------------- */

bool iou_product_has_rows(const iou_step *step, iou_product_size *size) {
    const iou_product_plan *p = step->params;
    if (step->run != iou_product_run_f32 || p->product.adds) {
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
    const iou_product_plan *p = step->params;
    return (p->packed != NULL ? 0 : p->packed_size) +
           (p->product.transposed_a ? rows * p->product.depth : 0);
}

iou_product_rows iou_product_take(const iou_step *step, const void *const *in, size_t batch,
                                  size_t most_rows, float **scratch) {
    const iou_product_plan *p = step->params;
    int64_t offsets[IOU_ITERATOR_OPERANDS];
    (void)iou_iterator_seek(&p->product.batch, batch, batch + 1, offsets);
    iou_product_rows rows = {.plan = p, .in = in, .batch = batch, .a = offsets[IOU_PRODUCT_A]};
    const size_t b = (size_t)offsets[IOU_PRODUCT_B];
    if (p->packed != NULL) {
        rows.packed = packed_matrix(p, b);
    } else {
        const iou_gemm_right right =
            iou_product_right(&p->product, (const float *)in[IOU_PRODUCT_B] + b, 0);
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
    const iou_product_plan *p = rows_of->plan;
    const iou_product *product = &p->product;
    if (a == NULL) {
        a = left_rows(product, (const float *)rows_of->in[IOU_PRODUCT_A] + rows_of->a,
                      &(iou_product_part){.row = row, .rows = rows}, rows_of->copied);
    }
    const iou_gemm_product gemm = gemm_of(p, a, rows_of->packed, product->columns, c);
    run_block(p, rows_of->in, &gemm,
              &(product_block){.batch = rows_of->batch,
                               .row = row,
                               .rows = rows,
                               .panels = iou_gemm_panels(p->kernels, product->columns)});
}
