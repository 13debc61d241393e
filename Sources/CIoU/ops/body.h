/*
 * Operators that run a graph many times. Below `ops` the graph is a model of its own, which the
 * session runs; what is said here is how its inputs and outputs are those of the node.
 *
 * The graph's inputs: the iteration's number and the condition (`counted`), the states, a slice of
 * each scanned input, then the outer values that it reads. Its outputs: the condition (`counted`),
 * the states, one row of each collected output. The node's inputs from `first_state` on: the
 * states, the scanned inputs, then the outer values; its outputs: the states, what was collected.
 */
#ifndef IOU_BODY_H
#define IOU_BODY_H

#include "ops/op.h"

/** Along which axis an input is cut or an output is put together, and from which end. */
typedef struct iou_body_axis {
    int64_t axis; /**< may be negative */
    bool backwards;
} iou_body_axis;

struct iou_body {
    struct iou_model *model;
    int number;                    /**< among the bodies of the model around */
    int input_count, output_count; /**< of the graph, without outer values */
    int outer_count; /**< outer values that it reads: its, and the node's, last inputs */
    int own_inputs;  /**< of the node, in front of these */
    bool counted;
    int number_rank, condition_rank; /**< 0, or 1 where the graph declares that */
    int first_state, states;
    int scanned, collected;
    const iou_body_axis *scanned_axes, *collected_axes; /**< NULL: all from 0 on */
    bool batched; /**< states and scanned inputs have a first axis of batches; input 0, if it is
                       present, the length of each */
    bool mapped; /**< scanned inputs are sequences, of which it gets one element after the other, or
                      tensors that it gets whole; what is collected becomes sequences */
    iou_fact *results; /**< of the outputs: what holds for every iteration */
};

typedef struct iou_body_rule iou_body_rule;

/** How a node and its graph fit together. */
struct iou_body_rule {
    /** Compares the node with the graph, whose counts are set, and fills in the rest. */
    iou_status (*connect)(const iou_node *node, iou_body *body, iou_arena *memory,
                          iou_error *error);
};

/** What the step of such a node has as parameters. */
typedef struct iou_body_step {
    const iou_body *body;
    const iou_operand *const *in; /**< of the node; NULL: absent */
    const iou_operand *out;       /**< their types hold, shapes come from the run */
} iou_body_step;

static inline int iou_body_state_input(const iou_body *body) {
    return body->counted ? 2 : 0;
}
static inline int iou_body_state_output(const iou_body *body) {
    return body->counted ? 1 : 0;
}
/** Of the node's inputs, the first that is scanned. */
static inline int iou_body_first_scanned(const iou_body *body) {
    return body->first_state + body->states;
}

/** The axis of scanned input or collected output `index` of a value of `rank`; -1: it has none. */
int iou_body_axis_of(const iou_body_axis *axes, int index, int rank);

/** What the states of a body are taken to keep from iteration to iteration. */
typedef enum iou_body_keeps { IOU_KEEPS_SHAPES, IOU_KEEPS_RANKS, IOU_KEEPS_TYPES } iou_body_keeps;

/** Facts of the graph's own inputs, in every iteration if the states keep so much; and of the outer
 * values. */
void iou_body_enter(const iou_node *node, const iou_fact *const *in, iou_body_keeps keeps,
                    iou_fact *inputs);

/** `infer` and `prepare` of all such operators. */
iou_status iou_body_infer(const iou_infer *infer);
iou_status iou_body_prepare(const iou_prepare *prepare);

#endif
