// SPDX-License-Identifier: MIT
#include "core/connect/gaps.h"
#define VM_W 1
#define VM_PLAIN 1
#include "core/vmath.h"
#undef VM_W
#undef VM_PLAIN

enum { LANES = GAPS / 4 };

static inline __attribute__((always_inline)) void fill(Gaps *g) {
    uint64_t a[LANES], b[LANES], c[LANES], d[LANES];
    for (int i = 0; i < LANES; i++) {
        a[i] = g->counter[0] + (uint32_t)i;
        b[i] = g->counter[1];
        c[i] = g->counter[2];
        d[i] = g->counter[3];
    }
    uint32_t k0 = (uint32_t)g->key, k1 = (uint32_t)(g->key >> 32);
    for (int round = 0; round < 10; round++) {          // as draw_philox, all lanes together
        for (int i = 0; i < LANES; i++) {
            uint64_t p = a[i] * 0xD2511F53u, q = c[i] * 0xCD9E8D57u;
            a[i] = (q >> 32) ^ b[i] ^ k0;
            c[i] = (p >> 32) ^ d[i] ^ k1;
            b[i] = q & 0xffffffffu;
            d[i] = p & 0xffffffffu;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    uint64_t word[GAPS];
    for (int i = 0; i < LANES; i++) { word[i] = a[i]; word[LANES + i] = b[i]; word[2 * LANES + i] = c[i]; word[3 * LANES + i] = d[i]; }
    for (int i = 0; i < GAPS; i++) {
        uint64_t bits = word[i] | VM_BITS_2P52;
        double w;
        __builtin_memcpy(&w, &bits, sizeof w);
        g->at[i] = vm_log_normal_f64_plain((w - 0x1p52 + 0.5) * 0x1p-32);
    }
    g->counter[0] += LANES;
    g->used = 0;
}

#if defined(__x86_64__)
#ifdef __clang__
#define WIDE(features) __attribute__((target(features)))
#else
#define WIDE(features) __attribute__((target(features), optimize("O3,fp-contract=off")))   // gcc vectorises at O3 only
#endif
WIDE("avx512f,avx512dq,avx512vl") static void fill_512(Gaps *g) { fill(g); }
WIDE("avx2") static void fill_256(Gaps *g) { fill(g); }
#endif
void gaps_fill(Gaps *g) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) { fill_512(g); return; }
    if (__builtin_cpu_supports("avx2")) { fill_256(g); return; }
#endif
    fill(g);
}
