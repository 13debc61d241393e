#include "core/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/** Length of the UTF-8 character at `c`; 0: none begins there, or it is a control character. */
static size_t character(const unsigned char *c) {
    if (c[0] < 0x80) {
        return c[0] >= 0x20 && c[0] != 0x7f;
    }
    const size_t length = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;
    if (c[0] < 0xc2 || c[0] > 0xf4) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((c[i] & 0xc0) != 0x80) {
            return 0; /* also where the text ends */
        }
    }
    const unsigned second = c[1];
    const bool overlong = (c[0] == 0xe0 && second < 0xa0) || (c[0] == 0xf0 && second < 0x90);
    const bool outside = (c[0] == 0xed && second > 0x9f) || (c[0] == 0xf4 && second > 0x8f);
    return overlong || outside ? 0 : length;
}

/** Names in a hostile file must not break the promise of one line of UTF-8: their odd bytes go. */
static void clean(char *text) {
    for (unsigned char *c = (unsigned char *)text; *c;) {
        const size_t length = character(c);
        if (length == 0) {
            *c = '?';
        }
        c += length ? length : 1;
    }
}

iou_status iou_fail(iou_error *error, iou_status status, const char *format, ...) {
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        error->status = status;
        (void)vsnprintf(error->text, sizeof error->text, format, arguments);
        va_end(arguments);
        clean(error->text);
    }
    return status;
}

iou_status iou_fail_context(iou_error *error, iou_status status, const char *format, ...) {
    if (error) {
        char old[sizeof error->text];
        memcpy(old, error->text, sizeof old);
        va_list arguments;
        va_start(arguments, format);
        error->status = status;
        const int used = vsnprintf(error->text, sizeof error->text, format, arguments);
        va_end(arguments);
        if (used >= 0 && (size_t)used < sizeof error->text) {
            (void)snprintf(error->text + used, sizeof error->text - (size_t)used, ": %s", old);
        }
        clean(error->text);
    }
    return status;
}

const char *iou_status_name(iou_status status) {
    switch (status) {
    case IOU_OK: return "ok";
    case IOU_INVALID_ARGUMENT: return "invalid argument";
    case IOU_CANCELLED: return "cancelled";
    case IOU_DEADLINE: return "deadline passed";
    case IOU_BUFFER_TOO_SMALL: return "buffer too small";
    case IOU_BAD_MODEL: return "bad model";
    case IOU_UNSUPPORTED: return "unsupported";
    case IOU_LIMIT: return "limit passed";
    case IOU_BAD_METADATA: return "bad metadata";
    case IOU_BAD_IMAGE: return "bad image";
    case IOU_BAD_DATA: return "bad data";
    case IOU_OUT_OF_MEMORY: return "out of memory";
    case IOU_IO_ERROR: return "input/output error";
    }
    return "unknown status";
}

const char *iou_version(void) {
    return IOU_VERSION;
}
