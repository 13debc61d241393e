/* Loads FFmpeg's shared libraries, of the version whose headers this is compiled with. */
#define _GNU_SOURCE
#if IOU_VIDEO
#include "ffmpeg.h"

#include <iou/video.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define TEXT(value) TEXT_OF(value)
#define TEXT_OF(value) #value
#define SONAME(name, version) "lib" name ".so." TEXT(version)
/* As Debian names the packages. */
#define PACKAGES                                                                                   \
    "libavformat" TEXT(LIBAVFORMAT_VERSION_MAJOR) " libavcodec" TEXT(                              \
        LIBAVCODEC_VERSION_MAJOR) " libswscale" TEXT(LIBSWSCALE_VERSION_MAJOR)

/* libavdevice has headers of its own, but one function of it is all that is needed. */
#define AVDEVICE_SONAME SONAME("avdevice", LIBAVFORMAT_VERSION_MAJOR)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static iou_ffmpeg functions;
static bool is_loaded;

/** The first of these that cannot be opened, or the function that is missing; NULL: none. */
static const char *load(iou_ffmpeg *table) {
    void *util = dlopen(SONAME("avutil", LIBAVUTIL_VERSION_MAJOR), RTLD_NOW | RTLD_LOCAL);
    void *codec = dlopen(SONAME("avcodec", LIBAVCODEC_VERSION_MAJOR), RTLD_NOW | RTLD_LOCAL);
    void *format = dlopen(SONAME("avformat", LIBAVFORMAT_VERSION_MAJOR), RTLD_NOW | RTLD_LOCAL);
    void *scale = dlopen(SONAME("swscale", LIBSWSCALE_VERSION_MAJOR), RTLD_NOW | RTLD_LOCAL);
    if (format == NULL) {
        return SONAME("avformat", LIBAVFORMAT_VERSION_MAJOR);
    }
    if (codec == NULL || util == NULL) {
        return SONAME("avcodec", LIBAVCODEC_VERSION_MAJOR);
    }
    if (scale == NULL) {
        return SONAME("swscale", LIBSWSCALE_VERSION_MAJOR);
    }
    void *found;
#define IOU_FFMPEG(library, function)                                                              \
    found = dlsym(library, #function);                                                             \
    if (found == NULL) {                                                                           \
        return #function;                                                                          \
    }                                                                                              \
    memcpy(&table->function, &found, sizeof found);
#include "ffmpeg_functions.inc"
#undef IOU_FFMPEG
    return NULL;
}

const iou_ffmpeg *iou_ffmpeg_load(const char *name, iou_error *error) {
    (void)pthread_mutex_lock(&lock);
    const char *missing = NULL;
    if (!is_loaded) {
        missing = load(&functions);
        if (missing == NULL) {
            is_loaded = true;
            functions.av_log_set_level(AV_LOG_QUIET);
        }
    }
    (void)pthread_mutex_unlock(&lock);
    if (missing == NULL) {
        return &functions;
    }
    (void)iou_image_fail(error, IOU_UNSUPPORTED,
                         "'%s' is a video: expected FFmpeg's %s, found no such library; install "
                         "FFmpeg %s (in Debian %s)",
                         name, missing, iou_video_part() + strlen("FFmpeg "), PACKAGES);
    return NULL;
}

iou_status iou_ffmpeg_load_devices(const char *name, iou_error *error) {
    void *device = dlopen(AVDEVICE_SONAME, RTLD_NOW | RTLD_LOCAL);
    void *found = device == NULL ? NULL : dlsym(device, "avdevice_register_all");
    if (found == NULL) {
        return iou_image_fail(error, IOU_UNSUPPORTED,
                              "'%s' is a camera: expected FFmpeg's %s, found no such library; "
                              "install it (in Debian libavdevice%d)",
                              name, AVDEVICE_SONAME, LIBAVFORMAT_VERSION_MAJOR);
    }
    void (*register_all)(void);
    memcpy(&register_all, &found, sizeof found);
    register_all();
    return IOU_OK;
}

iou_ffmpeg_text iou_ffmpeg_reason(const iou_ffmpeg *ffmpeg, int code) {
    iou_ffmpeg_text reason = {""};
    if (ffmpeg->av_strerror(code, reason.text, sizeof reason.text) != 0) {
        (void)snprintf(reason.text, sizeof reason.text, "error %d", code);
    }
    return reason;
}

iou_status iou_ffmpeg_status(int code) {
    return code == AVERROR(ENOMEM)       ? IOU_OUT_OF_MEMORY
           : code == AVERROR_INVALIDDATA ? IOU_BAD_IMAGE
           : code == AVERROR_EOF         ? IOU_BAD_IMAGE
                                         : IOU_IO_ERROR;
}

const char *iou_video_part(void) {
    /* The libraries' version of format 59 is FFmpeg 5, of 60 FFmpeg 6, and so on. */
    static char text[32];
    (void)pthread_mutex_lock(&lock);
    (void)snprintf(text, sizeof text, "FFmpeg %d", LIBAVFORMAT_VERSION_MAJOR - 54);
    (void)pthread_mutex_unlock(&lock);
    return text;
}

#endif
