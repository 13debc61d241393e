/* The transforms, in the compiler's vectors, of VECTOR bytes, which the includer says. */
#include "ops/quantize/integer_winograd.h"

#include <string.h>

enum {
    TILE = IOU_INTEGER_WINOGRAD_TILE,
    PATCH = IOU_INTEGER_WINOGRAD_PATCH,
    POSITIONS = IOU_INTEGER_WINOGRAD_POSITIONS,
    SHORTS = VECTOR / 2, /* in a vector */
    SUMS = VECTOR / 4
};

typedef uint8_t bytes __attribute__((vector_size(SHORTS)));
typedef int16_t shorts __attribute__((vector_size(VECTOR)));
typedef uint32_t sums __attribute__((vector_size(VECTOR))); /* which wrap */
typedef int32_t signed_sums __attribute__((vector_size(VECTOR)));

/* The same in memory. */
typedef bytes bytes_there __attribute__((aligned(1), may_alias));
typedef shorts shorts_there __attribute__((aligned(2), may_alias));
typedef sums sums_there __attribute__((aligned(4), may_alias));

/* Sizes are whole vectors: those of panels. */
static void filter(const iou_integer_winograd_filter *given) {
    const iou_integer_winograd_filter f = *given;
    for (size_t i = 0; i < f.size; i += SHORTS) {
        const shorts first = *(const shorts_there *)(f.taps[0] + i);
        const shorts second = *(const shorts_there *)(f.taps[1] + i);
        const shorts third = *(const shorts_there *)(f.taps[2] + i);
        const shorts outer = first + third, far_outer = first + 4 * third;
        *(shorts_there *)(f.to + i) = outer + second;
        *(shorts_there *)(f.to + f.size + i) = outer - second;
        *(shorts_there *)(f.to + 2 * f.size + i) = far_outer + 2 * second;
        *(shorts_there *)(f.to + 3 * f.size + i) = far_outer - 2 * second;
    }
}

/* Down a column or along a line. Source: the paper's F(4x4, 3x3), its matrix B. */
IOU_INLINE void transform_line(shorts *d, size_t step) {
    const shorts d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step];
    const shorts outer = d4 - 4 * d2, inner = d3 - 4 * d1;
    const shorts near = d4 - d2, twice = 2 * (d3 - d1);
    d[0] = 4 * d[0] - d2 + outer;
    d[step] = outer + inner;
    d[2 * step] = outer - inner;
    d[3 * step] = near + twice;
    d[4 * step] = near - twice;
    d[5 * step] = d[5 * step] - d3 - 2 * twice;
}

/* All positions of a vector of channels. */
IOU_INLINE void transform_input(shorts *d) {
    IOU_UNROLLED
    for (size_t x = 0; x < PATCH; x++) {
        transform_line(d + x, PATCH);
    }
    IOU_UNROLLED
    for (size_t y = 0; y < PATCH; y++) {
        transform_line(d + y * PATCH, 1);
    }
}

/* Some channels of all pixels, as what they stand for, transformed and stored. */
IOU_INLINE void transform_channels(const iou_integer_winograd_input *in,
                                   const uint8_t *const *pixels, size_t from, size_t to) {
    shorts d[POSITIONS];
    IOU_UNROLLED
    for (size_t i = 0; i < POSITIONS; i++) {
        const bytes pixel = *(const bytes_there *)(pixels[i] + from) ^ in->flip;
        d[i] = __builtin_convertvector(pixel, shorts) - in->zero;
    }
    transform_input(d);
    IOU_UNROLLED
    for (size_t i = 0; i < POSITIONS; i++) {
        *(shorts_there *)(in->to + i * in->stride + to) = d[i];
    }
}

/* The channels behind the last whole vector are copied to whole ones, with zeros behind them. */
static void transform_rest(const iou_integer_winograd_input *in, size_t first) {
    uint8_t copies[POSITIONS][SHORTS] = {{0}};
    const uint8_t *pixels[POSITIONS];
    for (size_t i = 0; i < POSITIONS; i++) {
        memcpy(copies[i], in->pixels[i] + first, in->channels - first);
        pixels[i] = copies[i];
    }
    transform_channels(in, pixels, 0, first);
}

static void input(const iou_integer_winograd_input *in) {
    size_t c = 0;
    for (; c + SHORTS <= in->channels; c += SHORTS) {
        transform_channels(in, in->pixels, c, c);
    }
    if (c < in->channels) {
        transform_rest(in, c);
    }
}

/* Six products along a line to four sums. */
IOU_INLINE void transform_products(const sums m[PATCH], sums *to, size_t step) {
    const sums plus = m[1] + m[2], minus = m[1] - m[2];
    const sums far_plus = m[3] + m[4], far_minus = m[3] - m[4];
    to[0] = (m[0] << 2) + (m[0] << 1) - (plus << 2) + far_plus;
    to[step] = (far_minus - (minus << 1)) << 1;
    to[2 * step] = (far_plus - plus) << 2;
    to[3 * step] = ((far_minus << 1) - minus + (m[5] << 2) + (m[5] << 1)) << 2;
}

/* Takes 24 * 24 back, of which 9 by its inverse modulo 2^32. */
IOU_INLINE void divide(sums *sum) {
    enum { INVERSE_OF_9 = 0x38E38E39, POWER_OF_2 = 6 };
    *sum = (sums)((signed_sums)(*sum * INVERSE_OF_9) >> POWER_OF_2);
}

/* Some columns of a tile: down, then along the lines. */
IOU_INLINE void transform_output(const iou_integer_winograd_output *out, size_t c) {
    sums down[TILE * PATCH];
    IOU_UNROLLED
    for (size_t x = 0; x < PATCH; x++) {
        sums m[PATCH];
        IOU_UNROLLED
        for (size_t y = 0; y < PATCH; y++) {
            m[y] = *(const sums_there *)(out->from + (y * PATCH + x) * out->stride + c);
        }
        transform_products(m, down + x, PATCH);
    }
    const sums bias = *(const sums_there *)(out->biases + c);
    IOU_UNROLLED
    for (size_t y = 0; y < TILE; y++) {
        sums pixels[TILE];
        transform_products(down + y * PATCH, pixels, 1);
        IOU_UNROLLED
        for (size_t x = 0; x < TILE; x++) {
            divide(&pixels[x]);
            *(sums_there *)(out->to + (y * TILE + x) * out->columns + c) = pixels[x] + bias;
        }
    }
}

static void output(const iou_integer_winograd_output *out) {
    for (size_t c = 0; c < out->columns; c += SUMS) {
        transform_output(out, c);
    }
}
