/* MelWeightMatrix: triangles over the bins of a spectrum, at equal distances on the mel scale. */
#include "core/convert.h"
#include "ops/facts.h"
#include "ops/real.h"

#include "core/sizes.h"

#include <math.h>
#include <string.h>

enum { BANDS, LENGTH, RATE, LOWER, UPPER, INPUTS };

typedef struct mel_attributes {
    iou_type type;
} mel_attributes;

typedef struct mel_params {
    iou_type types[INPUTS], type;
    size_t bins, bands;
} mel_params;

static iou_status mel_parse(const iou_parse *parse) {
    const int64_t type = iou_attribute_int(parse->node, "output_datatype", IOU_FLOAT);
    for (const iou_type *t = iou_types_any; *t != IOU_TYPE_UNDEFINED; t++) {
        if ((int64_t)*t == type) {
            ((mel_attributes *)parse->attributes)->type = *t;
            return IOU_OK;
        }
    }
    return iou_parse_fail(parse, IOU_UNSUPPORTED, "output_datatype: expected %s, found type %lld",
                          iou_type_name(IOU_FLOAT), (long long)type);
}

static iou_status mel_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, INPUTS, INPUTS, 1));
    iou_dim bands, length, rate;
    IOU_TRY(iou_fact_scalar(infer, BANDS, iou_dim_unknown(), &bands));
    IOU_TRY(iou_fact_scalar(infer, LENGTH, iou_dim_unknown(), &length));
    IOU_TRY(iou_fact_scalar(infer, RATE, iou_dim_unknown(), &rate));
    for (int i = LOWER; i <= UPPER; i++) {
        size_t count;
        IOU_TRY(iou_infer_type(infer, i, iou_types_real));
        if (iou_fact_count(infer->in[i], &count) && count != 1) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d: expected one number, found %zu",
                                  i, count);
        }
    }
    if ((bands.known && bands.value < 0) || (length.known && length.value < 0)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "expected num_mel_bins and dft_length of 0 or more, found %lld",
                              (long long)(bands.known && bands.value < 0 ? bands : length).value);
    }
    iou_fact *out = &infer->out[0];
    out->type = ((const mel_attributes *)infer->node->attributes)->type;
    out->rank = 2;
    out->dims[0] = iou_infer_add(infer, iou_infer_floor_div(infer, length, 2), 1);
    out->dims[1] = bands;
    return IOU_OK;
}

/* ---- Run ----------------------------------------------------------------------------------- */

static double mel(double hertz) {
    return 2595.0 * log10(1.0 + hertz / 700.0);
}

/* The bin that edge `edge` of the triangles falls into. */
static double edge_bin(const mel_params *p, const iou_call *call, size_t edge) {
    const double low = mel(iou_read_double(p->types[LOWER], call->in[LOWER], 0));
    const double high = mel(iou_read_double(p->types[UPPER], call->in[UPPER], 0));
    const double length = (double)iou_read_int(p->types[LENGTH], call->in[LENGTH], 0);
    const double rate = (double)iou_read_int(p->types[RATE], call->in[RATE], 0);
    const double at = low + (double)edge * (high - low) / (double)(p->bands + 2);
    return floor((length + 1.0) * (700.0 * (pow(10.0, at / 2595.0) - 1.0)) / rate);
}

static void store(const mel_params *p, const iou_call *call, size_t bin, size_t band,
                  double value) {
    char *to = (char *)call->out[0] + (bin * p->bands + band) * iou_type_size(p->type);
    iou_convert(IOU_DOUBLE, &value, p->type, to, 1, (iou_rounding){0});
}

/* From 0 at the left edge to 1 in the middle, and down to 0 at the right one. */
static void draw(const mel_params *p, const iou_call *call, size_t band, const size_t edges[3]) {
    const size_t rise = edges[1] - edges[0], fall = edges[2] - edges[1];
    for (size_t bin = edges[0]; bin <= edges[1]; bin++) {
        store(p, call, bin, band, rise == 0 ? 1.0 : (double)(bin - edges[0]) / (double)rise);
    }
    for (size_t bin = edges[1]; bin < edges[2]; bin++) {
        store(p, call, bin, band, (double)(edges[2] - bin) / (double)fall);
    }
}

static iou_status mel_run(const iou_call *call, size_t task) {
    const mel_params *p = call->params;
    (void)task;
    memset(call->out[0], 0, p->bins * p->bands * iou_type_size(p->type));
    for (size_t band = 0; band < p->bands; band++) {
        size_t edges[3];
        for (size_t i = 0; i < 3; i++) {
            const double bin = edge_bin(p, call, band + i);
            const double least = i == 0 ? 0.0 : (double)edges[i - 1];
            /* the right edge itself is not drawn */
            const double most = (double)p->bins - (i == 2 ? 0.0 : 1.0);
            IOU_FAIL_IF(!(bin >= least && bin <= most), IOU_BAD_DATA, call->error,
                        "edge %zu: expected a bin from %g to %g, found %g", band + i, least, most,
                        bin);
            edges[i] = (size_t)bin;
        }
        draw(p, call, band, edges);
    }
    return IOU_OK;
}

static iou_status mel_prepare(const iou_prepare *prepare) {
    mel_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    for (int i = 0; i < INPUTS; i++) {
        p->types[i] = prepare->in[i]->type;
    }
    p->type = prepare->out[0].type;
    p->bins = (size_t)prepare->out[0].dims[0];
    p->bands = (size_t)prepare->out[0].dims[1];
    *prepare->step = (iou_step){.run = prepare->out[0].count == 0 ? iou_run_nothing : mel_run,
                                .params = p,
                                .task_count = 1,
                                .algorithm = "plain",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_mel_weight_matrix = {.name = "MelWeightMatrix",
                                         .attributes_size = sizeof(mel_attributes),
                                         .parse = mel_parse,
                                         .infer = mel_infer,
                                         .prepare = mel_prepare};
