#include "detect/postprocess/level_view.h"

#include <math.h>

/* The exponents 0, 1/2 and 1 have exact or cheaper functions. 0^0 is 1, but NaN stays. */
static float power(float base, float exponent) {
    if (exponent == 0.5f) {
        return sqrtf(base);
    }
    return exponent == 1.0f || base != base ? base : powf(base, exponent);
}

static float probability(float value, bool is_probability) {
    if (!is_probability) {
        return 1.0f / (1.0f + expf(-value));
    }
    return value < 0.0f ? 0.0f : value > 1.0f ? 1.0f : value; /* NaN stays */
}

iou_fusion iou_fusion_make(const iou_detector_params *params, const iou_detect_settings *settings) {
    const bool objectness = params->objectness_names != NULL;
    const float alpha = settings->alpha * params->power;
    return (iou_fusion){
        .p_exponent = objectness ? 1.0f : alpha,
        .iou_exponent = (1.0f - settings->alpha) * params->power,
        .objectness_exponent = alpha,
        .uses_iou = params->iou_names && settings->alpha != 1.0f,
        .uses_objectness = objectness,
        .cls_is_probability = params->cls_is_probability,
        .iou_is_probability = params->iou_is_probability,
        .objectness_is_probability = params->objectness_is_probability,
        .threshold = settings->score_threshold,
        .inclusive = params->score_inclusive,
    };
}

iou_fusion iou_fusion_make_pre_nms(const iou_detector_params *params,
                                   const iou_detect_settings *settings) {
    iou_fusion pre_nms = iou_fusion_make(params, settings);
    if (params->fuse_last) {
        pre_nms.p_exponent = 1.0f;
        pre_nms.objectness_exponent = 1.0f;
        pre_nms.uses_iou = false;
    }
    return pre_nms;
}

/*
 * What p is multiplied by is at most 1, so S >= t needs p^e >= t, p >= t^(1 / e). Computed scores
 * are off by a few parts in 10^7, hence p by that over e; the cut leaves a hundred times as much.
 */
float iou_fusion_cut(const iou_fusion *fusion, float least) {
    const double exponent = (double)fusion->p_exponent;
    const double margin = 1.0 - 4e-5 / exponent;
    if (!(exponent > 0.0) || !(margin > 0.0)) {
        return -INFINITY;
    }
    const double p = pow((double)least, 1.0 / exponent) * margin;
    const double cut = fusion->cls_is_probability ? p : log(p / (1.0 - p));
    /* Below this even a logit's p is subnormal or zero, where relative errors mean nothing. */
    return p > 1e-30 ? (float)(cut - 1e-5 * fabs(cut)) : -INFINITY;
}

float iou_fusion_probability(const iou_fusion *fusion, float value) {
    return probability(value, fusion->cls_is_probability);
}

float iou_fusion_quality(const iou_fusion *fusion, const iou_level_view *view, size_t cell,
                         size_t a) {
    if (!view->iou) {
        return NAN;
    }
    return probability(view->iou[cell * view->one_cell + a * view->channel],
                       fusion->iou_is_probability);
}

float iou_fusion_weight(const iou_fusion *fusion, const iou_level_view *view, size_t cell,
                        size_t a) {
    float weight = 1.0f;
    if (fusion->uses_objectness) {
        const float value = view->objectness[cell * view->one_cell + a * view->channel];
        const float o = probability(value, fusion->objectness_is_probability);
        weight = power(o, fusion->objectness_exponent);
    }
    if (fusion->uses_iou) {
        weight *= power(iou_fusion_quality(fusion, view, cell, a), fusion->iou_exponent);
    }
    return weight;
}

float iou_fusion_score(const iou_fusion *fusion, float p, float weight) {
    return power(p, fusion->p_exponent) * weight;
}

bool iou_fusion_passes(const iou_fusion *fusion, float score) {
    return fusion->inclusive ? score >= fusion->threshold : score > fusion->threshold;
}
