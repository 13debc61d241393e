#define _GNU_SOURCE
#include "model/contained_file.h"

#include "model/path_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_LOCATION = 4096 };

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
    IOU_FAIL_IF(!*location, IOU_BAD_MODEL, error,
                "expected the name of a file, found an empty one");
    IOU_FAIL_IF(strlen(location) > MAX_LOCATION, IOU_BAD_MODEL, error,
                "a file's name has %zu bytes, at most %d are supported", strlen(location),
                MAX_LOCATION);
    IOU_FAIL_IF(*location == '/' || strchr(location, '\\') ||
                    (is_letter(location[0]) && location[1] == ':'),
                IOU_BAD_MODEL, error, "'%s': expected a path relative to the model's folder",
                location);
    IOU_FAIL_IF(climbs(location), IOU_BAD_MODEL, error,
                "'%s': must not leave the model's folder with '..'", location);
    return IOU_OK;
}

typedef struct identity {
    dev_t device;
    ino_t inode;
} identity;

static identity identity_of(const struct stat *info) {
    return (identity){info->st_dev, info->st_ino};
}

static bool is_same(identity a, identity b) {
    return a.device == b.device && a.inode == b.inode;
}

/** Whether the open folder is `ancestor` or lies below it. */
static bool lies_in(int folder, identity ancestor) {
    int at = fcntl(folder, F_DUPFD_CLOEXEC, 0);
    struct stat info;
    bool found = false;
    while (at >= 0 && fstat(at, &info) == 0 && !(found = is_same(identity_of(&info), ancestor))) {
        const identity here = identity_of(&info);
        const int above = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        (void)close(at);
        at = above;
        /* The root is its own parent. */
        if (at >= 0 && fstat(at, &info) == 0 && is_same(identity_of(&info), here)) {
            break;
        }
    }
    if (at >= 0) {
        (void)close(at);
    }
    return found;
}

static int open_folder(const char *path) {
    return open(*path ? path : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/**
 * The folder that the model's own file is in, where the links of its path are followed. False
 * where another file is there now than the one that was opened: whoever swaps it chooses no
 * folder that way.
 */
static bool own_folder(identity *folder, const iou_external_base *base) {
    iou_found found;
    struct stat file, around;
    const int start = base->model ? open_folder(".") : -1;
    if (start < 0 || iou_path_walk(&found, start, base->model, true, NULL) != IOU_OK) {
        return false;
    }
    const bool is_known = fstatat(found.folder, found.name, &file, AT_SYMLINK_NOFOLLOW) == 0 &&
                          (uint64_t)file.st_dev == base->device &&
                          (uint64_t)file.st_ino == base->inode && fstat(found.folder, &around) == 0;
    (void)close(found.folder);
    *folder = is_known ? identity_of(&around) : (identity){0};
    return is_known;
}

/** Without a link on the way, names without ".." cannot leave. */
static iou_status check_contained(const iou_found *found, identity folder,
                                  const iou_external_base *base, const char *location,
                                  iou_error *error) {
    identity own;
    const bool is_inside = found->links == 0 || lies_in(found->folder, folder) ||
                           (own_folder(&own, base) && lies_in(found->folder, own));
    IOU_FAIL_IF(!is_inside, IOU_BAD_MODEL, error,
                "'%s': a symbolic link leads out of the model's folder", location);
    return IOU_OK;
}

static iou_status check_file(const struct stat *info, const char *location, iou_error *error) {
    IOU_FAIL_IF(!S_ISREG(info->st_mode), IOU_BAD_MODEL, error,
                "'%s': expected a regular file, found %s", location,
                S_ISDIR(info->st_mode) ? "a folder" : "a device or pipe");
    /* An archive may carry hard links, and a second name may be outside the folder. */
    IOU_FAIL_IF(info->st_nlink > 1, IOU_BAD_MODEL, error,
                "'%s': expected a file with one name, found %llu (hard links)", location,
                (unsigned long long)info->st_nlink);
    return IOU_OK;
}

/** Looks before it opens, as opening is enough to move some devices, and at what it has opened. */
static iou_status open_found(int *descriptor, uint64_t *size, const iou_found *found,
                             const char *location, iou_error *error) {
    struct stat info;
    IOU_FAIL_IF(fstatat(found->folder, found->name, &info, AT_SYMLINK_NOFOLLOW) != 0, IOU_IO_ERROR,
                error, "'%s': %s", location, strerror(errno));
    IOU_TRY(check_file(&info, location, error));
    /* Without O_NONBLOCK, opening a pipe would wait for a writer. */
    const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    const int opened = openat(found->folder, found->name, flags);
    IOU_FAIL_IF(opened < 0 || fstat(opened, &info) != 0, IOU_IO_ERROR, error, "'%s': %s", location,
                strerror(errno));
    const iou_status status = check_file(&info, location, error);
    if (status != IOU_OK) {
        (void)close(opened);
        return status;
    }
    *descriptor = opened;
    *size = (uint64_t)info.st_size;
    return IOU_OK;
}

iou_status iou_contained_open(int *descriptor, uint64_t *size, const iou_external_base *base,
                              const char *location, iou_error *error) {
    IOU_TRY(check_location(location, error));
    struct stat info;
    const int start = open_folder(base->folder);
    IOU_FAIL_IF(start < 0 || fstat(start, &info) != 0, IOU_IO_ERROR, error, "'%s': %s",
                base->folder, strerror(errno));
    iou_found found;
    IOU_TRY(iou_path_walk(&found, start, location, !base->refuse_links, error));
    iou_status status = check_contained(&found, identity_of(&info), base, location, error);
    if (status == IOU_OK) {
        status = open_found(descriptor, size, &found, location, error);
    }
    (void)close(found.folder);
    return status;
}
