/* What ultralytics writes as Python prints it: lists of numbers, and names by their number. */
#include "core/arena.h"
#include "detect/metadata/detector_params.h"
#include "detect/metadata/metadata_text.h"
#include "detect/metadata/preset.h"

#include <string.h>

/* ---- Names ----------------------------------------------------------------------------------- */

/* A text on its way through a parser. */
typedef struct python_text {
    const char *at;
    char *out; /* where the next name goes; it is never longer than what it is read from */
} python_text;

static void skip_spaces(python_text *text) {
    while (*text->at == ' ') {
        text->at++;
    }
}

static bool skip(python_text *text, char expected) {
    skip_spaces(text);
    if (*text->at != expected) {
        return false;
    }
    text->at++;
    skip_spaces(text);
    return true;
}

/* A name in quotes. Python escapes the quote, the backslash and what cannot be printed; of these
 * labels may have the first two only. NULL: it is none. */
static const char *read_name(python_text *text) {
    const char quote = *text->at;
    const char *name = text->out;
    if (quote != '\'' && quote != '"') {
        return NULL;
    }
    for (text->at++; *text->at != quote; text->at++) {
        if (*text->at == '\\') {
            text->at++;
            if (*text->at != '\\' && *text->at != '\'' && *text->at != '"') {
                return NULL;
            }
        }
        if (*text->at == '\0' || (*text->at > 0 && *text->at < 0x20) || *text->at == 0x7f) {
            return NULL;
        }
        *text->out++ = *text->at;
    }
    text->at++;
    *text->out++ = '\0';
    return *name != '\0' ? name : NULL;
}

/* `number:` of the name at `index`; absent in a list. */
static bool read_number(python_text *text, size_t index) {
    int64_t number;
    return iou_text_integer(&text->at, &number) && number == (int64_t)index && skip(text, ':');
}

/* {0: 'person', 1: 'bicycle'} or ['person', 'bicycle']; returns how many, 0: it is neither. */
static size_t read_names(python_text *text, const char **names, size_t most) {
    const bool numbered = skip(text, '{');
    if (!numbered && !skip(text, '[')) {
        return 0;
    }
    size_t count = 0;
    do {
        if (count == most || (numbered && !read_number(text, count)) ||
            !(names[count] = read_name(text))) {
            return 0;
        }
        count++;
    } while (skip(text, ','));
    return skip(text, numbered ? '}' : ']') && *text->at == '\0' ? count : 0;
}

const char *const *iou_ultralytics_names(iou_key_list *list, const char *text, size_t *count) {
    const size_t length = strlen(text);
    const size_t most = length / 3 + 1; /* a name has a character and two quotes */
    const char **names = iou_arena_alloc(list->memory, most * sizeof *names);
    python_text at = {.at = text, .out = iou_arena_alloc(list->memory, length + 1)};
    *count = 0;
    if (!names || !at.out) {
        iou_key_list_refuse(list, IOU_OUT_OF_MEMORY, "detector metadata: no memory");
        return NULL;
    }
    *count = read_names(&at, names, most);
    if (*count == 0) {
        iou_key_list_refuse(list, IOU_BAD_METADATA,
                            "metadata key 'names': expected names by their number from 0 on, "
                            "{0: 'a', 1: 'b'}, found '%s'",
                            iou_metadata_quoted(text).text);
        return NULL;
    }
    return names;
}

/* ---- Sides ----------------------------------------------------------------------------------- */

void iou_ultralytics_sides(iou_key_list *list, const char *text, int64_t sides[2]) {
    python_text at = {.at = text};
    bool good = text && skip(&at, '[');
    for (int i = 0; good && i < 2; i++) {
        good = (i == 0 || skip(&at, ',')) && iou_text_integer(&at.at, &sides[i]) && sides[i] >= 1 &&
               sides[i] <= IOU_MAX_SIDE;
    }
    good = good && skip(&at, ']') && *at.at == '\0';
    if (text && !good) {
        iou_key_list_refuse(list, IOU_BAD_METADATA,
                            "metadata key 'imgsz': expected [height, width], found '%s'",
                            iou_metadata_quoted(text).text);
    }
    if (!good) {
        sides[0] = sides[1] = 0;
    }
}
