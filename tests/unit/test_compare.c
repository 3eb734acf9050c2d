// SPDX-License-Identifier: MIT
// Pairing the spikes of two runs: partners are at most one step apart, within one neuron, each taken once.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "host/compare.h"
#include <math.h>

static void same(void **state) {
    (void)state;
    double t[] = {1, 2, 2, 3.5};
    uint32_t id[] = {4, 1, 0, 4};
    CompareSpikes c;
    assert_true(compare_spikes(t, id, 4, t, id, 4, 0.1, &c));
    assert_int_equal(c.paired, 4);
    assert_true(isnan(c.first_ms) && c.mean_ms == 0 && c.max_ms == 0);
}

static void apart(void **state) {
    (void)state;
    double t[] = {1.0, 2.1, 5.0, 7.0}, r[] = {1.1, 2.1, 5.2, 9.0};
    uint32_t id[] = {0, 1, 0, 2}, rid[] = {0, 1, 0, 3};
    CompareSpikes c;
    assert_true(compare_spikes(t, id, 4, r, rid, 4, 0.1, &c));
    assert_int_equal(c.paired, 2);                  // 1.0 with 1.1, one step apart; 2.1 with itself; 5.0 and 5.2 are two steps apart
    assert_true(c.first_ms == 5.0);
    assert_true(fabs(c.max_ms - 0.1) < 1e-12 && fabs(c.mean_ms - 0.05) < 1e-12);
    assert_true(fabs(c.shift_ms - 0.1) < 1e-12);    // 0.1, 0 and 0.2: the first and second spikes of neuron 0, the first of neuron 1
}

static void once(void **state) {
    (void)state;
    double t[] = {1.0}, r[] = {1.0, 1.1};
    uint32_t id[] = {0, 0};
    CompareSpikes c;
    assert_true(compare_spikes(t, id, 1, r, id, 2, 0.1, &c));
    assert_int_equal(c.paired, 1);
    assert_true(c.first_ms == 1.1);
    assert_true(compare_spikes(NULL, NULL, 0, r, id, 2, 0.1, &c));
    assert_int_equal(c.paired, 0);
    assert_true(c.first_ms == 1.0 && c.reference == 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(same), cmocka_unit_test(apart), cmocka_unit_test(once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
