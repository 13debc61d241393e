/* All blocks of all windows, by sum_block and sum_half of depthwise_blocks_body.h; KERNEL_BLOCK
 * channels a block. */

IOU_INLINE void sum_channels(const iou_depthwise_windows *w, size_t done, bool plain) {
    const size_t block = iou_depthwise_block(KERNEL_BLOCK, done, w->channels);
    const size_t first = iou_depthwise_first(block, done, w->channels);
    const size_t left = w->channels - first, channels = left < block ? left : block;
    for (size_t i = 0; i < w->windows; i++) {
        const iou_depthwise_place at = {done, i * w->step + first, i * w->channels + first,
                                        channels};
        if (block == KERNEL_BLOCK) {
            sum_block(w, &at, plain);
        } else {
            sum_half(w, &at, plain);
        }
    }
}

IOU_INLINE void sum_all(const iou_depthwise_windows *w, bool plain) {
    for (size_t done = 0; done < w->channels;
         done += iou_depthwise_block(KERNEL_BLOCK, done, w->channels)) {
        sum_channels(w, done, plain);
    }
}

/* The output may be a part of anything, so that what is told is copied first. */
static void run(const iou_depthwise_windows *given) {
    const iou_depthwise_windows windows = *given;
    if (windows.columns.plain && windows.row.least == 0 && windows.row.most == UINT8_MAX) {
        sum_all(&windows, true);
    } else {
        sum_all(&windows, false);
    }
}
