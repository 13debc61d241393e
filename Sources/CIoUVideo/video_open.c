/* Opens containers: of files, network addresses and cameras. */
#define _POSIX_C_SOURCE 200809L
#if IOU_VIDEO
#include "video_probe.h"
#include "video_reader.h"
#include "video_stop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an address may lead to: no files. */
static const char address_protocols[] =
    "http,https,tcp,tls,udp,rtp,rtsp,rtmp,rtmps,rtmpt,srt,httpproxy,crypto,data";

static int is_interrupted(void *context) {
    const iou_video_reader *reader = context;
    return iou_video_is_ended() || (reader->is_address && iou_video_now() > reader->deadline);
}

/** What a file holds opens nothing. */
static int refuse_to_open(AVFormatContext *format, AVIOContext **io, const char *address, int flags,
                          AVDictionary **options) {
    (void)format, (void)io, (void)address, (void)flags, (void)options;
    return AVERROR(EPERM);
}

static iou_status make_reader(iou_video_reader **out, const iou_ffmpeg *ffmpeg, const char *name,
                              const iou_image_limits *limits, iou_error *error) {
    iou_video_reader *reader = calloc(1, sizeof *reader);
    if (reader != NULL) {
        reader->ffmpeg = ffmpeg;
        reader->limits = iou_image_limits_resolved(limits);
        reader->last_time = -1;
        (void)snprintf(reader->name, sizeof reader->name, "%s", name);
        reader->format = ffmpeg->avformat_alloc_context();
        reader->packet = ffmpeg->av_packet_alloc();
        reader->frame = ffmpeg->av_frame_alloc();
    }
    *out = reader;
    if (reader == NULL || reader->format == NULL || reader->packet == NULL ||
        reader->frame == NULL) {
        return iou_image_fail(error, IOU_OUT_OF_MEMORY, "video '%s': no memory", name);
    }
    reader->format->interrupt_callback = (AVIOInterruptCB){is_interrupted, reader};
    return IOU_OK;
}

static iou_status fail_to_open(iou_video_reader *reader, int code, iou_error *error) {
    if (reader->is_address && code == AVERROR_EXIT && !iou_video_is_ended()) {
        return iou_image_fail(error, IOU_IO_ERROR,
                              "video '%s': expected an answer within %d s, found none",
                              reader->name, IOU_VIDEO_SILENCE_MS / 1000);
    }
    if (code == AVERROR_PROTOCOL_NOT_FOUND) {
        return iou_image_fail(
            error, IOU_UNSUPPORTED,
            "video '%s': expected a protocol that the installed FFmpeg takes (%s), "
            "found another",
            reader->name, address_protocols);
    }
    return iou_image_fail(error, iou_ffmpeg_status(code),
                          "video '%s': expected a video that FFmpeg can open, found: %s",
                          reader->name, iou_ffmpeg_reason(reader->ffmpeg, code).text);
}

/** The format that the file's contents tell, unless it is one that opens others. */
static iou_status probe_file(iou_video_reader *reader, const AVInputFormat **format,
                             iou_error *error) {
    const int code =
        reader->ffmpeg->av_probe_input_buffer2(reader->file.io, format, "", NULL, 0, 0);
    if (code < 0 || *format == NULL || iou_video_format_is_picture((*format)->name)) {
        return code < 0 && code != AVERROR_INVALIDDATA && code != AVERROR_EOF
                   ? fail_to_open(reader, code, error)
                   : iou_image_fail(error, IOU_BAD_IMAGE,
                                    "video '%s': expected a video that FFmpeg knows, found "
                                    "something else",
                                    reader->name);
    }
    if (iou_video_format_is_playlist((*format)->name)) {
        return iou_image_fail(error, IOU_UNSUPPORTED,
                              "video '%s': expected a video, found a list of others (%s), which a "
                              "file may not open; name the videos themselves",
                              reader->name, (*format)->name);
    }
    return IOU_OK;
}

static iou_status open_file(iou_video_reader *reader, int file, iou_error *error) {
    int code = iou_video_file_open(&reader->file, reader->ffmpeg, file, false);
    if (code < 0) {
        return fail_to_open(reader, code, error);
    }
    const AVInputFormat *format = NULL;
    const iou_status status = probe_file(reader, &format, error);
    if (status != IOU_OK) {
        return status;
    }
    reader->format->pb = reader->file.io;
    reader->format->io_open = refuse_to_open;
    code = reader->ffmpeg->avformat_open_input(&reader->format, "", format, NULL);
    return code < 0 ? fail_to_open(reader, code, error) : iou_video_begin_stream(reader, error);
}

static iou_status open_address(iou_video_reader *reader, const char *address, iou_error *error) {
    const iou_ffmpeg *ffmpeg = reader->ffmpeg;
    const AVInputFormat *format = NULL;
    AVDictionary *options = NULL;
    const bool is_camera = address[0] == '/';
    if (is_camera) {
        const iou_status status = iou_ffmpeg_load_devices(address, error);
        if (status != IOU_OK) {
            return status;
        }
        format = ffmpeg->av_find_input_format("video4linux2");
        if (format == NULL) {
            return iou_image_fail(error, IOU_UNSUPPORTED,
                                  "video '%s': expected an FFmpeg with video4linux2, found one "
                                  "without",
                                  address);
        }
    } else {
        (void)ffmpeg->avformat_network_init();
        (void)ffmpeg->av_dict_set(&options, "protocol_whitelist", address_protocols, 0);
        (void)ffmpeg->av_dict_set(&options, "rtsp_flags", "prefer_tcp", 0);
    }
    reader->is_address = true;
    reader->deadline = iou_video_now() + IOU_VIDEO_SILENCE_MS;
    const int code = ffmpeg->avformat_open_input(&reader->format, address, format, &options);
    ffmpeg->av_dict_free(&options);
    return code < 0 ? fail_to_open(reader, code, error) : iou_video_begin_stream(reader, error);
}

static iou_status open_reader(iou_video_reader **out, int file, const char *name,
                              const iou_image_limits *limits, iou_error *error) {
    if (out == NULL || name == NULL) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT, "video: %s is null",
                              out == NULL ? "out" : "name");
    }
    *out = NULL;
    const iou_ffmpeg *ffmpeg = iou_ffmpeg_load(name, error);
    if (ffmpeg == NULL) {
        return IOU_UNSUPPORTED;
    }
    iou_video_reader *reader = NULL;
    iou_status status = make_reader(&reader, ffmpeg, name, limits, error);
    if (status == IOU_OK) {
        status = file >= 0 ? open_file(reader, file, error) : open_address(reader, name, error);
    }
    if (status != IOU_OK) {
        iou_video_reader_close(reader);
        return status;
    }
    *out = reader;
    return IOU_OK;
}

iou_status iou_video_open_file(iou_video_reader **out, int file, const char *name,
                               const iou_image_limits *limits, iou_error *error) {
    if (file < 0) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT, "video: expected an open file");
    }
    return open_reader(out, file, name, limits, error);
}

iou_status iou_video_open_address(iou_video_reader **out, const char *address,
                                  const iou_image_limits *limits, iou_error *error) {
    return open_reader(out, -1, address, limits, error);
}

void iou_video_reader_close(iou_video_reader *reader) {
    if (reader == NULL) {
        return;
    }
    const iou_ffmpeg *ffmpeg = reader->ffmpeg;
    ffmpeg->sws_freeContext(reader->scaler);
    ffmpeg->av_free(reader->rgb);
    ffmpeg->avcodec_free_context(&reader->codec);
    ffmpeg->av_frame_free(&reader->frame);
    ffmpeg->av_packet_free(&reader->packet);
    ffmpeg->avformat_close_input(&reader->format);
    iou_video_file_close(&reader->file, ffmpeg);
    free(reader);
}

iou_video_facts iou_video_reader_facts(const iou_video_reader *reader) {
    return reader->facts;
}

#endif
