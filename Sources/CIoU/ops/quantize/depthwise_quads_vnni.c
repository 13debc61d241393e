#include "ops/quantize/depthwise_quads.h"

#include "core/target.h"

#if IOU_X86 && !defined(IOU_EMULATE_AVX512)

IOU_TARGET_BEGIN(IOU_TARGET_AVX512 ",avx512vnni")

/* Where a window's channels are: from the first on, in bytes from the pixels, and in the output. */
typedef struct window {
    size_t channel, pixel, out;
} window;

#define BLOCK(name) name##_block
#define BYTES __m512i
#define REALS __m512
#define MASK __mmask64
#define Q(name) _mm512_##name
#define LOAD(p) _mm512_loadu_si512(p)
#include "ops/quantize/depthwise_quads_body.h"

#undef BLOCK
#undef BYTES
#undef REALS
#undef MASK
#undef Q
#undef LOAD
#define BLOCK(name) name##_half
#define BYTES __m256i
#define REALS __m256
#define MASK __mmask32
#define Q(name) _mm256_##name
#define LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#include "ops/quantize/depthwise_quads_body.h"

/* A block of channels of all windows. */
IOU_INLINE void sum_channels(const iou_quads *quads, size_t c, bool plain) {
    const size_t left = quads->channels - c;
    for (size_t i = 0; i < quads->windows; i++) {
        const window at = {c, i * quads->step + c, i * quads->channels + c};
        if (left >= IOU_QUADS_BLOCK) {
            sum_block(quads, &at, ~(__mmask64)0, plain);
        } else if (left > IOU_QUADS_HALF) {
            sum_block(quads, &at, ((__mmask64)1 << left) - 1, plain);
        } else {
            sum_half(quads, &at, (__mmask32)(((uint64_t)1 << left) - 1), plain);
        }
    }
}

IOU_INLINE void sum_all(const iou_quads *quads, bool plain) {
    for (size_t c = 0; c < quads->channels; c += iou_quads_block(c, quads->channels)) {
        sum_channels(quads, c, plain);
    }
}

/* The output may be a part of anything, so that what is told is copied first. */
void iou_quads_vnni(const iou_quads *given) {
    const iou_quads quads = *given;
    if (quads.columns.plain && quads.row.least == 0 && quads.row.most == UINT8_MAX) {
        sum_all(&quads, true);
    } else {
        sum_all(&quads, false);
    }
}

IOU_TARGET_END

#elif IOU_X86

/* Emulated processors lack it: see integer_conv_quads.c. */
void iou_quads_vnni(const iou_quads *quads) {
    (void)quads;
}

#endif
