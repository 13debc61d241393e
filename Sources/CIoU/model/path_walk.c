#define _GNU_SOURCE
#include "model/path_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { MAX_LINKS = 40 }; /* as Linux has it */

typedef struct walk {
    iou_found *found;
    const char *path; /**< for messages */
    bool follows_links;
    size_t begin; /**< of what is still to go, at the end of `rest` */
    char rest[2 * PATH_MAX];
} walk;

/** Puts `length` bytes before what is still to go. */
static bool prepend(walk *w, const char *text, size_t length) {
    if (length > w->begin) {
        return false;
    }
    w->begin -= length;
    memcpy(w->rest + w->begin, text, length);
    return true;
}

/** Takes the next component into the found name. */
static iou_status next_name(walk *w, iou_error *error) {
    w->begin += strspn(w->rest + w->begin, "/");
    const size_t length = strcspn(w->rest + w->begin, "/");
    IOU_FAIL_IF(length == 0, IOU_BAD_MODEL, error, "'%s': expected a file, found a folder",
                w->path);
    IOU_FAIL_IF(length > NAME_MAX, IOU_BAD_MODEL, error, "'%s': a name is too long", w->path);
    memcpy(w->found->name, w->rest + w->begin, length);
    w->found->name[length] = '\0';
    w->begin += length;
    return IOU_OK;
}

static iou_status enter(walk *w, const char *name, iou_error *error) {
    const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    const int next = openat(w->found->folder, name, flags);
    IOU_FAIL_IF(next < 0, IOU_IO_ERROR, error, "'%s': %s", w->path, strerror(errno));
    (void)close(w->found->folder);
    w->found->folder = next;
    return IOU_OK;
}

/** Goes on along the text of a link. */
static iou_status follow(walk *w, const char *target, size_t length, iou_error *error) {
    IOU_FAIL_IF(!w->follows_links, IOU_BAD_MODEL, error,
                "'%s': a symbolic link is on the way, and the options refuse these", w->path);
    IOU_FAIL_IF(++w->found->links > MAX_LINKS, IOU_BAD_MODEL, error,
                "'%s': symbolic links lead in a circle", w->path);
    IOU_FAIL_IF(length == PATH_MAX || !prepend(w, target, length), IOU_BAD_MODEL, error,
                "'%s': its symbolic links are too long", w->path);
    return length > 0 && target[0] == '/' ? enter(w, "/", error) : IOU_OK;
}

static iou_status go(walk *w, iou_error *error) {
    for (;;) {
        IOU_TRY(next_name(w, error));
        char target[PATH_MAX];
        const ssize_t length = readlinkat(w->found->folder, w->found->name, target, sizeof target);
        if (length >= 0) {
            IOU_TRY(follow(w, target, (size_t)length, error));
            continue;
        }
        /* EINVAL: there is something, and no link. */
        IOU_FAIL_IF(errno != EINVAL, IOU_IO_ERROR, error, "'%s': %s", w->path, strerror(errno));
        if (w->rest[w->begin] == '\0') {
            return IOU_OK;
        }
        IOU_TRY(enter(w, w->found->name, error));
    }
}

iou_status iou_path_walk(iou_found *found, int start, const char *path, bool follows_links,
                         iou_error *error) {
    walk w = {.found = found, .path = path, .follows_links = follows_links};
    *found = (iou_found){.folder = start};
    w.begin = sizeof w.rest - 1;
    iou_status status = IOU_OK;
    if (!prepend(&w, path, strlen(path))) {
        status = iou_fail(error, IOU_BAD_MODEL, "a path of %zu bytes is too long", strlen(path));
    } else if (path[0] == '/') {
        status = enter(&w, "/", error);
    }
    status = status == IOU_OK ? go(&w, error) : status;
    if (status != IOU_OK) {
        (void)close(found->folder);
    }
    return status;
}
