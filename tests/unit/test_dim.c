// SPDX-License-Identifier: MIT
// Dimensions: algebra, names in messages, and that the unit table of the lexer agrees with the coherent set.
#include "sema/sema.h"
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

static Dim of(const char *unit) {
    Unit u;
    assert_int_equal(unit_match(unit, strlen(unit), &u), strlen(unit));
    return u.dim;
}

static void algebra(void **state) {
    (void)state;
    assert_true(dim_equal(dim_mul(of("nS"), of("mV")), of("pA")));
    assert_true(dim_equal(dim_div(of("pF"), of("nS")), of("ms")));
    assert_true(dim_equal(dim_mul(of("GOhm"), of("pA")), of("mV")));
    assert_true(dim_equal(dim_div(dim_mul(of("pF"), of("mV")), of("ms")), of("pA")));
    assert_true(dim_equal(dim_pow(of("mV"), 2), of("mV^2")));
    assert_true(dim_equal(dim_pow(of("ms"), -0.5), dim_div(DIM_NONE, dim_pow(of("ms"), 0.5))));
    assert_true(dim_pow_exact(of("ms"), 0.5));
    assert_false(dim_pow_exact(of("ms"), 0.25));
    assert_false(dim_pow_exact(of("mV"), 0.3));
    assert_false(dim_pow_exact(of("mV"), 1e9));
    assert_false(dim_equal(of("mV"), of("ms")));
}

static void texts(void **state) {
    (void)state;
    static const char *const same[] = {"mV", "ms", "pA", "nS", "pF", "GOhm", "mm", "mM", "mV/ms", "pA/ms", "nS/ms", "mV^2", "K", "ms^2", "mV*ms", "mV/ms^2"};
    Arena a = {0};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) assert_string_equal(dim_text(&a, of(same[i])), same[i]);
    assert_string_equal(dim_text(&a, DIM_NONE), "1");
    assert_string_equal(dim_text(&a, of("Hz")), "1/ms");
    assert_string_equal(dim_text(&a, of("S")), "nS");
    assert_string_equal(dim_text(&a, of("mV^-1/ms")), "1/(ms*mV)");
    assert_string_equal(dim_text(&a, dim_pow(of("ms"), 0.5)), "ms^0.5");
    assert_string_equal(dim_phrase(&a, of("mV/ms")), "a voltage per time (mV/ms)");
    assert_string_equal(dim_phrase(&a, of("kHz")), "a rate (1/ms)");
    assert_string_equal(dim_phrase(&a, DIM_NONE), "a plain number");
    assert_string_equal(dim_phrase(&a, of("mV^2")), "a quantity in mV^2");
    for (int i = 0; i < 2000; i++) {                     // any dimension has a text
        Dim d;
        for (int k = 0; k < 7; k++) d.e[k] = (int8_t)(rand() % 13 - 6);
        assert_true(*dim_phrase(&a, d));
    }
    arena_free(&a);
}

// A unit of SI without prefix, in coherent units, is what dim_scale says.
static void scales(void **state) {
    (void)state;
    static const char *const si[] = {"s", "V", "A", "S", "F", "Ohm", "Hz", "m", "K", "mol", "C", "V/s", "A*s", "m^2", "S/m^2"};
    for (size_t i = 0; i < sizeof si / sizeof *si; i++) {
        Unit u;
        assert_int_equal(unit_match(si[i], strlen(si[i]), &u), strlen(si[i]));
        assert_true(u.scale == dim_scale(u.dim));
    }
    assert_true(dim_scale(of("mV")) == 1e3 && dim_scale(of("nS")) == 1e9 && dim_scale(of("pF")) == 1e12 && dim_scale(of("GOhm")) == 1e-9);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(algebra), cmocka_unit_test(texts), cmocka_unit_test(scales)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
