/* For the Python package, not for embedders: who made a model's file, as the file says. libiou.so
 * keeps it inside. */
#ifndef IOU_ABOUT_H
#define IOU_ABOUT_H

#include "iou/iou.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Texts are "" and numbers 0 where the file says nothing. Texts live as long as the model. */
typedef struct iou_model_about {
    const char *producer_name, *producer_version;
    const char *domain;
    const char *description; /**< of the model */
    const char *graph_name, *graph_description;
    int64_t ir_version;
    int64_t version; /**< of the model */
} iou_model_about;

/** Fails for NULL and for what is no open model. */
iou_status iou_model_about_file(const iou_model *model, iou_model_about *about, iou_error *error);

#ifdef __cplusplus
}
#endif

#endif
