/* The body of a peak kernel, included once per instruction set: 12 chains of dependent
 * multiply-adds hide the latency of two units. */
IOU_TARGET_BEGIN(IOU_SIMD_TARGET)

#define IOU_CHAINS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)

static void peak_run(int64_t rounds) {
    float seed = 0.5F;
    __asm__ volatile("" : "+m"(seed)); /* unknown to the compiler, so that nothing is folded */
    const iou_v a = iou_v_broadcast(&seed);
#define IOU_BEGIN_CHAIN(i) iou_v c##i = iou_v_set((float)(i));
#define IOU_EXTEND_CHAIN(i) c##i = iou_v_fma(c##i, a, a);
#define IOU_END_CHAIN(i) total = iou_v_add(total, c##i);
    IOU_CHAINS(IOU_BEGIN_CHAIN)
    for (int64_t round = 0; round < rounds; round++) {
        IOU_CHAINS(IOU_EXTEND_CHAIN)
    }
    iou_v total = iou_v_zero();
    IOU_CHAINS(IOU_END_CHAIN)
    float kept[IOU_LANES];
    iou_v_store(kept, total);
    __asm__ volatile("" : : "m"(kept));
}

IOU_TARGET_END
