/* Which inputs and outputs an operator has in the opset that a model imports. */
#include "ops/form.h"

#include <stddef.h>
#include <string.h>

/* Texts in one place, so that the table needs no pointers, which the loader would have to adjust.
 */
#define IOU_TEXT(type, attributes, input_types, output_types)                                      \
    type "\0" attributes "\0" input_types "\0" output_types
#define IOU_JOIN(a, b) a##b
#define IOU_MEMBER(line) IOU_JOIN(text, line)
#define IOU_TYPES(number, tensors, sequences, optionals, optional_sequences)

#define IOU_FORM(type, since, fewest, inputs, outputs, attributes, input_types, output_types)      \
    char IOU_MEMBER(__LINE__)[sizeof(IOU_TEXT(type, attributes, input_types, output_types))];
static const struct texts {
#include "ops/forms.inc"
#undef IOU_FORM

#define IOU_FORM(type, since, fewest, inputs, outputs, attributes, input_types, output_types)      \
    IOU_TEXT(type, attributes, input_types, output_types),
} texts = {
#include "ops/forms.inc"
};
#undef IOU_FORM

#define IOU_FORM(type, since, fewest, inputs, outputs, attributes, input_types, output_types)      \
    {offsetof(struct texts, IOU_MEMBER(__LINE__)), since, fewest, inputs, outputs},
static const iou_form forms[] = {
#include "ops/forms.inc"
};
#undef IOU_FORM
#undef IOU_TYPES

enum { FORMS = sizeof forms / sizeof forms[0] };

const char *iou_form_text_of(const iou_form *form, iou_form_text which) {
    const char *at = (const char *)&texts + form->text;
    for (int i = 0; i < (int)which; i++) {
        at += strlen(at) + 1;
    }
    return at;
}

static const char *op_type(const iou_form *form) {
    return iou_form_text_of(form, IOU_FORM_OPERATOR);
}

const iou_form *iou_form_first(const char *type) {
    size_t low = 0, high = FORMS;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(op_type(&forms[middle]), type) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < FORMS && strcmp(op_type(&forms[low]), type) == 0 ? &forms[low] : NULL;
}

const iou_form *iou_form_next(const iou_form *form) {
    const iou_form *next = form + 1;
    return next < forms + FORMS && strcmp(op_type(next), op_type(form)) == 0 ? next : NULL;
}

const iou_form *iou_form_of(const iou_node *node) {
    const iou_form *form = iou_form_first(node->op_type);
    const iou_form *next = form ? iou_form_next(form) : NULL;
    for (; next && next->since <= node->opset; next = iou_form_next(form)) {
        form = next;
    }
    return form;
}

iou_status iou_form_check(const iou_node *node, iou_error *error) {
    const iou_form *form = iou_form_of(node);
    if (!form || node->opset == 0) {
        return IOU_OK;
    }
    IOU_FAIL_IF(form->since > node->opset, IOU_BAD_MODEL, error,
                "node '%s' (%s): the operator exists from opset %d on, %d is imported", node->name,
                node->op_type, form->since, node->opset);
    IOU_FAIL_IF(*iou_form_attributes(form) == '-', IOU_BAD_MODEL, error,
                "node '%s' (%s): the operator is gone since opset %d, %d is imported", node->name,
                node->op_type, form->since, node->opset);
    IOU_FAIL_IF(form->inputs != IOU_ANY && node->input_count > form->inputs, IOU_BAD_MODEL, error,
                "node '%s' (%s): expected at most %d inputs in opset %d, found %d", node->name,
                node->op_type, form->inputs, node->opset, node->input_count);
    /* Those that are left out by an empty name count. */
    IOU_FAIL_IF(node->proto->n_input < (size_t)form->fewest_inputs, IOU_BAD_MODEL, error,
                "node '%s' (%s): expected at least %d inputs in opset %d, found %zu", node->name,
                node->op_type, form->fewest_inputs, node->opset, node->proto->n_input);
    IOU_FAIL_IF(form->outputs != IOU_ANY && node->output_count > form->outputs, IOU_BAD_MODEL,
                error, "node '%s' (%s): expected at most %d outputs in opset %d, found %d",
                node->name, node->op_type, form->outputs, node->opset, node->output_count);
    return iou_form_check_attributes(node, form, error);
}
