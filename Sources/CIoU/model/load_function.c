/* The model's own functions: found by domain, name and overload. */
#include "model/load.h"

#include <stdio.h>
#include <string.h>

enum { MAX_KEY = 1024 };

static const char *plain_domain(const char *domain) {
    return iou_load_is_standard(domain) ? "" : domain;
}

/** Domain, name and overload in one text; false when it is too long. */
static bool make_key(char *key, const char *domain, const char *name, const char *overload) {
    const int length = snprintf(key, MAX_KEY, "%s\n%s\n%s", plain_domain(domain),
                                iou_load_text(name), iou_load_text(overload));
    return length > 0 && length < MAX_KEY;
}

iou_status iou_load_functions(iou_loader *l) {
    const Onnx__ModelProto *proto = l->model->proto;
    iou_functions *functions = iou_arena_alloc(l->model->arena, sizeof *functions);
    if (!functions) {
        return iou_load_no_memory(l);
    }
    *functions = (iou_functions){
        proto->functions, proto->n_functions, iou_names_create(l->model->arena, proto->n_functions),
        iou_arena_alloc(l->model->arena, sizeof(int) * (proto->n_functions + 1))};
    if (!functions->opsets) {
        return iou_load_no_memory(l);
    }
    memset(functions->opsets, 0xff, sizeof(int) * proto->n_functions);
    l->functions = functions;
    for (size_t i = 0; i < proto->n_functions; i++) {
        const Onnx__FunctionProto *f = proto->functions[i];
        char key[MAX_KEY];
        IOU_FAIL_IF(!make_key(key, f->domain, f->name, f->overload), IOU_LIMIT, l->error,
                    "function %zu: its name and domain have more than %d bytes", i, MAX_KEY);
        const char *kept = iou_arena_strdup(l->model->arena, key, strlen(key));
        if (!functions->names || !kept) {
            return iou_load_no_memory(l);
        }
        IOU_FAIL_IF(!iou_names_add(functions->names, kept, (int)i), IOU_BAD_MODEL, l->error,
                    "function '%s' of domain '%s' is given twice", iou_load_text(f->name),
                    iou_load_text(f->domain));
    }
    return IOU_OK;
}

int iou_load_function_of(const iou_functions *functions, const Onnx__NodeProto *node) {
    const bool standard = iou_load_is_standard(node->domain);
    char key[MAX_KEY];
    if (functions->count == 0 || (standard && iou_op_find(iou_load_text(node->op_type))) ||
        !make_key(key, node->domain, node->op_type, node->overload)) {
        return -1;
    }
    return iou_names_find(functions->names, key);
}

iou_status iou_load_opset(Onnx__OperatorSetIdProto *const *imports, size_t count, const char *who,
                          iou_arena *memory, int *opset, iou_error *error) {
    *opset = 0;
    iou_names *seen = iou_names_create(memory, count); /* the import of each domain */
    IOU_FAIL_IF(!seen, IOU_OUT_OF_MEMORY, error, "no memory for operator sets");
    for (size_t i = 0; i < count; i++) {
        const char *domain = plain_domain(imports[i]->domain);
        const int64_t version = imports[i]->version;
        const int first = iou_names_find(seen, domain);
        IOU_FAIL_IF(first >= 0 && imports[first]->version != version, IOU_BAD_MODEL, error,
                    "the %s imports operator set '%s' twice, in versions %lld and %lld", who,
                    *domain ? domain : "ai.onnx", (long long)imports[first]->version,
                    (long long)version);
        if (first < 0) {
            (void)iou_names_add(seen, domain, (int)i);
        }
        if (*domain) {
            continue; /* harmless unless a node is of that domain */
        }
        IOU_FAIL_IF(version < 1 || version > IOU_MAX_OPSET, IOU_UNSUPPORTED, error,
                    "opset 1 to %d is supported, the %s wants %lld", IOU_MAX_OPSET, who,
                    (long long)version);
        *opset = (int)version;
    }
    return IOU_OK;
}

iou_status iou_load_function_opset(const iou_loader *l, int function, int *opset) {
    int *known = &l->functions->opsets[function];
    if (*known < 0) {
        const Onnx__FunctionProto *f = l->functions->list[function];
        int found;
        IOU_TRY(iou_load_opset(f->opset_import, f->n_opset_import, "function", l->model->arena,
                               &found, l->error));
        *known = found;
    }
    *opset = *known;
    return IOU_OK;
}
