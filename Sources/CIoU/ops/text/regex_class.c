/* Characters of a pattern, and classes of them. */
#include "ops/text/regex_reader.h"

#include <string.h>

/* ---- Classes ------------------------------------------------------------------------------- */

iou_status iou_regex_add_range(const iou_regex_reader *p, iou_regex_class *class, uint32_t first,
                               uint32_t last) {
    if (class->count == class->capacity) {
        const int capacity = class->capacity ? 2 * class->capacity : 8;
        iou_regex_range *grown = iou_arena_alloc(p->memory, sizeof *grown * (size_t)capacity);
        if (!grown) {
            return iou_regex_no_memory(p);
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

static iou_status add_named(const iou_regex_reader *p, iou_regex_class *class,
                            const named_class *named, bool negated) {
    uint32_t next = 0;
    for (int i = 0; i < named->count; i++) {
        const iou_regex_range range = named->ranges[i];
        if (!negated) {
            IOU_TRY(iou_regex_add_range(p, class, range.first, range.last));
        } else if (range.first > next) {
            IOU_TRY(iou_regex_add_range(p, class, next, range.first - 1));
        }
        next = range.last + 1;
    }
    return negated ? iou_regex_add_range(p, class, next, IOU_REGEX_MOST) : IOU_OK;
}

iou_status iou_regex_take_class(iou_regex_reader *p, iou_regex_class *class, bool *found) {
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
static iou_status take_posix_class(iou_regex_reader *p, iou_regex_class *class, bool *found) {
    const size_t from = p->at;
    *found = iou_regex_take(p, "[:");
    if (!*found) {
        return IOU_OK;
    }
    const bool negated = iou_regex_take(p, "^");
    for (size_t i = 0; i < sizeof posix_classes / sizeof posix_classes[0]; i++) {
        const size_t before = p->at;
        if (iou_regex_take(p, posix_classes[i].name) && iou_regex_take(p, ":]")) {
            return add_named(p, class, &posix_classes[i], negated);
        }
        p->at = before;
    }
    return iou_regex_refuse(p, from, "expected the name of a class");
}

/* ---- Characters ---------------------------------------------------------------------------- */

static int digit_of(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/** What follows \x: two digits, or any number of them in braces. */
static iou_status take_hexadecimal(iou_regex_reader *p, size_t from, uint32_t *character) {
    const bool braced = iou_regex_take(p, "{");
    int digits = 0;
    *character = 0;
    while (digit_of(iou_regex_peek(p)) >= 0 && !iou_regex_ended(p) && digits < (braced ? 8 : 2)) {
        *character = *character << 4 | (uint32_t)digit_of(p->bytes[p->at++]);
        digits++;
    }
    const bool closed = braced ? iou_regex_take(p, "}") && digits > 0 : digits == 2;
    return closed && *character <= IOU_REGEX_MOST
               ? IOU_OK
               : iou_regex_refuse(p, from, "expected a hexadecimal character");
}

iou_status iou_regex_take_character(iou_regex_reader *p, uint32_t *character) {
    static const char letters[] = "afnrtv", meant[] = "\a\f\n\r\t\v";
    const size_t from = p->at;
    if (!iou_regex_take(p, "\\")) {
        *character = iou_text_next(p->bytes, &p->at);
        return IOU_OK;
    }
    const char c = iou_regex_peek(p);
    const char *known = c ? strchr(letters, c) : NULL;
    const bool word = iou_regex_is_word((unsigned char)c);
    if (iou_regex_ended(p) || (unsigned char)c >= 0x80 ||
        (word && c != 'x' && c != '_' && !known)) {
        return iou_regex_refuse(p, from,
                                "expected a character behind \\ that stands for itself or another");
    }
    p->at++;
    if (c == 'x') {
        return take_hexadecimal(p, from, character);
    }
    *character = (unsigned char)(known ? meant[known - letters] : c);
    return IOU_OK;
}

/** A character, or from one to another, inside brackets. */
static iou_status take_range(iou_regex_reader *p, iou_regex_class *class) {
    const size_t from = p->at;
    uint32_t first, last;
    IOU_TRY(iou_regex_take_character(p, &first));
    last = first;
    if (p->length - p->at >= 2 && iou_regex_peek(p) == '-' && p->bytes[p->at + 1] != ']') {
        p->at++;
        IOU_TRY(iou_regex_take_character(p, &last));
    }
    return last < first ? iou_regex_refuse(p, from, "expected a range that rises")
                        : iou_regex_add_range(p, class, first, last);
}

iou_status iou_regex_take_brackets(iou_regex_reader *p, iou_regex_class *class) {
    const size_t from = p->at - 1;
    class->negated = iou_regex_take(p, "^");
    for (bool first = true; first || iou_regex_peek(p) != ']'; first = false) {
        if (iou_regex_ended(p)) {
            return iou_regex_refuse(p, from, "expected ] behind it");
        }
        bool named;
        IOU_TRY(take_posix_class(p, class, &named));
        if (!named) {
            IOU_TRY(iou_regex_take_class(p, class, &named));
        }
        if (!named) {
            IOU_TRY(take_range(p, class));
        }
    }
    p->at++;
    return IOU_OK;
}

bool iou_regex_is_word(uint32_t c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= 'a' && c <= 'z');
}
