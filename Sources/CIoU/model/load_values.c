/* Names, the values that they stand for, and initializers. */
#include "model/load.h"

#include <stdio.h>
#include <string.h>

enum {
    MAX_PATH = 160, /* of names inside functions and branches: the innermost part says most */
    MAX_DENSE_BYTES = 1 << 30 /* of all sparse initializers, made dense */
};

const char *iou_load_text(const char *s) {
    return s ? s : "";
}

bool iou_load_is_standard(const char *domain) {
    return !domain || !*domain || strcmp(domain, "ai.onnx") == 0;
}

iou_status iou_load_no_memory(const iou_loader *l) {
    return iou_fail(l->error, IOU_OUT_OF_MEMORY, "no memory for the model's nodes and values");
}

bool iou_load_reserve(iou_loader *l, void **array, int count, int *capacity, size_t element) {
    if (count < *capacity) {
        return true;
    }
    const int grown = *capacity < 32 ? 64 : *capacity > INT32_MAX / 2 ? 0 : *capacity * 2;
    void *memory = grown ? iou_arena_alloc(l->model->arena, (size_t)grown * element) : NULL;
    if (memory && count) {
        memcpy(memory, *array, (size_t)count * element);
    }
    *array = memory ? memory : *array;
    *capacity = memory ? grown : *capacity;
    return memory != NULL;
}

iou_scope *iou_load_scope(const iou_loader *l, const iou_scope *outer, size_t capacity) {
    iou_scope *scope = iou_arena_alloc(l->model->arena, sizeof *scope);
    if (scope) {
        *scope = (iou_scope){iou_names_create(l->model->arena, capacity), outer};
    }
    return scope && scope->names ? scope : NULL;
}

/** The value, and in `*last` the scope that has it, or the outermost. */
static int find_inside(const iou_scope *scope, const char *name, const iou_scope **last) {
    int id = -1;
    for (const iou_scope *s = scope; s && id == -1; s = s->outer) {
        *last = s;
        id = iou_names_find(s->names, name);
    }
    return id;
}

/** A constant of the model around is one of the body too; another value is a further input. */
static iou_status capture(iou_loader *l, const char *name, int outer, int *id) {
    iou_load_around *around = l->around;
    const iou_model *from = around->loader->model;
    iou_model *m = l->model;
    bool constant = from->values[outer].is_constant;
    for (int i = 0; i < from->default_count; i++) {
        constant = constant && around->loader->defaults[i] != outer;
    }
    *id = iou_load_value(l, around->root, "", name);
    if (*id < 0) {
        return iou_load_no_memory(l);
    }
    m->values[*id].is_inner = true;
    m->values[*id].is_constant = constant;
    if (constant) {
        m->facts[*id] = from->facts[outer];
        return IOU_OK;
    }
    void *captured = around->captured, *inputs = m->inputs;
    if (!iou_load_reserve(l, &captured, around->count, &around->capacity, sizeof(int)) ||
        !iou_load_reserve(l, &inputs, m->input_count, &around->input_capacity, sizeof(int))) {
        return iou_load_no_memory(l);
    }
    around->captured = captured;
    m->inputs = inputs;
    around->captured[around->count++] = outer;
    m->inputs[m->input_count++] = *id;
    m->values[*id].is_input = true;
    return IOU_OK;
}

iou_status iou_load_find(iou_loader *l, const iou_scope *scope, const char *name, int *id) {
    const iou_scope *last = NULL;
    *id = find_inside(scope, name, &last);
    if (*id != -1 || !l->around || last != l->around->root) {
        return IOU_OK;
    }
    int outer;
    IOU_TRY(iou_load_find(l->around->loader, l->around->scope, name, &outer));
    if (outer < 0 || l->around->loader->model->values[outer].awaited) {
        *id = outer < 0 ? outer : -1;
        return IOU_OK;
    }
    return capture(l, name, outer, id);
}

bool iou_load_sees(const iou_loader *l, const iou_scope *scope, const char *name) {
    const iou_scope *last = NULL;
    return find_inside(scope, name, &last) != -1 ||
           (l->around && last == l->around->root &&
            iou_load_sees(l->around->loader, l->around->scope, name));
}

const char *iou_load_name(const iou_loader *l, const char *path, const char *name) {
    if (!*path) {
        return name;
    }
    const size_t length = strlen(path), rest = strlen(name);
    const size_t cut = length > MAX_PATH ? length - MAX_PATH : 0;
    char *whole = iou_arena_alloc(l->model->arena, length - cut + rest + 1);
    if (whole) {
        memcpy(whole, path + cut, length - cut);
        memcpy(whole + length - cut, name, rest);
    }
    return whole;
}

int iou_load_value(iou_loader *l, const iou_scope *scope, const char *path, const char *name) {
    iou_model *m = l->model;
    const int id = m->value_count;
    int facts_capacity = l->value_capacity;
    void *values = m->values, *facts = m->facts;
    if (!iou_load_reserve(l, &values, id, &l->value_capacity, sizeof(iou_value)) ||
        !iou_load_reserve(l, &facts, id, &facts_capacity, sizeof(iou_fact))) {
        return -2;
    }
    m->values = values;
    m->facts = facts;
    if (!iou_names_add(scope->names, name, id)) {
        return -1;
    }
    const char *whole = iou_load_name(l, path, name);
    if (!whole) {
        return -2;
    }
    m->value_count++;
    m->values[id] = (iou_value){.name = whole, .producer = -1, .is_inner = *path != '\0'};
    m->facts[id] = (iou_fact){.rank = -1, .element_count = -1};
    return id;
}

/** As C and ONNX define it; and Python writes None for nothing. */
static bool is_symbol(const char *name) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char digits[] = "0123456789";
    if (!*name || !strchr(letters, *name) || strcmp(name, "None") == 0) {
        return false;
    }
    while (*name && (strchr(letters, *name) || strchr(digits, *name))) {
        name++;
    }
    return !*name;
}

iou_dim iou_load_dim(const Onnx__TensorShapeProto__Dimension *dim) {
    switch (dim->value_case) {
    case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE:
        return dim->dim_value > 0 ? iou_dim_number(dim->dim_value) : iou_dim_unknown();
    case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM:
        return is_symbol(iou_load_text(dim->dim_param)) ? (iou_dim){.symbol = dim->dim_param}
                                                        : iou_dim_unknown();
    default: return iou_dim_unknown();
    }
}

iou_status iou_load_note(const iou_loader *l, iou_status status) {
    return iou_problems_note(l->model->problems, status, l->error);
}

bool iou_load_tolerates_names(const iou_loader *l) {
    return l->model->problems != NULL;
}

static iou_status read_initializer(iou_loader *l, iou_fact *fact, const Onnx__TensorProto *tensor,
                                   const Onnx__SparseTensorProto *sparse, const char *name) {
    char what[256];
    (void)snprintf(what, sizeof what, "%sinitializer '%s'", sparse ? "sparse " : "", name);
    if (!sparse) {
        return iou_fact_from_tensor(fact, tensor, l->model->arena, what, l->error);
    }
    size_t allowed = MAX_DENSE_BYTES - l->dense_bytes;
    const iou_status status =
        iou_fact_from_sparse(fact, sparse, &allowed, l->model->arena, what, l->error);
    l->dense_bytes = MAX_DENSE_BYTES - allowed;
    return status;
}

/** Adds `sparse`, or else `tensor`; the values of a sparse one carry its name. */
static iou_status add_initializer(iou_loader *l, const iou_scope *scope, const char *path,
                                  const Onnx__TensorProto *tensor,
                                  const Onnx__SparseTensorProto *sparse) {
    const char *name = tensor ? iou_load_text(tensor->name) : "";
    const int id = iou_load_value(l, scope, path, name);
    if (id == -2) {
        return iou_load_no_memory(l);
    }
    if (id < 0 && iou_load_tolerates_names(l)) {
        return IOU_OK;
    }
    IOU_FAIL_IF(id < 0, IOU_BAD_MODEL, l->error, "initializer '%s%s' is given twice", path, name);
    iou_fact *fact = &l->model->facts[id];
    const iou_status status = read_initializer(l, fact, tensor, sparse, l->model->values[id].name);
    if (status != IOU_OK) {
        *fact = (iou_fact){.rank = -1, .element_count = -1};
    }
    l->model->values[id].is_constant = true;
    return iou_load_note(l, status);
}

iou_status iou_load_initializers(iou_loader *l, const iou_scope *scope, const char *path,
                                 const Onnx__GraphProto *graph) {
    for (size_t i = 0; i < graph->n_initializer; i++) {
        IOU_TRY(add_initializer(l, scope, path, graph->initializer[i], NULL));
    }
    for (size_t i = 0; i < graph->n_sparse_initializer; i++) {
        const Onnx__SparseTensorProto *sparse = graph->sparse_initializer[i];
        IOU_TRY(add_initializer(l, scope, path, sparse->values, sparse));
    }
    return IOU_OK;
}
