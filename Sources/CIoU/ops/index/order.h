/* The order of elements as integers: one sort and one selection for every type. */
#ifndef IOU_ORDER_H
#define IOU_ORDER_H

#include "ops/op.h"

/** An element's position in an order: the smaller key first, then the lower index. */
typedef struct iou_ranked {
    uint64_t key, index;
} iou_ranked;

/** How elements become keys: ascending; `flip` UINT64_MAX turns the order around. */
typedef struct iou_order {
    iou_type type;
    uint64_t flip;
    uint64_t nan; /**< the key of every NaN: 0 or UINT64_MAX, which no number has */
} iou_order;

/** Elements of a block of keys. */
enum { IOU_KEYS = 256 };

/** Keys of n <= IOU_KEYS elements, `stride` elements apart. -0 equals 0. */
void iou_order_keys(const iou_order *order, const void *data, size_t stride, size_t n,
                    uint64_t keys[IOU_KEYS]);

/** Sorts n items by key, keeping the order of equal ones; `spare` has room for n. */
void iou_order_sort(iou_ranked *items, size_t n, iou_ranked *spare);

/** Items that iou_order_select needs in `items`. */
size_t iou_order_room(size_t n, size_t k);
/** The first k of n elements in order, sorted, into items[0 … k-1]; k <= n. */
void iou_order_select(const iou_order *order, const void *data, size_t stride, size_t n, size_t k,
                      iou_ranked *items);

#endif
