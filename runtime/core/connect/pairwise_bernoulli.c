// SPDX-License-Identifier: MIT
// pairwise_bernoulli(p): each pair with probability p. The gaps between hits of a row are geometric, so a row costs one draw a
// synapse: gap = floor(log(u) / log(1 - p)).
#include "core/connect/connect.h"
#include "core/connect/draw.h"

static int prepare(Build *b, SnnError *err) {
    return b->arg[0] <= 1 ? 0 : port_error(err, 3, "%s: the probability of pairwise_bernoulli is %g, above 1", b->p->path, b->arg[0]);
}
static void make(const Build *b, int64_t i, Row *r) {
    double p = b->arg[0];
    if (p <= 0) return;
    Draws d = draws_of(b->seed, b->stream, (uint32_t)i, 0);
    double scale = 1 / snn__log1p_f64_plain(-p);                       // -0 for p = 1: every gap is 0
    for (double j = 0;; j++) {
        j += floor(snn__log_f64_plain(draw_open(&d)) * scale);
        if (!(j < (double)b->ntgt)) return;
        if (!row_need(r, 1)) return;
        r->at[r->n++] = (uint32_t)(b->p->tgt_lo + (int64_t)j);
    }
}
const SnnConnRule snn__connect_pairwise_bernoulli = { .name = "pairwise_bernoulli", .kind = CONN_ROWS, .sorted = true, .prepare = prepare, .make = make };
