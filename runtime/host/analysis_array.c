// SPDX-License-Identifier: MIT
// Arrays of an experiment: their pool, reductions, grids and element-wise operations. Sums run in the order of the elements.
#include "host/analysis.h"
#include "host/data.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

SnnArray *array_new(ArrayPool *p, int64_t n) {
    SnnArray *a = calloc(1, sizeof *a);
    double *at = a ? calloc((size_t)(n > 0 ? n : 1), sizeof *at) : NULL;
    if (!at) {
        fprintf(stderr, "error: out of memory for an array of %lld numbers\n", (long long)n);
        exit(3);
    }
    a->n = n > 0 ? n : 0, a->at = at, a->next = p->first;
    p->first = a;
    p->fresh += sizeof *a + (size_t)(n > 0 ? n : 1) * sizeof *at;
    return a;
}

SnnArray *array_view(ArrayPool *p, const DataSet *d, int64_t item, int64_t n) {
    SnnArray *a = array_new(p, 0);
    free(a->at);
    a->n = n, a->at = NULL, a->data = d, a->item = item;
    return a;
}

void array_free_all(ArrayPool *p) {
    for (SnnArray *a = p->first, *next; a; a = next) {
        next = a->next;
        free(a->at), free(a);
    }
    p->first = NULL;
}

// A frame holds numbers and handles alike; a number that looks like the address of an array keeps it a little longer.
static int by_address(const void *a, const void *b) {
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
    return (x > y) - (x < y);
}
static int64_t *sorted_frame(const int64_t *frame, int64_t slots) {
    int64_t *f = malloc((size_t)(slots + 1) * sizeof *f);
    if (f && slots) memcpy(f, frame, (size_t)slots * sizeof *f);
    if (f) qsort(f, (size_t)slots, sizeof *f, by_address);
    return f;
}
static bool named(const SnnArray *a, const int64_t *frame, int64_t slots) {
    int64_t key = (int64_t)(uintptr_t)a;
    return bsearch(&key, frame, (size_t)slots, sizeof key, by_address) != NULL;
}

enum { COLLECT_LEAST = 1 << 22 };
void array_collect(ArrayPool *p, const int64_t *frame, int64_t slots) {
    if (p->fresh < (p->limit ? p->limit : COLLECT_LEAST)) return;
    int64_t *f = sorted_frame(frame, slots);
    size_t kept = 0;
    if (!f) return;
    for (SnnArray **at = &p->first, *a; (a = *at);) {
        if (a->held || named(a, f, slots)) { kept += sizeof *a + (size_t)a->n * sizeof *a->at; at = &a->next; continue; }
        *at = a->next;
        free(a->at), free(a);
    }
    free(f);
    p->fresh = 0;
    p->limit = kept > COLLECT_LEAST ? kept : COLLECT_LEAST;     // so that looking costs no more than making did
}
void array_hold_named(ArrayPool *p, const int64_t *frame, int64_t slots) {
    int64_t *f = sorted_frame(frame, slots);
    for (SnnArray *a = p->first; a; a = a->next) a->held += !f || named(a, f, slots);
    free(f);
}

void array_read(const SnnArray *a, int64_t lo, int64_t n, double *out) {
    if (!a->at) { data_read(a->data, a->item, lo, n, out); return; }
    for (int64_t i = 0; i < n; i++) out[i] = a->at[lo + i];
}

double array_at(const SnnArray *a, int64_t i) {
    double v;
    if (a->at) return a->at[i];
    data_read(a->data, a->item, i, 1, &v);
    return v;
}

double analysis_sum(const SnnArray *a) {
    double s = 0;
    for (int64_t i = 0; i < a->n; i++) s += array_at(a, i);
    return s;
}

double analysis_mean(const SnnArray *a) { return a->n ? analysis_sum(a) / (double)a->n : NAN; }

// Of the values as the whole population: sqrt(mean of squared deviations).
double analysis_std(const SnnArray *a) {
    double m = analysis_mean(a), s = 0;
    for (int64_t i = 0; i < a->n; i++) {
        double d = array_at(a, i) - m;
        s += d * d;
    }
    return a->n ? sqrt(s / (double)a->n) : NAN;
}

// sum (a - mean)(b - mean) over the root of the product of the sums of squares; undefined when either does not vary.
double analysis_pearson(const SnnArray *a, const SnnArray *b) {
    double ma = analysis_mean(a), mb = analysis_mean(b), ab = 0, aa = 0, bb = 0;
    for (int64_t i = 0; i < a->n; i++) {
        double x = array_at(a, i) - ma, y = array_at(b, i) - mb;
        ab += x * y, aa += x * x, bb += y * y;
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}

int64_t analysis_argmax(const SnnArray *a) {
    int64_t best = a->n ? 0 : -1;
    double most = a->n ? array_at(a, 0) : 0;
    for (int64_t i = 1; i < a->n; i++) {
        double v = array_at(a, i);
        if (v > most || (isnan(most) && !isnan(v))) best = i, most = v;
    }
    return best;
}

double analysis_maximum(const SnnArray *a) { return a->n ? array_at(a, analysis_argmax(a)) : NAN; }
double analysis_minimum(const SnnArray *a) {
    double least = a->n ? array_at(a, 0) : NAN;
    for (int64_t i = 1; i < a->n; i++) {
        double v = array_at(a, i);
        if (v < least || isnan(least)) least = v;
    }
    return least;
}

double analysis_fraction(const SnnArray *a, double lo, double hi) {
    int64_t in = 0;
    for (int64_t i = 0; i < a->n; i++) {
        double v = array_at(a, i);
        in += v >= lo && v <= hi;
    }
    return a->n ? (double)in / (double)a->n : NAN;
}

SnnArray *analysis_linspace(ArrayPool *p, double a, double b, int64_t n) {
    SnnArray *r = array_new(p, n);
    for (int64_t i = 0; i < r->n; i++) r->at[i] = n == 1 ? a : i == n - 1 ? b : a + (b - a) * (double)i / (double)(n - 1);
    return r;
}

// Equal ratios from a to b. Computed in extended precision and rounded once, so that it does not depend on the processor.
SnnArray *analysis_logspace(ArrayPool *p, double a, double b, int64_t n) {
    SnnArray *r = array_new(p, n);
    long double la = logl((long double)a), lb = logl((long double)b);
    for (int64_t i = 0; i < r->n; i++)
        r->at[i] = i == 0 ? a : i == n - 1 ? b : (double)expl(la + (lb - la) * (long double)i / (long double)(n - 1));
    return r;
}

// a, a + step, ... below b; a hair (1e-9 steps) below b counts as b, so that range(0, 1, 0.1) has 10 values.
SnnArray *analysis_range(ArrayPool *p, double a, double b, double step) {
    double n = ceil((b - a) / step - 1e-9);
    SnnArray *r = array_new(p, n > 0 && n < 1e9 ? (int64_t)n : 0);
    for (int64_t i = 0; i < r->n; i++) r->at[i] = a + (double)i * step;
    return r;
}

// The operators in the order of the language's BinaryOp.
enum { ADD, SUB, MUL, DIV, MOD, POW, LT, LE, GT, GE, EQ, NE, AND, OR };
double analysis_op(int64_t op, double a, double b) {
    switch (op) {
    case ADD: return a + b;
    case SUB: return a - b;
    case MUL: return a * b;
    case DIV: return a / b;
    case MOD: return a - b * floor(a / b);
    case POW: return (double)powl((long double)a, (long double)b);
    case LT: return a < b;
    case LE: return a <= b;
    case GT: return a > b;
    case GE: return a >= b;
    case EQ: return a == b;
    case NE: return a != b;
    case AND: return a != 0 && b != 0;
    case OR: return a != 0 || b != 0;
    }
    return NAN;
}
