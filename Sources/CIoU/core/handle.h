/* Public handles: one that was closed, or is of another kind, is refused and not read. */
#ifndef IOU_HANDLE_H
#define IOU_HANDLE_H

#include "core/status.h"

#include <stdatomic.h>

typedef enum iou_handle_kind {
    IOU_HANDLE_MODEL = 1,
    IOU_HANDLE_SESSION = 2,
    IOU_HANDLE_DETECTOR = 3
} iou_handle_kind;

/** What a layer above keeps with a handle; the first member of that. */
typedef struct iou_attachment {
    void (*release)(struct iou_attachment *attachment);
} iou_attachment;

/** The first member of a handle. */
typedef struct iou_handle {
    _Atomic(iou_attachment *) attachment; /**< NULL: none */
    iou_allocator allocator;              /**< without functions: malloc */
    iou_log log;
} iou_handle;

/** What the caller brings along for a handle, else what `parent` (NULL: none) has. */
iou_status iou_handle_make(iou_handle *handle, const iou_allocator *allocator, const iou_log *log,
                           const void *parent, iou_error *error);

/** Opens the `handle`, whose first member is `made`: from now on it is one of this kind. */
iou_status iou_handle_open(void *handle, iou_handle_kind kind, const iou_handle *made,
                           iou_error *error);

/** Closes the handle, whose memory the caller then releases. False: it is no open handle of this
 * kind, or another thread has it; aborts then in a debug build. */
bool iou_handle_close(void *handle, iou_handle_kind kind);

/** Whether `handle` (NULL: no) points to an open handle of this kind. In a debug build, aborts
 * where it does not. */
bool iou_handle_is(const void *handle, iou_handle_kind kind);

/** Fails where `handle` is not an open handle of the kind. */
iou_status iou_handle_check(const void *handle, iou_handle_kind kind, iou_error *error);

/** The same, and takes the handle for a call that changes it until iou_handle_leave; fails where
 * another thread has it. */
iou_status iou_handle_enter(void *handle, iou_handle_kind kind, iou_error *error);
void iou_handle_leave(void *handle);

/** What was attached first; NULL: nothing yet. Any thread may ask. */
iou_attachment *iou_handle_attachment(const void *handle);

/** Attaches `own`, which the handle releases at its end. Where another thread was first, releases
 * it now. Returns what is attached. */
iou_attachment *iou_handle_attach(const void *handle, iou_attachment *own);

/** Releases what is attached: the handle ends. */
void iou_handle_end(void *handle);

#endif
