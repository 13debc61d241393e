/* What a preset is made of. */
#ifndef IOU_PRESET_H
#define IOU_PRESET_H

#include "detect/metadata/key_list.h"

/** How a preset's outputs are found in a graph. */
typedef enum iou_preset_outputs {
    IOU_PRESET_TABLE = 0, /**< the first output has the columns; one more may have the labels */
    IOU_PRESET_LISTS = 1, /**< boxes, scores and labels, by name or by type and shape */
    IOU_PRESET_PAIR = 2,  /**< class values and boxes, by name or by shape */
    IOU_PRESET_LEVELS = 3 /**< the same of each level, by shape */
} iou_preset_outputs;

/** What the class channels, or labels, are beside the classes. */
typedef enum iou_preset_channels {
    IOU_CHANNELS_OF_CLASSES = 0,
    IOU_CHANNELS_AFTER_BACKGROUND = 1,  /**< 0 is none */
    IOU_CHANNELS_BEFORE_BACKGROUND = 2, /**< the last is none; or category numbers */
} iou_preset_channels;

typedef struct iou_preset_key {
    const char *key, *value;
} iou_preset_key;

enum { IOU_PRESET_GROUPS = 6 };

struct iou_preset {
    const char *name, *about;
    iou_preset_outputs outputs;
    const char *columns; /**< of a table */
    iou_preset_channels channels;
    const char *resize;                              /**< where the file fixes the input's sides */
    const char *open_resize;                         /**< where it does not */
    const iou_preset_key *groups[IOU_PRESET_GROUPS]; /**< each ends with a NULL; later ones win */
};

/** NULL: there is none. */
const iou_preset *iou_preset_find(const char *name);

/** A model's inputs and outputs. */
typedef struct iou_preset_model {
    const iou_value_info *inputs, *outputs;
    size_t input_count, output_count;
} iou_preset_model;

/** Keys that are being filled in. */
typedef struct iou_preset_job {
    iou_key_list *list;
    const iou_preset *preset;
    const iou_preset_model *model;
    const iou_preset_facts *facts;
    int64_t channels; /**< class channels, as far as an output's shape says them; else -1 */
} iou_preset_job;

/** Reports "preset 'NAME': expected …, found …". */
void iou_preset_refuse(const iou_preset_job *job, const char *expected, const char *found);

/** `count` and what is counted, for such a message. */
typedef struct iou_preset_count {
    char text[64];
} iou_preset_count;
iou_preset_count iou_preset_counted(size_t count, const char *what);

/** Finds the preset's outputs in the model, and adds their keys. */
void iou_preset_add_outputs(iou_preset_job *job);

/** Adds the preset's keys for a model; every fact is given. */
void iou_preset_apply(iou_key_list *list, const iou_preset *preset, const iou_preset_model *model,
                      const iou_preset_facts *facts);

/** Reads the inputs and outputs of a model into the list's memory. */
void iou_preset_model_read(iou_preset_model *described, const iou_model *model, iou_key_list *list);

/** The labels of the key `names`, in the list's memory; NULL after a failure. */
const char *const *iou_ultralytics_names(iou_key_list *list, const char *text, size_t *count);

/** The keys of a model that ultralytics exported, by its shapes and own keys. */
void iou_ultralytics_fill(iou_key_list *list, const iou_model *model);

/** Height and width of the key `imgsz`; zeros where there is none (NULL). */
void iou_ultralytics_sides(iou_key_list *list, const char *text, int64_t sides[2]);

/** Whether a model without `iou.*` keys has those that ultralytics writes. */
bool iou_ultralytics_wrote(iou_metadata metadata);

#endif
