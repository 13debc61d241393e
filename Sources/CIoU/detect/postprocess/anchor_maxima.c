/*
 * The largest class value of every anchor.
 *
 * For one anchor q and o are the same for all classes and the pre-NMS score grows with p, which
 * grows with the class value: the class with the largest value has the best one. So maxima over raw
 * values find it, and exponentials are computed once for an anchor, and only where its maximum
 * reaches the cut.
 */
#include "detect/postprocess/anchor_maxima.h"

#include <math.h>

static float largest_of_runs(const float *values, const iou_detector_params *params,
                             const iou_class_max *kernel, float cut) {
    float best = -INFINITY;
    for (size_t r = 0; r < params->run_count; r++) {
        const iou_channel_run run = params->runs[r];
        float found;
        kernel->rows(&found, values + run.first, 1, run.count, run.count, cut);
        best = found > best ? found : best;
    }
    return best;
}

/*
 * Channels last: the classes of an anchor are neighbours. The maximum with the holes between them
 * is fast to find, and nearly always shows that no class can pass.
 */
static void maxima_of_rows(float *best, const iou_level_view *view,
                           const iou_detector_params *params, const iou_class_max *kernel,
                           float cut, size_t first, size_t last) {
    const size_t rows = (last - first) * params->anchor_count;
    /* Between the classes of two listed rows are other columns. */
    const size_t step = params->anchor_count > 1 ? params->channel_count : view->cls_cell;
    const iou_channel_run end = params->runs[params->run_count - 1];
    const size_t first_channel = params->runs[0].first;
    const float *values = view->cls + first * view->cls_cell;
    kernel->rows(best, values + first_channel, rows, step, end.first + end.count - first_channel,
                 cut);
    for (size_t i = 0; params->run_count > 1 && i < rows; i++) {
        if (best[i] >= cut) {
            best[i] = largest_of_runs(values + i * step, params, kernel, cut);
        }
    }
}

/* Channels first: the cells of a class are neighbours. */
static void maxima_of_planes(float *best, const iou_level_view *view,
                             const iou_detector_params *params, const iou_class_max *kernel,
                             size_t first, size_t last) {
    const size_t cells = last - first, step = view->channel;
    for (size_t i = 0; i < cells * params->anchor_count; i++) {
        best[i] = -INFINITY;
    }
    for (size_t a = 0; a < params->anchor_count; a++) {
        const float *planes = view->cls + a * params->channel_count * step + first;
        for (size_t r = 0; r < params->run_count; r++) {
            const iou_channel_run run = params->runs[r];
            kernel->planes(best + a * cells, planes + run.first * step, run.count, step, cells);
        }
    }
}

iou_anchor_steps iou_anchor_maxima(float *best, const iou_level_view *view,
                                   const iou_detector_params *params, const iou_class_max *kernel,
                                   float cut, size_t first, size_t last) {
    if (view->channel == 1) {
        maxima_of_rows(best, view, params, kernel, cut, first, last);
        return (iou_anchor_steps){params->anchor_count, 1};
    }
    maxima_of_planes(best, view, params, kernel, first, last);
    return (iou_anchor_steps){1, last - first};
}
