/*
 * The body of the kernels for weighted sums of pixels: four vectors of channels at a time. Include
 * a simd_*.h header before; defines taps_add.
 */
#include "ops/sample/taps.h"

IOU_TARGET_BEGIN(IOU_SIMD_TARGET)

enum { TAPS_VECTORS = 4 };

static void taps_add(float *out, const float *in, size_t channels, const iou_tap *taps,
                     size_t count) {
    size_t c = 0;
    for (; c + TAPS_VECTORS * IOU_LANES <= channels; c += TAPS_VECTORS * IOU_LANES) {
        iou_v sums[TAPS_VECTORS];
        for (int v = 0; v < TAPS_VECTORS; v++) {
            sums[v] = iou_v_load(out + c + v * IOU_LANES);
        }
        for (size_t i = 0; i < count; i++) {
            const float *pixel = in + taps[i].at + c;
            const iou_v weight = iou_v_broadcast(&taps[i].weight);
            for (int v = 0; v < TAPS_VECTORS; v++) {
                sums[v] = iou_v_fma(weight, iou_v_load(pixel + v * IOU_LANES), sums[v]);
            }
        }
        for (int v = 0; v < TAPS_VECTORS; v++) {
            iou_v_store(out + c + v * IOU_LANES, sums[v]);
        }
    }
    for (; c < channels; c += IOU_LANES) {
        const iou_v_lanes lanes = iou_v_first((ptrdiff_t)(channels - c));
        iou_v sum = iou_v_load_part(out + c, lanes);
        for (size_t i = 0; i < count; i++) {
            const iou_v pixel = iou_v_load_part(in + taps[i].at + c, lanes);
            sum = iou_v_fma(iou_v_broadcast(&taps[i].weight), pixel, sum);
        }
        iou_v_store_part(out + c, lanes, sum);
    }
}

IOU_TARGET_END
