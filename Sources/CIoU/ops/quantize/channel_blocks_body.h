/*
 * One block of windows. The includer says BLOCK(name), BYTES (a vector of as many bytes as a block
 * has channels), REALS, Q(name), which makes an instruction's name, LOAD(p), LOAD_CHANNELS(p, n)
 * and STORE_CHANNELS(p, n, v), of `n` channels, and PART, the taps or channels of a part.
 */

IOU_INLINE BYTES BLOCK(rescaled)(const iou_block_windows *w, BYTES sums, size_t i, bool plain) {
    const REALS product = Q(mul_ps)(Q(cvtepi32_ps)(sums), Q(loadu_ps)(w->columns.factors + i));
    if (plain) {
        return Q(cvtps_epi32)(product);
    }
    const REALS least = Q(set1_ps)((float)(w->row.least - w->row.zero));
    const REALS most = Q(set1_ps)((float)(w->row.most - w->row.zero));
    const REALS moved = Q(add_ps)(product, Q(loadu_ps)(w->columns.offsets + i));
    return Q(cvtps_epi32)(Q(min_ps)(Q(max_ps)(moved, least), most));
}

IOU_INLINE void BLOCK(requantize)(const iou_block_windows *w, const iou_block_place *at,
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

#if PART == 4

IOU_INLINE void BLOCK(unpack)(const uint8_t *const *pixels, const iou_block_place *at,
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

/* Quads of channels, each in all lanes of its 128 bits. */
IOU_INLINE void BLOCK(spread)(const uint8_t *pixel, const iou_block_place *at, BYTES *quads) {
    const BYTES x = LOAD_CHANNELS(pixel + at->pixel, at->channels);
    quads[0] = Q(shuffle_epi32)(x, 0x00);
    quads[1] = Q(shuffle_epi32)(x, 0x55);
    quads[2] = Q(shuffle_epi32)(x, 0xAA);
    quads[3] = Q(shuffle_epi32)(x, 0xFF);
}

IOU_INLINE BYTES BLOCK(add)(BYTES sums, BYTES bytes, BYTES weights) {
    return Q(dpbusd_epi32)(sums, bytes, weights);
}

#else

IOU_INLINE void BLOCK(unpack)(const uint8_t *const *pixels, const iou_block_place *at,
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

/* Pairs of channels, each in all lanes of its 128 bits. */
IOU_INLINE void BLOCK(spread)(const uint8_t *pixel, const iou_block_place *at, BYTES *pairs) {
    const BYTES x = LOAD_CHANNELS(pixel + at->pixel, at->channels);
    const BYTES zero = Q(set1_epi16)(0);
    const BYTES low = Q(unpacklo_epi8)(x, zero), high = Q(unpackhi_epi8)(x, zero);
    pairs[0] = Q(shuffle_epi32)(low, 0x00);
    pairs[1] = Q(shuffle_epi32)(low, 0x55);
    pairs[2] = Q(shuffle_epi32)(low, 0xAA);
    pairs[3] = Q(shuffle_epi32)(low, 0xFF);
    pairs[4] = Q(shuffle_epi32)(high, 0x00);
    pairs[5] = Q(shuffle_epi32)(high, 0x55);
    pairs[6] = Q(shuffle_epi32)(high, 0xAA);
    pairs[7] = Q(shuffle_epi32)(high, 0xFF);
}

IOU_INLINE BYTES BLOCK(add)(BYTES sums, BYTES words, BYTES weights) {
    return Q(add_epi32)(sums, Q(madd_epi16)(words, weights));
}

#endif

IOU_INLINE void BLOCK(begin)(const iou_block_windows *w, const iou_block_place *at, BYTES *sums) {
    IOU_UNROLLED
    for (size_t v = 0; v < 4; v++) {
        sums[v] = LOAD(w->starts + at->sum + v * sizeof(BYTES) / 4);
    }
}

/* Windows whose parts are columns of the image: those that the next one has too stay unpacked. */
IOU_INLINE void BLOCK(slide)(const iou_block_windows *w, iou_block_place at, size_t fresh,
                             bool plain) {
    enum { COLUMNS = 3 };
    BYTES sums[4], taps[COLUMNS][4], weights[COLUMNS][4];
    IOU_UNROLLED
    for (size_t i = 0; i < 4 * COLUMNS; i++) {
        weights[i / 4][i % 4] = LOAD(w->weights + at.sum * COLUMNS * 4 + i * sizeof(BYTES));
    }
    IOU_UNROLLED
    for (size_t k = fresh; k < COLUMNS; k++) {
        BLOCK(unpack)(w->pixels + (k - fresh) * PART, &at, taps[k]);
    }
    for (size_t i = 0; i < w->windows; i++, at.pixel += w->step, at.out += w->channels) {
        BLOCK(begin)(w, &at, sums);
        IOU_UNROLLED
        for (size_t k = 0; k < COLUMNS; k++) {
            if (k + fresh >= COLUMNS) {
                BLOCK(unpack)(w->pixels + k * PART, &at, taps[k]);
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

IOU_INLINE void BLOCK(sum)(const iou_block_windows *w, const iou_block_place *at, bool plain) {
    BYTES sums[4], taps[4];
    BLOCK(begin)(w, at, sums);
    const char *weights = w->weights + at->sum * w->parts * 4;
    for (size_t k = 0; k < w->parts; k++, weights += 4 * sizeof(BYTES)) {
        BLOCK(unpack)(w->pixels + k * PART, at, taps);
        IOU_UNROLLED
        for (size_t v = 0; v < 4; v++) {
            sums[v] = BLOCK(add)(sums[v], taps[v], LOAD(weights + v * sizeof(BYTES)));
        }
    }
    BLOCK(requantize)(w, at, sums, plain);
}

/* Groups of `group` channels, whose filters lie in sums [v] of each 128 bits where its channels do.
 */
IOU_INLINE void BLOCK(sum_group)(const iou_block_windows *w, const iou_block_place *at,
                                 size_t group, bool plain) {
    BYTES sums[4], spread[IOU_BLOCK_GROUP / PART];
    BLOCK(begin)(w, at, sums);
    const size_t parts = group / PART, taps = w->parts / parts;
    const char *weights = w->weights + at->sum * w->parts * 4;
    for (size_t tap = 0; tap < taps; tap++) {
        BLOCK(spread)(w->pixels[tap], at, spread);
        IOU_UNROLLED
        for (size_t i = 0; i < 4 * parts; i++, weights += sizeof(BYTES)) {
            const size_t v = i % 4, first = v * 4 / group * group / PART;
            sums[v] = BLOCK(add)(sums[v], spread[first + i / 4], LOAD(weights));
        }
    }
    BLOCK(requantize)(w, at, sums, plain);
}
