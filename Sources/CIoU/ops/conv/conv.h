/*
 * Convolution: attributes and shapes (conv.c), algorithms (one file each, listed in
 * conv_algorithms.inc) and their choice (conv_choose.c), tasks (conv_partition.c), the plan
 * (conv_prepare.c), packed weights (conv_pack.c), the products that several algorithms are
 * (conv_product.c); conv_fuse_producer.c of up to three convolutions, one behind the other,
 * conv_batch.c of those that share filters.
 *
 * Spatial dimensions are always three here: depth, height, width; missing ones are 1.
 */
#ifndef IOU_CONV_H
#define IOU_CONV_H

#include "core/sizes.h"
#include "ops/conv/depthwise.h"
#include "ops/conv/grouped.h"
#include "ops/conv/winograd.h"
#include "ops/epilogue.h"
#include "ops/matmul/gemm.h"
#include "ops/op.h"

enum {
    IOU_CONV_SPATIAL = 3,
    IOU_CONV_LIST = 2 * IOU_CONV_SPATIAL,
    IOU_CONV_LONGEST_LINE = 4096, /**< pixels of an output line that kernels take whole */
    IOU_DEPTHWISE_PANEL = 32      /**< channels of a depthwise task are cut at multiples of this */
};

typedef enum iou_auto_pad {
    IOU_PAD_EXPLICIT,
    IOU_PAD_VALID,
    IOU_PAD_UPPER,
    IOU_PAD_LOWER
} iou_auto_pad;

/** A list of numbers, one or two a spatial dimension in ONNX's order. */
typedef struct iou_conv_list {
    size_t given; /**< numbers in the file, of which `values` may lack some; 0: all the default */
    int64_t values[IOU_CONV_LIST];
} iou_conv_list;

/** Attributes, checked but for the lengths of the lists. */
typedef struct iou_conv_attributes {
    iou_auto_pad auto_pad;
    int64_t group;
    bool has_kernel;
    iou_conv_list kernel, stride, dilation, pads;
    int64_t pad_begin[IOU_CONV_SPATIAL], pad_end[IOU_CONV_SPATIAL]; /**< 0 with auto_pad */
} iou_conv_attributes;

/** A convolution in numbers. */
typedef struct iou_conv_shape {
    int64_t batch, in_channels, out_channels, group;
    int64_t in[IOU_CONV_SPATIAL], out[IOU_CONV_SPATIAL], kernel[IOU_CONV_SPATIAL];
    int64_t stride[IOU_CONV_SPATIAL], dilation[IOU_CONV_SPATIAL], pad[IOU_CONV_SPATIAL];
} iou_conv_shape;

/** Reads those that Conv and ConvTranspose have. */
iou_status iou_conv_parse(const iou_parse *parse, iou_conv_attributes *attributes);

/** Reads attribute `name`; absent: all `otherwise`. */
void iou_conv_parse_values(const iou_parse *parse, const char *name, int64_t otherwise,
                           iou_conv_list *list);
/** The same of integers in min…INT32_MAX. */
iou_status iou_conv_parse_list(const iou_parse *parse, const char *name, int64_t min,
                               int64_t otherwise, iou_conv_list *list);

/** Compares lengths with a number of spatial dimensions. */
iou_status iou_conv_check_lists(const iou_infer *infer, const iou_conv_attributes *attributes,
                                int spatial);
iou_status iou_conv_check_list(const iou_infer *infer, const char *name, const iou_conv_list *list,
                               int count);

/** Dimension `index` of a value whose rank may be unknown. */
iou_dim iou_conv_dim(const iou_fact *fact, int index);

/** Checks that the bias, where there is one, has an element for each output channel. */
iou_status iou_conv_check_bias(const iou_infer *infer, iou_dim channels);

/** Inputs of Conv and ConvTranspose: their number, types and ranks; `rank` is -1 when unknown. */
iou_status iou_conv_check_inputs(const iou_infer *infer, int *rank);
/** The element type of all inputs, which are checked. */
iou_type iou_conv_type(const iou_infer *infer);

/** The kernel's size along spatial dimension i, from the weight or kernel_shape. */
iou_status iou_conv_kernel_size(const iou_infer *infer, const iou_conv_attributes *attributes,
                                int i, iou_dim *kernel);

/** The output's shape from inputs and attributes, whatever their types; checks them. */
iou_status iou_conv_infer_shape(const iou_infer *infer);

/** The shape of prepared operands, which infer has checked. */
iou_status iou_conv_shape_read(iou_conv_shape *shape, const iou_prepare *prepare);

/** The kernels that a convolution is prepared with. */
typedef struct iou_conv_kernels {
    const iou_gemm_kernels *gemm;
    const iou_grouped_kernel *grouped;
    const iou_depthwise_kernels *depthwise;
    const iou_winograd_kernels *winograd; /**< or NULL */
    size_t winograd_tile; /**< 2, 4 or 6: wherever it can be used; 0: where it is the fastest */
    const iou_gemm_kernels *blas; /**< in place of gemm for all but grouped ones; or NULL */
} iou_conv_kernels;

/** The best kernels for a CPU of this level. */
iou_conv_kernels iou_conv_kernels_for(iou_isa isa);

typedef struct iou_conv_plan iou_conv_plan;

/** What a convolution is, before an algorithm is chosen for it. */
typedef struct iou_conv_request {
    iou_type type; /**< of all elements */
    const iou_conv_shape *shape;
    const iou_conv_kernels *kernels;
    bool constant; /**< the weights, which can then be packed before any run */
    bool shared;   /**< they serve several maps in one step */
} iou_conv_request;

/** What a task needs. */
typedef struct iou_conv_scratch {
    size_t pointers, residuals; /**< to pixels: their number */
    size_t floats;              /**< SIZE_MAX: too many */
} iou_conv_scratch;

/** What weights are packed from. */
typedef struct iou_conv_source {
    const void *weights, *bias; /**< perhaps not aligned; bias may be NULL */
    const float *scale, *shift; /**< or both NULL */
} iou_conv_source;

/**
 * A way to compute convolutions, in a file of its own; its line in conv_algorithms.inc is all that
 * others know of it.
 */
typedef struct iou_conv_algorithm {
    const char *name;
    bool (*suits)(const iou_conv_request *request);
    /** Multiplications per output pixel, of those that compete; NULL: where it suits, none is
     * faster. Does not depend on the size of the image, so that a new one finds its filters packed.
     */
    double (*cost)(const iou_conv_request *request);
    /** Fills in the plan's panels and blocks for `threads` threads, and its part of `own`. */
    void (*partition)(iou_conv_plan *plan, size_t threads);
    /** More of the plan that takes memory; or NULL. */
    iou_status (*tables)(iou_conv_plan *plan, const iou_prepare *prepare);
    /** Floats of packed weights, all or (`task`) those that a task packs; SIZE_MAX: too many. */
    size_t (*packed)(const iou_conv_plan *plan, bool task);
    /** Packs units (panels, or all at once) [first, first + count) to their offsets in `memory`,
     * which begins with unit `origin`. */
    void (*pack)(const iou_conv_plan *plan, const iou_conv_source *source, size_t first,
                 size_t count, size_t origin, float *memory);
    bool packs_at_once;
    void (*scratch)(const iou_conv_plan *plan, iou_conv_scratch *scratch);
    iou_run_task run;
    bool finishes_once; /**< a residual is read just before its pixel is written, for all sums */
} iou_conv_algorithm;

/** Those of conv_algorithms.inc. */
#define IOU_CONV_ALGORITHM(symbol) extern const iou_conv_algorithm symbol;
#include "ops/conv/conv_algorithms.inc"
#undef IOU_CONV_ALGORITHM

/** The first that suits and competes with none, or the one of least cost. */
const iou_conv_algorithm *iou_conv_choose(const iou_conv_request *request);

/** A number that distinguishes algorithms, from 0 on. */
int64_t iou_conv_algorithm_index(const iou_conv_algorithm *algorithm);

/** Multiplications of a pixel by the filters at one tap: vectors are whole. */
double iou_conv_tap_cost(const iou_conv_request *request);

/** Multiplications per output pixel of a sum over the window. */
double iou_conv_direct_cost(const iou_conv_request *request);

/** Lines of the image under `lines` lines of the output. */
int64_t iou_conv_lines_under(const iou_conv_shape *shape, int64_t lines);

/** Group GEMM: how many groups are copied at a time. */
size_t iou_conv_copied_groups(const iou_conv_shape *shape);

/** How the output is cut into tasks, and the sum into steps. The latter from shapes alone: the bits
 * of the output must not depend on the number of threads. */
typedef struct iou_conv_blocks {
    size_t rows, row_blocks;     /**< output pixels of a task; number of such blocks */
    size_t rows_at_once;         /**< multiplied with all panels of a task before the next are */
    size_t panels, panel_blocks; /**< panels of a task; number of such blocks */
    size_t taps, tap_blocks;     /**< of a step along the sum */
    size_t channels, channel_blocks;
} iou_conv_blocks;

/**
 * Cuts `rows` pixels by `panels` panels. Blocks have a multiple of `unit` rows, at most `most`
 * units, and enough of them give every thread something to do.
 */
void iou_conv_partition(iou_conv_blocks *blocks, size_t rows, size_t unit, size_t most,
                        size_t panels);

/** The same for a depthwise or grouped convolution, whose panels take little time each; blocks are
 * whole lines of `line` rows. */
void iou_conv_partition_thin(iou_conv_blocks *blocks, size_t rows, size_t line, size_t panels);

/** The same for a group GEMM, whose blocks are lines of one picture by whole groups. Returns how
 * many lines of the image a block reads. */
size_t iou_conv_partition_groups(iou_conv_blocks *blocks, const iou_conv_shape *shape,
                                 size_t group_panels, iou_caches caches);

/** The same for a depthwise convolution by lines. */
void iou_conv_partition_lines(iou_conv_blocks *blocks, size_t rows, size_t line, size_t panels);

/** Cuts a sum over `taps` of `channels` so that a step's panel of B stays in the first cache. */
void iou_conv_partition_sum(iou_conv_blocks *blocks, size_t taps, size_t channels, size_t columns,
                            iou_caches caches);

/** A residual: the map to add, of the output's size or smaller. */
typedef struct iou_conv_residual {
    int input;    /**< of the call; -1: none */
    size_t pitch; /**< floats from one pixel to the next */
    bool upsampled;
    int64_t in[IOU_CONV_SPATIAL];
    const int64_t *source[IOU_CONV_SPATIAL]; /**< upsampled: by output coordinate */
} iou_conv_residual;

/** Grouped: groups narrower than a vector share one, which is a panel. */
typedef struct iou_conv_grouped {
    size_t panel_groups;  /**< groups of a panel; 1 where they do not share */
    bool slides;          /**< taps slide over the pixels of a line */
    const int32_t *lanes; /**< the index of iou_grouped_tile */
} iou_conv_grouped;

/** Group GEMM: a group's channels are copied side by side. */
typedef struct iou_conv_group_gemm {
    size_t region_lines;  /**< lines of the image that a task copies */
    size_t copied_groups; /**< at a time */
} iou_conv_group_gemm;

/** Winograd's filtering. */
typedef struct iou_conv_winograd {
    const iou_winograd_kernel *kernel;
    /** Batched: the plans whose tiles are this one's, in the order of the call's inputs and
     * outputs; else NULL. */
    const iou_conv_plan *const *maps;
    size_t map_count, map_inputs; /**< inputs of each */
} iou_conv_winograd;

/** The params of a convolution's step. */
struct iou_conv_plan {
    iou_conv_shape shape;
    const iou_conv_algorithm *algorithm;
    iou_conv_kernels kernels;
    iou_caches caches;
    size_t rows; /**< of the whole batch: output pixels; Winograd: tiles of them */
    size_t taps;
    size_t channels, columns;      /**< input and output channels of a group */
    size_t in_pitch, out_pitch;    /**< floats from one pixel of the map to the next */
    size_t depth;                  /**< taps * channels */
    size_t sum_taps, sum_channels; /**< the sum as a product sees it: gathered lines are one tap */
    size_t group_panels;           /**< panels of a group, or of groups that share one */
    size_t panels;                 /**< of all groups */
    size_t panel_size; /**< floats: (depth + 1) * columns of the kernel; Winograd: of a line */
    union {            /**< by algorithm */
        iou_conv_grouped grouped;
        iou_conv_group_gemm group_gemm;
        iou_conv_winograd winograd;
        struct {
            bool lines; /**< tasks are whole lines */
        } depthwise;
    } own;
    iou_conv_blocks blocks;
    const float *packed;          /**< NULL: every task packs its panels from `source` */
    int weight_input, bias_input; /**< of the call, when the tasks pack; bias -1: none */
    iou_conv_source source;       /**< scale and shift, when the tasks pack */
    const float *zeros;           /**< a pixel of the padding, or a line of taps */
    iou_conv_residual residual;
    float lo, hi;
    iou_epilogue epilogue; /**< everything behind the sum */
    iou_tail tail;         /**< what of it no kernel does */
    /** Parts of the scratch, in bytes; floats are at gather_at. */
    size_t pointers_at, residuals_at, gather_at, packed_at;
};

/** Chooses rows_at_once of a matrix product. */
void iou_conv_partition_rows(iou_conv_plan *plan);

/** Cuts Winograd's filtering, whose rows are tiles, into what takes `threads` threads least time.
 */
void iou_conv_partition_tiles(iou_conv_plan *plan, size_t threads);

/** Weight and bias, where both are packed: bits of iou_step.packed. */
enum { IOU_CONV_PACKED = 1 << 1 | 1 << 2 };

/** What the matrix products share: `partition` but for the blocks, `packed` and `pack` (of
 * [bias][tap][channel][column], zero-padded), `scratch` and `run` of iou_conv_algorithm. */
void iou_conv_product_panels(iou_conv_plan *plan);
void iou_conv_product_partition(iou_conv_plan *plan, size_t threads);
size_t iou_conv_product_packed(const iou_conv_plan *plan, bool task);
void iou_conv_product_pack(const iou_conv_plan *plan, const iou_conv_source *source, size_t first,
                           size_t count, size_t origin, float *memory);
void iou_conv_product_scratch(const iou_conv_plan *plan, iou_conv_scratch *scratch);
iou_status iou_conv_product_run(const iou_call *call, size_t task);

/** Floats that a task of Winograd's filtering takes for transformed pixels, filters and products.
 */
size_t iou_conv_winograd_scratch(const iou_conv_plan *plan);
iou_status iou_conv_winograd_run(const iou_call *call, size_t task);

/** One output channel's bias, and one weight of a group, with scale and shift multiplied in. */
float iou_conv_bias(const iou_conv_source *source, size_t channel);
float iou_conv_weight(const iou_conv_plan *plan, const iou_conv_source *source, size_t channel,
                      size_t c, size_t tap);

/** Where an image's lines are, counted over the batch: line i begins at lines + i % kept * size. */
typedef struct iou_conv_image {
    const float *lines;
    size_t size, kept;
} iou_conv_image;

static inline const float *iou_conv_line_at(const iou_conv_image *image, int64_t line) {
    return image->lines + (size_t)line % image->kept * image->size;
}

/** What a task computes: rows of the output by panels; of what, and to where. */
typedef struct iou_conv_task {
    size_t row, rows, panel, panels;
    iou_conv_image image;
    float *out; /**< the first row, with all channels; not where rows are tiles */
} iou_conv_task;

iou_conv_image iou_conv_whole(const iou_conv_plan *plan, const iou_call *call);

/** A task of the call's whole image and output. */
iou_conv_task iou_conv_locate(const iou_conv_plan *plan, const iou_call *call, size_t task);

/** The task's packed panels; packed now, into the scratch, when the weights are no constants. */
const float *iou_conv_panels(const iou_conv_plan *plan, const iou_call *call,
                             const iou_conv_task *task);

/** The rows of a task: pointers into the image by tap and row, and to residual pixels (NULL: the
 * convolution has none), in the call's scratch. */
const float *const *iou_conv_rows(const iou_conv_plan *plan, const iou_call *call,
                                  const iou_conv_task *task);
const float *const *iou_conv_residual_rows(const iou_conv_plan *plan, const iou_call *call,
                                           const iou_conv_task *task);

/** The number of the image's line under line `k` of the taps of output line `line`, counted over
 * the batch; -1 in the padding. */
int64_t iou_conv_line(const iou_conv_shape *shape, size_t line, int64_t k);

/** A depthwise convolution of whole lines of the output. */
void iou_conv_depthwise_lines(const iou_conv_plan *plan, const iou_call *call,
                              const iou_conv_task *task);

/** A convolution as a matrix product. */
void iou_conv_multiply(const iou_conv_plan *plan, const iou_call *call, const iou_conv_task *task);

/** Pointers to `count` pixels from `row` on, by tap and pixel. */
void iou_conv_point(const iou_conv_plan *plan, const iou_conv_image *image, size_t row,
                    size_t count, const float **pointers);
void iou_conv_point_residual(const iou_conv_plan *plan, const float *residual, size_t row,
                             size_t count, const float **pointers);

/** Pointers to the lines of taps of `count` pixels from `row` on, by line and pixel; those that lie
 * apart in the image or in its padding are gathered: [line][pixel][tap][channel]. */
void iou_conv_gather(const iou_conv_plan *plan, const iou_conv_image *image, size_t row,
                     size_t count, float *gathered, const float **pointers);

/** Adds the plan's parts to the step's scratch, `packed` bytes for weights, and makes the padding's
 * zeros. */
iou_status iou_conv_prepare_scratch(iou_conv_plan *plan, const iou_prepare *prepare, size_t packed);

/** Adds a part of `size` bytes to the scratch; false on overflow. */
bool iou_conv_reserve(size_t *total, size_t size, size_t *at);

/** iou_step.fuse_producer: a depthwise convolution with the one before, and those with the one
 * behind. */
iou_status iou_conv_fuse_producer(const iou_prepare *prepare, const iou_step *inner, bool *fused);

/** iou_op.batches: whether Winograd's filtering suits nodes like this one, of constant weights. */
bool iou_conv_batches(const iou_node *node, const iou_fact *facts, iou_isa isa);

/** iou_op.fuses_producer: a depthwise convolution and the one before, or the one behind both. */
bool iou_conv_fuses_producer(const iou_node *node, const iou_node *producer, bool longer);

/** Finishes rows of a task's output that a kernel has stored: channels [channel, channel + columns)
 * of `rows` rows from row `row` of the whole output on; `out` is the first of them. */
void iou_conv_finish(const iou_conv_plan *plan, const iou_call *call, size_t row, size_t rows,
                     size_t channel, size_t columns, float *out);

/** iou_step.batch: Winograd's filtering of several maps by the same filters. */
iou_status iou_conv_batch(const iou_prepare *prepare, const iou_step *const *steps, size_t count,
                          bool *batched);

/** Prepares with given kernels; the operator's prepare takes the CPU's best. */
iou_status iou_conv_prepare(const iou_prepare *prepare, const iou_conv_kernels *kernels);

extern const iou_op iou_op_conv;

/** The definition: direct loops with sums in double. Tests compare everything with it. */
void iou_conv_f32_scalar(const iou_conv_shape *shape, const float *image, const float *weights,
                         const float *bias, const iou_epilogue *epilogue,
                         const float *const *operands, float *out);

/** The sum of one group's window for output channel m at output pixel `at` of picture n. */
double iou_conv_window_f64(const iou_conv_shape *shape, const double *image, const double *weights,
                           int64_t m, int64_t n, const int64_t at[IOU_CONV_SPATIAL]);
/** Of float64: plain loops, without an epilogue. */
iou_status iou_conv_prepare_f64(const iou_prepare *prepare);

/** What output channel m gets at output pixel `at` of picture n, but for the bias. */
typedef double (*iou_conv_sum_f64)(const void *shape, const double *image, const double *weights,
                                   int64_t m, int64_t n, const int64_t at[IOU_CONV_SPATIAL]);

/** An output of float64 whose elements are such sums. */
typedef struct iou_conv_sums_f64 {
    iou_conv_sum_f64 sum;
    const void *shape; /**< its first argument */
    int64_t batch, out_channels, out[IOU_CONV_SPATIAL];
    size_t terms; /**< of a sum */
} iou_conv_sums_f64;

/** Prepares the step of one with the inputs of Conv; `sums` is copied. */
iou_status iou_conv_prepare_sums_f64(const iou_prepare *prepare, const iou_conv_sums_f64 *sums);

/** The residual pixel under output coordinate `out` of `out_size`, as ONNX's Resize (nearest,
 * asymmetric, floor) finds it. */
int64_t iou_conv_nearest(int64_t out, int64_t out_size, int64_t in_size);

#endif
