/*
 * Attention as exporters write it out: a product (scores), Softmax of its rows, and a product with
 * the values (Vaswani et al., arXiv 1706.03762, section 3.2.1). Rows of scores are made, normalised
 * and used while they are in the second cache; where nothing but Softmax follows, they are made and
 * normalised there.
 */
#ifndef IOU_ATTENTION_H
#define IOU_ATTENTION_H

#include "ops/op.h"

/** iou_step.fuse_producer of Softmax over the last `extent` elements: `scores` is the product's
 * step. */
iou_status iou_attention_fuse_scores(const iou_prepare *prepare, const iou_step *scores,
                                     size_t extent, bool logarithm, bool *fused);

/** iou_step.fuse_producer of a product whose left matrix Softmax makes of another. */
iou_status iou_attention_fuse_values(const iou_prepare *prepare, const iou_step *weights,
                                     bool *fused);

#endif
