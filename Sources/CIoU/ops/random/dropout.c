/* Dropout: at inference its input; in training elements become 0, and the others larger. */
#include "ops/facts.h"
#include "ops/random/random_numbers.h"
#include "ops/real.h"
#include "ops/strided_iterator.h"

#include <string.h>

enum { X, RATIO, TRAINING, INPUTS };
enum { Y, MASK, OUTPUTS };

typedef struct dropout_attributes {
    bool trains; /* in opsets before 7; those from 12 on say so by an input, the others never */
    float ratio; /* before opset 12 */
    uint64_t seed;
} dropout_attributes;

typedef struct dropout_params {
    dropout_attributes how;
    iou_type type, ratio_type, mask_type; /* undefined: there is no ratio, no mask */
    size_t count;
    bool given; /* input `training_mode` */
} dropout_params;

static bool has_mask(const iou_node *node) {
    return node->output_count > MASK && node->outputs[MASK] != IOU_NO_VALUE;
}

static iou_status dropout_parse(const iou_parse *parse) {
    dropout_attributes *a = parse->attributes;
    a->trains = parse->node->opset < 7 && !iou_attribute_int(parse->node, "is_test", 0);
    a->ratio = iou_attribute_float(parse->node, "ratio", 0.5f);
    a->seed = iou_random_seed_parse(parse);
    return IOU_OK;
}

static iou_status check_number(const iou_infer *infer, int input, const iou_type *types) {
    const iou_fact *fact = iou_fact_in(infer, input);
    size_t count;
    if (fact == NULL) {
        return IOU_OK;
    }
    IOU_TRY(iou_infer_type(infer, input, types));
    return iou_fact_count(fact, &count) && count != 1
               ? iou_infer_fail(infer, IOU_BAD_MODEL, "input %d: expected one number, found %zu",
                                input, count)
               : IOU_OK;
}

/* Whether it is known that the node does not train. */
static bool never_trains(const iou_node *node, const iou_fact *training) {
    iou_ints value;
    iou_ints_from_fact(&value, training);
    const dropout_attributes *a = node->attributes;
    return !a->trains && (value.state == IOU_INTS_ABSENT ||
                          (value.state == IOU_INTS_KNOWN && value.values[0] == 0));
}

static iou_status dropout_infer(const iou_infer *infer) {
    static const iou_type ratios[] = {IOU_FLOAT,      IOU_DOUBLE,         IOU_FLOAT16,
                                      IOU_BFLOAT16,   IOU_FLOAT8E4M3FN,   IOU_FLOAT8E4M3FNUZ,
                                      IOU_FLOAT8E5M2, IOU_FLOAT8E5M2FNUZ, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_fact_begin(infer, 1, infer->node->opset < 12 ? 1 : INPUTS, OUTPUTS));
    IOU_TRY(check_number(infer, RATIO, ratios));
    IOU_TRY(check_number(infer, TRAINING, iou_types_bool));
    const bool inference = never_trains(infer->node, iou_fact_in(infer, TRAINING));
    IOU_TRY(iou_infer_type(infer, X, inference ? iou_types_any : iou_types_real));
    iou_fact_like(&infer->out[Y], infer->in[X]);
    if (inference) {
        iou_fact_same_value(&infer->out[Y], infer->in[X]);
    }
    if (has_mask(infer->node)) {
        iou_fact_shape_like(&infer->out[MASK], infer->in[X]);
        infer->out[MASK].type = infer->node->opset < 10 ? infer->in[X]->type : IOU_BOOL;
    }
    return IOU_OK;
}

static void write_mask(const dropout_params *p, void *mask, size_t at, bool kept) {
    if (p->mask_type == IOU_BOOL) {
        ((uint8_t *)mask)[at] = kept;
    } else if (p->mask_type != IOU_TYPE_UNDEFINED) {
        iou_real_store(p->mask_type, mask, at, kept ? 1.0 : 0.0);
    }
}

static void *mask_of(const dropout_params *p, const iou_call *call) {
    return p->mask_type == IOU_TYPE_UNDEFINED ? NULL : call->out[MASK];
}

static void keep_all(const dropout_params *p, const iou_call *call, size_t begin, size_t end) {
    const size_t size = iou_type_size(p->type);
    void *mask = mask_of(p, call);
    memmove((char *)call->out[Y] + begin * size, (const char *)call->in[X] + begin * size,
            (end - begin) * size);
    for (size_t i = begin; i < end; i++) {
        write_mask(p, mask, i, true);
    }
}

static iou_status dropout_run(const iou_call *call, size_t task) {
    const dropout_params *p = call->params;
    size_t begin, end;
    iou_chunk(task, p->count, &begin, &end);
    const double ratio = p->ratio_type == IOU_TYPE_UNDEFINED
                             ? (double)p->how.ratio
                             : iou_read_double(p->ratio_type, call->in[RATIO], 0);
    const bool trains =
        p->how.trains || (p->given && iou_read_int(IOU_BOOL, call->in[TRAINING], 0) != 0);
    if (!trains || ratio == 0.0) {
        keep_all(p, call, begin, end);
        return IOU_OK;
    }
    IOU_FAIL_IF(!(ratio > 0.0 && ratio < 1.0), IOU_BAD_DATA, call->error,
                "ratio: expected 0 … 1, without 1, found %g", ratio);
    void *mask = mask_of(p, call);
    for (size_t i = begin; i < end; i++) {
        const bool kept = iou_random_uniform(p->how.seed, i) >= ratio;
        const double x = iou_real_load(p->type, call->in[X], i);
        iou_real_store(p->type, call->out[Y], i, kept ? x / (1.0 - ratio) : 0.0);
        write_mask(p, mask, i, kept);
    }
    return IOU_OK;
}

static iou_status dropout_prepare(const iou_prepare *prepare) {
    const iou_operand *ratio = iou_operand_in(prepare, RATIO);
    dropout_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->how = *(const dropout_attributes *)prepare->node->attributes;
    p->type = prepare->in[X]->type;
    p->ratio_type = ratio != NULL ? ratio->type : IOU_TYPE_UNDEFINED;
    p->mask_type = has_mask(prepare->node) ? prepare->out[MASK].type : IOU_TYPE_UNDEFINED;
    p->given = iou_operand_in(prepare, TRAINING) != NULL;
    p->count = prepare->out[Y].count;
    bool real = p->mask_type == IOU_TYPE_UNDEFINED || p->mask_type == IOU_BOOL;
    for (const iou_type *t = iou_types_real; *t != IOU_TYPE_UNDEFINED; t++) {
        real = real || p->mask_type == *t;
    }
    if (!real) {
        return iou_prepare_fail(prepare, IOU_UNSUPPORTED, "a mask of %s",
                                iou_type_name(p->mask_type));
    }
    *prepare->step = (iou_step){.run = dropout_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->count),
                                .algorithm = "copy",
                                .isa = "scalar"};
    return IOU_OK;
}

/* A mask, or training, is something to compute. */
static iou_view dropout_view(const iou_node *node, const iou_fact *facts) {
    const int training = node->input_count > TRAINING ? node->inputs[TRAINING] : IOU_NO_VALUE;
    const bool inference = never_trains(node, training < 0 ? NULL : &facts[training]);
    return node->output_count == 1 && inference ? IOU_VIEW_SAME : IOU_VIEW_NONE;
}

const iou_op iou_op_dropout = {.name = "Dropout",
                               .random = true,
                               .layout = IOU_LAYOUT_FOLLOWS,
                               .attributes_size = sizeof(dropout_attributes),
                               .parse = dropout_parse,
                               .infer = dropout_infer,
                               .prepare = dropout_prepare,
                               .view = dropout_view};
