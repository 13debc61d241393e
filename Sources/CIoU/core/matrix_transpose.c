#include "core/matrix_transpose.h"

#include "core/sizes.h"
#include "core/target.h"

#include <stdint.h>
#include <string.h>

enum { LINE = 64 /* bytes of a cache line */, MICRO = 4, BYTES = 8 };

#define DEFINE_PART(bits)                                                                          \
    static void transpose_##bits(const iou_transposition *t, size_t r0, size_t r1, size_t c0,      \
                                 size_t c1) {                                                      \
        uint##bits##_t *to = t->to;                                                                \
        const uint##bits##_t *from = t->from;                                                      \
        for (size_t c = c0; c < c1; c++) {                                                         \
            for (size_t r = r0; r < r1; r++) {                                                     \
                to[c * t->to_stride + r] = from[r * t->from_stride + c];                           \
            }                                                                                      \
        }                                                                                          \
    }

DEFINE_PART(8)
DEFINE_PART(16)
DEFINE_PART(32)
DEFINE_PART(64)

/** Three rows of bytes, as a quantized picture has channels, a column a word of which the next one
 * overwrites the last byte (little endian). */
static void transpose_three_bytes(const iou_transposition *t) {
    const uint8_t *x = t->from, *y = x + t->from_stride, *z = y + t->from_stride;
    uint8_t *to = t->to;
    size_t c = 0;
    for (; c + 1 < t->columns; c++, to += 3) {
        const uint32_t word = x[c] | (uint32_t)y[c] << 8 | (uint32_t)z[c] << 16;
        memcpy(to, &word, sizeof word);
    }
    transpose_8(t, 0, 3, c, t->columns);
}

#if IOU_X86
/** Rows r … r+3 and columns c … c+3. */
static inline void transpose_micro(const iou_transposition *t, size_t r, size_t c) {
    const float *from = (const float *)t->from + r * t->from_stride + c;
    float *to = (float *)t->to + c * t->to_stride + r;
    __m128 a = _mm_loadu_ps(from), b = _mm_loadu_ps(from + t->from_stride);
    __m128 d = _mm_loadu_ps(from + 2 * t->from_stride);
    __m128 e = _mm_loadu_ps(from + 3 * t->from_stride);
    _MM_TRANSPOSE4_PS(a, b, d, e);
    _mm_storeu_ps(to, a);
    _mm_storeu_ps(to + t->to_stride, b);
    _mm_storeu_ps(to + 2 * t->to_stride, d);
    _mm_storeu_ps(to + 3 * t->to_stride, e);
}

static inline void store_row(char *to, __m128i bytes) {
    _mm_storel_epi64((__m128i *)(void *)to, bytes);
}

/** Rows r … r+7 and columns c … c+7 of bytes. */
static inline void transpose_bytes_micro(const iou_transposition *t, size_t r, size_t c) {
    const char *from = (const char *)t->from + r * t->from_stride + c;
    char *to = (char *)t->to + c * t->to_stride + r;
    __m128i rows[BYTES], pairs[BYTES / 2], quads[BYTES / 2];
    for (int i = 0; i < BYTES; i++) {
        rows[i] =
            _mm_loadl_epi64((const __m128i *)(const void *)(from + (size_t)i * t->from_stride));
    }
    for (int i = 0; i < BYTES / 2; i++) {
        pairs[i] = _mm_unpacklo_epi8(rows[2 * i], rows[2 * i + 1]);
    }
    for (int i = 0; i < 2; i++) {
        quads[2 * i] = _mm_unpacklo_epi16(pairs[2 * i], pairs[2 * i + 1]);
        quads[2 * i + 1] = _mm_unpackhi_epi16(pairs[2 * i], pairs[2 * i + 1]);
    }
    for (int i = 0; i < 2; i++, to += 4 * t->to_stride) {
        const __m128i low = _mm_unpacklo_epi32(quads[i], quads[i + 2]);
        const __m128i high = _mm_unpackhi_epi32(quads[i], quads[i + 2]);
        store_row(to, low);
        store_row(to + t->to_stride, _mm_unpackhi_epi64(low, low));
        store_row(to + 2 * t->to_stride, high);
        store_row(to + 3 * t->to_stride, _mm_unpackhi_epi64(high, high));
    }
}

/** Rows r0 … r1-1, of all columns, of bytes. */
static void transpose_bytes_band(const iou_transposition *t, size_t r0, size_t r1) {
    const size_t rows = r0 + (r1 - r0) / BYTES * BYTES, columns = t->columns / BYTES * BYTES;
    for (size_t c = 0; c < columns; c += BYTES) {
        for (size_t r = r0; r < rows; r += BYTES) {
            transpose_bytes_micro(t, r, c);
        }
    }
    transpose_8(t, rows, r1, 0, columns);
    transpose_8(t, r0, r1, columns, t->columns);
}

/** Three rows, as a picture has channels, of four columns each time; returns how many columns. */
static size_t transpose_three(const iou_transposition *t) {
    const float *from = t->from;
    float *to = t->to;
    size_t c = 0;
    for (; c + MICRO <= t->columns; c += MICRO, to += 3 * MICRO) {
        const __m128 x = _mm_loadu_ps(from + c), y = _mm_loadu_ps(from + t->from_stride + c);
        const __m128 z = _mm_loadu_ps(from + 2 * t->from_stride + c);
        const __m128 low = _mm_unpacklo_ps(x, y), high = _mm_unpackhi_ps(x, y);
        const __m128 z0x1 = _mm_shuffle_ps(z, x, _MM_SHUFFLE(1, 1, 0, 0));
        const __m128 y1z1 = _mm_shuffle_ps(y, z, _MM_SHUFFLE(1, 1, 1, 1));
        const __m128 z2x3 = _mm_shuffle_ps(z, high, _MM_SHUFFLE(2, 2, 2, 2));
        const __m128 y3z3 = _mm_shuffle_ps(high, z, _MM_SHUFFLE(3, 3, 3, 3));
        _mm_storeu_ps(to, _mm_shuffle_ps(low, z0x1, _MM_SHUFFLE(2, 0, 1, 0)));
        _mm_storeu_ps(to + MICRO, _mm_shuffle_ps(y1z1, high, _MM_SHUFFLE(1, 0, 2, 0)));
        _mm_storeu_ps(to + 2 * MICRO, _mm_shuffle_ps(z2x3, y3z3, _MM_SHUFFLE(2, 0, 2, 0)));
    }
    return c;
}

/** Rows r0 … r1-1, of all columns. */
static void transpose_band(const iou_transposition *t, size_t r0, size_t r1) {
    if (t->rows == 3 && t->to_stride == 3) {
        transpose_32(t, 0, 3, transpose_three(t), t->columns);
        return;
    }
    const size_t rows = r0 + (r1 - r0) / MICRO * MICRO, columns = t->columns / MICRO * MICRO;
    for (size_t c = 0; c < columns; c += MICRO) {
        for (size_t r = r0; r < rows; r += MICRO) {
            transpose_micro(t, r, c);
        }
    }
    transpose_32(t, rows, r1, 0, columns);
    transpose_32(t, r0, r1, columns, t->columns);
}
#else
static void transpose_bytes_band(const iou_transposition *t, size_t r0, size_t r1) {
    transpose_8(t, r0, r1, 0, t->columns);
}

static void transpose_band(const iou_transposition *t, size_t r0, size_t r1) {
    transpose_32(t, r0, r1, 0, t->columns);
}
#endif

void iou_transpose(const iou_transposition *t, size_t size) {
    if (t->rows == 3 && t->to_stride == 3 && size == 1) {
        transpose_three_bytes(t);
        return;
    }
    /* Rows that are written while their cache lines are at hand. */
    const size_t band = LINE / size;
    for (size_t r = 0; r < t->rows; r += band) {
        const size_t end = r + iou_size_min(band, t->rows - r);
        switch (size) {
        case 1: transpose_bytes_band(t, r, end); break;
        case 2: transpose_16(t, r, end, 0, t->columns); break;
        case 4: transpose_band(t, r, end); break;
        default: transpose_64(t, r, end, 0, t->columns); break;
        }
    }
}
