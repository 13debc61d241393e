/*
 * Colours of classes: far apart, and legible on photographs. The first seven are those of M. Okabe
 * and K. Ito, "Color Universal Design" (2008), which readers who see two kinds of colour tell
 * apart.
 */
#include "draw_palette.h"

#include <iou/draw.h>

#include <math.h>

/** A saturated colour for classes beyond the table: hues a golden angle apart. */
static uint32_t generated_color(int32_t index) {
    static const double values[3] = {0.95, 0.72, 0.85};
    static const double saturations[3] = {0.75, 0.90, 0.55};
    const double hue = fmod(index * 137.50776405, 360.0) / 60.0;
    const double value = values[index % 3], saturation = saturations[index % 3];
    uint32_t color = 0;
    for (int channel = 0; channel < 3; channel++) {
        const double k = fmod((double)(5 - 2 * channel) + hue, 6.0);
        const double dip = fmax(0.0, fmin(1.0, fmin(k, 4.0 - k)));
        color = color << 8 | (uint32_t)lround(255.0 * value * (1.0 - saturation * dip));
    }
    return color;
}

uint32_t iou_draw_class_color(int32_t class_index) {
    static const uint32_t table[] = {
        0x0072b2, 0xe69f00, 0x009e73, 0xcc79a7, 0x56b4e9, 0xd55e00, 0xf0e442,
        0xff3b30, 0x7a4a2b, 0xa4de02, 0x3d37c9, 0xff7ad9, 0x00796b, 0xb00020,
        0x64c8ff, 0x6b8e23, 0xc49bff, 0xff8a65, 0x14427f, 0xe8e8e8,
    };
    const int32_t known = (int32_t)(sizeof table / sizeof table[0]);
    if (class_index < 0) {
        return 0x9e9e9e;
    }
    return class_index < known ? table[class_index] : generated_color(class_index);
}

static double linear(uint32_t channel) {
    const double c = (double)channel / 255.0;
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

bool iou_draw_wants_dark_text(uint32_t color) {
    const double luminance = 0.2126 * linear(color >> 16 & 255) +
                             0.7152 * linear(color >> 8 & 255) + 0.0722 * linear(color & 255);
    return luminance > 0.36;
}
