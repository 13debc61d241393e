#include "ops/norm/moments.h"

enum { LANES = 8 };

#define ADD_UP(name, type, expression)                                                             \
    static double name(const type *x, size_t n, double mean) {                                     \
        double sums[LANES] = {0}, sum = 0.0;                                                       \
        size_t i = 0;                                                                              \
        (void)mean;                                                                                \
        for (; i + LANES <= n; i += LANES) {                                                       \
            for (size_t l = 0; l < LANES; l++) {                                                   \
                const double v = (double)x[i + l];                                                 \
                sums[l] += (expression);                                                           \
            }                                                                                      \
        }                                                                                          \
        for (; i < n; i++) {                                                                       \
            const double v = (double)x[i];                                                         \
            sum += (expression);                                                                   \
        }                                                                                          \
        for (size_t l = 0; l < LANES; l++) {                                                       \
            sum += sums[l];                                                                        \
        }                                                                                          \
        return sum;                                                                                \
    }

ADD_UP(sum_f32, float, v)
ADD_UP(sum_f64, double, v)
ADD_UP(squares_f32, float, (v - mean) * (v - mean))
ADD_UP(squares_f64, double, (v - mean) * (v - mean))

double iou_sum(iou_type type, const void *x, size_t n) {
    return type == IOU_FLOAT ? sum_f32(x, n, 0.0) : sum_f64(x, n, 0.0);
}

double iou_sum_squares(iou_type type, const void *x, size_t n, double mean) {
    return type == IOU_FLOAT ? squares_f32(x, n, mean) : squares_f64(x, n, mean);
}
