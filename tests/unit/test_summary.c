// SPDX-License-Identifier: MIT
// summary.json has its keys, results by name, and stays JSON when numbers are undefined; the table of yields.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "host/summary.h"
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], path[128], err[500];
static int make_dir(void **state) {
    (void)state;
    strcpy(dir, "/tmp/snn-test-summary-XXXXXX");
    if (!mkdtemp(dir)) return -1;
    snprintf(path, sizeof path, "%s/out", dir);
    return 0;
}
static int remove_dir(void **state) {
    (void)state;
    char cmd[128];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    return system(cmd);
}

static json_object *get(json_object *o, const char *key) {
    json_object *v = NULL;
    if (!json_object_object_get_ex(o, key, &v)) fail_msg("no key '%s'", key);
    return v;
}
static double num(json_object *o, const char *key) { return json_object_get_double(get(o, key)); }

static void text_is(const char *want) {
    char text[4000];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    assert_string_equal(text, want);
}

static const char *const ports[] = { "spike" };

static void keys(void **state) {
    (void)state;
    SnnPop pops[2] = { { .path = "E", .n = 2, .nports = 1, .ports = ports }, { .path = "I", .n = 1, .nports = 1, .ports = ports } };
    SnnNet net = { .name = "N", .npops = 2, .pops = pops };
    Recorder *r = record_new(&net, 0.1, NULL, "");
    for (int64_t s = 100; s <= 10000; s += 100) {
        uint32_t id[2] = { 0, 1 };
        record_spikes(r, 0, 0, s, id, 2);
    }
    record_now(r, 10000);
    Results res;
    results_init(&res, NULL);
    print_value(&res, "rate(E)", 0.1, "Hz", 0.001);
    print_value(&res, "nothing", NAN, "", 1);
    print_end(&res);
    yield_value(&res, "tau", 3, "ms", 1), yield_end(&res);
    yield_value(&res, "tau", 4, "ms", 1), yield_value(&res, "f", 0.04, "Hz", 0.001), yield_end(&res);
    const Recorder *recorders[1] = { r };
    Summary s = { .version = "0.1", .file = "a \"quoted\" name.snn", .precision = "double", .engine = "clock", .seed = UINT64_MAX, .dt_ms = 0.1, .threads = 2,
                  .complete = true, .compile = 0.1, .construct = 0.2, .simulate = 1.5, .biological_seconds = 1, .synapses = 10, .synaptic_events = 200,
                  .plastic_updates = 3, .recorder = recorders, .nrecorders = 1, .results = &res };
    if (!summary_write(&s, path, err, sizeof err)) fail_msg("%s", err);
    json_object *o = json_object_from_file(path);
    assert_non_null(o);
    static const char *const want[] = { "snnc", "file", "seed", "dt_ms", "precision", "engine", "threads", "complete", "seconds", "biological_seconds",
        "peak_rss_bytes", "synapses", "synaptic_events", "plastic_updates", "populations", "results" };
    assert_int_equal(json_object_object_length(o), 16);
    for (size_t i = 0; i < 16; i++) get(o, want[i]);
    assert_true(json_object_get_uint64(get(o, "seed")) == UINT64_MAX);
    assert_true(json_object_get_boolean(get(o, "complete")));
    assert_string_equal(json_object_get_string(get(o, "file")), "a \"quoted\" name.snn");
    assert_true(num(o, "dt_ms") == 0.1 && num(get(o, "seconds"), "simulate") == 1.5 && num(o, "peak_rss_bytes") > 1e6);
    json_object *e = get(get(o, "populations"), "E"), *i = get(get(o, "populations"), "I");
    assert_true(num(e, "count") == 2 && num(e, "spikes") == 200 && num(e, "rate_hz") == 100 && num(e, "cv_isi") == 0);
    assert_true(num(i, "rate_hz") == 0 && json_object_is_type(get(i, "cv_isi"), json_type_null));
    json_object *z = get(o, "results");
    assert_true(num(z, "rate(E)") == 100 && json_object_is_type(get(z, "nothing"), json_type_null));
    assert_int_equal(json_object_array_length(get(z, "tau")), 2);
    assert_true(json_object_get_double(json_object_array_get_idx(get(z, "f"), 1)) == 40);
    assert_null(json_object_array_get_idx(get(z, "f"), 0));
    json_object_put(o);
    results_free(&res);
    record_free(r);
}

static void cannot_write(void **state) {
    (void)state;
    Summary s = { .version = "0.1" };
    assert_false(summary_write(&s, "/nowhere/summary.json", err, sizeof err));
    assert_string_equal(err, "cannot write '/nowhere/summary.json': No such file or directory");
}

static void table(void **state) {
    (void)state;
    Results all, part[2];
    results_init(&all, NULL);
    for (int k = 0; k < 2; k++) {
        results_init(&part[k], NULL);
        yield_value(&part[k], "tau", 3 + 7.0 * k, "ms", 1), yield_value(&part[k], "rate(E, 1 ms)", 0.01234567 * (k + 1), "Hz", 0.001);
        if (k) yield_value(&part[k], "x", 1.0 / 3, "", 1);
        yield_end(&part[k]);
        print_text(&part[k], k ? "second" : "first"), print_value(&part[k], "n", k, "", 1), print_end(&part[k]);
    }
    for (int k = 0; k < 2; k++) results_join(&all, &part[k]), results_free(&part[k]);
    assert_string_equal(all.text, "first, n = 0\nsecond, n = 1\n");
    assert_true(yield_csv(&all, path, err, sizeof err));
    text_is("tau (ms),\"rate(E, 1 ms) (Hz)\",x\n3,12.34567,\n10,24.69134,0.3333333333333333\n");
    FILE *f = fopen(path, "w");
    yield_table(&all, f);
    fclose(f);
    text_is("tau  rate(E, 1 ms)         x\n ms             Hz          \n  3        12.3457         -\n 10        24.6913  0.333333\n");
    results_free(&all);
}

// Rows kept as they finish, in another order than the table's, the last one cut by a kill.
static void kept_rows(void **state) {
    (void)state;
    char name[160];
    snprintf(name, sizeof name, "%s/.log", dir);
    assert_int_equal(mkdir(name, 0777), 0);
    for (int k = 2; k >= 0; k--) {
        Results r;
        results_init(&r, NULL);
        yield_value(&r, "tau", k, "ms", 1);
        if (k == 1) yield_value(&r, "late", 0.1, "", 1);
        yield_end(&r);
        assert_true(yield_keep(&r, dir, "fi", k, 0, err, sizeof err));
        results_free(&r);
    }
    snprintf(name, sizeof name, "%s/.log/yields", dir);
    FILE *f = fopen(name, "a");
    fputs("fi\t3\ttau\tms\t1", f);
    fclose(f);
    assert_true(yield_recover(dir, err, sizeof err));
    assert_int_equal(access(name, F_OK), -1);
    snprintf(path, sizeof path, "%s/fi.csv", dir);
    text_is("tau (ms),late\n0,\n1,0.1\n2,\n");
    assert_true(yield_recover(dir, err, sizeof err));      // nothing to do
}

static void arrays(void **state) {
    (void)state;
    Results r;
    results_init(&r, NULL);
    double v[20];
    for (int i = 0; i < 20; i++) v[i] = i;
    print_array(&r, "a", v, 3, "mV", 1), print_array(&r, "b", v, 20, NULL, 1), print_end(&r);
    assert_string_equal(r.text, "a = [0, 1, 2] mV, b = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ... 20 in all]\n");
    assert_true(r.printed[0].is_array && r.printed[1].n == 20);
    results_free(&r);
}

static void shortest(void **state) {
    (void)state;
    char t[32];
    results_number(t, 0.1), assert_string_equal(t, "0.1");
    results_number(t, 1.0 / 3), assert_string_equal(t, "0.3333333333333333");
    results_number(t, 0.1 + 0.2), assert_string_equal(t, "0.30000000000000004");
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)
    const struct CMUnitTest tests[] = { T(keys), T(cannot_write), T(table), T(kept_rows), T(arrays), T(shortest) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
