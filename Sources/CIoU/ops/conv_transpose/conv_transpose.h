/*
 * ConvTranspose: attributes and inference (conv_transpose.c), the plan (conv_transpose_prepare.c)
 * and the runs (conv_transpose_run.c).
 *
 * Output pixels that lie a stride apart see the same taps. Such pixels of a line are the rows of
 * matrix products with these taps alone, so that nothing is computed that is zero, added up in
 * memory or copied. Spatial dimensions are always three, as in conv.h.
 */
#ifndef IOU_CONV_TRANSPOSE_H
#define IOU_CONV_TRANSPOSE_H

#include "ops/conv/conv.h"

/** Attributes, checked but for the lengths of the lists and what hangs on them; `conv` holds those
 * that Conv has too. */
typedef struct iou_conv_transpose_attributes {
    iou_conv_attributes conv;
    bool has_out;
    iou_conv_list out, extra; /* output_shape, output_padding */
} iou_conv_transpose_attributes;

/** Padding at the beginning and the output's size along dimension i of `spatial`; false when the
 * size is not in 1…INT32_MAX. */
bool iou_conv_transpose_fit(const iou_conv_transpose_attributes *attributes, int spatial, int i,
                            int64_t in, int64_t kernel, int64_t *pad, int64_t *out);

/** A tap along a dimension. */
typedef struct iou_conv_transpose_tap {
    int64_t class; /**< tap * dilation mod stride: which output coordinates it reaches */
    int64_t tap;
} iou_conv_transpose_tap;

/** One dimension. */
typedef struct iou_conv_transpose_axis {
    int64_t in, out, stride, dilation, pad;
    size_t kernel;
    const iou_conv_transpose_tap *taps; /**< [kernel], by class */
} iou_conv_transpose_axis;

/** Neighbours in the order of an axis: the taps that an output coordinate sees. */
typedef struct iou_conv_transpose_seen {
    size_t begin, count;
} iou_conv_transpose_seen;

iou_conv_transpose_seen iou_conv_transpose_find(const iou_conv_transpose_axis *axis, int64_t class);

/** A transposed convolution in numbers. */
typedef struct iou_conv_transpose_shape {
    int64_t batch, in_channels, out_channels, group;
    iou_conv_transpose_axis axes[IOU_CONV_SPATIAL];
} iou_conv_transpose_shape;

/** Where the taps of three runs begin among all taps in the order of the axes. */
size_t iou_conv_transpose_offset(const iou_conv_transpose_shape *shape,
                                 const iou_conv_transpose_seen runs[IOU_CONV_SPATIAL]);

/** The params of a step. */
typedef struct iou_conv_transpose_plan {
    iou_conv_transpose_shape shape;
    iou_conv_kernels kernels;
    iou_caches caches;
    bool depthwise;                          /**< a group per channel */
    size_t taps;                             /**< of the whole kernel */
    size_t channels, columns;                /**< input and output channels of a group */
    size_t group_panels, panels, panel_size; /**< as in iou_conv_plan */
    /* A task: `lines` lines a stride apart, in each `pixels` pixels of every class, by
     * `task_panels` panels. */
    size_t lines, pixels, task_panels;
    size_t line_classes, line_blocks, pixel_blocks, panel_blocks;
    const float *packed;          /**< NULL: every task packs its panels */
    int weight_input, bias_input; /**< of the call, when the tasks pack; bias -1: none */
    const float *zeros;           /**< a pixel outside of the image */
    iou_tail tail;                /**< the epilogue */
    bool tail_by_line; /**< it is done on whole lines, when all classes and panels are there */
    size_t packed_at;  /**< in the scratch, behind the pointers, in bytes */
} iou_conv_transpose_plan;

/** Reads the shape, and the order of taps into memory of the plan. */
iou_status iou_conv_transpose_shape_read(iou_conv_transpose_shape *shape,
                                         const iou_prepare *prepare);

/** Packs panels [first, first + count): [bias][tap in order][channel][column]. Depthwise: the one
 * panel of all channels. */
void iou_conv_transpose_pack(const iou_conv_transpose_plan *plan, const void *weights,
                             const void *bias, size_t first, size_t count, float *memory);

iou_status iou_conv_transpose_prepare(const iou_prepare *prepare, const iou_conv_kernels *kernels);
iou_status iou_conv_transpose_run(const iou_call *call, size_t task);

/** The definition: direct loops with sums in double. Tests compare everything with it. */
void iou_conv_transpose_f32_scalar(const iou_conv_transpose_shape *shape, const float *image,
                                   const float *weights, const float *bias, float *out);

/** The sum of all that reaches output channel m at output pixel `at` of picture n. */
double iou_conv_transpose_sum_f64(const iou_conv_transpose_shape *shape, const double *image,
                                  const double *weights, int64_t m, int64_t n,
                                  const int64_t at[IOU_CONV_SPATIAL]);
/** Of float64: plain loops, without an epilogue. */
iou_status iou_conv_transpose_prepare_f64(const iou_prepare *prepare);

extern const iou_op iou_op_conv_transpose;

#endif
