/* The filter's transform, and the choice among kernels. */
#include "ops/conv/winograd.h"

static const double points_4[6][3] = {
    {1.0 / 4, 0, 0},
    {-1.0 / 6, -1.0 / 6, -1.0 / 6},
    {-1.0 / 6, 1.0 / 6, -1.0 / 6},
    {1.0 / 24, 1.0 / 12, 1.0 / 6},
    {1.0 / 24, -1.0 / 12, 1.0 / 6},
    {0, 0, 1},
};

static const double points_6[8][3] = {
    {1, 0, 0},
    {-2.0 / 9, -2.0 / 9, -2.0 / 9},
    {-2.0 / 9, 2.0 / 9, -2.0 / 9},
    {1.0 / 90, 1.0 / 45, 2.0 / 45},
    {1.0 / 90, -1.0 / 45, 2.0 / 45},
    {32.0 / 45, 16.0 / 45, 8.0 / 45},
    {32.0 / 45, -16.0 / 45, 8.0 / 45},
    {0, 0, 1},
};

void iou_winograd_filter(size_t tile, const float filter[9],
                         double positions[IOU_WINOGRAD_MAX_POSITIONS]) {
    const double(*g)[3] = tile == 4 ? points_4 : points_6;
    const size_t n = tile + 2;
    for (size_t i = 0; i < n; i++) {
        double line[3]; /* G filter, row i */
        for (size_t x = 0; x < 3; x++) {
            line[x] = g[i][0] * (double)filter[x] + g[i][1] * (double)filter[3 + x] +
                      g[i][2] * (double)filter[6 + x];
        }
        for (size_t j = 0; j < n; j++) {
            positions[i * n + j] = g[j][0] * line[0] + g[j][1] * line[1] + g[j][2] * line[2];
        }
    }
}

const iou_winograd_kernels *iou_winograd_choose(iou_isa isa) {
    static const iou_winograd_kernels *const all[] = {
#define IOU_WINOGRAD_VARIANT(symbol) &symbol,
#include "ops/conv/winograd_kernels.inc"
#undef IOU_WINOGRAD_VARIANT
        NULL,
    };
    const iou_winograd_kernels *best = NULL;
    for (size_t i = 0; all[i] != NULL; i++) {
        best = all[i]->isa <= isa ? all[i] : best;
    }
    return best;
}
