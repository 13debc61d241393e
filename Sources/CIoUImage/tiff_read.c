/* TIFF to RGB: the first picture of a file, in whatever libtiff reads as RGB. */
#include "image_internal.h"

#if IOU_TIFF

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

typedef struct tiff_source {
    const uint8_t *data;
    size_t size;
    uint64_t at;
    char message[256]; /* libtiff's first */
} tiff_source;

/* ---- The file, for libtiff ----------------------------------------------------------------- */

static tmsize_t read_bytes(thandle_t handle, void *to, tmsize_t count) {
    tiff_source *source = (tiff_source *)handle;
    const uint64_t left = source->at < source->size ? source->size - source->at : 0;
    const size_t n = count < 0 ? 0 : (uint64_t)count < left ? (size_t)count : (size_t)left;
    if (n > 0) {
        memcpy(to, source->data + source->at, n);
    }
    source->at += n;
    return (tmsize_t)n;
}

static tmsize_t write_nothing(thandle_t handle, void *from, tmsize_t count) {
    (void)handle, (void)from, (void)count;
    return -1;
}

static toff_t seek(thandle_t handle, toff_t offset, int from) {
    tiff_source *source = (tiff_source *)handle;
    source->at = from == SEEK_CUR   ? source->at + offset
                 : from == SEEK_END ? source->size + offset
                                    : offset;
    return source->at;
}

static int close_nothing(thandle_t handle) {
    (void)handle;
    return 0;
}

static toff_t size_of(thandle_t handle) {
    return ((const tiff_source *)handle)->size;
}

/** The file is in memory, where libtiff only reads it; copying tiles that are not compressed,
 * libtiff 4.5 takes their size to be another. */
static int map_file(thandle_t handle, void **data, toff_t *size) {
    const tiff_source *source = (const tiff_source *)handle;
    union {
        const void *read;
        void *any;
    } pointer = {.read = source->data};
    *data = pointer.any;
    *size = source->size;
    return 1;
}

static void unmap_nothing(thandle_t handle, void *data, toff_t size) {
    (void)handle, (void)data, (void)size;
}

static int keep_message(TIFF *tiff, void *context, const char *module, const char *format,
                        va_list arguments) {
    tiff_source *source = context;
    (void)tiff, (void)module;
    if (source->message[0] == '\0') {
        (void)vsnprintf(source->message, sizeof source->message, format, arguments);
    }
    return 1;
}

static int drop_message(TIFF *tiff, void *context, const char *module, const char *format,
                        va_list arguments) {
    (void)tiff, (void)context, (void)module, (void)format, (void)arguments;
    return 1;
}

static TIFF *open_source(tiff_source *source, const iou_image_limits *limits) {
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (options == NULL) {
        return NULL;
    }
    enum { PIXEL = 16 /* bytes at most */, SMALL = 1 << 20 /* of tables */ };
    const bool any = limits->max_pixels > (INT32_MAX - SMALL) / PIXEL;
    const tmsize_t most = any ? INT32_MAX : (tmsize_t)limits->max_pixels * PIXEL + SMALL;
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, most);
    TIFFOpenOptionsSetErrorHandlerExtR(options, keep_message, source);
    TIFFOpenOptionsSetWarningHandlerExtR(options, drop_message, NULL);
    TIFF *tiff = TIFFClientOpenExt("", "r", (thandle_t)source, read_bytes, write_nothing, seek,
                                   close_nothing, size_of, map_file, unmap_nothing, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

/* ---- Pixels -------------------------------------------------------------------------------- */

static iou_status fail(const tiff_source *source, iou_error *error) {
    return iou_image_fail(error, IOU_BAD_IMAGE, "tiff: %s",
                          source->message[0] != '\0' ? source->message : "the file is corrupt");
}

/** Colours stay as they are stored: libtiff would multiply them by an alpha that is apart. */
static void keep_colours(TIFF *tiff) {
    uint16_t count = 0, *kinds = NULL, samples = 0;
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
    if (TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds) && count == 1 &&
        kinds[0] == EXTRASAMPLE_UNASSALPHA && samples == 4) {
        const uint16_t kind = EXTRASAMPLE_ASSOCALPHA;
        (void)TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &kind);
    }
}

/** Rows as the file has them, whatever its orientation. */
static iou_status read_raster(const iou_pixels *out, TIFF *tiff, const tiff_source *source,
                              uint16_t orientation, iou_error *error) {
    const size_t count = (size_t)out->width * (size_t)out->height;
    uint32_t *raster = _TIFFmalloc((tmsize_t)(count * sizeof *raster));
    if (raster == NULL) {
        return iou_image_fail(error, IOU_OUT_OF_MEMORY, "tiff: no memory for the pixels");
    }
    const bool done = TIFFReadRGBAImageOriented(tiff, (uint32_t)out->width, (uint32_t)out->height,
                                                raster, orientation, 1) == 1;
    for (size_t i = 0; done && i < count; i++) {
        out->data[3 * i] = (uint8_t)TIFFGetR(raster[i]);
        out->data[3 * i + 1] = (uint8_t)TIFFGetG(raster[i]);
        out->data[3 * i + 2] = (uint8_t)TIFFGetB(raster[i]);
    }
    _TIFFfree(raster);
    return done ? IOU_OK : fail(source, error);
}

static iou_status decode(iou_pixels *out, TIFF *tiff, const tiff_source *source,
                         const iou_image_limits *limits, iou_error *error) {
    uint32_t width = 0, height = 0;
    uint16_t orientation = ORIENTATION_TOPLEFT;
    char reason[1024] = "";
    (void)TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
    (void)TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &orientation);
    iou_status status = iou_image_check_size("tiff", width, height, limits, error);
    if (status != IOU_OK) {
        return status;
    }
    keep_colours(tiff);
    if (width == 0 || height == 0 || TIFFRGBAImageOK(tiff, reason) != 1) {
        return iou_image_fail(error, IOU_BAD_IMAGE, "tiff: %s",
                              reason[0] != '\0' ? reason : "the size is missing");
    }
    status = iou_image_create(out, (int32_t)width, (int32_t)height, error);
    if (status == IOU_OK) {
        status = read_raster(out, tiff, source, orientation, error);
    }
    return status == IOU_OK ? iou_image_orient(out, orientation, error) : status;
}

iou_status iou_image_decode_tiff(iou_pixels *out, const uint8_t *data, size_t size,
                                 const iou_image_limits *limits, iou_error *error) {
    tiff_source source = {.data = data, .size = size};
    TIFF *tiff = open_source(&source, limits);
    if (tiff == NULL) {
        return fail(&source, error);
    }
    const iou_status status = decode(out, tiff, &source, limits, error);
    TIFFClose(tiff);
    return status;
}

#else

iou_status iou_image_decode_tiff(iou_pixels *out, const uint8_t *data, size_t size,
                                 const iou_image_limits *limits, iou_error *error) {
    (void)out, (void)data, (void)size, (void)limits;
    return iou_image_fail_left_out(error, "TIFF", "TIFF");
}

#endif
