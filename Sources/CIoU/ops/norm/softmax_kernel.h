/* Loops of Softmax and LogSoftmax over float vectors. */
#ifndef IOU_SOFTMAX_KERNEL_H
#define IOU_SOFTMAX_KERNEL_H

#include "core/cpu.h"

/** `count` neighbouring vectors: element i of vector j is x[i * stride + j]. */
typedef struct iou_softmax_job {
    const float *x;
    float *y;      /**< may be x */
    size_t extent; /**< elements of a vector: at least 1 */
    size_t stride, count;
    bool logarithm;
} iou_softmax_job;

/** The same of float64. */
typedef struct iou_softmax_job_f64 {
    const double *x;
    double *y;
    size_t extent, stride, count;
    bool logarithm;
} iou_softmax_job_f64;

void iou_softmax_f64(const iou_softmax_job_f64 *job);

typedef struct iou_softmax_kernels {
    iou_isa isa;
    void (*row)(const iou_softmax_job *job);     /**< one vector of stride 1 */
    void (*columns)(const iou_softmax_job *job); /**< any number of any stride */
} iou_softmax_kernels;

extern const iou_softmax_kernels iou_softmax_f32_scalar;
#if defined(__x86_64__)
extern const iou_softmax_kernels iou_softmax_f32_avx2;
extern const iou_softmax_kernels iou_softmax_f32_avx512;
#endif

/** The best loops for a CPU of this level. */
const iou_softmax_kernels *iou_softmax_choose(iou_isa isa);

#endif
