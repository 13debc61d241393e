/* The elements that the iterations of a mapped body read, and the sequences that they make. */
#include "session/body_run.h"

#include <string.h>

iou_status iou_body_map_length(const iou_body_run *r, int64_t *length) {
    for (int i = 0; i < r->body->scanned; i++) {
        if (!iou_type_is_composite(r->given->in[i]->type)) {
            continue;
        }
        const iou_sequence *sequence = *(const iou_sequence *const *)r->step->in[i];
        IOU_FAIL_IF(!sequence, IOU_BAD_DATA, r->error,
                    "input %d: expected a sequence, found an optional without an element", i);
        const int64_t count = (int64_t)sequence->count;
        IOU_FAIL_IF(i > 0 && count != *length, IOU_BAD_DATA, r->error,
                    "input %d: expected a sequence of %lld as the first is, found one of %lld", i,
                    (long long)*length, (long long)count);
        *length = count;
    }
    return IOU_OK;
}

/** The sequence that the node's output `output` becomes, whose count is that of those made. */
static iou_sequence **made(const iou_body_run *r, int output) {
    return r->own->results[output].data;
}

static bool is_made(const iou_body_run *r, int output) {
    return output < r->step->output_count && r->step->outputs[output] >= 0;
}

iou_status iou_body_map_begin(const iou_body_run *r, int64_t length) {
    for (int i = 0; i < r->body->collected; i++) {
        if (is_made(r, i)) {
            IOU_TRY(iou_buffer_grow(&r->own->results[i], sizeof(iou_sequence *), r->error));
            IOU_TRY(
                iou_run_pool_add_sequence(r->around->pool, (size_t)length, made(r, i), r->error));
            (*made(r, i))->count = 0;
            iou_call_set_dims(r->step->out_dims[i], NULL, 0);
        }
    }
    return IOU_OK;
}

void iou_body_map_bind(const iou_body_run *r, int64_t index) {
    for (int i = 0; i < r->body->scanned; i++) {
        iou_tensor *input = &r->own->inputs[i];
        *input = iou_body_node_input(r, i, false);
        if (iou_type_is_composite(input->type)) {
            const iou_sequence *sequence = *(const iou_sequence *const *)input->data;
            const iou_run_pool_tensor *element = sequence->list->elements[index];
            *input = (iou_tensor){.type = element->type,
                                  .rank = element->rank,
                                  .data = element->data,
                                  .size = element->size};
            memcpy(input->dims, element->dims, sizeof input->dims);
        }
    }
}

iou_status iou_body_map_collect(const iou_body_run *r) {
    for (int i = 0; i < r->body->collected; i++) {
        const iou_tensor *row = &r->own->outputs[i];
        if (!is_made(r, i)) {
            continue;
        }
        const iou_type type = iou_type_element(r->given->out[i].type);
        IOU_FAIL_IF(row->type != type, IOU_BAD_DATA, r->error, "output %d: expected %s, found %s",
                    i, iou_type_name(type), iou_type_name(row->type));
        iou_operand element = {.type = type, .rank = row->rank};
        memcpy(element.dims, row->dims, sizeof element.dims);
        iou_sequence *sequence = *made(r, i);
        IOU_TRY(iou_run_pool_copy(r->around->pool, &element, row->data,
                                  &sequence->list->elements[sequence->count], r->error));
        sequence->count++;
    }
    return IOU_OK;
}

void iou_body_map_reach(const iou_body_run *r) {
    for (int i = 0; i < r->body->collected; i++) {
        if (is_made(r, i)) {
            iou_run_pool_reach(r->given->out[i].type, *made(r, i));
        }
    }
}
