/* Integer convolutions of uint8, depthwise or in narrow groups, by blocks of channels. */
#include "ops/quantize/channel_blocks.h"
#include "ops/quantize/integer_conv_plan.h"
#include "ops/quantize/quantization.h"

#include <string.h>

enum {
    COLUMN = 3,        /* lines of the windows whose columns are parts */
    LEAST_PIXELS = 32, /* of a task */
    MOST_PIXELS = 512,
    MOST_PADDING = 1 << 20 /* bytes */
};

/** With what is known of each channel when it is made, in the order of sums. */
typedef struct blocks_plan {
    const iou_integer_conv *conv;
    iou_block_windows windows;
    const char *padding; /**< zero points under taps beyond the image, for all windows of a line */
} blocks_plan;

/** Whether parts are the columns of windows of three lines, which neighbouring windows share. */
static bool has_columns(const iou_integer_conv *p) {
    return p->blocks->part == COLUMN + 1 && p->channels == 1 && p->shape.kernel[0] == 1 &&
           p->shape.kernel[1] == COLUMN;
}

/** Parts of a sum. */
static size_t parts_of(const iou_integer_conv *p) {
    return p->channels > 1 ? p->taps * p->channels / p->blocks->part
                           : iou_divide_up(p->taps, has_columns(p) ? COLUMN : p->blocks->part);
}

/** Taps that kernels are told of: those of whole parts where groups are of one channel. */
static size_t taps_of(const iou_integer_conv *p) {
    return p->channels > 1 ? p->taps : parts_of(p) * p->blocks->part;
}

/** Tap `i` of those: one of the filters'; p->taps: none. */
static size_t tap_at(const iou_integer_conv *p, size_t i) {
    if (!has_columns(p)) {
        return iou_size_min(i, p->taps);
    }
    const size_t line = i % p->blocks->part, column = i / p->blocks->part;
    return line < COLUMN ? line * (size_t)p->shape.kernel[2] + column : p->taps;
}

/** Parts that the window before does not have. */
static size_t fresh_of(const iou_integer_conv *p) {
    const iou_conv_shape *s = &p->shape;
    const bool shares = has_columns(p) && s->dilation[2] == 1 && s->stride[2] < s->kernel[2];
    return (size_t)(shares ? s->stride[2] : s->kernel[2]);
}

/** Where the next block's sums are, its channels, and the first of them. */
typedef struct block_span {
    size_t done, channels, first;
} block_span;

static block_span block_behind(const iou_integer_conv *p, size_t done) {
    const size_t channels = (size_t)p->shape.out_channels;
    const size_t block = iou_block_size(p->blocks->block, done, channels);
    return (block_span){done, block, iou_block_first(block, done, channels)};
}

/** Sums of all blocks. */
static size_t blocks_size(const iou_integer_conv *p) {
    size_t size = 0;
    while (size < (size_t)p->shape.out_channels) {
        size += block_behind(p, size).channels;
    }
    return size;
}

static size_t padding_size(const iou_integer_conv *p) {
    const size_t step = iou_size_times((size_t)p->shape.stride[2], (size_t)p->shape.in_channels);
    return iou_size_times(step, (size_t)p->shape.out[2]);
}

/* ---- Run ----------------------------------------------------------------------------------- */

/** What a task's windows are summed with. */
typedef struct blocks_task {
    const blocks_plan *plan;
    const char *image;
    uint8_t *out;
    const char **pixels; /**< under the taps of a window, and behind them those kernels read */
} blocks_task;

/** Sums `n` windows from output pixel `row` on, all of which have the image where the first has. */
static void sum_alike(const blocks_task *t, size_t row, size_t n) {
    const iou_integer_conv *p = t->plan->conv;
    const size_t taps = taps_of(p);
    const iou_conv_pointers to = {t->pixels, 0, 1, p->taps + 1};
    const char **read = t->pixels + p->taps + 1;
    iou_conv_point_windows(p, t->image, t->plan->padding, row, 1, &to);
    for (size_t i = 0; i < taps; i++) {
        read[i] = t->pixels[tap_at(p, i)];
    }
    iou_block_windows windows = t->plan->windows;
    windows.pixels = (const uint8_t *const *)read;
    windows.windows = n;
    windows.y = t->out + row * (size_t)p->shape.out_channels;
    p->blocks->run(&windows);
}

/** Which windows of `n` in a line, the first of which begins at `x`, are in the image from side to
 * side. */
static void find_whole(const iou_conv_shape *s, int64_t x, size_t n, size_t *first, size_t *end) {
    const int64_t stride = s->stride[2], last = (s->kernel[2] - 1) * s->dilation[2];
    const int64_t room = s->in[2] - 1 - last - x;
    *first = x < 0 ? iou_size_min(n, (size_t)((stride - 1 - x) / stride)) : 0;
    *end = room < 0 ? *first : iou_size_min(n, (size_t)(room / stride) + 1);
    *end = iou_size_max(*first, *end);
}

/** Sums `n` windows of one line of the output. */
static void sum_line(const blocks_task *t, size_t row, size_t n) {
    const iou_conv_shape *s = &t->plan->conv->shape;
    size_t first, end;
    find_whole(s, iou_conv_window_of(s, row).at[2], n, &first, &end);
    for (size_t i = 0; i < first; i++) {
        sum_alike(t, row + i, 1);
    }
    if (first < end) {
        sum_alike(t, row + first, end - first);
    }
    for (size_t i = end; i < n; i++) {
        sum_alike(t, row + i, 1);
    }
}

static iou_status run(const iou_call *call, size_t task) {
    const blocks_plan *plan = call->params;
    const iou_integer_conv *p = plan->conv;
    const size_t row = task * p->rows, end = iou_size_min(row + p->rows, p->pixels);
    const size_t width = (size_t)p->shape.out[2];
    const blocks_task t = {.plan = plan,
                           .image = call->in[p->inputs->left],
                           .out = call->out[0],
                           .pixels = call->scratch};
    for (size_t done = row, n; done < end; done += n) {
        n = iou_size_min(end - done, width - done % width);
        sum_line(&t, done, n);
    }
    return IOU_OK;
}

/* ---- Prepare ------------------------------------------------------------------------------- */

/** Of a filter's tap and channel of the group; 0 beyond the taps. */
static int32_t weight_at(const iou_conv_packing *from, size_t filter, size_t tap, size_t channel) {
    const iou_integer_conv *p = from->p;
    const size_t index = (filter * p->channels + channel) * p->taps + tap;
    return tap < p->taps ? iou_integer_conv_weight(from, filter, index) : 0;
}

/** Of number `i` of a filter's parts. */
static int32_t part_weight(const iou_conv_packing *from, size_t filter, size_t i) {
    const iou_integer_conv *p = from->p;
    return p->channels > 1 ? weight_at(from, filter, i / p->channels, i % p->channels)
                           : weight_at(from, filter, tap_at(p, i), 0);
}

/** Packs filters: [block][part][sum][tap or channel of the part], four bytes a sum. */
static void pack(const void *context, void *memory, size_t first, size_t count) {
    const iou_conv_packing *packing = context;
    const iou_integer_conv *p = packing->p;
    const size_t each = p->blocks->part, sums = blocks_size(p);
    char *to = memory;
    (void)first;
    (void)count;
    for (size_t done = 0; done < sums; done += block_behind(p, done).channels) {
        const block_span b = block_behind(p, done);
        for (size_t i = 0; i < b.channels * parts_of(p) * each;
             i++, to += IOU_INTEGER_GROUP / each) {
            const size_t part = i / (each * b.channels), sum = i / each % b.channels;
            const size_t filter = b.first + iou_block_channel(sum, b.channels);
            const bool there = filter < (size_t)p->shape.out_channels;
            const int32_t weight = there ? part_weight(packing, filter, part * each + i % each) : 0;
            if (each == 4) {
                *to = (char)weight;
            } else {
                memcpy(to, &(int16_t){(int16_t)weight}, sizeof(int16_t));
            }
        }
    }
}

/** Whether weights fit a part's: those of pairs always do. */
static bool fits(const iou_conv_packing *from, const iou_channel_blocks *kernel) {
    const iou_integer_conv *p = from->p;
    const size_t each = p->channels * p->taps;
    bool fits = true;
    for (size_t i = 0; i < (size_t)p->shape.out_channels * each && kernel->part == 4; i++) {
        const int32_t weight = iou_integer_conv_weight(from, i / each, i);
        fits = fits && weight >= INT8_MIN && weight <= INT8_MAX;
    }
    return fits;
}

/** The best kernel that takes the weights; NULL: none. */
static const iou_channel_blocks *choose(iou_isa isa, const iou_conv_packing *from) {
    static const iou_channel_blocks *const variants[] = {
#define IOU_BLOCKS_VARIANT(symbol) &symbol,
#include "ops/quantize/channel_blocks.inc"
#undef IOU_BLOCKS_VARIANT
        NULL};
    const iou_channel_blocks *best = NULL;
    for (size_t i = 0; variants[i] != NULL; i++) {
        const bool suits = iou_isa_has(isa, variants[i]->isa) &&
                           (size_t)from->p->shape.out_channels >= variants[i]->least;
        best = suits && fits(from, variants[i]) ? variants[i] : best;
    }
    return best;
}

/** What sums begin with: the bias, less what the zero point comes to. */
static int32_t start_of(const iou_conv_packing *from, size_t channel, int32_t zero) {
    const int32_t *biases = from->p->fixed.biases;
    uint32_t start = biases != NULL ? (uint32_t)biases[channel] : 0u;
    const size_t each = from->p->channels * from->p->taps;
    for (size_t i = channel * each; i < (channel + 1) * each; i++) {
        start -= (uint32_t)zero * (uint32_t)iou_integer_conv_weight(from, channel, i);
    }
    return (int32_t)start;
}

/** Puts what belongs to channels into the order of sums. */
static void order(const iou_conv_packing *from, int32_t zero, int32_t *starts, float *factors,
                  float *offsets) {
    const iou_integer_conv *p = from->p;
    const iou_rescale_row *columns = &p->fixed.columns;
    const size_t sums = blocks_size(p);
    for (size_t done = 0; done < sums; done += block_behind(p, done).channels) {
        const block_span b = block_behind(p, done);
        for (size_t i = 0; i < b.channels; i++) {
            const size_t channel = b.first + iou_block_channel(i, b.channels);
            if (channel < (size_t)p->shape.out_channels) {
                starts[done + i] = start_of(from, channel, zero);
                factors[done + i] = columns->factors[channel];
                offsets[done + i] = columns->offsets[channel];
            }
        }
    }
}

static const iou_operand *image_zero_of(const iou_prepare *prepare, const iou_integer_conv *p) {
    return iou_operand_in(prepare, p->inputs->left_zero);
}

/** Whether groups have the widths that kernels have. */
static bool has_width(const iou_integer_conv *p) {
    const size_t width = p->channels;
    return p->columns == width &&
           (width == 1 || ((width == 4 || width == 8 || width == IOU_BLOCK_GROUP) &&
                           p->shape.group > 1 && p->shape.out_channels % IOU_BLOCK_GROUP == 0));
}

bool iou_integer_conv_suits_blocks(const iou_prepare *prepare, iou_integer_conv *p) {
    const iou_operand *zero = image_zero_of(prepare, p);
    const bool known =
        p->is_fixed && iou_conv_can_pack(prepare, p) && (zero == NULL || zero->constant != NULL);
    if (p->image != IOU_UINT8 || p->out != IOU_UINT8 || !known || !has_width(p) ||
        padding_size(p) > MOST_PADDING) {
        return false;
    }
    const iou_conv_packing from = iou_conv_packing_of(prepare, p);
    p->blocks = choose(prepare->isa, &from);
    return p->blocks != NULL;
}

iou_status iou_integer_conv_blocks(const iou_prepare *prepare, iou_integer_conv *p) {
    const iou_operand *image_zero = image_zero_of(prepare, p);
    const size_t sums = blocks_size(p), parts = parts_of(p);
    blocks_plan *plan = iou_prepare_alloc(prepare, sizeof *plan);
    float *numbers = iou_prepare_alloc(prepare, 3 * sums * sizeof *numbers);
    char *padding = iou_prepare_alloc(prepare, padding_size(p));
    if (plan == NULL || numbers == NULL || padding == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const iou_packing packing = {.kind = IOU_CONV_PACKED_BLOCKS,
                                 .size = iou_size_times(sums, parts * IOU_INTEGER_GROUP),
                                 .units = 1};
    IOU_TRY(iou_conv_pack_weights(prepare, p, packing, pack));
    int32_t *starts = (int32_t *)(void *)(numbers + 2 * sums);
    const int32_t zero = image_zero ? iou_integer_read(p->image, image_zero->constant, 0) : 0;
    const iou_conv_packing from = iou_conv_packing_of(prepare, p);
    order(&from, zero, starts, numbers, numbers + sums);
    memset(padding, zero, padding_size(p));
    plan->padding = padding;
    plan->conv = p;
    plan->windows =
        (iou_block_windows){.parts = parts,
                            .fresh = fresh_of(p),
                            .group = p->channels,
                            .channels = (size_t)p->shape.out_channels,
                            .weights = p->packed,
                            .starts = starts,
                            .columns = {numbers, numbers + sums, p->fixed.columns.plain},
                            .row = p->fixed.quantize,
                            .step = (size_t)(p->shape.stride[2] * p->shape.in_channels)};
    const size_t share = iou_divide_up(p->pixels, IOU_CONV_THREAD_TASKS * prepare->threads);
    p->rows = iou_size_min(iou_size_max(share, LEAST_PIXELS), MOST_PIXELS);
    prepare->step->run = run;
    prepare->step->params = plan;
    prepare->step->task_count = iou_divide_up(p->pixels, p->rows);
    prepare->step->algorithm = p->channels == 1 ? "depthwise" : "narrow groups";
    prepare->step->isa = iou_isa_name(p->blocks->isa);
    return iou_conv_lay_out(prepare, p, (p->taps + 1 + taps_of(p)) * sizeof(void *), 0);
}
