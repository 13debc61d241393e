/* The operators that a model needs and the library lacks. */
#include "model/load.h"

#include <stdio.h>
#include <string.h>

enum { MAX_LISTED = 64 /* types that a text names */ };

/** Adds "Type (node 'a', 'b')" for every missing operator, each type once. */
static void list_missing(const iou_model *model, char *list, size_t capacity) {
    size_t used = 0;
    const char *listed[MAX_LISTED];
    int listed_count = 0;
    for (int i = 0; i < model->node_count && used < capacity && listed_count < MAX_LISTED; i++) {
        const iou_node *node = &model->nodes[i];
        bool seen = node->op != NULL;
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
        for (int j = i; j < model->node_count && used < capacity; j++) {
            if (!model->nodes[j].op && strcmp(model->nodes[j].op_type, node->op_type) == 0) {
                const char *form = named == 0 ? "node '%s'" : named < 4 ? ", '%s'" : "";
                used += *form ? (size_t)snprintf(list + used, capacity - used, form,
                                                 model->nodes[j].name)
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
    list_missing(model, list, sizeof list);
    return iou_fail(error, IOU_UNSUPPORTED, "operators are missing in this library: %s", list);
}
