/*
 * The body of the depthwise kernels for lines: six neighbouring pixels at a time, each input
 * loaded once for all the windows of its line that it lies in. Include
 * depthwise_f32_kernel.h before; defines depthwise_line.
 */
IOU_TARGET_BEGIN(IOU_SIMD_TARGET)

enum { IOU_DEPTHWISE_BLOCK = 6 /* pixels */ };

/* Where a block lies: its first pixel, and which of its columns are in the image. */
typedef struct depthwise_position {
    size_t x;
    size_t first, end;
} depthwise_position;

/* What becomes of the sum of pixel x. */
IOU_INLINE void depthwise_line_finish(const iou_depthwise_line *t, size_t x, size_t j, iou_v sum,
                                      const bool part, iou_v_lanes lanes) {
    if (t->residual != NULL) {
        sum = iou_v_add(sum, depthwise_load(t->residual[x] + j, part, lanes));
    }
    sum = iou_v_clamp(sum, iou_v_set(t->lo), iou_v_set(t->hi));
    float *c = t->c + x * t->c_stride + j;
    if (part) {
        iou_v_store_part(c, lanes, sum);
    } else {
        iou_v_store(c, sum);
    }
}

/* Column c of a block, counted from its first window's begin, into the windows that it lies in; all
 * conditions but the last are known to the compiler. */
#define IOU_ADD(i, c)                                                                              \
    if ((c) >= (i)*stride && (c) < (i)*stride + width) {                                           \
        sum##i = iou_v_fma(x, w[(c) >= (i)*stride ? ((c) - (i)*stride) % width : 0], sum##i);      \
    }
#define IOU_COLUMN(c)                                                                              \
    if ((c) < columns &&                                                                           \
        (((c) >= width / 2 && (c) < columns - width / 2) || ((c) >= p->first && (c) < p->end))) {  \
        const iou_v x = depthwise_load(a + (ptrdiff_t)(c)*step, part, lanes);                      \
        IOU_ADD(0, c)                                                                              \
        IOU_ADD(1, c)                                                                              \
        IOU_ADD(2, c)                                                                              \
        IOU_ADD(3, c)                                                                              \
        IOU_ADD(4, c)                                                                              \
        IOU_ADD(5, c)                                                                              \
    }

/* One vector of channels from j on, or a part of it. */
IOU_INLINE void depthwise_line_6(const iou_depthwise_line *t, const depthwise_position *p, size_t j,
                                 const size_t width, const size_t stride, const bool part,
                                 iou_v_lanes lanes) {
    const size_t columns = (IOU_DEPTHWISE_BLOCK - 1) * stride + width;
    const ptrdiff_t step = (ptrdiff_t)t->image_pitch;
    const ptrdiff_t from = (ptrdiff_t)(p->x * stride) - (ptrdiff_t)t->pad;
    iou_v sum0 = depthwise_load(t->bias + j, part, lanes), sum1 = sum0, sum2 = sum0;
    iou_v sum3 = sum0, sum4 = sum0, sum5 = sum0;
    for (size_t l = 0; l < t->lines; l++) {
        const float *a = t->in[l] + from * step + (ptrdiff_t)j;
        iou_v w[IOU_DEPTHWISE_WIDEST];
        for (size_t tap = 0; tap < width; tap++) {
            w[tap] = depthwise_load(t->weights[l] + tap * t->weight_stride + j, part, lanes);
        }
        IOU_COLUMN(0)
        IOU_COLUMN(1)
        IOU_COLUMN(2)
        IOU_COLUMN(3)
        IOU_COLUMN(4)
        IOU_COLUMN(5)
        IOU_COLUMN(6)
        IOU_COLUMN(7)
        IOU_COLUMN(8)
        IOU_COLUMN(9)
        IOU_COLUMN(10)
        IOU_COLUMN(11)
        IOU_COLUMN(12)
        IOU_COLUMN(13)
        IOU_COLUMN(14)
    }
    depthwise_line_finish(t, p->x, j, sum0, part, lanes);
    depthwise_line_finish(t, p->x + 1, j, sum1, part, lanes);
    depthwise_line_finish(t, p->x + 2, j, sum2, part, lanes);
    depthwise_line_finish(t, p->x + 3, j, sum3, part, lanes);
    depthwise_line_finish(t, p->x + 4, j, sum4, part, lanes);
    depthwise_line_finish(t, p->x + 5, j, sum5, part, lanes);
}
#undef IOU_ADD
#undef IOU_COLUMN

/* All channels of six pixels. */
IOU_INLINE void depthwise_line_block(const iou_depthwise_line *t, const depthwise_position *p,
                                     const size_t width, const size_t stride) {
    const iou_v_lanes all = iou_v_first(IOU_LANES);
    const size_t end = t->offset + t->channels;
    size_t j = t->offset;
    for (; j + IOU_LANES <= end; j += IOU_LANES) {
        depthwise_line_6(t, p, j, width, stride, false, all);
    }
    if (j < end) {
        depthwise_line_6(t, p, j, width, stride, true, iou_v_first((ptrdiff_t)(end - j)));
    }
}

/* All channels of one pixel, of whose taps some may lie in the padding. */
IOU_INLINE void depthwise_line_1(const iou_depthwise_line *t, size_t x) {
    const size_t begin = x * t->stride, end = t->offset + t->channels;
    const size_t room = t->pad + t->width > begin ? t->pad + t->width - begin : 0;
    const size_t first = begin < t->pad ? t->pad - begin : 0;
    const size_t last = room < t->taps ? room : t->taps;
    for (size_t j = t->offset; j < end; j += IOU_LANES) {
        const iou_v_lanes lanes = iou_v_first((ptrdiff_t)(end - j));
        iou_v sum = iou_v_load_part(t->bias + j, lanes);
        for (size_t l = 0; l < t->lines; l++) {
            for (size_t tap = first; tap < last; tap++) {
                const float *a = t->in[l] + (begin + tap - t->pad) * t->image_pitch + j;
                const float *w = t->weights[l] + tap * t->weight_stride + j;
                sum = iou_v_fma(iou_v_load_part(a, lanes), iou_v_load_part(w, lanes), sum);
            }
        }
        depthwise_line_finish(t, x, j, sum, true, lanes);
    }
}

/* Of pixels [begin, end) the windows reach at most half their width into the padding; the last
 * block of them moves back over pixels that are done. */
IOU_INLINE void depthwise_line_run(const iou_depthwise_line *t, const size_t width,
                                   const size_t stride) {
    const size_t reach = width / 2, whole = t->width + t->pad + reach;
    const size_t columns = (IOU_DEPTHWISE_BLOCK - 1) * stride + width;
    const size_t inner = whole >= width ? (whole - width) / stride + 1 : 0;
    const size_t least = t->pad > reach ? (t->pad - reach + stride - 1) / stride : 0;
    const size_t end = inner < t->pixels ? inner : t->pixels;
    const size_t begin = least < end ? least : end;
    const bool blocks = end - begin >= IOU_DEPTHWISE_BLOCK && t->width >= width;
    for (size_t x = 0; x < begin; x++) {
        depthwise_line_1(t, x);
    }
    for (size_t x = begin; blocks && x < end; x += IOU_DEPTHWISE_BLOCK) {
        const bool fits = x + IOU_DEPTHWISE_BLOCK <= end;
        depthwise_position position = {.x = fits ? x : end - IOU_DEPTHWISE_BLOCK};
        const size_t at = position.x * stride; /* counted from the padding's begin */
        position.first = at < t->pad ? t->pad - at : 0;
        position.end = at + columns > t->pad + t->width ? t->pad + t->width - at : columns;
        depthwise_line_block(t, &position, width, stride);
    }
    for (size_t x = blocks ? end : begin; x < t->pixels; x++) {
        depthwise_line_1(t, x);
    }
}

static void depthwise_line(const iou_depthwise_line *line) {
    const iou_depthwise_line copy = *line; /* which no store to c can change */
    if (copy.taps == 3 && copy.stride == 1) {
        depthwise_line_run(&copy, 3, 1);
    } else if (copy.taps == 3) {
        depthwise_line_run(&copy, 3, 2);
    } else if (copy.stride == 1) {
        depthwise_line_run(&copy, 5, 1);
    } else {
        depthwise_line_run(&copy, 5, 2);
    }
}

IOU_TARGET_END
