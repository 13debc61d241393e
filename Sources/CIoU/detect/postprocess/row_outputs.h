/* A run's outputs that list boxes, found by the rule of the metadata. */
#ifndef IOU_ROW_OUTPUTS_H
#define IOU_ROW_OUTPUTS_H

#include "core/buffer.h"
#include "detect/metadata/detector_params.h"

/** One part of all rows. Distances are in elements. */
typedef struct iou_row_values {
    const void *data; /**< NULL: rows have no such part */
    iou_type type;
    size_t first;   /**< the part's first element of the first row */
    size_t picture; /**< from one picture to the next; 0: the output has no batch */
    size_t row, column;
} iou_row_values;

typedef struct iou_row_outputs {
    size_t rows; /**< of each picture */
    iou_row_values parts[IOU_ROW_PARTS];
    iou_row_values counts;
} iou_row_outputs;

/** Where one picture's part begins; of float32 only. */
static inline const float *iou_row_floats(const iou_row_values *values, size_t image) {
    return values->data ? (const float *)values->data + values->first + image * values->picture
                        : NULL;
}

/** Copies between a run's outputs and what reads them, kept over runs. Zero-initialised. */
typedef struct iou_row_scratch {
    iou_buffer joined;        /**< parts that are several outputs */
    iou_buffer probabilities; /**< of classes that compete */
} iou_row_scratch;

void iou_row_scratch_release(iou_row_scratch *scratch);

/** Cells of one level of a grid over an input. */
size_t iou_grid_cells(const iou_rows_rule *rule, size_t level, float height, float width);

/** One element as a double, whatever its type: of the picture, `row` and the part's first column.
 */
double iou_row_number(const iou_row_values *values, size_t image, size_t row);

/**
 * Checks `outputs`, in the order of the rule's names, and finds the parts in them. Parts that
 * are several outputs are joined, and class values that compete with each other become
 * probabilities, both in `scratch`. `input`: batch, height and width of the network's input.
 */
iou_status iou_row_outputs_take(iou_row_outputs *taken, const iou_tensor *outputs,
                                const iou_detector_params *params, const int64_t input[3],
                                iou_row_scratch *scratch, iou_error *error);

#endif
