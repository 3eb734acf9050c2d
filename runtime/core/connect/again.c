// SPDX-License-Identifier: MIT
// Per-synapse fields set as they were at construction (`reset`). What a field becomes depends on source, target and copy number only, so all that
// has to be found again are the copy numbers: several synapses of one pair lie in their classes in the order of (delay, copy), so the
// copies' delays, evaluated anew, tell which entry was which.
#include "core/connect/connect.h"
#include "core/connect/work.h"
#include "core/fpmode.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Entry { uint32_t tgt, syn; } Entry;
typedef struct Copy { double delay; uint32_t number; } Copy;

static int by_target(const void *a, const void *b) {
    const Entry *x = a, *y = b;
    if (x->tgt != y->tgt) return x->tgt < y->tgt ? -1 : 1;
    return x->syn < y->syn ? -1 : x->syn > y->syn;
}
static int by_delay(const void *a, const void *b) {
    const Copy *x = a, *y = b;
    if (x->delay != y->delay) return x->delay < y->delay ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}
// w->tgt is in the order of (target, entry): gives entries [from, to), which are one pair, their copy numbers.
static int number_copies(const Build *b, int64_t i, int64_t from, int64_t to, RowWork *w) {
    int64_t n = to - from;
    for (int64_t e = from; e < to; e++) w->copy[e] = (uint32_t)(e - from);
    if (n == 1) return 0;
    Copy *c = malloc((size_t)n * sizeof *c);
    if (!c) return -1;
    SnnCtx ctx = b->in->ctx;
    if (b->file_delay) b->rule->values(b, i, w->tgt + from, w->copy + from, n, w->value, NULL);
    else b->p->pair_delay(&ctx, i, w->tgt + from, w->copy + from, n, w->value);
    for (int64_t e = 0; e < n; e++) c[e] = (Copy){ nearbyint(w->value[e]), (uint32_t)e };
    qsort(c, (size_t)n, sizeof *c, by_delay);
    for (int64_t e = 0; e < n; e++) w->copy[from + e] = c[e].number;
    free(c);
    return 0;
}
int work_sorted(const Build *b, const SnnBlock *k, int64_t i, uint32_t first, int64_t n, RowWork *w) {
    Entry *e = malloc((size_t)n * sizeof *e);
    if (!e) return -1;
    for (int64_t x = 0; x < n; x++) e[x] = (Entry){ (uint32_t)k->tgt_lo + k->col[first + x], first + (uint32_t)x };
    qsort(e, (size_t)n, sizeof *e, by_target);
    for (int64_t x = 0; x < n; x++) { w->tgt[x] = e[x].tgt; w->syn[x] = e[x].syn; }
    free(e);
    for (int64_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && w->tgt[to] == w->tgt[from]; to++) {}
        if (number_copies(b, i, from, to, w)) return -1;
    }
    return 0;
}

static int again_rows(const Build *b, const SnnBlock *k, RowWork *w) {
    for (int64_t i = 0; i < b->nsrc; i++) {
        uint32_t first = k->row[i * k->nclass];
        int64_t n = k->row[(i + 1) * k->nclass] - first;
        if (!n) continue;
        if (!work_need(b, w, n, 1)) return -1;
        if (k->nclass == 1) {
            work_fields(b, k->S, i + b->p->src_lo, work_row(b, k, first, n, w), first, n, w);
            continue;
        }
        if (work_sorted(b, k, i + b->p->src_lo, first, n, w)) return -1;
        work_fields(b, w->S, i + b->p->src_lo, w->copy, 0, n, w);
        for (int64_t e = 0; e < n; e++) work_place(b, k->S, w->syn[e], w, e);
    }
    return 0;
}
static void again_job(void *arg, int m) {
    const Build *b = arg;
    const SnnBlock *k = &b->ps->block[m];
    if (!k->nsyn) return;
    RowWork w = {0};
    uint64_t mode = fpmode_flush();
    if (b->p->layout == LAYOUT_SPARSE ? again_rows(b, k, &w) : work_regular(b, k, &w))
        inst_fail(b->in, 3, "not enough memory to reset the synapses of %s", b->p->path);
    fpmode_restore(mode);
    work_free(b, &w);
}
int connect_again(Build *b) {
    connect_job(b, again_job, b);
    return connect_failed(b) ? -1 : 0;
}
