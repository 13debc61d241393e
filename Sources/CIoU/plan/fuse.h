/* Which nodes become one step: a convolution with what follows it. */
#ifndef IOU_FUSE_H
#define IOU_FUSE_H

#include "model/model.h"

/** When a node runs. */
typedef enum iou_turn {
    IOU_NEVER = 0, /**< nobody needs it, or its outputs are known */
    IOU_NOW = 1,   /**< in this segment of the model */
    IOU_LATER = 2
} iou_turn;

/** One step to be: its main node, and what was fused behind it. */
typedef struct iou_group {
    int head;     /**< the node whose operator runs; -1: part of another group, or needless */
    int last;     /**< the node whose output is the group's output */
    int norm;     /**< BatchNormalization; -1: none */
    int residual; /**< value added before the activation; -1: none */
    bool residual_upsampled;
    int activation; /**< node; -1: none */
    int inner;      /**< node whose group makes input 0 for this one alone; -1: none */
    bool is_inner;  /**< of another group, which emits this one's step or has it joined */
} iou_group;

/**
 * Groups by node, in `groups[node_count]`: a fused node's group stands at its last node, where all
 * its inputs are computed; a node that does not run now has none. `turns` are of the nodes, `facts`
 * of the values: concrete for all that a node running now reads or writes. `uses` counts those of a
 * value by nodes that run now or later and as an output. With `separate`, every node is a group of
 * its own.
 */
iou_status iou_fuse(const iou_model *model, const iou_fact *facts, const iou_turn *turns,
                    const int *uses, bool separate, iou_group *groups, iou_arena *memory,
                    iou_error *error);

/** The epilogue of a group; tables come from `memory`. The residual operand is the caller's. */
iou_status iou_fuse_epilogue(const iou_model *model, const iou_fact *facts, const iou_group *group,
                             iou_arena *memory, iou_epilogue *epilogue, iou_error *error);

#endif
