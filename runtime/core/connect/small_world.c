// SPDX-License-Identifier: MIT
// small_world(k, p): neurons on a ring, each connected to its k nearest neighbours (k/2 on either side); each connection is led to a
// target drawn anew with probability p (Watts & Strogatz, Nature 1998, directed). A new target is neither the neuron itself nor, unless several
// connections of one pair are allowed, one that the row has already.
#include "core/connect/sample.h"

static int prepare(Build *b, SnnError *err) {
    double k = b->arg[0], p = b->arg[1];
    if (b->nsrc != b->ntgt) return port_error(err, 3, "%s: small_world needs as many sources as targets", b->p->path);
    if (k != floor(k) || fmod(k, 2) != 0) return port_error(err, 3, "%s: small_world needs an even whole number of neighbours, not %g", b->p->path, k);
    if (k >= (double)b->ntgt) return port_error(err, 3, "%s: small_world asks for %g neighbours in a ring of %lld", b->p->path, k, (long long)b->ntgt);
    return p <= 1 ? 0 : port_error(err, 3, "%s: the probability of small_world is %g, above 1", b->p->path, p);
}
static bool has(const Row *r, uint32_t x) {
    for (int64_t e = 0; e < r->n; e++)
        if (r->at[e] == x) return true;
    return false;
}
static void make(const Build *b, int64_t i, Row *r) {
    int64_t k = (int64_t)b->arg[0], n = b->ntgt, own = i - b->p->src_lo;
    if (!row_need(r, k)) return;
    Draws d = draws_of(b->seed, b->stream, (uint32_t)i, 0);
    for (int64_t s = 1; s <= k; s++) {
        int64_t step = s % 2 ? (s + 1) / 2 : -(s / 2);
        r->at[r->n++] = (uint32_t)(b->p->tgt_lo + (own + step + n) % n);
    }
    for (int64_t e = 0; e < k && k < n - 1; e++) {
        if (draw_open(&d) >= b->arg[1]) continue;
        uint32_t x;
        do x = (uint32_t)(b->p->tgt_lo + draw_below(&d, (uint32_t)n));
        while ((int64_t)x - b->p->tgt_lo == own || (!b->p->allow_multiple && has(r, x)));
        r->at[e] = x;
    }
}
static double expected(const Build *b) { return b->arg[0] * (double)b->nsrc; }
const SnnConnRule snn__connect_small_world = { .name = "small_world", .kind = CONN_ROWS, .multiples = true, .prepare = prepare, .expected = expected, .make = make };
