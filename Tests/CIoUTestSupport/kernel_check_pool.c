#include "kernel_check.h"

#include "kernel_check_case.h"
#include "kernel_check_variants.h"

#include "ops/pool/pool_kernel.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const iou_pool_kernels *const pool_variants[] = {
    &iou_pool_f32_scalar,
#if defined(__x86_64__)
    &iou_pool_f32_avx2,
    &iou_pool_f32_emulated,
    &iou_pool_f32_avx512,
#endif
};
enum { VARIANTS = sizeof pool_variants / sizeof pool_variants[0], MOST_TAPS = 3, GAP = 2 };

/* Numbers that are none, infinite ones and both zeros among the others. */
static float pool_value(uint64_t *seed) {
    const float special[] = {NAN, -INFINITY, INFINITY, 0.0F, -0.0F};
    const int64_t draw = check_range(seed, 0, 60);
    return draw < 5 ? special[draw] : check_random(seed);
}

/* The same bits; of a sum that is no number, its sign is the compiler's choice. */
static bool same_floats(const float *left, const float *right, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const bool none = isnan(left[i]) && isnan(right[i]);
        if (!none && memcmp(&left[i], &right[i], sizeof *left) != 0) {
            return false;
        }
    }
    return true;
}

/* Every variant's bits are those of the scalar loops. */
static int check_pool_window(iou_pool_window *window, bool average, char *message,
                             size_t capacity) {
    int failures = 0;
    check_buffer expected = check_buffer_empty(window->channels);
    for (size_t i = 0; i < VARIANTS; i++) {
        if (!iou_isa_has(iou_cpu_best(), pool_variants[i]->isa)) {
            continue;
        }
        check_buffer got = check_buffer_empty(window->channels);
        window->out = i == 0 ? expected.data : got.data;
        (average ? pool_variants[i]->average : pool_variants[i]->max)(window);
        const bool same = i == 0 || same_floats(got.data, expected.data, window->channels);
        if ((!same || !check_buffer_intact(&got)) && failures++ == 0) {
            (void)snprintf(message, capacity,
                           "pool %zu, %zu channels, taps %d %d %d, average %d: %s", i,
                           window->channels, (int)window->taps[0], (int)window->taps[1],
                           (int)window->taps[2], average, same ? "wrote outside" : "differs");
        }
        check_buffer_free(&got);
    }
    check_buffer_free(&expected);
    return failures;
}

int iou_check_pool_kernels(char *message, size_t capacity) {
    uint64_t seed = 88172645463325252U;
    int failures = 0;
    if (capacity > 0) {
        message[0] = '\0';
    }
    for (int64_t i = 0; i < 2000; i++) {
        iou_pool_window window = {.channels = (size_t)(i % 150 + 1), .divisor = 3};
        size_t count = window.channels;
        for (int axis = 2; axis >= 0; axis--) {
            window.strides[axis] = (int64_t)count * check_range(&seed, 1, GAP);
            window.taps[axis] = check_range(&seed, i % 9 == 0 ? 0 : 1, MOST_TAPS);
            count = (size_t)window.strides[axis] * (size_t)(MOST_TAPS - 1) + count;
        }
        check_buffer in = check_buffer_empty(count);
        for (size_t k = 0; k < count; k++) {
            in.data[k] = pool_value(&seed);
        }
        window.in = in.data;
        if (i % 3 == 0) {
            window.prefetch = in.data;
            window.prefetch_lines = window.prefetch_stride = 2;
            window.prefetch_floats = count / 4;
        }
        const int before = failures;
        failures += check_pool_window(&window, i % 2 == 0, message, before == 0 ? capacity : 0);
        check_buffer_free(&in);
    }
    return failures;
}
