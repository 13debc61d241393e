/* What an operator takes and gives in an opset, by ONNX's definition of it: a form. */
#ifndef IOU_FORM_H
#define IOU_FORM_H

#include "ops/op.h"

/** See the head of ops/forms.inc. */
struct iou_form {
    unsigned text; /**< where its texts begin */
    unsigned char since /* opset */, fewest_inputs, inputs, outputs;
};

enum { IOU_ANY = 255 /* no limit of inputs or outputs */ };

/** The texts of a form, one behind the other. */
typedef enum iou_form_text {
    IOU_FORM_OPERATOR = 0,
    IOU_FORM_ATTRIBUTES, /**< "-": the operator is gone */
    IOU_FORM_INPUT_TYPES,
    IOU_FORM_OUTPUT_TYPES
} iou_form_text;

const char *iou_form_text_of(const iou_form *form, iou_form_text which);
static inline const char *iou_form_attributes(const iou_form *form) {
    return iou_form_text_of(form, IOU_FORM_ATTRIBUTES);
}

/** The form of a node's operator in the node's opset; the operator's first where it is newer. NULL:
 * there is none. */
const iou_form *iou_form_of(const iou_node *node);
/** The operator's first form, and the one that follows; NULL: there is none. */
const iou_form *iou_form_first(const char *op_type);
const iou_form *iou_form_next(const iou_form *form);

/** Checks the types of a node's first `count` inputs, or of its outputs, as far as they are known;
 * the node has a form. `*newer`: that opset allows what is wrong, and the operator means the same.
 */
iou_status iou_form_check_inputs(const iou_node *node, int count, const iou_fact *facts, int *newer,
                                 iou_error *error);
iou_status iou_form_check_outputs(const iou_node *node, const iou_fact *facts, const iou_fact *out,
                                  int *newer, iou_error *error);

/** Reports a constant operand or an attribute out of the range that every run would refuse. */
iou_status iou_constants_check(const iou_node *node, const iou_fact *facts, iou_error *error);

/** Checks the names, kinds and presence of a node's attributes. */
iou_status iou_form_check_attributes(const iou_node *node, const iou_form *form, iou_error *error);

#endif
