// SPDX-License-Identifier: MIT
#include "core/queue.h"
#include "core/connect/procedural.h"
#include <math.h>
#include <string.h>

enum { RUN = 16 };                              // entries that are copied at a time; arrays are that much longer
struct SnnQueue { uint32_t *tgt; void **S; int64_t n, cap; };

bool queue_serves(const SnnInst *in, int64_t i) {
    const SnnProj *p = &in->net->projs[i];
    const ProjState *ps = &in->proj[i];
    int64_t nsyn = 0;
    if (ps->procedural) return !p->uniform_delay;
    if (!p->may_queue || in->net->pops[p->tgt].event || !p->deliver || p->layout != LAYOUT_SPARSE || ps->nclass < 2) return false;
    for (int m = 0; m < in->members; m++) nsyn += ps->block[m].nsyn;
    return nsyn < QUEUE_PIECE * ps->nclass * (p->src_hi - p->src_lo);
}

static size_t bytes_of(const SnnInst *in, int64_t cap, bool field) { return (size_t)(cap + RUN) * (field ? in->real_bytes : sizeof(uint32_t)); }

int queue_new(SnnInst *in, int64_t i, SnnError *err) {
    ProjState *ps = &in->proj[i];
    int64_t slots = 2, fields = in->net->projs[i].nfields;
    while (slots < ps->max_delay + 1) slots *= 2;
    ps->queue_mask = slots - 1;
    ps->queue = mem_alloc((size_t)(slots * in->members) * sizeof *ps->queue);
    bool ok = ps->queue != NULL;
    for (int64_t q = 0; ok && q < slots * in->members; q++) ok = (ps->queue[q].S = mem_alloc((size_t)(fields + 1) * sizeof(void *))) != NULL;
    return ok ? 0 : port_error(err, 3, "not enough memory for what is under way in %s", in->net->projs[i].path);
}

void queue_free(SnnInst *in, int64_t i) {
    ProjState *ps = &in->proj[i];
    int64_t fields = in->net->projs[i].nfields, all = (ps->queue_mask + 1) * in->members;
    if (!ps->queue) return;
    for (int64_t q = 0; q < all; q++) {
        struct SnnQueue *k = &ps->queue[q];
        mem_free(k->tgt, bytes_of(in, k->cap, false));
        for (int64_t f = 0; k->S && f < fields; f++) mem_free(k->S[f], bytes_of(in, k->cap, true));
        mem_free(k->S, (size_t)(fields + 1) * sizeof(void *));
    }
    mem_free(ps->queue, (size_t)all * sizeof *ps->queue);
}

static bool grow(SnnInst *in, struct SnnQueue *q, int64_t fields, int64_t need) {
    int64_t cap = 2 * need + 256;
    uint32_t *tgt = mem_resize(q->tgt, q->tgt ? bytes_of(in, q->cap, false) : 0, bytes_of(in, cap, false));
    bool ok = tgt != NULL;
    if (ok) q->tgt = tgt;
    for (int64_t f = 0; ok && f < fields; f++) {
        void *at = mem_resize(q->S[f], q->S[f] ? bytes_of(in, q->cap, true) : 0, bytes_of(in, cap, true));
        if ((ok = at != NULL)) q->S[f] = at;
    }
    if (ok) q->cap = cap;
    return ok;
}

// Both ends have room for whole runs, so nothing is copied one by one.
static inline void copy32(uint32_t *restrict to, const uint32_t *restrict from, int64_t n) {
    for (int64_t x = 0; x < n; x += RUN) memcpy(to + x, from + x, RUN * sizeof *to);
}
static inline void copy64(uint64_t *restrict to, const uint64_t *restrict from, int64_t n) {
    for (int64_t x = 0; x < n; x += RUN) memcpy(to + x, from + x, RUN * sizeof *to);
}
static bool append(SnnInst *in, struct SnnQueue *q, const SnnBlock *b, int64_t fields, uint32_t from, int64_t n) {
    if (q->n + n > q->cap && !grow(in, q, fields, q->n + n)) return false;
    copy32(q->tgt + q->n, b->col + from, n);
    for (int64_t f = 0; f < fields; f++) {
        if (in->real_bits == 32) copy32((uint32_t *)q->S[f] + q->n, (uint32_t *)b->S[f] + from, n);
        else copy64((uint64_t *)q->S[f] + q->n, (uint64_t *)b->S[f] + from, n);
    }
    q->n += n;
    return true;
}

static bool append_one(SnnInst *in, struct SnnQueue *q, const Regrown *r, int64_t fields, int64_t e) {
    if (q->n == q->cap && !grow(in, q, fields, q->n + 1)) return false;
    q->tgt[q->n] = r->col[e];
    for (int64_t f = 0; f < fields; f++) {
        if (in->real_bits == 32) ((uint32_t *)q->S[f])[q->n] = ((uint32_t *)r->S[f])[e];
        else ((uint64_t *)q->S[f])[q->n] = ((uint64_t *)r->S[f])[e];
    }
    q->n++;
    return true;
}
static void expand_drawn(SnnInst *in, int64_t i, int m, uint32_t source, int64_t found, int64_t first) {
    const ProjState *ps = &in->proj[i];
    struct SnnQueue *queue = ps->queue + (ps->queue_mask + 1) * m;
    Regrown r = procedural_row(in, i, m, source);
    bool ok = r.n >= 0;
    for (int64_t e = 0; ok && e < r.n; e++) {
        int64_t due = found + 1 + (int64_t)nearbyint(r.delay[e]);
        if (due >= first) ok = append_one(in, &queue[due & ps->queue_mask], &r, in->net->projs[i].nfields, e);
    }
    if (!ok) inst_fail(in, 3, "not enough memory for what is under way in %s", in->net->projs[i].path);
}

// Appends the row of a spike that was found in step `found` to the queues of the steps from `first` on.
static void expand(SnnInst *in, int64_t i, int m, uint32_t source, int64_t found, int64_t first) {
    const ProjState *ps = &in->proj[i];
    if (ps->procedural) { expand_drawn(in, i, m, source, found, first); return; }
    const SnnBlock *b = &ps->block[m];
    const uint32_t *row = b->row + ((int64_t)source - b->src_lo) * b->nclass;
    struct SnnQueue *queue = ps->queue + (ps->queue_mask + 1) * m;
    int64_t fields = in->net->projs[i].nfields;
    for (int64_t c = 0; c < b->nclass; c++) {
        int64_t n = (int64_t)row[c + 1] - row[c], due = found + 1 + ps->delay[c];
        if (!n || due < first) continue;
        if (!append(in, &queue[due & ps->queue_mask], b, fields, row[c], n)) {
            inst_fail(in, 3, "not enough memory for what is under way in %s", in->net->projs[i].path);
            return;
        }
    }
}
static void expand_step(SnnInst *in, int64_t i, int m, int64_t found, int64_t first) {
    const SnnProj *p = &in->net->projs[i];
    const SpikeList *list = inst_list(in, p->src, found, p->port, 0);
    for (int k = 0; k < in->threads; k++)
        for (int64_t s = 0; s < list[k].n; s++)
            if ((int64_t)list[k].at[s] >= p->src_lo && (int64_t)list[k].at[s] < p->src_hi) expand(in, i, m, list[k].at[s], found, first);
}

void queue_deliver(SnnInst *in, int64_t i, int m, SnnCtx *c, int64_t *events) {
    static const uint32_t only = 0;
    const ProjState *ps = &in->proj[i];
    const SnnBlock *b = &ps->block[m];
    expand_step(in, i, m, c->step - 1, c->step);
    struct SnnQueue *q = &ps->queue[(ps->queue_mask + 1) * m + (c->step & ps->queue_mask)];
    if (!q->n) return;
    const uint32_t row[2] = { 0, (uint32_t)q->n };
    SnnBlock due = { .tgt_lo = b->tgt_lo, .tgt_hi = b->tgt_hi, .nclass = 1, .row = row, .col = q->tgt, .S = q->S, .src_hi = 1, .nsyn = q->n };
    in->net->projs[i].deliver(c, &due, &only, 1, 0);
    *events += q->n;
    q->n = 0;
}

void queue_again(SnnInst *in, int m) {
    for (int64_t i = 0; i < in->net->nprojs; i++) {
        const ProjState *ps = &in->proj[i];
        if (!ps->queue) continue;
        for (int64_t q = 0; q <= ps->queue_mask; q++) ps->queue[(ps->queue_mask + 1) * m + q].n = 0;
        for (int64_t d = ps->max_delay; d >= 1; d--) expand_step(in, i, m, in->step - 1 - d, in->step);
    }
}
