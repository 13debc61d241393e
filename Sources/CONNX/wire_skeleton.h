/* The same file with a reference in place of every tensor's raw_data. */
#ifndef CONNX_WIRE_SKELETON_H
#define CONNX_WIRE_SKELETON_H

#include "connx.h"
#include "wire_scan.h"

/* Where raw_data is in the file; its bytes are the payload of raw_data in the skeleton. */
typedef struct connx_reference {
    uint64_t offset;
    uint64_t length;
} connx_reference;

/* Writes scan->sizes[0] bytes to `out`. Fails if the bytes are no longer those that were scanned:
 * a file may change while it is mapped. */
connx_status connx_skeleton_write(uint8_t *out, const uint8_t *data, size_t size,
                                  const connx_scan *scan, unsigned max_depth,
                                  connx_problem *problem);

#endif
