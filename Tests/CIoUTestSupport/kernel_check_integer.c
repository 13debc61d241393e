/* Tiles of integer products against plain sums, those too whose instructions this CPU may lack. */
#include "kernel_check.h"

#include "core/target.h"
#include "ops/quantize/integer_product.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if IOU_X86
#define IOU_EMULATE_AVX_VNNI
#define iou_integer_bytes_avx2 iou_integer_bytes_avx2_emulated
#include "ops/quantize/integer_bytes_avx2.c"
#undef iou_integer_bytes_avx2
#undef ROWS
#endif

enum { MOST_GROUPS = 9, MOST_TAPS = 3, SIZE = MOST_TAPS * MOST_GROUPS * IOU_INTEGER_GROUP };

/* A tile of every byte, in random places. */
typedef struct tile_case {
    unsigned char left[IOU_INTEGER_MOST_ROWS][SIZE];
    signed char right[SIZE * IOU_INTEGER_MOST_COLUMNS];
    int32_t starts[IOU_INTEGER_MOST_COLUMNS];
} tile_case;

static void fill(tile_case *c, unsigned seed) {
    unsigned char *bytes = (unsigned char *)c;
    srand(seed);
    for (size_t i = 0; i < sizeof *c; i++) {
        const int draw = rand();
        bytes[i] = (unsigned char)(draw % 5 == 0 ? 255 : draw % 7 == 0 ? 128 : draw >> 8);
    }
}

/* Element k of a row and of a column, as the kernels' groups have them. */
static int32_t product_at(const iou_integer_kernels *kernels, const tile_case *c, size_t row,
                          size_t column, size_t k) {
    const size_t each = kernels->bytes ? 4 : 2;
    const size_t at = (k / each * kernels->columns + column) * each + k % each;
    if (kernels->bytes) {
        return (int32_t)c->left[row][k] * c->right[at];
    }
    int16_t left, right;
    memcpy(&left, c->left[row] + 2 * k, sizeof left);
    memcpy(&right, c->right + 2 * at, sizeof right);
    return (int32_t)left * right;
}

static int check_tile(const iou_integer_kernels *kernels, size_t rows, size_t taps, size_t groups,
                      unsigned seed) {
    static tile_case c;
    const char *at[MOST_TAPS * IOU_INTEGER_MOST_ROWS];
    int32_t sums[IOU_INTEGER_MOST_ROWS * IOU_INTEGER_MOST_COLUMNS];
    fill(&c, seed);
    for (size_t i = 0; i < taps * rows; i++) {
        at[i] = (const char *)c.left[i % rows] + i / rows * groups * IOU_INTEGER_GROUP;
    }
    const iou_integer_panel_product tile = {.left = {at, rows, taps, groups},
                                            .rows = rows,
                                            .panel = c.right,
                                            .columns = kernels->columns,
                                            .starts = c.starts,
                                            .sums = sums};
    kernels->multiply(&tile);
    int wrong = 0;
    for (size_t i = 0; i < rows * kernels->columns; i++) {
        const size_t row = i / kernels->columns, column = i % kernels->columns;
        uint32_t sum = (uint32_t)c.starts[column];
        for (size_t k = 0; k < taps * groups * (kernels->bytes ? 4 : 2); k++) {
            sum += (uint32_t)product_at(kernels, &c, row, column, k);
        }
        wrong += (int32_t)sum != sums[i];
    }
    return wrong;
}

int iou_check_integer_kernels(char *message, size_t capacity) {
    const iou_integer_kernels *all[] = {
#define IOU_INTEGER_VARIANT(symbol) &symbol,
#include "ops/quantize/integer_kernels.inc"
#undef IOU_INTEGER_VARIANT
#if IOU_X86
        &iou_integer_bytes_avx2_emulated,
#endif
    };
    const size_t count = sizeof all / sizeof all[0];
    int failures = 0;
    for (size_t i = 0; i < count; i++) {
        const bool emulated = IOU_X86 && i + 1 == count;
        const iou_isa needed = emulated ? IOU_ISA_AVX2 : all[i]->isa;
        for (size_t rows = 1; iou_isa_has(iou_cpu_best(), needed) && rows <= all[i]->rows; rows++) {
            for (unsigned n = 0; n < MOST_TAPS * MOST_GROUPS; n++) {
                const int wrong =
                    check_tile(all[i], rows, n / MOST_GROUPS + 1, n % MOST_GROUPS + 1, n);
                if (wrong > 0 && failures++ == 0) {
                    snprintf(message, capacity, "%s%s: %zu rows, %d sums wrong",
                             iou_isa_name(all[i]->isa), emulated ? " emulated" : "", rows, wrong);
                }
            }
        }
    }
    return failures;
}
