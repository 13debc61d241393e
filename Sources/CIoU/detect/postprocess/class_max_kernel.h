/* The body of the vector kernels: include a simd_*.h header, detect/postprocess/class_max.h and
 * math.h before. */
#ifndef IOU_CLASS_MAX_KERNEL_H
#define IOU_CLASS_MAX_KERNEL_H

IOU_TARGET_BEGIN(IOU_SIMD_TARGET)

/* The largest values of a row in no order, `span` >= IOU_LANES; NaN never wins. */
IOU_INLINE iou_v class_max_row(const float *values, size_t span) {
    iou_v a = iou_v_set(-INFINITY), b = a;
    size_t i = 0;
    for (; i + 2 * IOU_LANES <= span; i += 2 * IOU_LANES) {
        a = iou_v_max(iou_v_load(values + i), a);
        b = iou_v_max(iou_v_load(values + i + IOU_LANES), b);
    }
    if (i + IOU_LANES <= span) {
        a = iou_v_max(iou_v_load(values + i), a);
        i += IOU_LANES;
    }
    if (i < span) { /* some of them again */
        b = iou_v_max(iou_v_load(values + span - IOU_LANES), b);
    }
    return iou_v_max(a, b);
}

IOU_INLINE float largest_lane(iou_v a) {
    float lanes[IOU_LANES], best = -INFINITY;
    iou_v_store(lanes, a);
    for (int i = 0; i < IOU_LANES; i++) {
        best = lanes[i] > best ? lanes[i] : best;
    }
    return best;
}

static void class_max_rows(float *best, const float *values, size_t rows, size_t step, size_t span,
                           float cut) {
    if (span < IOU_LANES) {
        iou_class_max_scalar.rows(best, values, rows, step, span, cut);
        return;
    }
    const iou_v least = iou_v_set(cut);
    for (size_t i = 0; i < rows; i++) {
        const iou_v found = class_max_row(values + i * step, span);
        best[i] = iou_v_any_at_least(found, least) ? largest_lane(found) : -INFINITY;
    }
}

IOU_INLINE iou_v class_max_four(iou_v best, const float *values, size_t step, iou_v_lanes lanes,
                                bool whole) {
    for (size_t p = 0; p < 4; p++) {
        const float *from = values + p * step;
        best = iou_v_max(whole ? iou_v_load(from) : iou_v_load_part(from, lanes), best);
    }
    return best;
}

/* Four planes at a time: as many streams from memory, and a quarter of the traffic with `best`. */
static void class_max_planes(float *best, const float *values, size_t planes, size_t step,
                             size_t count) {
    const iou_v_lanes rest = iou_v_first((ptrdiff_t)(count % IOU_LANES));
    const size_t whole = count - count % IOU_LANES;
    size_t p = 0;
    for (; p + 4 <= planes; p += 4, values += 4 * step) {
        for (size_t i = 0; i < whole; i += IOU_LANES) {
            const iou_v old = iou_v_load(best + i);
            iou_v_store(best + i, class_max_four(old, values + i, step, rest, true));
        }
        const iou_v old = iou_v_load_part(best + whole, rest);
        iou_v_store_part(best + whole, rest,
                         class_max_four(old, values + whole, step, rest, false));
    }
    iou_class_max_scalar.planes(best, values, planes - p, step, count);
}

IOU_TARGET_END

#endif
