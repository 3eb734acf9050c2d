// SPDX-License-Identifier: MIT
// Every distribution against its distribution function: Kolmogorov-Smirnov for continuous ones, chi-square for counts, at significance
// 1e-4 with fixed seeds; and the normal quantile against its inverse.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "core/draw.h"
#include "core/vmath_fn.h"
#define VM_W 1
#define VM_PLAIN 0
#include "core/vmath.h"
#include "core/vmath32.h"
#include "core/vdraw.h"

enum { N = 100000 };
static double sample[N];
static int up(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
// Regularised lower incomplete gamma function: series below a + 1, continued fraction above (Lentz).
static double gamma_p(double a, double x)
{
    if (x <= 0) return 0;
    double front = exp(a * log(x) - x - lgamma(a));
    if (x < a + 1) {
        double term = 1 / a, sum = term;
        for (double n = a + 1; term > 1e-17 * sum; n++) sum += term *= x / n;
        return front * sum;
    }
    double b = x + 1 - a, c = 1e300, d = 1 / b, h = d;
    for (int i = 1; i < 1000; i++) {
        double an = -i * (i - a);
        b += 2;
        d = 1 / (an * d + b);
        c = b + an / c;
        h *= d * c;
        if (fabs(d * c - 1) < 1e-16) break;
    }
    return 1 - front * h;
}
static double p1, p2;
static double cdf_uniform(double x) { return x; }
static double cdf_normal(double x) { return 0.5 * erfc(-x / sqrt(2)); }
static double cdf_exponential(double x) { return -expm1(-x); }
static double cdf_gamma(double x) { return gamma_p(p1, x); }
static double tail(double x) { return 0.5 * erfc(x / sqrt(2)); }
static double cdf_trunc(double x) { return (tail(p1) - tail(x)) / (tail(p1) - tail(p2)); }       // lower bound first; tails keep accuracy far out
static void ks(const char *name, double (*cdf)(double))
{
    qsort(sample, N, sizeof *sample, up);
    double d = 0;
    for (int i = 0; i < N; i++) {
        double f = cdf(sample[i]), lo = f - (double)i / N, hi = (double)(i + 1) / N - f;
        if (lo > d) d = lo;
        if (hi > d) d = hi;
    }
    double p = 2 * exp(-2 * d * d * N);                  // asymptotic tail of the statistic
    if (!(p > 1e-4)) fail_msg("%s: distance %g, p = %g", name, d, p);
}
// Chi-square of counts; bins with fewer than 10 expected are merged into their neighbour above.
static void counts(const char *name, double (*pmf)(double))
{
    static double seen[4096];
    for (int k = 0; k < 4096; k++) seen[k] = 0;
    for (int i = 0; i < N; i++) {
        assert_true(sample[i] >= 0 && sample[i] < 4096 && sample[i] == floor(sample[i]));
        seen[(int)sample[i]]++;
    }
    double chi = 0, e = 0, o = 0, rest = N, left = N;
    int bins = 0;
    for (int k = 0; k < 4096; k++) {
        e += N * pmf(k);
        o += seen[k];
        if (e < 10 || rest - e < 10) continue;
        chi += (o - e) * (o - e) / e;
        rest -= e;
        left -= o;
        bins++;
        e = o = 0;
    }
    chi += (left - rest) * (left - rest) / rest;
    double p = 1 - gamma_p(bins / 2.0, chi / 2);
    if (!(p > 1e-4)) fail_msg("%s: chi-square %g in %d bins, p = %g", name, chi, bins + 1, p);
}
static double pmf_poisson(double k) { return exp(k * log(p1) - p1 - lgamma(k + 1)); }
static double pmf_binomial(double k)
{
    return k > p1 ? 0 : exp(lgamma(p1 + 1) - lgamma(k + 1) - lgamma(p1 - k + 1) + k * log(p2) + (p1 - k) * log1p(-p2));
}
#define FILL(expression) for (uint32_t i = 0; i < N; i++) sample[i] = (expression)
static void continuous(void **state)
{
    (void)state;
    FILL(snn__uniform_f64(1, i, 0, 0, 1, 5));
    ks("uniform over entities", cdf_uniform);
    FILL(snn__uniform_f64(1, 3, 0, 0, i, 5));
    ks("uniform over steps", cdf_uniform);
    FILL(snn__uniform_f64(i, 3, 0, 0, 0, 5));
    ks("uniform over seeds", cdf_uniform);
    FILL(snn__uniform_f32(2, 3, i, 0, 0, 5));
    ks("uniform, single precision", cdf_uniform);
    FILL(snn__normal_f64(1, i, 0, 0, 1, 6));
    ks("normal", cdf_normal);
    FILL(snn__normal_f64_plain(1, 9, i, 0, 1, 6));
    ks("normal, plain", cdf_normal);
    FILL(snn__normal_f32(3, i, 0, 0, 1, 6));
    ks("normal, single precision", cdf_normal);
    FILL(snn__exponential_f64(1, i, 0, 0, 1, 7));
    ks("exponential", cdf_exponential);
    FILL(snn__exponential_f32(4, i, 0, 0, 1, 7));
    ks("exponential, single precision", cdf_exponential);
    for (uint32_t i = 0; i < N; i++) {              // both precisions see the same noise
        double n = snn__normal_f64(1, i, 0, 0, 1, 6), e = snn__exponential_f64(1, i, 0, 0, 1, 7);
        assert_true(fabs(snn__normal_f32(1, i, 0, 0, 1, 6) - n) <= 2e-5);
        assert_true(fabs(snn__exponential_f32(1, i, 0, 0, 1, 7) - e) <= 4e-7 * (1 + e) + 0x1p-32 * exp(e));      // the digits below the 32nd
    }
    static const double shapes[] = {0.05, 0.4, 1, 2.5, 30, 1000};
    for (int s = 0; s < 6; s++) {
        p1 = shapes[s];
        FILL(snn__draw_gamma(4, i, 0, 0, 1, 8 + s, p1));
        ks("gamma", cdf_gamma);
    }
    static const double bounds[][2] = {{-1, 2}, {0, INFINITY}, {-INFINITY, -1.5}, {3, 3.5}, {-9, -5}, {8, 30}, {-INFINITY, INFINITY}, {-0.01, 0.02}};
    for (int s = 0; s < 8; s++) {
        p1 = bounds[s][0];
        p2 = bounds[s][1];
        FILL(snn__truncnormal_f64(5, i, 0, 0, 1, 20, p1, p2));
        for (int i = 0; i < N; i++) assert_true(sample[i] >= p1 && sample[i] <= p2);
        ks("truncated normal", cdf_trunc);
        FILL((double)snn__truncnormal_f32(5, i, 0, 0, 1, 40 + s, (float)p1, (float)p2));
        for (int i = 0; i < N; i++) assert_true(sample[i] >= (float)p1 && sample[i] <= (float)p2);
        ks("truncated normal, single precision", cdf_trunc);
    }
}
static void discrete(void **state)
{
    (void)state;
    static const double means[] = {0.001, 0.3, 2, 11.9, 30, 63.9, 64.1, 400, 1500};
    for (int s = 0; s < 9; s++) {
        p1 = means[s];
        FILL(snn__draw_poisson(6, i, 0, 0, 1, 30 + s, p1));
        counts("Poisson", pmf_poisson);
        FILL(snn__poisson_f64(6, i, 0, 0, 1, 30 + s, p1));
        for (uint32_t i = 0; i < N; i += 97) assert_true(sample[i] == snn__draw_poisson(6, i, 0, 0, 1, 30 + s, p1));
    }
    static const double np[][2] = {{1, 0.3}, {20, 0.3}, {20, 0.7}, {100, 0.02}, {100, 0.5}, {1000, 0.9}, {3000, 0.2}, {1e6, 1e-6}};
    for (int s = 0; s < 8; s++) {
        p1 = np[s][0];
        p2 = np[s][1];
        FILL(snn__draw_binomial(7, i, 0, 0, 1, 40 + s, p1, p2));
        counts("binomial", pmf_binomial);
    }
}
static void independence(void **state)             // neighbouring entities, steps and streams: correlations within 4.5 standard errors
{
    (void)state;
    double s[5] = {0};
    for (uint32_t i = 0; i < N; i++) {
        double x = snn__normal_f64(8, i, 0, 0, 1, 6);
        s[0] += x * snn__normal_f64(8, i + 1, 0, 0, 1, 6);
        s[4] += x * snn__normal_f64(8, i + 16, 0, 0, 1, 6);          // from the same block for half of them
        s[1] += x * snn__normal_f64(8, i, 0, 0, 2, 6);
        s[2] += x * snn__normal_f64(8, i, 0, 0, 1, 7);
        s[3] += x * snn__normal_f64(8, i, 0, 1, 1, 6);
    }
    for (int k = 0; k < 5; k++) assert_true(fabs(s[k]) < 4.5 * sqrt(N));
}
static void quantile(void **state)
{
    (void)state;
    for (double p = 1e-300; p < 1; p = p < 0.01 ? p * 3.7 : p + 0.0037) {
        double x = snn__normal_quantile_f64(p), back = vm_normal_cdf_f64(x), density = exp(-x * x / 2) / sqrt(2 * M_PI);
        assert_true(fabs(back - p) <= 1e-14 * p + 4 * 2.3e-16 * fabs(x) * density);
        assert_true(fabs(back - cdf_normal(x)) <= 4e-15 * back * (1 + x * x));
    }
}
static void borders(void **state)
{
    (void)state;
    assert_true(snn__draw_poisson(1, 0, 0, 0, 0, 0, 0) == 0 && snn__draw_poisson(1, 0, 0, 0, 0, 0, -3) == 0 && isnan(snn__draw_poisson(1, 0, 0, 0, 0, 0, NAN)));
    assert_true(snn__draw_binomial(1, 0, 0, 0, 0, 0, 7, 0) == 0 && snn__draw_binomial(1, 0, 0, 0, 0, 0, 7, 1) == 7 && snn__draw_binomial(1, 0, 0, 0, 0, 0, 0, 0.5) == 0);
    assert_true(isnan(snn__draw_gamma(1, 0, 0, 0, 0, 0, -1)) && snn__draw_gamma(1, 0, 0, 0, 0, 0, 0) == 0);
    assert_true(snn__truncnormal_f64(1, 0, 0, 0, 0, 0, 2, 2) == 2 && isnan(snn__truncnormal_f64(1, 0, 0, 0, 0, 0, 3, 2)));
}
int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(continuous), cmocka_unit_test(discrete), cmocka_unit_test(independence), cmocka_unit_test(quantile), cmocka_unit_test(borders)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
