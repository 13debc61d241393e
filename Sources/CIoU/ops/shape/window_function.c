/* HannWindow, HammingWindow and BlackmanWindow: sums of cosines, of a length that is known before
 * the run. */
#include "ops/facts.h"
#include "ops/real.h"
#include "ops/strided_iterator.h"

#include <math.h>

enum { TERMS = 3 };

typedef struct window_attributes {
    iou_type type;
    bool periodic;
} window_attributes;

typedef struct window_params {
    iou_type type;
    size_t count, period;
    double terms[TERMS]; /* a0 - a1 cos(t) + a2 cos(2t) */
} window_params;

static iou_status window_parse(const iou_parse *parse) {
    window_attributes *a = parse->attributes;
    const int64_t type = iou_attribute_int(parse->node, "output_datatype", IOU_FLOAT);
    a->periodic = iou_attribute_int(parse->node, "periodic", 1) != 0;
    for (const iou_type *t = iou_types_real; *t != IOU_TYPE_UNDEFINED; t++) {
        if ((int64_t)*t == type) {
            a->type = *t;
            return IOU_OK;
        }
    }
    return iou_parse_fail(parse, IOU_UNSUPPORTED, "output_datatype: expected %s, found type %lld",
                          iou_type_name(IOU_FLOAT), (long long)type);
}

static iou_status window_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    iou_fact *out = &infer->out[0];
    out->type = ((const window_attributes *)infer->node->attributes)->type;
    out->rank = 1;
    IOU_TRY(iou_fact_scalar(infer, 0, iou_dim_unknown(), &out->dims[0]));
    if (out->dims[0].known && out->dims[0].value < 0) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "size: expected 0 or more, found %lld",
                              (long long)out->dims[0].value);
    }
    return IOU_OK;
}

static iou_status window_run(const iou_call *call, size_t task) {
    static const double turn = 6.283185307179586477;
    const window_params *p = call->params;
    size_t at, end;
    iou_chunk(task, p->count, &at, &end);
    for (; at < end; at++) {
        const double angle = p->period > 0 ? turn * (double)at / (double)p->period : 0.0;
        iou_real_store(p->type, call->out[0], at,
                       p->terms[0] - p->terms[1] * cos(angle) + p->terms[2] * cos(2.0 * angle));
    }
    return IOU_OK;
}

static iou_status window_prepare(const iou_prepare *prepare) {
    static const struct {
        const iou_op *op;
        double terms[TERMS];
    } windows[] = {
        {&iou_op_hann_window, {0.5, 0.5, 0.0}},
        {&iou_op_hamming_window, {25.0 / 46.0, 21.0 / 46.0, 0.0}},
        {&iou_op_blackman_window, {0.42, 0.5, 0.08}},
    };
    window_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const window_attributes *a = prepare->node->attributes;
    p->type = a->type;
    p->count = prepare->out[0].count;
    p->period = a->periodic || p->count == 0 ? p->count : p->count - 1;
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        for (int k = 0; k < TERMS && windows[i].op == prepare->node->op; k++) {
            p->terms[k] = windows[i].terms[k];
        }
    }
    *prepare->step = (iou_step){.run = p->count == 0 ? iou_run_nothing : window_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->count),
                                .algorithm = "element-wise",
                                .isa = "scalar"};
    return IOU_OK;
}

#define WINDOW_OP(type, symbol)                                                                    \
    const iou_op iou_op_##symbol = {.name = type,                                                  \
                                    .attributes_size = sizeof(window_attributes),                  \
                                    .parse = window_parse,                                         \
                                    .infer = window_infer,                                         \
                                    .prepare = window_prepare};

WINDOW_OP("BlackmanWindow", blackman_window)
WINDOW_OP("HammingWindow", hamming_window)
WINDOW_OP("HannWindow", hann_window)
