/* Numbers and lists in text, whatever the locale: the grammar of docs/metadata.md. */
#ifndef IOU_METADATA_TEXT_H
#define IOU_METADATA_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Reads a number at `*cursor` and moves it behind. A decimal of up to 15 digits comes back as the
 * nearest double, so the shortest text of a float comes back as that float.
 */
bool iou_text_number(const char **cursor, double *value);

/** Reads `-`? digits that fit into 64 bits, and moves the cursor behind. */
bool iou_text_integer(const char **cursor, int64_t *value);

/** Exactly `count` numbers separated by one space, all finite as floats, and nothing else. */
bool iou_text_numbers(const char *text, size_t length, float *values, size_t count);

/** Exactly `count` integers separated by one space, and nothing else. */
bool iou_text_integers(const char *text, int64_t *values, size_t count);

/** Items of a list: one more than the spaces in `length` bytes; 0 of an empty text. */
size_t iou_text_items(const char *text, size_t length, char separator);

/** The position of `word` among space-separated `words`, or -1. */
int iou_text_word_index(const char *word, const char *words);

#endif
