/* The blocks by pairs of taps as int16. */
#include "ops/quantize/channel_blocks.h"

#include "core/target.h"

#if IOU_X86

#define KERNEL_BLOCK 32
#define PART 2
#define SLIDES 0

IOU_TARGET_BEGIN(IOU_TARGET_AVX2)

#define BLOCK(name) name##_block
#define BYTES __m256i
#define REALS __m256
#define Q(name) _mm256_##name
#define LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define LOAD_CHANNELS(p, n) LOAD(p)
#define STORE_CHANNELS(p, n, v) _mm256_storeu_si256((__m256i *)(void *)(p), v)
#include "ops/quantize/channel_blocks_body.h"

#undef BLOCK
#undef BYTES
#undef REALS
#undef Q
#undef LOAD
#undef STORE_CHANNELS
#define BLOCK(name) name##_half
#define BYTES __m128i
#define REALS __m128
#define Q(name) _mm_##name
#define LOAD(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
#define STORE_CHANNELS(p, n, v) _mm_storeu_si128((__m128i *)(void *)(p), v)
#include "ops/quantize/channel_blocks_body.h"

#include "ops/quantize/channel_blocks_loop.h"

IOU_TARGET_END

const iou_channel_blocks iou_channel_blocks_avx2 = {IOU_ISA_AVX2, PART, KERNEL_BLOCK,
                                                    KERNEL_BLOCK / 2, run};

#else
typedef int iou_channel_blocks_avx2_is_empty;
#endif
