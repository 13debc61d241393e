/*
 * Reads detector metadata key by key. The first failure sticks: later reads do nothing and return
 * zero, so that a caller reads a whole group and looks at `status` once.
 */
#ifndef IOU_METADATA_READER_H
#define IOU_METADATA_READER_H

#include "core/status.h"

struct iou_arena;

/** Where metadata comes from: a model, or a test. */
typedef struct iou_metadata {
    const char *(*find)(const void *context, const char *key); /**< NULL: no such key */
    const void *context;
    const char *(*key)(const void *context, size_t index); /**< NULL past the last */
} iou_metadata;

enum { IOU_MAX_METADATA_KEYS = 192 };

typedef struct iou_metadata_reader {
    iou_metadata from;
    struct iou_arena *memory; /**< for what the readers return */
    iou_status status;
    iou_error *error;
    const char *looked_up[IOU_MAX_METADATA_KEYS]; /**< keys that were looked up, all literals */
    size_t looked_up_count;
    bool missing; /**< the first failure was a key that is not there */
} iou_metadata_reader;

/** Items of a value; `text` is a copy in which every separator became a NUL. */
typedef struct iou_metadata_lines {
    size_t count;
    const char **items;
} iou_metadata_lines;

/** Reports "metadata key 'KEY': …" unless a failure was reported before. */
void iou_metadata_refuse(iou_metadata_reader *reader, iou_status status, const char *key,
                         const char *format, ...) IOU_PRINTF(4, 5);

/** The value of a key that must be there; "" after a failure. */
const char *iou_metadata_text(iou_metadata_reader *reader, const char *key);
bool iou_metadata_has(iou_metadata_reader *reader, const char *key);

/**
 * Refuses every key under "iou." that was never looked up: a file that says more than this reader
 * knows would be run wrongly. "iou.network." and "iou.training." are information for people. To be
 * called when all keys were looked up; where one of them is missing and an unknown one is nearly
 * it, the unknown one is what is reported.
 */
void iou_metadata_refuse_unknown(iou_metadata_reader *reader);

/** No key begins with "iou.". */
bool iou_metadata_is_empty(iou_metadata metadata);

/** Refuses a key that may not be there, because `why`. */
void iou_metadata_absent(iou_metadata_reader *reader, const char *key, const char *why);

/** The index among space-separated `words`. */
int iou_metadata_word(iou_metadata_reader *reader, const char *key, const char *words);
int64_t iou_metadata_integer(iou_metadata_reader *reader, const char *key, int64_t low,
                             int64_t high);
float iou_metadata_number(iou_metadata_reader *reader, const char *key, float low, float high);
void iou_metadata_numbers(iou_metadata_reader *reader, const char *key, float *values,
                          size_t count);
/** A line feed between items, each not empty and without control characters. */
iou_metadata_lines iou_metadata_split(iou_metadata_reader *reader, const char *key);

/** Memory that lives as long as the parameters; NULL after a failure. */
void *iou_metadata_alloc(iou_metadata_reader *reader, size_t size);

/** `text` made fit for a one-line message: cut, control characters replaced. */
typedef struct iou_metadata_quote {
    char text[80];
} iou_metadata_quote;
iou_metadata_quote iou_metadata_quoted(const char *text);

#endif
