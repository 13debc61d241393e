#include "ops/index/order.h"

#include "core/sizes.h"

#include <string.h>

/* ---- Keys ---------------------------------------------------------------------------------- */

/* Floating-point numbers order like their bits, once negative ones are turned around. */
#define FLOAT_KEYS(unsigned_type, bits, infinity)                                                  \
    do {                                                                                           \
        const unsigned_type *from = data;                                                          \
        const unsigned_type sign = (unsigned_type)((unsigned_type)1 << (bits - 1));                \
        for (size_t i = 0; i < n; i++) {                                                           \
            const unsigned_type x = from[i * stride];                                              \
            const unsigned_type size = (unsigned_type)(x & (unsigned_type)(sign - 1));             \
            const unsigned_type key =                                                              \
                (unsigned_type)((x & sign) != 0 ? sign - size : sign + size);                      \
            keys[i] = size > (infinity) ? order->nan : (uint64_t)key ^ order->flip;                \
        }                                                                                          \
    } while (0)

#define INTEGER_KEYS(type, least)                                                                  \
    do {                                                                                           \
        const type *from = data;                                                                   \
        for (size_t i = 0; i < n; i++) {                                                           \
            keys[i] = ((uint64_t)from[i * stride] - (uint64_t)(least)) ^ order->flip;              \
        }                                                                                          \
    } while (0)

void iou_order_keys(const iou_order *order, const void *data, size_t stride, size_t n,
                    uint64_t keys[IOU_KEYS]) {
    switch (order->type) {
    case IOU_FLOAT: FLOAT_KEYS(uint32_t, 32, 0x7f800000u); break;
    case IOU_DOUBLE: FLOAT_KEYS(uint64_t, 64, UINT64_C(0x7ff0000000000000)); break;
    case IOU_FLOAT16: FLOAT_KEYS(uint16_t, 16, 0x7c00); break;
    case IOU_BFLOAT16: FLOAT_KEYS(uint16_t, 16, 0x7f80); break;
    case IOU_INT8: INTEGER_KEYS(int8_t, INT8_MIN); break;
    case IOU_INT16: INTEGER_KEYS(int16_t, INT16_MIN); break;
    case IOU_INT32: INTEGER_KEYS(int32_t, INT32_MIN); break;
    case IOU_INT64: INTEGER_KEYS(int64_t, INT64_MIN); break;
    case IOU_UINT16: INTEGER_KEYS(uint16_t, 0); break;
    case IOU_UINT32: INTEGER_KEYS(uint32_t, 0); break;
    case IOU_UINT64: INTEGER_KEYS(uint64_t, 0); break;
    default: INTEGER_KEYS(uint8_t, 0); break;
    }
}

/* ---- Sorting ------------------------------------------------------------------------------- */

enum { SHORT = 32, DIGITS = 8, VALUES = 256 };

static void sort_short(iou_ranked *items, size_t n) {
    for (size_t i = 1; i < n; i++) {
        const iou_ranked item = items[i];
        size_t at = i;
        for (; at > 0 && items[at - 1].key > item.key; at--) {
            items[at] = items[at - 1];
        }
        items[at] = item;
    }
}

/* A byte of the keys at a time, from the lowest; bytes that all keys share are skipped. */
void iou_order_sort(iou_ranked *items, size_t n, iou_ranked *spare) {
    if (n <= SHORT) {
        sort_short(items, n);
        return;
    }
    size_t counts[DIGITS][VALUES] = {{0}};
    for (size_t i = 0; i < n; i++) {
        for (int d = 0; d < DIGITS; d++) {
            counts[d][items[i].key >> (8 * d) & 255]++;
        }
    }
    iou_ranked *from = items, *to = spare;
    for (int d = 0; d < DIGITS; d++) {
        if (counts[d][items[0].key >> (8 * d) & 255] == n) {
            continue;
        }
        size_t starts[VALUES], start = 0;
        for (int v = 0; v < VALUES; v++) {
            starts[v] = start;
            start += counts[d][v];
        }
        for (size_t i = 0; i < n; i++) {
            to[starts[from[i].key >> (8 * d) & 255]++] = from[i];
        }
        iou_ranked *const swap = from;
        from = to;
        to = swap;
    }
    if (from != items) {
        memcpy(items, from, n * sizeof *items);
    }
}

/* ---- Selection ----------------------------------------------------------------------------- */

static bool is_behind(iou_ranked a, iou_ranked b) {
    return a.key > b.key || (a.key == b.key && a.index > b.index);
}

/* Lets `item` sink from position `at` of a heap whose root is the last in order. */
static void sink(iou_ranked *heap, size_t n, size_t at, iou_ranked item) {
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= n) {
            break;
        }
        child += child + 1 < n && is_behind(heap[child + 1], heap[child]);
        if (!is_behind(heap[child], item)) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = item;
}

/* Sorting everything is faster than a heap that most elements pass through. */
static bool sorts_all(size_t n, size_t k) {
    return k > n / 8;
}

size_t iou_order_room(size_t n, size_t k) {
    return sorts_all(n, k) ? 2 * n : k;
}

void iou_order_select(const iou_order *order, const void *data, size_t stride, size_t n, size_t k,
                      iou_ranked *items) {
    const size_t size = iou_type_size(order->type);
    const bool all = sorts_all(n, k);
    const size_t most = all ? n : k;
    uint64_t keys[IOU_KEYS];
    for (size_t at = 0; at < n && k > 0; at += IOU_KEYS) {
        const size_t count = iou_size_min(n - at, IOU_KEYS);
        iou_order_keys(order, (const char *)data + at * stride * size, stride, count, keys);
        for (size_t i = 0; i < count; i++) {
            const iou_ranked item = {keys[i], at + i};
            if (item.index < most) {
                items[item.index] = item;
                for (size_t j = most / 2; !all && item.index == most - 1 && j-- > 0;) {
                    sink(items, most, j, items[j]);
                }
            } else if (item.key < items[0].key) { /* an equal one comes later: it stays behind */
                sink(items, most, 0, item);
            }
        }
    }
    if (all) {
        iou_order_sort(items, n, items + n);
        return;
    }
    for (size_t left = k; left-- > 1;) {
        const iou_ranked last = items[left];
        items[left] = items[0];
        sink(items, left, 0, last);
    }
}
