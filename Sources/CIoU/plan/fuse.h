/* Which nodes become one step: a node with what follows it. */
#ifndef IOU_FUSE_H
#define IOU_FUSE_H

#include "model/model.h"
#include "ops/epilogue.h"

/** When a node runs. */
typedef enum iou_phase {
    IOU_NEVER = 0, /**< nobody needs it, or its outputs are known */
    IOU_NOW = 1,   /**< in this segment of the model */
    IOU_LATER = 2
} iou_phase;

/** One step to be: its main node, and what was fused behind it. */
typedef struct iou_group {
    int head; /**< the node whose operator runs; -1: part of another group, or needless */
    int last; /**< the node whose output is the group's output */
    iou_epilogue epilogue;
    const int *fused; /**< nodes behind the head, in their order */
    int fused_count;
    int inner;     /**< node whose group makes input 0 for this one alone; -1: none */
    bool is_inner; /**< of another group, which emits this one's step or fuses it */
} iou_group;

/** A value that is another with zeros around its pixels, which its only reader adds itself. */
typedef struct iou_padded {
    int source;                   /**< the other value */
    int64_t before[IOU_MAX_RANK]; /**< see iou_prepare.zeros */
} iou_padded;

/** What a node reads in place of `value`. */
static inline int iou_unpadded(iou_padded *const *padded, int value) {
    return value >= 0 && padded[value] != NULL ? padded[value]->source : value;
}

/** What fusing looks at. */
typedef struct iou_fuse_request {
    const iou_model *model;
    const iou_fact *facts;   /**< of the values: concrete for all that a node running now touches */
    const iou_phase *phases; /**< of the nodes */
    const int *uses;         /**< of each value, by nodes that run now or later and as an output */
    iou_padded *const *padded;
    bool reference_mode; /**< every node is a group of its own */
    iou_isa isa;
    iou_arena *scratch, *memory; /**< until the plan is made; of the plan */
} iou_fuse_request;

/** Finds those values among what runs now; `padded` has NULL for the others. */
iou_status iou_find_padded(const iou_fuse_request *request, iou_padded **padded, iou_error *error);

/**
 * Groups by node, in `groups[node_count]`: a fused node's group is at its last node, where all
 * its inputs are computed; a node that does not run now has none.
 */
iou_status iou_fuse(const iou_fuse_request *request, iou_group *groups, iou_error *error);

/** The value of operand `index` of a group's epilogue. */
int iou_group_operand(const iou_group *group, int index);

#endif
