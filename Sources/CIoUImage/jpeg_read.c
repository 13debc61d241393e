/* JPEG to RGB. libjpeg's errors jump no farther than run_guarded, and never exit. */
#include "image_internal.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

enum { MAX_SCANS = 200 }; /* a progressive file has about 10 */

typedef struct jpeg_source {
    struct jpeg_error_mgr manager; /* first: libjpeg gives its address back */
    struct jpeg_progress_mgr progress;
    struct jpeg_decompress_struct jpeg;
    jmp_buf jump;
    const uint8_t *data;
    size_t size;
    const iou_image_limits *limits;
    iou_pixels *out;
    iou_error *error;
    iou_status status; /* of what we report ourselves */
    uint8_t *inks;     /* one row of CMYK */
    bool ended;        /* the file ended before its end marker; pixels may still be whole */
    int orientation;
} jpeg_source;

/** The row being decoded, in words; "the header" before the first. */
static void describe_place(const jpeg_source *source, char *text, size_t capacity) {
    if (source->out->data == NULL) {
        (void)snprintf(text, capacity, "in the header");
    } else if (source->jpeg.output_scanline == 0 && source->jpeg.input_scan_number > 1) {
        (void)snprintf(text, capacity, "in scan %d", source->jpeg.input_scan_number);
    } else if (source->jpeg.output_scanline >= source->jpeg.output_height) {
        (void)snprintf(text, capacity, "after the pixels");
    } else {
        (void)snprintf(text, capacity, "in row %u of %u", source->jpeg.output_scanline,
                       source->jpeg.output_height);
    }
}

static void on_error(j_common_ptr jpeg) {
    jpeg_source *source = (jpeg_source *)jpeg->err;
    char text[JMSG_LENGTH_MAX], place[64];
    jpeg->err->format_message(jpeg, text);
    describe_place(source, place, sizeof place);
    const bool memory = jpeg->err->msg_code == JERR_OUT_OF_MEMORY;
    source->status = iou_image_fail(source->error, memory ? IOU_OUT_OF_MEMORY : IOU_BAD_IMAGE,
                                    "jpeg: %s, %s", text, place);
    longjmp(source->jump, 1);
}

static void fail_truncated(jpeg_source *source) {
    char place[64];
    describe_place(source, place, sizeof place);
    source->status =
        iou_image_fail(source->error, IOU_BAD_IMAGE, "jpeg: file is truncated, %s, after %zu bytes",
                       place, source->size);
    longjmp(source->jump, 1);
}

/** Warnings about lost pixels are errors; the others say nothing of the pixels. */
static void on_message(j_common_ptr jpeg, int level) {
    if (level >= 0) {
        return;
    }
    jpeg_source *source = (jpeg_source *)jpeg->err;
    switch (jpeg->err->msg_code) {
    case JWRN_JPEG_EOF:
        /* libjpeg goes on as if an end marker stood here. Behind the last pixel nothing is lost;
         * before it, Huffman decoding warns again, while arithmetic decoding would make up data. */
        source->ended = true;
        if (source->jpeg.arith_code) {
            fail_truncated(source);
        }
        break;
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
        if (source->ended) {
            fail_truncated(source);
        }
        on_error(jpeg);
        break;
    default: jpeg->err->num_warnings++; break;
    }
}

static void on_output(j_common_ptr jpeg) {
    (void)jpeg;
}

/** Stops files whose thousands of scans only burn time. */
static void on_progress(j_common_ptr jpeg) {
    jpeg_source *source = (jpeg_source *)jpeg->err;
    if (source->jpeg.input_scan_number > MAX_SCANS) {
        source->status =
            iou_image_fail(source->error, IOU_LIMIT, "jpeg: more than %d scans", (int)MAX_SCANS);
        longjmp(source->jump, 1);
    }
}

static int find_orientation(const struct jpeg_decompress_struct *jpeg) {
    const size_t header = sizeof iou_image_exif_header;
    for (jpeg_saved_marker_ptr m = jpeg->marker_list; m != NULL; m = m->next) {
        if (m->marker == JPEG_APP0 + 1 && m->data_length > header &&
            memcmp(m->data, iou_image_exif_header, header) == 0) {
            return iou_image_exif_orientation(m->data + header, m->data_length - header);
        }
    }
    return 1;
}

/** a * b / 255, rounded. */
static unsigned multiply_255(unsigned a, unsigned b) {
    const unsigned product = a * b + 128;
    return ((product >> 8) + product) >> 8;
}

/** Adobe stores 255 - ink; a channel is what its ink and black leave of white. */
static void inks_to_rgb(uint8_t *rgb, const uint8_t *inks, int32_t count) {
    for (int32_t i = 0; i < count; i++, rgb += 3, inks += 4) {
        for (int c = 0; c < 3; c++) {
            rgb[c] = (uint8_t)(inks[3] - multiply_255(255u - inks[c], inks[3]));
        }
    }
}

static void read_rows(jpeg_source *source) {
    struct jpeg_decompress_struct *jpeg = &source->jpeg;
    iou_pixels *out = source->out;
    while (jpeg->output_scanline < jpeg->output_height) {
        uint8_t *row = out->data + (size_t)jpeg->output_scanline * out->stride;
        JSAMPROW target = source->inks != NULL ? source->inks : row;
        (void)jpeg_read_scanlines(jpeg, &target, 1);
        if (source->inks != NULL) {
            inks_to_rgb(row, source->inks, out->width);
        }
    }
}

static bool prepare(jpeg_source *source) {
    struct jpeg_decompress_struct *jpeg = &source->jpeg;
    source->status = iou_image_check_size("jpeg", jpeg->image_width, jpeg->image_height,
                                          source->limits, source->error);
    if (source->status != IOU_OK) {
        return false;
    }
    const bool inks = jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK;
    jpeg->out_color_space = inks ? JCS_CMYK : JCS_RGB;
    jpeg->dct_method = JDCT_ISLOW;
    source->orientation = find_orientation(jpeg);
    source->status = iou_image_create(source->out, (int32_t)jpeg->image_width,
                                      (int32_t)jpeg->image_height, source->error);
    if (source->status == IOU_OK && inks) {
        source->inks = malloc((size_t)jpeg->image_width * 4);
        if (source->inks == NULL) {
            source->status = iou_image_fail(source->error, IOU_OUT_OF_MEMORY, "jpeg: no memory");
        }
    }
    return source->status == IOU_OK;
}

/** Whether every component came, and every bit of a progressive file's coefficients. */
static bool has_all_scans(const struct jpeg_decompress_struct *jpeg) {
    for (int c = 0; c < jpeg->num_components; c++) {
        if (jpeg->comp_info[c].quant_table == NULL) {
            return false;
        }
        for (int k = 0; jpeg->coef_bits != NULL && k < DCTSIZE2; k++) {
            if (jpeg->coef_bits[c][k] != 0) {
                return false;
            }
        }
    }
    return true;
}

static void decode(jpeg_source *source) {
    struct jpeg_decompress_struct *jpeg = &source->jpeg;
    jpeg_create_decompress(jpeg);
    jpeg->progress = &source->progress;
    source->progress.progress_monitor = on_progress;
    jpeg_mem_src(jpeg, source->data, (unsigned long)source->size);
    jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
    (void)jpeg_read_header(jpeg, TRUE);
    if (prepare(source)) {
        (void)jpeg_start_decompress(jpeg);
        read_rows(source);
        if (source->ended && !has_all_scans(jpeg)) {
            fail_truncated(source);
        }
        (void)jpeg_finish_decompress(jpeg);
    }
}

/** Everything that changes lives in `source`, not in this frame. */
static void run_guarded(jpeg_source *source) {
    if (setjmp(source->jump) == 0) {
        decode(source);
    }
}

iou_status iou_image_decode_jpeg(iou_pixels *out, const uint8_t *data, size_t size,
                                 const iou_image_limits *limits, iou_error *error) {
    jpeg_source *source = calloc(1, sizeof *source);
    if (source == NULL) {
        return iou_image_fail(error, IOU_OUT_OF_MEMORY, "jpeg: no memory for the decoder");
    }
    source->jpeg.err = jpeg_std_error(&source->manager);
    source->manager.error_exit = on_error;
    source->manager.emit_message = on_message;
    source->manager.output_message = on_output;
    source->data = data;
    source->size = size;
    source->limits = limits;
    source->out = out;
    source->error = error;
    source->orientation = 1;
    run_guarded(source);
    const iou_status status = source->status;
    const int orientation = source->orientation;
    jpeg_destroy_decompress(&source->jpeg);
    free(source->inks);
    free(source);
    return status == IOU_OK ? iou_image_orient(out, orientation, error) : status;
}
