/* Signals end a stream that has no end, so that what was read is kept. */
#define _POSIX_C_SOURCE 200809L
#if IOU_VIDEO
#include "video_stop.h"

#include <iou/video.h>

#include <signal.h>
#include <time.h>

static volatile sig_atomic_t is_ended;

static void end_readers(int number) {
    (void)number;
    is_ended = 1;
}

void iou_video_end_on_signals(void) {
    struct sigaction action = {.sa_handler = end_readers, .sa_flags = (int)SA_RESETHAND};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

bool iou_video_is_ended(void) {
    return is_ended != 0;
}

int64_t iou_video_now(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
