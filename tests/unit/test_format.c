// SPDX-License-Identifier: MIT
// The formatter: layouts as wanted, formatting twice changes nothing, the tree stays.
#include "front.h"

static char *dump(Front *f, uint32_t file) {
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    ast_print(&parse_file(&f->arena, &f->diags, file)->base, out);
    fclose(out);
    return text;
}

static void laid_out(const char *text, const char *want) {
    Front f;
    front_begin(&f);
    uint32_t file = front_add(&f, text);
    char *once = format_file(&f.arena, &f.diags, file);
    if (!once) fail_msg("%s\n%s", text, front_messages(&f));
    if (strcmp(once, want)) fail_msg("is\n%s\nnot\n%s", once, want);
    uint32_t again = front_add(&f, once);
    char *twice = format_file(&f.arena, &f.diags, again);
    assert_non_null(twice);
    assert_string_equal(once, twice);
    char *a = dump(&f, file), *b = dump(&f, again);
    assert_string_equal(a, b);
    free(a);
    free(b);
    front_end(&f);
}

static void blanks(void **state) {
    (void)state;
    laid_out("fn f(x:mV,y:1/ms):mV/ms=x*(y+-3)-  -2^x", "fn f(x : mV, y : 1/ms) : mV/ms = x*(y + -3) - -2^x\n");
    laid_out("fn f()=a / b*c % d", "fn f() = a / b*c % d\n");
    laid_out("fn f()=10 mV / s+10 mV/n+3   mV *x+5 s ^ 2", "fn f() = 10 mV / s + 10 mV/n + 3 mV * x + 5 s ^ 2\n");
    laid_out("network N{connect E->(E,I)by r(p=0.1)weight-3 pA}", "network N { connect E -> (E, I) by r(p = 0.1) weight -3 pA }\n");
    laid_out("network N{population E:A [ 3,4 ] (a=1)at ring( 1 mm )}", "network N { population E : A[3, 4](a = 1) at ring(1 mm) }\n");
    laid_out("experiment X{for i in 0 : n{print E[ : 3 ].V,E[1 :]}}", "experiment X { for i in 0:n { print E[:3].V, E[1:] } }\n");
    laid_out("encoder A{input x in 0 .. 1,y:mV}", "encoder A { input x in 0..1, y : mV }\n");
}

static void blocks(void **state) {
    (void)state;
    laid_out("neuron A{\nstate V\n\n\n\nV'=3\n}", "neuron A {\n    state V\n\n    V' = 3\n}\n");
    laid_out("neuron A\n{ on pre {x=1;;y=2} on post {\n\nx=3 y=4\n\n} }",
             "neuron A {\n    on pre { x = 1; y = 2 }\n    on post {\n        x = 3; y = 4\n    }\n}\n");
    laid_out("experiment X { if a { b = 1 }\nelse if c { d = 2 }\nelse { } run 3 s }",
             "experiment X {\n    if a { b = 1 } else if c { d = 2 } else { }\n    run 3 s\n}\n");
    laid_out("neuron A { } neuron B { }", "neuron A { }\nneuron B { }\n");
    laid_out("neuron A {\nV' = a\n+ b\nW' = f(\na,\nb\n)\n}", "neuron A {\n    V' = a\n        + b\n    W' = f(\n        a,\n        b\n    )\n}\n");
    laid_out("network N {\nconnect A -> B by r\nweight 3\n delay 4 }", "network N {\n    connect A -> B by r\n        weight 3\n        delay 4\n}\n");
}

static void comments(void **state) {
    (void)state;
    laid_out("\n\n// a\n\n\n/// b\nneuron A { // c\n// d\n\nstate V // e\nparam long = 3// f\n\n// g\n}\n// h",
             "// a\n\n/// b\nneuron A {  // c\n    // d\n\n    state V         // e\n    param long = 3  // f\n\n    // g\n}\n// h\n");
    laid_out("neuron A {\nV' = a // x\n + // y\n// z\nb\n}", "neuron A {\n    V' = a  // x\n        +  // y\n        // z\n        b\n}\n");
    laid_out("neuron A { // c\n}", "neuron A {  // c\n}\n");
    laid_out("neuron A // c\n{ }", "neuron A  // c\n{ }\n");
    laid_out("", "");
    laid_out("// only", "// only\n");
}

static void strings_and_numbers_stay(void **state) {
    (void)state;
    laid_out("import   \"a \\\" // b\"", "import \"a \\\" // b\"\n");
    laid_out("fn f() = 1.50e-3   ms", "fn f() = 1.50e-3 ms\n");
}

static void errors_give_nothing(void **state) {
    (void)state;
    Front f;
    front_begin(&f);
    assert_null(format_file(&f.arena, &f.diags, front_add(&f, "neuron A { V' = }")));
    assert_int_equal(f.diags.errors, 1);
    front_end(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blanks), cmocka_unit_test(blocks), cmocka_unit_test(comments),
        cmocka_unit_test(strings_and_numbers_stay), cmocka_unit_test(errors_give_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
