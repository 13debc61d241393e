/* What the library was built with. */
#include "core/blas.h"
#include "core/parallel.h"

#include <string.h>

const char *iou_build_part(const char *part) {
    if (part != NULL && strcmp(part, "threads") == 0) {
        return iou_workers_name();
    }
    if (part != NULL && strcmp(part, "blas") == 0) {
        return iou_blas_name();
    }
    return NULL;
}
