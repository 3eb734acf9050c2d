// SPDX-License-Identifier: MIT
// one_to_one: source number k of the slice to target number k.
#include "core/connect/connect.h"

static int prepare(Build *b, SnnError *err) {
    if (b->nsrc == b->ntgt) return 0;
    return port_error(err, 3, "%s: one_to_one needs as many sources as targets, but there are %lld and %lld", b->p->path, (long long)b->nsrc, (long long)b->ntgt);
}
static void make(const Build *b, int64_t i, Row *r) {
    if (row_need(r, 1)) r->at[r->n++] = (uint32_t)(i - b->p->src_lo + b->p->tgt_lo);
}
static double expected(const Build *b) { return (double)b->nsrc; }
const SnnConnRule snn__connect_one_to_one = { .name = "one_to_one", .kind = CONN_ROWS, .sorted = true, .prepare = prepare, .expected = expected, .make = make };
