/* RGB to a PNG file that appears whole or not at all. */
#define _POSIX_C_SOURCE 200809L
#include "image_internal.h"
#include "png_encode.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An open file. */
typedef struct png_file {
    int file;
    int code; /* errno of a failed write */
} png_file;

static bool write_all(void *context, const unsigned char *from, size_t count) {
    png_file *target = context;
    size_t done = 0;
    while (done < count) {
        const ssize_t written = write(target->file, from + done, count - done);
        if (written >= 0) {
            done += (size_t)written;
        } else if (errno != EINTR) {
            target->code = errno;
            return false;
        }
    }
    return true;
}

static iou_status fail_io(iou_error *error, const char *path, int code) {
    char reason[128] = "unknown error";
    if (strerror_r(code, reason, sizeof reason) != 0) {
        (void)snprintf(reason, sizeof reason, "error %d", code);
    }
    return iou_image_fail(error, IOU_IO_ERROR, "png '%s': cannot write: %s", path, reason);
}

static iou_status write_to_file(int file, const char *path, const iou_pixels *pixels,
                                iou_error *error) {
    png_file target = {.file = file};
    const iou_png_sink sink = {write_all, &target};
    const iou_status status = iou_png_encode(pixels, path, sink, error);
    return target.code != 0 ? fail_io(error, path, target.code) : status;
}

/** The bytes of `path` that name its folder, with the last slash; 0 where it names none. */
static size_t folder_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

/**
 * Opens a new file beside `path`; its name goes to `name`. It is a short one: the longest name that
 * the system takes has no room for an ending. Returns -1 and errno on failure.
 */
static int open_beside(const char *path, char *name, size_t capacity) {
    static atomic_uint counter;
    for (int attempt = 0; attempt < 100; attempt++) {
        const unsigned number = atomic_fetch_add(&counter, 1u);
        const int length = snprintf(name, capacity, "%.*s.iou-%ld-%u.tmp", (int)folder_length(path),
                                    path, (long)getpid(), number);
        if (length < 0 || (size_t)length >= capacity) {
            errno = ENAMETOOLONG;
            return -1;
        }
        const int file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file >= 0 || (errno != EEXIST && errno != EINTR)) {
            return file;
        }
    }
    return -1;
}

/** Makes the rename itself durable where the system can; a failure loses nothing. */
static void sync_folder(const char *path, char *name, size_t capacity) {
    const size_t length = folder_length(path);
    if (length >= capacity) {
        return;
    }
    memcpy(name, path, length);
    memcpy(name + length, length == 0 ? "." : "", length == 0 ? 2 : 1);
    const int folder = open(name, O_RDONLY | O_CLOEXEC);
    if (folder >= 0) {
        (void)fsync(folder);
        (void)close(folder);
    }
}

static iou_status write_atomically(const char *path, const iou_pixels *pixels, char *name,
                                   size_t capacity, iou_error *error) {
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
        return iou_image_fail(error, IOU_IO_ERROR, "png '%s': is there, and no regular file", path);
    }
    const int file = open_beside(path, name, capacity);
    if (file < 0) {
        return fail_io(error, path, errno);
    }
    iou_status status = write_to_file(file, path, pixels, error);
    if (status == IOU_OK && fsync(file) != 0 && errno != EINVAL) {
        status = fail_io(error, path, errno);
    }
    if (close(file) != 0 && status == IOU_OK && errno != EINTR) {
        status = fail_io(error, path, errno);
    }
    if (status == IOU_OK && rename(name, path) != 0) {
        status = fail_io(error, path, errno);
    }
    if (status != IOU_OK) {
        (void)unlink(name);
    } else {
        sync_folder(path, name, capacity);
    }
    return status;
}

iou_status iou_image_write_png(const char *path, const iou_pixels *pixels, iou_error *error) {
    if (path == NULL) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT, "png: path is null or empty");
    }
    const iou_status checked = iou_png_check(pixels, path, error);
    if (checked != IOU_OK) {
        return checked;
    }
    const size_t capacity = strlen(path) + 64;
    char *name = malloc(capacity);
    if (name == NULL) {
        return iou_image_fail(error, IOU_OUT_OF_MEMORY, "png '%s': no memory", path);
    }
    const iou_status status = write_atomically(path, pixels, name, capacity, error);
    free(name);
    return status;
}
