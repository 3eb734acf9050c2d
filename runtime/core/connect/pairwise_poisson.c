// SPDX-License-Identifier: MIT
// pairwise_poisson(mean): the number of synapses of each pair is Poisson distributed. A row is a Poisson process along its targets:
// the gaps between synapses are exponential, and a target's share of the line has length 1.
#include "core/connect/connect.h"
#include "core/connect/draw.h"

static void make(const Build *b, int64_t i, Row *r) {
    double mean = b->arg[0];
    if (mean <= 0) return;
    Draws d = draws_of(b->seed, b->stream, (uint32_t)i, 0);
    double scale = -1 / mean;
    for (double x = 0;;) {
        x += snn__log_f64_plain(draw_open(&d)) * scale;
        if (!(x < (double)b->ntgt) || !row_need(r, 1)) return;
        r->at[r->n++] = (uint32_t)(b->p->tgt_lo + (int64_t)x);
    }
}
const SnnConnRule snn__connect_pairwise_poisson = { .name = "pairwise_poisson", .kind = CONN_ROWS, .sorted = true, .multiples = true, .make = make };
