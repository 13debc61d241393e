#include "core/options.h"

#include "core/sizes.h"

#include <string.h>

/* No program knows this many fields: it is more likely a struct_size that was not set. */
enum { LARGEST = 4096 };

static iou_status read_size(size_t *given_size, const void *given, size_t size, const char *name,
                            iou_error *error) {
    memcpy(given_size, given, sizeof *given_size);
    IOU_FAIL_IF(*given_size < sizeof *given_size || *given_size > LARGEST, IOU_INVALID_ARGUMENT,
                error, "%s: expected struct_size %zu, found %zu", name, size, *given_size);
    return IOU_OK;
}

iou_status iou_options_take(void *own, size_t size, const void *given, const char *name,
                            iou_error *error) {
    memset(own, 0, size);
    if (given) {
        size_t given_size;
        IOU_TRY(read_size(&given_size, given, size, name, error));
        const unsigned char *bytes = given;
        for (size_t i = size; i < given_size; i++) {
            IOU_FAIL_IF(bytes[i] != 0, IOU_INVALID_ARGUMENT, error,
                        "%s: byte %zu sets an option that libiou %s does not know", name, i,
                        iou_version());
        }
        memcpy(own, given, iou_size_min(given_size, size));
    }
    memcpy(own, &size, sizeof size);
    return IOU_OK;
}

iou_status iou_options_give(void *given, const void *own, size_t size, const char *name,
                            iou_error *error) {
    size_t given_size;
    IOU_TRY(read_size(&given_size, given, size, name, error));
    memset(given, 0, given_size);
    memcpy(given, own, iou_size_min(given_size, size));
    memcpy(given, &given_size, sizeof given_size);
    return IOU_OK;
}
