/* Loads libiou, detects nothing much, unloads it: unload_check LIBRARY MODEL. Nothing of it may be
 * mapped then, and no thread left. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <iou/iou.h>

enum { SIDE = 64 };

static int threads(void) {
    int count = 0;
    DIR *folder = opendir("/proc/self/task");
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        count += entry->d_name[0] != '.';
    }
    if (folder) {
        closedir(folder);
    }
    return count;
}

static int mapped(void) {
    char line[4096];
    int found = 0;
    FILE *file = fopen("/proc/self/maps", "r");
    while (file && fgets(line, sizeof line, file)) {
        found |= strstr(line, "libiou") != NULL;
    }
    if (file) {
        fclose(file);
    }
    return found;
}

#define FIND(name) __typeof__(&name) name##_ = (__typeof__(&name))dlsym(library, #name)

static int run(void *library, const char *path) {
    FIND(iou_model_open);
    FIND(iou_model_close);
    FIND(iou_session_open);
    FIND(iou_session_run);
    FIND(iou_session_close);
    static float pixels[3 * SIDE * SIDE];
    const iou_tensor input = {.type = IOU_FLOAT,
                              .rank = 4,
                              .dims = {1, 3, SIDE, SIDE},
                              .data = pixels,
                              .size = sizeof pixels};
    iou_model *model;
    iou_session *session;
    const iou_session_options options = {.struct_size = sizeof options, .threads = 3};
    if (iou_model_open_(&model, path, NULL, NULL) ||
        iou_session_open_(&session, model, &options, NULL) ||
        iou_session_run_(session, &input, 1, NULL, 0, NULL, NULL)) {
        return 1;
    }
    iou_session_close_(&session);
    iou_model_close_(&model);
    return 0;
}

int main(int argc, char **argv) {
    for (int i = 0; i < 3; i++) {
        void *library = argc == 3 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
        if (!library || run(library, argv[2])) {
            printf("FAILED: the library cannot be used\n");
            return 1;
        }
        dlclose(library);
        usleep(20000);
        if (mapped()) {
            printf("FAILED: libiou is still mapped\n");
            return 1;
        }
    }
    printf("unload_check: %d thread(s) left\n", threads());
    return 0;
}
