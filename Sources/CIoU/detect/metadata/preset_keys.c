/* From a preset and a model's inputs and outputs to keys. */
#include "detect/metadata/preset.h"
#include "detect/metadata/rows_rule.h"

#include "core/arena.h"

#include <stdio.h>
#include <string.h>

/* What is being filled in. */
typedef struct preset_job {
    iou_key_list *list;
    const iou_preset *preset;
    const iou_preset_model *model;
    const iou_preset_facts *facts;
    int64_t channels; /* class channels, as far as an output's shape says them; else -1 */
} preset_job;

static void refuse(const preset_job *job, const char *expected, const char *found) {
    iou_key_list_refuse(job->list, IOU_BAD_METADATA, "preset '%s': expected %s, found %s",
                        job->preset->name, expected, found);
}

typedef struct count_text {
    char text[64];
} count_text;

static count_text counted(size_t count, const char *what) {
    count_text result;
    (void)snprintf(result.text, sizeof result.text, "%zu %s", count, what);
    return result;
}

/* ---- Input ----------------------------------------------------------------------------------- */

static void add_sides(const preset_job *job, const iou_value_info *input, int first) {
    const iou_preset *preset = job->preset;
    int64_t sides[2];
    bool fixed = true, known = true;
    for (int i = 0; i < 2; i++) {
        const int64_t side = input->dims[first + i];
        fixed = fixed && side > 0;
        sides[i] = side > 0 ? side : job->facts->sides[i];
        known = known && sides[i] > 0;
    }
    const char *resize = fixed ? preset->resize : preset->open_resize;
    const bool exact = strcmp(resize, "fit") == 0 || strcmp(resize, "stretch") == 0;
    if (exact && !known) {
        refuse(job, "the height and width of the input, which the file leaves open",
               "neither 'imgsz' nor other sides");
    } else if (exact) {
        iou_key_list_format(job->list, "iou.input.resize", "%s %lld %lld", resize,
                            (long long)sides[0], (long long)sides[1]);
        iou_key_list_set(job->list, "iou.input.pad", "exact");
    } else {
        const bool padded = strcmp(preset->name, "mmdeploy") == 0;
        iou_key_list_set(job->list, "iou.input.resize", resize);
        iou_key_list_set(job->list, "iou.input.pad", padded ? "multiple 32" : "multiple 1");
    }
}

static void add_input(const preset_job *job) {
    const iou_preset_model *model = job->model;
    const iou_value_info *input = model->inputs;
    if (model->input_count != 1 || input->rank < 3 || input->rank > 4) {
        refuse(job, "one input, a picture or a batch of them",
               model->input_count == 1 ? "one of another rank"
                                       : counted(model->input_count, "inputs").text);
        return;
    }
    const int first = input->rank - 3; /* behind the batch */
    const bool last = input->dims[first] != 3 && input->dims[first + 2] == 3;
    iou_key_list_set(job->list, "iou.input.name", input->name);
    iou_key_list_set(job->list, "iou.input.layout", last ? "nhwc" : "nchw");
    add_sides(job, input, last ? first : first + 1);
}

/* ---- Outputs --------------------------------------------------------------------------------- */

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

static void add_table(const preset_job *job) {
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
        refuse(job, "an output with the labels behind the first", "one output");
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

static void add_lists(const preset_job *job) {
    const iou_preset_model *model = job->model;
    const iou_value_info *boxes = either(named(model, "boxes"), only(model, NULL, has_boxes));
    const iou_value_info *scores = either(named(model, "scores"), only(model, NULL, has_scores));
    const iou_value_info *labels = either(named(model, "labels"), only(model, NULL, has_integers));
    if (!boxes || !scores || !labels) {
        refuse(job, "outputs with boxes [R, 4], scores [R] and labels [R]",
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

static void add_pair(preset_job *job) {
    const iou_preset_model *model = job->model;
    const iou_value_info *boxes = either(named(model, "pred_boxes"), only(model, NULL, has_boxes));
    const iou_value_info *classes = either(named(model, "logits"), only(model, boxes, has_classes));
    if (!boxes || !classes) {
        refuse(job, "outputs with class values [N, R, K] and boxes [N, R, 4]",
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
static size_t sort_levels(const preset_job *job, const char *names[2][IOU_ROW_LEVELS],
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

static void add_levels(const preset_job *job) {
    const char *names[2][IOU_ROW_LEVELS];
    int64_t columns = 0;
    const size_t levels = sort_levels(job, names, &columns);
    if (levels == 0) {
        refuse(job, "outputs [N, R, K] with K labels and as many [N, R, 4 * bins]",
               counted(job->facts->label_count, "labels and other outputs").text);
        return;
    }
    iou_key_list_join(job->list, "iou.outputs.cls", names[0], levels, '\n');
    iou_key_list_join(job->list, "iou.outputs.boxes", names[1], levels, '\n');
    iou_key_list_set(job->list, "iou.outputs.rows.order", "rows-first");
    iou_key_list_format(job->list, "iou.boxes.bins", "%lld", (long long)columns / 4);
}

static void add_outputs(preset_job *job) {
    if (job->model->output_count == 0) {
        refuse(job, "outputs", "none");
        return;
    }
    switch (job->preset->outputs) {
    case IOU_PRESET_TABLE: add_table(job); break;
    case IOU_PRESET_LISTS: add_lists(job); break;
    case IOU_PRESET_PAIR: add_pair(job); break;
    case IOU_PRESET_LEVELS: add_levels(job); break;
    }
}

/* ---- Classes --------------------------------------------------------------------------------- */

static void add_numbers(const preset_job *job, const char *key) {
    const size_t count = job->facts->label_count;
    char *text = iou_arena_alloc(job->list->memory, count * 21 + 1), *at = text;
    for (size_t i = 0; text && i < count; i++) {
        at += snprintf(at, 22, i > 0 ? " %lld" : "%lld", (long long)job->facts->ids[i]);
    }
    iou_key_list_set(job->list, key, text ? text : "");
}

static int64_t largest_id(const iou_preset_facts *facts) {
    int64_t largest = -1;
    for (size_t i = 0; facts->ids && i < facts->label_count; i++) {
        largest = facts->ids[i] > largest ? facts->ids[i] : largest;
    }
    return largest;
}

/* Channels are category numbers where there are as many. */
static void add_channels(const preset_job *job) {
    const iou_preset_facts *facts = job->facts;
    const int64_t largest = largest_id(facts), labels = (int64_t)facts->label_count;
    const iou_preset_channels rule = job->preset->channels;
    const int64_t offset = rule == IOU_CHANNELS_AFTER_BACKGROUND ? 1 : 0;
    const int64_t known = job->channels;
    const bool numbers =
        rule != IOU_CHANNELS_OF_CLASSES && largest >= labels && (known < 0 || largest < known);
    const int64_t least = numbers                                               ? largest + 1
                          : rule == IOU_CHANNELS_BEFORE_BACKGROUND && known < 0 ? labels + 1
                                                                                : labels + offset;
    iou_key_list_format(job->list, "iou.classes.channels", "%lld",
                        (long long)(known > 0 ? known : least));
    if (numbers) {
        add_numbers(job, "iou.classes.list");
    } else {
        iou_key_list_format(job->list, "iou.classes.offset", "%lld", (long long)offset);
    }
}

static void add_classes(const preset_job *job) {
    const iou_preset_facts *facts = job->facts;
    if (facts->label_count == 0) {
        refuse(job, "labels, in the file's key 'names' or a list of them", "none");
        return;
    }
    iou_key_list_join(job->list, "iou.labels", facts->labels, facts->label_count, '\n');
    if (facts->ids) {
        add_numbers(job, "iou.labels.ids");
    }
    add_channels(job);
}

/* ---- All ------------------------------------------------------------------------------------- */

void iou_preset_apply(iou_key_list *list, const iou_preset *preset, const iou_preset_model *model,
                      const iou_preset_facts *facts) {
    preset_job job = {list, preset, model, facts, -1};
    for (size_t g = 0; g < IOU_PRESET_GROUPS && preset->groups[g]; g++) {
        for (const iou_preset_key *pair = preset->groups[g]; pair->key; pair++) {
            iou_key_list_set(list, pair->key, pair->value);
        }
    }
    add_input(&job);
    add_outputs(&job);
    add_classes(&job);
}

static const iou_value_info *describe(iou_key_list *list, const iou_model *model, size_t count,
                                      iou_status (*get)(const iou_model *, size_t, iou_value_info *,
                                                        iou_error *)) {
    iou_value_info *infos = iou_arena_alloc(list->memory, (count + 1) * sizeof *infos);
    for (size_t i = 0; infos && i < count && list->status == IOU_OK; i++) {
        list->status = get(model, i, &infos[i], list->error);
    }
    if (!infos) {
        iou_key_list_refuse(list, IOU_OUT_OF_MEMORY, "detector metadata: no memory");
    }
    return infos;
}

void iou_preset_model_read(iou_preset_model *described, const iou_model *model,
                           iou_key_list *list) {
    described->input_count = iou_model_input_count(model);
    described->output_count = iou_model_output_count(model);
    described->inputs = describe(list, model, described->input_count, iou_model_input);
    described->outputs = describe(list, model, described->output_count, iou_model_output);
}

/* ---- For the compiler ------------------------------------------------------------------------ */

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
