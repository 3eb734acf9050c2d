// SPDX-License-Identifier: MIT
// Pictures of a results folder: both formats, every part alone, damaged and missing files, nothing to draw.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "host/hdf5.h"
#include "host/log.h"
#include "host/plot.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], err[1000];

static Log *new_log(const char *name, LogHeader *h) {
    char path[200];
    snprintf(path, sizeof path, "%s/.log/%s.log", dir, name);
    h->dt = 0.1;
    Log *g = log_create(path, h, err, sizeof err);
    if (!g) fail_msg("%s", err);
    return g;
}

static void some_spikes(const char *name, uint32_t n, int period) {
    LogHeader h;
    log_header(&h, LOG_SPIKES, name, "");
    h.n = n, h.hi = n, h.every = 1;
    Log *g = new_log(name, &h);
    for (int64_t step = 1; step <= 5000; step++) {
        uint32_t id[64], k = 0;
        for (uint32_t i = (uint32_t)(step % period); i < n && k < 64; i += (uint32_t)period) id[k++] = i;
        if (k) log_append(g, step, k, id, NULL);
    }
    log_free(g);
}

static void some_report(const char *owner, const char *variable, const char *unit, bool synapses) {
    LogHeader h;
    log_header(&h, LOG_REPORT, owner, variable);
    strcpy(h.unit, unit);
    h.n = h.hi = 200, h.every = 10, h.traits = synapses ? LOG_SYNAPSES : 0;
    Log *g = new_log(variable, &h);
    for (int64_t step = 0; step <= 5000; step += 10) {
        double v[200];
        for (int i = 0; i < 200; i++) v[i] = i == 3 && step == 50 ? NAN : sin((double)(step * (i + 1)) / 1000);
        log_append(g, step, 200, NULL, v);
    }
    log_free(g);
}

static void text_file(const char *name, const char *text) {
    char path[200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
}

static int make_dir(void **state) {
    (void)state;
    char log[80];
    strcpy(dir, "/tmp/snn-test-plot-XXXXXX");
    if (!mkdtemp(dir)) return -1;
    snprintf(log, sizeof log, "%s/.log", dir);
    return mkdir(log, 0777);
}
static int remove_dir(void **state) {
    (void)state;
    char cmd[128];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    return system(cmd);
}

static int draw(const char *what, const char *out) {
    char path[200];
    if (out) snprintf(path, sizeof path, "%s/%s", dir, out);
    PlotOptions o = { .dir = dir, .what = what, .out = out ? path : NULL, .quiet = true };
    return snn_plot(&o);
}

static void begins_with(const char *name, const char *magic, size_t least) {
    char path[200], head[8] = "";
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "rb");
    struct stat st;
    if (!f) fail_msg("no %s", path);
    assert_int_equal(fread(head, 1, strlen(magic), f), strlen(magic));
    fclose(f);
    assert_string_equal(head, magic);
    stat(path, &st);
    assert_true((size_t)st.st_size > least);
}

// The logs of a killed run are converted on the way.
static void everything(void **state) {
    (void)state;
    some_spikes("E", 1000, 97), some_spikes("I", 3, 500);
    some_report("E", "V", "mV", false), some_report("E_to_E", "w", "nS", true);
    text_file("sweep.csv", "tau (ms),\"rate(E, 1 ms) (Hz)\",x\n1,10,\n1,12,3\n2,20,4\n2,21,5\n");
    text_file("grid.csv", "a,b,y\n1,1,1\n1,2,2\n2,1,3\n2,2,4\n");
    assert_int_equal(draw(NULL, NULL), 0);
    begins_with("plot.png", "\x89PNG", 10000);
    assert_int_equal(draw(NULL, "a.svg"), 0);
    begins_with("a.svg", "<?xml", 10000);
    static const char *const parts[] = { "raster", "rates", "traces", "weights", "table" };
    for (size_t i = 0; i < 5; i++) {
        char name[40];
        assert_int_equal(draw(parts[i], NULL), 0);
        snprintf(name, sizeof name, "%s.png", parts[i]);
        begins_with(name, "\x89PNG", 1000);
    }
    assert_int_equal(draw("raster,tables", "b.png"), 0);
    assert_int_equal(draw("rasters,nonsense", "c.png"), 2);
    PlotOptions window = { .dir = dir, .has_from = true, .has_to = true, .from = 100, .to = 120, .quiet = true, .svg = true };
    assert_int_equal(snn_plot(&window), 0);
    begins_with("plot.svg", "<?xml", 3000);
    window.to = 100;
    assert_int_equal(snn_plot(&window), 2);
}

static void damaged(void **state) {
    (void)state;
    some_spikes("E", 10, 97);
    assert_true(hdf5_convert(dir, NULL, err, sizeof err));
    char path[200];
    snprintf(path, sizeof path, "%s/spikes.h5", dir);
    struct stat st;
    stat(path, &st);
    text_file("t.csv", "x,y\n1,2\n2,3\n");
    assert_int_equal(truncate(path, st.st_size / 2), 0);
    assert_int_equal(draw(NULL, NULL), 0);                 // the table is drawn
    assert_int_equal(draw("raster", NULL), 2);
}

static void nothing(void **state) {
    (void)state;
    assert_int_equal(draw(NULL, NULL), 2);
    text_file("empty.csv", "x,y\n");
    assert_int_equal(draw(NULL, NULL), 2);
    PlotOptions o = { .dir = "/nowhere", .quiet = true };
    assert_int_equal(snn_plot(&o), 2);
    text_file("t.csv", "x,y\n1,2\n2,3\n");
    assert_int_equal(draw(NULL, "no/such/folder.png"), 3);
    assert_int_equal(draw(NULL, "no/such/folder.svg"), 3);
}

// Strange tables: one row, equal values, holes, one column.
static void tables(void **state) {
    (void)state;
    text_file("a.csv", "x,y\n5,5\n");
    text_file("b.csv", "x,y,z\n1,,\n2,7,\n3,7,nan\n");
    text_file("c.csv", "x\n1\n2\n");
    text_file("d.csv", "x,y\n1e-3,1\n1e-2,2\n1e-1,3\n1,4\n10,1e9\n");
    assert_int_equal(draw("table", NULL), 0);
}

// Maps: populations with a shape that were recorded as a whole; a shape that does not fit is no shape.
static void maps(void **state) {
    (void)state;
    some_spikes("E", 1000, 97), some_spikes("I", 3, 500);
    text_file("summary.json", "{\"populations\": {\"E\": {\"count\": 97}, \"I\": {\"shape\": [7, 9223372036854775807]}}}");
    assert_int_equal(draw("maps", NULL), 2);
    text_file("summary.json", "{\"populations\": {\"E\": {\"shape\": [100, 2, 5]}, \"I\": {\"shape\": [0, 4]}}}");
    assert_int_equal(draw("maps", NULL), 0);
    begins_with("maps.png", "\x89PNG", 1000);
    assert_int_equal(draw("maps,raster", "m.svg"), 0);
    begins_with("m.svg", "<?xml", 3000);
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)
    const struct CMUnitTest tests[] = { T(everything), T(damaged), T(nothing), T(tables), T(maps) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
