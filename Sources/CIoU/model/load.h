/* A model while it is read; for the files load*.c alone. */
#ifndef IOU_LOAD_H
#define IOU_LOAD_H

#include "model/model.h"
#include "ops/composed.h"

/** What a name of an absent optional input of a function stands for. */
enum { IOU_ABSENT_VALUE = -2, IOU_MAX_OPSET = 28 };

/** The names that a graph defines, and those that it sees around it. */
typedef struct iou_scope iou_scope;
struct iou_scope {
    iou_names *names;
    const iou_scope *outer; /**< NULL for the main graph and a function's body */
};

/** A call of a function, for the attributes that its body refers to; NULL in the main graph. */
typedef struct iou_load_call {
    const Onnx__FunctionProto *function;
    const Onnx__NodeProto *node; /**< holds values, no references */
} iou_load_call;

/** An If while its branches are read. */
typedef struct iou_load_if {
    const Onnx__NodeProto *node;
    const char *name;
    const Onnx__GraphProto *branches[2]; /**< for true, for false */
    int *inputs;                         /**< of the If that is left: see iou_node_is_if */
    int guard;                           /**< of the branch for true; the next is for false */
} iou_load_if;

/** A list of nodes that is being read. */
typedef struct iou_load_frame {
    Onnx__NodeProto *const *nodes;
    size_t count, next;
    iou_scope *scope;
    const char *path; /**< before the names inside; "" in the main graph */
    int opset;        /**< 0: the function imports none */
    int guard;
    const iou_load_call *call; /**< of the body around */
    iou_load_if *branching;    /**< of the branch that this is; NULL: no branch */
    int branch;
    const int *call_outputs; /**< of the call whose body this is; NULL: no body */
    int call_output_count;
} iou_load_frame;

typedef struct iou_functions iou_functions;
typedef struct iou_loader iou_loader;

/** What a body that is being read sees around it. */
typedef struct iou_load_around {
    iou_loader *loader;
    const iou_scope *scope; /**< of the node that runs it */
    iou_scope *root;        /**< of the body; what ends in it goes on in `scope` */
    int *captured;          /**< values of the model around, in the order of the body's inputs */
    int count, capacity, input_capacity;
    int depth; /**< of bodies */
} iou_load_around;

struct iou_loader {
    iou_model *model;
    const iou_functions *functions;
    iou_load_frame *frames; /**< the innermost last */
    int depth;
    int frame_capacity, value_capacity, node_capacity, guard_capacity;
    int *defaults; /**< values of inputs that initializers are the defaults of */
    iou_names *node_names;
    size_t max_nodes, max_bytes;
    size_t dense_bytes;      /**< of sparse initializers made dense so far */
    size_t gradient_nodes;   /**< that gradients have looked at so far */
    const iou_scope *main;   /**< of the main graph, once it has been read */
    iou_load_around *around; /**< of a body; NULL: the main graph is read */
    iou_error *error;
};

/* ---- Names and values (load_values.c) ------------------------------------------------------ */

/** "" for NULL. */
const char *iou_load_text(const char *s);
bool iou_load_is_standard(const char *domain);
iou_status iou_load_no_memory(const iou_loader *l);

/** Grows an array of the model's arena to hold one more element. */
bool iou_load_reserve(iou_loader *l, void **array, int count, int *capacity, size_t element);

/** A scope with room for `capacity` names; NULL without memory. */
iou_scope *iou_load_scope(const iou_loader *l, const iou_scope *outer, size_t capacity);
/** The value that a name stands for here; IOU_ABSENT_VALUE, or -1: none. In a body, a value of the
 * model around becomes one of the body's. Sets *id; fails without memory only. */
iou_status iou_load_find(iou_loader *l, const iou_scope *scope, const char *name, int *id);
/** Whether a name stands for something here, or around the body. */
bool iou_load_sees(const iou_loader *l, const iou_scope *scope, const char *name);
/** `path` and `name` in one; a long path loses its beginning. NULL without memory. */
const char *iou_load_name(const iou_loader *l, const char *path, const char *name);
/** A new value's number, or -1 when the name is taken; -2 without memory. */
int iou_load_value(iou_loader *l, const iou_scope *scope, const char *path, const char *name);
iou_status iou_load_initializers(iou_loader *l, const iou_scope *scope, const char *path,
                                 const Onnx__GraphProto *graph);

/** What a file says of a dimension: exporters write -1 or 0 where they mean that it is unknown, and
 * one placeholder, which is no identifier, for dimensions that differ. */
iou_dim iou_load_dim(const Onnx__TensorShapeProto__Dimension *dim);

/** Notes a failure where the model is opened for inspection, else returns it. */
iou_status iou_load_note(const iou_loader *l, iou_status status);
/** An inspection goes on where a name is undefined or taken, and leaves the word to the caller. */
bool iou_load_tolerates_names(const iou_loader *l);

/* ---- Nodes (load_node.c) ------------------------------------------------------------------- */

/** The node with the attributes that it refers to; itself where it refers to none. */
iou_status iou_load_bind(const iou_loader *l, const iou_load_frame *frame,
                         const Onnx__NodeProto *node, const Onnx__NodeProto **bound);
/** A readable name, also where the file has none; NULL without memory. */
const char *iou_load_node_name(const iou_loader *l, const iou_load_frame *frame,
                               const Onnx__NodeProto *node);
/** Adds a node that is neither a call nor an If. */
iou_status iou_load_plain(iou_loader *l, const iou_load_frame *frame, const Onnx__NodeProto *node);
/** Adds what is left of an If whose branches have been read. */
iou_status iou_load_join(iou_loader *l, const iou_load_frame *frame, const iou_load_if *branching);
/** Adds a node that gives value `from` the number `to`. */
iou_status iou_load_identity(iou_loader *l, const iou_load_frame *frame, int from, int to);

/** The values of a node's inputs in `ids`; `*known` is false where a name is not (and tolerated).
 */
iou_status iou_load_inputs(iou_loader *l, const iou_load_frame *frame, const Onnx__NodeProto *node,
                           int *ids, bool *known);
/** The values of a node's outputs in `ids`; of a call, they are still awaited. */
iou_status iou_load_outputs(iou_loader *l, const iou_load_frame *frame, const Onnx__NodeProto *node,
                            bool awaited, int *ids);

/** How many of the names count: trailing absent ones do not. */
int iou_load_trim(char *const *names, size_t count);

/* ---- Lists of nodes (load_walk.c) ---------------------------------------------------------- */

/** Reads all nodes of the frame, those of branches and functions in their place. */
iou_status iou_load_nodes(iou_loader *l, const iou_load_frame *whole);

/* ---- Graphs (load.c, load_body.c) ---------------------------------------------------------- */

/** How many names a graph defines, without those in branches and bodies. */
size_t iou_load_count_names(const Onnx__GraphProto *graph);
/** Room for a graph: only what is in it beyond that must be moved as it grows. */
bool iou_load_reserve_graph(iou_loader *l, size_t values, size_t nodes);
/** What a graph says of its input; that of an inner graph need not be a tensor of numbers. */
iou_status iou_load_declare_input(const Onnx__ValueInfoProto *info, bool inner, iou_fact *fact,
                                  iou_error *error);

/** Reads the graph that a node runs, into a model of its own; gives the node its body, and the
 * outer values that it reads as further inputs. */
iou_status iou_load_body(iou_loader *l, const iou_load_frame *frame, iou_node *node);

/* ---- Their order (load_order.c) ------------------------------------------------------------ */

/** The frame's nodes in an order in which every value is computed before it is used: those of the
 * file where they are so, else sorted. Values that come from outside the frame are in its scope. */
iou_status iou_load_order(iou_loader *l, const iou_load_frame *frame,
                          Onnx__NodeProto *const **nodes);

/* ---- Functions (load_function.c, load_expansion.c) ----------------------------------------- */

struct iou_functions {
    Onnx__FunctionProto *const *list;
    size_t count;
    iou_names *names; /**< from domain, name and overload */
    int *opsets;      /**< of each, once it has been called; -1: not yet */
};

/** Lists the model's functions. */
iou_status iou_load_functions(iou_loader *l);
/** The function that a node calls, or -1: none, or the operator is ours. */
int iou_load_function_of(const iou_functions *functions, const Onnx__NodeProto *node);
/** The version of the standard operators that is imported; 0: none. A domain may be imported again
 * with the same version. */
iou_status iou_load_opset(Onnx__OperatorSetIdProto *const *imports, size_t count, const char *who,
                          iou_arena *memory, int *opset, iou_error *error);
/** The same of a function that is called, found out once. */
iou_status iou_load_function_opset(const iou_loader *l, int function, int *opset);

/** Refuses functions that call themselves, and bodies that grow past the limits when they are in
 * the place of every call. */
iou_status iou_load_check_expansion(const iou_loader *l, const Onnx__GraphProto *graph);

/* ---- Gradients (load_gradient.c) ----------------------------------------------------------- */

bool iou_load_is_gradient(const Onnx__NodeProto *node);
/** The function that a Gradient of the frame calls, written for it. */
iou_status iou_load_gradient(iou_loader *l, const iou_load_frame *frame,
                             const Onnx__NodeProto *node, const Onnx__FunctionProto **function);

/* ---- Composed operators (load_composed.c) --------------------------------------------------- */

/** The function that a node of such an operator calls, and the opset of its nodes. */
iou_status iou_load_composed(iou_loader *l, const Onnx__NodeProto *node,
                             const iou_composed *composed, const Onnx__FunctionProto **function,
                             int *opset);

/* ---- Operators that are missing (load_missing.c) ------------------------------------------- */

iou_status iou_load_refuse_missing(const iou_model *model, iou_error *error);

#endif
