/*
 * Constant operands and attributes that no run can use, whatever else comes: what inference and the
 * run refuse where they know the shapes, an inspection tells where it does not.
 */
#include "ops/facts.h"
#include "ops/form.h"

#include <string.h>

/** What must hold of a list of integers. */
typedef enum demand {
    IS_AXIS = 0, /**< one of some rank */
    IS_AXES,     /**< the same, and none twice */
    IS_EDGE,     /**< before, between or behind the dimensions of some rank */
    IS_ORDER,    /**< every number up to their count, once */
    NOT_NEGATIVE,
    NOT_ZERO,
    IS_EVEN,       /**< their count */
    AS_OUTPUTS,    /**< their count is that of the outputs, and none is negative */
    AS_INPUT_1,    /**< their count is that of input 1 */
    IS_INDEX,      /**< into dimension `axis` of input 0 */
    IS_FIRST_INDEX /**< into the first dimensions of input 0, those along the last dimension */
} demand;

typedef struct rule {
    const char *op_type;   /**< "Reduce": of all whose names begin so */
    int input;             /**< -1: the attribute */
    const char *attribute; /**< or NULL */
    demand demand;
} rule;

static const rule rules[] = {
    {"ArgMax", -1, "axis", IS_AXIS},
    {"ArgMin", -1, "axis", IS_AXIS},
    {"Concat", -1, "axis", IS_AXIS},
    {"CumSum", 1, NULL, IS_AXIS},
    {"Div", 1, NULL, NOT_ZERO},
    {"Flatten", -1, "axis", IS_EDGE},
    {"Gather", -1, "axis", IS_AXIS},
    {"Gather", 1, NULL, IS_INDEX},
    {"GatherElements", -1, "axis", IS_AXIS},
    {"GatherElements", 1, NULL, IS_INDEX},
    {"GatherND", 1, NULL, IS_FIRST_INDEX},
    {"Hardmax", -1, "axis", IS_AXIS},
    {"LayerNormalization", -1, "axis", IS_AXIS},
    {"LogSoftmax", -1, "axis", IS_AXIS},
    {"LpNormalization", -1, "axis", IS_AXIS},
    {"Mod", 1, NULL, NOT_ZERO},
    {"OneHot", -1, "axis", IS_AXIS},
    {"Pad", -1, "pads", IS_EVEN},
    {"Pad", 1, NULL, IS_EVEN},
    {"Reduce", -1, "axes", IS_AXIS},
    {"Reduce", 1, NULL, IS_AXIS},
    {"Resize", 3, NULL, NOT_NEGATIVE},
    {"ScatterElements", -1, "axis", IS_AXIS},
    {"ScatterElements", 1, NULL, IS_INDEX},
    {"ScatterND", 1, NULL, IS_FIRST_INDEX},
    {"Slice", -1, "axes", IS_AXES},
    {"Slice", 2, NULL, AS_INPUT_1},
    {"Slice", 3, NULL, AS_INPUT_1},
    {"Slice", 3, NULL, IS_AXES},
    {"Slice", 4, NULL, AS_INPUT_1},
    {"Slice", 4, NULL, NOT_ZERO},
    {"Softmax", -1, "axis", IS_AXIS},
    {"Split", -1, "axis", IS_AXIS},
    {"Split", -1, "split", AS_OUTPUTS},
    {"Split", 1, NULL, AS_OUTPUTS},
    {"Squeeze", -1, "axes", IS_AXES},
    {"Squeeze", 1, NULL, IS_AXES},
    {"Tile", 1, NULL, NOT_NEGATIVE},
    {"TopK", -1, "axis", IS_AXIS},
    {"Transpose", -1, "perm", IS_ORDER},
    {"Unsqueeze", -1, "axes", IS_AXES},
    {"Unsqueeze", 1, NULL, IS_AXES},
};

/** Integers of an attribute or of a constant. */
typedef struct numbers {
    size_t count;
    const int64_t *list;  /**< of an attribute; or NULL */
    const iou_fact *fact; /**< the constant */
    int64_t one;          /**< what `list` points at for a single one */
} numbers;

static int64_t number(const numbers *n, size_t index) {
    return n->list         ? n->list[index]
           : n->fact->data ? iou_read_int(n->fact->type, n->fact->data, index)
                           : n->fact->elements[index].value;
}

static bool is_integer(iou_type type) {
    switch (type) {
    case IOU_INT8:
    case IOU_UINT8:
    case IOU_INT16:
    case IOU_UINT16:
    case IOU_INT32:
    case IOU_UINT32:
    case IOU_INT64: return true;
    default: return false;
    }
}

static bool read_constant(const iou_fact *fact, numbers *n) {
    *n = (numbers){.fact = fact};
    if (!is_integer(fact->type) || !iou_fact_count(fact, &n->count)) {
        return false;
    }
    bool known = fact->data != NULL || fact->element_count == (int)n->count;
    for (int i = 0; known && !fact->data && i < fact->element_count; i++) {
        known = fact->elements[i].known;
    }
    return known;
}

static bool read_attribute(const iou_node *node, const char *name, numbers *n) {
    *n = (numbers){0};
    n->list = iou_attribute_ints(node, name, &n->count);
    if (!n->list && iou_attribute_present(node, name) && n->count == 0) {
        n->one = iou_attribute_int(node, name, 0);
        n->list = &n->one;
        n->count = 1;
    }
    return n->list != NULL;
}

static const iou_fact *input(const iou_node *node, const iou_fact *facts, int i) {
    return i >= 0 && i < node->input_count && node->inputs[i] >= 0 ? &facts[node->inputs[i]] : NULL;
}

/* ---- Demands ------------------------------------------------------------------------------- */

static iou_status refuse(const iou_node *node, const rule *r, const char *expected, int64_t least,
                         int64_t most, int64_t found, iou_error *error) {
    char what[64] = "attribute '";
    if (r->attribute) {
        strncat(what, r->attribute, 32);
        strcat(what, "'");
    } else {
        memcpy(what, "input ", 7);
        what[6] = (char)('0' + r->input);
        what[7] = '\0';
    }
    return iou_fail(error, IOU_BAD_MODEL,
                    "node '%s' (%s): %s: expected %s from %lld to %lld, found %lld", node->name,
                    node->op_type, what, expected, (long long)least, (long long)most,
                    (long long)found);
}

static iou_status check_range(const iou_node *node, const rule *r, const numbers *n,
                              const char *expected, int64_t least, int64_t most, iou_error *error) {
    for (size_t i = 0; i < n->count; i++) {
        if (number(n, i) < least || number(n, i) > most) {
            return refuse(node, r, expected, least, most, number(n, i), error);
        }
    }
    return IOU_OK;
}

static iou_status check_different(const iou_node *node, const numbers *n, iou_error *error) {
    for (size_t i = 0; i < n->count; i++) {
        for (size_t j = 0; j < i; j++) {
            IOU_FAIL_IF(number(n, i) == number(n, j), IOU_BAD_MODEL, error,
                        "node '%s' (%s): expected every axis once, found %lld twice", node->name,
                        node->op_type, (long long)number(n, i));
        }
    }
    return IOU_OK;
}

static iou_status check_count(const iou_node *node, const numbers *n, size_t expected,
                              iou_error *error) {
    IOU_FAIL_IF(n->count != expected, IOU_BAD_MODEL, error,
                "node '%s' (%s): expected %zu numbers, found %zu", node->name, node->op_type,
                expected, n->count);
    return IOU_OK;
}

/** Indices along one dimension, which may count from its end. */
static iou_status check_index(const iou_node *node, const iou_fact *facts, const rule *r,
                              const numbers *n, iou_error *error) {
    const iou_fact *data = input(node, facts, 0);
    const int64_t axis = iou_attribute_int(node, "axis", 0);
    const int rank = data ? data->rank : -1;
    if (rank < 0 || axis < -rank || axis >= rank) {
        return IOU_OK;
    }
    const iou_dim dim = data->dims[axis < 0 ? axis + rank : axis];
    return dim.known ? check_range(node, r, n, "an index", -dim.value, dim.value - 1, error)
                     : IOU_OK;
}

static iou_status check_tuples(const iou_node *node, const iou_fact *facts, const rule *r,
                               const numbers *n, iou_error *error) {
    const iou_fact *data = input(node, facts, 0);
    const int64_t batch = iou_attribute_int(node, "batch_dims", 0);
    if (!data || data->rank < 0 || n->fact->rank < 1 || batch < 0 || batch >= IOU_MAX_RANK) {
        return IOU_OK;
    }
    const int64_t length = n->fact->dims[n->fact->rank - 1].value;
    for (size_t i = 0; length > 0 && length + batch <= data->rank && i < n->count; i++) {
        const iou_dim dim = data->dims[batch + (int64_t)i % length];
        if (dim.known && (number(n, i) < -dim.value || number(n, i) >= dim.value)) {
            return refuse(node, r, "an index", -dim.value, dim.value - 1, number(n, i), error);
        }
    }
    return IOU_OK;
}

static iou_status check_rule(const iou_node *node, const iou_fact *facts, const rule *r,
                             const numbers *n, iou_error *error) {
    numbers other;
    const iou_fact *first = input(node, facts, 1);
    switch (r->demand) {
    case IS_AXES:
        if (n->count <= 2 * IOU_MAX_RANK) {
            IOU_TRY(check_different(node, n, error));
        } /* fall through */
    case IS_AXIS: return check_range(node, r, n, "an axis", -IOU_MAX_RANK, IOU_MAX_RANK - 1, error);
    case IS_EDGE: return check_range(node, r, n, "an axis", -IOU_MAX_RANK, IOU_MAX_RANK, error);
    case IS_ORDER:
        IOU_TRY(check_range(node, r, n, "an axis", 0, (int64_t)n->count - 1, error));
        return n->count <= IOU_MAX_RANK ? check_different(node, n, error) : IOU_OK;
    case NOT_NEGATIVE: return check_range(node, r, n, "numbers", 0, INT64_MAX, error);
    case NOT_ZERO:
        for (size_t i = 0; i < n->count; i++) {
            IOU_FAIL_IF(number(n, i) == 0, IOU_BAD_MODEL, error,
                        "node '%s' (%s): input %d: expected other integers than 0, found 0",
                        node->name, node->op_type, r->input);
        }
        return IOU_OK;
    case IS_EVEN: return check_count(node, n, n->count + n->count % 2, error);
    case AS_OUTPUTS:
        IOU_TRY(check_count(node, n, (size_t)node->output_count, error));
        return check_range(node, r, n, "numbers", 0, INT64_MAX, error);
    case AS_INPUT_1:
        return first && read_constant(first, &other) ? check_count(node, n, other.count, error)
                                                     : IOU_OK;
    case IS_INDEX: return check_index(node, facts, r, n, error);
    case IS_FIRST_INDEX: return check_tuples(node, facts, r, n, error);
    }
    return IOU_OK;
}

/** As many elements as its known dimensions divide. */
static iou_status check_reshape(const iou_node *node, const iou_fact *facts, iou_error *error) {
    const iou_fact *data = input(node, facts, 0), *shape = input(node, facts, 1);
    numbers n;
    if (!data || !shape || !read_constant(shape, &n)) {
        return IOU_OK;
    }
    int64_t asked = 1, divisor = 1;
    bool zero = false, open = false;
    for (size_t i = 0; i < n.count; i++) {
        zero = zero || number(&n, i) == 0;
        open = open || number(&n, i) == -1;
    }
    IOU_FAIL_IF(zero && open && iou_attribute_int(node, "allowzero", 0) == 1, IOU_BAD_MODEL, error,
                "node '%s' (%s): expected 0 or -1 in a shape with allowzero, found both",
                node->name, node->op_type);
    for (size_t i = 0; i < n.count; i++) {
        if (number(&n, i) <= 0 || __builtin_mul_overflow(asked, number(&n, i), &asked)) {
            return IOU_OK;
        }
    }
    for (int d = 0; d < data->rank; d++) {
        const iou_dim dim = data->dims[d];
        if (dim.known && (dim.value <= 0 || __builtin_mul_overflow(divisor, dim.value, &divisor))) {
            return IOU_OK;
        }
    }
    IOU_FAIL_IF(asked % divisor != 0, IOU_BAD_MODEL, error,
                "node '%s' (%s): expected a multiple of %lld elements, found a shape of %lld",
                node->name, node->op_type, (long long)divisor, (long long)asked);
    return IOU_OK;
}

/** Positive factors, as many as dimensions where the node has no axes. */
static iou_status check_resize(const iou_node *node, const iou_fact *facts, iou_error *error) {
    const iou_fact *data = input(node, facts, 0);
    const iou_fact *scales = input(node, facts, node->opset < 11 ? 1 : 2);
    size_t count;
    if (!data || !scales || scales->type != IOU_FLOAT || !scales->data ||
        !iou_fact_count(scales, &count) || count == 0) {
        return IOU_OK;
    }
    for (size_t i = 0; i < count; i++) {
        const double scale = iou_read_double(IOU_FLOAT, scales->data, i);
        IOU_FAIL_IF(!(scale > 0), IOU_BAD_MODEL, error,
                    "node '%s' (%s): scales: expected numbers above 0, found %g", node->name,
                    node->op_type, scale);
    }
    const bool whole = data->rank >= 0 && !iou_attribute_present(node, "axes");
    IOU_FAIL_IF(whole && count != (size_t)data->rank, IOU_BAD_MODEL, error,
                "node '%s' (%s): scales: expected %d numbers, found %zu", node->name, node->op_type,
                data->rank, count);
    return IOU_OK;
}

static bool concerns(const rule *r, const char *op_type) {
    static const char reduce[] = "Reduce";
    return strcmp(r->op_type, reduce) == 0 ? strncmp(op_type, reduce, sizeof reduce - 1) == 0
                                           : strcmp(r->op_type, op_type) == 0;
}

iou_status iou_constants_check(const iou_node *node, const iou_fact *facts, iou_error *error) {
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const rule *r = &rules[i];
        if (!concerns(r, node->op_type)) {
            continue;
        }
        numbers n;
        const iou_fact *fact = input(node, facts, r->input);
        if (r->attribute ? read_attribute(node, r->attribute, &n)
                         : fact && read_constant(fact, &n)) {
            IOU_TRY(check_rule(node, facts, r, &n, error));
        }
    }
    return strcmp(node->op_type, "Reshape") == 0  ? check_reshape(node, facts, error)
           : strcmp(node->op_type, "Resize") == 0 ? check_resize(node, facts, error)
                                                  : IOU_OK;
}
