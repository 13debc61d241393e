#include "detect/heads.h"

#include <math.h>

/* The exponents 0, 1/2 and 1 have exact or cheaper functions. 0^0 is 1. */
static float power(float base, float exponent) {
    if (exponent == 0.5f) {
        return sqrtf(base);
    }
    return exponent == 1.0f ? base : powf(base, exponent);
}

static float probability(float value, bool is_probability) {
    if (!is_probability) {
        return 1.0f / (1.0f + expf(-value));
    }
    return value < 0.0f ? 0.0f : value > 1.0f ? 1.0f : value; /* NaN stays */
}

/*
 * q <= 1, so S >= t needs p^alpha >= t, p >= t^(1 / alpha). Computed scores are off by a few parts
 * in 10^7, hence p by that over alpha; the cut leaves a hundred times as much.
 */
static float cut_of(const iou_fusion *fusion) {
    const double alpha = fusion->plain ? 1.0 : (double)fusion->alpha;
    const double margin = 1.0 - 4e-5 / alpha;
    if (!(alpha > 0.0) || !(margin > 0.0)) {
        return -INFINITY;
    }
    const double p = pow((double)fusion->threshold, 1.0 / alpha) * margin;
    const double cut = fusion->cls_is_probability ? p : log(p / (1.0 - p));
    /* Below this even a logit's p is subnormal or zero, where relative errors mean nothing. */
    return p > 1e-30 ? (float)(cut - 1e-5 * fabs(cut)) : -INFINITY;
}

iou_fusion iou_fusion_make(const iou_detector_params *params, const iou_detect_wishes *wishes) {
    iou_fusion fusion = {
        .alpha = wishes->alpha,
        .beta = 1.0f - wishes->alpha,
        .plain = !params->iou_names || wishes->alpha == 1.0f,
        .cls_is_probability = params->cls_is_probability,
        .iou_is_probability = params->iou_is_probability,
        .threshold = wishes->score_threshold,
        .inclusive = params->score_inclusive,
    };
    fusion.cut = cut_of(&fusion);
    return fusion;
}

float iou_fusion_probability(const iou_fusion *fusion, float value) {
    return probability(value, fusion->cls_is_probability);
}

float iou_fusion_quality(const iou_fusion *fusion, const iou_level_view *view, size_t cell,
                         size_t a) {
    if (!view->iou) {
        return NAN;
    }
    return probability(view->iou[cell * view->iou_cell + a * view->channel],
                       fusion->iou_is_probability);
}

float iou_fusion_weight(const iou_fusion *fusion, float quality) {
    return fusion->plain ? 1.0f : power(quality, fusion->beta);
}

/* A NaN probability stays NaN although powf(NaN, 0) is 1; a NaN weight makes the product NaN. */
float iou_fusion_score(const iou_fusion *fusion, float p, float weight) {
    if (fusion->plain || p != p) {
        return p;
    }
    return power(p, fusion->alpha) * weight;
}

bool iou_fusion_passes(const iou_fusion *fusion, float score) {
    return fusion->inclusive ? score >= fusion->threshold : score > fusion->threshold;
}
