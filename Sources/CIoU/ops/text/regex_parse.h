/* A regular expression as a tree; for the files regex*.c alone. */
#ifndef IOU_REGEX_PARSE_H
#define IOU_REGEX_PARSE_H

#include "ops/text/regex.h"

typedef struct iou_regex_range {
    uint32_t first, last;
} iou_regex_range;

/** Characters: those of the ranges, or all others. */
typedef struct iou_regex_class {
    iou_regex_range *ranges;
    int count, capacity;
    bool negated;
} iou_regex_class;

typedef enum iou_regex_place {
    IOU_REGEX_BEGIN,
    IOU_REGEX_END,
    IOU_REGEX_WORD_EDGE,
    IOU_REGEX_NO_WORD_EDGE
} iou_regex_place;

typedef enum iou_regex_kind {
    IOU_REGEX_CLASS,
    IOU_REGEX_PLACE,
    IOU_REGEX_ALL, /**< its children one behind the other */
    IOU_REGEX_ANY, /**< one of its children */
    IOU_REGEX_REPEAT
} iou_regex_kind;

typedef struct iou_regex_node iou_regex_node;
struct iou_regex_node {
    iou_regex_kind kind;
    iou_regex_class class;
    iou_regex_place place;
    int least, most;                     /**< of a repetition; most -1: without end */
    iou_regex_node *first, *last, *next; /**< children; the next of the parent's */
};

iou_status iou_regex_parse(const iou_text *pattern, iou_arena *memory, iou_regex_node **tree,
                           iou_error *error);

/** Whether a character is a letter, digit or underscore of ASCII. */
bool iou_regex_is_word(uint32_t character);

#endif
