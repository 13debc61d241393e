/*
 * Videos in and out by FFmpeg's libraries, for the tools: no part of libiou.
 *
 * FFmpeg is compiled against and loaded on first use, so that a program starts as fast without a
 * video as before, and runs where FFmpeg is not installed. A build without it (VIDEO=0) has the
 * same functions, which fail with IOU_UNSUPPORTED.
 *
 * A reader and a writer serve one thread at a time each. Errors as in iou/image.h.
 */
#ifndef IOU_VIDEO_H
#define IOU_VIDEO_H

#include <iou/image.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct iou_video_reader iou_video_reader;
typedef struct iou_video_writer iou_video_writer;

/** A fraction, such as 30000/1001. */
typedef struct iou_video_ratio {
    int32_t numerator, denominator;
} iou_video_ratio;

/** What is known of a video before its frames. */
typedef struct iou_video_facts {
    int32_t width, height;     /**< as it is shown, in pixels */
    int64_t frames;            /**< how many there should be; 0: unknown */
    iou_video_ratio rate;      /**< frames in a second; 0/1: unknown */
    iou_video_ratio time_base; /**< the unit of times, in seconds */
    iou_video_ratio aspect;    /**< of a pixel; 0/1: unknown */
    bool is_live;              /**< of a camera or a network stream without an end */
} iou_video_facts;

/** Where a frame stands. */
typedef struct iou_video_frame {
    int64_t index;  /**< of all frames of the video, from 0 */
    int64_t time;   /**< in units of the time base, from the start; rises from frame to frame */
    double seconds; /**< the same in seconds */
} iou_video_frame;

/** "FFmpeg 5.1", the version that this build is for, or "none". */
IOU_API const char *iou_video_part(void);

/**
 * Whether these first bytes of a file are those of a video, or of sound: by the signatures of
 * common containers, or else by FFmpeg's probe where it is installed.
 */
IOU_API bool iou_video_begins(const void *data, size_t size);

/**
 * Copies the first bytes of an open file, pipe or socket from where it stands, which keeps them.
 * Waits for those of a pipe that somebody has opened to write. Returns how many there were.
 */
IOU_API size_t iou_video_peek(int file, void *to, size_t room);

/**
 * Opens an open file or pipe, from where it stands. `file` is borrowed until the reader closes;
 * `name` is for messages. What it holds cannot make FFmpeg open other files or the network:
 * playlists are IOU_UNSUPPORTED.
 *
 * A file without frames, or of a codec that FFmpeg lacks, is IOU_BAD_IMAGE or IOU_UNSUPPORTED.
 * Sides beyond `limits` (NULL: those of pictures) are IOU_LIMIT, before there is memory for a
 * frame.
 */
IOU_API iou_status iou_video_open_file(iou_video_reader **out, int file, const char *name,
                                       const iou_image_limits *limits, iou_error *error);

/**
 * Opens a network address, such as rtsp://host/path, or a camera, /dev/video0. A stream that is
 * silent for 10 seconds is IOU_IO_ERROR. What is behind the address may name other addresses, but
 * no files.
 */
IOU_API iou_status iou_video_open_address(iou_video_reader **out, const char *address,
                                          const iou_image_limits *limits, iou_error *error);

IOU_API iou_video_facts iou_video_reader_facts(const iou_video_reader *reader);

/**
 * The next frame whose index is a multiple of `step`, as RGB, turned as the file asks. At the end
 * `out` is empty. `out` is owned by the caller.
 *
 * What is damaged is passed over while frames come, and reported behind the last one:
 * IOU_BAD_IMAGE, also where a file ends before its header says. What came until then is good.
 */
IOU_API iou_status iou_video_next(iou_video_reader *reader, int32_t step, iou_pixels *out,
                                  iou_video_frame *frame, iou_error *error);

/** Releases the reader; NULL is accepted. */
IOU_API void iou_video_reader_close(iou_video_reader *reader);

/** From now on SIGINT and SIGTERM end all readers behind the frame at hand; a second one kills. */
IOU_API void iou_video_end_on_signals(void);

/** Whether such a signal has come. */
IOU_API bool iou_video_is_ended(void);

/** IOU_INVALID_ARGUMENT where no video is written to files with this ending, such as "mp4". */
IOU_API iou_status iou_video_check_ending(const char *ending, iou_error *error);

/**
 * Begins a video in `file`, an empty one that can be read back and seeks; it is borrowed until the
 * writer closes. `ending` says the container, `facts` sides, rate, time base and aspect.
 *
 * MP4, MOV and MKV hold H.264 where FFmpeg has an encoder, else MPEG-4; WebM holds VP9 or VP8; AVI
 * MPEG-4. H.264 has even sides: the last column or row of an odd picture is written twice.
 */
IOU_API iou_status iou_video_writer_open(iou_video_writer **out, int file, const char *ending,
                                         const iou_video_facts *facts, iou_error *error);

/** Appends a frame of the writer's sides; times rise. */
IOU_API iou_status iou_video_write(iou_video_writer *writer, const iou_pixels *pixels, int64_t time,
                                   iou_error *error);

/** Writes what is still held back and the container's end. The writer is still to be closed. */
IOU_API iou_status iou_video_writer_finish(iou_video_writer *writer, iou_error *error);

/** Releases the writer; NULL is accepted. */
IOU_API void iou_video_writer_close(iou_video_writer *writer);

#ifdef __cplusplus
}
#endif

#endif
