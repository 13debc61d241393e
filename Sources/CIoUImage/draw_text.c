/* The words on a tab: valid UTF-8 whatever comes in, and the same in every locale. */
#include "draw_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 48 }; /* a longer name is cut */

/** Length of the valid, printable UTF-8 sequence at `s` (which ends in NUL); 0 for anything else.
 */
static size_t sequence_length(const unsigned char *s) {
    const size_t length = s[0] < 0x80   ? 1
                          : s[0] < 0xc2 ? 0
                          : s[0] < 0xe0 ? 2
                          : s[0] < 0xf0 ? 3
                          : s[0] < 0xf5 ? 4
                                        : 0;
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    if (length == 1) {
        return s[0] >= 0x20 && s[0] != 0x7f ? 1 : 0;
    }
    if ((s[0] == 0xc2 && s[1] < 0xa0) || (s[0] == 0xe0 && s[1] < 0xa0) ||
        (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
        (s[0] == 0xf4 && s[1] > 0x8f)) {
        return 0;
    }
    return length;
}

/** Copies a name; what is not printable becomes '?', a long name ends in an ellipsis. */
static void copy_name(char name[NAME_BYTES + 4], const char *label) {
    const unsigned char *from = (const unsigned char *)(label != NULL ? label : "");
    size_t used = 0;
    while (*from != '\0') {
        const size_t length = sequence_length(from);
        const size_t needed = length > 0 ? length : 1;
        if (used + needed > NAME_BYTES) {
            memcpy(name + used, "\xe2\x80\xa6", 3);
            used += 3;
            break;
        }
        if (length > 0) {
            memcpy(name + used, from, length);
        } else {
            name[used] = '?';
        }
        used += needed;
        from += needed;
    }
    name[used] = '\0';
}

/** "0.87"; "" for NaN. Not printf's %f, whose point depends on the locale. */
static void format_number(char text[32], float value) {
    if (isnan(value)) {
        text[0] = '\0';
        return;
    }
    const long hundredths = lround(fmin(fmax((double)value, -99.0), 99.0) * 100.0);
    const long magnitude = hundredths < 0 ? -hundredths : hundredths;
    (void)snprintf(text, 32, "%s%ld.%02ld", hundredths < 0 ? "-" : "", magnitude / 100,
                   magnitude % 100);
}

void iou_draw_text(char text[IOU_DRAW_TEXT_CAPACITY], const iou_draw_item *item,
                   iou_draw_wording wording) {
    char name[NAME_BYTES + 4], score[32], iou[32];
    copy_name(name, wording == IOU_DRAW_SCORE ? NULL : item->label);
    format_number(score, wording == IOU_DRAW_NAME ? NAN : item->score);
    format_number(iou, wording <= IOU_DRAW_COMPACT ? item->iou : NAN);
    const bool both = name[0] != '\0' && score[0] != '\0';
    const bool more = name[0] != '\0' || score[0] != '\0';
    (void)snprintf(text, IOU_DRAW_TEXT_CAPACITY, "%s%s%s%s%s", name, both ? " " : "", score,
                   iou[0] == '\0'                        ? ""
                   : more && wording == IOU_DRAW_COMPACT ? " \xc2\xb7 "
                   : more                                ? " \xc2\xb7 IoU "
                                                         : "IoU ",
                   iou);
}
