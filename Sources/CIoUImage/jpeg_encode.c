/* RGB to the bytes of a JPEG file. libjpeg's errors jump no farther than run_guarded. */
#include "iou/encode.h"

#include "image_internal.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include <jerror.h>

typedef struct jpeg_target {
    struct jpeg_error_mgr manager; /* first: libjpeg gives its address back */
    struct jpeg_compress_struct jpeg;
    jmp_buf jump;
    const iou_pixels *pixels;
    int quality;
    struct jpeg_destination_mgr destination;
    unsigned char chunk[1 << 14];
    iou_encoded_bytes bytes;
    bool lacks_memory;
    char text[JMSG_LENGTH_MAX];
} jpeg_target;

static void on_error(j_common_ptr jpeg) {
    jpeg_target *target = (jpeg_target *)jpeg->err;
    jpeg->err->format_message(jpeg, target->text);
    target->lacks_memory = jpeg->err->msg_code == JERR_OUT_OF_MEMORY;
    longjmp(target->jump, 1);
}

static void on_warning(j_common_ptr jpeg, int level) {
    (void)jpeg;
    (void)level;
}

static void on_begin(j_compress_ptr jpeg) {
    jpeg_target *target = (jpeg_target *)jpeg->err;
    target->destination.next_output_byte = target->chunk;
    target->destination.free_in_buffer = sizeof target->chunk;
}

static void take(j_compress_ptr jpeg, size_t count) {
    jpeg_target *target = (jpeg_target *)jpeg->err;
    if (!iou_encoded_append(&target->bytes, target->chunk, count)) {
        ERREXIT1(jpeg, JERR_OUT_OF_MEMORY, 0);
    }
    on_begin(jpeg);
}

static boolean on_full(j_compress_ptr jpeg) {
    take(jpeg, sizeof((jpeg_target *)NULL)->chunk);
    return TRUE;
}

static void on_end(j_compress_ptr jpeg) {
    take(jpeg, sizeof((jpeg_target *)NULL)->chunk - jpeg->dest->free_in_buffer);
}

static void encode(jpeg_target *target) {
    struct jpeg_compress_struct *jpeg = &target->jpeg;
    const iou_pixels *pixels = target->pixels;
    jpeg_create_compress(jpeg);
    target->destination.init_destination = on_begin;
    target->destination.empty_output_buffer = on_full;
    target->destination.term_destination = on_end;
    jpeg->dest = &target->destination;
    jpeg->image_width = (JDIMENSION)pixels->width;
    jpeg->image_height = (JDIMENSION)pixels->height;
    jpeg->input_components = 3;
    jpeg->in_color_space = JCS_RGB;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, target->quality, TRUE);
    /* Lines one pixel wide keep their colours. */
    jpeg->comp_info[0].h_samp_factor = 1;
    jpeg->comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(jpeg, TRUE);
    for (int32_t row = 0; row < pixels->height; row++) {
        JSAMPROW line = pixels->data + (size_t)row * pixels->stride;
        (void)jpeg_write_scanlines(jpeg, &line, 1);
    }
    jpeg_finish_compress(jpeg);
}

/** False when libjpeg failed; everything that changes lives in `target`, not in this frame. */
static bool run_guarded(jpeg_target *target) {
    if (setjmp(target->jump) != 0) {
        return false;
    }
    encode(target);
    return true;
}

iou_status iou_image_encode_jpeg(unsigned char **data, size_t *size, const iou_pixels *pixels,
                                 int quality, iou_error *error) {
    iou_status status = iou_image_check_encoding(
        "jpeg", data, size, pixels, (iou_encoding){quality, JPEG_MAX_DIMENSION}, error);
    if (status != IOU_OK) {
        return status;
    }
    jpeg_target target = {.pixels = pixels, .quality = quality};
    target.jpeg.err = jpeg_std_error(&target.manager);
    target.manager.error_exit = on_error;
    target.manager.emit_message = on_warning;
    if (run_guarded(&target)) {
        *data = target.bytes.data;
        *size = target.bytes.size;
    } else {
        free(target.bytes.data);
        status = iou_image_fail(error, target.lacks_memory ? IOU_OUT_OF_MEMORY : IOU_LIMIT,
                                "jpeg: %s", target.text);
    }
    jpeg_destroy_compress(&target.jpeg);
    return status;
}
