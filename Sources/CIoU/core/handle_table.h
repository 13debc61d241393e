/* The open handles of the process. Any thread may call. */
#ifndef IOU_HANDLE_TABLE_H
#define IOU_HANDLE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

/** Opens the handle at this address, a multiple of 64, as one of `kind` (1 to 3). False: no memory.
 */
bool iou_handle_table_add(const void *handle, int kind);

/** The kind of an open handle; 0: none is open at this address, which is not read. */
int iou_handle_table_kind(const void *handle);

/** Takes an open handle of the kind that no other thread has; false: it is not to be had. */
bool iou_handle_table_enter(const void *handle, int kind);
void iou_handle_table_leave(const void *handle);

/** Closes an open handle. */
void iou_handle_table_remove(const void *handle);

#endif
