/* libpng's messages, for reading and writing: an error jumps to the caller's setjmp. */
#ifndef IOU_PNG_MESSAGES_H
#define IOU_PNG_MESSAGES_H

#include <png.h>

/** libpng's error pointer: where the text of an error goes. */
typedef struct png_message {
    char text[200];
} png_message;

PNG_NORETURN void iou_png_on_error(png_structp png, png_const_charp text);
void iou_png_on_warning(png_structp png, png_const_charp text);

#endif
