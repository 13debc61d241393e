/*
 * LinearAttention: a matrix for every head that each token updates and each query reads. A token
 * makes it decay (gated), is corrected by what the matrix says of its key already (delta), and adds
 * the outer product of key and value.
 */
#include "ops/facts.h"
#include "ops/real.h"

#include "core/sizes.h"

#include <math.h>
#include <string.h>

enum { QUERY, KEY, VALUE, PAST, DECAY, RATE, INPUTS };
enum { Y, PRESENT };
enum { LINEAR, GATED, DELTA, GATED_DELTA };

typedef struct linear_attributes {
    int64_t heads, kv_heads;
    int rule;
    double scale; /* 0: by the size of a key */
} linear_attributes;

typedef struct linear_params {
    iou_type type, state_type;
    size_t tokens, heads, kv_heads, key, value; /* sizes of a key and a value */
    size_t decays, rates;                       /* of a token: for its elements, its heads, or 1 */
    bool decaying, correcting, continued, makes[2];
    double scale;
} linear_params;

static iou_status linear_parse(const iou_parse *parse) {
    static const char *const rules[] = {"linear", "gated", "delta", "gated_delta", NULL};
    linear_attributes *a = parse->attributes;
    a->rule = GATED_DELTA;
    IOU_TRY(iou_parse_choice(parse, "update_rule", rules, &a->rule));
    a->heads = iou_attribute_int(parse->node, "q_num_heads", 0);
    a->kv_heads = iou_attribute_int(parse->node, "kv_num_heads", 0);
    a->scale = (double)iou_attribute_float(parse->node, "scale", 0.0F);
    if (a->heads < 1 || a->kv_heads < 1 || a->heads % a->kv_heads != 0) {
        return iou_parse_fail(parse, IOU_BAD_MODEL,
                              "expected q_num_heads, a multiple of kv_num_heads, found %lld and "
                              "%lld",
                              (long long)a->heads, (long long)a->kv_heads);
    }
    return IOU_OK;
}

/* ---- Infer --------------------------------------------------------------------------------- */

static iou_dim last_dim(const iou_fact *fact) {
    return fact->rank == 3 ? fact->dims[2] : iou_dim_unknown();
}

/* The size of a head; fails where the heads do not divide the last dimension. */
static iou_status head_size(const iou_infer *infer, int input, int64_t heads, iou_dim *size) {
    const iou_dim all = last_dim(infer->in[input]);
    if (all.known && all.value % heads != 0) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "input %d: expected a multiple of %lld heads, found dimension %lld",
                              input, (long long)heads, (long long)all.value);
    }
    *size = iou_infer_floor_div(infer, all, heads);
    return IOU_OK;
}

/* Decays and rates are there if the rule uses them, one for each of some count. */
static iou_status check_gate(const iou_infer *infer, int input, const char *name, bool used,
                             iou_dim batch, iou_dim tokens, iou_dim fewer, iou_dim more) {
    const iou_fact *gate = iou_fact_in(infer, input);
    if (used != (gate != NULL)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "%s: expected %s by the update_rule, found %s",
                              name, used ? "it" : "none", used ? "none" : "it");
    }
    if (gate == NULL) {
        return IOU_OK;
    }
    const iou_dim dims[] = {batch, tokens, iou_dim_unknown()};
    IOU_TRY(iou_fact_check_dims(infer, input, 3, dims));
    const iou_dim found = last_dim(gate);
    if (found.known && fewer.known && more.known && found.value != fewer.value &&
        found.value != more.value) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "%s: expected %lld or %lld of them, found %lld",
                              name, (long long)fewer.value, (long long)more.value,
                              (long long)found.value);
    }
    return IOU_OK;
}

static iou_status check_types(const iou_infer *infer) {
    IOU_TRY(iou_infer_type(infer, QUERY, iou_types_real));
    const iou_type same[] = {infer->in[QUERY]->type, IOU_TYPE_UNDEFINED};
    for (int i = KEY; i < infer->node->input_count; i++) {
        const bool free = i == PAST || same[0] == IOU_TYPE_UNDEFINED;
        if (iou_fact_in(infer, i) != NULL) {
            IOU_TRY(iou_infer_type(infer, i, free ? iou_types_real : same));
        }
    }
    return IOU_OK;
}

static iou_status linear_infer(const iou_infer *infer) {
    const linear_attributes *a = infer->node->attributes;
    iou_dim key, value;
    IOU_TRY(iou_fact_begin(infer, 3, INPUTS, 2));
    IOU_TRY(check_types(infer));
    const iou_fact *query = infer->in[QUERY], *past = iou_fact_in(infer, PAST);
    const iou_dim unknown = iou_dim_unknown(), kv_heads = iou_dim_number(a->kv_heads);
    const iou_dim batch = query->rank == 3 ? query->dims[0] : unknown;
    const iou_dim tokens = query->rank == 3 ? query->dims[1] : unknown;
    IOU_TRY(head_size(infer, QUERY, a->heads, &key));
    IOU_TRY(head_size(infer, VALUE, a->kv_heads, &value));
    const iou_dim keys = iou_infer_mul(infer, kv_heads, key);
    const iou_dim any[] = {unknown, unknown, unknown}, key_dims[] = {batch, tokens, keys};
    const iou_dim value_dims[] = {batch, tokens, unknown};
    const iou_dim state[] = {batch, kv_heads, key, value};
    IOU_TRY(iou_fact_check_dims(infer, QUERY, 3, any));
    IOU_TRY(iou_fact_check_dims(infer, KEY, 3, key_dims));
    IOU_TRY(iou_fact_check_dims(infer, VALUE, 3, value_dims));
    IOU_TRY(iou_fact_check_dims(infer, PAST, 4, state));
    IOU_TRY(check_gate(infer, DECAY, "decay", a->rule == GATED || a->rule == GATED_DELTA, batch,
                       tokens, kv_heads, keys));
    IOU_TRY(check_gate(infer, RATE, "beta", a->rule == DELTA || a->rule == GATED_DELTA, batch,
                       tokens, iou_dim_number(1), kv_heads));
    iou_fact_like(&infer->out[Y], query);
    if (query->rank == 3) {
        infer->out[Y].dims[2] = iou_infer_mul(infer, iou_dim_number(a->heads), value);
    }
    if (infer->node->output_count > PRESENT) {
        iou_fact *present = &infer->out[PRESENT];
        present->type = past != NULL ? past->type : query->type;
        present->rank = 4;
        memcpy(present->dims, state, sizeof state);
    }
    return IOU_OK;
}

/* ---- Run ----------------------------------------------------------------------------------- */

typedef struct head_state {
    size_t batch, head;
    double *state; /* [key][value] */
    double *added; /* [value]: what a token adds for its key */
} head_state;

static void decay(const linear_params *p, const iou_call *call, const head_state *h, size_t token) {
    const bool each = p->decays != p->kv_heads; /* else one for the head */
    const size_t at = token * p->decays + h->head * (each ? p->key : 1);
    for (size_t k = 0; k < p->key && p->decaying; k++) {
        const double factor = exp(iou_real_load(p->type, call->in[DECAY], at + (each ? k : 0)));
        for (size_t v = 0; v < p->value; v++) {
            h->state[k * p->value + v] *= factor;
        }
    }
}

static void update(const linear_params *p, const iou_call *call, const head_state *h,
                   size_t token) {
    const size_t key = (token * p->kv_heads + h->head) * p->key;
    const size_t value = (token * p->kv_heads + h->head) * p->value;
    double rate = 1.0;
    if (p->correcting) {
        const size_t at = token * p->rates + (p->rates == 1 ? 0 : h->head);
        rate = iou_real_load(p->type, call->in[RATE], at);
    }
    for (size_t v = 0; v < p->value; v++) {
        double known = 0.0;
        for (size_t k = 0; k < p->key && p->correcting; k++) {
            known += h->state[k * p->value + v] * iou_real_load(p->type, call->in[KEY], key + k);
        }
        h->added[v] = rate * (iou_real_load(p->type, call->in[VALUE], value + v) - known);
    }
    for (size_t k = 0; k < p->key; k++) {
        const double factor = iou_real_load(p->type, call->in[KEY], key + k);
        for (size_t v = 0; v < p->value; v++) {
            h->state[k * p->value + v] += factor * h->added[v];
        }
    }
}

static void read(const linear_params *p, const iou_call *call, const head_state *h, size_t token) {
    const size_t shared = p->heads / p->kv_heads;
    for (size_t head = h->head * shared; head < (h->head + 1) * shared; head++) {
        const size_t query = (token * p->heads + head) * p->key;
        for (size_t v = 0; v < p->value; v++) {
            double sum = 0.0;
            for (size_t k = 0; k < p->key; k++) {
                sum +=
                    iou_real_load(p->type, call->in[QUERY], query + k) * h->state[k * p->value + v];
            }
            iou_real_store(p->type, call->out[Y], (token * p->heads + head) * p->value + v,
                           p->scale * sum);
        }
    }
}

static iou_status linear_run(const iou_call *call, size_t task) {
    const linear_params *p = call->params;
    const size_t size = p->key * p->value;
    double *memory = call->scratch;
    const head_state h = {task / p->kv_heads, task % p->kv_heads, memory, memory + size};
    for (size_t i = 0; i < size; i++) {
        h.state[i] =
            p->continued ? iou_real_load(p->state_type, call->in[PAST], task * size + i) : 0.0;
    }
    for (size_t token = h.batch * p->tokens; token < (h.batch + 1) * p->tokens; token++) {
        decay(p, call, &h, token);
        update(p, call, &h, token);
        if (p->makes[Y]) {
            read(p, call, &h, token);
        }
    }
    for (size_t i = 0; i < size && p->makes[PRESENT]; i++) {
        iou_real_store(p->state_type, call->out[PRESENT], task * size + i, h.state[i]);
    }
    return IOU_OK;
}

static size_t per_token(const iou_prepare *prepare, int input) {
    const iou_operand *gate = iou_operand_in(prepare, input);
    return gate == NULL ? 0 : (size_t)gate->dims[2];
}

static iou_status linear_prepare(const iou_prepare *prepare) {
    const iou_node *node = prepare->node;
    const linear_attributes *a = node->attributes;
    const iou_operand *query = prepare->in[QUERY], *past = iou_operand_in(prepare, PAST);
    linear_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->type = query->type;
    p->state_type = past != NULL ? past->type : query->type;
    p->heads = (size_t)a->heads;
    p->kv_heads = (size_t)a->kv_heads;
    p->tokens = (size_t)query->dims[1];
    p->key = (size_t)query->dims[2] / p->heads;
    p->value = (size_t)prepare->in[VALUE]->dims[2] / p->kv_heads;
    p->decays = per_token(prepare, DECAY);
    p->rates = per_token(prepare, RATE);
    p->decaying = p->decays > 0;
    p->correcting = p->rates > 0;
    p->continued = past != NULL;
    p->scale = a->scale != 0.0 ? a->scale : 1.0 / sqrt((double)p->key);
    /* without elements there may be any number of heads */
    const bool any = iou_prepare_outputs(prepare, p->makes);
    const size_t tasks = any ? (size_t)query->dims[0] * p->kv_heads : 0;
    const size_t numbers = iou_size_times(p->key + 1, p->value);
    if (numbers > SIZE_MAX / sizeof(double)) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "a state of %zu x %zu is too large", p->key,
                                p->value);
    }
    *prepare->step = (iou_step){.run = tasks == 0 ? iou_run_nothing : linear_run,
                                .params = p,
                                .task_count = tasks == 0 ? 1 : tasks,
                                .scratch_size = numbers * sizeof(double),
                                .algorithm = "steps",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_linear_attention = {.name = "LinearAttention",
                                        .attributes_size = sizeof(linear_attributes),
                                        .parse = linear_parse,
                                        .infer = linear_infer,
                                        .prepare = linear_prepare};
