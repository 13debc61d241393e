#include "core/sizes.h"
#include "detect/preprocess/picture_resize.h"

enum { ROWS_PER_TASK = 8 };

/* ---- Bilinear ------------------------------------------------------------------------------- */

static iou_status plan_columns(iou_resize_plan *plans, size_t count, bool eight_bit,
                               iou_buffer *buffer, iou_error *error) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += (size_t)plans[i].letterbox->width;
    }
    IOU_TRY(iou_buffer_reserve(buffer, total, sizeof(iou_sample), error));
    iou_sample *columns = buffer->data;
    for (size_t i = 0; i < count; i++) {
        iou_bilinear_columns(columns, plans[i].picture, plans[i].letterbox, eight_bit);
        plans[i].columns = columns;
        columns += plans[i].letterbox->width;
    }
    return IOU_OK;
}

/* ---- Antialiased ---------------------------------------------------------------------------- */

/* Words of the tables of one axis: first, count and weights. */
static size_t axis_size(int32_t side, double step) {
    return (size_t)side * (iou_antialias_width(step) + 2);
}

/* Fills the tables of one axis at `words`; returns what is behind them. */
static iou_tap_weight *plan_axis(iou_taps *taps, iou_tap_weight *words, int32_t side,
                                 int32_t old_side, double step, bool eight_bit) {
    int32_t *first = (int32_t *)(void *)words, *count = first + side;
    iou_tap_weight *weights = words + 2 * (size_t)side;
    iou_antialias_taps(first, count, weights, side, old_side, step, eight_bit);
    *taps = (iou_taps){first, count, weights, iou_antialias_width(step)};
    return words + axis_size(side, step);
}

static iou_status plan_taps(iou_resize_plan *plans, size_t count, bool eight_bit,
                            iou_buffer *buffer, iou_error *error) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        const iou_letterbox *letterbox = plans[i].letterbox;
        total += axis_size(letterbox->width, letterbox->step_x) +
                 axis_size(letterbox->height, letterbox->step_y);
    }
    IOU_TRY(iou_buffer_reserve(buffer, total, sizeof(iou_tap_weight), error));
    iou_tap_weight *words = buffer->data;
    for (size_t i = 0; i < count; i++) {
        const iou_letterbox *letterbox = plans[i].letterbox;
        const iou_picture *picture = plans[i].picture;
        words = plan_axis(&plans[i].across, words, letterbox->width, picture->width,
                          letterbox->step_x, eight_bit);
        words = plan_axis(&plans[i].down, words, letterbox->height, picture->height,
                          letterbox->step_y, eight_bit);
    }
    return IOU_OK;
}

typedef struct across_job {
    const iou_resize_plan *plans;
    char *half;
    bool eight_bit;
} across_job;

static size_t tasks_of(const iou_resize_plan *plan) {
    return iou_divide_up((size_t)plan->picture->height, ROWS_PER_TASK);
}

static size_t half_size(const iou_resize_plan *plan, bool eight_bit) {
    const size_t values = (size_t)plan->picture->height * (size_t)plan->letterbox->width * 3;
    return values * (eight_bit ? 1 : sizeof(float));
}

static void across_task(void *context, size_t task, int thread) {
    const across_job *job = context;
    const iou_resize_plan *plan = job->plans;
    char *half = job->half;
    (void)thread;
    while (task >= tasks_of(plan)) {
        task -= tasks_of(plan);
        half += half_size(plan, job->eight_bit);
        plan++;
    }
    const int32_t top = (int32_t)task * ROWS_PER_TASK;
    for (int32_t y = top; y < top + ROWS_PER_TASK && y < plan->picture->height; y++) {
        iou_antialias_across(half, plan, y, job->eight_bit);
    }
}

static iou_status resize_across(iou_resize_plan *plans, size_t count, bool eight_bit,
                                iou_buffer *buffer, iou_workers *workers, iou_error *error) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        IOU_FAIL_IF(half_size(&plans[i], eight_bit) > SIZE_MAX / 4 - total, IOU_LIMIT, error,
                    "detector: pictures pass the address space");
        total += half_size(&plans[i], eight_bit);
    }
    IOU_TRY(iou_buffer_reserve(buffer, total, 1, error));
    char *half = buffer->data;
    across_job job = {.plans = plans, .half = half, .eight_bit = eight_bit};
    size_t tasks = 0;
    for (size_t i = 0; i < count; i++) {
        plans[i].half = half;
        half += half_size(&plans[i], eight_bit);
        tasks += tasks_of(&plans[i]);
    }
    iou_parallel_tasks(workers, tasks, across_task, &job);
    return IOU_OK;
}

/* ---- Both ----------------------------------------------------------------------------------- */

iou_status iou_resize_prepare(const iou_input_rule *rule, const iou_picture *pictures,
                              const iou_letterbox *letterboxes, size_t count,
                              iou_preprocess_scratch *scratch, iou_workers *workers,
                              iou_error *error) {
    IOU_TRY(iou_buffer_reserve(&scratch->plans, count, sizeof(iou_resize_plan), error));
    iou_resize_plan *plans = scratch->plans.data;
    for (size_t i = 0; i < count; i++) {
        plans[i] = (iou_resize_plan){.picture = &pictures[i], .letterbox = &letterboxes[i]};
    }
    if (!rule->antialias) {
        return plan_columns(plans, count, rule->eight_bit, &scratch->tables, error);
    }
    IOU_TRY(plan_taps(plans, count, rule->eight_bit, &scratch->tables, error));
    return resize_across(plans, count, rule->eight_bit, &scratch->half, workers, error);
}

size_t iou_resize_work_size(const iou_picture *pictures, const iou_letterbox *letterboxes,
                            size_t count) {
    size_t most = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t source = (size_t)pictures[i].width * 3 * sizeof(float);
        const size_t resized = (size_t)letterboxes[i].width * 2 * 3 * sizeof(int32_t);
        most = iou_size_max(most, iou_size_max(source, resized));
    }
    return most;
}

void iou_resize_row(float *pixels, const iou_resize_plan *plan, const iou_input_rule *rule,
                    int32_t y, void *work) {
    if (rule->antialias) {
        iou_antialias_down(pixels, plan, y, rule->eight_bit, work);
    } else if (rule->eight_bit) {
        iou_bilinear_row_8bit(pixels, plan, y, work);
    } else {
        iou_bilinear_row(pixels, plan, y, work);
    }
}
