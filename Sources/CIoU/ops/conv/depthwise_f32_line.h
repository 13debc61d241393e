/*
 * The body of the depthwise kernels for lines: six neighbouring pixels at a time, each input
 * loaded once for all the windows of its line that it lies in. Include
 * depthwise_f32_kernel.h before; defines depthwise_line.
 */
IOU_TARGET_BEGIN(IOU_SIMD_TARGET)

enum { IOU_DEPTHWISE_BLOCK = 6 /* pixels */ };

/* Where a block lies: its first pixel, and which of its outermost columns are padding. */
typedef struct depthwise_position {
    size_t x;
    bool left, right;
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

#define IOU_TAKE(n) x = depthwise_load(a + (n)*step, part, lanes)
#define IOU_ADD(i, tap) sum##i = iou_v_fma(x, w##tap, sum##i)

/* One vector of channels from j on, or a part of it. */
IOU_INLINE void depthwise_line_6(const iou_depthwise_line *t, const depthwise_position *p, size_t j,
                                 const size_t stride, const bool part, iou_v_lanes lanes) {
    const size_t step = t->image_pitch;
    const ptrdiff_t from = (ptrdiff_t)(p->x * stride) - (ptrdiff_t)t->pad;
    iou_v sum0 = depthwise_load(t->bias + j, part, lanes), sum1 = sum0, sum2 = sum0;
    iou_v sum3 = sum0, sum4 = sum0, sum5 = sum0;
    for (size_t l = 0; l < t->lines; l++) {
        const float *a = t->in[l] + (from + 1) * (ptrdiff_t)step + j; /* column 1 */
        const float *w = t->weights[l] + j;
        const iou_v w0 = depthwise_load(w, part, lanes);
        const iou_v w1 = depthwise_load(w + t->weight_stride, part, lanes);
        const iou_v w2 = depthwise_load(w + 2 * t->weight_stride, part, lanes);
        iou_v x;
        if (!p->left) {
            x = depthwise_load(a - step, part, lanes);
            IOU_ADD(0, 0);
        }
        if (stride == 1) {
            IOU_TAKE(0);
            IOU_ADD(0, 1);
            IOU_ADD(1, 0);
            IOU_TAKE(1);
            IOU_ADD(0, 2);
            IOU_ADD(1, 1);
            IOU_ADD(2, 0);
            IOU_TAKE(2);
            IOU_ADD(1, 2);
            IOU_ADD(2, 1);
            IOU_ADD(3, 0);
            IOU_TAKE(3);
            IOU_ADD(2, 2);
            IOU_ADD(3, 1);
            IOU_ADD(4, 0);
            IOU_TAKE(4);
            IOU_ADD(3, 2);
            IOU_ADD(4, 1);
            IOU_ADD(5, 0);
            IOU_TAKE(5);
            IOU_ADD(4, 2);
            IOU_ADD(5, 1);
        } else {
            IOU_TAKE(0);
            IOU_ADD(0, 1);
            IOU_TAKE(1);
            IOU_ADD(0, 2);
            IOU_ADD(1, 0);
            IOU_TAKE(2);
            IOU_ADD(1, 1);
            IOU_TAKE(3);
            IOU_ADD(1, 2);
            IOU_ADD(2, 0);
            IOU_TAKE(4);
            IOU_ADD(2, 1);
            IOU_TAKE(5);
            IOU_ADD(2, 2);
            IOU_ADD(3, 0);
            IOU_TAKE(6);
            IOU_ADD(3, 1);
            IOU_TAKE(7);
            IOU_ADD(3, 2);
            IOU_ADD(4, 0);
            IOU_TAKE(8);
            IOU_ADD(4, 1);
            IOU_TAKE(9);
            IOU_ADD(4, 2);
            IOU_ADD(5, 0);
            IOU_TAKE(10);
            IOU_ADD(5, 1);
        }
        if (!p->right) {
            x = depthwise_load(a + (stride == 1 ? 6 : 11) * step, part, lanes);
            IOU_ADD(5, 2);
        }
    }
    depthwise_line_finish(t, p->x, j, sum0, part, lanes);
    depthwise_line_finish(t, p->x + 1, j, sum1, part, lanes);
    depthwise_line_finish(t, p->x + 2, j, sum2, part, lanes);
    depthwise_line_finish(t, p->x + 3, j, sum3, part, lanes);
    depthwise_line_finish(t, p->x + 4, j, sum4, part, lanes);
    depthwise_line_finish(t, p->x + 5, j, sum5, part, lanes);
}
#undef IOU_ADD
#undef IOU_TAKE

/* All channels of six pixels. */
IOU_INLINE void depthwise_line_block(const iou_depthwise_line *t, const depthwise_position *p,
                                     const size_t stride) {
    const iou_v_lanes all = iou_v_first(IOU_LANES);
    const size_t end = t->offset + t->channels;
    size_t j = t->offset;
    for (; j + IOU_LANES <= end; j += IOU_LANES) {
        depthwise_line_6(t, p, j, stride, false, all);
    }
    if (j < end) {
        depthwise_line_6(t, p, j, stride, true, iou_v_first((ptrdiff_t)(end - j)));
    }
}

/* All channels of one pixel, of whose taps some may lie in the padding. */
IOU_INLINE void depthwise_line_1(const iou_depthwise_line *t, size_t x) {
    const size_t begin = x * t->stride, end = t->offset + t->channels;
    const size_t room = t->pad + t->width > begin ? t->pad + t->width - begin : 0;
    const size_t first = begin < t->pad ? t->pad - begin : 0;
    const size_t last = room < IOU_DEPTHWISE_WIDTH ? room : IOU_DEPTHWISE_WIDTH;
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

/* Of pixels [begin, end) the windows reach at most one column into the padding, the first and the
 * last one's; the last block of them moves back over pixels that are done. */
IOU_INLINE void depthwise_line_run(const iou_depthwise_line *t, const size_t stride) {
    const size_t inner = t->width + t->pad + 1 >= IOU_DEPTHWISE_WIDTH
                             ? (t->width + t->pad + 1 - IOU_DEPTHWISE_WIDTH) / stride + 1
                             : 0;
    const size_t least = t->pad > 1 ? (t->pad - 1 + stride - 1) / stride : 0;
    const size_t end = inner < t->pixels ? inner : t->pixels;
    const size_t begin = least < end ? least : end;
    const bool blocks = end - begin >= IOU_DEPTHWISE_BLOCK;
    for (size_t x = 0; x < begin; x++) {
        depthwise_line_1(t, x);
    }
    for (size_t x = begin; blocks && x < end; x += IOU_DEPTHWISE_BLOCK) {
        const bool fits = x + IOU_DEPTHWISE_BLOCK <= end;
        depthwise_position position = {.x = fits ? x : end - IOU_DEPTHWISE_BLOCK};
        const size_t last = (position.x + IOU_DEPTHWISE_BLOCK - 1) * stride + IOU_DEPTHWISE_WIDTH;
        position.left = position.x * stride < t->pad;
        position.right = last > t->pad + t->width;
        depthwise_line_block(t, &position, stride);
    }
    for (size_t x = blocks ? end : begin; x < t->pixels; x++) {
        depthwise_line_1(t, x);
    }
}

static void depthwise_line(const iou_depthwise_line *line) {
    const iou_depthwise_line copy = *line; /* which no store to c can change */
    if (copy.stride == 1) {
        depthwise_line_run(&copy, 1);
    } else {
        depthwise_line_run(&copy, 2);
    }
}

IOU_TARGET_END
