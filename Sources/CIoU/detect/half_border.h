/* Networks whose inputs and outputs are float16 or bfloat16: a detector sees them in float32. */
#ifndef IOU_HALF_BORDER_H
#define IOU_HALF_BORDER_H

#include "core/buffer.h"
#include "iou/iou.h"

/** The float32 for such a type, which what reads the metadata expects; other types as they are. */
iou_type iou_half_border_type(iou_type type);

typedef struct iou_half_border {
    iou_session *session;
    const char *name;            /**< of the input that is of such a type; NULL: none */
    iou_type type;               /**< its type */
    iou_buffer *input, *outputs; /**< what is converted */
} iou_half_border;

/** iou_session_run, with inputs and outputs in float32. */
iou_status iou_half_border_run(const iou_half_border *border, const iou_tensor *inputs,
                               size_t input_count, iou_tensor *outputs, size_t output_count,
                               const iou_run_options *options, iou_error *error);

#endif
