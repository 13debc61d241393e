/* The quota that a control group leaves: quota_check MEMBERSHIP MOUNT prints it. */
#include <stdio.h>

#include "core/cgroup.h"

int main(int argc, char **argv) {
    printf("%d\n", argc == 3 ? iou_cgroup_quota(argv[1], argv[2]) : -1);
    return argc != 3;
}
