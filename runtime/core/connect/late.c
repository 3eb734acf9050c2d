// SPDX-License-Identifier: MIT
// Delays that differ between synapses, for targets on events: what rounding to whole steps took away is kept, a number for each synapse, so that
// arrivals are exact. Classes and rows stay as the clock has them. Delays are functions of source, target and copy number, so they are evaluated once more when
// rows are in place. A projection whose delays are all whole steps keeps nothing.
#include "core/connect/connect.h"
#include "core/connect/work.h"
#include "core/fpmode.h"
#include <math.h>
#include <string.h>
#define WHOLE 1e-9                                      // of a step: 1.5 ms are 15 steps of 0.1 ms

typedef struct LateJob { Build *b; double *least; bool *any; } LateJob;      // least: by member and class

static int late_row(LateJob *j, const SnnBlock *k, int m, int64_t i, RowWork *w) {
    const Build *b = j->b;
    uint32_t first = k->row[i * k->nclass];
    int64_t n = k->row[(i + 1) * k->nclass] - first, source = i + b->p->src_lo;
    if (!n) return 0;
    if (!work_need(b, w, n, 1) || work_sorted(b, k, source, first, n, w)) return -1;
    SnnCtx c = b->in->ctx;
    if (b->file_delay) b->rule->values(b, source, w->tgt, w->copy, n, w->value, NULL);
    else b->p->pair_delay(&c, source, w->tgt, w->copy, n, w->value);
    for (int64_t e = 0; e < n; e++) {
        double late = w->value[e] - nearbyint(w->value[e]);
        if (fabs(late) < WHOLE) late = 0;
        b->ps->late[m][w->syn[e]] = late;
        j->any[m] |= late != 0;
    }
    for (int64_t d = 0; d < k->nclass; d++)
        for (uint32_t e = k->row[i * k->nclass + d]; e < k->row[i * k->nclass + d + 1]; e++)
            j->least[m * k->nclass + d] = fmin(j->least[m * k->nclass + d], b->ps->late[m][e]);
    return 0;
}

static void late_job(void *arg, int m) {
    LateJob *j = arg;
    const SnnBlock *k = &j->b->ps->block[m];
    RowWork w = {0};
    if (!k->nsyn) return;
    uint64_t mode = fpmode_flush();
    bool ok = (j->b->ps->late[m] = mem_alloc((size_t)k->nsyn * sizeof(double))) != NULL;
    for (int64_t i = 0; ok && i < j->b->nsrc && !connect_failed(j->b); i++) ok = !late_row(j, k, m, i, &w);
    if (!ok) inst_fail(j->b->in, 3, "not enough memory for the delays of %s", j->b->p->path);
    fpmode_restore(mode);
    work_free(j->b, &w);
}

void late_free(const SnnInst *in, ProjState *ps) {
    for (int m = 0; ps->late && m < in->members; m++) mem_free(ps->late[m], (size_t)ps->block[m].nsyn * sizeof(double));
    mem_free(ps->late, (size_t)in->members * sizeof *ps->late);
    mem_free(ps->least, (size_t)ps->nclass * sizeof *ps->least);
    ps->late = NULL;
    ps->least = NULL;
}

int connect_late(Build *b) {
    ProjState *ps = b->ps;
    int members = b->in->members;
    int64_t n = ps->nclass;
    LateJob j = { b, mem_alloc((size_t)(members * n) * sizeof(double)), mem_alloc((size_t)members * sizeof(bool)) };
    ps->late = mem_alloc((size_t)members * sizeof *ps->late);
    ps->least = mem_alloc((size_t)n * sizeof *ps->least);
    bool any = false, ok = j.least && j.any && ps->late && ps->least;
    for (int64_t k = 0; ok && k < members * n; k++) j.least[k] = 0.5;
    if (ok) connect_job(b, late_job, &j);
    for (int64_t d = 0; ok && d < n; d++) ps->least[d] = 0.5;
    for (int m = 0; ok && m < members; m++) {
        any |= j.any[m];
        for (int64_t d = 0; d < n; d++) ps->least[d] = fmin(ps->least[d], j.least[m * n + d]);
    }
    mem_free(j.least, (size_t)(members * n) * sizeof(double));
    mem_free(j.any, (size_t)members * sizeof(bool));
    if (!any) late_free(b->in, ps);
    return ok ? 0 : port_error(b->err, 3, "not enough memory for the delays of %s", b->p->path);
}
