/* Softmax as it is meant, and the choice of the fastest loops. */
#include "ops/norm/softmax_kernel.h"

#include <math.h>

static void softmax_columns(const iou_softmax_job *job) {
    for (size_t j = 0; j < job->count; j++) {
        const float *x = job->x + j;
        float *y = job->y + j, most = -INFINITY;
        for (size_t i = 0; i < job->extent; i++) {
            most = x[i * job->stride] > most ? x[i * job->stride] : most;
        }
        double sum = 0.0;
        for (size_t i = 0; i < job->extent; i++) {
            const float distance = x[i * job->stride] - most, power = expf(distance);
            sum += (double)power;
            y[i * job->stride] = job->logarithm ? distance : power;
        }
        const float factor = (float)(job->logarithm ? log(sum) : 1.0 / sum);
        for (size_t i = 0; i < job->extent; i++) {
            float *to = &y[i * job->stride];
            *to = job->logarithm ? *to - factor : *to * factor;
        }
    }
}

const iou_softmax_kernels iou_softmax_f32_scalar = {IOU_ISA_SCALAR, softmax_columns,
                                                    softmax_columns};

const iou_softmax_kernels *iou_softmax_choose(iou_isa isa) {
    static const void *const variants[] = {
        &iou_softmax_f32_scalar,
#if defined(__x86_64__)
        &iou_softmax_f32_avx2,
        &iou_softmax_f32_avx512,
#endif
    };
    return IOU_ISA_SELECT(variants, isa);
}
