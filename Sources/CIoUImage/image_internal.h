/* What the files of CIoUImage share. */
#ifndef IOU_IMAGE_INTERNAL_H
#define IOU_IMAGE_INTERNAL_H

#include <iou/image.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define IOU_IMAGE_PRINTF(at, first) __attribute__((format(printf, at, first)))
#else
#define IOU_IMAGE_PRINTF(at, first)
#endif

/** Fills `error` (which may be NULL) with one line of text and returns `status`. */
iou_status iou_image_fail(iou_error *error, iou_status status, const char *format, ...)
    IOU_IMAGE_PRINTF(3, 4);

/** IOU_BAD_IMAGE for a format that was left out: `part` is the variable of the Makefile. */
iou_status iou_image_fail_left_out(iou_error *error, const char *format, const char *part);

/** The caller's limits, with defaults in place of zeros. */
iou_image_limits iou_image_limits_resolved(const iou_image_limits *limits);

/** IOU_LIMIT when a picture of this size is refused; `format` names the file type. */
iou_status iou_image_check_size(const char *format, uint64_t width, uint64_t height,
                                const iou_image_limits *limits, iou_error *error);

/** The decoders: `out` is empty at the call; the caller frees it on failure. */
iou_status iou_image_decode_png(iou_pixels *out, const uint8_t *data, size_t size,
                                const iou_image_limits *limits, iou_error *error);
iou_status iou_image_decode_jpeg(iou_pixels *out, const uint8_t *data, size_t size,
                                 const iou_image_limits *limits, iou_error *error);
iou_status iou_image_decode_bmp(iou_pixels *out, const uint8_t *data, size_t size,
                                const iou_image_limits *limits, iou_error *error);
/** Of the parts that may be left out: see iou_image_formats. */
iou_status iou_image_decode_webp(iou_pixels *out, const uint8_t *data, size_t size,
                                 const iou_image_limits *limits, iou_error *error);
iou_status iou_image_decode_tiff(iou_pixels *out, const uint8_t *data, size_t size,
                                 const iou_image_limits *limits, iou_error *error);
iou_status iou_image_decode_gif(iou_pixels *out, const uint8_t *data, size_t size,
                                const iou_image_limits *limits, iou_error *error);

/** Bytes of a file that is encoded, for free. */
typedef struct iou_encoded_bytes {
    unsigned char *data;
    size_t size, capacity;
} iou_encoded_bytes;

/** Appends to the iou_encoded_bytes `context`; false: there is no memory, and what is there stays.
 */
bool iou_encoded_append(void *context, const unsigned char *bytes, size_t count);

/** What an encoder with losses is asked for, and can do. */
typedef struct iou_encoding {
    int quality;
    int most; /* pixels a side */
} iou_encoding;

/** Empties `data` and `size`, and checks all that is given to an encoder. */
iou_status iou_image_check_encoding(const char *format, unsigned char **data, size_t *size,
                                    const iou_pixels *pixels, iou_encoding encoding,
                                    iou_error *error);

/** What a JPEG segment with EXIF data begins with. */
extern const uint8_t iou_image_exif_header[6];

/**
 * The orientation, 1 … 8, in EXIF data: a TIFF file, with or without the header before it. 1 where
 * there is none that makes sense.
 */
int iou_image_exif_orientation(const uint8_t *data, size_t size);

/** Turns and mirrors the picture as EXIF's `orientation` asks. */
iou_status iou_image_orient(iou_pixels *pixels, int orientation, iou_error *error);

#endif
