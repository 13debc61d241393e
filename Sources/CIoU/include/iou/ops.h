/* For the compiler, not for embedders: operator knowledge of the runtime. libiou.so keeps it
 * inside. */
#ifndef IOU_OPS_H
#define IOU_OPS_H

#include "iou/iou.h"

#ifdef __cplusplus
extern "C" {
#endif

struct connx_file;

/**
 * Types of values that are no tensors: bits beside the element type of the tensors in them. With
 * both bits, an optional sequence. They are inside graphs only: no input or output of a model, and
 * so nothing that iou.h describes, has one.
 */
enum { IOU_SEQUENCE_OF = 0x100, IOU_OPTIONAL_OF = 0x200 };

/** The type of strings' elements, which are inside graphs only too. */
#define IOU_STRING ((iou_type)8)

/** Types and shapes of every value of a model. */
typedef struct iou_inferred iou_inferred;

/**
 * Infers over serialized ONNX bytes, which are borrowed until the call returns. Nodes that do
 * not fit are noted, their outputs are unknown, and inference goes on. Fails where nothing can be
 * inferred. Values that are undefined or defined twice are the caller's to find: nothing is noted.
 */
iou_status iou_infer_model(iou_inferred **out, const void *data, size_t size, iou_error *error);
size_t iou_inferred_count(const iou_inferred *inferred);

/** Value `index`, inputs and node outputs alike; info->name is the ONNX name. */
iou_status iou_inferred_value(const iou_inferred *inferred, size_t index, iou_value_info *info);

/** What was wrong with nodes, initializers and inputs, in the model's order. */
size_t iou_inferred_problem_count(const iou_inferred *inferred);

/** Problem `index`: the kind of failure, and one line of text that lives as long as `inferred`. */
iou_status iou_inferred_problem(const iou_inferred *inferred, size_t index, iou_status *kind,
                                const char **text);
/**
 * The elements of a small integer or boolean value, row-major, when all are known before any run:
 * the arithmetic on shapes. `elements` has room for IOU_MAX_KNOWN_ELEMENTS. False: not known.
 */
#define IOU_MAX_KNOWN_ELEMENTS 64
bool iou_inferred_elements(const iou_inferred *inferred, size_t index, int64_t *elements,
                           size_t *count);

void iou_inferred_close(iou_inferred **inferred);

/** Contents of tensors, read from the files beside a model. */
typedef struct iou_external iou_external;

/** Where the other files of a model may be. */
typedef struct iou_external_base {
    const char *folder; /**< of the model; NULL: a model in memory, which may have none */
    /** The path of the model's own file, or NULL. Where links lead to it, links of the folder may
     * lead to the folder that it really is in. */
    const char *model;
    uint64_t device, inode; /**< of that file, as it was opened */
    bool refuse_links;      /**< follow no symbolic link inside the folder */
} iou_external_base;

/**
 * Reads what the tensors of a decoded model (connx.h) have in other files of `base`, at most
 * `max_bytes`, and points their raw_data there, as if it had stood in the model. *out holds the
 * bytes, which must outlive `onnx`; NULL where there are none.
 */
iou_status iou_external_load(iou_external **out, struct connx_file *onnx,
                             const iou_external_base *base, size_t max_bytes, iou_error *error);
void iou_external_close(iou_external **external);

/** Whether the runtime has the operator. */
bool iou_op_exists(const char *domain, const char *op_type);

#ifdef __cplusplus
}
#endif

#endif
