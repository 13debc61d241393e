/* Coordinates and interpolation weights of Resize, as ONNX's reference computes them. */
#include "ops/resize/resize_axis.h"

#include <math.h>

/* The input coordinate of output position o; `outside` for a crop that leaves the input. */
static double coordinate(const iou_resize_rule *rule, const iou_resize_axis *axis, int64_t o,
                         bool *outside) {
    const double x = (double)o, in = (double)axis->in, scaled = axis->scale * in;
    const double half = (x + 0.5) / axis->scale - 0.5;
    *outside = false;
    switch (rule->coordinates) {
    case IOU_ALIGN_CORNERS: return scaled == 1.0 ? 0.0 : x * (in - 1.0) / (scaled - 1.0);
    case IOU_TF_HALF_PIXEL_FOR_NN: return (x + 0.5) / axis->scale;
    case IOU_ASYMMETRIC: return x / axis->scale;
    case IOU_PYTORCH_HALF_PIXEL: return axis->out == 1 ? 0.0 : half;
    case IOU_HALF_PIXEL_SYMMETRIC: return in / 2.0 * (1.0 - (double)axis->out / scaled) + half;
    case IOU_TF_CROP: {
        const double span = axis->roi_end - axis->roi_start;
        const double at =
            axis->out > 1 ? (axis->roi_start + x * span / ((double)axis->out - 1.0)) * (in - 1.0)
                          : (axis->roi_start + axis->roi_end) * (in - 1.0) / 2.0;
        *outside = !(at >= 0.0 && at <= in - 1.0);
        return at;
    }
    default: return half;
    }
}

static int64_t nearest(const iou_resize_rule *rule, double x, double scale) {
    switch (rule->nearest) {
    case IOU_NEAREST_FLOOR: return (int64_t)floor(x);
    case IOU_NEAREST_CEIL: return (int64_t)ceil(x);
    case IOU_NEAREST_SIMPLE: return (int64_t)(scale < 1.0 ? ceil(x) : floor(x));
    case IOU_ROUND_PREFER_CEIL: return (int64_t)floor(x + 0.5);
    default: return (int64_t)ceil(x - 0.5);
    }
}

/* The interpolation kernels, as functions of the distance. */
static double linear_weight(double x) {
    return fabs(x) < 1.0 ? 1.0 - fabs(x) : 0.0;
}

static double cubic_weight(double x, double a) {
    const double d = fabs(x);
    return d <= 1.0  ? ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0
           : d < 2.0 ? ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a
                     : 0.0;
}

/* With antialias a shrinking axis stretches the kernel over more of the input. */
static double stretch(const iou_resize_rule *rule, const iou_resize_axis *axis) {
    return rule->antialias && axis->scale < 1.0 ? axis->scale : 1.0;
}

static int64_t reach(const iou_resize_rule *rule, const iou_resize_axis *axis) {
    const double radius = rule->mode == IOU_RESIZE_CUBIC ? 2.0 : 1.0;
    return (int64_t)ceil(fmin(radius / stretch(rule, axis), 1e9));
}

int iou_resize_taps(const iou_resize_rule *rule, const iou_resize_axis *axis) {
    if (rule->mode == IOU_RESIZE_NEAREST) {
        return 1;
    }
    const int64_t taps = 2 * reach(rule, axis);
    return (int)(taps < 2 * axis->in + 4 ? taps : 2 * axis->in + 4);
}

static int64_t clamp(int64_t x, int64_t size) {
    return x < 0 ? 0 : x >= size ? size - 1 : x;
}

static void fill_nearest(const iou_resize_rule *rule, iou_resize_axis *axis, int64_t o) {
    bool outside;
    const double x = coordinate(rule, axis, o, &outside);
    /* a hostile scale may lead far away */
    const double bounded = fmin(fmax(x, -1.0), (double)axis->in);
    /* a scale that is a rounded float32 must not move 5 to 4.9999999 */
    const int64_t at = clamp(nearest(rule, (double)(float)bounded, axis->scale), axis->in);
    axis->index[o] = outside ? -1 : (int32_t)at;
    axis->weight[o] = 1.0f;
}

static void fill_weighted(const iou_resize_rule *rule, iou_resize_axis *axis, int64_t o) {
    bool outside;
    const double x = coordinate(rule, axis, o, &outside);
    const double bounded = fmin(fmax(x, -4.0 - (double)axis->in), 2.0 * (double)axis->in + 4.0);
    const int64_t first = (int64_t)floor(bounded) - axis->taps / 2 + 1;
    const double factor = stretch(rule, axis);
    int32_t *index = axis->index + o * axis->taps;
    float *weight = axis->weight + o * axis->taps;
    double sum = 0.0;
    for (int k = 0; k < axis->taps; k++) {
        const int64_t at = first + k;
        const double distance = factor * (bounded - (double)at);
        const bool inside = at >= 0 && at < axis->in;
        double w = rule->mode == IOU_RESIZE_CUBIC ? cubic_weight(distance, rule->cubic)
                                                  : linear_weight(distance);
        w = rule->exclude_outside && !inside ? 0.0 : w;
        sum += w;
        weight[k] = (float)w;
        index[k] = outside ? -1 : (int32_t)clamp(at, axis->in);
    }
    const bool normalise = rule->exclude_outside || factor < 1.0;
    for (int k = 0; k < axis->taps && normalise && sum != 0.0; k++) {
        weight[k] = (float)((double)weight[k] / sum);
    }
}

void iou_resize_fill(const iou_resize_rule *rule, iou_resize_axis *axis) {
    for (int64_t o = 0; o < axis->out; o++) {
        if (rule->mode == IOU_RESIZE_NEAREST) {
            fill_nearest(rule, axis, o);
        } else {
            fill_weighted(rule, axis, o);
        }
    }
}
