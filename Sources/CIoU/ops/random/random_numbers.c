#include "ops/random/random_numbers.h"

#include <math.h>
#include <string.h>

uint64_t iou_random_seed_parse(const iou_parse *parse) {
    const iou_node *node = parse->node;
    if (strcmp(node->op_type, "Dropout") == 0 && iou_attribute_present(node, "seed")) {
        return (uint64_t)iou_attribute_int(node, "seed", 0);
    }
    if (iou_attribute_present(node, "seed")) {
        const float seed = iou_attribute_float(node, "seed", 0.0f);
        uint32_t bits;
        memcpy(&bits, &seed, sizeof bits);
        return bits;
    }
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (const char *c = node->name; *c != '\0'; c++) {
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* SplitMix64 (Steele, Lea and Flood, 2014), which can be entered anywhere. */
static uint64_t mixed(uint64_t seed, uint64_t index) {
    uint64_t z = seed + (index + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

double iou_random_uniform(uint64_t seed, uint64_t index) {
    return (double)(mixed(seed, index) >> 11) * 0x1p-53;
}

double iou_random_normal(uint64_t seed, uint64_t index) {
    static const double turn = 6.283185307179586477;
    const double radius = 1.0 - iou_random_uniform(seed, 2 * index); /* not 0 */
    return sqrt(-2.0 * log(radius)) * cos(turn * iou_random_uniform(seed, 2 * index + 1));
}
