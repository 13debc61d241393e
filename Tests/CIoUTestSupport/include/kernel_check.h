/* Compares every kernel with its scalar definition. */
#ifndef IOU_KERNEL_CHECK_H
#define IOU_KERNEL_CHECK_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Every convolution kernel that this CPU can run, over many shapes. Returns the number of
 * failures; `message` receives the first of them. */
int iou_check_conv_kernels(char *message, size_t capacity);

/** The same for products of matrices. */
int iou_check_gemm_kernels(char *message, size_t capacity);

/** The same for pooling, to the bit. */
int iou_check_pool_kernels(char *message, size_t capacity);

/** The same for transposed convolutions. */
int iou_check_conv_transpose(char *message, size_t capacity);

/** The same for tiles of integer products, to the bit; of AVX-VNNI with its instruction emulated.
 */
int iou_check_integer_kernels(char *message, size_t capacity);

/** What Conv's infer returns and refuses. */
int iou_check_conv_infer(char *message, size_t capacity);

/** Prints GFLOP/s beside the processor's peak. */
void iou_bench_conv_kernels(void);

#ifdef __cplusplus
}
#endif

#endif
