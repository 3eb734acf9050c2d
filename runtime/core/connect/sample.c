// SPDX-License-Identifier: MIT
// Distinct numbers: a bit for each number says whether it was drawn; repeated ones are drawn again. When more than half
// are wanted, those that are left out are drawn instead. The bits are read in order, so the numbers come out ascending.
// With repetition the bits are the same; what was drawn again is listed apart and put to its place, which the bits below it tell.
#include "core/connect/sample.h"
#include "core/connect/wide.h"
#include <stdlib.h>
#include <string.h>

static void draw_distinct(Draws *d, uint64_t *bit, int64_t n, int64_t k) {
    while (k > 0) {
        uint32_t x = draw_below(d, (uint32_t)n);
        uint64_t mask = UINT64_C(1) << (x & 63);
        if (bit[x >> 6] & mask) continue;
        bit[x >> 6] |= mask;
        k--;
    }
}
// What draw_below gives k times, from all words that are there at once; a word that is not taken is overwritten by the next.
static void draw_repeated(Draws *d, uint32_t n, int64_t k, uint32_t *out) {
    uint32_t least = (uint32_t)-n % n;
    for (int64_t done = 0; done < k;) {
        if (!d->left) draw_more(d);
        const uint32_t *word = d->word + d->at;
        int64_t some = k - done < d->left ? k - done : d->left;
        for (int64_t e = 0; e < some; e++) {
            uint64_t m = (uint64_t)word[e] * n;
            out[done] = (uint32_t)(m >> 32);
            done += (uint32_t)m >= least;
        }
        d->at += (int)some;
        d->left -= (int)some;
    }
}
enum { AT_HAND = 512, SPARSE = 32 };             // words that need no memory of their own; numbers a draw from which on a list is sorted instead
static int64_t mark_repeated(Draws *d, uint32_t n, int64_t k, uint64_t *bit, uint32_t *again) {
    uint32_t least = (uint32_t)-n % n;
    int64_t repeated = 0;
    while (k > 0) {
        if (!d->left) draw_more(d);
        const uint32_t *word = d->word + d->at;
        int some = k < d->left ? (int)k : d->left;
        for (int e = 0; e < some; e++) {
            uint64_t m = (uint64_t)word[e] * n;
            if ((uint32_t)m < least) continue;
            uint32_t x = (uint32_t)(m >> 32);
            uint64_t mask = UINT64_C(1) << (x & 63), there = bit[x >> 6];
            bit[x >> 6] = there | mask;
            again[repeated] = x;
            repeated += (there & mask) != 0;
            k--;
        }
        d->at += some;
        d->left -= some;
    }
    return repeated;
}
static void sort(uint32_t *a, int64_t n) {
    Row r = { .at = a, .n = n };
    row_sort(&r, NULL);
}
// k ascending numbers below n, some of them equal.
static bool sample_repeated(Draws *d, int64_t n, int64_t k, Row *r) {
    uint32_t *out = r->at + r->n;
    r->n += k;
    if (n > SPARSE * k) {
        draw_repeated(d, (uint32_t)n, k, out);
        sort(out, k);
        return true;
    }
    uint64_t few[AT_HAND], *bit = few;
    uint32_t few_ranks[AT_HAND], *rank = few_ranks, *again = out + k + 16;
    int64_t words = (n + 63) / 64;
    if (words > AT_HAND) {
        if (!(bit = malloc((size_t)words * (sizeof *bit + sizeof *rank)))) return false;
        rank = (uint32_t *)(void *)(bit + words);
    }
    memset(bit, 0, (size_t)words * sizeof *bit);
    int64_t repeated = mark_repeated(d, (uint32_t)n, k, bit, again), distinct = wide_list(bit, words, 0, out, rank);
    sort(again, repeated);
    for (int64_t e = repeated, end = distinct; e-- > 0;) {
        uint32_t x = again[e];
        int64_t at = rank[x >> 6] + __builtin_popcountll(bit[x >> 6] & ((UINT64_C(1) << (x & 63)) - 1));
        memmove(out + at + e + 1, out + at, (size_t)(end - at) * sizeof *out);
        out[at + e] = x;
        end = at;
    }
    if (bit != few) free(bit);
    return true;
}
void sample_numbers(Draws *d, int64_t lo, int64_t hi, int64_t without, int64_t k, bool multiple, Row *r) {
    bool gap = without >= lo && without < hi;
    int64_t n = hi - lo - gap;
    if (k <= 0 || n <= 0 || !row_need(r, multiple ? 2 * k + 32 : k)) return;
    if (multiple) {
        int64_t first = r->n;
        if (!sample_repeated(d, n, k, r)) { r->failed = true; return; }
        for (int64_t e = first; (lo || gap) && e < r->n; e++) {
            int64_t x = lo + r->at[e];
            r->at[e] = (uint32_t)(x + (gap && x >= without));
        }
        return;
    }
    uint64_t few[64] = {0}, *bit = few;
    int64_t words = (n + 63) / 64;
    if (words > 64 && !(bit = calloc((size_t)words, sizeof *bit))) { r->failed = true; return; }
    bool rest = k > n / 2;
    draw_distinct(d, bit, n, rest ? n - k : k);
    for (int64_t w = 0; w < words; w++) {
        uint64_t v = rest ? ~bit[w] : bit[w];
        if (w == words - 1 && n % 64) v &= (UINT64_C(1) << n % 64) - 1;
        for (; v; v &= v - 1) {
            int64_t x = lo + w * 64 + __builtin_ctzll(v);
            r->at[r->n++] = (uint32_t)(x + (gap && x >= without));
        }
    }
    if (bit != few) free(bit);
}

int64_t sample_count(const Build *b, int a, int64_t most, SnnError *err) {
    double v = b->arg[a];
    if (v != floor(v) || v > 4e9) return port_error(err, 3, "%s: %s needs a whole number, not %g", b->p->path, b->rule->name, v);
    if (most >= 0 && v > (double)most)
        return port_error(err, 3, "%s: %s asks for %g distinct neurons out of %lld", b->p->path, b->rule->name, v, (long long)(most > 0 ? most : 0));
    return (int64_t)v;
}
