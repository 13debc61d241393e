/* A wait of some microseconds, which bridges the gap between operators; a longer one must sleep,
 * not burn a processor that somebody else could use. */
#ifndef IOU_SPIN_H
#define IOU_SPIN_H

enum { IOU_SPINS = 4000 };

static inline void iou_relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

#endif
