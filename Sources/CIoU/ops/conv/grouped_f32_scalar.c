/* The meaning of a grouped tile, in plain loops; and the choice among its kernels. */
#include "core/clamp.h"

#include "core/sizes.h"
#include "ops/conv/grouped.h"

enum { LANES = 8 };

/* Lane l of a panel for pixel i. */
static float grouped_sum(const iou_grouped_tile *t, const float *weights, size_t in, size_t i,
                         size_t l) {
    float sum = 0;
    for (size_t tap = 0; tap < t->taps; tap++) {
        const float *a = t->a[tap * t->a_stride + i] + in;
        for (size_t k = 0; k < t->group_in; k++) {
            const float weight = weights[(1 + tap * t->group_in + k) * LANES + l];
            sum += a[t->index[k * LANES + l]] * weight;
        }
    }
    return sum + weights[l];
}

static void grouped_panel(const iou_grouped_tile *t, size_t panel, const float *weights) {
    const size_t most = t->panel_groups * t->group_out;
    const size_t in = panel * t->panel_groups * t->group_in, out = panel * most;
    const size_t left = t->out_channels - out;
    for (size_t i = 0; i < t->rows; i++) {
        for (size_t l = 0; l < iou_size_min(left, most); l++) {
            float sum = grouped_sum(t, weights, in, i, l);
            sum += t->residual != NULL ? t->residual[i][out + l] : 0;
            t->c[i * t->c_stride + out + l] = iou_clamp_f32(sum, t->lo, t->hi);
        }
    }
}

static void grouped_run(const iou_grouped_tile *t) {
    const size_t size = (1 + t->taps * t->group_in) * LANES;
    for (size_t p = 0; p < t->panels; p++) {
        grouped_panel(t, t->panel + p, t->weights + p * size);
    }
}

const iou_grouped_kernel iou_grouped_f32_scalar = {IOU_ISA_SCALAR, LANES, grouped_run};

const iou_grouped_kernel *iou_grouped_choose(iou_isa isa) {
    static const void *const variants[] = {
#define IOU_GROUPED_VARIANT(symbol) &symbol,
#include "ops/conv/grouped_kernels.inc"
#undef IOU_GROUPED_VARIANT
    };
    return IOU_ISA_SELECT(variants, isa);
}
