// SPDX-License-Identifier: MIT
// Neurons with several spike rules, or with rules that go by time or have a condition beside their level; and `step` blocks that digest what has arrived.
//
// Whenever something happens to such a neuron, `rule_times` says for each rule when it can act next: at a time since `present`, now, or not at all; a level is searched for its crossing
// then. The first one goes into the queue, the earlier rule first among equals. Everything that these times depend on stands still until something happens
// again, so nothing else has to be remembered; only the times of a timed rule that are over, so that none comes twice.
#include "core/event.h"
#include <math.h>
#include <string.h>
typedef struct SnnEvents SnnEvents;
#define ON_TICK 0x1p-42                                  // so near to a tick, a time is that tick: what rounding in the model's own formula leaves

static inline double *field(const SnnEvents *ev, int64_t f) { return ev->in->F[f]; }
static inline int64_t presented_at(const SnnEvents *ev, const EvPop *p, uint32_t id) {
    int64_t f = p->pop->present_field;
    return f ? ((const int64_t *)ev->in->F[f - 1])[id] : 0;
}
static double since(const SnnEvents *ev, const EvPop *p, uint32_t id, EvTime t) {
    return ((double)(t.tick - presented_at(ev, p, id)) + t.off) * ev->in->dt;
}

void rules_since(const SnnEvents *ev, const EvPop *p, uint32_t id, EvTime t) {
    if (p->d->since) field(ev, p->d->since - 1)[id] = since(ev, p, id, t);
}

void rules_settle(SnnCtx *ctx, const SnnEvents *ev, const EvPop *p, uint32_t id, EvTime t) {
    if (!p->d->settle) return;
    rules_since(ev, p, id, t);
    p->d->settle(ctx, id, (int64_t)id + 1);
}

// `ms` after `present`.
static EvTime moment(const SnnEvents *ev, const EvPop *p, uint32_t id, double ms) {
    double ticks = ms / ev->in->dt, near = nearbyint(ticks);
    if (fabs(ticks - near) <= fmax(ON_TICK, ticks * 0x1p-50)) ticks = near;
    return ev_later((EvTime){ presented_at(ev, p, id), 0 }, ticks);
}

// When rule r spikes, from `from` on; false: not as things stand.
static bool due(const SnnEvents *ev, const EvPop *p, uint32_t id, int64_t r, EvTime from, EvState *x, EvTime *at) {
    const SnnRule *d = &p->d->rule[r];
    double ms = field(ev, d->at)[id];
    *at = from;
    if (!(ms < SNN_RULE_NEVER)) return false;
    if (d->kind == SNN_RULE_LEVEL) {
        double wait = event_crossing(&p->rule[r].level, id, x);
        if (wait >= 0) *at = ev_later(from, wait / ev->in->dt);
        return wait >= 0;
    }
    if (ms > -SNN_RULE_NEVER && ms > 0) {
        EvTime t = moment(ev, p, id, ms);
        if (ev_before(from, t)) *at = t;
    }
    return true;
}

// Times of timed rules before t are over.
static void over(const SnnEvents *ev, const EvPop *p, uint32_t id, EvTime t) {
    double now = since(ev, p, id, t), over = now - fmax(ON_TICK * ev->in->dt, now * 0x1p-50);
    for (int64_t r = 0; r < p->d->nrules; r++) {
        if (p->d->rule[r].kind != SNN_RULE_TIMED) continue;
        double *past = &field(ev, p->d->rule[r].past)[id];
        if (over > *past) *past = over;
    }
}

void rules_judge(EvUnit *u, EvPop *p, uint32_t id, EvTime now) {
    const SnnEvents *ev = u->ev;
    EvTime from = p->last[id], first = { 0, 0 };
    EvState x = { .low = { 0 } }, y;                      // levels of several rules have no low words
    int64_t best = -1;
    for (int64_t k = 0; k < p->d->n; k++) x.x[k] = p->x[k][id];
    EvTime to = p->mark[id] & EV_RESTS && ev_before(now, p->until[id]) ? p->until[id] : now;
    if (ev_before(from, to)) {
        event_move(ev, p, id, from, to, &x, &y);
        x = y;
        memset(x.low, 0, sizeof x.low);
    }
    over(ev, p, id, to);
    rules_since(ev, p, id, to);
    p->d->rule_times(&u->w->ctx, id, (int64_t)id + 1);
    for (int64_t r = 0; r < p->d->nrules; r++) {
        EvTime at;
        if (!due(ev, p, id, r, to, &x, &at) || (best >= 0 && !ev_before(at, first))) continue;
        best = r;
        first = at;
    }
    if (best < 0) { event_drop(u, p, id); return; }
    event_put(u, p, id, first, (int)best);
}

// The reset of rule r at t; what follows is the next search's.
void rules_spike(EvUnit *u, EvPop *p, uint32_t id, int64_t r, EvTime t) {
    const SnnEvents *ev = u->ev;
    const SnnRule *d = &p->d->rule[r];
    if (d->kind == SNN_RULE_TIMED) field(ev, d->past)[id] = fmax(field(ev, d->past)[id], field(ev, d->at)[id]);
    rules_since(ev, p, id, t);
    if (d->reset) d->reset(&u->w->ctx, id, (int64_t)id + 1);
    if (d->refractory) {
        p->until[id] = ev_later(t, event_constant(ev, d->refractory, id) / ev->in->dt);
        p->mark[id] |= EV_RESTS;
    }
    rules_settle(&u->w->ctx, ev, p, id, t);
}

// A presentation at the moment t takes the place of what went by time since the last one and was due now.
void rules_presented(EvUnit *u, EvPop *p, uint32_t id) {
    for (int64_t r = 0; r < p->d->nrules; r++) {
        if (p->d->rule[r].kind == SNN_RULE_TIMED) field(u->ev, p->d->rule[r].past)[id] = -1e-9;
        if (p->d->rule[r].kind != SNN_RULE_LEVEL && event_rule_due(p, id) == r) event_drop(u, p, id);
    }
}

// ---- tables of levels: a population of its own for each, with the same states and another level ----

int rules_open(EvPop *p, SnnError *err) {
    const SnnEvent *d = p->d;
    if (!d->nrules) return 0;
    p->rule = mem_alloc((size_t)d->nrules * sizeof *p->rule);
    if (!p->rule) return port_error(err, 3, "not enough memory for the neurons of %s", p->pop->path);
    for (int64_t r = 0; r < d->nrules; r++) {
        EvRule *q = &p->rule[r];
        if (d->rule[r].refractory) p->rests = true;
        if (d->rule[r].kind != SNN_RULE_LEVEL) continue;
        q->event = *d;
        q->event.w = d->rule[r].w;
        q->event.level = d->rule[r].level;
        q->event.nrules = 0;
        q->event.constants = NULL;
    }
    return 0;
}

int rules_forms(const SnnEvents *ev, EvPop *p, SnnError *err) {
    for (int64_t r = 0; r < p->d->nrules; r++) {
        EvRule *q = &p->rule[r];
        if (p->d->rule[r].kind != SNN_RULE_LEVEL) continue;
        q->level.d = &q->event;
        q->level.pop = p->pop;
        q->level.n = p->n;
        if (forms_make(ev, &q->level, err)) return -1;
    }
    return 0;
}

void rules_constants(SnnEvents *ev, EvPop *p, int64_t lo, int64_t hi) {
    for (int64_t r = 0; r < p->d->nrules; r++)
        if (p->d->rule[r].kind == SNN_RULE_LEVEL) events_constants(ev, &p->rule[r].level, lo, hi);
}

void rules_close(EvPop *p) {
    for (int64_t r = 0; p->rule && r < p->d->nrules; r++) forms_free(&p->rule[r].level);
    mem_free(p->rule, p->d ? (size_t)p->d->nrules * sizeof *p->rule : 0);
    p->rule = NULL;
}
