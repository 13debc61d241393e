#include "detect/preprocess/preprocess.h"

#include "core/sizes.h"
#include "detect/preprocess/picture_resize.h"

enum { ROWS_PER_TASK = 8 };

typedef struct preprocess_job {
    float *out;
    const iou_network_size *network;
    const iou_input_rule *rule;
    const iou_resize_plan *plans;
    size_t count;
    char *work;            /* of all threads */
    size_t work_size;      /* bytes of one thread: a resized row, and what making it needs */
    size_t row_size;       /* bytes of the resized row */
    size_t pixel, channel; /* steps from one pixel or channel to the next */
    float gain[3], shift[3], pad[3];
    size_t tasks_per_picture;
} preprocess_job;

static void pad_row(const preprocess_job *job, float *row, size_t first, size_t last) {
    for (size_t c = 0; c < 3; c++) {
        for (size_t x = first; x < last; x++) {
            row[c * job->channel + x * job->pixel] = job->pad[c];
        }
    }
}

/* One row of one picture, and its padding. */
static void make_row(const preprocess_job *job, size_t index, int64_t y, char *work) {
    const iou_network_size *network = job->network;
    const size_t width = (size_t)network->width, plane = (size_t)network->height * width;
    float *row = job->out + index * 3 * plane + (size_t)y * width * job->pixel;
    const iou_letterbox *letterbox = index < job->count ? job->plans[index].letterbox : NULL;
    if (!letterbox || y < letterbox->top || y - letterbox->top >= letterbox->height) {
        pad_row(job, row, 0, width);
        return;
    }
    float *pixels = (float *)(void *)work;
    const size_t left = (size_t)letterbox->left, used = (size_t)letterbox->width;
    iou_resize_row(pixels, &job->plans[index], job->rule, (int32_t)(y - letterbox->top),
                   work + job->row_size);
    for (size_t c = 0; c < 3; c++) {
        const size_t from = job->rule->bgr ? 2 - c : c;
        float *to = row + c * job->channel + left * job->pixel;
        for (size_t x = 0; x < used; x++) {
            to[x * job->pixel] = pixels[3 * x + from] * job->gain[c] + job->shift[c];
        }
    }
    pad_row(job, row, 0, left);
    pad_row(job, row, left + used, width);
}

static void make_rows(void *context, size_t task, int thread) {
    const preprocess_job *job = context;
    char *work = job->work + (size_t)thread * job->work_size;
    const size_t index = task / job->tasks_per_picture;
    const int64_t top = (int64_t)(task % job->tasks_per_picture) * ROWS_PER_TASK;
    for (int64_t y = top; y < top + ROWS_PER_TASK && y < job->network->height; y++) {
        make_row(job, index, y, work);
    }
}

static void set_normalisation(preprocess_job *job) {
    const iou_input_rule *rule = job->rule;
    for (int c = 0; c < 3; c++) {
        job->gain[c] = rule->range / 255.0f / rule->std[c];
        job->shift[c] = -rule->mean[c] / rule->std[c];
        job->pad[c] =
            rule->pad_is_pixel ? (rule->pad_value - rule->mean[c]) / rule->std[c] : rule->pad_value;
    }
}

iou_status iou_preprocess(float *out, const iou_network_size *network, const iou_input_rule *rule,
                          const iou_picture *pictures, const iou_letterbox *letterboxes,
                          size_t count, iou_preprocess_scratch *scratch, iou_workers *workers,
                          iou_error *error) {
    const size_t line = 64; /* threads do not share a cache line */
    preprocess_job job = {.out = out,
                          .network = network,
                          .rule = rule,
                          .count = count,
                          .row_size = (size_t)network->width * 3 * sizeof(float),
                          .pixel = rule->channels_last ? 3 : 1};
    job.channel = rule->channels_last ? 1 : (size_t)network->height * (size_t)network->width;
    job.work_size = job.row_size + iou_resize_work_size(pictures, letterboxes, count) + line;
    job.work_size = job.work_size / line * line;
    IOU_TRY(iou_resize_prepare(rule, pictures, letterboxes, count, scratch, workers, error));
    IOU_TRY(iou_buffer_reserve(&scratch->rows, (size_t)iou_workers_count(workers), job.work_size,
                               error));
    job.plans = scratch->plans.data;
    job.work = scratch->rows.data;
    set_normalisation(&job);
    job.tasks_per_picture = iou_divide_up((size_t)network->height, ROWS_PER_TASK);
    iou_parallel_tasks(workers, job.tasks_per_picture * (size_t)network->batch, make_rows, &job);
    return IOU_OK;
}

void iou_preprocess_scratch_release(iou_preprocess_scratch *scratch) {
    iou_buffer_release(&scratch->plans);
    iou_buffer_release(&scratch->tables);
    iou_buffer_release(&scratch->half);
    iou_buffer_release(&scratch->rows);
}
