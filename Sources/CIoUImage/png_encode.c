/* libpng's longjmp stays in run_guarded. */
#include "png_encode.h"

#include "image_internal.h"
#include "png_messages.h"

#include <png.h>

typedef struct png_target {
    const iou_pixels *pixels;
    iou_png_sink sink;
    png_message message;
    png_structp png;
    png_infop info;
} png_target;

static void on_write(png_structp png, png_bytep from, size_t count) {
    const png_target *target = png_get_io_ptr(png);
    if (!target->sink.write(target->sink.context, from, count)) {
        png_error(png, "write failed");
    }
}

static void on_flush(png_structp png) {
    (void)png;
}

static void encode(png_target *target) {
    png_structp png = target->png;
    const iou_pixels *pixels = target->pixels;
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_write_fn(png, target, on_write, on_flush);
    png_set_compression_buffer_size(png, 1 << 16);
    png_set_compression_level(png, 4);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB | PNG_FILTER_UP | PNG_FILTER_PAETH);
    png_set_IHDR(png, target->info, (png_uint_32)pixels->width, (png_uint_32)pixels->height, 8,
                 PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, target->info);
    for (int32_t row = 0; row < pixels->height; row++) {
        png_write_row(png, pixels->data + (size_t)row * pixels->stride);
    }
    png_write_end(png, target->info);
}

/** False when libpng failed; everything that changes lives in `target`, not in this frame. */
static bool run_guarded(png_target *target) {
    if (setjmp(png_jmpbuf(target->png)) != 0) {
        return false;
    }
    encode(target);
    return true;
}

iou_status iou_png_check(const iou_pixels *pixels, const char *where, iou_error *error) {
    if (pixels == NULL || pixels->data == NULL) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT, "png: pixels is null or empty");
    }
    if (pixels->width <= 0 || pixels->height <= 0 || pixels->stride / 3 < (size_t)pixels->width) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT, "png '%s': %dx%d pixels, stride %zu",
                              where, (int)pixels->width, (int)pixels->height, pixels->stride);
    }
    return IOU_OK;
}

iou_status iou_png_encode(const iou_pixels *pixels, const char *where, iou_png_sink sink,
                          iou_error *error) {
    png_target target = {.pixels = pixels, .sink = sink};
    target.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &target.message, iou_png_on_error,
                                         iou_png_on_warning);
    if (target.png != NULL) {
        target.info = png_create_info_struct(target.png);
    }
    iou_status status = IOU_OK;
    if (target.info == NULL) {
        status = iou_image_fail(error, IOU_OUT_OF_MEMORY, "png '%s': no memory", where);
    } else if (!run_guarded(&target)) {
        status =
            iou_image_fail(error, IOU_OUT_OF_MEMORY, "png '%s': %s", where, target.message.text);
    }
    png_destroy_write_struct(&target.png, &target.info);
    return status;
}
