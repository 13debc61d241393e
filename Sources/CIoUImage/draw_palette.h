/* Which text can be read on a class's colour (iou_draw_class_color). */
#ifndef IOU_DRAW_PALETTE_H
#define IOU_DRAW_PALETTE_H

#include <stdbool.h>
#include <stdint.h>

/** True where black text reads better than white on this colour, 0xRRGGBB. */
bool iou_draw_wants_dark_text(uint32_t color);

#endif
