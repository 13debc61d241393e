/* What iou.h promises to a program that embeds libiou, a function for each subject. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include <iou/iou.h>

/** Promises that were not kept. */
extern int failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("FAILED %s:%d: %s\n", __func__, __LINE__, #condition);                          \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

/** Ends the program: there is nothing to check the promises with. */
_Noreturn void give_up(const char *text);

/** `expected`: the sum over the outputs of one thread (embedded_run.h), here and below. */
void check_threads(const iou_model *model, uint64_t expected);

/** Whose the memory is, when it is taken and when it is given back; `path` is the model's. */
void check_memory(const char *path);

/** Handles that were closed, many of them, and threads that close them. */
void check_handles(const char *path, const iou_model *model);

/** Cancelling, deadlines, bad input, handles that are null or of another kind. */
void check_refusals(const iou_model *model, uint64_t expected);

/** Pictures of every format. */
void check_pictures(const iou_model *model);
