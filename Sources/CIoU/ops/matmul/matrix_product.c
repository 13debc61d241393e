#include "ops/matmul/matrix_product.h"

#include "core/sizes.h"
#include "ops/matmul/product_plan.h"

const iou_type iou_product_types[] = {IOU_FLOAT,  IOU_DOUBLE, IOU_INT32,         IOU_INT64,
                                      IOU_UINT32, IOU_UINT64, IOU_TYPE_UNDEFINED};

iou_product_part iou_product_find_part(const iou_product_plan *p, size_t task) {
    const iou_product *product = &p->product;
    iou_product_part part = {.batch = task / (p->row_tasks * p->panel_tasks)};
    part.row = task / p->panel_tasks % p->row_tasks * p->row_step;
    part.rows = iou_size_min(product->rows - part.row, p->row_step);
    part.panel = task % p->panel_tasks * p->panel_step;
    part.panels = p->panel_step;
    (void)iou_iterator_seek(&product->batch, part.batch, part.batch + 1, part.offsets);
    return part;
}

bool iou_product_absorbs(const iou_node *node, const iou_fact *facts, iou_absorption *absorption) {
    const bool columns = facts[node->inputs[1]].rank > 1;
    const iou_fact *out = &facts[node->outputs[0]];
    *absorption = (iou_absorption){.channel_axis = columns ? out->rank - 1 : -1};
    return out->type == IOU_FLOAT;
}

iou_status iou_prepare_product(const iou_prepare *prepare, const iou_product *product) {
    iou_product_plan *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->product = *product;
    iou_step *step = prepare->step;
    *step = (iou_step){.run = iou_run_nothing,
                       .params = p,
                       .task_count = 1,
                       .algorithm = "plain",
                       .isa = "scalar"};
    if (prepare->out[0].count == 0) {
        return IOU_OK;
    }
    if (product->type == IOU_FLOAT) {
        IOU_TRY(iou_product_prepare_f32(prepare, p));
    } else {
        iou_product_prepare_plain(prepare, p);
    }
    step->task_count = product->batch.count * p->row_tasks * p->panel_tasks;
    step->flop = 2.0 * (double)prepare->out[0].count * (double)product->depth;
    return IOU_OK;
}
