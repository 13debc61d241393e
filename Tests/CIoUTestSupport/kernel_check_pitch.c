/* A convolution whose maps are parts of larger ones, in blocks for small caches: the bits must be
 * those of dense maps and of usual blocks. */
#include "kernel_check_case.h"

#include <math.h>
#include <string.h>

enum { MOST_BETWEEN = 19, MARK = 7 };

/* A map of rows of channels, and the same with something between the rows. */
typedef struct pitched_map {
    size_t rows, channels, pitch;
    check_buffer buffer;
} pitched_map;

static pitched_map pitched_map_of(const iou_operand *operand) {
    const size_t channels = (size_t)operand->dims[1], rows = operand->count / channels;
    const size_t pitch = (size_t)operand->pitch;
    return (pitched_map){rows, channels, pitch, check_buffer_empty(rows * pitch)};
}

/* Spreads the rows of a dense map; what lies between them is not a number. */
static pitched_map spread(const iou_operand *operand, const float *dense) {
    const pitched_map map = pitched_map_of(operand);
    for (size_t row = 0; row < map.rows; row++) {
        memcpy(map.buffer.data + row * map.pitch, dense + row * map.channels,
               map.channels * sizeof *dense);
    }
    return map;
}

/* A map to be written; what lies between its rows must stay a mark. */
static pitched_map marked(const iou_operand *operand) {
    const pitched_map map = pitched_map_of(operand);
    for (size_t i = 0; i < map.rows * map.pitch; i++) {
        map.buffer.data[i] = MARK;
    }
    return map;
}

/* The same bits; which of the values that are not numbers comes out differs from tile to tile. */
static bool same_value(const float *a, const float *b) {
    return memcmp(a, b, sizeof *a) == 0 || (isnan(*a) && isnan(*b));
}

static bool holds(const pitched_map *map, const float *dense) {
    bool same = check_buffer_intact(&map->buffer);
    for (size_t row = 0; row < map->rows; row++) {
        const float *at = map->buffer.data + row * map->pitch;
        for (size_t c = 0; c < map->channels; c++) {
            same = same && same_value(&at[c], &dense[row * map->channels + c]);
        }
        for (size_t c = map->channels; c < map->pitch; c++) {
            same = same && at[c] == (float)MARK;
        }
    }
    return same;
}

/* The data of a setup while it is pitched. */
typedef struct pitched_data {
    pitched_map image, out, operands[2];
} pitched_data;

static pitched_data spread_all(const check_setup *s) {
    pitched_data data = {.image = spread(&s->image, s->image_data.data), .out = marked(&s->out)};
    size_t count = 0;
    for (size_t i = 0; i < s->epilogue.count; i++) {
        const iou_operand *operand = s->epilogue.steps[i].operand;
        if (operand != NULL) {
            data.operands[count] = spread(operand, s->operands[count]);
            count++;
        }
    }
    return data;
}

static void free_all(pitched_data *data) {
    check_buffer_free(&data->image.buffer);
    check_buffer_free(&data->out.buffer);
    check_buffer_free(&data->operands[0].buffer);
    check_buffer_free(&data->operands[1].buffer);
}

/* Runs the setup, whose operands are pitched. */
static bool run_pitched(check_setup *s, const check_variant *variant, const float *expected) {
    check_plan plan;
    pitched_data data = spread_all(s);
    bool same = check_plan_make(&plan, s, variant) == IOU_OK;
    if (same) {
        check_buffer scratch = check_buffer_empty(plan.step.scratch_size / sizeof(float));
        s->image_data = data.image.buffer;
        s->operands[0] = data.operands[0].buffer.data;
        s->operands[1] = data.operands[1].buffer.data;
        check_plan_run(&plan, s, data.out.buffer.data, scratch.data, false);
        same = holds(&data.out, expected) && check_buffer_intact(&scratch);
        check_buffer_free(&scratch);
    }
    check_plan_free(&plan);
    free_all(&data);
    return same;
}

bool check_pitched(check_setup *setup, const check_variant *variant, const float *dense,
                   uint64_t *seed) {
    if (setup->image.count == 0 || setup->out.count == 0) {
        return true;
    }
    const check_buffer image = setup->image_data;
    const float *const operands[2] = {setup->operands[0], setup->operands[1]};
    iou_operand *const maps[] = {&setup->image, &setup->out, &setup->residual};
    for (int i = 0; i < 3; i++) {
        maps[i]->pitch = maps[i]->dims[1] + check_range(seed, 0, MOST_BETWEEN);
    }
    const iou_caches usual = setup->caches;
    setup->caches = (iou_caches){1 << 10, 16 << 10};
    const bool same = run_pitched(setup, variant, dense);
    setup->caches = usual;
    for (int i = 0; i < 3; i++) {
        maps[i]->pitch = 0;
    }
    setup->image_data = image;
    setup->operands[0] = operands[0];
    setup->operands[1] = operands[1];
    return same;
}
