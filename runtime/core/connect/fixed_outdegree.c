// SPDX-License-Identifier: MIT
// fixed_outdegree(n): each source draws n targets, each target equally likely.
#include "core/connect/sample.h"

static int prepare(Build *b, SnnError *err) {
    if (b->p->pair_prob) return port_error(err, 3, "%s: a condition on pairs does not go with fixed_outdegree", b->p->path);
    int64_t there = b->ntgt - (!b->p->allow_self && b->same);
    return sample_count(b, 0, b->p->allow_multiple && there > 0 ? -1 : there, err) < 0 ? -1 : 0;
}
static void make(const Build *b, int64_t i, Row *r) {
    Draws d = draws_of(b->seed, b->stream, (uint32_t)i, 0);
    sample_numbers(&d, b->p->tgt_lo, b->p->tgt_hi, b->p->allow_self || !b->same ? -1 : i, (int64_t)b->arg[0], b->p->allow_multiple, r);
}
static double expected(const Build *b) { return b->arg[0] * (double)b->nsrc; }
const SnnConnRule snn__connect_fixed_outdegree = { .name = "fixed_outdegree", .kind = CONN_ROWS, .sorted = true, .multiples = true, .prepare = prepare, .expected = expected, .make = make };
