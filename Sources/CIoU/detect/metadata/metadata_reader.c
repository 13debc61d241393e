#include "detect/metadata/metadata_reader.h"

#include "core/arena.h"
#include "detect/metadata/edit_distance.h"
#include "detect/metadata/metadata_text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void iou_metadata_refuse(iou_metadata_reader *reader, iou_status status, const char *key,
                         const char *format, ...) {
    if (reader->status != IOU_OK) {
        return;
    }
    char what[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    reader->status = iou_fail(reader->error, status, "metadata key '%s': %s", key, what);
}

iou_metadata_quote iou_metadata_quoted(const char *text) {
    iou_metadata_quote quote;
    size_t used = 0;
    for (; text[used] != '\0' && used < sizeof quote.text - 4; used++) {
        const char c = text[used];
        quote.text[used] = (char)((c > 0 && c < 0x20) || c == 0x7f ? ' ' : c);
    }
    memcpy(quote.text + used, text[used] != '\0' ? "..." : "", text[used] != '\0' ? 4 : 1);
    return quote;
}

static const char *look_up(iou_metadata_reader *reader, const char *key) {
    if (reader->looked_up_count < IOU_MAX_METADATA_KEYS) {
        reader->looked_up[reader->looked_up_count++] = key;
    }
    return reader->from.find(reader->from.context, key);
}

bool iou_metadata_has(iou_metadata_reader *reader, const char *key) {
    return look_up(reader, key) != NULL;
}

static bool is_expected(const iou_metadata_reader *reader, const char *key) {
    static const char *const free_prefixes[] = {"iou.network.", "iou.training."};
    bool expected = strncmp(key, "iou.", 4) != 0;
    for (size_t i = 0; i < 2 && !expected; i++) {
        expected = strncmp(key, free_prefixes[i], strlen(free_prefixes[i])) == 0;
    }
    for (size_t i = 0; i < reader->looked_up_count && !expected; i++) {
        expected = strcmp(key, reader->looked_up[i]) == 0;
    }
    return expected;
}

/* The key looked up that `key` is the fewest edits from. */
static const char *nearest(const iou_metadata_reader *reader, const char *key, size_t *distance) {
    const char *best = NULL;
    *distance = SIZE_MAX;
    for (size_t i = 0; i < reader->looked_up_count; i++) {
        const size_t edits = iou_edit_distance(key, reader->looked_up[i]);
        if (edits < *distance) {
            *distance = edits;
            best = reader->looked_up[i];
        }
    }
    return best;
}

/* A key that is missing may be there with a slip, which says more. */
static void refuse_key(iou_metadata_reader *reader, const char *key) {
    enum { SLIP = 3 };
    size_t distance;
    const char *known = nearest(reader, key, &distance);
    if (reader->missing && distance <= SLIP) {
        reader->status = IOU_OK;
    }
    if (known) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, iou_metadata_quoted(key).text,
                            "unknown; the nearest that docs/metadata.md defines is '%s'", known);
    } else {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, iou_metadata_quoted(key).text,
                            "unknown; docs/metadata.md defines none like it");
    }
}

void iou_metadata_refuse_unknown(iou_metadata_reader *reader) {
    if (reader->looked_up_count == IOU_MAX_METADATA_KEYS) {
        return;
    }
    const char *key;
    for (size_t i = 0; (key = reader->from.key(reader->from.context, i)) != NULL; i++) {
        if (!is_expected(reader, key)) {
            refuse_key(reader, key);
        }
    }
}

bool iou_metadata_is_empty(iou_metadata metadata) {
    const char *key;
    for (size_t i = 0; (key = metadata.key(metadata.context, i)) != NULL; i++) {
        if (strncmp(key, "iou.", 4) == 0) {
            return false;
        }
    }
    return true;
}

const char *iou_metadata_text(iou_metadata_reader *reader, const char *key) {
    const char *text = look_up(reader, key);
    if (!text && reader->status == IOU_OK) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key, "missing");
        reader->missing = true;
    }
    return reader->status == IOU_OK ? text : "";
}

void iou_metadata_absent(iou_metadata_reader *reader, const char *key, const char *why) {
    if (iou_metadata_has(reader, key)) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key, "expected no such key, because %s", why);
    }
}

int iou_metadata_word(iou_metadata_reader *reader, const char *key, const char *words) {
    const char *text = iou_metadata_text(reader, key);
    const int index = iou_text_word_index(text, words);
    if (index >= 0 && reader->status == IOU_OK) {
        return index;
    }
    iou_metadata_refuse(reader, IOU_BAD_METADATA, key, "expected one of: %s, found '%s'", words,
                        iou_metadata_quoted(text).text);
    return 0;
}

int64_t iou_metadata_integer(iou_metadata_reader *reader, const char *key, int64_t low,
                             int64_t high) {
    const char *text = iou_metadata_text(reader, key);
    int64_t value = 0;
    if (reader->status != IOU_OK) {
        return 0;
    }
    if (!iou_text_integers(text, &value, 1) || value < low || value > high) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                            "expected an integer from %lld to %lld, found '%s'", (long long)low,
                            (long long)high, iou_metadata_quoted(text).text);
        return 0;
    }
    return value;
}

float iou_metadata_number(iou_metadata_reader *reader, const char *key, float low, float high) {
    const char *text = iou_metadata_text(reader, key);
    float value = 0.0f;
    if (reader->status != IOU_OK) {
        return 0.0f;
    }
    if (!iou_text_numbers(text, strlen(text), &value, 1) || value < low || value > high) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                            "expected a number from %g to %g, found '%s'", (double)low,
                            (double)high, iou_metadata_quoted(text).text);
        return 0.0f;
    }
    return value;
}

void iou_metadata_numbers(iou_metadata_reader *reader, const char *key, float *values,
                          size_t count) {
    const char *text = iou_metadata_text(reader, key);
    if (reader->status == IOU_OK && !iou_text_numbers(text, strlen(text), values, count)) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key, "expected %zu numbers, found '%s'",
                            count, iou_metadata_quoted(text).text);
    }
}

void *iou_metadata_alloc(iou_metadata_reader *reader, size_t size) {
    if (reader->status != IOU_OK) {
        return NULL;
    }
    void *memory = iou_arena_alloc(reader->memory, size);
    if (!memory) {
        reader->status = iou_fail(reader->error, IOU_OUT_OF_MEMORY, "detector metadata: no memory");
    }
    return memory;
}

/* Control characters other than the separating line feeds would break one-line output later. */
static bool lines_are_clean(const char *text) {
    char before = '\n';
    for (const char *at = text; *at != '\0'; before = *at++) {
        const bool separator = *at == '\n';
        if ((separator && before == '\n') || (!separator && *at > 0 && *at < 0x20) || *at == 0x7f) {
            return false;
        }
    }
    return before != '\n';
}

iou_metadata_lines iou_metadata_split(iou_metadata_reader *reader, const char *key) {
    iou_metadata_lines lines = {0, NULL};
    const char *text = iou_metadata_text(reader, key);
    if (reader->status == IOU_OK && !lines_are_clean(text)) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                            "expected lines, none empty, without control characters, found '%s'",
                            iou_metadata_quoted(text).text);
    }
    const size_t length = strlen(text);
    const size_t count = iou_text_items(text, length, '\n');
    char *copy = iou_metadata_alloc(reader, length + 1);
    lines.items = iou_metadata_alloc(reader, (count + 1) * sizeof *lines.items);
    if (!copy || !lines.items) {
        return lines;
    }
    memcpy(copy, text, length + 1);
    for (char *at = copy; lines.count < count; at++) {
        lines.items[lines.count++] = at;
        at += strcspn(at, "\n");
        *at = '\0';
    }
    return lines;
}
