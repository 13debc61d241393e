/*
 * BMP to RGB: every header since Windows 2 and OS/2, 1 to 32 bits a pixel, bit fields, runs of 4
 * and 8 bits. Microsoft, "Bitmap Header Types" and "Bitmap Compression".
 */
#include "image_internal.h"

#include <string.h>

enum {
    FILE_HEADER = 14,
    CORE_HEADER = 12, /* of Windows 2 and OS/2 */
    INFO_HEADER = 40,
    MOST_COLOURS = 256,
    UNCOMPRESSED = 0,
    RUNS_OF_8 = 1,
    RUNS_OF_4 = 2,
    BIT_FIELDS = 3,
    BIT_FIELDS_ALPHA = 6
};

typedef struct bmp_source {
    const uint8_t *data;
    size_t size, pixels_at;
    int32_t width, height;
    bool top_down;
    uint32_t bits, compression;
    uint32_t masks[3]; /* of red, green and blue, where pixels have 16 or 32 bits */
    uint8_t colours[MOST_COLOURS][3];
    size_t colour_count;
} bmp_source;

static uint32_t read_16(const uint8_t *at) {
    return at[0] | (uint32_t)at[1] << 8;
}

static uint32_t read_32(const uint8_t *at) {
    return read_16(at) | read_16(at + 2) << 16;
}

static iou_status fail_truncated(const bmp_source *b, iou_error *error) {
    return iou_image_fail(error, IOU_BAD_IMAGE, "bmp: file is truncated, after %zu bytes", b->size);
}

/* ---- Headers ------------------------------------------------------------------------------- */

static bool is_known(const bmp_source *b) {
    switch (b->compression) {
    case UNCOMPRESSED:
        return b->bits == 1 || b->bits == 2 || b->bits == 4 || b->bits == 8 || b->bits == 16 ||
               b->bits == 24 || b->bits == 32;
    case RUNS_OF_8: return b->bits == 8 && !b->top_down;
    case RUNS_OF_4: return b->bits == 4 && !b->top_down;
    case BIT_FIELDS:
    case BIT_FIELDS_ALPHA: return b->bits == 16 || b->bits == 32;
    default: return false;
    }
}

static iou_status read_size(bmp_source *b, uint32_t header, const iou_image_limits *limits,
                            iou_error *error) {
    const uint8_t *at = b->data + FILE_HEADER;
    const bool core = header == CORE_HEADER;
    const int64_t width = core ? (int64_t)read_16(at + 4) : (int32_t)read_32(at + 4);
    const int64_t height = core ? (int64_t)read_16(at + 6) : (int32_t)read_32(at + 8);
    if (width <= 0 || height == 0) {
        return iou_image_fail(error, IOU_BAD_IMAGE,
                              "bmp: expected a width above 0 and a height, found "
                              "%lld and %lld",
                              (long long)width, (long long)height);
    }
    b->top_down = height < 0;
    const uint64_t rows = (uint64_t)(height < 0 ? -height : height);
    const iou_status status = iou_image_check_size("bmp", (uint64_t)width, rows, limits, error);
    b->width = (int32_t)width;
    b->height = status == IOU_OK ? (int32_t)rows : 0;
    return status;
}

/** The masks that a 16 or 32 bit picture has; those of V3 and later headers are a part of these. */
static iou_status read_masks(bmp_source *b, iou_error *error) {
    static const uint32_t of_16[3] = {0x7c00, 0x3e0, 0x1f}, of_32[3] = {0xff0000, 0xff00, 0xff};
    memcpy(b->masks, b->bits == 16 ? of_16 : of_32, sizeof b->masks);
    if (b->compression != BIT_FIELDS && b->compression != BIT_FIELDS_ALPHA) {
        return IOU_OK;
    }
    const size_t at = FILE_HEADER + INFO_HEADER;
    if (b->size < at + sizeof b->masks) {
        return fail_truncated(b, error);
    }
    for (size_t i = 0; i < 3; i++) {
        b->masks[i] = read_32(b->data + at + 4 * i);
    }
    return IOU_OK;
}

static iou_status read_colours(bmp_source *b, uint32_t header, uint32_t given, iou_error *error) {
    if (b->bits > 8) {
        return IOU_OK;
    }
    const size_t most = (size_t)1 << b->bits, each = header == CORE_HEADER ? 3 : 4;
    const bool masks = header == INFO_HEADER && b->compression == BIT_FIELDS;
    const size_t at = (size_t)FILE_HEADER + header + (masks ? 12 : 0);
    b->colour_count = given == 0 || given > most ? most : given;
    if (at > b->size || (b->size - at) / each < b->colour_count) {
        return fail_truncated(b, error);
    }
    for (size_t i = 0; i < b->colour_count; i++) {
        for (size_t c = 0; c < 3; c++) {
            b->colours[i][c] = b->data[at + i * each + 2 - c];
        }
    }
    return IOU_OK;
}

static iou_status read_headers(bmp_source *b, const iou_image_limits *limits, iou_error *error) {
    if (b->size < FILE_HEADER + CORE_HEADER) {
        return fail_truncated(b, error);
    }
    const uint32_t header = read_32(b->data + FILE_HEADER);
    if (header != CORE_HEADER && (header < INFO_HEADER || header > 124)) {
        return iou_image_fail(error, IOU_BAD_IMAGE,
                              "bmp: expected a header of 12 or of 40 to 124 bytes, found %u",
                              (unsigned)header);
    }
    if (b->size < (size_t)FILE_HEADER + header) {
        return fail_truncated(b, error);
    }
    const uint8_t *at = b->data + FILE_HEADER;
    b->pixels_at = read_32(b->data + 10);
    b->bits = read_16(at + (header == CORE_HEADER ? 10 : 14));
    b->compression = header == CORE_HEADER ? UNCOMPRESSED : read_32(at + 16);
    iou_status status = read_size(b, header, limits, error);
    if (status == IOU_OK && !is_known(b)) {
        status = iou_image_fail(error, IOU_BAD_IMAGE,
                                "bmp: %u bits a pixel with compression %u are not supported",
                                (unsigned)b->bits, (unsigned)b->compression);
    }
    status = status == IOU_OK ? read_masks(b, error) : status;
    return status == IOU_OK
               ? read_colours(b, header, header == CORE_HEADER ? 0 : read_32(at + 32), error)
               : status;
}

/* ---- Pixels -------------------------------------------------------------------------------- */

static uint8_t *row_at(const bmp_source *b, const iou_pixels *out, int32_t row) {
    return out->data + (size_t)(b->top_down ? row : b->height - 1 - row) * out->stride;
}

/** A colour that the palette lacks is black. */
static void put_colour(const bmp_source *b, uint8_t *rgb, unsigned index) {
    static const uint8_t black[3];
    memcpy(rgb, index < b->colour_count ? b->colours[index] : black, 3);
}

/** What is under a mask, as 8 bits. */
static uint8_t field(uint32_t pixel, uint32_t mask) {
    if (mask == 0) {
        return 0;
    }
    const uint32_t lowest = mask & (~mask + 1), most = mask / lowest;
    return (uint8_t)(((uint64_t)((pixel & mask) / lowest) * 255 + most / 2) / most);
}

static void read_row(const bmp_source *b, const uint8_t *from, uint8_t *rgb) {
    for (int32_t x = 0; x < b->width; x++, rgb += 3) {
        const size_t i = (size_t)x;
        if (b->bits <= 8) {
            const size_t at = i * b->bits, shift = 8 - b->bits - at % 8;
            put_colour(b, rgb, (unsigned)(from[at / 8] >> shift) & ((1u << b->bits) - 1));
        } else if (b->bits == 24) {
            rgb[0] = from[3 * i + 2];
            rgb[1] = from[3 * i + 1];
            rgb[2] = from[3 * i];
        } else {
            const uint32_t pixel = b->bits == 16 ? read_16(from + 2 * i) : read_32(from + 4 * i);
            for (size_t c = 0; c < 3; c++) {
                rgb[c] = field(pixel, b->masks[c]);
            }
        }
    }
}

static iou_status read_rows(const bmp_source *b, const iou_pixels *out, iou_error *error) {
    const size_t row = ((size_t)b->width * b->bits + 31) / 32 * 4;
    const size_t left = b->pixels_at < b->size ? b->size - b->pixels_at : 0;
    if (left / row < (size_t)b->height) {
        return fail_truncated(b, error);
    }
    for (int32_t y = 0; y < b->height; y++) {
        read_row(b, b->data + b->pixels_at + (size_t)y * row, row_at(b, out, y));
    }
    return IOU_OK;
}

/* ---- Runs ---------------------------------------------------------------------------------- */

typedef struct run_reader {
    const bmp_source *b;
    const iou_pixels *out;
    size_t at;
    int32_t x, y;
} run_reader;

/** Index `i` of packed ones. */
static unsigned index_at(const bmp_source *b, const uint8_t *packed, size_t i) {
    return b->bits == 8 ? packed[i] : (unsigned)(packed[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 15u;
}

/** Pixels beyond the end of a row are left out. */
static void put_indices(run_reader *r, const uint8_t *packed, size_t count, bool repeats) {
    for (size_t i = 0; i < count && r->x < r->b->width; i++, r->x++) {
        put_colour(r->b, row_at(r->b, r->out, r->y) + (size_t)r->x * 3,
                   index_at(r->b, packed,
                            repeats && r->b->bits == 8 ? 0
                            : repeats                  ? i % 2
                                                       : i));
    }
}

/** What follows a count of 0; `*ended`: of the picture. */
static bool read_escape(run_reader *r, unsigned code, bool *ended) {
    const bmp_source *b = r->b;
    if (code == 0) {
        r->x = 0;
        r->y++;
    } else if (code == 1) {
        *ended = true;
    } else if (code == 2) {
        if (b->size - r->at < 2) {
            return false;
        }
        r->x = r->x < b->width ? r->x + b->data[r->at] : r->x;
        r->y += b->data[r->at + 1];
        r->at += 2;
    } else {
        const size_t bytes = b->bits == 8 ? code : (code + 1) / 2, padded = (bytes + 1) / 2 * 2;
        if (b->size - r->at < bytes) {
            return false;
        }
        put_indices(r, b->data + r->at, code, false);
        r->at = padded < b->size - r->at ? r->at + padded : b->size;
    }
    return true;
}

/** Whether the last pixel was read, so that the marks of the end may be missing. */
static bool is_complete(const run_reader *r) {
    return r->y == r->b->height - 1 && r->x >= r->b->width;
}

static iou_status read_runs(const bmp_source *b, const iou_pixels *out, iou_error *error) {
    run_reader r = {.b = b, .out = out, .at = b->pixels_at};
    bool ended = false;
    while (!ended && r.y < b->height) {
        if (is_complete(&r) && b->size - r.at < 2) {
            break;
        }
        if (r.at > b->size || b->size - r.at < 2) {
            return fail_truncated(b, error);
        }
        const uint8_t *pair = b->data + r.at;
        r.at += 2;
        if (pair[0] > 0) {
            put_indices(&r, pair + 1, pair[0], true);
        } else if (!read_escape(&r, pair[1], &ended)) {
            return fail_truncated(b, error);
        }
    }
    return IOU_OK;
}

iou_status iou_image_decode_bmp(iou_pixels *out, const uint8_t *data, size_t size,
                                const iou_image_limits *limits, iou_error *error) {
    bmp_source b = {.data = data, .size = size};
    iou_status status = read_headers(&b, limits, error);
    if (status == IOU_OK) {
        status = iou_image_create(out, b.width, b.height, error);
    }
    if (status != IOU_OK) {
        return status;
    }
    const bool runs = b.compression == RUNS_OF_8 || b.compression == RUNS_OF_4;
    return runs ? read_runs(&b, out, error) : read_rows(&b, out, error);
}
