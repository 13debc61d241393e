/* BitCast: the same bits as another type of the same width. */
#include "ops/facts.h"
#include "ops/strided_iterator.h"

#include <string.h>

typedef struct bit_cast_params {
    size_t count, size;
    unsigned bits; /* of an element that is held in a byte of its own; 0: it fills its bytes */
    bool is_signed;
} bit_cast_params;

static iou_status bit_cast_parse(const iou_parse *parse) {
    iou_type *to = parse->attributes;
    const int64_t number = iou_attribute_int(parse->node, "to", 0);
    *to = iou_type_of_number(number);
    return iou_type_size(*to) > 0
               ? IOU_OK
               : iou_parse_fail(parse, IOU_UNSUPPORTED, "to: expected an element type, found %s",
                                iou_type_name(*to));
}

static iou_status bit_cast_infer(const iou_infer *infer) {
    const iou_type to = *(const iou_type *)infer->node->attributes;
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    const iou_type from = infer->in[0]->type;
    if (from != IOU_TYPE_UNDEFINED && (iou_type_size(from) != iou_type_size(to) ||
                                       iou_type_packed_bits(from) != iou_type_packed_bits(to))) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "to: expected a type as wide as %s, found %s",
                              iou_type_name(from), iou_type_name(to));
    }
    iou_fact_like(&infer->out[0], infer->in[0]);
    infer->out[0].type = to;
    return IOU_OK;
}

static iou_status bit_cast_run(const iou_call *call, size_t task) {
    const bit_cast_params *p = call->params;
    size_t begin, end;
    iou_chunk(task, p->count, &begin, &end);
    const unsigned char *from = (const unsigned char *)call->in[0] + begin * p->size;
    unsigned char *to = (unsigned char *)call->out[0] + begin * p->size;
    memcpy(to, from, (end - begin) * p->size);
    const unsigned mask = (1u << p->bits) - 1, sign = p->bits > 0 ? 1u << (p->bits - 1) : 0;
    for (size_t i = 0; i < end - begin && p->bits > 0; i++) {
        const bool extend = p->is_signed && (from[i] & sign) != 0;
        to[i] = (unsigned char)(extend ? from[i] | ~mask : from[i] & mask);
    }
    return IOU_OK;
}

static iou_status bit_cast_prepare(const iou_prepare *prepare) {
    const iou_type to = prepare->out[0].type;
    bit_cast_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->count = prepare->out[0].count;
    p->size = iou_type_size(to);
    p->bits = iou_type_packed_bits(to);
    p->is_signed = to == IOU_INT4 || to == IOU_INT2;
    *prepare->step = (iou_step){.run = p->count == 0 ? iou_run_nothing : bit_cast_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->count),
                                .algorithm = "copy",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_bit_cast = {.name = "BitCast",
                                .widens = IOU_WIDENS_NEVER,
                                .attributes_size = sizeof(iou_type),
                                .parse = bit_cast_parse,
                                .infer = bit_cast_infer,
                                .prepare = bit_cast_prepare};
