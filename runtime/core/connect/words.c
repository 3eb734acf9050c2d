// SPDX-License-Identifier: MIT
// Sixteen blocks of Philox at a time, in as wide vectors as the processor has: loops over arrays that a compiler turns into vectors, once for
// each width. Whole numbers, so every width gives the same words.
#include "core/connect/draw.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define WIDTHS 1
#define WIDE(set) __attribute__((target(set)))
#else
#define WIDTHS 0
#endif

enum { BLOCKS = DRAW_BLOCKS };
static inline __attribute__((always_inline)) void blocks(uint64_t key, const uint32_t counter[4], uint32_t *out) {
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32), a[BLOCKS], b[BLOCKS], c[BLOCKS], d[BLOCKS];
    for (uint32_t i = 0; i < BLOCKS; i++) a[i] = counter[0] + i;
    for (int i = 0; i < BLOCKS; i++) b[i] = counter[1];
    for (int i = 0; i < BLOCKS; i++) c[i] = counter[2];
    for (int i = 0; i < BLOCKS; i++) d[i] = counter[3];
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < BLOCKS; i++) {
            uint64_t p = (uint64_t)0xD2511F53u * a[i], q = (uint64_t)0xCD9E8D57u * c[i];
            a[i] = (uint32_t)(q >> 32) ^ b[i] ^ k0;
            c[i] = (uint32_t)(p >> 32) ^ d[i] ^ k1;
            b[i] = (uint32_t)q;
            d[i] = (uint32_t)p;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (int i = 0; i < BLOCKS; i++) {
        out[4 * i] = a[i];
        out[4 * i + 1] = b[i];
        out[4 * i + 2] = c[i];
        out[4 * i + 3] = d[i];
    }
}
#if WIDTHS
static WIDE("avx512f,avx512vl,avx512dq") void blocks_512(uint64_t key, const uint32_t counter[4], uint32_t *out) { blocks(key, counter, out); }
static WIDE("avx2") void blocks_256(uint64_t key, const uint32_t counter[4], uint32_t *out) { blocks(key, counter, out); }
#endif
void snn__draw_blocks(uint64_t key, const uint32_t counter[4], uint32_t *out) {
#if WIDTHS
    if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) { blocks_512(key, counter, out); return; }
    if (__builtin_cpu_supports("avx2")) { blocks_256(key, counter, out); return; }
#endif
    blocks(key, counter, out);
}
