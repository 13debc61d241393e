#include "core/sizes.h"
#include "detect/preprocess/picture_pixels.h"

enum { ROWS_PER_TASK = 32 };

size_t iou_pixel_size(iou_pixel_format format) {
    switch (format) {
    case IOU_PIXELS_RGB:
    case IOU_PIXELS_BGR: return 3;
    case IOU_PIXELS_RGBA:
    case IOU_PIXELS_BGRA: return 4;
    case IOU_PIXELS_GRAY: return 1;
    }
    return 0;
}

static void convert_row(uint8_t *restrict out, const uint8_t *restrict in, size_t width,
                        iou_pixel_format format) {
    const size_t step = iou_pixel_size(format);
    const bool reversed = format == IOU_PIXELS_BGR || format == IOU_PIXELS_BGRA;
    const size_t green = format == IOU_PIXELS_GRAY ? 0 : 1;
    const size_t red = reversed ? 2 : 0, blue = reversed ? 0 : 2 * green;
    for (size_t x = 0; x < width; x++) {
        out[3 * x] = in[step * x + red];
        out[3 * x + 1] = in[step * x + green];
        out[3 * x + 2] = in[step * x + blue];
    }
}

typedef struct convert_job {
    const iou_picture *from;
    iou_picture *to;
    uint8_t *bytes; /* of `to` */
} convert_job;

static void convert_rows(void *context, size_t task, int thread) {
    const convert_job *job = context;
    const size_t height = (size_t)job->from->height, top = task * ROWS_PER_TASK;
    (void)thread;
    for (size_t y = top; y < top + ROWS_PER_TASK && y < height; y++) {
        convert_row(job->bytes + y * job->to->stride, job->from->data + y * job->from->stride,
                    (size_t)job->from->width, job->from->format);
    }
}

static size_t rgb_size(const iou_picture *picture) {
    return picture->format == IOU_PIXELS_RGB ? 0
                                             : (size_t)picture->width * (size_t)picture->height * 3;
}

iou_status iou_pixels_to_rgb(const iou_picture **rgb, const iou_picture *pictures, size_t count,
                             iou_pixels_scratch *scratch, iou_workers *workers, iou_error *error) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        IOU_FAIL_IF(__builtin_add_overflow(total, rgb_size(&pictures[i]), &total), IOU_LIMIT, error,
                    "detector: pictures pass the address space");
    }
    *rgb = pictures;
    if (total == 0) {
        return IOU_OK;
    }
    IOU_TRY(iou_buffer_reserve(&scratch->pictures, count, sizeof(iou_picture), error));
    IOU_TRY(iou_buffer_reserve(&scratch->bytes, total, 1, error));
    iou_picture *copies = scratch->pictures.data;
    uint8_t *bytes = scratch->bytes.data;
    for (size_t i = 0; i < count; i++) {
        copies[i] = pictures[i];
        if (rgb_size(&pictures[i]) == 0) {
            continue;
        }
        copies[i].data = bytes;
        copies[i].stride = (size_t)pictures[i].width * 3;
        copies[i].format = IOU_PIXELS_RGB;
        convert_job job = {.from = &pictures[i], .to = &copies[i], .bytes = bytes};
        iou_parallel_tasks(workers, iou_divide_up((size_t)pictures[i].height, ROWS_PER_TASK),
                           convert_rows, &job);
        bytes += rgb_size(&pictures[i]);
    }
    *rgb = copies;
    return IOU_OK;
}

void iou_pixels_scratch_release(iou_pixels_scratch *scratch) {
    iou_buffer_release(&scratch->pictures);
    iou_buffer_release(&scratch->bytes);
}
