/* Strings: comparison, and what is UTF-8. */
#include "core/text.h"

#include <string.h>

bool iou_text_equal(const iou_text *a, const iou_text *b) {
    const size_t length = iou_text_length(a);
    return length == iou_text_length(b) &&
           memcmp(iou_text_bytes(a), iou_text_bytes(b), length) == 0;
}

/** Bytes of the character that begins so; 0: none does. */
static size_t width_of(unsigned char first) {
    return first < 0x80                    ? 1
           : first >= 0xc2 && first < 0xe0 ? 2
           : first >= 0xe0 && first < 0xf0 ? 3
           : first >= 0xf0 && first < 0xf5 ? 4
                                           : 0;
}

static uint32_t decode(const unsigned char *bytes, size_t width) {
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t character = bytes[0] & masks[width];
    for (size_t i = 1; i < width; i++) {
        character = character << 6 | (bytes[i] & 0x3f);
    }
    return character;
}

bool iou_text_is_utf8(const char *text, size_t length) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t at = 0; at < length;) {
        const size_t width = width_of(bytes[at]);
        if (width == 0 || width > length - at) {
            return false;
        }
        for (size_t i = 1; i < width; i++) {
            if ((bytes[at + i] & 0xc0) != 0x80) {
                return false;
            }
        }
        const uint32_t character = decode(bytes + at, width);
        if (character < least[width] || character > 0x10ffff || character >> 11 == 0x1b) {
            return false; /* a longer form, beyond Unicode, or half a pair of UTF-16 */
        }
        at += width;
    }
    return true;
}

uint32_t iou_text_next(const char *text, size_t *at) {
    const unsigned char *bytes = (const unsigned char *)text + *at;
    const size_t width = width_of(bytes[0]);
    *at += width;
    return decode(bytes, width);
}
