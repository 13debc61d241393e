/* Einsum: sums of products over labelled dimensions. */
#include "ops/facts.h"
#include "ops/rows.h"
#include "ops/strided_iterator.h"

#include <string.h>

enum {
    LABELS = 52 + IOU_MAX_RANK, /* letters, then the dimensions of an ellipsis */
    MAX_OPERANDS = 16,
    MAX_EQUATION = 1024
};

/* The labels of one operand's dimensions. */
typedef struct einsum_term {
    int count;
    unsigned char labels[IOU_MAX_RANK];
} einsum_term;

typedef struct equation {
    int operands;
    einsum_term in[MAX_OPERANDS], out;
} equation;

/* ---- The equation -------------------------------------------------------------------------- */

typedef struct einsum_attributes {
    const char *equation; /* what its ellipses stand for depends on the inputs' ranks */
} einsum_attributes;

static iou_status einsum_parse(const iou_parse *parse) {
    einsum_attributes *a = parse->attributes;
    char text[MAX_EQUATION];
    if (!iou_attribute_string(parse->node, "equation", text, sizeof text) ||
        strlen(text) == sizeof text - 1) {
        return iou_parse_fail(parse, IOU_BAD_MODEL,
                              "the equation is malformed or does not fit the inputs' ranks");
    }
    a->equation = iou_arena_strdup(parse->memory, text, strlen(text));
    return a->equation != NULL ? IOU_OK : iou_parse_fail(parse, IOU_OUT_OF_MEMORY, "no memory");
}

static int label_of(char c) {
    return c >= 'a' && c <= 'z' ? c - 'a' : c >= 'A' && c <= 'Z' ? c - 'A' + 26 : -1;
}

/*
 * Reads one term up to ',', '-' or the end. `rank` is the operand's; an ellipsis stands for what
 * its letters leave of it, the last dimensions of all ellipses being the same.
 */
static const char *read_term(const char *text, int rank, einsum_term *term) {
    int letters = 0, dots = 0;
    const char *end = text;
    for (; *end != '\0' && *end != ',' && *end != '-'; end++) {
        letters += label_of(*end) >= 0;
        dots += *end == '.';
        if (label_of(*end) < 0 && *end != '.' && *end != ' ') {
            return NULL;
        }
    }
    const int hidden = dots > 0 ? rank - letters : 0;
    if ((dots != 0 && dots != 3) || hidden < 0 || letters + hidden != rank) {
        return NULL;
    }
    term->count = 0;
    for (const char *c = text; c < end; c++) {
        if (*c == '.') {
            if (c + 2 >= end || c[1] != '.' || c[2] != '.') {
                return NULL;
            }
            for (int i = 0; i < hidden; i++) {
                term->labels[term->count++] = (unsigned char)(LABELS - hidden + i);
            }
            c += 2;
        } else if (*c != ' ') {
            term->labels[term->count++] = (unsigned char)label_of(*c);
        }
    }
    return end;
}

static void count_labels(const equation *e, int counts[LABELS]) {
    memset(counts, 0, LABELS * sizeof counts[0]);
    for (int k = 0; k < e->operands; k++) {
        for (int i = 0; i < e->in[k].count; i++) {
            counts[e->in[k].labels[i]]++;
        }
    }
}

/* Without an arrow: the ellipsis, then the letters that occur once, capitals first. */
static bool implicit_output(equation *e) {
    int counts[LABELS];
    count_labels(e, counts);
    e->out.count = 0;
    for (int i = 0; i < LABELS; i++) {
        const int label = i < IOU_MAX_RANK ? 52 + i : (i - IOU_MAX_RANK + 26) % 52;
        const bool taken = label >= 52 ? counts[label] > 0 : counts[label] == 1;
        if (taken && e->out.count == IOU_MAX_RANK) {
            return false;
        }
        if (taken) {
            e->out.labels[e->out.count++] = (unsigned char)label;
        }
    }
    return true;
}

/* Letters of the output, each once and each in an operand. */
static bool explicit_output(equation *e, const char *text) {
    int counts[LABELS], rank = 0;
    bool used[LABELS] = {false};
    count_labels(e, counts);
    for (const char *c = text; *c != '\0'; c++) {
        rank += label_of(*c) >= 0;
    }
    for (int i = 52; i < LABELS && strchr(text, '.') != NULL; i++) {
        rank += counts[i] > 0;
    }
    if (rank > IOU_MAX_RANK) {
        return false;
    }
    const char *end = read_term(text, rank, &e->out);
    for (int i = 0; end != NULL && i < e->out.count; i++) {
        const int label = e->out.labels[i];
        if (used[label] || counts[label] == 0) {
            return false;
        }
        used[label] = true;
    }
    return end != NULL && *end == '\0';
}

/* False: malformed, or it does not fit the ranks. */
static bool read_equation(equation *e, const iou_node *node, const int *ranks) {
    const char *at = ((const einsum_attributes *)node->attributes)->equation;
    e->operands = node->input_count;
    for (int k = 0; k < e->operands; k++) {
        at = read_term(at, ranks[k], &e->in[k]);
        const bool more = k + 1 < e->operands;
        if (at == NULL || (more && *at != ',') || (!more && *at == ',')) {
            return false;
        }
        at += more;
    }
    if (*at == '\0') {
        return implicit_output(e);
    }
    return at[0] == '-' && at[1] == '>' && explicit_output(e, at + 2);
}

/* ---- Infer --------------------------------------------------------------------------------- */

/* The dimension of each label; 1 gives way to another number. */
static iou_status label_dims(const iou_infer *infer, const equation *e, iou_dim dims[LABELS]) {
    bool seen[LABELS] = {false};
    for (int k = 0; k < e->operands; k++) {
        for (int i = 0; i < e->in[k].count; i++) {
            const int label = e->in[k].labels[i];
            const iou_dim found = infer->in[k]->dims[i];
            const bool replace = !seen[label] || (dims[label].known && dims[label].value == 1) ||
                                 (!dims[label].known && found.known && found.value != 1);
            if (seen[label] && dims[label].known && found.known && dims[label].value != 1 &&
                found.value != 1 && dims[label].value != found.value) {
                return iou_infer_fail(infer, IOU_BAD_MODEL,
                                      "dimension %d of input %d is %lld, another of its label %lld",
                                      i, k, (long long)found.value, (long long)dims[label].value);
            }
            dims[label] = replace ? found : dims[label];
            seen[label] = true;
        }
    }
    return IOU_OK;
}

static iou_status einsum_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, MAX_OPERANDS, 1));
    static const iou_type types[] = {IOU_FLOAT, IOU_DOUBLE, IOU_INT32, IOU_INT64,
                                     IOU_TYPE_UNDEFINED};
    const iou_type same[] = {infer->in[0]->type, IOU_TYPE_UNDEFINED};
    int ranks[MAX_OPERANDS];
    bool known = true;
    IOU_TRY(iou_infer_type(infer, 0, types));
    for (int k = 0; k < infer->node->input_count; k++) {
        IOU_TRY(iou_infer_type(infer, k, same[0] == IOU_TYPE_UNDEFINED ? types : same));
        ranks[k] = infer->in[k]->rank;
        known = known && ranks[k] >= 0;
    }
    iou_fact *out = &infer->out[0];
    out->type = infer->in[0]->type;
    if (!known) {
        return IOU_OK;
    }
    equation e;
    iou_dim dims[LABELS];
    if (!read_equation(&e, infer->node, ranks)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "the equation is malformed or does not fit the inputs' ranks");
    }
    IOU_TRY(label_dims(infer, &e, dims));
    out->rank = e.out.count;
    for (int i = 0; i < out->rank; i++) {
        out->dims[i] = dims[e.out.labels[i]];
    }
    return IOU_OK;
}

/* ---- Run ----------------------------------------------------------------------------------- */

/* Loops over the output's labels, then over those that are summed; strides of each operand. */
typedef struct einsum_params {
    iou_type type;
    int operands, kept, loops;
    int64_t extents[LABELS], strides[LABELS][MAX_OPERANDS];
    size_t summed; /* elements of one sum */
    iou_rows rows;
} einsum_params;

/* Moves to the next index of loops first … last-1, the last being the fastest. */
static void advance(const einsum_params *p, int first, int last, int64_t *index, int64_t *offsets) {
    for (int i = last - 1; i >= first; i--) {
        const bool carry = ++index[i] == p->extents[i];
        for (int k = 0; k < p->operands; k++) {
            offsets[k] += carry ? -(p->extents[i] - 1) * p->strides[i][k] : p->strides[i][k];
        }
        if (!carry) {
            return;
        }
        index[i] = 0;
    }
}

#define SUM(name, type, sum_type)                                                                  \
    static sum_type name(const iou_call *call, const einsum_params *p, int64_t *index,             \
                         int64_t *offsets) {                                                       \
        sum_type sum = 0;                                                                          \
        for (size_t s = 0; s < p->summed; s++) {                                                   \
            sum_type product = (sum_type)((const type *)call->in[0])[offsets[0]];                  \
            for (int k = 1; k < p->operands; k++) {                                                \
                product *= (sum_type)((const type *)call->in[k])[offsets[k]];                      \
            }                                                                                      \
            sum += product;                                                                        \
            advance(p, p->kept, p->loops, index, offsets);                                         \
        }                                                                                          \
        return sum;                                                                                \
    }

SUM(sum_f32, float, double)
SUM(sum_f64, double, double)
/* integers wrap */
SUM(sum_i32, uint32_t, uint32_t)
SUM(sum_i64, uint64_t, uint64_t)

static iou_status einsum_run(const iou_call *call, size_t task) {
    const einsum_params *p = call->params;
    int64_t index[LABELS] = {0}, offsets[MAX_OPERANDS] = {0};
    size_t row, end;
    iou_rows_range(&p->rows, task, &row, &end);
    size_t rest = row;
    for (int i = p->kept - 1; i >= 0 && row < end; i--) {
        index[i] = (int64_t)(rest % (size_t)p->extents[i]);
        rest /= (size_t)p->extents[i];
        for (int k = 0; k < p->operands; k++) {
            offsets[k] += index[i] * p->strides[i][k];
        }
    }
    for (; row < end; row++) {
        switch (p->type) { /* summed loops come back to their beginning */
        case IOU_FLOAT:
            ((float *)call->out[0])[row] = (float)sum_f32(call, p, index, offsets);
            break;
        case IOU_DOUBLE: ((double *)call->out[0])[row] = sum_f64(call, p, index, offsets); break;
        case IOU_INT32: ((uint32_t *)call->out[0])[row] = sum_i32(call, p, index, offsets); break;
        default: ((uint64_t *)call->out[0])[row] = sum_i64(call, p, index, offsets); break;
        }
        advance(p, 0, p->kept, index, offsets);
    }
    return IOU_OK;
}

/* Adds what operands stride along `label` as the next loop. */
static void add_loop(einsum_params *p, const iou_prepare *prepare, const equation *e, int label) {
    const int loop = p->loops++;
    p->extents[loop] = 1;
    for (int k = 0; k < e->operands; k++) {
        const iou_operand *x = prepare->in[k];
        int64_t stride = 1;
        for (int i = x->rank - 1; i >= 0; i--) {
            if (e->in[k].labels[i] == label && x->dims[i] != 1) {
                p->extents[loop] = x->dims[i];
                p->strides[loop][k] += stride;
            }
            stride *= x->dims[i];
        }
    }
}

static iou_status einsum_prepare(const iou_prepare *prepare) {
    einsum_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    equation e;
    int ranks[MAX_OPERANDS], counts[LABELS];
    for (int k = 0; k < prepare->node->input_count; k++) {
        ranks[k] = prepare->in[k]->rank;
    }
    (void)read_equation(&e, prepare->node, ranks);
    count_labels(&e, counts);
    p->type = prepare->out[0].type;
    p->operands = e.operands;
    for (int i = 0; i < e.out.count; i++) {
        add_loop(p, prepare, &e, e.out.labels[i]);
        counts[e.out.labels[i]] = 0;
    }
    p->kept = p->loops;
    p->summed = 1;
    for (int label = 0; label < LABELS; label++) {
        if (counts[label] > 0) {
            add_loop(p, prepare, &e, label);
            if (__builtin_mul_overflow(p->summed, (size_t)p->extents[p->loops - 1], &p->summed)) {
                return iou_prepare_fail(prepare, IOU_LIMIT, "the sums have too many terms");
            }
        }
    }
    p->rows = iou_rows_of(prepare->out[0].count, p->summed);
    *prepare->step = (iou_step){.run = einsum_run,
                                .params = p,
                                .task_count = iou_rows_tasks(&p->rows),
                                .algorithm = "plain",
                                .isa = "scalar",
                                .flop = 2.0 * (double)prepare->out[0].count * (double)p->summed};
    return IOU_OK;
}

const iou_op iou_op_einsum = {.name = "Einsum",
                              .widens = IOU_WIDENS_FLOATS | IOU_WIDENS_INTEGERS |
                                        IOU_WIDENS_UINT32 | IOU_WIDENS_UINT64,
                              .attributes_size = sizeof(einsum_attributes),
                              .parse = einsum_parse,
                              .infer = einsum_infer,
                              .prepare = einsum_prepare};
