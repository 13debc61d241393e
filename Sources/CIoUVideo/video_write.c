/* RGB frames to a file. */
#define _POSIX_C_SOURCE 200809L
#if IOU_VIDEO
#include "ffmpeg.h"
#include "video_encoders.h"
#include "video_file.h"

#include <iou/video.h>

#include <stdlib.h>
#include <string.h>

struct iou_video_writer {
    const iou_ffmpeg *ffmpeg;
    iou_video_file file;
    AVFormatContext *format;
    AVStream *stream;
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;
    struct SwsContext *scaler;
    int32_t width, height; /* of the pictures; the codec's may be one more */
    AVRational time_base;  /* of the times of pictures */
    int64_t last_time;     /* in the codec's time base */
    uint8_t *padded;       /* a picture with the codec's sides, where they differ */
    size_t padded_stride;
};

static iou_status fail(const iou_video_writer *writer, int code, const char *what,
                       iou_error *error) {
    return iou_image_fail(error,
                          code == AVERROR(ENOMEM) ? IOU_OUT_OF_MEMORY
                          : code == AVERROR(EINVAL) || code == AVERROR_INVALIDDATA ? IOU_UNSUPPORTED
                                                                                   : IOU_IO_ERROR,
                          "%s: %s", what, iou_ffmpeg_reason(writer->ffmpeg, code).text);
}

/** AVI counts frames, at one rate; MPEG-4 has 16 bits for its clock. */
static AVRational codec_time_base(const iou_video_writer *writer, const AVCodec *encoder,
                                  const iou_video_facts *facts) {
    const AVRational base = writer->time_base;
    if (strcmp(writer->format->oformat->name, "avi") == 0) {
        const iou_video_ratio rate = facts->rate;
        return rate.numerator > 0 ? (AVRational){rate.denominator, rate.numerator}
                                  : (AVRational){1, 25};
    }
    return strcmp(encoder->name, "mpeg4") != 0 || base.den <= 65535 ? base : (AVRational){1, 60000};
}

static void set_codec(iou_video_writer *writer, const AVCodec *encoder,
                      const iou_video_facts *facts) {
    AVCodecContext *codec = writer->codec;
    const bool is_even =
        strcmp(encoder->name, "libx264") == 0 || strcmp(encoder->name, "libopenh264") == 0;
    codec->width = is_even ? (facts->width + 1) / 2 * 2 : facts->width;
    codec->height = is_even ? (facts->height + 1) / 2 * 2 : facts->height;
    codec->pix_fmt = AV_PIX_FMT_YUV420P;
    codec->time_base = codec_time_base(writer, encoder, facts);
    codec->framerate = (AVRational){facts->rate.numerator, facts->rate.denominator};
    if (facts->aspect.numerator > 0) {
        codec->sample_aspect_ratio =
            (AVRational){facts->aspect.numerator, facts->aspect.denominator};
    }
    codec->colorspace = AVCOL_SPC_BT709;
    codec->color_primaries = AVCOL_PRI_BT709;
    codec->color_trc = AVCOL_TRC_BT709;
    codec->color_range = AVCOL_RANGE_MPEG;
    codec->max_b_frames = strcmp(encoder->name, "libx264") == 0 ? codec->max_b_frames : 0;
    codec->thread_count = 0;
    if ((writer->format->oformat->flags & AVFMT_GLOBALHEADER) != 0) {
        codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    }
}

/** Opens the first encoder of the container that this FFmpeg has. */
static iou_status open_codec(iou_video_writer *writer, const iou_video_container *container,
                             const iou_video_facts *facts, iou_error *error) {
    const iou_ffmpeg *ffmpeg = writer->ffmpeg;
    const size_t most = sizeof container->encoders / sizeof container->encoders[0];
    int code = 0;
    for (size_t i = 0; i < most && container->encoders[i] != NULL; i++) {
        const AVCodec *encoder = ffmpeg->avcodec_find_encoder_by_name(container->encoders[i]);
        if (encoder == NULL) {
            continue;
        }
        writer->codec = ffmpeg->avcodec_alloc_context3(encoder);
        if (writer->codec == NULL) {
            return fail(writer, AVERROR(ENOMEM), "encoder", error);
        }
        set_codec(writer, encoder, facts);
        AVDictionary *options = NULL;
        iou_video_set_quality(ffmpeg, writer->codec, &options);
        code = ffmpeg->avcodec_open2(writer->codec, encoder, &options);
        ffmpeg->av_dict_free(&options);
        if (code >= 0) {
            return IOU_OK;
        }
        ffmpeg->avcodec_free_context(&writer->codec);
    }
    if (code < 0) {
        return fail(writer, code, "no encoder takes pictures of these sides", error);
    }
    return iou_image_fail(
        error, IOU_UNSUPPORTED,
        "expected FFmpeg's encoder %s for .%s, found none; install an FFmpeg that "
        "has it, or name another ending",
        container->encoders[0], container->ending);
}

static iou_status prepare_frame(iou_video_writer *writer, iou_error *error) {
    const iou_ffmpeg *ffmpeg = writer->ffmpeg;
    const AVCodecContext *codec = writer->codec;
    writer->packet = ffmpeg->av_packet_alloc();
    writer->frame = ffmpeg->av_frame_alloc();
    writer->scaler = ffmpeg->sws_getCachedContext(NULL, codec->width, codec->height,
                                                  AV_PIX_FMT_RGB24, codec->width, codec->height,
                                                  codec->pix_fmt, SWS_BILINEAR, NULL, NULL, NULL);
    int code = AVERROR(ENOMEM);
    if (writer->packet != NULL && writer->frame != NULL && writer->scaler != NULL) {
        const int *matrix = ffmpeg->sws_getCoefficients(SWS_CS_ITU709);
        (void)ffmpeg->sws_setColorspaceDetails(writer->scaler, matrix, 1, matrix, 0, 0, 1 << 16,
                                               1 << 16);
        writer->frame->width = codec->width;
        writer->frame->height = codec->height;
        writer->frame->format = codec->pix_fmt;
        code = ffmpeg->av_frame_get_buffer(writer->frame, 0);
    }
    /* The scaler reads whole vectors: rows have room behind their ends. */
    writer->padded_stride = ((size_t)codec->width * 3 + 63) / 64 * 64 + 64;
    writer->padded = calloc((size_t)codec->height, writer->padded_stride);
    if (code < 0 || writer->padded == NULL) {
        return fail(writer, code < 0 ? code : AVERROR(ENOMEM), "frames", error);
    }
    return IOU_OK;
}

static iou_status begin_file(iou_video_writer *writer, iou_error *error) {
    const iou_ffmpeg *ffmpeg = writer->ffmpeg;
    writer->stream = ffmpeg->avformat_new_stream(writer->format, NULL);
    int code =
        writer->stream == NULL
            ? AVERROR(ENOMEM)
            : ffmpeg->avcodec_parameters_from_context(writer->stream->codecpar, writer->codec);
    if (code >= 0) {
        writer->stream->time_base = writer->codec->time_base;
        writer->stream->avg_frame_rate = writer->codec->framerate;
        writer->stream->sample_aspect_ratio = writer->codec->sample_aspect_ratio;
        code = ffmpeg->avformat_write_header(writer->format, NULL);
    }
    return code < 0 ? fail(writer, code, "the file's beginning", error) : IOU_OK;
}

static iou_status open_writer(iou_video_writer *writer, int file,
                              const iou_video_container *container, const iou_video_facts *facts,
                              iou_error *error) {
    const iou_ffmpeg *ffmpeg = writer->ffmpeg;
    writer->width = facts->width;
    writer->height = facts->height;
    writer->time_base = (AVRational){facts->time_base.numerator, facts->time_base.denominator};
    writer->last_time = -1;
    int code =
        ffmpeg->avformat_alloc_output_context2(&writer->format, NULL, container->format, NULL);
    if (code >= 0) {
        code = iou_video_file_open(&writer->file, ffmpeg, file, true);
    }
    if (code < 0) {
        return fail(writer, code, "the file", error);
    }
    writer->format->pb = writer->file.io;
    iou_status status = open_codec(writer, container, facts, error);
    if (status == IOU_OK) {
        status = prepare_frame(writer, error);
    }
    return status == IOU_OK ? begin_file(writer, error) : status;
}

iou_status iou_video_writer_open(iou_video_writer **out, int file, const char *ending,
                                 const iou_video_facts *facts, iou_error *error) {
    if (out == NULL || ending == NULL || facts == NULL || file < 0) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT, "video: %s",
                              out == NULL      ? "out is null"
                              : ending == NULL ? "ending is null"
                              : facts == NULL  ? "facts is null"
                                               : "expected an open file");
    }
    *out = NULL;
    if (facts->width <= 0 || facts->height <= 0 || facts->time_base.numerator <= 0 ||
        facts->time_base.denominator <= 0 || facts->rate.numerator < 0 ||
        facts->rate.denominator <= 0) {
        return iou_image_fail(
            error, IOU_INVALID_ARGUMENT,
            "video: expected sides and a time base above 0, found %dx%d and %d/%d",
            (int)facts->width, (int)facts->height, (int)facts->time_base.numerator,
            (int)facts->time_base.denominator);
    }
    const iou_video_container *container = iou_video_find_container(ending, error);
    const iou_ffmpeg *ffmpeg = container == NULL ? NULL : iou_ffmpeg_load(ending, error);
    if (ffmpeg == NULL) {
        return container == NULL ? IOU_INVALID_ARGUMENT : IOU_UNSUPPORTED;
    }
    iou_video_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        return iou_image_fail(error, IOU_OUT_OF_MEMORY, "no memory");
    }
    writer->ffmpeg = ffmpeg;
    const iou_status status = open_writer(writer, file, container, facts, error);
    if (status != IOU_OK) {
        iou_video_writer_close(writer);
        return status;
    }
    *out = writer;
    return IOU_OK;
}

/** Writes what the encoder has ready. */
static int drain(iou_video_writer *writer) {
    const iou_ffmpeg *ffmpeg = writer->ffmpeg;
    for (;;) {
        int code = ffmpeg->avcodec_receive_packet(writer->codec, writer->packet);
        if (code < 0) {
            return code == AVERROR(EAGAIN) || code == AVERROR_EOF ? 0 : code;
        }
        ffmpeg->av_packet_rescale_ts(writer->packet, writer->codec->time_base,
                                     writer->stream->time_base);
        writer->packet->stream_index = writer->stream->index;
        code = ffmpeg->av_interleaved_write_frame(writer->format, writer->packet);
        ffmpeg->av_packet_unref(writer->packet);
        if (code < 0) {
            return code;
        }
    }
}

/** Copies the picture, its last column and row once more where the codec's sides are larger. */
static void pad(iou_video_writer *writer, const iou_pixels *pixels) {
    const size_t row_bytes = (size_t)pixels->width * 3;
    for (int32_t row = 0; row < writer->codec->height; row++) {
        const int32_t from = row < pixels->height ? row : pixels->height - 1;
        uint8_t *to = writer->padded + (size_t)row * writer->padded_stride;
        memcpy(to, pixels->data + (size_t)from * pixels->stride, row_bytes);
        for (int32_t column = pixels->width; column < writer->codec->width; column++) {
            memcpy(to + (size_t)column * 3, to + row_bytes - 3, 3);
        }
    }
}

iou_status iou_video_write(iou_video_writer *writer, const iou_pixels *pixels, int64_t time,
                           iou_error *error) {
    if (writer == NULL || pixels == NULL || pixels->data == NULL) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT, "video: %s is null",
                              writer == NULL ? "writer" : "pixels");
    }
    if (pixels->width != writer->width || pixels->height != writer->height) {
        return iou_image_fail(
            error, IOU_BAD_DATA, "expected frames of %dx%d pixels as the first, found %dx%d",
            (int)writer->width, (int)writer->height, (int)pixels->width, (int)pixels->height);
    }
    const iou_ffmpeg *ffmpeg = writer->ffmpeg;
    int code = ffmpeg->av_frame_make_writable(writer->frame);
    if (code >= 0) {
        pad(writer, pixels);
        const uint8_t *const from[4] = {writer->padded};
        const int strides[4] = {(int)writer->padded_stride};
        (void)ffmpeg->sws_scale(writer->scaler, from, strides, 0, writer->codec->height,
                                writer->frame->data, writer->frame->linesize);
        const int64_t scaled =
            ffmpeg->av_rescale_q(time, writer->time_base, writer->codec->time_base);
        writer->frame->pts = scaled > writer->last_time ? scaled : writer->last_time + 1;
        writer->last_time = writer->frame->pts;
        if (strcmp(writer->codec->codec->name, "mpeg4") == 0) {
            writer->frame->quality = writer->codec->global_quality;
        }
        code = ffmpeg->avcodec_send_frame(writer->codec, writer->frame);
    }
    if (code >= 0) {
        code = drain(writer);
    }
    return code < 0 ? fail(writer, code, "cannot be written", error) : IOU_OK;
}

iou_status iou_video_writer_finish(iou_video_writer *writer, iou_error *error) {
    if (writer == NULL) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT, "video: writer is null");
    }
    int code = writer->ffmpeg->avcodec_send_frame(writer->codec, NULL);
    if (code >= 0) {
        code = drain(writer);
    }
    if (code >= 0) {
        code = writer->ffmpeg->av_write_trailer(writer->format);
    }
    if (code >= 0) {
        writer->ffmpeg->avio_flush(writer->file.io);
        code = writer->file.io->error;
    }
    return code < 0 ? fail(writer, code, "cannot be finished", error) : IOU_OK;
}

void iou_video_writer_close(iou_video_writer *writer) {
    if (writer == NULL) {
        return;
    }
    const iou_ffmpeg *ffmpeg = writer->ffmpeg;
    ffmpeg->sws_freeContext(writer->scaler);
    ffmpeg->avcodec_free_context(&writer->codec);
    ffmpeg->av_frame_free(&writer->frame);
    ffmpeg->av_packet_free(&writer->packet);
    ffmpeg->avformat_free_context(writer->format);
    iou_video_file_close(&writer->file, ffmpeg);
    free(writer->padded);
    free(writer);
}

#endif
