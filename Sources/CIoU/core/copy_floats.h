/* Copies of short runs of floats. */
#ifndef IOU_COPY_FLOATS_H
#define IOU_COPY_FLOATS_H

#include <stddef.h>
#include <string.h>

/** Copies without a call, and without a loop over single floats where there are eight or more. */
static inline void iou_copy_floats(float *to, const float *from, size_t count) {
    enum { WIDE = 8 };
    if (count < WIDE) {
        for (size_t i = 0; i < count; i++) {
            to[i] = from[i];
        }
        return;
    }
    for (size_t i = 0; i + WIDE < count; i += WIDE) {
        memcpy(to + i, from + i, WIDE * sizeof *to);
    }
    memcpy(to + count - WIDE, from + count - WIDE, WIDE * sizeof *to);
}

#endif
