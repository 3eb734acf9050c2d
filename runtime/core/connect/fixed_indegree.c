// SPDX-License-Identifier: MIT
// fixed_indegree(n): each target draws n sources, each source equally likely.
#include "core/connect/sample.h"

static int prepare(Build *b, SnnError *err) {
    if (b->p->pair_prob) return port_error(err, 3, "%s: a condition on pairs does not go with fixed_indegree", b->p->path);
    int64_t there = b->nsrc - (!b->p->allow_self && b->same);
    return sample_count(b, 0, b->p->allow_multiple && there > 0 ? -1 : there, err) < 0 ? -1 : 0;
}
static void make(const Build *b, int64_t j, Row *r) {
    Draws d = draws_of(b->seed, b->stream, (uint32_t)j, 0);
    sample_numbers(&d, b->p->src_lo, b->p->src_hi, b->p->allow_self || !b->same ? -1 : j, (int64_t)b->arg[0], b->p->allow_multiple, r);
}
static double expected(const Build *b) { return b->arg[0] * (double)b->ntgt; }
const SnnConnRule snn__connect_fixed_indegree = { .name = "fixed_indegree", .kind = CONN_COLUMNS, .multiples = true, .prepare = prepare, .expected = expected, .make = make };
