/* STFT: the Fourier transforms of frames of a signal, each times a window. */
#include "ops/facts.h"
#include "ops/real.h"
#include "ops/rows.h"
#include "ops/signal/fourier.h"

enum { SIGNAL, STEP, WINDOW, LENGTH };

typedef struct stft_attributes {
    bool onesided;
} stft_attributes;

typedef struct stft_params {
    iou_type type;
    size_t samples, parts, step, frames, bins;
    bool windowed;
    iou_fourier fourier;
    iou_rows lines; /* a frame of one of the batch each */
} stft_params;

static iou_status stft_parse(const iou_parse *parse) {
    return iou_parse_flag(parse, "onesided", true,
                          &((stft_attributes *)parse->attributes)->onesided);
}

/* ---- Infer --------------------------------------------------------------------------------- */

static iou_status check_signal(const iou_infer *infer) {
    const stft_attributes *a = infer->node->attributes;
    const iou_fact *signal = infer->in[SIGNAL];
    IOU_TRY(iou_infer_type(infer, SIGNAL, iou_types_real));
    const iou_type same[] = {signal->type, IOU_TYPE_UNDEFINED};
    if (iou_fact_in(infer, WINDOW) != NULL) {
        IOU_TRY(
            iou_infer_type(infer, WINDOW, same[0] == IOU_TYPE_UNDEFINED ? iou_types_real : same));
    }
    if (signal->rank >= 0 && signal->rank != 3) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "signal: expected rank 3, found %d",
                              signal->rank);
    }
    const iou_dim parts = signal->rank == 3 ? signal->dims[2] : iou_dim_unknown();
    if (parts.known && parts.value != 1 && (parts.value != 2 || a->onesided)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "signal: expected %s parts, found %lld",
                              a->onesided ? "1" : "1 or 2", (long long)parts.value);
    }
    return IOU_OK;
}

/* Samples of a frame: those given, or of the window, or of the signal. */
static iou_status find_length(const iou_infer *infer, iou_dim *length) {
    const iou_fact *signal = infer->in[SIGNAL], *window = iou_fact_in(infer, WINDOW);
    iou_dim otherwise = signal->rank == 3 ? signal->dims[1] : iou_dim_unknown();
    if (window != NULL) {
        otherwise = window->rank == 1 ? window->dims[0] : iou_dim_unknown();
    }
    IOU_TRY(iou_fact_scalar(infer, LENGTH, otherwise, length));
    return iou_fact_check_dims(infer, WINDOW, 1, length);
}

static iou_status stft_infer(const iou_infer *infer) {
    const stft_attributes *a = infer->node->attributes;
    const iou_fact *signal = infer->in[SIGNAL];
    iou_fact *out = &infer->out[0];
    iou_dim step, length;
    IOU_TRY(iou_fact_begin(infer, 2, 4, 1));
    IOU_TRY(check_signal(infer));
    IOU_TRY(iou_fact_scalar(infer, STEP, iou_dim_unknown(), &step));
    IOU_TRY(find_length(infer, &length));
    const iou_dim samples = signal->rank == 3 ? signal->dims[1] : iou_dim_unknown();
    if ((step.known && step.value < 1) || (length.known && length.value < 1)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "expected a frame_step and frame_length of 1 or more, found %lld",
                              (long long)(step.known && step.value < 1 ? step : length).value);
    }
    if (samples.known && length.known && length.value > samples.value) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "frame_length: expected at most %lld samples, found %lld",
                              (long long)samples.value, (long long)length.value);
    }
    out->type = signal->type;
    out->rank = 4;
    out->dims[0] = signal->rank == 3 ? signal->dims[0] : iou_dim_unknown();
    out->dims[1] = iou_dim_unknown();
    if (samples.known && length.known && step.known) {
        out->dims[1] = iou_dim_number((samples.value - length.value) / step.value + 1);
    }
    out->dims[2] =
        a->onesided ? iou_infer_add(infer, iou_infer_floor_div(infer, length, 2), 1) : length;
    out->dims[3] = iou_dim_number(2);
    return IOU_OK;
}

/* ---- Run ----------------------------------------------------------------------------------- */

static void load_frame(const stft_params *p, const iou_call *call, size_t first) {
    iou_complex *line = iou_fourier_line(call->scratch);
    for (size_t k = 0; k < p->fourier.length; k++) {
        const double weight = p->windowed ? iou_real_load(p->type, call->in[WINDOW], k) : 1.0;
        const size_t at = (first + k) * p->parts;
        line[k].real = weight * iou_real_load(p->type, call->in[SIGNAL], at);
        line[k].imaginary =
            p->parts == 2 ? weight * iou_real_load(p->type, call->in[SIGNAL], at + 1) : 0.0;
    }
}

static iou_status stft_run(const iou_call *call, size_t task) {
    const stft_params *p = call->params;
    size_t line, end;
    for (iou_rows_range(&p->lines, task, &line, &end); line < end; line++) {
        const size_t batch = line / p->frames, frame = line % p->frames;
        load_frame(p, call, batch * p->samples + frame * p->step);
        const iou_complex *bins = iou_fourier_run(&p->fourier, call->scratch);
        for (size_t k = 0; k < p->bins; k++) {
            const size_t at = 2 * (line * p->bins + k);
            iou_real_store(p->type, call->out[0], at, bins[k].real);
            iou_real_store(p->type, call->out[0], at + 1, bins[k].imaginary);
        }
    }
    return IOU_OK;
}

static iou_status stft_prepare(const iou_prepare *prepare) {
    const iou_operand *signal = prepare->in[SIGNAL], *out = &prepare->out[0];
    const iou_operand *window = iou_operand_in(prepare, WINDOW);
    stft_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    int64_t step, length;
    IOU_TRY(iou_operand_scalar(prepare, STEP, 1, &step));
    IOU_TRY(
        iou_operand_scalar(prepare, LENGTH, window ? window->dims[0] : signal->dims[1], &length));
    p->type = signal->type;
    p->samples = (size_t)signal->dims[1];
    p->parts = (size_t)signal->dims[2];
    p->step = (size_t)step;
    p->frames = (size_t)out->dims[1];
    p->bins = (size_t)out->dims[2];
    p->windowed = window != NULL;
    *prepare->step =
        (iou_step){.run = iou_run_nothing, .task_count = 1, .algorithm = "lines", .isa = "scalar"};
    if (out->count == 0) {
        return IOU_OK;
    }
    IOU_TRY(iou_fourier_prepare(prepare, (size_t)length, false, &p->fourier));
    p->lines = iou_rows_of((size_t)out->dims[0] * p->frames, (size_t)length);
    prepare->step->run = stft_run;
    prepare->step->params = p;
    prepare->step->task_count = iou_rows_tasks(&p->lines);
    prepare->step->scratch_size = iou_fourier_scratch(&p->fourier);
    return IOU_OK;
}

const iou_op iou_op_stft = {.name = "STFT",
                            .attributes_size = sizeof(stft_attributes),
                            .parse = stft_parse,
                            .infer = stft_infer,
                            .prepare = stft_prepare};
