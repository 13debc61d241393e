/*
 * Windows of channels in groups as wide as their filters are many: one channel (depthwise), or 4, 8
 * or 16. A block of channels is summed at a time, by instructions that multiply and add pairs or
 * quads of bytes: a channel's under some taps, which come to lie beside each other by unpacking, or
 * some channels of a group's under one tap, which are spread over its filters. Both leave filters
 * in another order; packing the sums to bytes puts it right again. So what belongs to filters is in
 * the order of their sums: see iou_block_channel.
 */
#ifndef IOU_CHANNEL_BLOCKS_H
#define IOU_CHANNEL_BLOCKS_H

#include "ops/quantize/byte_loops.h"

enum { IOU_BLOCK_GROUP = 16 /* channels of the widest groups */ };

typedef struct iou_block_windows {
    const uint8_t *const *pixels; /**< under each tap of the first window; where groups are of one
                                     channel, whole parts of taps */
    size_t windows, step;         /**< bytes from the pixels of a window to those of the next */
    size_t channels, group;       /**< in all and of a group */
    size_t parts; /**< of a sum: pairs or quads of taps, or taps by pairs or quads of channels */
    size_t fresh; /**< of groups of one channel: the last parts that the window before does not have
                     as its first ones do: 1 or 2 of 3, others are `parts` */
    const char *weights;   /**< [block][part][sum], of four bytes; of wide groups [block][tap][pair
                              or quad of channels][sum] */
    const int32_t *starts; /**< [block][sum]: what sums begin with */
    iou_rescale_row columns; /**< [block][sum] */
    iou_quantize_row row;    /**< to uint8 */
    uint8_t *y;
} iou_block_windows;

typedef struct iou_channel_blocks {
    iou_isa isa;
    size_t part;  /**< taps or channels of a part: 4 with weights of int8, or 2 of int16 */
    size_t block; /**< channels; half as many for the last ones */
    size_t least; /**< channels that there must be */
    void (*run)(const iou_block_windows *windows);
} iou_channel_blocks;

#define IOU_BLOCKS_VARIANT(symbol) extern const iou_channel_blocks symbol;
#include "ops/quantize/channel_blocks.inc"
#undef IOU_BLOCKS_VARIANT

/** Where a block of a window is: its first sum, in bytes from the pixels and from the output, and
 * its channels. */
typedef struct iou_block_place {
    size_t sum, pixel, out, channels;
} iou_block_place;

/** Channels of the block behind `done` ones. */
static inline size_t iou_block_size(size_t block, size_t done, size_t channels) {
    return channels - done > block / 2 && channels >= block ? block : block / 2;
}

/** The first channel of that block: the last one overlaps the one before, if there are enough. */
static inline size_t iou_block_first(size_t block, size_t done, size_t channels) {
    return done + block > channels && channels >= block ? channels - block : done;
}

/** The channel, in a block of `block`, of its sum `i`. */
static inline size_t iou_block_channel(size_t i, size_t block) {
    const size_t lanes = block / 4, vector = i / lanes, lane = i % lanes;
    return lane / 4 * 16 + vector * 4 + lane % 4;
}

#endif
