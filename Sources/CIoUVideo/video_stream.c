/* Chooses the stream of an open container, and opens its codec. */
#if IOU_VIDEO
#include "video_orientation.h"
#include "video_reader.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/** Finds what the headers leave open, with the limits in the decoders that FFmpeg tries for it. */
static int find_facts(iou_video_reader *reader) {
    const iou_ffmpeg *ffmpeg = reader->ffmpeg;
    const unsigned count = reader->format->nb_streams;
    AVDictionary **options = calloc(count > 0 ? count : 1, sizeof *options);
    if (options == NULL) {
        return AVERROR(ENOMEM);
    }
    for (unsigned i = 0; i < count; i++) {
        (void)ffmpeg->av_dict_set_int(&options[i], "max_pixels", (int64_t)reader->limits.max_pixels,
                                      0);
        (void)ffmpeg->av_dict_set_int(&options[i], "threads", 1, 0);
    }
    const int code = ffmpeg->avformat_find_stream_info(reader->format, count > 0 ? options : NULL);
    for (unsigned i = 0; i < count; i++) {
        ffmpeg->av_dict_free(&options[i]);
    }
    free(options);
    return code;
}

static iou_status choose_stream(iou_video_reader *reader, iou_error *error) {
    AVFormatContext *format = reader->format;
    const int best =
        reader->ffmpeg->av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    if (best < 0 || (format->streams[best]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) {
        const char *what = "none";
        for (unsigned i = 0; i < format->nb_streams; i++) {
            const enum AVMediaType type = format->streams[i]->codecpar->codec_type;
            what = type == AVMEDIA_TYPE_AUDIO      ? "sound alone"
                   : type == AVMEDIA_TYPE_SUBTITLE ? "subtitles alone"
                                                   : what;
        }
        return iou_image_fail(error, IOU_BAD_IMAGE,
                              "video '%s': expected a stream of pictures, found %s; name a file "
                              "with video",
                              reader->name, what);
    }
    reader->stream = format->streams[best];
    for (unsigned i = 0; i < format->nb_streams; i++) {
        format->streams[i]->discard = (int)i == best ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    }
    return IOU_OK;
}

static iou_status open_codec(iou_video_reader *reader, iou_error *error) {
    const iou_ffmpeg *ffmpeg = reader->ffmpeg;
    const AVCodecParameters *parameters = reader->stream->codecpar;
    const char *name = ffmpeg->avcodec_get_name(parameters->codec_id);
    if (parameters->width > 0 && parameters->height > 0) {
        char where[640];
        (void)snprintf(where, sizeof where, "video '%s'", reader->name);
        const iou_status status =
            iou_image_check_size(where, (uint64_t)parameters->width, (uint64_t)parameters->height,
                                 &reader->limits, error);
        if (status != IOU_OK) {
            return status;
        }
    }
    const AVCodec *decoder = ffmpeg->avcodec_find_decoder(parameters->codec_id);
    if (decoder == NULL) {
        return iou_image_fail(
            error, IOU_UNSUPPORTED,
            "video '%s': expected a codec that the installed FFmpeg decodes, found "
            "'%s'; convert the video, to H.264 for example",
            reader->name, name);
    }
    reader->codec = ffmpeg->avcodec_alloc_context3(decoder);
    int code = reader->codec == NULL
                   ? AVERROR(ENOMEM)
                   : ffmpeg->avcodec_parameters_to_context(reader->codec, parameters);
    if (code >= 0) {
        reader->codec->thread_count = 0; /* as many as there are processors */
        reader->codec->max_pixels = (int64_t)reader->limits.max_pixels;
        reader->codec->pkt_timebase = reader->stream->time_base;
        code = ffmpeg->avcodec_open2(reader->codec, decoder, NULL);
    }
    if (code < 0) {
        return iou_image_fail(error, iou_ffmpeg_status(code),
                              "video '%s': expected a stream that the decoder of '%s' takes, "
                              "found: %s",
                              reader->name, name, iou_ffmpeg_reason(ffmpeg, code).text);
    }
    return IOU_OK;
}

/** How long the stream lasts in seconds, by its container's header; 0: it does not say. */
static double told_duration(const iou_video_reader *reader) {
    const AVFormatContext *format = reader->format;
    if (format->duration_estimation_method == AVFMT_DURATION_FROM_BITRATE) {
        return 0;
    }
    if (reader->stream->duration > 0) {
        return (double)reader->stream->duration * av_q2d(reader->stream->time_base);
    }
    return format->duration > 0 ? (double)format->duration / AV_TIME_BASE : 0;
}

static void note_facts(iou_video_reader *reader) {
    const AVStream *stream = reader->stream;
    const AVRational rate = stream->avg_frame_rate.num > 0 && stream->avg_frame_rate.den > 0
                                ? stream->avg_frame_rate
                                : stream->r_frame_rate;
    const AVRational aspect = stream->codecpar->sample_aspect_ratio;
    iou_video_facts *facts = &reader->facts;
    reader->orientation = iou_video_orientation(reader->ffmpeg, stream);
    const bool is_turned = reader->orientation >= 5;
    facts->width = is_turned ? stream->codecpar->height : stream->codecpar->width;
    facts->height = is_turned ? stream->codecpar->width : stream->codecpar->height;
    facts->rate = rate.num > 0 && rate.den > 0 ? (iou_video_ratio){rate.num, rate.den}
                                               : (iou_video_ratio){0, 1};
    facts->time_base = (iou_video_ratio){stream->time_base.num, stream->time_base.den};
    facts->aspect = aspect.num <= 0 || aspect.den <= 0 ? (iou_video_ratio){0, 1}
                    : is_turned                        ? (iou_video_ratio){aspect.den, aspect.num}
                                                       : (iou_video_ratio){aspect.num, aspect.den};
    facts->frames = stream->nb_frames;
    const double duration = told_duration(reader);
    if (facts->frames <= 0) {
        const double frames = facts->rate.numerator > 0 ? duration * av_q2d(rate) : 0;
        facts->frames = frames < 1e12 ? (int64_t)llround(frames) : 0;
    }
    facts->is_live = reader->is_address && duration <= 0;
    const int entries = reader->ffmpeg->avformat_index_get_entries_count(reader->stream);
    reader->expected_packets = entries > 0 ? entries : 0;
}

iou_status iou_video_begin_stream(iou_video_reader *reader, iou_error *error) {
    const int code = find_facts(reader);
    if (code < 0 && code != AVERROR_EXIT && reader->format->nb_streams == 0) {
        return iou_image_fail(error, iou_ffmpeg_status(code),
                              "video '%s': expected streams, found: %s", reader->name,
                              iou_ffmpeg_reason(reader->ffmpeg, code).text);
    }
    iou_status status = choose_stream(reader, error);
    if (status == IOU_OK) {
        status = open_codec(reader, error);
    }
    if (status == IOU_OK) {
        note_facts(reader);
    }
    return status;
}

#endif
