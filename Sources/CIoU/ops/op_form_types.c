/* Which types an operator takes and gives in the opset that a model imports. */
#include "ops/form.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIRST_LETTER = 'A', LETTERS = 26, LISTED = 400, MANY = 9 };

/** Bits of element types, by ONNX's number: of tensors, sequences, optionals and optional
 * sequences. */
static const unsigned type_sets[][4] = {
#define IOU_TYPES(number, tensors, sequences, optionals, optional_sequences)                       \
    {tensors, sequences, optionals, optional_sequences},
#define IOU_FORM(type, since, fewest, inputs, outputs, attributes, input_types, output_types)
#include "ops/forms.inc"
#undef IOU_FORM
#undef IOU_TYPES
};

/** A list of types that is being read: "0A 3B 12*". */
typedef struct parameter {
    long set;
    char letter;
} parameter;

/** Reads the type at `*at` and moves on, unless it is the last: that one is of all that follow. */
static parameter next_parameter(const char **at) {
    char *end;
    const parameter found = {strtol(*at, &end, 10), *end};
    *at = end[0] && end[1] ? end + 2 : *at;
    return found;
}

/** Of sequences and optionals only whether they may be there: ONNX's lists of their elements lag
 * behind those of the tensors that are put into them. */
static bool allows(long set, iou_type type) {
    const unsigned element = (unsigned)iou_type_element(type);
    const int kind = (iou_type_has_sequence(type) ? 1 : 0) + (iou_type_is_optional(type) ? 2 : 0);
    return kind > 0 ? type_sets[set][kind] != 0
                    : element < 32 && (type_sets[set][0] >> element & 1u) != 0;
}

/** Writes what a set has; of the many kinds of sequences and optionals, what they are alone. */
static void list_types(long set, char text[LISTED]) {
    static const char *const kinds[] = {"a tensor", "a sequence", "an optional",
                                        "an optional sequence"};
    size_t used = 0;
    text[0] = '\0';
    for (unsigned kind = 0; kind < 4; kind++) {
        unsigned types = type_sets[set][kind];
        const bool many = kind > 0 && __builtin_popcount(types) > MANY;
        for (unsigned type = 1; types >> type != 0 && used < LISTED; type++) {
            if ((types >> type & 1u) == 0) {
                continue;
            }
            const unsigned bits = type | (kind & 1 ? (unsigned)IOU_SEQUENCE_OF : 0) |
                                  (kind & 2 ? (unsigned)IOU_OPTIONAL_OF : 0);
            const char *name = many ? kinds[kind] : iou_type_name((iou_type)bits);
            used += (size_t)snprintf(text + used, LISTED - used, "%s%s", used ? ", " : "", name);
            types = many ? 0 : types;
        }
    }
}

/** The type of input or output `index`; no letter: there is none. */
static parameter parameter_at(const iou_form *form, iou_form_text which, int index) {
    const char *at = iou_form_text_of(form, which);
    parameter found = {0};
    for (int i = 0; *at && i <= index; i++) {
        found = next_parameter(&at);
    }
    return found;
}

/** The opset from which on a later form allows the type; 0: none does. `as`: the input that must
 * have another one; -1: none. */
static int allowed_from(const iou_node *node, iou_form_text which, int index, iou_type type,
                        int as) {
    for (const iou_form *f = iou_form_next(node->form); f; f = iou_form_next(f)) {
        const parameter p = parameter_at(f, which, index);
        const bool tied = as >= 0 && parameter_at(f, which, as).letter == p.letter;
        if (p.letter && !tied && allows(p.set, type)) {
            return f->since;
        }
    }
    return 0;
}

static iou_status refuse(const iou_node *node, iou_form_text which, int index, long set,
                         iou_type type, int *newer, iou_error *error) {
    const char *what = which == IOU_FORM_INPUT_TYPES ? "input" : "output";
    const int from = allowed_from(node, which, index, type, -1);
    *newer = from ? from : *newer;
    char text[LISTED], later[64] = "";
    list_types(set, text);
    if (from) {
        (void)snprintf(later, sizeof later, ", which opset %d allows first", from);
    }
    return iou_fail(error, IOU_BAD_MODEL,
                    "node '%s' (%s): %s %d: expected %s in opset %d, found %s%s", node->name,
                    node->op_type, what, index, text, node->opset, iou_type_name(type), later);
}

iou_status iou_form_check_inputs(const iou_node *node, int count, const iou_fact *facts, int *newer,
                                 iou_error *error) {
    iou_type first[LETTERS] = {0}; /* with this letter */
    int first_input[LETTERS] = {0};
    const char *at = iou_form_text_of(node->form, IOU_FORM_INPUT_TYPES);
    for (int i = 0; *at && i < count; i++) {
        const parameter p = next_parameter(&at);
        const iou_type type =
            node->inputs[i] < 0 ? IOU_TYPE_UNDEFINED : facts[node->inputs[i]].type;
        if (type == IOU_TYPE_UNDEFINED) {
            continue;
        }
        if (!allows(p.set, type)) {
            return refuse(node, IOU_FORM_INPUT_TYPES, i, p.set, type, newer, error);
        }
        const int letter = p.letter - FIRST_LETTER;
        if (letter < 0 || letter >= LETTERS || iou_type_is_composite(type)) {
            continue;
        }
        if (first[letter] == IOU_TYPE_UNDEFINED) {
            first[letter] = type;
            first_input[letter] = i;
        }
        if (first[letter] != type) {
            *newer = allowed_from(node, IOU_FORM_INPUT_TYPES, i, type, first_input[letter]);
            return iou_fail(error, IOU_BAD_MODEL,
                            "node '%s' (%s): input %d: expected %s as input %d, found %s",
                            node->name, node->op_type, i, iou_type_name(first[letter]),
                            first_input[letter], iou_type_name(type));
        }
    }
    return IOU_OK;
}

/** Whether an output may be an element of an input, of a type that `allows` leaves open. */
static bool takes_apart(const iou_node *node, const iou_fact *facts) {
    bool any = false;
    for (int i = 0; i < node->input_count; i++) {
        any = any || (node->inputs[i] >= 0 && iou_type_is_composite(facts[node->inputs[i]].type));
    }
    return any;
}

iou_status iou_form_check_outputs(const iou_node *node, const iou_fact *facts, const iou_fact *out,
                                  int *newer, iou_error *error) {
    if (takes_apart(node, facts)) {
        return IOU_OK;
    }
    const char *at = iou_form_text_of(node->form, IOU_FORM_OUTPUT_TYPES);
    for (int i = 0; *at && i < node->output_count; i++) {
        const parameter p = next_parameter(&at);
        const iou_type type = out[i].type;
        if (type != IOU_TYPE_UNDEFINED && !allows(p.set, type)) {
            return refuse(node, IOU_FORM_OUTPUT_TYPES, i, p.set, type, newer, error);
        }
    }
    return IOU_OK;
}
