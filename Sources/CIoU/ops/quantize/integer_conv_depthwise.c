/* Integer convolutions whose channels have a filter each: windows are summed where they are. */
#include "ops/quantize/integer_conv_plan.h"

#include <string.h>

enum { DEPTHWISE_PIXELS = 64 /* of a task */ };

static size_t tap_pairs(const iou_integer_conv *p) {
    return iou_divide_up(p->taps, 2);
}

/** Packs filters of one channel each: their sums, then [pair of taps][channel][2]. */
static void pack_depthwise(const iou_conv_packing *from, int32_t *totals) {
    const iou_integer_conv *p = from->p;
    const size_t channels = (size_t)p->shape.out_channels;
    int16_t *to = (int16_t *)(void *)(totals + channels);
    memset(totals, 0, channels * sizeof *totals);
    for (size_t i = 0; i < tap_pairs(p) * channels * 2; i++) {
        const size_t tap = i / (2 * channels) * 2 + i % 2, m = i / 2 % channels;
        const int32_t weight =
            tap < p->taps ? iou_integer_conv_weight(from, m, m * p->taps + tap) : 0;
        to[i] = (int16_t)weight;
        totals[m] += weight;
    }
}

/** What a task has in the scratch. */
typedef struct depthwise_parts {
    const char **pixels; /**< under the taps of the windows: [window][tap] */
    int32_t *starts;     /**< what zero points come to in each channel's sum */
    int32_t *sums;
    char *padding; /**< a pixel of zero points */
} depthwise_parts;

static size_t pointers_size(const iou_integer_conv *p) {
    return 2 * tap_pairs(p) * p->rows * sizeof(void *);
}

static depthwise_parts depthwise_parts_of(const iou_integer_conv *p, const iou_call *call) {
    int32_t *starts = (int32_t *)(void *)((char *)call->scratch + pointers_size(p));
    int32_t *sums = starts + iou_conv_padded_channels(p);
    return (depthwise_parts){call->scratch, starts, sums,
                             (char *)(sums + iou_conv_padded_channels(p))};
}

/** Bytes of pointers and parts. */
static size_t depthwise_scratch(const iou_integer_conv *p) {
    const size_t parts = iou_size_times(iou_conv_padded_channels(p), 2 * sizeof(int32_t) + 1);
    return parts > SIZE_MAX / 2 ? SIZE_MAX : pointers_size(p) + parts;
}

static iou_status run(const iou_call *call, size_t task) {
    const iou_integer_conv *p = call->params;
    const size_t channels = (size_t)p->shape.out_channels, row = task * p->rows;
    const size_t rows = iou_size_min(p->rows, p->pixels - row);
    const depthwise_parts parts = depthwise_parts_of(p, call);
    const int32_t *totals = (const int32_t *)(const void *)p->packed;
    if (totals == NULL) {
        int32_t *packed = (int32_t *)(void *)((char *)call->scratch + p->panel_at);
        const iou_conv_packing from = {p, call->in[p->inputs->right],
                                       iou_conv_weight_zeros(p, call)};
        pack_depthwise(&from, packed);
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
    const size_t taps = 2 * tap_pairs(p);
    iou_conv_point_windows(p, call->in[p->inputs->left], parts.padding, row, rows,
                           &(iou_conv_pointers){parts.pixels, taps, 1, taps});
    iou_depthwise_bytes window = {.weights = (const int16_t *)(totals + channels),
                                  .starts = parts.starts,
                                  .pairs = tap_pairs(p),
                                  .stride = 2 * channels,
                                  .channels = channels,
                                  .sums = parts.sums};
    for (size_t i = 0; i < rows; i++) {
        window.pixels = (const void *const *)(parts.pixels + i * taps);
        if (p->image == IOU_INT8) {
            p->loops->depthwise_i8(&window);
        } else {
            p->loops->depthwise_u8(&window);
        }
        iou_conv_store(&sink, i, 0, &(iou_sums){parts.sums, 0, 1, channels});
    }
    return IOU_OK;
}

static void pack_filters(const void *context, void *memory, size_t first, size_t count) {
    (void)first;
    (void)count;
    pack_depthwise(context, memory);
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
    prepare->step->run = run;
    prepare->step->task_count = iou_divide_up(p->pixels, p->rows);
    prepare->step->algorithm = "depthwise";
    prepare->step->isa = iou_isa_name(p->loops->isa);
    return iou_conv_lay_out(prepare, p, depthwise_scratch(p), p->packed ? 0 : p->group_size);
}
