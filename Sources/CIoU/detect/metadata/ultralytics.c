/*
 * Models that ultralytics exported, by the keys that it writes: `names`, `task`, `imgsz`,
 * `channels`, `end2end`, `args`. What they do not say, the shape of the output does.
 */
#include "detect/metadata/preset.h"

#include <string.h>

/* What a model looks for, and what its rows have beside boxes and classes. */
typedef struct yolo_task {
    const char *name;
    const char *others;     /* NULL: nothing */
    const char *candidates; /* the columns of candidates */
    const char *detections; /* those of detections */
} yolo_task;

static const yolo_task tasks[] = {
    {"detect", NULL, "box classes", "box score label"},
    {"segment", "masks", "box classes others", "box score label others"},
    {"pose", "keypoints", "box classes others", "box score label others"},
    {"obb", "rotation", "box classes angle", "box score label angle"},
};

typedef struct yolo_file {
    iou_key_list *list;
    const iou_model *model;
    const yolo_task *task;
    iou_preset_model described;
    iou_preset_facts facts;
    int64_t dims[3]; /* of the output; -1: not known */
} yolo_file;

bool iou_ultralytics_wrote(iou_metadata metadata) {
    static const char *const keys[] = {"task", "stride", "imgsz"};
    bool any = false;
    for (size_t i = 0; i < 3; i++) {
        any = any || metadata.find(metadata.context, keys[i]) != NULL;
    }
    return any && metadata.find(metadata.context, "names") != NULL;
}

/* ---- Their keys ------------------------------------------------------------------------------ */

/* Files of the first YOLO v5 have no task. */
static void read_task(yolo_file *file) {
    const char *name = iou_model_metadata(file->model, "task");
    for (size_t i = 0; i < sizeof tasks / sizeof tasks[0]; i++) {
        if (!name || strcmp(tasks[i].name, name) == 0) {
            file->task = &tasks[i];
            return;
        }
    }
    iou_key_list_refuse(file->list, IOU_UNSUPPORTED,
                        "metadata key 'task': expected one of: detect segment pose obb, found '%s'",
                        iou_metadata_quoted(name).text);
}

static void read_channels(yolo_file *file) {
    const char *channels = iou_model_metadata(file->model, "channels");
    if (channels && strcmp(channels, "3") != 0) {
        iou_key_list_refuse(file->list, IOU_UNSUPPORTED,
                            "metadata key 'channels': expected 3, found '%s'",
                            iou_metadata_quoted(channels).text);
    }
}

static void read_names(yolo_file *file) {
    file->facts.labels = iou_ultralytics_names(file->list, iou_model_metadata(file->model, "names"),
                                               &file->facts.label_count);
}

static void read_output(yolo_file *file) {
    const iou_value_info *output = file->described.outputs;
    if (file->list->status != IOU_OK) {
        return;
    }
    if (file->described.output_count == 0 || output->rank != 3) {
        iou_key_list_refuse(file->list, IOU_BAD_METADATA,
                            "the model's first output: expected rank 3 of a model by ultralytics, "
                            "found %s; 'iouc annotate' says how others are meant",
                            file->described.output_count == 0 ? "no output" : "another");
        return;
    }
    memcpy(file->dims, output->dims, sizeof file->dims);
}

/* ---- Which family ---------------------------------------------------------------------------- */

static bool says(const yolo_file *file, const char *key, const char *word) {
    const char *text = iou_model_metadata(file->model, key);
    return text && strstr(text, word) != NULL;
}

static bool suppresses(const yolo_file *file) {
    return says(file, "end2end", "True") || says(file, "args", "'nms': True");
}

/* Columns of candidates that fit `found`: exactly, but for masks and keypoints, which are more. */
static bool fits(const yolo_file *file, int64_t found, int64_t known) {
    const bool angle = strstr(file->task->candidates, "angle") != NULL;
    const bool open = strstr(file->task->candidates, "others") != NULL;
    return open ? found > known : found == known + angle;
}

static const char *family(const yolo_file *file) {
    const int64_t classes = (int64_t)file->facts.label_count;
    const int64_t *dims = file->dims;
    if (says(file, "head", "RTDETR") || says(file, "description", "RT-DETR")) {
        const bool chosen = dims[2] == 6 && (classes != 2 || says(file, "head", "RTDETR"));
        return chosen ? "rtdetr-end2end" : "rtdetr-ultralytics";
    }
    if (suppresses(file)) {
        return "yolo-end2end";
    }
    return fits(file, dims[1], 4 + classes)         ? "yolov8"
           : fits(file, dims[2], 5 + classes)       ? "yolov5"
           : dims[1] != 6 && fits(file, dims[2], 6) ? "yolo-end2end"
           : dims[2] == 4 + classes                 ? "rtdetr-ultralytics"
                                                    : NULL;
}

static void refuse_family(const yolo_file *file) {
    const long long classes = (long long)file->facts.label_count;
    iou_key_list_refuse(
        file->list, IOU_BAD_METADATA,
        "output '%s': expected [N, %lld%s, R], [N, R, %lld] or [N, R, 6] of %lld 'names', found "
        "[%lld, %lld, %lld]; 'iouc annotate' says how others are meant",
        iou_metadata_quoted(file->described.outputs->name).text, 4 + classes,
        file->task->others ? " + more" : "", 5 + classes, classes, (long long)file->dims[0],
        (long long)file->dims[1], (long long)file->dims[2]);
}

/* What the preset of the family has otherwise for this task. */
static void set_task(const yolo_file *file, const char *family) {
    const yolo_task *task = file->task;
    if (!task->others) {
        return;
    }
    const bool suppressed = strcmp(family, "yolo-end2end") == 0;
    iou_key_list_set(file->list, "iou.outputs.rows.columns",
                     suppressed ? task->detections : task->candidates);
    iou_key_list_set(file->list, "iou.outputs.others", task->others);
    iou_key_list_set(file->list, "iou.outputs.rows.order",
                     strcmp(family, "yolov8") == 0 ? "columns-first" : "rows-first");
    if (strstr(task->candidates, "angle")) {
        iou_key_list_set(file->list, "iou.boxes.form", "centre"); /* detections too */
    }
}

static void add_keys(yolo_file *file) {
    const char *name = family(file);
    if (!name) {
        refuse_family(file);
        return;
    }
    iou_preset_apply(file->list, iou_preset_find(name), &file->described, &file->facts);
    set_task(file, name);
}

void iou_ultralytics_fill(iou_key_list *list, const iou_model *model) {
    yolo_file file = {.list = list, .model = model, .dims = {-1, -1, -1}};
    if (!iou_model_metadata(model, "names")) {
        iou_key_list_refuse(list, IOU_BAD_METADATA, "metadata key 'names': missing");
        return;
    }
    iou_preset_model_read(&file.described, model, list);
    read_task(&file);
    read_channels(&file);
    read_names(&file);
    iou_ultralytics_sides(list, iou_model_metadata(model, "imgsz"), file.facts.sides);
    read_output(&file);
    if (list->status == IOU_OK) {
        add_keys(&file);
    }
}
