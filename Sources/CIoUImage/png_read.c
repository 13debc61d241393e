/* PNG to RGB. libpng's longjmp stays inside run_guarded. */
#include "image_internal.h"
#include "png_messages.h"

#include <png.h>
#include <stdio.h>
#include <string.h>

typedef struct png_source {
    const uint8_t *data;
    size_t size, offset;
    const iou_image_limits *limits;
    iou_pixels *out;
    iou_error *error;
    iou_status status; /* of what we report ourselves */
    int32_t row;       /* being decoded; -1 before the first */
    bool ended;        /* the file ended before its last chunk; pixels may still be whole */
    int orientation;
    png_message message;
    png_structp png;
    png_infop info;
} png_source;

static void on_read(png_structp png, png_bytep to, size_t count) {
    png_source *source = png_get_io_ptr(png);
    if (count > source->size - source->offset) {
        source->offset = source->size;
        source->ended = true;
        png_error(png, "file is truncated");
    }
    memcpy(to, source->data + source->offset, count);
    source->offset += count;
}

/**
 * Chunks that change neither the pixels nor their orientation are not even inflated. That with the
 * orientation is kept as it is: libpng refuses one that begins with JPEG's header.
 */
static void choose_chunks(png_structp png) {
    static const png_byte names[] =
        "acTL\0bKGD\0cHRM\0cICP\0fcTL\0fdAT\0gAMA\0hIST\0iCCP\0iTXt\0"
        "oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0sPLT\0sRGB\0sTER\0tEXt\0tIME\0zTXt";
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, names, (int)(sizeof names / 5));
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_ALWAYS, (png_const_bytep) "eXIf", 1);
}

static void ask_for_rgb(png_structp png, png_infop info) {
    const png_byte type = png_get_color_type(png, info);
    if (type == PNG_COLOR_TYPE_PALETTE) {
        png_set_palette_to_rgb(png);
    } else if ((type & PNG_COLOR_MASK_COLOR) == 0) {
        if (png_get_bit_depth(png, info) < 8) {
            png_set_expand_gray_1_2_4_to_8(png);
        }
        png_set_gray_to_rgb(png);
    }
    if (png_get_bit_depth(png, info) == 16) {
        png_set_scale_16(png);
    }
    png_set_strip_alpha(png);
}

/** What the eXIf chunk asks for, which may be on either side of the pixels. */
static int find_orientation(png_structp png, png_infop info) {
    png_unknown_chunkp chunks = NULL;
    const int count = png_get_unknown_chunks(png, info, &chunks);
    for (int i = 0; i < count; i++) {
        if (memcmp(chunks[i].name, "eXIf", 4) == 0 && chunks[i].data != NULL) {
            return iou_image_exif_orientation(chunks[i].data, chunks[i].size);
        }
    }
    return 1;
}

static void decode(png_source *source) {
    png_structp png = source->png;
    png_infop info = source->info;
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_chunk_malloc_max(png, 8u << 20);
    png_set_chunk_cache_max(png, 64);
    choose_chunks(png);
    png_set_read_fn(png, source, on_read);
    png_read_info(png, info);
    const png_uint_32 width = png_get_image_width(png, info);
    const png_uint_32 height = png_get_image_height(png, info);
    source->status = iou_image_check_size("png", width, height, source->limits, source->error);
    if (source->status != IOU_OK) {
        return;
    }
    ask_for_rgb(png, info);
    const int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    if (png_get_rowbytes(png, info) != (size_t)width * 3) {
        png_error(png, "rows are no RGB");
    }
    source->status = iou_image_create(source->out, (int32_t)width, (int32_t)height, source->error);
    for (int pass = 0; pass < passes && source->status == IOU_OK; pass++) {
        for (source->row = 0; source->row < source->out->height; source->row++) {
            png_read_row(png, source->out->data + (size_t)source->row * source->out->stride, NULL);
        }
    }
    if (source->status == IOU_OK) {
        png_read_end(png, info);
    }
}

/** False when libpng failed; everything that changes lives in `source`, not in this frame. */
static bool run_guarded(png_source *source) {
    if (setjmp(png_jmpbuf(source->png)) != 0) {
        return false;
    }
    decode(source);
    return true;
}

/** Whether the rows were all decoded before the file ended: then only check sums are lost. */
static bool lacks_only_its_end(const png_source *source) {
    if (!source->ended || source->row < 0) {
        return false;
    }
    const bool interlaced = png_get_interlace_type(source->png, source->info) != PNG_INTERLACE_NONE;
    return interlaced ? png_get_current_pass_number(source->png) >= PNG_INTERLACE_ADAM7_PASSES
                      : png_get_current_row_number(source->png) >= (png_uint_32)source->out->height;
}

static iou_status fail_decode(const png_source *source) {
    iou_error *error = source->error;
    if (strcmp(source->message.text, "Out of memory") == 0 ||
        strstr(source->message.text, "alloc") != NULL) {
        return iou_image_fail(error, IOU_OUT_OF_MEMORY, "png: %s", source->message.text);
    }
    if (source->row < 0) {
        return iou_image_fail(error, IOU_BAD_IMAGE, "png: %s in the header, at byte %zu of %zu",
                              source->message.text, source->offset, source->size);
    }
    if (source->row >= source->out->height) {
        return iou_image_fail(error, IOU_BAD_IMAGE, "png: %s after the pixels, at byte %zu of %zu",
                              source->message.text, source->offset, source->size);
    }
    return iou_image_fail(error, IOU_BAD_IMAGE, "png: %s in row %d of %d, at byte %zu of %zu",
                          source->message.text, (int)source->row, (int)source->out->height,
                          source->offset, source->size);
}

iou_status iou_image_decode_png(iou_pixels *out, const uint8_t *data, size_t size,
                                const iou_image_limits *limits, iou_error *error) {
    png_source source = {.data = data,
                         .size = size,
                         .limits = limits,
                         .out = out,
                         .error = error,
                         .status = IOU_OK,
                         .row = -1,
                         .orientation = 1};
    source.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source.message, iou_png_on_error,
                                        iou_png_on_warning);
    if (source.png != NULL) {
        source.info = png_create_info_struct(source.png);
    }
    iou_status status;
    if (source.info == NULL) {
        status = iou_image_fail(error, IOU_OUT_OF_MEMORY, "png: no memory for the decoder");
    } else if (run_guarded(&source) || lacks_only_its_end(&source)) {
        status = source.status;
        source.orientation = find_orientation(source.png, source.info);
    } else {
        status = fail_decode(&source);
    }
    png_destroy_read_struct(&source.png, &source.info, NULL);
    return status == IOU_OK ? iou_image_orient(out, source.orientation, error) : status;
}
