/* Is it a video? */
#if IOU_VIDEO
#include "ffmpeg.h"
#include "video_probe.h"
#include "video_signature.h"

#include <iou/video.h>

#include <string.h>

bool iou_video_format_is_picture(const char *format) {
    const size_t length = strlen(format);
    return strcmp(format, "image2") == 0 || strcmp(format, "tty") == 0 ||
           (length > 5 && strcmp(format + length - 5, "_pipe") == 0);
}

bool iou_video_format_is_playlist(const char *format) {
    static const char *const playlists[] = {"hls", "concat", "concatf", "dash", "sdp",
                                            "imf", "rtsp",   "rtp",     "lavfi"};
    for (size_t i = 0; i < sizeof playlists / sizeof playlists[0]; i++) {
        const size_t length = strlen(playlists[i]);
        if (strncmp(format, playlists[i], length) == 0 &&
            (format[length] == '\0' || format[length] == ',')) {
            return true;
        }
    }
    return strcmp(format, "webm_dash_manifest") == 0;
}

bool iou_video_begins(const void *data, size_t size) {
    if (iou_video_has_signature(data, size)) {
        return true;
    }
    const bool is_none = size == 0 || iou_video_begins_like_heif(data, size);
    const iou_ffmpeg *ffmpeg = is_none ? NULL : iou_ffmpeg_load("", NULL);
    if (ffmpeg == NULL) {
        return false;
    }
    uint8_t *padded = ffmpeg->av_malloc(size + AVPROBE_PADDING_SIZE);
    if (padded == NULL) {
        return false;
    }
    memcpy(padded, data, size);
    memset(padded + size, 0, AVPROBE_PADDING_SIZE);
    const AVProbeData probe = {.filename = "", .buf = padded, .buf_size = (int)size};
    int score = 0;
    const AVInputFormat *format = ffmpeg->av_probe_input_format3(&probe, 1, &score);
    ffmpeg->av_free(padded);
    return format != NULL && score > AVPROBE_SCORE_RETRY &&
           !iou_video_format_is_picture(format->name);
}

#endif
