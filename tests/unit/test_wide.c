// SPDX-License-Identifier: MIT
// Passes of construction in vectors beside their definitions, one by one; repeated samples beside the same draws, sorted.
#include "core/connect/sample.h"
#include "core/connect/wide.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint64_t last = 88172645463325252u;
static uint32_t some(uint32_t n) {                      // xorshift, Marsaglia 2003
    last ^= last << 13;
    last ^= last >> 7;
    last ^= last << 17;
    return (uint32_t)((last >> 32) % n);
}

static void delays(void **unused) {
    (void)unused;
    double value[100];
    uint16_t got[101];
    for (int round = 0; round < 2000; round++) {
        int n = (int)some(100);
        WideDelays seen = { 65535, 0 };
        double least = 65535, most = 0;
        for (int e = 0; e < n; e++) {
            value[e] = round % 3 ? some(4000) / 8.0 : some(65536 * 16) / 16.0;
            if (value[e] > 65535) value[e] = 65535.5 - 1;
            double d = nearbyint(value[e]);
            least = fmin(least, d);
            most = fmax(most, d);
        }
        got[n] = 4711;
        assert_true(wide_delays(value, n, 65535, got, &seen));
        for (int e = 0; e < n; e++) assert_int_equal(got[e], (int)nearbyint(value[e]));
        assert_int_equal(got[n], 4711);
        assert_true(seen.least == least && seen.most == most);
        if (!n) continue;
        static const double wrong[] = { NAN, -0.6, 65536, 1e300, -INFINITY };
        value[some((uint32_t)n)] = wrong[some(5)];
        assert_false(wide_delays(value, n, 65535, got, &seen));
    }
}
static void copies(void **unused) {
    (void)unused;
    uint32_t at[200], got[201];
    for (int round = 0; round < 2000; round++) {
        uint32_t n = some(200), step = 1 + some(4), x = 0;
        for (uint32_t e = 0; e < n; e++) at[e] = x += some(step + 1);
        got[n] = 4711;
        wide_copies(at, got, n);
        for (uint32_t e = 0, same = 0; e < n; e++) {
            same = e && at[e] == at[e - 1] ? same + 1 : 0;
            assert_int_equal(got[e], same);
        }
        assert_int_equal(got[n], 4711);
    }
}
static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}
static void repeated(void **unused) {
    (void)unused;
    static const struct { uint32_t n, k; } size[] = { {1, 1}, {1, 40}, {64, 1}, {65, 100}, {3000, 90}, {3000, 95}, {20000, 2000}, {40000, 1000}, {40000, 30000}, {100000, 9}, {7, 3000} };
    for (size_t s = 0; s < sizeof size / sizeof *size; s++)
        for (int gap = 0; gap < 2; gap++) {
            uint32_t n = size[s].n, k = size[s].k, without = 5 + some(n), *want = malloc(k * sizeof *want);
            Draws a = draws_of(s, 3, 9, 0), b = a;
            for (uint32_t e = 0; e < k; e++) {
                want[e] = 5 + draw_below(&b, n);
                if (gap && want[e] >= without) want[e]++;
            }
            qsort(want, k, sizeof *want, ascending);
            Row r = {0};
            sample_numbers(&a, 5, 5 + n + gap, gap ? (int64_t)without : -1, k, true, &r);
            assert_false(r.failed);
            assert_int_equal(r.n, k);
            assert_memory_equal(r.at, want, k * sizeof *want);
            assert_int_equal(draw_word(&a), draw_word(&b));
            row_free(&r);
            free(want);
        }
}

int main(void) {
    static const struct CMUnitTest tests[] = {cmocka_unit_test(delays), cmocka_unit_test(copies), cmocka_unit_test(repeated)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
