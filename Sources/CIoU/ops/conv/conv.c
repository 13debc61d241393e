/* Conv: attributes, and inference over numbers and symbols. */
#include "ops/conv/conv.h"

#include "ops/quantize/integer_conv.h"

#include <inttypes.h>
#include <string.h>

/* ---- Attributes ---------------------------------------------------------------------------- */

void iou_conv_parse_values(const iou_parse *parse, const char *name, int64_t otherwise,
                           iou_conv_list *list) {
    const int64_t *values = iou_attribute_ints(parse->node, name, &list->given);
    for (size_t i = 0; i < IOU_CONV_LIST; i++) {
        list->values[i] = i < list->given ? values[i] : otherwise;
    }
}

iou_status iou_conv_parse_list(const iou_parse *parse, const char *name, int64_t min,
                               int64_t otherwise, iou_conv_list *list) {
    iou_conv_parse_values(parse, name, otherwise, list);
    for (size_t i = 0; i < IOU_CONV_LIST; i++) {
        const int64_t value = list->values[i];
        if (value < min || value > INT32_MAX) {
            return iou_parse_fail(parse, IOU_BAD_MODEL,
                                  "'%s' is %" PRId64 ", needs %" PRId64 " to %d", name, value, min,
                                  INT32_MAX);
        }
    }
    return IOU_OK;
}

static iou_status conv_parse_auto_pad(const iou_parse *parse, iou_auto_pad *auto_pad) {
    static const char *const names[] = {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"};
    char text[32];
    *auto_pad = IOU_PAD_EXPLICIT;
    if (!iou_attribute_string(parse->node, "auto_pad", text, sizeof text) || text[0] == '\0') {
        return IOU_OK;
    }
    for (int i = 0; i < 4; i++) {
        if (strcmp(text, names[i]) == 0) {
            *auto_pad = (iou_auto_pad)i;
            return IOU_OK;
        }
    }
    return iou_parse_fail(parse, IOU_BAD_MODEL, "unknown auto_pad '%s'", text);
}

iou_status iou_conv_parse(const iou_parse *parse, iou_conv_attributes *attributes) {
    iou_conv_attributes *a = attributes;
    IOU_TRY(conv_parse_auto_pad(parse, &a->auto_pad));
    a->group = iou_attribute_int(parse->node, "group", 1);
    if (a->group < 1 || a->group > INT32_MAX) {
        return iou_parse_fail(parse, IOU_BAD_MODEL, "group is %" PRId64 ", needs at least 1",
                              a->group);
    }
    a->has_kernel = iou_attribute_present(parse->node, "kernel_shape");
    IOU_TRY(iou_conv_parse_list(parse, "kernel_shape", 1, 1, &a->kernel));
    IOU_TRY(iou_conv_parse_list(parse, "strides", 1, 1, &a->stride));
    IOU_TRY(iou_conv_parse_list(parse, "dilations", 1, 1, &a->dilation));
    IOU_TRY(iou_conv_parse_list(parse, "pads", 0, 0, &a->pads));
    const size_t spatial = a->pads.given / 2;
    if (a->auto_pad == IOU_PAD_EXPLICIT && spatial <= IOU_CONV_SPATIAL) {
        memcpy(a->pad_begin, a->pads.values, spatial * sizeof a->pad_begin[0]);
        memcpy(a->pad_end, a->pads.values + spatial, spatial * sizeof a->pad_end[0]);
    }
    return IOU_OK;
}

static iou_status conv_parse(const iou_parse *parse) {
    return iou_conv_parse(parse, parse->attributes);
}

iou_status iou_conv_check_list(const iou_infer *infer, const char *name, const iou_conv_list *list,
                               int count) {
    return list->given == 0 || list->given == (size_t)count
               ? IOU_OK
               : iou_infer_fail(infer, IOU_BAD_MODEL, "'%s' has %zu elements, needs %d", name,
                                list->given, count);
}

iou_status iou_conv_check_lists(const iou_infer *infer, const iou_conv_attributes *attributes,
                                int spatial) {
    IOU_TRY(iou_conv_check_list(infer, "kernel_shape", &attributes->kernel, spatial));
    IOU_TRY(iou_conv_check_list(infer, "strides", &attributes->stride, spatial));
    IOU_TRY(iou_conv_check_list(infer, "dilations", &attributes->dilation, spatial));
    return iou_conv_check_list(infer, "pads", &attributes->pads, 2 * spatial);
}

/* ---- Infer --------------------------------------------------------------------------------- */

iou_type iou_conv_type(const iou_infer *infer) {
    const iou_type image = infer->in[0]->type;
    return image != IOU_TYPE_UNDEFINED ? image : infer->in[1]->type;
}

static iou_status conv_check_types(const iou_infer *infer) {
    static const iou_type types[] = {IOU_FLOAT, IOU_DOUBLE, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_infer_arity(infer, 2, 3, 1));
    for (int i = 0; i < infer->node->input_count; i++) {
        const iou_fact *fact = infer->in[i];
        if (i < 2 && fact == NULL) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d is missing", i);
        }
    }
    for (int i = 0; i < infer->node->input_count; i++) {
        const iou_type same[] = {iou_conv_type(infer), IOU_TYPE_UNDEFINED};
        if (infer->in[i] != NULL) {
            IOU_TRY(
                iou_infer_type(infer, i, i == 0 || same[0] == IOU_TYPE_UNDEFINED ? types : same));
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
    if (a->has_kernel && kernel->known && kernel->value != a->kernel.values[i]) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "kernel_shape[%d] is %" PRId64 ", weight has %" PRId64, i,
                              a->kernel.values[i], kernel->value);
    }
    if (a->has_kernel) {
        *kernel = iou_dim_number(a->kernel.values[i]);
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
    const int64_t stride = a->stride.values[i];
    int64_t extra; /* size = floor((in + extra) / stride) */
    if (a->auto_pad == IOU_PAD_UPPER || a->auto_pad == IOU_PAD_LOWER) {
        extra = stride - 1;
    } else if (!kernel.known) {
        *size = iou_dim_unknown();
        return IOU_OK;
    } else {
        int64_t reach;
        if (__builtin_mul_overflow(kernel.value - 1, a->dilation.values[i], &reach) ||
            reach >= INT32_MAX) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "kernel %" PRId64 " with dilation %" PRId64 " is too large",
                                  kernel.value, a->dilation.values[i]);
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

iou_status iou_conv_infer_shape(const iou_infer *infer) {
    int rank;
    IOU_TRY(conv_check_ranks(infer, &rank));
    iou_fact *out = &infer->out[0];
    if (rank < 0) {
        return IOU_OK;
    }
    const iou_conv_attributes *attributes = infer->node->attributes;
    IOU_TRY(iou_conv_check_lists(infer, attributes, rank - 2));
    IOU_TRY(conv_check_channels(infer, attributes->group));
    out->rank = rank;
    out->dims[0] = iou_conv_dim(infer->in[0], 0);
    out->dims[1] = iou_conv_dim(infer->in[1], 0);
    for (int i = 0; i < rank - 2; i++) {
        IOU_TRY(conv_out_size(infer, attributes, i, &out->dims[2 + i]));
    }
    return IOU_OK;
}

static iou_status conv_infer(const iou_infer *infer) {
    IOU_TRY(conv_check_types(infer));
    infer->out[0].type = iou_conv_type(infer);
    return iou_conv_infer_shape(infer);
}

static iou_status conv_prepare(const iou_prepare *prepare) {
    if (prepare->in[0]->type == IOU_DOUBLE) {
        return iou_conv_prepare_f64(prepare);
    }
    const iou_conv_kernels kernels = iou_conv_kernels_for(prepare->isa);
    return iou_conv_prepare(prepare, &kernels);
}

static bool conv_absorbs(const iou_node *node, const iou_fact *facts, iou_absorption *absorption) {
    *absorption = (iou_absorption){.channel_axis = 1, .adds_smaller = true};
    return facts[node->inputs[1]].data != NULL && facts[node->inputs[1]].type == IOU_FLOAT;
}

/* Where the output's size alone tells the padding, it would hide zeros that stand before it. */
static bool conv_adds_zeros(const iou_node *node, const iou_fact *facts) {
    const iou_conv_attributes *a = node->attributes;
    return facts[node->inputs[0]].type == IOU_FLOAT &&
           (a->auto_pad == IOU_PAD_EXPLICIT || a->auto_pad == IOU_PAD_VALID);
}

const iou_op iou_op_conv = {.name = "Conv",
                            .widens = IOU_WIDENS_FLOATS,
                            .layout = IOU_LAYOUT_CHANNELS,
                            .attributes_size = sizeof(iou_conv_attributes),
                            .parse = conv_parse,
                            .infer = conv_infer,
                            .prepare = conv_prepare,
                            .adds_zeros = conv_adds_zeros,
                            .pitched =
                                IOU_PITCHED_INPUT | IOU_PITCHED_OUTPUT | IOU_PITCHED_OPERANDS,
                            .absorbs = conv_absorbs,
                            .integer_form = iou_conv_integer_form,
                            .fuses_producer = iou_conv_fuses_producer,
                            .batches = iou_conv_batches};
