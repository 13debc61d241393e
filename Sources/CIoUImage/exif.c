/* The orientation tag of EXIF, and what it asks for. Every offset is checked; nonsense means 1. */
#include "image_internal.h"

#include <string.h>

const uint8_t iou_image_exif_header[6] = {'E', 'x', 'i', 'f', 0, 0};

typedef struct tiff {
    const uint8_t *data;
    size_t size;
    bool big_endian;
} tiff;

/** `offset` must have been checked. */
static uint32_t read_u16(const tiff *t, size_t offset) {
    const uint32_t a = t->data[offset], b = t->data[offset + 1];
    return t->big_endian ? a << 8 | b : b << 8 | a;
}

static uint32_t read_u32(const tiff *t, size_t offset) {
    const uint32_t a = read_u16(t, offset), b = read_u16(t, offset + 2);
    return t->big_endian ? a << 16 | b : b << 16 | a;
}

/** Bytes of an integer of a field type; 0 for types whose values are no integers. */
static size_t integer_size(uint32_t type) {
    enum { SHORT = 3, LONG = 4, SIGNED_BYTE = 6, SIGNED_SHORT = 8, SIGNED_LONG = 9, IFD = 13 };
    switch (type) {
    case SIGNED_BYTE: return 1;
    case SHORT:
    case SIGNED_SHORT: return 2;
    case LONG:
    case SIGNED_LONG:
    case IFD: return 4;
    default: return 0;
    }
}

/** The first value of an entry, of which some writers count several; 0 where it has none. */
static uint32_t first_value(const tiff *t, size_t entry) {
    const size_t size = integer_size(read_u16(t, entry + 2));
    const uint64_t bytes = (uint64_t)read_u32(t, entry + 4) * size;
    size_t at = entry + 8;
    if (bytes > 4) {
        at = read_u32(t, at);
        if (at > t->size || t->size - at < bytes) {
            return 0;
        }
    }
    return bytes == 0 ? 0 : size == 1 ? t->data[at] : size == 2 ? read_u16(t, at) : read_u32(t, at);
}

int iou_image_exif_orientation(const uint8_t *data, size_t size) {
    /* Some writers give the header of JPEG's EXIF segment once more, or to PNG's chunk. */
    if (size >= sizeof iou_image_exif_header &&
        memcmp(data, iou_image_exif_header, sizeof iou_image_exif_header) == 0) {
        data += sizeof iou_image_exif_header;
        size -= sizeof iou_image_exif_header;
    }
    if (size < 8 || (memcmp(data, "II*\0", 4) != 0 && memcmp(data, "MM\0*", 4) != 0)) {
        return 1;
    }
    const tiff t = {.data = data, .size = size, .big_endian = data[0] == 'M'};
    const size_t directory = read_u32(&t, 4);
    if (directory > t.size || t.size - directory < 2) {
        return 1;
    }
    const size_t room = (t.size - directory - 2) / 12;
    const size_t count = read_u16(&t, directory) < room ? read_u16(&t, directory) : room;
    for (size_t i = 0; i < count; i++) {
        const size_t entry = directory + 2 + 12 * i;
        if (read_u16(&t, entry) == 0x0112) {
            const uint32_t value = first_value(&t, entry);
            return value >= 1 && value <= 8 ? (int)value : 1;
        }
    }
    return 1;
}

/** Copies `from` to `to`, whose pixel (x, y) is `from`'s at start + x * step_x + y * step_y. */
static void copy_turned(iou_pixels *to, const uint8_t *start, ptrdiff_t step_x, ptrdiff_t step_y) {
    for (int32_t y = 0; y < to->height; y++) {
        const uint8_t *source = start + step_y * y;
        uint8_t *target = to->data + (size_t)y * to->stride;
        for (int32_t x = 0; x < to->width; x++) {
            memcpy(target + (size_t)x * 3, source + step_x * x, 3);
        }
    }
}

iou_status iou_image_orient(iou_pixels *pixels, int orientation, iou_error *error) {
    if (orientation <= 1 || orientation > 8) {
        return IOU_OK;
    }
    const bool transposed = orientation >= 5;
    iou_pixels turned;
    const iou_status status = iou_image_create(&turned, transposed ? pixels->height : pixels->width,
                                               transposed ? pixels->width : pixels->height, error);
    if (status != IOU_OK) {
        return status;
    }
    const bool from_right =
        orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const bool from_bottom =
        orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    const uint8_t *start = pixels->data;
    ptrdiff_t across = 3, down = (ptrdiff_t)pixels->stride;
    if (from_right) {
        start += across * (pixels->width - 1);
        across = -across;
    }
    if (from_bottom) {
        start += down * (pixels->height - 1);
        down = -down;
    }
    copy_turned(&turned, start, transposed ? down : across, transposed ? across : down);
    iou_image_free(pixels);
    *pixels = turned;
    return IOU_OK;
}
