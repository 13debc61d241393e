/* RNN, GRU and LSTM: one loop over time and a function for the step of each cell. */
#ifndef IOU_RECURRENT_H
#define IOU_RECURRENT_H

#include "ops/recurrent/cell_activation.h"

enum { IOU_CELL_FUNCTIONS = 3, IOU_DIRECTIONS = 2 };

typedef struct iou_cell iou_cell;

typedef struct iou_recurrent_attributes {
    int direction; /**< forward, reverse, bidirectional */
    int directions;
    bool batch_first;
    bool linear_before_reset; /**< of GRU */
    bool input_forget;        /**< of LSTM: the input gate is the complement of the forget gate */
    double clip;              /**< of the arguments of functions; infinity: none */
    int64_t hidden_size;      /**< 0: that of R */
    iou_cell_activation activations[IOU_DIRECTIONS * IOU_CELL_FUNCTIONS];
} iou_recurrent_attributes;

/** What the step of a cell sees. Gates are those of ONNX, in its order, `hidden` numbers each. */
typedef struct iou_cell_step {
    const iou_recurrent_attributes *how;
    const iou_cell_activation *activations; /**< of the direction */
    iou_type type;
    size_t hidden;
    const void *r; /**< the direction's recurrence weights begin at element r_at */
    size_t r_at;
    const double *peepholes;        /**< 3 * hidden; zeros where there are none */
    double *input;                  /**< W x + b of each gate */
    double *recurrence;             /**< R h + b of each gate */
    const double *recurrence_bias;  /**< b alone */
    double *state, *memory, *spare; /**< h, c and room, `hidden` numbers each */
} iou_cell_step;

struct iou_cell {
    const char *name;
    int gates, inputs, outputs;
    int functions; /**< activations of a direction */
    const char *activations[IOU_CELL_FUNCTIONS];
    void (*step)(const iou_cell_step *step);
};

extern const iou_cell iou_cells[]; /**< RNN, GRU, LSTM */

/** An activation of a clipped number. */
double iou_cell_apply(const iou_cell_step *step, int function, double x);
/** The product of row `row` of the recurrence weights with a vector. */
double iou_cell_product(const iou_cell_step *step, size_t row, const double *vector);

#endif
