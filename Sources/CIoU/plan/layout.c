#include "plan/layout.h"

#include <string.h>

/** Every conversion is a batch of matrix transposes: [rows][columns] becomes [columns][rows]. */
typedef struct transposes {
    size_t batch, rows, columns, element;
    size_t stripes; /* tasks a matrix: a stripe of its columns each */
} transposes;

enum { TILE = 16, STRIPE = 256 };

static transposes describe(const iou_operand *o) {
    size_t pixels = 1;
    for (int i = 2; i < o->rank; i++) {
        pixels *= (size_t)o->dims[i];
    }
    const size_t channels = (size_t)o->dims[1];
    const bool plain = o->layout == IOU_PLAIN;
    transposes t = {(size_t)o->dims[0], plain ? channels : pixels, plain ? pixels : channels,
                    iou_type_size(o->type), 1};
    t.stripes = (t.columns + STRIPE - 1) / STRIPE;
    return t;
}

bool iou_layout_trivial(const iou_operand *operand) {
    const transposes t = describe(operand);
    return t.rows <= 1 || t.columns <= 1;
}

#define DEFINE_TRANSPOSE(bits)                                                                     \
    static void transpose_##bits(uint##bits##_t *restrict to, const uint##bits##_t *restrict from, \
                                 size_t rows, size_t columns, size_t begin, size_t end) {          \
        for (size_t r0 = 0; r0 < rows; r0 += TILE) {                                               \
            const size_t r1 = r0 + TILE < rows ? r0 + TILE : rows;                                 \
            for (size_t c = begin; c < end; c++) {                                                 \
                for (size_t r = r0; r < r1; r++) {                                                 \
                    to[c * rows + r] = from[r * columns + c];                                      \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }

DEFINE_TRANSPOSE(8)
DEFINE_TRANSPOSE(16)
DEFINE_TRANSPOSE(32)
DEFINE_TRANSPOSE(64)

static void run_stripe(const transposes *t, void *to, const void *from, size_t task) {
    const size_t matrix = task / t->stripes * t->rows * t->columns * t->element;
    const size_t begin = task % t->stripes * STRIPE;
    const size_t end = begin + STRIPE < t->columns ? begin + STRIPE : t->columns;
    void *out = (char *)to + matrix;
    const void *in = (const char *)from + matrix;
    switch (t->element) {
    case 1: transpose_8(out, in, t->rows, t->columns, begin, end); break;
    case 2: transpose_16(out, in, t->rows, t->columns, begin, end); break;
    case 4: transpose_32(out, in, t->rows, t->columns, begin, end); break;
    default: transpose_64(out, in, t->rows, t->columns, begin, end); break;
    }
}

static iou_status run(const iou_call *call, size_t task) {
    run_stripe(call->params, call->out[0], call->in[0], task);
    return IOU_OK;
}

iou_status iou_layout_step(iou_step *step, const iou_operand *operand, iou_arena *memory,
                           iou_error *error) {
    transposes *t = iou_arena_alloc(memory, sizeof *t);
    IOU_FAIL_IF(!t, IOU_OUT_OF_MEMORY, error, "no memory for the plan");
    *t = describe(operand);
    *step = (iou_step){.run = run,
                       .params = t,
                       .task_count = t->batch * t->stripes,
                       .algorithm = operand->layout == IOU_PLAIN ? "to channels last" : "to plain",
                       .isa = "scalar"};
    return IOU_OK;
}

void iou_layout_copy(void *to, const void *from, const iou_operand *operand) {
    const transposes t = describe(operand);
    for (size_t task = 0; task < t.batch * t.stripes; task++) {
        run_stripe(&t, to, from, task);
    }
}
