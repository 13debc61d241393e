/* ConvTranspose: attributes, and inference over numbers and symbols. */
#include "ops/conv_transpose/conv_transpose.h"

#include <inttypes.h>

/* ---- Attributes ---------------------------------------------------------------------------- */

static iou_status transpose_parse(const iou_parse *parse) {
    iou_conv_transpose_attributes *a = parse->attributes;
    a->has_out = iou_attribute_present(parse->node, "output_shape");
    IOU_TRY(iou_conv_parse(parse, &a->conv));
    IOU_TRY(iou_conv_parse_list(parse, "output_padding", 0, 0, &a->extra));
    iou_conv_parse_values(parse, "output_shape", 1, &a->out);
    return IOU_OK;
}

/* Some exporters write the batch and the channels too. */
static bool transpose_is_whole(const iou_conv_list *shape, int spatial) {
    return shape->given == (size_t)spatial + 2;
}

static int64_t transpose_out(const iou_conv_transpose_attributes *a, int spatial, int i) {
    return a->out.values[transpose_is_whole(&a->out, spatial) ? 2 + i : i];
}

static iou_status transpose_check_lists(const iou_infer *infer,
                                        const iou_conv_transpose_attributes *a, int spatial) {
    const bool whole = transpose_is_whole(&a->out, spatial);
    const int count = whole ? spatial + 2 : spatial, min = whole ? 0 : 1;
    IOU_TRY(iou_conv_check_lists(infer, &a->conv, spatial));
    IOU_TRY(iou_conv_check_list(infer, "output_padding", &a->extra, spatial));
    IOU_TRY(iou_conv_check_list(infer, "output_shape", &a->out, count));
    for (int i = 0; i < count; i++) {
        if (a->out.values[i] < min || a->out.values[i] > INT32_MAX) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "'output_shape' is %" PRId64 ", needs %d to %d", a->out.values[i],
                                  min, INT32_MAX);
        }
    }
    return IOU_OK;
}

/* ---- Sizes --------------------------------------------------------------------------------- */

/* The size from `steps` = in * stride on, nothing cut off: steps - stride + extra + reach. */
static bool transpose_natural(const iou_conv_transpose_attributes *a, int i, int64_t steps,
                              int64_t kernel, int64_t *size) {
    int64_t reach;
    return !__builtin_mul_overflow(kernel - 1, a->conv.dilation.values[i], &reach) &&
           !__builtin_add_overflow(reach, a->extra.values[i] + 1 - a->conv.stride.values[i],
                                   &reach) &&
           !__builtin_add_overflow(reach, steps, size);
}

static bool transpose_same(const iou_conv_transpose_attributes *a) {
    return a->conv.auto_pad == IOU_PAD_UPPER || a->conv.auto_pad == IOU_PAD_LOWER;
}

bool iou_conv_transpose_fit(const iou_conv_transpose_attributes *attributes, int spatial, int i,
                            int64_t in, int64_t kernel, int64_t *pad, int64_t *out) {
    const iou_conv_transpose_attributes *a = attributes;
    int64_t steps, natural;
    if (__builtin_mul_overflow(in, a->conv.stride.values[i], &steps) ||
        !transpose_natural(a, i, steps, kernel, &natural)) {
        return false;
    }
    if (a->has_out || transpose_same(a)) {
        const int64_t requested = a->has_out ? transpose_out(a, spatial, i) : steps;
        const int64_t total = natural > requested ? natural - requested : 0;
        *pad = a->conv.auto_pad == IOU_PAD_UPPER ? total / 2 : total - total / 2;
        *out = a->has_out ? requested : natural - total;
    } else {
        *pad = a->conv.pad_begin[i];
        *out = natural - a->conv.pad_begin[i] - a->conv.pad_end[i];
    }
    return *out >= 1 && *out <= INT32_MAX;
}

/* ---- Infer --------------------------------------------------------------------------------- */

/* Input channels and bias against the weight and the group. */
static iou_status transpose_channels(const iou_infer *infer, int64_t group, iou_dim *channels) {
    const iou_dim image = iou_conv_dim(infer->in[0], 1), in = iou_conv_dim(infer->in[1], 0);
    const iou_dim out = iou_conv_dim(infer->in[1], 1);
    if (in.known && (in.value < 1 || in.value % group != 0)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "weight has %" PRId64
                              " input channels, not a multiple of group %" PRId64,
                              in.value, group);
    }
    if (image.known && in.known && image.value != in.value) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "weight has %" PRId64 " input channels, input has %" PRId64, in.value,
                              image.value);
    }
    int64_t count = 0;
    if (out.known && (out.value < 1 || __builtin_mul_overflow(out.value, group, &count))) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "weight has %" PRId64 " output channels in each of %" PRId64
                              " groups",
                              out.value, group);
    }
    *channels = iou_infer_mul(infer, out, iou_dim_number(group));
    return iou_conv_check_bias(infer, *channels);
}

/* The output's size for an input whose size is a symbol. */
static iou_dim transpose_symbol(const iou_infer *infer, const iou_conv_transpose_attributes *a,
                                int i, iou_dim in, int64_t kernel) {
    int64_t more, cut = a->conv.pad_begin[i] + a->conv.pad_end[i];
    if (in.symbol == NULL || !transpose_natural(a, i, 0, kernel, &more)) {
        return iou_dim_unknown();
    }
    if (transpose_same(a)) {
        cut = more > 0 ? more : 0;
    }
    const int64_t stride = a->conv.stride.values[i];
    const iou_dim steps = stride == 1 ? in : iou_infer_mul(infer, in, iou_dim_number(stride));
    return more == cut ? steps : iou_infer_add(infer, steps, more - cut);
}

static iou_status transpose_size(const iou_infer *infer, const iou_conv_transpose_attributes *a,
                                 int spatial, int i, iou_dim *size) {
    iou_dim kernel, in = iou_conv_dim(infer->in[0], 2 + i);
    IOU_TRY(iou_conv_kernel_size(infer, &a->conv, i, &kernel));
    *size = a->has_out ? iou_dim_number(transpose_out(a, spatial, i)) : iou_dim_unknown();
    if (!kernel.known) {
        return IOU_OK;
    }
    if (!in.known) {
        *size = a->has_out ? *size : transpose_symbol(infer, a, i, in, kernel.value);
        return IOU_OK;
    }
    int64_t pad, out;
    if (!iou_conv_transpose_fit(a, spatial, i, in.value, kernel.value, &pad, &out)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "input of size %" PRId64
                              " in dimension %d makes an output whose size is not in 1 to %d",
                              in.value, 2 + i, INT32_MAX);
    }
    *size = iou_dim_number(out);
    return IOU_OK;
}

static iou_status transpose_infer(const iou_infer *infer) {
    int rank;
    IOU_TRY(iou_conv_check_inputs(infer, &rank));
    iou_fact *out = &infer->out[0];
    out->type = iou_conv_type(infer);
    if (rank < 0) {
        return IOU_OK;
    }
    const iou_conv_transpose_attributes *attributes = infer->node->attributes;
    IOU_TRY(transpose_check_lists(infer, attributes, rank - 2));
    iou_dim channels;
    IOU_TRY(transpose_channels(infer, attributes->conv.group, &channels));
    out->rank = rank;
    out->dims[0] = iou_conv_dim(infer->in[0], 0);
    out->dims[1] = channels;
    for (int i = 0; i < rank - 2; i++) {
        IOU_TRY(transpose_size(infer, attributes, rank - 2, i, &out->dims[2 + i]));
    }
    return IOU_OK;
}

static iou_status transpose_prepare(const iou_prepare *prepare) {
    if (prepare->in[0]->type == IOU_DOUBLE) {
        return iou_conv_transpose_prepare_f64(prepare);
    }
    const iou_conv_kernels kernels = iou_conv_kernels_for(prepare->isa);
    return iou_conv_transpose_prepare(prepare, &kernels);
}

static bool transpose_absorbs(const iou_node *node, const iou_fact *facts,
                              iou_absorption *absorption) {
    *absorption = (iou_absorption){.channel_axis = 1};
    return facts[node->inputs[1]].type == IOU_FLOAT;
}

const iou_op iou_op_conv_transpose = {.name = "ConvTranspose",
                                      .widens = IOU_WIDENS_FLOATS,
                                      .layout = IOU_LAYOUT_CHANNELS,
                                      .attributes_size = sizeof(iou_conv_transpose_attributes),
                                      .parse = transpose_parse,
                                      .infer = transpose_infer,
                                      .prepare = transpose_prepare,
                                      .absorbs = transpose_absorbs};
