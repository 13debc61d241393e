/* The containers that are written, and the settings of encoders. */
#if IOU_VIDEO
#include "video_encoders.h"

#include <iou/video.h>

#include <string.h>

static const iou_video_container containers[] = {
    {"mp4", "mp4", {"libx264", "libopenh264", "mpeg4"}},
    {"m4v", "mp4", {"libx264", "libopenh264", "mpeg4"}},
    {"mov", "mov", {"libx264", "libopenh264", "mpeg4"}},
    {"mkv", "matroska", {"libx264", "libopenh264", "mpeg4"}},
    {"webm", "webm", {"libvpx-vp9", "libvpx"}},
    {"avi", "avi", {"mpeg4"}},
};

const iou_video_container *iou_video_find_container(const char *ending, iou_error *error) {
    for (size_t i = 0; i < sizeof containers / sizeof containers[0]; i++) {
        if (strcmp(ending, containers[i].ending) == 0) {
            return &containers[i];
        }
    }
    (void)iou_image_fail(error, IOU_INVALID_ARGUMENT,
                         "expected a name ending in .mp4, .m4v, .mov, .mkv, .webm or .avi for a "
                         "video, found '%s'",
                         ending);
    return NULL;
}

iou_status iou_video_check_ending(const char *ending, iou_error *error) {
    return iou_video_find_container(ending, error) == NULL ? IOU_INVALID_ARGUMENT : IOU_OK;
}

static void set_bit_rate(AVCodecContext *codec) {
    /* A tenth of a bit a pixel and frame. */
    const double rate = codec->framerate.num > 0 ? av_q2d(codec->framerate) : 25;
    codec->bit_rate = (int64_t)(0.1 * codec->width * codec->height * rate) + 100000;
}

void iou_video_set_quality(const iou_ffmpeg *ffmpeg, AVCodecContext *codec,
                           AVDictionary **options) {
    const char *name = codec->codec->name;
    if (strcmp(name, "libx264") == 0) {
        (void)ffmpeg->av_dict_set(options, "preset", "veryfast", 0);
        (void)ffmpeg->av_dict_set(options, "crf", "20", 0);
    } else if (strcmp(name, "libvpx-vp9") == 0 || strcmp(name, "libvpx") == 0) {
        (void)ffmpeg->av_dict_set(options, "deadline", "realtime", 0);
        (void)ffmpeg->av_dict_set(options, "cpu-used", "7", 0);
        (void)ffmpeg->av_dict_set(options, "crf", "24", 0);
        codec->bit_rate = 0;
        if (strcmp(name, "libvpx") == 0) {
            set_bit_rate(codec);
        }
    } else if (strcmp(name, "mpeg4") == 0) {
        codec->flags |= AV_CODEC_FLAG_QSCALE;
        codec->global_quality = 3 * FF_QP2LAMBDA;
    } else {
        set_bit_rate(codec);
    }
}

#endif
