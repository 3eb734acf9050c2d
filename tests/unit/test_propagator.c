// SPDX-License-Identifier: MIT
// The matrix exponential against tables computed in 200 digits.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "core/propagator.h"
#include "propagator_table.h"

static double ulps(double got, double want)
{
    if (got == want) return 0;
    double unit = nextafter(fabs(want), INFINITY) - fabs(want);
    return fabs(got - want) / unit;
}
static void table(void **state)
{
    (void)state;
    for (size_t t = 0; t < sizeof propagator_table / sizeof *propagator_table; t++) {
        double p[64];
        int n = propagator_table[t].n;
        snn__propagator(n, propagator_table[t].a, propagator_table[t].dt, p);
        for (int i = 0; i < n * n; i++) {
            double want = propagator_table[t].p[i];
            if (fabs(want) < 0x1p-900) assert_true(fabs(p[i]) < 0x1p-899);
            else if (ulps(p[i], want) > 1) fail_msg("%s [%d]: %.17g, not %.17g", propagator_table[t].name, i, p[i], want);
            if (want == 0) assert_true(p[i] == 0 && !signbit(p[i]));
        }
    }
}
static void group(void **state)                    // e^(A a) e^(A b) = e^(A (a + b)); large n takes the heap
{
    (void)state;
    enum { N = 12 };
    double a[N * N], x[N * N], y[N * N], z[N * N];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) a[i * N + j] = i == j ? -1.0 - i : 1.0 / (1 + i + 2 * j);
    snn__propagator(N, a, 0.25, x);
    snn__propagator(N, a, 0.5, y);
    snn__propagator(N, a, 0.75, z);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double s = 0;
            for (int k = 0; k < N; k++) s += x[i * N + k] * y[k * N + j];
            assert_true(fabs(s - z[i * N + j]) < 1e-14);
        }
}
static void not_finite(void **state)
{
    (void)state;
    double a[] = {1, INFINITY, 0, 1}, p[4];
    snn__propagator(2, a, 1, p);
    for (int i = 0; i < 4; i++) assert_true(isnan(p[i]));
}
int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(table), cmocka_unit_test(group), cmocka_unit_test(not_finite)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
