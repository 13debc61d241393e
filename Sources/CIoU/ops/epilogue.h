/*
 * What follows a node and is done in the store of its step: a list of steps on each element, while
 * it is in registers or in the first cache. Operators say what they are in such a list (`epilogue`
 * of iou_op), the planner makes the list, and whoever computes applies it: the beginning in a
 * kernel's registers (iou_epilogue_split), the rest on stored rows (iou_tail_run).
 */
#ifndef IOU_EPILOGUE_H
#define IOU_EPILOGUE_H

#include "ops/op.h"

struct iou_unary_params;

typedef enum iou_epilogue_kind {
    IOU_EPILOGUE_SCALE,    /**< x * scale[channel] + shift[channel] */
    IOU_EPILOGUE_SLOPE,    /**< x < 0 ? x * scale[channel] : x */
    IOU_EPILOGUE_ADD,      /**< x + operand */
    IOU_EPILOGUE_MULTIPLY, /**< x * operand */
    IOU_EPILOGUE_CLAMP,    /**< min(max(x, lo), hi) */
    IOU_EPILOGUE_FUNCTION, /**< f(x) */
    IOU_EPILOGUE_SAVE,     /**< x, which is kept for IOU_EPILOGUE_GATE */
    IOU_EPILOGUE_GATE      /**< x * what was kept */
} iou_epilogue_kind;

/** A loop over n floats; `in` may be `out`. */
typedef void (*iou_epilogue_function)(const void *in, void *out, size_t n,
                                      const struct iou_unary_params *params);

/** `rows` of `columns` floats, `stride` apart. */
typedef struct iou_value_rows {
    float *values;
    size_t stride, rows, columns;
} iou_value_rows;

/** The same in place over rows of floats. */
typedef void (*iou_rows_function)(const iou_value_rows *x, const struct iou_unary_params *params);

/** A function of one element. */
typedef struct iou_element_function {
    iou_epilogue_function apply;      /**< NULL: there is none */
    iou_rows_function rows;           /**< or NULL */
    iou_epilogue_function definition; /**< in double precision */
} iou_element_function;

/** The fastest loops over floats of a function, by its name in the table of unary_kernels.c. */
iou_element_function iou_element_function_of(const char *name, iou_isa isa);

typedef struct iou_epilogue_step {
    iou_epilogue_kind kind;
    bool uniform;               /**< one scale and shift for all channels */
    bool upsampled;             /**< the operand is smaller, IOU_VIEW_REPEATED makes it fit */
    const float *scale, *shift; /**< per channel, or one; memory of the plan */
    int joined;                 /**< scales of further nodes that this one has taken in */
    bool repeated;              /**< they are there again and again, IOU_EPILOGUE_BLOCK of them */
    float lo, hi;
    int value;                  /**< the operand's value, for the planner */
    int input;                  /**< of the call: the operand */
    const iou_operand *operand; /**< in the layout of the output */
    iou_element_function function;
    const struct iou_unary_params *params;
    iou_element_function gated; /**< x f(x) in one loop */
} iou_epilogue_step;

enum { IOU_EPILOGUE_MOST = 8 };

enum { IOU_EPILOGUE_BLOCK = 1024 }; /* floats that the first cache keeps from step to step */

struct iou_epilogue {
    const iou_epilogue_step *steps;
    size_t count;
};

/** What `epilogue` of an operator looks at. */
typedef struct iou_epilogue_query {
    const iou_node *node;
    const iou_fact *facts; /**< by value */
    int entry;             /**< the input that is computed in the step before */
    int channel_axis;      /**< as in iou_absorption */
    iou_isa isa;
    iou_arena *memory; /**< of the plan */
    iou_error *error;
} iou_epilogue_query;

/** The only element, or the elements along the channels, of a float constant: `*values`, one or as
 * many as there are channels; false where it is neither. */
iou_status iou_epilogue_constant(const iou_epilogue_query *query, int input, const float **values,
                                 bool *uniform, bool *found);

/** Fills a step that adds or multiplies by the other input of two, where that has the shape of the
 * output and is no constant. */
bool iou_epilogue_operand(const iou_epilogue_query *query, iou_epilogue_kind kind,
                          iou_epilogue_step *step);

/** Whether a list has neither operands nor constants per channel. */
bool iou_epilogue_is_plain(const iou_epilogue *epilogue);

/** Whether a step reads an operand, as additions and products do. */
bool iou_epilogue_has_operand(const iou_epilogue_step *step);
/** The number of operands of a list. */
int iou_epilogue_operands(const iou_epilogue *epilogue);

/** What shortening a list looks at. */
typedef struct iou_epilogue_shortening {
    size_t channels; /**< along the channel axis; 0: there is none */
    iou_isa isa;
    iou_arena *memory; /**< of the plan */
} iou_epilogue_shortening;

/** Makes a list shorter that does the same but for rounding: scales in a row are one, hard swish
 * and hard sigmoid written out are one function. Returns the number of steps left. */
size_t iou_epilogue_shorten(iou_epilogue_step *steps, size_t count,
                            const iou_epilogue_shortening *of);

/** Prepares the scales of a whole list for the loops that run it. */
void iou_epilogue_end(iou_epilogue_step *steps, size_t count, const iou_epilogue_shortening *of);

/** Whether two such lists do the same. */
bool iou_epilogue_equal(const iou_epilogue *one, const iou_epilogue *other);

/** What a kernel does in its registers, in this order. */
typedef struct iou_epilogue_start {
    const float *scale, *shift;   /**< per channel; or both NULL */
    int joined;                   /**< as in the step */
    const iou_epilogue_step *add; /**< or NULL */
    float lo, hi;
    size_t accepted; /**< steps of the list */
} iou_epilogue_start;

/** The beginning of a list that kernels take: a scale per channel if `scales`, an addition, a
 * clamp; each may be absent. */
iou_epilogue_start iou_epilogue_split(const iou_epilogue *epilogue, bool scales);

/** Steps that run over stored values. */
typedef struct iou_tail {
    const iou_epilogue_step *steps;
    size_t count;
    const struct iou_epilogue_kernels *kernels;
} iou_tail;

/** The list from step `from` on. */
iou_tail iou_epilogue_tail(const iou_epilogue *epilogue, size_t from, iou_isa isa);

/** Whether the steps ask for the channel or the row of a value; else they may run over neighbours
 * in memory, whatever these are. */
bool iou_tail_is_by_row(const iou_tail *tail);

/** Values of the output: `rows` of `columns`, `stride` apart. The first is of channel `channel`,
 * and element `at` of the output and of operands where these are dense. */
typedef struct iou_tail_values {
    float *values;
    size_t at, channel;
    size_t rows, columns, stride;
    size_t width; /**< channels of a row, where values or operands may be pitched; else 0 */
} iou_tail_values;

/** Does the steps on such values; `in`: the call's inputs. */
void iou_tail_run(const iou_tail *tail, const void *const *in, const iou_tail_values *values);

/** The same of elements begin … end-1 of the call's output, channels unknown. */
void iou_tail_flat(const iou_tail *tail, const iou_call *call, size_t begin, size_t end);

/** One element by definition; `operands`: those of the additions and products, in their order. */
double iou_epilogue_scalar(const iou_epilogue *epilogue, double x, size_t channel,
                           const double *operands);

/** A function of one element, by its name in the table of unary_kernels.c. */
typedef struct iou_vector_function {
    const char *name;
    iou_epilogue_function apply;
    iou_rows_function rows;
} iou_vector_function;

/** The loops of one instruction set, over rows; a channel is a column, `b` has as many rows and
 * columns, `stride` apart. */
typedef struct iou_epilogue_kernels {
    iou_isa isa;
    const iou_vector_function *functions; /**< those it has, then one without a name */
    void (*scale)(const iou_value_rows *x, const float *scale, const float *shift, bool uniform);
    void (*slope)(const iou_value_rows *x, const float *scale, bool uniform);
    void (*add)(const iou_value_rows *x, const float *b, size_t stride);
    void (*multiply)(const iou_value_rows *x, const float *b, size_t stride);
    void (*clamp)(const iou_value_rows *x, float lo, float hi);
} iou_epilogue_kernels;

#define IOU_EPILOGUE_VARIANT(symbol) extern const iou_epilogue_kernels symbol;
#include "ops/epilogue_kernels.inc"
#undef IOU_EPILOGUE_VARIANT

/** The best loops for a CPU of this level. */
const iou_epilogue_kernels *iou_epilogue_choose(iou_isa isa);

#endif
