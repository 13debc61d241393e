/* Which inputs, outputs and attributes an operator has in the opset that a model imports. */
#include "ops/op.h"

#include <stdio.h>
#include <string.h>

enum { IOU_ANY = INT32_MAX };

typedef struct form {
    const char *op_type;
    int since; /* opset */
    int inputs, outputs;
    const char *attributes; /* NULL: the operator is gone */
} form;

static const form forms[] = {
#define IOU_FORM(type, since, inputs, outputs, attributes)                                         \
    {type, since, inputs, outputs, attributes},
#include "ops/forms.inc"
#undef IOU_FORM
};

enum { FORMS = sizeof forms / sizeof forms[0] };

/** The first of an operator's forms, which are in order; NULL: it has none. */
static const form *first_form(const char *op_type) {
    size_t low = 0, high = FORMS;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(forms[middle].op_type, op_type) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < FORMS && strcmp(forms[low].op_type, op_type) == 0 ? &forms[low] : NULL;
}

/** The operator's next form; NULL: it is the last. */
static const form *next_form(const form *f) {
    return f + 1 < forms + FORMS && strcmp(f[1].op_type, f->op_type) == 0 ? f + 1 : NULL;
}

static bool has_attribute(const form *f, const char *name) {
    const size_t length = strlen(name);
    for (const char *at = f->attributes; at && *at;) {
        const size_t word = strcspn(at, " ");
        if (word == length && memcmp(at, name, length) == 0) {
            return true;
        }
        at += word + (at[word] == ' ');
    }
    return false;
}

/** Says where else the operator has the attribute, or which ones it has. */
static void explain(const form *f, const char *name, char *text, size_t capacity) {
    (void)snprintf(text, capacity, *f->attributes ? "it has %s" : "it has none", f->attributes);
    for (const form *other = first_form(f->op_type); other; other = next_form(other)) {
        if (has_attribute(other, name) && other->since > f->since) {
            (void)snprintf(text, capacity, "only from opset %d on", other->since);
            return;
        }
        if (has_attribute(other, name)) {
            (void)snprintf(text, capacity, "only up to opset %d", next_form(other)->since - 1);
        }
    }
}

static iou_status check_attributes(const iou_node *node, const form *f, iou_error *error) {
    for (size_t i = 0; i < node->proto->n_attribute; i++) {
        const char *name = node->proto->attribute[i]->name;
        /* Runtimes leave notes of their own under such names. */
        if (!name || strncmp(name, "__", 2) == 0 || has_attribute(f, name)) {
            continue;
        }
        char text[256];
        explain(f, name, text, sizeof text);
        return iou_fail(error, IOU_BAD_MODEL,
                        "node '%s' (%s): the operator has no attribute '%s' in opset %d, %s",
                        node->name, node->op_type, name, node->opset, text);
    }
    return IOU_OK;
}

iou_status iou_form_check(const iou_node *node, iou_error *error) {
    const form *f = first_form(node->op_type);
    if (!f || node->opset == 0) {
        return IOU_OK;
    }
    IOU_FAIL_IF(f->since > node->opset, IOU_BAD_MODEL, error,
                "node '%s' (%s): the operator exists from opset %d on, %d is imported", node->name,
                node->op_type, f->since, node->opset);
    for (const form *next = next_form(f); next && next->since <= node->opset;) {
        f = next;
        next = next_form(f);
    }
    IOU_FAIL_IF(!f->attributes, IOU_BAD_MODEL, error,
                "node '%s' (%s): the operator is gone since opset %d, %d is imported", node->name,
                node->op_type, f->since, node->opset);
    IOU_FAIL_IF(node->input_count > f->inputs, IOU_BAD_MODEL, error,
                "node '%s' (%s): the operator has at most %d inputs in opset %d, not %d",
                node->name, node->op_type, f->inputs, node->opset, node->input_count);
    IOU_FAIL_IF(node->output_count > f->outputs, IOU_BAD_MODEL, error,
                "node '%s' (%s): the operator has at most %d outputs in opset %d, not %d",
                node->name, node->op_type, f->outputs, node->opset, node->output_count);
    return check_attributes(node, f, error);
}
