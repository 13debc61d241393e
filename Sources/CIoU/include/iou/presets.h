/* For the compiler, not for embedders: the detector metadata of well-known kinds of models.
 * libiou.so keeps it inside. */
#ifndef IOU_PRESETS_H
#define IOU_PRESETS_H

#include "iou/iou.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How a family of models is meant, but for what its file says. */
typedef struct iou_preset iou_preset;

/** NULL past the last. */
const iou_preset *iou_preset_at(size_t index);
const char *iou_preset_name(const iou_preset *preset);

/** One line: whose models they are, and what their outputs look like. */
const char *iou_preset_about(const iou_preset *preset);

/** What a file does not say. */
typedef struct iou_preset_facts {
    const char *const *labels; /**< NULL: the file has the key `names` */
    const int64_t *ids;        /**< category numbers of the labels; NULL: none */
    size_t label_count;
    int64_t sides[2]; /**< height and width of the input where the file fixes none; 0: not given */
} iou_preset_facts;

/** Keys of docs/metadata.md with their values. */
typedef struct iou_key_list iou_key_list;

/** The keys of the preset `name` for a model. */
iou_status iou_preset_keys(iou_key_list **out, const iou_model *model, const char *name,
                           const iou_preset_facts *facts, iou_error *error);

/** What the keys that ultralytics writes say, as the library reads them. */
iou_status iou_ultralytics_keys(iou_key_list **out, const iou_model *model, iou_error *error);

/** Key `index`, or NULL past the last; they live as long as the list. */
const char *iou_key_list_key(const iou_key_list *list, size_t index);
const char *iou_key_list_value(const iou_key_list *list, size_t index);
void iou_key_list_close(iou_key_list **list);

#ifdef __cplusplus
}
#endif

#endif
