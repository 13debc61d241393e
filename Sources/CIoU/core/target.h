/*
 * Code for one instruction set inside a portable build: everything between IOU_TARGET_BEGIN and
 * IOU_TARGET_END may use it. Include the intrinsics before, never in between.
 */
#ifndef IOU_TARGET_H
#define IOU_TARGET_H

#include "core/contraction.h"

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define IOU_X86 1
#include <immintrin.h>
#else
#define IOU_X86 0
#endif

#define IOU_PRAGMA(text) _Pragma(#text)

#if defined(__clang__)
#define IOU_TARGET_BEGIN(features)                                                                 \
    IOU_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define IOU_TARGET_END _Pragma("clang attribute pop")
#else
#define IOU_TARGET_BEGIN(features) _Pragma("GCC push_options") IOU_PRAGMA(GCC target(features))
#define IOU_TARGET_END _Pragma("GCC pop_options")
#endif

#define IOU_TARGET_AVX2 "avx2,fma"
#define IOU_TARGET_AVX512 "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"

/** For the small functions of a kernel's body. */
#define IOU_INLINE static inline __attribute__((always_inline, unused))

/** Has the next loop, whose count compilers know, written out, so that its arrays are registers. */
#define IOU_UNROLLED IOU_PRAGMA(GCC unroll 36)

/** Tells compilers that iterations of the next loop are independent even if out is in. */
#if defined(__clang__)
#define IOU_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define IOU_INDEPENDENT _Pragma("GCC ivdep")
#else
#define IOU_INDEPENDENT
#endif

#endif
