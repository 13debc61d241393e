/*
 * Pictures' rows at the size that the network wants. Values are 0 … 255, interleaved as in the
 * picture; docs/metadata.md defines them.
 */
#ifndef IOU_PICTURE_RESIZE_H
#define IOU_PICTURE_RESIZE_H

#include "detect/preprocess/preprocess.h"

/** Where a sample lies between two source positions, and how far behind the first. */
typedef struct iou_sample {
    int32_t first, second;
    float weight;     /**< of the second */
    int16_t fixed[2]; /**< weights of both over 2^11 */
} iou_sample;

/** A filter's weight, over 2^22 or as a float. */
typedef union iou_tap_weight {
    uint32_t fixed;
    float real;
} iou_tap_weight;

/** One axis of one picture: position i sums count[i] source values from first[i]. */
typedef struct iou_taps {
    const int32_t *first, *count;
    const iou_tap_weight *weights;
    size_t width; /**< weights of one position */
} iou_taps;

/** One picture to resize. Only the members of the chosen way are filled. */
typedef struct iou_resize_plan {
    const iou_picture *picture;
    const iou_letterbox *letterbox;
    const iou_sample *columns; /**< of its width */
    iou_taps across, down;
    const void *half; /**< resized along x: rows of letterbox->width * 3 bytes, or floats */
} iou_resize_plan;

/** Plans and their tables for `count` pictures; with antialiasing they are resized along x. */
iou_status iou_resize_prepare(const iou_input_rule *rule, const iou_picture *pictures,
                              const iou_letterbox *letterboxes, size_t count,
                              iou_preprocess_scratch *scratch, iou_workers *workers,
                              iou_error *error);

/** Bytes of `work` that a row of any of the pictures needs. */
size_t iou_resize_work_size(const iou_picture *pictures, const iou_letterbox *letterboxes,
                            size_t count);

/** Row y of the resized picture: letterbox->width * 3 values. */
void iou_resize_row(float *pixels, const iou_resize_plan *plan, const iou_input_rule *rule,
                    int32_t y, void *work);

/* ---- The ways ------------------------------------------------------------------------------- */

void iou_bilinear_columns(iou_sample *columns, const iou_picture *picture,
                          const iou_letterbox *letterbox, bool eight_bit);
void iou_bilinear_row(float *pixels, const iou_resize_plan *plan, int32_t y, void *work);
void iou_bilinear_row_8bit(float *pixels, const iou_resize_plan *plan, int32_t y, void *work);

/** Weights of one position at a distance of `step` between samples, of a side of any length. */
size_t iou_antialias_width(double step);

/** Fills tables of `side` positions in a source of `old_side`. */
void iou_antialias_taps(int32_t *first, int32_t *count, iou_tap_weight *weights, int32_t side,
                        int32_t old_side, double step, bool eight_bit);

/** Source row y along x, into `half`. */
void iou_antialias_across(void *half, const iou_resize_plan *plan, int32_t y, bool eight_bit);
void iou_antialias_down(float *pixels, const iou_resize_plan *plan, int32_t y, bool eight_bit,
                        void *work);

#endif
