/* Test hook into the inspection of a model. */
#ifndef IOU_MODEL_CHECK_H
#define IOU_MODEL_CHECK_H

#include <stddef.h>

/** What an inspection finds wrong with a model: a line each into `text`, cut where it is full. */
void iou_test_problems(const void *model, size_t size, char *text, size_t capacity);

#endif
