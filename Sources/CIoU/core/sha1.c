/* Source: FIPS 180-4, 6.1. */
#include "core/sha1.h"

#include <string.h>

enum { ROUNDS = 80, LENGTH_AT = IOU_SHA1_BLOCK - 8 };

static uint32_t rotated(uint32_t x, unsigned bits) {
    return x << bits | x >> (32 - bits);
}

static uint32_t mix(int round, uint32_t b, uint32_t c, uint32_t d) {
    switch (round / 20) {
    case 0: return ((b & c) | (~b & d)) + 0x5a827999u;
    case 1: return (b ^ c ^ d) + 0x6ed9eba1u;
    case 2: return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcu;
    default: return (b ^ c ^ d) + 0xca62c1d6u;
    }
}

static void add_block(iou_sha1 *sha) {
    uint32_t w[ROUNDS];
    for (int i = 0; i < 16; i++) {
        const unsigned char *at = sha->block + 4 * i;
        w[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
    for (int i = 16; i < ROUNDS; i++) {
        w[i] = rotated(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    }
    uint32_t a = sha->state[0], b = sha->state[1], c = sha->state[2], d = sha->state[3],
             e = sha->state[4];
    for (int i = 0; i < ROUNDS; i++) {
        const uint32_t next = rotated(a, 5) + mix(i, b, c, d) + e + w[i];
        e = d;
        d = c;
        c = rotated(b, 30);
        b = a;
        a = next;
    }
    sha->state[0] += a;
    sha->state[1] += b;
    sha->state[2] += c;
    sha->state[3] += d;
    sha->state[4] += e;
}

void iou_sha1_begin(iou_sha1 *sha) {
    *sha = (iou_sha1){.state = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u}};
}

void iou_sha1_add(iou_sha1 *sha, const void *data, size_t size) {
    const unsigned char *from = data;
    while (size > 0) {
        const size_t used = sha->length % IOU_SHA1_BLOCK, room = IOU_SHA1_BLOCK - used;
        const size_t part = size < room ? size : room;
        memcpy(sha->block + used, from, part);
        sha->length += part;
        from += part;
        size -= part;
        if (part == room) {
            add_block(sha);
        }
    }
}

void iou_sha1_end(iou_sha1 *sha, unsigned char digest[IOU_SHA1_SIZE]) {
    static const unsigned char padding[IOU_SHA1_BLOCK] = {0x80};
    const uint64_t bits = sha->length * 8;
    const size_t used = sha->length % IOU_SHA1_BLOCK;
    iou_sha1_add(sha, padding,
                 used < LENGTH_AT ? LENGTH_AT - used : IOU_SHA1_BLOCK + LENGTH_AT - used);
    unsigned char length[8];
    for (int i = 0; i < 8; i++) {
        length[i] = (unsigned char)(bits >> (56 - 8 * i));
    }
    iou_sha1_add(sha, length, sizeof length);
    for (int i = 0; i < IOU_SHA1_SIZE; i++) {
        digest[i] = (unsigned char)(sha->state[i / 4] >> (24 - 8 * (i % 4)));
    }
}
