/*
 * A product and a sum are rounded one after the other: scalar code is the definition, and its
 * bits do not depend on the compiler. gcc has no such pragma; it gets -ffp-contract=off.
 */
#ifndef IOU_CONTRACTION_H
#define IOU_CONTRACTION_H

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

#endif
