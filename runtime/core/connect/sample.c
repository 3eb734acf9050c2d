// SPDX-License-Identifier: MIT
// Distinct numbers: a bit for each number says whether it was drawn; repeated ones are drawn again. When more than half
// are wanted, those that are left out are drawn instead. The bits are read in order, so the numbers come out ascending.
#include "core/connect/sample.h"
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
void sample_numbers(Draws *d, int64_t lo, int64_t hi, int64_t without, int64_t k, bool multiple, Row *r) {
    bool gap = without >= lo && without < hi;
    int64_t n = hi - lo - gap;
    if (k <= 0 || n <= 0 || !row_need(r, k)) return;
    if (multiple) {
        draw_repeated(d, (uint32_t)n, k, r->at + r->n);
        for (int64_t e = r->n; e < r->n + k; e++) {
            int64_t x = lo + r->at[e];
            r->at[e] = (uint32_t)(x + (gap && x >= without));
        }
        r->n += k;
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
