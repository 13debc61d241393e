/*
 * NonMaxSuppression: per picture and class, boxes by descending score (equal ones by index); one is
 * kept unless its IoU with a kept one is above the threshold. Boxes are compared with those of
 * their group alone: groups lie side by side and share no column, as classes do that an exporter
 * has moved apart.
 */
#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/index/order.h"

#include <math.h>
#include <string.h>

enum { BOXES = 0, SCORES = 1, MOST = 2, IOU_THRESHOLD = 3, SCORE_THRESHOLD = 4, INPUTS = 5 };

typedef struct nms_params {
    size_t batch, classes, boxes;
    bool centers; /* boxes are (x, y, width, height), not two corners (y, x, y, x) */
    bool given[INPUTS];
} nms_params;

/* ---- Infer --------------------------------------------------------------------------------- */

static iou_status check_dim(const iou_infer *infer, const char *what, iou_dim a, iou_dim b) {
    if (a.known && b.known && a.value != b.value) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "boxes have %lld %s, scores %lld",
                              (long long)a.value, what, (long long)b.value);
    }
    return IOU_OK;
}

static iou_status check_shapes(const iou_infer *infer) {
    const iou_fact *boxes = infer->in[BOXES], *scores = infer->in[SCORES];
    if ((boxes->rank >= 0 && boxes->rank != 3) || (scores->rank >= 0 && scores->rank != 3)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "boxes and scores must have rank 3, they have %d and %d", boxes->rank,
                              scores->rank);
    }
    if (boxes->rank == 3 && boxes->dims[2].known && boxes->dims[2].value != 4) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "a box must have 4 numbers, it has %lld",
                              (long long)boxes->dims[2].value);
    }
    if (boxes->rank == 3 && scores->rank == 3) {
        IOU_TRY(check_dim(infer, "pictures", boxes->dims[0], scores->dims[0]));
        IOU_TRY(check_dim(infer, "boxes", boxes->dims[1], scores->dims[2]));
    }
    for (int i = MOST; i < INPUTS; i++) {
        const iou_fact *number = iou_fact_in(infer, i);
        size_t count;
        if (number == NULL) {
            continue;
        }
        IOU_TRY(iou_infer_type(infer, i, i == MOST ? iou_types_i64 : iou_types_f32));
        if (iou_fact_count(number, &count) && count != 1) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d must be one number, it has %zu",
                                  i, count);
        }
    }
    return IOU_OK;
}

/* As many of each class as are requested, if that is known, or all. */
static iou_dim largest_count(const iou_infer *infer) {
    const iou_fact *scores = infer->in[SCORES], *most = iou_fact_in(infer, MOST);
    iou_dim each = scores->dims[2];
    if (most == NULL) {
        each = iou_dim_number(0);
    } else if (iou_fact_value_count(most) == 1) {
        const iou_dim requested = iou_fact_value(most, 0);
        if (requested.known && each.known && requested.value < each.value) {
            each = iou_dim_number(requested.value > 0 ? requested.value : 0);
        }
    }
    return iou_infer_mul(infer, each, iou_infer_mul(infer, scores->dims[0], scores->dims[1]));
}

typedef struct nms_attributes {
    bool centers; /* boxes are centers and sizes, not corners */
} nms_attributes;

static iou_status nms_parse(const iou_parse *parse) {
    nms_attributes *a = parse->attributes;
    return iou_parse_flag(parse, "center_point_box", false, &a->centers);
}

static iou_status nms_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, INPUTS, 1));
    IOU_TRY(iou_infer_type(infer, BOXES, iou_types_f32));
    IOU_TRY(iou_infer_type(infer, SCORES, iou_types_f32));
    IOU_TRY(check_shapes(infer));
    iou_fact *out = &infer->out[0];
    out->type = IOU_INT64;
    out->rank = 2;
    out->dims[0] = iou_fact_new_symbol(infer, 0);
    out->dims[1] = iou_dim_number(3);
    if (infer->largest && infer->in[SCORES]->rank == 3) {
        out->dims[0] = largest_count(infer);
    }
    return IOU_OK;
}

/* ---- Boxes --------------------------------------------------------------------------------- */

/* Kept boxes are compared this many at a time; those of the next groups among them, which overlap
 * nothing here. */
enum { LANES = 16 };

/* One array a coordinate. */
typedef struct corners {
    float *left, *top, *right, *bottom, *area;
} corners;

static corners corners_at(float *memory, size_t count) {
    return (corners){memory, memory + count, memory + 2 * count, memory + 3 * count,
                     memory + 4 * count};
}

static size_t padded(size_t boxes) {
    return iou_divide_up(boxes, LANES) * LANES;
}

static void read_boxes(const corners *to, const float *boxes, size_t count, bool centers) {
    for (size_t i = 0; i < count; i++) {
        const float *b = boxes + 4 * i;
        if (centers) {
            const float x = b[2] / 2, y = b[3] / 2;
            to->left[i] = b[0] - x;
            to->right[i] = b[0] + x;
            to->top[i] = b[1] - y;
            to->bottom[i] = b[1] + y;
        } else { /* any two opposite corners */
            to->left[i] = b[1] < b[3] ? b[1] : b[3];
            to->right[i] = b[1] < b[3] ? b[3] : b[1];
            to->top[i] = b[0] < b[2] ? b[0] : b[2];
            to->bottom[i] = b[0] < b[2] ? b[2] : b[0];
        }
        to->area[i] = (to->right[i] - to->left[i]) * (to->bottom[i] - to->top[i]);
    }
}

static void copy_box(const corners *to, size_t at, const corners *from, size_t index) {
    to->left[at] = from->left[index];
    to->top[at] = from->top[index];
    to->right[at] = from->right[index];
    to->bottom[at] = from->bottom[index];
    to->area[at] = from->area[index];
}

static inline float least(float a, float b) {
    return b < a ? b : a;
}

static inline float most(float a, float b) {
    return a < b ? b : a;
}

/* Whether box `index` overlaps one of LANES kept boxes too much. Comparisons with NaN are false. */
static bool overlaps_some(const corners *all, size_t index, const corners *kept, size_t first,
                          float threshold) {
    const float left = all->left[index], right = all->right[index];
    const float top = all->top[index], bottom = all->bottom[index], area = all->area[index];
    int some = 0;
    for (size_t i = 0; i < LANES; i++) {
        const size_t k = first + i;
        const float width = least(right, kept->right[k]) - most(left, kept->left[k]);
        const float height = least(bottom, kept->bottom[k]) - most(top, kept->top[k]);
        const float both = width * height;
        const float either = area + kept->area[k] - both;
        const int overlap = (width > 0.0f) & (height > 0.0f) & (both > 0.0f) & (area > 0.0f) &
                            (kept->area[k] > 0.0f) & (either > 0.0f);
        some |= overlap & (both / either > threshold);
    }
    return some != 0;
}

/* ---- Run ----------------------------------------------------------------------------------- */

typedef struct nms_limits {
    size_t most;
    float iou, score;
    bool scored; /* the score threshold is given */
} nms_limits;

typedef struct nms_scratch {
    corners all, kept;
    iou_ranked *candidates, *spare;
    uint32_t *groups; /* of each box: where its group begins in `kept` */
    uint32_t *counts; /* at a group's beginning: how many it keeps */
} nms_scratch;

enum { BYTES_PER_BOX = 2 * sizeof(iou_ranked) + 10 * sizeof(float) + 2 * sizeof(uint32_t) };

static size_t room(size_t boxes) {
    return padded(boxes) + LANES;
}

static nms_scratch split_scratch(void *memory, size_t boxes) {
    const size_t count = room(boxes);
    iou_ranked *candidates = memory;
    float *coordinates = (float *)(void *)(candidates + 2 * count);
    uint32_t *groups = (uint32_t *)(void *)(coordinates + 10 * count);
    return (nms_scratch){.all = corners_at(coordinates, count),
                         .kept = corners_at(coordinates + 5 * count, count),
                         .candidates = candidates,
                         .spare = candidates + count,
                         .groups = groups,
                         .counts = groups + count};
}

/* Sorts all boxes by their left side; a group ends where none of it reaches the next box. */
static void find_groups(const nms_scratch *s, size_t boxes) {
    const iou_order ascending = {IOU_FLOAT, 0, UINT64_MAX};
    for (size_t at = 0; at < boxes; at += IOU_KEYS) {
        const size_t n = iou_size_min(boxes - at, IOU_KEYS);
        uint64_t keys[IOU_KEYS];
        iou_order_keys(&ascending, s->all.left + at, 1, n, keys);
        for (size_t i = 0; i < n; i++) {
            s->candidates[at + i] = (iou_ranked){keys[i], at + i};
        }
    }
    iou_order_sort(s->candidates, boxes, s->spare);
    float right = -INFINITY;
    uint32_t group = 0;
    for (size_t i = 0; i < boxes; i++) {
        const size_t box = s->candidates[i].index;
        group = s->all.left[box] >= right ? (uint32_t)i : group;
        right = most(right, s->all.right[box]);
        s->groups[box] = group;
    }
}

/* Candidates in descending order of their scores; NaN comes last, or fails the threshold. */
static size_t find_candidates(const nms_scratch *s, const float *scores, size_t boxes,
                              const nms_limits *limits) {
    const iou_order order = {IOU_FLOAT, UINT64_MAX, UINT64_MAX};
    size_t count = 0;
    for (size_t at = 0; at < boxes; at += IOU_KEYS) {
        const size_t n = iou_size_min(boxes - at, IOU_KEYS);
        uint64_t keys[IOU_KEYS];
        iou_order_keys(&order, scores + at, 1, n, keys);
        for (size_t i = 0; i < n; i++) {
            s->candidates[count] = (iou_ranked){keys[i], at + i};
            count += !limits->scored || scores[at + i] > limits->score;
        }
    }
    iou_order_sort(s->candidates, count, s->spare);
    return count;
}

/* The boxes kept of one class go to the front of the candidates; returns how many. */
static size_t suppress(const nms_scratch *s, size_t candidates, size_t boxes,
                       const nms_limits *limits) {
    size_t kept = 0;
    if (candidates == 0) {
        return 0;
    }
    memset(s->counts, 0, boxes * sizeof *s->counts);
    memset(s->kept.area, 0, room(boxes) * sizeof *s->kept.area); /* such overlap nothing */
    for (size_t c = 0; c < candidates && kept < limits->most; c++) {
        const iou_ranked candidate = s->candidates[c];
        const uint32_t group = s->groups[candidate.index], count = s->counts[group];
        bool overlaps = false;
        for (size_t k = 0; k < count && !overlaps; k += LANES) {
            overlaps = overlaps_some(&s->all, candidate.index, &s->kept, group + k, limits->iou);
        }
        if (!overlaps) {
            copy_box(&s->kept, group + count, &s->all, candidate.index);
            s->counts[group]++;
            s->candidates[kept++] = candidate;
        }
    }
    return kept;
}

static iou_status read_limits(const iou_call *call, const nms_params *p, nms_limits *limits) {
    const int64_t requested = p->given[MOST] ? iou_read_int(IOU_INT64, call->in[MOST], 0) : 0;
    *limits = (nms_limits){.most = requested > 0 ? (size_t)requested : 0,
                           .scored = p->given[SCORE_THRESHOLD]};
    if (p->given[IOU_THRESHOLD]) {
        limits->iou = (float)iou_read_double(IOU_FLOAT, call->in[IOU_THRESHOLD], 0);
    }
    if (limits->scored) {
        limits->score = (float)iou_read_double(IOU_FLOAT, call->in[SCORE_THRESHOLD], 0);
    }
    IOU_FAIL_IF(!(limits->iou >= 0.0f && limits->iou <= 1.0f), IOU_BAD_DATA, call->error,
                "iou_threshold must be in 0…1, it is %g", (double)limits->iou);
    return IOU_OK;
}

static iou_status nms_run(const iou_call *call, size_t task) {
    const nms_params *p = call->params;
    const nms_scratch scratch = split_scratch(call->scratch, p->boxes);
    int64_t *out = call->out[0];
    int64_t rows = 0;
    nms_limits limits;
    (void)task;
    IOU_TRY(read_limits(call, p, &limits));
    memset(scratch.kept.left, 0, 5 * room(p->boxes) * sizeof(float));
    for (size_t image = 0; image < p->batch && limits.most > 0; image++) {
        read_boxes(&scratch.all, (const float *)call->in[BOXES] + image * p->boxes * 4, p->boxes,
                   p->centers);
        find_groups(&scratch, p->boxes);
        for (size_t c = 0; c < p->classes; c++) {
            const float *scores =
                (const float *)call->in[SCORES] + (image * p->classes + c) * p->boxes;
            const size_t candidates = find_candidates(&scratch, scores, p->boxes, &limits);
            const size_t kept = suppress(&scratch, candidates, p->boxes, &limits);
            for (size_t k = 0; k < kept; k++, rows++) {
                out[3 * rows] = (int64_t)image;
                out[3 * rows + 1] = (int64_t)c;
                out[3 * rows + 2] = (int64_t)scratch.candidates[k].index;
            }
        }
    }
    call->out_dims[0][0] = rows;
    call->out_dims[0][1] = 3;
    return IOU_OK;
}

static iou_status nms_prepare(const iou_prepare *prepare) {
    nms_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const iou_operand *scores = prepare->in[SCORES];
    p->batch = (size_t)scores->dims[0];
    p->classes = (size_t)scores->dims[1];
    p->boxes = (size_t)scores->dims[2];
    p->centers = ((const nms_attributes *)prepare->node->attributes)->centers;
    for (int i = 0; i < INPUTS; i++) {
        p->given[i] = iou_operand_in(prepare, i) != NULL;
    }
    if (p->boxes > UINT32_MAX || p->boxes > SIZE_MAX / BYTES_PER_BOX - 2 * LANES) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "%zu boxes are too many", p->boxes);
    }
    *prepare->step = (iou_step){.run = nms_run,
                                .params = p,
                                .task_count = 1,
                                .scratch_size = room(p->boxes) * BYTES_PER_BOX,
                                .algorithm = "greedy",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_non_max_suppression = {.name = "NonMaxSuppression",
                                           .attributes_size = sizeof(nms_attributes),
                                           .parse = nms_parse,
                                           .infer = nms_infer,
                                           .prepare = nms_prepare};
