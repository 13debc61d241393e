/* Lines for the program's log. */
#ifndef IOU_LOG_H
#define IOU_LOG_H

#include "core/status.h"

/** Writes one line; `log` without a function is silent. */
void iou_log_line(const iou_log *log, iou_log_level level, const char *format, ...)
    IOU_PRINTF(3, 4);

#endif
