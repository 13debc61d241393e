/* What operators share when they infer and prepare: types, absent inputs, axes, known values. */
#ifndef IOU_FACTS_H
#define IOU_FACTS_H

#include "ops/op.h"

/* 0-terminated lists for iou_infer_type. */
extern const iou_type iou_types_any[];    /**< strings where the operator accepts them */
extern const iou_type iou_types_number[]; /**< every type but float16 and bool */
extern const iou_type iou_types_float[];  /**< float32, float64 */
extern const iou_type iou_types_f32[];
extern const iou_type iou_types_index[]; /**< int32, int64 */
extern const iou_type iou_types_i64[];
extern const iou_type iou_types_bool[];

/** Arity, and at least one output. */
iou_status iou_fact_begin(const iou_infer *infer, int min_inputs, int max_inputs, int max_outputs);

/** Input `input`, or NULL when it is absent. */
const iou_fact *iou_fact_in(const iou_infer *infer, int input);
const iou_operand *iou_operand_in(const iou_prepare *prepare, int input);

/** Fills in which outputs are there; whether one of these has elements. */
bool iou_prepare_outputs(const iou_prepare *prepare, bool *there);

/** Checks the shape of an input, which may be absent, against dimensions that may be unknown. */
iou_status iou_fact_check_dims(const iou_infer *infer, int input, int rank, const iou_dim *dims);

/** Reads an input of one int32 or int64 number, which may be unknown; absent: `otherwise`. */
iou_status iou_fact_scalar(const iou_infer *infer, int input, iou_dim otherwise, iou_dim *value);
/** The same, where the step needs it. */
iou_status iou_operand_scalar(const iou_prepare *prepare, int input, int64_t otherwise,
                              int64_t *value);

/** Gives `out` the type and shape of `in`, not its value. */
void iou_fact_like(iou_fact *out, const iou_fact *in);
/** The shape only. */
void iou_fact_shape_like(iou_fact *out, const iou_fact *in);
/** What a view passes on: the known elements and constant bytes of `in`. */
void iou_fact_same_value(iou_fact *out, const iou_fact *in);
/** Multiplies the dims first…last-1; 1 when there are none. */
iou_dim iou_fact_product(const iou_infer *infer, const iou_dim *dims, int first, int last);
/** A symbol of the node's own for dimension `axis` of its output. */
iou_dim iou_fact_new_symbol(const iou_infer *infer, int axis);

/** Makes `axis` non-negative, or reports that it is outside -rank … rank-1. */
iou_status iou_fact_axis(const iou_infer *infer, int64_t axis, int rank, int *out);

/** Elements of a known (perhaps symbolic) integer value; -1: nothing is known of it. */
int iou_fact_value_count(const iou_fact *fact);
iou_dim iou_fact_value(const iou_fact *fact, int index);
/** Whether `value` can be an element of `type` (int32, int64, bool). */
bool iou_type_holds(iou_type type, int64_t value);

typedef enum iou_ints_state {
    IOU_INTS_ABSENT = 0,
    IOU_INTS_UNKNOWN = 1, /**< the input is there, its numbers are not known */
    IOU_INTS_KNOWN = 2
} iou_ints_state;

/** A short list of integers from an attribute or an input. */
typedef struct iou_ints {
    iou_ints_state state;
    int count; /**< IOU_MAX_ELEMENTS + 1 when there are more: every user compares with a rank */
    int64_t values[IOU_MAX_ELEMENTS];
} iou_ints;

/** The attributes of an operator that has no other than `axis`. */
typedef struct iou_axis_attribute {
    bool given; /**< else `axis` is the default */
    int64_t axis;
} iou_axis_attribute;

/** Reads them; absent: `otherwise`. */
iou_status iou_axis_parse(const iou_parse *parse, int64_t otherwise);

/** Sets `*chosen` to the index of a string attribute among `words`, which NULL ends; leaves it
 * where the attribute is absent. */
iou_status iou_parse_choice(const iou_parse *parse, const char *name, const char *const *words,
                            int *chosen);

/** Reads an attribute that is 0 or 1. */
iou_status iou_parse_flag(const iou_parse *parse, const char *name, bool otherwise, bool *flag);

static inline const iou_axis_attribute *iou_axis_attribute_of(const iou_node *node) {
    return node->attributes;
}

void iou_ints_from_attribute(iou_ints *ints, const iou_node *node, const char *name);
void iou_ints_from_fact(iou_ints *ints, const iou_fact *fact);
void iou_ints_from_operand(iou_ints *ints, const iou_operand *operand);

/** The same for floating-point values. */
typedef struct iou_floats {
    iou_ints_state state;
    int count;
    double values[IOU_MAX_ELEMENTS];
} iou_floats;

void iou_floats_from_fact(iou_floats *floats, const iou_fact *fact);
void iou_floats_from_operand(iou_floats *floats, const iou_operand *operand);

/** Reads element `index` of `type` at `data`, which need not be aligned. */
int64_t iou_read_int(iou_type type, const void *data, size_t index);
double iou_read_double(iou_type type, const void *data, size_t index);

/** Reports an input that must be known before the run. */
iou_status iou_prepare_unknown(const iou_prepare *prepare, const char *what);

#endif
