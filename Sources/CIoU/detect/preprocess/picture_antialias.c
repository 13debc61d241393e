/*
 * Bilinear filters that grow with the step where a side shrinks: along x, then along y. With 8 bits
 * as Pillow rounds, after both; else in floats.
 */
#include "detect/preprocess/picture_resize.h"

#include <math.h>

enum { WEIGHT_BITS = 22 }; /* all weights of a position and a byte stay within 32 bits */

static double reach(double step) {
    return step > 1.0 ? step : 1.0;
}

size_t iou_antialias_width(double step) {
    return (size_t)ceil(reach(step)) * 2 + 1;
}

static double triangle(double distance) {
    const double height = 1.0 - fabs(distance);
    return height > 0.0 ? height : 0.0;
}

/* One position's weights, scaled to the sum 1. */
static void set_weights(iou_tap_weight *weights, int32_t first, int32_t count, double centre,
                        double support, bool eight_bit) {
    double sum = 0.0;
    for (int32_t i = 0; i < count; i++) {
        sum += triangle(((double)(first + i) - centre + 0.5) * (1.0 / support));
    }
    for (int32_t i = 0; i < count; i++) {
        double weight = triangle(((double)(first + i) - centre + 0.5) * (1.0 / support));
        weight = sum > 0.0 ? weight / sum : weight;
        if (eight_bit) {
            weights[i].fixed = (uint32_t)(weight * (double)(1 << WEIGHT_BITS) + 0.5);
        } else {
            weights[i].real = (float)weight;
        }
    }
}

void iou_antialias_taps(int32_t *first, int32_t *count, iou_tap_weight *weights, int32_t side,
                        int32_t old_side, double step, bool eight_bit) {
    const double support = reach(step);
    const size_t width = iou_antialias_width(step);
    for (int32_t i = 0; i < side; i++) {
        const double centre = ((double)i + 0.5) * step;
        const double from = centre - support + 0.5, to = centre + support + 0.5;
        const int32_t last = old_side - 1;
        int32_t low = from > 0.0 ? (from < (double)last ? (int32_t)from : last) : 0;
        int32_t high = to < (double)old_side ? (int32_t)to : old_side;
        high = high > low ? high : low + 1;
        first[i] = low;
        count[i] = high - low < (int32_t)width ? high - low : (int32_t)width;
        set_weights(weights + (size_t)i * width, low, count[i], centre, support, eight_bit);
    }
}

static void across_8bit(uint8_t *out, const iou_resize_plan *plan, const uint8_t *bytes) {
    const iou_taps *taps = &plan->across;
    for (int32_t x = 0; x < plan->letterbox->width; x++) {
        const uint8_t *from = bytes + 3 * (size_t)taps->first[x];
        const iou_tap_weight *weights = taps->weights + (size_t)x * taps->width;
        uint32_t sums[3] = {1u << (WEIGHT_BITS - 1), 1u << (WEIGHT_BITS - 1),
                            1u << (WEIGHT_BITS - 1)};
        for (int32_t i = 0; i < taps->count[x]; i++) {
            for (int c = 0; c < 3; c++) {
                sums[c] += weights[i].fixed * from[3 * i + c];
            }
        }
        for (int c = 0; c < 3; c++) {
            const uint32_t value = sums[c] >> WEIGHT_BITS;
            out[3 * (size_t)x + (size_t)c] = (uint8_t)(value < 255 ? value : 255);
        }
    }
}

static void across_float(float *out, const iou_resize_plan *plan, const uint8_t *bytes) {
    const iou_taps *taps = &plan->across;
    for (int32_t x = 0; x < plan->letterbox->width; x++) {
        const uint8_t *from = bytes + 3 * (size_t)taps->first[x];
        const iou_tap_weight *weights = taps->weights + (size_t)x * taps->width;
        float sums[3] = {0.0f, 0.0f, 0.0f};
        for (int32_t i = 0; i < taps->count[x]; i++) {
            for (int c = 0; c < 3; c++) {
                sums[c] += weights[i].real * (float)from[3 * i + c];
            }
        }
        for (int c = 0; c < 3; c++) {
            out[3 * (size_t)x + (size_t)c] = sums[c];
        }
    }
}

void iou_antialias_across(void *half, const iou_resize_plan *plan, int32_t y, bool eight_bit) {
    const uint8_t *bytes = plan->picture->data + (size_t)y * plan->picture->stride;
    const size_t start = (size_t)y * (size_t)plan->letterbox->width * 3;
    if (eight_bit) {
        across_8bit((uint8_t *)half + start, plan, bytes);
    } else {
        across_float((float *)half + start, plan, bytes);
    }
}

static void down_8bit(float *pixels, const iou_resize_plan *plan, int32_t y, uint32_t *sums) {
    const size_t count = (size_t)plan->letterbox->width * 3;
    const iou_tap_weight *weights = plan->down.weights + (size_t)y * plan->down.width;
    const uint8_t *row = (const uint8_t *)plan->half + (size_t)plan->down.first[y] * count;
    for (size_t i = 0; i < count; i++) {
        sums[i] = 1u << (WEIGHT_BITS - 1);
    }
    for (int32_t k = 0; k < plan->down.count[y]; k++, row += count) {
        const uint32_t weight = weights[k].fixed;
        for (size_t i = 0; i < count; i++) {
            sums[i] += weight * row[i];
        }
    }
    for (size_t i = 0; i < count; i++) {
        const uint32_t value = sums[i] >> WEIGHT_BITS;
        pixels[i] = (float)(int32_t)(value < 255 ? value : 255);
    }
}

static void down_float(float *pixels, const iou_resize_plan *plan, int32_t y) {
    const size_t count = (size_t)plan->letterbox->width * 3;
    const iou_tap_weight *weights = plan->down.weights + (size_t)y * plan->down.width;
    const float *row = (const float *)plan->half + (size_t)plan->down.first[y] * count;
    for (size_t i = 0; i < count; i++) {
        pixels[i] = 0.0f;
    }
    for (int32_t k = 0; k < plan->down.count[y]; k++, row += count) {
        const float weight = weights[k].real;
        for (size_t i = 0; i < count; i++) {
            pixels[i] += weight * row[i];
        }
    }
}

void iou_antialias_down(float *pixels, const iou_resize_plan *plan, int32_t y, bool eight_bit,
                        void *work) {
    if (eight_bit) {
        down_8bit(pixels, plan, y, work);
    } else {
        down_float(pixels, plan, y);
    }
}
