/* The functions that RNN, GRU and LSTM may be given for their gates. */
#ifndef IOU_CELL_ACTIVATION_H
#define IOU_CELL_ACTIVATION_H

#include "ops/op.h"

typedef double (*iou_cell_fn)(double x, double alpha, double beta);

typedef struct iou_cell_activation {
    iou_cell_fn apply;
    double alpha, beta;
} iou_cell_activation;

/** Reads attributes activations, activation_alpha and activation_beta: `count` functions of each
 * of `directions`, where they are absent those of `names`. */
iou_status iou_cell_activations_parse(const iou_parse *parse, const char *const *names, int count,
                                      int directions, iou_cell_activation *activations);

#endif
