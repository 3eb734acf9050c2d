// SPDX-License-Identifier: MIT
// Rejection methods. Each attempt takes a fresh Philox block: the attempt number enters the key, so a draw still needs no state.
#include "core/draw.h"
#define VM_W 1
#define VM_PLAIN 0
#include "core/vmath.h"
#include "core/vmath32.h"
#include "core/vdraw.h"

typedef struct Site { uint64_t seed, when; uint32_t c0, c1, copy, stream; } Site;
typedef struct Pair { double u, v; } Pair;        // u in [0, 1), v in (0, 1]
static vm_words_f64 attempt_words(const Site *s, uint32_t attempt)
{
    uint64_t low = (uint32_t)((uint32_t)s->seed + attempt * 0x85EBCA6Bu);
    return vm_draw_words_f64((s->seed & ~(uint64_t)0xffffffffu) | low, s->c0, s->c1, s->copy, s->when, s->stream);
}
static Pair attempt_pair(const Site *s, uint32_t attempt)
{
    vm_words_f64 w = attempt_words(s, attempt);
    return (Pair){vm_unit_f64(w.w0, w.w1), 1.0 - vm_unit_f64(w.w2, w.w3)};
}

// log(k!): Stirling's series from 10 on, the product below.
static double log_factorial(double k)
{
    if (k < 10.0) {
        double p = 1.0;
        for (double i = 2.0; i <= k; i += 1.0) p *= i;
        return vm_log_f64(p);
    }
    double n = k + 1.0, r = 1.0 / n, r2 = r * r;
    double series = r * (1.0 / 12 - r2 * (1.0 / 360 - r2 * (1.0 / 1260 - r2 * (1.0 / 1680 - r2 * (1.0 / 1188)))));
    return (n - 0.5) * vm_log_f64(n) - n + 0.91893853320467274178 + series;
}

// PTRS, W. Hoermann, Insurance: Mathematics and Economics 12 (1993) 39-45.
static double poisson_large(const Site *s, double mean)
{
    double root = __builtin_sqrt(mean), b = 0.931 + 2.53 * root, a = -0.059 + 0.02483 * b;
    double inv_alpha = 1.1239 + 1.1328 / (b - 3.4), vr = 0.9277 - 3.6224 / (b - 2.0), log_mean = vm_log_f64(mean);
    for (uint32_t i = 1;; i++) {
        Pair p = attempt_pair(s, i);
        double u = p.u - 0.5, us = 0.5 - __builtin_fabs(u);
        double k = __builtin_floor((2.0 * a / us + b) * u + mean + 0.43);
        if (us >= 0.07 && p.v <= vr) return k;
        if (k < 0.0 || (us < 0.013 && p.v > us)) continue;
        if (vm_log_f64(p.v) + vm_log_f64(inv_alpha / (a / (us * us) + b)) <= k * log_mean - mean - log_factorial(k)) return k;
    }
}
double snn__draw_poisson(int64_t seed, int64_t c0, int64_t c1, int64_t copy, int64_t when, int64_t stream, double mean)
{
    Site s = {(uint64_t)seed, (uint64_t)when, (uint32_t)c0, (uint32_t)c1, (uint32_t)copy, (uint32_t)stream};
    if (mean > 0x1p52) return mean;                // beyond, neighbouring doubles are further apart than the counts
    if (mean > VM_POISSON_INVERSION) return poisson_large(&s, mean);
    return vm_poisson_f64(s.seed, s.c0, s.c1, s.copy, s.when, s.stream, mean);
}

// G. Marsaglia and W. W. Tsang, ACM Transactions on Mathematical Software 26 (2000) 363-372; shapes below 1 through shape + 1.
double snn__draw_gamma(int64_t seed, int64_t c0, int64_t c1, int64_t copy, int64_t when, int64_t stream, double shape)
{
    Site s = {(uint64_t)seed, (uint64_t)when, (uint32_t)c0, (uint32_t)c1, (uint32_t)copy, (uint32_t)stream};
    if (!(shape > 0.0) || shape > VM_DOUBLE_MAX) return shape == 0.0 || shape > 0.0 ? shape : VM_NAN;
    double boost = 1.0;
    if (shape < 1.0) {
        boost = vm_exp_f64(vm_log_f64(attempt_pair(&s, 0).v) / shape);
        shape += 1.0;
    }
    double d = shape - 1.0 / 3.0, c = 1.0 / __builtin_sqrt(9.0 * d);
    for (uint32_t i = 1;; i += 2) {
        double x = vm_box_muller_f64(attempt_words(&s, i)), v = 1.0 + c * x, u = attempt_pair(&s, i + 1).v;
        if (v <= 0.0) continue;
        v = v * v * v;
        double x2 = x * x;
        if (u < 1.0 - 0.0331 * x2 * x2 || vm_log_f64(u) < 0.5 * x2 + d * (1.0 - v + vm_log_f64(v))) return d * v * boost;
    }
}

static double binomial_small(const Site *s, double n, double p)          // inversion; n*p <= 10
{
    double q = 1.0 - p, odds = p / q, u = attempt_pair(s, 0).u;
    double mass = vm_exp_f64(n * vm_log1p_f64(-p)), sum = mass, k = 0.0;
    while (u >= sum && k < n && k < 200.0) {
        k += 1.0;
        mass *= odds * ((n - k + 1.0) / k);
        sum += mass;
    }
    return k;
}
// BTRS, W. Hoermann, Journal of Statistical Computation and Simulation 46 (1993) 101-110.
static double binomial_large(const Site *s, double n, double p)
{
    double spq = __builtin_sqrt(n * p * (1.0 - p)), b = 1.15 + 2.53 * spq, a = -0.0873 + 0.0248 * b + 0.01 * p, c = n * p + 0.5;
    double vr = 0.92 - 4.2 / b, alpha = (2.83 + 5.1 / b) * spq, log_odds = vm_log_f64(p / (1.0 - p));
    double m = __builtin_floor((n + 1.0) * p), h = log_factorial(m) + log_factorial(n - m);
    for (uint32_t i = 1;; i++) {
        Pair t = attempt_pair(s, i);
        double u = t.u - 0.5, us = 0.5 - __builtin_fabs(u), k = __builtin_floor((2.0 * a / us + b) * u + c);
        if (us >= 0.07 && t.v <= vr) return k;
        if (k < 0.0 || k > n) continue;
        double bound = h - log_factorial(k) - log_factorial(n - k) + (k - m) * log_odds;
        if (vm_log_f64(t.v) + vm_log_f64(alpha / (a / (us * us) + b)) <= bound) return k;
    }
}
double snn__draw_binomial(int64_t seed, int64_t c0, int64_t c1, int64_t copy, int64_t when, int64_t stream, double n, double p)
{
    Site s = {(uint64_t)seed, (uint64_t)when, (uint32_t)c0, (uint32_t)c1, (uint32_t)copy, (uint32_t)stream};
    if (n != n || p != p) return VM_NAN;
    n = __builtin_floor(n + 0.5);
    if (n <= 0.0 || p <= 0.0) return 0.0;
    if (p >= 1.0) return n;
    double r = p > 0.5 ? 1.0 - p : p, k = n * r <= 10.0 ? binomial_small(&s, n, r) : binomial_large(&s, n, r);
    return p > 0.5 ? n - k : k;
}
