/* Where tabs go: at a corner of their box, inside the picture, clear of more important tabs. */
#include "draw_internal.h"

#include <math.h>
#include <string.h>

enum { PLACES = 7 };

static double overlap(const iou_draw_rect *a, const iou_draw_rect *b) {
    const double width = fmin(a->x2, b->x2) - fmax(a->x1, b->x1);
    const double height = fmin(a->y2, b->y2) - fmax(a->y1, b->y1);
    return width > 0 && height > 0 ? width * height : 0;
}

static double overlap_with_all(const iou_draw_rect *rect, const iou_draw_tab *tabs, size_t count) {
    double area = 0;
    for (size_t i = 0; i < count; i++) {
        area += overlap(rect, &tabs[i].rect);
    }
    return area;
}

/** The tab's rectangle at a place beside or in the box; false where there is no room. */
static bool rect_at(iou_draw_rect *rect, int place, const iou_draw_rect *box, double width,
                    const iou_draw_style *style) {
    static const struct {
        bool right, bottom, inside;
    } places[PLACES] = {{false, false, false}, {true, false, false}, {false, true, false},
                        {true, true, false},   {false, false, true}, {false, true, true},
                        {true, false, true}};
    const double half = style->line / 2, height = style->tab_height;
    const bool right = places[place].right, bottom = places[place].bottom;
    const double left = right ? box->x2 + half - width : box->x1 - half;
    const double x = fmax(0, fmin(left, style->width - width));
    double y = bottom ? box->y2 + half : box->y1 - half - height;
    if (places[place].inside) {
        y += bottom ? -height : height;
    }
    y = round(y);
    *rect = (iou_draw_rect){x, y, x + width, y + height};
    return y >= 0 && rect->y2 <= style->height && rect->x2 <= style->width;
}

/** The first place for this text without overlap, else the one with the least. */
static double best_rect(iou_draw_rect *best, double width, const iou_draw_rect *box,
                        const iou_draw_style *style, const iou_draw_tab *tabs, size_t count) {
    double least = INFINITY;
    for (int place = 0; place < PLACES && least > 0; place++) {
        iou_draw_rect rect;
        if (rect_at(&rect, place, box, width, style)) {
            const double area = overlap_with_all(&rect, tabs, count) / (width * style->tab_height);
            if (area < least) {
                least = area;
                *best = rect;
            }
        }
    }
    return least;
}

static double tab_width(const char *text, const iou_draw_style *style) {
    cairo_text_extents_t extents;
    cairo_scaled_font_text_extents(style->scaled_font, text, &extents);
    return ceil(extents.x_advance + 2 * style->tab_padding);
}

/** Places one tab with the fullest wording that is free; false where none is tolerable. */
static bool place_tab(iou_draw_tab *tab, const iou_draw_rect *box, const iou_draw_item *item,
                      iou_draw_wording fullest, const iou_draw_style *style,
                      const iou_draw_tab *placed, size_t count) {
    const double tolerated = 0.2; /* of its area under other tabs */
    const double largest = 0.08 * style->width * style->height;
    double least = INFINITY;
    char previous[IOU_DRAW_TEXT_CAPACITY] = "";
    for (int wording = (int)fullest; wording < IOU_DRAW_WORDINGS && least > 0; wording++) {
        char text[IOU_DRAW_TEXT_CAPACITY];
        iou_draw_text(text, item, (iou_draw_wording)wording);
        if (text[0] == '\0' || strcmp(text, previous) == 0) {
            continue;
        }
        memcpy(previous, text, sizeof previous);
        const double width = tab_width(text, style);
        if (width * style->tab_height > largest) {
            continue;
        }
        iou_draw_rect rect = {0};
        const double area = best_rect(&rect, width, box, style, placed, count);
        if (area < least) {
            least = area;
            tab->rect = rect;
            memcpy(tab->text, text, sizeof tab->text);
        }
    }
    return least <= tolerated;
}

/** The fullest wording whose tabs together would leave most of the picture free. */
static iou_draw_wording choose_wording(const iou_draw_box *boxes, size_t count,
                                       const iou_draw_item *items, const iou_draw_style *style) {
    const double share = 0.25; /* of the picture's area */
    for (int wording = IOU_DRAW_ALL; wording < IOU_DRAW_SCORE; wording++) {
        double width = 0;
        for (size_t i = 0; i < count && i < IOU_DRAW_MAX_TABS; i++) {
            char text[IOU_DRAW_TEXT_CAPACITY];
            iou_draw_text(text, &items[boxes[count - 1 - i].item], (iou_draw_wording)wording);
            width += tab_width(text, style);
        }
        if (width * style->tab_height <= share * style->width * style->height) {
            return (iou_draw_wording)wording;
        }
    }
    /* Names matter more than free space while there are few. */
    return count <= 8 ? IOU_DRAW_NAME_AND_SCORE : IOU_DRAW_SCORE;
}

size_t iou_draw_layout(iou_draw_tab *tabs, const iou_draw_box *boxes, size_t count,
                       const iou_draw_item *items, const iou_draw_style *style) {
    const iou_draw_wording fullest = choose_wording(boxes, count, items, style);
    double room = 0.35 * style->width * style->height; /* that tabs may cover together */
    size_t placed = 0;
    for (size_t i = 0; i < count && i < IOU_DRAW_MAX_TABS && room > 0; i++) {
        const iou_draw_box *box = &boxes[count - 1 - i];
        const iou_draw_item *item = &items[box->item];
        if (place_tab(&tabs[placed], &box->rect, item, fullest, style, tabs, placed)) {
            tabs[placed].color = iou_draw_class_color(item->class_index);
            room -= (tabs[placed].rect.x2 - tabs[placed].rect.x1) * style->tab_height;
            placed++;
        }
    }
    return placed;
}
