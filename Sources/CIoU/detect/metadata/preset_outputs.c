/* A preset's outputs in a model: by name, or by shape and type where one alone fits. */
#include "detect/metadata/preset.h"
#include "detect/metadata/rows_rule.h"

#include <string.h>

static size_t columns_beside_classes(const char *columns) {
    size_t count = strstr(columns, "box") ? 4 : 0;
    static const char *const single[] = {"objectness", "score", "label", "picture", "angle"};
    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++) {
        count += strstr(columns, single[i]) != NULL;
    }
    return count;
}

/* Which axis has the columns: the one whose length they are, or nearly; else as families have it.
 */
static bool columns_are_first(const iou_value_info *output, const char *columns, size_t classes) {
    const bool each = strstr(columns, "classes") != NULL;
    const int64_t expected = (int64_t)(columns_beside_classes(columns) + (each ? classes : 0));
    const int64_t first = output->rank == 3 ? output->dims[1] : -1;
    const int64_t last = output->rank == 3 ? output->dims[2] : -1;
    if (first == expected || last == expected) {
        return last != expected;
    }
    return each && !strstr(columns, "objectness") && (first < 0 || last < 0 || first < last);
}

static void add_table(const iou_preset_job *job) {
    const iou_preset_model *model = job->model;
    const char *columns = job->preset->columns;
    const iou_value_info *output = model->outputs;
    const bool first = columns_are_first(output, columns, job->facts->label_count);
    const bool own_labels = !strstr(columns, "label") && !strstr(columns, "classes");
    iou_key_list_set(job->list, "iou.outputs.rows", output->name);
    iou_key_list_set(job->list, "iou.outputs.rows.columns", columns);
    iou_key_list_set(job->list, "iou.outputs.rows.order", first ? "columns-first" : "rows-first");
    if (strstr(columns, "label") && output->rank == 3 && !first && output->dims[1] > 0) {
        iou_key_list_format(job->list, "iou.detections.max", "%lld", (long long)output->dims[1]);
    }
    if (!own_labels) {
        return;
    }
    if (model->output_count < 2) {
        iou_preset_refuse(job, "an output with the labels behind the first", "one output");
        return;
    }
    iou_key_list_set(job->list, "iou.outputs.labels", model->outputs[1].name);
}

static const iou_value_info *named(const iou_preset_model *model, const char *name) {
    for (size_t i = 0; i < model->output_count; i++) {
        if (strcmp(model->outputs[i].name, name) == 0) {
            return &model->outputs[i];
        }
    }
    return NULL;
}

static bool has_boxes(const iou_value_info *output) {
    return output->rank >= 2 && output->rank <= 3 && output->dims[output->rank - 1] == 4;
}

/* The one output that fits, but for `taken`; NULL: there is none, or there are more. */
static const iou_value_info *only(const iou_preset_model *model, const iou_value_info *taken,
                                  bool (*fits)(const iou_value_info *)) {
    const iou_value_info *found = NULL;
    for (size_t i = 0; i < model->output_count; i++) {
        const iou_value_info *output = &model->outputs[i];
        if (output != taken && fits(output)) {
            if (found) {
                return NULL;
            }
            found = output;
        }
    }
    return found;
}

static bool has_integers(const iou_value_info *output) {
    return output->type == IOU_INT64 || output->type == IOU_INT32;
}

static bool has_scores(const iou_value_info *output) {
    return output->type == IOU_FLOAT && output->rank >= 1 && output->rank <= 2 &&
           !has_boxes(output);
}

static bool has_classes(const iou_value_info *output) {
    return output->type == IOU_FLOAT && output->rank == 3;
}

static const iou_value_info *either(const iou_value_info *first, const iou_value_info *second) {
    return first ? first : second;
}

static void add_lists(const iou_preset_job *job) {
    const iou_preset_model *model = job->model;
    const iou_value_info *boxes = either(named(model, "boxes"), only(model, NULL, has_boxes));
    const iou_value_info *scores = either(named(model, "scores"), only(model, NULL, has_scores));
    const iou_value_info *labels = either(named(model, "labels"), only(model, NULL, has_integers));
    if (!boxes || !scores || !labels) {
        iou_preset_refuse(job, "outputs with boxes [R, 4], scores [R] and labels [R]",
                          !boxes    ? "no boxes"
                          : !scores ? "no scores"
                                    : "no labels");
        return;
    }
    iou_key_list_set(job->list, "iou.outputs.boxes", boxes->name);
    iou_key_list_set(job->list, "iou.outputs.scores", scores->name);
    iou_key_list_set(job->list, "iou.outputs.labels", labels->name);
    iou_key_list_set(job->list, "iou.outputs.rows.order", "rows-first");
    static const char *const others[] = {"masks", "keypoints"};
    for (size_t i = 0; i < 2; i++) {
        if (named(model, others[i])) {
            iou_key_list_set(job->list, "iou.outputs.others", others[i]);
        }
    }
}

static void add_pair(iou_preset_job *job) {
    const iou_preset_model *model = job->model;
    const iou_value_info *boxes = either(named(model, "pred_boxes"), only(model, NULL, has_boxes));
    const iou_value_info *classes = either(named(model, "logits"), only(model, boxes, has_classes));
    if (!boxes || !classes) {
        iou_preset_refuse(job, "outputs with class values [N, R, K] and boxes [N, R, 4]",
                          boxes ? "no class values" : "no boxes");
        return;
    }
    iou_key_list_set(job->list, "iou.outputs.cls", classes->name);
    iou_key_list_set(job->list, "iou.outputs.boxes", boxes->name);
    iou_key_list_set(job->list, "iou.outputs.rows.order", "rows-first");
    job->channels = classes->rank == 3 ? classes->dims[2] : -1;
}

/* Sorts the outputs into class values, one for each label, and boxes; returns how many of each, or
 * 0 where an output is neither or the numbers differ. */
static size_t sort_levels(const iou_preset_job *job, const char *names[2][IOU_ROW_LEVELS],
                          int64_t *columns) {
    const iou_preset_model *model = job->model;
    size_t counts[2] = {0, 0};
    for (size_t i = 0; i < model->output_count; i++) {
        const iou_value_info *output = &model->outputs[i];
        const int64_t last = output->rank == 3 ? output->dims[2] : -1;
        const bool boxes = last != (int64_t)job->facts->label_count;
        if (last < 1 || counts[boxes] == IOU_ROW_LEVELS || (boxes && last % 4 != 0)) {
            return 0;
        }
        names[boxes][counts[boxes]++] = output->name;
        *columns = boxes ? last : *columns;
    }
    return counts[0] == counts[1] ? counts[0] : 0;
}

static void add_levels(const iou_preset_job *job) {
    const char *names[2][IOU_ROW_LEVELS];
    int64_t columns = 0;
    const size_t levels = sort_levels(job, names, &columns);
    if (levels == 0) {
        iou_preset_refuse(
            job, "outputs [N, R, K] with K labels and as many [N, R, 4 * bins]",
            iou_preset_counted(job->facts->label_count, "labels and other outputs").text);
        return;
    }
    iou_key_list_join(job->list, "iou.outputs.cls", names[0], levels, '\n');
    iou_key_list_join(job->list, "iou.outputs.boxes", names[1], levels, '\n');
    iou_key_list_set(job->list, "iou.outputs.rows.order", "rows-first");
    iou_key_list_format(job->list, "iou.boxes.bins", "%lld", (long long)columns / 4);
}

void iou_preset_add_outputs(iou_preset_job *job) {
    if (job->model->output_count == 0) {
        iou_preset_refuse(job, "outputs", "none");
        return;
    }
    switch (job->preset->outputs) {
    case IOU_PRESET_TABLE: add_table(job); break;
    case IOU_PRESET_LISTS: add_lists(job); break;
    case IOU_PRESET_PAIR: add_pair(job); break;
    case IOU_PRESET_LEVELS: add_levels(job); break;
    }
}
