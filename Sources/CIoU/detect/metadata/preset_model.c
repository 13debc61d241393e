/* A model's keys by a preset, or by what its own keys say, for the compiler. */
#include "detect/metadata/preset.h"

static void fill(iou_key_list *list, const iou_model *model, const iou_preset *preset,
                 const iou_preset_facts *given) {
    iou_preset_facts facts = *given;
    const char *names = iou_model_metadata(model, "names");
    iou_preset_model described;
    iou_preset_model_read(&described, model, list);
    if (!facts.labels && names) {
        facts.labels = iou_ultralytics_names(list, names, &facts.label_count);
        facts.ids = NULL;
    }
    if (facts.sides[0] == 0 && facts.sides[1] == 0) {
        iou_ultralytics_sides(list, iou_model_metadata(model, "imgsz"), facts.sides);
    }
    if (list->status == IOU_OK) {
        iou_preset_apply(list, preset, &described, &facts);
    }
}

static iou_status give(iou_key_list **out, iou_key_list *list) {
    const iou_status status = list->status;
    list->error = NULL; /* the caller's, who need not keep it */
    if (status == IOU_OK) {
        *out = list;
    } else {
        iou_key_list_close(&list);
    }
    return status;
}

iou_status iou_preset_keys(iou_key_list **out, const iou_model *model, const char *name,
                           const iou_preset_facts *facts, iou_error *error) {
    *out = NULL;
    const iou_preset *preset = iou_preset_find(name);
    IOU_FAIL_IF(!preset, IOU_INVALID_ARGUMENT, error, "there is no preset '%s'",
                iou_metadata_quoted(name).text);
    iou_key_list *list = iou_key_list_create(error);
    IOU_FAIL_IF(!list, IOU_OUT_OF_MEMORY, error, "detector metadata: no memory");
    fill(list, model, preset, facts);
    return give(out, list);
}

iou_status iou_ultralytics_keys(iou_key_list **out, const iou_model *model, iou_error *error) {
    *out = NULL;
    iou_key_list *list = iou_key_list_create(error);
    IOU_FAIL_IF(!list, IOU_OUT_OF_MEMORY, error, "detector metadata: no memory");
    iou_ultralytics_fill(list, model);
    return give(out, list);
}
