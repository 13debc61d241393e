/* A model's bytes: mapped from a file, or borrowed. */
#ifndef IOU_FILE_H
#define IOU_FILE_H

#include "core/status.h"

typedef struct iou_file {
    const uint8_t *data;
    size_t size;
    bool mapped;
    uint64_t device, inode; /**< of a mapped file */
} iou_file;

/** Maps a regular file of 1 to `max_size` bytes; on demand only where `path` itself is no link. */
iou_status iou_file_map(iou_file *file, const char *path, size_t max_size, bool refuse_link,
                        iou_error *error);
void iou_file_close(iou_file *file);

/** Gives the memory of a mapped file back to the system; what is read again comes from its cache.
 */
void iou_file_forget(const iou_file *file);

#endif
