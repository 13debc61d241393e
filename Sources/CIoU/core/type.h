/* Element types as files have them, and types of values that are no tensors. */
#ifndef IOU_TYPE_H
#define IOU_TYPE_H

#include "iou/ops.h"

/** The element type of this number in a file; one without size and name where there is none. */
iou_type iou_type_of_number(int64_t number);

/** Whether values of the type are no tensors: in memory, each is one pointer. */
static inline bool iou_type_is_composite(iou_type type) {
    return ((unsigned)type & (IOU_SEQUENCE_OF | IOU_OPTIONAL_OF)) != 0;
}

/** Whether values of the type are inside graphs only: all but tensors of numbers. */
static inline bool iou_type_is_inner(iou_type type) {
    return type == IOU_STRING || iou_type_is_composite(type);
}

/** The type of the tensors in a composite value. */
static inline iou_type iou_type_element(iou_type type) {
    return (iou_type)((unsigned)type & ~(unsigned)(IOU_SEQUENCE_OF | IOU_OPTIONAL_OF));
}

static inline iou_type iou_type_sequence(iou_type element) {
    return (iou_type)((unsigned)element | IOU_SEQUENCE_OF);
}

/** The type of an optional that holds a value of `type`. */
static inline iou_type iou_type_optional(iou_type type) {
    return (iou_type)((unsigned)type | IOU_OPTIONAL_OF);
}

/** Whether it is the type of a sequence, perhaps an optional one. */
static inline bool iou_type_has_sequence(iou_type type) {
    return ((unsigned)type & IOU_SEQUENCE_OF) != 0;
}

static inline bool iou_type_is_optional(iou_type type) {
    return ((unsigned)type & IOU_OPTIONAL_OF) != 0;
}

/** The type of what an optional holds. */
static inline iou_type iou_type_held(iou_type type) {
    return (iou_type)((unsigned)type & ~(unsigned)IOU_OPTIONAL_OF);
}

/** Whether a value of type `from` may stand where one of type `to` is expected: of its type, or the
 * sequence that an optional one holds, which is the same pointer. */
static inline bool iou_type_serves(iou_type from, iou_type to) {
    return from == to || (iou_type_has_sequence(from) && iou_type_optional(from) == to);
}

#endif
