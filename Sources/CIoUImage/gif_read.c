/* GIF to RGB: the first frame. */
#include "image_internal.h"

#if IOU_GIF

#include <gif_lib.h>
#include <stdlib.h>
#include <string.h>

typedef struct gif_source {
    const uint8_t *data;
    size_t size, at;
} gif_source;

static int read_bytes(GifFileType *gif, GifByteType *to, int count) {
    gif_source *source = gif->UserData;
    const size_t left = source->size - source->at;
    const size_t n = count < 0 ? 0 : (size_t)count < left ? (size_t)count : left;
    memcpy(to, source->data + source->at, n);
    source->at += n;
    return (int)n;
}

static iou_status fail(const GifFileType *gif, iou_error *error) {
    const gif_source *source = gif->UserData;
    if (source->at >= source->size) {
        return iou_image_fail(error, IOU_BAD_IMAGE, "gif: file is truncated, after %zu bytes",
                              source->size);
    }
    const char *text = GifErrorString(gif->Error);
    return iou_image_fail(error, IOU_BAD_IMAGE, "gif: %s", text ? text : "the file is corrupt");
}

static void put_colour(const ColorMapObject *map, int index, uint8_t *rgb) {
    if (map != NULL && index >= 0 && index < map->ColorCount) {
        rgb[0] = map->Colors[index].Red;
        rgb[1] = map->Colors[index].Green;
        rgb[2] = map->Colors[index].Blue;
    }
}

/** Goes to the first frame. */
static iou_status find_frame(GifFileType *gif, iou_error *error) {
    GifRecordType type;
    while (DGifGetRecordType(gif, &type) == GIF_OK) {
        if (type == IMAGE_DESC_RECORD_TYPE) {
            return DGifGetImageDesc(gif) == GIF_OK ? IOU_OK : fail(gif, error);
        }
        if (type == TERMINATE_RECORD_TYPE) {
            return iou_image_fail(error, IOU_BAD_IMAGE, "gif: there is no frame");
        }
        int code;
        GifByteType *block = NULL;
        if (type != EXTENSION_RECORD_TYPE || DGifGetExtension(gif, &code, &block) != GIF_OK) {
            return fail(gif, error);
        }
        while (block != NULL) {
            if (DGifGetExtensionNext(gif, &block) != GIF_OK) {
                return fail(gif, error);
            }
        }
    }
    return fail(gif, error);
}

/** Row `i` of those that are stored, as interlaced frames order them. */
static int row_of(int i, int height, bool interlaced) {
    static const int first[] = {0, 4, 2, 1}, step[] = {8, 8, 4, 2};
    for (int pass = 0; interlaced && pass < 4; pass++) {
        const int rows =
            height > first[pass] ? (height - first[pass] + step[pass] - 1) / step[pass] : 0;
        if (i < rows) {
            return first[pass] + i * step[pass];
        }
        i -= rows;
    }
    return i;
}

/** What lies beyond the picture is left out. */
static iou_status read_rows(GifFileType *gif, const iou_pixels *out, GifPixelType *line,
                            iou_error *error) {
    const GifImageDesc *frame = &gif->Image;
    const ColorMapObject *map = frame->ColorMap != NULL ? frame->ColorMap : gif->SColorMap;
    for (int i = 0; i < frame->Height; i++) {
        if (DGifGetLine(gif, line, frame->Width) != GIF_OK) {
            return fail(gif, error);
        }
        const int y = frame->Top + row_of(i, frame->Height, frame->Interlace);
        for (int x = 0; y < out->height && x < frame->Width && frame->Left + x < out->width; x++) {
            put_colour(map, line[x],
                       out->data + (size_t)y * out->stride + (size_t)(frame->Left + x) * 3);
        }
    }
    return IOU_OK;
}

static iou_status decode(iou_pixels *out, GifFileType *gif, const iou_image_limits *limits,
                         iou_error *error) {
    iou_status status = find_frame(gif, error);
    if (status != IOU_OK) {
        return status;
    }
    const GifImageDesc *frame = &gif->Image;
    const int width = gif->SWidth > 0 ? gif->SWidth : frame->Left + frame->Width;
    const int height = gif->SHeight > 0 ? gif->SHeight : frame->Top + frame->Height;
    status = iou_image_check_size("gif", (uint64_t)width, (uint64_t)height, limits, error);
    if (status == IOU_OK) {
        status = iou_image_check_size("gif", (uint64_t)frame->Width, (uint64_t)frame->Height,
                                      limits, error);
    }
    if (status == IOU_OK && (width == 0 || height == 0)) {
        return iou_image_fail(error, IOU_BAD_IMAGE, "gif: size is %dx%d", width, height);
    }
    if (status == IOU_OK) {
        status = iou_image_create(out, width, height, error);
    }
    if (status != IOU_OK) {
        return status;
    }
    for (size_t i = 0; i < (size_t)width * (size_t)height; i++) {
        put_colour(gif->SColorMap, gif->SBackGroundColor, out->data + i * 3);
    }
    GifPixelType *line = malloc((size_t)frame->Width + 1);
    if (line == NULL) {
        return iou_image_fail(error, IOU_OUT_OF_MEMORY, "gif: no memory for a row");
    }
    status = read_rows(gif, out, line, error);
    free(line);
    return status;
}

iou_status iou_image_decode_gif(iou_pixels *out, const uint8_t *data, size_t size,
                                const iou_image_limits *limits, iou_error *error) {
    gif_source source = {.data = data, .size = size};
    int code = 0;
    GifFileType *gif = DGifOpen(&source, read_bytes, &code);
    if (gif == NULL) {
        const bool memory = code == D_GIF_ERR_NOT_ENOUGH_MEM;
        return iou_image_fail(error, memory ? IOU_OUT_OF_MEMORY : IOU_BAD_IMAGE, "gif: %s",
                              memory              ? "no memory for the decoder"
                              : source.at >= size ? "file is truncated"
                                                  : "the header is corrupt");
    }
    const iou_status status = decode(out, gif, limits, error);
    (void)DGifCloseFile(gif, &code);
    return status;
}

#else

iou_status iou_image_decode_gif(iou_pixels *out, const uint8_t *data, size_t size,
                                const iou_image_limits *limits, iou_error *error) {
    (void)out, (void)data, (void)size, (void)limits;
    return iou_image_fail_left_out(error, "GIF", "GIF");
}

#endif
