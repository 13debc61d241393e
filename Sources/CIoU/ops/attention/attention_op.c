#include "ops/attention/attention_op.h"

#include "core/sizes.h"
#include "ops/facts.h"

#include <math.h>
#include <string.h>

/* Queries of a task: the more, the less often keys are packed; their scores stay in a cache. */
enum { LEAST_ROWS = 48, MOST_ROWS = 256 };

/* ---- Attributes ---------------------------------------------------------------------------- */

static iou_status attention_parse(const iou_parse *parse) {
    iou_attention_attributes *a = parse->attributes;
    const int64_t stage = iou_attribute_int(parse->node, "qk_matmul_output_mode", 0);
    a->heads = iou_attribute_int(parse->node, "q_num_heads", 0);
    a->kv_heads = iou_attribute_int(parse->node, "kv_num_heads", 0);
    a->scaled = iou_attribute_present(parse->node, "scale");
    a->scale = (double)iou_attribute_float(parse->node, "scale", 0.0F);
    a->softcap = (double)iou_attribute_float(parse->node, "softcap", 0.0F);
    a->left = iou_attribute_int(parse->node, "left_window_size", -1);
    a->right = iou_attribute_int(parse->node, "right_window_size", -1);
    IOU_TRY(iou_parse_flag(parse, "is_causal", false, &a->causal));
    if (a->left < -1 || a->right < -1) {
        return iou_parse_fail(parse, IOU_BAD_MODEL,
                              "windows: expected -1 or more, found %lld and %lld",
                              (long long)a->left, (long long)a->right);
    }
    a->right = a->causal ? 0 : a->right;
    if (stage < IOU_STAGE_PRODUCT || stage > IOU_STAGE_SOFTMAX) {
        return iou_parse_fail(parse, IOU_BAD_MODEL,
                              "qk_matmul_output_mode: expected 0 … 3, found %lld",
                              (long long)stage);
    }
    a->stage = (iou_score_stage)stage;
    if (a->heads < 0 || a->kv_heads < 0) {
        return iou_parse_fail(parse, IOU_BAD_MODEL,
                              "expected numbers of heads, found %lld and %lld", (long long)a->heads,
                              (long long)a->kv_heads);
    }
    return IOU_OK;
}

/* ---- Infer --------------------------------------------------------------------------------- */

/* The dimensions of queries, keys or values, whichever way their heads are given. */
typedef struct head_dims {
    iou_dim batch, heads, rows, width;
} head_dims;

/* Heads beside each other in the last dimension. */
static iou_status packed_dims(const iou_infer *infer, int input, int64_t heads, head_dims *to) {
    const iou_fact *in = infer->in[input];
    if (heads == 0) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "expected q_num_heads and kv_num_heads with inputs of rank 3");
    }
    const iou_dim hidden = in->dims[2];
    if (hidden.known && hidden.value % heads != 0) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "input %d: expected a multiple of %lld heads, found dimension %lld",
                              input, (long long)heads, (long long)hidden.value);
    }
    *to = (head_dims){in->dims[0], iou_dim_number(heads), in->dims[1],
                      iou_infer_floor_div(infer, hidden, heads)};
    return IOU_OK;
}

static iou_status dims_of(const iou_infer *infer, int input, int64_t heads, head_dims *to) {
    const iou_fact *in = infer->in[input];
    const int rank = infer->in[IOU_QUERY]->rank;
    const iou_dim unknown = iou_dim_unknown();
    *to = (head_dims){unknown, unknown, unknown, unknown};
    if (in->rank < 0 || rank < 0) {
        return IOU_OK;
    }
    if (in->rank != rank || (rank != 3 && rank != 4)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d: expected rank %s, found %d", input,
                              input == IOU_QUERY ? "3 or 4" : "of the query", in->rank);
    }
    if (rank == 3) {
        return packed_dims(infer, input, heads, to);
    }
    *to = (head_dims){in->dims[0], in->dims[1], in->dims[2], in->dims[3]};
    if (heads > 0 && to->heads.known && to->heads.value != heads) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d: expected %lld heads, found %lld",
                              input, (long long)heads, (long long)to->heads.value);
    }
    return IOU_OK;
}

static iou_status check_equal(const iou_infer *infer, const char *what, iou_dim expected,
                              iou_dim found) {
    if (expected.known && found.known && expected.value != found.value) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "%s: expected %lld, found %lld", what,
                              (long long)expected.value, (long long)found.value);
    }
    return IOU_OK;
}

/* All that is known of the shapes. */
typedef struct shapes {
    head_dims query, key, value;
    iou_dim past, tokens;
} shapes;

static iou_status find_past(const iou_infer *infer, shapes *s) {
    const bool key = iou_fact_in(infer, IOU_PAST_KEY) != NULL;
    const bool value = iou_fact_in(infer, IOU_PAST_VALUE) != NULL;
    const bool counted = iou_fact_in(infer, IOU_TOKEN_COUNTS) != NULL;
    if (key != value || (key && counted)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "expected past_key with past_value and without nonpad_kv_seqlen");
    }
    const iou_dim keys[] = {s->key.batch, s->key.heads, iou_dim_unknown(), s->key.width};
    IOU_TRY(iou_fact_check_dims(infer, IOU_PAST_KEY, 4, keys));
    const iou_fact *past = iou_fact_in(infer, IOU_PAST_KEY);
    s->past = past == NULL ? iou_dim_number(0) : past->rank < 0 ? iou_dim_unknown() : past->dims[2];
    const iou_dim values[] = {s->value.batch, s->value.heads, s->past, s->value.width};
    IOU_TRY(iou_fact_check_dims(infer, IOU_PAST_VALUE, 4, values));
    if (s->past.known) {
        s->tokens = iou_infer_add(infer, s->key.rows, s->past.value);
    } else if (s->key.rows.known) {
        s->tokens = iou_infer_add(infer, s->past, s->key.rows.value);
    } else {
        s->tokens = iou_fact_new_symbol(infer, 2);
    }
    return IOU_OK;
}

static iou_status find_shapes(const iou_infer *infer, shapes *s) {
    const iou_attention_attributes *a = infer->node->attributes;
    IOU_TRY(dims_of(infer, IOU_QUERY, a->heads, &s->query));
    IOU_TRY(dims_of(infer, IOU_KEY, a->kv_heads, &s->key));
    IOU_TRY(dims_of(infer, IOU_VALUE, a->kv_heads, &s->value));
    IOU_TRY(check_equal(infer, "batch of keys", s->query.batch, s->key.batch));
    IOU_TRY(check_equal(infer, "batch of values", s->query.batch, s->value.batch));
    IOU_TRY(check_equal(infer, "heads of values", s->key.heads, s->value.heads));
    IOU_TRY(check_equal(infer, "tokens of values", s->key.rows, s->value.rows));
    IOU_TRY(check_equal(infer, "size of a key", s->query.width, s->key.width));
    const iou_dim heads = s->query.heads, shared = s->key.heads;
    const bool both = heads.known && shared.known;
    if (both && (shared.value == 0 || heads.value == 0 || heads.value % shared.value != 0)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "expected heads of queries for each of %lld of keys, found %lld",
                              (long long)shared.value, (long long)heads.value);
    }
    if (s->query.width.known && s->query.width.value == 0) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "size of a query: expected 1 or more, found 0");
    }
    return find_past(infer, s);
}

/* The mask broadcasts to [batch, heads, rows, tokens], but may have fewer tokens. */
static iou_status check_mask(const iou_infer *infer, const shapes *s) {
    const iou_fact *mask = iou_fact_in(infer, IOU_MASK);
    if (mask == NULL) {
        return IOU_OK;
    }
    const iou_type query = infer->in[IOU_QUERY]->type;
    const iou_type types[] = {IOU_BOOL, query == IOU_TYPE_UNDEFINED ? IOU_FLOAT : query,
                              query == IOU_TYPE_UNDEFINED ? IOU_DOUBLE : IOU_TYPE_UNDEFINED,
                              IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_infer_type(infer, IOU_MASK, types));
    if (mask->rank == 0 || mask->rank > 4) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "mask: expected rank 1 … 4, found %d",
                              mask->rank);
    }
    const iou_dim whole[] = {s->query.batch, s->query.heads, s->query.rows, s->tokens};
    for (int i = 0; i < mask->rank; i++) {
        const iou_dim has = mask->dims[i], want = whole[4 - mask->rank + i];
        const bool last = i == mask->rank - 1;
        const bool fits = !has.known || !want.known || has.value == want.value ||
                          (last ? has.value < want.value : has.value == 1);
        if (!fits) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "mask: expected dimension %d of %lld, found %lld", i,
                                  (long long)want.value, (long long)has.value);
        }
        if (last && has.known && want.known && has.value == 1 && want.value > 1) {
            return iou_infer_fail(infer, IOU_UNSUPPORTED,
                                  "mask: expected its tokens, found 1, of which it is not said "
                                  "whether they are the first or all");
        }
    }
    return IOU_OK;
}

static iou_status check_types(const iou_infer *infer) {
    IOU_TRY(iou_infer_type(infer, IOU_QUERY, iou_types_float));
    const iou_type type = infer->in[IOU_QUERY]->type;
    const iou_type same[] = {type, IOU_TYPE_UNDEFINED};
    static const int inputs[] = {IOU_KEY, IOU_VALUE, IOU_PAST_KEY, IOU_PAST_VALUE};
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        if (iou_fact_in(infer, inputs[i]) != NULL) {
            IOU_TRY(iou_infer_type(infer, inputs[i],
                                   type == IOU_TYPE_UNDEFINED ? iou_types_float : same));
        }
    }
    return IOU_OK;
}

static iou_status check_counts(const iou_infer *infer, const shapes *s) {
    if (iou_fact_in(infer, IOU_TOKEN_COUNTS) == NULL) {
        return IOU_OK;
    }
    IOU_TRY(iou_infer_type(infer, IOU_TOKEN_COUNTS, iou_types_i64));
    return iou_fact_check_dims(infer, IOU_TOKEN_COUNTS, 1, &s->query.batch);
}

static void set_shape(iou_fact *out, iou_type type, iou_dim a, iou_dim b, iou_dim c, iou_dim d) {
    const iou_dim dims[] = {a, b, c, d};
    out->type = type;
    out->rank = 4;
    memcpy(out->dims, dims, sizeof dims);
}

static iou_status attention_infer(const iou_infer *infer) {
    shapes s;
    IOU_TRY(iou_fact_begin(infer, 3, 7, IOU_ATTENTION_OUTPUTS));
    IOU_TRY(check_types(infer));
    IOU_TRY(find_shapes(infer, &s));
    IOU_TRY(check_mask(infer, &s));
    IOU_TRY(check_counts(infer, &s));
    const iou_fact *query = infer->in[IOU_QUERY];
    const iou_dim batch = s.query.batch, heads = s.query.heads, shared = s.key.heads;
    for (int i = 0; i < infer->node->output_count; i++) {
        iou_fact *out = &infer->out[i];
        switch (i) {
        case IOU_ATTENDED:
            set_shape(out, query->type, batch, heads, s.query.rows, s.value.width);
            break;
        case IOU_PRESENT_KEY:
            set_shape(out, query->type, batch, shared, s.tokens, s.key.width);
            break;
        case IOU_PRESENT_VALUE:
            set_shape(out, query->type, batch, shared, s.tokens, s.value.width);
            break;
        default: set_shape(out, query->type, batch, heads, s.query.rows, s.tokens); break;
        }
    }
    iou_fact *out = &infer->out[IOU_ATTENDED];
    out->rank = query->rank;
    if (query->rank == 3) {
        out->dims[1] = s.query.rows;
        out->dims[2] = iou_infer_mul(infer, heads, s.value.width);
    }
    return IOU_OK;
}

/* ---- Run ----------------------------------------------------------------------------------- */

/* The keys or values of one head, those of the past first. */
static void copy_present(const iou_attention *p, const iou_call *call,
                         const iou_attention_part *part, bool values) {
    const size_t size = iou_type_size(p->type) * (values ? p->value.width : p->key.width);
    char *to = (char *)call->out[values ? IOU_PRESENT_VALUE : IOU_PRESENT_KEY] +
               (part->batch * p->kv_heads + part->head) * p->tokens * size;
    const iou_attention_part first = {part->batch, part->head * (p->heads / p->kv_heads), 0, 0};
    for (size_t at = 0; at < p->tokens; at++, to += size) {
        memcpy(to, iou_attention_tokens(p, call, &first, at, values).data, size);
    }
}

static iou_status attention_run(const iou_call *call, size_t task) {
    const iou_attention *p = call->params;
    if (task >= p->attending) {
        const size_t at = task - p->attending;
        const iou_attention_part head = {at / p->kv_heads, at % p->kv_heads, 0, 0};
        for (int i = IOU_PRESENT_KEY; i <= IOU_PRESENT_VALUE; i++) {
            if (p->makes[i]) {
                copy_present(p, call, &head, i == IOU_PRESENT_VALUE);
            }
        }
        return IOU_OK;
    }
    const size_t head = task / p->row_tasks, row = task % p->row_tasks * p->row_step;
    const iou_attention_part part = {.batch = head / p->heads,
                                     .head = head % p->heads,
                                     .row = row,
                                     .rows = iou_size_min(p->row_step, p->rows - row)};
    if (p->type == IOU_FLOAT) {
        iou_attention_run_f32(p, call, &part);
    } else {
        iou_attention_run_f64(p, call, &part);
    }
    return IOU_OK;
}

/* Without tokens there is nothing to mix. */
static iou_status fill_zeros(const iou_call *call, size_t task) {
    const iou_attention *p = call->params;
    (void)task;
    if (p->makes[IOU_ATTENDED]) {
        memset(call->out[IOU_ATTENDED], 0,
               p->batch * p->heads * p->rows * p->value.width * iou_type_size(p->type));
    }
    return IOU_OK;
}

/* ---- Prepare ------------------------------------------------------------------------------- */

/* Rows of a value of rank 4, or of one of rank 3 with heads beside each other. */
static iou_head_rows rows_of(int rank, size_t heads, size_t rows, size_t width) {
    return rank == 4 ? (iou_head_rows){heads * rows * width, rows * width, width, width}
                     : (iou_head_rows){heads * rows * width, width, heads * width, width};
}

static iou_attention_mask mask_of(const iou_operand *mask, size_t tokens) {
    if (mask == NULL) {
        return (iou_attention_mask){.tokens = tokens};
    }
    size_t strides[4] = {0}, stride = 1;
    for (int i = mask->rank - 1; i >= 0; i--) {
        strides[4 - mask->rank + i] = mask->dims[i] == 1 ? 0 : stride;
        stride *= (size_t)mask->dims[i];
    }
    return (iou_attention_mask){.given = true,
                                .truth = mask->type == IOU_BOOL,
                                .batch = strides[0],
                                .head = strides[1],
                                .row = strides[2],
                                .tokens = (size_t)mask->dims[mask->rank - 1]};
}

static void find_sizes(const iou_prepare *prepare, iou_attention *p) {
    const iou_operand *query = prepare->in[IOU_QUERY], *key = prepare->in[IOU_KEY];
    const iou_operand *value = prepare->in[IOU_VALUE];
    const iou_operand *past = iou_operand_in(prepare, IOU_PAST_KEY);
    const int rank = query->rank, rows = rank == 4 ? 2 : 1, last = rank - 1;
    p->how = *(const iou_attention_attributes *)prepare->node->attributes;
    p->type = query->type;
    p->batch = (size_t)query->dims[0];
    p->heads = (size_t)(rank == 4 ? query->dims[1] : p->how.heads);
    p->kv_heads = (size_t)(rank == 4 ? key->dims[1] : p->how.kv_heads);
    p->rows = (size_t)query->dims[rows];
    p->past = past == NULL ? 0 : (size_t)past->dims[2];
    const size_t fresh = (size_t)key->dims[rows];
    p->tokens = p->past + fresh;
    const size_t beside = rank == 4 ? 1 : p->heads, beside_kv = rank == 4 ? 1 : p->kv_heads;
    const size_t width = (size_t)query->dims[last] / iou_size_max(beside, 1);
    const size_t value_width = (size_t)value->dims[last] / iou_size_max(beside_kv, 1);
    p->query = rows_of(rank, p->heads, p->rows, width);
    p->key = rows_of(rank, p->kv_heads, fresh, width);
    p->value = rows_of(rank, p->kv_heads, fresh, value_width);
    p->out = rows_of(rank, p->heads, p->rows, value_width);
    p->past_key = rows_of(4, p->kv_heads, p->past, width);
    p->past_value = rows_of(4, p->kv_heads, p->past, value_width);
    p->mask = mask_of(iou_operand_in(prepare, IOU_MASK), p->tokens);
    p->counted = iou_operand_in(prepare, IOU_TOKEN_COUNTS) != NULL;
    p->how.scale = p->how.scaled ? p->how.scale : 1.0 / sqrt((double)width);
    (void)iou_prepare_outputs(prepare, p->makes);
}

static iou_status attention_prepare(const iou_prepare *prepare) {
    iou_attention *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    find_sizes(prepare, p);
    const bool floats = p->type == IOU_FLOAT;
    p->gemm = iou_gemm_choose_product(prepare->isa);
    p->softmax = iou_softmax_choose(prepare->isa);
    p->caches = prepare->caches;
    const size_t fitting = iou_caches_floats(p->caches, 2, 1) / iou_size_max(p->tokens, 1);
    p->row_step = iou_size_min(iou_size_max(fitting, LEAST_ROWS), MOST_ROWS);
    p->row_tasks = iou_divide_up(p->rows, p->row_step);
    p->row_step = iou_size_max(iou_divide_up(p->rows, iou_size_max(p->row_tasks, 1)), 1);
    p->attending = p->batch * p->heads * p->row_tasks;
    const bool copies = p->makes[IOU_PRESENT_KEY] || p->makes[IOU_PRESENT_VALUE];
    const size_t tasks = p->attending + (copies ? p->batch * p->kv_heads : 0);
    const size_t scratch = floats ? iou_attention_scratch_f32(p) : iou_attention_scratch_f64(p);
    if (p->tokens > 0 && scratch == SIZE_MAX) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "%zu tokens are too many", p->tokens);
    }
    const bool works = p->tokens > 0 && tasks > 0;
    *prepare->step =
        (iou_step){.run = works ? attention_run : fill_zeros,
                   .params = p,
                   .task_count = works ? tasks : 1,
                   .scratch_size = works ? scratch : 0,
                   .algorithm = floats ? "gemm" : "plain",
                   .isa = floats ? iou_isa_name(p->gemm->isa) : "scalar",
                   .flop = 2.0 * (double)(p->batch * p->heads * p->rows) * (double)p->tokens *
                           (double)(p->query.width + p->value.width)};
    return IOU_OK;
}

const iou_op iou_op_attention = {.name = "Attention",
                                 .widens = IOU_WIDENS_FLOATS,
                                 .attributes_size = sizeof(iou_attention_attributes),
                                 .parse = attention_parse,
                                 .infer = attention_infer,
                                 .prepare = attention_prepare};
