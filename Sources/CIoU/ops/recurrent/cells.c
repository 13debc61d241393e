/* One step in time of each cell. */
#include "ops/real.h"
#include "ops/recurrent/recurrent.h"

double iou_cell_apply(const iou_cell_step *step, int function, double x) {
    const iou_cell_activation *a = &step->activations[function];
    const double clip = step->how->clip;
    return a->apply(x < -clip ? -clip : x > clip ? clip : x, a->alpha, a->beta);
}

double iou_cell_product(const iou_cell_step *step, size_t row, const double *vector) {
    double sum = 0.0;
    for (size_t k = 0; k < step->hidden; k++) {
        sum += iou_real_load(step->type, step->r, step->r_at + row * step->hidden + k) * vector[k];
    }
    return sum;
}

static void rnn_step(const iou_cell_step *s) {
    for (size_t j = 0; j < s->hidden; j++) {
        s->state[j] = iou_cell_apply(s, 0, s->input[j] + s->recurrence[j]);
    }
}

/* Gates z (update), r (reset), h (hidden). */
static void gru_step(const iou_cell_step *s) {
    const size_t n = s->hidden;
    for (size_t j = 0; j < n; j++) {
        const double reset = iou_cell_apply(s, 0, s->input[n + j] + s->recurrence[n + j]);
        s->input[n + j] = reset;
        s->spare[j] = reset * s->state[j];
    }
    for (size_t j = 0; j < n; j++) {
        const size_t h = 2 * n + j;
        const double recurrence = s->how->linear_before_reset
                                      ? s->input[n + j] * s->recurrence[h]
                                      : iou_cell_product(s, h, s->spare) + s->recurrence_bias[h];
        s->recurrence[h] = iou_cell_apply(s, 1, s->input[h] + recurrence);
    }
    for (size_t j = 0; j < n; j++) {
        const double update = iou_cell_apply(s, 0, s->input[j] + s->recurrence[j]);
        s->state[j] = (1.0 - update) * s->recurrence[2 * n + j] + update * s->state[j];
    }
}

/* Gates i (input), o (output), f (forget), c (cell); peepholes of i, o, f. */
static void lstm_step(const iou_cell_step *s) {
    const size_t n = s->hidden;
    for (size_t j = 0; j < n; j++) {
        const double *w = s->input + j, *r = s->recurrence + j, *p = s->peepholes + j;
        const double before = s->memory[j];
        const double in = iou_cell_apply(s, 0, w[0] + r[0] + p[0] * before);
        const double forget = s->how->input_forget
                                  ? 1.0 - in
                                  : iou_cell_apply(s, 0, w[2 * n] + r[2 * n] + p[2 * n] * before);
        const double cell = iou_cell_apply(s, 1, w[3 * n] + r[3 * n]);
        const double after = forget * before + in * cell;
        const double out = iou_cell_apply(s, 0, w[n] + r[n] + p[n] * after);
        const iou_cell_activation *h = &s->activations[2];
        s->memory[j] = after;
        s->state[j] = out * h->apply(after, h->alpha, h->beta);
    }
}

const iou_cell iou_cells[] = {
    {"RNN", 1, 6, 2, 1, {"Tanh"}, rnn_step},
    {"GRU", 3, 6, 2, 2, {"Sigmoid", "Tanh"}, gru_step},
    {"LSTM", 4, 8, 3, 3, {"Sigmoid", "Tanh", "Tanh"}, lstm_step},
};
