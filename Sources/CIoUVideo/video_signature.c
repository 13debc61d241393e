/* The first bytes of common containers. */
#include "video_signature.h"

#include <string.h>

/** Some bytes at some place. */
typedef struct signature {
    size_t place, length;
    const char *bytes;
} signature;

/* Known without FFmpeg, so that where it is missing the user hears of it. */
static const signature signatures[] = {
    {0, 4, "\x1a\x45\xdf\xa3"},                 /* Matroska, WebM */
    {8, 4, "AVI "},                             /* behind RIFF and a size */
    {0, 4, "FLV\x01"},                          /**/
    {0, 4, "OggS"},                             /**/
    {0, 8, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"}, /* ASF, WMV */
    {0, 4, "\x00\x00\x01\xba"},                 /* MPEG program stream */
    {0, 4, "\x00\x00\x01\xb3"},                 /* MPEG-1 and 2 */
    {4, 4, "moov"},                             /* QuickTime */
    {4, 4, "mdat"},                             /**/
};

/** MP4 and its like. */
static bool begins_like_mp4(const uint8_t *data, size_t size) {
    return size >= 12 && memcmp(data + 4, "ftyp", 4) == 0;
}

bool iou_video_begins_like_heif(const uint8_t *data, size_t size) {
    static const char *const brands[] = {"heic", "heix", "mif1", "msf1", "avif", "avis"};
    for (size_t i = 0; begins_like_mp4(data, size) && i < sizeof brands / sizeof brands[0]; i++) {
        if (memcmp(data + 8, brands[i], 4) == 0) {
            return true;
        }
    }
    return false;
}

bool iou_video_has_signature(const uint8_t *data, size_t size) {
    if (iou_video_begins_like_heif(data, size)) {
        return false;
    }
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
        const signature *s = &signatures[i];
        if (size >= s->place + s->length && memcmp(data + s->place, s->bytes, s->length) == 0) {
            return true;
        }
    }
    return begins_like_mp4(data, size);
}
