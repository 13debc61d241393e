#include "core/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

iou_status iou_fail(iou_error *error, iou_status status, const char *format, ...) {
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        error->status = status;
        (void)vsnprintf(error->text, sizeof error->text, format, arguments);
        va_end(arguments);
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
    return "0.1.0";
}
