#include "model/fuse.h"

#include "ops/clip.h"

#include <math.h>
#include <string.h>

typedef struct fusion {
    const iou_model *model;
    const iou_fact *facts;
    iou_group *groups;
    const int *uses;
    int *consumer; /* of each value: its only consuming node, or -1 */
} fusion;

static bool is(const iou_node *node, const char *op_type) {
    return strcmp(node->op_type, op_type) == 0;
}

static void find_consumers(fusion *f) {
    const iou_model *m = f->model;
    for (int v = 0; v < m->value_count; v++) {
        f->consumer[v] = -1;
    }
    for (int n = 0; n < m->node_count; n++) {
        for (int i = 0; i < m->nodes[n].input_count && f->groups[n].head == n; i++) {
            const int v = m->nodes[n].inputs[i];
            if (v >= 0 && f->uses[v] == 1 && !m->values[v].is_output) {
                f->consumer[v] = n;
            }
        }
    }
}

/** The only node that uses the output of `node`, unless another group has it; else -1. */
static int follower(const fusion *f, int node) {
    const int consumer = f->consumer[f->model->nodes[node].outputs[0]];
    return consumer >= 0 && f->groups[consumer].head == consumer ? consumer : -1;
}

static int follower_of_type(const fusion *f, int node, const char *op_type) {
    const int n = follower(f, node);
    return n >= 0 && is(&f->model->nodes[n], op_type) ? n : -1;
}

static bool is_constant(const fusion *f, int value) {
    return value >= 0 && f->facts[value].data != NULL;
}

static bool same_shape(const iou_fact *a, const iou_fact *b) {
    bool same = a->rank == b->rank && a->type == b->type;
    for (int i = 0; same && i < a->rank; i++) {
        same = a->dims[i].value == b->dims[i].value;
    }
    return same;
}

static float element(const iou_fact *fact, size_t index) {
    float value;
    memcpy(&value, (const char *)fact->data + index * sizeof value, sizeof value);
    return value;
}

/** What BatchNormalization multiplies channel `c` by. */
static double norm_scale(const iou_node *node, const iou_fact *facts, size_t c) {
    const iou_fact *gamma = &facts[node->inputs[1]], *variance = &facts[node->inputs[4]];
    const double epsilon = (double)iou_attribute_float(node, "epsilon", 1e-5f);
    return (double)element(gamma, c) / sqrt((double)element(variance, c) + epsilon);
}

static size_t norm_channels(const iou_node *node, const iou_fact *facts) {
    return facts[node->inputs[1]].data_size / sizeof(float);
}

static bool can_normalize(const fusion *f, int node) {
    const iou_node *n = &f->model->nodes[node];
    bool constant = n->input_count == 5 && n->output_count == 1 &&
                    iou_attribute_int(n, "training_mode", 0) == 0 &&
                    iou_attribute_int(n, "is_test", 1) == 1 &&
                    iou_attribute_int(n, "spatial", 1) == 1;
    for (int i = 1; constant && i < 5; i++) {
        constant = is_constant(f, n->inputs[i]) && f->facts[n->inputs[i]].type == IOU_FLOAT;
    }
    /* An infinite scale of a sum is not a sum of infinite weights. */
    bool finite = constant;
    for (size_t c = 0; finite && c < norm_channels(n, f->facts); c++) {
        finite = isfinite((float)norm_scale(n, f->facts, c));
    }
    return finite;
}

/** Resize by pixel repetition of the spatial dimensions, enlarging. */
static bool is_upsample(const fusion *f, int node) {
    const iou_node *n = &f->model->nodes[node];
    if (!is(n, "Resize") || f->uses[n->outputs[0]] != 1 || n->opset < 11) {
        return false;
    }
    char mode[16], transform[32], rounding[32];
    (void)iou_attribute_string(n, "mode", mode, sizeof mode);
    (void)iou_attribute_string(n, "coordinate_transformation_mode", transform, sizeof transform);
    (void)iou_attribute_string(n, "nearest_mode", rounding, sizeof rounding);
    if ((*mode && strcmp(mode, "nearest") != 0) || strcmp(transform, "asymmetric") != 0 ||
        strcmp(rounding, "floor") != 0 || iou_attribute_present(n, "axes") ||
        iou_attribute_present(n, "keep_aspect_ratio_policy")) {
        return false;
    }
    const iou_fact *in = &f->facts[n->inputs[0]], *out = &f->facts[n->outputs[0]];
    if (in->rank != 4 || in->type != IOU_FLOAT || in->dims[0].value != out->dims[0].value ||
        in->dims[1].value != out->dims[1].value) {
        return false;
    }
    /* With `scales`, only an exact multiple maps as `sizes` does. */
    const bool sizes = n->input_count == 4;
    for (int i = 2; i < 4; i++) {
        const int64_t a = in->dims[i].value, b = out->dims[i].value;
        if (a < 1 || b < a || (!sizes && b % a != 0)) {
            return false;
        }
    }
    return true;
}

/** Takes the addition behind `last` in, if its other operand fits; returns the new last node. */
static int fuse_add(const fusion *f, iou_group *group, int last) {
    const int add = follower_of_type(f, last, "Add");
    if (add < 0 || f->model->nodes[add].input_count != 2 || f->model->nodes[add].opset < 7) {
        return last;
    }
    const iou_node *n = &f->model->nodes[add];
    const int value = f->model->nodes[last].outputs[0];
    const int other = n->inputs[n->inputs[0] == value ? 1 : 0];
    const iou_fact *fact = &f->facts[value];
    if (!same_shape(fact, &f->facts[other]) || is_constant(f, other) ||
        !iou_fact_is_spatial(fact)) {
        return last;
    }
    group->residual = other;
    const int producer = f->model->values[other].producer;
    if (producer >= 0 && is_upsample(f, producer) && f->groups[producer].head == producer) {
        group->residual = f->model->nodes[producer].inputs[0];
        group->residual_upsampled = true;
        f->groups[producer].head = -1;
    }
    return add;
}

static bool is_activation(const fusion *f, int node) {
    const iou_node *n = &f->model->nodes[node];
    if (is(n, "Relu") || is(n, "Sigmoid")) {
        return true;
    }
    bool clip = is(n, "Clip");
    for (int i = 1; clip && i < n->input_count; i++) {
        clip = n->inputs[i] < 0 || is_constant(f, n->inputs[i]);
    }
    return clip;
}

static void fuse_behind(fusion *f, int conv) {
    iou_group group = f->groups[conv];
    int last = conv;
    const int norm = follower_of_type(f, last, "BatchNormalization");
    if (norm >= 0 && f->model->nodes[norm].inputs[0] == f->model->nodes[last].outputs[0] &&
        can_normalize(f, norm)) {
        group.norm = last = norm;
    }
    last = fuse_add(f, &group, last);
    const int after = follower(f, last);
    if (after >= 0 && f->model->nodes[after].inputs[0] == f->model->nodes[last].outputs[0] &&
        is_activation(f, after)) {
        group.activation = last = after;
    }
    /* Every taken node loses its own group; the fused one stands where all operands exist. */
    for (int n = conv;; n = f->consumer[f->model->nodes[n].outputs[0]]) {
        f->groups[n].head = -1;
        if (n == last) {
            break;
        }
    }
    group.last = last;
    f->groups[last] = group;
}

static bool is_grouped(const iou_node *conv) {
    return iou_attribute_int(conv, "group", 1) > 1;
}

/** Finds the convolution before a depthwise one, whose map may be the largest of a network, and
 * then those two before the next: at most three. */
static void find_inner(const fusion *f, int last) {
    iou_group *group = &f->groups[last];
    const iou_node *conv = &f->model->nodes[group->head];
    if (!is(conv, "Conv")) {
        return;
    }
    const int map = conv->inputs[0], producer = f->model->values[map].producer;
    iou_group *inner = producer < 0 ? NULL : &f->groups[producer];
    if (!inner || f->consumer[map] != group->head || inner->head < 0 ||
        !is(&f->model->nodes[inner->head], "Conv")) {
        return;
    }
    const bool grouped = is_grouped(&f->model->nodes[inner->head]), has_inner = inner->inner >= 0;
    if (is_grouped(conv) ? !grouped && !has_inner : grouped && has_inner) {
        group->inner = producer;
        inner->is_inner = true;
    }
}

iou_status iou_fuse(const iou_model *model, const iou_fact *facts, const iou_turn *turns,
                    const int *uses, bool separate, iou_group *groups, iou_arena *memory,
                    iou_error *error) {
    for (int n = 0; n < model->node_count; n++) {
        groups[n] = (iou_group){.head = turns[n] == IOU_NOW ? n : -1,
                                .last = n,
                                .norm = -1,
                                .residual = -1,
                                .activation = -1,
                                .inner = -1};
    }
    if (separate) {
        return IOU_OK;
    }
    const size_t size = sizeof(int) * (size_t)(model->value_count + 1);
    fusion f = {model, facts, groups, uses, iou_arena_alloc(memory, size)};
    IOU_FAIL_IF(!f.consumer, IOU_OUT_OF_MEMORY, error, "no memory for the plan");
    find_consumers(&f);
    for (int n = 0; n < model->node_count; n++) {
        const iou_node *node = &model->nodes[n];
        if (is(node, "Conv") && groups[n].head == n && is_constant(&f, node->inputs[1]) &&
            facts[node->outputs[0]].type == IOU_FLOAT) {
            fuse_behind(&f, n);
        }
    }
    for (int n = 0; n < model->node_count; n++) {
        if (groups[n].head >= 0) {
            find_inner(&f, n);
        }
    }
    return IOU_OK;
}

static iou_status normalize(const iou_node *node, const iou_fact *facts, iou_arena *memory,
                            iou_epilogue *epilogue, iou_error *error) {
    const iou_fact *beta = &facts[node->inputs[2]], *mean = &facts[node->inputs[3]];
    const size_t channels = norm_channels(node, facts);
    float *scale = iou_arena_alloc(memory, channels * sizeof *scale + 1);
    float *shift = iou_arena_alloc(memory, channels * sizeof *shift + 1);
    IOU_FAIL_IF(!scale || !shift, IOU_OUT_OF_MEMORY, error, "node '%s': no memory", node->name);
    for (size_t c = 0; c < channels; c++) {
        const double s = norm_scale(node, facts, c);
        scale[c] = (float)s;
        shift[c] = (float)((double)element(beta, c) - (double)element(mean, c) * s);
    }
    epilogue->scale = scale;
    epilogue->shift = shift;
    return IOU_OK;
}

static void activate(const iou_fact *facts, const iou_node *node, iou_epilogue *epilogue) {
    if (is(node, "Sigmoid")) {
        epilogue->activation = IOU_ACT_SIGMOID;
        return;
    }
    epilogue->activation = IOU_ACT_CLAMP;
    if (is(node, "Clip")) {
        iou_clip_limits(node, facts, &epilogue->lo, &epilogue->hi);
    } else {
        epilogue->lo = 0.0f;
    }
}

iou_status iou_fuse_epilogue(const iou_model *model, const iou_fact *facts, const iou_group *group,
                             iou_arena *memory, iou_epilogue *epilogue, iou_error *error) {
    *epilogue = (iou_epilogue){
        .lo = -INFINITY, .hi = INFINITY, .residual_upsampled = group->residual_upsampled};
    if (group->norm >= 0) {
        IOU_TRY(normalize(&model->nodes[group->norm], facts, memory, epilogue, error));
    }
    if (group->activation >= 0) {
        activate(facts, &model->nodes[group->activation], epilogue);
    }
    return IOU_OK;
}
