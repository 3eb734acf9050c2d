// SPDX-License-Identifier: MIT
#include "core/connect/procedural.h"
#include "core/connect/work.h"
#include "core/fpmode.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Grower { _Alignas(64) Row row; RowWork w; double *prob; int64_t cap; double longest; int64_t count; } Grower;
struct SnnProcedural { Build b; Grower *member; };

static bool grow(const Build *b, int64_t i, Grower *g) {
    g->row.n = 0;
    connect_row(b, i, &g->row, &g->prob, &g->cap);
    return !g->row.failed && work_need(b, &g->w, g->row.n, 1);
}
// Targets [lo, hi) of the row that was grown, their copy numbers, and what the pairs' own kernels say.
static Regrown part(const Build *b, int64_t i, Grower *g, int64_t lo, int64_t hi) {
    RowWork *w = &g->w;
    const uint32_t *at = g->row.at;
    int64_t first = inst_lower(at, g->row.n, lo), n = inst_lower(at, g->row.n, hi) - first;
    if (!n) return (Regrown){0};
    memcpy(w->tgt, at + first, (size_t)n * sizeof *at);
    const uint32_t *copy = work_copies(b, n, w);
    work_fields(b, w->S, i, copy, 0, n, w);
    SnnCtx c = b->in->ctx;
    if (!b->p->uniform_delay) b->p->pair_delay(&c, i, w->tgt, copy, n, w->value);
    for (int64_t e = 0; e < n; e++) w->col[e] = w->tgt[e] - (uint32_t)lo;
    return (Regrown){ w->col, w->S, w->value, n };
}
Regrown procedural_row(SnnInst *in, int64_t i, int m, uint32_t source) {
    struct SnnProcedural *p = in->proj[i].procedural;
    const SnnBlock *k = &in->proj[i].block[m];
    if (!grow(&p->b, source, &p->member[m])) return (Regrown){ .n = -1 };
    return part(&p->b, source, &p->member[m], k->tgt_lo, k->tgt_hi);
}

void procedural_deliver(SnnInst *in, int64_t i, int m, SnnCtx *c, int64_t *events) {
    const SnnProj *p = &in->net->projs[i];
    const SnnBlock *k = &in->proj[i].block[m];
    const SpikeList *list = inst_list(in, p->src, c->step - 1 - in->proj[i].max_delay, p->port, 0);
    for (int other = 0; other < in->threads; other++)
        for (int64_t s = 0; s < list[other].n; s++) {
            uint32_t source = list[other].at[s];
            if ((int64_t)source < p->src_lo || (int64_t)source >= p->src_hi) continue;
            Regrown r = procedural_row(in, i, m, source);
            if (r.n < 0) { inst_fail(in, 3, "not enough memory for a row of %s", p->path); return; }
            const uint32_t row[2] = { 0, (uint32_t)r.n };
            SnnBlock due = { .src_lo = source, .src_hi = (int64_t)source + 1, .tgt_lo = k->tgt_lo, .tgt_hi = k->tgt_hi, .nclass = 1, .row = row, .col = r.col,
                             .S = (void **)(uintptr_t)r.S, .nsyn = r.n };
            if (r.n) p->deliver(c, &due, &source, 1, 0);
            *events += r.n;
        }
}

// One look at all rows for the longest delay.
static void longest_job(void *arg, int m) {
    struct SnnProcedural *p = arg;
    const Build *b = &p->b;
    Grower *g = &p->member[m];
    uint64_t mode = fpmode_flush();
    int64_t members = b->in->members;
    for (int64_t i = b->p->src_lo + b->nsrc * m / members; i < b->p->src_lo + b->nsrc * (m + 1) / members && !connect_failed(b); i++) {
        if (!grow(b, i, g)) { inst_fail(b->in, 3, "not enough memory for a row of %s", b->p->path); break; }
        Regrown r = part(b, i, g, b->p->tgt_lo, b->p->tgt_hi);
        for (int64_t e = 0; e < r.n; e++) {
            double d = nearbyint(r.delay[e]);
            if (connect_delay_fits(b, i, g->w.tgt[e], r.delay[e]) && d > g->longest) g->longest = d;
        }
        g->count += r.n;
    }
    fpmode_restore(mode);
}

int procedural_new(Build *b) {
    struct SnnProcedural *p = b->ps->procedural = calloc(1, sizeof *p);
    if (!p) return port_error(b->err, 3, "not enough memory for the connections %s", b->p->path);
    p->b = *b;
    p->b.err = NULL;
    p->member = mem_alloc((size_t)b->in->members * sizeof *p->member);
    if (!p->member) return port_error(b->err, 3, "not enough memory for the connections %s", b->p->path);
    b->ps->implied = b->rule->expected ? (int64_t)b->rule->expected(b) : 0;
    if (b->p->uniform_delay) return connect_finish(b);
    connect_job(b, longest_job, p);
    b->ps->nclass = 1;
    b->ps->implied = 0;
    for (int m = 0; m < b->in->members; m++) {
        if ((int64_t)p->member[m].longest > b->ps->max_delay) b->ps->max_delay = (int64_t)p->member[m].longest;
        b->ps->implied += p->member[m].count;
    }
    return connect_failed(b) ? -1 : 0;
}
void procedural_free(SnnInst *in, int64_t i) {
    struct SnnProcedural *p = in->proj[i].procedural;
    if (!p) return;
    for (int m = 0; p->member && m < in->members; m++) {
        row_free(&p->member[m].row);
        work_free(&p->b, &p->member[m].w);
        free(p->member[m].prob);
    }
    mem_free(p->member, (size_t)in->members * sizeof *p->member);
    if (p->b.rule->release) p->b.rule->release(&p->b);
    free(p);
    in->proj[i].procedural = NULL;
}
