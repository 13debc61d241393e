/* Convolution in groups no wider than a vector. */
#ifndef IOU_GROUPED_H
#define IOU_GROUPED_H

#include "core/cpu.h"

/**
 * Some pixels by some panels. A panel is one vector of output channels: of as many whole groups as
 * fit, or of one group. Lane l adds up, in step k of a tap, the panel's input channel
 * index[k * lanes + l]. That is channel k of the lane's group where a panel has one group; else the
 * group's channels in turn, each lane beginning with another one, so that step 0 of groups with as
 * many inputs as outputs takes the pixel as it lies.
 */
typedef struct iou_grouped_tile {
    const float *const *a; /**< a[tap * a_stride + row], pixels of all channels */
    size_t a_stride;
    size_t rows, taps;
    /** 0, or the length of the output lines that the rows are, at least IOU_GROUPED_LINE; then
     * taps come in threes, each of which sees the pixels of the one before a pixel further. */
    size_t line;
    size_t group_in, group_out; /**< channels of a group */
    size_t panel, panels;       /**< of the panels to compute: the first, their number */
    size_t panel_groups;        /**< groups of a panel */
    size_t in_channels, out_channels;
    const int32_t *index;
    const float *weights; /**< of the first panel: [bias][tap][group_in][lane] */
    float *c;             /**< of all channels */
    size_t c_stride;
    const float *const *residual; /**< a pointer per row, or NULL */
    float lo, hi;
} iou_grouped_tile;

enum {
    IOU_GROUPED_LINE = 10, /**< pixels of a line that are computed together */
    IOU_GROUPED_BLOCK = 8, /**< pixels anywhere that are */
    IOU_GROUPED_SLIDE = 3  /**< taps along a line that slide over the same pixels */
};

typedef struct iou_grouped_kernel {
    iou_isa isa;
    size_t lanes;
    void (*run)(const iou_grouped_tile *tile);
} iou_grouped_kernel;

#define IOU_GROUPED_VARIANT(symbol) extern const iou_grouped_kernel symbol;
#include "ops/conv/grouped_kernels.inc"
#undef IOU_GROUPED_VARIANT

const iou_grouped_kernel *iou_grouped_choose(iou_isa isa);

#endif
