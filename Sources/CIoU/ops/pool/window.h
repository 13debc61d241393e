/* Windows of pooling: attributes read and checked, output dimensions. */
#ifndef IOU_WINDOW_H
#define IOU_WINDOW_H

#include "ops/op.h"

enum {
    IOU_SPATIAL = 3,     /* fewer dimensions are padded with 1 in front */
    IOU_WINDOW_LISTS = 4 /* kernel_shape, strides, dilations, pads */
};

typedef struct iou_window {
    int spatial;
    int64_t kernel[IOU_SPATIAL], stride[IOU_SPATIAL], dilation[IOU_SPATIAL];
    int64_t begin[IOU_SPATIAL], end[IOU_SPATIAL]; /**< pads; with auto_pad set by iou_window_fit */
    bool ceil, same_upper, same_lower, count_pads;
} iou_window;

/** The attributes of a pooling, checked but for the lengths of the lists. */
typedef struct iou_window_attributes {
    int counts[IOU_WINDOW_LISTS]; /**< -1: absent, the values are the default */
    int64_t values[IOU_WINDOW_LISTS][2 * IOU_SPATIAL]; /**< as many as fit */
    bool ceil, same_upper, same_lower, valid, count_pads;
    bool column_major; /**< storage_order of the indices */
} iou_window_attributes;

iou_status iou_window_parse(const iou_parse *parse);

/** The windows over `spatial` dimensions. */
iou_window iou_window_of(const iou_window_attributes *attributes, int spatial);
/** Pads and output size of dimension `axis` for an input of `size`; -1: the window is larger. */
int64_t iou_window_fit(iou_window *window, int axis, int64_t size);

/** Type and shape of a pooled output, and the checks. */
iou_status iou_window_infer(const iou_infer *infer, iou_fact *out);

/** A pooling in memory: plain values are pooled as N*C pictures of one channel. */
typedef struct iou_pool {
    int64_t pictures, channels;
    int64_t in_pitch, out_pitch; /**< elements from one pixel to the next */
    int64_t in[IOU_SPATIAL], out[IOU_SPATIAL];
    iou_window window; /**< padded to IOU_SPATIAL dimensions */
    size_t rows, rows_per_task;
} iou_pool;

void iou_pool_fill(iou_pool *pool, const iou_prepare *prepare);

/** The taps first … last-1 along an axis of the window at output position `at` that lie in the
 * input. */
void iou_pool_taps(const iou_pool *pool, int axis, int64_t at, int64_t *first, int64_t *last);

#endif
