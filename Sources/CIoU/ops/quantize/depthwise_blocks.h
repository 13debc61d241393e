/*
 * Windows of channels that have a filter each, blocks of channels by groups of taps, which one
 * instruction multiplies and adds. The bytes of a group's taps come to lie beside each other by
 * unpacking, which leaves channels in another order; packing the sums to bytes puts it right again.
 * So what belongs to channels is in the order of their sums: see iou_depthwise_channel.
 */
#ifndef IOU_DEPTHWISE_BLOCKS_H
#define IOU_DEPTHWISE_BLOCKS_H

#include "ops/quantize/byte_loops.h"

typedef struct iou_depthwise_windows {
    const uint8_t *const *pixels; /**< under each tap of the first window, whole groups of taps */
    size_t windows, step;         /**< bytes from the pixels of a window to those of the next */
    size_t groups, channels;
    size_t fresh; /**< the last groups that the window before does not have as its first ones do: 1
                     or 2 of 3, others are `groups` */
    const char *weights;     /**< [block][group][sum], of four bytes */
    const int32_t *starts;   /**< [block][sum]: what sums begin with */
    iou_rescale_row columns; /**< [block][sum] */
    iou_quantize_row row;    /**< to uint8 */
    uint8_t *y;
} iou_depthwise_windows;

typedef struct iou_depthwise_blocks {
    iou_isa isa;
    size_t taps;  /**< of a group: 4 weights of int8, or 2 of int16 */
    size_t block; /**< channels; half as many for the last ones */
    size_t least; /**< channels that there must be */
    void (*run)(const iou_depthwise_windows *windows);
} iou_depthwise_blocks;

#define IOU_DEPTHWISE_VARIANT(symbol) extern const iou_depthwise_blocks symbol;
#include "ops/quantize/depthwise_blocks.inc"
#undef IOU_DEPTHWISE_VARIANT

/** Where a block of a window is: its first sum, in bytes from the pixels and from the output, and
 * its channels. */
typedef struct iou_depthwise_place {
    size_t sum, pixel, out, channels;
} iou_depthwise_place;

/** Channels of the block behind `done` ones. */
static inline size_t iou_depthwise_block(size_t block, size_t done, size_t channels) {
    return channels - done > block / 2 && channels >= block ? block : block / 2;
}

/** The first channel of that block: the last one overlaps the one before, if there are enough. */
static inline size_t iou_depthwise_first(size_t block, size_t done, size_t channels) {
    return done + block > channels && channels >= block ? channels - block : done;
}

/** The channel, in a block of `block`, of its sum `i`. */
static inline size_t iou_depthwise_channel(size_t i, size_t block) {
    const size_t lanes = block / 4, vector = i / lanes, lane = i % lanes;
    return lane / 4 * 16 + vector * 4 + lane % 4;
}

#endif
