/* Lists of steps that do the same in fewer: what exporters write out in several nodes. */
#include "ops/epilogue.h"

#include "ops/elementwise/unary_kernels.h"

#include <math.h>
#include <string.h>

/* A list that becomes shorter. */
typedef struct shortening {
    iou_epilogue_step *steps;
    size_t count;
    const iou_epilogue_shortening *of;
} shortening;

/* Puts one step in the place of `replaced` from step `at` on. */
static void replace(shortening *s, size_t at, size_t replaced, const iou_epilogue_step *step) {
    s->steps[at] = *step;
    memmove(&s->steps[at + 1], &s->steps[at + replaced],
            (s->count - at - replaced) * sizeof *s->steps);
    s->count -= replaced - 1;
}

/* ---- Hard sigmoid and hard swish ----------------------------------------------------------- */

static bool is_near(float x, double wanted) {
    return fabs((double)x - wanted) < 1e-6;
}

/* Whether the step is a x + b for every channel. */
static bool is_line(const iou_epilogue_step *step, double a, double b) {
    return step->kind == IOU_EPILOGUE_SCALE && step->uniform && is_near(*step->scale, a) &&
           is_near(*step->shift, b);
}

static bool is_sixth(const iou_epilogue_step *step) {
    return is_line(step, 1.0 / 6.0, 0.0);
}

/* Whether two steps are min(max(x + 3, 0), 6). */
static bool is_clipped_sum(const iou_epilogue_step *steps) {
    return is_line(&steps[0], 1.0, 3.0) && steps[1].kind == IOU_EPILOGUE_CLAMP &&
           steps[1].lo == 0.0F && steps[1].hi == 6.0F;
}

static bool is_hard_sigmoid(const iou_epilogue_step *step, iou_isa isa) {
    return step->kind == IOU_EPILOGUE_FUNCTION &&
           step->function.apply == iou_element_function_of("HardSigmoid", isa).apply &&
           is_near(step->params->alpha, 1.0 / 6.0) && step->params->beta == 0.5F;
}

/* The number of steps from these on that are x min(max(x + 3, 0), 6) / 6; 0: they are not. */
static size_t hard_swish_length(const iou_epilogue_step *steps, size_t count, iou_isa isa) {
    if (count < 3 || steps[0].kind != IOU_EPILOGUE_SAVE) {
        return 0;
    }
    if (is_hard_sigmoid(&steps[1], isa) && steps[2].kind == IOU_EPILOGUE_GATE) {
        return 3;
    }
    if (count < 5 || !is_clipped_sum(&steps[1])) {
        return 0;
    }
    const bool divides_first = is_sixth(&steps[3]) && steps[4].kind == IOU_EPILOGUE_GATE;
    const bool divides_last = steps[3].kind == IOU_EPILOGUE_GATE && is_sixth(&steps[4]);
    return divides_first || divides_last ? 5 : 0;
}

static bool shorten_hard_swish(shortening *s, size_t at) {
    static const iou_unary_params none = {.alpha = 0.0F};
    const size_t length = hard_swish_length(s->steps + at, s->count - at, s->of->isa);
    const iou_element_function function = iou_element_function_of("HardSwish", s->of->isa);
    if (length == 0 || function.apply == NULL) {
        return false;
    }
    replace(
        s, at, length,
        &(iou_epilogue_step){.kind = IOU_EPILOGUE_FUNCTION, .function = function, .params = &none});
    return true;
}

/* ---- Scales -------------------------------------------------------------------------------- */

/* Fills `step` with one scale that does both; false without memory or where that overflows. */
static bool join_scales(const shortening *s, const iou_epilogue_step *one,
                        const iou_epilogue_step *other, iou_epilogue_step *step) {
    const bool uniform = one->uniform && other->uniform;
    const size_t count = uniform ? 1 : s->of->channels;
    float *both = iou_arena_alloc(s->of->memory, 2 * count * sizeof *both + 1);
    bool joined = both != NULL;
    for (size_t c = 0; joined && c < count; c++) {
        const size_t i = one->uniform ? 0 : c, j = other->uniform ? 0 : c;
        const double scale = (double)one->scale[i] * (double)other->scale[j];
        const double shift =
            (double)one->shift[i] * (double)other->scale[j] + (double)other->shift[j];
        both[c] = (float)scale;
        both[count + c] = (float)shift;
        joined = isfinite(both[c]) && isfinite(both[count + c]);
    }
    *step = (iou_epilogue_step){.kind = IOU_EPILOGUE_SCALE,
                                .uniform = uniform,
                                .scale = both,
                                .shift = both + count,
                                .joined = one->joined + other->joined + 1};
    return joined;
}

static bool shorten_scales(shortening *s, size_t at) {
    const iou_epilogue_step *one = &s->steps[at], *other = one + 1;
    iou_epilogue_step joined;
    if (s->count - at < 2 || one->kind != IOU_EPILOGUE_SCALE || other->kind != IOU_EPILOGUE_SCALE ||
        !join_scales(s, one, other, &joined)) {
        return false;
    }
    replace(s, at, 2, &joined);
    return true;
}

/* Kernels take a scale in their registers where it is one per channel. */
static void spread_scale(const shortening *s, iou_epilogue_step *step) {
    float *both = iou_arena_alloc(s->of->memory, 2 * s->of->channels * sizeof *both + 1);
    if (both == NULL) {
        return;
    }
    for (size_t c = 0; c < s->of->channels; c++) {
        both[c] = *step->scale;
        both[s->of->channels + c] = *step->shift;
    }
    step->uniform = false;
    step->scale = both;
    step->shift = both + s->of->channels;
}

static float *repeat(const shortening *s, const float *values) {
    float *all = iou_arena_alloc(s->of->memory, IOU_EPILOGUE_BLOCK * sizeof *all);
    for (size_t i = 0; all != NULL && i < IOU_EPILOGUE_BLOCK; i++) {
        all[i] = values[i % s->of->channels];
    }
    return all;
}

/* Where channels do not fill vectors, several pixels do. */
static void repeat_scale(const shortening *s, iou_epilogue_step *step) {
    enum { NARROW = 32 };
    const bool scales = step->kind == IOU_EPILOGUE_SCALE || step->kind == IOU_EPILOGUE_SLOPE;
    if (!scales || step->uniform || step->repeated || s->of->channels > NARROW) {
        return;
    }
    const float *scale = repeat(s, step->scale);
    const float *shift = step->shift != NULL ? repeat(s, step->shift) : NULL;
    if (scale != NULL && (shift != NULL || step->shift == NULL)) {
        step->scale = scale;
        step->shift = shift;
        step->repeated = true;
    }
}

void iou_epilogue_end(iou_epilogue_step *steps, size_t count, const iou_epilogue_shortening *of) {
    const shortening s = {steps, count, of};
    if (of->channels > 1 && count > 0 && steps->kind == IOU_EPILOGUE_SCALE && steps->uniform) {
        spread_scale(&s, steps);
    }
    for (size_t i = 0; i < count; i++) {
        repeat_scale(&s, &steps[i]);
    }
}

size_t iou_epilogue_shorten(iou_epilogue_step *steps, size_t count,
                            const iou_epilogue_shortening *of) {
    shortening s = {steps, count, of};
    for (size_t at = 0; at < s.count;) {
        const bool shortened = shorten_hard_swish(&s, at) || shorten_scales(&s, at);
        at = shortened ? 0 : at + 1;
    }
    return s.count;
}
