#define _GNU_SOURCE
#include "model/contained_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_LOCATION = 4096, MAX_COMPONENT = 255 };

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool climbs(const char *location) {
    for (const char *at = location; at; at = strchr(at, '/')) {
        at += *at == '/';
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0')) {
            return true;
        }
    }
    return false;
}

/** The rules hold on every system, so that a file means the same on all of them. */
static iou_status check_location(const char *location, iou_error *error) {
    IOU_FAIL_IF(!*location, IOU_BAD_MODEL, error, "the name of a file is wanted, it is empty");
    IOU_FAIL_IF(strlen(location) > MAX_LOCATION, IOU_BAD_MODEL, error,
                "a file's name has %zu bytes, at most %d are supported", strlen(location),
                MAX_LOCATION);
    IOU_FAIL_IF(*location == '/' || strchr(location, '\\') ||
                    (is_letter(location[0]) && location[1] == ':'),
                IOU_BAD_MODEL, error, "'%s': a path relative to the model's folder is wanted",
                location);
    IOU_FAIL_IF(climbs(location), IOU_BAD_MODEL, error,
                "'%s': must not leave the model's folder with '..'", location);
    return IOU_OK;
}

static iou_status cannot_open(const char *location, iou_error *error) {
    IOU_FAIL_IF(errno == ELOOP, IOU_BAD_MODEL, error,
                "'%s': symbolic links are not followed, they may leave the model's folder",
                location);
    return iou_fail(error, IOU_IO_ERROR, "'%s': %s", location, strerror(errno));
}

/** Whether `name` in `parent` is a symbolic link: opening one as a folder says only ENOTDIR. */
static bool is_link(int parent, const char *name) {
    struct stat info;
    return fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode);
}

/**
 * Goes down one component at a time, following no link: nobody can swap a folder for a link between
 * a check and the opening, on systems with and without openat2.
 */
static iou_status walk(int *descriptor, const char *location, iou_error *error) {
    const char *rest = location;
    for (;;) {
        rest += strspn(rest, "/");
        const size_t length = strcspn(rest, "/");
        const bool last = rest[length] == '\0';
        char name[MAX_COMPONENT + 1];
        IOU_FAIL_IF(length == 0, IOU_BAD_MODEL, error, "'%s': a file is wanted, not a folder",
                    location);
        IOU_FAIL_IF(length > MAX_COMPONENT, IOU_BAD_MODEL, error, "'%s': a name is too long",
                    location);
        memcpy(name, rest, length);
        name[length] = '\0';
        /* Without O_NONBLOCK, opening a pipe would wait for a writer. */
        const int flags =
            O_RDONLY | O_CLOEXEC | O_NOFOLLOW | (last ? O_NONBLOCK | O_NOCTTY : O_DIRECTORY);
        const int next = openat(*descriptor, name, flags);
        if (next < 0) {
            const int reason = errno;
            errno = is_link(*descriptor, name) ? ELOOP : reason;
            return cannot_open(location, error);
        }
        (void)close(*descriptor);
        *descriptor = next;
        if (last) {
            return IOU_OK;
        }
        rest += length;
    }
}

static iou_status check_file(int descriptor, uint64_t *size, const char *location,
                             iou_error *error) {
    struct stat info;
    IOU_FAIL_IF(fstat(descriptor, &info) != 0, IOU_IO_ERROR, error, "'%s': %s", location,
                strerror(errno));
    IOU_FAIL_IF(!S_ISREG(info.st_mode), IOU_BAD_MODEL, error,
                "'%s': a regular file is wanted, this is %s", location,
                S_ISDIR(info.st_mode) ? "a folder" : "a device or pipe");
    /* A second name may stand outside the folder. */
    IOU_FAIL_IF(info.st_nlink > 1, IOU_BAD_MODEL, error,
                "'%s': a file with one name is wanted, it has %llu (hard links)", location,
                (unsigned long long)info.st_nlink);
    *size = (uint64_t)info.st_size;
    return IOU_OK;
}

iou_status iou_contained_open(int *descriptor, uint64_t *size, const char *folder,
                              const char *location, iou_error *error) {
    IOU_TRY(check_location(location, error));
    int at = open(*folder ? folder : ".", O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    IOU_FAIL_IF(at < 0, IOU_IO_ERROR, error, "'%s': %s", folder, strerror(errno));
    iou_status status = walk(&at, location, error);
    if (status == IOU_OK) {
        status = check_file(at, size, location, error);
    }
    if (status != IOU_OK) {
        (void)close(at);
        return status;
    }
    *descriptor = at;
    return IOU_OK;
}
