/* How much of two boxes is common to both. */
#ifndef IOU_OVERLAP_H
#define IOU_OVERLAP_H

static inline float iou_box_area(const float box[4], float pixel) {
    return (box[2] - box[0] + pixel) * (box[3] - box[1] + pixel);
}

/**
 * Intersection over union; `pixel` is 1 where boxes contain their last pixel, else 0. Boxes that
 * share nothing, empty ones among them, overlap by 0.
 */
static inline float iou_box_overlap(const float a[4], const float b[4], float pixel) {
    const float right = a[2] < b[2] ? a[2] : b[2], left = a[0] > b[0] ? a[0] : b[0];
    const float bottom = a[3] < b[3] ? a[3] : b[3], top = a[1] > b[1] ? a[1] : b[1];
    const float width = right - left + pixel, height = bottom - top + pixel;
    if (!(width > 0.0f) || !(height > 0.0f)) {
        return 0.0f;
    }
    const float shared = width * height;
    return shared / (iou_box_area(a, pixel) + iou_box_area(b, pixel) - shared);
}

#endif
