// SPDX-License-Identifier: MIT
// Draws for connectivity: Philox 4x32-10 (Salmon et al., SC 2011). Counter words: c0 running number of the block, c1 row or column,
// c2 purpose, c3 stream << 12; key = seed. A Draws gives one 32-bit word after the other.
#ifndef SNN_CONNECT_DRAW_H
#define SNN_CONNECT_DRAW_H
#include <math.h>
#include <stdint.h>

static inline void draw_philox(uint64_t key, const uint32_t counter[4], uint32_t out[4]) {
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32), a = counter[0], b = counter[1], c = counter[2], d = counter[3];
    for (int round = 0; round < 10; round++) {
        uint64_t p = (uint64_t)0xD2511F53u * a, q = (uint64_t)0xCD9E8D57u * c;
        uint32_t na = (uint32_t)(q >> 32) ^ b ^ k0, nc = (uint32_t)(p >> 32) ^ d ^ k1;
        b = (uint32_t)q;
        d = (uint32_t)p;
        a = na;
        c = nc;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = a; out[1] = b; out[2] = c; out[3] = d;
}
double snn__log1p_f64_plain(double x);        // vmath.c: the same bits everywhere

enum { DRAW_BLOCKS = 16, DRAW_SINGLE = 4 };      // blocks made at once, by those who need many words: after so many single ones
void snn__draw_blocks(uint64_t key, const uint32_t counter[4], uint32_t *out);         // words.c
typedef struct Draws { uint64_t key; uint32_t counter[4]; int left, at; uint32_t word[4 * DRAW_BLOCKS]; } Draws;
static inline Draws draws_of(uint64_t seed, uint32_t stream, uint32_t entity, uint32_t purpose) {
    Draws d;
    d.key = seed;
    d.counter[0] = 0;
    d.counter[1] = entity;
    d.counter[2] = purpose;
    d.counter[3] = stream << 12;
    d.left = 0;
    return d;
}
static inline void draw_more(Draws *d) {
    int n = d->counter[0] < DRAW_SINGLE ? 1 : DRAW_BLOCKS;
    if (n == 1) draw_philox(d->key, d->counter, d->word);
    else snn__draw_blocks(d->key, d->counter, d->word);
    d->counter[0] += (uint32_t)n;
    d->left = 4 * n;
    d->at = 0;
}
static inline uint32_t draw_word(Draws *d) {
    if (!d->left) draw_more(d);
    d->left--;
    return d->word[d->at++];
}
static inline double draw_open(Draws *d) { return ((double)draw_word(d) + 0.5) * 0x1p-32; }      // (0, 1)
// Whole number in [0, n), each equally likely (Lemire, ACM TOMS 2019).
static inline uint32_t draw_below(Draws *d, uint32_t n) {
    uint64_t m = (uint64_t)draw_word(d) * n;
    if ((uint32_t)m < n) {
        uint32_t least = (uint32_t)-n % n;
        while ((uint32_t)m < least) m = (uint64_t)draw_word(d) * n;
    }
    return (uint32_t)(m >> 32);
}
#endif
