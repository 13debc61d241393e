/* Row-major products of matrices over the micro-kernels. */
#include "core/sizes.h"
#include "core/matrix_transpose.h"
#include "ops/matmul/gemm.h"

#include <string.h>

size_t iou_gemm_panels(const iou_gemm_kernels *kernels, size_t columns) {
    return iou_divide_up(columns, kernels->columns);
}

size_t iou_gemm_packed_size(const iou_gemm_kernels *kernels, size_t depth, size_t columns) {
    size_t size;
    if (depth == SIZE_MAX ||
        __builtin_mul_overflow(iou_gemm_panels(kernels, columns), kernels->columns, &size) ||
        __builtin_mul_overflow(size, depth + 1, &size) || size > SIZE_MAX / 64) {
        return 0;
    }
    return size;
}

/* `count` neighbouring columns, those of a row side by side. */
static void pack_rows(const iou_gemm_right *right, const char *from, size_t count, size_t width,
                      float *to) {
    for (size_t k = 0; k < right->depth; k++, to += width) {
        const char *row = from + k * right->row_stride * sizeof *to;
        if (right->column_stride == 1) {
            memcpy(to, row, count * sizeof *to);
            continue;
        }
        for (size_t j = 0; j < count; j++) {
            memcpy(&to[j], row + j * right->column_stride * sizeof *to, sizeof *to);
        }
    }
}

static void scale_rows(float *rows, size_t depth, size_t width, float scale) {
    for (size_t i = 0; i < depth * width && scale != 1.0F; i++) {
        rows[i] *= scale;
    }
}

static void pack_panel(const iou_gemm_kernels *kernels, const iou_gemm_right *right, size_t column,
                       size_t count, float *panel) {
    const size_t width = kernels->columns, depth = right->depth;
    const char *from = (const char *)right->b + column * right->column_stride * sizeof *panel;
    float *rows = panel + width;
    memset(panel, 0, (count < width ? depth + 1 : 1) * width * sizeof *panel);
    for (size_t j = 0; j < count && right->bias != NULL; j++) {
        panel[j] = right->bias[column + j];
    }
    if (right->row_stride == 1 && right->column_stride > 1 &&
        (uintptr_t)from % sizeof *panel == 0) {
        iou_transpose(&(iou_transposition){.to = rows,
                                           .from = from,
                                           .to_stride = width,
                                           .from_stride = right->column_stride,
                                           .rows = count,
                                           .columns = depth},
                      sizeof *panel);
    } else {
        pack_rows(right, from, count, width, rows);
    }
    scale_rows(rows, depth, width, right->scale);
}

void iou_gemm_pack(const iou_gemm_kernels *kernels, const iou_gemm_right *right, size_t first,
                   size_t count, float *packed) {
    const size_t width = kernels->columns, size = (right->depth + 1) * width;
    for (size_t i = first; i < first + count; i++) {
        const size_t left = right->columns - i * width;
        pack_panel(kernels, right, i * width, iou_size_min(left, width), packed + i * size);
    }
}

/* Prefetches what the product names, as much of it as the tile has of the sum. */
static size_t prefetch_part(const iou_gemm_product *p, iou_gemm_tile *tile, size_t tiles) {
    const char *prefetch = (const char *)p->prefetch + p->prefetch_size * tile->a_offset / p->depth;
    return iou_gemm_prefetch(tile, prefetch, p->prefetch_size * tile->depth / p->depth, tiles);
}

/* All rows by one panel, one step of the sum; `shared` lacks only what differs by row. */
static void gemm_rows(const iou_gemm_product *p, size_t row, size_t rows,
                      const iou_gemm_tile *shared) {
    const size_t width = p->kernels->columns, panel_size = (p->depth + 1) * width;
    size_t most;
    const iou_gemm_kernel *kernel = iou_gemm_for_columns(p->kernels, shared->columns, &most);
    const float *pointers[IOU_GEMM_MAX_ROWS];
    iou_gemm_tile tile = *shared;
    tile.a = pointers;
    const size_t tiles = iou_divide_up(rows, most);
    const size_t part = p->prefetch != NULL
                            ? prefetch_part(p, &tile, tiles)
                            : iou_gemm_prefetch_panel(&tile, width, panel_size, tiles);
    for (size_t i = 0, done = 0; i < tiles; i++, tile.prefetch += part) {
        const size_t count = (rows - done + tiles - i - 1) / (tiles - i);
        for (size_t r = 0; r < count; r++) {
            pointers[r] = p->a + (row + done + r) * p->a_stride;
        }
        tile.c = shared->c + (row + done) * p->c_stride;
        kernel[count](&tile);
        done += count;
    }
}

void iou_gemm_f32(const iou_gemm_product *product, size_t row, size_t rows, size_t panel,
                  size_t panels) {
    const iou_gemm_product *p = product;
    if (p->kernels->product != NULL) {
        p->kernels->product(p, row, rows, panel, panels);
        return;
    }
    const size_t width = p->kernels->columns;
    const size_t most = iou_size_max(1, p->step / sizeof(float) / width);
    size_t offset = 0;
    do {
        const size_t left = p->depth - offset, depth = left < most + most / 4 ? left : most;
        for (size_t i = panel; i < panel + panels; i++) {
            const float *b = p->packed + i * (p->depth + 1) * width;
            const size_t columns = p->columns - i * width;
            const iou_gemm_tile tile = {
                .a_offset = offset,
                .taps = 1,
                .depth = depth,
                .b = b + (1 + offset) * width,
                .bias = b,
                .c = p->c + i * width,
                .c_stride = p->c_stride,
                .columns = iou_size_min(columns, width),
                .first = offset == 0,
                .last = depth == left && !p->bare,
                .lo = p->lo,
                .hi = p->hi,
            };
            gemm_rows(p, row, rows, &tile);
        }
        offset += depth;
    } while (offset < p->depth);
}
