/* The text of a pattern while it becomes a tree, and what is read of it; for the files regex_*.c
 * alone. */
#ifndef IOU_REGEX_READER_H
#define IOU_REGEX_READER_H

#include "ops/text/regex_parse.h"

enum { IOU_REGEX_MOST = 0x10ffff }; /**< the last character */

typedef struct iou_regex_reader {
    const char *bytes;
    size_t length, at;
    iou_arena *memory;
    iou_error *error;
} iou_regex_reader;

/** Reports what begins at byte `from`; `what` says what was expected. */
iou_status iou_regex_refuse(const iou_regex_reader *p, size_t from, const char *what);
iou_status iou_regex_no_memory(const iou_regex_reader *p);

bool iou_regex_ended(const iou_regex_reader *p);
/** Whether the next bytes are these, which are then behind. */
bool iou_regex_take(iou_regex_reader *p, const char *bytes);
/** The next byte; 0 at the end. */
char iou_regex_peek(const iou_regex_reader *p);

/* ---- Classes and characters: regex_class.c -------------------------------------------------- */

iou_status iou_regex_add_range(const iou_regex_reader *p, iou_regex_class *class, uint32_t first,
                               uint32_t last);
/** Takes \d and its like; `*found`: whether it was one. */
iou_status iou_regex_take_class(iou_regex_reader *p, iou_regex_class *class, bool *found);
/** A literal character, perhaps escaped. */
iou_status iou_regex_take_character(iou_regex_reader *p, uint32_t *character);
/** What follows [. */
iou_status iou_regex_take_brackets(iou_regex_reader *p, iou_regex_class *class);

#endif
