// SPDX-License-Identifier: MIT
// Units: which texts are units, exact scales, dimensions.
#include "front.h"

static Unit whole(const char *s) {
    Unit u = {0};
    if (unit_match(s, strlen(s), &u) != strlen(s)) fail_msg("%s is not read as one unit", s);
    return u;
}

static bool same_dim(Dim a, Dim b) { return !memcmp(&a, &b, sizeof a); }

static void coherent_units_are_one(void **state) {
    (void)state;
    static const char *const one[] = {"ms", "mV", "nS", "pF", "pA", "GOhm", "kHz", "mm", "nmol", "mM", "K", "cd", "fC", "fC/ms", "nS*mV", "mV/GOhm", "1/ms", "1"};
    for (size_t i = 0; i < sizeof one / sizeof *one; i++) assert_true(whole(one[i]).scale == 1.0);
    assert_int_equal(unit_match("aS", 2, NULL), 0);       // no such prefix
}

static void scales_are_exact(void **state) {
    (void)state;
    static const struct { const char *unit; double scale; } want[] = {
        {"s", 1e3}, {"V", 1e3}, {"A", 1e12}, {"Hz", 1e-3}, {"us", 1e-3}, {"\u00B5s", 1e-3}, {"\u03BCs", 1e-3}, {"MOhm", 1e-3}, {"k\u03A9", 1e-6},
        {"nA", 1e3}, {"uF/cm^2", 1e4}, {"uS", 1e3}, {"uM", 1e-3}, {"M", 1e3}, {"mol", 1e9}, {"kg", 1e18}, {"J", 1e18}, {"N", 1e15}, {"W", 1e15},
        {"L", 1e6}, {"um", 1e-3}, {"mV^-1/ms", 1}, {"V^2", 1e6}, {"m^-3", 1e-9}, {"uV", 1e-3}, {"fF", 1e-3}, {"C", 1e15}, {"mS/cm^2", 1e4},
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        if (whole(want[i].unit).scale != want[i].scale) fail_msg("%s is %.17g, not %.17g", want[i].unit, whole(want[i].unit).scale, want[i].scale);
}

static void quantities_are_rounded_once(void **state) {
    (void)state;
    assert_true(unit_quantity("0.1", 3, whole("ms").exp10) == 0.1);
    assert_true(unit_quantity("100", 3, whole("us").exp10) == 0.1);
    assert_true(unit_quantity("100", 3, whole("Hz").exp10) == 0.1);
    assert_true(unit_quantity("0.3", 3, whole("s").exp10) == 300.0);
    assert_true(unit_quantity("1e-3", 4, whole("s").exp10) == 1.0);
    assert_true(unit_quantity("2.5E2", 5, whole("us").exp10) == 0.25);
    assert_true(unit_quantity("1e999999999999", 14, 0) > 1e308);
}

static void longest_match(void **state) {
    (void)state;
    static const struct { const char *text; size_t used; } want[] = {
        {"mV", 2}, {"mV)", 2}, {"mV^-1/ms * x", 8}, {"pA/n", 2}, {"mV / s", 2}, {"mV*h", 2}, {"mVx", 0}, {"ms_", 0}, {"ms2", 0}, {"x", 0}, {"", 0},
        {"mV^n", 2}, {"mV^0.5", 2}, {"mV^2..3 mV", 4}, {"mV..4", 2}, {"mV^22", 2}, {"spike", 0}, {"in", 0}, {"m/", 1}, {"Ms", 2}, {"mM", 2}, {"min", 0},
        {"s/s", 3}, {"/ms", 0}, {"1/ms", 4}, {"1/x", 1}, {"2/ms", 0}, {"ms/1", 2}, {"cs", 0}, {"cm", 2}, {"m^9*m^9*m^9*m^9*m^9*m^9*m^9*m^9", 23},
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        Unit u;
        size_t used = unit_match(want[i].text, strlen(want[i].text), &u);
        if (used != want[i].used) fail_msg("'%s' uses %zu, not %zu", want[i].text, used, want[i].used);
    }
}

static void dimensions(void **state) {
    (void)state;
    static const char *const equal[][2] = {
        {"V", "A*Ohm"}, {"V", "J/C"}, {"F", "C/V"}, {"S", "1/Ohm"}, {"Hz", "1/s"}, {"N", "kg*m/s^2"}, {"W", "J/s"}, {"W", "V*A"}, {"J", "N*m"},
        {"M", "mol/L"}, {"L", "m^3"}, {"C", "A*s"}, {"pA/ms", "nA/s"}, {"mV/mV", "1"},
    };
    for (size_t i = 0; i < sizeof equal / sizeof *equal; i++) assert_true(same_dim(whole(equal[i][0]).dim, whole(equal[i][1]).dim));
    for (size_t i = 0; i < sizeof equal / sizeof *equal; i++)
        for (size_t k = 0; k < 2; k++) assert_true(whole(equal[i][k]).scale > 0);
    assert_int_equal(whole("s^2").dim.e[2], 4);           // doubled, so that a square root fits
    assert_false(same_dim(whole("V").dim, whole("A").dim));
}

static void coherent_products(void **state) {
    (void)state;
    // 1 nS * 1 mV = 1 pA and 1 pA * 1 ms / 1 pF = 1 mV without any factor: so code needs no conversions.
    assert_true(whole("S").scale * whole("V").scale == whole("A").scale);
    assert_true(whole("A").scale * whole("s").scale / whole("F").scale == whole("V").scale);
    assert_true(whole("kg").scale * whole("m").scale * whole("m").scale == whole("V").scale * whole("A").scale * 1e9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coherent_units_are_one), cmocka_unit_test(scales_are_exact), cmocka_unit_test(quantities_are_rounded_once),
        cmocka_unit_test(longest_match), cmocka_unit_test(dimensions), cmocka_unit_test(coherent_products),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
