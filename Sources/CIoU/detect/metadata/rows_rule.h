/*
 * Models whose outputs list boxes that are decoded already, a row each: `iou.outputs.kind` is
 * `rows`. A row's parts are columns of one output, or outputs of their own.
 */
#ifndef IOU_ROWS_RULE_H
#define IOU_ROWS_RULE_H

#include "detect/metadata/metadata_reader.h"

struct iou_detector_params;

/** The key of the output whose columns are named. */
#define IOU_ROWS_TABLE_KEY "iou.outputs.rows"

/** What a row of a listing has. */
typedef enum iou_row_part {
    IOU_ROW_BOX = 0,
    IOU_ROW_OBJECTNESS = 1,
    IOU_ROW_CLASSES = 2, /**< a value of every class channel */
    IOU_ROW_SCORE = 3,   /**< of the one class that the label names */
    IOU_ROW_LABEL = 4,
    IOU_ROW_ANGLE = 5,   /**< in radians, of a box that is turned around its centre */
    IOU_ROW_PICTURE = 6, /**< the picture of the batch that the row is of */
    IOU_ROW_PARTS = 7
} iou_row_part;

/** The four numbers of a row's box. */
typedef enum iou_box_form {
    IOU_FORM_CORNERS = 0,     /**< x1 y1 x2 y2 */
    IOU_FORM_CORNERS_YX = 1,  /**< y1 x1 y2 x2 */
    IOU_FORM_CENTRE = 2,      /**< centre x y, width, height */
    IOU_FORM_CORNER_SIZE = 3, /**< x1 y1, width, height */
    IOU_FORM_GRID = 4, /**< centre from the row's cell on and logarithms of the sides, in strides */
    IOU_FORM_DISTANCES =
        5 /**< from the row's cell to the left, top, right and bottom, in strides */
} iou_box_form;

/** What 1 is in a row's box. */
typedef enum iou_box_unit {
    IOU_UNIT_PIXELS = 0, /**< of the network's input */
    IOU_UNIT_PADDED = 1, /**< the sides of the network's input */
    IOU_UNIT_IMAGE = 2   /**< the sides of the resized picture */
} iou_box_unit;

enum {
    IOU_ROW_LEVELS = 16,
    IOU_ROW_OUTPUTS = 3 * IOU_ROW_LEVELS, /**< boxes, classes and objectness of each */
    IOU_ROW_BINS = 64
};

/** Where a part of a row is: a column of an output, or of `levels` outputs from this one on. */
typedef struct iou_row_place {
    bool there;
    size_t output, column;
} iou_row_place;

/** Of a model whose outputs list boxes, a row each. */
typedef struct iou_rows_rule {
    size_t output_count; /**< 0: the outputs are something else */
    const char *names[IOU_ROW_OUTPUTS];
    const char *keys[IOU_ROW_OUTPUTS]; /**< that the names are from */
    size_t columns[IOU_ROW_OUTPUTS];   /**< that are known of each; 0: it has no such axis */
    iou_row_place parts[IOU_ROW_PARTS];
    iou_row_place counts; /**< rows of each picture; not there: all that the outputs have */
    bool others;          /**< output 0 has columns behind those that are known */
    bool columns_first;   /**< [N, C, R], else [N, R, C] */
    size_t levels;        /**< outputs of each part, whose rows follow each other */
    iou_box_form form;
    iou_box_unit unit;
    size_t stride_count; /**< above 0: rows are cells, level by level, each row by row */
    float strides[IOU_ROW_LEVELS];
    float cell;   /**< where boxes are measured from, in strides from a cell's upper left corner */
    size_t bins;  /**< of each distance, whose expected value counts; 1: the distance itself */
    bool softmax; /**< class values are logits that compete with each other */
    bool best_class;   /**< a row is of the class with the best score only */
    bool suppressed;   /**< there is nothing left to suppress */
    const char *extra; /**< what the outputs hold beside boxes, for people; NULL: nothing */
} iou_rows_rule;

static inline bool iou_rows_are_listed(const iou_rows_rule *rule) {
    return rule->output_count > 0;
}

/** Rows have one class each, with its score; else a value of every class. */
static inline bool iou_rows_have_labels(const iou_rows_rule *rule) {
    return rule->parts[IOU_ROW_LABEL].there;
}

/** The keys of the outputs; those of the classes are read before. */
void iou_rows_rule_read(struct iou_detector_params *params, iou_metadata_reader *reader);

/** Sides of an output as the rule has them; -1: not known. */
typedef struct iou_row_sides {
    int64_t pictures, rows, columns; /**< columns: 1 where the output has no such axis */
} iou_row_sides;

/** False where an output of this rank cannot be the rule's. */
bool iou_row_sides_of(iou_row_sides *sides, const iou_rows_rule *rule, size_t output, int32_t rank,
                      const int64_t *dims);

/** Whether the columns are as many as the rule names; -1 may be any. */
bool iou_row_columns_fit(const iou_rows_rule *rule, size_t output, int64_t columns);

/** The types that an output may have: floats, and integers for labels and counts. */
bool iou_row_type_fits(const iou_rows_rule *rule, size_t output, iou_type type);

/** What was expected of an output, for a message. */
typedef struct iou_row_expectation {
    char text[96];
} iou_row_expectation;
iou_row_expectation iou_row_expected(const iou_rows_rule *rule, size_t output);

/** Checks that the names are outputs of the model, of the right types and shapes. */
iou_status iou_rows_match(const iou_rows_rule *rule, const iou_value_info *outputs, size_t count,
                          iou_error *error);

#endif
