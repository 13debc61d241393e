/* The loops of an epilogue as they are meant, and the choice of the fastest. */
#include "core/clamp.h"
#include "ops/epilogue.h"

static void scale_scalar(float *x, const float *scale, const float *shift, bool uniform, size_t n) {
    for (size_t i = 0; i < n; i++) {
        x[i] = x[i] * scale[uniform ? 0 : i] + shift[uniform ? 0 : i];
    }
}

static void slope_scalar(float *x, const float *scale, bool uniform, size_t n) {
    for (size_t i = 0; i < n; i++) {
        x[i] = x[i] < 0.0F ? x[i] * scale[uniform ? 0 : i] : x[i];
    }
}

static void add_scalar(float *x, const float *b, size_t n) {
    for (size_t i = 0; i < n; i++) {
        x[i] += b[i];
    }
}

static void multiply_scalar(float *x, const float *b, size_t n) {
    for (size_t i = 0; i < n; i++) {
        x[i] *= b[i];
    }
}

static void clamp_scalar(float *x, float lo, float hi, size_t n) {
    for (size_t i = 0; i < n; i++) {
        x[i] = iou_clamp_f32(x[i], lo, hi);
    }
}

static const iou_vector_function no_functions[] = {{NULL, NULL}};

const iou_epilogue_kernels iou_epilogue_f32_scalar = {
    .isa = IOU_ISA_SCALAR,
    .functions = no_functions,
    .scale = scale_scalar,
    .slope = slope_scalar,
    .add = add_scalar,
    .multiply = multiply_scalar,
    .clamp = clamp_scalar,
};

const iou_epilogue_kernels *iou_epilogue_choose(iou_isa isa) {
    static const void *const variants[] = {
#define IOU_EPILOGUE_VARIANT(symbol) &symbol,
#include "ops/epilogue_kernels.inc"
#undef IOU_EPILOGUE_VARIANT
    };
    return IOU_ISA_SELECT(variants, isa);
}
