/* Rows as the cells of one level without anchors, whose boxes are decoded already. */
#include "detect/postprocess/level_view.h"

#include <math.h>

static void set_unit(iou_level_view *view, const iou_heads *heads, iou_box_unit unit,
                     const iou_letterbox *letterbox) {
    const bool image = unit == IOU_UNIT_IMAGE, pixels = unit == IOU_UNIT_PIXELS;
    view->unit_x = pixels ? 1.0f : (float)(image ? letterbox->width : heads->width);
    view->unit_y = pixels ? 1.0f : (float)(image ? letterbox->height : heads->height);
    view->origin_x = image ? (float)letterbox->left : 0.0f;
    view->origin_y = image ? (float)letterbox->top : 0.0f;
}

iou_level_view iou_row_view_make(const iou_heads *heads, size_t image,
                                 const iou_detector_params *params,
                                 const iou_letterbox *letterbox) {
    const iou_row_outputs *rows = &heads->rows;
    const iou_row_values *parts = rows->parts;
    iou_level_view view = {
        .cls = iou_row_floats(&parts[IOU_ROW_CLASSES], image),
        .box = iou_row_floats(&parts[IOU_ROW_BOX], image),
        .objectness = iou_row_floats(&parts[IOU_ROW_OBJECTNESS], image),
        .angle = iou_row_floats(&parts[IOU_ROW_ANGLE], image),
        .cells = rows->rows,
        .width = rows->rows,
        .cls_cell = parts[IOU_ROW_CLASSES].row,
        .box_cell = parts[IOU_ROW_BOX].row,
        .one_cell = parts[IOU_ROW_OBJECTNESS].row,
        .angle_cell = parts[IOU_ROW_ANGLE].row,
        .channel = parts[IOU_ROW_CLASSES].column,
        .box_channel = parts[IOU_ROW_BOX].column,
    };
    set_unit(&view, heads, params->rows.unit, letterbox);
    view.input_width = (float)heads->width;
    view.input_height = (float)heads->height;
    iou_level_view_clip(&view, heads, NULL, &params->box, letterbox);
    return view;
}

/* One axis from the row's two numbers to edges, in the network's pixels. */
static void place_axis(float *low, float *high, float first, float second, iou_box_form form,
                       float unit, float origin) {
    const float size = form == IOU_FORM_CENTRE || form == IOU_FORM_CORNER_SIZE ? second : 0.0f;
    const float near = form == IOU_FORM_CENTRE ? first - size / 2.0f : first;
    const float far = form == IOU_FORM_CENTRE        ? first + size / 2.0f
                      : form == IOU_FORM_CORNER_SIZE ? first + size
                                                     : second;
    *low = near * unit + origin;
    *high = far * unit + origin;
}

/* The upright box around one that is turned. */
static void enclose(float box[4], float angle) {
    const float c = fabsf(cosf(angle)), s = fabsf(sinf(angle));
    const float x = (box[0] + box[2]) / 2.0f, y = (box[1] + box[3]) / 2.0f;
    const float w = (box[2] - box[0]) / 2.0f, h = (box[3] - box[1]) / 2.0f;
    const float across = w * c + h * s, down = w * s + h * c;
    box[0] = x - across;
    box[1] = y - down;
    box[2] = x + across;
    box[3] = y + down;
}

static size_t grid_side(float side, float stride) {
    return (size_t)ceilf(side / stride);
}

size_t iou_grid_cells(const iou_rows_rule *rule, size_t level, float height, float width) {
    return grid_side(height, rule->strides[level]) * grid_side(width, rule->strides[level]);
}

/* The expected value of the bins from `at` on, or the one number there. */
static float distance(const float *at, size_t step, size_t bins) {
    if (bins == 1) {
        return *at;
    }
    float largest = -INFINITY, sum = 0.0f, weighted = 0.0f;
    for (size_t i = 0; i < bins; i++) {
        largest = at[i * step] > largest ? at[i * step] : largest;
    }
    for (size_t i = 0; i < bins; i++) {
        const float weight = expf(at[i * step] - largest);
        sum += weight;
        weighted += weight * (float)i;
    }
    return weighted / sum;
}

/* The box of a cell, from its place in the grid. */
static void place_in_grid(float box[4], const float *at, const iou_level_view *view,
                          const iou_rows_rule *rule, size_t row) {
    size_t level = 0, cells;
    while (row >= (cells = iou_grid_cells(rule, level, view->input_height, view->input_width))) {
        row -= cells;
        level++; /* the number of rows was compared with the grid's */
    }
    const size_t step = view->box_channel, side = step * rule->bins;
    const float stride = rule->strides[level];
    const size_t width = grid_side(view->input_width, stride);
    const float place[2] = {(float)(row % width) + rule->cell, (float)(row / width) + rule->cell};
    for (size_t k = 0; k < 2; k++) {
        const float first = distance(at + k * side, step, rule->bins);
        const float second = distance(at + (k + 2) * side, step, rule->bins);
        if (rule->form == IOU_FORM_DISTANCES) {
            box[k] = (place[k] - first) * stride;
            box[k + 2] = (place[k] + second) * stride;
        } else {
            const float centre = (place[k] + first) * stride, half = expf(second) * stride / 2.0f;
            box[k] = centre - half;
            box[k + 2] = centre + half;
        }
    }
}

bool iou_row_box(float box[4], const iou_level_view *view, const iou_rows_rule *rule, size_t row) {
    const float *at = view->box + row * view->box_cell;
    const size_t step = view->box_channel;
    if (rule->stride_count > 0) {
        place_in_grid(box, at, view, rule, row);
        return iou_clip_in_network(box, view);
    }
    const size_t x = rule->form == IOU_FORM_CORNERS_YX ? 1 : 0, y = 1 - x;
    place_axis(&box[0], &box[2], at[x * step], at[(x + 2) * step], rule->form, view->unit_x,
               view->origin_x);
    place_axis(&box[1], &box[3], at[y * step], at[(y + 2) * step], rule->form, view->unit_y,
               view->origin_y);
    if (view->angle) {
        enclose(box, view->angle[row * view->angle_cell]);
    }
    return iou_clip_in_network(box, view);
}
