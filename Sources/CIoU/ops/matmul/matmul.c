/* MatMul: NumPy's matmul. Vectors become a row on the left and a column on the right. */
#include "ops/facts.h"
#include "ops/matmul/attention.h"
#include "ops/matmul/matmul.h"
#include "ops/matmul/matrix_product.h"
#include "ops/quantize/integer_matmul.h"

#include <string.h>

/* The matrix of an operand: its last two dims, a vector being a row (left) or a column. */
static void matrix_dims(const iou_fact *fact, bool left, iou_dim dims[2]) {
    const iou_dim one = iou_dim_number(1);
    if (fact->rank == 1) {
        dims[0] = left ? one : fact->dims[0];
        dims[1] = left ? fact->dims[0] : one;
    } else {
        dims[0] = fact->dims[fact->rank - 2];
        dims[1] = fact->dims[fact->rank - 1];
    }
}

static void batch_dims(const iou_fact *fact, iou_fact *batch) {
    batch->rank = fact->rank > 2 ? fact->rank - 2 : 0;
    memcpy(batch->dims, fact->dims, (size_t)batch->rank * sizeof batch->dims[0]);
}

iou_status iou_matmul_infer_shape(const iou_infer *infer, const iou_fact *a, const iou_fact *b) {
    iou_fact *out = &infer->out[0];
    if (a->rank == 0 || b->rank == 0) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected rank 1 or more, found %d and %d",
                              a->rank, b->rank);
    }
    if (a->rank < 0 || b->rank < 0) {
        return IOU_OK;
    }
    iou_dim left[2], right[2];
    matrix_dims(a, true, left);
    matrix_dims(b, false, right);
    if (left[1].known && right[0].known && left[1].value != right[0].value) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "%lld columns cannot multiply %lld rows",
                              (long long)left[1].value, (long long)right[0].value);
    }
    iou_fact x, y;
    batch_dims(a, &x);
    batch_dims(b, &y);
    IOU_TRY(iou_infer_broadcast(infer, &x, &y, out));
    if (a->rank > 1) {
        out->dims[out->rank++] = left[0];
    }
    if (b->rank > 1) {
        out->dims[out->rank++] = right[1];
    }
    return IOU_OK;
}

static iou_status matmul_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_product_types));
    const iou_fact *a = infer->in[0], *b = infer->in[1];
    const iou_type same[] = {a->type, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_infer_type(infer, 1, a->type == IOU_TYPE_UNDEFINED ? iou_product_types : same));
    infer->out[0].type = a->type;
    return iou_matmul_infer_shape(infer, a, b);
}

/* Strides of an operand's matrices along the batch dimensions of the output. */
static void batch_strides(const iou_operand *x, int64_t matrix, int batch_rank, int64_t *strides) {
    const int own = x->rank > 2 ? x->rank - 2 : 0;
    int64_t stride = matrix;
    for (int i = 0; i < batch_rank; i++) {
        strides[i] = 0;
    }
    for (int i = own - 1; i >= 0; i--) {
        strides[batch_rank - own + i] = x->dims[i] == 1 ? 0 : stride;
        stride *= x->dims[i];
    }
}

int iou_matmul_batch_rank(const iou_operand *a, const iou_operand *b, const iou_operand *out) {
    return out->rank - (a->rank > 1) - (b->rank > 1);
}

void iou_matmul_batch(iou_iterator *batch, int rank, const iou_operand *out, const iou_operand *x,
                      int64_t matrix) {
    batch->rank = rank;
    memcpy(batch->dims, out->dims, (size_t)rank * sizeof batch->dims[0]);
    batch_strides(x, matrix, rank, batch->strides[batch->operands++]);
}

iou_matmul_shape iou_matmul_shape_of(const iou_operand *a, const iou_operand *b,
                                     const iou_operand *out, bool merges) {
    iou_matmul_shape shape = {.rows = a->rank > 1 ? (size_t)a->dims[a->rank - 2] : 1,
                              .depth = (size_t)a->dims[a->rank - 1],
                              .columns = b->rank > 1 ? (size_t)b->dims[b->rank - 1] : 1};
    iou_iterator *batch = &shape.batch;
    if (b->rank <= 2 && merges) { /* one matrix for all: the batch is more rows */
        batch->operands = 2;
        shape.rows = 1;
        for (int i = 0; i + 1 < a->rank; i++) {
            shape.rows *= (size_t)a->dims[i];
        }
    } else {
        const int rank = iou_matmul_batch_rank(a, b, out);
        iou_matmul_batch(batch, rank, out, a, (int64_t)(shape.rows * shape.depth));
        iou_matmul_batch(batch, rank, out, b, (int64_t)(shape.depth * shape.columns));
    }
    iou_iterator_finish(batch);
    return shape;
}

static iou_status matmul_prepare(const iou_prepare *prepare) {
    const iou_operand *a = prepare->in[0], *b = prepare->in[1];
    const bool transposed_a = a->layout == IOU_SWAPPED;
    const iou_matmul_shape shape = iou_matmul_shape_of(a, b, &prepare->out[0], !transposed_a);
    const iou_product product = {.type = a->type,
                                 .rows = shape.rows,
                                 .depth = shape.depth,
                                 .columns = shape.columns,
                                 .batch = shape.batch,
                                 .alpha = 1.0f,
                                 .transposed_a = transposed_a,
                                 .transposed_b = b->layout == IOU_SWAPPED};
    IOU_TRY(iou_prepare_product(prepare, &product));
    prepare->step->fuse_producer = iou_attention_fuse_values;
    return IOU_OK;
}

static bool matmul_fuses_producer(const iou_node *node, const iou_node *producer, bool longer) {
    (void)node;
    return producer->op == &iou_op_softmax && longer;
}

const iou_op iou_op_matmul = {.name = "MatMul",
                              .widens = IOU_WIDENS_FLOATS,
                              .layout = IOU_LAYOUT_MATRICES,
                              .infer = matmul_infer,
                              .prepare = matmul_prepare,
                              .integer_form = iou_matmul_integer_form,
                              .absorbs = iou_product_absorbs,
                              .fuses_producer = matmul_fuses_producer};
