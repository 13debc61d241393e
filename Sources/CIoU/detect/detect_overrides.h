/* A caller's overrides of the model's metadata. */
#ifndef IOU_DETECT_OVERRIDES_H
#define IOU_DETECT_OVERRIDES_H

#include "detect/metadata/detector_params.h"

/** The caller's options (NULL: none) in the size of this library. */
iou_status iou_detect_options_take(iou_detect_options *own, const iou_detect_options *given,
                                   iou_error *error);

/** The model's values with the options' in their place; refuses values out of range. */
iou_status iou_detect_overrides_apply(iou_detect_settings *settings,
                                      const iou_detector_params *params,
                                      const iou_detect_options *options, iou_error *error);

#endif
