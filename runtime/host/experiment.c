// SPDX-License-Identifier: MIT
// A running experiment from its begin to its end: which networks it uses, when they are constructed, and how its body is left on errors.
//
// A network is constructed by the first action that needs it, so that `use`, its arguments, `dt` and `seed` may come in any order
// before. A second `use` of the same network releases the first.
#include "host/experiment.h"
#include "core/connect/draw.h"
#include "core/inst.h"
#include "host/data.h"
#include "host/files.h"
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void data_x_release(SnnX *x);                   // data_x.c
struct XWish { int64_t pop, port, field, lo, hi; double every; };   // field < 0: spikes

void snn__x_use(SnnX *x, int64_t net), snn__x_arg(SnnX *x, int64_t net, int64_t slot, double value);
void snn__x_dt(SnnX *x, double dt), snn__x_seed(SnnX *x, double seed);
void snn__x_record_spikes(SnnX *x, int64_t net, int64_t pop, int64_t port, int64_t lo, int64_t hi);
void snn__x_record_field(SnnX *x, int64_t net, int64_t field, int64_t lo, int64_t hi, double every);

void x_fail(SnnX *x, int code, const char *format, ...) {
    char text[sizeof x->error.text];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    port_error(&x->error, code, "%s", text);
    longjmp(x->leave, 1);
}
int x_body(SnnX *x, void (*body)(SnnX *, int64_t *), int64_t *frame) {
    if (!setjmp(x->leave)) body(x, frame);
    return x->error.code ? -1 : 0;
}
const char *x_path(SnnX *x, const char *name) {
    char found[8300];
    files_find(name, found, sizeof found);
    char **list = realloc(x->path, (size_t)(x->npaths + 1) * sizeof *list), *text = strdup(found);
    if (list) x->path = list;
    if (!list || !text) { free(text); x_fail(x, 3, "not enough memory"); }
    return x->path[x->npaths++] = text;
}

// An own stream for every run of a sweep.
uint64_t x_mix(uint64_t seed, int64_t index, int64_t repeat) {
    uint32_t counter[4] = { (uint32_t)index, (uint32_t)repeat, (uint32_t)((uint64_t)index >> 32), 0xFFFFFFFFu }, out[4];
    draw_philox(seed, counter, out);
    return (uint64_t)out[1] << 32 | out[0];
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// ---- networks ----
static void overrides(const RunOptions *o, SnnUse *u) {
    if (!o->set_base) return;
    for (int64_t s = 0; s < u->net->nk; s++)
        if (o->is_set[o->set_base[u->number] + s]) { u->K[s] = o->set[o->set_base[u->number] + s]; u->is_set[s] = 1; }
}
static void clear_use(SnnX *x, SnnUse *u) {
    memset(u->is_set, 0, (size_t)u->net->nk + 1);
    u->nwishes = 0;
    overrides(x->options, u);
}
static void release(SnnX *x, SnnUse *u) {
    if (u->inst) {
        SnnTotals t;
        inst_totals(u->inst, &t);
        x->totals.spikes += t.spikes;
        x->totals.synaptic_events += t.synaptic_events;
        x->totals.plastic_updates += t.plastic_updates;
        x->totals.synapses += t.synapses;
    }
    if (u->rec && !x->written) record_flush(u->rec);
    if (u->rec) record_free(u->rec);
    inst_free(u->inst);
    u->inst = NULL;
    u->rec = NULL;
}

void x_open(SnnX *x, const RunOptions *o, const SnnExperiment *e, const SnnX *parent) {
    *x = (SnnX){ .options = o, .experiment = e, .dt = 0.1, .seed = o->seed, .threads = o->threads, .nuses = o->program->nnets };
    x->use = calloc((size_t)x->nuses + 1, sizeof *x->use);
    for (int64_t i = 0; x->use && i < x->nuses; i++) {
        SnnUse *u = &x->use[i];
        u->net = &o->program->nets[i];
        u->number = i;
        u->K = calloc((size_t)u->net->nk + 1, sizeof *u->K);
        u->is_set = calloc((size_t)u->net->nk + 1, 1);
        if (!u->K || !u->is_set) { x->nuses = i; port_error(&x->error, 3, "not enough memory"); return; }
        if (!parent) { overrides(o, u); continue; }
        u->used = parent->use[i].used;
        memcpy(u->K, parent->use[i].K, (size_t)u->net->nk * sizeof *u->K);
        memcpy(u->is_set, parent->use[i].is_set, (size_t)u->net->nk);
    }
    if (!x->use) port_error(&x->error, 3, "not enough memory");
    if (!parent) return;
    x->dt = parent->dt;
    x->folder = parent->folder;
    x->is_sweep_item = true;
    x->threads = 1;
}
void x_close(SnnX *x) {
    for (int64_t i = 0; x->use && i < x->nuses; i++) {
        release(x, &x->use[i]);
        free(x->use[i].K);
        free(x->use[i].is_set);
        free(x->use[i].wish);
    }
    free(x->use);
    x->use = NULL;
    data_x_release(x);
    array_free_all(&x->pool);
    results_free(&x->results);
    for (int64_t i = 0; i < x->npaths; i++) free(x->path[i]);
    free(x->path);
    x->path = NULL;
}

static SnnUse *use_of(SnnX *x, int64_t net) {
    SnnUse *u = &x->use[net];
    if (!u->used) x_fail(x, 3, "network %s is needed before `use %s`", u->net->name, u->net->name);
    return u;
}
static void wish_come_true(SnnX *x, SnnUse *u, const XWish *w) {
    bool single = x->options->program->real_bits == 32;
    bool ok = w->field < 0 ? record_add_spikes(u->rec, w->pop, w->port, w->lo, w->hi) : record_add_field(u->rec, w->field, w->lo, w->hi, w->every, single);
    if (ok) return;
    const char *why = x->folder ? record_folder_error(x->folder) : NULL;
    x_fail(x, 3, "%s", why ? why : "not enough memory for recording");
}
SnnUse *x_built(SnnX *x, int64_t net) {
    SnnUse *u = use_of(x, net);
    if (u->inst) return u;
    double begin = seconds();
    InstOptions o = { .dt = x->dt, .seed = x->seed, .threads = x->threads, .real_bits = (int)x->options->program->real_bits, .K = u->K, .is_set = u->is_set, .levels = x->options->levels, .bundle = x->options->tap ? -1 : 0, .seen = x->options->seen ? &x->options->seen[net] : NULL };
    u->inst = inst_new(u->net, &o, &x->error);
    x->seconds_construct += seconds() - begin;
    if (!u->inst) longjmp(x->leave, 1);
    u->inst->tap = x->options->tap;
    u->rec = record_new(u->net, x->dt, x->folder, x->group);
    if (u->rec && x->options->program->without_trains) u->rec->train_limit = 0;
    if (!u->rec || !record_attach(u->rec, u->inst)) x_fail(x, 3, "not enough memory for recording %s", u->net->name);
    for (int64_t i = 0; i < u->nwishes; i++) wish_come_true(x, u, &u->wish[i]);
    return u;
}
static void wish(SnnX *x, int64_t net, const XWish *w) {
    SnnUse *u = use_of(x, net);
    if (u->inst) { wish_come_true(x, u, w); return; }
    if (u->nwishes == u->capwishes) {
        int64_t cap = u->capwishes * 2 + 8;
        XWish *at = realloc(u->wish, (size_t)cap * sizeof *at);
        if (!at) x_fail(x, 3, "not enough memory for recording");
        u->wish = at;
        u->capwishes = cap;
    }
    u->wish[u->nwishes++] = *w;
}

int64_t x_steps(SnnX *x, double ms, const char *what) {
    double steps = ms / x->dt, whole = nearbyint(steps);
    if (!(ms >= 0)) x_fail(x, 3, "%s of %g ms: a time from 0 ms on is needed", what, ms);
    if (steps > 9e15) x_fail(x, 3, "%s of %g ms is too long for steps of %g ms: the most are 9e15 steps", what, ms, x->dt);
    if (fabs(steps - whole) > 1e-6 * fmax(1, fabs(steps)) && !x->is_sweep_item)
        port_warn("%s of %.17g ms is no multiple of dt and becomes %.17g ms", what, ms, whole * x->dt);
    return (int64_t)whole;
}

// ---- functions of abi.def ----
void snn__x_use(SnnX *x, int64_t net) {
    release(x, &x->use[net]);
    clear_use(x, &x->use[net]);
    x->use[net].used = true;
}
void snn__x_arg(SnnX *x, int64_t net, int64_t slot, double value) {
    SnnUse *u = use_of(x, net);
    const RunOptions *o = x->options;
    if (o->set_base && o->is_set[o->set_base[net] + slot]) return;         // the command line has the last word
    u->K[slot] = value;
    u->is_set[slot] = 1;
}
static bool any_built(const SnnX *x) {
    for (int64_t i = 0; i < x->nuses; i++)
        if (x->use[i].inst) return true;
    return false;
}
void snn__x_dt(SnnX *x, double dt) {
    if (!(dt > 0)) x_fail(x, 3, "dt must be above 0 ms, not %g ms", dt);
    if (any_built(x) && dt != x->dt) x_fail(x, 3, "dt cannot change once a network is built: move it before the first `run`");
    x->dt = dt;
}
void snn__x_seed(SnnX *x, double seed) {
    if (any_built(x)) x_fail(x, 3, "the seed cannot change once a network is built: move it before the first `run`");
    uint64_t s = x->options->has_seed ? x->options->seed : (uint64_t)(int64_t)seed;
    x->seed = x->is_sweep_item ? x_mix(s, x->index, x->repeat) : s;
}
void snn__x_record_spikes(SnnX *x, int64_t net, int64_t pop, int64_t port, int64_t lo, int64_t hi) {
    wish(x, net, &(XWish){ pop, port, -1, lo, hi, 0 });
}
void snn__x_record_field(SnnX *x, int64_t net, int64_t field, int64_t lo, int64_t hi, double every) {
    wish(x, net, &(XWish){ -1, 0, field, lo, hi, every });
}
