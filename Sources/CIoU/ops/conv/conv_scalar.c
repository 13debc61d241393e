/* Convolution by its definition. Slow and plain on purpose: this is what every kernel must mean. */
#include "ops/conv/conv.h"

/* The sum of one group's window for output channel m at (n, z, y, x). */
#define CONV_WINDOW(name, type)                                                                    \
    double name(const iou_conv_shape *s, const type *image, const type *weights, int64_t m,        \
                int64_t n, const int64_t at[IOU_CONV_SPATIAL]) {                                   \
        const int64_t channels = s->in_channels / s->group;                                        \
        const int64_t first = m / (s->out_channels / s->group) * channels;                         \
        const int64_t *kernel = s->kernel;                                                         \
        double sum = 0;                                                                            \
        for (int64_t c = 0; c < channels; c++) {                                                   \
            for (int64_t tap = 0; tap < kernel[0] * kernel[1] * kernel[2]; tap++) {                \
                const int64_t k[] = {tap / (kernel[1] * kernel[2]), tap / kernel[2] % kernel[1],   \
                                     tap % kernel[2]};                                             \
                int64_t pixel = n;                                                                 \
                bool inside = true;                                                                \
                for (int i = 0; i < IOU_CONV_SPATIAL; i++) {                                       \
                    const int64_t from = at[i] * s->stride[i] - s->pad[i] + k[i] * s->dilation[i]; \
                    inside = inside && from >= 0 && from < s->in[i];                               \
                    pixel = pixel * s->in[i] + from;                                               \
                }                                                                                  \
                if (inside) {                                                                      \
                    const int64_t weight =                                                         \
                        (m * channels + c) * kernel[0] * kernel[1] * kernel[2] + tap;              \
                    sum += (double)image[pixel * s->in_channels + first + c] *                     \
                           (double)weights[weight];                                                \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
        return sum;                                                                                \
    }

static CONV_WINDOW(conv_window_f32, float)

    CONV_WINDOW(iou_conv_window_f64, double)

    /* The element that an addition or a product takes at output pixel `at`. */
    static double conv_operand(const iou_conv_shape *s, const iou_epilogue_step *step,
                               const float *operand, int64_t m, int64_t n,
                               const int64_t at[IOU_CONV_SPATIAL]) {
    const int missing = 2 + IOU_CONV_SPATIAL - step->operand->rank;
    int64_t pixel = n;
    for (int i = 0; i < IOU_CONV_SPATIAL; i++) {
        const int64_t size = i < missing ? 1 : step->operand->dims[2 + i - missing];
        const int64_t from = step->upsampled ? iou_conv_nearest(at[i], s->out[i], size) : at[i];
        pixel = pixel * size + from;
    }
    return (double)operand[pixel * s->out_channels + m];
}

static void conv_operands(const iou_conv_shape *s, const iou_epilogue *epilogue,
                          const float *const *operands, int64_t m, int64_t n,
                          const int64_t at[IOU_CONV_SPATIAL], double *values) {
    for (size_t i = 0; i < epilogue->count; i++) {
        const iou_epilogue_step *step = &epilogue->steps[i];
        if (iou_epilogue_has_operand(step)) {
            *values++ = conv_operand(s, step, *operands++, m, n, at);
        }
    }
}

void iou_conv_f32_scalar(const iou_conv_shape *shape, const float *image, const float *weights,
                         const float *bias, const iou_epilogue *epilogue,
                         const float *const *operands, float *out) {
    const iou_conv_shape *s = shape;
    const int64_t rows = s->batch * s->out[0] * s->out[1] * s->out[2];
    double values[IOU_EPILOGUE_MOST];
    for (int64_t row = 0; row < rows; row++) {
        const int64_t at[] = {row / (s->out[1] * s->out[2]) % s->out[0],
                              row / s->out[2] % s->out[1], row % s->out[2]};
        const int64_t n = row / (s->out[0] * s->out[1] * s->out[2]);
        for (int64_t m = 0; m < s->out_channels; m++) {
            double sum = conv_window_f32(s, image, weights, m, n, at);
            sum += bias != NULL ? (double)bias[m] : 0;
            conv_operands(s, epilogue, operands, m, n, at, values);
            out[row * s->out_channels + m] =
                (float)iou_epilogue_scalar(epilogue, sum, (size_t)m, values);
        }
    }
}
