/* The wire format of protobuf: varints, tags and the extent of a field. Knows no message. */
#ifndef CONNX_WIRE_H
#define CONNX_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONNX_WIRE_VARINT = 0, CONNX_WIRE_64BIT = 1, CONNX_WIRE_LENGTH = 2, CONNX_WIRE_32BIT = 5 };

typedef enum connx_wire_result {
    CONNX_WIRE_OK,
    CONNX_WIRE_CUT,         /* the enclosing bytes end within a varint or a fixed-size value */
    CONNX_WIRE_LONG_VARINT, /* over 10 bytes or over 64 bits */
    CONNX_WIRE_BAD_NUMBER,  /* field number 0 or over 2^29 - 1 */
    CONNX_WIRE_BAD_TYPE,    /* groups and the unassigned types */
    CONNX_WIRE_PAST_END     /* a length that passes the end of the enclosing bytes */
} connx_wire_result;

/* One field: its tag at `start`, its payload at `payload` (after the length, where there is one).
 * What is read before an error is kept; `number` is 0 as long as the tag is not read. */
typedef struct connx_wire_field {
    size_t start;
    size_t payload;
    size_t size;
    uint64_t length; /* as written, also where it passes the end */
    uint32_t number;
    uint32_t type;
} connx_wire_field;

/* Reads at *position, which it moves past what was read, and never reads at `end` or after. */
connx_wire_result connx_wire_read_varint(const uint8_t *data, size_t end, size_t *position,
                                         uint64_t *value);
connx_wire_result connx_wire_read_field(const uint8_t *data, size_t end, size_t *position,
                                        connx_wire_field *field);

/* Number of varints that fill data[start, end) exactly; *bad is the offset of the one that does
 * not fit. */
connx_wire_result connx_wire_count_varints(const uint8_t *data, size_t start, size_t end,
                                           size_t *count, size_t *bad);

size_t connx_wire_varint_size(uint64_t value);

/* The tag of a field as a number. */
uint64_t connx_wire_tag(uint32_t number, uint32_t type);

/* Writes connx_wire_varint_size(value) bytes. */
void connx_wire_write_varint(uint8_t *out, uint64_t value);

/* True if data[start, end) is UTF-8 without NUL; *bad is the offset of the first that is not. */
bool connx_wire_is_text(const uint8_t *data, size_t start, size_t end, size_t *bad);

#endif
