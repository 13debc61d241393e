/*
 * One block of a window. The includer says BLOCK(name), BYTES (a vector of as many bytes as a block
 * has channels), REALS, MASK (a type) and Q(name), which makes an instruction's name.
 */

IOU_INLINE BYTES BLOCK(rescaled)(const iou_quads *q, BYTES sums, size_t i, bool plain) {
    const REALS product = Q(mul_ps)(Q(cvtepi32_ps)(sums), Q(loadu_ps)(q->columns.factors + i));
    if (plain) {
        return Q(cvtps_epi32)(product);
    }
    const REALS least = Q(set1_ps)((float)(q->row.least - q->row.zero));
    const REALS most = Q(set1_ps)((float)(q->row.most - q->row.zero));
    const REALS moved = Q(add_ps)(product, Q(loadu_ps)(q->columns.offsets + i));
    return Q(cvtps_epi32)(Q(min_ps)(Q(max_ps)(moved, least), most));
}

IOU_INLINE void BLOCK(requantize)(const iou_quads *q, const window *at, MASK mask, BYTES *sums,
                                  bool plain) {
    const BYTES zero = Q(set1_epi16)((int16_t)q->row.zero);
    IOU_UNROLLED
    for (size_t v = 0; v < 4; v++) {
        sums[v] = BLOCK(rescaled)(q, sums[v], at->channel + v * sizeof(BYTES) / 4, plain);
    }
    const BYTES low = Q(adds_epi16)(Q(packs_epi32)(sums[0], sums[1]), zero);
    const BYTES high = Q(adds_epi16)(Q(packs_epi32)(sums[2], sums[3]), zero);
    Q(mask_storeu_epi8)(q->y + at->out, mask, Q(packus_epi16)(low, high));
}

/* Adds the products of the taps of a quad. */
IOU_INLINE void BLOCK(add_quad)(const uint8_t *const *pixels, size_t at, MASK mask,
                                const int8_t *weights, BYTES *sums) {
    const BYTES a = Q(maskz_loadu_epi8)(mask, pixels[0] + at);
    const BYTES b = Q(maskz_loadu_epi8)(mask, pixels[1] + at);
    const BYTES c = Q(maskz_loadu_epi8)(mask, pixels[2] + at);
    const BYTES d = Q(maskz_loadu_epi8)(mask, pixels[3] + at);
    const BYTES ab_low = Q(unpacklo_epi8)(a, b), ab_high = Q(unpackhi_epi8)(a, b);
    const BYTES cd_low = Q(unpacklo_epi8)(c, d), cd_high = Q(unpackhi_epi8)(c, d);
    const BYTES taps[] = {Q(unpacklo_epi16)(ab_low, cd_low), Q(unpackhi_epi16)(ab_low, cd_low),
                          Q(unpacklo_epi16)(ab_high, cd_high), Q(unpackhi_epi16)(ab_high, cd_high)};
    IOU_UNROLLED
    for (size_t v = 0; v < 4; v++) {
        sums[v] = Q(dpbusd_epi32)(sums[v], taps[v], LOAD(weights + v * sizeof(BYTES)));
    }
}

IOU_INLINE void BLOCK(sum)(const iou_quads *q, const window *at, MASK mask, bool plain) {
    BYTES sums[4];
    IOU_UNROLLED
    for (size_t v = 0; v < 4; v++) {
        sums[v] = LOAD(q->starts + at->channel + v * sizeof(BYTES) / 4);
    }
    const int8_t *weights = q->weights + at->channel * q->quads * IOU_QUADS_TAPS;
    for (size_t k = 0; k < q->quads; k++, weights += 4 * sizeof(BYTES)) {
        BLOCK(add_quad)(q->pixels + k * IOU_QUADS_TAPS, at->pixel, mask, weights, sums);
    }
    BLOCK(requantize)(q, at, mask, sums, plain);
}
