#include "ops/widen.h"

#include "core/sizes.h"
#include "core/convert.h"

#include <string.h>

static const struct {
    iou_type narrow, wide;
    unsigned when; /**< IOU_WIDENS_… */
} rules[] = {
    {IOU_FLOAT16, IOU_FLOAT, IOU_WIDENS_FLOATS}, {IOU_BFLOAT16, IOU_FLOAT, IOU_WIDENS_FLOATS},
    {IOU_INT8, IOU_INT64, IOU_WIDENS_INTEGERS},  {IOU_INT16, IOU_INT64, IOU_WIDENS_INTEGERS},
    {IOU_UINT8, IOU_INT64, IOU_WIDENS_INTEGERS}, {IOU_UINT16, IOU_INT64, IOU_WIDENS_INTEGERS},
    {IOU_UINT32, IOU_INT64, IOU_WIDENS_UINT32},  {IOU_UINT64, IOU_INT64, IOU_WIDENS_UINT64},
    {IOU_INT32, IOU_DOUBLE, IOU_WIDENS_WHOLE},   {IOU_INT64, IOU_DOUBLE, IOU_WIDENS_WHOLE},
    {IOU_UINT32, IOU_DOUBLE, IOU_WIDENS_WHOLE},  {IOU_UINT64, IOU_DOUBLE, IOU_WIDENS_WHOLE},
};

/** The type that the operator computes an input of `type` in; `type` itself where that is no other.
 */
static iou_type wide_type(const iou_op *op, int input, iou_type type) {
    /* further inputs of reductions are axes */
    const unsigned flags = input == 0 ? op->widens : op->widens & ~(unsigned)IOU_WIDENS_WHOLE;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].narrow == type && (flags & rules[i].when) != 0) {
            return rules[i].wide;
        }
    }
    return type;
}

bool iou_is_widened(const iou_node *node, const iou_fact *facts) {
    bool widened = false;
    for (int i = 0; i < node->input_count; i++) {
        const int v = node->inputs[i];
        widened = widened || (v >= 0 && wide_type(node->op, i, facts[v].type) != facts[v].type);
    }
    return widened;
}

/** Whether output `output` has input 0's type, and not a type of its own. */
static bool follows(const iou_op *op, int output) {
    return output == 0 || !(op->widens & IOU_WIDENS_FIRST_OUTPUT);
}

/* ---- Infer --------------------------------------------------------------------------------- */

/** The types of the node's floating-point inputs must agree, as ONNX has it of nearly all. */
static iou_status check_mixture(const iou_infer *infer) {
    const iou_op *op = infer->node->op;
    const iou_type first = infer->in[0] ? infer->in[0]->type : IOU_TYPE_UNDEFINED;
    for (int i = 1; i < infer->node->input_count && !(op->widens & IOU_WIDENS_MIXED); i++) {
        const iou_type type = infer->in[i] ? infer->in[i]->type : IOU_TYPE_UNDEFINED;
        const iou_type wide = wide_type(op, i, type);
        const bool known = type != IOU_TYPE_UNDEFINED && first != IOU_TYPE_UNDEFINED;
        if (known && type != first && wide == wide_type(op, 0, first)) {
            return iou_infer_fail(infer, IOU_UNSUPPORTED, "input %d has type %s, expected %s", i,
                                  iou_type_name(type), iou_type_name(first));
        }
    }
    return IOU_OK;
}

/** A fact of the wide type; a small constant's bytes too. */
static iou_status widen_fact(const iou_infer *infer, const iou_fact *fact, iou_type wide,
                             iou_fact *to) {
    size_t count;
    *to = *fact;
    to->type = wide;
    to->data = NULL;
    if (fact->data == NULL || !iou_fact_count(fact, &count) || count > IOU_MAX_ELEMENTS) {
        return IOU_OK;
    }
    void *data = iou_arena_alloc(infer->memory, count * iou_type_size(wide) + 1);
    void *narrow = iou_arena_alloc(infer->memory, fact->data_size + 1);
    if (data == NULL || narrow == NULL) {
        return iou_infer_fail(infer, IOU_OUT_OF_MEMORY, "no memory");
    }
    memcpy(narrow, fact->data, fact->data_size); /* which may not be aligned */
    iou_convert(fact->type, narrow, wide, data, count, (iou_rounding){0});
    to->data = data;
    to->data_size = count * iou_type_size(wide);
    return IOU_OK;
}

static bool any_narrow(const iou_infer *infer) {
    bool any = false;
    for (int i = 0; i < infer->node->input_count; i++) {
        const iou_fact *in = infer->in[i];
        any = any || (in != NULL && wide_type(infer->node->op, i, in->type) != in->type);
    }
    return any;
}

iou_status iou_widen_infer(const iou_infer *infer) {
    const iou_node *node = infer->node;
    if (node->op->widens == 0 || !any_narrow(infer)) {
        return node->op->infer(infer);
    }
    IOU_TRY(check_mixture(infer));
    const size_t count = (size_t)node->input_count;
    iou_fact *facts = iou_arena_alloc(infer->memory, sizeof *facts * count);
    const iou_fact **in = iou_arena_alloc(infer->memory, sizeof *in * count);
    if (facts == NULL || in == NULL) {
        return iou_infer_fail(infer, IOU_OUT_OF_MEMORY, "no memory");
    }
    for (size_t i = 0; i < count; i++) {
        in[i] = infer->in[i];
        const iou_type wide = in[i] ? wide_type(node->op, (int)i, in[i]->type) : IOU_TYPE_UNDEFINED;
        if (in[i] != NULL && wide != in[i]->type) {
            IOU_TRY(widen_fact(infer, in[i], wide, &facts[i]));
            in[i] = &facts[i];
        }
    }
    iou_infer inner = *infer;
    inner.in = in;
    IOU_TRY(node->op->infer(&inner));
    const iou_type first = infer->in[0] ? infer->in[0]->type : IOU_TYPE_UNDEFINED;
    for (int i = 0; i < node->output_count; i++) {
        iou_fact *out = &infer->out[i];
        if (follows(node->op, i) && out->type == wide_type(node->op, 0, first)) {
            out->type = first;
            out->data = NULL;
            out->elements = NULL;
            out->element_count = -1;
        }
    }
    return IOU_OK;
}

/* ---- Prepare ------------------------------------------------------------------------------- */

/** An operand of the step and its wide copy. */
typedef struct widened {
    iou_type narrow, wide; /**< the same: no copy is needed */
    size_t count;
    size_t at;         /**< of the copy in the scratch memory */
    const void *fixed; /**< the copy of a constant */
} widened;

typedef struct widen_params {
    iou_step inner;
    int inputs, outputs;
    widened *operands; /**< inputs, then outputs */
    size_t scratch_at; /**< of the inner step */
} widen_params;

static iou_status fill(const iou_prepare *prepare, widened *w, const iou_operand *operand,
                       iou_type wide, size_t *scratch) {
    *w = (widened){operand->type, wide, operand->count, *scratch, NULL};
    if (wide == operand->type) {
        return IOU_OK;
    }
    const size_t size = iou_size_times(operand->count, iou_type_size(wide));
    if (size > SIZE_MAX / 2 - *scratch) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "%zu elements are too many", operand->count);
    }
    *scratch += iou_size_times(iou_divide_up(size, 64), 64);
    return IOU_OK;
}

/** A constant's wide copy in the plan's memory. */
static iou_status copy_constant(const iou_prepare *prepare, const iou_operand *operand,
                                widened *w) {
    const size_t size = operand->count * iou_type_size(w->narrow);
    void *data = iou_prepare_alloc(prepare, operand->count * iou_type_size(w->wide) + 1);
    void *narrow = iou_prepare_alloc(prepare, size + 1);
    if (data == NULL || narrow == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    memcpy(narrow, operand->constant, size); /* which may not be aligned */
    iou_convert(w->narrow, narrow, w->wide, data, operand->count, (iou_rounding){0});
    w->fixed = data;
    return IOU_OK;
}

static const void *widen_input(const widen_params *p, const iou_call *call, int i) {
    const widened *w = &p->operands[i];
    if (w->narrow == w->wide || call->in[i] == NULL) {
        return w->fixed ? w->fixed : call->in[i];
    }
    if (w->fixed != NULL) {
        return w->fixed;
    }
    void *to = (char *)call->scratch + w->at;
    iou_convert(w->narrow, call->in[i], w->wide, to, w->count, (iou_rounding){0});
    return to;
}

enum { MOST = 64 /* inputs, and outputs, of a step that is widened */ };

/** All tasks of the inner step: they share the wide copies. */
static iou_status widen_run(const iou_call *call, size_t task) {
    const widen_params *p = call->params;
    const void *in[MOST] = {NULL};
    void *out[MOST] = {NULL};
    (void)task;
    for (int i = 0; i < p->inputs; i++) {
        in[i] = widen_input(p, call, i);
    }
    for (int i = 0; i < p->outputs; i++) {
        const widened *w = &p->operands[p->inputs + i];
        out[i] = w->narrow == w->wide ? call->out[i] : (char *)call->scratch + w->at;
    }
    iou_call inner = *call;
    inner.params = p->inner.params;
    inner.in = in;
    inner.out = out;
    inner.scratch = (char *)call->scratch + p->scratch_at;
    for (size_t i = 0; i < p->inner.task_count; i++) {
        IOU_TRY(p->inner.run(&inner, i));
    }
    for (int i = 0; i < p->outputs; i++) {
        const widened *w = &p->operands[p->inputs + i];
        if (w->narrow != w->wide) {
            iou_convert(w->wide, out[i], w->narrow, call->out[i], w->count, (iou_rounding){0});
        }
    }
    return IOU_OK;
}

/** Fills the wide operands; `*scratch` grows by what their copies take. */
static iou_status widen_operands(const iou_prepare *prepare, widen_params *p, iou_operand *wide,
                                 const iou_operand **in, size_t *scratch) {
    const iou_node *node = prepare->node;
    const iou_op *op = node->op;
    const iou_type first = prepare->in[0] ? prepare->in[0]->type : IOU_TYPE_UNDEFINED;
    for (int i = 0; i < p->inputs; i++) {
        if (prepare->in[i] == NULL) {
            continue;
        }
        wide[i] = *prepare->in[i];
        in[i] = &wide[i];
        wide[i].type = wide_type(op, i, wide[i].type);
        IOU_TRY(fill(prepare, &p->operands[i], prepare->in[i], wide[i].type, scratch));
        if (wide[i].type != prepare->in[i]->type && wide[i].constant != NULL) {
            IOU_TRY(copy_constant(prepare, prepare->in[i], &p->operands[i]));
            wide[i].constant = p->operands[i].fixed;
        }
    }
    for (int i = 0; i < p->outputs; i++) {
        iou_operand *out = &wide[p->inputs + i];
        if (node->outputs[i] == IOU_NO_VALUE) {
            continue;
        }
        *out = prepare->out[i];
        if (follows(op, i) && out->type == first) {
            out->type = wide_type(op, 0, first);
        }
        IOU_TRY(fill(prepare, &p->operands[p->inputs + i], &prepare->out[i], out->type, scratch));
    }
    return IOU_OK;
}

static iou_status prepare_inner(const iou_prepare *prepare) {
    const iou_node *node = prepare->node;
    const size_t total = (size_t)(node->input_count + node->output_count);
    widen_params *p = iou_prepare_alloc(prepare, sizeof *p);
    iou_operand *wide = iou_prepare_alloc(prepare, sizeof *wide * total);
    const iou_operand **in = iou_prepare_alloc(prepare, sizeof *in * (total + 1));
    if (p != NULL) {
        p->operands = iou_prepare_alloc(prepare, sizeof(widened) * total);
    }
    if (p == NULL || p->operands == NULL || wide == NULL || in == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    if (node->input_count > MOST || node->output_count > MOST) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "expected at most %d inputs and outputs", MOST);
    }
    p->inputs = node->input_count;
    p->outputs = node->output_count;
    size_t scratch = 0;
    IOU_TRY(widen_operands(prepare, p, wide, in, &scratch));
    p->inner = *prepare->step;
    iou_prepare inner = *prepare;
    inner.in = in;
    inner.out = wide + p->inputs;
    inner.step = &p->inner;
    IOU_TRY(node->op->prepare(&inner));
    if (p->inner.scratch_size > SIZE_MAX / 2) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "its memory is too large");
    }
    p->scratch_at = scratch;
    *prepare->step = (iou_step){.run = widen_run,
                                .params = p,
                                .task_count = 1,
                                .scratch_size = scratch + p->inner.scratch_size,
                                .packed = p->inner.packed,
                                .algorithm = p->inner.algorithm,
                                .isa = p->inner.isa,
                                .flop = p->inner.flop};
    return IOU_OK;
}

static bool has_narrow(const iou_prepare *prepare) {
    const iou_node *node = prepare->node;
    bool narrow = false;
    for (int i = 0; i < node->input_count; i++) {
        const iou_operand *in = prepare->in[i];
        narrow = narrow || (in != NULL && wide_type(node->op, i, in->type) != in->type);
    }
    return narrow;
}

iou_status iou_widen_prepare(const iou_prepare *prepare) {
    const bool narrow = prepare->node->op->widens != 0 && has_narrow(prepare);
    return narrow ? prepare_inner(prepare) : prepare->node->op->prepare(prepare);
}
