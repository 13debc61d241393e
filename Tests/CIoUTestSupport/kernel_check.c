#include "kernel_check.h"

#include "kernel_check_case.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What went wrong so far. */
typedef struct check_report {
    int failures;
    char *message;
    size_t capacity;
} check_report;

static void check_fail(check_report *report, const check_case *c, const char *variant,
                       const char *format, ...) {
    if (report->failures++ > 0 || report->capacity == 0) {
        return;
    }
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    snprintf(report->message, report->capacity,
             "%s, %dd, batch %d, %d -> %d channels in %d groups, size %dx%dx%d, kernel %dx%dx%d, "
             "stride %d %d, dilation %d %d, pads %d %d %d %d, residual %d, activation %d, "
             "limits %g %g, special %d: %s",
             variant, c->spatial, (int)c->batch, (int)c->in_channels, (int)c->out_channels,
             (int)c->group, (int)c->in[0], (int)c->in[1], (int)c->in[2], (int)c->kernel[0],
             (int)c->kernel[1], (int)c->kernel[2], (int)c->stride[0], (int)c->stride[1],
             (int)c->dilation[0], (int)c->dilation[1], (int)c->pads[0], (int)c->pads[1],
             (int)c->pads[2], (int)c->pads[3], (int)c->residual, (int)c->activation, (double)c->lo,
             (double)c->hi, (int)c->special, text);
}

static void check_compare(check_report *report, const check_setup *setup,
                          const check_variant *variant, const float *got, const float *expected) {
    const size_t count = setup->out.count;
    const double depth = (double)setup->weights.count / (double)setup->what->out_channels;
    for (size_t i = 0; i < count; i++) {
        const double allowed = 1e-6 * sqrt(depth + 16) + 4e-6 * fabs((double)expected[i]);
        if (!check_close(got[i], expected[i], allowed * variant->looseness)) {
            check_fail(report, setup->what, variant->name, "element %zu is %g, not %g", i,
                       (double)got[i], (double)expected[i]);
            return;
        }
    }
}

static void check_variant_once(check_report *report, check_setup *setup,
                               const check_variant *variant, const float *expected,
                               uint64_t *seed) {
    check_plan plan;
    if (check_plan_make(&plan, setup, variant) != IOU_OK) {
        check_fail(report, setup->what, variant->name, "%s", setup->error.text);
        check_plan_free(&plan);
        return;
    }
    check_buffer out[2];
    check_buffer scratch = check_buffer_empty(plan.step.scratch_size / sizeof(float));
    for (int i = 0; i < 2; i++) {
        out[i] = check_buffer_empty(setup->out.count);
        check_plan_run(&plan, setup, out[i].data, scratch.data, i == 1);
        if (!check_buffer_intact(&out[i]) || !check_buffer_intact(&scratch)) {
            check_fail(report, setup->what, variant->name, "wrote outside of a buffer");
        }
    }
    check_compare(report, setup, variant, out[0].data, expected);
    if (memcmp(out[0].data, out[1].data, setup->out.count * sizeof(float)) != 0) {
        check_fail(report, setup->what, variant->name, "the order of tasks changes the result");
    }
    if (!check_pitched(setup, variant, out[0].data, seed)) {
        check_fail(report, setup->what, variant->name,
                   "differs where maps are parts of others and caches small");
    }
    check_buffer_free(&out[0]);
    check_buffer_free(&out[1]);
    check_buffer_free(&scratch);
    check_plan_free(&plan);
}

/* Every second case has limits that cross, are infinite, the ends of the type or none, and every
 * third has numbers that are none or infinite. */
static check_case check_with_limits(const check_case *what, uint64_t *seed) {
    static const float limits[][2] = {
        {1, -1},
        {1, 1},
        {-INFINITY, INFINITY},
        {INFINITY, -INFINITY},
        {0, INFINITY},
        {0, FLT_MAX},
        {-FLT_MAX, FLT_MAX},
        {-FLT_MAX, 0.5F},
        {INFINITY, FLT_MAX},
        {NAN, 0.5F},
        {-0.5F, NAN},
        {NAN, NAN},
    };
    check_case c = *what;
    const bool usual = check_range(seed, 0, 1) == 0;
    const int64_t pick = check_range(seed, 0, sizeof limits / sizeof limits[0] - 1);
    c.lo = usual ? -0.75F : limits[pick][0];
    c.hi = usual ? 1.5F : limits[pick][1];
    c.special = check_range(seed, 0, 2) == 0 && c.activation <= CHECK_SIGMOID;
    return c;
}

static void check_one(check_report *report, const check_case *without, uint64_t *seed) {
    const check_case limited = check_with_limits(without, seed), *const what = &limited;
    check_setup setup;
    if (check_setup_make(&setup, what, seed) != IOU_OK) {
        check_fail(report, what, "setup", "%s", setup.error.text);
        check_setup_free(&setup);
        return;
    }
    float *expected = calloc(setup.out.count + 1, sizeof *expected);
    iou_conv_f32_scalar(&setup.shape, setup.image_data.data, setup.weight_data.data,
                        what->bias ? setup.bias_data.data : NULL, &setup.epilogue, setup.operands,
                        expected);
    check_variant variants[CHECK_MAX_VARIANTS];
    const size_t count = check_variants(variants);
    for (size_t i = 0; i < count; i++) {
        check_variant_once(report, &setup, &variants[i], expected, seed);
    }
    free(expected);
    check_setup_free(&setup);
}

static check_case check_base(void) {
    return (check_case){.spatial = 2,
                        .batch = 1,
                        .group = 1,
                        .in = {1, 1, 1},
                        .kernel = {1, 1, 1},
                        .stride = {1, 1, 1},
                        .dilation = {1, 1, 1},
                        .bias = true};
}

/* Every number of rows around the tiles, by columns around the panels. */
static void check_tile_edges(check_report *report, uint64_t *seed) {
    static const int64_t columns[] = {1, 7, 8, 9, 15, 16, 17, 23, 31, 32, 33, 47, 49, 64};
    static const int64_t channels[] = {1, 3, 8, 13};
    for (int64_t rows = 1; rows <= 29; rows++) {
        for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
            check_case c = check_base();
            c.in[0] = rows;
            c.in_channels = channels[(size_t)rows % 4];
            c.out_channels = columns[i];
            c.residual = (check_residual)((size_t)rows % 3);
            c.activation = (check_activation)(i % CHECK_ACTIVATIONS);
            c.scale = rows % 2 == 0;
            c.computed_weights = rows % 5 == 0;
            check_one(report, &c, seed);
        }
    }
}

/* Sums that are cut into several steps, and maps that are cut into several blocks. */
static void check_blocks(check_report *report, uint64_t *seed) {
    static const int64_t sizes[][5] = {
        {300, 9, 3, 3, 3},  {700, 17, 1, 4, 5}, {40, 33, 5, 6, 4},   {16, 40, 3, 37, 41},
        {3, 20, 7, 40, 31}, {8, 150, 3, 9, 7},  {20, 1100, 1, 2, 3}, {129, 16, 3, 8, 3},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        check_case c = check_base();
        c.in_channels = sizes[i][0];
        c.out_channels = sizes[i][1];
        c.kernel[0] = c.kernel[1] = sizes[i][2];
        c.in[0] = sizes[i][3];
        c.in[1] = sizes[i][4];
        c.pads[0] = c.pads[1] = c.pads[2] = c.pads[3] = sizes[i][2] / 2;
        c.residual = (check_residual)(i % 3);
        c.activation = CHECK_CLAMP;
        check_one(report, &c, seed);
        c.computed_weights = true;
        check_one(report, &c, seed);
    }
}

/* Groups of every width around the vectors, along lines around the blocks, near and far apart. */
static void check_groups(check_report *report, uint64_t *seed) {
    static const int64_t widths[][2] = {{1, 2}, {1, 3},  {2, 2},   {2, 4},   {3, 3},  {4, 4},
                                        {3, 2}, {4, 8},  {5, 5},   {6, 4},   {8, 4},  {8, 8},
                                        {2, 1}, {16, 9}, {12, 12}, {16, 16}, {20, 7}, {24, 24}};
    static const int64_t groups[] = {2, 3, 4, 5, 9, 32};
    for (size_t i = 0; i < sizeof widths / sizeof widths[0] * 6 * 6; i++) {
        check_case c = check_base();
        c.group = groups[i / 6 % 6];
        c.in_channels = c.group * widths[i / 36][0];
        c.out_channels = c.group * widths[i / 36][1];
        c.batch = 1 + (int64_t)i % 2;
        c.in[0] = check_range(seed, 1, 4);
        c.in[1] = check_range(seed, 3, 33);
        c.kernel[0] = check_range(seed, 1, 3);
        c.kernel[1] = i % 6 < 5 ? 3 : 2;
        c.stride[1] = i % 6 == 3 ? 2 : 1;
        c.dilation[1] = i % 6 == 4 ? 2 : 1;
        c.pads[0] = c.pads[1] = c.pads[2] = c.pads[3] = c.dilation[1];
        c.scale = i % 5 == 0;
        c.computed_weights = i % 7 == 0;
        c.residual = (check_residual)(i / 6 % 3);
        c.activation = (check_activation)(i / 2 % CHECK_ACTIVATIONS);
        check_one(report, &c, seed);
    }
}

/* Groups as wide as a vector or wider: maps of several blocks of lines, runs of several groups. */
static void check_wide_groups(check_report *report, uint64_t *seed) {
    static const int64_t widths[][2] = {{8, 8}, {16, 16}, {32, 32}, {9, 40}, {64, 8}, {12, 17}};
    for (int64_t i = 0; i < 30; i++) {
        check_case c = check_base();
        c.group = check_range(seed, 2, i % 3 == 0 ? 9 : 3);
        c.in_channels = c.group * widths[i % 6][0];
        c.out_channels = c.group * widths[i % 6][1];
        c.batch = 1 + i % 2;
        for (int d = 0; d < 2; d++) {
            c.kernel[d] = check_range(seed, d == 0 ? 1 : 2, 3);
            c.stride[d] = check_range(seed, 1, 2);
            c.dilation[d] = check_range(seed, 1, 2);
            c.pads[d] = check_range(seed, 0, 3);
            c.pads[2 + d] = check_range(seed, 0, 3);
            c.in[d] = check_range(seed, 5, d == 0 ? 26 : 15);
        }
        c.scale = i % 5 == 0;
        c.computed_weights = i % 7 == 0;
        c.residual = (check_residual)(i % 3);
        c.activation = (check_activation)(i / 3 % CHECK_ACTIVATIONS);
        check_one(report, &c, seed);
    }
}

/* Filters of 3x3: maps around the tiles, channels around the vectors, any padding. */
static void check_winograd(check_report *report, uint64_t *seed) {
    static const int64_t channels[] = {1, 7, 8, 9, 16, 17, 31, 33, 70};
    for (int64_t i = 0; i < 400; i++) {
        check_case c = check_base();
        c.batch = 1 + i % 2;
        c.in_channels = channels[i % 9];
        c.out_channels = channels[(i / 9 + i) % 9];
        c.kernel[0] = c.kernel[1] = 3;
        for (int d = 0; d < 2; d++) {
            c.pads[d] = check_range(seed, 0, 2);
            c.pads[2 + d] = check_range(seed, 0, 2);
            c.in[d] = check_range(seed, 3, 20);
        }
        c.bias = i % 4 != 0;
        c.scale = i % 3 == 0;
        c.residual = (check_residual)(i % 3);
        c.activation = (check_activation)(i / 3 % CHECK_ACTIVATIONS);
        check_one(report, &c, seed);
    }
}

/* A group per channel: lines around the blocks of pixels, channels around the vectors, windows
 * that reach into the padding and beyond. */
static void check_depthwise(check_report *report, uint64_t *seed) {
    static const int64_t channels[] = {2, 7, 8, 9, 15, 16, 17, 24, 33, 70};
    for (int64_t i = 0; i < 1000; i++) {
        check_case c = check_base();
        c.batch = 1 + i % 2;
        c.group = c.in_channels = c.out_channels = channels[i % 10];
        c.kernel[0] = check_range(seed, 1, 4);
        c.kernel[1] = i % 9 == 0 ? 2 : i % 2 == 0 ? 5 : 3;
        for (int d = 0; d < 2; d++) {
            c.stride[d] = check_range(seed, 1, i % 11 == 0 ? 3 : 2);
            c.dilation[d] = i % 13 == 0 ? 2 : 1;
            c.pads[d] = check_range(seed, 0, 5);
            c.pads[2 + d] = check_range(seed, 0, 5);
            const int64_t least = (c.kernel[d] - 1) * c.dilation[d] + 1;
            const int64_t padded = least - c.pads[d] - c.pads[2 + d];
            c.in[d] = check_range(seed, padded > 1 ? padded : 1, d == 0 ? 7 : 30);
        }
        c.bias = i % 4 != 0;
        c.scale = i % 3 == 0;
        c.computed_weights = i % 7 == 0;
        c.residual = (check_residual)(i % 3);
        c.activation = (check_activation)(i / 3 % CHECK_ACTIVATIONS);
        check_one(report, &c, seed);
    }
}

/* Few channels: lines of taps within the image, across its borders and in the padding. */
static void check_stems(check_report *report, uint64_t *seed) {
    for (int64_t i = 0; i < 200; i++) {
        check_case c = check_base();
        c.batch = 1 + i % 2;
        c.in_channels = check_range(seed, 1, 7);
        c.out_channels = check_range(seed, 1, 40);
        for (int d = 0; d < 2; d++) {
            c.kernel[d] = check_range(seed, 2, 7);
            c.stride[d] = check_range(seed, 1, 3);
            c.dilation[d] = i % 5 == 0 ? 2 : 1;
            c.pads[d] = check_range(seed, 0, 8);
            c.pads[2 + d] = check_range(seed, 0, 8);
            const int64_t least = (c.kernel[d] - 1) * c.dilation[d] + 1;
            c.in[d] = check_range(seed, least, least + 20);
        }
        c.computed_weights = i % 7 == 0;
        c.residual = (check_residual)(i % 3);
        c.activation = (check_activation)(i / 3 % CHECK_ACTIVATIONS);
        check_one(report, &c, seed);
    }
}

static check_case check_any(uint64_t *seed) {
    check_case c = check_base();
    c.spatial = (int)check_range(seed, 1, 3);
    c.batch = check_range(seed, 1, 2);
    const int kind = (int)check_range(seed, 0, 3);
    c.group = kind == 0 ? check_range(seed, 2, 9) : 1;
    c.in_channels = c.group * check_range(seed, 1, 20);
    c.out_channels = c.group * check_range(seed, 1, 40);
    if (kind == 1) {
        c.group = c.in_channels = c.out_channels = check_range(seed, 2, 75);
    }
    for (int i = 0; i < c.spatial; i++) {
        c.kernel[i] = check_range(seed, 1, 3);
        c.stride[i] = check_range(seed, 1, 3);
        c.dilation[i] = check_range(seed, 1, 2);
        c.pads[i] = check_range(seed, 0, 3);
        c.pads[c.spatial + i] = check_range(seed, 0, 3);
        const int64_t least =
            (c.kernel[i] - 1) * c.dilation[i] + 1 - c.pads[i] - c.pads[c.spatial + i];
        c.in[i] = check_range(seed, least > 1 ? least : 1, c.spatial == 3 ? 6 : 12);
    }
    c.bias = check_range(seed, 0, 1) == 1;
    c.scale = check_range(seed, 0, 1) == 1;
    c.computed_weights = check_range(seed, 0, 3) == 0;
    c.residual = (check_residual)check_range(seed, 0, 2);
    c.activation = (check_activation)check_range(seed, 0, CHECK_ACTIVATIONS - 1);
    return c;
}

/* The residual pixels of an upsampled sum, as ONNX Runtime's Resize takes them. */
static void check_nearest(check_report *report) {
    static const struct {
        int64_t in, out, expected[7];
    } known[] = {{3, 6, {0, 0, 1, 1, 2, 2}},    {2, 6, {0, 0, 0, 1, 1, 1}},
                 {4, 7, {0, 0, 1, 1, 2, 2, 3}}, {3, 5, {0, 0, 1, 1, 2}},
                 {1, 4, {0, 0, 0, 0}},          {5, 5, {0, 1, 2, 3, 4}}};
    const check_case none = check_base();
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        for (int64_t at = 0; at < known[i].out; at++) {
            const int64_t got = iou_conv_nearest(at, known[i].out, known[i].in);
            if (got != known[i].expected[at]) {
                check_fail(report, &none, "nearest", "pixel %d of %d comes from %d", (int)at,
                           (int)known[i].out, (int)got);
            }
        }
    }
}

int iou_check_conv_kernels(char *message, size_t capacity) {
    check_report report = {.message = message, .capacity = capacity};
    uint64_t seed = 88172645463325252U;
    if (capacity > 0) {
        message[0] = '\0';
    }
    check_nearest(&report);
    check_tile_edges(&report, &seed);
    check_blocks(&report, &seed);
    check_groups(&report, &seed);
    check_wide_groups(&report, &seed);
    check_winograd(&report, &seed);
    check_stems(&report, &seed);
    check_depthwise(&report, &seed);
    for (int i = 0; i < 400; i++) {
        const check_case c = check_any(&seed);
        check_one(&report, &c, &seed);
    }
    return report.failures;
}
