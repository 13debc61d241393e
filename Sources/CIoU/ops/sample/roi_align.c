/*
 * RoiAlign: each box of a picture is cut into bins, and a bin becomes the mean or maximum of
 * samples between pixels.
 */
#include "ops/facts.h"
#include "ops/real.h"
#include "ops/sample/roi.h"
#include "ops/sample/taps.h"

#include <math.h>
#include <string.h>

enum { MOST_SAMPLES = 1 << 12 }; /* of a bin along an axis, as an attribute */

typedef struct roi_attributes {
    bool max, half_pixel;
    int64_t height, width; /* bins */
    int64_t samples;       /* of a bin along an axis; 0: as many as it has pixels */
    float scale;
} roi_attributes;

static iou_status check_range(const iou_parse *parse, const char *name, int64_t value,
                              int64_t least, int64_t most) {
    if (value < least || value > most) {
        return iou_parse_fail(parse, IOU_BAD_MODEL, "%s must be %lld … %lld, it is %lld", name,
                              (long long)least, (long long)most, (long long)value);
    }
    return IOU_OK;
}

static iou_status roi_parse(const iou_parse *parse) {
    static const char *const modes[] = {"avg", "max", NULL};
    static const char *const transformations[] = {"output_half_pixel", "half_pixel", NULL};
    roi_attributes *a = parse->attributes;
    int max = 0, half_pixel = parse->node->opset >= 16; /* before, boxes were not shifted */
    IOU_TRY(iou_parse_choice(parse, "mode", modes, &max));
    IOU_TRY(
        iou_parse_choice(parse, "coordinate_transformation_mode", transformations, &half_pixel));
    a->max = max != 0;
    a->half_pixel = half_pixel != 0;
    a->height = iou_attribute_int(parse->node, "output_height", 1);
    a->width = iou_attribute_int(parse->node, "output_width", 1);
    a->samples = iou_attribute_int(parse->node, "sampling_ratio", 0);
    a->scale = iou_attribute_float(parse->node, "spatial_scale", 1.0f);
    IOU_TRY(check_range(parse, "output_height", a->height, 1, IOU_ROI_MOST_BINS));
    IOU_TRY(check_range(parse, "output_width", a->width, 1, IOU_ROI_MOST_BINS));
    return check_range(parse, "sampling_ratio", a->samples, 0, MOST_SAMPLES);
}

static iou_status roi_infer(const iou_infer *infer) {
    static const int ranks[] = {4, 2, 1};
    IOU_TRY(iou_fact_begin(infer, 3, 3, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_real));
    const iou_type same[] = {infer->in[0]->type, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_infer_type(infer, 1, same[0] == IOU_TYPE_UNDEFINED ? iou_types_real : same));
    IOU_TRY(iou_infer_type(infer, 2, iou_types_i64));
    for (int i = 0; i < 3; i++) {
        if (infer->in[i]->rank >= 0 && infer->in[i]->rank != ranks[i]) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d: expected rank %d, found %d", i,
                                  ranks[i], infer->in[i]->rank);
        }
    }
    const roi_attributes *a = infer->node->attributes;
    const iou_fact *x = infer->in[0], *rois = infer->in[1], *pictures = infer->in[2];
    const iou_dim sides = rois->rank == 2 ? rois->dims[1] : iou_dim_unknown();
    if (sides.known && sides.value != 4) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected boxes of 4 numbers, found %lld",
                              (long long)sides.value);
    }
    const iou_dim boxes = rois->rank == 2 ? rois->dims[0] : iou_dim_unknown();
    const iou_dim indices = pictures->rank == 1 ? pictures->dims[0] : iou_dim_unknown();
    if (boxes.known && indices.known && boxes.value != indices.value) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "expected a batch index for each of %lld boxes, "
                              "found %lld",
                              (long long)boxes.value, (long long)indices.value);
    }
    iou_fact *out = &infer->out[0];
    out->type = x->type;
    out->rank = 4;
    out->dims[0] = boxes.known || boxes.symbol != NULL ? boxes : indices;
    out->dims[1] = x->rank == 4 ? x->dims[1] : iou_dim_unknown();
    out->dims[2] = iou_dim_number(a->height);
    out->dims[3] = iou_dim_number(a->width);
    return IOU_OK;
}

/* ---- Along an axis ------------------------------------------------------------------------- */

/* A side of a box: where its bins begin, how long they are, and their samples. */
typedef struct side {
    double begin, bin, samples;
    int64_t size; /* of the input */
} side;

/* Along axis `axis` of the picture, 0 or 1. */
static side side_of(const iou_roi *roi, const double box[4], int axis) {
    const roi_attributes *a = roi->attributes;
    const double begin = box[1 - axis], end = box[3 - axis];
    const double scale = (double)roi->scale, shift = a->half_pixel ? 0.5 : 0.0;
    side s = {.begin = begin * scale - shift, .size = roi->in[axis]};
    double length = end * scale - shift - s.begin;
    length = a->half_pixel ? length : fmax(length, 1.0);
    s.bin = length / (double)roi->bins[axis];
    s.samples = a->samples > 0 ? (double)a->samples : ceil(s.bin);
    return s;
}

static double sample_at(const side *s, int64_t bin, double sample) {
    return s->begin + (double)bin * s->bin + (sample + 0.5) * s->bin / s->samples;
}

static bool is_inside(const side *s, double x) {
    return x >= -1.0 && x <= (double)s->size;
}

/* The samples first … last-1 of a bin that lie in the input; others are 0. */
static void samples_inside(const side *s, int64_t bin, double *first, double *last) {
    const double step = s->bin / s->samples, start = sample_at(s, bin, 0.0);
    double from = step > 0.0 ? ceil((-1.0 - start) / step) : 0.0;
    double to = step > 0.0 ? floor(((double)s->size - start) / step) + 1.0 : s->samples;
    /* the last digit of these may be wrong */
    from = fmax(0.0, from - 1.0);
    to = s->size == 0 ? 0.0 : fmin(s->samples, to + 1.0);
    while (from < to && !is_inside(s, sample_at(s, bin, from))) {
        from += 1.0;
    }
    while (from < to && !is_inside(s, sample_at(s, bin, to - 1.0))) {
        to -= 1.0;
    }
    *first = from;
    *last = fmax(from, to);
}

/* The two pixels around a place, and their weights. */
typedef struct neighbours {
    size_t at[2];
    double weight[2];
} neighbours;

static neighbours neighbours_of(const side *s, double x) {
    const double last = (double)(s->size - 1);
    const double place = fmin(fmax(x, 0.0), last), low = floor(place);
    const size_t at = (size_t)low;
    const double share = place - low;
    return (neighbours){{at, low < last ? at + 1 : at}, {1.0 - share, share}};
}

/* ---- Running ------------------------------------------------------------------------------- */

/* The sum of a bin's samples, or the largest of what their four pixels contribute, as ONNX has it.
 */
static double pool(const iou_roi *roi, const void *x, size_t channel, const void *box,
                   const int64_t bins[2]) {
    const bool max = ((const roi_attributes *)roi->attributes)->max;
    const side *sides = box;
    double first[2], last[2];
    double result = 0.0;
    bool any = false;
    for (int i = 0; i < 2; i++) {
        samples_inside(&sides[i], bins[i], &first[i], &last[i]);
    }
    const double inside = (last[0] - first[0]) * (last[1] - first[1]);
    any = inside < sides[0].samples * sides[1].samples; /* those outside are 0 */
    for (double sy = first[0]; sy < last[0] && inside > 0.0; sy += 1.0) {
        const neighbours y = neighbours_of(&sides[0], sample_at(&sides[0], bins[0], sy));
        for (double sx = first[1]; sx < last[1]; sx += 1.0) {
            const neighbours h = neighbours_of(&sides[1], sample_at(&sides[1], bins[1], sx));
            for (int i = 0; i < 4; i++) {
                const size_t pixel = y.at[i / 2] * (size_t)roi->in[1] + h.at[i % 2];
                const double value = y.weight[i / 2] * h.weight[i % 2] *
                                     iou_real_load(roi->type, x, channel + pixel * roi->channels);
                result = !max ? result + value : any && value < result ? result : value;
                any = true;
            }
        }
    }
    const double count = sides[0].samples * sides[1].samples;
    return max ? result : result / fmax(count, 1.0);
}

static iou_status find_box(const iou_call *call, size_t task, size_t *picture, side sides[2]) {
    const iou_roi *roi = call->params;
    const int64_t index = ((const int64_t *)call->in[2])[task];
    IOU_FAIL_IF(index < 0 || index >= roi->pictures, IOU_BAD_DATA, call->error,
                "batch index %zu: expected 0 … %lld, found %lld", task,
                (long long)roi->pictures - 1, (long long)index);
    double box[4];
    IOU_TRY(iou_roi_box(call, task, 4 * task, 4, box));
    *picture = (size_t)index;
    sides[0] = side_of(roi, box, 0);
    sides[1] = side_of(roi, box, 1);
    return IOU_OK;
}

static iou_status roi_run(const iou_call *call, size_t task) {
    size_t picture;
    side sides[2];
    IOU_TRY(find_box(call, task, &picture, sides));
    iou_roi_fill(call, task, picture, pool, sides);
    return IOU_OK;
}

/* ---- Means of floats: each pixel once, with the weight of all samples beside it -------------- */

static void add_weight(iou_tap *taps, size_t *count, size_t at, double weight) {
    for (size_t i = *count; i > 0 && i + 2 > *count; i--) {
        if (taps[i - 1].at == at) {
            taps[i - 1].weight += (float)weight;
            return;
        }
    }
    taps[(*count)++] = (iou_tap){at, (float)weight};
}

/* The pixels of a bin along an axis, `stride` floats apart; the weights of those inside and outside
 * add up to 1. */
static size_t find_taps(const side *s, int64_t bin, size_t stride, iou_tap *taps) {
    double first, last;
    size_t count = 0;
    samples_inside(s, bin, &first, &last);
    for (double sample = first; sample < last; sample += 1.0) {
        const neighbours n = neighbours_of(s, sample_at(s, bin, sample));
        for (int i = 0; i < 2; i++) {
            add_weight(taps, &count, n.at[i] * stride, n.weight[i] / s->samples);
        }
    }
    return count;
}

/* Room for a bin's pixels along axis `axis`: samples of a box whose sides are exchanged go
 * backwards, and are not merged. */
static size_t most_taps(const iou_roi *roi, int axis) {
    const roi_attributes *a = roi->attributes;
    return (size_t)(a->samples > 0 ? 2 * a->samples : roi->in[axis]) + 1;
}

static void mean(const iou_roi *roi, iou_taps_add add, float *out, const float *in,
                 const iou_tap *y, size_t rows, const iou_tap *x, size_t columns) {
    iou_tap taps[64];
    size_t count = 0;
    memset(out, 0, roi->channels * sizeof *out);
    for (size_t row = 0; row < rows; row++) {
        for (size_t column = 0; column < columns; column++) {
            if (count == sizeof taps / sizeof *taps) {
                add(out, in, roi->channels, taps, count);
                count = 0;
            }
            taps[count++] = (iou_tap){y[row].at + x[column].at, y[row].weight * x[column].weight};
        }
    }
    add(out, in, roi->channels, taps, count);
}

static iou_status mean_run(const iou_call *call, size_t task) {
    const iou_roi *roi = call->params;
    const size_t row = (size_t)roi->in[1] * roi->channels;
    size_t picture;
    side sides[2];
    IOU_TRY(find_box(call, task, &picture, sides));
    const float *in = (const float *)call->in[0] + picture * (size_t)roi->in[0] * row;
    const iou_taps_kernels *kernels = roi->kernels;
    float *out =
        (float *)call->out[0] + task * (size_t)(roi->bins[0] * roi->bins[1]) * roi->channels;
    iou_tap *y = call->scratch, *x = y + most_taps(roi, 0);
    for (int64_t by = 0; by < roi->bins[0]; by++) {
        const size_t rows = find_taps(&sides[0], by, row, y);
        for (int64_t bx = 0; bx < roi->bins[1]; bx++, out += roi->channels) {
            const size_t columns = find_taps(&sides[1], bx, roi->channels, x);
            mean(roi, kernels->add, out, in, y, rows, x, columns);
        }
    }
    return IOU_OK;
}

static iou_status roi_prepare(const iou_prepare *prepare) {
    const roi_attributes *a = prepare->node->attributes;
    const iou_taps_kernels *kernels = iou_taps_choose(prepare->isa);
    const bool means = kernels != NULL && !a->max && prepare->in[0]->type == IOU_FLOAT;
    iou_roi *roi;
    IOU_TRY(iou_roi_prepare(prepare, a->scale, means ? mean_run : roi_run, &roi));
    if (means) {
        roi->kernels = kernels;
        prepare->step->scratch_size = (most_taps(roi, 0) + most_taps(roi, 1)) * sizeof(iou_tap);
        prepare->step->algorithm = "taps";
        prepare->step->isa = iou_isa_name(kernels->isa);
    }
    return IOU_OK;
}

const iou_op iou_op_roi_align = {.name = "RoiAlign",
                                 .layout = IOU_LAYOUT_CHANNELS,
                                 .attributes_size = sizeof(roi_attributes),
                                 .parse = roi_parse,
                                 .infer = roi_infer,
                                 .prepare = roi_prepare};
