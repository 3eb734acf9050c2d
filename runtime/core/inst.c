// SPDX-License-Identifier: MIT
// Life of a constructed network, and what may be changed between runs.
#include "core/inst.h"
#include "core/arrive.h"
#include "core/ask.h"
#include "core/bundle.h"
#include "core/event32_host.h"
#include "core/fpmode.h"
#include "core/queue.h"
#include "core/step.h"
#include <float.h>
#include <stdlib.h>
#include <math.h>
#include <string.h>

static int setup(SnnInst *in, const InstOptions *o, SnnError *err) {
    int64_t nk = in->net->nk > 0 ? in->net->nk : 1;
    in->K = mem_alloc((size_t)nk * sizeof *in->K);
    in->is_set = mem_alloc((size_t)nk);
    if (!in->K || !in->is_set) return port_error(err, 3, "not enough memory for the constants of %s", in->net->name);
    if (o->K && o->is_set)
        for (int64_t s = 0; s < nk; s++)
            if (o->is_set[s]) { in->K[s] = o->K[s]; in->is_set[s] = 1; }
    in->K[0] = in->dt;
    in->is_set[0] = 1;
    uint64_t mode = fpmode_flush();
    if (in->net->setup) in->net->setup(in->K, in->is_set);
    fpmode_restore(mode);
    in->ctx = (SnnCtx){ .K = in->K, .step = -1, .dt = in->dt, .seed = o->seed, .A = in->net->arrays };
    return 0;
}

// Memory that is only reserved does not count as taken, so what all neurons need is added up before the first of it is.
static int check_room(const SnnInst *in, SnnError *err) {
    double need = 0, neurons = 0, room = (double)mem_room();
    for (int64_t p = 0; p < in->net->npops; p++) neurons += (double)in->net->pops[p].n;
    for (int64_t f = 0; f < in->net->nfields; f++)
        if (!in->net->fields[f].owner_kind) need += (double)in->net->pops[in->net->fields[f].owner].n * (double)in->real_bytes;
    need += neurons * (double)(sizeof(uint32_t) + 2 * sizeof(double));          // lists of spikes, statistics
    if (need < 1e8 || need <= room) return 0;
    return port_error(err, 3, "not enough memory: the %.3g neurons of %s need %.1f GB, but only %.1f GB are free", neurons, in->net->name, need * 1e-9, room * 1e-9);
}

static int members(SnnInst *in, SnnError *err) {
    in->member = mem_alloc((size_t)in->members * sizeof *in->member);
    if (!in->member) return port_error(err, 3, "not enough memory for %d threads", in->members);
    for (int m = 0; m < in->members; m++) in->member[m].ctx = in->ctx;
    return 0;
}

// No more threads than the largest population has groups of 64 neurons: the others would only wait.
static int64_t most_members(const SnnNet *net) {
    int64_t groups = 1;
    bool alone = events_alone(net);
    for (int64_t p = 0; p < net->npops; p++)
        if (!(alone && net->pops[p].event) && (net->pops[p].n + 63) / 64 > groups) groups = (net->pops[p].n + 63) / 64;
    return groups;
}
static int useful_threads(const SnnNet *net, int threads) {
    int64_t most = most_members(net);
    return threads < 1 ? 1 : threads > most ? (int)most : threads;
}

// Adding to targets that are in a cache near by costs a tenth of adding to those that are not. So where neurons take more room than that,
// a thread's share is cut into members whose neurons fit: arrivals and the step then work on the same ones while they are there. A row is cut too, and
// going to a short piece costs more than its targets do (measured: below about a hundred synapses cutting loses). Nobody may read in a step what
// another member has moved already.
enum { FITS = 1 << 22, ROW_LEAST = 128 };
static int members_a_thread(SnnInst *in, int wanted) {
    const SnnNet *net = in->net;
    double bytes = 0, pieces = 0, longest = 0;
    for (int64_t i = 0; i < net->nprojs; i++) {
        const SnnProj *p = &net->projs[i];
        if (p->reads_pre || p->pre_jump || net->pops[p->src].event || net->pops[p->tgt].event) return 1;
        if (!p->deliver || p->layout != LAYOUT_SPARSE) continue;
        double length = connect_expected(in, i) / (double)(p->src_hi - p->src_lo);
        if (!wanted && (!p->uniform_delay || p->procedural)) return 1;
        if (length / ROW_LEAST > longest) longest = length / ROW_LEAST;
    }
    if (wanted) return wanted;
    for (int64_t f = 0; f < net->nfields; f++)
        if (!net->fields[f].owner_kind) bytes += (double)net->pops[net->fields[f].owner].n * (double)in->real_bytes;
    pieces = ceil(bytes / FITS / in->threads);
    return pieces < longest ? (int)pieces : (int)longest;
}
static void choose_members(SnnInst *in, const InstOptions *o) {
    int64_t most = most_members(in->net) / in->threads, share = members_a_thread(in, o->share);
    in->share = (int)(share > most ? most : share);
    if (in->share < 1) in->share = 1;
    in->members = in->threads * in->share;
}

typedef struct MemberJob { SnnInst *in; void (*job)(void *, int); void *arg; } MemberJob;
static void member_job(void *arg, int thread) {
    const MemberJob *j = arg;
    for (int s = 0; s < j->in->share; s++) j->job(j->arg, thread * j->in->share + s);
}
void inst_job(SnnInst *in, void (*job)(void *, int), void *arg) { team_run(in->team, member_job, &(MemberJob){ in, job, arg }); }

static int build(SnnInst *in, const InstOptions *o, SnnError *err) {
    const SnnNet *net = in->net;
    if (!(in->team = team_new(in->threads))) return port_error(err, 3, "the system gives no %d threads", in->threads);
    in->pop = mem_alloc((size_t)(net->npops + 1) * sizeof *in->pop);
    in->proj = mem_alloc((size_t)(net->nprojs + 1) * sizeof *in->proj);
    if (!in->pop || !in->proj) return port_error(err, 3, "not enough memory for network %s", net->name);
    if (setup(in, o, err) || range_params(in, err) || check_room(in, err)) return -1;
    range_rates(in);
    choose_members(in, o);
    for (int64_t p = 0; p < net->nprojs; p++) in->sync |= net->projs[p].reads_pre || net->projs[p].pre_jump;
    in->sync &= in->threads > 1;
    if (bundle_plan(in, o->bundle, err) || inst_fields(in, err) || range_neurons(in, err) || connect_all(in, err) || range_synapses(in, err) || members(in, err) || inst_history(in, err)) return -1;
    int64_t widest = 0;
    for (int64_t p = 0; p < net->npops; p++) widest = net->pops[p].n > widest ? net->pops[p].n : widest;
    in->merged_cap = widest + 64;
    if (!(in->merged = mem_alloc((size_t)in->merged_cap * sizeof *in->merged))) return port_error(err, 3, "not enough memory for network %s", net->name);
    return events_open(in, err) || ask_open(in, err) || arrive_open(in, err) ? -1 : 0;
}

// The event engine in single precision works for small machines, with one member.
static InstOptions options_for(const SnnNet *net, const InstOptions *o) {
    InstOptions out = *o;
    for (int64_t p = 0; o->real_bits == 32 && p < net->npops; p++)
        if (net->pops[p].event) out.threads = out.share = 1;
    return out;
}

SnnInst *inst_new(const SnnNet *net, const InstOptions *wanted, SnnError *err) {
    const InstOptions options = options_for(net, wanted), *o = &options;
    SnnInst *in = mem_alloc(sizeof *in);
    if (!in) { port_error(err, 3, "not enough memory"); return NULL; }
    in->net = net;
    in->real_bits = o->real_bits == 32 ? 32 : 64;
    in->real_bytes = in->real_bits == 32 ? 4 : 8;
    in->dt = o->dt;
    in->threads = useful_threads(net, o->threads);
    in->share = 1;
    in->members = in->threads;
    in->seen = o->seen;
    in->levels = o->levels;
    in->stop_step = INT64_MAX;
    atomic_flag_clear(&in->failing);
    if (!(o->dt > 0)) port_error(err, 2, "the time step dt must be above 0 ms");
    else if (!build(in, o, err)) return in;
    inst_free(in);
    return NULL;
}

static void free_history(SnnInst *in, int64_t p) {
    PopState *ps = &in->pop[p];
    int64_t lists = ps->list ? (ps->mask + 1) * in->net->pops[p].nports * in->threads : 0;
    for (int64_t i = 0; i < lists; i++) mem_free(ps->list[i].at, (size_t)ps->list[i].cap * sizeof(uint32_t));
    mem_free(ps->list, (size_t)lists * sizeof *ps->list);
    mem_free(ps->cut, (size_t)(in->members + 1) * sizeof *ps->cut);
    mem_free(ps->spikes, (size_t)in->members * sizeof(int64_t) * 8);
    free(ps->due.at);
    free(ps->due_step);
}
static void free_members(SnnInst *in) {
    if (!in->member) return;
    int64_t ports = 0;
    for (int64_t p = 0; p < in->net->npops; p++) ports = in->net->pops[p].nports > ports ? in->net->pops[p].nports : ports;
    for (int m = 0; m < in->members; m++) {
        Member *w = &in->member[m];
        mem_free(w->scratch, (size_t)w->scratch_cap * sizeof *w->scratch);
        mem_free(w->drive, (size_t)w->drive_cap * sizeof *w->drive);
        mem_free(w->out, (size_t)(ports + 1) * sizeof *w->out);
        mem_free(w->count, (size_t)(ports + 1) * sizeof *w->count);
    }
    mem_free(in->member, (size_t)in->members * sizeof *in->member);
}

void inst_free(SnnInst *in) {
    if (!in) return;
    const SnnNet *net = in->net;
    int64_t nk = net->nk > 0 ? net->nk : 1;
    events_close(in);
    if (in->proj) connect_free(in);
    bundle_free(in);
    if (in->pop) ask_close(in);
    arrive_close(in);
    if (in->pop) for (int64_t p = 0; p < net->npops; p++) free_history(in, p);
    free_members(in);
    if (in->F)
        for (int64_t f = 0; f < net->nfields; f++)
            if (!net->fields[f].owner_kind) mem_free(in->F[f], (size_t)net->pops[net->fields[f].owner].n * in->real_bytes);
    mem_free(in->F, (size_t)(net->nfields + 1) * sizeof *in->F);
    mem_free(in->pop, (size_t)(net->npops + 1) * sizeof *in->pop);
    mem_free(in->proj, (size_t)(net->nprojs + 1) * sizeof *in->proj);
    mem_free(in->K, (size_t)nk * sizeof *in->K);
    mem_free(in->is_set, (size_t)nk);
    mem_free(in->merged, (size_t)in->merged_cap * sizeof *in->merged);
    for (int64_t i = 0; i < in->ndrives; i++) free(in->drive[i].frame);
    free(in->drive);
    free(in->spike_observer);
    free(in->sample_observer);
    team_free(in->team);
    mem_free(in, sizeof *in);
}

// Drives that are over go; those that began since stay.
static void forget_drives(SnnInst *in) {
    int64_t n = 0;
    for (int64_t i = 0; i < in->ndrives; i++)
        if (in->drive[i].until >= in->step) in->drive[n++] = in->drive[i];       // one that ends now still has to be taken off
        else free(in->drive[i].frame);
    in->ndrives = n;
}
static void forget_emitted(SnnInst *in) {
    for (int64_t p = 0; p < in->net->npops; p++) {
        PopState *ps = &in->pop[p];
        int64_t n = 0;
        while (n < ps->due.n && ps->due_step[n] < in->step) n++;
        if (!n) continue;
        ps->due.n -= n;
        memmove(ps->due.at, ps->due.at + n, (size_t)ps->due.n * sizeof *ps->due.at);
        memmove(ps->due_step, ps->due_step + n, (size_t)ps->due.n * sizeof *ps->due_step);
    }
}

int inst_run(SnnInst *in, int64_t steps, const InstControl *control, SnnError *err) {
    if (in->failed) { *err = in->error; return -1; }
    if (steps <= 0) return 0;
    const SnnNet *net = in->net;
    StepRun r = { .in = in, .first = in->step, .last = in->step + steps, .control = control };
    r.poll_every = control && control->poll ? (control->every > 0 ? control->every : 1) : INT64_MAX / 4;
    for (int64_t p = 0; p < net->nprojs; p++) {
        r.any_pre_jump |= net->projs[p].pre_jump != NULL;
        r.any_post |= net->projs[p].post != NULL;
        r.any_post_jump |= net->projs[p].post_jump != NULL;
        r.any_advance |= net->projs[p].advance != NULL || net->projs[p].collect != NULL;
    }
    in->stop_step = INT64_MAX;
    if (in->tap) in->tap->begin(in->tap->self, in, steps);
    if (in->seen) seen_constants(in);
    int result;
    if (in->events32) result = events32_run(in, steps, control);
    else if (in->events && in->events->pure) result = events_run(in, steps, control);
    else {
        arrive_begin(in);
        team_run(in->team, inst_step_job, &r);
        in->step = in->member[0].ctx.step + 1;
        if (in->events) events_sync(in->events, (EvTime){ in->step, 0 });
        result = in->step < r.last ? 1 : 0;
    }
    in->stale = false;
    if (in->seen) seen_constants(in);
    forget_emitted(in);
    if (in->tap) in->tap->end(in->tap->self, in);
    return in->failed ? port_error(err, in->error.code, "%s", in->error.text) : result;
}

// ---- changes between runs ----
static int check_delays(SnnInst *in, SnnError *err) {
    for (int64_t p = 0; p < in->net->nprojs; p++) {
        const SnnProj *d = &in->net->projs[p];
        if (!d->uniform_delay || in->proj[p].nclass != 1 || !in->proj[p].delay) continue;
        if (nearbyint(in->K[d->delay_slot]) != (double)in->proj[p].delay[0])
            return port_error(err, 3, "the delay of %s cannot be changed once the network is built: give it to `use`", d->path);
    }
    return 0;
}
int inst_set(SnnInst *in, int64_t slot, double value, SnnError *err) {
    in->K[slot] = value;
    in->is_set[slot] = 1;
    uint64_t mode = fpmode_flush();
    if (in->net->setup) in->net->setup(in->K, in->is_set);
    fpmode_restore(mode);
    for (int64_t p = 0; p < in->net->npops; p++) inst_derive(in, p);
    return range_params(in, err) || check_delays(in, err) ? -1 : 0;
}
void inst_derive(SnnInst *in, int64_t p) {
    const SnnPop *pop = &in->net->pops[p];
    uint64_t mode = fpmode_flush();
    if (pop->derive && pop->n) pop->derive(&in->ctx, 0, pop->n);
    fpmode_restore(mode);
}

static bool keeps(const SnnField *f) {      // by a reset of the state
    return f->role == INST_PARAM || f->role == INST_DERIVED || f->role == INST_POSITION || f->role == INST_DRIVE || f->role == INST_VALUE;
}
static int reset_neurons(SnnInst *in, int64_t p, SnnError *err) {
    const SnnNet *net = in->net;
    const SnnPop *pop = &net->pops[p];
    size_t bytes = (size_t)pop->n * in->real_bytes;
    void **saved = calloc((size_t)net->nfields + 1, sizeof *saved);
    bool ok = saved != NULL;
    for (int64_t f = 0; ok && f < net->nfields; f++) {
        if (net->fields[f].owner_kind || net->fields[f].owner != p || !keeps(&net->fields[f])) continue;
        ok = (saved[f] = mem_alloc(bytes)) != NULL;
        if (ok) memcpy(saved[f], in->F[f], bytes);
    }
    uint64_t mode = fpmode_flush();
    if (ok && pop->init && pop->n) pop->init(&in->ctx, 0, pop->n);
    fpmode_restore(mode);
    for (int64_t f = 0; saved && f < net->nfields; f++) {
        if (saved[f] && ok) memcpy(in->F[f], saved[f], bytes);
        mem_free(saved[f], bytes);
    }
    free(saved);
    return ok ? 0 : port_error(err, 3, "not enough memory to reset %s", pop->path);
}
static void forget_spikes(SnnInst *in) {
    for (int64_t p = 0; p < in->net->npops; p++) {
        int64_t lists = (in->pop[p].mask + 1) * in->net->pops[p].nports * in->threads;
        for (int64_t i = 0; i < lists; i++) in->pop[p].list[i].n = 0;
        in->pop[p].due.n = 0;
    }
}
// Fields of synapses: set anew as at construction, then what stays is put back.
static int reset_synapses(SnnInst *in, int64_t i, int what, SnnError *err) {
    const SnnProj *p = &in->net->projs[i];
    ProjState *ps = &in->proj[i];
    if (!p->nfields || !p->row_init) return 0;
    if (ps->bundle) return bundle_again(in, i, what, err);
    int64_t nsaved = p->nfields * in->members;
    void **saved = calloc((size_t)nsaved, sizeof *saved);
    bool ok = saved != NULL;
    for (int64_t k = 0; ok && k < nsaved; k++) {
        const SnnBlock *b = &ps->block[k % in->members];
        bool weight = in->net->fields[p->fields[k / in->members]].role == INST_WEIGHT;
        if (what == 2 || weight == (what == 1) || !b->nsyn) continue;
        size_t bytes = (size_t)b->nsyn * in->real_bytes;
        ok = (saved[k] = mem_alloc(bytes)) != NULL;
        if (ok) memcpy(saved[k], b->S[k / in->members], bytes);
    }
    int r = ok ? connect_rows_again(in, i, err) : port_error(err, 3, "not enough memory to reset %s", p->path);
    for (int64_t k = 0; saved && k < nsaved; k++) {
        const SnnBlock *b = &ps->block[k % in->members];
        if (saved[k] && ok) memcpy(b->S[k / in->members], saved[k], (size_t)b->nsyn * in->real_bytes);
        mem_free(saved[k], (size_t)b->nsyn * in->real_bytes);
    }
    free(saved);
    return r;
}
int inst_reset(SnnInst *in, int what, SnnError *err) {
    in->stale = true;
    if (what != 1) {
        for (int64_t p = 0; p < in->net->npops; p++)
            if (reset_neurons(in, p, err)) return -1;
        forget_spikes(in);
        if (in->events) events_forget(in->events);
        if (in->events32) events32_forget(in);
    }
    for (int64_t i = 0; i < in->net->nprojs; i++)
        if (reset_synapses(in, i, what, err)) return -1;
    return 0;
}

int inst_drive(SnnInst *in, const Drive *d, SnnError *err) {
    forget_drives(in);
    int64_t n = 0;                              // what the new one covers in range and time has no say any more
    for (int64_t i = 0; i < in->ndrives; i++) {
        const Drive *o = &in->drive[i];
        bool covered = o->field == d->field && o->lo >= d->lo && o->hi <= d->hi && o->from >= d->from && o->until <= d->until;
        if (!covered) in->drive[n++] = *o;
        else free(o->frame);
    }
    in->ndrives = n;
    if (n == in->capdrives) {
        int64_t cap = n * 2 + 8;
        Drive *at = realloc(in->drive, (size_t)cap * sizeof *at);
        if (!at) { free(d->frame); return port_error(err, 3, "not enough memory for a drive"); }
        in->drive = at;
        in->capdrives = cap;
    }
    in->drive[in->ndrives++] = *d;
    return 0;
}

typedef struct Due { int64_t step; uint32_t index; } Due;
static int by_step(const void *a, const void *b) {
    const Due *x = a, *y = b;
    if (x->step != y->step) return x->step < y->step ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}
// A spike stamped now was found, so to speak, in the step before: it joins that step's list.
static int emit_now(SnnInst *in, int64_t pop, uint32_t x) {
    int m = 0;
    while ((int64_t)x >= in->pop[pop].cut[m + 1]) m++;
    SpikeList *l = inst_list(in, pop, in->step - 1, 0, m / in->share);
    int64_t n = l->n;
    uint32_t *s = malloc((size_t)(n + 1) * sizeof *s);
    if (!s) return -1;
    int64_t at = 0;
    while (at < l->n && l->at[at] < x) at++;
    bool there = at < l->n && l->at[at] == x;
    if (at) memcpy(s, l->at, (size_t)at * sizeof *s);
    s[at] = x;
    if (!there) {
        if (l->n > at) memcpy(s + at + 1, l->at + at, (size_t)(l->n - at) * sizeof *s);
        l->n = 0;
        if (step_keep(l, s, n + 1)) { free(s); return -1; }
        in->pop[pop].spikes[m * 8]++;
        for (int64_t o = 0; o < in->nspike_observers; o++) {
            const SpikeObserver *v = &in->spike_observer[o];
            if (v->pop == pop && v->port == 0 && (int64_t)x >= v->lo && (int64_t)x < v->hi) v->fn(v->self, in->step, &x, 1);
        }
    }
    free(s);
    return 0;
}
int inst_emit(SnnInst *in, int64_t pop, const int64_t *stamp, const uint32_t *index, int64_t n, SnnError *err) {
    if (events_own(in, pop)) return events_outside(in, pop, stamp, NULL, index, n, err);
    PopState *ps = &in->pop[pop];
    int64_t all = ps->due.n + n, kept = 0;
    Due *due = malloc((size_t)(all + 1) * sizeof *due);
    uint32_t *at = malloc((size_t)(all + 1) * sizeof *at);
    int64_t *step = malloc((size_t)(all + 1) * sizeof *step);
    bool ok = due && at && step;
    for (int64_t i = 0; ok && i < ps->due.n; i++) due[kept++] = (Due){ ps->due_step[i], ps->due.at[i] };
    for (int64_t i = 0; ok && i < n; i++) {
        if (stamp[i] > in->step) due[kept++] = (Due){ stamp[i] - 1, index[i] };
        else ok = !emit_now(in, pop, index[i]);
    }
    if (!ok) {
        free(due); free(at); free(step);
        return port_error(err, 3, "not enough memory for the spikes emitted by %s", in->net->pops[pop].path);
    }
    qsort(due, (size_t)kept, sizeof *due, by_step);
    for (int64_t i = 0; i < kept; i++) { step[i] = due[i].step; at[i] = due[i].index; }
    free(due);
    free(ps->due.at);
    free(ps->due_step);
    ps->due = (SpikeList){ at, kept, all + 1 };
    ps->due_step = step;
    return 0;
}

typedef struct Ranked { double value; int64_t index; } Ranked;
static int by_value(const void *a, const void *b) {          // largest first, equal ones by number
    const Ranked *x = a, *y = b;
    if (x->value != y->value) return x->value > y->value ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}
// Neurons and decoders see every presentation, encoders their own.
static bool present_seen(SnnInst *in) {
    for (int64_t k = 0; k < in->net->npops; k++) {
        const SnnPop *p = &in->net->pops[k];
        if (p->is_encoder || !p->present_field) continue;
        double *now = malloc((size_t)(p->n + 1) * sizeof *now);
        if (!now) return false;
        for (int64_t i = 0; i < p->n; i++) now[i] = (double)in->step;
        inst_write(in, p->present_field - 1, 0, p->n, now);
        free(now);
    }
    return true;
}
int64_t inst_present(SnnInst *in, int64_t pop, const double *value, int64_t n, SnnError *err) {
    const SnnPop *p = &in->net->pops[pop];
    if (!p->value_field) return port_error(err, 3, "%s takes no presented values", p->path);
    if (n != p->n) return port_error(err, 3, "%s has %lld neurons, but %lld values are presented to it", p->path, (long long)p->n, (long long)n);
    Ranked *r = malloc((size_t)(n + 1) * sizeof *r);
    double *out = malloc((size_t)(n + 1) * sizeof *out);
    if (!r || !out) { free(r); free(out); return port_error(err, 3, "not enough memory to present values to %s", p->path); }
    inst_write(in, p->value_field - 1, 0, n, value);
    for (int64_t i = 0; i < n; i++) { r[i] = (Ranked){ value[i], i }; out[i] = (double)in->step; }
    if (p->present_field) inst_write(in, p->present_field - 1, 0, n, out);
    if (!present_seen(in)) { free(r); free(out); return port_error(err, 3, "not enough memory to present values to %s", p->path); }
    if (p->rank_field) {
        qsort(r, (size_t)n, sizeof *r, by_value);
        for (int64_t i = 0; i < n; i++) out[r[i].index] = (double)i;
        inst_write(in, p->rank_field - 1, 0, n, out);
    }
    free(r);
    free(out);
    return 0;
}
