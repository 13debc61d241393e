/* SequenceConstruct, SequenceEmpty, SequenceInsert and SequenceErase: sequences that are made. */
#include "ops/facts.h"
#include "ops/sequence/sequence.h"

#include <limits.h>
#include <string.h>

/* ---- SequenceConstruct --------------------------------------------------------------------- */

static iou_status construct_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, INT_MAX, 1));
    iou_type element = IOU_TYPE_UNDEFINED;
    for (int i = 0; i < infer->node->input_count; i++) {
        const iou_fact *in = iou_fact_in(infer, i);
        if (!in) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d: expected a tensor, found none",
                                  i);
        }
        IOU_TRY(iou_infer_type(infer, i, iou_types_any));
        if (element != IOU_TYPE_UNDEFINED && in->type != IOU_TYPE_UNDEFINED &&
            in->type != element) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "input %d: expected %s as those before, found %s", i,
                                  iou_type_name(element), iou_type_name(in->type));
        }
        element = element == IOU_TYPE_UNDEFINED ? in->type : element;
    }
    infer->out[0].type = element == IOU_TYPE_UNDEFINED ? element : iou_type_sequence(element);
    return IOU_OK;
}

static iou_status construct_run(const iou_call *call, size_t task) {
    const iou_pooled_step *step = call->params;
    iou_sequence *made;
    (void)task;
    IOU_TRY(iou_run_pool_add_sequence(call->pool, (size_t)step->input_count, &made, call->error));
    for (int i = 0; i < step->input_count; i++) {
        IOU_TRY(iou_run_pool_copy(call->pool, step->in[i], call->in[i], &made->list->elements[i],
                                  call->error));
    }
    iou_sequence_write(call, made);
    return IOU_OK;
}

static iou_status construct_prepare(const iou_prepare *prepare) {
    return iou_pooled_prepare(prepare, construct_run);
}

const iou_op iou_op_sequence_construct = {.name = "SequenceConstruct",
                                          .infer = construct_infer,
                                          .prepare = construct_prepare,
                                          .pooled = true,
                                          .accepts = IOU_ACCEPTS_ALL};

/* ---- SequenceEmpty ------------------------------------------------------------------------- */

static iou_status empty_parse(const iou_parse *parse) {
    iou_type *element = parse->attributes;
    const int64_t number = iou_attribute_int(parse->node, "dtype", IOU_FLOAT);
    *element = iou_type_of_number(number);
    return iou_type_size(*element) > 0
               ? IOU_OK
               : iou_parse_fail(parse, IOU_UNSUPPORTED, "dtype: expected an element type, found %s",
                                iou_type_name(*element));
}

static iou_status empty_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 0, 0, 1));
    infer->out[0].type = iou_type_sequence(*(const iou_type *)infer->node->attributes);
    return IOU_OK;
}

static iou_status empty_run(const iou_call *call, size_t task) {
    iou_sequence *made;
    (void)task;
    IOU_TRY(iou_run_pool_add_sequence(call->pool, 0, &made, call->error));
    iou_sequence_write(call, made);
    return IOU_OK;
}

static iou_status empty_prepare(const iou_prepare *prepare) {
    return iou_pooled_prepare(prepare, empty_run);
}

const iou_op iou_op_sequence_empty = {.name = "SequenceEmpty",
                                      .attributes_size = sizeof(iou_type),
                                      .parse = empty_parse,
                                      .infer = empty_infer,
                                      .prepare = empty_prepare,
                                      .pooled = true,
                                      .accepts = IOU_ACCEPTS_ALL};

/* ---- SequenceInsert ------------------------------------------------------------------------ */

static iou_status insert_infer(const iou_infer *infer) {
    iou_type element;
    IOU_TRY(iou_fact_begin(infer, 2, 3, 1));
    IOU_TRY(iou_sequence_element(infer, &element));
    IOU_TRY(iou_infer_type(infer, 1, iou_types_any));
    IOU_TRY(iou_sequence_check_position(infer, 2));
    const iou_type given = infer->in[1]->type;
    if (element != IOU_TYPE_UNDEFINED && given != IOU_TYPE_UNDEFINED && given != element) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "input 1: expected %s as the sequence has, found %s",
                              iou_type_name(element), iou_type_name(given));
    }
    element = element == IOU_TYPE_UNDEFINED ? given : element;
    infer->out[0].type = element == IOU_TYPE_UNDEFINED ? element : iou_type_sequence(element);
    return IOU_OK;
}

static void copy_elements(iou_sequence *to, size_t at, const iou_sequence *from, size_t first,
                          size_t count) {
    if (count > 0) {
        memcpy((void *)(to->list->elements + at), (const void *)(from->list->elements + first),
               sizeof(void *) * count);
    }
}

static iou_status insert_run(const iou_call *call, size_t task) {
    const iou_pooled_step *step = call->params;
    const iou_sequence *from;
    const iou_run_pool_tensor *element;
    iou_sequence *made;
    size_t at;
    (void)task;
    IOU_TRY(iou_sequence_read(call, 0, &from));
    const size_t count = from->count;
    IOU_TRY(iou_sequence_position(call, 2, count, count, count, &at));
    IOU_TRY(iou_run_pool_copy(call->pool, step->in[1], call->in[1], &element, call->error));
    if (at == count) {
        IOU_TRY(iou_run_pool_append(call->pool, from, element, &made, call->error));
    } else {
        IOU_TRY(iou_run_pool_add_sequence(call->pool, count + 1, &made, call->error));
        copy_elements(made, 0, from, 0, at);
        made->list->elements[at] = element;
        copy_elements(made, at + 1, from, at, count - at);
    }
    iou_sequence_write(call, made);
    return IOU_OK;
}

static iou_status insert_prepare(const iou_prepare *prepare) {
    return iou_pooled_prepare(prepare, insert_run);
}

const iou_op iou_op_sequence_insert = {.name = "SequenceInsert",
                                       .infer = insert_infer,
                                       .prepare = insert_prepare,
                                       .pooled = true,
                                       .accepts = IOU_ACCEPTS_ALL};

/* ---- SequenceErase ------------------------------------------------------------------------- */

static iou_status erase_infer(const iou_infer *infer) {
    iou_type element;
    IOU_TRY(iou_fact_begin(infer, 1, 2, 1));
    IOU_TRY(iou_sequence_element(infer, &element));
    IOU_TRY(iou_sequence_check_position(infer, 1));
    infer->out[0].type = infer->in[0]->type;
    return IOU_OK;
}

static iou_status erase_run(const iou_call *call, size_t task) {
    const iou_sequence *from;
    iou_sequence *made;
    size_t at;
    (void)task;
    IOU_TRY(iou_sequence_read(call, 0, &from));
    IOU_FAIL_IF(from->count == 0, IOU_BAD_DATA, call->error,
                "expected a sequence with an element to erase, found an empty one");
    const size_t last = from->count - 1;
    IOU_TRY(iou_sequence_position(call, 1, from->count, last, last, &at));
    IOU_TRY(iou_run_pool_add_sequence(call->pool, last, &made, call->error));
    copy_elements(made, 0, from, 0, at);
    copy_elements(made, at, from, at + 1, last - at);
    iou_sequence_write(call, made);
    return IOU_OK;
}

static iou_status erase_prepare(const iou_prepare *prepare) {
    return iou_pooled_prepare(prepare, erase_run);
}

const iou_op iou_op_sequence_erase = {.name = "SequenceErase",
                                      .infer = erase_infer,
                                      .prepare = erase_prepare,
                                      .pooled = true,
                                      .accepts = IOU_ACCEPTS_ALL};
