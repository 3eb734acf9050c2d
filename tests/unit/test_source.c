// SPDX-License-Identifier: MIT
// Texts, places, and messages with carets.
#include "front.h"
#include <errno.h>

static void lines_and_columns(void **state) {
    (void)state;
    Front f;
    front_begin(&f);
    uint32_t file = front_add(&f, "ab\n\ncd\n");
    const Source *s = f.sources.file.at[file];
    static const struct { uint32_t pos, line, column; } want[] = {{0, 1, 1}, {1, 1, 2}, {2, 1, 3}, {3, 2, 1}, {4, 3, 1}, {6, 3, 3}, {7, 4, 1}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        uint32_t line, column;
        source_line_column(s, want[i].pos, &line, &column);
        assert_int_equal(line, want[i].line);
        assert_int_equal(column, want[i].column);
    }
    front_end(&f);
}

static void spans_join(void **state) {
    (void)state;
    Span a = {0, 5, 2}, b = {0, 10, 3}, other = {1, 0, 9};
    assert_int_equal(span_join(a, b).pos, 5);
    assert_int_equal(span_join(a, b).len, 8);
    assert_int_equal(span_join(b, a).len, 8);
    assert_int_equal(span_join(a, other).len, 2);
}

static void missing_file(void **state) {
    (void)state;
    Front f;
    front_begin(&f);
    assert_int_equal(source_load(&f.sources, "/nonexistent/x.snn", "x.snn"), -1);
    assert_int_equal(errno, ENOENT);
    diag(&f.diags, (Span){UINT32_MAX, 0, 0}, D_CANNOT_READ, "x.snn", strerror(ENOENT));
    char *text = front_messages(&f);
    assert_string_equal(text, "snnc: error[E0001]: cannot read 'x.snn': No such file or directory\n1 error\n");
    free(text);
    front_end(&f);
}

static void sorted_with_carets(void **state) {
    (void)state;
    Front f;
    front_begin(&f);
    uint32_t file = front_add(&f, "first\n\tsec\u00B5nd line\nthird");
    Diag *m = diag(&f.diags, (Span){file, 7, 7}, D_UNKNOWN_UNIT, "x");
    diag_note(&f.diags, m, "a note with %d", 3);
    diag_help(&f.diags, m, "some help");
    diag_note_at(&f.diags, m, (Span){file, 20, 5}, "there");
    diag(&f.diags, (Span){file, 0, 5}, D_TOO_DEEP);
    diag(&f.diags, (Span){file, 0, 5}, D_TOO_DEEP);          // said once
    diag(&f.diags, (Span){file, 20, 500}, D_BAD_NUMBER);     // marked to the end of its line
    assert_int_equal(f.diags.errors, 3);
    char *text = front_messages(&f);
    assert_string_equal(text,
        "test.snn:1:1: error[E0107]: this nests too deeply\n"
        "    1 | first\n"
        "      | ^~~~~\n"
        "test.snn:2:2: error[E0106]: 'x' is not a unit\n"
        "    2 | \tsec\u00B5nd line\n"
        "      | \t^~~~~~\n"
        "      = note: a note with 3\n"
        "      = help: some help\n"
        "test.snn:3:1: note: there\n"
        "    3 | third\n"
        "      | ^~~~~\n"
        "test.snn:3:1: error[E0105]: a decimal point needs digits on both sides\n"
        "    3 | third\n"
        "      | ^~~~~\n"
        "3 errors\n");
    free(text);
    front_end(&f);
}

static void control_characters_stay_in_the_file(void **state) {
    (void)state;
    Front f;
    front_begin(&f);
    uint32_t file = front_add(&f, "a\033[31mb\r\n");
    diag(&f.diags, (Span){file, 0, 1}, D_TOO_DEEP);
    char *text = front_messages(&f);
    assert_null(strchr(text, '\033'));
    assert_null(strchr(text, '\r'));
    free(text);
    front_end(&f);
}

static void long_lines_are_cut(void **state) {
    (void)state;
    Front f;
    front_begin(&f);
    char text[501];
    memset(text, 'x', 500);
    text[500] = 0;
    uint32_t file = front_add(&f, text);
    diag(&f.diags, (Span){file, 300, 3}, D_TOO_DEEP);
    char *all = front_messages(&f), want[400];
    snprintf(want, sizeof want, "    1 | ...%.160s...\n      |    %60s^~~\n", text, "");
    if (!strstr(all, want)) fail_msg("%s\n%s", all, want);
    free(all);
    front_end(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_and_columns), cmocka_unit_test(spans_join), cmocka_unit_test(missing_file),
        cmocka_unit_test(sorted_with_carets), cmocka_unit_test(long_lines_are_cut), cmocka_unit_test(control_characters_stay_in_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
