// SPDX-License-Identifier: MIT
// pairwise_bernoulli(p): each pair with probability p. The gaps between hits of a row are geometric, so a row costs one draw a
// synapse: gap = floor(log(u) / log(1 - p)).
#include "core/connect/connect.h"
#include "core/connect/gaps.h"

static int prepare(Build *b, SnnError *err) {
    return b->arg[0] <= 1 ? 0 : port_error(err, 3, "%s: the probability of pairwise_bernoulli is %g, above 1", b->p->path, b->arg[0]);
}
static void make(const Build *b, int64_t i, Row *r) {
    double p = b->arg[0];
    if (p <= 0) return;
    double scale = 1 / snn__log1p_f64_plain(-p), n = (double)b->ntgt;      // -0 for p = 1: every gap is 0
    uint32_t first = (uint32_t)b->p->tgt_lo;
    Gaps g = gaps_of(b->seed, b->stream, (uint32_t)i);
    double j = 0;
    while (row_need(r, GAPS)) {
        uint32_t *at = r->at + r->n;
        gaps_fill(&g);
        for (int k = 0; k < GAPS; k++, j++) {
            double gap = g.at[k] * scale;
            if (!(j + gap < n)) { r->n += k; return; }
            j += (double)(uint32_t)gap;                                     // below 2^32, as n is
            if (!(j < n)) { r->n += k; return; }
            at[k] = first + (uint32_t)j;
        }
        r->n += GAPS;
    }
}
static double expected(const Build *b) { return b->arg[0] * (double)b->nsrc * (double)b->ntgt; }
const SnnConnRule snn__connect_pairwise_bernoulli = { .name = "pairwise_bernoulli", .kind = CONN_ROWS, .sorted = true, .prepare = prepare, .expected = expected, .make = make };
