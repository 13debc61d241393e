/*
 * The contract of an operator: parse (attributes, once), infer (types and shapes, symbolic or
 * concrete), prepare (for concrete shapes and one CPU: kernel, tasks, scratch), run (tasks). One
 * file or folder per operator or family; registration is one line in ops.inc.
 */
#ifndef IOU_OP_H
#define IOU_OP_H

#include "core/arena.h"
#include "core/caches.h"
#include "core/cpu.h"
#include "core/packed_weights.h"
#include "core/status.h"
#include "core/text.h"
#include "core/type.h"

#include "connx.h"

/* ---- Facts: what is known of a value ------------------------------------------------------- */

/** A dimension, or an element of a small integer tensor: a number, a symbol, or unknown. */
typedef struct iou_dim {
    bool known;    /**< `value` holds */
    int64_t value; /**< dimensions are >= 0; elements of shape tensors may be negative */
    const char
        *symbol; /**< interned text such as "batch" or "floor((height+1)/2)"; NULL: unknown */
} iou_dim;

enum { IOU_MAX_ELEMENTS = 64 };

/** What is known of a value before it exists. */
typedef struct iou_fact {
    iou_type type; /**< IOU_TYPE_UNDEFINED: unknown */
    int rank;      /**< -1: unknown */
    iou_dim dims[IOU_MAX_RANK];
    int element_count; /**< of `elements`; -1: unknown */
    iou_dim *elements; /**< of a small int32/int64/bool tensor, at most IOU_MAX_ELEMENTS; or NULL */
    const void *data;  /**< the bytes of a constant, perhaps not aligned; or NULL */
    size_t data_size;
} iou_fact;

iou_dim iou_dim_number(int64_t value);
iou_dim iou_dim_unknown(void);
bool iou_dim_equal(iou_dim a, iou_dim b); /**< both known and equal, or the same symbol */

/** Number of elements when all dims are known; false otherwise or on overflow. */
bool iou_fact_count(const iou_fact *fact, size_t *count);
bool iou_fact_is_concrete(const iou_fact *fact);
/** Whether a value has channels and pixels in one to three dimensions. */
bool iou_fact_is_spatial(const iou_fact *fact);
/** Whether two concrete values have the same type and dims. */
bool iou_fact_same_shape(const iou_fact *a, const iou_fact *b);

/* ---- Nodes --------------------------------------------------------------------------------- */

typedef struct iou_op iou_op;
typedef struct iou_body iou_body; /* ops/body.h */
typedef struct iou_form iou_form; /* ops/form.h */

enum { IOU_NO_VALUE = -1 };

typedef struct iou_node {
    const char *name;    /**< never NULL: made up from the first output where the file has none */
    const char *op_type; /**< never NULL */
    const char *symbol;  /**< begins the names of its own symbols; NULL: `name` does */
    int opset;           /**< version of the node's domain */
    const iou_op *op;
    int input_count, output_count; /**< trailing absent ones cut off */
    const int *inputs, *outputs;   /**< value ids; IOU_NO_VALUE: absent */
    const Onnx__NodeProto *proto;
    const iou_form *form;   /**< while the model is loaded, what its types must be; or NULL */
    const void *attributes; /**< what op->parse made of them; NULL: it has no parse, or refused */
    iou_body *body;         /**< the graph that it runs many times; NULL: none */
} iou_node;

/** What an operator's `parse` may look at and must fill. */
typedef struct iou_parse {
    const iou_node *node;
    void *attributes;  /**< op->attributes_size zeroed bytes, which the node keeps */
    iou_arena *memory; /**< for what they point at; lives as long as they do */
    iou_error *error;
} iou_parse;

/** Reports "node 'NAME' (Type): …". */
iou_status iou_parse_fail(const iou_parse *parse, iou_status status, const char *format, ...)
    IOU_PRINTF(3, 4);

/** Has the node's operator read the attributes, into `memory`; they are checked already. */
iou_status iou_node_parse(iou_node *node, iou_arena *memory, iou_error *error);

/* Attributes, for `parse` alone; the getters return the default where the attribute is absent.
 * `iou_attributes_check` reports one that is given twice or holds no value of the type that it
 * names, and `iou_form_check` those that the operator does not have, before any getter runs. */
int64_t iou_attribute_int(const iou_node *node, const char *name, int64_t otherwise);
float iou_attribute_float(const iou_node *node, const char *name, float otherwise);
/** A string attribute into `buffer`; false (and "") when absent; over-long ones are cut. */
bool iou_attribute_string(const iou_node *node, const char *name, char *buffer, size_t capacity);
/** String `index` of a list, cut as above; answers how many there are. */
size_t iou_attribute_strings(const iou_node *node, const char *name, size_t index, char *buffer,
                             size_t capacity);
/** Whole strings of an attribute, of one or of a list, into `memory`; NULL and 0 when absent. Fails
 * where they are not UTF-8. */
iou_status iou_attribute_texts(const iou_parse *parse, const char *name,
                               const iou_text *const **texts, size_t *count);
/** NULL and 0 when absent. */
const int64_t *iou_attribute_ints(const iou_node *node, const char *name, size_t *count);
const float *iou_attribute_floats(const iou_node *node, const char *name, size_t *count);
const Onnx__TensorProto *iou_attribute_tensor(const iou_node *node, const char *name);
const Onnx__TypeProto *iou_attribute_type(const iou_node *node, const char *name);
bool iou_attribute_present(const iou_node *node, const char *name);
iou_status iou_attributes_check(const iou_node *node, iou_error *error);
/** Reports what an operator does not have in the node's opset: an attribute or its kind, a further
 * input or output, or itself; and attributes and inputs that are missing. An attribute that nobody
 * reads was meant to say something. */
iou_status iou_form_check(const iou_node *node, iou_error *error);

/** The type that a file says: of tensors, of a sequence or optional of them. Others, and NULL, are
 * undefined; so is an element type that is left open. */
iou_type iou_type_from_proto(const Onnx__TypeProto *proto);
/** What it is called where it is none of these. */
const char *iou_type_proto_name(const Onnx__TypeProto *proto);

/**
 * The type, shape, bytes and (when small and integer) elements of a tensor of the file. Bytes stay
 * where raw_data is; typed fields are copied into `memory`. The text of an error begins with
 * `what`.
 */
iou_status iou_fact_from_tensor(iou_fact *fact, const Onnx__TensorProto *tensor, iou_arena *memory,
                                const char *what, iou_error *error);

/** The strings of a file, checked and copied into `memory`. */
iou_status iou_texts_read(const ProtobufCBinaryData *strings, size_t count, iou_arena *memory,
                          const iou_text *const **texts, const char *what, iou_error *error);

/** Bits of an element of a type that files pack and memory holds in a byte each; 0 of others. */
unsigned iou_type_packed_bits(iou_type type);

/**
 * The same of a sparse tensor, made dense in `memory`; its bytes are taken off `*allowed`. Indices
 * must rise, as ONNX requires.
 */
iou_status iou_fact_from_sparse(iou_fact *fact, const Onnx__SparseTensorProto *tensor,
                                size_t *allowed, iou_arena *memory, const char *what,
                                iou_error *error);

/** Sets rank, dims and data_size of a tensor of the file whose type is set. */
iou_status iou_fact_read_shape(iou_fact *fact, const int64_t *dims, size_t count, const char *what,
                               iou_error *error);

/** Reads `elements` of a small int32, int64 or bool constant whose type, shape and data are set. */
iou_status iou_fact_read_elements(iou_fact *fact, iou_arena *memory);

/* ---- Infer --------------------------------------------------------------------------------- */

/**
 * Everything `infer` may look at and must fill. All inputs' types and ranks may be unknown during
 * the symbolic pass; in the concrete pass every dim is a number (unless `data_dependent`).
 * Errors name the node through iou_infer_fail.
 */
typedef struct iou_infer {
    const iou_node *node;
    const iou_fact *const *in; /**< input_count; NULL for an absent optional input */
    iou_fact *out;             /**< output_count, zeroed: type undefined, rank -1, no elements */
    iou_arena *memory;         /**< for symbols and elements; lives as long as the facts */
    iou_error *error;
    /** Asked of an operator whose output shapes depend on data, after it left dims unknown: fill in
     * the largest concrete dims. Its run writes those that came out to call->out_dims. An operator
     * that needs the value of an input before the run leaves dims unknown here too: it is asked
     * again when the value has been computed, the last input's first. */
    bool largest;
} iou_infer;

/** Reports "node 'NAME' (Type): …". */
iou_status iou_infer_fail(const iou_infer *infer, iou_status status, const char *format, ...)
    IOU_PRINTF(3, 4);

/** An interned symbol from text, for a dimension that no number describes. */
iou_dim iou_infer_symbol(const iou_infer *infer, const char *format, ...) IOU_PRINTF(2, 3);

/** Room for `count` (<= IOU_MAX_ELEMENTS) known elements of an output; NULL without memory. */
iou_dim *iou_infer_elements(const iou_infer *infer, iou_fact *out, int count);

/** Multiplies/adds/floor-divides dimensions: numbers stay numbers, symbols become symbols. */
iou_dim iou_infer_add(const iou_infer *infer, iou_dim a, int64_t b);
iou_dim iou_infer_mul(const iou_infer *infer, iou_dim a, iou_dim b);
iou_dim iou_infer_floor_div(const iou_infer *infer, iou_dim a, int64_t divisor);
/** NumPy broadcasting of shapes into `out` (rank and dims); fails where they cannot broadcast. */
iou_status iou_infer_broadcast(const iou_infer *infer, const iou_fact *a, const iou_fact *b,
                               iou_fact *out);
/** Checks input i's type against a 0-terminated list; unknown types pass. Absent: fails. */
iou_status iou_infer_type(const iou_infer *infer, int input, const iou_type *allowed);
/** Checks the number of present inputs (min…max). */
iou_status iou_infer_arity(const iou_infer *infer, int min_inputs, int max_inputs, int max_outputs);

/* ---- Prepare and run ----------------------------------------------------------------------- */

/** The order of a value's dims in memory; logical dims stay in ONNX's order. */
typedef enum iou_layout {
    IOU_PLAIN = 0,         /**< row-major in ONNX's order: N, C, spatial… */
    IOU_CHANNELS_LAST = 1, /**< N, spatial…, C, of rank 3 to 5 */
    IOU_SWAPPED = 2,       /**< the last two exchanged: transposed matrices */
    IOU_LAYOUTS = 3
} iou_layout;

/** What an operator wants of its spatial values. */
typedef enum iou_layout_rule {
    IOU_LAYOUT_PLAIN = 0,       /**< plain in, plain out */
    IOU_LAYOUT_CHANNELS = 1,    /**< first input and first output channels-last (rank 3 to 5) */
    IOU_LAYOUT_ELEMENTWISE = 2, /**< any, if inputs of full shape agree; outputs follow. Inputs that
                                     broadcast are brought to the same layout by the planner. */
    IOU_LAYOUT_FOLLOWS = 3,     /**< input 0 as it is, the others plain; outputs of its rank follow,
                                     the others are plain */
    IOU_LAYOUT_READS = 4,       /**< input 0 as it is, the others plain; outputs plain */
    IOU_LAYOUT_MATRICES = 5     /**< inputs plain or swapped; outputs plain */
} iou_layout_rule;

/** A value of a step: concrete shape, ONNX's dimension order whatever the layout. */
typedef struct iou_operand {
    iou_type type;
    int rank;
    int64_t dims[IOU_MAX_RANK];
    iou_layout layout;
    int64_t pitch; /**< floats from one pixel to the next where the value is a part of a larger
                        channels-last one (see iou_pitched); 0: it is dense */
    bool direct;   /**< an input of one that `gathers`: it is in the output already */
    size_t count;  /**< elements */
    const void *constant; /**< bytes of a constant (perhaps not aligned), or NULL */
} iou_operand;

/** Floats from one pixel to the next of a channels-last value. */
int64_t iou_operand_pitch(const iou_operand *operand);

typedef struct iou_epilogue iou_epilogue; /* ops/epilogue.h */

/** What a step is made of; filled by prepare. */
typedef struct iou_step iou_step;

enum { IOU_PACKED_INPUTS = 32 }; /* that have a bit in iou_step.packed */

typedef struct iou_prepare {
    const iou_node *node;
    const iou_operand *const *in; /**< NULL: absent */
    const iou_operand *out;       /**< output_count of them */
    const iou_epilogue *epilogue; /**< what the step's store takes; NULL where `absorbs` is */
    const int64_t *zeros; /**< of an operator that `adds_zeros`: how many it finds before the pixels
                               of input 0, along each spatial dimension, and behind them up to where
                               the output needs them; NULL: none */
    iou_isa isa;
    iou_caches caches;
    bool shared;    /**< other nodes share its constants, and `batch` is called for their steps */
    size_t threads; /**< that share the tasks: 1 or more */
    iou_arena *memory;                 /**< of the plan: params and tables live here */
    const struct iou_weights *weights; /**< packed ones, kept over plans */
    iou_step *step;                    /**< to fill */
    iou_error *error;
} iou_prepare;

/** Memory of the plan, zeroed, 64-byte aligned; NULL without memory. */
void *iou_prepare_alloc(const iou_prepare *prepare, size_t size);
iou_status iou_prepare_fail(const iou_prepare *prepare, iou_status status, const char *format, ...)
    IOU_PRINTF(3, 4);

/** Packed weights: found from an earlier node or plan, or made by `fill`. 64-byte aligned. */
iou_status iou_prepare_weights(const iou_prepare *prepare, const iou_packing *packing,
                               iou_pack fill, const void *context, const void **memory);

struct iou_run_pool; /* ops/run_pool.h */

/** What a running task may touch. */
typedef struct iou_call {
    const void *params;    /**< step->params */
    const void *const *in; /**< NULL: absent; behind the node's own, those of the epilogue */
    void *const *out;
    void *scratch;    /**< step->scratch_size bytes of this thread's own, 64-byte aligned */
    iou_error *error; /**< of this thread */
    /** [output]: set by the run of an operator that infers `infer->largest`, left alone by others.
     * The output's bytes are row-major in these dims, at the beginning of its memory; such an
     * operator requires plain layout. */
    int64_t (*out_dims)[IOU_MAX_RANK];
    struct iou_run_pool *pool; /**< for operators with `pooled`: where they make values */
    void **made;               /**< [output]: of these, where the run says what it has made */
} iou_call;

/** What stands behind the dims of a value whose rank the run finds out too. */
enum { IOU_NO_DIM = -2 };

/** Leaves the dims of an output as a run has found them. */
void iou_call_set_dims(int64_t *out_dims, const int64_t *dims, int rank);

/** Runs task `task` of step->task_count. Tasks of a step are independent and may run in any order.
 */
typedef iou_status (*iou_run_task)(const iou_call *call, size_t task);

struct iou_step {
    iou_run_task run;
    const void *params;
    size_t task_count;   /**< at least 1; bits must not depend on how the output is cut */
    size_t scratch_size; /**< per thread */
    unsigned in_place; /**< bit i: out[0] may be in[i] (set by prepare when the kernel allows it) */
    unsigned packed;   /**< bit i: prepare packed constant input i; the run's in[i] is NULL */
    const char *algorithm;
    const char *isa;
    double flop; /**< multiplications and additions; 0: not counted */
    /**
     * Or NULL. Lets the step compute its input 0 by itself, if that pays: `inner` is the step that
     * would, and nobody else reads it. The call's input 0 is inner's then.
     */
    iou_status (*fuse_producer)(const iou_prepare *prepare, const iou_step *inner, bool *fused);
    /**
     * Or NULL. Lets the step do the work of `count` of its operator, itself the first, if that
     * pays: those of nodes that share their constants, of which none waits for another. The call's
     * inputs are those of the first, then those of the second, and so on; its outputs too.
     */
    iou_status (*batch)(const iou_prepare *prepare, const iou_step *const *steps, size_t count,
                        bool *batched);
};

/** The task of a step without work, as where the output is empty. */
iou_status iou_run_nothing(const iou_call *call, size_t task);

/* ---- What the planner may ask of an operator ----------------------------------------------- */

/** Where an output's elements are without being computed. Input 0 is meant. */
typedef enum iou_view {
    IOU_VIEW_NONE = 0,
    IOU_VIEW_PLAIN,         /**< the input's bytes in plain order */
    IOU_VIEW_SAME,          /**< the input's bytes, in every layout */
    IOU_VIEW_LAST_TO_PLAIN, /**< its channels-last bytes are the output's plain ones */
    IOU_VIEW_PLAIN_TO_LAST, /**< its plain bytes are the output's channels-last ones */
    IOU_VIEW_SWAPPED,       /**< its plain bytes are the output's swapped ones */
    IOU_VIEW_REPEATED       /**< each pixel several times, the nearest by floor(out * in / out) */
} iou_view;

/** Which values of a step, of floats and channels last, may be parts of the channels of larger
 * ones: bits. All others are dense. */
typedef enum iou_pitched {
    IOU_PITCHED_INPUT = 1,    /**< input 0 */
    IOU_PITCHED_OUTPUT = 2,   /**< output 0 */
    IOU_PITCHED_OPERANDS = 4, /**< those of the epilogue */
    IOU_PITCHED_INPUTS = 8    /**< all inputs */
} iou_pitched;

/** From element `first` of dimension `axis` of a value on. */
typedef struct iou_range {
    int axis;
    int64_t first;
} iou_range;

/** How far a step's store reaches: which elements scale and shift are known for, what it adds. */
typedef struct iou_absorption {
    int channel_axis;  /**< of the output: scale and shift run along it; -1: they must be uniform */
    bool adds_smaller; /**< the first addition's operand may be IOU_VIEW_REPEATED */
} iou_absorption;

struct iou_epilogue_query; /* ops/epilogue.h */
struct iou_epilogue_step;

/** Element types beside those that an operator's infer and prepare know, which it computes in wider
 * ones: see ops/widen.h. */
enum {
    IOU_WIDENS_FLOATS = 1,   /**< float16 and bfloat16 in float32 */
    IOU_WIDENS_INTEGERS = 2, /**< those of 8 and 16 bits in int64 */
    IOU_WIDENS_UINT32 = 4,   /**< in int64 */
    IOU_WIDENS_UINT64 = 8,   /**< in int64, of which the bits are the same for sums and products */
    IOU_WIDENS_WHOLE = 64,   /**< integers of 32 and 64 bits in float64 */
    IOU_WIDENS_MIXED = 16,   /**< inputs need not have one type */
    IOU_WIDENS_FIRST_OUTPUT = 32, /**< further outputs do not have input 0's type */
    IOU_WIDENS_NEVER = 128,       /**< the bits matter: see model/half_floats.h */
    IOU_WIDENS_GIVEN = 256 /**< only with all inputs: absent ones mean the limits of the type */
};

/** Whether a node's output 0 is input 0 quantized, or dequantized, by a scale (input 1) and a zero
 * point (input 2). */
typedef enum iou_quantizing {
    IOU_QUANTIZES_NOT = 0,
    IOU_QUANTIZES,
    IOU_DEQUANTIZES
} iou_quantizing;

struct iou_integer_query; /* ops/integer_form.h */

/** Values that are no tensors of numbers, as inputs and outputs. */
enum { IOU_ACCEPTS_STRINGS = 1, IOU_ACCEPTS_COMPOSITES = 2, IOU_ACCEPTS_ALL = 3 };

/**
 * An operator: what it is called, and what it can do. Facts are by value for `view` and the members
 * behind it, and concrete; those members may be NULL.
 */
struct iou_op {
    const char *name;
    iou_layout_rule layout;
    unsigned widens;        /**< IOU_WIDENS_… */
    bool random;            /**< equal inputs may have other outputs */
    size_t attributes_size; /**< of what `parse` fills */
    /** Reads and checks the attributes when the model is loaded; what else looks at them looks at
     * node->attributes. Lengths that depend on an input's rank are infer's to compare. NULL: the
     * operator has none. */
    iou_status (*parse)(const iou_parse *parse);
    iou_status (*infer)(const iou_infer *infer);
    iou_status (*prepare)(const iou_prepare *prepare);
    /** Whether output 0 needs no step. */
    iou_view (*view)(const iou_node *node, const iou_fact *facts);
    /** Whether the output is input 0 with zeros around its pixels; `before`: their number before
     * these, along each spatial dimension. */
    bool (*pads)(const iou_node *node, const iou_fact *facts, int64_t before[IOU_MAX_RANK]);
    /** Whether the step can add such zeros by itself; see iou_prepare.zeros. */
    bool (*adds_zeros)(const iou_node *node, const iou_fact *facts);
    unsigned pitched; /**< bits of iou_pitched */
    /** Whether the outputs are ranges of input 0, one behind the other; `range`: where they begin.
     */
    bool (*splits)(const iou_node *node, const iou_fact *facts, iou_range *range);
    /** Whether the output is the inputs, one behind the other along dimension `*axis`. */
    bool (*gathers)(const iou_node *node, const iou_fact *facts, int *axis);
    /** Whether a step's store can do this node's work on what it has computed; fills `step`. */
    iou_status (*epilogue)(const struct iou_epilogue_query *query, struct iou_epilogue_step *step,
                           bool *accepted);
    /** Whether the node's step takes others' work into its store. */
    bool (*absorbs)(const iou_node *node, const iou_fact *facts, iou_absorption *absorption);
    /** Whether the step may compute its input 0 line by line, which `producer` makes for it alone;
     * `longer`: the producer's step would do so already. */
    bool (*fuses_producer)(const iou_node *node, const iou_node *producer, bool longer);
    /** Whether several nodes that share their constants may become one step. */
    bool (*batches)(const iou_node *node, const iou_fact *facts, iou_isa isa);
    iou_quantizing quantizing;
    /** Whether elements of output 0 are elements of input 0, or of all inputs that are dequantized:
     * then the node may have quantized ones instead. */
    bool (*moves)(const iou_node *node);
    /** Makes the node that takes quantized operands and quantizes what it computes, or not, with
     * integers; see ops/integer_form.h. */
    iou_status (*integer_form)(const struct iou_integer_query *query, iou_node *made,
                               bool *accepted);
    /** Of an operator that runs the graph in its attribute `body` many times; the session does, and
     * what shapes and values come out only the run tells. */
    const struct iou_body_rule *body;
    /** Its outputs of unknown shape are the run's to make, in the run's pool, on the calling
     * thread: see ops/run_pool.h. It infers no largest shapes. */
    bool pooled;
    unsigned accepts; /**< IOU_ACCEPTS_…; all others are given tensors of numbers alone */
};

/** The domain of Gradient, which becomes other operators when a model is loaded. */
#define IOU_TRAINING_DOMAIN "ai.onnx.preview.training"

/** The operator of the default domain, or NULL. */
const iou_op *iou_op_find(const char *op_type);

#define IOU_OP(type, symbol) extern const iou_op iou_op_##symbol;
#include "ops/ops.inc"
#undef IOU_OP

#endif
