/* What the files of drawing share. Lengths are pixels of the picture. */
#ifndef IOU_DRAW_INTERNAL_H
#define IOU_DRAW_INTERNAL_H

#include "draw_palette.h"

#include <iou/draw.h>

#include <cairo.h>

/** Sizes that suit a picture. */
typedef struct iou_draw_style {
    double width, height; /**< of the picture */
    double font;          /**< em */
    double line;          /**< width of a box's line */
    double halo;          /**< dark rim on either side of a line */
    double tab_height, tab_padding, tab_radius;
    cairo_scaled_font_t *scaled_font; /**< owned by the caller of the layout */
} iou_draw_style;

typedef struct iou_draw_rect {
    double x1, y1, x2, y2;
} iou_draw_rect;

enum { IOU_DRAW_TEXT_CAPACITY = 128, IOU_DRAW_MAX_TABS = 4096 };

/** One box to draw, cut at the picture's edges. */
typedef struct iou_draw_box {
    iou_draw_rect rect;
    size_t item;
    float score; /**< -infinity where the item has none */
} iou_draw_box;

/** One tab with text. */
typedef struct iou_draw_tab {
    iou_draw_rect rect;
    uint32_t color;
    char text[IOU_DRAW_TEXT_CAPACITY];
} iou_draw_tab;

/** How much an item's text says, from all to the least. */
typedef enum iou_draw_wording {
    IOU_DRAW_ALL,            /**< RBC 0.87 · IoU 0.91 */
    IOU_DRAW_COMPACT,        /**< RBC 0.87 · 0.91 */
    IOU_DRAW_NAME_AND_SCORE, /**< RBC 0.87 */
    IOU_DRAW_SCORE,          /**< 0.87 */
    IOU_DRAW_NAME,           /**< RBC */
    IOU_DRAW_WORDINGS
} iou_draw_wording;

/** Writes valid UTF-8 in the wording asked for; "" where the item has nothing to say. */
void iou_draw_text(char text[IOU_DRAW_TEXT_CAPACITY], const iou_draw_item *item,
                   iou_draw_wording wording);

/**
 * Places tabs for `boxes`, the last of which is the most important. `tabs` has room for
 * IOU_DRAW_MAX_TABS; the most important tab comes first. Returns their number.
 */
size_t iou_draw_layout(iou_draw_tab *tabs, const iou_draw_box *boxes, size_t count,
                       const iou_draw_item *items, const iou_draw_style *style);

#endif
