/*
 * Largest class values: the pass over all class maps, which are most of what detection reads. It
 * runs as fast as memory gives them.
 */
#ifndef IOU_CLASS_MAX_H
#define IOU_CLASS_MAX_H

#include "core/cpu.h"

#include <stddef.h>

/** Values that are not numbers count as -infinity. All kernels give the same bits. */
typedef struct iou_class_max {
    iou_isa isa;
    /**
     * best[i] = the largest of the `span` >= 1 values at values + i * step; or -infinity where it
     * is below `cut`.
     */
    void (*rows)(float *best, const float *values, size_t rows, size_t step, size_t span,
                 float cut);
    /** best[i] = the largest of itself and values[p * step + i] of all planes p. */
    void (*planes)(float *best, const float *values, size_t planes, size_t step, size_t count);
} iou_class_max;

const iou_class_max *iou_class_max_of(iou_isa isa);

extern const iou_class_max iou_class_max_scalar;
extern const iou_class_max iou_class_max_avx2;
extern const iou_class_max iou_class_max_avx512;

#endif
