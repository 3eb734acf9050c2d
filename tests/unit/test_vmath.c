// SPDX-License-Identifier: MIT
// Elementary functions: error in units in the last place against tables and against long double, special values. Lanes: test_vmath_lanes.c.
#include <math.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "core/vmath_fn.h"
#include "vmath_table.h"

typedef struct Fn { const char *name; double (*one)(double), (*two)(double, double); float (*one32)(float), (*two32)(float, float); double bound; } Fn;
static const Fn fma_set[] = {
#define FN1(n) {#n, snn__##n##_f64, NULL, snn__##n##_f32, NULL, 1.5},
#define FN2(n) {#n, NULL, snn__##n##_f64, NULL, snn__##n##_f32, 2.0},
#include "core/vmath.def"
#undef FN1
#undef FN2
}, plain_set[] = {
#define FN1(n) {#n, snn__##n##_f64_plain, NULL, snn__##n##_f32_plain, NULL, 1.5},
#define FN2(n) {#n, NULL, snn__##n##_f64_plain, NULL, snn__##n##_f32_plain, 2.0},
#include "core/vmath.def"
#undef FN1
#undef FN2
};
enum { NFN = sizeof fma_set / sizeof *fma_set };

static double unit_of(double want, int digits, int least)
{
    int e;
    frexp(want, &e);
    return ldexp(1, (e < least ? least : e) - digits);
}
static double run(const Fn *f, double x, double y) { return f->one ? f->one(x) : f->two(x, y); }
static void table(void **state)
{
    const Fn *set = *state;
    double worst[NFN] = {0};
    for (size_t i = 0; i < sizeof vmath_table / sizeof *vmath_table; i++) {
        int f = vmath_table[i].fn;
        double x = vmath_table[i].x, y = vmath_table[i].y, hi = vmath_table[i].hi, got = run(&set[f], x, y);
        double err = fabs((got - hi) - vmath_table[i].lo) / unit_of(hi, 53, -1021);
        double bound = f == VM_exp ? 1.0 : f == VM_exprel || f == VM_exprelinv ? 2.5 : set[f].bound;
        if (!(err <= bound)) fail_msg("%s(%a, %a) = %a, not %a: %g units", set[f].name, x, y, got, hi, err);
        if (err > worst[f]) worst[f] = err;
    }
    for (int f = 0; f < NFN; f++) assert_true(worst[f] > 0.25);          // every function was met
}
// Single precision against double: the table's arguments, and many others of all sizes.
static double bound32(const Fn *set, const Fn *f)
{
    bool rounded = f - set == VM_pow || f - set == VM_tan || f - set == VM_atan2;        // computed in double
    return rounded ? 0.52 : f - set == VM_exp ? 1.1 : f - set == VM_expm1 || f - set == VM_exprel || f - set == VM_exprelinv ? 3 : 2;
}
static void single_at(const Fn *set, const Fn *f, float x, float y)
{
    float got = f->one32 ? f->one32(x) : f->two32(x, y);
    double want = run(&fma_set[f - set], x, y), a = fabs(want);
    if (isinf(x) || isinf(y)) return;
    if (isnan(want)) assert_true(isnan(got));
    else if (a < 1.2e-38) assert_true(fabsf(got) < 1.3e-38f);
    else if (a < 3.402e38) {
        double err = fabs(got - want) / unit_of(want, 24, -125);
        if (!(err <= bound32(set, f))) fail_msg("%sf(%a, %a) = %a, not %a: %g units", f->name, x, y, got, want, err);
    } else if (a > 3.41e38) assert_true(isinf(got) && (got > 0) == (want > 0));
}
static double rnd(double lo, double hi);
static void single(void **state)
{
    const Fn *set = *state;
    for (size_t i = 0; i < sizeof vmath_table / sizeof *vmath_table; i++)
        single_at(set, &set[vmath_table[i].fn], (float)vmath_table[i].x, (float)vmath_table[i].y);
    static const double sizes[] = {1e-6, 0.01, 0.4, 1, 4, 30, 100, 1e4, 1e7, 1e20};
    for (int f = 0; f < NFN; f++)
        for (int i = 0; i < 40000; i++) {
            double size = sizes[i % 10];
            float x = (float)rnd(-size, size), y = (float)rnd(-8, 8);
            single_at(set, &set[f], x, y);
        }
    for (int k = 1; k < 100000; k += 7) {                                // next to multiples of pi/2
        float x = (float)(k * 1.57079632679489661923);
        single_at(set, &set[VM_sin], x, 0);
        single_at(set, &set[VM_cos], x, 0);
    }
    for (int f = 0; f < NFN; f++) {                                      // special values as in double
        static const float v[] = {0.0f, -0.0f, INFINITY, -INFINITY, NAN, 1, -1, 2, -2, 0.5f, 3, -3, 1e30f, -1e30f, 0x1p23f, 0x1p23f + 1, -0x1p24f, 0x1p25f};
        enum { N = sizeof v / sizeof *v };
        for (int i = 0; i < N * (set[f].two ? N : 1); i++) {
            float x = v[i % N], y = v[i / N], got = set[f].one32 ? set[f].one32(x) : set[f].two32(x, y);
            double want = run(&fma_set[f], x, y);
            bool same = isnan(want) ? isnan(got) : fabs(want) > 3.41e38 ? isinf(got) && (got > 0) == (want > 0)
                : fabs(want) < 1e-38 ? fabsf(got) < 1e-37f && (want != 0 || !signbit(got) == !signbit(want)) : fabs(got - want) <= 4e-7 * fabs(want);
            if (!same) fail_msg("%sf(%a, %a) = %a, not %a", set[f].name, x, y, got, want);
        }
    }
}
// ---- bulk comparison with long double ----------------------------------------------------------------------------------------
static uint64_t lcg = 88172645463325252u;
static double rnd(double lo, double hi)
{
    lcg ^= lcg << 13;
    lcg ^= lcg >> 7;
    lcg ^= lcg << 17;
    return lo + (hi - lo) * (double)(lcg >> 11) * 0x1p-53;
}
static long double exprel_l(long double x) { return expm1l(x) / x; }
static long double exprelinv_l(long double x) { return x / expm1l(x); }
typedef struct Bulk { int fn; long double (*ref)(long double); double lo, hi; } Bulk;
static const Bulk bulk_ranges[] = {
    {VM_exp, expl, -708, 709.7}, {VM_exp, expl, -1, 1}, {VM_expm1, expm1l, -2, 2}, {VM_expm1, expm1l, -50, 709.7},
    {VM_exprel, exprel_l, -2, 2}, {VM_exprel, exprel_l, -50, 716}, {VM_exprelinv, exprelinv_l, -2, 2}, {VM_exprelinv, exprelinv_l, -50, 700}, {VM_log, logl, 1e-300, 1e-290}, {VM_log, logl, 0, 3}, {VM_log1p, log1pl, -1, 1}, {VM_log1p, log1pl, 0, 1e9},
    {VM_sin, sinl, -10, 10}, {VM_sin, sinl, -3e6, 3e6}, {VM_cos, cosl, -10, 10}, {VM_cos, cosl, -3e6, 3e6}, {VM_tan, tanl, -10, 10}, {VM_tan, tanl, -3e6, 3e6},
    {VM_tanh, tanhl, -1, 1}, {VM_tanh, tanhl, -20, 20}, {VM_atan, atanl, -1, 1}, {VM_atan, atanl, -50, 50}};
static void bulk(void **state)
{
    const Fn *set = *state;
    for (size_t r = 0; r < sizeof bulk_ranges / sizeof *bulk_ranges; r++)
        for (int i = 0; i < 20000; i++) {
            double x = rnd(bulk_ranges[r].lo, bulk_ranges[r].hi), got = set[bulk_ranges[r].fn].one(x);
            long double want = bulk_ranges[r].ref(x);
            double err = (double)fabsl(got - want) / unit_of((double)want, 53, -1021);
            if (!(err <= (bulk_ranges[r].fn == VM_exprel || bulk_ranges[r].fn == VM_exprelinv ? 2.5 : 1.5))) fail_msg("%s(%a) = %a, not %La: %g units", set[bulk_ranges[r].fn].name, x, got, want, err);
        }
    for (int i = 0; i < 50000; i++) {
        double x = rnd(0, 8), y = rnd(-200, 200), got = set[VM_pow].two(x, y);
        long double want = powl(x, y);
        if (want > 1e300L || want < 1e-300L) continue;
        assert_true(fabsl(got - want) <= 2 * unit_of((double)want, 53, -1021));
        want = atan2l(y, x - 4);
        assert_true(fabsl(set[VM_atan2].two(y, x - 4) - want) <= 1.5 * unit_of((double)want, 53, -1021));
    }
}
// ---- special values ------------------------------------------------------------------------------------------------------------
static double flushed(double x) { return fabs(x) < 0x1p-1022 ? copysign(0, x) : x; }
static bool alike(double got, double want)
{
    if (isnan(want) || want == 0 || isinf(want)) return (isnan(got) && isnan(want)) || (got == want && !signbit(got) == !signbit(want));
    return fabs(got - want) <= 4e-16 * fabs(want);
}
static void special(void **state)
{
    const Fn *set = *state;
    static const double v[] = {0.0, -0.0, INFINITY, -INFINITY, NAN, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 2.5, -2.5, 1e300, -1e300, 1e-300, 1e-310, -1e-310,
                               0x1p52, 0x1p52 + 1, 0x1p53 + 2, -0x1p53, -0x1p52 - 1, 709.782712893384, 709.7827128933841, -708.3, -709, 745, -746, 1e-20, -1e-20, 20, 30, -40, -50};
    enum { N = sizeof v / sizeof *v };
    static const struct { int fn; double (*ref)(double); } one[] = {{VM_exp, exp}, {VM_expm1, expm1}, {VM_log, log}, {VM_log1p, log1p}, {VM_sin, sin}, {VM_cos, cos}, {VM_tan, tan}, {VM_tanh, tanh}, {VM_atan, atan}};
    for (size_t f = 0; f < sizeof one / sizeof *one; f++)
        for (int i = 0; i < N; i++) {
            double got = set[one[f].fn].one(v[i]), want = one[f].ref(v[i]);
            if (one[f].fn == VM_exp) want = flushed(want);
            if (!alike(got, want)) fail_msg("%s(%a) = %a, not %a", set[one[f].fn].name, v[i], got, want);
        }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double got = set[VM_pow].two(v[i], v[j]), want = flushed(pow(v[i], v[j]));
            if (!alike(got, want)) fail_msg("pow(%a, %a) = %a, not %a", v[i], v[j], got, want);
            want = atan2(v[i], v[j]);
            if (fabs(want) > 0 && fabs(want) < 1e-290) continue;
            got = set[VM_atan2].two(v[i], v[j]);
            if (!alike(got, want)) fail_msg("atan2(%a, %a) = %a, not %a", v[i], v[j], got, want);
        }
    assert_true(set[VM_exprel].one(0) == 1 && set[VM_exprel].one(-0.0) == 1 && set[VM_exprel].one(INFINITY) == INFINITY);
    assert_true(set[VM_exprel].one(-INFINITY) == 0 && isnan(set[VM_exprel].one(NAN)) && set[VM_exprel].one(720) == INFINITY);
}
int main(void)
{
    void *f = (void *)(uintptr_t)fma_set, *p = (void *)(uintptr_t)plain_set;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(table, f), cmocka_unit_test_prestate(table, p), cmocka_unit_test_prestate(single, f), cmocka_unit_test_prestate(single, p),
        cmocka_unit_test_prestate(bulk, f), cmocka_unit_test_prestate(bulk, p), cmocka_unit_test_prestate(special, f), cmocka_unit_test_prestate(special, p)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
