/* Videos that are known without FFmpeg. */
#ifndef IOU_VIDEO_SIGNATURE_H
#define IOU_VIDEO_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Whether the first bytes of a file are those of a common container of videos. */
bool iou_video_has_signature(const uint8_t *data, size_t size);

/** Whether they are those of HEIF or AVIF, pictures in a video's container. */
bool iou_video_begins_like_heif(const uint8_t *data, size_t size);

#endif
