/*
 * The clamp of Clip and of every step that ends with one: min(max(x, lo), hi), so hi wins where the
 * limits cross. A NaN stays a NaN; a limit that is NaN limits nothing. Relu is the clamp from 0 to
 * infinity: infinities stay. iou_v_clamp of core/simd_math.h is the same for vectors.
 */
#ifndef IOU_CLAMP_H
#define IOU_CLAMP_H

#define IOU_LESS(a, b) ((a) < (b))

/** Defines `name` for values of `type`, which `less` compares. */
#define IOU_CLAMP(name, type, less)                                                                \
    static inline type name(type x, type lo, type hi) {                                            \
        const type raised = less(x, lo) ? lo : x;                                                  \
        return less(hi, raised) ? hi : raised;                                                     \
    }

IOU_CLAMP(iou_clamp_f32, float, IOU_LESS)
IOU_CLAMP(iou_clamp_f64, double, IOU_LESS)

#endif
