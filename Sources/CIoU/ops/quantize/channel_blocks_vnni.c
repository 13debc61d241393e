#include "ops/quantize/channel_blocks.h"

#include "core/target.h"

#if IOU_X86 && !defined(IOU_EMULATE_AVX512)

#define KERNEL_BLOCK 64
#define PART 4
#define SLIDES 1

IOU_TARGET_BEGIN(IOU_TARGET_AVX512 ",avx512vnni")

#define BLOCK(name) name##_block
#define BYTES __m512i
#define REALS __m512
#define Q(name) _mm512_##name
#define LOAD(p) _mm512_loadu_si512(p)
#define FIRST(n) (~(uint64_t)0 >> (64 - (n)))
#define LOAD_CHANNELS(p, n) _mm512_maskz_loadu_epi8(FIRST(n), p)
#define STORE_CHANNELS(p, n, v) _mm512_mask_storeu_epi8(p, FIRST(n), v)
#include "ops/quantize/channel_blocks_body.h"

#undef BLOCK
#undef BYTES
#undef REALS
#undef Q
#undef LOAD
#undef LOAD_CHANNELS
#undef STORE_CHANNELS
#define BLOCK(name) name##_half
#define BYTES __m256i
#define REALS __m256
#define Q(name) _mm256_##name
#define LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define LOAD_CHANNELS(p, n) _mm256_maskz_loadu_epi8((uint32_t)FIRST(n), p)
#define STORE_CHANNELS(p, n, v) _mm256_mask_storeu_epi8(p, (uint32_t)FIRST(n), v)
#include "ops/quantize/channel_blocks_body.h"

#include "ops/quantize/channel_blocks_loop.h"

IOU_TARGET_END

const iou_channel_blocks iou_channel_blocks_vnni = {IOU_ISA_AVX512 | IOU_ISA_VNNI, PART,
                                                    KERNEL_BLOCK, 1, run};

#else
typedef int iou_channel_blocks_vnni_is_empty;
#endif
