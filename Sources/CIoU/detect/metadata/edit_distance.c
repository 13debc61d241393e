#include "detect/metadata/edit_distance.h"

#include <stdint.h>
#include <string.h>

size_t iou_edit_distance(const char *a, const char *b) {
    const size_t rows = strlen(a), columns = strlen(b);
    if (rows > IOU_MAX_EDITED || columns > IOU_MAX_EDITED) {
        return SIZE_MAX;
    }
    size_t line[IOU_MAX_EDITED + 1]; /* distances from a's beginning to each beginning of b */
    for (size_t j = 0; j <= columns; j++) {
        line[j] = j;
    }
    for (size_t i = 1; i <= rows; i++) {
        size_t diagonal = line[0];
        line[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            size_t least = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = line[j];
            least = line[j] + 1 < least ? line[j] + 1 : least;
            least = line[j - 1] + 1 < least ? line[j - 1] + 1 : least;
            line[j] = least;
        }
    }
    return line[columns];
}
