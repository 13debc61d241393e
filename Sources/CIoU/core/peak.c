#define _POSIX_C_SOURCE 200809L
#include "core/peak.h"

#include "core/cpu.h"
#include "core/parallel.h"
#include "core/status.h"
#include "core/target.h"

#include <stdlib.h>
#include <time.h>

enum { CHAINS = 16, TRIALS = 5 };

static const double trial_seconds = 0.01;
static const int64_t rounds_between_looks = 10000;

/** Plain C, as the scalar kernels are: a multiplication and an addition each. */
static void scalar_run(int64_t rounds) {
    volatile float seed = 0.5F;
    const float a = seed;
    float chain[CHAINS] = {0};
    for (int64_t round = 0; round < rounds; round++) {
        for (int i = 0; i < CHAINS; i++) {
            chain[i] = chain[i] * a + a;
        }
    }
    for (int i = 0; i < CHAINS; i++) {
        seed = chain[i];
    }
}

const iou_peak_kernel iou_peak_scalar = {scalar_run, CHAINS * 2};

static double seconds(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

typedef struct trial {
    const iou_peak_kernel *kernel;
    double *rates; /**< per thread */
} trial;

static void run_trial(void *context, int thread, int threads) {
    (void)threads;
    const trial *t = context;
    const double begin = seconds();
    double spent = 0;
    int64_t rounds = 0;
    while (spent < trial_seconds) {
        t->kernel->run(rounds_between_looks);
        rounds += rounds_between_looks;
        spent = seconds() - begin;
    }
    t->rates[thread] = (double)rounds * t->kernel->flop / spent;
}

static const iou_peak_kernel *kernel_of(iou_isa isa) {
#if IOU_X86
    if (isa == IOU_ISA_AVX512) {
        return &iou_peak_avx512;
    }
    if (isa == IOU_ISA_AVX2) {
        return &iou_peak_avx2;
    }
#endif
    (void)isa;
    return &iou_peak_scalar;
}

iou_status iou_measure_peak(const char *isa, int threads, double *gflops, iou_error *error) {
    IOU_FAIL_IF(!gflops || threads < 0, IOU_INVALID_ARGUMENT, error,
                "the peak is measured with 0 threads or more, into a number");
    iou_isa level;
    IOU_TRY(iou_cpu_select(isa, &level, error));
    const int team = threads > 0 ? threads : iou_cpu_count();
    double *rates = calloc((size_t)team, sizeof *rates);
    IOU_FAIL_IF(!rates, IOU_OUT_OF_MEMORY, error, "no memory for the rates of %d threads", team);
    trial t = {kernel_of(level), rates};
    double best = 0;
    for (int i = 0; i < TRIALS; i++) {
        iou_parallel(team, run_trial, &t);
        double sum = 0;
        for (int thread = 0; thread < team; thread++) {
            sum += rates[thread];
        }
        best = sum > best ? sum : best;
    }
    free(rates);
    *gflops = best * 1e-9;
    return IOU_OK;
}
