// SPDX-License-Identifier: MIT
// Spike trains as values of an experiment: taken from the recorder, changed, and emitted again. A train is an array of pairs
// (time in ms since `present`, index within the slice), in the order of time and index.
#include "core/connect/draw.h"
#include "host/experiment.h"
#include <math.h>
#include <stdlib.h>

SnnArray *snn__x_spikes(SnnX *x, int64_t net, int64_t pop, int64_t lo, int64_t hi, int64_t port);
SnnArray *snn__x_jitter(SnnX *x, const SnnArray *a, double sd), *snn__x_shift(SnnX *x, const SnnArray *a, double by), *snn__x_drop(SnnX *x, const SnnArray *a, double p);
SnnArray *snn__x_times(SnnX *x, const SnnArray *a), *snn__x_indices(SnnX *x, const SnnArray *a), *snn__x_ranks(SnnX *x, const SnnArray *a);
double snn__log_f64_plain(double x), snn__cos_f64_plain(double x);         // vmath.c

SnnArray *snn__x_spikes(SnnX *x, int64_t net, int64_t pop, int64_t lo, int64_t hi, int64_t port) {
    SnnUse *u = x_built(x, net);
    const SnnPop *p = &u->net->pops[pop];
    if (lo < 0 || hi > p->n || lo > hi) x_fail(x, 3, "neurons %lld:%lld of '%s' do not exist: it has %lld", (long long)lo, (long long)hi, p->path, (long long)p->n);
    if (port >= p->nports) x_fail(x, 3, "'%s' does not fire", p->path);
    const SpikeTrain *t = &u->rec->train[pop][port];
    if (t->dropped)
        x_fail(x, 3, "spikes of '%s' are no longer in memory: there are more than %lld; put a `discard` or a shorter `run` before", p->path, (long long)u->rec->train_limit);
    int64_t first = 0, n = 0;
    while (first < t->nsteps && t->step[first].step <= u->rec->present) first++;
    SnnArray *a = array_new(&x->pool, first < t->nsteps ? 2 * (t->nids - t->step[first].start) : 0);
    for (int64_t k = first; k < t->nsteps; k++) {
        int64_t to = k + 1 < t->nsteps ? t->step[k + 1].start : t->nids;
        for (int64_t i = t->step[k].start; i < to; i++) {
            if (t->id[i] < lo || t->id[i] >= hi) continue;
            a->at[n++] = (double)(t->step[k].step - u->rec->present) * u->rec->dt;
            a->at[n++] = (double)(t->id[i] - lo);
        }
    }
    a->n = n;
    return a;
}

// Draws of the n-th call of a run: a stream that no network has.
static Draws draws(SnnX *x) { return draws_of(x->seed, 0xFFFFFu, (uint32_t)++x->ntrains, 0x7472616Eu); }

typedef struct Spike { double t, i; } Spike;
static int by_time(const void *a, const void *b) {
    const Spike *x = a, *y = b;
    if (x->t != y->t) return x->t < y->t ? -1 : 1;
    return x->i < y->i ? -1 : x->i > y->i;
}

// Times are whole steps, not before the first step.
static double step_of(const SnnX *x, double t) { return fmax(round(t / x->dt), 1) * x->dt; }

SnnArray *snn__x_shift(SnnX *x, const SnnArray *a, double by) {
    SnnArray *r = array_new(&x->pool, a->n);
    for (int64_t i = 0; i + 1 < a->n; i += 2) r->at[i] = step_of(x, array_at(a, i) + by), r->at[i + 1] = array_at(a, i + 1);
    qsort(r->at, (size_t)a->n / 2, sizeof(Spike), by_time);
    return r;
}

// t + sd N(0, 1)
SnnArray *snn__x_jitter(SnnX *x, const SnnArray *a, double sd) {
    if (!(sd >= 0)) x_fail(x, 3, "the standard deviation of jitter must not be negative; it is %g ms", sd);
    SnnArray *r = array_new(&x->pool, a->n);
    Draws d = draws(x);
    for (int64_t i = 0; i + 1 < a->n; i += 2) {
        double u = draw_open(&d), v = draw_open(&d), normal = sqrt(-2 * snn__log_f64_plain(u)) * snn__cos_f64_plain(6.283185307179586 * v);
        r->at[i] = step_of(x, array_at(a, i) + sd * normal);
        r->at[i + 1] = array_at(a, i + 1);
    }
    qsort(r->at, (size_t)a->n / 2, sizeof(Spike), by_time);
    return r;
}

SnnArray *snn__x_drop(SnnX *x, const SnnArray *a, double p) {
    if (!(p >= 0 && p <= 1)) x_fail(x, 3, "the probability of drop must be in 0..1; it is %g", p);
    SnnArray *r = array_new(&x->pool, a->n);
    Draws d = draws(x);
    int64_t n = 0;
    for (int64_t i = 0; i + 1 < a->n; i += 2) {
        if (draw_open(&d) < p) continue;
        r->at[n++] = array_at(a, i);
        r->at[n++] = array_at(a, i + 1);
    }
    r->n = n;
    return r;
}

static SnnArray *part(SnnX *x, const SnnArray *a, int64_t from) {
    SnnArray *r = array_new(&x->pool, a->n / 2);
    for (int64_t i = 0; i < r->n; i++) r->at[i] = array_at(a, 2 * i + from);
    return r;
}
SnnArray *snn__x_times(SnnX *x, const SnnArray *a) { return part(x, a, 0); }
SnnArray *snn__x_indices(SnnX *x, const SnnArray *a) { return part(x, a, 1); }

// Rank 0 for the largest value; equal values share the mean of their ranks, as in Spearman's correlation.
SnnArray *snn__x_ranks(SnnX *x, const SnnArray *a) {
    SnnArray *r = array_new(&x->pool, a->n), *sorted = array_new(&x->pool, 2 * a->n);
    for (int64_t i = 0; i < a->n; i++) sorted->at[2 * i] = -array_at(a, i), sorted->at[2 * i + 1] = (double)i;
    qsort(sorted->at, (size_t)a->n, sizeof(Spike), by_time);
    for (int64_t i = 0, j; i < a->n; i = j) {
        for (j = i; j < a->n && sorted->at[2 * j] == sorted->at[2 * i];) j++;
        if (j == i) j = i + 1;                              // not a number
        for (int64_t k = i; k < j; k++) r->at[(int64_t)sorted->at[2 * k + 1]] = (double)(i + j - 1) / 2;
    }
    return r;
}
