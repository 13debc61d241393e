/* For the compiler, not for embedders: operator knowledge of the runtime. */
#ifndef IOU_OPS_H
#define IOU_OPS_H

#include "iou/iou.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Types and shapes of every value of a model. */
typedef struct iou_inferred iou_inferred;

/** Infers over serialized ONNX bytes, which are borrowed until the call returns. */
IOU_API iou_status iou_infer_model(iou_inferred **out, const void *data, size_t size,
                                   iou_error *error);
IOU_API size_t iou_inferred_count(const iou_inferred *inferred);

/** Value `index`, inputs and node outputs alike; info->name is the ONNX name. */
IOU_API iou_status iou_inferred_value(const iou_inferred *inferred, size_t index,
                                      iou_value_info *info);
IOU_API void iou_inferred_close(iou_inferred **inferred);

/** Whether the runtime has the operator. */
IOU_API bool iou_op_exists(const char *domain, const char *op_type);

#ifdef __cplusplus
}
#endif

#endif
