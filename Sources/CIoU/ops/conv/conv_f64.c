/* Convolutions of float64, which detectors do not have: by their definitions. */
#include "ops/conv/conv.h"
#include "ops/rows.h"

typedef struct sums_params {
    iou_conv_sums_f64 sums;
    bool biased;
    iou_rows rows; /* output pixels, all channels each */
} sums_params;

static iou_status run(const iou_call *call, size_t task) {
    const sums_params *p = call->params;
    const iou_conv_sums_f64 *s = &p->sums;
    const double *bias = p->biased ? call->in[2] : NULL;
    size_t row, end;
    for (iou_rows_range(&p->rows, task, &row, &end); row < end; row++) {
        const int64_t pixel = (int64_t)row;
        const int64_t at[] = {pixel / (s->out[1] * s->out[2]) % s->out[0],
                              pixel / s->out[2] % s->out[1], pixel % s->out[2]};
        const int64_t n = pixel / (s->out[0] * s->out[1] * s->out[2]);
        double *out = (double *)call->out[0] + pixel * s->out_channels;
        for (int64_t m = 0; m < s->out_channels; m++) {
            out[m] = s->sum(s->shape, call->in[0], call->in[1], m, n, at) +
                     (bias != NULL ? bias[m] : 0.0);
        }
    }
    return IOU_OK;
}

iou_status iou_conv_prepare_sums_f64(const iou_prepare *prepare, const iou_conv_sums_f64 *sums) {
    sums_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "out of memory");
    }
    p->sums = *sums;
    p->biased = prepare->node->input_count > 2 && prepare->in[2] != NULL;
    p->rows = iou_rows_of((size_t)(sums->batch * sums->out[0] * sums->out[1] * sums->out[2]),
                          sums->terms * (size_t)sums->out_channels);
    *prepare->step = (iou_step){.run = prepare->out->count == 0 ? iou_run_nothing : run,
                                .params = p,
                                .task_count = iou_rows_tasks(&p->rows),
                                .algorithm = "plain",
                                .isa = "scalar",
                                .flop = 2.0 * (double)prepare->out->count * (double)sums->terms};
    return IOU_OK;
}

static double window_sum(const void *shape, const double *image, const double *weights, int64_t m,
                         int64_t n, const int64_t at[IOU_CONV_SPATIAL]) {
    return iou_conv_window_f64(shape, image, weights, m, n, at);
}

iou_status iou_conv_prepare_f64(const iou_prepare *prepare) {
    iou_conv_shape *s = iou_prepare_alloc(prepare, sizeof *s);
    if (s == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "out of memory");
    }
    IOU_TRY(iou_conv_shape_read(s, prepare));
    const iou_conv_sums_f64 sums = {.sum = window_sum,
                                    .shape = s,
                                    .batch = s->batch,
                                    .out_channels = s->out_channels,
                                    .out = {s->out[0], s->out[1], s->out[2]},
                                    .terms = (size_t)(s->kernel[0] * s->kernel[1] * s->kernel[2]) *
                                             (size_t)(s->in_channels / s->group)};
    return iou_conv_prepare_sums_f64(prepare, &sums);
}
