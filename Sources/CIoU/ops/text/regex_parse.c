/* From the text of a regular expression to a tree. */
#include "ops/text/regex_parse.h"

#include <string.h>

enum { MAX_DEPTH = 100 /* of groups */, MAX_REPEAT = 1000 /* as in RE2 */, MOST = 0x10ffff };

typedef struct parser {
    const char *bytes;
    size_t length, at;
    iou_arena *memory;
    iou_error *error;
} parser;

static iou_status refuse(const parser *p, size_t from, const char *what) {
    const size_t length = p->length - from < 40 ? p->length - from : 40;
    return iou_fail(p->error, IOU_UNSUPPORTED, "pattern, byte %zu: %s, found '%.*s'", from, what,
                    (int)length, p->bytes + from);
}

static iou_status no_memory(const parser *p) {
    return iou_fail(p->error, IOU_OUT_OF_MEMORY, "no memory for the pattern");
}

static bool ended(const parser *p) {
    return p->at == p->length;
}

/** Whether the next bytes are these, which are then behind. */
static bool take(parser *p, const char *bytes) {
    const size_t size = strlen(bytes);
    const bool found = size <= p->length - p->at && memcmp(p->bytes + p->at, bytes, size) == 0;
    p->at += found ? size : 0;
    return found;
}

static char peek(const parser *p) {
    return ended(p) ? '\0' : p->bytes[p->at];
}

static iou_regex_node *new_node(const parser *p, iou_regex_kind kind) {
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

/* ---- Classes ------------------------------------------------------------------------------- */

static iou_status add_range(const parser *p, iou_regex_class *class, uint32_t first,
                            uint32_t last) {
    if (class->count == class->capacity) {
        const int capacity = class->capacity ? 2 * class->capacity : 8;
        iou_regex_range *grown = iou_arena_alloc(p->memory, sizeof *grown * (size_t)capacity);
        if (!grown) {
            return no_memory(p);
        }
        if (class->count > 0) {
            memcpy(grown, class->ranges, sizeof *grown * (size_t) class->count);
        }
        class->ranges = grown;
        class->capacity = capacity;
    }
    class->ranges[class->count++] = (iou_regex_range){first, last};
    return IOU_OK;
}

/** A class of ASCII that has a name, in rising ranges. */
typedef struct named_class {
    const char *name;
    int count;
    iou_regex_range ranges[4];
} named_class;

static const named_class perl_classes[] = {
    {"d", 1, {{'0', '9'}}},
    {"s", 3, {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}}},
    {"w", 4, {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
};

static const named_class posix_classes[] = {
    {"alnum", 3, {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
    {"alpha", 2, {{'A', 'Z'}, {'a', 'z'}}},
    {"ascii", 1, {{0, 0x7f}}},
    {"blank", 2, {{'\t', '\t'}, {' ', ' '}}},
    {"cntrl", 2, {{0, 0x1f}, {0x7f, 0x7f}}},
    {"digit", 1, {{'0', '9'}}},
    {"graph", 1, {{'!', '~'}}},
    {"lower", 1, {{'a', 'z'}}},
    {"print", 1, {{' ', '~'}}},
    {"punct", 4, {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
    {"space", 2, {{'\t', '\r'}, {' ', ' '}}},
    {"upper", 1, {{'A', 'Z'}}},
    {"word", 4, {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
    {"xdigit", 3, {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
};

static iou_status add_named(const parser *p, iou_regex_class *class, const named_class *named,
                            bool negated) {
    uint32_t next = 0;
    for (int i = 0; i < named->count; i++) {
        const iou_regex_range range = named->ranges[i];
        if (!negated) {
            IOU_TRY(add_range(p, class, range.first, range.last));
        } else if (range.first > next) {
            IOU_TRY(add_range(p, class, next, range.first - 1));
        }
        next = range.last + 1;
    }
    return negated ? add_range(p, class, next, MOST) : IOU_OK;
}

/** Takes \d and its like; `*found`: whether it was one. */
static iou_status take_perl_class(parser *p, iou_regex_class *class, bool *found) {
    *found = false;
    if (p->length - p->at < 2 || p->bytes[p->at] != '\\') {
        return IOU_OK;
    }
    const char letter = p->bytes[p->at + 1];
    for (size_t i = 0; i < sizeof perl_classes / sizeof perl_classes[0]; i++) {
        const char small = perl_classes[i].name[0];
        if (letter == small || letter == (small ^ 0x20)) {
            *found = true;
            p->at += 2;
            return add_named(p, class, &perl_classes[i], letter != small);
        }
    }
    return IOU_OK;
}

/** Takes [:alpha:] and its like. */
static iou_status take_posix_class(parser *p, iou_regex_class *class, bool *found) {
    const size_t from = p->at;
    *found = take(p, "[:");
    if (!*found) {
        return IOU_OK;
    }
    const bool negated = take(p, "^");
    for (size_t i = 0; i < sizeof posix_classes / sizeof posix_classes[0]; i++) {
        const size_t before = p->at;
        if (take(p, posix_classes[i].name) && take(p, ":]")) {
            return add_named(p, class, &posix_classes[i], negated);
        }
        p->at = before;
    }
    return refuse(p, from, "expected the name of a class");
}

/* ---- Characters ---------------------------------------------------------------------------- */

static int digit_of(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/** What follows \x: two digits, or any number of them in braces. */
static iou_status take_hexadecimal(parser *p, size_t from, uint32_t *character) {
    const bool braced = take(p, "{");
    int digits = 0;
    *character = 0;
    while (digit_of(peek(p)) >= 0 && !ended(p) && digits < (braced ? 8 : 2)) {
        *character = *character << 4 | (uint32_t)digit_of(p->bytes[p->at++]);
        digits++;
    }
    const bool closed = braced ? take(p, "}") && digits > 0 : digits == 2;
    return closed && *character <= MOST ? IOU_OK
                                        : refuse(p, from, "expected a hexadecimal character");
}

/** A literal character, perhaps escaped. */
static iou_status take_character(parser *p, uint32_t *character) {
    static const char letters[] = "afnrtv", meant[] = "\a\f\n\r\t\v";
    const size_t from = p->at;
    if (!take(p, "\\")) {
        *character = iou_text_next(p->bytes, &p->at);
        return IOU_OK;
    }
    const char c = peek(p);
    const char *known = c ? strchr(letters, c) : NULL;
    const bool word = iou_regex_is_word((unsigned char)c);
    if (ended(p) || (unsigned char)c >= 0x80 || (word && c != 'x' && c != '_' && !known)) {
        return refuse(p, from, "expected a character behind \\ that stands for itself or another");
    }
    p->at++;
    if (c == 'x') {
        return take_hexadecimal(p, from, character);
    }
    *character = (unsigned char)(known ? meant[known - letters] : c);
    return IOU_OK;
}

/** A character, or from one to another, inside brackets. */
static iou_status take_range(parser *p, iou_regex_class *class) {
    const size_t from = p->at;
    uint32_t first, last;
    IOU_TRY(take_character(p, &first));
    last = first;
    if (p->length - p->at >= 2 && peek(p) == '-' && p->bytes[p->at + 1] != ']') {
        p->at++;
        IOU_TRY(take_character(p, &last));
    }
    return last < first ? refuse(p, from, "expected a range that rises")
                        : add_range(p, class, first, last);
}

/** What follows [. */
static iou_status take_brackets(parser *p, iou_regex_class *class) {
    const size_t from = p->at - 1;
    class->negated = take(p, "^");
    for (bool first = true; first || peek(p) != ']'; first = false) {
        if (ended(p)) {
            return refuse(p, from, "expected ] behind it");
        }
        bool named;
        IOU_TRY(take_posix_class(p, class, &named));
        if (!named) {
            IOU_TRY(take_perl_class(p, class, &named));
        }
        if (!named) {
            IOU_TRY(take_range(p, class));
        }
    }
    p->at++;
    return IOU_OK;
}

/* ---- Expressions --------------------------------------------------------------------------- */

static iou_status take_choice(parser *p, int depth, iou_regex_node **out);

static iou_status take_group(parser *p, int depth, iou_regex_node **out) {
    const size_t from = p->at - 1;
    if (depth == MAX_DEPTH) {
        return refuse(p, from, "expected groups that are less deep");
    }
    if (take(p, "?") && !take(p, ":")) {
        if (!take(p, "P<") && !take(p, "<")) {
            return refuse(p, from, "expected a group without flags");
        }
        const size_t name = p->at;
        while (!ended(p) && iou_regex_is_word((unsigned char)peek(p))) {
            p->at++;
        }
        if (p->at == name || !take(p, ">")) {
            return refuse(p, from, "expected the name of a group");
        }
    }
    IOU_TRY(take_choice(p, depth + 1, out));
    return take(p, ")") ? IOU_OK : refuse(p, from, "expected ) behind it");
}

/** Takes what stands for a place; false: something else follows. */
static bool take_place(parser *p, iou_regex_place *place) {
    static const struct {
        const char *text;
        iou_regex_place place;
    } places[] = {{"^", IOU_REGEX_BEGIN},       {"\\A", IOU_REGEX_BEGIN},
                  {"$", IOU_REGEX_END},         {"\\z", IOU_REGEX_END},
                  {"\\b", IOU_REGEX_WORD_EDGE}, {"\\B", IOU_REGEX_NO_WORD_EDGE}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (take(p, places[i].text)) {
            *place = places[i].place;
            return true;
        }
    }
    return false;
}

/** One character, class, place or group. */
static iou_status take_atom(parser *p, int depth, iou_regex_node **out) {
    if (peek(p) != '\0' && strchr("*+?", peek(p))) {
        return refuse(p, p->at, "expected something to repeat before it");
    }
    if (take(p, "(")) {
        return take_group(p, depth, out);
    }
    iou_regex_node *node = *out = new_node(p, IOU_REGEX_CLASS);
    if (!node) {
        return no_memory(p);
    }
    if (take_place(p, &node->place)) {
        node->kind = IOU_REGEX_PLACE;
        return IOU_OK;
    }
    if (take(p, "[")) {
        return take_brackets(p, &node->class);
    }
    if (take(p, ".")) { /* all but the end of a line */
        node->class.negated = true;
        return add_range(p, &node->class, '\n', '\n');
    }
    bool named;
    IOU_TRY(take_perl_class(p, &node->class, &named));
    if (named) {
        return IOU_OK;
    }
    uint32_t character;
    IOU_TRY(take_character(p, &character));
    return add_range(p, &node->class, character, character);
}

/** A number of at most 5 digits; -1: none follows. */
static int take_number(parser *p) {
    int number = -1;
    for (int digits = 0; digits < 5 && peek(p) >= '0' && peek(p) <= '9'; digits++) {
        number = (number < 0 ? 0 : number) * 10 + (p->bytes[p->at++] - '0');
    }
    return number;
}

/** Takes {n}, {n,} or {n,m}; what only begins so stands for itself. */
static bool take_braces(parser *p, int *least, int *most) {
    const size_t from = p->at;
    bool found = take(p, "{");
    *least = *most = found ? take_number(p) : -1;
    found = *least >= 0;
    if (found && take(p, ",")) {
        *most = take_number(p);
    }
    found = found && take(p, "}");
    p->at = found ? p->at : from;
    return found;
}

static bool take_repetition(parser *p, int *least, int *most) {
    *least = 0;
    *most = -1;
    if (take(p, "*")) {
        return true;
    }
    if (take(p, "+")) {
        *least = 1;
        return true;
    }
    if (take(p, "?")) {
        *most = 1;
        return true;
    }
    return take_braces(p, least, most);
}

static iou_status take_repeated(parser *p, int depth, iou_regex_node **out) {
    int least, most, again, limit;
    IOU_TRY(take_atom(p, depth, out));
    const size_t from = p->at;
    if (!take_repetition(p, &least, &most)) {
        return IOU_OK;
    }
    if (least > MAX_REPEAT || most > MAX_REPEAT || (most >= 0 && most < least)) {
        return refuse(p, from, "expected a repetition of at most 1000, the least first");
    }
    (void)take(p, "?"); /* how much it takes makes no difference to a whole string */
    const size_t behind = p->at;
    if (take_repetition(p, &again, &limit)) {
        return refuse(p, behind, "expected no repetition of a repetition");
    }
    iou_regex_node *node = new_node(p, IOU_REGEX_REPEAT);
    if (!node) {
        return no_memory(p);
    }
    node->least = least;
    node->most = most;
    add_child(node, *out);
    *out = node;
    return IOU_OK;
}

static iou_status take_row(parser *p, int depth, iou_regex_node **out) {
    *out = new_node(p, IOU_REGEX_ALL);
    if (!*out) {
        return no_memory(p);
    }
    while (!ended(p) && peek(p) != '|' && peek(p) != ')') {
        iou_regex_node *child;
        IOU_TRY(take_repeated(p, depth, &child));
        add_child(*out, child);
    }
    return IOU_OK;
}

static iou_status take_choice(parser *p, int depth, iou_regex_node **out) {
    iou_regex_node *choice = *out = new_node(p, IOU_REGEX_ANY);
    if (!choice) {
        return no_memory(p);
    }
    do {
        iou_regex_node *row;
        IOU_TRY(take_row(p, depth, &row));
        add_child(choice, row);
    } while (take(p, "|"));
    return IOU_OK;
}

iou_status iou_regex_parse(const iou_text *pattern, iou_arena *memory, iou_regex_node **tree,
                           iou_error *error) {
    parser p = {iou_text_bytes(pattern), iou_text_length(pattern), 0, memory, error};
    IOU_TRY(take_choice(&p, 0, tree));
    return ended(&p) ? IOU_OK : refuse(&p, p.at, "expected ( before it");
}

bool iou_regex_is_word(uint32_t c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= 'a' && c <= 'z');
}
