/* Gemm: alpha A' B' + beta C, where ' may transpose and C broadcasts. */
#include "ops/facts.h"
#include "ops/matmul/matrix_product.h"
#include "ops/quantize/integer_matmul.h"
#include "ops/integer_form.h"

typedef struct gemm_attributes {
    bool transposed_a, transposed_b;
    float alpha, beta;
} gemm_attributes;

static iou_status gemm_parse(const iou_parse *parse) {
    const iou_node *node = parse->node;
    *(gemm_attributes *)parse->attributes = (gemm_attributes){
        .transposed_a = iou_attribute_int(node, "transA", 0) != 0,
        .transposed_b = iou_attribute_int(node, "transB", 0) != 0,
        .alpha = iou_attribute_float(node, "alpha", 1.0f),
        .beta = iou_attribute_float(node, "beta", 1.0f),
    };
    return IOU_OK;
}

static iou_status check_addend(const iou_infer *infer, const iou_fact *out) {
    const iou_fact *c = iou_fact_in(infer, 2);
    const iou_type same[] = {infer->in[0]->type, IOU_TYPE_UNDEFINED};
    if (c == NULL) {
        return IOU_OK;
    }
    IOU_TRY(iou_infer_type(infer, 2, same[0] == IOU_TYPE_UNDEFINED ? iou_product_types : same));
    bool fits = c->rank <= 2;
    for (int i = 0; i < c->rank && fits && out->rank == 2; i++) {
        const iou_dim expected = out->dims[2 - c->rank + i], found = c->dims[i];
        fits = !found.known || found.value == 1 || !expected.known || found.value == expected.value;
    }
    return fits ? IOU_OK
                : iou_infer_fail(infer, IOU_BAD_MODEL,
                                 "C must broadcast to the shape of the product");
}

static iou_status gemm_infer(const iou_infer *infer) {
    const iou_node *node = infer->node;
    IOU_TRY(iou_fact_begin(infer, node->opset < 11 ? 3 : 2, 3, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_product_types));
    const iou_fact *a = infer->in[0], *b = infer->in[1];
    const iou_type same[] = {a->type, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_infer_type(infer, 1, a->type == IOU_TYPE_UNDEFINED ? iou_product_types : same));
    if ((a->rank >= 0 && a->rank != 2) || (b->rank >= 0 && b->rank != 2)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "A and B must be matrices, their ranks are %d, %d", a->rank, b->rank);
    }
    iou_fact *out = &infer->out[0];
    const gemm_attributes *attributes = node->attributes;
    const int left = attributes->transposed_a, right = attributes->transposed_b;
    if (a->rank == 2 && b->rank == 2 && a->dims[1 - left].known && b->dims[right].known &&
        a->dims[1 - left].value != b->dims[right].value) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "%lld columns cannot multiply %lld rows",
                              (long long)a->dims[1 - left].value, (long long)b->dims[right].value);
    }
    out->type = a->type;
    out->rank = 2;
    out->dims[0] = a->rank == 2 ? a->dims[left] : iou_dim_unknown();
    out->dims[1] = b->rank == 2 ? b->dims[1 - right] : iou_dim_unknown();
    return check_addend(infer, out);
}

static iou_status gemm_prepare(const iou_prepare *prepare) {
    const gemm_attributes *attributes = prepare->node->attributes;
    const iou_operand *a = prepare->in[0], *b = prepare->in[1], *c = iou_operand_in(prepare, 2);
    iou_product product = {.type = a->type,
                           .transposed_a = attributes->transposed_a,
                           .transposed_b = attributes->transposed_b,
                           .alpha = attributes->alpha,
                           .beta = attributes->beta};
    product.rows = (size_t)a->dims[product.transposed_a ? 1 : 0];
    product.depth = (size_t)a->dims[product.transposed_a ? 0 : 1];
    product.columns = (size_t)b->dims[product.transposed_b ? 0 : 1];
    product.adds = c != NULL && product.beta != 0.0f;
    if (product.adds) {
        const int64_t width = c->rank > 0 ? c->dims[c->rank - 1] : 1;
        product.add_column = width == 1 ? 0 : 1;
        product.add_row = c->rank < 2 || c->dims[0] == 1 ? 0 : (size_t)width;
    }
    product.batch.operands = 2;
    iou_iterator_finish(&product.batch);
    return iou_prepare_product(prepare, &product);
}

static iou_status gemm_integer_form(const struct iou_integer_query *query, iou_node *made,
                                    bool *accepted) {
    const gemm_attributes *a = query->node->attributes;
    *accepted = !a->transposed_a && a->alpha == 1.0f && a->beta == 1.0f;
    return *accepted ? iou_product_integer_form(query, a->transposed_b, made, accepted) : IOU_OK;
}

const iou_op iou_op_gemm = {.name = "Gemm",
                            .widens = IOU_WIDENS_FLOATS,
                            .attributes_size = sizeof(gemm_attributes),
                            .parse = gemm_parse,
                            .infer = gemm_infer,
                            .prepare = gemm_prepare,
                            .integer_form = gemm_integer_form,
                            .absorbs = iou_product_absorbs};
