#define _GNU_SOURCE
#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static iou_status map_descriptor(iou_file *file, int descriptor, const char *path, size_t max_size,
                                 iou_error *error) {
    struct stat info;
    IOU_FAIL_IF(fstat(descriptor, &info) != 0, IOU_IO_ERROR, error, "'%s': %s", path,
                strerror(errno));
    IOU_FAIL_IF(!S_ISREG(info.st_mode), IOU_IO_ERROR, error,
                "'%s': expected a regular file, found %s", path,
                S_ISDIR(info.st_mode) ? "a folder" : "a device or pipe");
    IOU_FAIL_IF(info.st_size == 0, IOU_BAD_MODEL, error,
                "'%s': expected an ONNX model, found an empty file", path);
    IOU_FAIL_IF((uintmax_t)info.st_size > max_size, IOU_LIMIT, error,
                "'%s': at most %zu bytes are allowed, the file has %lld", path, max_size,
                (long long)info.st_size);
    void *data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    IOU_FAIL_IF(data == MAP_FAILED, IOU_IO_ERROR, error, "'%s': cannot be mapped: %s", path,
                strerror(errno));
    *file =
        (iou_file){data, (size_t)info.st_size, true, (uint64_t)info.st_dev, (uint64_t)info.st_ino};
    return IOU_OK;
}

iou_status iou_file_map(iou_file *file, const char *path, size_t max_size, bool refuse_link,
                        iou_error *error) {
    /* Without O_NONBLOCK, opening a pipe would wait for a writer. */
    const int descriptor =
        open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (refuse_link ? O_NOFOLLOW : 0));
    IOU_FAIL_IF(descriptor < 0 && errno == ELOOP && refuse_link, IOU_IO_ERROR, error,
                "'%s': it is a symbolic link, and the options refuse these", path);
    IOU_FAIL_IF(descriptor < 0, IOU_IO_ERROR, error, "'%s': %s", path, strerror(errno));
    const iou_status status = map_descriptor(file, descriptor, path, max_size, error);
    (void)close(descriptor);
    return status;
}

void iou_file_close(iou_file *file) {
    if (file->mapped) {
        (void)munmap((void *)(uintptr_t)file->data, file->size);
    }
    *file = (iou_file){0};
}

void iou_file_forget(const iou_file *file) {
    if (file->mapped) {
        (void)madvise((void *)(uintptr_t)file->data, file->size, MADV_DONTNEED);
    }
}
