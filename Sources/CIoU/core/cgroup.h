/* The quota of processors that a control group gives to this process. */
#ifndef IOU_CGROUP_H
#define IOU_CGROUP_H

/**
 * Whole processors, rounded up: the least of the group and those around it; 0: no quota. Of version
 * 2, or of version 1 where its cpu controller is mounted. `membership` is mostly /proc/self/cgroup,
 * `mount` /sys/fs/cgroup.
 */
int iou_cgroup_quota(const char *membership, const char *mount);

#endif
