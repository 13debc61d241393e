#include "detect/postprocess/class_max.h"

#include "core/target.h"

#include <math.h>

static float larger(float value, float best) {
    return value > best ? value : best; /* NaN is not larger */
}

static void rows(float *best, const float *values, size_t count, size_t step, size_t span,
                 float cut) {
    for (size_t i = 0; i < count; i++) {
        float found = -INFINITY;
        for (size_t c = 0; c < span; c++) {
            found = larger(values[i * step + c], found);
        }
        best[i] = found < cut ? -INFINITY : found;
    }
}

static void planes(float *best, const float *values, size_t plane_count, size_t step,
                   size_t count) {
    for (size_t p = 0; p < plane_count; p++) {
        for (size_t i = 0; i < count; i++) {
            best[i] = larger(values[p * step + i], best[i]);
        }
    }
}

const iou_class_max iou_class_max_scalar = {IOU_ISA_SCALAR, rows, planes};

const iou_class_max *iou_class_max_of(iou_isa isa) {
    static const void *const variants[] = {
        &iou_class_max_scalar,
#if IOU_X86
        &iou_class_max_avx2,
        &iou_class_max_avx512,
#endif
    };
    return IOU_ISA_SELECT(variants, isa);
}
