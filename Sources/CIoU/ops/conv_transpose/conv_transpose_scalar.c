/* Transposed convolution by its definition, every output pixel as the sum of what reaches it. */
#include "ops/conv_transpose/conv_transpose.h"

/* Whether tap k of dimension i leads from an input coordinate to output coordinate `at`. */
static bool transpose_from(const iou_conv_transpose_axis *axis, int64_t at, int64_t k,
                           int64_t *from) {
    const int64_t distance = at + axis->pad - k * axis->dilation;
    *from = distance / axis->stride;
    return distance >= 0 && distance % axis->stride == 0 && *from < axis->in;
}

/* The sum of all that reaches output channel m at output pixel `at` of picture n. */
#define TRANSPOSE_SUM(name, type)                                                                  \
    double name(const iou_conv_transpose_shape *s, const type *image, const type *weights,         \
                int64_t m, int64_t n, const int64_t at[IOU_CONV_SPATIAL]) {                        \
        const int64_t ins = s->in_channels / s->group, outs = s->out_channels / s->group;          \
        const int64_t k1 = (int64_t)s->axes[1].kernel, k2 = (int64_t)s->axes[2].kernel;            \
        const int64_t taps = (int64_t)s->axes[0].kernel * k1 * k2;                                 \
        double sum = 0;                                                                            \
        for (int64_t tap = 0; tap < taps; tap++) {                                                 \
            const int64_t k[] = {tap / (k1 * k2), tap / k2 % k1, tap % k2};                        \
            int64_t pixel = n;                                                                     \
            bool reached = true;                                                                   \
            for (int i = 0; i < IOU_CONV_SPATIAL; i++) {                                           \
                int64_t from;                                                                      \
                reached = transpose_from(&s->axes[i], at[i], k[i], &from) && reached;              \
                pixel = pixel * s->axes[i].in + from;                                              \
            }                                                                                      \
            for (int64_t c = m / outs * ins; reached && c < (m / outs + 1) * ins; c++) {           \
                sum += (double)image[pixel * s->in_channels + c] *                                 \
                       (double)weights[(c * outs + m % outs) * taps + tap];                        \
            }                                                                                      \
        }                                                                                          \
        return sum;                                                                                \
    }

static TRANSPOSE_SUM(transpose_sum_f32, float)

    TRANSPOSE_SUM(iou_conv_transpose_sum_f64, double)

        void iou_conv_transpose_f32_scalar(const iou_conv_transpose_shape *shape,
                                           const float *image, const float *weights,
                                           const float *bias, float *out) {
    const iou_conv_transpose_shape *s = shape;
    const int64_t size[] = {s->axes[0].out, s->axes[1].out, s->axes[2].out};
    for (int64_t row = 0; row < s->batch * size[0] * size[1] * size[2]; row++) {
        const int64_t at[] = {row / (size[1] * size[2]) % size[0], row / size[2] % size[1],
                              row % size[2]};
        const int64_t n = row / (size[0] * size[1] * size[2]);
        for (int64_t m = 0; m < s->out_channels; m++) {
            const double sum = transpose_sum_f32(s, image, weights, m, n, at);
            out[row * s->out_channels + m] = (float)(sum + (bias != NULL ? (double)bias[m] : 0));
        }
    }
}
