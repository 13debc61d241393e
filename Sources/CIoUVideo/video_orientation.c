/* The display matrix of a stream as one of EXIF's orientations. */
#if IOU_VIDEO
#include "video_orientation.h"

#include <string.h>

/** The stream's matrix of nine numbers; false where it has none. */
static bool find_matrix(const iou_ffmpeg *ffmpeg, const AVStream *stream, int32_t matrix[9]) {
    const uint8_t *data = NULL;
    size_t size = 0;
#if IOU_FFMPEG_CODED_SIDE_DATA
    (void)ffmpeg;
    for (int i = 0; i < stream->codecpar->nb_coded_side_data; i++) {
        const AVPacketSideData *side = &stream->codecpar->coded_side_data[i];
        if (side->type == AV_PKT_DATA_DISPLAYMATRIX) {
            data = side->data;
            size = side->size;
        }
    }
#else
    data = ffmpeg->av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
#endif
    if (data == NULL || size < 9 * sizeof matrix[0]) {
        return false;
    }
    memcpy(matrix, data, 9 * sizeof matrix[0]);
    return true;
}

static int sign(int32_t value) {
    return (value > 0) - (value < 0);
}

int iou_video_orientation(const iou_ffmpeg *ffmpeg, const AVStream *stream) {
    int32_t m[9];
    if (!find_matrix(ffmpeg, stream, m)) {
        return 1;
    }
    /* The point (x, y) is shown at (m0 x + m3 y, m1 x + m4 y). */
    static const struct {
        int xx, yx, xy, yy, orientation;
    } known[] = {
        {-1, 0, 0, 1, 2}, {-1, 0, 0, -1, 3}, {1, 0, 0, -1, 4}, {0, 1, 1, 0, 5},
        {0, -1, 1, 0, 6}, {0, -1, -1, 0, 7}, {0, 1, -1, 0, 8},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (sign(m[0]) == known[i].xx && sign(m[3]) == known[i].yx && sign(m[1]) == known[i].xy &&
            sign(m[4]) == known[i].yy) {
            return known[i].orientation;
        }
    }
    return 1;
}

#endif
