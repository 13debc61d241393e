/* Convolution by its definition. Slow and plain on purpose: this is what every kernel must mean. */
#include "core/clamp.h"
#include "ops/conv/conv.h"

#include <math.h>

/* The sum of one group's window for output channel m at (n, z, y, x). */
static double conv_window(const iou_conv_shape *s, const float *image, const float *weights,
                          int64_t m, int64_t n, const int64_t at[IOU_CONV_SPATIAL]) {
    const int64_t channels = s->in_channels / s->group;
    const int64_t first = m / (s->out_channels / s->group) * channels;
    const int64_t *kernel = s->kernel;
    double sum = 0;
    for (int64_t c = 0; c < channels; c++) {
        for (int64_t tap = 0; tap < kernel[0] * kernel[1] * kernel[2]; tap++) {
            const int64_t k[] = {tap / (kernel[1] * kernel[2]), tap / kernel[2] % kernel[1],
                                 tap % kernel[2]};
            int64_t pixel = n;
            bool inside = true;
            for (int i = 0; i < IOU_CONV_SPATIAL; i++) {
                const int64_t from = at[i] * s->stride[i] - s->pad[i] + k[i] * s->dilation[i];
                inside = inside && from >= 0 && from < s->in[i];
                pixel = pixel * s->in[i] + from;
            }
            if (inside) {
                const int64_t weight = (m * channels + c) * kernel[0] * kernel[1] * kernel[2] + tap;
                sum += (double)image[pixel * s->in_channels + first + c] * (double)weights[weight];
            }
        }
    }
    return sum;
}

static double conv_residual(const iou_conv_shape *s, const iou_epilogue *epilogue,
                            const float *residual, int64_t m, int64_t n,
                            const int64_t at[IOU_CONV_SPATIAL]) {
    const int missing = 2 + IOU_CONV_SPATIAL - epilogue->residual->rank;
    int64_t pixel = n;
    for (int i = 0; i < IOU_CONV_SPATIAL; i++) {
        const int64_t size = i < missing ? 1 : epilogue->residual->dims[2 + i - missing];
        const int64_t from =
            epilogue->residual_upsampled ? iou_conv_nearest(at[i], s->out[i], size) : at[i];
        pixel = pixel * size + from;
    }
    return (double)residual[pixel * s->out_channels + m];
}

static double conv_activate(const iou_epilogue *epilogue, double x) {
    switch (epilogue->activation) {
    case IOU_ACT_CLAMP: return iou_clamp_f64(x, (double)epilogue->lo, (double)epilogue->hi);
    case IOU_ACT_SIGMOID: return 1 / (1 + exp(-x));
    case IOU_ACT_NONE: break;
    }
    return x;
}

void iou_conv_f32_scalar(const iou_conv_shape *shape, const float *image, const float *weights,
                         const float *bias, const iou_epilogue *epilogue, const float *residual,
                         float *out) {
    const iou_conv_shape *s = shape;
    const int64_t rows = s->batch * s->out[0] * s->out[1] * s->out[2];
    for (int64_t row = 0; row < rows; row++) {
        const int64_t at[] = {row / (s->out[1] * s->out[2]) % s->out[0],
                              row / s->out[2] % s->out[1], row % s->out[2]};
        const int64_t n = row / (s->out[0] * s->out[1] * s->out[2]);
        for (int64_t m = 0; m < s->out_channels; m++) {
            double sum = conv_window(s, image, weights, m, n, at);
            sum += bias != NULL ? (double)bias[m] : 0;
            if (epilogue->scale != NULL) {
                sum = sum * (double)epilogue->scale[m] + (double)epilogue->shift[m];
            }
            if (epilogue->residual != NULL) {
                sum += conv_residual(s, epilogue, residual, m, n, at);
            }
            out[row * s->out_channels + m] = (float)conv_activate(epilogue, sum);
        }
    }
}
