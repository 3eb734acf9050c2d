// SPDX-License-Identifier: MIT
// all_to_all: every source to every target.
#include "core/connect/connect.h"

static void make(const Build *b, int64_t i, Row *r) {
    (void)i;
    if (!row_need(r, b->ntgt)) return;
    uint32_t *at = r->at + r->n, first = (uint32_t)b->p->tgt_lo;
    for (uint32_t j = 0; j < (uint32_t)b->ntgt; j++) at[j] = first + j;
    r->n += b->ntgt;
}
static double expected(const Build *b) { return (double)b->nsrc * (double)b->ntgt; }
const SnnConnRule snn__connect_all_to_all = { .name = "all_to_all", .kind = CONN_ROWS, .sorted = true, .expected = expected, .make = make };
