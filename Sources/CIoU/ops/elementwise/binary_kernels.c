/* The table of binary functions. */
#include "ops/elementwise/binary_kernels.h"

#include "ops/strided_iterator.h"

#include <math.h>
#include <string.h>

/* Strides of 1 and 0 get loops of their own, so that compilers vectorise them. */
#define BINARY(name, type, result, expression)                                                     \
    static const char *name(const void *a, const void *b, void *y, size_t n, int64_t sa,           \
                            int64_t sb) {                                                          \
        const type *first = a, *second = b;                                                        \
        result *to = y;                                                                            \
        if (sa == 1 && sb == 1) {                                                                  \
            IOU_INDEPENDENT for (size_t i = 0; i < n; i++) {                                       \
                const type u = first[i], v = second[i];                                            \
                to[i] = (result)(expression);                                                      \
            }                                                                                      \
        } else if (sa == 1 && sb == 0) {                                                           \
            const type v = *second;                                                                \
            IOU_INDEPENDENT for (size_t i = 0; i < n; i++) {                                       \
                const type u = first[i];                                                           \
                to[i] = (result)(expression);                                                      \
            }                                                                                      \
        } else if (sa == 0 && sb == 1) {                                                           \
            const type u = *first;                                                                 \
            IOU_INDEPENDENT for (size_t i = 0; i < n; i++) {                                       \
                const type v = second[i];                                                          \
                to[i] = (result)(expression);                                                      \
            }                                                                                      \
        } else {                                                                                   \
            for (size_t i = 0; i < n; i++) {                                                       \
                const type u = first[(int64_t)i * sa], v = second[(int64_t)i * sb];                \
                to[i] = (result)(expression);                                                      \
            }                                                                                      \
        }                                                                                          \
        return NULL;                                                                               \
    }

/* The same without a wish to vectorise, and with a refusal of some operands. */
#define CHECKED(name, type, bad, text, expression)                                                 \
    static const char *name(const void *a, const void *b, void *y, size_t n, int64_t sa,           \
                            int64_t sb) {                                                          \
        const type *first = a, *second = b;                                                        \
        type *to = y;                                                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            const type u = first[(int64_t)i * sa], v = second[(int64_t)i * sb];                    \
            if (bad) {                                                                             \
                return text;                                                                       \
            }                                                                                      \
            to[i] = (type)(expression);                                                            \
        }                                                                                          \
        return NULL;                                                                               \
    }

/* Integers wrap: their arithmetic is done in unsigned numbers. */
#define WRAPPING(name, symbol)                                                                     \
    BINARY(name##_f32, float, float, u symbol v)                                                   \
    BINARY(name##_f64, double, double, u symbol v)                                                 \
    BINARY(name##_i8, int8_t, int8_t, (uint32_t)u symbol(uint32_t) v)                              \
    BINARY(name##_i16, int16_t, int16_t, (uint32_t)u symbol(uint32_t) v)                           \
    BINARY(name##_i32, int32_t, int32_t, (uint32_t)u symbol(uint32_t) v)                           \
    BINARY(name##_i64, int64_t, int64_t, (uint64_t)u symbol(uint64_t) v)                           \
    BINARY(name##_u8, uint8_t, uint8_t, (uint32_t)u symbol(uint32_t) v)                            \
    BINARY(name##_u16, uint16_t, uint16_t, (uint32_t)u symbol(uint32_t) v)                         \
    BINARY(name##_u32, uint32_t, uint32_t, u symbol v)                                             \
    BINARY(name##_u64, uint64_t, uint64_t, u symbol v)

WRAPPING(add, +)
WRAPPING(sub, -)
WRAPPING(mul, *)

#define DIVIDED "integer division by zero"
#define OVERFLOWN "integer division by zero or of the smallest integer by -1"

BINARY(div_f32, float, float, u / v)
BINARY(div_f64, double, double, u / v)
CHECKED(div_i8, int8_t, v == 0 || (u == INT8_MIN && v == -1), OVERFLOWN, u / v)
CHECKED(div_i16, int16_t, v == 0 || (u == INT16_MIN && v == -1), OVERFLOWN, u / v)
CHECKED(div_i32, int32_t, v == 0 || (u == INT32_MIN && v == -1), OVERFLOWN, u / v)
CHECKED(div_i64, int64_t, v == 0 || (u == INT64_MIN && v == -1), OVERFLOWN, u / v)
CHECKED(div_u8, uint8_t, v == 0, DIVIDED, u / v)
CHECKED(div_u16, uint16_t, v == 0, DIVIDED, u / v)
CHECKED(div_u32, uint32_t, v == 0, DIVIDED, u / v)
CHECKED(div_u64, uint64_t, v == 0, DIVIDED, u / v)

/* The remainder has the divisor's sign (Mod), or the dividend's (FMod). */
static inline int64_t floor_mod(int64_t u, int64_t v) {
    const int64_t rest = v == -1 ? 0 : u % v;
    return rest != 0 && (rest < 0) != (v < 0) ? rest + v : rest;
}

/* The same of floating-point numbers: 0 has the divisor's sign too. */
static inline double floor_mod_f64(double u, double v) {
    const double rest = fmod(u, v);
    return rest == 0.0 ? copysign(rest, v) : (rest < 0.0) != (v < 0.0) ? rest + v : rest;
}

static inline float floor_mod_f32(float u, float v) {
    const float rest = fmodf(u, v);
    return rest == 0.0f ? copysignf(rest, v) : (rest < 0.0f) != (v < 0.0f) ? rest + v : rest;
}

#define MODULO "integer modulo zero"
CHECKED(mod_f32, float, false, MODULO, floor_mod_f32(u, v))
CHECKED(mod_f64, double, false, MODULO, floor_mod_f64(u, v))
CHECKED(mod_i8, int8_t, v == 0, MODULO, floor_mod(u, v))
CHECKED(mod_i16, int16_t, v == 0, MODULO, floor_mod(u, v))
CHECKED(mod_i32, int32_t, v == 0, MODULO, floor_mod(u, v))
CHECKED(mod_i64, int64_t, v == 0, MODULO, floor_mod(u, v))
CHECKED(mod_u8, uint8_t, v == 0, MODULO, u % v)
CHECKED(mod_u16, uint16_t, v == 0, MODULO, u % v)
CHECKED(mod_u32, uint32_t, v == 0, MODULO, u % v)
CHECKED(mod_u64, uint64_t, v == 0, MODULO, u % v)
CHECKED(fmod_i8, int8_t, v == 0, MODULO, u % v)
CHECKED(fmod_i16, int16_t, v == 0, MODULO, u % v)
CHECKED(fmod_i32, int32_t, v == 0, MODULO, v == -1 ? 0 : u % v)
CHECKED(fmod_i64, int64_t, v == 0, MODULO, v == -1 ? 0 : u % v)
CHECKED(fmod_f32, float, false, MODULO, fmodf(u, v))
CHECKED(fmod_f64, double, false, MODULO, fmod(u, v))

/* A NaN on either side wins. */
#define EXTREME(name, symbol)                                                                      \
    BINARY(name##_f32, float, float, u symbol v || u != u ? u : v)                                 \
    BINARY(name##_f64, double, double, u symbol v || u != u ? u : v)                               \
    BINARY(name##_i8, int8_t, int8_t, u symbol v ? u : v)                                          \
    BINARY(name##_i16, int16_t, int16_t, u symbol v ? u : v)                                       \
    BINARY(name##_i32, int32_t, int32_t, u symbol v ? u : v)                                       \
    BINARY(name##_i64, int64_t, int64_t, u symbol v ? u : v)                                       \
    BINARY(name##_u8, uint8_t, uint8_t, u symbol v ? u : v)                                        \
    BINARY(name##_u16, uint16_t, uint16_t, u symbol v ? u : v)                                     \
    BINARY(name##_u32, uint32_t, uint32_t, u symbol v ? u : v)                                     \
    BINARY(name##_u64, uint64_t, uint64_t, u symbol v ? u : v)

EXTREME(min, <)
EXTREME(max, >)

#define COMPARE(name, symbol)                                                                      \
    BINARY(name##_f32, float, uint8_t, u symbol v)                                                 \
    BINARY(name##_f64, double, uint8_t, u symbol v)                                                \
    BINARY(name##_i8, int8_t, uint8_t, u symbol v)                                                 \
    BINARY(name##_i16, int16_t, uint8_t, u symbol v)                                               \
    BINARY(name##_i32, int32_t, uint8_t, u symbol v)                                               \
    BINARY(name##_i64, int64_t, uint8_t, u symbol v)                                               \
    BINARY(name##_u8, uint8_t, uint8_t, u symbol v)                                                \
    BINARY(name##_u16, uint16_t, uint8_t, u symbol v)                                              \
    BINARY(name##_u32, uint32_t, uint8_t, u symbol v)                                              \
    BINARY(name##_u64, uint64_t, uint8_t, u symbol v)

COMPARE(equal, ==)
COMPARE(greater, >)
COMPARE(less, <)
COMPARE(greater_equal, >=)
COMPARE(less_equal, <=)
BINARY(equal_bool, uint8_t, uint8_t, (u != 0) == (v != 0))
BINARY(and_bool, uint8_t, uint8_t, u != 0 && v != 0)
BINARY(or_bool, uint8_t, uint8_t, u != 0 || v != 0)
BINARY(xor_bool, uint8_t, uint8_t, (u != 0) != (v != 0))
BINARY(prelu_f32, float, float, u < 0.0f ? u * v : u)
BINARY(prelu_f64, double, double, u < 0.0 ? u * v : u)
/* products wrap */
BINARY(prelu_i32, int32_t, int32_t, u < 0 ? (uint32_t)u * (uint32_t)v : (uint32_t)u)
BINARY(prelu_i64, int64_t, int64_t, u < 0 ? (uint64_t)u * (uint64_t)v : (uint64_t)u)
BINARY(prelu_u32, uint32_t, uint32_t, ((void)v, u))
BINARY(prelu_u64, uint64_t, uint64_t, ((void)v, u))

#define ALL_INTEGERS(name, expression) ALL_SIGNED(name, expression) ALL_UNSIGNED(name, expression)
#define ALL_SIGNED(name, expression)                                                               \
    BINARY(name##_i8, int8_t, int8_t, expression)                                                  \
    BINARY(name##_i16, int16_t, int16_t, expression)                                               \
    BINARY(name##_i32, int32_t, int32_t, expression)                                               \
    BINARY(name##_i64, int64_t, int64_t, expression)
#define ALL_UNSIGNED(name, expression)                                                             \
    BINARY(name##_u8, uint8_t, uint8_t, expression)                                                \
    BINARY(name##_u16, uint16_t, uint16_t, expression)                                             \
    BINARY(name##_u32, uint32_t, uint32_t, expression)                                             \
    BINARY(name##_u64, uint64_t, uint64_t, expression)

ALL_INTEGERS(bits_and, u &v)
ALL_INTEGERS(bits_or, u | v)
ALL_INTEGERS(bits_xor, u ^ v)
/* All bits have left once the shift is the type's width; copies of the sign come from the left. */
#define WITHIN(u, v) ((v) >= 0 && (uint64_t)(v) < 8 * sizeof(u))
ALL_SIGNED(shift_left, WITHIN(u, v) ? (int64_t)((uint64_t)u << v) : 0)
ALL_SIGNED(shift_right, WITHIN(u, v) ? u >> v : u < 0 ? -1 : 0)
ALL_UNSIGNED(shift_left, v < 8 * sizeof u ? (uint64_t)u << v : 0)
ALL_UNSIGNED(shift_right, v < 8 * sizeof u ? (uint64_t)u >> v : 0)

#define INTEGERS(name)                                                                             \
    [IOU_INT8] = name##_i8, [IOU_INT16] = name##_i16, [IOU_INT32] = name##_i32,                    \
    [IOU_INT64] = name##_i64, [IOU_UINT8] = name##_u8, [IOU_UINT16] = name##_u16,                  \
    [IOU_UINT32] = name##_u32, [IOU_UINT64] = name##_u64
#define NUMBERS(name) INTEGERS(name), [IOU_FLOAT] = name##_f32, [IOU_DOUBLE] = name##_f64

static const iou_binary_op binary_ops[] = {
    {"Add", false, false, {NUMBERS(add)}},
    {"Sub", false, false, {NUMBERS(sub)}},
    {"Mul", false, false, {NUMBERS(mul)}},
    {"Div", false, false, {NUMBERS(div)}},
    {"Mod", false, false, {NUMBERS(mod)}},
    {"FMod",
     false,
     false,
     {[IOU_INT8] = fmod_i8,
      [IOU_INT16] = fmod_i16,
      [IOU_INT32] = fmod_i32,
      [IOU_INT64] = fmod_i64,
      [IOU_UINT8] = mod_u8,
      [IOU_UINT16] = mod_u16,
      [IOU_UINT32] = mod_u32,
      [IOU_UINT64] = mod_u64,
      [IOU_FLOAT] = fmod_f32,
      [IOU_DOUBLE] = fmod_f64}},
    {"PRelu",
     false,
     false,
     {[IOU_FLOAT] = prelu_f32,
      [IOU_DOUBLE] = prelu_f64,
      [IOU_INT32] = prelu_i32,
      [IOU_INT64] = prelu_i64,
      [IOU_UINT32] = prelu_u32,
      [IOU_UINT64] = prelu_u64}},
    {"Min", true, false, {NUMBERS(min)}},
    {"Max", true, false, {NUMBERS(max)}},
    {"Sum", true, false, {[IOU_FLOAT] = add_f32, [IOU_DOUBLE] = add_f64}},
    {"Mean", true, false, {[IOU_FLOAT] = add_f32, [IOU_DOUBLE] = add_f64}},
    {"Equal", false, true, {NUMBERS(equal), [IOU_BOOL] = equal_bool}},
    {"Greater", false, true, {NUMBERS(greater)}},
    {"Less", false, true, {NUMBERS(less)}},
    {"GreaterOrEqual", false, true, {NUMBERS(greater_equal)}},
    {"LessOrEqual", false, true, {NUMBERS(less_equal)}},
    {"And", false, true, {[IOU_BOOL] = and_bool}},
    {"Or", false, true, {[IOU_BOOL] = or_bool}},
    {"Xor", false, true, {[IOU_BOOL] = xor_bool}},
    {"BitwiseAnd", false, false, {INTEGERS(bits_and)}},
    {"BitwiseOr", false, false, {INTEGERS(bits_or)}},
    {"BitwiseXor", false, false, {INTEGERS(bits_xor)}},
    {"ShiftLeft", false, false, {INTEGERS(shift_left)}},
    {"ShiftRight", false, false, {INTEGERS(shift_right)}},
};

const iou_binary_op *iou_binary_find(const char *name) {
    for (size_t i = 0; i < sizeof binary_ops / sizeof binary_ops[0]; i++) {
        if (strcmp(binary_ops[i].name, name) == 0) {
            return &binary_ops[i];
        }
    }
    return NULL;
}
