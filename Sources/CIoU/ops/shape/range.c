/* Range: start, start + delta, … below (or above) limit. The three numbers must be known. */
#include "ops/facts.h"
#include "ops/strided_iterator.h"

#include <math.h>

static const iou_type range_types[] = {IOU_FLOAT, IOU_DOUBLE, IOU_INT32, IOU_INT64, 0};

enum { RANGE_LIMIT = 1 << 30 };

/* The number of elements, or -1. */
static int64_t whole_count(int64_t start, int64_t limit, int64_t delta) {
    if (delta == 0) {
        return -1;
    }
    if (delta > 0 ? start >= limit : start <= limit) {
        return 0;
    }
    const uint64_t distance =
        delta > 0 ? (uint64_t)limit - (uint64_t)start : (uint64_t)start - (uint64_t)limit;
    const uint64_t pace = delta > 0 ? (uint64_t)delta : 0 - (uint64_t)delta;
    const uint64_t count = (distance - 1) / pace + 1;
    return count > RANGE_LIMIT ? -1 : (int64_t)count;
}

/** Wraps: the product may pass int64 where the sum does not. */
static int64_t at(int64_t start, int64_t index, int64_t delta) {
    return (int64_t)((uint64_t)start + (uint64_t)index * (uint64_t)delta);
}

static int64_t float_count(double start, double limit, double delta) {
    const double count = ceil((limit - start) / delta);
    return isnan(count) || count > (double)RANGE_LIMIT ? -1 : count < 0 ? 0 : (int64_t)count;
}

static iou_status range_sized(const iou_infer *infer, int64_t count) {
    if (count < 0) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "delta must be a number that reaches limit");
    }
    infer->out[0].dims[0] = iou_dim_number(count);
    return IOU_OK;
}

static iou_status range_whole(const iou_infer *infer) {
    iou_ints each[3];
    for (int i = 0; i < 3; i++) {
        iou_ints_from_fact(&each[i], infer->in[i]);
        if (each[i].state != IOU_INTS_KNOWN || each[i].count != 1) {
            return IOU_OK;
        }
    }
    const int64_t start = each[0].values[0], delta = each[2].values[0];
    const int64_t count = whole_count(start, each[1].values[0], delta);
    IOU_TRY(range_sized(infer, count));
    if (count <= IOU_MAX_ELEMENTS) {
        iou_dim *elements = iou_infer_elements(infer, &infer->out[0], (int)count);
        for (int64_t i = 0; elements != NULL && i < count; i++) {
            elements[i] = iou_dim_number(at(start, i, delta));
        }
    }
    return IOU_OK;
}

static iou_status range_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 3, 3, 1));
    iou_fact *out = &infer->out[0];
    for (int i = 0; i < 3; i++) {
        size_t count;
        IOU_TRY(iou_infer_type(infer, i, range_types));
        if (infer->in[i]->rank >= 0 && iou_fact_count(infer->in[i], &count) && count != 1) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d must be one number, it has %zu",
                                  i, count);
        }
        if (infer->in[i]->type != infer->in[0]->type) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d is %s, input 0 is %s", i,
                                  iou_type_name(infer->in[i]->type),
                                  iou_type_name(infer->in[0]->type));
        }
    }
    out->type = infer->in[0]->type;
    out->rank = 1;
    out->dims[0] = iou_dim_unknown();
    if (out->type == IOU_INT32 || out->type == IOU_INT64) {
        return range_whole(infer);
    }
    iou_floats each[3];
    for (int i = 0; i < 3; i++) {
        iou_floats_from_fact(&each[i], infer->in[i]);
        if (each[i].state != IOU_INTS_KNOWN || each[i].count != 1) {
            return IOU_OK;
        }
    }
    return range_sized(infer, float_count(each[0].values[0], each[1].values[0], each[2].values[0]));
}

typedef struct range_params {
    size_t count;
    iou_type type;
} range_params;

static iou_status range_run(const iou_call *call, size_t task) {
    const range_params *p = call->params;
    size_t begin, end;
    iou_chunk(task, p->count, &begin, &end);
    for (size_t i = begin; i < end; i++) {
        switch (p->type) {
        case IOU_INT32:
            ((int32_t *)call->out[0])[i] =
                (int32_t)(iou_read_int(p->type, call->in[0], 0) +
                          (int64_t)i * iou_read_int(p->type, call->in[2], 0));
            break;
        case IOU_INT64:
            ((int64_t *)call->out[0])[i] = at(iou_read_int(p->type, call->in[0], 0), (int64_t)i,
                                              iou_read_int(p->type, call->in[2], 0));
            break;
        case IOU_FLOAT:
            ((float *)call->out[0])[i] =
                *(const float *)call->in[0] + (float)i * *(const float *)call->in[2];
            break;
        default:
            ((double *)call->out[0])[i] =
                *(const double *)call->in[0] + (double)i * *(const double *)call->in[2];
            break;
        }
    }
    return IOU_OK;
}

static iou_status range_prepare(const iou_prepare *prepare) {
    range_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->count = prepare->out[0].count;
    p->type = prepare->out[0].type;
    *prepare->step = (iou_step){.run = range_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->count),
                                .algorithm = "element-wise",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_range = {.name = "Range",
                             .widens = IOU_WIDENS_FLOATS | IOU_WIDENS_INTEGERS,
                             .infer = range_infer,
                             .prepare = range_prepare};
