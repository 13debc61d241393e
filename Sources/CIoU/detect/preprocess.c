#include "detect/preprocess.h"

#include "core/parallel.h"

#include <string.h>

enum { ROWS_PER_TASK = 8 };

/* Where a sample lies between two source positions, and how far behind the first. */
typedef struct sample {
    int32_t first, second;
    float weight;
} sample;

typedef struct preprocess_job {
    float *out;
    const iou_canvas *canvas;
    const iou_input_rule *rule;
    const iou_picture *pictures;
    const iou_frame *frames;
    size_t count;
    const sample *columns; /* of all pictures, one after the other */
    float *rows;
    size_t row_size; /* floats of one thread's row */
    float gain[3], shift[3];
    size_t tasks_per_picture, tasks;
    atomic_size_t next;
} preprocess_job;

/* Half-pixel centres with the edge repeated, as PyTorch's bilinear without aligned corners. */
static sample sample_at(int64_t position, double step, int32_t side) {
    const double where = step * ((double)position + 0.5) - 0.5;
    const double at = where > 0.0 ? where : 0.0;
    const int32_t last = side - 1;
    if (at >= (double)last) {
        return (sample){last, last, 0.0f};
    }
    const int32_t first = (int32_t)at;
    return (sample){first, first + 1, (float)(at - (double)first)};
}

/* Blends two rows of bytes into floats: contiguous, so that compilers make vectors of it. */
static void blend_rows(float *restrict out, const uint8_t *restrict a, const uint8_t *restrict b,
                       size_t count, float weight) {
    for (size_t i = 0; i < count; i++) {
        const float first = (float)a[i];
        out[i] = first + weight * ((float)b[i] - first);
    }
}

/* Takes the samples of one blended row into three planes and normalises them. */
static void spread_row(float *const planes[3], const float *row, const sample *columns,
                       int32_t width, const preprocess_job *job) {
    const int swap = job->rule->bgr ? 2 : 0;
    float *p0 = planes[0 ^ swap], *p1 = planes[1], *p2 = planes[2 ^ swap];
    const float g0 = job->gain[0 ^ swap], g1 = job->gain[1], g2 = job->gain[2 ^ swap];
    const float s0 = job->shift[0 ^ swap], s1 = job->shift[1], s2 = job->shift[2 ^ swap];
    for (int32_t x = 0; x < width; x++) {
        const float *a = row + 3 * (size_t)columns[x].first;
        const float *b = row + 3 * (size_t)columns[x].second;
        const float weight = columns[x].weight;
        p0[x] = (a[0] + weight * (b[0] - a[0])) * g0 + s0;
        p1[x] = (a[1] + weight * (b[1] - a[1])) * g1 + s1;
        p2[x] = (a[2] + weight * (b[2] - a[2])) * g2 + s2;
    }
}

static void fill(float *out, int64_t count, float value) {
    for (int64_t i = 0; i < count; i++) {
        out[i] = value;
    }
}

/* One row of one picture in all three planes. */
static void make_row(const preprocess_job *job, size_t index, int64_t y, const sample *columns,
                     float *row) {
    const iou_canvas *canvas = job->canvas;
    const size_t plane = (size_t)canvas->height * (size_t)canvas->width;
    float *first = job->out + index * 3 * plane + (size_t)y * (size_t)canvas->width;
    float *const planes[3] = {first, first + plane, first + 2 * plane};
    int32_t width = 0;
    if (index < job->count && y < job->frames[index].height) {
        const iou_picture *picture = &job->pictures[index];
        const sample line = sample_at(y, job->frames[index].step_y, picture->height);
        width = job->frames[index].width;
        blend_rows(row, picture->data + (size_t)line.first * picture->stride,
                   picture->data + (size_t)line.second * picture->stride,
                   (size_t)picture->width * 3, line.weight);
        spread_row(planes, row, columns, width, job);
    }
    for (int i = 0; i < 3; i++) {
        fill(planes[i] + width, canvas->width - width, job->rule->pad_value);
    }
}

static void make_rows(void *context, int thread, int threads) {
    preprocess_job *job = context;
    float *row = job->rows + (size_t)thread * job->row_size;
    (void)threads;
    for (;;) {
        const size_t task = atomic_fetch_add(&job->next, 1);
        if (task >= job->tasks) {
            return;
        }
        const size_t index = task / job->tasks_per_picture;
        const int64_t top = (int64_t)(task % job->tasks_per_picture) * ROWS_PER_TASK;
        const sample *columns = job->columns;
        for (size_t i = 0; i < index && i < job->count; i++) {
            columns += job->frames[i].width;
        }
        for (int64_t y = top; y < top + ROWS_PER_TASK && y < job->canvas->height; y++) {
            make_row(job, index, y, columns, row);
        }
    }
}

/* Tables of all pictures, and the longest row of a picture. */
static iou_status make_columns(iou_preprocess_scratch *scratch, const iou_picture *pictures,
                               const iou_frame *frames, size_t count, size_t *row_size,
                               iou_error *error) {
    size_t total = 0;
    *row_size = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t length = (size_t)pictures[i].width * 3;
        total += (size_t)frames[i].width;
        *row_size = length > *row_size ? length : *row_size;
    }
    IOU_TRY(iou_buffer_reserve(&scratch->columns, total, sizeof(sample), error));
    sample *column = scratch->columns.data;
    for (size_t i = 0; i < count; i++) {
        for (int32_t x = 0; x < frames[i].width; x++) {
            *column++ = sample_at(x, frames[i].step_x, pictures[i].width);
        }
    }
    return IOU_OK;
}

iou_status iou_preprocess(float *out, const iou_canvas *canvas, const iou_input_rule *rule,
                          const iou_picture *pictures, const iou_frame *frames, size_t count,
                          iou_preprocess_scratch *scratch, int threads, iou_error *error) {
    preprocess_job job = {.out = out,
                          .canvas = canvas,
                          .rule = rule,
                          .pictures = pictures,
                          .frames = frames,
                          .count = count};
    IOU_TRY(make_columns(scratch, pictures, frames, count, &job.row_size, error));
    IOU_TRY(iou_buffer_reserve(&scratch->rows, (size_t)threads * (job.row_size + 16), sizeof(float),
                               error));
    job.row_size += 16; /* threads do not share a cache line */
    job.columns = scratch->columns.data;
    job.rows = scratch->rows.data;
    for (int i = 0; i < 3; i++) {
        job.gain[i] = rule->range / 255.0f / rule->std[i];
        job.shift[i] = -rule->mean[i] / rule->std[i];
    }
    job.tasks_per_picture = ((size_t)canvas->height + ROWS_PER_TASK - 1) / ROWS_PER_TASK;
    job.tasks = job.tasks_per_picture * (size_t)canvas->batch;
    atomic_init(&job.next, 0);
    iou_parallel(threads, make_rows, &job);
    return IOU_OK;
}

void iou_preprocess_scratch_release(iou_preprocess_scratch *scratch) {
    iou_buffer_release(&scratch->columns);
    iou_buffer_release(&scratch->rows);
}
