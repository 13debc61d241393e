#include "core/options.h"

#include <string.h>

iou_status iou_options_take(void *own, size_t size, const void *given, const char *name,
                            iou_error *error) {
    /* No program knows this many options: it is more likely a struct_size that was not set. */
    enum { LARGEST = 4096 };
    memset(own, 0, size);
    if (given) {
        size_t given_size;
        memcpy(&given_size, given, sizeof given_size);
        IOU_FAIL_IF(given_size < sizeof given_size || given_size > LARGEST, IOU_INVALID_ARGUMENT,
                    error, "%s: expected struct_size %zu, found %zu", name, size, given_size);
        const unsigned char *bytes = given;
        for (size_t i = size; i < given_size; i++) {
            IOU_FAIL_IF(bytes[i] != 0, IOU_INVALID_ARGUMENT, error,
                        "%s: byte %zu sets an option that libiou %s does not know", name, i,
                        iou_version());
        }
        memcpy(own, given, given_size < size ? given_size : size);
    }
    memcpy(own, &size, sizeof size);
    return IOU_OK;
}
