/* Reports of what is wrong with a file. */
#ifndef CONNX_PROBLEM_H
#define CONNX_PROBLEM_H

#include "connx.h"

#if defined(__GNUC__)
#define CONNX_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define CONNX_PRINTF(text, first)
#endif

/* Fills `problem` (which may be NULL) and returns `status`. */
connx_status connx_fail(connx_problem *problem, connx_status status, size_t offset,
                        const char *format, ...) CONNX_PRINTF(4, 5);

#endif
