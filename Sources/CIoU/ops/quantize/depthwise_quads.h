/*
 * Windows of channels that have a filter each, four taps at a time, which one instruction
 * multiplies and adds. Bytes of four taps come to lie beside each other by unpacking, which leaves
 * channels in another order; packing the sums to bytes puts it right again. So what belongs to
 * channels is in the order of their sums: see iou_quads_channel.
 */
#ifndef IOU_DEPTHWISE_QUADS_H
#define IOU_DEPTHWISE_QUADS_H

#include "ops/quantize/byte_loops.h"

enum { IOU_QUADS_TAPS = 4, IOU_QUADS_BLOCK = 64, IOU_QUADS_HALF = 32 /* channels at a time */ };

typedef struct iou_quads {
    const uint8_t *const *pixels; /**< under each tap of the first window, four a quad */
    size_t windows, step;         /**< bytes from the pixels of a window to those of the next */
    size_t quads, channels;
    const int8_t *weights;   /**< [block][quad][sum][4] */
    const int32_t *starts;   /**< [block][sum]: what sums begin with */
    iou_rescale_row columns; /**< [block][sum] */
    iou_quantize_row row;    /**< to uint8 */
    uint8_t *y;
} iou_quads;

/** Channels of the block that begins at channel `first`: less for the last channels. */
static inline size_t iou_quads_block(size_t first, size_t channels) {
    return channels - first > IOU_QUADS_HALF ? IOU_QUADS_BLOCK : IOU_QUADS_HALF;
}

/** The channel, in a block of `block`, of its sum `i`. */
static inline size_t iou_quads_channel(size_t i, size_t block) {
    const size_t lanes = block / 4, vector = i / lanes, lane = i % lanes;
    return lane / 4 * 16 + vector * 4 + lane % 4;
}

#if defined(__x86_64__)
/** Some windows of all channels; needs IOU_ISA_AVX512 | IOU_ISA_VNNI. */
void iou_quads_vnni(const iou_quads *quads);
#endif

#endif
