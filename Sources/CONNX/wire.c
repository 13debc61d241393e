#include "wire.h"

enum { MAX_VARINT_BYTES = 10, MAX_FIELD_NUMBER = (1 << 29) - 1 };

connx_wire_result connx_wire_read_varint(const uint8_t *data, size_t end, size_t *position,
                                         uint64_t *value) {
    size_t at = *position;
    uint64_t result = 0;
    for (unsigned i = 0; i < MAX_VARINT_BYTES; i++) {
        if (at >= end) {
            return CONNX_WIRE_CUT;
        }
        const uint8_t byte = data[at++];
        if (i == MAX_VARINT_BYTES - 1 && byte > 1) {
            return CONNX_WIRE_LONG_VARINT;
        }
        result |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *position = at;
            *value = result;
            return CONNX_WIRE_OK;
        }
    }
    return CONNX_WIRE_LONG_VARINT;
}

static connx_wire_result read_tag(const uint8_t *data, size_t end, size_t *position,
                                  connx_wire_field *field) {
    uint64_t tag = 0;
    const connx_wire_result result = connx_wire_read_varint(data, end, position, &tag);
    if (result) {
        return result;
    }
    if (tag >> 3 == 0 || tag >> 3 > MAX_FIELD_NUMBER) {
        return CONNX_WIRE_BAD_NUMBER;
    }
    field->number = (uint32_t)(tag >> 3);
    field->type = (uint32_t)(tag & 7);
    return CONNX_WIRE_OK;
}

static connx_wire_result read_payload(const uint8_t *data, size_t end, size_t *position,
                                      connx_wire_field *field) {
    connx_wire_result result = CONNX_WIRE_OK;
    uint64_t ignored = 0;
    field->payload = *position;
    switch (field->type) {
    case CONNX_WIRE_VARINT:
        result = connx_wire_read_varint(data, end, position, &ignored);
        field->length = *position - field->payload;
        break;
    case CONNX_WIRE_64BIT: field->length = 8; break;
    case CONNX_WIRE_32BIT: field->length = 4; break;
    case CONNX_WIRE_LENGTH:
        result = connx_wire_read_varint(data, end, position, &field->length);
        field->payload = *position;
        break;
    default: return CONNX_WIRE_BAD_TYPE;
    }
    if (result) {
        return result;
    }
    if (field->length > end - field->payload) {
        return field->type == CONNX_WIRE_LENGTH ? CONNX_WIRE_PAST_END : CONNX_WIRE_CUT;
    }
    field->size = (size_t)field->length;
    *position = field->payload + field->size;
    return CONNX_WIRE_OK;
}

connx_wire_result connx_wire_read_field(const uint8_t *data, size_t end, size_t *position,
                                        connx_wire_field *field) {
    *field = (connx_wire_field){.start = *position, .payload = *position};
    const connx_wire_result result = read_tag(data, end, position, field);
    return result ? result : read_payload(data, end, position, field);
}

connx_wire_result connx_wire_count_varints(const uint8_t *data, size_t start, size_t end,
                                           size_t *count, size_t *bad) {
    size_t position = start;
    uint64_t ignored = 0;
    for (*count = 0; position < end; (*count)++) {
        *bad = position;
        const connx_wire_result result = connx_wire_read_varint(data, end, &position, &ignored);
        if (result) {
            return result;
        }
    }
    return CONNX_WIRE_OK;
}

size_t connx_wire_varint_size(uint64_t value) {
    size_t size = 1;
    while (value >>= 7) {
        size++;
    }
    return size;
}

uint64_t connx_wire_tag(uint32_t number, uint32_t type) {
    return (uint64_t)number << 3 | type;
}

void connx_wire_write_varint(uint8_t *out, uint64_t value) {
    while (value >= 0x80) {
        *out++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *out = (uint8_t)value;
}

/* Length of the well-formed UTF-8 sequence at `text`, or 0 (also for NUL). */
static size_t sequence_length(const uint8_t *text, size_t left) {
    const uint8_t first = text[0];
    if (first < 0x80) {
        return first != 0;
    }
    const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || length > left) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    /* Longer than needed, a surrogate, or beyond U+10FFFF. */
    const uint8_t second = text[1];
    const bool bad = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                     (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
    return bad ? 0 : length;
}

bool connx_wire_is_text(const uint8_t *data, size_t start, size_t end, size_t *bad) {
    size_t position = start;
    while (position < end) {
        const size_t length = sequence_length(data + position, end - position);
        if (length == 0) {
            *bad = position;
            return false;
        }
        position += length;
    }
    return true;
}
