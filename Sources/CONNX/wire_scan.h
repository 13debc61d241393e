/* The check that comes before protobuf-c: iterative, in one pass, with an explicit stack. */
#ifndef CONNX_WIRE_SCAN_H
#define CONNX_WIRE_SCAN_H

#include "connx.h"
#include "wire_schema.h"

/* Bytes that stand for a tensor's raw_data in the skeleton: offset and length in the file. */
enum { CONNX_REFERENCE_SIZE = 16 };

/* What the scan finds out. */
typedef struct connx_scan {
    const connx_message_type *root; /* what the file is */
    size_t *sizes;        /* of every message in the skeleton, in pre-order; the root is first */
    size_t count;         /* of messages */
    size_t capacity;      /* of `sizes` */
    size_t decoded_bytes; /* the most that protobuf-c allocates for the skeleton */
    size_t nodes;
} connx_scan;

/* Scans a file that is one message of type `root`. `limits` has no zeros. `scan` is to be closed in
 * any case. */
connx_status connx_scan_file(connx_scan *scan, const connx_message_type *root, const uint8_t *data,
                             size_t size, const connx_limits *limits, connx_problem *problem);
void connx_scan_close(connx_scan *scan);

#endif
