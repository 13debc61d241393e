/* The operators that a model needs and the library lacks. */
#include "model/load.h"

#include <stdio.h>
#include <string.h>

enum { MAX_LISTED = 64 /* types that a text names */ };

/** The nodes of a model without an operator, into `nodes` where it is not NULL. */
static size_t find_missing(const iou_model *model, const iou_node **nodes) {
    size_t count = 0;
    for (int i = 0; i < model->node_count; i++) {
        if (!model->nodes[i].op) {
            if (nodes) {
                nodes[count] = &model->nodes[i];
            }
            count++;
        }
    }
    return count;
}

/** Those of the model and of all bodies; NULL without memory. */
static const iou_node **find_all_missing(const iou_model *model, size_t *count) {
    *count = find_missing(model, NULL);
    for (const iou_model *body = model->bodies; body; body = body->next) {
        *count += find_missing(body, NULL);
    }
    const iou_node **nodes = iou_arena_alloc(model->arena, sizeof(*nodes) * (*count + 1));
    size_t found = nodes ? find_missing(model, nodes) : 0;
    for (const iou_model *body = model->bodies; nodes && body; body = body->next) {
        found += find_missing(body, nodes + found);
    }
    return nodes;
}

/** Adds "Type (node 'a', 'b')" for every missing operator, each type once. */
static void list_missing(const iou_node *const *nodes, size_t count, char *list, size_t capacity) {
    size_t used = 0;
    const char *listed[MAX_LISTED];
    int listed_count = 0;
    for (size_t i = 0; i < count && used < capacity && listed_count < MAX_LISTED; i++) {
        const iou_node *node = nodes[i];
        bool seen = false;
        for (int j = 0; j < listed_count && !seen; j++) {
            seen = strcmp(listed[j], node->op_type) == 0;
        }
        if (seen) {
            continue;
        }
        listed[listed_count++] = node->op_type;
        const char *domain = node->proto->domain ? node->proto->domain : "";
        used += (size_t)snprintf(list + used, capacity - used, "%s%s%s%s (", used ? ", " : "",
                                 domain, *domain ? "." : "", node->op_type);
        int named = 0;
        for (size_t j = i; j < count && used < capacity; j++) {
            if (strcmp(nodes[j]->op_type, node->op_type) == 0) {
                const char *form = named == 0 ? "node '%s'" : named < 4 ? ", '%s'" : "";
                used += *form ? (size_t)snprintf(list + used, capacity - used, form, nodes[j]->name)
                              : 0;
                named++;
            }
        }
        if (used < capacity && named > 4) {
            used += (size_t)snprintf(list + used, capacity - used, " and %d more", named - 4);
        }
        if (used < capacity) {
            used += (size_t)snprintf(list + used, capacity - used, ")");
        }
    }
}

iou_status iou_load_refuse_missing(const iou_model *model, iou_error *error) {
    char list[800];
    size_t count;
    const iou_node **nodes = find_all_missing(model, &count);
    IOU_FAIL_IF(!nodes, IOU_OUT_OF_MEMORY, error, "no memory");
    list_missing(nodes, count, list, sizeof list);
    return iou_fail(error, IOU_UNSUPPORTED, "operators are missing in this library: %s", list);
}
