// SPDX-License-Identifier: MIT
// The event engine between runs: its tables, what stands between events, and how states become visible. See event.h.
#include "core/event.h"
#include "core/event32_host.h"
#include "core/fpmode.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#define LOOK_LEAST 0x1p-40                              // of a tick: a delay below gives no room
typedef struct SnnEvents SnnEvents;

static int open_pop(SnnEvents *ev, EvPop *p, SnnError *err) {
    SnnInst *in = ev->in;
    const SnnEvent *d = p->d;
    for (int64_t k = 0; k < d->n; k++) {
        p->x[k] = in->F[d->state[k]];
        p->buffer[k] = d->buffer[k] ? in->F[d->buffer[k] - 1] : NULL;
        p->has_buffer = p->has_buffer || d->buffer[k];
    }
    p->has_level = d->level != 0;
    p->rests = d->refractory != 0;
    if (rules_open(p, err) || forms_make(ev, p, err) || rules_forms(ev, p, err)) return -1;       // coefficients that differ between neurons are known when a run begins
    if (d->rate) p->count = mem_alloc((size_t)p->n * sizeof *p->count);
    if (d->rate) p->drawn = mem_alloc((size_t)p->n * sizeof *p->drawn);
    if (d->rate && (!p->count || !p->drawn)) return port_error(err, 3, "not enough memory for the neurons of %s", p->pop->path);
    return 0;
}

// Delays in ticks: a delay that all synapses share is taken as it is; of others the least of each class.
static EvTime delay_of(const SnnInst *in, int64_t i, int64_t class) {
    const SnnProj *p = &in->net->projs[i];
    if (!p->uniform_delay) {
        double late = in->proj[i].late ? in->proj[i].least[class] : 0;
        return (EvTime){ in->proj[i].delay[class] - (late < 0), late + (late < 0) };
    }
    double d = in->K[p->delay_slot], near = nearbyint(d);
    if (fabs(d - near) < 1e-9 * fmax(1, near)) d = near;     // 1.5 ms of 0.1 ms are 15 ticks
    return (EvTime){ (int64_t)floor(d), d - floor(d) };
}

// A projection whose arrivals are events: how many delays it has; 0 for others.
static int64_t delays_of(const SnnInst *in, int64_t i) { return events_own(in, in->net->projs[i].tgt) ? in->proj[i].nclass : 0; }

static int open_logs(SnnEvents *ev) {
    SnnInst *in = ev->in;
    int64_t ports = 0;
    for (int64_t p = 0; p < in->net->npops; p++) ports += in->net->pops[p].nports;
    ev->log = mem_alloc((size_t)(ports + 1) * sizeof *ev->log);
    ev->log_of = mem_alloc((size_t)(in->net->npops + 1) * sizeof *ev->log_of);
    if (!ev->log || !ev->log_of) return -1;
    for (int64_t p = 0; p < in->net->npops; p++) { ev->log_of[p] = ev->nlogs; ev->nlogs += in->net->pops[p].nports; }
    for (int64_t i = 0; i < in->net->nprojs; i++) {
        const SnnProj *p = &in->net->projs[i];
        if (!events_own(in, p->src)) continue;
        if (events_own(in, p->tgt)) ev->pop[p->src].log = ev->log_of[p->src];             // of its first port
        else ev->pop[p->src].feeds_clock = true;
    }
    return 0;
}

static int open_unit(SnnEvents *ev, int k) {
    SnnInst *in = ev->in;
    EvUnit *u = &ev->unit[k];
    u->ev = ev;
    u->first = ev->nunits == 1 ? 0 : k * in->share;
    u->last = ev->nunits == 1 ? in->members : (k + 1) * in->share;
    u->w = &in->member[u->first];
    u->cursor = mem_alloc((size_t)(ev->ncursors + 1) * sizeof *u->cursor);
    u->ready = mem_alloc((size_t)(ev->ncursors + 1) * sizeof *u->ready);
    if (!u->cursor || !u->ready || queue_open(&u->queue, ev->entry, ev->nentries, (EvTime){ 0, 0 })) return -1;
    u->queue.ask = event_ask;
    u->queue.self = u;
    int64_t n = 0;
    for (int64_t i = 0; i < in->net->nprojs; i++)
        for (int64_t c = 0; c < delays_of(in, i); c++) {
            const SnnProj *p = &in->net->projs[i];
            u->cursor[n++] = (EvCursor){ .proj = i, .class = c, .log = ev->log_of[p->src] + p->port, .delay = delay_of(in, i, c), .waiting = true };
        }
    return 0;
}

bool events_alone(const SnnNet *net) {
    for (int64_t i = 0; i < net->nprojs; i++) {
        const SnnProj *p = &net->projs[i];
        if (net->pops[p->src].event && net->pops[p->tgt].event && (p->reads_pre || p->pre_jump)) return true;
    }
    return false;
}

// How long a spike is under way at least. Nobody may be nearer than that to need units of their own, nor touch neurons of another unit.
static int units_of(SnnEvents *ev) {
    const SnnInst *in = ev->in;
    ev->look = (EvTime){ INT64_MAX / 4, 0 };
    for (int64_t i = 0; i < in->net->nprojs; i++) {
        ev->ncursors += delays_of(in, i);
        if (!events_own(in, in->net->projs[i].src)) continue;
        for (int64_t c = 0; c < delays_of(in, i); c++)
            if (ev_before(delay_of(in, i, c), ev->look)) ev->look = delay_of(in, i, c);
    }
    bool near = ev->look.tick == 0 && ev->look.off < LOOK_LEAST;
    if (ev->look.off >= LOOK_LEAST) ev->look.off -= LOOK_LEAST / 2;            // what rounding may take from a sum
    else { ev->look.tick--; ev->look.off = 1 - LOOK_LEAST / 2; }
    return near || events_alone(in->net) ? 1 : in->threads;
}

static int open_pops(SnnEvents *ev, SnnError *err) {
    const SnnInst *in = ev->in;
    for (int64_t i = 0; i < in->net->npops; i++) {
        const SnnPop *s = &in->net->pops[i];
        if (!s->event) continue;
        EvPop *p = &ev->pop[i];
        p->d = s->event;
        p->pop = s;
        p->index = i;
        p->n = s->n;
        p->base = ev->nentries;
        p->log = -1;
        ev->nentries += s->n;
        if (open_pop(ev, p, err)) return -1;
    }
    return 0;
}

int events_open(SnnInst *in, SnnError *err) {
    int64_t on = 0;
    for (int64_t p = 0; p < in->net->npops; p++) on += in->net->pops[p].event != NULL;
    if (!on) return 0;
    if (in->real_bits == 32) return events32_open(in, err);
    SnnEvents *ev = in->events = mem_alloc(sizeof *ev);
    if (!ev || !(ev->pop = mem_alloc((size_t)(in->net->npops + 1) * sizeof *ev->pop))) return port_error(err, 3, "not enough memory for network %s", in->net->name);
    ev->in = in;
    ev->w = &in->member[0];
    ev->pure = on == in->net->npops;
    ev->span = 1;
    if (open_pops(ev, err)) return -1;
    ev->nunits = units_of(ev);
    size_t n = (size_t)ev->nentries + 1;
    bool ok = (ev->entry = mem_alloc(n * sizeof *ev->entry)) && (ev->last = mem_alloc(n * sizeof *ev->last)) && (ev->until = mem_alloc(n * sizeof *ev->until)) && (ev->mark = mem_alloc(n)) && (ev->low = mem_alloc(n * sizeof *ev->low)) &&
              (ev->unit = mem_alloc((size_t)ev->nunits * sizeof *ev->unit)) && !open_logs(ev);
    for (int k = 0; ok && k < ev->nunits; k++) ok = !open_unit(ev, k);
    if (!ok) return port_error(err, 3, "not enough memory for network %s", in->net->name);
    for (int64_t i = 0; i < in->net->npops; i++) {
        EvPop *p = &ev->pop[i];
        p->cell = ev->entry + p->base;
        p->last = ev->last + p->base;
        p->until = ev->until + p->base;
        p->mark = ev->mark + p->base;
        p->low = ev->low + p->base;
    }
    events_forget(ev);
    return 0;
}

void events_close(SnnInst *in) {
    SnnEvents *ev = in->events;
    events32_close(in);
    if (!ev) return;
    for (int64_t i = 0; ev->pop && i < in->net->npops; i++) {
        EvPop *p = &ev->pop[i];
        if (!p->d) continue;
        mem_free(p->count, (size_t)p->n * sizeof *p->count);
        mem_free(p->drawn, (size_t)p->n * sizeof *p->drawn);
        rules_close(p);
        forms_free(p);
    }
    int64_t ports = 0;
    for (int64_t p = 0; p < in->net->npops; p++) ports += in->net->pops[p].nports;
    for (int64_t l = 0; l < ev->nlogs; l++) mem_free(ev->log[l].at, (size_t)ev->log[l].cap * sizeof *ev->log[l].at);
    mem_free(ev->log, (size_t)(ports + 1) * sizeof *ev->log);
    mem_free(ev->log_of, (size_t)(in->net->npops + 1) * sizeof *ev->log_of);
    for (int k = 0; ev->unit && k < ev->nunits; k++) {
        EvUnit *u = &ev->unit[k];
        mem_free(u->cursor, (size_t)(ev->ncursors + 1) * sizeof *u->cursor);
        mem_free(u->ready, (size_t)(ev->ncursors + 1) * sizeof *u->ready);
        mem_free(u->wait, (size_t)u->capwait * sizeof *u->wait);
        mem_free(u->out, (size_t)u->capout * sizeof *u->out);
        queue_close(&u->queue);
    }
    mem_free(ev->unit, (size_t)ev->nunits * sizeof *ev->unit);
    size_t n = (size_t)ev->nentries + 1;
    mem_free(ev->entry, n * sizeof *ev->entry);
    mem_free(ev->last, n * sizeof *ev->last);
    mem_free(ev->until, n * sizeof *ev->until);
    mem_free(ev->mark, n);
    mem_free(ev->low, n * sizeof *ev->low);
    mem_free(ev->emitted, (size_t)ev->capemitted * sizeof *ev->emitted);
    mem_free(ev->kept, (size_t)ev->kept_cap * sizeof *ev->kept);
    mem_free(ev->pop, (size_t)(in->net->npops + 1) * sizeof *ev->pop);
    mem_free(ev, sizeof *ev);
    in->events = NULL;
}

void events_forget(SnnEvents *ev) {
    EvTime now = { ev->in->step, 0 };
    queue_forget(ev->entry, ev->nentries);
    memset(ev->mark, 0, (size_t)ev->nentries);
    for (int k = 0; k < ev->nunits; k++) {
        EvUnit *u = &ev->unit[k];
        queue_clear(&u->queue, now);
        for (int64_t c = 0; c < ev->ncursors; c++) {
            u->cursor[c].position = ev->log[u->cursor[c].log].head;
            u->cursor[c].waiting = true;
        }
        u->nready = u->nwait = u->emitted_at = 0;
    }
    ev->nemitted = 0;
    for (int64_t i = 0; i < ev->in->net->npops; i++) {
        EvPop *p = &ev->pop[i];
        for (int64_t k = 0; p->d && k < p->n; k++) p->last[k] = p->until[k] = now;
    }
}

void events_restart(SnnEvents *ev, EvPop *p, int64_t lo, int64_t hi, EvTime t) {
    const int64_t *cut = ev->in->pop[p->index].cut;
    for (int k = 0; k < ev->nunits; k++) {
        EvUnit *u = &ev->unit[k];
        int64_t from = cut[u->first] > lo ? cut[u->first] : lo, to = cut[u->last] < hi ? cut[u->last] : hi;
        for (int64_t id = from; id < to; id++) event_begin(u, p, (uint32_t)id, t);
    }
}

void events_begin(SnnEvents *ev) {
    EvTime now = { ev->in->step, 0 };
    ev->w->ctx.step = now.tick;
    ev->w->ctx.t = (double)now.tick * ev->in->dt;
    for (int64_t i = 0; i < ev->in->net->npops; i++) {
        EvPop *p = &ev->pop[i];
        SnnError err = {0};
        if (!p->d) continue;
        if (p->d->constants && p->n) p->d->constants(&ev->w->ctx, 0, p->n);
        if (forms_make(ev, p, &err) || rules_forms(ev, p, &err)) { inst_fail(ev->in, err.code, "%s", err.text); return; }
        events_constants(ev, p, 0, p->n);
        for (int64_t id = 0; id < p->n; id++) memset(p->low[id], 0, sizeof p->low[id]);      // a run begins from what the fields say
        for (int64_t id = 0; p->d->settle && id < p->n; id++) rules_settle(&ev->w->ctx, ev, p, (uint32_t)id, now);
        events_restart(ev, p, 0, p->n, now);
    }
}

static void compute(SnnEvents *ev, const EvPop *p, EvTime t) {
    if (!p->d->computed || !p->n) return;
    for (int64_t id = 0; p->d->since && id < p->n; id++) rules_since(ev, p, (uint32_t)id, t);
    p->d->computed(&ev->w->ctx, 0, p->n);
}

void events_sync(SnnEvents *ev, EvTime t) {
    ev->w->ctx.step = t.tick;
    ev->w->ctx.t = (double)t.tick * ev->in->dt;
    for (int64_t i = 0; i < ev->in->net->npops; i++) {
        EvPop *p = &ev->pop[i];
        uint32_t id[64];
        if (!p->d) continue;
        for (int64_t k = 0; k < p->n; k += 64) {
            int64_t m = p->n - k < 64 ? p->n - k : 64;
            for (int64_t j = 0; j < m; j++) id[j] = (uint32_t)(k + j);
            event_touch(ev, p, id, m, t);
        }
        compute(ev, p, t);
    }
    ev->w->ctx.step = t.tick - 1;
}

void events_show(SnnEvents *ev, EvTime t, bool show) {
    SnnInst *in = ev->in;
    int64_t need = 0, at = 0;
    for (int64_t i = 0; i < in->net->npops; i++) need += ev->pop[i].d ? ev->pop[i].n * ev->pop[i].d->n : 0;
    if (need > ev->kept_cap) {
        double *kept = mem_alloc((size_t)need * sizeof *kept);
        if (!kept) { inst_fail(in, 3, "not enough memory for recording"); return; }
        ev->kept = kept;
        ev->kept_cap = need;
    }
    if (show) { ev->w->ctx.step = t.tick; ev->w->ctx.t = (double)t.tick * in->dt; }
    for (int64_t i = 0; i < in->net->npops; i++) {
        EvPop *p = &ev->pop[i];
        if (!p->d) continue;
        for (int64_t id = 0; id < p->n; id++, at += p->d->n) {
            double *x = ev->kept + at;
            EvState now, then;
            if (show) {
                for (int64_t k = 0; k < p->d->n; k++) now.x[k] = x[k] = p->x[k][id];
                for (int k = 0; k < EV_FINE; k++) now.low[k] = (double)p->low[id][k];
                event_move(ev, p, (uint32_t)id, p->last[id], t, &now, &then);
                for (int64_t k = 0; k < p->d->n; k++) p->x[k][id] = then.x[k];
            } else for (int64_t k = 0; k < p->d->n; k++) p->x[k][id] = x[k];
        }
        if (show) compute(ev, p, t);
    }
    if (!show) ev->w->ctx.step = t.tick - 1;             // the step that has just been done
}

static int by_time(const void *a, const void *b) {
    const EvDue *x = a, *y = b;
    if (ev_before(x->at, y->at)) return -1;
    if (ev_before(y->at, x->at)) return 1;
    if (x->pop != y->pop) return x->pop < y->pop ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

// Equal spikes are one.
int events_outside(SnnInst *in, int64_t pop, const int64_t *stamp, const double *offset, const uint32_t *index, int64_t n, SnnError *err) {
    if (in->events32) return events32_outside(in, pop, stamp, offset, index, n, err);
    SnnEvents *ev = in->events;
    int64_t left = 0, kept = 0;
    for (int64_t i = 0; i < ev->nemitted; i++)
        if (ev->emitted[i].at.tick >= in->step) ev->emitted[left++] = ev->emitted[i];
    ev->nemitted = left;
    for (int k = 0; k < ev->nunits; k++) ev->unit[k].emitted_at = 0;
    if (left + n > ev->capemitted) {
        int64_t cap = left + n + 64;
        EvDue *at = mem_resize(ev->emitted, (size_t)ev->capemitted * sizeof *at, (size_t)cap * sizeof *at);
        if (!at) return port_error(err, 3, "not enough memory for the spikes emitted by %s", in->net->pops[pop].path);
        ev->emitted = at;
        ev->capemitted = cap;
    }
    for (int64_t i = 0; i < n; i++) ev->emitted[left + i] = (EvDue){ { stamp[i], offset ? offset[i] : 0 }, pop, index[i] };
    qsort(ev->emitted, (size_t)(left + n), sizeof *ev->emitted, by_time);
    for (int64_t i = 0; i < left + n; i++)
        if (!kept || by_time(&ev->emitted[kept - 1], &ev->emitted[i])) ev->emitted[kept++] = ev->emitted[i];
    ev->nemitted = kept;
    return 0;
}
