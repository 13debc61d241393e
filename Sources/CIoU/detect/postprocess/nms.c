/*
 * Greedy suppression. Taking candidates of all classes by falling score, and comparing each with
 * the kept ones of its class, keeps the same boxes as a loop over classes; and since they come out
 * in the order of the final detections, it ends at the last one that is needed.
 */
#include "detect/postprocess/nms.h"

#include "detect/postprocess/overlap.h"
#include "detect/postprocess/rank_key.h"

#include <string.h>

/* The column of a coordinate; those outside of the picture belong to the outermost columns. */
static int32_t column(const iou_nms *nms, float x) {
    const float last = (float)(nms->columns - 1);
    const float at = x / nms->width * (float)nms->columns;
    return !(at > 0.0f) ? 0 : at < last ? (int32_t)at : (int32_t)last;
}

static bool chain_suppresses(const iou_nms *nms, const float box[4], int32_t head,
                             const iou_detection *out) {
    for (int32_t i = head; i >= 0; i = nms->next[i]) {
        const float value = iou_box_overlap(box, out[i].box, nms->pixel);
        if (nms->inclusive ? value >= nms->threshold : value > nms->threshold) {
            return true;
        }
    }
    return false;
}

/*
 * Looks at the columns where a kept box of the group may begin that touches this one: not further
 * to the left of it than the group's widest box reaches. An overlap of 0 suppresses from anywhere.
 */
static bool is_suppressed(const iou_nms *nms, const float box[4], size_t group,
                          const iou_detection *out) {
    const bool anywhere = nms->inclusive && !(nms->threshold > 0.0f);
    const float margin = 2.0f + 1e-5f * nms->width; /* a pixel, and rounding */
    const int32_t first = column(nms, box[0] - margin) - nms->spans[group];
    const int32_t last = column(nms, box[2] + margin);
    const int32_t *heads = nms->heads + group * nms->columns;
    for (int32_t c = anywhere || first < 0 ? 0 : first;
         c < (int32_t)nms->columns && (anywhere || c <= last); c++) {
        if (chain_suppresses(nms, box, heads[c], out)) {
            return true;
        }
    }
    return false;
}

static void link_box(const iou_nms *nms, const float box[4], size_t group, size_t found) {
    const int32_t first = column(nms, box[0]), span = column(nms, box[2]) - first;
    int32_t *head = &nms->heads[group * nms->columns + (size_t)first];
    nms->next[found] = *head;
    *head = (int32_t)found;
    nms->spans[group] = span > nms->spans[group] ? span : nms->spans[group];
}

/* The pair becomes detection `found`, unless a better one suppresses it. */
static bool keep(const iou_nms *nms, const iou_candidate *candidates, uint64_t key,
                 iou_detection *out, size_t found) {
    const uint32_t candidate = iou_key_order(key) / (uint32_t)nms->class_count;
    const uint32_t label = iou_key_order(key) % (uint32_t)nms->class_count;
    const uint32_t group = nms->together ? 0 : label;
    const float *box = candidates[candidate].box;
    if (is_suppressed(nms, box, group, out)) {
        return false;
    }
    out[found] = (iou_detection){.box = {box[0], box[1], box[2], box[3]},
                                 .score = iou_key_score(key),
                                 .label = (int32_t)label};
    nms->kept[found] = candidate;
    link_box(nms, box, group, found);
    return true;
}

iou_status iou_nms_run(const iou_nms *nms, iou_pair_queue *queue, iou_detection *out, size_t *found,
                       iou_error *error) {
    for (size_t i = 0; i < nms->class_count * nms->columns; i++) {
        nms->heads[i] = -1;
    }
    memset(nms->spans, 0, nms->class_count * sizeof *nms->spans);
    for (*found = 0; *found < nms->max;) {
        uint64_t key;
        IOU_TRY(iou_pair_queue_take(queue, &key, error));
        if (key == 0) {
            break;
        }
        *found += keep(nms, queue->candidates, key, out, *found);
    }
    return IOU_OK;
}
