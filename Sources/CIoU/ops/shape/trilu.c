/* Trilu: matrices with zeros below (upper) or above (lower) diagonal k. */
#include "ops/facts.h"
#include "ops/rows.h"

#include <string.h>

typedef struct trilu_params {
    int64_t height, width;
    iou_rows rows; /* of all matrices */
    size_t size;   /* of an element */
    bool upper, diagonal;
} trilu_params;

typedef struct trilu_attributes {
    bool upper;
} trilu_attributes;

static iou_status trilu_parse(const iou_parse *parse) {
    trilu_attributes *a = parse->attributes;
    a->upper = iou_attribute_int(parse->node, "upper", 1) != 0;
    return IOU_OK;
}

static iou_status trilu_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    const iou_fact *x = infer->in[0], *k = iou_fact_in(infer, 1);
    if (x->rank >= 0 && x->rank < 2) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected rank 2 or more, found %d", x->rank);
    }
    if (k != NULL) {
        size_t count;
        IOU_TRY(iou_infer_type(infer, 1, iou_types_i64));
        if (iou_fact_count(k, &count) && count != 1) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "k must be one number, it has %zu", count);
        }
    }
    iou_fact_like(&infer->out[0], x);
    return IOU_OK;
}

static iou_status trilu_run(const iou_call *call, size_t task) {
    const trilu_params *p = call->params;
    const int64_t requested = p->diagonal ? iou_read_int(IOU_INT64, call->in[1], 0) : 0;
    const int64_t low = requested < -p->height ? -p->height : requested;
    const int64_t k = low > p->width ? p->width : low; /* beyond, nothing changes any more */
    const size_t bytes = (size_t)p->width * p->size;
    size_t row, end;
    for (iou_rows_range(&p->rows, task, &row, &end); row < end; row++) {
        const int64_t y = (int64_t)(row % (size_t)p->height);
        const int64_t diagonal = y + k + (p->upper ? 0 : 1);
        const int64_t split = diagonal < 0 ? 0 : diagonal > p->width ? p->width : diagonal;
        const size_t left = (size_t)split * p->size;
        const char *from = (const char *)call->in[0] + row * bytes;
        char *to = (char *)call->out[0] + row * bytes;
        if (to != from) {
            memcpy(to, from, bytes);
        }
        memset(p->upper ? to : to + left, 0, p->upper ? left : bytes - left);
    }
    return IOU_OK;
}

static iou_status trilu_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    trilu_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->height = x->dims[x->rank - 2];
    p->width = x->dims[x->rank - 1];
    p->rows = iou_rows_of(p->width == 0 ? 0 : x->count / (size_t)p->width, (size_t)p->width);
    p->size = iou_type_size(x->type);
    p->upper = ((const trilu_attributes *)prepare->node->attributes)->upper;
    p->diagonal = iou_operand_in(prepare, 1) != NULL;
    *prepare->step = (iou_step){.run = trilu_run,
                                .params = p,
                                .task_count = iou_rows_tasks(&p->rows),
                                .in_place = 1,
                                .algorithm = "rows",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_trilu = {.name = "Trilu",
                             .attributes_size = sizeof(trilu_attributes),
                             .parse = trilu_parse,
                             .infer = trilu_infer,
                             .prepare = trilu_prepare};
