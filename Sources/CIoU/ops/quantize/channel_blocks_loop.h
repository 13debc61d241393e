/* All blocks of all windows, by the _block and _half functions of channel_blocks_body.h;
 * KERNEL_BLOCK channels a block; SLIDES: slide pays. */

/* A block, or half of one, of all windows: how is a constant. */
typedef struct block_way {
    size_t group, fresh; /* fresh > 0: slide */
    bool plain;
} block_way;

IOU_INLINE void sum_window(const iou_block_windows *w, const iou_block_place *at, bool half,
                           block_way way) {
    if (way.group > 1 && half) {
        sum_group_half(w, at, way.group, way.plain);
    } else if (way.group > 1) {
        sum_group_block(w, at, way.group, way.plain);
    } else if (half) {
        sum_half(w, at, way.plain);
    } else {
        sum_block(w, at, way.plain);
    }
}

IOU_INLINE void sum_windows(const iou_block_windows *w, iou_block_place at, bool half,
                            block_way way) {
    if (way.fresh > 0 && half) {
        slide_half(w, at, way.fresh, way.plain);
    } else if (way.fresh > 0) {
        slide_block(w, at, way.fresh, way.plain);
    } else {
        for (size_t i = 0; i < w->windows; i++, at.pixel += w->step, at.out += w->channels) {
            sum_window(w, &at, half, way);
        }
    }
}

IOU_INLINE void sum_blocks(const iou_block_windows *w, block_way way) {
    for (size_t done = 0, block; done < w->channels; done += block) {
        block = iou_block_size(KERNEL_BLOCK, done, w->channels);
        const size_t first = iou_block_first(block, done, w->channels);
        const size_t left = w->channels - first, channels = left < block ? left : block;
        const iou_block_place at = {done, first, first, channels};
        if (block == KERNEL_BLOCK) {
            sum_windows(w, at, false, way);
        } else {
            sum_windows(w, at, true, way);
        }
    }
}

IOU_INLINE void sum_depthwise(const iou_block_windows *w, bool plain) {
    const bool slides = SLIDES && w->parts == 3 && w->windows > 1;
    if (slides && w->fresh == 1) {
        sum_blocks(w, (block_way){1, 1, plain});
    } else if (slides && w->fresh == 2) {
        sum_blocks(w, (block_way){1, 2, plain});
    } else {
        sum_blocks(w, (block_way){1, 0, plain});
    }
}

/* The output may be a part of anything, so that what is told is copied first. */
static void run(const iou_block_windows *given) {
    const iou_block_windows windows = *given, *w = &windows;
    const bool plain = w->columns.plain && w->row.least == 0 && w->row.most == UINT8_MAX;
    switch (w->group) {
    case 4: sum_blocks(w, (block_way){4, 0, plain}); break;
    case 8: sum_blocks(w, (block_way){8, 0, plain}); break;
    case IOU_BLOCK_GROUP: sum_blocks(w, (block_way){IOU_BLOCK_GROUP, 0, plain}); break;
    default:
        if (plain) {
            sum_depthwise(w, true);
        } else {
            sum_depthwise(w, false);
        }
        break;
    }
}
