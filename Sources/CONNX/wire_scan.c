#include "wire_scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "connx_arena.h"
#include "connx_problem.h"
#include "wire.h"

enum {
    /* protobuf-c keeps a record of 32 bytes per field while it decodes a message: 16 on the stack,
     * then in slabs that double, so that at most twice as many are allocated as are needed. */
    FIELDS_ON_STACK = 16,
    BYTES_PER_FIELD = 2 * 40,
    BYTES_FOR_SLABS = 32 * 16,
    /* A length that protobuf-c accepts within a message. */
    MAX_LENGTH = INT32_MAX
};

/* A message that is being scanned. */
typedef struct frame {
    const connx_message_type *type;
    size_t end;
    size_t start;    /* of its field in the enclosing message */
    size_t index;    /* in scan->sizes */
    size_t size;     /* in the skeleton, so far */
    size_t fields;   /* so far */
    uint64_t seen;   /* fields, as connx_schema_bit */
    uint32_t number; /* of its field in the enclosing message */
} frame;

typedef struct scanner {
    connx_scan *scan;
    const uint8_t *data;
    const connx_limits *limits;
    connx_problem *problem;
    frame *stack;
    size_t depth; /* of the stack */
    size_t position;
} scanner;

#define TRY(expression)                                                                            \
    do {                                                                                           \
        const connx_status try_status = (expression);                                              \
        if (try_status) {                                                                          \
            return try_status;                                                                     \
        }                                                                                          \
    } while (0)

/* Name of a known field, "field 7" of an unknown one. */
typedef struct field_name {
    char text[96];
} field_name;

static field_name name_of(const frame *top, const connx_wire_field *wire) {
    field_name name;
    const char *message = connx_schema_name(top->type);
    const connx_field_type *field = connx_schema_field(top->type, wire->number);
    if (wire->number == 0) {
        (void)snprintf(name.text, sizeof name.text, "%s", message);
    } else if (field) {
        (void)snprintf(name.text, sizeof name.text, "%s.%s", message, field->name);
    } else {
        (void)snprintf(name.text, sizeof name.text, "%s field %" PRIu32, message, wire->number);
    }
    return name;
}

static connx_status wire_problem(const scanner *s, const frame *top, const connx_wire_field *wire,
                                 connx_wire_result result) {
    const field_name name = name_of(top, wire);
    const char *what = wire->number == 0                 ? "the tag of a field"
                       : wire->type == CONNX_WIRE_LENGTH ? "the length"
                                                         : "the value";
    const size_t at = wire->number == 0 ? wire->start : wire->payload;
    switch (result) {
    case CONNX_WIRE_CUT:
        return connx_fail(s->problem, CONNX_MALFORMED, at,
                          "%s: %s passes the end of the message (%zu bytes left)", name.text, what,
                          top->end - at);
    case CONNX_WIRE_LONG_VARINT:
        return connx_fail(s->problem, CONNX_MALFORMED, at,
                          "%s: %s is a varint of more than 10 bytes or 64 bits", name.text, what);
    case CONNX_WIRE_BAD_NUMBER:
        return connx_fail(s->problem, CONNX_MALFORMED, at,
                          "%s: a field number must be between 1 and 536870911", name.text);
    case CONNX_WIRE_BAD_TYPE:
        return connx_fail(s->problem, CONNX_MALFORMED, wire->start,
                          "%s: wire type %" PRIu32 " is not in use", name.text, wire->type);
    case CONNX_WIRE_PAST_END:
        return connx_fail(s->problem, CONNX_MALFORMED, at,
                          "%s: length %" PRIu64 " passes the end of the message (%zu bytes left)",
                          name.text, wire->length, top->end - at);
    case CONNX_WIRE_OK: break;
    }
    return CONNX_OK;
}

/* Counts bytes that protobuf-c will allocate in one piece. */
static connx_status charge(const scanner *s, size_t bytes, size_t offset) {
    const size_t cost = connx_arena_cost(bytes);
    const size_t limit = s->limits->max_decoded_bytes;
    if (cost > limit || s->scan->decoded_bytes > limit - cost) {
        return connx_fail(s->problem, CONNX_LIMIT, offset,
                          "too large: decoded messages need more than the limit of %zu bytes",
                          limit);
    }
    s->scan->decoded_bytes += cost;
    return CONNX_OK;
}

/* Adds a field to the skeleton of its message. A message of the file has at most SIZE_MAX bytes
 * and grows by less than 32 bytes per field, each of which has 2 bytes and is charged for. */
static connx_status grow(const scanner *s, frame *top, uint32_t number, uint32_t type, size_t size,
                         size_t offset) {
    size_t total = connx_wire_varint_size(connx_wire_tag(number, type)) + size;
    if (type == CONNX_WIRE_LENGTH) {
        total += connx_wire_varint_size(size);
    }
    if (size > MAX_LENGTH || total > SIZE_MAX - top->size) {
        return connx_fail(s->problem, CONNX_LIMIT, offset,
                          "too large: %zu bytes in a field other than raw_data", size);
    }
    top->size += total;
    return CONNX_OK;
}

static connx_status append_size(const scanner *s, size_t *index) {
    connx_scan *scan = s->scan;
    if (scan->count == scan->capacity) {
        const size_t capacity = scan->capacity ? scan->capacity * 2 : 256;
        size_t *sizes = capacity > SIZE_MAX / sizeof *sizes
                            ? NULL
                            : realloc(scan->sizes, capacity * sizeof *sizes);
        if (!sizes) {
            return connx_fail(s->problem, CONNX_NO_MEMORY, s->position,
                              "no memory for the sizes of %zu messages", capacity);
        }
        scan->sizes = sizes;
        scan->capacity = capacity;
    }
    *index = scan->count++;
    scan->sizes[*index] = 0;
    return CONNX_OK;
}

static connx_status enter(scanner *s, const connx_message_type *type,
                          const connx_wire_field *wire) {
    if (s->depth >= s->limits->max_depth) {
        return connx_fail(s->problem, CONNX_LIMIT, wire->start,
                          "too deep: %s is nested in %zu messages, the limit is %u",
                          connx_schema_name(type), s->depth, s->limits->max_depth);
    }
    if (type == &onnx__node_proto__descriptor && ++s->scan->nodes > s->limits->max_nodes) {
        return connx_fail(s->problem, CONNX_LIMIT, wire->start, "too many nodes: the limit is %zu",
                          s->limits->max_nodes);
    }
    TRY(charge(s, type->sizeof_message, wire->start));
    frame next = {.type = type,
                  .end = wire->payload + wire->size,
                  .start = wire->start,
                  .number = wire->number};
    TRY(append_size(s, &next.index));
    s->stack[s->depth++] = next;
    s->position = wire->payload;
    return CONNX_OK;
}

static connx_status leave(scanner *s) {
    const frame done = s->stack[--s->depth];
    s->scan->sizes[done.index] = done.size;
    if (done.fields > FIELDS_ON_STACK) {
        const size_t bytes = done.fields > SIZE_MAX / (2 * BYTES_PER_FIELD)
                                 ? SIZE_MAX
                                 : done.fields * BYTES_PER_FIELD + BYTES_FOR_SLABS;
        TRY(charge(s, bytes, done.start));
    }
    if (s->depth == 0) {
        return CONNX_OK;
    }
    return grow(s, &s->stack[s->depth - 1], done.number, CONNX_WIRE_LENGTH, done.size, done.start);
}

static connx_status scan_unknown(const scanner *s, frame *top, const connx_wire_field *wire) {
    /* The record in the array of unknown fields, its payload, and the length before that. */
    const size_t header = sizeof(ProtobufCMessageUnknownField) + 32;
    TRY(charge(s, header, wire->start));
    TRY(charge(s, wire->size, wire->start));
    return grow(s, top, wire->number, wire->type, wire->size, wire->start);
}

/* Strings are passed on as C strings and printed, so they must end where they say and be text. */
static connx_status check_text(const scanner *s, const frame *top, const connx_wire_field *wire) {
    size_t bad = 0;
    if (connx_wire_is_text(s->data, wire->payload, wire->payload + wire->size, &bad)) {
        return CONNX_OK;
    }
    return connx_fail(s->problem, CONNX_MALFORMED, bad, "%s: %s in a string",
                      name_of(top, wire).text, s->data[bad] ? "invalid UTF-8" : "a NUL byte");
}

static connx_status count_packed(const scanner *s, const frame *top, const connx_wire_field *wire,
                                 uint32_t element, size_t *count) {
    const size_t end = wire->payload + wire->size;
    if (element == CONNX_WIRE_VARINT) {
        size_t bad = 0;
        if (connx_wire_count_varints(s->data, wire->payload, end, count, &bad)) {
            return connx_fail(s->problem, CONNX_MALFORMED, bad,
                              "%s: %zu packed bytes are not a whole number of varints",
                              name_of(top, wire).text, wire->size);
        }
        return CONNX_OK;
    }
    const size_t width = element == CONNX_WIRE_32BIT ? 4 : 8;
    *count = wire->size / width;
    if (wire->size % width) {
        return connx_fail(s->problem, CONNX_MALFORMED, wire->payload,
                          "%s: %zu packed bytes are not a multiple of %zu", name_of(top, wire).text,
                          wire->size, width);
    }
    return CONNX_OK;
}

/* Place in the array of a repeated field; the rounding in charge() covers that of the array. */
static connx_status charge_elements(const scanner *s, const connx_field_type *field, size_t count,
                                    size_t offset) {
    const size_t size = connx_schema_element_size(field);
    return charge(s, count > SIZE_MAX / size ? SIZE_MAX : count * size, offset);
}

/* A singular message that is given again is merged by protobuf-c, in quadratic time; no writer
 * does that. Numbers and strings may be given again, the last one holds. */
static connx_status check_first(const scanner *s, const frame *top, const connx_field_type *field,
                                const connx_wire_field *wire) {
    const bool merges = connx_schema_submessage(field) || connx_schema_is_payload(top->type, field);
    if (field->label != PROTOBUF_C_LABEL_REPEATED && merges &&
        (top->seen & connx_schema_rivals(top->type, field))) {
        return connx_fail(s->problem, CONNX_MALFORMED, wire->start, "%s: given more than once",
                          name_of(top, wire).text);
    }
    return CONNX_OK;
}

static connx_status scan_content(scanner *s, frame *top, const connx_field_type *field,
                                 const connx_wire_field *wire) {
    if (connx_schema_submessage(field)) {
        return enter(s, connx_schema_submessage(field), wire); /* leave() grows its parent */
    }
    size_t size = wire->size;
    if (connx_schema_is_payload(top->type, field)) {
        size = CONNX_REFERENCE_SIZE;
    }
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        TRY(check_text(s, top, wire));
    }
    if (connx_schema_wire_type(field) == CONNX_WIRE_LENGTH) {
        TRY(charge(s, size < SIZE_MAX ? size + 1 : size, wire->start));
    }
    return grow(s, top, wire->number, wire->type, size, wire->start);
}

static connx_status scan_known(scanner *s, frame *top, const connx_field_type *field,
                               const connx_wire_field *wire) {
    const uint32_t element = connx_schema_wire_type(field);
    const bool packed = wire->type == CONNX_WIRE_LENGTH && connx_schema_is_packable(field);
    if (wire->type != element && !packed) {
        return connx_fail(s->problem, CONNX_MALFORMED, wire->start,
                          "%s: wire type must be %" PRIu32 ", is %" PRIu32, name_of(top, wire).text,
                          element, wire->type);
    }
    TRY(check_first(s, top, field, wire));
    top->seen |= connx_schema_bit(top->type, field);
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t count = 1;
        if (packed) {
            TRY(count_packed(s, top, wire, element, &count));
        }
        TRY(charge_elements(s, field, count, wire->start));
    }
    return scan_content(s, top, field, wire);
}

static connx_status scan_field(scanner *s) {
    frame *top = &s->stack[s->depth - 1];
    connx_wire_field wire;
    const connx_wire_result result = connx_wire_read_field(s->data, top->end, &s->position, &wire);
    if (result) {
        return wire_problem(s, top, &wire, result);
    }
    top->fields++;
    const connx_field_type *field = connx_schema_field(top->type, wire.number);
    return field ? scan_known(s, top, field, &wire) : scan_unknown(s, top, &wire);
}

static connx_status scan_all(scanner *s, size_t size) {
    const connx_wire_field whole = {.size = size};
    TRY(enter(s, s->scan->root, &whole));
    while (s->depth > 0) {
        const frame *top = &s->stack[s->depth - 1];
        if (s->position < top->end) {
            TRY(scan_field(s));
        } else if (s->depth == 1 && top->seen == 0) {
            return connx_fail(s->problem, CONNX_MALFORMED, 0,
                              "not a %s: no field of %s in %zu bytes", connx_schema_file(top->type),
                              connx_schema_name(top->type), size);
        } else {
            TRY(leave(s));
        }
    }
    return CONNX_OK;
}

connx_status connx_scan_file(connx_scan *scan, const connx_message_type *root, const uint8_t *data,
                             size_t size, const connx_limits *limits, connx_problem *problem) {
    *scan = (connx_scan){.root = root};
    scanner s = {.scan = scan, .data = data, .limits = limits, .problem = problem};
    s.stack = calloc(limits->max_depth, sizeof *s.stack);
    if (!s.stack) {
        return connx_fail(problem, CONNX_NO_MEMORY, 0, "no memory for %u levels of messages",
                          limits->max_depth);
    }
    const connx_status status = scan_all(&s, size);
    free(s.stack);
    return status;
}

void connx_scan_close(connx_scan *scan) {
    free(scan->sizes);
    *scan = (connx_scan){0};
}
