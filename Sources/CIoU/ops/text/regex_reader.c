#include "ops/text/regex_reader.h"

#include <string.h>

iou_status iou_regex_refuse(const iou_regex_reader *p, size_t from, const char *what) {
    const size_t length = p->length - from < 40 ? p->length - from : 40;
    return iou_fail(p->error, IOU_UNSUPPORTED, "pattern, byte %zu: %s, found '%.*s'", from, what,
                    (int)length, p->bytes + from);
}

iou_status iou_regex_no_memory(const iou_regex_reader *p) {
    return iou_fail(p->error, IOU_OUT_OF_MEMORY, "no memory for the pattern");
}

bool iou_regex_ended(const iou_regex_reader *p) {
    return p->at == p->length;
}

bool iou_regex_take(iou_regex_reader *p, const char *bytes) {
    const size_t size = strlen(bytes);
    const bool found = size <= p->length - p->at && memcmp(p->bytes + p->at, bytes, size) == 0;
    p->at += found ? size : 0;
    return found;
}

char iou_regex_peek(const iou_regex_reader *p) {
    return iou_regex_ended(p) ? '\0' : p->bytes[p->at];
}
