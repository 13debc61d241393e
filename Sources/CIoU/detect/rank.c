/*
 * Ranks anchors by their best gate.
 *
 * For one anchor q and o are the same for all classes and the gate grows with p, which grows with
 * the class value: the class with the largest value has the best one. So one pass of maxima over
 * raw values finds it, and exponentials are computed once for an anchor, and only where its maximum
 * reaches the cut.
 *
 * Anchors that fail the threshold with their best class are left out of the top-k, although the
 * authors rank first and threshold later: an anchor that passes outranks every one that fails, so
 * a failing one never displaces a passing one, and gives no detection itself. Results are the same.
 */
#include "detect/picture_job.h"

#include <math.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { BLOCK = 1024 }; /* cells whose maxima stay in the first cache */

/* The largest of contiguous values, NaN left out; -infinity where there is no other. */
static float max_of(const float *values, size_t count) {
    float best = -INFINITY;
    size_t i = 0;
#if defined(__SSE2__)
    if (count >= 16) { /* _mm_max_ps(x, m) is x > m ? x : m, so a NaN in x leaves m */
        __m128 m0 = _mm_set1_ps(-INFINITY), m1 = m0, m2 = m0, m3 = m0;
        for (; i + 16 <= count; i += 16) {
            m0 = _mm_max_ps(_mm_loadu_ps(values + i), m0);
            m1 = _mm_max_ps(_mm_loadu_ps(values + i + 4), m1);
            m2 = _mm_max_ps(_mm_loadu_ps(values + i + 8), m2);
            m3 = _mm_max_ps(_mm_loadu_ps(values + i + 12), m3);
        }
        float lanes[4];
        _mm_storeu_ps(lanes, _mm_max_ps(_mm_max_ps(m0, m1), _mm_max_ps(m2, m3)));
        for (int lane = 0; lane < 4; lane++) {
            best = lanes[lane] > best ? lanes[lane] : best;
        }
    }
#endif
    for (; i < count; i++) {
        best = values[i] > best ? values[i] : best;
    }
    return best;
}

/* best[i] = max(best[i], values[i]), NaN left out. */
static void max_into(float *best, const float *values, size_t count) {
    size_t i = 0;
#if defined(__SSE2__)
    for (; i + 4 <= count; i += 4) {
        _mm_storeu_ps(best + i, _mm_max_ps(_mm_loadu_ps(values + i), _mm_loadu_ps(best + i)));
    }
#endif
    for (; i < count; i++) {
        best[i] = values[i] > best[i] ? values[i] : best[i];
    }
}

/* All values were NaN where the maximum is -infinity and no value is. */
static bool has_value(const float *values, const iou_detector_params *params, size_t step) {
    for (size_t c = 0; c < params->class_count; c++) {
        const float value = values[params->class_channels[c] * step];
        if (value == value) {
            return true;
        }
    }
    return false;
}

static float rank_anchor(const iou_level_view *view, const iou_detector_params *params,
                         const iou_fusion *gate, size_t cell, size_t a, float best) {
    const float *values = iou_anchor_classes(view, params, cell * params->anchor_count + a);
    if (best == -INFINITY && !has_value(values, params, view->channel)) {
        return -1.0f;
    }
    const float weight = iou_fusion_weight(gate, view, cell, a);
    const float score = iou_fusion_score(gate, iou_fusion_probability(gate, best), weight);
    return iou_fusion_passes(gate, score) ? score : -1.0f;
}

static float max_of_runs(const float *values, const iou_detector_params *params) {
    float best = -INFINITY;
    for (size_t r = 0; r < params->run_count; r++) {
        const float found = max_of(values + params->runs[r].first, params->runs[r].count);
        best = found > best ? found : best;
    }
    return best;
}

/*
 * Channels last: the classes of an anchor are neighbours. The maximum with the holes between them
 * is fast to find, and nearly always shows that no class can pass.
 */
static void rank_rows(float *ranks, const iou_level_view *view, const iou_detector_params *params,
                      const iou_fusion *gate, float cut, size_t first, size_t last) {
    const size_t anchors = params->anchor_count, holes = params->run_count - 1;
    const iou_channel_run end = params->runs[holes];
    const size_t first_channel = params->runs[0].first;
    const size_t span = end.first + end.count - first_channel;
    for (size_t cell = first; cell < last; cell++) {
        const float *values = view->cls + cell * view->cls_cell;
        for (size_t a = 0; a < anchors; a++, values += params->channel_count) {
            const float bound = max_of(values + first_channel, span);
            const float best = bound < cut || holes == 0 ? bound : max_of_runs(values, params);
            ranks[cell * anchors + a] =
                best < cut ? -1.0f : rank_anchor(view, params, gate, cell, a, best);
        }
    }
}

/* Channels first: the cells of a class are neighbours. */
static void rank_planes(float *ranks, const iou_level_view *view, const iou_detector_params *params,
                        const iou_fusion *gate, float cut, size_t first, size_t last) {
    const size_t anchors = params->anchor_count;
    float best[BLOCK];
    for (size_t a = 0; a < anchors; a++) {
        const float *planes = view->cls + a * params->channel_count * view->channel;
        for (size_t i = 0; i < last - first; i++) {
            best[i] = -INFINITY;
        }
        for (size_t c = 0; c < params->class_count; c++) {
            const size_t channel = params->class_channels[c];
            max_into(best, planes + channel * view->channel + first, last - first);
        }
        for (size_t cell = first; cell < last; cell++) {
            const float value = best[cell - first];
            ranks[cell * anchors + a] =
                value < cut ? -1.0f : rank_anchor(view, params, gate, cell, a, value);
        }
    }
}

void iou_rank_cells(float *ranks, const iou_level_view *view, const iou_detector_params *params,
                    const iou_fusion *gate, float cut, size_t first, size_t last) {
    for (; first < last; first += BLOCK) {
        const size_t end = last - first > BLOCK ? first + BLOCK : last;
        if (view->channel == 1) {
            rank_rows(ranks, view, params, gate, cut, first, end);
        } else {
            rank_planes(ranks, view, params, gate, cut, first, end);
        }
    }
}
