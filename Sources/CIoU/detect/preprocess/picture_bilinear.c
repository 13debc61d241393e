/* Bilinear samples without antialiasing: in floats, or in the 8-bit arithmetic of OpenCV. */
#include "detect/preprocess/picture_resize.h"

#include <math.h>

/* Half-pixel centres with the edge repeated, as PyTorch's bilinear without aligned corners. */
static iou_sample sample_at(int64_t position, double step, int32_t side) {
    const double where = step * ((double)position + 0.5) - 0.5;
    const double at = where > 0.0 ? where : 0.0;
    const int32_t last = side - 1;
    if (at >= (double)last) {
        return (iou_sample){.first = last, .second = last};
    }
    const int32_t first = (int32_t)at;
    return (iou_sample){.first = first, .second = first + 1, .weight = (float)(at - (double)first)};
}

static int32_t within(int32_t value, int32_t side) {
    return value < 0 ? 0 : value >= side ? side - 1 : value;
}

/* Beyond an edge a column takes the edge alone; a row takes it twice, with rounding of its own. */
static iou_sample sample_8bit_at(int32_t position, double step, int32_t side, bool column) {
    const float where = (float)(((double)position + 0.5) * step - 0.5);
    const float low = floorf(where);
    const int32_t first = (int32_t)low;
    float weight = where - low;
    if (column && (first < 0 || first >= side - 1)) {
        weight = 0.0f;
    }
    return (iou_sample){
        .first = within(first, side),
        .second = within(first + 1, side),
        .fixed = {(int16_t)rintf((1.0f - weight) * 2048.0f), (int16_t)rintf(weight * 2048.0f)},
    };
}

void iou_bilinear_columns(iou_sample *columns, const iou_picture *picture,
                          const iou_letterbox *letterbox, bool eight_bit) {
    for (int32_t x = 0; x < letterbox->width; x++) {
        columns[x] = eight_bit ? sample_8bit_at(x, letterbox->step_x, picture->width, true)
                               : sample_at(x, letterbox->step_x, picture->width);
    }
}

/* Blends two rows of bytes into floats: contiguous, so that compilers make vectors of it. */
static void blend_rows(float *restrict out, const uint8_t *restrict a, const uint8_t *restrict b,
                       size_t count, float weight) {
    for (size_t i = 0; i < count; i++) {
        const float first = (float)a[i];
        out[i] = first + weight * ((float)b[i] - first);
    }
}

void iou_bilinear_row(float *pixels, const iou_resize_plan *plan, int32_t y, void *work) {
    const iou_picture *picture = plan->picture;
    const iou_sample line = sample_at(y, plan->letterbox->step_y, picture->height);
    float *row = work;
    blend_rows(row, picture->data + (size_t)line.first * picture->stride,
               picture->data + (size_t)line.second * picture->stride, (size_t)picture->width * 3,
               line.weight);
    for (int32_t x = 0; x < plan->letterbox->width; x++) {
        const iou_sample *column = &plan->columns[x];
        const float *a = row + 3 * (size_t)column->first;
        const float *b = row + 3 * (size_t)column->second;
        for (int c = 0; c < 3; c++) {
            pixels[3 * (size_t)x + (size_t)c] = a[c] + column->weight * (b[c] - a[c]);
        }
    }
}

/* A row of bytes along x, in units of 1 / 2^11. */
static void across_8bit(int32_t *out, const iou_resize_plan *plan, int32_t row) {
    const uint8_t *bytes = plan->picture->data + (size_t)row * plan->picture->stride;
    for (int32_t x = 0; x < plan->letterbox->width; x++) {
        const iou_sample *column = &plan->columns[x];
        const uint8_t *a = bytes + 3 * (size_t)column->first;
        const uint8_t *b = bytes + 3 * (size_t)column->second;
        for (int c = 0; c < 3; c++) {
            out[3 * (size_t)x + (size_t)c] = a[c] * column->fixed[0] + b[c] * column->fixed[1];
        }
    }
}

void iou_bilinear_row_8bit(float *pixels, const iou_resize_plan *plan, int32_t y, void *work) {
    const size_t count = (size_t)plan->letterbox->width * 3;
    const iou_sample line =
        sample_8bit_at(y, plan->letterbox->step_y, plan->picture->height, false);
    int32_t *first = work, *second = first + count;
    across_8bit(first, plan, line.first);
    across_8bit(second, plan, line.second);
    for (size_t i = 0; i < count; i++) {
        const int32_t upper = (line.fixed[0] * (first[i] >> 4)) >> 16;
        const int32_t lower = (line.fixed[1] * (second[i] >> 4)) >> 16;
        pixels[i] = (float)((upper + lower + 2) >> 2);
    }
}
