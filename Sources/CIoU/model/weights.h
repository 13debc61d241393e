/* Packed weights of a session, kept over plans. */
#ifndef IOU_WEIGHTS_H
#define IOU_WEIGHTS_H

#include "core/parallel.h"
#include "model/file.h"
#include "ops/op.h"

typedef struct iou_weights iou_weights;

/**
 * `source`: the file that weights are packed from, whose pages are then not needed; or NULL.
 * `workers` pack; NULL: the caller alone.
 */
iou_weights *iou_weights_create(const iou_file *source, iou_workers *workers);
void iou_weights_destroy(iou_weights *weights);

/** The memory of a packing, made on first use; NULL without memory. */
const void *iou_weights_get(iou_weights *weights, const iou_packing *packing, iou_pack fill,
                            const void *context);

/** Bytes held. */
size_t iou_weights_size(const iou_weights *weights);

#endif
