// SPDX-License-Identifier: MIT
// One body for each pass (wide_body.h), compiled for each width. Reductions run in as many lanes everywhere, and their order does not matter.
#include "core/connect/wide.h"
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define WIDTHS 1
#define WIDE(set) __attribute__((target(set)))
#include <immintrin.h>
#else
#define WIDTHS 0
#endif

typedef double Reals __attribute__((vector_size(64)));
typedef int64_t Masks __attribute__((vector_size(64)));
typedef int32_t Ints __attribute__((vector_size(32)));
typedef uint16_t Shorts __attribute__((vector_size(16)));
enum { LANES = 8 };

#define WIDE_NAME(name) name
#define WIDE_SET
#include "core/connect/wide_body.h"
#if WIDTHS
#define WIDE_NAME(name) name##_512
#define WIDE_SET WIDE("avx512f,avx512vl,avx512dq,avx512bw")
#include "core/connect/wide_body.h"
#define WIDE_NAME(name) name##_256
#define WIDE_SET WIDE("avx2")
#include "core/connect/wide_body.h"

static WIDE("avx512f,popcnt") int64_t list_512(const uint64_t *bit, int64_t words, uint32_t base, uint32_t *out, uint32_t *rank) {
    const __m512i step = _mm512_set1_epi32(16);
    __m512i number = _mm512_add_epi32(_mm512_set1_epi32((int)base), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    int64_t n = 0;
    for (int64_t w = 0; w < words; w++) {
        rank[w] = (uint32_t)n;
        for (int part = 0; part < 4; part++) {
            unsigned m = (unsigned)(bit[w] >> 16 * part) & 0xffff;
            _mm512_storeu_si512(out + n, _mm512_maskz_compress_epi32((__mmask16)m, number));
            n += __builtin_popcount(m);
            number = _mm512_add_epi32(number, step);
        }
    }
    return n;
}
static WIDE("avx512f") void copies_512(const uint32_t *at, uint32_t *copy, int64_t n) {
    if (n) copy[0] = 0;
    int64_t e = 1;
    for (; e + 16 <= n; e += 16) {
        unsigned same = _mm512_cmpeq_epi32_mask(_mm512_loadu_si512(at + e), _mm512_loadu_si512(at + e - 1));
        _mm512_storeu_si512(copy + e, _mm512_setzero_si512());
        for (; same; same &= same - 1) {
            int64_t k = e + __builtin_ctz(same);
            copy[k] = copy[k - 1] + 1;
        }
    }
    for (; e < n; e++) copy[e] = at[e] == at[e - 1] ? copy[e - 1] + 1 : 0;
}
static bool has_512(void) { return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"); }
#define CHOSEN(name) (has_512() ? name##_512 : __builtin_cpu_supports("avx2") ? name##_256 : name)
#else
#define CHOSEN(name) name
#endif

static int64_t list(const uint64_t *bit, int64_t words, uint32_t base, uint32_t *out, uint32_t *rank) {
    int64_t n = 0;
    for (int64_t w = 0; w < words; w++, base += 64) {
        rank[w] = (uint32_t)n;
        for (uint64_t v = bit[w]; v; v &= v - 1) out[n++] = base + (uint32_t)__builtin_ctzll(v);
    }
    return n;
}
int64_t wide_list(const uint64_t *bit, int64_t words, uint32_t base, uint32_t *out, uint32_t *rank) {
#if WIDTHS
    if (has_512()) return list_512(bit, words, base, out, rank);
#endif
    return list(bit, words, base, out, rank);
}
bool wide_delays(const double *value, int64_t n, double limit, uint16_t *out, WideDelays *seen) { return CHOSEN(delays)(value, n, limit, out, seen); }
void wide_copies(const uint32_t *at, uint32_t *copy, int64_t n) {
#if WIDTHS
    if (has_512()) { copies_512(at, copy, n); return; }
#endif
    if (n) copy[0] = 0;
    for (int64_t e = 1; e < n; e++) copy[e] = at[e] == at[e - 1] ? copy[e - 1] + 1 : 0;
}
