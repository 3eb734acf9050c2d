// SPDX-License-Identifier: MIT
// What an experiment does to its networks between runs: drives, presented values, parameters, spikes from outside, resets.
#include "core/event.h"
#include "core/fpmode.h"
#include "core/inst.h"
#include "host/data.h"
#include "host/experiment.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RANGE SnnX *x, int64_t net, int64_t field, int64_t lo, int64_t hi
void snn__x_drive(RANGE, double value, double start, double duration);
void snn__x_drive_fn(RANGE, InstFillFn *fn, const int64_t *frame, int64_t slots, double start, double duration, int64_t moves);
void snn__x_drive_once(RANGE, InstFillFn *fn, const int64_t *frame, int64_t slots, double start, double duration);
void snn__x_drive_array(RANGE, const SnnArray *a, double start, double duration);
void snn__x_fill(RANGE, double value), snn__x_fill_array(RANGE, const SnnArray *a);
void snn__x_fill_fn(RANGE, InstFillFn *fn, const int64_t *frame, int64_t slots);
void snn__x_present(SnnX *x, int64_t net, int64_t pop, const SnnArray *a, double duration);
void snn__x_present_series(SnnX *x, int64_t net, int64_t pop, const SnnArray *a, double every);
void snn__x_present_data(SnnX *x, int64_t net, int64_t pop, const DataSet *d, int64_t lo, int64_t hi, double every);
double snn__x_get(SnnX *x, int64_t net, int64_t slot);
void snn__x_set(SnnX *x, int64_t net, int64_t slot, double value), snn__x_reset(SnnX *x, int64_t net, int64_t what);
void snn__x_normalise(SnnX *x, int64_t net, int64_t proj, double total);
void snn__x_emit(SnnX *x, int64_t net, int64_t pop, int64_t lo, int64_t hi, const SnnArray *a);
void snn__x_emit_train(SnnX *x, int64_t net, int64_t pop, int64_t lo, int64_t hi, const SnnArray *a);
void snn__x_emit_file(SnnX *x, int64_t net, int64_t pop, int64_t lo, int64_t hi, const char *path);
void snn__x_run(SnnX *x, double duration, int64_t discard);

static void check(SnnX *x, int failed) {
    if (failed) longjmp(x->leave, 1);
}
static void *need(SnnX *x, void *p) {
    if (!p) x_fail(x, 3, "not enough memory");
    return p;
}
static int64_t check_range(SnnX *x, const char *name, int64_t lo, int64_t *hi, int64_t n) {
    if (*hi < 0) *hi = n;
    if (lo < 0 || *hi > n || lo > *hi) x_fail(x, 3, "entries %lld:%lld of %s do not exist: it has %lld", (long long)lo, (long long)*hi, name, (long long)n);
    return *hi - lo;
}
static int64_t *own_frame(SnnX *x, const int64_t *frame, int64_t slots) {
    int64_t *f = need(x, calloc((size_t)slots + 1, sizeof *f));
    if (slots) memcpy(f, frame, (size_t)slots * sizeof *f);
    return f;
}

static void drive(RANGE, double value, InstFillFn *fn, int64_t *frame, double start, double duration, bool moves) {
    SnnUse *u = x_built(x, net);
    check_range(x, u->net->fields[field].name, lo, &hi, inst_length(u->inst, field));
    int64_t from = u->inst->step + x_steps(x, start, "the start of a drive");
    int64_t until = duration > 0 ? from + x_steps(x, duration, "a drive") : INT64_MAX;
    check(x, inst_drive(u->inst, &(Drive){ field, lo, hi, from, until, value, fn, frame, moves }, &x->error));
}
void snn__x_drive(RANGE, double value, double start, double duration) { drive(x, net, field, lo, hi, value, NULL, NULL, start, duration, false); }
void snn__x_drive_fn(RANGE, InstFillFn *fn, const int64_t *frame, int64_t slots, double start, double duration, int64_t moves) {
    x_built(x, net);
    array_hold_named(&x->pool, frame, slots);
    drive(x, net, field, lo, hi, 0, fn, own_frame(x, frame, slots), start, duration, moves != 0);
}

// A value for each neuron: the frame holds the first neuron's number, then the values.
static void array_values(SnnCtx *c, const int64_t *frame, int64_t lo, int64_t hi, double *out) {
    (void)c;
    memcpy(out, frame + 1 + (lo - frame[0]), (size_t)(hi - lo) * sizeof *out);
}
static void drive_values(RANGE, const double *v, double start, double duration) {
    int64_t *frame = need(x, calloc((size_t)(hi - lo) + 2, sizeof *frame));
    frame[0] = lo;
    memcpy(frame + 1, v, (size_t)(hi - lo) * sizeof *v);
    drive(x, net, field, lo, hi, 0, array_values, frame, start, duration, false);
}
void snn__x_drive_array(RANGE, const SnnArray *a, double start, double duration) {
    SnnUse *u = x_built(x, net);
    int64_t n = check_range(x, u->net->fields[field].name, lo, &hi, inst_length(u->inst, field));
    if (a->n != n) x_fail(x, 3, "%s takes %lld values here, but the array has %lld", u->net->fields[field].name, (long long)n, (long long)a->n);
    double *v = need(x, malloc((size_t)(n + 1) * sizeof *v));
    array_read(a, 0, n, v);
    drive_values(x, net, field, lo, hi, v, start, duration);
    free(v);
}

// Values written by the experiment stay within declared ranges; what is derived from per-neuron parameters follows.
static void written(SnnX *x, SnnUse *u, int64_t field, int64_t lo, int64_t hi) {
    const SnnField *f = &u->net->fields[field];
    check(x, range_field(u->inst, field, lo, hi, &x->error));
    if (!f->owner_kind) inst_derive(u->inst, f->owner);
}
void snn__x_fill(RANGE, double value) {
    SnnUse *u = x_built(x, net);
    int64_t n = check_range(x, u->net->fields[field].name, lo, &hi, inst_length(u->inst, field));
    double *v = need(x, malloc((size_t)(n + 1) * sizeof *v));
    for (int64_t i = 0; i < n; i++) v[i] = value;
    inst_write(u->inst, field, lo, hi, v);
    free(v);
    written(x, u, field, lo, hi);
}
void snn__x_fill_array(RANGE, const SnnArray *a) {
    SnnUse *u = x_built(x, net);
    int64_t n = check_range(x, u->net->fields[field].name, lo, &hi, inst_length(u->inst, field));
    if (a->n != n) x_fail(x, 3, "%s takes %lld values here, but the array has %lld", u->net->fields[field].name, (long long)n, (long long)a->n);
    double *v = need(x, malloc((size_t)(n + 1) * sizeof *v));
    array_read(a, 0, n, v);
    inst_write(u->inst, field, lo, hi, v);
    free(v);
    written(x, u, field, lo, hi);
}
// Values of a function as they are now.
static double *values_now(SnnX *x, SnnUse *u, InstFillFn *fn, const int64_t *frame, int64_t slots, int64_t lo, int64_t hi) {
    double *v = need(x, malloc((size_t)(hi - lo + 8) * sizeof *v));
    int64_t *f = own_frame(x, frame, slots);
    SnnCtx c = u->inst->ctx;
    c.step = u->inst->step;                                     // draws of different times differ
    uint64_t mode = fpmode_flush();
    fn(&c, f, lo, hi, v);
    fpmode_restore(mode);
    free(f);
    return v;
}
void snn__x_fill_fn(RANGE, InstFillFn *fn, const int64_t *frame, int64_t slots) {
    SnnUse *u = x_built(x, net);
    check_range(x, u->net->fields[field].name, lo, &hi, inst_length(u->inst, field));
    double *v = values_now(x, u, fn, frame, slots, lo, hi);
    inst_write(u->inst, field, lo, hi, v);
    free(v);
    written(x, u, field, lo, hi);
}
void snn__x_drive_once(RANGE, InstFillFn *fn, const int64_t *frame, int64_t slots, double start, double duration) {
    SnnUse *u = x_built(x, net);
    check_range(x, u->net->fields[field].name, lo, &hi, inst_length(u->inst, field));
    double *v = values_now(x, u, fn, frame, slots, lo, hi);
    drive_values(x, net, field, lo, hi, v, start, duration);
    free(v);
}

// A shorter array that has a value for each place of the leading dimensions is spread over the others: 784 values to a population of
// shape [28, 28, 8] reach 8 neurons each.
static int64_t present_spread(const SnnPop *p, int64_t n) {
    int64_t lead = 1;
    for (int64_t d = 0; d + 1 < p->rank; d++) {
        lead *= p->shape[d];
        if (lead == n) return p->n / n;
    }
    return 1;
}
static double *presented(SnnX *x, const SnnPop *p, const SnnArray *a, int64_t from, int64_t n, int64_t *total) {
    int64_t each = n == p->n ? 1 : present_spread(p, n);
    *total = n * each;
    double *v = need(x, malloc((size_t)(*total + 1) * sizeof *v));
    array_read(a, from, n, v + *total - n);
    for (int64_t i = 0; each > 1 && i < *total; i++) v[i] = v[*total - n + i / each];
    return v;
}

void snn__x_present(SnnX *x, int64_t net, int64_t pop, const SnnArray *a, double duration) {
    SnnUse *u = x_built(x, net);
    const SnnPop *p = &u->net->pops[pop];
    int64_t n;
    double *v = presented(x, p, a, 0, a->n, &n);
    int r = (int)inst_present(u->inst, pop, v, n, &x->error);
    free(v);
    check(x, r);
    record_present(u->rec);
    snn__x_run(x, duration, 0);
    snn__x_fill(x, net, p->value_field - 1, 0, p->n, 0);        // nothing is shown any more
}

// A series: time runs on from its first item; item k is there from k*every on, rounded to steps.
typedef struct Series { SnnUse *u; const SnnPop *p; int64_t pop, k, step; double every; } Series;
static void series_item(SnnX *x, Series *s, const SnnArray *a, int64_t from, int64_t n) {
    int64_t total;
    double *v = presented(x, s->p, a, from, n, &total);
    int64_t r = 0;
    if (s->k == 0) r = inst_present(s->u->inst, s->pop, v, total, &x->error);
    else if (total == s->p->n) inst_write(s->u->inst, s->p->value_field - 1, 0, total, v);
    else r = port_error(&x->error, 3, "%s has %lld neurons, but items of %lld values are presented to it", s->p->path, (long long)s->p->n, (long long)n);
    free(v);
    check(x, (int)r);
    if (s->k == 0) record_present(s->u->rec);
    int64_t end = (int64_t)nearbyint((double)++s->k * s->every / x->dt);
    if (end > s->step) snn__x_run(x, (double)(end - s->step) * x->dt, 0);
    s->step = end;
}
static Series series_begin(SnnX *x, int64_t net, int64_t pop, double every) {
    if (!(every > 0)) x_fail(x, 3, "the time of each item of a series must be longer than 0 ms");
    SnnUse *u = x_built(x, net);
    return (Series){ .u = u, .p = &u->net->pops[pop], .pop = pop, .every = every };
}
void snn__x_present_series(SnnX *x, int64_t net, int64_t pop, const SnnArray *a, double every) {
    Series s = series_begin(x, net, pop, every);
    if (a->n % s.p->n) x_fail(x, 3, "a series for %s wants a multiple of %lld values; the array has %lld", s.p->path, (long long)s.p->n, (long long)a->n);
    for (int64_t at = 0; at < a->n; at += s.p->n) series_item(x, &s, a, at, s.p->n);
    snn__x_fill(x, net, s.p->value_field - 1, 0, s.p->n, 0);
}
void snn__x_present_data(SnnX *x, int64_t net, int64_t pop, const DataSet *d, int64_t lo, int64_t hi, double every) {
    Series s = series_begin(x, net, pop, every);
    SnnArray item = { .n = d->length, .data = d };
    for (item.item = lo > 0 ? lo : 0; item.item < hi && item.item < d->count; item.item++) series_item(x, &s, &item, 0, d->length);
    snn__x_fill(x, net, s.p->value_field - 1, 0, s.p->n, 0);
}

double snn__x_get(SnnX *x, int64_t net, int64_t slot) { return x_built(x, net)->inst->K[slot]; }
void snn__x_set(SnnX *x, int64_t net, int64_t slot, double value) {
    SnnUse *u = x_built(x, net);
    u->K[slot] = value;
    u->is_set[slot] = 1;
    check(x, inst_set(u->inst, slot, value, &x->error));
}
void snn__x_reset(SnnX *x, int64_t net, int64_t what) {
    for (int64_t i = 0; i < x->nuses; i++)
        if ((net < 0 && x->use[i].used) || i == net) check(x, inst_reset(x_built(x, i)->inst, (int)what, &x->error));
}

void snn__x_normalise(SnnX *x, int64_t net, int64_t proj, double total) {
    SnnInst *in = x_built(x, net)->inst;
    const SnnProj *p = &in->net->projs[proj];
    if (!p->nfields || in->net->fields[p->fields[0]].role != INST_WEIGHT) x_fail(x, 3, "these synapses have no weights of their own (constant weights are not stored)");
    if (!isfinite(total)) x_fail(x, 3, "weights cannot sum to %g", total);
    check(x, connect_normalise(in, proj, total, &x->error));
}

// ---- spikes from outside ----
// Every time is emitted by each neuron of the slice.
// A time from now as the step that holds it; what it lies behind that step goes to *off. On the clock: the nearest step.
static int64_t stamp_of(SnnX *x, const SnnUse *u, int64_t pop, double ms, double *off) {
    double steps = ms / x->dt, near = nearbyint(steps);
    *off = 0;
    if (!u->net->pops[pop].event) return u->inst->step + x_steps(x, ms, "a spike");
    if (!(ms >= 0) || steps > 9e15) x_fail(x, 3, "a spike of %g ms: a time from 0 ms on is needed", ms);
    if (fabs(steps - near) <= 0x1p-49 * fmax(1, near)) return u->inst->step + (int64_t)near;      // decimal times of whole steps, and no others
    *off = steps - floor(steps);
    return u->inst->step + (int64_t)floor(steps);
}
static int emit(SnnX *x, const SnnUse *u, int64_t pop, const int64_t *stamp, const double *off, const uint32_t *index, int64_t n) {
    return u->net->pops[pop].event ? events_outside(u->inst, pop, stamp, off, index, n, &x->error) : inst_emit(u->inst, pop, stamp, index, n, &x->error);
}
void snn__x_emit(SnnX *x, int64_t net, int64_t pop, int64_t lo, int64_t hi, const SnnArray *a) {
    SnnUse *u = x_built(x, net);
    int64_t n = check_range(x, u->net->pops[pop].path, lo, &hi, u->net->pops[pop].n), all = a->n * n, k = 0;
    int64_t *stamp = need(x, malloc((size_t)(all + 1) * sizeof *stamp));
    uint32_t *index = need(x, malloc((size_t)(all + 1) * sizeof *index));
    double *off = need(x, malloc((size_t)(all + 1) * sizeof *off));
    for (int64_t e = 0; e < a->n; e++) {
        double late;
        int64_t at = stamp_of(x, u, pop, array_at(a, e), &late);
        for (int64_t i = lo; i < hi; i++, k++) { stamp[k] = at; off[k] = late; index[k] = (uint32_t)i; }
    }
    int r = emit(x, u, pop, stamp, off, index, k);
    free(stamp);
    free(off);
    free(index);
    check(x, r);
}

// A train: pairs (ms from now, index within the slice).
void snn__x_emit_train(SnnX *x, int64_t net, int64_t pop, int64_t lo, int64_t hi, const SnnArray *a) {
    SnnUse *u = x_built(x, net);
    int64_t n = check_range(x, u->net->pops[pop].path, lo, &hi, u->net->pops[pop].n), all = a->n / 2;
    int64_t *stamp = need(x, malloc((size_t)(all + 1) * sizeof *stamp));
    uint32_t *index = need(x, malloc((size_t)(all + 1) * sizeof *index));
    double *off = need(x, malloc((size_t)(all + 1) * sizeof *off));
    bool fits = true;
    for (int64_t k = 0; k < all; k++) {
        double i = array_at(a, 2 * k + 1);
        fits = fits && i < (double)n;
        stamp[k] = stamp_of(x, u, pop, array_at(a, 2 * k), &off[k]);
        index[k] = (uint32_t)(lo + (int64_t)i);
    }
    int r = fits ? emit(x, u, pop, stamp, off, index, all)
                 : port_error(&x->error, 3, "the spike train has neurons that '%s' has not: %lld take part here", u->net->pops[pop].path, (long long)n);
    free(stamp);
    free(off);
    free(index);
    check(x, r);
}

typedef struct Train { int64_t *stamp; double *off; uint32_t *index; int64_t n, cap; } Train;
static bool train_add(Train *t, int64_t stamp, double off, uint32_t index) {
    if (t->n == t->cap) {
        int64_t cap = t->cap * 2 + 256;
        int64_t *s = realloc(t->stamp, (size_t)cap * sizeof *s);
        if (s) t->stamp = s;
        uint32_t *i = realloc(t->index, (size_t)cap * sizeof *i);
        if (i) t->index = i;
        double *o = realloc(t->off, (size_t)cap * sizeof *o);
        if (o) t->off = o;
        if (!s || !i || !o) return false;
        t->cap = cap;
    }
    t->stamp[t->n] = stamp;
    t->off[t->n] = off;
    t->index[t->n++] = index;
    return true;
}
// A line `time_ms,index`, the index within the slice. Empty lines, comments (#) and a first line of names are passed over.
static const char *train_line(SnnX *x, SnnUse *u, int64_t pop, Train *t, const char *text, bool first, int64_t lo, int64_t n) {
    char *end, *end2;
    const char *s = text + strspn(text, " \t");
    if (!*s || *s == '#' || *s == '\n' || *s == '\r') return NULL;
    if (first && isalpha((unsigned char)*s)) return NULL;
    double ms = strtod(s, &end);
    double i = strtod(end + strspn(end, " \t,;"), &end2);
    if (end == s || end2 == end || !isfinite(ms)) return "no line of time_ms,index";
    if (ms < 0) return "a time before 0 ms";
    if (i != floor(i) || i < 0 || i >= (double)n) return "an index outside the slice";
    double off = 0;
    int64_t stamp = u->net->pops[pop].event ? stamp_of(x, u, pop, ms, &off) : u->inst->step + (int64_t)nearbyint(ms / x->dt);
    return train_add(t, stamp, off, (uint32_t)(lo + (int64_t)i)) ? NULL : "not enough memory";
}
void snn__x_emit_file(SnnX *x, int64_t net, int64_t pop, int64_t lo, int64_t hi, const char *name) {
    SnnUse *u = x_built(x, net);
    int64_t n = check_range(x, u->net->pops[pop].path, lo, &hi, u->net->pops[pop].n), line = 0;
    const char *path = x_path(x, name), *why = NULL;
    FILE *f = fopen(path, "r");
    if (!f) x_fail(x, 3, "cannot open %s: %s", path, strerror(errno));
    Train t = {0};
    char *text = NULL;
    size_t cap = 0;
    while (!why && getline(&text, &cap, f) >= 0) why = train_line(x, u, pop, &t, text, ++line == 1, lo, n);
    free(text);
    fclose(f);
    int r = why ? port_error(&x->error, 3, "%s:%lld: %s", path, (long long)line, why) : emit(x, u, pop, t.stamp, t.off, t.index, t.n);
    free(t.stamp);
    free(t.off);
    free(t.index);
    check(x, r);
}
