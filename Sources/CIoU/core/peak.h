/* How fast this machine multiplies and adds: the ceiling that kernels are held against. */
#ifndef IOU_PEAK_H
#define IOU_PEAK_H

#include "core/cpu.h"

/** Rounds of a chain of float32 multiply-adds in registers: `flop` operations a round. */
typedef struct iou_peak_kernel {
    iou_isa isa;
    void (*run)(int64_t rounds);
    int flop;
} iou_peak_kernel;

extern const iou_peak_kernel iou_peak_scalar;
extern const iou_peak_kernel iou_peak_avx2;
extern const iou_peak_kernel iou_peak_avx512;

#endif
