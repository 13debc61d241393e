/*
 * Loops that end in bytes, in vectors. The includer says, of vectors of int32, BYTE_VECTOR,
 * BYTE_LANES, BYTES_u8(p) and BYTES_i8(p), which widen bytes, BYTE_HALVES(low, high), which takes
 * int16 halves of lanes, BYTE_PAIRS(a, b), which adds the products of these, BYTE_PLUS(a, b),
 * BYTE_MINUS(a, b), BYTE_TIMES(a, b), BYTE_XOR(a, b), BYTE_SET(x), BYTE_LOAD(p), BYTE_STORE(p, v)
 * and BYTE_NARROW(p, v), which stores the lowest bytes; of floats, REALS, REALS_SET(x),
 * REALS_LOAD(p), REALS_OF(v), REALS_ROUNDED(x), to even, REALS_NUMBERS(x), which makes NaN 0, and
 * REALS_PLUS, _TIMES, _OVER, _MAX and _MIN of two.
 */

/* As TO_BYTE, of numbers. */
IOU_INLINE BYTE_VECTOR limited_to_bytes(const iou_quantize_row *row, REALS x) {
    const REALS least = REALS_SET((float)(row->least - row->zero));
    const REALS most = REALS_SET((float)(row->most - row->zero));
    const REALS limited = REALS_MIN(REALS_MAX(x, least), most);
    return BYTE_PLUS(REALS_ROUNDED(limited), BYTE_SET(row->zero));
}

IOU_INLINE BYTE_VECTOR to_bytes(const iou_quantize_row *row, REALS x) {
    return limited_to_bytes(row, REALS_NUMBERS(x));
}

/* Bytes may be parts of anything, so that what the loops are told is copied first. */
static void quantize(const iou_quantize_row *given, const float *x, uint8_t *y, size_t n) {
    const iou_quantize_row own = *given, *row = &own;
    const REALS scale = REALS_SET(row->scale);
    size_t i = 0;
    for (; i + BYTE_LANES <= n; i += BYTE_LANES) {
        BYTE_NARROW(y + i, to_bytes(row, REALS_OVER(REALS_LOAD(x + i), scale)));
    }
    quantize_rest(row, x, y, i, n);
}

/* `n` columns, at most a vector, of all rows. */
IOU_INLINE void requantize_columns(const iou_quantize_row *row, REALS factors, REALS offsets,
                                   const iou_sums *sums, size_t first, size_t n, uint8_t *y,
                                   size_t stride) {
    for (size_t r = 0; r < sums->rows; r++) {
        const REALS sum = REALS_OF(BYTE_LOAD(sums->at + r * sums->stride + first));
        const REALS moved = REALS_PLUS(REALS_TIMES(sum, factors), offsets);
        const BYTE_VECTOR made = limited_to_bytes(row, moved);
        if (n == BYTE_LANES) {
            BYTE_NARROW(y + r * stride + first, made);
        } else {
            uint8_t all[BYTE_LANES];
            BYTE_NARROW(all, made);
            __builtin_memcpy(y + r * stride + first, all, n);
        }
    }
}

static void requantize(const iou_quantize_row *given, const iou_rescale_row *columns,
                       const iou_sums *given_sums, uint8_t *y, size_t stride) {
    const iou_quantize_row own = *given, *row = &own;
    const iou_sums all = *given_sums, *sums = &all;
    for (size_t i = 0; i < sums->columns; i += BYTE_LANES) {
        const size_t left = sums->columns - i, n = left < BYTE_LANES ? left : BYTE_LANES;
        requantize_columns(row, REALS_LOAD(columns->factors + i), REALS_LOAD(columns->offsets + i),
                           sums, i, n, y, stride);
    }
}

IOU_INLINE BYTE_VECTOR bytes_at(const iou_byte_binary *o, int operand, const uint8_t *bytes) {
    return BYTE_MINUS(BYTE_XOR(BYTES_u8(bytes), BYTE_SET(o->flips[operand])),
                      BYTE_SET(o->zeros[operand]));
}

static void add(const iou_byte_binary *given, const uint8_t *a, const uint8_t *b, uint8_t *y,
                size_t n) {
    const iou_byte_binary own = *given, *o = &own;
    const REALS first = REALS_SET(o->factors[0]), second = REALS_SET(o->factors[1]);
    size_t i = 0;
    for (; i + BYTE_LANES <= n; i += BYTE_LANES) {
        const REALS one = REALS_TIMES(REALS_OF(bytes_at(o, 0, a + i)), first);
        const REALS other = REALS_TIMES(REALS_OF(bytes_at(o, 1, b + i)), second);
        BYTE_NARROW(y + i, to_bytes(&o->row, REALS_PLUS(one, other)));
    }
    add_rest(o, a, b, y, i, n);
}

static void multiply(const iou_byte_binary *given, const uint8_t *a, const uint8_t *b, uint8_t *y,
                     size_t n) {
    const iou_byte_binary own = *given, *o = &own;
    const REALS factor = REALS_SET(o->factors[0]);
    size_t i = 0;
    for (; i + BYTE_LANES <= n; i += BYTE_LANES) {
        const BYTE_VECTOR product = BYTE_TIMES(bytes_at(o, 0, a + i), bytes_at(o, 1, b + i));
        BYTE_NARROW(y + i, to_bytes(&o->row, REALS_TIMES(REALS_OF(product), factor)));
    }
    multiply_rest(o, a, b, y, i, n);
}

/* Two taps are the halves of lanes, whose products one instruction adds. */
#define DEPTHWISE_VECTORS(suffix)                                                                  \
    static void depthwise_##suffix(const iou_depthwise_bytes *w) {                                 \
        size_t c = 0;                                                                              \
        for (; c + BYTE_LANES <= w->channels; c += BYTE_LANES) {                                   \
            BYTE_VECTOR sums = BYTE_LOAD(w->starts + c);                                           \
            const int16_t *weights = w->weights + 2 * c;                                           \
            for (size_t k = 0; k < w->pairs; k++) {                                                \
                const BYTE_VECTOR one = BYTES_##suffix((const char *)w->pixels[2 * k] + c);        \
                const BYTE_VECTOR other = BYTES_##suffix((const char *)w->pixels[2 * k + 1] + c);  \
                const BYTE_VECTOR both = BYTE_HALVES(one, other);                                  \
                sums = BYTE_PLUS(sums, BYTE_PAIRS(both, BYTE_LOAD(weights)));                      \
                weights += w->stride;                                                              \
            }                                                                                      \
            BYTE_STORE(w->sums + c, sums);                                                         \
        }                                                                                          \
        depthwise_rest_##suffix(w, c);                                                             \
    }

DEPTHWISE_VECTORS(u8)
DEPTHWISE_VECTORS(i8)
