// SPDX-License-Identifier: MIT
// The step loop. One call of inst_step_job per thread of the team runs all steps; threads meet at one barrier a step, or fewer where no spike arrives sooner
// (SnnInst.apart), and at the ends of phases only where a projection reads or writes neurons of another member (SnnInst.sync).
//
// Phases of step k, as compiler/net/net.h defines them: drives; arrivals of every projection, oldest spikes first; jumps of the sources;
// jumps at synapses onto neurons that spiked in step k - 1; jumps of these neurons; advance; population steps. Spikes go from
// the kernel's scratch into the history slot of step k.
//
// A member that sets stop_step does so before the barrier that ends with that very step, and members leave only at a barrier that is not
// before it, so all leave together.
#include "core/arrive.h"
#include "core/ask.h"
#include "core/bundle.h"
#include "core/event.h"
#include "core/fpmode.h"
#include "core/inst.h"
#include "core/queue.h"
#include "core/step.h"
#include "core/value.h"
#include <string.h>

// The spikes of step k among neurons [lo, hi) that member m owns.
static int64_t own_spikes(SnnInst *in, int64_t pop, int64_t k, int64_t port, int m, int64_t lo, int64_t hi, const uint32_t **s) {
    const int64_t *cut = in->pop[pop].cut;
    return inst_clip(inst_list(in, pop, k, port, m / in->share), cut[m] > lo ? cut[m] : lo, cut[m + 1] < hi ? cut[m + 1] : hi, s);
}

// Source jumps: once per spike that arrives now, by the member that owns the source.
static void pre_jump(SnnInst *in, Member *w, int m, int64_t i) {
    const SnnProj *p = &in->net->projs[i];
    const ProjState *ps = &in->proj[i];
    if (!p->pre_jump) return;
    for (int64_t class = ps->nclass - 1; class >= 0; class--) {
        const uint32_t *s;
        int64_t n = own_spikes(in, p->src, w->ctx.step - 1 - ps->delay[class], p->port, m, p->src_lo, p->src_hi, &s);
        if (n) p->pre_jump(&w->ctx, s, n);
    }
}
static int64_t target_spikes(SnnInst *in, Member *w, int m, const SnnProj *p, const uint32_t **s) {
    return own_spikes(in, p->tgt, w->ctx.step - 1 - inst_post_delay(in, p), 0, m, p->tgt_lo, p->tgt_hi, s);
}
static void post(SnnInst *in, Member *w, int m, int64_t i) {
    const SnnProj *p = &in->net->projs[i];
    const SnnBlock *b = &in->proj[i].block[m];
    const uint32_t *s;
    if (!p->post || !b->nsyn) return;
    int64_t n = target_spikes(in, w, m, p, &s);
    if (!n) return;
    for (int64_t k = 0; k < n; k++)
        w->plastic += p->layout == LAYOUT_SPARSE ? (int64_t)(b->colptr[s[k] - b->tgt_lo + 1] - b->colptr[s[k] - b->tgt_lo])
                      : p->layout == LAYOUT_DENSE ? b->src_hi - b->src_lo : 1;
    p->post(&w->ctx, b, s, n, 0);
}
static void post_jump(SnnInst *in, Member *w, int m, int64_t i) {
    const SnnProj *p = &in->net->projs[i];
    const uint32_t *s;
    if (!p->post_jump) return;
    int64_t n = target_spikes(in, w, m, p, &s);
    if (n) p->post_jump(&w->ctx, s, n);
}
static void advance(SnnInst *in, Member *w, int m, int64_t i) {
    const SnnProj *p = &in->net->projs[i];
    const SnnBlock *b = &in->proj[i].block[m];
    if (p->advance && b->nsyn) p->advance(&w->ctx, b);
    if (p->collect && b->tgt_lo < b->tgt_hi) p->collect(&w->ctx, b);
}

// Writes what the experiment drives into a field: constants when something began or ended, functions each step. The youngest drive wins.
static void drive_range(SnnInst *in, Member *w, const Drive *d, int64_t lo, int64_t hi) {
    if (d->lo > lo) lo = d->lo;
    if (d->hi < hi) hi = d->hi;
    if (lo >= hi || d->from > w->ctx.step || d->until <= w->ctx.step) return;
    if (d->fn) d->fn(&w->ctx, d->frame, lo, hi, w->drive);
    for (int64_t i = lo; i < hi; i++) {
        double v = d->fn ? w->drive[i - lo] : d->value;
        value_put(in, &in->net->fields[d->field], in->F[d->field], i, v);
    }
}
static bool drive_due(const Drive *d, int64_t k, bool begin) { return begin || d->from == k || d->until == k || (d->moves && d->from <= k && d->until > k); }
static void drive_field(SnnInst *in, Member *w, int m, int64_t f) {
    const int64_t *cut = in->pop[in->net->fields[f].owner].cut;
    for (int64_t i = 0; i < in->ndrives; i++) {
        const Drive *d = &in->drive[i];
        int64_t lo = cut[m] > d->lo ? cut[m] : d->lo, hi = cut[m + 1] < d->hi ? cut[m + 1] : d->hi;
        if (d->field == f && lo < hi) memset((char *)in->F[f] + (size_t)lo * in->real_bytes, 0, (size_t)(hi - lo) * in->real_bytes);
    }
    for (int64_t i = 0; i < in->ndrives; i++)
        if (in->drive[i].field == f) drive_range(in, w, &in->drive[i], cut[m], cut[m + 1]);
}
bool step_drive_due(const SnnInst *in, int64_t i, int64_t k, bool begin, bool on_events) {
    return events_own(in, in->net->fields[in->drive[i].field].owner) == on_events && drive_due(&in->drive[i], k, begin);
}
void step_drive(SnnInst *in, Member *w, int m, bool begin, bool on_events) {
    int64_t k = w->ctx.step;
    for (int64_t i = 0; i < in->ndrives; i++) {
        if (!step_drive_due(in, i, k, begin, on_events)) continue;
        int64_t j = 0;
        while (in->drive[j].field != in->drive[i].field || !drive_due(&in->drive[j], k, begin)) j++;
        if (j == i) drive_field(in, w, m, in->drive[i].field);      // once a field
    }
}

int step_keep(SpikeList *l, const uint32_t *s, int64_t n) {
    if (l->n + n > l->cap) {
        int64_t cap = (l->n + n) * 3 / 2 + 16;
        uint32_t *at = mem_resize(l->at, (size_t)l->cap * sizeof *at, (size_t)cap * sizeof *at);
        if (!at) return -1;
        l->at = at;
        l->cap = cap;
    }
    if (n) memcpy(l->at + l->n, s, (size_t)n * sizeof *s);
    l->n += n;
    return 0;
}

// Spikes that the experiment emits in this step join those that the kernel found; n grows by what was not there already.
static int64_t emit(const PopState *ps, int64_t step, int64_t lo, int64_t hi, uint32_t *out, int64_t n) {
    int64_t a = 0, b = ps->due.n;
    while (a < b) {
        int64_t half = (a + b) / 2;
        if (ps->due_step[half] < step || (ps->due_step[half] == step && (int64_t)ps->due.at[half] < lo)) a = half + 1;
        else b = half;
    }
    for (; a < ps->due.n && ps->due_step[a] == step && (int64_t)ps->due.at[a] < hi; a++) {
        uint32_t x = ps->due.at[a];
        int64_t at = inst_lower(out, n, x);
        if (at < n && out[at] == x) continue;
        memmove(out + at + 1, out + at, (size_t)(n - at) * sizeof *out);
        out[at] = x;
        n++;
    }
    return n;
}

static void step_neurons(SnnInst *in, Member *w, int m, int64_t i) {
    const SnnPop *p = &in->net->pops[i];
    PopState *ps = &in->pop[i];
    int64_t lo = ps->cut[m], hi = ps->cut[m + 1], k = w->ctx.step;
    for (int64_t port = 0; port < p->nports; port++) w->count[port] = 0;
    if (lo < hi && p->step) p->step(&w->ctx, lo, hi, w->out, w->count);
    if (ps->due.n && p->nports) w->count[0] = emit(ps, k, lo, hi, w->out[0], w->count[0]);
    for (int64_t port = 0; port < p->nports; port++) {
        SpikeList *list = inst_list(in, i, k, port, m / in->share);
        if (m % in->share == 0) list->n = 0;
        if (step_keep(list, w->out[port], w->count[port]))
            inst_fail(in, 3, "not enough memory for the spikes of %s", p->path);
    }
    if (p->nports) ps->spikes[m * 8] += w->count[0];
}

typedef void Phase(SnnInst *in, Member *w, int m, int64_t i);
static void for_projections(SnnInst *in, Member *w, int m, Phase *f, bool any) {
    if (!any) return;
    if (in->sync) team_barrier(in->team);
    for (int64_t i = 0; i < in->net->nprojs; i++)
        if (!events_own(in, in->net->projs[i].tgt)) f(in, w, m, i);
}

static void notify_spikes(SnnInst *in, int64_t k) {
    for (int64_t o = 0; o < in->nspike_observers; o++) {
        const SpikeObserver *s = &in->spike_observer[o];
        if (events_own(in, s->pop)) continue;                   // told one by one
        const SpikeList *list = inst_list(in, s->pop, k, s->port, 0);
        const uint32_t *first = NULL;
        int64_t total = 0;
        for (int m = 0; m < in->threads; m++) {
            const uint32_t *part;
            int64_t n = inst_clip(&list[m], s->lo, s->hi, &part);
            if (!n) continue;
            if (!total) first = part;
            else {
                if (first != in->merged) memcpy(in->merged, first, (size_t)total * sizeof *first);
                memcpy(in->merged + total, part, (size_t)n * sizeof *part);
                first = in->merged;
            }
            total += n;
        }
        if (total) s->fn(s->self, k + 1, first, total);
    }
}
bool step_sample_due(const SnnInst *in, int64_t stamp) {
    for (int64_t o = 0; o < in->nsample_observers; o++)
        if (stamp % in->sample_observer[o].every == 0) return true;
    return false;
}
void step_notify_samples(SnnInst *in, int64_t stamp) {
    for (int64_t o = 0; o < in->nsample_observers; o++)
        if (stamp % in->sample_observer[o].every == 0) in->sample_observer[o].fn(in->sample_observer[o].self, stamp);
}

static void one_step(StepRun *r, int m, bool begin) {
    SnnInst *in = r->in;
    Member *w = &in->member[m];
    if (in->ndrives) step_drive(in, w, m, begin, false);
    if (in->tap) in->tap->driven(in->tap->self, in, w->ctx.step);
    if (in->queued) queue_expand(in, m, w->ctx.step);
    if (in->share > 1) ask_first(in, m, w->ctx.step, ASK_ALL, 0);
    else if (in->threads > 1 && w->ctx.step == w->known) ask_first(in, m, w->ctx.step, ASK_OTHERS, w->known_before);
    if (in->nbundles) bundle_expand(in, m, w->ctx.step);
    if (in->nways) arrive_ways(in, w);
    else
        for (int64_t i = 0; i < in->net->nprojs; i++)
            if (!events_own(in, in->net->projs[i].tgt)) arrive(in, w, m, i);
    for_projections(in, w, m, pre_jump, r->any_pre_jump);
    for_projections(in, w, m, post, r->any_post);
    for_projections(in, w, m, post_jump, r->any_post_jump);
    for_projections(in, w, m, advance, r->any_advance);
    if (in->sync) team_barrier(in->team);
    if (in->seen) seen_neurons(in);
    for (int64_t i = 0; i < in->net->npops; i++)
        if (!events_own(in, i)) step_neurons(in, w, m, i);
    if (in->nways) arrive_ask(in, w->ctx.step + 1);
    else if (in->share == 1) ask_first(in, m, w->ctx.step + 1, ASK_KNOWN, w->known);
    if (in->seen) seen_neurons(in);
}

// What a thread does between two barriers: its members' steps [begin, end), one member after the other.
static void thread_steps(StepRun *r, int thread, int64_t begin, int64_t end) {
    SnnInst *in = r->in;
    for (int m = thread * in->share; m < (thread + 1) * in->share; m++) {
        Member *w = &in->member[m];
        w->known_before = w->known;
        w->known = begin;
        for (int64_t k = begin; k < end; k++) {
            w->ctx.step = k;
            w->ctx.t = (double)k * in->dt;
            one_step(r, m, k == r->first);
            if (k + 1 == r->last || (k + 1) % INST_CHECK_EVERY == 0) inst_check(in, m, k + 1 == r->last);
            if (in->seen && (k == r->first || k + 1 == r->last || (k + 1) % INST_CHECK_EVERY == 0)) seen_synapses(in);
        }
    }
}
// All meet after as many steps as they may be apart, when samples are due, and at the end.
static int64_t meet_at(const StepRun *r, int64_t k) {
    const SnnInst *in = r->in;
    int64_t end = k + in->apart < r->last ? k + in->apart : r->last;
    for (int64_t o = 0; in->apart > 1 && o < in->nsample_observers; o++) {
        int64_t every = in->sample_observer[o].every, due = (k / every + 1) * every;
        if (due < end) end = due;
    }
    return end;
}
void inst_step_job(void *arg, int thread) {
    StepRun *r = arg;
    SnnInst *in = r->in;
    uint64_t mode = fpmode_flush();
    int64_t poll = r->first + r->poll_every - 1;
    for (int m = thread * in->share; in->stale && m < (thread + 1) * in->share; m++) {
        queue_again(in, m);
        bundles_again(in, m);
    }
    for (int64_t begin = r->first, end; begin < r->last; begin = end) {
        end = meet_at(r, begin);
        int64_t k = end - 1;
        if (in->events) {
            if (thread == 0) events_step(in, k, k == r->first);
            else event_serve(in->events, thread);
        }
        thread_steps(r, thread, begin, end);
        if (thread == 0 && k >= poll) {
            poll = k + r->poll_every;
            if (r->control->poll(r->control->self, k + 1 - r->first, r->last - r->first)) atomic_store(&r->stopped, 1);
        }
        if (atomic_load_explicit(&in->failed, memory_order_relaxed) || (thread == 0 && atomic_load_explicit(&r->stopped, memory_order_relaxed))) {
            int64_t none = INT64_MAX;
            atomic_compare_exchange_strong(&in->stop_step, &none, k);
        }
        team_barrier(in->team);
        if (thread == 0 && in->events) events_heard(in, k);
        for (int64_t e = begin; thread == 0 && in->nspike_observers && e < end; e++) notify_spikes(in, e);
        if (in->nsample_observers && step_sample_due(in, k + 1)) {
            team_barrier(in->team);
            if (thread == 0 && in->events) events_show(in->events, (EvTime){ k + 1, 0 }, true);
            if (thread == 0) step_notify_samples(in, k + 1);
            if (thread == 0 && in->events) events_show(in->events, (EvTime){ k + 1, 0 }, false);
            team_barrier(in->team);
        }
        if (atomic_load_explicit(&in->stop_step, memory_order_acquire) <= k) break;
    }
    fpmode_restore(mode);
}
