/* The loops of an epilogue as they are meant, and the choice of the fastest. */
#include "core/clamp.h"
#include "ops/epilogue.h"

static void scale_scalar(const iou_value_rows *x, const float *scale, const float *shift,
                         bool uniform) {
    for (size_t row = 0; row < x->rows; row++) {
        float *values = x->values + row * x->stride;
        for (size_t i = 0; i < x->columns; i++) {
            values[i] = values[i] * scale[uniform ? 0 : i] + shift[uniform ? 0 : i];
        }
    }
}

static void slope_scalar(const iou_value_rows *x, const float *scale, bool uniform) {
    for (size_t row = 0; row < x->rows; row++) {
        float *values = x->values + row * x->stride;
        for (size_t i = 0; i < x->columns; i++) {
            values[i] = values[i] < 0.0F ? values[i] * scale[uniform ? 0 : i] : values[i];
        }
    }
}

static void add_scalar(const iou_value_rows *x, const float *b, size_t stride) {
    for (size_t row = 0; row < x->rows; row++) {
        float *values = x->values + row * x->stride;
        for (size_t i = 0; i < x->columns; i++) {
            values[i] += b[row * stride + i];
        }
    }
}

static void multiply_scalar(const iou_value_rows *x, const float *b, size_t stride) {
    for (size_t row = 0; row < x->rows; row++) {
        float *values = x->values + row * x->stride;
        for (size_t i = 0; i < x->columns; i++) {
            values[i] *= b[row * stride + i];
        }
    }
}

static void clamp_scalar(const iou_value_rows *x, float lo, float hi) {
    for (size_t row = 0; row < x->rows; row++) {
        float *values = x->values + row * x->stride;
        for (size_t i = 0; i < x->columns; i++) {
            values[i] = iou_clamp_f32(values[i], lo, hi);
        }
    }
}

static const iou_vector_function no_functions[] = {{NULL, NULL, NULL}};

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
