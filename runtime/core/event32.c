// SPDX-License-Identifier: MIT
// The host's side of the event engine in single precision: networks whose reals are floats and whose populations all run on events. One
// thread. Fields stay where they are; places of event32.h are addresses here.
//
// A neuron is moved only by what happens to it, so that a small machine that does the same has the same bits: an arrival, its own spike, a drive
// that gives it another value (not one that repeats the old one), and the end of a run.
#include "core/event32_host.h"
#include "core/fpmode.h"
#include "core/step.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static float exp_of(void *s, float x) {
    float v[16] = { x };
    ((SnnEvents32 *)s)->exp(v, 1);
    return v[0];
}
static SnnCtx *ctx_of(void *s) { return &((SnnEvents32 *)s)->in->member[0].ctx; }
static void set_clock(void *s, Ev32Time t) {
    SnnEvents32 *ev = s;
    ctx_of(s)->step = t >> EV32_SHIFT;
    ctx_of(s)->t = (double)t * (0x1p-24 * ev->in->dt);
}
static const SnnProj *proj_of(void *s, const Ev32Proj *q) { return &((SnnEvents32 *)s)->in->net->projs[q - ((SnnEvents32 *)s)->net.proj]; }
static const SnnBlock *block_of(void *s, const Ev32Proj *q) { return &((SnnEvents32 *)s)->in->proj[q - ((SnnEvents32 *)s)->net.proj].block[0]; }
static void tell(SnnEvents32 *ev, uint32_t pop, uint32_t id, Ev32Time t) {
    SnnInst *in = ev->in;
    double offset = (double)(t & 0xFFFFFF) * 0x1p-24;
    int64_t stamp = (t >> EV32_SHIFT) + (offset > 0);
    in->pop[pop].spikes[0]++;
    in->offset = &offset;
    for (int64_t o = 0; o < in->nspike_observers; o++) {
        const SpikeObserver *x = &in->spike_observer[o];
        if (x->pop == (int64_t)pop && x->port == 0 && (int64_t)id >= x->lo && (int64_t)id < x->hi) x->fn(x->self, stamp, &id, 1);
    }
    in->offset = NULL;
}
static bool more_room(SnnEvents32 *ev, uint32_t log);
static void note_peak(SnnEvents32 *ev, uint32_t log, uint32_t n) {
    if (n > ev->peak[log]) ev->peak[log] = n;
}

// Addresses are places: s is the engine, places are counted from 0, so they are taken as they are.
#define E_EXP(x) exp_of(s, x)
#define E_WAIT(seed, id, pop, count) ((SnnEvents32 *)s)->wait(seed, id, pop, count)
#define E_CLOCK(net, s, t) set_clock(s, t)
#define E_RESET(net, s, p, id) ((SnnInitFn *)(p)->reset)(ctx_of(s), id, (int64_t)(id) + 1)
#define E_CONSTANTS(net, s, p, lo, hi) ((SnnInitFn *)(p)->constants)(ctx_of(s), lo, hi)
#define E_DELIVER(net, s, q, index, class) proj_of(s, q)->deliver(ctx_of(s), block_of(s, q), &(uint32_t){ index }, 1, class)
#define E_POST(net, s, q, index, class) proj_of(s, q)->post(ctx_of(s), block_of(s, q), &(uint32_t){ index }, 1, class)
#define E_PRE_JUMP(net, s, q, index) proj_of(s, q)->pre_jump(ctx_of(s), &(uint32_t){ index }, 1)
#define E_POST_JUMP(net, s, q, index) proj_of(s, q)->post_jump(ctx_of(s), &(uint32_t){ index }, 1)
#define E_TELL(net, s, pop, id, t) tell(s, pop, id, t)
#define E_FULL(net, s) atomic_load_explicit(&((SnnEvents32 *)s)->in->failed, memory_order_relaxed)
#define E_ROOM(net, s, log) more_room(s, log)
#define E_PEAK(net, s, log, n) note_peak(s, log, n)
#define E_PLACES_ARE_ADDRESSES
#include "core/event32_engine.h"

// ---- opening ----

static Ev32Const constant(const SnnInst *in, int64_t code) {
    if (!code) return (Ev32Const){ .kind = EV32_ABSENT };
    if (code & 1) return (Ev32Const){ .kind = EV32_EACH, .at = (Ev32At)in->F[(code - 3) / 2] };
    return (Ev32Const){ .kind = EV32_NUMBER, .value = (float)in->K[(code - 2) / 2] };
}

static double coefficient(const SnnInst *in, int64_t code) { return code ? in->K[(code - 2) / 2] : 0; }      // the same for all neurons

// What depends on constants of the network: taken anew when a run begins.
static int tables(SnnEvents32 *ev, uint32_t i, SnnError *err) {
    const SnnInst *in = ev->in;
    Ev32Pop *p = &ev->pop[i];
    const SnnEvent *d = in->net->pops[i].event;
    double a[EV_STATES * EV_STATES], w[EV_STATES];
    bool has_b[EV_STATES];
    if (d->n > EV_STATES) return port_error(err, 3, "%s has more states than the event engine takes", in->net->pops[i].path);
    for (int64_t k = 0; k < d->n * d->n; k++) a[k] = coefficient(in, d->a[k]);
    for (int64_t k = 0; k < d->n; k++) {
        has_b[k] = d->b[k] != 0;
        w[k] = d->w ? coefficient(in, d->w[k]) : 0;
        ev->constant[i * EV_STATES + (size_t)k] = constant(in, d->b[k]);
    }
    event32_tables_free(ev->tables[i]);
    ev->tables[i] = event32_tables((uint32_t)d->n, a, d->level ? w : NULL, (uint64_t)d->held, has_b, p);
    if (!ev->tables[i]) return port_error(err, 3, "the equations of %s are chained too long for the event engine", in->net->pops[i].path);
    p->level = constant(in, d->level);
    p->rate = constant(in, d->rate);
    p->refractory = constant(in, d->refractory);
    return 0;
}

static void *take(SnnEvents32 *ev, size_t bytes) {
    struct Piece *x = calloc(1, sizeof *x + bytes);
    if (!x) return NULL;
    x->next = ev->pieces;
    ev->pieces = x;
    return x + 1;
}

static int open_pop(SnnEvents32 *ev, uint32_t i, SnnError *err) {
    const SnnInst *in = ev->in;
    const SnnPop *s = &in->net->pops[i];
    const SnnEvent *d = s->event;
    Ev32Pop *p = &ev->pop[i];
    Ev32At *x = &ev->places[i * 2 * EV_STATES], *buffer = x + EV_STATES;
    *p = (Ev32Pop){ .n = (uint32_t)s->n, .base = ev->net.neurons, .log = UINT32_MAX, .until = EV32_NOWHERE, .count = EV32_NOWHERE, .x = x, .buffer = buffer,
                    .b = &ev->constant[i * EV_STATES], .reset = (void (*)(void))d->reset, .constants = (void (*)(void))d->constants };
    ev->net.neurons += p->n;
    if (tables(ev, i, err)) return -1;
    for (int64_t k = 0; k < d->n; k++) {
        x[k] = (Ev32At)in->F[d->state[k]];
        buffer[k] = d->buffer[k] ? (Ev32At)in->F[d->buffer[k] - 1] : EV32_NOWHERE;
        p->has_buffer |= d->buffer[k] != 0;
    }
    void *until = d->refractory ? take(ev, (size_t)s->n * sizeof(Ev32Time)) : NULL, *count = d->rate ? take(ev, (size_t)s->n * sizeof(uint32_t)) : NULL;
    if ((d->refractory && !until) || (d->rate && !count)) return port_error(err, 3, "not enough memory for the neurons of %s", s->path);
    if (until) p->until = (Ev32At)until;
    if (count) p->count = (Ev32At)count;
    ev->exp = (void (*)(float *, int64_t))(void (*)(void))d->exp;
    if (d->wait) ev->wait = d->wait;
    return 0;
}

Ev32Time event32_delay(const SnnInst *in, int64_t i, int64_t class) {
    const SnnProj *p = &in->net->projs[i];
    if (!p->uniform_delay) return (Ev32Time)in->proj[i].delay[class] << EV32_SHIFT;
    return (Ev32Time)llrint(in->K[p->delay_slot] * 0x1p24);
}

static void open_proj(SnnEvents32 *ev, uint32_t i) {
    const SnnProj *p = &ev->in->net->projs[i];
    const ProjState *s = &ev->in->proj[i];
    const SnnBlock *b = &s->block[0];
    ev->proj[i] = (Ev32Proj){ .src = (uint32_t)p->src, .tgt = (uint32_t)p->tgt, .src_lo = (uint32_t)p->src_lo, .src_hi = (uint32_t)p->src_hi, .tgt_lo = (uint32_t)p->tgt_lo, .tgt_hi = (uint32_t)p->tgt_hi,
                              .layout = (uint32_t)p->layout, .nclass = (uint32_t)s->nclass, .tgt_base = (uint32_t)b->tgt_base, .touch_src = p->reads_pre || p->pre_jump, .reads_pre = (uint32_t)p->reads_pre,
                              .row_bytes = 4, .col_bytes = 4, .colptr_bytes = 4, .colsrc_bytes = 4, .row = b->row, .col = b->col, .colptr = b->colptr, .colsrc = b->colsrc,
                              .deliver = b->nsyn ? (void (*)(void))p->deliver : NULL, .pre_jump = (void (*)(void))p->pre_jump, .post = b->nsyn ? (void (*)(void))p->post : NULL,
                              .post_jump = (void (*)(void))p->post_jump };
    for (int64_t c = 0; c < s->nclass; c++) {
        ev->cursor[ev->net.ncursors++] = (Ev32Cursor){ i, (uint32_t)c, (uint32_t)p->src, event32_delay(ev->in, i, c) };
        ev->pop[p->src].log = (uint32_t)p->src;
    }
}

static int open_arrays(SnnEvents32 *ev, SnnError *err) {
    const SnnInst *in = ev->in;
    Ev32Net *n = &ev->net;
    size_t cursors = 1;
    for (int64_t i = 0; i < in->net->nprojs; i++) cursors += (size_t)in->proj[i].nclass;
    ev->cursor = take(ev, cursors * sizeof *ev->cursor);
    struct { Ev32At *at; size_t bytes; } need[] = {
        { &n->core, sizeof(Ev32Core) }, { &n->due, n->neurons * sizeof(Ev32Time) }, { &n->last, n->neurons * sizeof(Ev32Time) }, { &n->heap, (n->neurons + 1) * sizeof(Ev32Id) },
        { &n->place, n->neurons * sizeof(Ev32Id) }, { &n->sure, n->neurons }, { &n->position, cursors * 4 }, { &n->left, cursors * 4 }, { &n->ready, cursors * sizeof(Ev32Id) },
        { &n->scratch, (EV_PARTS + 2 * (EV_CHAIN + 3) * (EV_CHAIN + 1)) * sizeof(float) } };
    bool ok = ev->cursor != NULL;
    for (size_t i = 0; i < sizeof need / sizeof *need; i++) {
        *need[i].at = (Ev32At)take(ev, need[i].bytes + 8);
        ok = ok && *need[i].at;
    }
    for (uint32_t i = 0; ok && i < n->npops; i++) {
        void *head = take(ev, 4);
        ok = head != NULL;
        ev->log[i] = (Ev32Log){ .head = (Ev32At)head };
    }
    return ok ? 0 : port_error(err, 3, "not enough memory for network %s", in->net->name);
}

int events32_open(SnnInst *in, SnnError *err) {
    SnnEvents32 *ev = in->events32 = calloc(1, sizeof *ev);
    uint32_t pops = (uint32_t)in->net->npops, projs = (uint32_t)in->net->nprojs;
    if (!ev) return port_error(err, 3, "not enough memory for network %s", in->net->name);
    ev->in = in;
    ev->pop = take(ev, (pops + 1) * sizeof *ev->pop);
    ev->tables = take(ev, (pops + 1) * sizeof *ev->tables);
    ev->constant = take(ev, (pops + 1) * EV_STATES * sizeof *ev->constant);
    ev->places = take(ev, (pops + 1) * 2 * EV_STATES * sizeof *ev->places);
    ev->proj = take(ev, (projs + 1) * sizeof *ev->proj);
    ev->log = take(ev, (pops + 1) * sizeof *ev->log);
    ev->peak = take(ev, (pops + 1) * sizeof *ev->peak);
    if (!ev->pop || !ev->tables || !ev->constant || !ev->places || !ev->proj || !ev->log || !ev->peak) return port_error(err, 3, "not enough memory for network %s", in->net->name);
    ev->net = (Ev32Net){ .npops = pops, .nprojs = projs, .nlogs = pops, .ms = (float)(in->dt * 0x1p-24), .units = (float)(0x1p24 / in->dt), .seed = in->ctx.seed, .pop = ev->pop, .proj = ev->proj, .log = ev->log };
    for (uint32_t i = 0; i < pops; i++)
        if (open_pop(ev, i, err)) return -1;
    if (open_arrays(ev, err)) return -1;
    ev->net.cursor = ev->cursor;
    for (uint32_t i = 0; i < projs; i++) open_proj(ev, i);
    events32_forget(in);
    ev->resets = 0;
    return 0;
}

void events32_close(SnnInst *in) {
    SnnEvents32 *ev = in->events32;
    if (!ev) return;
    for (uint32_t i = 0; ev->tables && i < ev->net.npops; i++) event32_tables_free(ev->tables[i]);
    for (uint32_t i = 0; ev->log && i < ev->net.npops; i++) { free((void *)ev->log[i].at); free((void *)ev->log[i].id); }
    while (ev->pieces) {
        struct Piece *next = ev->pieces->next;
        free(ev->pieces);
        ev->pieces = next;
    }
    free(ev->emitted);
    free(ev->kept);
    free(ev);
    in->events32 = NULL;
}

// Twice the ring; the oldest spike that somebody waits for comes first.
static bool more_room(SnnEvents32 *ev, uint32_t log) {
    const Ev32Net *net = &ev->net;
    Ev32Log *l = &ev->log[log];
    uint32_t *left = (uint32_t *)net->left, *position = (uint32_t *)net->position, *head = (uint32_t *)l->head, most = 0, cap = l->cap ? 2 * l->cap : 64;
    for (uint32_t c = 0; c < net->ncursors; c++)
        if (net->cursor[c].log == log && left[c] > most) most = left[c];
    Ev32Time *at = malloc(cap * sizeof *at);
    Ev32Id *id = malloc(cap * sizeof *id);
    if (!at || !id) { free(at); free(id); inst_fail(ev->in, 3, "not enough memory for the spikes under way"); return false; }
    for (uint32_t k = 0; k < most; k++) {
        uint32_t from = (*head + l->cap - most + k) % l->cap;
        at[k] = ((Ev32Time *)l->at)[from];
        id[k] = ((Ev32Id *)l->id)[from];
    }
    for (uint32_t c = 0; c < net->ncursors; c++)
        if (net->cursor[c].log == log) position[c] = most - left[c];
    free((void *)l->at);
    free((void *)l->id);
    l->at = (Ev32At)at;
    l->id = (Ev32At)id;
    l->cap = cap;
    *head = most;
    return true;
}

// ---- what experiments do ----

static Ev32Core *core_of(SnnEvents32 *ev) { return (Ev32Core *)ev->net.core; }

void events32_forget(SnnInst *in) {
    SnnEvents32 *ev = in->events32;
    ev->net.nemitted = core_of(ev)->emitted = 0;
    ev->resets++;
    e_forget(&ev->net, ev, in->step << EV32_SHIFT);
}

static int by_time(const void *a, const void *b) {
    const Ev32Due *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    if (x->pop != y->pop) return x->pop < y->pop ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}
// Equal spikes are one.
int events32_outside(SnnInst *in, int64_t pop, const int64_t *stamp, const double *offset, const uint32_t *index, int64_t n, SnnError *err) {
    SnnEvents32 *ev = in->events32;
    uint32_t *done = &core_of(ev)->emitted, left = ev->net.nemitted - *done, all = left + (uint32_t)n, kept = 0;
    Ev32Due *at = malloc((all + 1) * sizeof *at);
    if (!at) return port_error(err, 3, "not enough memory for the spikes emitted by %s", in->net->pops[pop].path);
    if (left) memcpy(at, ev->emitted + *done, left * sizeof *at);
    for (int64_t i = 0; i < n; i++) at[left + i] = (Ev32Due){ (stamp[i] << EV32_SHIFT) + (offset ? (Ev32Time)llrint(offset[i] * 0x1p24) : 0), (uint32_t)pop, index[i] };
    qsort(at, all, sizeof *at, by_time);
    for (uint32_t i = 0; i < all; i++)
        if (!kept || by_time(&at[kept - 1], &at[i])) at[kept++] = at[i];
    free(ev->emitted);
    ev->net.emitted = ev->emitted = at;
    ev->net.nemitted = kept;
    *done = 0;
    return 0;
}

// ---- runs ----

static bool due(const SnnInst *in, int64_t k) {
    for (int64_t d = 0; d < in->ndrives; d++)
        if (step_drive_due(in, d, k, false, true)) return true;
    return false;
}
static void driven(SnnInst *in, int64_t k) {
    if (in->tap) in->tap->driven(in->tap->self, in, k);
}

// Drives that begin or end at step k, or move: neurons that get another value begin anew.
static void drives(SnnEvents32 *ev, int64_t k) {
    SnnInst *in = ev->in;
    const Ev32Net *net = &ev->net;
    size_t total = 0, at = 0;
    for (int64_t f = 0; f < in->net->nfields; f++)
        if (!in->net->fields[f].owner_kind && (in->net->fields[f].role == INST_DRIVE || in->net->fields[f].role == INST_VALUE)) total += (size_t)in->net->pops[in->net->fields[f].owner].n;
    float *old = malloc((total + 1) * sizeof *old);
    if (!old) { inst_fail(in, 3, "not enough memory for the drives"); return; }
    for (int what = 0; what < 2; what++, at = 0) {
        for (int64_t f = 0; f < in->net->nfields; f++) {
            const SnnField *d = &in->net->fields[f];
            if (d->owner_kind || (d->role != INST_DRIVE && d->role != INST_VALUE)) continue;
            const float *v = in->F[f];
            for (int64_t i = 0; i < in->net->pops[d->owner].n; i++, at++) {
                if (!what) old[at] = v[i];
                else if (memcmp(&old[at], &v[i], sizeof *v)) e_mark(net, ev, (uint32_t)d->owner, (uint32_t)i);
            }
        }
        if (!what) {
            in->member[0].ctx.step = k;
            in->member[0].ctx.t = (double)k * in->dt;
            step_drive(in, &in->member[0], 0, false, true);
        }
    }
    free(old);
    e_begin_marked(net, ev);
    driven(in, k);
}

static void begin(SnnEvents32 *ev) {
    SnnInst *in = ev->in;
    in->member[0].ctx.step = in->step;
    in->member[0].ctx.t = (double)in->step * in->dt;
    step_drive(in, &in->member[0], 0, true, true);
    for (uint32_t i = 0; i < ev->net.npops; i++) {
        SnnError err = { 0 };
        if (tables(ev, i, &err)) { inst_fail(in, err.code, "%s", err.text); return; }
    }
    core_of(ev)->now = in->step << EV32_SHIFT;
    driven(in, in->step);
    e_begin_all(&ev->net, ev);
}

// All fields show the state of now, for a moment.
static void show(SnnEvents32 *ev, int64_t k, bool on) {
    SnnInst *in = ev->in;
    const Ev32Net *net = &ev->net;
    size_t at = 0, total = 0;
    for (uint32_t i = 0; i < net->npops; i++) total += (size_t)net->pop[i].n * net->pop[i].states;
    if (!ev->kept && !(ev->kept = malloc((total + 1) * sizeof *ev->kept))) { inst_fail(in, 3, "not enough memory for recording"); return; }
    set_clock(ev, k << EV32_SHIFT);
    for (uint32_t i = 0; i < net->npops; i++) {
        const Ev32Pop *p = &net->pop[i];
        float z[2 * EV32_STATES + 1];
        for (uint32_t id = 0; id < p->n; id++, at += p->states) {
            if (!on) { e_store(net, ev, p, id, ev->kept + at); continue; }
            e_peek(net, ev, p, id, k << EV32_SHIFT, z, ev->kept + at);
            e_store(net, ev, p, id, z);
        }
        const SnnEvent *d = in->net->pops[i].event;
        if (on && d->computed && p->n) d->computed(&in->member[0].ctx, 0, p->n);
    }
    if (!on) in->member[0].ctx.step = k - 1;               // the step that has just been done
}

static void sync(SnnEvents32 *ev, int64_t k) {
    SnnInst *in = ev->in;
    core_of(ev)->now = k << EV32_SHIFT;
    e_touch_all(&ev->net, ev);
    set_clock(ev, k << EV32_SHIFT);
    for (uint32_t i = 0; i < ev->net.npops; i++)
        if (in->net->pops[i].event->computed && ev->pop[i].n) in->net->pops[i].event->computed(&in->member[0].ctx, 0, ev->pop[i].n);
    in->member[0].ctx.step = k - 1;
}

static void check_endless(SnnEvents32 *ev) {
    uint32_t number = core_of(ev)->endless, i = 0;
    if (!number) return;
    while (number - 1 - ev->pop[i].base >= ev->pop[i].n) i++;
    inst_fail(ev->in, 3, "neuron %u of %s spikes without end at t = %.15g ms: its reset leaves it at the threshold", number - 1 - ev->pop[i].base, ev->in->net->pops[i].path,
              (double)core_of(ev)->now * 0x1p-24 * ev->in->dt);
}

int events32_run(SnnInst *in, int64_t steps, const InstControl *control) {
    SnnEvents32 *ev = in->events32;
    int64_t first = in->step, last = first + steps, slice = steps / 4096 + 1, k = first;
    bool stopped = false;
    uint64_t mode = fpmode_flush();
    begin(ev);
    while (k < last && !stopped && !in->failed) {
        int64_t next = event_appointment(in, k, k + slice < last ? k + slice : last);
        e_advance(&ev->net, ev, next << EV32_SHIFT);
        check_endless(ev);
        k = next;
        if (in->nsample_observers && step_sample_due(in, k)) {
            show(ev, k, true);
            step_notify_samples(in, k);
            show(ev, k, false);
        }
        if (k < last && in->ndrives && due(in, k)) drives(ev, k);
        if (control && control->poll && control->poll(control->self, k - first, steps)) stopped = true;
    }
    sync(ev, k);
    in->member[0].events += core_of(ev)->events;
    core_of(ev)->events = 0;
    in->step = k;
    if (!in->failed) inst_check(in, 0, true);
    fpmode_restore(mode);
    return k < last ? 1 : 0;
}
