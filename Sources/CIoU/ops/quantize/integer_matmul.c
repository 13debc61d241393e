/* MatMulInteger and QLinearMatMul: NumPy's matmul of bytes. */
#include "ops/quantize/integer_matmul.h"

#include "core/sizes.h"
#include "ops/matmul/matmul.h"
#include "ops/quantize/integer_product.h"
#include "ops/quantize/quantization.h"
#include "ops/quantize/rescale.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { TASK_BYTES = 1 << 17 /* of rows of the left matrix */, MOST_TASK_ROWS = 64 };

/** A scale or zero point of each row or column: where those of a matrix and of a row are. */
typedef struct matmul_line {
    int input; /**< -1: absent */
    iou_type type;
    size_t step;
    iou_iterator batch; /**< operand 0 */
} matmul_line;

typedef struct matmul_params {
    bool is_form;
    iou_integer_matmul_attributes form;
    const iou_integer_kernels *kernels;
    const iou_byte_loops *loops;
    const iou_quantized_inputs *inputs;
    iou_matmul_shape shape;
    int batch_rank;
    iou_type left, right, out;
    iou_span span;
    bool out_zero, bias; /**< whether they are given */
    matmul_line left_scale, left_zero, right_scale, right_zero, out_scale;
    size_t rows, row_tasks;      /**< of a task; tasks of a matrix */
    const char *packed;          /**< NULL: tasks pack */
    size_t packed_size;          /**< bytes of a matrix */
    size_t panel_at, factors_at; /**< in the scratch */
} matmul_params;

/* ---- Infer --------------------------------------------------------------------------------- */

/** Whether numbers fit the lines of a matrix operand: one, one for each, or of its own rank with 1
 * along the other dimension. */
static iou_status check_line(const iou_infer *infer, int input, const iou_fact *operand,
                             bool rows) {
    const iou_fact *line = input < 0 ? NULL : iou_fact_in(infer, input);
    size_t count;
    if (line == NULL || line->rank < 0 || operand->rank < 0 || !iou_fact_count(line, &count) ||
        count == 1) {
        return IOU_OK;
    }
    const int along = operand->rank - (rows ? 2 : 1), across = operand->rank - (rows ? 1 : 2);
    iou_fact expected;
    iou_fact_shape_like(&expected, operand);
    if (line->rank == 1 && along >= 0) {
        return iou_fact_check_dims(infer, input, 1, &operand->dims[along]);
    }
    if (across >= 0) {
        expected.dims[across] = iou_dim_number(1);
    }
    return iou_fact_check_dims(infer, input, expected.rank, expected.dims);
}

static iou_status matmul_infer(const iou_infer *infer, const iou_quantized_inputs *q) {
    static const iou_type scales[] = {IOU_FLOAT, IOU_FLOAT16, IOU_BFLOAT16, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_quantized_check_types(infer, q, infer->node->opset < 21 ? iou_types_f32 : scales));
    const iou_fact *a = infer->in[q->left], *b = infer->in[q->right];
    IOU_TRY(check_line(infer, q->left_scale, a, true));
    IOU_TRY(check_line(infer, q->left_zero, a, true));
    IOU_TRY(check_line(infer, q->right_scale, b, false));
    IOU_TRY(check_line(infer, q->right_zero, b, false));
    IOU_TRY(iou_quantized_check_count(infer, q->out_zero, NULL));
    IOU_TRY(iou_matmul_infer_shape(infer, a, b));
    return check_line(infer, q->out_scale, &infer->out[0], true);
}

static iou_status integer_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, 4, 1));
    return matmul_infer(infer, &iou_quantized_integer);
}

static iou_status linear_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 8, 8, 1));
    return matmul_infer(infer, &iou_quantized_linear);
}

/* ---- Run ----------------------------------------------------------------------------------- */

/** Where numbers of matrix `batch` begin. */
static size_t line_start(const matmul_line *line, size_t batch) {
    int64_t offsets[IOU_ITERATOR_OPERANDS] = {0};
    if (line->input >= 0) {
        (void)iou_iterator_seek(&line->batch, batch, batch + 1, offsets);
    }
    return (size_t)offsets[0];
}

typedef struct matmul_sink {
    const matmul_params *p;
    char *out;         /**< the task's first row */
    const float *rows; /**< factors of the task's rows, or NULL: sums are the output */
    const float *columns;
    iou_quantize_row row;
} matmul_sink;

static void store_row(const matmul_sink *s, size_t row, size_t column, const int32_t *sums,
                      size_t columns) {
    static const float offsets[IOU_INTEGER_MOST_COLUMNS];
    float factors[IOU_INTEGER_MOST_COLUMNS] = {0.0f};
    bool plain = true;
    const size_t at = row * s->p->shape.columns + column;
    if (s->rows == NULL) {
        memcpy((int32_t *)(void *)s->out + at, sums, columns * sizeof *sums);
        return;
    }
    for (size_t i = 0; i < columns; i++) {
        factors[i] = fminf(s->rows[row] * s->columns[column + i], FLT_MAX);
        plain = plain && factors[i] <= 0.5f;
    }
    s->p->loops->requantize(&s->row, &(iou_rescale_row){factors, offsets, plain},
                            &(iou_sums){sums, 0, 1, columns}, (uint8_t *)s->out + at, 0);
}

static void store(const void *context, size_t row, size_t column, const iou_sums *sums) {
    for (size_t i = 0; i < sums->rows; i++) {
        store_row(context, row + i, column, sums->at + i * sums->stride, sums->columns);
    }
}

/** Left scale by output scale of each row, then the scales of the columns. */
static iou_status read_factors(const matmul_params *p, const iou_call *call, size_t batch,
                               size_t row, size_t rows, float *factors) {
    const matmul_line *lines[] = {&p->left_scale, &p->out_scale, &p->right_scale};
    size_t starts[3];
    for (int i = 0; i < 3; i++) {
        starts[i] = line_start(lines[i], batch);
    }
    for (size_t i = 0; i < rows; i++) {
        float left, out;
        IOU_TRY(iou_rescale_read(call, (iou_rescale_input){lines[0]->input, lines[0]->type},
                                 starts[0] + (row + i) * lines[0]->step, &left));
        IOU_TRY(iou_rescale_read(call, (iou_rescale_input){lines[1]->input, lines[1]->type},
                                 starts[1] + (row + i) * lines[1]->step, &out));
        factors[i] = left / out;
    }
    for (size_t i = 0; i < p->shape.columns; i++) {
        IOU_TRY(iou_rescale_read(call, (iou_rescale_input){lines[2]->input, lines[2]->type},
                                 starts[2] + i * lines[2]->step, &factors[p->rows + i]));
    }
    return IOU_OK;
}

/** Where numbers become bytes; limits are of the form, whose scale is one constant. */
static iou_quantize_row row_of(const matmul_params *p, const iou_call *call) {
    const int zero_input = p->inputs->out_zero;
    const int32_t zero = p->out_zero ? iou_integer_read(p->out, call->in[zero_input], 0) : 0;
    if (!p->is_form) {
        return (iou_quantize_row){.zero = zero, .least = p->span.least, .most = p->span.most};
    }
    const float scale = ((const float *)call->in[p->inputs->out_scale])[0];
    return iou_quantize_limits(p->out, scale, zero, p->form.lo, p->form.hi);
}

static iou_integer_right right_of(const matmul_params *p, const void *data, const void *zeros) {
    const bool transposed = p->form.transposed;
    return (iou_integer_right){.data = data,
                               .zeros = zeros,
                               .type = p->right,
                               .zero_step = p->right_zero.step,
                               .columns = p->shape.columns,
                               .column_stride = transposed ? p->shape.depth : 1,
                               .outers = 1,
                               .inner = p->shape.depth,
                               .inner_stride = transposed ? 1 : p->shape.columns,
                               .piece = 1};
}

/** Makes rows of the left matrix in the scratch, and points at them. */
static void take_rows(const matmul_params *p, const iou_call *call, iou_integer_left *left,
                      const char *a, size_t batch, size_t row, size_t rows, const char **at) {
    const size_t depth = p->shape.depth, width = iou_integer_row_size(p->kernels, depth);
    const size_t zero_at = line_start(&p->left_zero, batch);
    char *to = call->scratch;
    for (size_t i = row; i < row + rows; i++) {
        left->zero = p->left_zero.input < 0
                         ? 0
                         : iou_integer_read(p->left, call->in[p->left_zero.input],
                                            zero_at + i * p->left_zero.step);
        iou_integer_end_row(left, depth, iou_integer_take(left, a + i * depth, depth, to));
        *at++ = to;
        to += width;
    }
}

static iou_status run(const iou_call *call, size_t task) {
    const matmul_params *p = call->params;
    const size_t batch = task / p->row_tasks, row = task % p->row_tasks * p->rows;
    const size_t rows = iou_size_min(p->rows, p->shape.rows - row);
    int64_t offsets[IOU_ITERATOR_OPERANDS];
    (void)iou_iterator_seek(&p->shape.batch, batch, batch + 1, offsets);
    const char *a = (const char *)call->in[p->inputs->left] + offsets[0];
    iou_integer_left left = {.kernels = p->kernels, .loops = p->loops, .type = p->left};
    const size_t width = iou_integer_row_size(p->kernels, p->shape.depth);
    const char *at[MOST_TASK_ROWS];
    take_rows(p, call, &left, a, batch, row, rows, at);
    matmul_sink sink = {.p = p};
    if (p->inputs->out_scale >= 0) {
        float *factors = (float *)(void *)((char *)call->scratch + p->factors_at);
        IOU_TRY(read_factors(p, call, batch, row, rows, factors));
        sink.rows = factors;
        sink.columns = factors + p->rows;
        sink.row = row_of(p, call);
    }
    sink.out = (char *)call->out[0] +
               (batch * p->shape.rows + row) * p->shape.columns * iou_type_size(p->out);
    const char *zeros =
        p->right_zero.input < 0 || call->in[p->right_zero.input] == NULL
            ? NULL
            : (const char *)call->in[p->right_zero.input] + line_start(&p->right_zero, batch);
    const char *b = call->in[p->inputs->right];
    const iou_integer_right right = right_of(p, b == NULL ? NULL : b + offsets[1], zeros);
    const size_t matrix = p->shape.depth * p->shape.columns;
    const char *packed =
        p->packed ? p->packed + (size_t)offsets[1] / matrix * p->packed_size : NULL;
    const iou_integer_factors product = {.left = &left,
                                         .rows = {at, rows, 1, width / IOU_INTEGER_GROUP},
                                         .right = &right,
                                         .biases = p->bias ? call->in[p->inputs->bias] : NULL,
                                         .packed = packed,
                                         .panel = (char *)call->scratch + p->panel_at,
                                         .panels = iou_integer_panels(p->kernels, right.columns)};
    iou_integer_multiply(&product, &(iou_integer_sink){NULL, store, &sink});
    return IOU_OK;
}

/* ---- Prepare ------------------------------------------------------------------------------- */

/** The numbers of input `input` for the rows or columns of an operand's matrices. */
static matmul_line line_of(const iou_prepare *prepare, const matmul_params *p, int input) {
    const iou_operand *x = input < 0 ? NULL : iou_operand_in(prepare, input);
    matmul_line line = {.input = x == NULL ? -1 : input, .type = x ? x->type : IOU_TYPE_UNDEFINED};
    if (x == NULL || x->count == 1 || x->rank < 2) {
        line.batch = p->shape.batch;
        memset(line.batch.strides, 0, sizeof line.batch.strides);
        line.step = x != NULL && x->count > 1;
        return line;
    }
    const int64_t lines = x->dims[x->rank - 1] * x->dims[x->rank - 2];
    iou_matmul_batch(&line.batch, p->batch_rank, &prepare->out[0], x, lines);
    iou_iterator_finish(&line.batch);
    line.step = lines > 1;
    return line;
}

/** Whether all rows of all left matrices have the same numbers. */
static bool has_one_left(const iou_prepare *prepare, const iou_quantized_inputs *q) {
    const int lines[] = {q->left_scale, q->left_zero, q->out_scale};
    bool one = true;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const iou_operand *x = lines[i] < 0 ? NULL : iou_operand_in(prepare, lines[i]);
        one = one && (x == NULL || x->count == 1);
    }
    return one;
}

typedef struct matmul_packing {
    const matmul_params *p;
    const char *data;
    const void *zeros;
} matmul_packing;

static void pack(const void *context, void *memory, size_t first, size_t count) {
    const matmul_packing *packing = context;
    const matmul_params *p = packing->p;
    for (size_t i = first; i < first + count; i++) {
        const iou_integer_right right =
            right_of(p, packing->data + i * p->shape.depth * p->shape.columns, packing->zeros);
        iou_integer_pack(p->kernels, &right, 0, iou_integer_panels(p->kernels, right.columns),
                         (char *)memory + i * p->packed_size);
    }
}

/** Kernels of bytes, where the matrices fit them and all rows of a left one have one zero point. */
static void choose_kernels(const iou_prepare *prepare, matmul_params *p, size_t matrices,
                           const void *zeros) {
    const char *b = prepare->in[p->inputs->right]->constant;
    bool fits = p->left_zero.step == 0 && iou_integer_choose(prepare->isa, true)->bytes;
    for (size_t i = 0; i < matrices && fits; i++) {
        const iou_integer_right right =
            right_of(p, b + i * p->shape.depth * p->shape.columns, zeros);
        fits = iou_integer_fits(&right);
    }
    p->kernels = iou_integer_choose(prepare->isa, fits);
}

/** Packs a constant right matrix, whose zero points are constants of all matrices. */
static iou_status prepare_packed(const iou_prepare *prepare, matmul_params *p) {
    const iou_operand *b = prepare->in[p->inputs->right];
    const iou_operand *zero = iou_operand_in(prepare, p->inputs->right_zero);
    const bool fixed = zero == NULL || (zero->constant != NULL && zero->rank <= 1);
    if (b->constant == NULL || !fixed) {
        return IOU_OK;
    }
    const size_t matrices = b->count / (p->shape.depth * p->shape.columns);
    choose_kernels(prepare, p, matrices, zero ? zero->constant : NULL);
    const iou_integer_right right = right_of(p, NULL, NULL);
    p->packed_size = iou_size_times(iou_integer_panel_size(p->kernels, &right),
                                    iou_integer_panels(p->kernels, p->shape.columns));
    const matmul_packing packing = {p, b->constant, zero ? zero->constant : NULL};
    const iou_packing key = {.of = prepare->node,
                             .kind = p->kernels->bytes,
                             .size = iou_size_times(p->packed_size, matrices),
                             .units = matrices};
    if (key.size == SIZE_MAX) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "the matrices are too large to pack");
    }
    const void *memory;
    IOU_TRY(iou_prepare_weights(prepare, &key, pack, &packing, &memory));
    p->packed = (const char *)memory;
    prepare->step->packed = 1u << p->inputs->right;
    prepare->step->isa = iou_isa_name(p->kernels->isa);
    return IOU_OK;
}

static bool reserve(size_t *total, size_t size, size_t *at) {
    *at = *total;
    return !__builtin_add_overflow(*total, iou_size_times(iou_divide_up(size, 64), 64), total) &&
           *total < SIZE_MAX / 2;
}

static iou_status prepare_scratch(const iou_prepare *prepare, matmul_params *p) {
    size_t total = 0, left_at;
    const size_t width = iou_integer_row_size(p->kernels, p->shape.depth);
    const iou_integer_right right = right_of(p, NULL, NULL);
    const size_t panel = p->packed ? 0 : iou_integer_panel_size(p->kernels, &right);
    const bool fits =
        reserve(&total, iou_size_times(p->rows, width), &left_at) &&
        reserve(&total, panel, &p->panel_at) &&
        reserve(&total, iou_size_times(sizeof(float), p->rows + p->shape.columns), &p->factors_at);
    prepare->step->scratch_size = total;
    return fits ? IOU_OK : iou_prepare_fail(prepare, IOU_LIMIT, "the matrices are too large");
}

static iou_status matmul_prepare(const iou_prepare *prepare, const iou_quantized_inputs *q) {
    const iou_operand *a = prepare->in[q->left], *b = prepare->in[q->right];
    matmul_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->inputs = q;
    p->kernels = iou_integer_choose(prepare->isa, false);
    p->loops = iou_byte_loops_choose(prepare->isa);
    p->left = a->type;
    p->right = b->type;
    p->out = prepare->out[0].type;
    (void)iou_span_of(p->out, &p->span);
    p->is_form = prepare->node->op == &iou_op_integer_matmul;
    iou_operand right = *b;
    if (p->is_form) {
        p->form = *(const iou_integer_matmul_attributes *)prepare->node->attributes;
    }
    if (p->form.transposed) {
        right.dims[0] = b->dims[1];
        right.dims[1] = b->dims[0];
    }
    p->bias = iou_operand_in(prepare, iou_quantized_linear.bias) != NULL;
    p->out_zero = q->out_zero >= 0 && iou_operand_in(prepare, q->out_zero) != NULL;
    p->batch_rank = iou_matmul_batch_rank(a, b, &prepare->out[0]);
    p->shape = iou_matmul_shape_of(a, &right, &prepare->out[0], has_one_left(prepare, q));
    const int scales[] = {q->left_scale, q->right_scale, q->out_scale};
    for (int i = 0; i < 3 && q->out_scale >= 0; i++) {
        IOU_TRY(iou_scales_prepare(prepare, scales[i]));
    }
    *prepare->step = (iou_step){.run = iou_run_nothing,
                                .params = p,
                                .task_count = 1,
                                .algorithm = "integer product",
                                .isa = iou_isa_name(p->kernels->isa)};
    if (prepare->out[0].count == 0) {
        return IOU_OK;
    }
    p->left_scale = line_of(prepare, p, q->left_scale);
    p->left_zero = line_of(prepare, p, q->left_zero);
    p->right_scale = line_of(prepare, p, q->right_scale);
    p->right_zero = line_of(prepare, p, q->right_zero);
    p->out_scale = line_of(prepare, p, q->out_scale);
    const size_t row_bytes = iou_integer_row_size(p->kernels, p->shape.depth);
    const size_t rows = iou_size_max(p->kernels->rows, TASK_BYTES / iou_size_max(1, row_bytes));
    p->rows = iou_size_min(iou_size_min(rows, MOST_TASK_ROWS), p->shape.rows);
    p->row_tasks = iou_divide_up(p->shape.rows, p->rows);
    if (p->shape.depth > 0) {
        IOU_TRY(prepare_packed(prepare, p));
    }
    IOU_TRY(prepare_scratch(prepare, p));
    prepare->step->run = run;
    prepare->step->task_count = p->shape.batch.count * p->row_tasks;
    prepare->step->flop = 2.0 * (double)prepare->out[0].count * (double)p->shape.depth;
    return IOU_OK;
}

/* Whose operands have been looked at when it was made. */
static iou_status form_infer(const iou_infer *infer) {
    const iou_integer_matmul_attributes *form = infer->node->attributes;
    const iou_quantized_inputs *q = &iou_quantized_linear;
    const iou_fact *zero = iou_fact_in(infer, q->out_zero);
    iou_fact right = *infer->in[q->right];
    infer->out[0].type = zero == NULL ? IOU_UINT8 : zero->type;
    if (form->transposed) {
        right.dims[0] = infer->in[q->right]->dims[1];
        right.dims[1] = infer->in[q->right]->dims[0];
    }
    return iou_matmul_infer_shape(infer, infer->in[q->left], &right);
}

static iou_status integer_prepare(const iou_prepare *prepare) {
    return matmul_prepare(prepare, &iou_quantized_integer);
}

static iou_status linear_prepare(const iou_prepare *prepare) {
    return matmul_prepare(prepare, &iou_quantized_linear);
}

const iou_op iou_op_matmul_integer = {
    .name = "MatMulInteger", .infer = integer_infer, .prepare = integer_prepare};
const iou_op iou_op_qlinear_matmul = {
    .name = "QLinearMatMul", .infer = linear_infer, .prepare = linear_prepare};
const iou_op iou_op_integer_matmul = {
    .name = "QLinearMatMul", .infer = form_infer, .prepare = linear_prepare};
