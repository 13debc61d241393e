/* Softmax of float64, in plain loops. */
#include "ops/norm/softmax_kernel.h"

#include <math.h>

void iou_softmax_f64(const iou_softmax_job_f64 *job) {
    for (size_t j = 0; j < job->count; j++) {
        const double *x = job->x + j;
        double *y = job->y + j, most = -(double)INFINITY, sum = 0.0;
        for (size_t i = 0; i < job->extent; i++) {
            most = x[i * job->stride] > most ? x[i * job->stride] : most;
        }
        for (size_t i = 0; i < job->extent; i++) {
            const double distance = x[i * job->stride] - most, power = exp(distance);
            sum += power;
            y[i * job->stride] = job->logarithm ? distance : power;
        }
        for (size_t i = 0; i < job->extent; i++) {
            double *to = &y[i * job->stride];
            *to = job->logarithm ? *to - log(sum) : *to / sum;
        }
    }
}
