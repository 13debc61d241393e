#include "core/small_float.h"

#include <math.h>

/** What the largest codes of a format mean. */
typedef enum specials {
    ABSENT = 0,
    IEEE,          /**< infinities, and NaN behind them */
    ONE_NAN,       /**< no infinities; NaN is the last code of either sign */
    NAN_FOR_MINUS, /**< no infinities; NaN is the code of -0 */
    FINITE,        /**< neither */
    SCALE          /**< an exponent and nothing else; the last code is NaN */
} specials;

typedef struct format {
    int exponent_bits, fraction_bits, bias;
    specials specials;
} format;

static const format formats[] = {
    [IOU_FLOAT16] = {5, 10, 15, IEEE},       [IOU_BFLOAT16] = {8, 7, 127, IEEE},
    [IOU_FLOAT8E4M3FN] = {4, 3, 7, ONE_NAN}, [IOU_FLOAT8E4M3FNUZ] = {4, 3, 8, NAN_FOR_MINUS},
    [IOU_FLOAT8E5M2] = {5, 2, 15, IEEE},     [IOU_FLOAT8E5M2FNUZ] = {5, 2, 16, NAN_FOR_MINUS},
    [IOU_FLOAT4E2M1] = {2, 1, 1, FINITE},    [IOU_FLOAT8E8M0] = {8, 0, 127, SCALE},
};

bool iou_is_half_float(iou_type type) {
    return type == IOU_FLOAT16 || type == IOU_BFLOAT16;
}

bool iou_is_small_float(iou_type type) {
    return (unsigned)type < sizeof formats / sizeof formats[0] && formats[type].specials != ABSENT;
}

static unsigned sign_bit(const format *f) {
    return 1u << (f->exponent_bits + f->fraction_bits);
}

double iou_small_float_decode(iou_type type, unsigned bits) {
    const format *f = &formats[type];
    if (f->specials == SCALE) {
        return bits == 255 ? (double)NAN : ldexp(1.0, (int)bits - f->bias);
    }
    const unsigned minus = sign_bit(f), size = bits & (minus - 1);
    const double sign = (bits & minus) != 0 ? -1.0 : 1.0;
    const int exponent = (int)(size >> f->fraction_bits);
    const int fraction = (int)(size & ((1u << f->fraction_bits) - 1));
    if (f->specials == IEEE && exponent == (1 << f->exponent_bits) - 1) {
        return fraction != 0 ? (double)NAN : sign * (double)INFINITY;
    }
    if ((f->specials == ONE_NAN && size == minus - 1) ||
        (f->specials == NAN_FOR_MINUS && (bits & (2 * minus - 1)) == minus)) {
        return (double)NAN;
    }
    const int whole = exponent == 0 ? fraction : fraction + (1 << f->fraction_bits);
    return sign * ldexp(whole, (exponent == 0 ? 1 : exponent) - f->bias - f->fraction_bits);
}

static unsigned not_a_number(const format *f, unsigned minus) {
    switch (f->specials) {
    case IEEE: return minus | (((2u << f->exponent_bits) - 1) << (f->fraction_bits - 1));
    case NAN_FOR_MINUS: return sign_bit(f);
    case FINITE: return minus;
    default: return minus | (sign_bit(f) - 1);
    }
}

/* Neither sign nor fraction; what is below the least exponent is the least one. */
static unsigned encode_scale(const format *f, double x, iou_rounding rounding) {
    enum { LAST = 254, NOT_A_NUMBER = 255 };
    if (isnan(x) || x < 0.0) {
        return NOT_A_NUMBER;
    }
    const unsigned most = rounding.saturate ? LAST : NOT_A_NUMBER;
    const unsigned least = rounding.saturate ? 0 : NOT_A_NUMBER;
    if (isinf(x) || x == 0.0) {
        return x == 0.0 ? least : most;
    }
    int exponent;
    const double fraction = frexp(x, &exponent); /* 0.5 … 1 */
    const double limit = rounding.scale == IOU_SCALE_UP        ? 0.5
                         : rounding.scale == IOU_SCALE_NEAREST ? 0.75
                                                               : 1.0;
    const bool up = rounding.scale == IOU_SCALE_UP ? fraction > limit : fraction >= limit;
    const int code = exponent - 1 + up + f->bias;
    return code < 0 ? least : code > LAST ? most : (unsigned)code;
}

unsigned iou_small_float_encode(iou_type type, double x, iou_rounding rounding) {
    const format *f = &formats[type];
    if (f->specials == SCALE) {
        return encode_scale(f, x, rounding);
    }
    const unsigned minus = signbit(x) ? sign_bit(f) : 0;
    const unsigned all = sign_bit(f) - 1;
    if (isnan(x)) {
        return not_a_number(f, minus);
    }
    const unsigned infinity = all - ((1u << f->fraction_bits) - 1);
    const unsigned most = f->specials == IEEE      ? infinity - 1
                          : f->specials == ONE_NAN ? all - 1
                                                   : all;
    unsigned size = all + 1; /* of infinity: more than any */
    if (!isinf(x)) {
        int exponent;
        (void)frexp(x, &exponent);
        const int least = 1 - f->bias;
        const int place =
            (x == 0.0 || exponent - 1 < least ? least : exponent - 1) - f->fraction_bits;
        const int units = (int)rint(ldexp(fabs(x), -place)); /* a carry goes into the exponent */
        size = (unsigned)(((place + f->fraction_bits + f->bias - 1) << f->fraction_bits) + units);
    }
    if (size > most) {
        const bool wide = f->exponent_bits + f->fraction_bits > 8;
        const bool largest = f->specials == FINITE || (rounding.saturate && !wide);
        if (!largest && f->specials != IEEE) {
            return not_a_number(f, minus);
        }
        size = largest ? most : infinity;
    }
    return f->specials == NAN_FOR_MINUS && size == 0 ? 0 : minus | size;
}
