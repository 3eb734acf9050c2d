// SPDX-License-Identifier: MIT
// Quantities of --set: numbers, units, rounding, and what is refused.
#include "host/units.h"
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

static int64_t key(int m, int kg, int s, int A) {
    int e[4] = { m, kg, s, A };
    int64_t k = 0;
    for (int i = 0; i < 4; i++) k |= (int64_t)(uint8_t)(int8_t)(2 * e[i]) << (8 * i);
    return k;
}
static void accepted(void **state) {
    (void)state;
    const struct { const char *text; double value; int64_t key; } t[] = {
        { "3ms", 3, key(0, 0, 1, 0) }, { "3 ms", 3, key(0, 0, 1, 0) }, { "0.1 ms", 0.1, key(0, 0, 1, 0) }, { "2.5e-3s", 2.5, key(0, 0, 1, 0) }, { "-70 mV", -70, key(2, 1, -3, -1) },
        { "1 V", 1000, key(2, 1, -3, -1) }, { "200 pA", 200, key(0, 0, 0, 1) }, { "10 nS", 10, key(-2, -1, 3, 2) }, { "1 uS", 1000, key(-2, -1, 3, 2) }, { "15 Hz", 0.015, key(0, 0, -1, 0) },
        { "15 1/s", 0.015, key(0, 0, -1, 0) }, { "0.1 mV^-1/ms", 0.1, key(-2, -1, 2, 1) }, { "4 mV/ms", 4, key(2, 1, -4, -1) }, { "2 cm", 20, key(1, 0, 0, 0) }, { "1 uF/cm^2", 1e6 / 100, key(-4, -1, 4, 2) },
        { "0.02", 0.02, 0 }, { "1e-3", 0.001, 0 }, { "7", 7, 0 }, { "1 \u00b5m", 1e-3, key(1, 0, 0, 0) } };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        double v;
        int64_t k;
        bool bare;
        const char *why = units_quantity(t[i].text, &v, &k, &bare);
        if (why) fail_msg("%s: %s", t[i].text, why);
        if (v != t[i].value || k != t[i].key) fail_msg("%s became %.17g, key %llx", t[i].text, v, (unsigned long long)k);
        assert_int_equal(bare, t[i].key == 0);
    }
}
static void refused(void **state) {
    (void)state;
    const char *const t[] = { "", "ms", "3 parsecs", "3 ms ms", "3 ms/", "inf", "nan", "1e9999", "3 ms^", "0x10", "3,5", "1e5 kkV" };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        double v;
        int64_t k;
        bool bare;
        if (!units_quantity(t[i], &v, &k, &bare)) fail_msg("'%s' was accepted as %g", t[i], v);
    }
}
int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(accepted), cmocka_unit_test(refused) };
    return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
