/* Instruction sets, and processors that this process may use. */
#ifndef IOU_CPU_H
#define IOU_CPU_H

#include "core/contraction.h"
#include "iou/iou.h"

/** Levels in ascending order; a kernel table is filled from scalar upwards. */
typedef enum iou_isa { IOU_ISA_SCALAR = 0, IOU_ISA_AVX2 = 1, IOU_ISA_AVX512 = 2 } iou_isa;

/** The best level that the processor and the operating system offer. */
iou_isa iou_cpu_best(void);

/** The level called `name` (NULL: $IOU_ISA, else the best); fails if this CPU lacks it. */
iou_status iou_cpu_select(const char *name, iou_isa *isa, iou_error *error);

const char *iou_isa_name(iou_isa isa);

/** Processors that affinity mask and cgroup quota leave to this process; at least 1. */
int iou_cpu_count(void);

#endif
