/* Conv: attributes, and inference over numbers and symbols. */
#include "ops/conv/conv.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

iou_status iou_conv_fail(const iou_node *node, iou_error *error, iou_status status,
                         const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return iou_fail(error, status, "node '%s' (%s): %s", node->name, node->op_type, text);
}

/* ---- Attributes ---------------------------------------------------------------------------- */

iou_status iou_conv_ints(const iou_node *node, const char *name, int count, int64_t min,
                         int64_t otherwise, int64_t *values, iou_error *error) {
    size_t given = 0;
    const int64_t *list = iou_attribute_ints(node, name, &given);
    if (list != NULL && given != (size_t)count) {
        return iou_conv_fail(node, error, IOU_BAD_MODEL, "'%s' has %zu elements, needs %d", name,
                             given, count);
    }
    for (int i = 0; i < count; i++) {
        values[i] = list != NULL ? list[i] : otherwise;
        if (values[i] < min || values[i] > INT32_MAX) {
            return iou_conv_fail(node, error, IOU_BAD_MODEL,
                                 "'%s' is %" PRId64 ", needs %" PRId64 " to %d", name, values[i],
                                 min, INT32_MAX);
        }
    }
    return IOU_OK;
}

static iou_status conv_auto_pad(iou_conv_attributes *attributes, const iou_node *node,
                                iou_error *error) {
    static const char *const names[] = {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"};
    char text[32];
    attributes->auto_pad = IOU_PAD_EXPLICIT;
    if (!iou_attribute_string(node, "auto_pad", text, sizeof text) || text[0] == '\0') {
        return IOU_OK;
    }
    for (int i = 0; i < 4; i++) {
        if (strcmp(text, names[i]) == 0) {
            attributes->auto_pad = (iou_auto_pad)i;
            return IOU_OK;
        }
    }
    return iou_conv_fail(node, error, IOU_BAD_MODEL, "unknown auto_pad '%s'", text);
}

iou_status iou_conv_attributes_read(iou_conv_attributes *attributes, const iou_node *node,
                                    int spatial, iou_error *error) {
    iou_conv_attributes *a = attributes;
    *a = (iou_conv_attributes){.spatial = spatial};
    IOU_TRY(conv_auto_pad(a, node, error));
    a->group = iou_attribute_int(node, "group", 1);
    if (a->group < 1 || a->group > INT32_MAX) {
        return iou_conv_fail(node, error, IOU_BAD_MODEL, "group is %" PRId64 ", needs at least 1",
                             a->group);
    }
    a->has_kernel = iou_attribute_present(node, "kernel_shape");
    IOU_TRY(iou_conv_ints(node, "kernel_shape", spatial, 1, 1, a->kernel, error));
    IOU_TRY(iou_conv_ints(node, "strides", spatial, 1, 1, a->stride, error));
    IOU_TRY(iou_conv_ints(node, "dilations", spatial, 1, 1, a->dilation, error));
    int64_t pads[2 * IOU_CONV_SPATIAL];
    IOU_TRY(iou_conv_ints(node, "pads", 2 * spatial, 0, 0, pads, error));
    for (int i = 0; i < spatial && a->auto_pad == IOU_PAD_EXPLICIT; i++) {
        a->pad_begin[i] = pads[i];
        a->pad_end[i] = pads[spatial + i];
    }
    return IOU_OK;
}

/* ---- Infer --------------------------------------------------------------------------------- */

static iou_status conv_check_types(const iou_infer *infer) {
    IOU_TRY(iou_infer_arity(infer, 2, 3, 1));
    for (int i = 0; i < infer->node->input_count; i++) {
        const iou_fact *fact = infer->in[i];
        if (i < 2 && fact == NULL) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d is missing", i);
        }
        if (fact != NULL && fact->type != IOU_TYPE_UNDEFINED && fact->type != IOU_FLOAT) {
            return iou_infer_fail(infer, IOU_UNSUPPORTED,
                                  "input %d is %s, only float32 is supported", i,
                                  iou_type_name(fact->type));
        }
    }
    return IOU_OK;
}

static iou_status conv_check_ranks(const iou_infer *infer, int *rank) {
    const int image = infer->in[0]->rank, weights = infer->in[1]->rank;
    *rank = image >= 0 ? image : weights;
    if (image >= 0 && weights >= 0 && image != weights) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "weight has rank %d, input has rank %d",
                              weights, image);
    }
    if (*rank >= 0 && *rank < 3) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "input has rank %d, needs at least 3", *rank);
    }
    if (*rank > 2 + IOU_CONV_SPATIAL) {
        return iou_infer_fail(infer, IOU_UNSUPPORTED, "input has rank %d, at most %d is supported",
                              *rank, 2 + IOU_CONV_SPATIAL);
    }
    return IOU_OK;
}

iou_status iou_conv_check_inputs(const iou_infer *infer, int *rank) {
    IOU_TRY(conv_check_types(infer));
    return conv_check_ranks(infer, rank);
}

iou_dim iou_conv_dim(const iou_fact *fact, int index) {
    return fact->rank >= 0 ? fact->dims[index] : iou_dim_unknown();
}

iou_status iou_conv_check_bias(const iou_infer *infer, iou_dim channels) {
    const iou_fact *bias = infer->node->input_count > 2 ? infer->in[2] : NULL;
    if (bias == NULL || bias->rank < 0) {
        return IOU_OK;
    }
    if (bias->rank != 1) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "bias has rank %d, needs 1", bias->rank);
    }
    if (bias->dims[0].known && channels.known && bias->dims[0].value != channels.value) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "bias has %" PRId64 " elements, weight has %" PRId64
                              " output channels",
                              bias->dims[0].value, channels.value);
    }
    return IOU_OK;
}

/* Input channels, output channels and bias against the group. */
static iou_status conv_check_channels(const iou_infer *infer, int64_t group) {
    const iou_dim image = iou_conv_dim(infer->in[0], 1), weight = iou_conv_dim(infer->in[1], 1);
    const iou_dim out = iou_conv_dim(infer->in[1], 0);
    if (out.known && (out.value < 1 || out.value % group != 0)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "weight has %" PRId64
                              " output channels, not a multiple of group %" PRId64,
                              out.value, group);
    }
    if (image.known && image.value % group != 0) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "input has %" PRId64 " channels, not a multiple of group %" PRId64,
                              image.value, group);
    }
    if (image.known && weight.known && image.value / group != weight.value) {
        return group == 1
                   ? iou_infer_fail(infer, IOU_BAD_MODEL,
                                    "weight has %" PRId64 " input channels, input has %" PRId64,
                                    weight.value, image.value)
                   : iou_infer_fail(infer, IOU_BAD_MODEL,
                                    "weight has %" PRId64 " input channels in each of %" PRId64
                                    " groups, input has %" PRId64,
                                    weight.value, group, image.value);
    }
    return iou_conv_check_bias(infer, out);
}

iou_status iou_conv_kernel_size(const iou_infer *infer, const iou_conv_attributes *attributes,
                                int i, iou_dim *kernel) {
    const iou_conv_attributes *a = attributes;
    *kernel = iou_conv_dim(infer->in[1], 2 + i);
    if (a->has_kernel && kernel->known && kernel->value != a->kernel[i]) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "kernel_shape[%d] is %" PRId64 ", weight has %" PRId64, i,
                              a->kernel[i], kernel->value);
    }
    if (a->has_kernel) {
        *kernel = iou_dim_number(a->kernel[i]);
    }
    if (kernel->known && kernel->value < 1) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "weight has an empty dimension %d", 2 + i);
    }
    return IOU_OK;
}

/* The output's size along spatial dimension i. */
static iou_status conv_out_size(const iou_infer *infer, const iou_conv_attributes *a, int i,
                                iou_dim *size) {
    iou_dim kernel;
    IOU_TRY(iou_conv_kernel_size(infer, a, i, &kernel));
    const iou_dim in = iou_conv_dim(infer->in[0], 2 + i);
    const int64_t stride = a->stride[i];
    int64_t extra; /* size = floor((in + extra) / stride) */
    if (a->auto_pad == IOU_PAD_UPPER || a->auto_pad == IOU_PAD_LOWER) {
        extra = stride - 1;
    } else if (!kernel.known) {
        *size = iou_dim_unknown();
        return IOU_OK;
    } else {
        int64_t reach;
        if (__builtin_mul_overflow(kernel.value - 1, a->dilation[i], &reach) ||
            reach >= INT32_MAX) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "kernel %" PRId64 " with dilation %" PRId64 " is too large",
                                  kernel.value, a->dilation[i]);
        }
        extra = a->pad_begin[i] + a->pad_end[i] - reach - 1 + stride;
    }
    if (!in.known) {
        *size = stride == 1 ? iou_infer_add(infer, in, extra)
                            : iou_infer_floor_div(infer, iou_infer_add(infer, in, extra), stride);
        return IOU_OK;
    }
    int64_t sum;
    if (__builtin_add_overflow(in.value, extra, &sum) || sum < stride) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "input of size %" PRId64 " in dimension %d is too %s for the kernel",
                              in.value, 2 + i, in.value > INT32_MAX ? "large" : "small");
    }
    *size = iou_dim_number(sum / stride);
    return IOU_OK;
}

static iou_status conv_infer(const iou_infer *infer) {
    int rank;
    IOU_TRY(iou_conv_check_inputs(infer, &rank));
    iou_fact *out = &infer->out[0];
    out->type = IOU_FLOAT;
    if (rank < 0) {
        return IOU_OK;
    }
    iou_conv_attributes attributes;
    IOU_TRY(iou_conv_attributes_read(&attributes, infer->node, rank - 2, infer->error));
    IOU_TRY(conv_check_channels(infer, attributes.group));
    out->rank = rank;
    out->dims[0] = iou_conv_dim(infer->in[0], 0);
    out->dims[1] = iou_conv_dim(infer->in[1], 0);
    for (int i = 0; i < rank - 2; i++) {
        IOU_TRY(conv_out_size(infer, &attributes, i, &out->dims[2 + i]));
    }
    return IOU_OK;
}

static iou_status conv_prepare(const iou_prepare *prepare) {
    const iou_conv_kernels kernels = iou_conv_kernels_for(prepare->isa);
    return iou_conv_prepare(prepare, &kernels);
}

static bool conv_absorbs(const iou_node *node, const iou_fact *facts, iou_absorption *absorption) {
    *absorption = (iou_absorption){.channel_axis = 1, .adds_smaller = true};
    return facts[node->inputs[1]].data != NULL;
}

const iou_op iou_op_conv = {.name = "Conv",
                            .layout = IOU_LAYOUT_CHANNELS,
                            .infer = conv_infer,
                            .prepare = conv_prepare,
                            .absorbs = conv_absorbs,
                            .joins = iou_conv_joins,
                            .batches = iou_conv_batches};
