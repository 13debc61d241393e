/* What functions grow to when their bodies are in the place of every call: known before. */
#include "model/load.h"

#include <stdlib.h>
#include <string.h>

/** Nodes, and bytes that hold them and what they contain. */
typedef struct cost {
    size_t nodes, bytes;
} cost;

typedef struct body {
    cost own;   /* without calls */
    cost whole; /* with them */
    int *calls; /* functions, as often as they are called */
    size_t count, capacity;
    size_t next; /* of the calls to look at */
    enum { UNSEEN, OPEN, DONE } state;
} body;

typedef struct expansion {
    const iou_loader *l;
    body *bodies; /* of each function; the main graph's is last */
    int *stack;
} expansion;

static size_t add(size_t a, size_t b) {
    size_t sum;
    return __builtin_add_overflow(a, b, &sum) ? SIZE_MAX : sum;
}

/* ---- One body ------------------------------------------------------------------------------ */

static size_t tensor_bytes(const Onnx__TensorProto *t) {
    return t ? 512 + 8 * (t->n_float_data + t->n_int32_data + t->n_int64_data + t->n_double_data +
                          t->n_uint64_data)
             : 0;
}

static iou_status add_call(const expansion *e, body *b, int function) {
    if (b->count == b->capacity) {
        const size_t capacity = b->capacity ? 2 * b->capacity : 4;
        int *calls = iou_arena_alloc(e->l->model->arena, sizeof(int) * capacity);
        if (!calls) {
            return iou_load_no_memory(e->l);
        }
        if (b->count) {
            memcpy(calls, b->calls, sizeof(int) * b->count);
        }
        b->calls = calls;
        b->capacity = capacity;
    }
    b->calls[b->count++] = function;
    return IOU_OK;
}

static iou_status measure(const expansion *e, body *b, Onnx__NodeProto *const *nodes, size_t count);

static iou_status measure_graph(const expansion *e, body *b, const Onnx__GraphProto *graph) {
    if (!graph) {
        return IOU_OK;
    }
    for (size_t i = 0; i < graph->n_initializer; i++) {
        b->own.bytes = add(b->own.bytes, tensor_bytes(graph->initializer[i]));
    }
    return measure(e, b, graph->node, graph->n_node); /* the file's depth is limited */
}

static size_t attribute_bytes(const Onnx__AttributeProto *a) {
    return 256 + a->s.len + 4 * a->n_floats + 8 * a->n_ints + tensor_bytes(a->t);
}

static iou_status measure(const expansion *e, body *b, Onnx__NodeProto *const *nodes,
                          size_t count) {
    for (size_t i = 0; i < count; i++) {
        const Onnx__NodeProto *node = nodes[i];
        b->own.nodes = add(b->own.nodes, 1);
        size_t bytes = 1024 + 8 * node->n_input + strlen(iou_load_text(node->name));
        for (size_t k = 0; k < node->n_output; k++) {
            bytes += 640 + strlen(iou_load_text(node->output[k]));
        }
        for (size_t k = 0; k < node->n_attribute; k++) {
            bytes += attribute_bytes(node->attribute[k]);
            IOU_TRY(measure_graph(e, b, node->attribute[k]->g));
        }
        b->own.bytes = add(b->own.bytes, bytes);
        const int function = iou_load_function_of(e->l->functions, node);
        if (function >= 0) {
            IOU_TRY(add_call(e, b, function));
        }
    }
    return IOU_OK;
}

/* ---- All of them --------------------------------------------------------------------------- */

static iou_status open_call(const expansion *e, body *b, int *depth) {
    const int function = b->calls[b->next++];
    body *called = &e->bodies[function];
    IOU_FAIL_IF(called->state == OPEN, IOU_BAD_MODEL, e->l->error,
                "function '%s' of domain '%s' calls itself",
                iou_load_text(e->l->functions->list[function]->name),
                iou_load_text(e->l->functions->list[function]->domain));
    if (called->state == DONE) {
        b->whole.nodes = add(b->whole.nodes, called->whole.nodes);
        b->whole.bytes = add(b->whole.bytes, called->whole.bytes);
    } else {
        b->next--; /* again when it is done */
        called->state = OPEN;
        called->whole = called->own;
        e->stack[(*depth)++] = function;
    }
    return IOU_OK;
}

/** Adds up what is reached from body `first`, depth first. */
static iou_status add_up(const expansion *e, int first) {
    int depth = 0;
    if (e->bodies[first].state == UNSEEN) {
        e->bodies[first].state = OPEN;
        e->bodies[first].whole = e->bodies[first].own;
        e->stack[depth++] = first;
    }
    while (depth > 0) {
        body *b = &e->bodies[e->stack[depth - 1]];
        if (b->next < b->count) {
            IOU_TRY(open_call(e, b, &depth));
        } else {
            b->state = DONE;
            depth--;
        }
    }
    return IOU_OK;
}

iou_status iou_load_check_expansion(const iou_loader *l, const Onnx__GraphProto *graph) {
    const size_t count = l->functions->count;
    if (count == 0) {
        return IOU_OK;
    }
    expansion e = {l, iou_arena_alloc(l->model->arena, sizeof(body) * (count + 1)),
                   iou_arena_alloc(l->model->arena, sizeof(int) * (count + 1))};
    if (!e.bodies || !e.stack) {
        return iou_load_no_memory(l);
    }
    for (size_t i = 0; i < count; i++) {
        const Onnx__FunctionProto *f = l->functions->list[i];
        IOU_TRY(measure(&e, &e.bodies[i], f->node, f->n_node));
    }
    IOU_TRY(measure_graph(&e, &e.bodies[count], graph));
    for (size_t i = 0; i <= count; i++) {
        IOU_TRY(add_up(&e, (int)i));
    }
    const body *all = &e.bodies[count];
    IOU_FAIL_IF(all->whole.nodes > l->max_nodes, IOU_LIMIT, l->error,
                "too many nodes: the limit is %zu, functions in the place of their calls make more",
                l->max_nodes);
    IOU_FAIL_IF(all->whole.bytes - all->own.bytes > l->max_bytes, IOU_LIMIT, l->error,
                "too large: functions in the place of their calls need more than the limit of %zu "
                "bytes",
                l->max_bytes);
    return IOU_OK;
}
