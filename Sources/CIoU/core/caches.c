#include "core/caches.h"

#include "core/sizes.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    USUAL_FIRST = 32 << 10,
    USUAL_SECOND = 512 << 10,
    LEAST_FIRST = 8 << 10, /* less is a false report */
    LEAST_SECOND = 128 << 10,
    MOST_INDICES = 8,
    SIBLINGS = 2 /* processors of a core, which take turns at its caches */
};

/* The first line of file `name` of cache `index`, without its end; false: there is none. */
static bool read_line(const char *folder, int index, const char *name, char *line, int size) {
    char path[512];
    const int length = snprintf(path, sizeof path, "%s/index%d/%s", folder, index, name);
    FILE *file = length > 0 && (size_t)length < sizeof path ? fopen(path, "re") : NULL;
    if (!file) {
        return false;
    }
    const bool read = fgets(line, size, file) != NULL;
    (void)fclose(file);
    line[read ? strcspn(line, "\n") : 0] = '\0';
    return read;
}

/* "32K", "1M" or "512"; 0 for others. */
static size_t size_of(const char *text) {
    unsigned long long number = 0;
    char unit = '\0';
    if (!isdigit((unsigned char)*text) || sscanf(text, "%9llu%c", &number, &unit) < 1) {
        return 0;
    }
    return (size_t)number << (unit == 'K' ? 10 : unit == 'M' ? 20 : 0);
}

/* How many processors a list such as "0-3,8-11" names; at least 1. */
static size_t count_of(const char *list) {
    size_t count = 0;
    for (const char *at = list; *at != '\0'; at += *at == ',') {
        unsigned first = 0, last = 0;
        const int read = sscanf(at, "%9u-%9u", &first, &last);
        count += read == 2 && last >= first ? (size_t)(last - first) + 1 : 1;
        at += strcspn(at, ",");
    }
    return iou_size_max(count, 1);
}

iou_caches iou_caches_read(const char *folder) {
    iou_caches caches = {0};
    char line[256];
    for (int index = 0; index < MOST_INDICES; index++) {
        if (!read_line(folder, index, "type", line, sizeof line) ||
            strcmp(line, "Instruction") == 0 ||
            !read_line(folder, index, "level", line, sizeof line)) {
            continue;
        }
        const bool first = strcmp(line, "1") == 0, second = strcmp(line, "2") == 0;
        if (!(first || second) || !read_line(folder, index, "size", line, sizeof line)) {
            continue;
        }
        size_t size = size_of(line);
        if (read_line(folder, index, "shared_cpu_list", line, sizeof line)) {
            size /= iou_divide_up(count_of(line), SIBLINGS);
        }
        *(first ? &caches.first : &caches.second) = size;
    }
    return caches;
}

/* What the C library knows of a cache, where it is asked about them. */
static size_t configured(int name) {
    const long size = sysconf(name);
    return size > 0 ? (size_t)size : 0;
}

iou_caches iou_caches_find(void) {
    iou_caches caches = iou_caches_read("/sys/devices/system/cpu/cpu0/cache");
#if defined(_SC_LEVEL1_DCACHE_SIZE) && defined(_SC_LEVEL2_CACHE_SIZE)
    caches.first = caches.first > 0 ? caches.first : configured(_SC_LEVEL1_DCACHE_SIZE);
    caches.second = caches.second > 0 ? caches.second : configured(_SC_LEVEL2_CACHE_SIZE);
#endif
    caches.first = caches.first >= LEAST_FIRST ? caches.first : USUAL_FIRST;
    caches.second = caches.second >= LEAST_SECOND ? caches.second : USUAL_SECOND;
    return caches;
}
