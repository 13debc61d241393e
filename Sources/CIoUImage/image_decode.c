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

/* ---- Formats ------------------------------------------------------------------------------- */

typedef struct image_format {
    const char *magic;
    size_t length;
    iou_status (*decode)(iou_pixels *out, const uint8_t *data, size_t size,
                         const iou_image_limits *limits, iou_error *error);
} image_format;

static const image_format formats[] = {
    {"\x89PNG\r\n\x1a\n", 8, iou_image_decode_png},
    {"\xff\xd8\xff", 3, iou_image_decode_jpeg},
    {"II*\0", 4, iou_image_decode_tiff},
    {"MM\0*", 4, iou_image_decode_tiff},
    {"II+\0", 4, iou_image_decode_tiff},
    {"MM\0+", 4, iou_image_decode_tiff},
    {"GIF87a", 6, iou_image_decode_gif},
    {"GIF89a", 6, iou_image_decode_gif},
    {"BM", 2, iou_image_decode_bmp},
};

const char *iou_image_formats(void) {
    return "PNG, JPEG, BMP"
#if IOU_WEBP
           ", WebP"
#endif
#if IOU_TIFF
           ", TIFF"
#endif
#if IOU_GIF
           ", GIF"
#endif
        ;
}

iou_status iou_image_fail_left_out(iou_error *error, const char *format, const char *part) {
    return iou_image_fail(error, IOU_BAD_IMAGE,
                          "expected one of %s, found a %s file, which this build leaves out: "
                          "build it with %s=1",
                          iou_image_formats(), format, part);
}

/** Names what a file that is no picture for us seems to be. */
static const char *describe_unknown(const uint8_t *data, size_t size) {
    static const struct {
        const char *magic;
        size_t length;
        const char *text;
    } known[] = {
        {"RIFF", 4, "a RIFF file"}, {"<", 1, "text with markup"},
        {"P6", 2, "a PPM file"},    {"P5", 2, "a PGM file"},
        {"%PDF", 4, "a PDF file"},  {"\0\0\0\x0cjP", 6, "a JPEG 2000 file"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (size >= known[i].length && memcmp(data, known[i].magic, known[i].length) == 0) {
            return known[i].text;
        }
    }
    return size >= 12 && memcmp(data + 4, "ftyp", 4) == 0 ? "a HEIF, AVIF or video file"
                                                          : "something else";
}

static bool is_webp(const uint8_t *data, size_t size) {
    return size >= 12 && memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WEBP", 4) == 0;
}

static iou_status decode_by_signature(iou_pixels *out, const uint8_t *data, size_t size,
                                      const iou_image_limits *limits, iou_error *error) {
    if (size == 0) {
        return iou_image_fail(error, IOU_BAD_IMAGE, "picture is empty");
    }
    if (is_webp(data, size)) {
        return iou_image_decode_webp(out, data, size, limits, error);
    }
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        const size_t length = formats[i].length;
        const bool begins = memcmp(data, formats[i].magic, length < size ? length : size) == 0;
        if (begins && size >= length) {
            return formats[i].decode(out, data, size, limits, error);
        }
        if (begins) {
            return iou_image_fail(error, IOU_BAD_IMAGE, "picture is truncated: only %zu bytes",
                                  size);
        }
    }
    return iou_image_fail(error, IOU_BAD_IMAGE, "expected a picture in %s, found %s",
                          iou_image_formats(), describe_unknown(data, size));
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
