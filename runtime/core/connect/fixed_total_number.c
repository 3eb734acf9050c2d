// SPDX-License-Identifier: MIT
// fixed_total_number(n): n synapses, each on a pair drawn from all pairs, with or without repetition. First the number of synapses of
// every source is drawn. With repetition it is binomial, out of the synapses that earlier sources left, with the share of the source in the pairs that they
// left; without, one synapse after the other takes a source with the share of its pairs that are still free. Then each row draws its targets. Without repetition and with more than half of all pairs taken, the free pairs are drawn instead.
#include "core/connect/sample.h"
#include "core/draw.h"
#include <stdlib.h>

static int64_t row_size(const Build *b, int64_t i) {
    bool gap = !b->p->allow_self && b->same && i >= b->p->tgt_lo && i < b->p->tgt_hi;
    return b->ntgt - gap;
}
enum { SHARES = 2 };                            // purpose of these draws
static void share_repeated(const Build *b, uint32_t *count, double n, double pairs) {
    for (int64_t i = 0; i < b->nsrc; i++) {
        double own = (double)row_size(b, i + b->p->src_lo);
        double k = own < pairs ? snn__draw_binomial((int64_t)b->seed, i, 0, 0, SHARES, b->stream, n, own / pairs) : n;
        count[i] = k < UINT32_MAX ? (uint32_t)k : UINT32_MAX;        // so many are refused later
        n -= k;
        pairs -= own;
    }
}
static void share_distinct(const Build *b, uint32_t *count, int64_t n) {
    Draws d = draws_of(b->seed, b->stream, 0, SHARES);
    uint32_t width = (uint32_t)b->ntgt;
    while (n > 0) {
        int64_t i = draw_below(&d, (uint32_t)b->nsrc);
        int64_t open = row_size(b, i + b->p->src_lo) - (int64_t)count[i];
        if (open < (int64_t)width && (int64_t)draw_below(&d, width) >= open) continue;
        count[i]++;
        n--;
    }
}
static int prepare(Build *b, SnnError *err) {
    if (b->p->pair_prob) return port_error(err, 3, "%s: a condition on pairs does not go with fixed_total_number", b->p->path);
    double pairs = 0;
    for (int64_t i = 0; i < b->nsrc; i++) pairs += (double)row_size(b, i + b->p->src_lo);
    double n = b->arg[0];
    if (n != floor(n)) return port_error(err, 3, "%s: fixed_total_number needs a whole number, not %g", b->p->path, n);
    if (n > 0 && (pairs == 0 || (!b->p->allow_multiple && n > pairs)))
        return port_error(err, 3, "%s: fixed_total_number asks for %g connections out of %g pairs", b->p->path, n, pairs);
    uint32_t *count = b->data = calloc((size_t)b->nsrc + 1, sizeof *count);
    if (!count) return port_error(err, 3, "not enough memory for the connections %s", b->p->path);
    if (b->p->allow_multiple) {
        share_repeated(b, count, n, pairs);
        return 0;
    }
    bool rest = n > pairs / 2;
    share_distinct(b, count, (int64_t)(rest ? pairs - n : n));
    for (int64_t i = 0; rest && i < b->nsrc; i++) count[i] = (uint32_t)row_size(b, i + b->p->src_lo) - count[i];
    return 0;
}
static void release(Build *b) { free(b->data); }
static void make(const Build *b, int64_t i, Row *r) {
    Draws d = draws_of(b->seed, b->stream, (uint32_t)i, 0);
    int64_t k = ((const uint32_t *)b->data)[i - b->p->src_lo];
    sample_numbers(&d, b->p->tgt_lo, b->p->tgt_hi, b->p->allow_self || !b->same ? -1 : i, k, b->p->allow_multiple, r);
}
static double expected(const Build *b) { return b->arg[0]; }
const SnnConnRule snn__connect_fixed_total_number = {
    .name = "fixed_total_number", .kind = CONN_ROWS, .sorted = true, .multiples = true, .prepare = prepare, .release = release, .expected = expected, .make = make };
