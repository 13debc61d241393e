/* Through double, int64 or uint64, whichever holds the source exactly. */
#include "core/convert.h"

#include "core/sizes.h"
#include "core/target.h"

#include <math.h>
#include <string.h>

typedef enum wide_kind { WIDE_DOUBLE, WIDE_SIGNED, WIDE_UNSIGNED } wide_kind;

enum { WIDE = 256 };

typedef union wide {
    double f[WIDE];
    int64_t i[WIDE];
    uint64_t u[WIDE];
} wide;

static wide_kind kind_of(iou_type type) {
    const bool floating = type == IOU_FLOAT || type == IOU_DOUBLE || iou_is_small_float(type);
    return floating ? WIDE_DOUBLE : type == IOU_UINT64 ? WIDE_UNSIGNED : WIDE_SIGNED;
}

/* The low bits of an integer, as a signed number. */
static inline int64_t low_bits(int64_t x, int bits) {
    const int64_t sign = (int64_t)1 << (bits - 1);
    return ((x & (2 * sign - 1)) ^ sign) - sign;
}

static inline int64_t low_unsigned(int64_t x, int bits) {
    return x & (((int64_t)1 << bits) - 1);
}

#define LOAD(type, member, expression)                                                             \
    for (size_t k = 0; k < n; k++) {                                                               \
        const type x = ((const type *)in)[k];                                                      \
        to->member[k] = expression;                                                                \
    }                                                                                              \
    break

static void load(iou_type type, const void *in, wide *to, size_t n) {
    switch (type) {
    case IOU_FLOAT: LOAD(float, f, (double)x);
    case IOU_DOUBLE: LOAD(double, f, x);
    case IOU_FLOAT16:
    case IOU_BFLOAT16: LOAD(uint16_t, f, iou_small_float_decode(type, x));
    case IOU_FLOAT8E4M3FN:
    case IOU_FLOAT8E4M3FNUZ:
    case IOU_FLOAT8E5M2:
    case IOU_FLOAT8E5M2FNUZ:
    case IOU_FLOAT8E8M0: LOAD(uint8_t, f, iou_small_float_decode(type, x));
    case IOU_FLOAT4E2M1: LOAD(uint8_t, f, iou_small_float_decode(type, x & 15));
    case IOU_INT2: LOAD(int8_t, i, low_bits(x, 2));
    case IOU_INT4: LOAD(int8_t, i, low_bits(x, 4));
    case IOU_INT8: LOAD(int8_t, i, x);
    case IOU_INT16: LOAD(int16_t, i, x);
    case IOU_INT32: LOAD(int32_t, i, x);
    case IOU_INT64: LOAD(int64_t, i, x);
    case IOU_UINT2: LOAD(uint8_t, i, x & 3);
    case IOU_UINT4: LOAD(uint8_t, i, x & 15);
    case IOU_UINT8: LOAD(uint8_t, i, x);
    case IOU_UINT16: LOAD(uint16_t, i, x);
    case IOU_UINT32: LOAD(uint32_t, i, x);
    case IOU_UINT64: LOAD(uint64_t, u, x);
    default: LOAD(uint8_t, i, x != 0);
    }
}

#define STORE(type, expression)                                                                    \
    for (size_t k = 0; k < n; k++) {                                                               \
        ((type *)out)[k] = (type)(expression);                                                     \
    }                                                                                              \
    break

#define STORE_FLOATS(value)                                                                        \
    case IOU_FLOAT: STORE(float, value);                                                           \
    case IOU_DOUBLE: STORE(double, value);                                                         \
    case IOU_FLOAT16:                                                                              \
    case IOU_BFLOAT16: STORE(uint16_t, iou_small_float_encode(type, (double)(value), rounding));   \
    case IOU_FLOAT8E4M3FN:                                                                         \
    case IOU_FLOAT8E4M3FNUZ:                                                                       \
    case IOU_FLOAT8E5M2:                                                                           \
    case IOU_FLOAT8E5M2FNUZ:                                                                       \
    case IOU_FLOAT8E8M0:                                                                           \
    case IOU_FLOAT4E2M1: STORE(uint8_t, iou_small_float_encode(type, (double)(value), rounding))

/* What an integer type cannot hold becomes the nearest int64; NaN becomes 0. */
static int64_t to_integer(double x) {
    return isnan(x) ? 0 : x >= 0x1p63 ? INT64_MAX : x < -0x1p63 ? INT64_MIN : (int64_t)x;
}

static uint64_t to_unsigned(double x) {
    return x >= 0x1p64 ? UINT64_MAX : x >= 0x1p63 ? (uint64_t)x : (uint64_t)to_integer(x);
}

#define STORE_INTEGERS(value)                                                                      \
    case IOU_INT2: STORE(int8_t, low_bits((int64_t)(value), 2));                                   \
    case IOU_INT4: STORE(int8_t, low_bits((int64_t)(value), 4));                                   \
    case IOU_INT8: STORE(int8_t, value);                                                           \
    case IOU_INT16: STORE(int16_t, value);                                                         \
    case IOU_INT32: STORE(int32_t, value);                                                         \
    case IOU_INT64: STORE(int64_t, value);                                                         \
    case IOU_UINT2: STORE(uint8_t, low_unsigned((int64_t)(value), 2));                             \
    case IOU_UINT4: STORE(uint8_t, low_unsigned((int64_t)(value), 4));                             \
    case IOU_UINT8: STORE(uint8_t, value);                                                         \
    case IOU_UINT16: STORE(uint16_t, value);                                                       \
    case IOU_UINT32: STORE(uint32_t, value)

static void store_double(iou_type type, iou_rounding rounding, const wide *from, void *out,
                         size_t n) {
    switch (type) {
        STORE_FLOATS(from->f[k]);
        STORE_INTEGERS(to_integer(from->f[k]));
    case IOU_UINT64: STORE(uint64_t, to_unsigned(from->f[k]));
    default: STORE(uint8_t, from->f[k] != 0.0);
    }
}

static void store_signed(iou_type type, iou_rounding rounding, const wide *from, void *out,
                         size_t n) {
    switch (type) {
        STORE_FLOATS(from->i[k]);
        STORE_INTEGERS(from->i[k]);
    case IOU_UINT64: STORE(uint64_t, from->i[k]);
    default: STORE(uint8_t, from->i[k] != 0);
    }
}

static void store_unsigned(iou_type type, iou_rounding rounding, const wide *from, void *out,
                           size_t n) {
    switch (type) {
        STORE_FLOATS(from->u[k]);
        STORE_INTEGERS(from->u[k]);
    case IOU_UINT64: STORE(uint64_t, from->u[k]);
    default: STORE(uint8_t, from->u[k] != 0);
    }
}

/* ---- 16-bit floats and float32 ------------------------------------------------------------- */

/* Loops that compilers turn into vectors: bits are moved, and a product or a sum in float32 does
 * what the exponent asks for. The formats of core/small_float.h are their definition. */

static inline float as_float(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint32_t as_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static void from_float16(const uint16_t *in, float *out, size_t n) {
    IOU_INDEPENDENT for (size_t i = 0; i < n; i++) {
        const uint32_t magnitude = (in[i] & 0x7fffU) << 13, sign = (in[i] & 0x8000U) << 16;
        const uint32_t bits = as_bits(as_float(magnitude) * 0x1p112F);
        const uint32_t special = magnitude >= 0x0f800000U ? 0x7f800000U : 0; /* inf, NaN */
        out[i] = as_float(bits | special | sign);
    }
}

static void to_float16(const float *in, uint16_t *out, size_t n) {
    IOU_INDEPENDENT for (size_t i = 0; i < n; i++) {
        const uint32_t bits = as_bits(in[i]), sign = bits >> 16 & 0x8000U, x = bits & 0x7fffffffU;
        const uint32_t normal = (x - 0x38000000U + 0xfffU + (x >> 13 & 1U)) >> 13;
        const uint32_t small = as_bits(as_float(x) + 0.5F) - 0x3f000000U; /* units of 2^-24 */
        const uint32_t large = x > 0x7f800000U ? 0x7e00U : 0x7c00U;       /* NaN, inf */
        const uint32_t finite = x < 0x38800000U ? small : normal;
        out[i] = (uint16_t)(sign | (x >= 0x477ff000U ? large : finite));
    }
}

static void from_bfloat16(const uint16_t *in, float *out, size_t n) {
    IOU_INDEPENDENT for (size_t i = 0; i < n; i++) {
        out[i] = as_float((uint32_t)in[i] << 16);
    }
}

static void to_bfloat16(const float *in, uint16_t *out, size_t n) {
    IOU_INDEPENDENT for (size_t i = 0; i < n; i++) {
        const uint32_t bits = as_bits(in[i]);
        const uint32_t rounded = (bits + 0x7fffU + (bits >> 16 & 1U)) >> 16;
        const bool is_nan = (bits & 0x7fffffffU) > 0x7f800000U;
        out[i] = (uint16_t)(is_nan ? 0x7fc0U | (bits >> 16 & 0x8000U) : rounded);
    }
}

/* Returns whether there is such a loop. */
static bool convert_halves(iou_type from, const void *in, iou_type to, void *out, size_t n) {
    if (to == IOU_FLOAT && from == IOU_FLOAT16) {
        from_float16(in, out, n);
    } else if (to == IOU_FLOAT && from == IOU_BFLOAT16) {
        from_bfloat16(in, out, n);
    } else if (from == IOU_FLOAT && to == IOU_FLOAT16) {
        to_float16(in, out, n);
    } else if (from == IOU_FLOAT && to == IOU_BFLOAT16) {
        to_bfloat16(in, out, n);
    } else {
        return false;
    }
    return true;
}

/* ---- All types ----------------------------------------------------------------------------- */

void iou_convert(iou_type from, const void *in, iou_type to, void *out, size_t n,
                 iou_rounding rounding) {
    if (convert_halves(from, in, to, out, n)) {
        return;
    }
    const wide_kind kind = kind_of(from);
    wide values;
    for (size_t at = 0; at < n; at += WIDE) {
        const size_t count = iou_size_min(n - at, WIDE);
        void *there = (char *)out + at * iou_type_size(to);
        load(from, (const char *)in + at * iou_type_size(from), &values, count);
        if (kind == WIDE_DOUBLE) {
            store_double(to, rounding, &values, there, count);
        } else if (kind == WIDE_SIGNED) {
            store_signed(to, rounding, &values, there, count);
        } else {
            store_unsigned(to, rounding, &values, there, count);
        }
    }
}
