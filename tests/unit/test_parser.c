// SPDX-License-Identifier: MIT
// The parser: trees of expressions and clauses, keywords as names, messages, recovery.
#include "front.h"

// The tree of one expression as one line.
static void expression(const char *text, const char *want) {
    Front f;
    front_begin(&f);
    StrBuf source = {0}, got = {0};
    sb_printf(&source, "fn f() = %s", text);
    char *tree = front_tree(&f, source.s);
    if (f.diags.errors) fail_msg("%s: %s", text, front_messages(&f));
    for (const char *s = strstr(tree, "body "); *s; s++) {
        if (*s == '\n') {
            while (s[1] == ' ') s++;
            sb_putc(&got, ' ');
        } else sb_putc(&got, *s);
    }
    size_t skip = strlen("body ");
    got.s[got.n - 3] = 0;      // "))" of Fn and File, and the last line's end
    if (strcmp(got.s + skip, want)) fail_msg("%s\n  is  %s\n  not %s", text, got.s + skip, want);
    free(tree);
    sb_free(&source);
    sb_free(&got);
    front_end(&f);
}

// Two texts with the same tree.
static void same(const char *a, const char *b) {
    Front f;
    front_begin(&f);
    char *ta = front_tree(&f, a), *tb = front_tree(&f, b);
    if (f.diags.errors) fail_msg("%s\n%s", a, front_messages(&f));
    if (strcmp(ta, tb)) fail_msg("%s\n%s\n%s%s", a, b, ta, tb);
    free(ta);
    free(tb);
    front_end(&f);
}

static void messages(const char *text, const char *const *parts) {
    Front f;
    front_begin(&f);
    char *tree = front_tree(&f, text), *all = front_messages(&f);
    const char *at = all;
    for (; *parts; parts++) {
        const char *hit = strstr(at, *parts);
        if (!hit) fail_msg("%s\nnot said: %s\n%s", text, *parts, all);
        at = hit;
    }
    free(tree);
    free(all);
    front_end(&f);
}
#define SAYS(text, ...) messages(text, (const char *const[]){__VA_ARGS__, NULL})

static void numbers(void **state) {
    (void)state;
    expression("0.1 ms", "(Number value=0.10000000000000001 unit=\"ms\" text=\"0.1\")");
    expression("100 us", "(Number value=0.10000000000000001 unit=\"us\" text=\"100\" is_int)");
    expression("1e3", "(Number value=1000 text=\"1e3\")");
    expression("10 mV/s", "(Number value=0.01 unit=\"mV/s\" text=\"10\" is_int)");
    expression("10 mV / s", "(Binary op=3 left (Number value=10 unit=\"mV\" text=\"10\" is_int) right (Name name=\"s\"))");
    expression("120 pA/n", "(Binary op=3 left (Number value=120 unit=\"pA\" text=\"120\" is_int) right (Name name=\"n\"))");
}

static void precedence(void **state) {
    (void)state;
    same("fn f() = a + b*c^d^e", "fn f() = a + (b*(c^(d^e)))");
    same("fn f() = -a^2*b", "fn f() = (-(a^2))*b");
    same("fn f() = a - b - c", "fn f() = (a - b) - c");
    same("fn f() = a/b*c", "fn f() = (a/b)*c");
    same("fn f() = not a < b and c or d", "fn f() = ((not (a < b)) and c) or d");
    same("fn f() = if a then b else c + d", "fn f() = if a then b else (c + d)");
    same("fn f() = 2^-x", "fn f() = 2^(-x)");
    same("fn f() = -a.b[1](2)", "fn f() = -(a.b[1](2))");
    expression("x[:3]", "(Index object (Name name=\"x\") indices (Range hi (Number value=3 text=\"3\" is_int)))");
    expression("(E, I)", "(Tuple items (Name name=\"E\") items (Name name=\"I\"))");
    SAYS("fn f() = a < b < c", "1:16: error[E0101]: unexpected '<'");
}

static void newlines_mean_nothing(void **state) {
    (void)state;
    same("neuron A { state V = 1 mV V' = a\n+ b\nW = 3 }", "neuron A {\nstate V = 1 mV; V' = a + b;; W = 3\n}");
    same("neuron A { param n = 0  m' = 1 }", "neuron A { param n = 0; m' = 1 }");       // m is not a unit here
    same("neuron A { param a = 8 input x in 0..1 }", "neuron A { param a = 8\ninput x in 0..1 }");
}

static void keywords_are_names_where_they_can_be(void **state) {
    (void)state;
    static const char *const words[] = {"rate", "source", "out", "step", "weight", "at", "every", "in", "on", "by", "of", "input", "output", "data", "kernel",
        "state", "delay", "scale", "to", "from", "with", "when", "once", "event", "dt", "set", "load", "run", "print", "as", "use", "neuron", "network", "spike"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        StrBuf a = {0}, b = {0};
        const char *form = "neuron A { param x = 1, %s = 2 mV\n state q = %s*2\n %s' = -%s/(%s)\n on pre { %s += %s\n %s = f(%s = %s, x = %s)\n y = %s } }"
                           "experiment B { %s.r = 3\n for %s in %s[%s:%s] { present %s to %s for 3 ms }\n %s[3] = 2 print %s, %s sweep %s in %s { } }";
        for (int side = 0; side < 2; side++) {
            const char *w = side ? "name" : words[i];
            sb_printf(side ? &b : &a, form, w, w, w, w, w, w, w, w, w, w, w, w, w, w, w, w, w, w, w, w, w, w, w, w);
        }
        Front f;
        front_begin(&f);
        char *tree = front_tree(&f, a.s);
        if (f.diags.errors) fail_msg("%s\n%s", words[i], front_messages(&f));
        char *other = front_tree(&f, b.s);
        int lines = 0, more = 0;
        for (char *s = tree; *s; s++) lines += *s == '\n';
        for (char *s = other; *s; s++) more += *s == '\n';
        if (lines != more) fail_msg("%s is no name:\n%s", words[i], tree);
        free(tree);
        free(other);
        front_end(&f);
        sb_free(&a);
        sb_free(&b);
    }
}

static void clauses_in_any_order(void **state) {
    (void)state;
    same("network N { connect A -> B by r via S weight 1 delay 2 ms into p where c plastic P }",
         "network N { connect A -> B where c delay 2 ms plastic P into p weight 1 via S by r }");
    same("network N { connect A -> B delay axonal 1 ms dendritic 2 ms }", "network N { connect A -> B delay axonal 1 ms\n dendritic 2 ms }");
    SAYS("network N { connect A -> B weight 1 weight 2 }", "1:37: error[E0108]: 'weight' is given twice");
}

static void draws_and_truncation(void **state) {
    (void)state;
    same("network N { E.V ~ normal(a, b) in lo..hi }", "network N { E.V ~ normal(a, b) in lo..hi; }");
    expression("f(normal(0, 1) in -1..1, 0..2)",
        "(Call callee (Name name=\"f\") args (Arg value (Call callee (Name name=\"normal\") args (Arg value (Number value=0 text=\"0\" is_int)) "
        "args (Arg value (Number value=1 text=\"1\" is_int)) args (Arg name=\"in\" value (Range closed lo (Unary op=0 operand (Number value=1 text=\"1\" is_int)) "
        "hi (Number value=1 text=\"1\" is_int))))) args (Arg value (Range closed lo (Number value=0 text=\"0\" is_int) hi (Number value=2 text=\"2\" is_int))))");
    SAYS("network N { E.V ~ 3 in 0..1 }", "1:24: error[E0110]: only a distribution");
}

static void types(void **state) {
    (void)state;
    same("fn f(x : mV, y : 1/ms) : mV^-1/ms = x", "fn f(x:mV,y:1/ms):mV^-1/ms=x");
    SAYS("fn f(x : mVx/ms) = x", "1:10: error[E0106]: 'mVx/ms' is not a unit");
    SAYS("fn f(x : mV / ms) = x", "1:10: error[E0106]", "help: a unit is written without blanks");
}

static void documentation(void **state) {
    (void)state;
    Front f;
    front_begin(&f);
    char *tree = front_tree(&f, "/// One.\n///   Two.\n// no\nneuron A { \n/// cap\nparam C = 1 pF\n //// no\nparam d = 1 }");
    assert_non_null(strstr(tree, "(Model doc=\"One.\\n  Two.\""));
    assert_non_null(strstr(tree, "(ParamDecl doc=\"cap\""));
    assert_non_null(strstr(tree, "(Param doc=\"cap\" name=\"C\""));
    assert_non_null(strstr(tree, "(Param name=\"d\""));
    free(tree);
    front_end(&f);
}

static void loops_and_durations(void **state) {
    (void)state;
    same("experiment A { drive E.I = 3 pA for 5 ms for i in 0:3 { } for (a, b) in c { } }",
         "experiment A { drive E.I = 3 pA for 5 ms; for i in 0:3 { }; for (a, b) in c { } }");
    same("experiment A { drive E.I = 3 pA for i in 0:3 { } }", "experiment A { drive E.I = 3 pA; for i in 0:3 { } }");
    same("experiment A { sweep a in x, b in y repeat 3 { } }", "experiment A { sweep a in x { sweep b in y repeat 3 { } } }");
}

static void lists_what_was_expected(void **state) {
    (void)state;
    SAYS("neuron A { param a = f(1 2) }", "1:26: error[E0101]: unexpected number 2, expected ')', ',' or 'in'");
    SAYS("network N { population E LIF }", "1:26: error[E0101]: unexpected name 'LIF', expected ':'");
    SAYS("neuron A { V' = }", "1:17: error[E0101]: unexpected '}', expected an expression");
    SAYS("foo", "1:1: error[E0101]: unexpected name 'foo', expected", "a declaration such as 'neuron', 'network' or 'experiment'");
    SAYS("neuron A { x == 3 }", "1:14: error[E0101]: unexpected '=='");
    SAYS("network N { run 10 s }", "1:13: error[E0101]: unexpected keyword 'run', expected '}' or a declaration such as 'population' or 'connect'");
}

static void many_errors_a_run(void **state) {
    (void)state;
    SAYS("neuron A {\n param a = = 3\n state V : mV\n on pre { V += }\n spike when V > > 3 {\n  V = 4\n  }\n V' = 3 4\n}\nnetwork N {\n connect E I\n population E : A[3]\n}\n",
         "2:12: error[E0101]", "4:16: error[E0101]", "5:17: error[E0101]", "8:9: error[E0101]", "11:12: error[E0101]", "5 errors");
}

static void forgotten_braces(void **state) {
    (void)state;
    SAYS("neuron A {\n state V\nnetwork N {\n population E : A\n", "1:10: error[E0102]", "3:11: error[E0102]", "2 errors");
    SAYS("neuron A { }\n}\nneuron B { V' = }", "2:1: error[E0101]: unexpected '}'", "3:17: error[E0101]", "2 errors");
}

static void scanner_errors(void **state) {
    (void)state;
    SAYS("fn f() = 1.", "1:10: error[E0105]");
    SAYS("fn f() = .5", "1:10: error[E0105]");
    SAYS("import \"abc\nneuron A { V' = }", "1:8: error[E0104]", "2:17: error[E0101]");
    SAYS("fn f() = a & b", "1:12: error[E0103]: the character '&'", "help: write 'and'");
    SAYS("fn f() = \"a\\q\"", "1:12: error[E0111]: unknown escape '\\q'");
    SAYS("fn f() = 1e999", "1:10: error[E0112]");
    SAYS("fn f() = a\xff", "1:11: error[E0002]", "1 error\n");
    SAYS("fn f() = \u00e4", "1:10: error[E0103]: the character '\u00e4'");
    SAYS("experiment A {\n run 10 sec\n run 5 s\n}", "2:9: error[E0106]: 'sec' is not a unit", "1 error\n");
}

static void misplaced_statements(void **state) {
    (void)state;
    SAYS("neuron A { on pre { if a { run 10 s } } }", "1:28: error[E0109]: 'run' does not belong in a handler");
    SAYS("experiment A { refractory 3 ms }", "1:16: error[E0109]: 'refractory' does not belong in an experiment");
}

static char *repeat(const char *head, const char *part, int n, const char *tail) {
    StrBuf b = {0};
    sb_puts(&b, head);
    for (int i = 0; i < n; i++) sb_puts(&b, part);
    sb_puts(&b, tail);
    return b.s;
}

static void deep_texts_are_refused(void **state) {
    (void)state;
    static const struct { const char *head, *part, *tail; } deep[] = {
        {"fn f() = ", "(", "x"}, {"fn f() = 1", "+1", ""}, {"fn f() = a", ".b", ""}, {"fn f() = ", "-", "x"}, {"fn f() = a", "^a", ""},
        {"experiment A { ", "if a { ", ""}, {"experiment A { sweep a in b", ", a in b", " { } }"}, {"experiment A { if a { }", " else if a { }", "}"},
    };
    for (size_t i = 0; i < sizeof deep / sizeof *deep; i++) {
        char *text = repeat(deep[i].head, deep[i].part, 20000, deep[i].tail);
        SAYS(text, "error[E0107]");
        free(text);
    }
    char *text = repeat("neuron A {\n", "V' = = 3\n", 300, "}");
    SAYS(text, "error[E0113]: too many errors", "51 errors\n");
    free(text);
}

static void empty_texts(void **state) {
    (void)state;
    same("", "\n\n// nothing");
    same("\xEF\xBB\xBFneuron A { }", "neuron A { }");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers), cmocka_unit_test(precedence), cmocka_unit_test(newlines_mean_nothing),
        cmocka_unit_test(keywords_are_names_where_they_can_be), cmocka_unit_test(clauses_in_any_order), cmocka_unit_test(draws_and_truncation),
        cmocka_unit_test(types), cmocka_unit_test(documentation), cmocka_unit_test(loops_and_durations),
        cmocka_unit_test(lists_what_was_expected), cmocka_unit_test(many_errors_a_run), cmocka_unit_test(forgotten_braces),
        cmocka_unit_test(scanner_errors), cmocka_unit_test(misplaced_statements), cmocka_unit_test(deep_texts_are_refused), cmocka_unit_test(empty_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
