#include "detect/metadata/metadata_text.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    MAX_MANTISSA_DIGITS = 19, /* any such number fits into 64 bits */
    MAX_EXPONENT = 9999       /* far beyond what is finite; keeps the sum below from overflowing */
};

/* A decimal number under construction: mantissa · 10^exponent. */
typedef struct decimal {
    uint64_t mantissa;
    int significant; /* digits in the mantissa, leading zeros not counted */
    int exponent;
} decimal;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Digits beyond the mantissa's capacity only move the exponent. */
static void add_digit(decimal *number, char digit, bool fraction) {
    if (number->significant < MAX_MANTISSA_DIGITS) {
        number->mantissa = number->mantissa * 10 + (uint64_t)(digit - '0');
        number->significant += number->mantissa != 0;
        number->exponent -= fraction && number->exponent > -MAX_EXPONENT;
    } else if (!fraction && number->exponent < MAX_EXPONENT) {
        number->exponent++;
    }
}

static bool read_digits(const char **cursor, decimal *number, bool fraction) {
    const char *at = *cursor;
    while (is_digit(*at)) {
        add_digit(number, *at++, fraction);
    }
    const bool any = at != *cursor;
    *cursor = at;
    return any;
}

static bool read_exponent(const char **cursor, decimal *number) {
    const char *at = *cursor + 1;
    const bool negative = *at == '-';
    at += *at == '-' || *at == '+';
    if (!is_digit(*at)) {
        return false;
    }
    int exponent = 0;
    for (; is_digit(*at); at++) {
        exponent = exponent < MAX_EXPONENT ? exponent * 10 + (*at - '0') : exponent;
    }
    number->exponent += negative ? -exponent : exponent;
    *cursor = at;
    return true;
}

/* Both operands are exact doubles, so the result is rounded once. */
static double scale_exactly(double value, int steps, bool divide) {
    double power = 1.0;
    for (; steps > 0; steps--) {
        power *= 10.0;
    }
    return divide ? value / power : value * power;
}

/* Numbers that are not exact in this way lose at most a few units of a double's last place. */
static double scale_decimal(const decimal *number) {
    long double value = (long double)number->mantissa;
    long double power = 1.0L;
    int steps = number->exponent < 0 ? -number->exponent : number->exponent;
    if (number->mantissa < (UINT64_C(1) << 53) && steps <= 22) {
        return scale_exactly((double)number->mantissa, steps, number->exponent < 0);
    }
    if (number->mantissa == 0) {
        return 0.0;
    }
    if (steps > 400) {
        return number->exponent < 0 ? 0.0 : HUGE_VAL;
    }
    for (; steps > 0; steps--) {
        if (steps % 256 == 0) { /* keeps the power finite where long double is double */
            value = number->exponent < 0 ? value / power : value * power;
            power = 1.0L;
        }
        power *= 10.0L;
    }
    return (double)(number->exponent < 0 ? value / power : value * power);
}

bool iou_text_number(const char **cursor, double *value) {
    decimal number = {0, 0, 0};
    const char *at = *cursor;
    const bool negative = *at == '-';
    at += negative;
    if (!read_digits(&at, &number, false)) {
        return false;
    }
    if (*at == '.') {
        at++;
        if (!read_digits(&at, &number, true)) {
            return false;
        }
    }
    if (*at == 'e' && !read_exponent(&at, &number)) {
        return false;
    }
    const double magnitude = scale_decimal(&number);
    *value = negative ? -magnitude : magnitude;
    *cursor = at;
    return magnitude <= DBL_MAX;
}

bool iou_text_integer(const char **cursor, int64_t *value) {
    const char *at = *cursor;
    const bool negative = *at == '-';
    at += negative;
    if (!is_digit(*at)) {
        return false;
    }
    int64_t sum = 0;
    for (; is_digit(*at); at++) {
        const int digit = *at - '0';
        if (sum > (INT64_MAX - digit) / 10) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *value = negative ? -sum : sum;
    *cursor = at;
    return true;
}

/* The shortest text of the largest float is a little larger than it, and rounds to it. */
static bool rounds_to_float(double value) {
    return fabs(value) < 0x1.ffffffp127;
}

bool iou_text_numbers(const char *text, size_t length, float *values, size_t count) {
    const char *at = text;
    for (size_t i = 0; i < count; i++) {
        double value;
        if ((i > 0 && *at++ != ' ') || !iou_text_number(&at, &value) || !rounds_to_float(value)) {
            return false;
        }
        values[i] = (float)value;
    }
    return at == text + length;
}

bool iou_text_integers(const char *text, int64_t *values, size_t count) {
    const char *at = text;
    for (size_t i = 0; i < count; i++) {
        if ((i > 0 && *at++ != ' ') || !iou_text_integer(&at, &values[i])) {
            return false;
        }
    }
    return *at == '\0';
}

size_t iou_text_items(const char *text, size_t length, char separator) {
    size_t items = length > 0;
    for (size_t i = 0; i < length; i++) {
        items += text[i] == separator;
    }
    return items;
}

int iou_text_word_index(const char *word, const char *words) {
    const size_t length = strlen(word);
    int index = 0;
    for (const char *at = words; *at != '\0'; index++) {
        const size_t size = strcspn(at, " ");
        if (size == length && memcmp(at, word, length) == 0) {
            return index;
        }
        at += size + (at[size] == ' ');
    }
    return -1;
}
