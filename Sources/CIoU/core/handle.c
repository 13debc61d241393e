#include "core/handle.h"

#if defined(IOU_DEBUG)
#include <stdio.h>
#include <stdlib.h>
#endif

static const char *kind_name(uint32_t kind) {
    switch (kind) {
    case IOU_HANDLE_CLOSED: return "a closed handle";
    case IOU_HANDLE_MODEL: return "a model";
    case IOU_HANDLE_SESSION: return "a session";
    case IOU_HANDLE_DETECTOR: return "a detector";
    default: return "no handle of this library";
    }
}

/** Misuse of handles is a mistake of the program: a debug build stops where it is made. */
static iou_status misused(const iou_handle *handle, iou_handle_kind kind, iou_error *error) {
    iou_error own;
    iou_error *reported = error ? error : &own;
    const char *found = handle ? kind_name(handle->kind) : "null";
    (void)iou_fail(reported, IOU_INVALID_ARGUMENT, "expected %s, found %s", kind_name(kind),
                   handle && handle->kind == (uint32_t)kind ? "one that another thread is using"
                                                            : found);
#if defined(IOU_DEBUG)
    (void)fprintf(stderr, "libiou: %s\n", reported->text);
    abort();
#else
    return IOU_INVALID_ARGUMENT;
#endif
}

iou_status iou_handle_make(iou_handle *handle, iou_handle_kind kind, const iou_allocator *allocator,
                           const iou_log *log, const void *parent, iou_error *error) {
    IOU_FAIL_IF(allocator && (!allocator->allocate || !allocator->release), IOU_INVALID_ARGUMENT,
                error, "expected an allocator with both functions");
    const iou_handle *from = parent;
    *handle = (iou_handle){.kind = (uint32_t)kind};
    if (allocator || from) {
        handle->allocator = allocator ? *allocator : from->allocator;
    }
    if (log || from) {
        handle->log = log ? *log : from->log;
    }
    return IOU_OK;
}

bool iou_handle_is(const void *handle, iou_handle_kind kind) {
    return iou_handle_check(handle, kind, NULL) == IOU_OK;
}

iou_status iou_handle_check(const void *handle, iou_handle_kind kind, iou_error *error) {
    const iou_handle *h = handle;
    return h && h->kind == (uint32_t)kind ? IOU_OK : misused(h, kind, error);
}

iou_status iou_handle_enter(void *handle, iou_handle_kind kind, iou_error *error) {
    IOU_TRY(iou_handle_check(handle, kind, error));
    iou_handle *h = handle;
    return atomic_exchange_explicit(&h->busy, 1, memory_order_acquire) == 0
               ? IOU_OK
               : misused(h, kind, error);
}

void iou_handle_leave(void *handle) {
    atomic_store_explicit(&((iou_handle *)handle)->busy, 0, memory_order_release);
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
