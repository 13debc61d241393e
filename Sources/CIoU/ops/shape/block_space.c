/* DepthToSpace and SpaceToDepth: blocks of pixels become channels, or the other way round. */
#include "ops/facts.h"
#include "ops/strided_iterator.h"

#include <string.h>

typedef struct block_attributes {
    int64_t block;
    bool to_space;      /* DepthToSpace */
    bool columns_first; /* depth-column-row: blocks are the slowest part of the channels */
} block_attributes;

static iou_status block_parse(const iou_parse *parse) {
    block_attributes *a = parse->attributes;
    char mode[8];
    const bool given = iou_attribute_string(parse->node, "mode", mode, sizeof mode);
    a->block = iou_attribute_int(parse->node, "blocksize", 0);
    a->to_space = parse->node->op == &iou_op_depth_to_space;
    a->columns_first = !given || strcmp(mode, "DCR") == 0;
    if (a->block < 1 || a->block > INT32_MAX) {
        return iou_parse_fail(parse, IOU_BAD_MODEL, "blocksize must be positive, it is %lld",
                              (long long)a->block);
    }
    if (!a->columns_first && strcmp(mode, "CRD") != 0) {
        return iou_parse_fail(parse, IOU_BAD_MODEL, "mode must be DCR or CRD");
    }
    return IOU_OK;
}

static iou_status block_infer(const iou_infer *infer) {
    const block_attributes *a = infer->node->attributes;
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    const iou_fact *x = infer->in[0];
    iou_fact *out = &infer->out[0];
    out->type = x->type;
    if (x->rank < 0) {
        return IOU_OK;
    }
    if (x->rank != 4) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected rank 4, found %d", x->rank);
    }
    iou_fact_shape_like(out, x);
    for (int i = 1; i < 4; i++) {
        const bool grows = (i > 1) == a->to_space;
        const int64_t factor = i > 1 ? a->block : a->block * a->block;
        if (!grows && x->dims[i].known && x->dims[i].value % factor != 0) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "%lld must divide dimension %d, %lld",
                                  (long long)factor, i, (long long)x->dims[i].value);
        }
        out->dims[i] = grows ? iou_infer_mul(infer, x->dims[i], iou_dim_number(factor))
                             : iou_infer_floor_div(infer, x->dims[i], factor);
    }
    return IOU_OK;
}

/* The output's dimensions from the outermost, and where each leads in the input. */
static iou_status block_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0], *out = &prepare->out[0];
    const block_attributes *a = prepare->node->attributes;
    const int64_t b = a->block;
    const int64_t height = x->dims[2], width = x->dims[3], plane = height * width;
    iou_iterator iterator = {.rank = 6, .operands = 1};
    if (a->to_space) { /* n, c, h, block row, w, block column */
        const int64_t c = out->dims[1];
        const int64_t of_block = a->columns_first ? c * plane : plane;
        const int64_t dims[] = {out->dims[0], c, height, b, width, b};
        const int64_t strides[] = {x->dims[1] * plane,
                                   a->columns_first ? plane : b * b * plane,
                                   width,
                                   b * of_block,
                                   1,
                                   of_block};
        memcpy(iterator.dims, dims, sizeof dims);
        memcpy(iterator.strides[0], strides, sizeof strides);
    } else { /* n, block row, block column, c, h, w; or c before both */
        const int64_t c = x->dims[1], rows = a->columns_first ? 1 : 2;
        int64_t dims[] = {x->dims[0], c, c, c, height / b, width / b};
        int64_t strides[] = {c * plane, plane, plane, plane, b * width, b};
        dims[rows] = dims[rows + 1] = b;
        strides[rows] = width;
        strides[rows + 1] = 1;
        memcpy(iterator.dims, dims, sizeof dims);
        memcpy(iterator.strides[0], strides, sizeof strides);
    }
    iou_iterator_finish(&iterator);
    return iou_prepare_gather(prepare, &iterator, 0, 0);
}

const iou_op iou_op_depth_to_space = {.name = "DepthToSpace",
                                      .attributes_size = sizeof(block_attributes),
                                      .parse = block_parse,
                                      .infer = block_infer,
                                      .prepare = block_prepare};
const iou_op iou_op_space_to_depth = {.name = "SpaceToDepth",
                                      .attributes_size = sizeof(block_attributes),
                                      .parse = block_parse,
                                      .infer = block_infer,
                                      .prepare = block_prepare};
