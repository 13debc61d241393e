/* From the text of a regular expression to a tree. */
#include "ops/text/regex_reader.h"

#include <string.h>

enum { MAX_DEPTH = 100 /* of groups */, MAX_REPEAT = 1000 /* as in RE2 */ };

static iou_regex_node *new_node(const iou_regex_reader *p, iou_regex_kind kind) {
    iou_regex_node *node = iou_arena_alloc(p->memory, sizeof *node);
    if (node) {
        node->kind = kind;
    }
    return node;
}

static void add_child(iou_regex_node *parent, iou_regex_node *child) {
    if (parent->last) {
        parent->last->next = child;
    } else {
        parent->first = child;
    }
    parent->last = child;
}

static iou_status take_choice(iou_regex_reader *p, int depth, iou_regex_node **out);

static iou_status take_group(iou_regex_reader *p, int depth, iou_regex_node **out) {
    const size_t from = p->at - 1;
    if (depth == MAX_DEPTH) {
        return iou_regex_refuse(p, from, "expected groups that are less deep");
    }
    if (iou_regex_take(p, "?") && !iou_regex_take(p, ":")) {
        if (!iou_regex_take(p, "P<") && !iou_regex_take(p, "<")) {
            return iou_regex_refuse(p, from, "expected a group without flags");
        }
        const size_t name = p->at;
        while (!iou_regex_ended(p) && iou_regex_is_word((unsigned char)iou_regex_peek(p))) {
            p->at++;
        }
        if (p->at == name || !iou_regex_take(p, ">")) {
            return iou_regex_refuse(p, from, "expected the name of a group");
        }
    }
    IOU_TRY(take_choice(p, depth + 1, out));
    return iou_regex_take(p, ")") ? IOU_OK : iou_regex_refuse(p, from, "expected ) behind it");
}

/** Takes what stands for a place; false: something else follows. */
static bool take_place(iou_regex_reader *p, iou_regex_place *place) {
    static const struct {
        const char *text;
        iou_regex_place place;
    } places[] = {{"^", IOU_REGEX_BEGIN},       {"\\A", IOU_REGEX_BEGIN},
                  {"$", IOU_REGEX_END},         {"\\z", IOU_REGEX_END},
                  {"\\b", IOU_REGEX_WORD_EDGE}, {"\\B", IOU_REGEX_NO_WORD_EDGE}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (iou_regex_take(p, places[i].text)) {
            *place = places[i].place;
            return true;
        }
    }
    return false;
}

/** One character, class, place or group. */
static iou_status take_atom(iou_regex_reader *p, int depth, iou_regex_node **out) {
    if (iou_regex_peek(p) != '\0' && strchr("*+?", iou_regex_peek(p))) {
        return iou_regex_refuse(p, p->at, "expected something to repeat before it");
    }
    if (iou_regex_take(p, "(")) {
        return take_group(p, depth, out);
    }
    iou_regex_node *node = *out = new_node(p, IOU_REGEX_CLASS);
    if (!node) {
        return iou_regex_no_memory(p);
    }
    if (take_place(p, &node->place)) {
        node->kind = IOU_REGEX_PLACE;
        return IOU_OK;
    }
    if (iou_regex_take(p, "[")) {
        return iou_regex_take_brackets(p, &node->class);
    }
    if (iou_regex_take(p, ".")) { /* all but the end of a line */
        node->class.negated = true;
        return iou_regex_add_range(p, &node->class, '\n', '\n');
    }
    bool named;
    IOU_TRY(iou_regex_take_class(p, &node->class, &named));
    if (named) {
        return IOU_OK;
    }
    uint32_t character;
    IOU_TRY(iou_regex_take_character(p, &character));
    return iou_regex_add_range(p, &node->class, character, character);
}

/** A number of at most 5 digits; -1: none follows. */
static int take_number(iou_regex_reader *p) {
    int number = -1;
    for (int digits = 0; digits < 5 && iou_regex_peek(p) >= '0' && iou_regex_peek(p) <= '9';
         digits++) {
        number = (number < 0 ? 0 : number) * 10 + (p->bytes[p->at++] - '0');
    }
    return number;
}

/** Takes {n}, {n,} or {n,m}; what only begins so stands for itself. */
static bool take_braces(iou_regex_reader *p, int *least, int *most) {
    const size_t from = p->at;
    bool found = iou_regex_take(p, "{");
    *least = *most = found ? take_number(p) : -1;
    found = *least >= 0;
    if (found && iou_regex_take(p, ",")) {
        *most = take_number(p);
    }
    found = found && iou_regex_take(p, "}");
    p->at = found ? p->at : from;
    return found;
}

static bool take_repetition(iou_regex_reader *p, int *least, int *most) {
    *least = 0;
    *most = -1;
    if (iou_regex_take(p, "*")) {
        return true;
    }
    if (iou_regex_take(p, "+")) {
        *least = 1;
        return true;
    }
    if (iou_regex_take(p, "?")) {
        *most = 1;
        return true;
    }
    return take_braces(p, least, most);
}

static iou_status take_repeated(iou_regex_reader *p, int depth, iou_regex_node **out) {
    int least, most, again, limit;
    IOU_TRY(take_atom(p, depth, out));
    const size_t from = p->at;
    if (!take_repetition(p, &least, &most)) {
        return IOU_OK;
    }
    if (least > MAX_REPEAT || most > MAX_REPEAT || (most >= 0 && most < least)) {
        return iou_regex_refuse(p, from, "expected a repetition of at most 1000, the least first");
    }
    (void)iou_regex_take(p, "?"); /* how much it takes makes no difference to a whole string */
    const size_t behind = p->at;
    if (take_repetition(p, &again, &limit)) {
        return iou_regex_refuse(p, behind, "expected no repetition of a repetition");
    }
    iou_regex_node *node = new_node(p, IOU_REGEX_REPEAT);
    if (!node) {
        return iou_regex_no_memory(p);
    }
    node->least = least;
    node->most = most;
    add_child(node, *out);
    *out = node;
    return IOU_OK;
}

static iou_status take_row(iou_regex_reader *p, int depth, iou_regex_node **out) {
    *out = new_node(p, IOU_REGEX_ALL);
    if (!*out) {
        return iou_regex_no_memory(p);
    }
    while (!iou_regex_ended(p) && iou_regex_peek(p) != '|' && iou_regex_peek(p) != ')') {
        iou_regex_node *child;
        IOU_TRY(take_repeated(p, depth, &child));
        add_child(*out, child);
    }
    return IOU_OK;
}

static iou_status take_choice(iou_regex_reader *p, int depth, iou_regex_node **out) {
    iou_regex_node *choice = *out = new_node(p, IOU_REGEX_ANY);
    if (!choice) {
        return iou_regex_no_memory(p);
    }
    do {
        iou_regex_node *row;
        IOU_TRY(take_row(p, depth, &row));
        add_child(choice, row);
    } while (iou_regex_take(p, "|"));
    return IOU_OK;
}

iou_status iou_regex_parse(const iou_text *pattern, iou_arena *memory, iou_regex_node **tree,
                           iou_error *error) {
    iou_regex_reader p = {iou_text_bytes(pattern), iou_text_length(pattern), 0, memory, error};
    IOU_TRY(take_choice(&p, 0, tree));
    return iou_regex_ended(&p) ? IOU_OK : iou_regex_refuse(&p, p.at, "expected ( before it");
}
