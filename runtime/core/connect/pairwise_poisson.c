// SPDX-License-Identifier: MIT
// pairwise_poisson(mean): the number of synapses of each pair is Poisson distributed. A row is a Poisson process along its targets:
// the gaps between synapses are exponential, and a target's share of the line has length 1.
#include "core/connect/connect.h"
#include "core/connect/gaps.h"

static void make(const Build *b, int64_t i, Row *r) {
    double mean = b->arg[0];
    if (mean <= 0) return;
    double scale = -1 / mean, x = 0;
    Gaps g = gaps_of(b->seed, b->stream, (uint32_t)i);
    while (row_need(r, GAPS)) {
        uint32_t *at = r->at + r->n;
        gaps_fill(&g);
        for (int k = 0; k < GAPS; k++) {
            x += g.at[k] * scale;
            if (!(x < (double)b->ntgt)) { r->n += k; return; }
            at[k] = (uint32_t)b->p->tgt_lo + (uint32_t)x;
        }
        r->n += GAPS;
    }
}
static double expected(const Build *b) { return b->arg[0] * (double)b->nsrc * (double)b->ntgt; }
const SnnConnRule snn__connect_pairwise_poisson = { .name = "pairwise_poisson", .kind = CONN_ROWS, .sorted = true, .multiples = true, .expected = expected, .make = make };
