/* Elements of one type become those of another. */
#ifndef IOU_CONVERT_H
#define IOU_CONVERT_H

#include "core/small_float.h"

/** Converts n elements as Cast does; both sides are aligned. */
void iou_convert(iou_type from, const void *in, iou_type to, void *out, size_t n,
                 iou_rounding rounding);

#endif
