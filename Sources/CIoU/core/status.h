/* Reporting failures inside the library. */
#ifndef IOU_STATUS_H
#define IOU_STATUS_H

#include "iou/iou.h"

#if defined(__GNUC__)
#define IOU_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define IOU_PRINTF(text, first)
#endif

/** Fills `error` (which may be NULL) and returns `status`. */
iou_status iou_fail(iou_error *error, iou_status status, const char *format, ...) IOU_PRINTF(3, 4);

/** Puts "prefix: " before the text of an error that was already reported; returns its status. */
iou_status iou_fail_context(iou_error *error, iou_status status, const char *format, ...)
    IOU_PRINTF(3, 4);

#define IOU_TRY(expression)                                                                        \
    do {                                                                                           \
        const iou_status iou_try_status = (expression);                                            \
        if (iou_try_status != IOU_OK) {                                                            \
            return iou_try_status;                                                                 \
        }                                                                                          \
    } while (0)

#define IOU_FAIL_IF(condition, status, error, ...)                                                 \
    do {                                                                                           \
        if (condition) {                                                                           \
            return iou_fail((error), (status), __VA_ARGS__);                                       \
        }                                                                                          \
    } while (0)

#endif
