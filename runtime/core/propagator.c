// SPDX-License-Identifier: MIT
// Matrix exponential by scaling, Taylor series and squaring in pairs of doubles (106 bits), rounded once. Equal or nearly equal
// eigenvalues need no case of their own, since nothing is diagonalised; the spare 53 bits absorb what squaring loses.
// Zero entries are skipped, so triangular systems cost what their paths cost and unreachable entries stay exactly 0.
#include "core/propagator.h"
#include <stdlib.h>
#define VM_W 1
#define VM_PLAIN 1                                 // Dekker's product: no library fma on processors without one
#include "core/vmath.h"

typedef vm_dd_f64_plain Pair;
enum { SMALL = 8, MAX_TERMS = 64, MAX_SQUARINGS = 64 };
#define NORM_GOAL 0x1p-8                           // the series runs at this norm: few terms, no cancellation

static Pair add(Pair a, Pair b)
{
    Pair s = vm_two_sum_f64_plain(a.hi, b.hi), t = vm_two_sum_f64_plain(a.lo, b.lo);
    s = vm_fast_sum_f64_plain(s.hi, s.lo + t.hi);
    return vm_fast_sum_f64_plain(s.hi, s.lo + t.lo);
}
static void product(int64_t n, const Pair *a, const Pair *b, Pair *out)
{
    for (int64_t i = 0; i < n * n; i++) out[i] = (Pair){0, 0};
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < n; k++) {
            Pair f = a[i * n + k];
            if (f.hi == 0) continue;
            for (int64_t j = 0; j < n; j++)
                if (b[k * n + j].hi != 0) out[i * n + j] = add(out[i * n + j], vm_dd_mul_f64_plain(f, b[k * n + j]));
        }
}
// M = A dt / 2^s with norm at most NORM_GOAL (largest row sum); returns s, or -1 when A dt is not finite.
static int scale(int64_t n, const double *A, double dt, Pair *m)
{
    double norm = 0;
    for (int64_t i = 0; i < n; i++) {
        double row = 0;
        for (int64_t j = 0; j < n; j++) {
            m[i * n + j] = vm_two_prod_f64_plain(A[i * n + j], dt);
            row += __builtin_fabs(m[i * n + j].hi);
        }
        if (!(row <= VM_DOUBLE_MAX)) return -1;
        if (row > norm) norm = row;
    }
    int s = 0;
    double factor = 1;
    while (norm * factor > NORM_GOAL && s < MAX_SQUARINGS) {
        factor *= 0.5;
        s++;
    }
    for (int64_t i = 0; i < n * n; i++) m[i] = (Pair){m[i].hi * factor, m[i].lo * factor};
    return s;
}
// p = sum of m^k/k!, until every entry has settled: an entry reached only by long paths starts with a late term.
static void series(int64_t n, const Pair *m, Pair *p, Pair *term, Pair *next)
{
    for (int64_t i = 0; i < n * n; i++) p[i] = term[i] = (Pair){i % (n + 1) == 0, 0};
    for (int64_t k = 1; k <= MAX_TERMS + n; k++) {
        int settled = 1;
        product(n, term, m, next);
        for (int64_t i = 0; i < n * n; i++) {
            term[i] = vm_dd_div_f64_plain(next[i], (Pair){(double)k, 0});
            p[i] = add(p[i], term[i]);
            settled &= __builtin_fabs(term[i].hi) <= 0x1p-110 * __builtin_fabs(p[i].hi);
        }
        if (settled && k >= n) break;
    }
}
void snn__propagator(int64_t n, const double *A, double dt, double *P)
{
    Pair fixed[4 * SMALL * SMALL], *heap = n > SMALL ? malloc(4 * (size_t)(n * n) * sizeof *heap) : NULL;
    if (n > SMALL && !heap) abort();
    Pair *m = heap ? heap : fixed, *p = m + n * n, *t = p + n * n, *u = t + n * n;
    int s = scale(n, A, dt, m);
    if (s >= 0) {
        series(n, m, p, t, u);
        for (; s > 0; s--) {
            product(n, p, p, t);
            Pair *swap = p;
            p = t;
            t = swap;
        }
    }
    for (int64_t i = 0; i < n * n; i++) P[i] = s < 0 ? VM_NAN : p[i].hi + p[i].lo + 0.0;
    free(heap);
}
