/* A loaded model: checked, its names resolved to numbers, its facts inferred. Never changes. */
#ifndef IOU_MODEL_H
#define IOU_MODEL_H

#include "core/arena.h"
#include "core/handle.h"
#include "core/file.h"
#include "model/names.h"
#include "model/problems.h"
#include "ops/op.h"

/** A named value; of the main graph, or inside a function or branch. */
typedef struct iou_value {
    const char *name;
    int producer;             /**< the node that computes it; -1: an input or an initializer */
    bool is_input, is_output; /**< of the graph */
    bool is_constant;         /**< an initializer */
    bool is_inner;            /**< of a function or branch */
    bool awaited;             /**< while loading: of a call whose body is being read */
} iou_value;

/** A branch of an If: its nodes run only where the condition has this value. */
typedef struct iou_guard {
    int condition; /**< value */
    bool when;
    int parent; /**< the guard of the If itself, of a lower number; -1: none */
} iou_guard;

struct iou_model {
    iou_handle handle;
    atomic_int holders; /**< the handle itself, and sessions */
    void (*release)(void *context, const void *data,
                    size_t size); /**< of borrowed bytes; or NULL */
    void *release_context;
    iou_file file;
    connx_file *onnx;
    struct iou_packed_weights *packed_weights; /**< of all sessions */
    struct iou_external *external; /**< bytes of tensors that are in other files; or NULL */
    const Onnx__ModelProto *proto;
    iou_arena *arena;
    iou_value *values;
    iou_fact *facts; /**< of each value: constants, declared inputs, inferred outputs */
    int value_count;
    iou_node *nodes;         /**< in an order in which every value is computed before it is used */
    iou_node *integer_nodes; /**< see integer_nodes.h; NULL: there are none */
    int *node_guards;        /**< of each node, the branch that it is in; -1: none */
    int node_count;
    iou_guard *guards;
    int guard_count;
    int *inputs, *outputs; /**< value numbers; inputs that have a default come last */
    int input_count, output_count;
    int default_count;  /**< inputs behind the first input_count: initializers that may be fed */
    iou_fact *declared; /**< of each of those, what may be fed */
    const Onnx__StringStringEntryProto **metadata; /**< each key once, with its last value */
    size_t metadata_count;
    iou_names *metadata_names; /**< numbers of its keys */
    int opset;
    struct iou_model *outer;  /**< of a body: the model around, which owns its memory; else NULL */
    struct iou_model *bodies; /**< of the whole file, the last read first; NULL: none */
    struct iou_model *next;   /**< the body before */
    int body_count;           /**< of this model's own nodes */
    bool runnable;            /**< no operator is missing, and failures are not noted */
    iou_problems *problems;   /**< where failures are noted; NULL: the first ends the load */
};

/** Builds everything from model->onnx; on failure the caller closes the model. */
iou_status iou_model_build(iou_model *model, const iou_model_options *options, iou_error *error);

/** Infers the outputs of one node into `out`; infers the largest shapes with `largest`. */
iou_status iou_model_infer_node(const iou_node *node, const iou_fact *facts, bool largest,
                                iou_fact *out, iou_arena *memory, iou_error *error);

/** Infers types and shapes of every node's outputs into `facts`, in node order, into `memory`. */
iou_status iou_model_infer(const iou_model *model, iou_fact *facts, iou_arena *memory,
                           iou_error *error);

/** Keeps the model until iou_model_drop, though its handle be closed. */
void iou_model_hold(const iou_model *model);
void iou_model_drop(const iou_model *model);

/** What is known of value `id`, for the public API. */
void iou_model_describe(const iou_model *model, int id, iou_value_info *info);

#endif
