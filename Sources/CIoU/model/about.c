#include "iou/about.h"

#include "model/model.h"

static const char *text(const char *field) {
    return field ? field : "";
}

iou_status iou_model_about_file(const iou_model *model, iou_model_about *about, iou_error *error) {
    IOU_TRY(iou_handle_check(model, IOU_HANDLE_MODEL, error));
    IOU_FAIL_IF(!about, IOU_INVALID_ARGUMENT, error, "about is NULL");
    const Onnx__ModelProto *file = model->proto;
    *about = (iou_model_about){
        .producer_name = text(file->producer_name),
        .producer_version = text(file->producer_version),
        .domain = text(file->domain),
        .description = text(file->doc_string),
        .graph_name = text(file->graph->name),
        .graph_description = text(file->graph->doc_string),
        .ir_version = file->ir_version,
        .version = file->model_version,
    };
    return IOU_OK;
}
