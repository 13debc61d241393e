/* Functions of two elements (Add, Less, …) and of several (Min, Max, Sum, Mean), with broadcasting.
 */
#include "ops/quantize/integer_binary.h"
#include "ops/elementwise/binary_kernels.h"
#include "ops/epilogue.h"
#include "ops/facts.h"
#include "ops/strided_iterator.h"

#include <math.h>
#include <string.h>

typedef struct binary_params {
    iou_binary_fn apply;
    size_t in_size, out_size, count;
    int pairs;        /* 1; for variadic functions inputs - 1; 0: one input, copied */
    bool accumulates; /* pair k > 0 reads the output and input k + 1 */
    iou_type mean;    /* of Mean: the type whose sums are divided */
    iou_tail tail;
    iou_iterator iterators[]; /* of each pair */
} binary_params;

typedef struct binary_attributes {
    const iou_binary_op *row;
    bool fmod;     /* of Mod: the rest has the sign of the first */
    bool has_axis; /* `axis`, of opsets before 7, is there */
    int64_t axis;
} binary_attributes;

static iou_status binary_parse(const iou_parse *parse) {
    const iou_node *node = parse->node;
    binary_attributes *a = parse->attributes;
    const char *name = node->op->name;
    char direction[8];
    if (node->op == &iou_op_bit_shift) {
        (void)iou_attribute_string(node, "direction", direction, sizeof direction);
        const bool left = strcmp(direction, "LEFT") == 0;
        if (!left && strcmp(direction, "RIGHT") != 0) {
            return iou_parse_fail(parse, IOU_BAD_MODEL, "direction must be LEFT or RIGHT, not '%s'",
                                  direction);
        }
        name = left ? "ShiftLeft" : "ShiftRight";
    }
    a->fmod = iou_attribute_int(node, "fmod", 0) != 0;
    a->row = iou_binary_find(a->fmod ? "FMod" : name);
    a->has_axis = iou_attribute_present(node, "axis");
    a->axis = iou_attribute_int(node, "axis", -1);
    return IOU_OK;
}

static const binary_attributes *attributes_of(const iou_node *node) {
    return node->attributes;
}

/* ---- Known elements ------------------------------------------------------------------------ */

static bool compare(const iou_op *op, int64_t a, int64_t b) {
    return op == &iou_op_equal              ? a == b
           : op == &iou_op_greater          ? a > b
           : op == &iou_op_less             ? a < b
           : op == &iou_op_greater_or_equal ? a >= b
           : op == &iou_op_less_or_equal    ? a <= b
           : op == &iou_op_and              ? a && b
           : op == &iou_op_or               ? a || b
                                            : !a != !b;
}

/* False: the run must find it, or fail to. */
static bool arithmetic(const iou_node *node, int64_t a, int64_t b, int64_t *result) {
    const iou_op *op = node->op;
    if (op == &iou_op_add || op == &iou_op_sum) {
        return !__builtin_add_overflow(a, b, result);
    }
    if (op == &iou_op_sub) {
        return !__builtin_sub_overflow(a, b, result);
    }
    if (op == &iou_op_mul) {
        return !__builtin_mul_overflow(a, b, result);
    }
    if (op == &iou_op_div && b != 0 && (b != -1 || a != INT64_MIN)) {
        *result = a / b;
        return true;
    }
    if (op == &iou_op_min || op == &iou_op_max) {
        *result = (op == &iou_op_min) == (a < b) ? a : b;
        return true;
    }
    if (op == &iou_op_mod && b != 0 && !attributes_of(node)->fmod) {
        const int64_t rest = b == -1 ? 0 : a % b;
        *result = rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
        return true;
    }
    return false;
}

/* What is known of f(a, b) where one of them is a symbol. */
static iou_dim symbolic(const iou_infer *infer, iou_dim a, iou_dim b) {
    const iou_op *op = infer->node->op;
    const bool number = b.known && b.value != INT64_MIN;
    if (op == &iou_op_add && (a.known || b.known)) {
        return b.known ? iou_infer_add(infer, a, b.value) : iou_infer_add(infer, b, a.value);
    }
    if (op == &iou_op_sub && (number || iou_dim_equal(a, b))) {
        return number ? iou_infer_add(infer, a, -b.value) : iou_dim_number(0);
    }
    if (op == &iou_op_mul) {
        return iou_infer_mul(infer, a, b);
    }
    if (op == &iou_op_div && (iou_dim_equal(a, b) || (number && b.value > 0))) {
        return number ? iou_infer_floor_div(infer, a, b.value) : iou_dim_unknown();
    }
    if ((op == &iou_op_min || op == &iou_op_max) && iou_dim_equal(a, b)) {
        return a;
    }
    /* a dimension is never negative, so never the -1 of "not given" */
    const bool negative = (a.known && a.value < 0) || (b.known && b.value < 0);
    return op == &iou_op_equal && negative ? iou_dim_number(0) : iou_dim_unknown();
}

static iou_dim element(const iou_infer *infer, iou_dim a, iou_dim b) {
    const iou_node *node = infer->node;
    const iou_type type = infer->in[0]->type;
    if ((!a.known && a.symbol == NULL) || (!b.known && b.symbol == NULL)) {
        return iou_dim_unknown();
    }
    if (!a.known || !b.known) {
        return symbolic(infer, a, b);
    }
    int64_t result;
    if (attributes_of(node)->row->compares) {
        return iou_dim_number(compare(node->op, a.value, b.value));
    }
    const bool exact = arithmetic(node, a.value, b.value, &result);
    return exact && iou_type_holds(type, result) ? iou_dim_number(result) : iou_dim_unknown();
}

static iou_status binary_value(const iou_infer *infer) {
    const iou_fact *a = infer->in[0], *b = iou_fact_in(infer, 1);
    const int na = iou_fact_value_count(a), nb = iou_fact_value_count(b);
    size_t count;
    iou_fact *out = &infer->out[0];
    if (na < 0 || nb < 0 || infer->node->input_count > 2 || !iou_fact_count(out, &count) ||
        count > IOU_MAX_ELEMENTS || (na != 1 && (size_t)na != count) ||
        (nb != 1 && (size_t)nb != count)) {
        return IOU_OK;
    }
    iou_dim *elements = iou_infer_elements(infer, out, (int)count);
    if (elements == NULL && count > 0) {
        return iou_infer_fail(infer, IOU_OUT_OF_MEMORY, "no memory");
    }
    for (int i = 0; i < (int)count; i++) {
        elements[i] =
            element(infer, iou_fact_value(a, na == 1 ? 0 : i), iou_fact_value(b, nb == 1 ? 0 : i));
    }
    return IOU_OK;
}

/* ---- Shapes -------------------------------------------------------------------------------- */

/*
 * Before opset 7 the second operand's dimensions are at `axis` of the first's (default: at its
 * end; PRelu: slopes of channels); the same shape with trailing ones says so in today's way.
 */
static iou_status legacy_shape(const iou_node *node, int rank_a, int *rank_b, int *shift) {
    const bool slopes = node->op == &iou_op_prelu;
    const int64_t axis = slopes ? 1 : attributes_of(node)->axis;
    const bool has_axis = slopes ? rank_a > 1 && *rank_b == 1 : attributes_of(node)->has_axis;
    *shift = 0;
    if (node->opset >= 7 || !has_axis || rank_a < 0 || *rank_b < 0) {
        return IOU_OK;
    }
    if (axis < -rank_a || axis > rank_a) {
        return IOU_BAD_MODEL;
    }
    const int at = (int)axis + (axis < 0 ? rank_a : 0);
    if (at + *rank_b > rank_a) {
        return IOU_BAD_MODEL;
    }
    *shift = rank_a - at - *rank_b;
    *rank_b += *shift;
    return IOU_OK;
}

static iou_status pair_shape(const iou_infer *infer, const iou_fact *a, const iou_fact *given,
                             iou_fact *out) {
    iou_fact b = *given;
    int shift;
    if (legacy_shape(infer->node, a->rank, &b.rank, &shift) != IOU_OK) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "axis %lld does not fit ranks %d and %d",
                              (long long)attributes_of(infer->node)->axis, a->rank, given->rank);
    }
    for (int i = b.rank - shift; i < b.rank; i++) {
        b.dims[i] = iou_dim_number(1);
    }
    return iou_infer_broadcast(infer, a, &b, out);
}

static iou_status binary_types(const iou_infer *infer, const iou_binary_op *op, int inputs) {
    iou_type allowed[IOU_BINARY_TYPES + 1] = {0};
    int count = 0;
    for (int i = 1; i < IOU_BINARY_TYPES; i++) {
        if (op->apply[i] != NULL) {
            allowed[count++] = (iou_type)i;
        }
    }
    IOU_TRY(iou_infer_type(infer, 0, allowed));
    const iou_type same[] = {infer->in[0]->type, IOU_TYPE_UNDEFINED};
    for (int i = 1; i < inputs; i++) {
        if (iou_fact_in(infer, i) == NULL) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d is absent", i);
        }
        IOU_TRY(iou_infer_type(infer, i, same[0] == IOU_TYPE_UNDEFINED ? allowed : same));
    }
    return IOU_OK;
}

static iou_status binary_infer(const iou_infer *infer) {
    const iou_binary_op *op = attributes_of(infer->node)->row;
    const int inputs = infer->node->input_count;
    IOU_TRY(iou_fact_begin(infer, op->variadic ? 1 : 2, op->variadic ? INT32_MAX : 2, 1));
    IOU_TRY(binary_types(infer, op, inputs));
    iou_fact shape = *infer->in[0];
    for (int i = 1; i < inputs; i++) {
        const iou_fact left = shape;
        IOU_TRY(pair_shape(infer, &left, infer->in[i], &shape));
    }
    iou_fact_shape_like(&infer->out[0], &shape);
    infer->out[0].type = op->compares ? IOU_BOOL : infer->in[0]->type;
    return binary_value(infer);
}

/* ---- Running ------------------------------------------------------------------------------- */

static iou_status run_pair(const iou_call *call, const binary_params *p, int pair, size_t at,
                           size_t end) {
    const iou_iterator *iterator = &p->iterators[pair];
    const bool again = p->accumulates && pair > 0;
    const char *a = again ? call->out[0] : call->in[0];
    const char *b = call->in[p->pairs == 0 ? 0 : pair + 1];
    const int64_t size = (int64_t)p->in_size, step_a = iou_iterator_step(iterator, 0),
                  step_b = iou_iterator_step(iterator, 1);
    while (at < end) {
        const iou_iterator_rows rows = iou_iterator_rows_at(iterator, at, end);
        for (size_t row = 0; row < rows.rows; row++, at += rows.length) {
            const int64_t u = rows.offsets[0] + (int64_t)row * rows.steps[0];
            const int64_t v = rows.offsets[1] + (int64_t)row * rows.steps[1];
            const char *wrong =
                p->apply(a + u * size, b + v * size, (char *)call->out[0] + at * p->out_size,
                         rows.length, step_a, step_b);
            IOU_FAIL_IF(wrong != NULL, IOU_BAD_DATA, call->error, "%s", wrong);
        }
    }
    return IOU_OK;
}

/* Sums become means: all inputs count, also those that broadcast. */
static void divide(const binary_params *p, void *sums, size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) {
        if (p->mean == IOU_FLOAT) {
            ((float *)sums)[i] /= (float)(p->pairs + 1);
        } else {
            ((double *)sums)[i] /= (double)(p->pairs + 1);
        }
    }
}

static iou_status binary_run(const iou_call *call, size_t task) {
    const binary_params *p = call->params;
    size_t begin, end;
    iou_chunk(task, p->count, &begin, &end);
    for (int pair = 0; pair < p->pairs; pair++) {
        IOU_TRY(run_pair(call, p, pair, begin, end));
    }
    if (p->mean != IOU_TYPE_UNDEFINED) {
        divide(p, call->out[0], begin, end);
    }
    iou_tail_flat(&p->tail, call, begin, end);
    return IOU_OK;
}

static bool is_same_size(const iou_operand *a, const iou_operand *out) {
    return a->count == out->count && iou_type_size(a->type) == iou_type_size(out->type) &&
           a->rank == out->rank && a->layout == out->layout;
}

static iou_status binary_prepare(const iou_prepare *prepare) {
    const iou_binary_op *op = attributes_of(prepare->node)->row;
    const int inputs = prepare->node->input_count;
    const iou_operand *out = &prepare->out[0];
    if (inputs == 1) {
        return iou_prepare_copy(prepare);
    }
    const size_t pairs = (size_t)inputs - 1;
    binary_params *p = iou_prepare_alloc(prepare, sizeof *p + pairs * sizeof p->iterators[0]);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->apply = op->apply[prepare->in[0]->type];
    p->in_size = iou_type_size(prepare->in[0]->type);
    p->out_size = iou_type_size(out->type);
    p->count = out->count;
    p->pairs = (int)pairs;
    p->accumulates = true;
    p->tail = iou_epilogue_tail(prepare->epilogue, 0, prepare->isa);
    p->mean = prepare->node->op == &iou_op_mean ? out->type : IOU_TYPE_UNDEFINED;
    for (int i = 0; i < p->pairs; i++) {
        iou_operand b = *prepare->in[i + 1];
        int shift;
        (void)legacy_shape(prepare->node, prepare->in[0]->rank, &b.rank, &shift);
        for (int axis = b.rank - shift; axis < b.rank; axis++) {
            b.dims[axis] = 1;
        }
        const iou_operand *const both[] = {i == 0 ? prepare->in[0] : out, &b};
        iou_iterator_broadcast(&p->iterators[i], out, both, 2);
    }
    *prepare->step = (iou_step){.run = binary_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->count),
                                .in_place = is_same_size(prepare->in[0], out),
                                .algorithm = "element-wise",
                                .isa = "scalar"};
    return IOU_OK;
}

/* ---- Fused --------------------------------------------------------------------------------- */

/* x * scale + shift is what x becomes by the operator and a constant c. */
static bool scale_of(const iou_op *op, int entry, float c, float *scale, float *shift) {
    const bool product = op == &iou_op_mul || op == &iou_op_div;
    const bool negative = op == &iou_op_sub && entry == 1; /* c - x */
    *scale = op == &iou_op_div ? 1.0F / c : product ? c : negative ? -1.0F : 1.0F;
    *shift = product ? 0.0F : op == &iou_op_sub && entry == 0 ? -c : c;
    return !product || isfinite(*scale); /* as in BatchNormalization */
}

static iou_status fill_scale(const iou_epilogue_query *query, const float *constant, size_t count,
                             iou_epilogue_step *step, bool *accepted) {
    float *both = iou_arena_alloc(query->memory, 2 * count * sizeof *both + 1);
    if (both == NULL) {
        return iou_fail(query->error, IOU_OUT_OF_MEMORY, "node '%s' (%s): no memory",
                        query->node->name, query->node->op_type);
    }
    for (size_t i = 0; i < count; i++) {
        *accepted =
            scale_of(query->node->op, query->entry, constant[i], &both[i], &both[count + i]) &&
            *accepted;
    }
    step->kind = IOU_EPILOGUE_SCALE;
    step->scale = both;
    step->shift = both + count;
    return IOU_OK;
}

static iou_status binary_epilogue(const iou_epilogue_query *query, iou_epilogue_step *step,
                                  bool *accepted) {
    const iou_node *node = query->node;
    const bool add = node->op == &iou_op_add, slope = node->op == &iou_op_prelu;
    const bool quotient = node->op == &iou_op_div, scales = node->op == &iou_op_sub || quotient;
    *accepted = false;
    if (node->input_count != 2 || node->opset < 7 || ((slope || quotient) && query->entry != 0) ||
        (!add && !slope && !scales && node->op != &iou_op_mul)) {
        return IOU_OK;
    }
    const iou_epilogue_kind kind = add ? IOU_EPILOGUE_ADD : IOU_EPILOGUE_MULTIPLY;
    const float *constant;
    bool uniform = false, found;
    IOU_TRY(iou_epilogue_constant(query, 1 - query->entry, &constant, &uniform, &found));
    *accepted = found || (!slope && !scales && iou_epilogue_operand(query, kind, step));
    if (!found) {
        return IOU_OK;
    }
    *step = (iou_epilogue_step){.kind = IOU_EPILOGUE_SLOPE, .uniform = uniform, .scale = constant};
    const iou_fact *out = &query->facts[node->outputs[0]];
    const size_t count = uniform ? 1 : (size_t)out->dims[query->channel_axis].value;
    return slope ? IOU_OK : fill_scale(query, constant, count, step, accepted);
}

static bool binary_absorbs(const iou_node *node, const iou_fact *facts,
                           iou_absorption *absorption) {
    *absorption = (iou_absorption){.channel_axis = -1};
    return node->input_count > 1 && facts[node->outputs[0]].type == IOU_FLOAT;
}

#define BINARY_OP(type, symbol, types)                                                             \
    const iou_op iou_op_##symbol = {.name = type,                                                  \
                                    .widens = types,                                               \
                                    .layout = IOU_LAYOUT_ELEMENTWISE,                              \
                                    .attributes_size = sizeof(binary_attributes),                  \
                                    .parse = binary_parse,                                         \
                                    .infer = binary_infer,                                         \
                                    .prepare = binary_prepare,                                     \
                                    .epilogue = binary_epilogue,                                   \
                                    .integer_form = iou_binary_integer_form,                       \
                                    .absorbs = binary_absorbs,                                     \
                                    .accepts = IOU_ACCEPTS_STRINGS /* Equal alone takes them */};

BINARY_OP("Add", add, IOU_WIDENS_FLOATS)
BINARY_OP("And", and, 0)
BINARY_OP("BitShift", bit_shift, 0)
BINARY_OP("BitwiseAnd", bitwise_and, 0)
BINARY_OP("BitwiseOr", bitwise_or, 0)
BINARY_OP("BitwiseXor", bitwise_xor, 0)
BINARY_OP("Div", div, IOU_WIDENS_FLOATS)
BINARY_OP("Equal", equal, IOU_WIDENS_FLOATS)
BINARY_OP("Greater", greater, IOU_WIDENS_FLOATS)
BINARY_OP("GreaterOrEqual", greater_or_equal, IOU_WIDENS_FLOATS)
BINARY_OP("Less", less, IOU_WIDENS_FLOATS)
BINARY_OP("LessOrEqual", less_or_equal, IOU_WIDENS_FLOATS)
BINARY_OP("Max", max, IOU_WIDENS_FLOATS)
BINARY_OP("Mean", mean, IOU_WIDENS_FLOATS)
BINARY_OP("Min", min, IOU_WIDENS_FLOATS)
BINARY_OP("Mod", mod, IOU_WIDENS_FLOATS)
BINARY_OP("Mul", mul, IOU_WIDENS_FLOATS)
BINARY_OP("Or", or, 0)
BINARY_OP("PRelu", prelu, IOU_WIDENS_FLOATS)
BINARY_OP("Sub", sub, IOU_WIDENS_FLOATS)
BINARY_OP("Sum", sum, IOU_WIDENS_FLOATS)
BINARY_OP("Xor", xor, 0)
