/*
 * Ranks anchors by their best fused score.
 *
 * For one anchor q is the same for all classes and S grows with p, which grows with the class
 * value: the class with the largest value has the best score. So one pass of maxima over raw values
 * finds it, and exponentials are computed once for an anchor, and only where its maximum reaches
 * the cut.
 *
 * Anchors that fail the threshold with their best class are left out of the top-k, although the
 * authors rank first and threshold later: an anchor that passes outranks every one that fails, so
 * a failing one never displaces a passing one, and gives no detection itself. Results are the same.
 */
#include "detect/heads.h"

#include <math.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { BLOCK = 1024 }; /* cells whose maxima stay in the first cache */

iou_level_view iou_level_view_make(const iou_heads *heads, size_t image, size_t level,
                                   const iou_detector_params *params) {
    const iou_head_level *map = &heads->levels[level];
    const size_t anchors = params->anchor_count;
    const size_t cells = (size_t)map->height * (size_t)map->width;
    const size_t classes = anchors * params->channel_count;
    const bool last = params->channels_last;
    return (iou_level_view){
        .cls = map->cls + image * cells * classes,
        .box = map->box + image * cells * anchors * 4,
        .iou = map->iou ? map->iou + image * cells * anchors : NULL,
        .cells = cells,
        .width = (size_t)map->width,
        .cls_cell = last ? classes : 1,
        .box_cell = last ? anchors * 4 : 1,
        .iou_cell = last ? anchors : 1,
        .channel = last ? 1 : cells,
    };
}

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
static bool has_value(const float *values, size_t count, size_t step) {
    for (size_t c = 0; c < count; c++) {
        if (values[c * step] == values[c * step]) {
            return true;
        }
    }
    return false;
}

static float rank_anchor(const iou_level_view *view, const iou_detector_params *params,
                         const iou_fusion *fusion, size_t cell, size_t a, float best) {
    if (best < fusion->cut) {
        return -1.0f;
    }
    const float *values = view->cls + cell * view->cls_cell +
                          (a * params->channel_count + params->class_offset) * view->channel;
    if (best == -INFINITY && !has_value(values, params->class_count, view->channel)) {
        return -1.0f;
    }
    const float weight =
        fusion->plain ? 1.0f : iou_fusion_weight(fusion, iou_fusion_quality(fusion, view, cell, a));
    const float score = iou_fusion_score(fusion, iou_fusion_probability(fusion, best), weight);
    return iou_fusion_passes(fusion, score) ? score : -1.0f;
}

/* Channels last: the classes of an anchor are neighbours. */
static void rank_rows(float *ranks, const iou_level_view *view, const iou_detector_params *params,
                      const iou_fusion *fusion, size_t first, size_t last) {
    const size_t anchors = params->anchor_count;
    for (size_t cell = first; cell < last; cell++) {
        const float *values = view->cls + cell * view->cls_cell + params->class_offset;
        for (size_t a = 0; a < anchors; a++, values += params->channel_count) {
            const float best = max_of(values, params->class_count);
            ranks[cell * anchors + a] = rank_anchor(view, params, fusion, cell, a, best);
        }
    }
}

/* Channels first: the cells of a class are neighbours. */
static void rank_planes(float *ranks, const iou_level_view *view, const iou_detector_params *params,
                        const iou_fusion *fusion, size_t first, size_t last) {
    const size_t anchors = params->anchor_count;
    float best[BLOCK];
    for (size_t a = 0; a < anchors; a++) {
        const float *plane =
            view->cls + (a * params->channel_count + params->class_offset) * view->channel;
        for (size_t i = 0; i < last - first; i++) {
            best[i] = -INFINITY;
        }
        for (size_t c = 0; c < params->class_count; c++, plane += view->channel) {
            max_into(best, plane + first, last - first);
        }
        for (size_t cell = first; cell < last; cell++) {
            ranks[cell * anchors + a] =
                rank_anchor(view, params, fusion, cell, a, best[cell - first]);
        }
    }
}

void iou_rank_cells(float *ranks, const iou_level_view *view, const iou_detector_params *params,
                    const iou_fusion *fusion, size_t first, size_t last) {
    for (; first < last; first += BLOCK) {
        const size_t end = last - first > BLOCK ? first + BLOCK : last;
        if (view->channel == 1) {
            rank_rows(ranks, view, params, fusion, first, end);
        } else {
            rank_planes(ranks, view, params, fusion, first, end);
        }
    }
}
