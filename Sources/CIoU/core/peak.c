#include "core/peak.h"

#include "core/clock.h"
#include "core/cpu.h"
#include "core/rate.h"
#include "core/status.h"
#include "core/target.h"

enum { CHAINS = 16 };

static const int64_t trial_ns = 10000000;
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

const iou_peak_kernel iou_peak_scalar = {IOU_ISA_SCALAR, scalar_run, CHAINS * 2};

static double run_chains(const void *context, int thread, int threads) {
    (void)thread;
    (void)threads;
    const iou_peak_kernel *kernel = context;
    const int64_t end = iou_clock_ns() + trial_ns;
    int64_t rounds = 0;
    do {
        kernel->run(rounds_between_looks);
        rounds += rounds_between_looks;
    } while (iou_clock_ns() < end);
    return (double)rounds * kernel->flop;
}

static const iou_peak_kernel *kernel_of(iou_isa isa) {
    static const void *const variants[] = {
        &iou_peak_scalar,
#if IOU_X86
        &iou_peak_avx2,
        &iou_peak_avx512,
#endif
    };
    return IOU_ISA_SELECT(variants, isa);
}

iou_status iou_measure_peak(const char *isa, int threads, double *gflops, iou_error *error) {
    IOU_FAIL_IF(!gflops, IOU_INVALID_ARGUMENT, error, "gflops is NULL");
    iou_isa level;
    IOU_TRY(iou_cpu_select(isa, &level, error));
    iou_workers *workers;
    IOU_TRY(iou_rate_workers(&workers, threads, error));
    double rate = 0;
    const iou_isa own = iou_isa_has(level, IOU_ISA_BLAS) ? iou_cpu_best() : level;
    const iou_status status = iou_measure_rate(run_chains, kernel_of(own), workers, &rate, error);
    iou_workers_destroy(workers);
    *gflops = rate * 1e-9;
    return status;
}
