/*
 * Scan: its body runs once for each slice of its scanned inputs. In opset 8 states and scanned
 * inputs have a first axis of batches, which are scanned one after the other.
 */
#include "ops/body.h"

enum { WITHOUT_BATCHES = 9 /* opset */ };

typedef struct scan_list {
    const int64_t *values; /* NULL: all 0 */
    size_t count;
} scan_list;

typedef struct scan_attributes {
    int64_t scanned;
    scan_list axes, directions, output_axes, output_directions;
} scan_attributes;

static scan_list parse_list(const iou_parse *parse, const char *name) {
    scan_list list;
    list.values = iou_attribute_ints(parse->node, name, &list.count);
    return list;
}

static iou_status parse_directions(const iou_parse *parse, const char *name, scan_list *list) {
    *list = parse_list(parse, name);
    for (size_t i = 0; i < list->count; i++) {
        if (list->values[i] != 0 && list->values[i] != 1) {
            return iou_parse_fail(parse, IOU_BAD_MODEL, "%s: expected 0 or 1, found %lld", name,
                                  (long long)list->values[i]);
        }
    }
    return IOU_OK;
}

static iou_status scan_parse(const iou_parse *parse) {
    scan_attributes *a = parse->attributes;
    const bool batched = parse->node->opset < WITHOUT_BATCHES;
    a->scanned = iou_attribute_int(parse->node, "num_scan_inputs", 0);
    if (a->scanned < 1 || a->scanned > INT32_MAX) {
        return iou_parse_fail(parse, IOU_BAD_MODEL,
                              "num_scan_inputs: expected at least 1, found %lld",
                              (long long)a->scanned);
    }
    a->axes = parse_list(parse, "scan_input_axes");
    a->output_axes = parse_list(parse, "scan_output_axes");
    IOU_TRY(
        parse_directions(parse, batched ? "directions" : "scan_input_directions", &a->directions));
    return parse_directions(parse, "scan_output_directions", &a->output_directions);
}

/** Axes and directions side by side; each list is as long as `count`, or absent. */
static iou_status read_axes(const iou_node *node, const char *what, const scan_list *axes,
                            const scan_list *directions, int count, iou_arena *memory,
                            const iou_body_axis **out, iou_error *error) {
    const scan_list *const lists[] = {axes, directions};
    for (int i = 0; i < 2; i++) {
        IOU_FAIL_IF(lists[i]->count != 0 && lists[i]->count != (size_t)count, IOU_BAD_MODEL, error,
                    "node '%s' (Scan): %s of its %d %ss: expected as many, found %zu", node->name,
                    i == 0 ? "axes" : "directions", count, what, lists[i]->count);
    }
    iou_body_axis *list = iou_arena_alloc(memory, sizeof *list * ((size_t)count + 1));
    IOU_FAIL_IF(!list, IOU_OUT_OF_MEMORY, error, "node '%s' (Scan): no memory", node->name);
    for (int i = 0; i < count; i++) {
        list[i].axis = axes->values ? axes->values[i] : 0;
        list[i].backwards = directions->values && directions->values[i] == 1;
    }
    *out = list;
    return IOU_OK;
}

static iou_status connect(const iou_node *node, iou_body *body, iou_arena *memory,
                          iou_error *error) {
    const scan_attributes *a = node->attributes;
    body->batched = node->opset < WITHOUT_BATCHES;
    body->first_state = body->batched ? 1 : 0;
    IOU_FAIL_IF(node->input_count != body->first_state + body->input_count, IOU_BAD_MODEL, error,
                "node '%s' (Scan): body: expected %d inputs as the node has, found %d", node->name,
                node->input_count - body->first_state, body->input_count);
    IOU_FAIL_IF(a->scanned > body->input_count, IOU_BAD_MODEL, error,
                "node '%s' (Scan): num_scan_inputs: expected at most %d, found %lld", node->name,
                body->input_count, (long long)a->scanned);
    body->scanned = (int)a->scanned;
    body->states = body->input_count - body->scanned;
    IOU_FAIL_IF(
        body->output_count < body->states ||
                body->output_count<node->output_count, IOU_BAD_MODEL, error,
                                   "node '%s' (Scan): body: expected at least %d outputs, found %d",
                                   node->name, node->output_count>
                    body->states
            ? node->output_count
            : body->states,
        body->output_count);
    body->collected = body->output_count - body->states;
    body->own_inputs = node->input_count;
    for (int i = body->first_state; i < node->input_count; i++) {
        IOU_FAIL_IF(node->inputs[i] < 0, IOU_BAD_MODEL, error,
                    "node '%s' (Scan): input %d is missing", node->name, i);
    }
    IOU_TRY(read_axes(node, "scanned input", &a->axes, &a->directions, body->scanned, memory,
                      &body->scanned_axes, error));
    return read_axes(node, "collected output", &a->output_axes, &a->output_directions,
                     body->collected, memory, &body->collected_axes, error);
}

static const iou_body_rule rule = {connect};

const iou_op iou_op_scan = {.name = "Scan",
                            .attributes_size = sizeof(scan_attributes),
                            .parse = scan_parse,
                            .infer = iou_body_infer,
                            .prepare = iou_body_prepare,
                            .body = &rule,
                            .accepts = IOU_ACCEPTS_STRINGS};
