/* Draws detections with cairo, tile by tile, so that a picture may have any size. */
#include "draw_internal.h"
#include "image_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TILE = 1024 };

typedef struct scene {
    iou_pixels *pixels;
    const iou_draw_item *items;
    bool hides_labels;
    iou_draw_style style;
    iou_draw_box *boxes; /* low scores first */
    size_t box_count;
    iou_draw_tab *tabs; /* high scores first */
    size_t tab_count;
} scene;

static void choose_style(iou_draw_style *style, const iou_pixels *pixels, double line_width) {
    style->width = pixels->width;
    style->height = pixels->height;
    /* Long strips are seen at the scale of their short side. */
    const double side =
        fmin(sqrt(style->width * style->height), 3 * fmin(style->width, style->height));
    style->font = fmax(8.0, round(12.0 * pow(side / 554.0, 0.88)));
    style->line = line_width > 0 ? line_width : fmax(1.0, round(style->font * 0.16));
    style->halo = fmin(fmax(0.5, style->line * 0.25), 4.0);
    style->tab_height = round(style->font * 1.36);
    style->tab_padding = round(style->font * 0.36);
    style->tab_radius = style->font * 0.22;
}

static iou_status open_font(iou_draw_style *style, iou_error *error) {
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_SLIGHT);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_face_t *face =
        cairo_toy_font_face_create("DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_BOLD);
    cairo_matrix_t size, identity;
    cairo_matrix_init_scale(&size, style->font, style->font);
    cairo_matrix_init_identity(&identity);
    style->scaled_font = cairo_scaled_font_create(face, &size, &identity, options);
    cairo_font_face_destroy(face);
    cairo_font_options_destroy(options);
    const cairo_status_t status = cairo_scaled_font_status(style->scaled_font);
    if (status == CAIRO_STATUS_SUCCESS) {
        return IOU_OK;
    }
    return iou_image_fail(error,
                          status == CAIRO_STATUS_NO_MEMORY ? IOU_OUT_OF_MEMORY : IOU_IO_ERROR,
                          "draw: no font: %s", cairo_status_to_string(status));
}

/** The nearest place for an edge where its line covers whole pixels; ties go into the box. */
static double snap(double edge, bool far_edge, const iou_draw_style *style) {
    const double half = style->line / 2;
    return (far_edge ? ceil(edge - half - 0.5) : floor(edge - half + 0.5)) + half;
}

/** Cuts a box at the picture's edges so that its whole line shows; false: nothing to draw. */
static bool clip_box(iou_draw_rect *rect, const iou_draw_item *item, const iou_draw_style *style) {
    if (!(item->x1 < item->x2 && item->y1 < item->y2)) {
        return false; /* also NaN */
    }
    if (item->x2 <= 0 || item->y2 <= 0 || (double)item->x1 >= style->width ||
        (double)item->y1 >= style->height) {
        return false;
    }
    const double inset = style->line / 2;
    const double right = fmax(inset, style->width - inset);
    const double bottom = fmax(inset, style->height - inset);
    rect->x1 = snap(fmin(fmax((double)item->x1, inset), right), false, style);
    rect->y1 = snap(fmin(fmax((double)item->y1, inset), bottom), false, style);
    rect->x2 = snap(fmax(fmin((double)item->x2, right), inset), true, style);
    rect->y2 = snap(fmax(fmin((double)item->y2, bottom), inset), true, style);
    /* Cairo draws nothing for a point. */
    rect->x2 = fmax(rect->x2, rect->x1 + 0.01);
    rect->y2 = fmax(rect->y2, rect->y1 + 0.01);
    return true;
}

static int compare_boxes(const void *a, const void *b) {
    const iou_draw_box *x = a, *y = b;
    if (x->score != y->score) {
        return x->score < y->score ? -1 : 1;
    }
    return x->item > y->item ? -1 : x->item < y->item;
}

static void collect_boxes(scene *s, size_t count) {
    for (size_t i = 0; i < count; i++) {
        iou_draw_box *box = &s->boxes[s->box_count];
        if (clip_box(&box->rect, &s->items[i], &s->style)) {
            box->item = i;
            box->score = isnan(s->items[i].score) ? -INFINITY : s->items[i].score;
            s->box_count++;
        }
    }
    if (s->box_count > 1) {
        qsort(s->boxes, s->box_count, sizeof *s->boxes, compare_boxes);
    }
}

static void set_color(cairo_t *cairo, uint32_t color, double alpha) {
    cairo_set_source_rgba(cairo, (color >> 16 & 255) / 255.0, (color >> 8 & 255) / 255.0,
                          (color & 255) / 255.0, alpha);
}

static void rounded_path(cairo_t *cairo, const iou_draw_rect *r, double radius) {
    const double quarter = acos(0.0);
    radius = fmin(radius, fmin(r->x2 - r->x1, r->y2 - r->y1) / 2);
    cairo_new_sub_path(cairo);
    cairo_arc(cairo, r->x2 - radius, r->y1 + radius, radius, -quarter, 0);
    cairo_arc(cairo, r->x2 - radius, r->y2 - radius, radius, 0, quarter);
    cairo_arc(cairo, r->x1 + radius, r->y2 - radius, radius, quarter, 2 * quarter);
    cairo_arc(cairo, r->x1 + radius, r->y1 + radius, radius, 2 * quarter, 3 * quarter);
    cairo_close_path(cairo);
}

static void draw_box(cairo_t *cairo, const iou_draw_rect *rect, uint32_t color,
                     const iou_draw_style *style) {
    rounded_path(cairo, rect, style->line);
    cairo_set_source_rgba(cairo, 0, 0, 0, 0.35);
    cairo_set_line_width(cairo, style->line + 2 * style->halo);
    cairo_stroke_preserve(cairo);
    set_color(cairo, color, 1);
    cairo_set_line_width(cairo, style->line);
    cairo_stroke(cairo);
}

static void draw_tab(cairo_t *cairo, const iou_draw_tab *tab, const iou_draw_style *style) {
    const double cap_height = 0.729 * style->font; /* of DejaVu Sans */
    rounded_path(cairo, &tab->rect, style->tab_radius);
    set_color(cairo, tab->color, 0.94);
    cairo_fill(cairo);
    set_color(cairo, iou_draw_wants_dark_text(tab->color) ? 0x101010 : 0xffffff, 1);
    cairo_move_to(cairo, tab->rect.x1 + style->tab_padding,
                  round(tab->rect.y1 + (style->tab_height + cap_height) / 2));
    cairo_show_text(cairo, tab->text);
}

static bool touches(const iou_draw_rect *rect, const iou_draw_rect *tile, double margin) {
    return rect->x1 - margin < tile->x2 && rect->x2 + margin > tile->x1 &&
           rect->y1 - margin < tile->y2 && rect->y2 + margin > tile->y1;
}

/** Draws what touches the tile; returns false, drawing nothing, when nothing does. */
static bool draw_tile(cairo_t *cairo, const scene *s, const iou_draw_rect *tile, bool dry) {
    const double margin = s->style.line + s->style.halo + 1;
    bool any = false;
    for (size_t i = 0; i < s->box_count && !(any && dry); i++) {
        if (touches(&s->boxes[i].rect, tile, margin)) {
            any = true;
            if (!dry) {
                const iou_draw_item *item = &s->items[s->boxes[i].item];
                draw_box(cairo, &s->boxes[i].rect, iou_draw_class_color(item->class_index),
                         &s->style);
            }
        }
    }
    for (size_t i = s->tab_count; i-- > 0 && !(any && dry);) {
        if (touches(&s->tabs[i].rect, tile, margin)) {
            any = true;
            if (!dry) {
                draw_tab(cairo, &s->tabs[i], &s->style);
            }
        }
    }
    return any;
}

static void copy_in(cairo_surface_t *surface, const iou_pixels *pixels, int32_t x, int32_t y,
                    int32_t width, int32_t height) {
    uint8_t *to = cairo_image_surface_get_data(surface);
    const size_t to_stride = (size_t)cairo_image_surface_get_stride(surface);
    for (int32_t row = 0; row < height; row++) {
        const uint8_t *rgb = pixels->data + (size_t)(y + row) * pixels->stride + (size_t)x * 3;
        for (int32_t i = 0; i < width; i++, rgb += 3) {
            const uint32_t word = (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
            memcpy(to + (size_t)row * to_stride + (size_t)i * 4, &word, 4);
        }
    }
    cairo_surface_mark_dirty(surface);
}

static void copy_out(iou_pixels *pixels, cairo_surface_t *surface, int32_t x, int32_t y,
                     int32_t width, int32_t height) {
    cairo_surface_flush(surface);
    const uint8_t *from = cairo_image_surface_get_data(surface);
    const size_t from_stride = (size_t)cairo_image_surface_get_stride(surface);
    for (int32_t row = 0; row < height; row++) {
        uint8_t *rgb = pixels->data + (size_t)(y + row) * pixels->stride + (size_t)x * 3;
        for (int32_t i = 0; i < width; i++, rgb += 3) {
            uint32_t word;
            memcpy(&word, from + (size_t)row * from_stride + (size_t)i * 4, 4);
            rgb[0] = (uint8_t)(word >> 16);
            rgb[1] = (uint8_t)(word >> 8);
            rgb[2] = (uint8_t)word;
        }
    }
}

static cairo_status_t draw_on_tile(const scene *s, cairo_surface_t *surface, int32_t x, int32_t y) {
    const int32_t width = s->pixels->width - x < TILE ? s->pixels->width - x : TILE;
    const int32_t height = s->pixels->height - y < TILE ? s->pixels->height - y : TILE;
    const iou_draw_rect tile = {x, y, (double)x + width, (double)y + height};
    if (!draw_tile(NULL, s, &tile, true)) {
        return CAIRO_STATUS_SUCCESS;
    }
    copy_in(surface, s->pixels, x, y, width, height);
    cairo_t *cairo = cairo_create(surface);
    cairo_translate(cairo, -x, -y);
    cairo_set_scaled_font(cairo, s->style.scaled_font);
    (void)draw_tile(cairo, s, &tile, false);
    const cairo_status_t status = cairo_status(cairo);
    cairo_destroy(cairo);
    if (status == CAIRO_STATUS_SUCCESS) {
        copy_out(s->pixels, surface, x, y, width, height);
    }
    return status;
}

static iou_status draw_all_tiles(const scene *s, iou_error *error) {
    const int32_t width = s->pixels->width < TILE ? s->pixels->width : TILE;
    const int32_t height = s->pixels->height < TILE ? s->pixels->height : TILE;
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    cairo_status_t status = cairo_surface_status(surface);
    for (int64_t y = 0; y < s->pixels->height && status == CAIRO_STATUS_SUCCESS; y += TILE) {
        for (int64_t x = 0; x < s->pixels->width && status == CAIRO_STATUS_SUCCESS; x += TILE) {
            status = draw_on_tile(s, surface, (int32_t)x, (int32_t)y);
        }
    }
    cairo_surface_destroy(surface);
    if (status == CAIRO_STATUS_SUCCESS) {
        return IOU_OK;
    }
    return iou_image_fail(error, IOU_OUT_OF_MEMORY, "draw: %s", cairo_status_to_string(status));
}

static iou_status draw_scene(scene *s, size_t count, iou_error *error) {
    const size_t most = count < IOU_DRAW_MAX_TABS ? count : IOU_DRAW_MAX_TABS;
    s->boxes = calloc(count, sizeof *s->boxes);
    s->tabs = calloc(most, sizeof *s->tabs);
    if (s->boxes == NULL || s->tabs == NULL) {
        return iou_image_fail(error, IOU_OUT_OF_MEMORY, "draw: no memory for %zu items", count);
    }
    const iou_status status = open_font(&s->style, error);
    if (status != IOU_OK) {
        return status;
    }
    collect_boxes(s, count);
    if (!s->hides_labels) {
        s->tab_count = iou_draw_layout(s->tabs, s->boxes, s->box_count, s->items, &s->style);
    }
    return draw_all_tiles(s, error);
}

iou_status iou_draw_detections(iou_pixels *pixels, const iou_draw_item *items, size_t count,
                               const iou_draw_options *options, iou_error *error) {
    const iou_draw_options how = options != NULL ? *options : (iou_draw_options){0};
    if (pixels == NULL || pixels->data == NULL || (items == NULL && count > 0)) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT, "draw: %s is null or empty",
                              items == NULL && count > 0 ? "items" : "pixels");
    }
    if (pixels->width <= 0 || pixels->height <= 0 || pixels->stride / 3 < (size_t)pixels->width) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT, "draw: %dx%d pixels, stride %zu",
                              (int)pixels->width, (int)pixels->height, pixels->stride);
    }
    if (count == 0) {
        return IOU_OK;
    }
    scene s = {.pixels = pixels, .items = items, .hides_labels = how.hides_labels};
    choose_style(&s.style, pixels, how.line_width);
    const iou_status status = draw_scene(&s, count, error);
    if (s.style.scaled_font != NULL) {
        cairo_scaled_font_destroy(s.style.scaled_font);
    }
    free(s.tabs);
    free(s.boxes);
    return status;
}
