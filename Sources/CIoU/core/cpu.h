/* Instruction sets, and processors that this process may use. */
#ifndef IOU_CPU_H
#define IOU_CPU_H

#include "core/contraction.h"
#include "iou/iou.h"

#include <stddef.h>

/** Sets of instructions, as flags: a processor has some, a kernel needs some. */
typedef unsigned iou_isa;
enum {
    IOU_ISA_SCALAR = 0,       /**< plain C */
    IOU_ISA_AVX2 = 1 << 0,    /**< with FMA */
    IOU_ISA_AVX512 = 1 << 1,  /**< F, VL, BW and DQ */
    IOU_ISA_BLAS = 1 << 2,    /**< products by OpenBLAS, all else in plain C */
    IOU_ISA_VNNI = 1 << 3,    /**< products of bytes in vectors of AVX-512 */
    IOU_ISA_AVX_VNNI = 1 << 4 /**< products of bytes in vectors of AVX2 */
};

/** All that the processor and the operating system offer. */
iou_isa iou_cpu_best(void);

/** The level called `name`, with what is below it (NULL: $IOU_ISA, else all, or OpenBLAS where
 * there are no kernels for this CPU); fails if this CPU or the library lacks it. */
iou_status iou_cpu_select(const char *name, iou_isa *isa, iou_error *error);

/** The name of the highest level in `isa`. */
const char *iou_isa_name(iou_isa isa);

/** Whether a processor that has `isa` runs what needs `needs`. */
static inline bool iou_isa_has(iou_isa isa, iou_isa needs) {
    return (needs & ~isa) == 0;
}

/**
 * The best of `count` variants of a kernel family, which ascend and each begin with the iou_isa
 * that they need; NULL where `isa` has none.
 */
const void *iou_isa_select(const void *const *variants, size_t count, iou_isa isa);

#define IOU_ISA_SELECT(variants, isa)                                                              \
    iou_isa_select(variants, sizeof(variants) / sizeof *(variants), isa)

/** Processors that affinity mask and cgroup quota leave to this process; at least 1. */
int iou_cpu_count(void);

#endif
