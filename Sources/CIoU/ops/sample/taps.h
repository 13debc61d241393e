/* Weighted sums of pixels that lie anywhere in a channels-last input. */
#ifndef IOU_TAPS_H
#define IOU_TAPS_H

#include "core/cpu.h"

typedef struct iou_tap {
    size_t at; /**< the pixel's first channel, in floats */
    float weight;
} iou_tap;

/** out[c] += taps[i].weight * in[taps[i].at + c], c = 0 … channels-1, i = 0 … count-1. */
typedef void (*iou_taps_add)(float *out, const float *in, size_t channels, const iou_tap *taps,
                             size_t count);

typedef struct iou_taps_kernels {
    iou_isa isa;
    iou_taps_add add;
} iou_taps_kernels;

#if defined(__x86_64__)
extern const iou_taps_kernels iou_taps_f32_avx2;
extern const iou_taps_kernels iou_taps_f32_avx512;
#endif

/** The best kernels for a CPU of this level; NULL at scalar, where operators add up in double. */
const iou_taps_kernels *iou_taps_choose(iou_isa isa);

#endif
