/*
 * One block of windows. The includer says BLOCK(name), BYTES (a vector of as many bytes as a block
 * has channels), REALS, Q(name), which makes an instruction's name, LOAD(p), LOAD_CHANNELS(p, n)
 * and STORE_CHANNELS(p, n, v), of `n` channels, and TAPS of a group.
 */

IOU_INLINE BYTES BLOCK(rescaled)(const iou_depthwise_windows *w, BYTES sums, size_t i, bool plain) {
    const REALS product = Q(mul_ps)(Q(cvtepi32_ps)(sums), Q(loadu_ps)(w->columns.factors + i));
    if (plain) {
        return Q(cvtps_epi32)(product);
    }
    const REALS least = Q(set1_ps)((float)(w->row.least - w->row.zero));
    const REALS most = Q(set1_ps)((float)(w->row.most - w->row.zero));
    const REALS moved = Q(add_ps)(product, Q(loadu_ps)(w->columns.offsets + i));
    return Q(cvtps_epi32)(Q(min_ps)(Q(max_ps)(moved, least), most));
}

IOU_INLINE void BLOCK(requantize)(const iou_depthwise_windows *w, const iou_depthwise_place *at,
                                  BYTES *sums, bool plain) {
    const BYTES zero = Q(set1_epi16)((int16_t)w->row.zero);
    IOU_UNROLLED
    for (size_t v = 0; v < 4; v++) {
        sums[v] = BLOCK(rescaled)(w, sums[v], at->sum + v * sizeof(BYTES) / 4, plain);
    }
    const BYTES low = Q(adds_epi16)(Q(packs_epi32)(sums[0], sums[1]), zero);
    const BYTES high = Q(adds_epi16)(Q(packs_epi32)(sums[2], sums[3]), zero);
    STORE_CHANNELS(w->y + at->out, at->channels, Q(packus_epi16)(low, high));
}

#if TAPS == 4

IOU_INLINE void BLOCK(unpack)(const uint8_t *const *pixels, const iou_depthwise_place *at,
                              BYTES *taps) {
    const BYTES a = LOAD_CHANNELS(pixels[0] + at->pixel, at->channels);
    const BYTES b = LOAD_CHANNELS(pixels[1] + at->pixel, at->channels);
    const BYTES c = LOAD_CHANNELS(pixels[2] + at->pixel, at->channels);
    const BYTES d = LOAD_CHANNELS(pixels[3] + at->pixel, at->channels);
    const BYTES ab_low = Q(unpacklo_epi8)(a, b), ab_high = Q(unpackhi_epi8)(a, b);
    const BYTES cd_low = Q(unpacklo_epi8)(c, d), cd_high = Q(unpackhi_epi8)(c, d);
    taps[0] = Q(unpacklo_epi16)(ab_low, cd_low);
    taps[1] = Q(unpackhi_epi16)(ab_low, cd_low);
    taps[2] = Q(unpacklo_epi16)(ab_high, cd_high);
    taps[3] = Q(unpackhi_epi16)(ab_high, cd_high);
}

IOU_INLINE BYTES BLOCK(add)(BYTES sums, BYTES taps, BYTES weights) {
    return Q(dpbusd_epi32)(sums, taps, weights);
}

#else

IOU_INLINE void BLOCK(unpack)(const uint8_t *const *pixels, const iou_depthwise_place *at,
                              BYTES *taps) {
    const BYTES a = LOAD_CHANNELS(pixels[0] + at->pixel, at->channels);
    const BYTES b = LOAD_CHANNELS(pixels[1] + at->pixel, at->channels);
    const BYTES zero = Q(set1_epi16)(0);
    const BYTES low = Q(unpacklo_epi8)(a, b), high = Q(unpackhi_epi8)(a, b);
    taps[0] = Q(unpacklo_epi8)(low, zero);
    taps[1] = Q(unpackhi_epi8)(low, zero);
    taps[2] = Q(unpacklo_epi8)(high, zero);
    taps[3] = Q(unpackhi_epi8)(high, zero);
}

IOU_INLINE BYTES BLOCK(add)(BYTES sums, BYTES taps, BYTES weights) {
    return Q(add_epi32)(sums, Q(madd_epi16)(taps, weights));
}

#endif

/* Windows whose groups are columns of the image: those that the next one has too stay unpacked. */
IOU_INLINE void BLOCK(slide)(const iou_depthwise_windows *w, iou_depthwise_place at, size_t fresh,
                             bool plain) {
    enum { COLUMNS = 3 };
    BYTES sums[4], taps[COLUMNS][4], weights[COLUMNS][4];
    IOU_UNROLLED
    for (size_t i = 0; i < 4 * COLUMNS; i++) {
        weights[i / 4][i % 4] = LOAD(w->weights + at.sum * COLUMNS * 4 + i * sizeof(BYTES));
    }
    IOU_UNROLLED
    for (size_t k = fresh; k < COLUMNS; k++) {
        BLOCK(unpack)(w->pixels + (k - fresh) * TAPS, &at, taps[k]);
    }
    for (size_t i = 0; i < w->windows; i++, at.pixel += w->step, at.out += w->channels) {
        IOU_UNROLLED
        for (size_t v = 0; v < 4; v++) {
            sums[v] = LOAD(w->starts + at.sum + v * sizeof(BYTES) / 4);
        }
        IOU_UNROLLED
        for (size_t k = 0; k < COLUMNS; k++) {
            if (k + fresh >= COLUMNS) {
                BLOCK(unpack)(w->pixels + k * TAPS, &at, taps[k]);
            }
            IOU_UNROLLED
            for (size_t v = 0; v < 4; v++) {
                taps[k][v] = k + fresh < COLUMNS ? taps[k + fresh][v] : taps[k][v];
                sums[v] = BLOCK(add)(sums[v], taps[k][v], weights[k][v]);
            }
        }
        BLOCK(requantize)(w, &at, sums, plain);
    }
}

IOU_INLINE void BLOCK(sum)(const iou_depthwise_windows *w, const iou_depthwise_place *at,
                           bool plain) {
    BYTES sums[4], taps[4];
    IOU_UNROLLED
    for (size_t v = 0; v < 4; v++) {
        sums[v] = LOAD(w->starts + at->sum + v * sizeof(BYTES) / 4);
    }
    const char *weights = w->weights + at->sum * w->groups * 4;
    for (size_t k = 0; k < w->groups; k++, weights += 4 * sizeof(BYTES)) {
        BLOCK(unpack)(w->pixels + k * TAPS, at, taps);
        IOU_UNROLLED
        for (size_t v = 0; v < 4; v++) {
            sums[v] = BLOCK(add)(sums[v], taps[v], LOAD(weights + v * sizeof(BYTES)));
        }
    }
    BLOCK(requantize)(w, at, sums, plain);
}
