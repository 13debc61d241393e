/*
 * Pictures for libiou: reads PNG, JPEG and BMP files, and WebP, TIFF and GIF where it was built
 * with WEBP=1, TIFF=1, GIF=1; writes PNG files. A library that is built with IMAGE=0 lacks it.
 *
 *     iou_pixels photo;
 *     if (iou_image_read(&photo, "photo.jpg", NULL, &err)) fail(err.text);
 *     iou_picture picture = {photo.data, photo.width, photo.height, photo.stride, IOU_PIXELS_RGB};
 *
 * Pixels are 8-bit RGB, interleaved, the first row first.
 *
 * Every function may be called from any thread; two calls must not share an `iou_pixels`. Errors
 * are reported as in iou/iou.h: a status, and a one-line text in the caller's `iou_error`, which
 * may be NULL. No input, however malformed, ends the process.
 */
#ifndef IOU_IMAGE_H
#define IOU_IMAGE_H

#include <iou/iou.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Pixels that own their memory. Zeroed: empty. Release with iou_image_free. */
typedef struct iou_pixels {
    uint8_t *data; /**< owned; height * stride bytes */
    int32_t width, height;
    size_t stride; /**< bytes from one row to the next, at least 3 * width */
} iou_pixels;

/** Limits for untrusted files, checked before pixels are allocated. Zero: the default. */
typedef struct iou_image_limits {
    size_t struct_size;      /**< sizeof(iou_image_limits) */
    uint64_t max_pixels;     /**< width * height; default 2^28 */
    uint32_t max_side;       /**< width and height; default 65,535 */
    uint64_t max_file_bytes; /**< of a file that is read; default 1 GiB */
} iou_image_limits;

/** Makes a black picture. `out` is owned by the caller, and empty on failure. */
IOU_API iou_status iou_image_create(iou_pixels *out, int32_t width, int32_t height,
                                    iou_error *error);

/** The formats that this build reads, as in "PNG, JPEG, BMP, WebP, TIFF, GIF". */
IOU_API const char *iou_image_formats(void);

/**
 * Decodes a picture file in memory, of a format that its first bytes tell. `data` is only read, and
 * not kept. `out` is owned by the caller, and empty on failure.
 *
 * PNG: every colour type and depth, interlaced or not. 16 bits are scaled to 8; alpha is dropped
 * and the stored colour kept, as Pillow's convert("RGB") does; gamma and profiles are ignored.
 *
 * JPEG: baseline and progressive; grey, YCbCr, RGB, and CMYK or YCCK with Adobe's inverted inks.
 *
 * BMP: 1 to 32 bits, bit fields, runs. WebP: lossy and lossless. TIFF: what libtiff reads as RGB,
 * 16 bits scaled to 8. Of animations and files of several pictures, the first; alpha is dropped as
 * PNG's is.
 *
 * The orientation that EXIF or TIFF gives is applied; malformed EXIF is ignored.
 *
 * A file that ends before its end marker, and lacks no pixel, is read. One that is truncated or
 * corrupt otherwise is IOU_BAD_IMAGE; one beyond `limits` (NULL: defaults) is IOU_LIMIT.
 */
IOU_API iou_status iou_image_decode(iou_pixels *out, const void *data, size_t size,
                                    const iou_image_limits *limits, iou_error *error);

/**
 * Reads and decodes the file at `path`, whatever its name ends in. A pipe is read until nobody
 * writes to it; one that nobody has opened is empty. Anything else (a folder, a device) is
 * IOU_IO_ERROR. `out` is owned by the caller, and empty on failure.
 */
IOU_API iou_status iou_image_read(iou_pixels *out, const char *path, const iou_image_limits *limits,
                                  iou_error *error);

/** Releases the pixels and empties the struct; NULL and an empty struct are accepted. */
IOU_API void iou_image_free(iou_pixels *pixels);

/**
 * Writes a PNG file. The file appears whole or not at all: it is written beside `path`, synced and
 * renamed; an older file is replaced, and kept on failure. `pixels` is only read.
 */
IOU_API iou_status iou_image_write_png(const char *path, const iou_pixels *pixels,
                                       iou_error *error);

#ifdef __cplusplus
}
#endif

#endif
