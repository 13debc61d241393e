/* Products of matrices against three loops. */
#include "kernel_check.h"

#include "kernel_check_case.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct gemm_case {
    size_t rows, columns, depth;
    bool transposed, bias;
} gemm_case;

/* The largest error over what is allowed; above 1 is wrong. */
static double gemm_error(const gemm_case *c, const iou_gemm_right *right, const float *a,
                         const float *got) {
    double worst = 0;
    for (size_t i = 0; i < c->rows; i++) {
        for (size_t j = 0; j < c->columns; j++) {
            double sum = c->bias ? (double)right->bias[j] : 0;
            for (size_t k = 0; k < c->depth; k++) {
                sum += (double)a[i * c->depth + k] * (double)right->scale *
                       (double)((const float *)
                                    right->b)[k * right->row_stride + j * right->column_stride];
            }
            const double error = fabs(sum - (double)got[i * c->columns + j]);
            const double allowed = 2e-6 * sqrt((double)c->depth + 16);
            worst = error <= worst * allowed ? worst : error / allowed;
        }
    }
    return worst;
}

static bool gemm_one(const gemm_case *c, const iou_gemm_kernels *kernels, uint64_t *seed) {
    check_buffer a = check_buffer_random(c->rows * c->depth, seed);
    check_buffer b = check_buffer_random(c->depth * c->columns, seed);
    check_buffer bias = check_buffer_random(c->columns, seed);
    check_buffer out = check_buffer_empty(c->rows * c->columns);
    const size_t size = iou_gemm_packed_size(kernels, c->depth, c->columns);
    check_buffer packed = check_buffer_empty(size);
    const iou_gemm_right right = {.depth = c->depth,
                                  .columns = c->columns,
                                  .b = b.data,
                                  .row_stride = c->transposed ? 1 : c->columns,
                                  .column_stride = c->transposed ? c->depth : 1,
                                  .bias = c->bias ? bias.data : NULL,
                                  .scale = 0.5F};
    const size_t panels = iou_gemm_panels(kernels, c->columns);
    iou_gemm_pack(kernels, &right, 0, panels, packed.data);
    const iou_gemm_product product = {.kernels = kernels,
                                      .depth = c->depth,
                                      .columns = c->columns,
                                      .a = a.data,
                                      .a_stride = c->depth,
                                      .packed = packed.data,
                                      .c = out.data,
                                      .c_stride = c->columns,
                                      .step = 16 << 10,
                                      .lo = -INFINITY,
                                      .hi = INFINITY};
    const size_t half = c->rows / 2;
    for (size_t panel = 0; panel < panels; panel++) {
        iou_gemm_f32(&product, 0, half, panel, 1);
        iou_gemm_f32(&product, half, c->rows - half, panel, 1);
    }
    const double error = gemm_error(c, &right, a.data, out.data);
    const bool intact = check_buffer_intact(&out) && check_buffer_intact(&packed);
    check_buffer *const all[] = {&a, &b, &bias, &out, &packed};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        check_buffer_free(all[i]);
    }
    return error <= 1 && intact;
}

int iou_check_gemm_kernels(char *message, size_t capacity) {
    static const size_t depths[] = {0, 1, 7, 64, 129, 600};
    static const size_t widths[] = {1, 5, 8, 16, 17, 32, 40, 65};
    check_variant variants[CHECK_MAX_VARIANTS];
    const size_t count = check_variants(variants);
    uint64_t seed = 362436069;
    int failures = 0;
    if (capacity > 0) {
        message[0] = '\0';
    }
    for (size_t i = 0; i < 30 * 6 * 8; i++) {
        const gemm_case c = {.rows = i / 48,
                             .columns = widths[i / 6 % 8],
                             .depth = depths[i % 6],
                             .transposed = i % 5 < 2,
                             .bias = i % 7 < 3};
        for (size_t v = 0; v < count; v++) {
            if (variants[v].kernels.winograd_tile != 0) {
                continue; /* the same products */
            }
            if (!gemm_one(&c, variants[v].kernels.gemm, &seed) && failures++ == 0) {
                snprintf(message, capacity, "%s: %zu x %zu x %zu", variants[v].name, c.rows,
                         c.columns, c.depth);
            }
        }
    }
    return failures;
}
