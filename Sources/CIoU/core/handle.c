#include "core/handle.h"

#include "core/handle_table.h"

#if defined(IOU_DEBUG)
#include <stdio.h>
#include <stdlib.h>
#endif

static const char *kind_name(int kind) {
    switch (kind) {
    case IOU_HANDLE_MODEL: return "a model";
    case IOU_HANDLE_SESSION: return "a session";
    case IOU_HANDLE_DETECTOR: return "a detector";
    default: return "a handle that is closed, or none";
    }
}

/** Misuse of handles is a mistake of the program: a debug build stops where it is made. */
static iou_status misused(const void *handle, iou_handle_kind kind, iou_error *error) {
    iou_error own;
    iou_error *reported = error ? error : &own;
    const int open = iou_handle_table_kind(handle);
    const char *found = !handle             ? "null"
                        : open == (int)kind ? "one that another thread is using"
                                            : kind_name(open);
    (void)iou_fail(reported, IOU_INVALID_ARGUMENT, "expected %s, found %s", kind_name((int)kind),
                   found);
#if defined(IOU_DEBUG)
    (void)fprintf(stderr, "libiou: %s\n", reported->text);
    abort();
#else
    return IOU_INVALID_ARGUMENT;
#endif
}

iou_status iou_handle_make(iou_handle *handle, const iou_allocator *allocator, const iou_log *log,
                           const void *parent, iou_error *error) {
    IOU_FAIL_IF(allocator && (!allocator->allocate || !allocator->release), IOU_INVALID_ARGUMENT,
                error, "expected an allocator with both functions");
    const iou_handle *from = parent;
    *handle = (iou_handle){0};
    if (allocator || from) {
        handle->allocator = allocator ? *allocator : from->allocator;
    }
    if (log || from) {
        handle->log = log ? *log : from->log;
    }
    return IOU_OK;
}

iou_status iou_handle_open(void *handle, iou_handle_kind kind, const iou_handle *made,
                           iou_error *error) {
    *(iou_handle *)handle = *made;
    return iou_handle_table_add(handle, (int)kind)
               ? IOU_OK
               : iou_fail(error, IOU_OUT_OF_MEMORY, "no memory for %s", kind_name((int)kind));
}

bool iou_handle_close(void *handle, iou_handle_kind kind) {
    if (iou_handle_enter(handle, kind, NULL) != IOU_OK) {
        return false;
    }
    iou_handle_table_remove(handle);
    return true;
}

bool iou_handle_is(const void *handle, iou_handle_kind kind) {
    return iou_handle_check(handle, kind, NULL) == IOU_OK;
}

iou_status iou_handle_check(const void *handle, iou_handle_kind kind, iou_error *error) {
    return iou_handle_table_kind(handle) == (int)kind ? IOU_OK : misused(handle, kind, error);
}

iou_status iou_handle_enter(void *handle, iou_handle_kind kind, iou_error *error) {
    return iou_handle_table_enter(handle, (int)kind) ? IOU_OK : misused(handle, kind, error);
}

void iou_handle_leave(void *handle) {
    iou_handle_table_leave(handle);
}

/* A model is const for its users; what is attached to it is none of theirs. */
static _Atomic(iou_attachment *) *attachment_of(const void *handle) {
    return &((iou_handle *)(uintptr_t)handle)->attachment;
}

iou_attachment *iou_handle_attachment(const void *handle) {
    return atomic_load(attachment_of(handle));
}

iou_attachment *iou_handle_attach(const void *handle, iou_attachment *own) {
    iou_attachment *first = NULL;
    if (atomic_compare_exchange_strong(attachment_of(handle), &first, own)) {
        return own;
    }
    own->release(own);
    return first;
}

void iou_handle_end(void *handle) {
    iou_attachment *attachment = iou_handle_attachment(handle);
    if (attachment) {
        attachment->release(attachment);
    }
}
