// SPDX-License-Identifier: MIT
// Expressions: types and dimensions, folding, inlining.
#include "sema_fixture.h"
#include <math.h>

static double constant(const char *text) {
    Checked c;
    char program[1000];
    snprintf(program, sizeof program,
             "fn sq(x) = x^2\nfn scaled(u : mV, k = 2) : mV = k*u\nneuron N { const n = 4000, K = [[1, 2], [3, 4]], v = %s  state V = v  spike when V > 2*V { } }", text);
    check_text(&c, program);
    double v = c.model ? var_named(body_named(&c, "N"), "v")->init->num : NAN;
    check_free(&c);
    return v;
}

static void numbers(void **state) {
    (void)state;
    assert_true(constant("2 s") == 2000);
    assert_true(constant("40 Hz") == 0.04);
    assert_true(constant("-65 mV") == -65);
    assert_true(constant("0.8*n") == 3200);
    assert_true(constant("2^3^2") == 512);
    assert_true(constant("-2^2") == -4);
    assert_true(constant("7 % 4") == 3);
    assert_true(constant("(-1) % 4") == 3);
    assert_true(constant("K[1, 0] + K[0, 1]") == 5);
    assert_true(constant("if n > 3 and not (n == 5) then 1 ms else 2 ms") == 1);
    assert_true(constant("scaled(3 mV)") == 6);
    assert_true(constant("scaled(k = 5, u = sq(2)*1 mV)") == 20);
    assert_true(constant("min(3, 1, 2) + max(1 ms, 2 ms)/1 ms") == 3);
    assert_true(constant("clip(5, 0, 1)") == 1);
    assert_true(constant("sqrt(16 mV^2)") == 4);
    assert_true(constant("bit(1, 0, 3) + bit(0.5, 0, 3) + bit(0, 2, 3)") == 2);
    assert_true(fabs(constant("exp(1)") - 2.718281828459045) < 1e-15);
    assert_true(fabs(constant("sin(pi/6)") - 0.5) < 1e-15);
    assert_true(constant("exprel(0)") == 1);
    assert_true(constant("sign(-3 mV) + step(0) + abs(-2)") == 2);
}

static void refused(void **state) {
    (void)state;
    static const char *const bad[] = {"1 mV + 1 ms", "exp(1 mV)", "2^(1 ms)", "(1 mV)^0.3", "n/0", "K[2, 0]", "K[0]", "q", "sq()", "sq(1, 2)", "1 < 2 < 3", "1 and 2",
                                      "[1, 2] + 1", "(1, 2)", "1:3", "xi", "t", "index + normal(0, 1)", "\"text\" + 1", "scaled(1)", "atan2(1 mV, 1)", "if 1 then 2 else 3", "not 1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!isnan(constant(bad[i]))) fail_msg("accepted: %s", bad[i]);
}

// An argument that is used twice is one value, so that a draw stays one draw.
static void sharing(void **state) {
    (void)state;
    Checked c;
    check_text(&c, "fn twice(x) = x + x\nneuron N { param s = 1 mV  state V = 0 mV  V' = twice(s*xi/sqrt(1 ms))  spike when V > 1 mV { V = 0 mV } }");
    const Expr *e = body_named(&c, "N")->equations.at[0].value;
    assert_int_equal(e->kind, E_BINARY);
    assert_ptr_equal(e->a, e->b);
    check_free(&c);
}

static void zero_fits(void **state) {
    (void)state;
    Checked c;
    check_text(&c, "neuron N { param a = 1 mV  state V : mV = 0, g : nS = 0  V' = max(V, 0)/1 ms + 0  g' = if V > 0 then 0 else g/1 ms  spike when V > 1 mV or g < 0 { V = 0  g = 0  refractory 0 } spike low when V < a { } }");
    assert_non_null(c.model);
    assert_int_equal(c.diags.errors, 0);
    check_free(&c);
}

// Nothing is said twice, and nothing about what follows from a mistake.
static void poison(void **state) {
    (void)state;
    Checked c;
    check_text(&c, "neuron N { state V = q  let a = 2*V + b  let b = exp(a)  V' = a*b/1 ms + V^V  spike when a > b and V { V = a*b } }");
    assert_null(c.model);
    assert_int_equal(c.diags.errors, 2);                 // q is unknown; a and b depend on each other
    check_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers), cmocka_unit_test(refused), cmocka_unit_test(sharing), cmocka_unit_test(zero_fits), cmocka_unit_test(poison)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
