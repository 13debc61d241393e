/* Packed weights: a model keeps them, once for all its sessions and their plans. */
#ifndef IOU_PACKED_WEIGHTS_H
#define IOU_PACKED_WEIGHTS_H

#include "core/parallel.h"
#include "core/cpu.h"
#include "core/file.h"

/** What distinguishes packed weights: nodes that share constants share what is packed of them. */
typedef struct iou_packing {
    const void *of, *with; /**< the constants, or the node where more than they decides; or NULL */
    int64_t kind;          /**< of packing */
    size_t size;           /**< bytes */
    size_t units;          /**< that can be packed independently: panels, matrices */
} iou_packing;

/** Packs units [first, first + count) to their offsets in `memory`; several threads share a
 * packing.
 */
typedef void (*iou_pack)(const void *context, void *memory, size_t first, size_t count);

/**
 * A cache of packed weights, for several threads. `source`: the file that they are packed from,
 * whose pages are then not needed; or NULL.
 */
typedef struct iou_packed_weights iou_packed_weights;

iou_packed_weights *iou_packed_weights_create(const iou_file *source);
void iou_packed_weights_destroy(iou_packed_weights *cache); /**< accepts NULL */

/** How a session, or a plan of its own, reaches packed weights. */
typedef struct iou_weights {
    iou_packed_weights *cache;
    iou_isa isa;          /**< packed for it */
    iou_workers *workers; /**< who pack; NULL: the caller alone */
} iou_weights;

/** The memory of a packing, made on first use, which other threads then wait for; NULL without
 * memory. */
const void *iou_weights_get(const iou_weights *weights, const iou_packing *packing, iou_pack fill,
                            const void *context);

/** Bytes held. */
size_t iou_packed_weights_size(iou_packed_weights *cache);

#endif
