/* Packets to frames, in order, past what is damaged. */
#if IOU_VIDEO
#include "video_reader.h"
#include "video_stop.h"

#include <inttypes.h>
#include <math.h>

static int64_t start_of(const AVStream *stream) {
    return stream->start_time == AV_NOPTS_VALUE ? 0 : stream->start_time;
}

/** The last frame may be shown for long. */
static void note_end(iou_video_reader *reader) {
    const AVPacket *packet = reader->packet;
    if (packet->pts != AV_NOPTS_VALUE && packet->duration > 0) {
        const int64_t start = start_of(reader->stream);
        const int64_t end = av_sat_add64(av_sat_sub64(packet->pts, start), packet->duration);
        reader->told_end = end > reader->told_end ? end : reader->told_end;
    }
}

/** Hands the next packet of the stream to the decoder, or tells it that there is none. */
static void feed(iou_video_reader *reader) {
    const iou_ffmpeg *ffmpeg = reader->ffmpeg;
    for (;;) {
        reader->deadline = iou_video_now() + IOU_VIDEO_SILENCE_MS;
        reader->read_code = iou_video_is_ended()
                                ? AVERROR_EXIT
                                : ffmpeg->av_read_frame(reader->format, reader->packet);
        if (reader->read_code == AVERROR(EAGAIN)) {
            continue;
        }
        if (reader->read_code < 0) {
            (void)ffmpeg->avcodec_send_packet(reader->codec, NULL);
            return;
        }
        if (reader->packet->stream_index == reader->stream->index) {
            break;
        }
        ffmpeg->av_packet_unref(reader->packet);
    }
    reader->packets++;
    note_end(reader);
    const bool is_corrupt = (reader->packet->flags & AV_PKT_FLAG_CORRUPT) != 0;
    const int code = ffmpeg->avcodec_send_packet(reader->codec, reader->packet);
    if (code < 0 || is_corrupt) {
        reader->damaged++;
    }
    ffmpeg->av_packet_unref(reader->packet);
}

/** Whether a frame came; false: the stream has ended. */
static bool decode(iou_video_reader *reader) {
    const iou_ffmpeg *ffmpeg = reader->ffmpeg;
    for (;;) {
        const int code = ffmpeg->avcodec_receive_frame(reader->codec, reader->frame);
        if (code >= 0) {
            const bool is_corrupt = (reader->frame->flags & AV_FRAME_FLAG_CORRUPT) != 0;
            if (is_corrupt || reader->frame->decode_error_flags != 0) {
                reader->damaged++;
            }
            return true;
        }
        if (code == AVERROR_EOF || (reader->read_code < 0 && code == AVERROR(EAGAIN))) {
            return false;
        }
        if (code != AVERROR(EAGAIN)) {
            reader->damaged++;
            if (reader->read_code < 0) {
                return false;
            }
        }
        feed(reader);
    }
}

/** The time of the decoded frame, behind that of the last one, also where stamps begin again. */
static int64_t time_of_frame(iou_video_reader *reader) {
    const AVStream *stream = reader->stream;
    const int64_t stamp = reader->frame->best_effort_timestamp;
    const iou_video_ratio rate = reader->facts.rate;
    int64_t step = 1;
    if (rate.numerator > 0) {
        step = reader->ffmpeg->av_rescale_q(1, (AVRational){rate.denominator, rate.numerator},
                                            stream->time_base);
    }
    step = step < 1 ? 1 : step;
    if (stamp == AV_NOPTS_VALUE) {
        return reader->last_time < 0 ? 0 : av_sat_add64(reader->last_time, step);
    }
    const int64_t time = av_sat_add64(av_sat_sub64(stamp, start_of(stream)), reader->offset);
    if (time > reader->last_time) {
        return time;
    }
    const int64_t back = av_sat_sub64(reader->last_time, time);
    if (back <= step) {
        return av_sat_add64(reader->last_time, 1);
    }
    reader->offset = av_sat_add64(reader->offset, av_sat_add64(back, step));
    return av_sat_add64(reader->last_time, step);
}

/** How much of the stream is missing in seconds, by its own container's word. */
static double missing_seconds(const iou_video_reader *reader) {
    const AVStream *stream = reader->stream;
    const AVFormatContext *format = reader->format;
    if (format->duration_estimation_method != AVFMT_DURATION_FROM_STREAM || reader->is_address) {
        return 0;
    }
    const double told = stream->duration > 0 ? (double)stream->duration * av_q2d(stream->time_base)
                        : format->nb_streams == 1 && format->duration > 0
                            ? (double)format->duration / AV_TIME_BASE
                            : 0;
    const iou_video_ratio rate = reader->facts.rate;
    const double frame = rate.numerator > 0 ? (double)rate.denominator / rate.numerator : 1;
    const double base = av_q2d(stream->time_base);
    const double end =
        fmax((double)reader->last_time * base + frame, (double)reader->told_end * base);
    return told - end > fmax(0.5, 2 * frame) ? told - end : 0;
}

/** IOU_OK where all that the container promised was there and whole. */
static iou_status judge_end(const iou_video_reader *reader, iou_error *error) {
    const int code = reader->read_code;
    if (iou_video_is_ended()) {
        return reader->facts.is_live
                   ? IOU_OK
                   : iou_image_fail(error, IOU_CANCELLED,
                                    "video '%s': stopped by a signal behind frame %" PRId64,
                                    reader->name, reader->frames);
    }
    if (code == AVERROR_EXIT && reader->is_address) {
        return iou_image_fail(error, IOU_IO_ERROR,
                              "video '%s': expected more frames within %d s, found none behind "
                              "frame %" PRId64,
                              reader->name, IOU_VIDEO_SILENCE_MS / 1000, reader->frames);
    }
    if (code != AVERROR_EOF) {
        return iou_image_fail(error, iou_ffmpeg_status(code),
                              "video '%s': damaged behind frame %" PRId64 ": %s", reader->name,
                              reader->frames, iou_ffmpeg_reason(reader->ffmpeg, code).text);
    }
    if (reader->packets < reader->expected_packets) {
        return iou_image_fail(error, IOU_BAD_IMAGE,
                              "video '%s': truncated: expected %" PRId64 " frames, found %" PRId64,
                              reader->name, reader->expected_packets, reader->frames);
    }
    const double missing = missing_seconds(reader);
    if (missing > 0) {
        return iou_image_fail(error, IOU_BAD_IMAGE,
                              "video '%s': truncated: %.1f s are missing behind frame %" PRId64,
                              reader->name, missing, reader->frames);
    }
    if (reader->damaged > 0) {
        return iou_image_fail(error, IOU_BAD_IMAGE,
                              "video '%s': expected whole frames, found %" PRId64
                              " damaged ones among %" PRId64,
                              reader->name, reader->damaged, reader->frames);
    }
    if (reader->frames == 0) {
        return iou_image_fail(error, IOU_BAD_IMAGE, "video '%s': expected frames, found none",
                              reader->name);
    }
    return IOU_OK;
}

iou_status iou_video_next(iou_video_reader *reader, int32_t step, iou_pixels *out,
                          iou_video_frame *frame, iou_error *error) {
    if (reader == NULL || out == NULL || frame == NULL || step < 1) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT, "video: %s",
                              reader == NULL  ? "reader is null"
                              : out == NULL   ? "out is null"
                              : frame == NULL ? "frame is null"
                                              : "expected a step of 1 or more");
    }
    *out = (iou_pixels){0};
    while (decode(reader)) {
        const int64_t index = reader->frames++;
        reader->last_time = time_of_frame(reader);
        iou_status status = IOU_OK;
        if (index % step == 0) {
            *frame = (iou_video_frame){.index = index,
                                       .time = reader->last_time,
                                       .seconds = (double)reader->last_time *
                                                  av_q2d(reader->stream->time_base)};
            status = iou_video_convert(reader, out, error);
        }
        reader->ffmpeg->av_frame_unref(reader->frame);
        if (status != IOU_OK || out->data != NULL) {
            return status;
        }
    }
    return judge_end(reader, error);
}

#endif
