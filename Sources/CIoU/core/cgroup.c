#include "core/cgroup.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 4096 };

static int processors(long quota, long period) {
    const long whole = quota > 0 && period > 0 ? (quota - 1) / period + 1 : 0;
    return whole < 1 << 20 ? (int)whole : 0;
}

/** Reads one or two numbers of a small file; the number of them. */
static int read_numbers(const char *folder, const char *name, long *first, long *second) {
    char path[3 * PATH_SIZE];
    const int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = length > 0 && (size_t)length < sizeof path ? fopen(path, "re") : NULL;
    if (!file) {
        return 0;
    }
    const int count = fscanf(file, "%ld %ld", first, second);
    (void)fclose(file);
    return count;
}

/** The quota of one group. */
static int quota_of(const char *folder) {
    long quota = 0, period = 0, none = 0;
    if (read_numbers(folder, "cpu.max", &quota, &period) == 2) {
        return processors(quota, period);
    }
    if (read_numbers(folder, "cpu.cfs_quota_us", &quota, &none) >= 1 &&
        read_numbers(folder, "cpu.cfs_period_us", &period, &none) >= 1) {
        return processors(quota, period);
    }
    return 0;
}

/** The least quota of the group at `path` under `root` and of those around it. */
static int least_quota(const char *root, char *path) {
    int least = 0;
    for (;;) {
        char folder[2 * PATH_SIZE];
        (void)snprintf(folder, sizeof folder, "%s%s", root, path);
        const int quota = quota_of(folder);
        least = quota > 0 && (least == 0 || quota < least) ? quota : least;
        char *slash = strrchr(path, '/');
        if (!slash) {
            return least;
        }
        *slash = '\0';
    }
}

/** Whether a list such as "cpu,cpuacct" has "cpu". */
static bool has_cpu(const char *controllers) {
    for (const char *at = controllers; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, "cpu", 3) == 0 && (at[3] == ',' || at[3] == '\0')) {
            return true;
        }
    }
    return false;
}

int iou_cgroup_quota(const char *membership, const char *mount) {
    FILE *file = fopen(membership, "re");
    char line[PATH_SIZE], root[PATH_SIZE / 2];
    int least = 0;
    while (file && fgets(line, sizeof line, file)) {
        /* "0::/path" of version 2, "4:cpu,cpuacct:/path" of version 1 */
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path) {
            continue;
        }
        *path++ = '\0';
        controllers++;
        if (*controllers != '\0' && !has_cpu(controllers)) {
            continue;
        }
        (void)snprintf(root, sizeof root, "%.2000s%s", mount, *controllers == '\0' ? "" : "/cpu");
        const int quota = least_quota(root, path);
        least = quota > 0 && (least == 0 || quota < least) ? quota : least;
    }
    if (file) {
        (void)fclose(file);
    }
    return least;
}
