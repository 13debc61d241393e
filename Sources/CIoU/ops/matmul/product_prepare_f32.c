/* Products of floats: what is packed before any run, and how the work is cut into tasks. */
#include "core/sizes.h"
#include "ops/matmul/product_plan.h"

/* OpenBLAS's sums differ in their last bits with the rows of a call, which thus depend neither on
 * threads nor on the processor's caches. */
static const iou_caches blas_caches = {32 << 10, 1 << 20};

/* Floats that stay in the second cache beside others. */
static size_t cached(const iou_product_plan *p) {
    return iou_caches_floats(p->caches, 1, 2);
}

/* Floats that a task may copy of A where that is transposed. */
static size_t copied_at_most(const iou_product_plan *p) {
    return iou_caches_floats(p->caches, 1, 1);
}

typedef struct product_packing {
    const iou_product_plan *plan;
    const char *b;
} product_packing;

static void pack_matrices(const void *context, void *memory, size_t first, size_t count) {
    const product_packing *packing = context;
    const iou_product_plan *p = packing->plan;
    const size_t size = p->product.depth * p->product.columns * sizeof(float);
    for (size_t i = first; i < first + count; i++) {
        const iou_gemm_right right = iou_product_right(&p->product, packing->b + i * size, 0);
        iou_gemm_pack(p->kernels, &right, 0, iou_gemm_panels(p->kernels, p->product.columns),
                      (float *)memory + i * p->packed_size);
    }
}

static iou_status pack_constant(const iou_prepare *prepare, iou_product_plan *p) {
    const iou_product *product = &p->product;
    const size_t matrix = product->depth * product->columns;
    const size_t matrices = prepare->in[IOU_PRODUCT_B]->count / matrix;
    const product_packing packing = {p, prepare->in[IOU_PRODUCT_B]->constant};
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

/* Tasks of a constant B: wide ones, whose rows of C and A are in the caches for all their panels,
 * but enough of them. Where rows of A are too long for that, more rows read B less often. */
static void widen_tasks(iou_product_plan *p, size_t panels, size_t threads) {
    enum { WIDE = 256, TASKS_PER_THREAD = 4 }; /* columns */
    const iou_product *product = &p->product;
    const size_t wanted = TASKS_PER_THREAD * threads / product->batch.count;
    const bool deep = !product->transposed_a && p->row_step * product->depth > cached(p);
    if (deep && iou_divide_up(product->rows, 2 * p->row_step) * panels >= 2 * wanted) {
        p->row_step = iou_size_min(2 * p->row_step, product->rows);
    }
    const size_t row_tasks = iou_divide_up(product->rows, p->row_step);
    const size_t most = iou_size_max(1, row_tasks * panels / iou_size_max(1, wanted));
    const size_t wide = iou_size_min(WIDE / p->kernels->columns, most);
    p->panel_step = iou_size_min(iou_size_max(p->panel_step, wide), panels);
}

iou_status iou_product_prepare_f32(const iou_prepare *prepare, iou_product_plan *p) {
    const iou_product *product = &p->product;
    p->kernels = iou_gemm_choose_product(prepare->isa);
    p->caches = p->kernels->product == NULL ? prepare->caches : blas_caches;
    p->tail = iou_epilogue_tail(prepare->epilogue, 0, prepare->isa);
    p->inputs = prepare->node->input_count + iou_epilogue_operands(prepare->epilogue);
    p->packed_size = iou_gemm_packed_size(p->kernels, product->depth, product->columns);
    p->panel_size = (product->depth + 1) * p->kernels->columns;
    if (p->packed_size == 0) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "the matrices are too large to pack");
    }
    const bool constant =
        prepare->in[IOU_PRODUCT_B]->constant != NULL && prepare->in[IOU_PRODUCT_B]->count > 0;
    if (constant) {
        IOU_TRY(pack_constant(prepare, p));
        prepare->step->packed = 1U << IOU_PRODUCT_B;
    }
    /* who packs B itself does so for more rows */
    size_t rows = p->kernels->rows * (constant ? 8 : 32);
    if (product->transposed_a && rows * product->depth > copied_at_most(p)) {
        const size_t units = copied_at_most(p) / product->depth / p->kernels->rows;
        rows = iou_size_max(1, units) * p->kernels->rows;
    }
    const size_t panels = iou_gemm_panels(p->kernels, product->columns);
    p->row_step = iou_size_min(rows, product->rows);
    const size_t work = iou_size_max(1, p->row_step * p->panel_size);
    const size_t step = iou_size_max(1, IOU_PRODUCT_WORK / work);
    p->panel_step = iou_size_min(step, panels);
    if (constant) {
        widen_tasks(p, panels, prepare->threads);
    }
    p->row_tasks = (product->rows - 1) / p->row_step + 1;
    p->panel_tasks = (panels - 1) / p->panel_step + 1;
    /* few, whose values the first cache holds for the epilogue, if the panels stay in the second */
    const bool stay = p->panel_step * p->panel_size <= cached(p);
    p->block = stay || p->kernels->product != NULL ? 2 * p->kernels->rows : p->row_step;
    const size_t copied = product->transposed_a ? p->row_step * product->depth : 0;
    const size_t scratch = copied + (constant ? 0 : p->panel_step * p->panel_size);
    prepare->step->run = iou_product_run_f32;
    prepare->step->scratch_size = scratch * sizeof(float);
    prepare->step->algorithm = constant ? "gemm packed" : "gemm";
    prepare->step->isa = iou_isa_name(p->kernels->isa);
    return IOU_OK;
}
