#include "ops/op.h"

#include "iou/ops.h"
#include "ops/composed.h"

#include <stdlib.h>
#include <string.h>

static const iou_op *const table[] = {
#define IOU_OP(type, symbol) &iou_op_##symbol,
#include "ops/ops.inc"
#undef IOU_OP
};

const iou_op *iou_op_find(const char *op_type) {
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i]->name, op_type) == 0) {
            return table[i];
        }
    }
    return NULL;
}

bool iou_op_exists(const char *domain, const char *op_type) {
    const bool standard = !domain || !*domain || strcmp(domain, "ai.onnx") == 0;
    const bool training = domain && strcmp(domain, IOU_TRAINING_DOMAIN) == 0;
    return op_type && ((standard && iou_op_find(op_type) != NULL) ||
                       (training && strcmp(op_type, "Gradient") == 0) ||
                       (!standard && iou_composed_find(domain, op_type) != NULL));
}
