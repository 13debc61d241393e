/* Looks at the first bytes of an open file, and leaves them there. */
#define _GNU_SOURCE
#include <iou/video.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/** Copies what stands in a pipe, which keeps it; waits where somebody is to write it. */
static ssize_t peek_pipe(int file, void *to, size_t room) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return -1;
    }
    ssize_t count;
    while ((count = tee(file, ends[1], room, 0)) < 0 && (errno == EAGAIN || errno == EINTR)) {
        (void)poll(&(struct pollfd){.fd = file, .events = POLLIN}, 1, -1);
    }
    if (count > 0) {
        count = read(ends[0], to, (size_t)count);
    }
    (void)close(ends[0]);
    (void)close(ends[1]);
    return count;
}

size_t iou_video_peek(int file, void *to, size_t room) {
    struct stat info;
    if (fstat(file, &info) != 0) {
        return 0;
    }
    const ssize_t count = S_ISREG(info.st_mode)    ? pread(file, to, room, lseek(file, 0, SEEK_CUR))
                          : S_ISFIFO(info.st_mode) ? peek_pipe(file, to, room)
                          : S_ISSOCK(info.st_mode) ? recv(file, to, room, MSG_PEEK)
                                                   : 0;
    return count > 0 ? (size_t)count : 0;
}
