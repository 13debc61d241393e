/* Transposed convolution of float64, by its definition. */
#include "ops/conv_transpose/conv_transpose.h"
#include "ops/rows.h"

typedef struct transpose_f64_params {
    iou_conv_transpose_shape shape;
    bool biased;
    iou_rows rows; /* output pixels, all channels each */
} transpose_f64_params;

static iou_status run(const iou_call *call, size_t task) {
    const transpose_f64_params *p = call->params;
    const iou_conv_transpose_shape *s = &p->shape;
    const double *bias = p->biased ? call->in[2] : NULL;
    const int64_t size[] = {s->axes[0].out, s->axes[1].out, s->axes[2].out};
    size_t row, end;
    for (iou_rows_range(&p->rows, task, &row, &end); row < end; row++) {
        const int64_t pixel = (int64_t)row;
        const int64_t at[] = {pixel / (size[1] * size[2]) % size[0], pixel / size[2] % size[1],
                              pixel % size[2]};
        const int64_t n = pixel / (size[0] * size[1] * size[2]);
        double *out = (double *)call->out[0] + pixel * s->out_channels;
        for (int64_t m = 0; m < s->out_channels; m++) {
            out[m] = iou_conv_transpose_sum_f64(s, call->in[0], call->in[1], m, n, at) +
                     (bias != NULL ? bias[m] : 0.0);
        }
    }
    return IOU_OK;
}

iou_status iou_conv_transpose_prepare_f64(const iou_prepare *prepare) {
    transpose_f64_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "out of memory");
    }
    IOU_TRY(iou_conv_transpose_shape_read(&p->shape, prepare));
    const iou_conv_transpose_shape *s = &p->shape;
    p->biased = prepare->node->input_count > 2 && prepare->in[2] != NULL;
    const size_t window = s->axes[0].kernel * s->axes[1].kernel * s->axes[2].kernel *
                          (size_t)(s->in_channels / s->group);
    p->rows = iou_rows_of((size_t)(s->batch * s->axes[0].out * s->axes[1].out * s->axes[2].out),
                          window * (size_t)s->out_channels);
    *prepare->step = (iou_step){.run = prepare->out->count == 0 ? iou_run_nothing : run,
                                .params = p,
                                .task_count = iou_rows_tasks(&p->rows),
                                .algorithm = "plain",
                                .isa = "scalar",
                                .flop = 2.0 * (double)prepare->out->count * (double)window};
    return IOU_OK;
}
