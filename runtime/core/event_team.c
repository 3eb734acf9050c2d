// SPDX-License-Identifier: MIT
// Units of the event engine side by side. No spike arrives earlier than the shortest delay after it was found, so all units may run on their own for that
// long: from the next event of any of them to one shortest delay later. What they found meanwhile is then told, in one order, to logs, observers
// and the clock. Empty time is jumped over, and windows with little to do are done by the calling thread, unit by unit.
#include "core/event.h"
typedef struct SnnEvents SnnEvents;

enum { FEW = 512, MANY = 1 << 16 };                      // events of a window that are worth waking others; spikes that may wait to be told

// ---- telling ----

static bool log_room(SnnEvents *ev, int64_t log) {
    EvLog *l = &ev->log[log];
    int64_t tail = l->head;
    for (int k = 0; k < ev->nunits; k++)
        for (int64_t c = 0; c < ev->ncursors; c++)
            if (ev->unit[k].cursor[c].log == log && ev->unit[k].cursor[c].position < tail) tail = ev->unit[k].cursor[c].position;
    if (l->cap && l->head - tail <= l->cap / 2) return true;        // it is asked again after half of it
    int64_t cap = l->cap ? l->cap * 2 : 1024;
    EvSpike *at = mem_alloc((size_t)cap * sizeof *at);
    if (!at) return false;
    for (int64_t p = tail; p < l->head; p++) at[p & (cap - 1)] = l->at[p & (l->cap - 1)];
    mem_free(l->at, (size_t)l->cap * sizeof *at);
    l->at = at;
    l->cap = cap;
    return true;
}

void event_heard(SnnEvents *ev, int64_t log, EvTime t, uint32_t id) {
    EvLog *l = &ev->log[log];
    if ((l->cap == 0 || (l->head & (l->cap / 2 - 1)) == 0) && !log_room(ev, log)) {
        inst_fail(ev->in, 3, "not enough memory for the spikes under way");
        return;
    }
    l->at[l->head++ & (l->cap - 1)] = (EvSpike){ t, id };
    for (int k = 0; k < ev->nunits; k++)
        for (int64_t c = 0; c < ev->ncursors; c++) {
            EvCursor *x = &ev->unit[k].cursor[c];
            if (x->log == log && x->waiting) event_wake(&ev->unit[k], x);
        }
}

// A spike of this time belongs to the step that ends at it or goes through it.
// A rule that acts when something changes, or by time, belongs on the clock to the step that begins then; so do its spikes here.
static void tell_clock(SnnEvents *ev, EvPop *p, uint32_t id, EvTime t, int port) {
    SpikeList *l = inst_list(ev->in, p->index, t.off > 0 || p->d->nrules ? t.tick : t.tick - 1, port, 0);
    if (l->n == l->cap) {
        int64_t cap = l->cap * 2 + 16;
        uint32_t *at = mem_resize(l->at, (size_t)l->cap * sizeof *at, (size_t)cap * sizeof *at);
        if (!at) { inst_fail(ev->in, 3, "not enough memory for the spikes of %s", p->pop->path); return; }
        l->at = at;
        l->cap = cap;
    }
    l->at[l->n++] = id;                                      // in the order of time; sorted when the step is over
}

static void tell(SnnEvents *ev, EvPop *p, uint32_t id, EvTime t, int port) {
    SnnInst *in = ev->in;
    if (!port) in->pop[p->index].spikes[0]++;
    ev->offset = t.off;
    int64_t stamp = t.off > 0 ? t.tick + 1 : t.tick;
    in->offset = &ev->offset;
    for (int64_t o = 0; o < in->nspike_observers; o++) {
        const SpikeObserver *s = &in->spike_observer[o];
        if (s->pop == p->index && s->port == port && (int64_t)id >= s->lo && (int64_t)id < s->hi) s->fn(s->self, stamp, &id, 1);
    }
    in->offset = NULL;
    if (p->feeds_clock) tell_clock(ev, p, id, t, port);
    if (p->log >= 0) event_heard(ev, p->log + port, t, id);
}

void event_spiked(EvUnit *u, EvPop *p, uint32_t id, EvTime t, bool from_outside, int port) {
    if (u->ev->nunits == 1) { tell(u->ev, p, id, t, port); return; }
    if (u->nout == u->capout) {
        int64_t cap = u->capout * 2 + 256;
        EvOut *at = mem_resize(u->out, (size_t)u->capout * sizeof *at, (size_t)cap * sizeof *at);
        if (!at) { inst_fail(u->ev->in, 3, "not enough memory for the spikes of %s", p->pop->path); return; }
        u->out = at;
        u->capout = cap;
    }
    u->out[u->nout++] = (EvOut){ t, (uint32_t)p->index, id, !from_outside, (uint8_t)port };
}

// The order in which one unit alone would have found them.
static bool out_before(const EvOut *a, const EvOut *b) {
    if (a->at.tick != b->at.tick || a->at.off != b->at.off) return ev_before(a->at, b->at);
    if (a->own != b->own) return b->own;
    return a->pop != b->pop ? a->pop < b->pop : a->id < b->id;
}

static void tell_all(SnnEvents *ev) {
    for (;;) {
        EvUnit *first = NULL;
        for (int k = 0; k < ev->nunits; k++) {
            EvUnit *u = &ev->unit[k];
            if (u->told < u->nout && (!first || out_before(&u->out[u->told], &first->out[first->told]))) first = u;
        }
        if (!first) break;
        EvOut o = first->out[first->told++];
        tell(ev, &ev->pop[o.pop], o.id, o.at, o.port);
    }
    for (int k = 0; k < ev->nunits; k++) ev->unit[k].nout = ev->unit[k].told = 0;
}

// ---- windows ----

// The end of the window that begins with the next event; false: there is none before limit. The delay is shortened by what rounding may take from a sum.
static bool window(SnnEvents *ev, EvTime limit, EvTime *end) {
    EvTime first = limit;
    for (int k = 0; k < ev->nunits; k++) first = event_next(&ev->unit[k], first);
    if (!ev_before(first, limit)) return false;
    *end = ev_later(first, ev->span);
    EvTime arrival = ev_delayed(first, ev->look);
    if (ev_before(arrival, *end)) *end = arrival;
    if (ev_before(limit, *end)) *end = limit;
    return true;
}

static int64_t work_of(const SnnEvents *ev) {
    int64_t work = 0;
    for (int k = 0; k < ev->nunits; k++) work += ev->unit[k].done + ev->unit[k].w->events;
    return work;
}

void event_advance(SnnEvents *ev, EvTime limit) {
    if (ev->nunits == 1) { event_run(&ev->unit[0], limit); return; }
    while (!atomic_load_explicit(&ev->in->failed, memory_order_relaxed) && window(ev, limit, &ev->end)) {
        int64_t before = work_of(ev), spikes = 0;
        if (ev->work < FEW)
            for (int k = 0; k < ev->nunits; k++) event_run(&ev->unit[k], ev->end);
        else {
            team_barrier(ev->in->team);
            event_run(&ev->unit[0], ev->end);
            team_barrier(ev->in->team);
        }
        ev->work = work_of(ev) - before;
        for (int k = 0; k < ev->nunits; k++) spikes += ev->unit[k].nout;
        tell_all(ev);
        if (spikes > MANY) ev->span /= 2;
        else if (spikes < MANY / 4 && ev->span < 1e12) ev->span *= 2;
    }
}

// The other threads: window after window, until the first one has no more for them.
void event_serve(SnnEvents *ev, int thread) {
    for (;;) {
        team_barrier(ev->in->team);
        if (ev->dismissed) break;
        if (thread < ev->nunits) event_run(&ev->unit[thread], ev->end);
        team_barrier(ev->in->team);
    }
}
void event_dismiss(SnnEvents *ev) {
    ev->dismissed = true;
    team_barrier(ev->in->team);
}
