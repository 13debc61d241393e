/* A caller's overrides of the model's metadata. */
#ifndef IOU_DETECT_WISHES_H
#define IOU_DETECT_WISHES_H

#include "detect/detector_params.h"

/** The model's values with the options' in their place; refuses values out of range. */
iou_status iou_detect_wishes_make(iou_detect_wishes *wishes, const iou_detector_params *params,
                                  const iou_detect_options *options, iou_error *error);

#endif
