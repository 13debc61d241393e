/* Transposed convolution of float64, by its definition. */
#include "ops/conv_transpose/conv_transpose.h"

static double sum(const void *shape, const double *image, const double *weights, int64_t m,
                  int64_t n, const int64_t at[IOU_CONV_SPATIAL]) {
    return iou_conv_transpose_sum_f64(shape, image, weights, m, n, at);
}

iou_status iou_conv_transpose_prepare_f64(const iou_prepare *prepare) {
    iou_conv_transpose_shape *s = iou_prepare_alloc(prepare, sizeof *s);
    if (s == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "out of memory");
    }
    IOU_TRY(iou_conv_transpose_shape_read(s, prepare));
    const iou_conv_sums_f64 sums = {.sum = sum,
                                    .shape = s,
                                    .batch = s->batch,
                                    .out_channels = s->out_channels,
                                    .out = {s->axes[0].out, s->axes[1].out, s->axes[2].out},
                                    .terms = s->axes[0].kernel * s->axes[1].kernel *
                                             s->axes[2].kernel *
                                             (size_t)(s->in_channels / s->group)};
    return iou_conv_prepare_sums_f64(prepare, &sums);
}
