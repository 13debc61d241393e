#include "png_messages.h"

#include <stdio.h>

void iou_png_on_error(png_structp png, png_const_charp text) {
    png_message *message = png_get_error_ptr(png);
    (void)snprintf(message->text, sizeof message->text, "%s", text);
    png_longjmp(png, 1);
}

/** Warnings are about chunks that do not touch the pixels. */
void iou_png_on_warning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}
