#include "core/log.h"

#include <stdarg.h>
#include <stdio.h>

void iou_log_line(const iou_log *log, iou_log_level level, const char *format, ...) {
    if (log->write) {
        char text[512];
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(text, sizeof text, format, arguments);
        va_end(arguments);
        log->write(log->context, level, text);
    }
}
