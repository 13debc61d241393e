#include "ops/resize/resize_request.h"
#include "ops/resize/resize_run.h"
#include "ops/strided_iterator.h"

static iou_status read_request(const iou_prepare *prepare, iou_resize_request *request) {
    const iou_resize_attributes *a = prepare->node->attributes;
    const iou_operand *x = prepare->in[0];
    const int at = a->scales_input;
    iou_ints sizes;
    (void)iou_resize_begin(request, a, x->rank);
    if (a->scales_attribute) {
        request->scales = a->scales;
    } else {
        iou_floats_from_operand(&request->scales, iou_operand_in(prepare, at));
    }
    const iou_operand *given = at == 2 ? iou_operand_in(prepare, 3) : NULL;
    request->sized = given != NULL && given->count > 0;
    iou_ints_from_operand(&sizes, given);
    iou_floats_from_operand(&request->roi, at == 2 ? iou_operand_in(prepare, 1) : NULL);
    if ((request->sized ? sizes.state : request->scales.state) != IOU_INTS_KNOWN) {
        return iou_prepare_unknown(prepare, "scales or sizes");
    }
    const char *problem = iou_resize_fill_sizes(request, x->dims, &sizes);
    return problem == NULL ? IOU_OK : iou_prepare_fail(prepare, IOU_BAD_MODEL, "%s", problem);
}

static bool is_same(const iou_resize_request *request, int i) {
    const iou_resize_axis *axis = &request->axis[i];
    return axis->in == axis->out && axis->scale == 1.0 &&
           (request->rule.coordinates != IOU_TF_CROP ||
            (axis->roi_start == 0.0 && axis->roi_end == 1.0));
}

static iou_status fill_axis(const iou_prepare *prepare, iou_resize_request *request, int i,
                            iou_resize_memory_axis *to) {
    iou_resize_axis *axis = &request->axis[i];
    to->in = axis->in;
    to->out = axis->out;
    to->taps = 1;
    if (is_same(request, i)) {
        return IOU_OK;
    }
    axis->taps = iou_resize_taps(&request->rule, axis);
    size_t bytes;
    if (__builtin_mul_overflow((size_t)axis->out * sizeof(float), (size_t)axis->taps, &bytes) ||
        bytes > (size_t)IOU_RESIZE_LARGEST) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "%d taps for each of %lld positions",
                                axis->taps, (long long)axis->out);
    }
    axis->index = iou_prepare_alloc(prepare, bytes + 1);
    axis->weight = iou_prepare_alloc(prepare, bytes + 1);
    if (axis->index == NULL || axis->weight == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    iou_resize_fill(&request->rule, axis);
    to->taps = axis->taps;
    to->index = axis->index;
    to->weight = axis->weight;
    return IOU_OK;
}

/* Merges axes that stay as they are with the unchanged axis before them, unless they are `apart`.
 */
static void add_axis(iou_resize_params *p, const iou_resize_memory_axis *axis, bool apart) {
    iou_resize_memory_axis *before = p->rank > 0 ? &p->axis[p->rank - 1] : NULL;
    if (before != NULL && before->index == NULL && axis->index == NULL && !apart) {
        before->in *= axis->in;
        before->out *= axis->out;
        before->stride = axis->stride;
    } else {
        p->axis[p->rank++] = *axis;
    }
}

/* Lets an unchanged last axis (channels) be elements of the one before, of which whole rows are
 * added up then. With many channels that pays where the row does not shrink much. */
static void merge_channels(iou_resize_params *p) {
    enum { FEW = 16 };
    const iou_resize_memory_axis *last = &p->axis[p->rank - 1], *row = last - 1;
    const bool pays = p->rank > 1 && last->index == NULL && row->index != NULL &&
                      row->stride == last->in && (last->in <= FEW || row->in <= 2 * row->out);
    if (p->weighted && pays) {
        p->inner = last->in;
        p->rank--;
    }
}

iou_status iou_resize_op_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0], *out = &prepare->out[0];
    iou_resize_request request = {0};
    int order[IOU_MAX_RANK];
    int64_t strides[IOU_MAX_RANK];
    iou_resize_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    IOU_TRY(read_request(prepare, &request));
    const bool pitched = x->pitch > 0 || out->pitch > 0;
    iou_memory_order(x->rank, x->layout, order);
    iou_memory_strides(x, strides);
    for (int i = 0; i < x->rank; i++) {
        iou_resize_memory_axis axis = {.stride = strides[order[i]]};
        IOU_TRY(fill_axis(prepare, &request, order[i], &axis));
        add_axis(p, &axis, pitched && i + 1 == x->rank);
    }
    if (p->rank == 0) {
        p->axis[p->rank++] = (iou_resize_memory_axis){.in = 1, .out = 1, .stride = 1, .taps = 1};
    }
    p->inner = 1;
    p->weighted =
        request.rule.mode != IOU_RESIZE_NEAREST || request.rule.coordinates == IOU_TF_CROP;
    if (!pitched) {
        merge_channels(p);
    }
    const size_t width = (size_t)(p->axis[p->rank - 1].out * p->inner);
    p->size = iou_type_size(x->type);
    p->out_pitch = out->pitch > 0 ? (size_t)out->pitch : width;
    p->rows = out->count == 0 ? 0 : out->count / width;
    p->rows_per_task = width == 0 || width > 8192 ? 1 : 8192 / width;
    p->extrapolation = request.extrapolation;
    const iou_resize_memory_axis *last = &p->axis[p->rank - 1];
    const bool rows = p->weighted && last->index != NULL; /* of the input are added up first */
    *prepare->step =
        (iou_step){.run = iou_resize_op_run,
                   .params = p,
                   .scratch_size = rows ? (size_t)(last->in * p->inner) * sizeof(float) : 0,
                   .task_count = p->rows == 0 ? 1 : (p->rows - 1) / p->rows_per_task + 1,
                   .algorithm = p->weighted ? "weighted" : "nearest",
                   .isa = "scalar"};
    return IOU_OK;
}
