/* DFT. The last dimension is the real part, or real and imaginary part. */
#include "ops/facts.h"
#include "ops/real.h"
#include "ops/rows.h"
#include "ops/signal/fourier.h"

enum { X, LENGTH, AXIS };

typedef struct dft_attributes {
    bool inverse, onesided;
    int64_t axis; /* before opset 20; then it is an input */
} dft_attributes;

typedef struct dft_params {
    iou_type type;
    iou_axis in;   /* around the axis, without parts */
    size_t parts;  /* of an input: 1 or 2 */
    size_t extent; /* of the output's axis */
    bool real;     /* the output has no imaginary part: the input is half of a symmetric one */
    iou_fourier fourier;
    iou_rows lines;
} dft_params;

static iou_status dft_parse(const iou_parse *parse) {
    dft_attributes *a = parse->attributes;
    a->axis = iou_attribute_int(parse->node, "axis", parse->node->opset < 20 ? 1 : -2);
    IOU_TRY(iou_parse_flag(parse, "inverse", false, &a->inverse));
    return iou_parse_flag(parse, "onesided", false, &a->onesided);
}

/* ---- Infer --------------------------------------------------------------------------------- */

static iou_status find_axis(const iou_infer *infer, iou_dim *axis) {
    const dft_attributes *a = infer->node->attributes;
    const int rank = infer->in[X]->rank;
    IOU_TRY(iou_fact_scalar(infer, AXIS, iou_dim_number(a->axis), axis));
    if (!axis->known || rank < 0) {
        *axis = iou_dim_unknown();
        return IOU_OK;
    }
    int at;
    IOU_TRY(iou_fact_axis(infer, axis->value, rank, &at));
    if (at == rank - 1) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "axis: expected another than that of the parts, found the last");
    }
    *axis = iou_dim_number(at);
    return IOU_OK;
}

static iou_status check_parts(const iou_infer *infer, bool real_in, bool complex_in) {
    const iou_fact *x = infer->in[X];
    if (x->rank == 0 || x->rank == 1) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected rank 2 or more, found %d", x->rank);
    }
    const iou_dim parts = x->rank < 0 ? iou_dim_unknown() : x->dims[x->rank - 1];
    if (parts.known && !(parts.value == 1 && real_in) && !(parts.value == 2 && complex_in)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "last dimension: expected %s, found %lld",
                              real_in && complex_in ? "1 or 2"
                              : real_in             ? "1"
                                                    : "2",
                              (long long)parts.value);
    }
    return IOU_OK;
}

/* How many numbers are transformed, by the input's extent. */
static iou_status find_length(const iou_infer *infer, iou_dim extent, iou_dim *length) {
    const dft_attributes *a = infer->node->attributes;
    const iou_dim two = iou_dim_number(2);
    const iou_dim whole = a->inverse && a->onesided
                              ? iou_infer_mul(infer, iou_infer_add(infer, extent, -1), two)
                              : extent;
    IOU_TRY(iou_fact_scalar(infer, LENGTH, whole, length));
    if (length->known && length->value < 1) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "dft_length: expected 1 or more, found %lld",
                              (long long)length->value);
    }
    return IOU_OK;
}

static iou_status dft_infer(const iou_infer *infer) {
    const dft_attributes *a = infer->node->attributes;
    const bool half_out = a->onesided && !a->inverse, half_in = a->onesided && a->inverse;
    iou_dim axis, length;
    IOU_TRY(iou_fact_begin(infer, 1, 3, 1));
    IOU_TRY(iou_infer_type(infer, X, iou_types_real));
    IOU_TRY(check_parts(infer, !half_in, !half_out));
    IOU_TRY(find_axis(infer, &axis));
    const iou_fact *x = infer->in[X];
    iou_fact *out = &infer->out[0];
    iou_fact_like(out, x);
    if (x->rank < 0) {
        return IOU_OK;
    }
    out->dims[x->rank - 1] = iou_dim_number(half_in ? 1 : 2);
    for (int i = 0; i < x->rank - 1 && !axis.known; i++) {
        out->dims[i] = iou_dim_unknown();
    }
    if (axis.known) {
        IOU_TRY(find_length(infer, x->dims[axis.value], &length));
        out->dims[axis.value] =
            half_out ? iou_infer_add(infer, iou_infer_floor_div(infer, length, 2), 1) : length;
    }
    return IOU_OK;
}

/* ---- Run ----------------------------------------------------------------------------------- */

static iou_complex load(const dft_params *p, const iou_call *call, size_t at) {
    const double real = iou_real_load(p->type, call->in[X], at * p->parts);
    return (iou_complex){real,
                         p->parts == 2 ? iou_real_load(p->type, call->in[X], at * 2 + 1) : 0.0};
}

/* The line's numbers, zeros behind them; of half a line, the other half mirrored. */
static void load_line(const dft_params *p, const iou_call *call, size_t outer, size_t inner) {
    const size_t n = p->fourier.length, given = p->real ? n / 2 + 1 : n;
    iou_complex *line = iou_fourier_line(call->scratch);
    for (size_t k = 0; k < given; k++) {
        const size_t at = (outer * p->in.extent + k) * p->in.inner + inner;
        line[k] = k < p->in.extent ? load(p, call, at) : (iou_complex){0.0, 0.0};
    }
    for (size_t k = given; k < n; k++) {
        line[k] = (iou_complex){line[n - k].real, -line[n - k].imaginary};
    }
}

static void store_line(const dft_params *p, const iou_call *call, size_t outer, size_t inner,
                       const iou_complex *line) {
    for (size_t k = 0; k < p->extent; k++) {
        const size_t at = (outer * p->extent + k) * p->in.inner + inner;
        if (p->real) {
            iou_real_store(p->type, call->out[0], at, line[k].real);
        } else {
            iou_real_store(p->type, call->out[0], 2 * at, line[k].real);
            iou_real_store(p->type, call->out[0], 2 * at + 1, line[k].imaginary);
        }
    }
}

static iou_status dft_run(const iou_call *call, size_t task) {
    const dft_params *p = call->params;
    size_t line, end;
    for (iou_rows_range(&p->lines, task, &line, &end); line < end; line++) {
        const size_t outer = line / p->in.inner, inner = line % p->in.inner;
        load_line(p, call, outer, inner);
        store_line(p, call, outer, inner, iou_fourier_run(&p->fourier, call->scratch));
    }
    return IOU_OK;
}

static iou_status dft_prepare(const iou_prepare *prepare) {
    const dft_attributes *a = prepare->node->attributes;
    const iou_operand *x = prepare->in[X], *out = &prepare->out[0];
    dft_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    int64_t at, n;
    IOU_TRY(iou_operand_scalar(prepare, AXIS, a->axis, &at));
    p->type = x->type;
    p->parts = (size_t)x->dims[x->rank - 1];
    p->in = iou_axis_of(x, at);
    p->in.inner /= p->parts;
    p->extent = iou_axis_of(out, at).extent;
    p->real = a->inverse && a->onesided;
    const int64_t extent = (int64_t)p->in.extent;
    IOU_TRY(iou_operand_scalar(prepare, LENGTH, p->real ? 2 * (extent - 1) : extent, &n));
    *prepare->step = (iou_step){.run = iou_run_nothing, .task_count = 1, .isa = "scalar"};
    prepare->step->algorithm = "lines";
    if (out->count == 0) {
        return IOU_OK;
    }
    IOU_TRY(iou_fourier_prepare(prepare, (size_t)n, a->inverse, &p->fourier));
    p->lines = iou_rows_of(p->in.outer * p->in.inner, (size_t)n);
    prepare->step->run = dft_run;
    prepare->step->params = p;
    prepare->step->task_count = iou_rows_tasks(&p->lines);
    prepare->step->scratch_size = iou_fourier_scratch(&p->fourier);
    return IOU_OK;
}

const iou_op iou_op_dft = {.name = "DFT",
                           .attributes_size = sizeof(dft_attributes),
                           .parse = dft_parse,
                           .infer = dft_infer,
                           .prepare = dft_prepare};
