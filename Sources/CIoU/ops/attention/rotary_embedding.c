/* RotaryEmbedding: pairs of a head's elements, turned by an angle that its position gives. */
#include "ops/facts.h"
#include "ops/real.h"
#include "ops/rows.h"

#include "core/sizes.h"

enum { X, COSINES, SINES, POSITIONS };

typedef struct rotary_attributes {
    int64_t heads, rotated; /* 0: not given */
    bool interleaved;
} rotary_attributes;

typedef struct rotary_params {
    iou_type type;
    size_t batch, heads, tokens, width;
    size_t pairs;                     /* that are turned; the elements behind them stay */
    bool interleaved, packed, placed; /* packed: of rank 3; placed: POSITIONS are given */
    size_t positions;                 /* that there are cosines for */
    iou_rows rows;
} rotary_params;

static iou_status rotary_parse(const iou_parse *parse) {
    rotary_attributes *a = parse->attributes;
    a->heads = iou_attribute_int(parse->node, "num_heads", 0);
    a->rotated = iou_attribute_int(parse->node, "rotary_embedding_dim", 0);
    IOU_TRY(iou_parse_flag(parse, "interleaved", false, &a->interleaved));
    if (a->heads < 0 || a->rotated < 0 || a->rotated % 2 != 0) {
        return iou_parse_fail(parse, IOU_BAD_MODEL,
                              "expected num_heads and an even rotary_embedding_dim, found %lld and "
                              "%lld",
                              (long long)a->heads, (long long)a->rotated);
    }
    return IOU_OK;
}

/* ---- Infer --------------------------------------------------------------------------------- */

/* The size of a head. */
static iou_status head_width(const iou_infer *infer, iou_dim *width) {
    const rotary_attributes *a = infer->node->attributes;
    const iou_fact *x = infer->in[X];
    *width = iou_dim_unknown();
    if (x->rank < 0) {
        return IOU_OK;
    }
    if (x->rank != 4 && (x->rank != 3 || a->heads == 0)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "expected rank 4, or 3 and num_heads, found rank %d", x->rank);
    }
    *width = x->dims[x->rank - 1];
    if (x->rank == 3 && width->known) {
        if (width->value % a->heads != 0) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "expected a multiple of %lld heads, found dimension %lld",
                                  (long long)a->heads, (long long)width->value);
        }
        *width = iou_dim_number(width->value / a->heads);
    }
    if (width->known && (width->value % 2 != 0 || width->value < a->rotated)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "size of a head: expected an even number of %lld or more, found %lld",
                              (long long)a->rotated, (long long)width->value);
    }
    return IOU_OK;
}

static iou_status rotary_infer(const iou_infer *infer) {
    const rotary_attributes *a = infer->node->attributes;
    IOU_TRY(iou_fact_begin(infer, 3, 4, 1));
    IOU_TRY(iou_infer_type(infer, X, iou_types_real));
    const iou_fact *x = infer->in[X];
    const iou_type same[] = {x->type, IOU_TYPE_UNDEFINED};
    const iou_type *types = x->type == IOU_TYPE_UNDEFINED ? iou_types_real : same;
    iou_dim width;
    IOU_TRY(head_width(infer, &width));
    const iou_dim rotated = a->rotated > 0 ? iou_dim_number(a->rotated) : width;
    const iou_dim pairs = iou_infer_floor_div(infer, rotated, 2);
    const iou_dim batch = x->rank < 0 ? iou_dim_unknown() : x->dims[0];
    const iou_dim tokens = x->rank < 0 ? iou_dim_unknown() : x->dims[x->rank == 4 ? 2 : 1];
    const iou_dim each[] = {batch, tokens, pairs},
                  table[] = {infer->in[COSINES]->rank == 2 ? infer->in[COSINES]->dims[0]
                                                           : iou_dim_unknown(),
                             pairs};
    const bool placed = iou_fact_in(infer, POSITIONS) != NULL;
    for (int i = COSINES; i <= SINES; i++) {
        IOU_TRY(iou_infer_type(infer, i, types));
        IOU_TRY(iou_fact_check_dims(infer, i, placed ? 2 : 3, placed ? table : each));
    }
    if (placed) {
        IOU_TRY(iou_infer_type(infer, POSITIONS, iou_types_i64));
        IOU_TRY(iou_fact_check_dims(infer, POSITIONS, 2, each));
    }
    iou_fact_like(&infer->out[0], x);
    return IOU_OK;
}

/* ---- Run ----------------------------------------------------------------------------------- */

/* Which row of cosines and sines belongs to a token. */
static iou_status angle_row(const rotary_params *p, const iou_call *call, size_t token,
                            size_t *row) {
    *row = token;
    if (!p->placed) {
        return IOU_OK;
    }
    const int64_t position = ((const int64_t *)call->in[POSITIONS])[token];
    IOU_FAIL_IF(position < 0 || (uint64_t)position >= p->positions, IOU_BAD_DATA, call->error,
                "position %lld: expected 0 … %lld", (long long)position,
                (long long)p->positions - 1);
    *row = (size_t)position;
    return IOU_OK;
}

static void turn(const rotary_params *p, const iou_call *call, size_t at, size_t angle) {
    const size_t step = p->interleaved ? 2 : 1, other = p->interleaved ? 1 : p->pairs;
    for (size_t i = 0; i < p->pairs; i++) {
        const size_t first = at + i * step, second = first + other;
        const double c = iou_real_load(p->type, call->in[COSINES], angle + i);
        const double s = iou_real_load(p->type, call->in[SINES], angle + i);
        const double a = iou_real_load(p->type, call->in[X], first);
        const double b = iou_real_load(p->type, call->in[X], second);
        iou_real_store(p->type, call->out[0], first, c * a - s * b);
        iou_real_store(p->type, call->out[0], second, s * a + c * b);
    }
    for (size_t i = at + 2 * p->pairs; i < at + p->width; i++) {
        iou_real_store(p->type, call->out[0], i, iou_real_load(p->type, call->in[X], i));
    }
}

static iou_status rotary_run(const iou_call *call, size_t task) {
    const rotary_params *p = call->params;
    size_t row, end;
    for (iou_rows_range(&p->rows, task, &row, &end); row < end; row++) {
        const size_t batch = row / (p->heads * p->tokens);
        const size_t token = p->packed ? row / p->heads : batch * p->tokens + row % p->tokens;
        size_t angle;
        IOU_TRY(angle_row(p, call, token, &angle));
        turn(p, call, row * p->width, angle * p->pairs);
    }
    return IOU_OK;
}

static iou_status rotary_prepare(const iou_prepare *prepare) {
    const rotary_attributes *a = prepare->node->attributes;
    const iou_operand *x = prepare->in[X];
    rotary_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->type = x->type;
    p->packed = x->rank == 3;
    p->interleaved = a->interleaved;
    p->placed = iou_operand_in(prepare, POSITIONS) != NULL;
    p->positions = (size_t)prepare->in[COSINES]->dims[0];
    p->batch = (size_t)x->dims[0];
    p->heads = (size_t)(p->packed ? a->heads : x->dims[1]);
    p->tokens = (size_t)x->dims[p->packed ? 1 : 2];
    p->width = (size_t)x->dims[x->rank - 1] / (p->packed ? p->heads : 1);
    p->pairs = (a->rotated > 0 ? (size_t)a->rotated : p->width) / 2;
    p->rows = iou_rows_of(p->batch * p->heads * p->tokens, p->width);
    *prepare->step = (iou_step){.run = x->count == 0 ? iou_run_nothing : rotary_run,
                                .params = p,
                                .task_count = iou_rows_tasks(&p->rows),
                                .algorithm = "rows",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_rotary_embedding = {.name = "RotaryEmbedding",
                                        .attributes_size = sizeof(rotary_attributes),
                                        .parse = rotary_parse,
                                        .infer = rotary_infer,
                                        .prepare = rotary_prepare};
