/*
 * GridSample: each output pixel is read at a place of the input that a grid says, in -1 … 1. A read
 * is a weighted sum over taps, the product of one to four along each axis.
 */
#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/real.h"
#include "ops/sample/taps.h"

#include <math.h>
#include <string.h>

enum {
    AXES = 3,      /* fewer are padded with 1 in front */
    MOST_TAPS = 4, /* along an axis */
    ALL_TAPS = 16, /* 2 * 2 * 2 or 4 * 4 */
    TASK_PIXELS = 256
};

typedef enum sample_mode { LINEAR, NEAREST, CUBIC } sample_mode;
typedef enum sample_padding { ZEROS, BORDER, REFLECTION } sample_padding;

typedef struct sample_attributes {
    int mode, padding;
    bool align;
} sample_attributes;

typedef struct sample_params {
    sample_attributes how;
    iou_type type, grid_type;
    int spatial;
    int64_t in[AXES];
    size_t channels, area;           /* of the input: elements of a channel */
    size_t pixels;                   /* of an output picture */
    size_t chunks;                   /* tasks of a picture */
    const iou_taps_kernels *kernels; /* of floats; or NULL */
} sample_params;

static iou_status sample_parse(const iou_parse *parse) {
    /* opset 16 has names of its own for two dimensions */
    static const char *const modes[] = {"linear", "nearest", "cubic", NULL};
    static const char *const flat_modes[] = {"bilinear", "nearest", "bicubic", NULL};
    static const char *const paddings[] = {"zeros", "border", "reflection", NULL};
    sample_attributes *a = parse->attributes;
    IOU_TRY(iou_parse_flag(parse, "align_corners", false, &a->align));
    IOU_TRY(
        iou_parse_choice(parse, "mode", parse->node->opset < 20 ? flat_modes : modes, &a->mode));
    return iou_parse_choice(parse, "padding_mode", paddings, &a->padding);
}

static iou_status check_dim(const iou_infer *infer, const char *what, iou_dim found,
                            int64_t expected) {
    if (found.known && found.value != expected) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "%s: expected %lld, found %lld", what,
                              (long long)expected, (long long)found.value);
    }
    return IOU_OK;
}

static iou_status sample_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_real));
    IOU_TRY(iou_infer_type(infer, 1, iou_types_real));
    const sample_attributes *a = infer->node->attributes;
    const iou_fact *x = infer->in[0], *grid = infer->in[1];
    iou_fact *out = &infer->out[0];
    out->type = x->type;
    const int rank = x->rank >= 0 ? x->rank : grid->rank;
    if (rank < 0) {
        return IOU_OK;
    }
    if (rank < 4 || rank > 2 + AXES || (a->mode == CUBIC && rank != 4)) {
        return iou_infer_fail(infer, IOU_UNSUPPORTED, "expected rank %s, found %d",
                              a->mode == CUBIC ? "4" : "4 or 5", rank);
    }
    if (x->rank >= 0 && grid->rank >= 0 && x->rank != grid->rank) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "expected inputs of one rank, found ranks %d and %d", x->rank,
                              grid->rank);
    }
    out->rank = rank;
    if (x->rank >= 0) {
        out->dims[0] = x->dims[0];
        out->dims[1] = x->dims[1];
    }
    if (grid->rank >= 0) {
        IOU_TRY(check_dim(infer, "coordinates of the grid", grid->dims[rank - 1], rank - 2));
        if (out->dims[0].known) {
            IOU_TRY(check_dim(infer, "pictures of the grid", grid->dims[0], out->dims[0].value));
        }
        for (int i = 2; i < rank; i++) {
            out->dims[i] = grid->dims[i - 1];
        }
    }
    return IOU_OK;
}

/* ---- Along an axis ------------------------------------------------------------------------- */

typedef struct axis_taps {
    int count;
    int64_t at[MOST_TAPS];
    double weight[MOST_TAPS];
} axis_taps;

/* Folds x back into least … most. */
static double reflect(double x, double least, double most) {
    const double range = most - least;
    if (range <= 0.0) {
        return least;
    }
    const double past = x < least ? least - x : x - most;
    const double turns = floor(past / range), rest = past - turns * range;
    const bool from_least = (x < least) == (fmod(turns, 2.0) == 0.0);
    return from_least ? least + rest : most - rest;
}

static double pad(const sample_params *p, double x, int64_t size) {
    const double least = p->how.align ? 0.0 : -0.5;
    const double most = (double)size - (p->how.align ? 1.0 : 0.5);
    if (x >= least && x <= most) {
        return x;
    }
    if (p->how.padding == BORDER) {
        return x < 0.0 ? 0.0 : fmin(x, (double)(size - 1));
    }
    return p->how.padding == REFLECTION && isfinite(x) ? reflect(x, least, most) : x;
}

static void add_tap(const sample_params *p, axis_taps *taps, double at, double weight,
                    int64_t size) {
    const double place = rint(pad(p, at, size));
    if (place >= 0.0 && place < (double)size && weight != 0.0) {
        taps->at[taps->count] = (int64_t)place;
        taps->weight[taps->count++] = weight;
    }
}

/* Keys' cubic with a = -0.75, at distance d from a tap. */
static double cubic(double d) {
    const double a = -0.75;
    d = fabs(d);
    return d <= 1.0 ? ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0
                    : ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a;
}

static axis_taps taps_at(const sample_params *p, double g, int64_t size) {
    axis_taps taps = {0};
    g = isnan(g) ? -1.0 : g; /* as PyTorch has it */
    const double extent = (double)size;
    double x = p->how.align ? (g + 1.0) / 2.0 * (extent - 1.0) : ((g + 1.0) * extent - 1.0) / 2.0;
    if (p->how.mode == NEAREST) {
        add_tap(p, &taps, pad(p, rint(x), size), 1.0, size);
        return taps;
    }
    x = p->how.mode == LINEAR ? pad(p, x, size) : x; /* a cubic's taps are padded alone */
    const double floor_x = floor(x);
    for (int i = p->how.mode == CUBIC ? -1 : 0; i <= (p->how.mode == CUBIC ? 2 : 1); i++) {
        const double distance = x - (floor_x + i);
        add_tap(p, &taps, floor_x + i,
                p->how.mode == CUBIC ? cubic(distance) : 1.0 - fabs(distance), size);
    }
    return taps;
}

/* ---- Running ------------------------------------------------------------------------------- */

typedef struct sample_taps {
    int count;
    size_t at[ALL_TAPS]; /* within a channel */
    double weight[ALL_TAPS];
} sample_taps;

static void find_taps(const sample_params *p, const void *grid, size_t pixel, sample_taps *taps) {
    axis_taps axes[AXES] = {{1, {0}, {1.0}}, {1, {0}, {1.0}}, {1, {0}, {1.0}}};
    for (int i = 0; i < p->spatial; i++) { /* the grid has the last dimension first */
        const double g = iou_real_load(p->grid_type, grid, pixel * (size_t)p->spatial + (size_t)i);
        axes[AXES - 1 - i] = taps_at(p, g, p->in[AXES - 1 - i]);
    }
    taps->count = 0;
    for (int z = 0; z < axes[0].count; z++) {
        for (int y = 0; y < axes[1].count; y++) {
            for (int x = 0; x < axes[2].count; x++) {
                const int64_t row = axes[0].at[z] * p->in[1] + axes[1].at[y];
                taps->at[taps->count] = (size_t)(row * p->in[2] + axes[2].at[x]);
                taps->weight[taps->count++] =
                    axes[0].weight[z] * axes[1].weight[y] * axes[2].weight[x];
            }
        }
    }
}

/* One output pixel, at `out`; `in`: the picture's first element. */
static void add_pixel(const sample_params *p, const sample_taps *taps, const void *data, size_t in,
                      void *result, size_t out) {
    for (size_t c = 0; c < p->channels; c++) {
        double sum = 0.0;
        for (int i = 0; i < taps->count; i++) {
            const size_t at = in + taps->at[i] * p->channels + c;
            sum += taps->weight[i] * iou_real_load(p->type, data, at);
        }
        iou_real_store(p->type, result, out + c, sum);
    }
}

static void add_float_pixel(const sample_params *p, const sample_taps *taps, const float *in,
                            float *out) {
    iou_tap floats[ALL_TAPS];
    for (int i = 0; i < taps->count; i++) {
        floats[i] = (iou_tap){taps->at[i] * p->channels, (float)taps->weight[i]};
    }
    memset(out, 0, p->channels * sizeof *out);
    p->kernels->add(out, in, p->channels, floats, (size_t)taps->count);
}

static iou_status sample_run(const iou_call *call, size_t task) {
    const sample_params *p = call->params;
    const size_t picture = task / p->chunks, first = task % p->chunks * TASK_PIXELS;
    const size_t end = iou_size_min(p->pixels, first + TASK_PIXELS);
    const size_t in = picture * p->area * p->channels;
    for (size_t pixel = picture * p->pixels + first; pixel < picture * p->pixels + end; pixel++) {
        sample_taps taps;
        find_taps(p, call->in[1], pixel, &taps);
        if (p->kernels != NULL) {
            add_float_pixel(p, &taps, (const float *)call->in[0] + in,
                            (float *)call->out[0] + pixel * p->channels);
        } else {
            add_pixel(p, &taps, call->in[0], in, call->out[0], pixel * p->channels);
        }
    }
    return IOU_OK;
}

static iou_status sample_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0], *y = &prepare->out[0];
    sample_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->how = *(const sample_attributes *)prepare->node->attributes;
    p->type = x->type;
    p->grid_type = prepare->in[1]->type;
    p->spatial = x->rank - 2;
    p->channels = (size_t)x->dims[1];
    p->area = p->pixels = 1;
    for (int i = 0; i < AXES; i++) {
        const int from = i - (AXES - p->spatial);
        p->in[i] = from < 0 ? 1 : x->dims[2 + from];
        p->area *= (size_t)p->in[i];
        p->pixels *= from < 0 ? 1 : (size_t)y->dims[2 + from];
    }
    p->kernels = x->type == IOU_FLOAT ? iou_taps_choose(prepare->isa) : NULL;
    p->chunks = iou_divide_up(p->pixels, TASK_PIXELS);
    const size_t tasks = (size_t)x->dims[0] * p->chunks;
    *prepare->step = (iou_step){.run = tasks == 0 ? iou_run_nothing : sample_run,
                                .params = p,
                                .task_count = tasks == 0 ? 1 : tasks,
                                .algorithm = "taps",
                                .isa = iou_isa_name(p->kernels ? p->kernels->isa : IOU_ISA_SCALAR)};
    return IOU_OK;
}

const iou_op iou_op_grid_sample = {.name = "GridSample",
                                   .layout = IOU_LAYOUT_CHANNELS,
                                   .attributes_size = sizeof(sample_attributes),
                                   .parse = sample_parse,
                                   .infer = sample_infer,
                                   .prepare = sample_prepare};
