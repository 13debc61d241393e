/*
 * All kernels of one instruction set: include a simd_*.h header, define IOU_ROWS (6 or 12: of the
 * wide ones), include this. Gives gemm_wide_N and gemm_slim_N (always up to 12).
 */
#include "core/simd_math.h"

#include <math.h>
#include "ops/matmul/gemm.h"

#define IOU_EACH_1(f) f(0)
#define IOU_EACH_2(f) IOU_EACH_1(f) f(1)
#define IOU_EACH_3(f) IOU_EACH_2(f) f(2)
#define IOU_EACH_4(f) IOU_EACH_3(f) f(3)
#define IOU_EACH_5(f) IOU_EACH_4(f) f(4)
#define IOU_EACH_6(f) IOU_EACH_5(f) f(5)
#define IOU_EACH_7(f) IOU_EACH_6(f) f(6)
#define IOU_EACH_8(f) IOU_EACH_7(f) f(7)
#define IOU_EACH_9(f) IOU_EACH_8(f) f(8)
#define IOU_EACH_10(f) IOU_EACH_9(f) f(9)
#define IOU_EACH_11(f) IOU_EACH_10(f) f(10)
#define IOU_EACH_12(f) IOU_EACH_11(f) f(11)

IOU_TARGET_BEGIN(IOU_SIMD_TARGET)

#define IOU_TILE_ROWS 1
#include "ops/matmul/gemm_f32_kernel.h"
#define IOU_TILE_ROWS 2
#include "ops/matmul/gemm_f32_kernel.h"
#define IOU_TILE_ROWS 3
#include "ops/matmul/gemm_f32_kernel.h"
#define IOU_TILE_ROWS 4
#include "ops/matmul/gemm_f32_kernel.h"
#define IOU_TILE_ROWS 5
#include "ops/matmul/gemm_f32_kernel.h"
#define IOU_TILE_ROWS 6
#include "ops/matmul/gemm_f32_kernel.h"
#define IOU_TILE_ROWS 7
#include "ops/matmul/gemm_f32_kernel.h"
#define IOU_TILE_ROWS 8
#include "ops/matmul/gemm_f32_kernel.h"
#define IOU_TILE_ROWS 9
#include "ops/matmul/gemm_f32_kernel.h"
#define IOU_TILE_ROWS 10
#include "ops/matmul/gemm_f32_kernel.h"
#define IOU_TILE_ROWS 11
#include "ops/matmul/gemm_f32_kernel.h"
#define IOU_TILE_ROWS 12
#include "ops/matmul/gemm_f32_kernel.h"

IOU_TARGET_END

#define IOU_ROWS_6(kind) NULL, kind##1, kind##2, kind##3, kind##4, kind##5, kind##6
#define IOU_ROWS_12(kind) IOU_ROWS_6(kind), kind##7, kind##8, kind##9, kind##10, kind##11, kind##12
