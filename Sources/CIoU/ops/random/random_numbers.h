/* Random numbers by position: they depend on a seed and an index, not on the thread or the order.
 */
#ifndef IOU_RANDOM_NUMBERS_H
#define IOU_RANDOM_NUMBERS_H

#include "ops/op.h"

/** The node's attribute `seed`; without one, a number made of its name, so that nodes differ and
 * runs do not. */
uint64_t iou_random_seed_parse(const iou_parse *parse);

/** Number `index`, uniform in 0 … 1, without 1. */
double iou_random_uniform(uint64_t seed, uint64_t index);
/** Number `index` of a normal distribution of mean 0 and deviation 1. */
double iou_random_normal(uint64_t seed, uint64_t index);

#endif
