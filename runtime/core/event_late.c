// SPDX-License-Identifier: MIT
// Arrivals whose delays are of their own. When the first synapse of a source's piece of one class is due, within half a tick of the others, all of the piece are put
// into a heap and leave it one by one. So the heap holds what arrives within a tick, not all that is under way.
#include "core/event.h"

static bool wait_before(const EvWait *a, const EvWait *b) {
    if (a->at.tick != b->at.tick || a->at.off != b->at.off) return ev_before(a->at, b->at);
    if (a->cursor != b->cursor) return a->cursor < b->cursor;
    return a->source != b->source ? a->source < b->source : a->entry < b->entry;
}

static int push(EvUnit *u, EvWait w) {
    if (u->nwait == u->capwait) {
        int64_t cap = u->capwait * 2 + 256;
        EvWait *at = mem_resize(u->wait, (size_t)u->capwait * sizeof *at, (size_t)cap * sizeof *at);
        if (!at) return -1;
        u->wait = at;
        u->capwait = cap;
    }
    int64_t i = u->nwait++;
    for (; i > 0 && wait_before(&w, &u->wait[(i - 1) / 2]); i = (i - 1) / 2) u->wait[i] = u->wait[(i - 1) / 2];
    u->wait[i] = w;
    return 0;
}

static EvWait pop(EvUnit *u) {
    EvWait first = u->wait[0], w = u->wait[--u->nwait];
    int64_t i = 0;
    for (;;) {
        int64_t k = 2 * i + 1;
        if (k >= u->nwait) break;
        if (k + 1 < u->nwait && wait_before(&u->wait[k + 1], &u->wait[k])) k++;
        if (!wait_before(&u->wait[k], &w)) break;
        u->wait[i] = u->wait[k];
        i = k;
    }
    if (u->nwait) u->wait[i] = w;
    return first;
}

// From -1/2 tick on.
static EvTime shifted(EvTime t, int64_t ticks, double late) {
    double off = t.off + late, whole = off < 0 ? -1 : off >= 1 ? 1 : 0;
    return (EvTime){ t.tick + ticks + (int64_t)whole, off - whole };
}

static void ask_target(EvUnit *u, const EvPop *q, int64_t id) {
    event_ask(u, (uint32_t)(q->base + id));
    mem_ask(&q->last[id]);
    for (int64_t k = 0; q->has_buffer && k < q->d->n; k++)
        if (q->buffer[k]) mem_ask(&q->buffer[k][id]);
}

void late_expand(EvUnit *u, const EvCursor *c, EvSpike s) {
    const SnnInst *in = u->ev->in;
    const SnnProj *p = &in->net->projs[c->proj];
    const ProjState *ps = &in->proj[c->proj];
    const EvPop *q = &u->ev->pop[p->tgt];
    if ((int64_t)s.id < p->src_lo || (int64_t)s.id >= p->src_hi || !p->deliver) return;
    for (int m = u->first; m < u->last; m++) {
        const SnnBlock *b = &ps->block[m];
        if (!b->nsyn) continue;
        const uint32_t *row = b->row + ((int64_t)s.id - b->src_lo) * b->nclass + c->class;
        for (uint32_t e = row[0]; e < row[1]; e++) {
            EvWait w = { shifted(s.at, ps->delay[c->class], ps->late[m][e]), (uint32_t)(c - u->cursor), s.id, e, m };
            ask_target(u, q, b->tgt_lo + b->col[e]);
            if (push(u, w)) { inst_fail(u->ev->in, 3, "not enough memory for the spikes under way"); return; }
        }
    }
}

void late_arrive(EvUnit *u) {
    EvWait w = pop(u);
    const SnnInst *in = u->ev->in;
    const EvCursor *c = &u->cursor[w.cursor];
    const SnnProj *p = &in->net->projs[c->proj];
    SnnBlock one = in->proj[c->proj].block[w.member];
    EvPop *q = &u->ev->pop[p->tgt];
    uint32_t row[2] = { w.entry, w.entry + 1 }, id = (uint32_t)one.tgt_lo + one.col[w.entry];
    one.row = row;
    one.nclass = 1;
    one.src_lo = w.source;
    one.src_hi = w.source + 1;
    event_ctx(u, w.at);
    if (p->reads_pre && in->net->pops[p->src].event) event_touch(u->ev, &u->ev->pop[p->src], &w.source, 1, w.at);
    u->w->events++;
    if (p->post) u->w->plastic++;
    event_touch(u->ev, q, &id, 1, w.at);
    p->deliver(&u->w->ctx, &one, &w.source, 1, 0);
    event_arrived(u, q, &id, 1, w.at);
}
