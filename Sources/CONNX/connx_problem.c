#include "connx_problem.h"

#include <stdarg.h>
#include <stdio.h>

connx_status connx_fail(connx_problem *problem, connx_status status, size_t offset,
                        const char *format, ...) {
    if (problem) {
        va_list arguments;
        va_start(arguments, format);
        problem->offset = offset;
        (void)vsnprintf(problem->text, sizeof problem->text, format, arguments);
        va_end(arguments);
    }
    return status;
}
