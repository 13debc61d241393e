/*
 * Regular expressions as RE2 defines them, for whole strings: literals, classes, groups, |, * + ?
 * {n,m}, ^ $ \A \z \b \B. Time is the length of the string times that of the expression. Flags,
 * classes of Unicode, \C and \Q are refused.
 */
#ifndef IOU_REGEX_H
#define IOU_REGEX_H

#include "core/arena.h"
#include "core/text.h"

typedef struct iou_regex iou_regex;

/** Compiles a pattern into `memory`. */
iou_status iou_regex_compile(const iou_text *pattern, iou_arena *memory, const iou_regex **regex,
                             iou_error *error);

/** Bytes that a match needs, aligned for int. */
size_t iou_regex_scratch(const iou_regex *regex);

/** Whether a whole string of valid UTF-8 matches. */
bool iou_regex_matches(const iou_regex *regex, const iou_text *text, void *scratch);

#endif
