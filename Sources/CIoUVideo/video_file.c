/* Reads and writes an open file for FFmpeg, so that it opens none itself. */
#define _POSIX_C_SOURCE 200809L
#if IOU_VIDEO
#include "video_file.h"

#include <iou/video.h>

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 16, POLL_MS = 200 /* how long a signal may wait */ };

/** Waits for bytes of a pipe; false: the readers are ended. */
static bool wait_for_bytes(int file) {
    while (!iou_video_is_ended()) {
        const int ready = poll(&(struct pollfd){.fd = file, .events = POLLIN}, 1, POLL_MS);
        if (ready > 0 || (ready < 0 && errno != EINTR)) {
            return true;
        }
    }
    return false;
}

static int read_bytes(void *context, uint8_t *to, int room) {
    const iou_video_file *file = context;
    for (;;) {
        if (!file->is_seekable && !wait_for_bytes(file->file)) {
            return AVERROR_EXIT;
        }
        const ssize_t count = read(file->file, to, (size_t)room);
        if (count > 0) {
            return (int)count;
        }
        if (count == 0) {
            return AVERROR_EOF;
        }
        if (errno != EINTR && errno != EAGAIN) {
            return AVERROR(errno);
        }
    }
}

#if LIBAVFORMAT_VERSION_MAJOR >= 61
static int write_bytes(void *context, const uint8_t *from, int size) {
#else
static int write_bytes(void *context, uint8_t *from, int size) {
#endif
    const iou_video_file *file = context;
    for (int done = 0; done < size;) {
        const ssize_t count = write(file->file, from + done, (size_t)(size - done));
        if (count < 0 && errno != EINTR) {
            return AVERROR(errno);
        }
        done += count > 0 ? (int)count : 0;
    }
    return size;
}

static int64_t seek(void *context, int64_t offset, int whence) {
    const iou_video_file *file = context;
    if (whence == AVSEEK_SIZE) {
        const off_t at = lseek(file->file, 0, SEEK_CUR);
        const off_t end = lseek(file->file, 0, SEEK_END);
        return at < 0 || end < 0 || lseek(file->file, at, SEEK_SET) < 0 ? AVERROR(errno)
                                                                        : end - file->start;
    }
    const off_t from = (whence & ~AVSEEK_FORCE) == SEEK_SET ? file->start : 0;
    const off_t place = lseek(file->file, from + offset, whence & ~AVSEEK_FORCE);
    return place < 0 ? AVERROR(errno) : place - file->start;
}

int iou_video_file_open(iou_video_file *out, const iou_ffmpeg *ffmpeg, int file, bool writes) {
    const off_t start = lseek(file, 0, SEEK_CUR);
    *out =
        (iou_video_file){.file = file, .start = start < 0 ? 0 : start, .is_seekable = start >= 0};
    uint8_t *buffer = ffmpeg->av_malloc(BUFFER_BYTES);
    if (buffer == NULL) {
        return AVERROR(ENOMEM);
    }
    out->io =
        ffmpeg->avio_alloc_context(buffer, BUFFER_BYTES, writes, out, writes ? NULL : read_bytes,
                                   writes ? write_bytes : NULL, out->is_seekable ? seek : NULL);
    if (out->io == NULL) {
        ffmpeg->av_free(buffer);
        return AVERROR(ENOMEM);
    }
    return 0;
}

void iou_video_file_close(iou_video_file *file, const iou_ffmpeg *ffmpeg) {
    if (file->io != NULL) {
        ffmpeg->av_freep(&file->io->buffer);
        ffmpeg->avio_context_free(&file->io);
    }
}

#endif
