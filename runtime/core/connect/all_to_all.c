// SPDX-License-Identifier: MIT
// all_to_all: every source to every target.
#include "core/connect/connect.h"

static void make(const Build *b, int64_t i, Row *r) {
    (void)i;
    if (!row_need(r, b->ntgt)) return;
    for (int64_t j = b->p->tgt_lo; j < b->p->tgt_hi; j++) r->at[r->n++] = (uint32_t)j;
}
const SnnConnRule snn__connect_all_to_all = { .name = "all_to_all", .kind = CONN_ROWS, .sorted = true, .make = make };
