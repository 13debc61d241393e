/* Which attributes an operator has in the opset that a model imports, and what they hold. */
#include "ops/form.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NAME = 40 /* longer ones are unlike all that exist */, LISTED = 400 };

/** An attribute of a form: "name:kind", then "!" where it must be there and ">" where an input has
 * its name later. */
typedef struct described {
    const char *name;
    size_t length;
    char kind;
    bool required, input_later;
} described;

/** Reads the attribute at `*at` and moves on to the next; false: there is none. */
static bool next_attribute(const char **at, described *found) {
    if (!**at || **at == '-') {
        return false;
    }
    const size_t length = strcspn(*at, ":");
    const char *flags = *at + length + 2;
    const size_t flag_count = strcspn(flags, " ");
    *found = (described){.name = *at,
                         .length = length,
                         .kind = (*at)[length + 1],
                         .required = memchr(flags, '!', flag_count) != NULL,
                         .input_later = memchr(flags, '>', flag_count) != NULL};
    *at = flags + flag_count;
    *at += **at == ' ';
    return true;
}

static bool find(const iou_form *form, const char *name, described *found) {
    const size_t length = strlen(name);
    const char *at = iou_form_attributes(form);
    while (next_attribute(&at, found)) {
        if (found->length == length && memcmp(found->name, name, length) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- Unknown ones -------------------------------------------------------------------------- */

static unsigned smaller(unsigned a, unsigned b) {
    return a < b ? a : b;
}

/** Letters to add, drop or change to make one of the other. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length) {
    if (a_length >= MAX_NAME || b_length >= MAX_NAME) {
        return MAX_NAME;
    }
    unsigned row[MAX_NAME];
    for (size_t j = 0; j <= b_length; j++) {
        row[j] = (unsigned)j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        unsigned corner = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            const unsigned changed = corner + (a[i - 1] != b[j - 1]);
            corner = row[j];
            row[j] = smaller(changed, smaller(row[j], row[j - 1]) + 1);
        }
    }
    return row[b_length];
}

/** The attribute that a misspelt name is most like; `length` 0: none is like it. */
static described nearest(const iou_form *form, const char *name) {
    described best = {0}, one;
    unsigned least = MAX_NAME;
    const size_t length = strlen(name);
    for (const char *at = iou_form_attributes(form); next_attribute(&at, &one);) {
        const unsigned away = distance(name, length, one.name, one.length);
        if (away < least && away <= 1 + (unsigned)one.length / 3) {
            least = away;
            best = one;
        }
    }
    return best;
}

/** What there is in place of the name: the nearest first. */
static void list_attributes(const iou_form *form, const char *name, char text[LISTED]) {
    const described like = nearest(form, name);
    described one;
    const char *between = "one of ";
    size_t used = 0;
    if (like.length > 0) {
        used = (size_t)snprintf(text, LISTED, "'%.*s'", (int)like.length, like.name);
        between = " or another of ";
    }
    for (const char *at = iou_form_attributes(form); next_attribute(&at, &one);) {
        if (one.name != like.name && used + strlen(between) + one.length < LISTED) {
            used += (size_t)snprintf(text + used, LISTED - used, "%s%.*s", between, (int)one.length,
                                     one.name);
            between = ", ";
        }
    }
    if (used == 0) {
        (void)snprintf(text, LISTED, "none");
    }
}

/** Reports an attribute that the form does not have: another form's, or nobody's. */
static iou_status refuse(const iou_node *node, const iou_form *form, const char *name,
                         iou_error *error) {
    const iou_form *before = NULL, *after = NULL;
    described found = {0}, one;
    for (const iou_form *f = iou_form_first(node->op_type); f; f = iou_form_next(f)) {
        if (f->since < form->since && find(f, name, &one)) {
            before = f;
            found = one;
        } else if (f->since > form->since && !after && find(f, name, &one)) {
            after = f;
        }
    }
    IOU_FAIL_IF(after, IOU_BAD_MODEL, error,
                "node '%s' (%s): attribute '%s' exists from opset %d on, %d is imported",
                node->name, node->op_type, name, after->since, node->opset);
    if (before) {
        const int last = iou_form_next(before)->since - 1;
        return iou_fail(error, IOU_BAD_MODEL,
                        "node '%s' (%s): attribute '%s' exists only up to opset %d%s, %d is "
                        "imported",
                        node->name, node->op_type, name, last,
                        found.input_later ? " (then it is an input)" : "", node->opset);
    }
    char text[LISTED];
    list_attributes(form, name, text);
    return iou_fail(error, IOU_BAD_MODEL,
                    "node '%s' (%s): attribute '%s' is unknown in opset %d; expected %s",
                    node->name, node->op_type, name, node->opset, text);
}

/* ---- Kinds --------------------------------------------------------------------------------- */

/** AttributeProto.AttributeType by the letters of ops/forms.inc, from 1 on. */
static const char letters[] = "fistgFISTGxXp";

static const char *kind_name(char letter) {
    static const char *const names[] = {
        "a float",         "an integer",     "a string", "a tensor", "a graph",
        "floats",          "integers",       "strings",  "tensors",  "graphs",
        "a sparse tensor", "sparse tensors", "a type"};
    const char *at = letter ? strchr(letters, letter) : NULL;
    return at ? names[at - letters] : "nothing";
}

/** The letter of what an attribute holds; files of IR version 1 name no type, and an empty list is
 * of any: 0. */
static char kind_of(const Onnx__AttributeProto *a) {
    if (a->has_type && a->type > 0 && (size_t)a->type < sizeof letters) {
        return letters[a->type - 1];
    }
    return (char)(a->has_f           ? 'f'
                  : a->has_i         ? 'i'
                  : a->has_s         ? 's'
                  : a->t             ? 't'
                  : a->g             ? 'g'
                  : a->sparse_tensor ? 'x'
                  : a->tp            ? 'p'
                  : a->n_floats > 0  ? 'F'
                  : a->n_ints > 0    ? 'I'
                  : a->n_strings > 0 ? 'S'
                  : a->n_tensors > 0 ? 'T'
                  : a->n_graphs > 0  ? 'G'
                                     : 0);
}

static bool is_list(char letter) {
    return letter >= 'A' && letter <= 'Z';
}

static iou_status check_kind(const iou_node *node, const Onnx__AttributeProto *a, char expected,
                             iou_error *error) {
    const char found = kind_of(a);
    IOU_FAIL_IF(found != expected && (found || !is_list(expected)), IOU_BAD_MODEL, error,
                "node '%s' (%s): attribute '%s': expected %s, found %s", node->name, node->op_type,
                a->name, kind_name(expected), kind_name(found));
    return IOU_OK;
}

/* ---- All ----------------------------------------------------------------------------------- */

static bool is_present(const iou_node *node, const described *attribute) {
    for (size_t i = 0; i < node->proto->n_attribute; i++) {
        const char *name = node->proto->attribute[i]->name;
        if (strlen(name) == attribute->length &&
            memcmp(name, attribute->name, attribute->length) == 0) {
            return true;
        }
    }
    return false;
}

iou_status iou_form_check_attributes(const iou_node *node, const iou_form *form, iou_error *error) {
    described one;
    for (size_t i = 0; i < node->proto->n_attribute; i++) {
        const Onnx__AttributeProto *a = node->proto->attribute[i];
        /* Runtimes leave notes of their own under such names. */
        if (strncmp(a->name, "__", 2) == 0) {
            continue;
        }
        if (!find(form, a->name, &one)) {
            return refuse(node, form, a->name, error);
        }
        IOU_TRY(check_kind(node, a, one.kind, error));
    }
    for (const char *at = iou_form_attributes(form); next_attribute(&at, &one);) {
        IOU_FAIL_IF(one.required && !is_present(node, &one), IOU_BAD_MODEL, error,
                    "node '%s' (%s): expected attribute '%.*s', found none", node->name,
                    node->op_type, (int)one.length, one.name);
    }
    return IOU_OK;
}
