/* RGB to a PNG file that appears whole or not at all. libpng's longjmp stays in run_guarded. */
#define _POSIX_C_SOURCE 200809L
#include "image_internal.h"
#include "png_messages.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <png.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct png_target {
    int file;
    int code; /* errno of a failed write */
    const iou_pixels *pixels;
    png_message message;
    png_structp png;
    png_infop info;
} png_target;

static void on_write(png_structp png, png_bytep from, size_t count) {
    png_target *target = png_get_io_ptr(png);
    size_t done = 0;
    while (done < count) {
        const ssize_t written = write(target->file, from + done, count - done);
        if (written >= 0) {
            done += (size_t)written;
        } else if (errno != EINTR) {
            target->code = errno;
            png_error(png, "write failed");
        }
    }
}

static void on_flush(png_structp png) {
    (void)png;
}

static void encode(png_target *target) {
    png_structp png = target->png;
    const iou_pixels *pixels = target->pixels;
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_write_fn(png, target, on_write, on_flush);
    png_set_compression_buffer_size(png, 1 << 16);
    png_set_compression_level(png, 4);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB | PNG_FILTER_UP | PNG_FILTER_PAETH);
    png_set_IHDR(png, target->info, (png_uint_32)pixels->width, (png_uint_32)pixels->height, 8,
                 PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, target->info);
    for (int32_t row = 0; row < pixels->height; row++) {
        png_write_row(png, pixels->data + (size_t)row * pixels->stride);
    }
    png_write_end(png, target->info);
}

/** False when libpng failed; everything that changes lives in `target`, not in this frame. */
static bool run_guarded(png_target *target) {
    if (setjmp(png_jmpbuf(target->png)) != 0) {
        return false;
    }
    encode(target);
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
    png_target target = {.file = file, .pixels = pixels};
    target.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &target.message, iou_png_on_error,
                                         iou_png_on_warning);
    if (target.png != NULL) {
        target.info = png_create_info_struct(target.png);
    }
    iou_status status = IOU_OK;
    if (target.info == NULL) {
        status = iou_image_fail(error, IOU_OUT_OF_MEMORY, "png '%s': no memory", path);
    } else if (!run_guarded(&target)) {
        status = target.code != 0 ? fail_io(error, path, target.code)
                                  : iou_image_fail(error, IOU_OUT_OF_MEMORY, "png '%s': %s", path,
                                                   target.message.text);
    }
    png_destroy_write_struct(&target.png, &target.info);
    return status;
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
    if (path == NULL || pixels == NULL || pixels->data == NULL) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT, "png: %s is null or empty",
                              path == NULL ? "path" : "pixels");
    }
    if (pixels->width <= 0 || pixels->height <= 0 || pixels->stride / 3 < (size_t)pixels->width) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT, "png '%s': %dx%d pixels, stride %zu",
                              path, (int)pixels->width, (int)pixels->height, pixels->stride);
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
