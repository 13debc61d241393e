/*
 * Depthwise sums of a vector of channels: two taps are the halves of int32 lanes, whose products one
 * instruction adds. The includer says BYTE_VECTOR, BYTE_LANES, BYTES_u8(p) and BYTES_i8(p), which
 * widen bytes to int32, BYTE_HALVES(low, high), BYTE_PAIRS(a, b), BYTE_PLUS(a, b), BYTE_LOAD(p) and
 * BYTE_STORE(p, v).
 */
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
