#include "wire_skeleton.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "connx_problem.h"
#include "wire.h"
#include "wire_schema.h"

_Static_assert(sizeof(connx_reference) == CONNX_REFERENCE_SIZE, "a reference has no padding");

typedef struct frame {
    const connx_message_type *type;
    size_t end;
} frame;

typedef struct writer {
    const uint8_t *data;
    const connx_scan *scan;
    uint8_t *out;
    size_t used;
    size_t next; /* in scan->sizes */
    frame *stack;
    size_t depth;
    size_t max_depth;
    size_t position;
} writer;

static size_t space(const writer *w) {
    return w->scan->sizes[0] - w->used;
}

static bool put_varint(writer *w, uint64_t value) {
    const size_t size = connx_wire_varint_size(value);
    if (size > space(w)) {
        return false;
    }
    connx_wire_write_varint(w->out + w->used, value);
    w->used += size;
    return true;
}

static bool put_bytes(writer *w, const void *bytes, size_t size) {
    if (size > space(w)) {
        return false;
    }
    if (size) {
        memcpy(w->out + w->used, bytes, size);
    }
    w->used += size;
    return true;
}

static bool push(writer *w, const connx_message_type *type, size_t start, size_t end) {
    if (w->depth == w->max_depth) {
        return false;
    }
    w->stack[w->depth++] = (frame){.type = type, .end = end};
    w->position = start;
    return true;
}

static bool write_message(writer *w, const connx_message_type *type, const connx_wire_field *wire) {
    return w->next < w->scan->count && put_varint(w, w->scan->sizes[w->next++]) &&
           push(w, type, wire->payload, wire->payload + wire->size);
}

static bool write_reference(writer *w, const connx_wire_field *wire) {
    const connx_reference reference = {.offset = wire->payload, .length = wire->size};
    return put_varint(w, sizeof reference) && put_bytes(w, &reference, sizeof reference);
}

/* Tags and lengths are written anew, so that protobuf-c sees them in their shortest form. */
static bool write_field(writer *w) {
    const frame *top = &w->stack[w->depth - 1];
    connx_wire_field wire;
    if (connx_wire_read_field(w->data, top->end, &w->position, &wire) ||
        !put_varint(w, connx_wire_tag(wire.number, wire.type))) {
        return false;
    }
    const connx_field_type *field = connx_schema_field(top->type, wire.number);
    if (field && wire.type == CONNX_WIRE_LENGTH) {
        if (connx_schema_submessage(field)) {
            return write_message(w, connx_schema_submessage(field), &wire);
        }
        if (connx_schema_is_payload(top->type, field)) {
            return write_reference(w, &wire);
        }
    }
    if (wire.type == CONNX_WIRE_LENGTH && !put_varint(w, wire.size)) {
        return false;
    }
    return put_bytes(w, w->data + wire.payload, wire.size);
}

static bool write_all(writer *w, size_t size) {
    w->next = 1;
    if (!push(w, w->scan->root, 0, size)) {
        return false;
    }
    while (w->depth > 0) {
        if (w->position >= w->stack[w->depth - 1].end) {
            w->depth--;
        } else if (!write_field(w)) {
            return false;
        }
    }
    return w->next == w->scan->count && space(w) == 0;
}

connx_status connx_skeleton_write(uint8_t *out, const uint8_t *data, size_t size,
                                  const connx_scan *scan, unsigned max_depth,
                                  connx_problem *problem) {
    writer w = {.data = data, .scan = scan, .out = out, .max_depth = max_depth};
    w.stack = calloc(max_depth, sizeof *w.stack);
    if (!w.stack) {
        return connx_fail(problem, CONNX_NO_MEMORY, 0, "no memory for %u levels of messages",
                          max_depth);
    }
    const bool written = write_all(&w, size);
    free(w.stack);
    return written ? CONNX_OK
                   : connx_fail(problem, CONNX_MALFORMED, w.position,
                                "the file changed while it was read");
}
