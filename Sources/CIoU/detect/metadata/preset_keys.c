/* From a preset and a model's inputs and outputs to keys. */
#include "detect/metadata/preset.h"

#include "core/arena.h"
#include "detect/half_border.h"

#include <stdio.h>
#include <string.h>

void iou_preset_refuse(const iou_preset_job *job, const char *expected, const char *found) {
    iou_key_list_refuse(job->list, IOU_BAD_METADATA, "preset '%s': expected %s, found %s",
                        job->preset->name, expected, found);
}

iou_preset_count iou_preset_counted(size_t count, const char *what) {
    iou_preset_count result;
    (void)snprintf(result.text, sizeof result.text, "%zu %s", count, what);
    return result;
}

/* ---- Input ----------------------------------------------------------------------------------- */

static void add_sides(const iou_preset_job *job, const iou_value_info *input, int first) {
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
        iou_preset_refuse(job, "the height and width of the input, which the file leaves open",
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

static void add_input(const iou_preset_job *job) {
    const iou_preset_model *model = job->model;
    const iou_value_info *input = model->inputs;
    if (model->input_count != 1 || input->rank < 3 || input->rank > 4) {
        iou_preset_refuse(job, "one input, a picture or a batch of them",
                          model->input_count == 1
                              ? "one of another rank"
                              : iou_preset_counted(model->input_count, "inputs").text);
        return;
    }
    const int first = input->rank - 3; /* behind the batch */
    const bool last = input->dims[first] != 3 && input->dims[first + 2] == 3;
    iou_key_list_set(job->list, "iou.input.name", input->name);
    iou_key_list_set(job->list, "iou.input.layout", last ? "nhwc" : "nchw");
    add_sides(job, input, last ? first : first + 1);
}

/* ---- Classes --------------------------------------------------------------------------------- */

static void add_numbers(const iou_preset_job *job, const char *key) {
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
static void add_channels(const iou_preset_job *job) {
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

static void add_classes(const iou_preset_job *job) {
    const iou_preset_facts *facts = job->facts;
    if (facts->label_count == 0) {
        iou_preset_refuse(job, "labels, in the file's key 'names' or a list of them", "none");
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
    iou_preset_job job = {list, preset, model, facts, -1};
    for (size_t g = 0; g < IOU_PRESET_GROUPS && preset->groups[g]; g++) {
        for (const iou_preset_key *pair = preset->groups[g]; pair->key; pair++) {
            iou_key_list_set(list, pair->key, pair->value);
        }
    }
    add_input(&job);
    iou_preset_add_outputs(&job);
    add_classes(&job);
}

static const iou_value_info *describe(iou_key_list *list, const iou_model *model, size_t count,
                                      iou_status (*get)(const iou_model *, size_t, iou_value_info *,
                                                        iou_error *)) {
    iou_value_info *infos = iou_arena_alloc(list->memory, (count + 1) * sizeof *infos);
    for (size_t i = 0; infos && i < count && list->status == IOU_OK; i++) {
        list->status = get(model, i, &infos[i], list->error);
        infos[i].type = iou_half_border_type(infos[i].type);
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
