/* Integer convolutions whose channels have a filter each: windows are summed where they are. */
#include "ops/quantize/integer_conv_plan.h"

#include <string.h>

enum { DEPTHWISE_PIXELS = 64 /* of a task */ };

static size_t tap_pairs(const iou_integer_conv *p) {
    return iou_divide_up(p->taps, 2);
}

/** Packs filters of one channel each: their sums, then [pair of taps][channel][2]. */
static void pack_depthwise(const iou_integer_conv *p, const void *weights, const void *zeros,
                           int32_t *totals) {
    const size_t channels = (size_t)p->shape.out_channels;
    int16_t *to = (int16_t *)(void *)(totals + channels);
    memset(totals, 0, channels * sizeof *totals);
    for (size_t i = 0; i < tap_pairs(p) * channels * 2; i++) {
        const size_t tap = i / (2 * channels) * 2 + i % 2, m = i / 2 % channels;
        const int32_t weight = tap < p->taps
                                   ? iou_integer_read(p->weights, weights, m * p->taps + tap) -
                                         iou_integer_read(p->weights, zeros, p->own_zeros ? m : 0)
                                   : 0;
        to[i] = (int16_t)weight;
        totals[m] += weight;
    }
}

/** What a task has in the scratch behind the pixels of a window. */
typedef struct depthwise_parts {
    int32_t *starts; /**< what zero points come to in each channel's sum */
    int32_t *sums;
    char *padding; /**< a pixel of zero points */
} depthwise_parts;

static depthwise_parts depthwise_parts_of(const iou_integer_conv *p, const iou_call *call) {
    const size_t channels = (size_t)p->shape.out_channels;
    int32_t *starts =
        (int32_t *)(void *)((char *)call->scratch + 2 * tap_pairs(p) * sizeof(void *));
    return (depthwise_parts){starts, starts + channels, (char *)(starts + 2 * channels)};
}

/** Bytes of pixels and parts. */
static size_t depthwise_scratch(const iou_integer_conv *p) {
    const size_t each = 2 * sizeof(int32_t) + 1;
    const size_t parts = iou_size_times((size_t)p->shape.out_channels, each);
    return parts > SIZE_MAX / 2 ? SIZE_MAX : 2 * tap_pairs(p) * sizeof(void *) + parts;
}

static void point_window(const iou_integer_conv *p, const char *image, const char *padding, size_t row,
                         const void **pixels) {
    const iou_conv_window at = iou_conv_window_of(&p->shape, row);
    for (size_t tap = 0; tap < 2 * tap_pairs(p); tap++) {
        const int64_t pixel = tap < p->taps ? iou_conv_pixel_under(p, &at, tap) : -1;
        pixels[tap] = pixel < 0 ? padding : image + (size_t)pixel * (size_t)p->shape.in_channels;
    }
}

static iou_status run_depthwise(const iou_call *call, size_t task) {
    const iou_integer_conv *p = call->params;
    const size_t channels = (size_t)p->shape.out_channels, row = task * p->rows;
    const size_t rows = iou_size_min(p->rows, p->pixels - row);
    const depthwise_parts parts = depthwise_parts_of(p, call);
    const int32_t *totals = (const int32_t *)(const void *)p->packed;
    if (totals == NULL) {
        int32_t *packed = (int32_t *)(void *)((char *)call->scratch + p->panel_at);
        pack_depthwise(p, call->in[p->inputs->right], iou_conv_weight_zeros(p, call), packed);
        totals = packed;
    }
    const int32_t zero = iou_conv_zero(p, call, p->inputs->left_zero, p->image);
    memset(parts.padding, zero, channels);
    iou_conv_numbers numbers;
    IOU_TRY(iou_conv_numbers_read(p, call, &numbers));
    const iou_conv_sink sink = {p, &numbers, call->out[0], row, 0};
    for (size_t m = 0; m < channels; m++) {
        const uint32_t bias = numbers.biases != NULL ? (uint32_t)numbers.biases[m] : 0u;
        parts.starts[m] = (int32_t)(bias - (uint32_t)zero * (uint32_t)totals[m]);
    }
    const iou_depthwise_bytes window = {.pixels = call->scratch,
                                        .weights = (const int16_t *)(totals + channels),
                                        .starts = parts.starts,
                                        .pairs = tap_pairs(p),
                                        .stride = 2 * channels,
                                        .channels = channels,
                                        .sums = parts.sums};
    for (size_t i = 0; i < rows; i++) {
        point_window(p, call->in[p->inputs->left], parts.padding, row + i, call->scratch);
        if (p->image == IOU_INT8) {
            p->loops->depthwise_i8(&window);
        } else {
            p->loops->depthwise_u8(&window);
        }
        iou_conv_store(&sink, i, 0, channels, parts.sums);
    }
    return IOU_OK;
}

static void pack_filters(const void *context, void *memory, size_t first, size_t count) {
    const iou_conv_packing *packing = context;
    (void)first;
    (void)count;
    pack_depthwise(packing->p, packing->weights, packing->zeros, memory);
}

iou_status iou_integer_conv_depthwise(const iou_prepare *prepare, iou_integer_conv *p) {
    p->rows = DEPTHWISE_PIXELS;
    p->group_size = iou_size_times(tap_pairs(p) * 2 * sizeof(int16_t) + sizeof(int32_t),
                                   (size_t)p->shape.out_channels);
    if (iou_conv_can_pack(prepare, p)) {
        const iou_packing packing = {
            .kind = IOU_CONV_PACKED_FILTERS, .size = p->group_size, .units = 1};
        IOU_TRY(iou_conv_pack_weights(prepare, p, packing, pack_filters));
    }
    prepare->step->run = run_depthwise;
    prepare->step->task_count = iou_divide_up(p->pixels, p->rows);
    prepare->step->algorithm = "depthwise";
    prepare->step->isa = iou_isa_name(p->loops->isa);
    return iou_conv_lay_out(prepare, p, depthwise_scratch(p), p->packed ? 0 : p->group_size);
}
