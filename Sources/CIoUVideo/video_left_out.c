/* The functions of a build without FFmpeg. */
#if !IOU_VIDEO
#include "image_internal.h"
#include "video_signature.h"

#include <iou/video.h>

#include <stddef.h>

static iou_status fail_left_out(iou_error *error) {
    return iou_image_fail(error, IOU_UNSUPPORTED,
                          "expected pictures, found a video, which this build leaves out: build it "
                          "with VIDEO=1");
}

const char *iou_video_part(void) {
    return "none";
}

bool iou_video_begins(const void *data, size_t size) {
    return iou_video_has_signature(data, size);
}

iou_status iou_video_open_file(iou_video_reader **out, int file, const char *name,
                               const iou_image_limits *limits, iou_error *error) {
    (void)file, (void)name, (void)limits;
    *out = NULL;
    return fail_left_out(error);
}

iou_status iou_video_open_address(iou_video_reader **out, const char *address,
                                  const iou_image_limits *limits, iou_error *error) {
    (void)address, (void)limits;
    *out = NULL;
    return fail_left_out(error);
}

iou_video_facts iou_video_reader_facts(const iou_video_reader *reader) {
    (void)reader;
    return (iou_video_facts){0};
}

iou_status iou_video_next(iou_video_reader *reader, int32_t step, iou_pixels *out,
                          iou_video_frame *frame, iou_error *error) {
    (void)reader, (void)step, (void)out, (void)frame;
    return fail_left_out(error);
}

void iou_video_reader_close(iou_video_reader *reader) {
    (void)reader;
}

void iou_video_end_on_signals(void) {
}

bool iou_video_is_ended(void) {
    return false;
}

iou_status iou_video_check_ending(const char *ending, iou_error *error) {
    (void)ending;
    return fail_left_out(error);
}

iou_status iou_video_writer_open(iou_video_writer **out, int file, const char *ending,
                                 const iou_video_facts *facts, iou_error *error) {
    (void)file, (void)ending, (void)facts;
    *out = NULL;
    return fail_left_out(error);
}

iou_status iou_video_write(iou_video_writer *writer, const iou_pixels *pixels, int64_t time,
                           iou_error *error) {
    (void)writer, (void)pixels, (void)time;
    return fail_left_out(error);
}

iou_status iou_video_writer_finish(iou_video_writer *writer, iou_error *error) {
    (void)writer;
    return fail_left_out(error);
}

void iou_video_writer_close(iou_video_writer *writer) {
    (void)writer;
}

#endif
