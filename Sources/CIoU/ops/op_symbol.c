/* Arithmetic on dimensions that may be symbols, kept short: floor((S + p) / m) + b. */
#include "ops/op.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A symbol that would grow past this says nothing to a reader: the dimension becomes unknown. */
enum { MAX_SYMBOL = 96 };

iou_dim iou_infer_symbol(const iou_infer *infer, const char *format, ...) {
    char text[MAX_SYMBOL];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length <= 0 || length >= MAX_SYMBOL) {
        return iou_dim_unknown();
    }
    return (iou_dim){.symbol = iou_arena_strdup(infer->memory, text, (size_t)length)};
}

/** A symbol taken apart: floor((base + inner) / divisor) + outer. */
typedef struct affine {
    const char *base;
    int base_length;
    int64_t inner, divisor, outer;
} affine;

/** Where a sum's last term begins at this level ("…+3", "…-3"); the end when there is none. */
static size_t last_term(const char *text, size_t length) {
    size_t at = length;
    while (at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9') {
        at--;
    }
    const bool term = at > 1 && at < length && (text[at - 1] == '+' || text[at - 1] == '-');
    return term ? at - 1 : length;
}

/** Cuts a constant last term off the text; returns its value. */
static int64_t cut_term(const char *text, size_t *length) {
    const size_t at = last_term(text, *length);
    const int64_t value = at < *length ? strtoll(text + at, NULL, 10) : 0;
    *length = at;
    return value;
}

static affine take_apart(const char *symbol) {
    static const char head[] = "floor(";
    size_t length = strlen(symbol);
    affine a = {.divisor = 1};
    a.outer = cut_term(symbol, &length);
    const char *text = symbol;
    const char *slash = NULL;
    if (length > sizeof head && strncmp(text, head, sizeof head - 1) == 0 &&
        text[length - 1] == ')') {
        int depth = 0;
        for (const char *c = text + sizeof head - 1; c < text + length - 1 && depth >= 0; c++) {
            depth += *c == '(' ? 1 : *c == ')' ? -1 : 0;
            slash = depth == 0 && *c == '/' ? c : slash;
        }
    }
    if (slash) {
        a.divisor = strtoll(slash + 1, NULL, 10);
        text += sizeof head - 1;
        length = (size_t)(slash - text);
        if (text[0] == '(' && text[length - 1] == ')') {
            text++;
            length -= 2;
        }
        a.inner = cut_term(text, &length);
    } else { /* S + b is floor((S + b) / 1) + 0 */
        a.inner = a.outer;
        a.outer = 0;
    }
    a.base = text;
    a.base_length = (int)length;
    return a;
}

static iou_dim put_together(const iou_infer *infer, affine a) {
    if (a.divisor == 1) {
        a.inner += a.outer;
        a.outer = 0;
    }
    char inner[24] = "", outer[24] = "";
    if (a.inner != 0) {
        (void)snprintf(inner, sizeof inner, "%+lld", (long long)a.inner);
    }
    if (a.outer != 0) {
        (void)snprintf(outer, sizeof outer, "%+lld", (long long)a.outer);
    }
    if (a.divisor == 1) {
        return iou_infer_symbol(infer, "%.*s%s", a.base_length, a.base, inner);
    }
    return iou_infer_symbol(infer, a.inner != 0 ? "floor((%.*s%s)/%lld)%s" : "floor(%.*s%s/%lld)%s",
                            a.base_length, a.base, inner, (long long)a.divisor, outer);
}

/** Numbers in symbols stay small: beyond this the dimension is unknown, and nothing overflows. */
static const int64_t largest = INT64_C(1) << 30;

static bool is_large(int64_t value) {
    return value > largest || value < -largest;
}

iou_dim iou_infer_add(const iou_infer *infer, iou_dim a, int64_t b) {
    int64_t sum;
    if (a.known) {
        return __builtin_add_overflow(a.value, b, &sum) ? iou_dim_unknown() : iou_dim_number(sum);
    }
    if (!a.symbol || b == 0) {
        return a;
    }
    affine symbol = take_apart(a.symbol);
    if (is_large(b) || is_large(symbol.outer) || is_large(symbol.inner)) {
        return iou_dim_unknown();
    }
    symbol.outer += b;
    return put_together(infer, symbol);
}

iou_dim iou_infer_floor_div(const iou_infer *infer, iou_dim a, int64_t divisor) {
    if (divisor <= 0) {
        return iou_dim_unknown();
    }
    if (a.known) {
        const int64_t q = a.value / divisor;
        return iou_dim_number(a.value % divisor < 0 ? q - 1 : q);
    }
    if (!a.symbol || divisor == 1) {
        return a;
    }
    /* floor((floor((S + p) / m) + b) / n) = floor((S + p + b m) / (m n)) */
    affine symbol = take_apart(a.symbol);
    if (is_large(divisor) || is_large(symbol.divisor) || is_large(symbol.divisor * divisor) ||
        is_large(symbol.outer) || is_large(symbol.inner)) {
        return iou_dim_unknown();
    }
    symbol.inner += symbol.outer * symbol.divisor;
    symbol.divisor *= divisor;
    symbol.outer = 0;
    return put_together(infer, symbol);
}

/** Whether a symbol must be in parentheses as a factor. */
static bool is_sum(const char *symbol) {
    return last_term(symbol, strlen(symbol)) < strlen(symbol);
}

iou_dim iou_infer_mul(const iou_infer *infer, iou_dim a, iou_dim b) {
    int64_t product;
    if (a.known && b.known) {
        return __builtin_mul_overflow(a.value, b.value, &product) ? iou_dim_unknown()
                                                                  : iou_dim_number(product);
    }
    if ((a.known && a.value == 1) || (b.known && b.value == 0)) {
        return b;
    }
    if ((b.known && b.value == 1) || (a.known && a.value == 0)) {
        return a;
    }
    if (a.known || b.known) {
        const iou_dim symbol = a.known ? b : a;
        const int64_t factor = a.known ? a.value : b.value;
        return !symbol.symbol
                   ? symbol
                   : iou_infer_symbol(infer, is_sum(symbol.symbol) ? "%lld*(%s)" : "%lld*%s",
                                      (long long)factor, symbol.symbol);
    }
    if (!a.symbol || !b.symbol) {
        return iou_dim_unknown();
    }
    return iou_infer_symbol(infer, "(%s)*(%s)", a.symbol, b.symbol);
}
