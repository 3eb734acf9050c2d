// SPDX-License-Identifier: MIT
// The analysis functions of abi.def: each finds the recorder of the network and calls analysis_*.
#include "host/experiment.h"
#include <math.h>
#include <stdlib.h>

double analysis_op(int64_t op, double a, double b);          // analysis_array.c
enum { ROLE_WEIGHT = 7 };                                    // FieldRole of the network IR

#define POPULATION SnnX *x, int64_t net, int64_t pop, int64_t lo, int64_t hi
double snn__x_rate(POPULATION), snn__x_cv_isi(POPULATION), snn__x_correlation(POPULATION, double bin), snn__x_count(POPULATION);
SnnArray *snn__x_rate_array(POPULATION, double bin), *snn__x_counts(POPULATION), *snn__x_first_spike(POPULATION), *snn__x_isi(POPULATION);
SnnArray *snn__x_values(SnnX *x, int64_t net, int64_t field, int64_t lo, int64_t hi), *snn__x_weights(SnnX *x, int64_t net, int64_t pop, int64_t proj);
SnnArray *snn__x_array(SnnX *x, const double *v, int64_t n), *snn__x_psd(SnnX *x, const SnnArray *a);
void snn__x_collect(SnnX *x, const int64_t *frame, int64_t slots) { array_collect(&x->pool, frame, slots); }
void snn__x_hold(SnnX *x, SnnArray *a, int64_t more) {
    (void)x;
    a->held += more;
}
void snn__x_collect(SnnX *x, const int64_t *frame, int64_t slots), snn__x_hold(SnnX *x, SnnArray *a, int64_t more);
SnnArray *snn__x_linspace(SnnX *x, double a, double b, double n), *snn__x_logspace(SnnX *x, double a, double b, double n), *snn__x_range(SnnX *x, double a, double b, double s);
SnnArray *snn__x_array_op(SnnX *x, const SnnArray *a, int64_t op, double v, double side), *snn__x_arrays_op(SnnX *x, const SnnArray *a, int64_t op, const SnnArray *b);
double snn__x_at(SnnX *x, const SnnArray *a, int64_t i), snn__x_peak(SnnX *x, const SnnArray *a), snn__x_mean(SnnX *x, const SnnArray *a);
double snn__x_pearson(SnnX *x, const SnnArray *a, const SnnArray *b), snn__x_period(SnnX *x, const SnnArray *a);
double snn__x_std(SnnX *x, const SnnArray *a), snn__x_sum(SnnX *x, const SnnArray *a), snn__x_minimum(SnnX *x, const SnnArray *a);
double snn__x_maximum(SnnX *x, const SnnArray *a), snn__x_argmax(SnnX *x, const SnnArray *a), snn__x_fraction(SnnX *x, const SnnArray *a, double lo, double hi);
int64_t snn__x_length(SnnX *x, const SnnArray *a);

static const Recorder *recorder(POPULATION) {
    SnnUse *u = x_built(x, net);
    const SnnPop *p = &u->net->pops[pop];
    if (lo < 0 || hi > p->n || lo > hi) x_fail(x, 3, "neurons %lld:%lld of '%s' do not exist: it has %lld", (long long)lo, (long long)hi, p->path, (long long)p->n);
    return u->rec;
}

static const Recorder *trains(POPULATION, const char *function) {
    const Recorder *r = recorder(x, net, pop, lo, hi);
    if (r->train[pop][0].dropped)
        x_fail(x, 3, "%s of '%s' needs its spikes in memory, but there are more than %lld; put a `discard` or a shorter `run` before it",
               function, r->net->pops[pop].path, (long long)r->train_limit);
    return r;
}

double snn__x_rate(POPULATION) { return analysis_rate(recorder(x, net, pop, lo, hi), pop, lo, hi); }
double snn__x_cv_isi(POPULATION) { return analysis_cv_isi(recorder(x, net, pop, lo, hi), pop, lo, hi); }
double snn__x_count(POPULATION) { return (double)analysis_count(recorder(x, net, pop, lo, hi), pop, lo, hi); }
double snn__x_correlation(POPULATION, double bin) {
    return analysis_correlation(trains(x, net, pop, lo, hi, "correlation"), pop, lo, hi, bin > 0 ? bin : 5);
}
SnnArray *snn__x_rate_array(POPULATION, double bin) {
    if (!(bin > 0)) x_fail(x, 3, "the bin of rate must be longer than 0 ms");
    return analysis_rate_array(&x->pool, trains(x, net, pop, lo, hi, "rate with a bin"), pop, lo, hi, bin);
}
SnnArray *snn__x_counts(POPULATION) { return analysis_counts(&x->pool, recorder(x, net, pop, lo, hi), pop, lo, hi); }
SnnArray *snn__x_first_spike(POPULATION) { return analysis_first_spike(&x->pool, recorder(x, net, pop, lo, hi), pop, lo, hi); }
SnnArray *snn__x_isi(POPULATION) { return analysis_isi(&x->pool, trains(x, net, pop, lo, hi, "isi"), pop, lo, hi); }

SnnArray *snn__x_values(SnnX *x, int64_t net, int64_t field, int64_t lo, int64_t hi) {
    SnnUse *u = x_built(x, net);
    int64_t n = inst_length(u->inst, field);
    if (hi < 0) hi = n;
    if (lo < 0 || hi > n || lo > hi) x_fail(x, 3, "entries %lld:%lld of '%s' do not exist: it has %lld", (long long)lo, (long long)hi, u->net->fields[field].name, (long long)n);
    SnnArray *a = array_new(&x->pool, hi - lo);
    inst_read(u->inst, field, lo, hi, a->at);
    return a;
}

static int64_t weight_field(const SnnProj *p, const SnnField *fields) {
    return p->nfields && fields[p->fields[0]].role == ROLE_WEIGHT ? p->fields[0] : -1;
}

// All weights of one projection, or of all projections onto a population in their order.
SnnArray *snn__x_weights(SnnX *x, int64_t net, int64_t pop, int64_t proj) {
    SnnUse *u = x_built(x, net);
    const SnnNet *nn = u->net;
    int64_t n = 0, seen = 0;
    for (int pass = 0; pass < 2; pass++) {
        SnnArray *a = pass ? array_new(&x->pool, n) : NULL;
        int64_t at = 0;
        for (int64_t k = 0; k < nn->nprojs; k++) {
            if (proj >= 0 ? k != proj : pop >= 0 && nn->projs[k].tgt != pop) continue;
            int64_t f = weight_field(&nn->projs[k], nn->fields), len = f >= 0 ? inst_length(u->inst, f) : 0;
            if (!a) { n += len, seen += f >= 0; continue; }
            if (len) inst_read(u->inst, f, 0, len, a->at + at), at += len;
        }
        if (a) return a;
        if (!seen) x_fail(x, 3, "there is no projection here whose synapses have weights of their own (constant weights are not stored)");
    }
    return NULL;
}

SnnArray *snn__x_array(SnnX *x, const double *v, int64_t n) {
    SnnArray *a = array_new(&x->pool, n);
    for (int64_t i = 0; i < n; i++) a->at[i] = v[i];
    return a;
}

double snn__x_at(SnnX *x, const SnnArray *a, int64_t i) {
    if (i < 0 || i >= a->n) x_fail(x, 3, "element %lld of an array of %lld does not exist", (long long)i, (long long)a->n);
    return array_at(a, i);
}

int64_t snn__x_length(SnnX *x, const SnnArray *a) { (void)x; return a->n; }
SnnArray *snn__x_psd(SnnX *x, const SnnArray *a) {
    if (a->n < 4) x_fail(x, 3, "psd needs at least 4 samples; there are %lld", (long long)a->n);
    return analysis_psd(&x->pool, a);
}
double snn__x_peak(SnnX *x, const SnnArray *a) {
    if (!(a->step > 0) || !a->at) x_fail(x, 3, "peak wants a spectrum, as in peak(psd(rate(P, 1 ms)))");
    return analysis_peak(a);
}
double snn__x_mean(SnnX *x, const SnnArray *a) { (void)x; return analysis_mean(a); }
double snn__x_std(SnnX *x, const SnnArray *a) { (void)x; return analysis_std(a); }
double snn__x_sum(SnnX *x, const SnnArray *a) { (void)x; return analysis_sum(a); }
double snn__x_minimum(SnnX *x, const SnnArray *a) { (void)x; return analysis_minimum(a); }
double snn__x_maximum(SnnX *x, const SnnArray *a) { (void)x; return analysis_maximum(a); }
double snn__x_argmax(SnnX *x, const SnnArray *a) { (void)x; return (double)analysis_argmax(a); }
double snn__x_fraction(SnnX *x, const SnnArray *a, double lo, double hi) { (void)x; return analysis_fraction(a, lo, hi); }

double snn__x_pearson(SnnX *x, const SnnArray *a, const SnnArray *b) {
    if (a->n != b->n) x_fail(x, 3, "pearson wants two arrays of one length; these have %lld and %lld", (long long)a->n, (long long)b->n);
    return analysis_pearson(a, b);
}

double snn__x_period(SnnX *x, const SnnArray *a) {
    if (!(a->step > 0) || !a->at) x_fail(x, 3, "period wants an array over time, as in period(rate(P, 1 ms))");
    return analysis_period(a);
}

static int64_t size_of(SnnX *x, double n, const char *function) {
    if (!(n >= 1 && n <= 1e9) || n != floor(n)) x_fail(x, 3, "%s wants a whole number of values, at least 1; this is %g", function, n);
    return (int64_t)n;
}
SnnArray *snn__x_linspace(SnnX *x, double a, double b, double n) { return analysis_linspace(&x->pool, a, b, size_of(x, n, "linspace")); }
SnnArray *snn__x_logspace(SnnX *x, double a, double b, double n) {
    if (!(a > 0 && b > 0)) x_fail(x, 3, "logspace wants two positive ends");
    return analysis_logspace(&x->pool, a, b, size_of(x, n, "logspace"));
}
SnnArray *snn__x_range(SnnX *x, double a, double b, double s) {
    if (!(s > 0) || !((b - a) / s < 1e9)) x_fail(x, 3, "range wants a positive step (and fewer than 1e9 values)");
    return analysis_range(&x->pool, a, b, s);
}

SnnArray *snn__x_arrays_op(SnnX *x, const SnnArray *a, int64_t op, const SnnArray *b) {
    if (a->n != b->n) x_fail(x, 3, "arithmetic of two arrays wants as many elements on both sides; these have %lld and %lld", (long long)a->n, (long long)b->n);
    SnnArray *r = array_new(&x->pool, a->n);
    r->step = a->step;
    array_read(a, 0, a->n, r->at);
    for (int64_t i = 0; i < a->n; i++) r->at[i] = analysis_op(op, r->at[i], array_at(b, i));
    return r;
}

SnnArray *snn__x_array_op(SnnX *x, const SnnArray *a, int64_t op, double v, double side) {
    SnnArray *r = array_new(&x->pool, a->n);
    r->step = a->step;
    array_read(a, 0, a->n, r->at);
    for (int64_t i = 0; i < a->n; i++) r->at[i] = side != 0 ? analysis_op(op, v, r->at[i]) : analysis_op(op, r->at[i], v);
    return r;
}
