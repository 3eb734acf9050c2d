// SPDX-License-Identifier: MIT
// Rules that say which sources a target has. Each member draws the columns of its own block twice: once to count the entries of
// every row, once to fill them. Targets are visited ascending, so rows come out ascending.
#include "core/connect/connect.h"
#include "core/fpmode.h"
#include <string.h>

typedef struct ColumnJob { Build *b; } ColumnJob;

static void fill_block(Build *b, SnnBlock *k, Row *r, bool count) {
    uint32_t *row = (uint32_t *)(uintptr_t)k->row, *col = (uint32_t *)(uintptr_t)k->col;
    for (int64_t j = k->tgt_lo; j < k->tgt_hi && !connect_failed(b); j++) {
        r->n = 0;
        b->rule->make(b, j, r);
        if (r->failed) inst_fail(b->in, 3, "not enough memory for the connections %s", b->p->path);
        uint32_t base = (uint32_t)b->p->src_lo, target = (uint32_t)(j - k->tgt_lo);
        if (count) for (int64_t e = 0; e < r->n; e++) row[r->at[e] - base + 1]++;
        else for (int64_t e = 0; e < r->n; e++) col[row[r->at[e] - base]++] = target;
    }
}
static void column_job(void *arg, int m) {
    Build *b = ((ColumnJob *)arg)->b;
    SnnBlock *k = &b->ps->block[m];
    Row r = {0};
    uint64_t mode = fpmode_flush();
    fill_block(b, k, &r, true);
    if (!connect_failed(b) && !connect_offsets(b, k) && k->nsyn) {
        fill_block(b, k, &r, false);
        uint32_t *row = (uint32_t *)(uintptr_t)k->row;          // each row's begin has moved to its end: shift back
        memmove(row + 1, row, (size_t)b->nsrc * sizeof *row);
        row[0] = 0;
    }
    fpmode_restore(mode);
    row_free(&r);
}

int connect_columns(Build *b) {
    for (int m = 0; m < b->in->members; m++)
        if (!(b->ps->block[m].row = mem_alloc((size_t)(b->nsrc + 1) * sizeof(uint32_t))))
            return port_error(b->err, 3, "not enough memory for the connections %s", b->p->path);
    ColumnJob j = { b };
    connect_job(b, column_job, &j);
    return connect_failed(b) ? -1 : 0;
}
