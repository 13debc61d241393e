/*
 * Draws detections into pictures, for the tools: needs cairo, and is no part of libiou.
 *
 * Box coordinates are pixel edges: the whole picture is (0, 0, width, height). Threads and errors
 * as in iou/image.h.
 */
#ifndef IOU_DRAW_H
#define IOU_DRAW_H

#include <iou/image.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One detection to draw. */
typedef struct iou_draw_item {
    float x1, y1, x2, y2; /**< edges in pixels */
    int32_t class_index;  /**< chooses the colour */
    const char *label;    /**< UTF-8, borrowed for the call; NULL: none */
    float score;          /**< NaN: none */
    float iou;            /**< predicted IoU; NaN: none */
} iou_draw_item;

/** How detections are drawn; zeros: as it suits the picture. */
typedef struct iou_draw_options {
    bool hides_labels; /**< boxes alone */
    float line_width;  /**< of boxes, in pixels; 0: what suits the picture */
} iou_draw_options;

/**
 * Draws boxes, and tabs such as "RBC 0.87 · IoU 0.91", in sizes that suit the picture. Boxes are
 * cut at the picture's edges; boxes with a NaN, without area or outside are skipped. The highest
 * scores come on top. A tab stays inside the picture and avoids other tabs; its text is shortened,
 * or the tab left out, where there is no room. At most 4,096 tabs are drawn.
 *
 * `pixels` is changed in place; `items` and `options` (NULL: zeros) are only read. Memory beyond
 * the picture is at most 20 MiB and about 100 bytes an item.
 */
IOU_API iou_status iou_draw_detections(iou_pixels *pixels, const iou_draw_item *items, size_t count,
                                       const iou_draw_options *options, iou_error *error);

/** The colour of a class as 0xRRGGBB, for legends. Any index has one. */
IOU_API uint32_t iou_draw_class_color(int32_t class_index);

#ifdef __cplusplus
}
#endif

#endif
