/* Reading picture files: regular ones, and pipes that somebody writes to. */
#define _POSIX_C_SOURCE 200809L
#include "image_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static iou_status fail_io(iou_error *error, const char *path, int code) {
    char reason[128] = "unknown error";
    if (strerror_r(code, reason, sizeof reason) != 0) {
        (void)snprintf(reason, sizeof reason, "error %d", code);
    }
    return iou_image_fail(error, IOU_IO_ERROR, "picture '%s': %s", path, reason);
}

static const char *kind_of_file(mode_t mode) {
    return S_ISDIR(mode)    ? "a folder"
           : S_ISCHR(mode)  ? "a character device"
           : S_ISBLK(mode)  ? "a block device"
           : S_ISSOCK(mode) ? "a socket"
                            : "something else";
}

/** Reads up to `*size` bytes, and sets `*size` to what there was. Returns errno or 0. */
static int read_all(int file, uint8_t *data, size_t *size) {
    size_t done = 0;
    while (done < *size) {
        const size_t part = *size - done < (1u << 30) ? *size - done : (1u << 30);
        const ssize_t count = read(file, data + done, part);
        if (count > 0) {
            done += (size_t)count;
        } else if (count == 0) {
            break;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    *size = done;
    return 0;
}

enum { PIPE_BYTES = 1 << 16 /* at first */ };

/** Reads on when there is more, until nobody writes; nothing from a pipe that nobody has opened. */
static ssize_t read_pipe(int file, uint8_t *to, size_t room) {
    for (;;) {
        const ssize_t count = read(file, to, room);
        if (count >= 0 || (errno != EINTR && errno != EAGAIN)) {
            return count;
        }
        (void)poll(&(struct pollfd){.fd = file, .events = POLLIN}, 1, -1);
    }
}

static iou_status read_open_pipe(uint8_t **data, size_t *size, int file, const char *path,
                                 const iou_image_limits *limits, iou_error *error) {
    size_t room = 0;
    for (*size = 0;;) {
        if (*size == room) {
            room = room == 0 ? PIPE_BYTES : 2 * room;
            uint8_t *more = realloc(*data, room);
            if (more == NULL) {
                return iou_image_fail(error, IOU_OUT_OF_MEMORY,
                                      "picture '%s': no memory for %zu bytes", path, room);
            }
            *data = more;
        }
        const ssize_t count = read_pipe(file, *data + *size, room - *size);
        if (count < 0) {
            return fail_io(error, path, errno);
        }
        if (count == 0) {
            return IOU_OK;
        }
        *size += (size_t)count;
        if (*size > limits->max_file_bytes) {
            return iou_image_fail(error, IOU_LIMIT,
                                  "picture '%s': more than the %llu bytes that a file may have",
                                  path, (unsigned long long)limits->max_file_bytes);
        }
    }
}

static iou_status read_open_file(uint8_t **data, size_t *size, int file, const char *path,
                                 const iou_image_limits *limits, iou_error *error) {
    struct stat info;
    if (fstat(file, &info) != 0) {
        return fail_io(error, path, errno);
    }
    if (S_ISFIFO(info.st_mode)) {
        return read_open_pipe(data, size, file, path, limits, error);
    }
    if (!S_ISREG(info.st_mode)) {
        return iou_image_fail(error, IOU_IO_ERROR,
                              "picture '%s': expected a regular file, found %s", path,
                              kind_of_file(info.st_mode));
    }
    const uint64_t length = info.st_size < 0 ? 0 : (uint64_t)info.st_size;
    if (length > limits->max_file_bytes || length > SIZE_MAX - 1) {
        return iou_image_fail(error, IOU_LIMIT, "picture '%s': %llu bytes, a file may have %llu",
                              path, (unsigned long long)length,
                              (unsigned long long)limits->max_file_bytes);
    }
    *size = (size_t)length;
    *data = malloc(*size + 1);
    if (*data == NULL) {
        return iou_image_fail(error, IOU_OUT_OF_MEMORY, "picture '%s': no memory for %zu bytes",
                              path, *size);
    }
    const int code = read_all(file, *data, size);
    return code == 0 ? IOU_OK : fail_io(error, path, code);
}

static iou_status read_file(uint8_t **data, size_t *size, const char *path,
                            const iou_image_limits *limits, iou_error *error) {
    int file;
    do {
        file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    } while (file < 0 && errno == EINTR);
    if (file < 0) {
        return fail_io(error, path, errno);
    }
    const iou_status status = read_open_file(data, size, file, path, limits, error);
    (void)close(file);
    return status;
}

iou_status iou_image_read(iou_pixels *out, const char *path, const iou_image_limits *limits,
                          iou_error *error) {
    if (out == NULL || path == NULL) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT, "picture: %s is null",
                              out == NULL ? "out" : "path");
    }
    *out = (iou_pixels){0};
    const iou_image_limits resolved = iou_image_limits_resolved(limits);
    uint8_t *data = NULL;
    size_t size = 0;
    iou_status status = read_file(&data, &size, path, &resolved, error);
    if (status == IOU_OK) {
        iou_error inner = {.status = IOU_OK, .text = ""};
        status = iou_image_decode(out, data, size, &resolved, &inner);
        if (status != IOU_OK) {
            status = iou_image_fail(error, status, "picture '%.400s': %.500s", path, inner.text);
        } else if (error != NULL) {
            *error = inner;
        }
    }
    free(data);
    return status;
}
