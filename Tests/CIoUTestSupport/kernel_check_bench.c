#define _GNU_SOURCE /* clock_gettime */
/* GFLOP/s of convolutions on one thread, beside what a loop of nothing but FMAs reaches. */
#include "core/target.h"
#include "kernel_check.h"
#include "kernel_check_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double bench_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#if IOU_X86

#include "core/simd_avx2.h"

IOU_TARGET_BEGIN(IOU_TARGET_AVX2)

static float bench_fma(long times) {
    iou_v sums[12];
    const iou_v a = iou_v_set(0.999F), b = iou_v_set(0.001F);
#define BENCH_EACH(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9) f(10) f(11)
#define BENCH_START(i) iou_v s##i = iou_v_set((float)(i));
#define BENCH_STEP(i) s##i = iou_v_fma(s##i, a, b);
#define BENCH_KEEP(i) sums[i] = s##i;
    BENCH_EACH(BENCH_START)
    for (long i = 0; i < times; i++) {
        BENCH_EACH(BENCH_STEP)
    }
    BENCH_EACH(BENCH_KEEP)
    float total = 0;
    for (int i = 0; i < 12; i++) {
        float lanes[8];
        iou_v_store(lanes, sums[i]);
        total += lanes[0];
    }
    return total;
}

IOU_TARGET_END

/* AVX2's peak, GFLOP/s. */
static double bench_peak(void) {
    volatile float keep;
    volatile long times = 2000000; /* nothing to compute before the clock is read */
    const double begin = bench_seconds();
    keep = bench_fma(times);
    (void)keep;
    return 12.0 * 16.0 * (double)times / (bench_seconds() - begin) / 1e9;
}

#else
static double bench_peak(void) {
    return 1;
}
#endif

/* The best of some runs, each beside a measurement of the peak. */
static void bench_one(const check_case *what, const check_variant *variant) {
    uint64_t seed = 1234567;
    check_setup setup;
    check_plan plan;
    if (check_setup_make(&setup, what, &seed) != IOU_OK ||
        check_plan_make(&plan, &setup, variant) != IOU_OK) {
        printf("%s\n", setup.error.text);
        return;
    }
    check_buffer out = check_buffer_empty(setup.out.count);
    void *scratch = aligned_alloc(64, plan.step.scratch_size + 64);
    double best = 0, share = 0, peak = 0;
    const int runs = (int)(12e9 / plan.step.flop) + 5;
    for (int i = 0; i < (runs > 40 ? 40 : runs); i++) {
        const double before = bench_peak();
        check_plan_run(&plan, &setup, out.data, scratch, false); /* into the caches */
        const double begin = bench_seconds();
        check_plan_run(&plan, &setup, out.data, scratch, false);
        const double rate = plan.step.flop / (bench_seconds() - begin) / 1e9;
        const double after = bench_peak();
        const double now = 2 * rate / (before + after);
        best = rate > best ? rate : best;
        peak = after > peak ? after : peak;
        share = now > share ? now : share;
    }
    printf("%-8s %-14s %4d->%-4d %3dx%-3d /%d  %7.1f GFLOP/s  peak %6.1f  best %3.0f%%  (paired "
           "%3.0f%%)  tasks %zu\n",
           variant->name, plan.step.algorithm, (int)what->in_channels, (int)what->out_channels,
           (int)what->in[0], (int)what->in[1], (int)what->stride[0], best, peak, 100 * best / peak,
           100 * share, plan.step.task_count);
    free(scratch);
    check_buffer_free(&out);
    check_plan_free(&plan);
    check_setup_free(&setup);
}

void iou_bench_conv_kernels(void) {
    static const int64_t shapes[][7] = {
        /* in, out, kernel, height, width, stride, group */
        {256, 256, 3, 60, 80, 1, 1},
        {256, 1024, 1, 30, 40, 1, 1},
        {1024, 256, 1, 30, 40, 1, 1},
        {64, 256, 1, 120, 160, 1, 1},
        {256, 64, 1, 120, 160, 1, 1},
        {64, 64, 3, 120, 160, 1, 1},
        {128, 128, 3, 60, 80, 2, 1},
        {512, 512, 3, 15, 20, 1, 1},
        {256, 256, 3, 8, 10, 1, 1},
        {256, 256, 3, 4, 5, 1, 1},
        {256, 36, 3, 60, 80, 1, 1},
        {256, 27, 3, 60, 80, 1, 1},
        {3, 64, 7, 480, 640, 2, 1},
        {3, 32, 3, 320, 320, 2, 1},
        {32, 16, 1, 160, 160, 1, 1},
        {16, 96, 1, 160, 160, 1, 1},
        {96, 24, 1, 80, 80, 1, 1},
        {96, 96, 3, 80, 80, 1, 96},
        {96, 96, 3, 160, 160, 2, 96},
        {960, 960, 3, 10, 10, 1, 960},
        {96, 96, 3, 20, 20, 1, 96},
        /* ResNeXt's and RegNet's */
        {128, 128, 3, 120, 160, 1, 32},
        {256, 256, 3, 120, 160, 2, 32},
        {256, 256, 3, 60, 80, 1, 32},
        {512, 512, 3, 30, 40, 1, 32},
        {1024, 1024, 3, 15, 20, 1, 32},
        {240, 240, 3, 60, 80, 1, 10},
    };
    check_variant variants[CHECK_MAX_VARIANTS];
    const size_t count = check_variants(variants);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const int64_t *s = shapes[i], pad = s[2] / 2;
        const check_case c = {.spatial = 2,
                              .batch = 1,
                              .in_channels = s[0],
                              .out_channels = s[1],
                              .group = s[6],
                              .in = {s[3], s[4], 1},
                              .kernel = {s[2], s[2], 1},
                              .stride = {s[5], s[5], 1},
                              .dilation = {1, 1, 1},
                              .pads = {pad, pad, pad, pad},
                              .bias = true,
                              .activation = IOU_ACT_CLAMP};
        for (size_t v = 1; v < count; v++) {
            if (variants[v].kernels.gemm->isa != IOU_ISA_AVX2 ||
                variants[v].kernels.gemm->columns == 16) {
                bench_one(&c, &variants[v]);
            }
        }
    }
}
