// SPDX-License-Identifier: MIT
// Runs of networks that have populations on events: alone, from one appointment (a drive begins or ends, somebody samples) to the next, or
// beside populations on the clock, a step at a time.
#include "core/event.h"
#include "core/fpmode.h"
#include "core/step.h"
#include "core/value.h"
#include <float.h>
#include <stdlib.h>
typedef struct SnnEvents SnnEvents;

// The neurons of a population that drives due in step k cover: lo..hi, empty when none is due.
static void driven(const SnnInst *in, int64_t pop, int64_t k, int64_t *lo, int64_t *hi) {
    for (int64_t d = 0; d < in->ndrives; d++) {
        if (in->net->fields[in->drive[d].field].owner != pop || !step_drive_due(in, d, k, false, true)) continue;
        if (in->drive[d].lo < *lo) *lo = in->drive[d].lo;
        if (in->drive[d].hi > *hi) *hi = in->drive[d].hi;
    }
}

// Drives that begin or end at step k, or move: the neurons that they change come to t_k, and their constants are taken anew.
static void drives(SnnEvents *ev, int64_t k) {
    SnnInst *in = ev->in;
    EvTime t = { k, 0 };
    ev->w->ctx.step = k;
    ev->w->ctx.t = (double)k * in->dt;
    for (int m = 0; m < in->members; m++) step_drive(in, ev->w, m, false, true);
    for (int64_t i = 0; i < in->net->npops; i++) {
        EvPop *p = &ev->pop[i];
        int64_t lo = INT64_MAX, hi = 0;
        if (!p->d) continue;
        driven(in, i, k, &lo, &hi);
        if (lo < hi) events_driven(ev, p, lo, hi, t);
    }
}

static bool drives_due(const SnnInst *in, int64_t k) {
    for (int64_t d = 0; d < in->ndrives; d++)
        if (step_drive_due(in, d, k, false, true)) return true;
    return false;
}

static bool presented(const SnnInst *in, int64_t pop, int64_t id, int64_t k) {
    int64_t field = in->net->pops[pop].present_field - 1;
    return field >= 0 && value_get(in, &in->net->fields[field], in->F[field], id) == (double)k;
}

static bool heeds(const EvPop *p) { return p->d && (p->d->presented || p->d->nrules); }

static EvUnit *unit_of(const SnnEvents *ev, int64_t pop, int64_t id) {
    EvUnit *u = ev->unit;
    while (id >= ev->in->pop[pop].cut[u->last]) u++;
    return u;
}

// `on present` of the neurons that something is presented to now; what arrives until now, and at it, comes first.
static void presentations(SnnEvents *ev) {
    SnnInst *in = ev->in;
    bool any = false;
    for (int64_t i = 0; i < in->net->npops; i++)
        for (int64_t id = 0; heeds(&ev->pop[i]) && id < ev->pop[i].n; id++) {
            if (!presented(in, i, id, in->step)) continue;
            any = true;
            rules_presented(unit_of(ev, i, id), &ev->pop[i], (uint32_t)id);
        }
    if (!any) return;
    EvTime now = { in->step, 0 };
    if (in->step) event_advance(ev, (EvTime){ in->step, DBL_MIN });
    ev->w->ctx.step = in->step;
    ev->w->ctx.t = (double)in->step * in->dt;
    for (int64_t i = 0; i < in->net->npops; i++) {
        EvPop *p = &ev->pop[i];
        for (int64_t id = 0; p->d && p->d->presented && id < p->n; id++) {
            if (!presented(in, i, id, in->step)) continue;
            event_touch(ev, p, &(uint32_t){ (uint32_t)id }, 1, now);
            rules_since(ev, p, (uint32_t)id, now);
            event_program(p, p->d->presented, ev->w, (uint32_t)id);
        }
    }
}

static void begin(SnnEvents *ev, bool runs) {
    SnnInst *in = ev->in;
    if (runs) presentations(ev);
    ev->w->ctx.step = in->step;
    ev->w->ctx.t = (double)in->step * in->dt;
    for (int m = 0; m < in->members; m++) step_drive(in, ev->w, m, true, true);
    events_begin(ev);
}

static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}
// Lists of the clock ascend. A few are put in place one by one, as they mostly are already.
static void sort_spikes(SpikeList *l) {
    if (l->n > 64) { qsort(l->at, (size_t)l->n, sizeof *l->at, ascending); return; }
    for (int64_t k = 1; k < l->n; k++) {
        uint32_t x = l->at[k];
        int64_t i = k;
        for (; i > 0 && l->at[i - 1] > x; i--) l->at[i] = l->at[i - 1];
        l->at[i] = x;
    }
}

void events_step(SnnInst *in, int64_t k, bool first) {
    SnnEvents *ev = in->events;
    ev->dismissed = false;
    for (int64_t i = 0; i < in->net->npops; i++)
        for (int64_t port = 0; ev->pop[i].feeds_clock && port < in->net->pops[i].nports; port++)
            for (int m = 0; m < in->threads; m++) inst_list(in, i, k, port, m)->n = 0;
    if (first) { in->step = k; begin(ev, true); }
    else if (drives_due(in, k)) drives(ev, k);
    event_advance(ev, (EvTime){ k + 1, 0 });
    for (int64_t i = 0; i < in->net->npops; i++)
        for (int64_t port = 0; ev->pop[i].feeds_clock && port < in->net->pops[i].nports; port++)
            for (int64_t step = k - 1; step <= k; step++) sort_spikes(inst_list(in, i, step, port, 0));
    event_dismiss(ev);
}

void events_heard(SnnInst *in, int64_t k) {
    SnnEvents *ev = in->events;
    for (int64_t i = 0; i < in->net->nprojs; i++) {
        const SnnProj *p = &in->net->projs[i];
        bool told = events_own(in, p->src) || !events_own(in, p->tgt);
        for (int64_t j = 0; j < i && !told; j++) told = in->net->projs[j].src == p->src && in->net->projs[j].port == p->port && events_own(in, in->net->projs[j].tgt);
        for (int m = 0; m < in->threads && !told; m++) {
            const SpikeList *l = inst_list(in, p->src, k, p->port, m);
            for (int64_t s = 0; s < l->n; s++) event_heard(ev, ev->log_of[p->src] + p->port, (EvTime){ k + 1, 0 }, l->at[s]);
        }
    }
}

// The next step at which something has to be done, besides events.
int64_t event_appointment(const SnnInst *in, int64_t k, int64_t last) {
    int64_t next = last;
    for (int64_t d = 0; d < in->ndrives; d++) {
        const Drive *x = &in->drive[d];
        if (x->from > k && x->from < next) next = x->from;
        if (x->until > k && x->until < next) next = x->until;
        if (x->moves && x->from <= k && x->until > k + 1 && k + 1 < next) next = k + 1;
    }
    for (int64_t o = 0; o < in->nsample_observers; o++) {
        int64_t every = in->sample_observer[o].every, due = (k / every + 1) * every;
        if (due < next) next = due;
    }
    return next;
}

typedef struct EvRun { SnnInst *in; int64_t steps; const InstControl *control; int result; } EvRun;

// The first thread keeps the appointments, the others serve it.
static void run_job(void *arg, int thread) {
    EvRun *r = arg;
    SnnInst *in = r->in;
    SnnEvents *ev = in->events;
    int64_t first = in->step, last = first + r->steps, slice = r->steps / 4096 + 1, k = first;
    bool stopped = false;
    uint64_t mode = fpmode_flush();
    if (thread) {
        event_serve(ev, thread);
        fpmode_restore(mode);
        return;
    }
    begin(ev, r->steps > 0);
    while (k < last && !stopped && !in->failed) {
        int64_t next = event_appointment(in, k, k + slice < last ? k + slice : last);
        event_advance(ev, (EvTime){ next, 0 });
        k = next;
        if (in->nsample_observers && step_sample_due(in, k)) {
            events_show(ev, (EvTime){ k, 0 }, true);
            step_notify_samples(in, k);
            events_show(ev, (EvTime){ k, 0 }, false);
        }
        if (k < last && in->ndrives && drives_due(in, k)) drives(ev, k);
        if (r->control && r->control->poll && r->control->poll(r->control->self, k - first, r->steps)) stopped = true;
    }
    event_dismiss(ev);
    events_sync(ev, (EvTime){ k, 0 });
    in->step = k;
    for (int m = 0; m < in->members && !in->failed; m++) inst_check(in, m, true);
    fpmode_restore(mode);
    r->result = k < last ? 1 : 0;
}

int events_run(SnnInst *in, int64_t steps, const InstControl *control) {
    EvRun r = { in, steps, control, 0 };
    in->events->dismissed = false;
    team_run(in->team, run_job, &r);
    return r.result;
}
