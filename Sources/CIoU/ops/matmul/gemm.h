/*
 * The matrix product under Conv, Gemm and MatMul: one tile of C from row pointers into A and a
 * packed panel of B.
 *
 * A tile has up to `rows` rows and `columns` columns. A is given by pointers, one per tap and row,
 * each to `depth` neighbouring floats: an image under a convolution needs no copy, and a row that
 * lies in the padding points to zeros. B is packed in panels of `columns` columns:
 * [bias: columns][tap][depth][columns], padded with zeros.
 */
#ifndef IOU_GEMM_H
#define IOU_GEMM_H

#include "core/caches.h"
#include "core/cpu.h"

enum { IOU_GEMM_STRIDE = 8 }; /* steps of a sum between two prefetches */

typedef struct iou_gemm_tile {
    const float *const *a; /**< a[tap * a_stride + row] */
    size_t a_stride;
    size_t a_offset; /**< floats to skip behind every pointer */
    size_t taps, depth;
    const float *b;    /**< [taps][depth][columns of the kernel] */
    const float *bias; /**< of the kernel's columns; added last: a large one costs no digits */
    float *c;
    size_t c_stride;
    size_t columns;               /**< of c to write; the kernel's or fewer */
    bool first;                   /**< the sums start from zero; else they continue from c */
    bool last;                    /**< add bias and residual, and clamp */
    const float *const *residual; /**< a pointer per row, or NULL */
    size_t residual_offset;
    float lo, hi;
    const char *prefetch;   /**< what later tiles read; or any memory */
    size_t prefetch_stride; /**< bytes of it per IOU_GEMM_STRIDE steps of the sums; 0: none */
} iou_gemm_tile;

typedef void (*iou_gemm_kernel)(const iou_gemm_tile *tile);

struct iou_gemm_product;

enum { IOU_GEMM_MAX_ROWS = 12 };

/** The kernels of one instruction set; or what has none, and multiplies matrices by `product`. */
typedef struct iou_gemm_kernels {
    iou_isa isa;
    const char *name;
    size_t rows, columns;
    size_t narrow;    /**< columns of the slim kernels */
    size_t slim_rows; /**< rows of the slim kernels: they have accumulators to spare */
    iou_gemm_kernel wide[IOU_GEMM_MAX_ROWS + 1]; /**< by number of rows, from 1 */
    iou_gemm_kernel slim[IOU_GEMM_MAX_ROWS + 1]; /**< the same for a panel's first columns */
    /** What iou_gemm_f32 does; NULL: it does it by the kernels. */
    void (*product)(const struct iou_gemm_product *product, size_t row, size_t rows, size_t panel,
                    size_t panels);
} iou_gemm_kernels;

/**
 * Lets the first of `tiles` tiles, of which each prefetches its part, prefetch `size` bytes that
 * are read soon; returns how many lie between the parts. No processor foresees which those are, and
 * what comes from far costs as much time as its sums.
 */
static inline size_t iou_gemm_prefetch(iou_gemm_tile *tile, const void *prefetch, size_t size,
                                       size_t tiles) {
    const size_t part = size / (tiles > 0 ? tiles : 1), steps = tile->taps * tile->depth;
    tile->prefetch = prefetch;
    tile->prefetch_stride = part * IOU_GEMM_STRIDE / (steps > 0 ? steps : 1);
    return part;
}

/** The same for tiles that share a panel of B: for the panel behind. */
static inline size_t iou_gemm_prefetch_panel(iou_gemm_tile *tile, size_t columns, size_t panel_size,
                                             size_t tiles) {
    const size_t size = tile->taps * tile->depth * columns * sizeof(float);
    return iou_gemm_prefetch(tile, tile->b + panel_size, size, tiles);
}

/** The kernels, by number of rows up to `rows`, for `columns` columns of a panel. */
const iou_gemm_kernel *iou_gemm_for_columns(const iou_gemm_kernels *kernels, size_t columns,
                                            size_t *rows);

#define IOU_GEMM_VARIANT(symbol) extern const iou_gemm_kernels symbol;
#include "ops/matmul/gemm_kernels.inc"
#undef IOU_GEMM_VARIANT

/** The best kernels for a CPU of this level. */
const iou_gemm_kernels *iou_gemm_choose(iou_isa isa);

/** OpenBLAS's products, where the level has them; else NULL. */
const iou_gemm_kernels *iou_gemm_blas(iou_isa isa);

/** What multiplies matrices at this level: OpenBLAS, or the best kernels. */
const iou_gemm_kernels *iou_gemm_choose_product(iou_isa isa);

/* ---- Products of matrices ------------------------------------------------------------------ */

/** B of `depth` rows and `columns` columns, at any strides (transposed: exchanged). */
typedef struct iou_gemm_right {
    size_t depth, columns;
    const void *b; /**< floats, at any address */
    size_t row_stride, column_stride;
    const float *bias; /**< per column, or NULL */
    float scale;       /**< of every element of B (not of the bias) */
} iou_gemm_right;

/** Number of floats that B takes when packed; 0 when there are too many. */
size_t iou_gemm_packed_size(const iou_gemm_kernels *kernels, size_t depth, size_t columns);

/** Number of panels that `columns` columns make. */
size_t iou_gemm_panels(const iou_gemm_kernels *kernels, size_t columns);

/** Packs panels [first, first + count) to their offsets in `packed`. */
void iou_gemm_pack(const iou_gemm_kernels *kernels, const iou_gemm_right *right, size_t first,
                   size_t count, float *packed);

/** C = A B + bias, clamped; rows of A and C are dense. */
typedef struct iou_gemm_product {
    const iou_gemm_kernels *kernels;
    size_t depth, columns;
    const float *a;
    size_t a_stride;
    const float *packed;
    float *c;
    size_t c_stride;
    size_t step; /**< bytes of a panel of B that a step of the sums takes */
    bool bare;   /**< neither bias nor bounds */
    float lo, hi;
    const void *prefetch; /**< prefetched along with the sums; NULL: the panel behind */
    size_t prefetch_size; /**< bytes of it */
} iou_gemm_product;

/** Computes rows [row, row + rows) of panels [panel, panel + panels): the work of one task. */
void iou_gemm_f32(const iou_gemm_product *product, size_t row, size_t rows, size_t panel,
                  size_t panels);

#endif
