/* The entry of decoding, the limits, and the life of pixels. */
#include "image_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

iou_status iou_image_fail(iou_error *error, iou_status status, const char *format, ...) {
    if (error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(error->text, sizeof error->text, format, arguments);
        va_end(arguments);
        error->status = status;
        for (char *c = error->text; *c != '\0'; c++) {
            if ((unsigned char)*c < 0x20 || *c == 0x7f) {
                *c = '?';
            }
        }
    }
    return status;
}

iou_image_limits iou_image_limits_resolved(const iou_image_limits *limits) {
    iou_image_limits resolved = {.struct_size = sizeof resolved};
    if (limits != NULL) {
        const size_t size = limits->struct_size;
        memcpy(&resolved, limits, size < sizeof resolved ? size : sizeof resolved);
    }
    if (resolved.max_pixels == 0) {
        resolved.max_pixels = UINT64_C(1) << 28;
    }
    if (resolved.max_side == 0) {
        resolved.max_side = 65535;
    }
    if (resolved.max_file_bytes == 0) {
        resolved.max_file_bytes = UINT64_C(1) << 30;
    }
    return resolved;
}

iou_status iou_image_check_size(const char *format, uint64_t width, uint64_t height,
                                const iou_image_limits *limits, iou_error *error) {
    if (width > limits->max_side || height > limits->max_side || width > INT32_MAX ||
        height > INT32_MAX) {
        return iou_image_fail(error, IOU_LIMIT, "%s: %llux%llu pixels, a side may have %u", format,
                              (unsigned long long)width, (unsigned long long)height,
                              (unsigned)limits->max_side);
    }
    if (width * height > limits->max_pixels) {
        return iou_image_fail(error, IOU_LIMIT, "%s: %llux%llu pixels, a picture may have %llu",
                              format, (unsigned long long)width, (unsigned long long)height,
                              (unsigned long long)limits->max_pixels);
    }
    return IOU_OK;
}

iou_status iou_image_create(iou_pixels *out, int32_t width, int32_t height, iou_error *error) {
    if (out == NULL) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT, "picture: out is null");
    }
    *out = (iou_pixels){0};
    if (width <= 0 || height <= 0) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT, "picture: size is %dx%d", (int)width,
                              (int)height);
    }
    const size_t stride = (size_t)width * 3;
    uint8_t *data = (size_t)height <= SIZE_MAX / stride ? calloc((size_t)height, stride) : NULL;
    if (data == NULL) {
        return iou_image_fail(error, IOU_OUT_OF_MEMORY, "picture: no memory for %dx%d pixels",
                              (int)width, (int)height);
    }
    *out = (iou_pixels){.data = data, .width = width, .height = height, .stride = stride};
    return IOU_OK;
}

void iou_image_free(iou_pixels *pixels) {
    if (pixels != NULL) {
        free(pixels->data);
        *pixels = (iou_pixels){0};
    }
}

/** Names what a file that is no picture for us seems to be. */
static const char *describe_unknown(const uint8_t *data, size_t size) {
    static const struct {
        const char *magic;
        size_t length;
        const char *text;
    } known[] = {
        {"GIF8", 4, "a GIF file"},
        {"BM", 2, "a BMP file"},
        {"II*\0", 4, "a TIFF file"},
        {"MM\0*", 4, "a TIFF file"},
        {"RIFF", 4, "a RIFF or WebP file"},
        {"<", 1, "text with markup"},
        {"P6", 2, "a PPM file"},
        {"P5", 2, "a PGM file"},
        {"%PDF", 4, "a PDF file"},
        {"\0\0\0\x0cjP", 6, "a JPEG 2000 file"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (size >= known[i].length && memcmp(data, known[i].magic, known[i].length) == 0) {
            return known[i].text;
        }
    }
    return size >= 12 && memcmp(data + 4, "ftyp", 4) == 0 ? "a HEIF, AVIF or video file"
                                                          : "something else";
}

static iou_status decode_by_signature(iou_pixels *out, const uint8_t *data, size_t size,
                                      const iou_image_limits *limits, iou_error *error) {
    static const uint8_t png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    static const uint8_t jpeg[3] = {0xff, 0xd8, 0xff};
    if (size == 0) {
        return iou_image_fail(error, IOU_BAD_IMAGE, "picture is empty");
    }
    if (size >= sizeof png && memcmp(data, png, sizeof png) == 0) {
        return iou_image_decode_png(out, data, size, limits, error);
    }
    if (size >= sizeof jpeg && memcmp(data, jpeg, sizeof jpeg) == 0) {
        return iou_image_decode_jpeg(out, data, size, limits, error);
    }
    if ((size < sizeof png && memcmp(data, png, size) == 0) ||
        (size < sizeof jpeg && memcmp(data, jpeg, size) == 0)) {
        return iou_image_fail(error, IOU_BAD_IMAGE, "picture is truncated: only %zu bytes", size);
    }
    return iou_image_fail(error, IOU_BAD_IMAGE, "picture must be PNG or JPEG, found %s",
                          describe_unknown(data, size));
}

iou_status iou_image_decode(iou_pixels *out, const void *data, size_t size,
                            const iou_image_limits *limits, iou_error *error) {
    if (out == NULL || (data == NULL && size > 0)) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT, "picture: %s is null",
                              out == NULL ? "out" : "data");
    }
    *out = (iou_pixels){0};
    const iou_image_limits resolved = iou_image_limits_resolved(limits);
    const iou_status status = decode_by_signature(out, data, size, &resolved, error);
    if (status != IOU_OK) {
        iou_image_free(out);
    } else if (error != NULL) {
        error->status = IOU_OK;
        error->text[0] = '\0';
    }
    return status;
}
