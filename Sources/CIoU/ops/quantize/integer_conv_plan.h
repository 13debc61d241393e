/*
 * The plan of an integer convolution, its algorithms (integer_conv_product.c,
 * integer_conv_winograd.c, integer_conv_depthwise.c) and what becomes of their sums
 * (integer_conv_sums.c).
 */
#ifndef IOU_INTEGER_CONV_PLAN_H
#define IOU_INTEGER_CONV_PLAN_H

#include "ops/conv/conv.h"
#include "ops/quantize/byte_loops.h"
#include "ops/quantize/channel_blocks.h"
#include "ops/quantize/integer_product.h"
#include "ops/quantize/integer_winograd.h"
#include "ops/quantize/rescale.h"

/** Of the integer form, which Conv's come first. */
typedef struct iou_integer_conv_attributes {
    iou_conv_attributes conv;
    float lo, hi; /**< limits of what is quantized */
} iou_integer_conv_attributes;

/** What becomes of the sums of all output channels. */
typedef struct iou_conv_numbers {
    const int32_t *biases;   /**< NULL: 0 */
    iou_rescale_row columns; /**< none where sums are the output */
    iou_quantize_row quantize;
} iou_conv_numbers;

/** What the left matrix of a product is made of. */
typedef enum iou_conv_form {
    IOU_CONV_PIXELS, /**< pixels where they are, and one of padding */
    IOU_CONV_LINES,  /**< copies of the lines of the image that a task needs */
    IOU_CONV_WINDOWS /**< copies of each window */
} iou_conv_form;

typedef struct iou_integer_conv {
    const iou_node *node;
    const iou_quantized_inputs *inputs;
    const iou_integer_kernels *kernels;
    const iou_byte_loops *loops;
    const iou_integer_winograd_kernels *winograd; /**< NULL: not that algorithm */
    const iou_channel_blocks *blocks; /**< of blocks of channels; NULL: not that algorithm */
    iou_conv_shape shape;
    const int32_t *taps_at; /**< [tap][dimension]: from the first tap, in pixels */
    iou_type image, weights, out;
    float lo, hi;
    iou_type bias;                  /**< int32, or float32 of what is quantized; undefined: none */
    bool own_zeros, own_scales;     /**< zero points, scales of each output channel */
    size_t taps, channels, columns; /**< of a group */
    size_t pixels;                  /**< of the batch */
    size_t rows, row_tasks;         /**< of a task; tasks of a group */
    size_t panels, panel_tasks;     /**< of a task; tasks of a group's rows */
    const char *packed;             /**< NULL: tasks pack */
    size_t group_size;              /**< bytes of a group's packed weights */
    size_t rows_at, panel_at, numbers_at; /**< in the scratch */
    iou_conv_form form;
    size_t piece;           /**< taps of a window that lie in a row */
    size_t part;            /**< output pixels, whose ends tasks do not cross */
    iou_conv_numbers fixed; /**< where all that they are made of is constant */
    bool is_fixed;
} iou_integer_conv;

/** An output pixel: its picture, and where the first tap of its window is in it. */
typedef struct iou_conv_window {
    int64_t picture, at[IOU_CONV_SPATIAL];
} iou_conv_window;

iou_conv_window iou_conv_window_of(const iou_conv_shape *shape, size_t pixel);

/** Which pixel of the image is under a tap; -1: padding. */
int64_t iou_conv_pixel_under(const iou_integer_conv *p, const iou_conv_window *window, size_t tap);

/** Where pointers to the pixels under windows go: that of a window and a tap to
 * at[window * row_step + tap * tap_step]. */
typedef struct iou_conv_pointers {
    const char **at;
    size_t row_step, tap_step;
    size_t taps; /**< those that the filters do not have point at padding */
} iou_conv_pointers;

/** Points at the pixels under the windows of output pixels [row, row + rows). */
void iou_conv_point_windows(const iou_integer_conv *p, const char *image, const char *padding,
                            size_t row, size_t rows, const iou_conv_pointers *to);

/** A zero point of the call; absent: 0. */
int32_t iou_conv_zero(const iou_integer_conv *p, const iou_call *call, int input, iou_type type);

/** The zero points of the weights; NULL: 0. */
const void *iou_conv_weight_zeros(const iou_integer_conv *p, const iou_call *call);

/* ---- What becomes of sums ------------------------------------------------------------------ */

/** Bytes of the numbers in the scratch. */
size_t iou_conv_numbers_size(const iou_integer_conv *p);

/** Finds them at once where they are constants. */
iou_status iou_conv_numbers_prepare(const iou_prepare *prepare, iou_integer_conv *p);

/** Those of a call. */
iou_status iou_conv_numbers_read(const iou_integer_conv *p, const iou_call *call,
                                 iou_conv_numbers *numbers);

/** Where sums of an output go. */
typedef struct iou_conv_sink {
    const iou_integer_conv *p;
    const iou_conv_numbers *numbers;
    char *out;
    size_t pixel, channel; /**< of row and column 0 */
} iou_conv_sink;

/** What a kernel needs to store the bytes itself; false: it can not. */
bool iou_conv_store_plainly(const iou_conv_sink *sink, iou_integer_bytes *bytes);

/** iou_integer_sink.store. */
void iou_conv_store(const void *sink, size_t row, size_t column, const iou_sums *sums);

/* ---- Rows of products ---------------------------------------------------------------------- */

/** Finds the form of the left matrix, and with it the pieces and parts. */
void iou_integer_conv_choose_rows(iou_integer_conv *p);

/** Bytes in the scratch, pointers first, for tasks of p->rows; SIZE_MAX: too many. */
size_t iou_integer_conv_rows_size(const iou_integer_conv *p);

/** The rows of output pixels [row, row + rows) in one group. */
iou_integer_rows iou_integer_conv_rows(const iou_integer_conv *p, const iou_call *call,
                                       const iou_integer_left *left, size_t group, size_t row,
                                       size_t rows);

/* ---- Algorithms ---------------------------------------------------------------------------- */

/** Whether weights are constant, and their zero points too, so that they can be packed. */
bool iou_conv_can_pack(const iou_prepare *prepare, const iou_integer_conv *p);

/** What packs weights. */
typedef struct iou_conv_packing {
    const iou_integer_conv *p;
    const void *weights, *zeros;
} iou_conv_packing;

/** Of constant weights. */
iou_conv_packing iou_conv_packing_of(const iou_prepare *prepare, const iou_integer_conv *p);

/** Element `index` of the weights, of filter `filter`, without its zero point. */
int32_t iou_integer_conv_weight(const iou_conv_packing *from, size_t filter, size_t index);

enum { IOU_CONV_THREAD_TASKS = 4 /* wanted for each thread, so that all are busy */ };

/** Cuts the panels of `tasks` tasks where these are too few. */
void iou_conv_cut_panels(const iou_prepare *prepare, iou_integer_conv *p, size_t tasks);

/** Channels that vectors read, from any on. */
size_t iou_conv_padded_channels(const iou_integer_conv *p);

/** Nodes that share weights and zero points share what is packed of them. */
iou_status iou_conv_pack_weights(const iou_prepare *prepare, iou_integer_conv *p,
                                 iou_packing packing, iou_pack fill);

/** Kinds of packing. */
enum {
    IOU_CONV_PACKED_WINOGRAD,
    IOU_CONV_PACKED_FILTERS,
    IOU_CONV_PACKED_BLOCKS,
    IOU_CONV_PACKED_PANELS
};

/** Lays out the scratch: rows, a panel of weights that are no constants, numbers. */
iou_status iou_conv_lay_out(const iou_prepare *prepare, iou_integer_conv *p, size_t rows,
                            size_t panel);

/** Kernels of bytes, where all groups' constant weights fit them. */
void iou_integer_conv_choose_kernels(const iou_prepare *prepare, iou_integer_conv *p);

iou_status iou_integer_conv_product(const iou_prepare *prepare, iou_integer_conv *p);
iou_status iou_integer_conv_depthwise(const iou_prepare *prepare, iou_integer_conv *p);
/** Whether the next can do it. */
bool iou_integer_conv_suits_blocks(const iou_prepare *prepare, iou_integer_conv *p);
iou_status iou_integer_conv_blocks(const iou_prepare *prepare, iou_integer_conv *p);
iou_status iou_integer_conv_winograd(const iou_prepare *prepare, iou_integer_conv *p);
/** Whether that algorithm can do it, with the kernels chosen, and pays. */
bool iou_integer_conv_suits_winograd(const iou_prepare *prepare, const iou_integer_conv *p);

#endif
