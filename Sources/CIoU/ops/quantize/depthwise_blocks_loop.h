/* All blocks of all windows, by sum_block and sum_half, slide_block and slide_half of
 * depthwise_blocks_body.h; KERNEL_BLOCK channels a block. */

IOU_INLINE void sum_channels(const iou_depthwise_windows *w, size_t done, size_t fresh,
                             bool plain) {
    const size_t block = iou_depthwise_block(KERNEL_BLOCK, done, w->channels);
    const size_t first = iou_depthwise_first(block, done, w->channels);
    const size_t left = w->channels - first, channels = left < block ? left : block;
    if (fresh > 0) {
        const iou_depthwise_place at = {done, first, first, channels};
        if (block == KERNEL_BLOCK) {
            slide_block(w, at, fresh, plain);
        } else {
            slide_half(w, at, fresh, plain);
        }
        return;
    }
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

IOU_INLINE void sum_blocks(const iou_depthwise_windows *w, size_t fresh, bool plain) {
    for (size_t done = 0; done < w->channels;
         done += iou_depthwise_block(KERNEL_BLOCK, done, w->channels)) {
        sum_channels(w, done, fresh, plain);
    }
}

IOU_INLINE void sum_all(const iou_depthwise_windows *w, bool plain) {
    const bool slides = SLIDES && w->groups == 3 && w->windows > 1;
    if (slides && w->fresh == 1) {
        sum_blocks(w, 1, plain);
    } else if (slides && w->fresh == 2) {
        sum_blocks(w, 2, plain);
    } else {
        sum_blocks(w, 0, plain);
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
