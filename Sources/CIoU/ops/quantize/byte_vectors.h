/*
 * Loops that end in bytes, in vectors. The includer says, of vectors of int32, BYTE_VECTOR,
 * BYTE_LANES, BYTES_u8(p) and BYTES_i8(p), which widen bytes, BYTE_HALVES(low, high), which takes
 * int16 halves of lanes, BYTE_PAIRS(a, b), which adds the products of these, BYTE_PLUS(a, b),
 * BYTE_MINUS(a, b), BYTE_TIMES(a, b), BYTE_XOR(a, b), BYTE_SET(x), BYTE_LOAD(p), BYTE_STORE(p, v)
 * and BYTE_NARROW(p, v), which stores the lowest bytes; BYTE_PACK16(a, b), BYTE_PACK8(a, b) and
 * BYTE_PACK8_SIGNED(a, b), which saturate to int16, uint8 and int8 in each 128 bits,
 * BYTE_IN_ORDER(v), which puts what these two made of four vectors in order, BYTE_STORE_HALVES(p,
 * q, v), BYTE_SET16(x) and BYTE_PLUS16(a, b), which saturates; of bytes, BYTE_PART(p), the same 16
 * in each 128 bits, BYTE_SET8(x), BYTE_PLUS8(a, b), which saturates, BYTE_OR(a, b) and
 * BYTE_SHUFFLE(v, index); of floats, REALS, REALS_SET(x),
 * REALS_LOAD(p), REALS_OF(v), REALS_ROUNDED(x), to even, REALS_NUMBERS(x), which makes NaN 0, and
 * REALS_PLUS, _TIMES, _OVER, _MAX and _MIN of two.
 */

/* As TO_BYTE. */
IOU_INLINE BYTE_VECTOR to_bytes(const iou_quantize_row *row, REALS x) {
    const REALS least = REALS_SET((float)(row->least - row->zero));
    const REALS most = REALS_SET((float)(row->most - row->zero));
    const REALS limited = REALS_MIN(REALS_MAX(REALS_NUMBERS(x), least), most);
    return BYTE_PLUS(REALS_ROUNDED(limited), BYTE_SET(row->zero));
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

/* Numbers of a vector of sums, to which the zero point is to be added. */
IOU_INLINE BYTE_VECTOR rescaled(const iou_quantize_row *row, const iou_rescale_row *columns,
                                const int32_t *sums, size_t column, bool plain) {
    const REALS sum = REALS_OF(BYTE_LOAD(sums + column));
    const REALS product = REALS_TIMES(sum, REALS_LOAD(columns->factors + column));
    if (plain) {
        return REALS_ROUNDED(product);
    }
    const REALS least = REALS_SET((float)(row->least - row->zero));
    const REALS most = REALS_SET((float)(row->most - row->zero));
    const REALS moved = REALS_PLUS(product, REALS_LOAD(columns->offsets + column));
    return REALS_ROUNDED(REALS_MIN(REALS_MAX(moved, least), most));
}

/* Two vectors of columns of two rows, of which `n` bytes each are stored. */
IOU_INLINE void requantize_four(const iou_quantize_row *row, const iou_rescale_row *columns,
                                const int32_t *const sums[2], size_t column, bool plain, size_t n,
                                uint8_t *const y[2]) {
    const BYTE_VECTOR zero = BYTE_SET16((int16_t)row->zero);
    BYTE_VECTOR words[2];
    for (size_t r = 0; r < 2; r++) {
        const BYTE_VECTOR low = rescaled(row, columns, sums[r], column, plain);
        const BYTE_VECTOR high = rescaled(row, columns, sums[r], column + BYTE_LANES, plain);
        words[r] = BYTE_PLUS16(BYTE_PACK16(low, high), zero);
    }
    const BYTE_VECTOR bytes =
        row->least < 0 ? BYTE_PACK8_SIGNED(words[0], words[1]) : BYTE_PACK8(words[0], words[1]);
    BYTE_VECTOR rows = BYTE_IN_ORDER(bytes);
    if (n == 2 * BYTE_LANES) {
        BYTE_STORE_HALVES(y[0] + column, y[1] + column, rows);
    } else {
        __builtin_memcpy(y[0] + column, &rows, n);
        __builtin_memcpy(y[1] + column, (const uint8_t *)&rows + 2 * BYTE_LANES, n);
    }
}

IOU_INLINE void requantize_rows(const iou_quantize_row *row, const iou_rescale_row *columns,
                                const iou_sums *sums, bool plain, uint8_t *y, size_t stride) {
    for (size_t r = 0; r < sums->rows; r += 2) {
        const size_t next = r + 1 < sums->rows ? r + 1 : r;
        const int32_t *const from[] = {sums->at + r * sums->stride, sums->at + next * sums->stride};
        uint8_t *const to[] = {y + r * stride, y + next * stride};
        for (size_t i = 0; i < sums->columns; i += 2 * BYTE_LANES) {
            const size_t left = sums->columns - i;
            const size_t n = left < 2 * BYTE_LANES ? left : 2 * BYTE_LANES;
            requantize_four(row, columns, from, i, plain, n, to);
        }
    }
}

/* Whether saturation of the type is all that limits numbers. */
IOU_INLINE bool is_whole_type(const iou_quantize_row *row) {
    return row->least < 0 ? row->least == INT8_MIN && row->most == INT8_MAX
                          : row->least == 0 && row->most == UINT8_MAX;
}

static void requantize(const iou_quantize_row *given, const iou_rescale_row *given_columns,
                       const iou_sums *given_sums, uint8_t *y, size_t stride) {
    const iou_quantize_row row = *given;
    const iou_rescale_row columns = *given_columns;
    const iou_sums sums = *given_sums;
    if (columns.plain && is_whole_type(&row)) {
        requantize_rows(&row, &columns, &sums, true, y, stride);
    } else {
        requantize_rows(&row, &columns, &sums, false, y, stride);
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

/* The table in 16 parts, of which each byte finds one: the others' shuffles leave 0. */
static void translate(const uint8_t *table, const uint8_t *x, uint8_t *y, size_t n) {
    enum { PARTS = 16 };
    BYTE_VECTOR parts[PARTS];
    for (size_t k = 0; k < PARTS; k++) {
        parts[k] = BYTE_PART(table + k * PARTS);
    }
    size_t i = 0;
    for (; i + sizeof(BYTE_VECTOR) <= n; i += sizeof(BYTE_VECTOR)) {
        const BYTE_VECTOR bytes = BYTE_LOAD(x + i);
        BYTE_VECTOR found = BYTE_SET(0);
        IOU_UNROLLED
        for (size_t k = 0; k < PARTS; k++) {
            const BYTE_VECTOR from = BYTE_XOR(bytes, BYTE_SET8((char)(k * PARTS)));
            const BYTE_VECTOR index = BYTE_PLUS8(from, BYTE_SET8(0x70));
            found = BYTE_OR(found, BYTE_SHUFFLE(parts[k], index));
        }
        BYTE_STORE(y + i, found);
    }
    translate_rest(table, x, y, i, n);
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
