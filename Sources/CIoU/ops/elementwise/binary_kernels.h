/* Loops over two operands, one for each function and element type. */
#ifndef IOU_BINARY_KERNELS_H
#define IOU_BINARY_KERNELS_H

#include "iou/iou.h"

enum { IOU_BINARY_TYPES = IOU_UINT64 + 1 };

/** y[i] = f(a[i * sa], b[i * sb]); returns NULL, or what is wrong with the data. */
typedef const char *(*iou_binary_fn)(const void *a, const void *b, void *y, size_t n, int64_t sa,
                                     int64_t sb);

typedef struct iou_binary_op {
    const char *name;
    bool variadic; /**< any number of inputs, from one */
    bool compares; /**< the output is bool */
    iou_binary_fn apply[IOU_BINARY_TYPES];
} iou_binary_op;

/** The row called `name` ("Mod" and "FMod" are two), or NULL. */
const iou_binary_op *iou_binary_find(const char *name);

#endif
