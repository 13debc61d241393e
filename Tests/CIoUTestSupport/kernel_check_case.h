/* One convolution to try: from numbers to operands, plan and run. */
#ifndef IOU_KERNEL_CHECK_CASE_H
#define IOU_KERNEL_CHECK_CASE_H

#include "core/packed_weights.h"
#include "ops/conv/conv.h"

typedef enum check_residual { CHECK_PLAIN, CHECK_RESIDUAL, CHECK_UPSAMPLED } check_residual;

/** What the list ends with. */
typedef enum check_activation {
    CHECK_NOTHING,
    CHECK_CLAMP,
    CHECK_SIGMOID,
    CHECK_SILU_ADD,   /* x sigmoid(x), then another operand */
    CHECK_GATE_SCALE, /* x tanh(x), then a scale per channel, a slope and a product */
    CHECK_ACTIVATIONS
} check_activation;

typedef struct check_case {
    int spatial;
    int64_t batch, in_channels, out_channels, group;
    int64_t in[3], kernel[3], stride[3], dilation[3], pads[6]; /* `spatial` of them; begins, ends */
    bool bias, scale, computed_weights;
    check_residual residual;
    check_activation activation;
    float lo, hi; /* of a clamp */
    bool special; /* NaN and infinities among what is clamped */
} check_case;

/** Kernels to try, with a name for messages. */
typedef struct check_variant {
    const char *name;
    iou_conv_kernels kernels;
    double looseness; /**< times the error that sums of floats may have */
} check_variant;

enum { CHECK_MAX_VARIANTS = 16 };

/** The variants of this CPU, the emulated ones included; `out` holds CHECK_MAX_VARIANTS. */
size_t check_variants(check_variant *out);

/** Memory between borders that must stay as they are; values are random or not a number. */
typedef struct check_buffer {
    float *data;
    size_t count;
    void *block;
} check_buffer;

check_buffer check_buffer_random(size_t count, uint64_t *seed);
check_buffer check_buffer_empty(size_t count);
/** Makes every `gap`-th value NaN, infinite or a zero, in turns. */
void check_buffer_spoil(check_buffer *buffer, size_t gap);
bool check_buffer_intact(const check_buffer *buffer);
void check_buffer_free(check_buffer *buffer);

float check_random(uint64_t *seed); /**< -1 to 1 */
/** Whether a result is as near to what is expected as `allowed`: the same infinity, any NaN for
 * NaN.
 */
bool check_close(float got, float expected, double allowed);
int64_t check_range(uint64_t *seed, int64_t low, int64_t high);

/** A case with its data, made ready for any variant. */
typedef struct check_setup {
    const check_case *what;
    Onnx__NodeProto proto;
    Onnx__AttributeProto attributes[5];
    Onnx__AttributeProto *attribute_list[5];
    int inputs[3];
    iou_node node;
    iou_conv_attributes parsed;
    iou_operand image, weights, bias, residual, out;
    const float *operands[2]; /* of the list, in their order */
    const iou_operand *in[3];
    iou_epilogue_step steps[IOU_EPILOGUE_MOST];
    iou_epilogue epilogue;
    iou_conv_shape shape;
    iou_caches caches;
    check_buffer image_data, weight_data, bias_data, scale_data, shift_data, residual_data,
        operand_data;
    iou_error error;
} check_setup;

iou_status check_setup_make(check_setup *setup, const check_case *what, uint64_t *seed);
void check_setup_free(check_setup *setup);

/** A prepared step. */
typedef struct check_plan {
    struct iou_arena *memory;
    iou_weights weights;
    iou_step step;
} check_plan;

iou_status check_plan_make(check_plan *plan, check_setup *setup, const check_variant *variant);
void check_plan_free(check_plan *plan);

/** Runs all tasks, the last first when `backwards`. */
void check_plan_run(const check_plan *plan, const check_setup *setup, float *out, void *scratch,
                    bool backwards);

/** Whether the bits are those of `dense`, what dense maps give, where they are parts of larger
 * maps, and nothing else of these is written. */
bool check_pitched(check_setup *setup, const check_variant *variant, const float *dense,
                   uint64_t *seed);

#endif
