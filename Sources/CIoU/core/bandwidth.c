/* How fast this machine moves what no cache holds, as STREAM's triad measures it: McCalpin, "Memory
 * Bandwidth and Machine Balance in Current High Performance Computers", 1995. */
#define _DEFAULT_SOURCE
#include "core/rate.h"

#include "core/memory.h"
#include "core/status.h"

#include <unistd.h>

/** Floats of each array. */
enum { LEAST = 8 << 20, MOST = 32 << 20 };

typedef struct arrays {
    float *sum, *left, *right;
    size_t count; /**< of each */
} arrays;

typedef struct range {
    size_t begin, end;
} range;

/** What one thread works on. */
static range share_of(const arrays *a, int thread, int threads) {
    const size_t part = a->count / (size_t)threads;
    const size_t begin = part * (size_t)thread;
    return (range){begin, thread == threads - 1 ? a->count : begin + part};
}

/** Gives every page memory of its own, on the node of the thread that uses it. */
static void fill(void *context, int thread, int threads) {
    const arrays *a = context;
    const range r = share_of(a, thread, threads);
    for (size_t i = r.begin; i < r.end; i++) {
        a->sum[i] = 0;
        a->left[i] = 1;
        a->right[i] = 2;
    }
}

static double run_triad(const void *context, int thread, int threads) {
    const arrays *a = context;
    const range r = share_of(a, thread, threads);
    float *restrict sum = a->sum;
    const float *restrict left = a->left, *restrict right = a->right;
    for (size_t i = r.begin; i < r.end; i++) {
        sum[i] = left[i] + 0.5F * right[i];
    }
    return (double)(r.end - r.begin) * 3 * sizeof(float);
}

/** Twice the last cache, where the system reports its size. */
static size_t choose_count(void) {
    long cache = 0;
#ifdef _SC_LEVEL3_CACHE_SIZE
    cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
#endif
    const size_t count = cache > 0 ? (size_t)cache * 2 / sizeof(float) : 0;
    return count < LEAST ? LEAST : count > MOST ? MOST : count;
}

static iou_status measure(iou_workers *workers, double *rate, iou_error *error) {
    const size_t count = choose_count();
    float *memory = iou_memory_take(count * 3 * sizeof *memory);
    IOU_FAIL_IF(!memory, IOU_OUT_OF_MEMORY, error, "no memory for %zu bytes to move",
                count * 3 * sizeof *memory);
    arrays a = {memory, memory + count, memory + 2 * count, count};
    iou_parallel(workers, fill, &a);
    const iou_status status = iou_measure_rate(run_triad, &a, workers, rate, error);
    iou_memory_release(memory);
    return status;
}

iou_status iou_measure_bandwidth(int threads, double *gigabytes, iou_error *error) {
    IOU_FAIL_IF(!gigabytes, IOU_INVALID_ARGUMENT, error, "gigabytes is NULL");
    iou_workers *workers;
    IOU_TRY(iou_rate_workers(&workers, threads, error));
    double rate = 0;
    const iou_status status = measure(workers, &rate, error);
    iou_workers_destroy(workers);
    *gigabytes = rate * 1e-9;
    return status;
}
