// SPDX-License-Identifier: MIT
// SONATA files: names, types, attributes, order and values; what happens when the disk is full.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "host/hdf5.h"
#include "host/log.h"
#include "host/record.h"
#include <hdf5.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];
static int make_dir(void **state) {
    (void)state;
    char log[80];
    strcpy(dir, "/tmp/snn-test-h5-XXXXXX");
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

static Log *new_log(const char *name, LogHeader *h, const char *folder) {
    char path[200], err[512];
    snprintf(path, sizeof path, "%s/.log/%s.log", dir, name);
    h->dt = 0.1, h->every = h->every ? h->every : 1;
    strcpy(h->folder, folder);
    Log *g = log_create(path, h, err, sizeof err);
    if (!g) fail_msg("%s", err);
    return g;
}

static hid_t open_file(const char *name) {
    char path[200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    hid_t f = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (f < 0) fail_msg("no %s", path);
    return f;
}

static int64_t read_doubles(hid_t f, const char *name, double *out, int64_t cap) {
    hid_t d = H5Dopen2(f, name, H5P_DEFAULT), s = H5Dget_space(d);
    int64_t n = H5Sget_simple_extent_npoints(s);
    assert_true(n <= cap);
    assert_true(H5Dread(d, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0);
    H5Sclose(s), H5Dclose(d);
    return n;
}

static void check_text(hid_t f, const char *object, const char *attr, const char *want) {
    char text[100] = "";
    hid_t a = H5Aopen_by_name(f, object, attr, H5P_DEFAULT, H5P_DEFAULT), type = H5Aget_type(a);
    assert_true(H5Aread(a, type, text) >= 0);
    assert_string_equal(text, want);
    H5Tclose(type), H5Aclose(a);
}

static void convert(void) {
    char err[1024];
    int64_t found;
    if (!hdf5_convert(dir, &found, err, sizeof err)) fail_msg("%s", err);
    assert_true(hdf5_convert(dir, &found, err, sizeof err));
    assert_int_equal(found, 0);                        // the logs are gone
}

static void spikes(void **state) {
    (void)state;
    LogHeader h, k;
    log_header(&h, LOG_SPIKES, "layer.E", ""), log_header(&k, LOG_SPIKES, "I", "burst");
    h.n = h.hi = 10, k.n = k.hi = 5;
    Log *e = new_log("0-e", &h, ""), *i = new_log("1-i", &k, "");
    uint32_t a[2] = { 7, 3 }, b[1] = { 9 };
    log_append(e, 3, 2, a, NULL), log_append(e, 10, 1, b, NULL), log_append(i, 4, 1, b, NULL);
    assert_true(log_end(e) && log_end(i));
    log_free(e), log_free(i);
    convert();
    hid_t f = open_file("spikes.h5");
    double t[8], id[8];
    assert_int_equal(read_doubles(f, "/spikes/layer.E/timestamps", t, 8), 3);
    assert_int_equal(read_doubles(f, "/spikes/layer.E/node_ids", id, 8), 3);
    assert_true(t[0] == 3 * 0.1 && t[1] == 3 * 0.1 && t[2] == 1.0);      // the rounded product, bit for bit
    assert_true(id[0] == 3 && id[1] == 7 && id[2] == 9);
    check_text(f, "/spikes/layer.E/timestamps", "units", "milliseconds");
    assert_int_equal(read_doubles(f, "/spikes/I.burst/node_ids", id, 8), 1);
    H5Fclose(f);
}

// Time that began anew, offsets within steps, and more spikes than a block.
static void order(void **state) {
    (void)state;
    LogHeader h;
    log_header(&h, LOG_SPIKES, "E", "");
    h.n = 1000;
    Log *g = new_log("0", &h, "");
    uint32_t id[3] = { 1, 2, 3 };
    double offset[3] = { 0.05, 0.02, 0 };
    for (int64_t s = 20000; s < 30000; s++) log_append(g, s, 3, id, offset);
    for (int64_t s = 0; s < 10000; s++) log_append(g, s, 1, id, NULL);
    assert_true(log_end(g));
    log_free(g);
    convert();
    hid_t f = open_file("spikes.h5");
    static double t[50000], ids[50000];
    assert_int_equal(read_doubles(f, "/spikes/E/timestamps", t, 50000), 40000);
    assert_int_equal(read_doubles(f, "/spikes/E/node_ids", ids, 50000), 40000);
    for (int i = 1; i < 40000; i++) assert_true(t[i] >= t[i - 1]);
    assert_true(ids[10000] == 3 && ids[10001] == 2 && ids[10002] == 1 && t[10001] == 20000 * 0.1 + 0.02);
    H5Fclose(f);
}

static void report(void **state) {
    (void)state;
    LogHeader h;
    log_header(&h, LOG_REPORT, "E", "V");
    strcpy(h.unit, "mV");
    h.n = 100, h.lo = 5, h.hi = 8, h.every = 10;
    Log *g = new_log("0", &h, "run_0001");
    for (int64_t s = 0; s <= 30000; s += 10) {
        double v[3] = { (double)s, -1, 0.1 };
        log_append(g, s, 3, NULL, v);
    }
    assert_true(log_end(g));
    log_free(g);
    convert();
    hid_t f = open_file("run_0001/report_E_V.h5");
    static double v[20000];
    assert_int_equal(read_doubles(f, "/report/E/data", v, 20000), 3001 * 3);
    for (int i = 0; i <= 3000; i++) assert_true(v[3 * i] == 10 * i && v[3 * i + 1] == -1 && v[3 * i + 2] == 0.1);
    assert_int_equal(read_doubles(f, "/report/E/mapping/node_ids", v, 10), 3);
    assert_true(v[0] == 5 && v[2] == 7);
    assert_int_equal(read_doubles(f, "/report/E/mapping/index_pointer", v, 10), 4);
    assert_true(v[0] == 0 && v[3] == 3);
    assert_int_equal(read_doubles(f, "/report/E/mapping/time", v, 10), 3);
    assert_true(v[0] == 0 && v[1] == 30010 * 0.1 && v[2] == 1.0);
    assert_false(H5Lexists(f, "/report/E/mapping/timestamps", H5P_DEFAULT) > 0);
    check_text(f, "/report/E/data", "units", "mV");
    H5Fclose(f);
}

static void report_with_gap(void **state) {
    (void)state;
    LogHeader h;
    log_header(&h, LOG_REPORT, "E", "w");
    h.n = h.hi = 1, h.unit_scale = 1000;
    Log *g = new_log("0", &h, "");
    double v = 5;
    log_append(g, 1, 1, NULL, &v), log_append(g, 2, 1, NULL, &v), log_append(g, 7, 1, NULL, &v);
    assert_true(log_end(g));
    log_free(g);
    convert();
    hid_t f = open_file("report_E_w.h5");
    double t[4];
    assert_int_equal(read_doubles(f, "/report/E/mapping/timestamps", t, 4), 3);
    assert_true(t[2] == 7 * 0.1);
    assert_int_equal(read_doubles(f, "/report/E/data", t, 4), 3);
    assert_true(t[0] == 0.005);
    H5Fclose(f);
}

static void synapses(void **state) {
    (void)state;
    LogHeader h;
    log_header(&h, LOG_REPORT, "In_to_E", "w");
    h.n = h.hi = 2, h.traits = LOG_SYNAPSES | LOG_SINGLE;
    Log *g = new_log("0", &h, "");
    double source[2] = { 5, 6 }, target[2] = { 1, 0 }, w[2] = { 0.25, 0.5 };
    log_append(g, LOG_ENDS, 2, NULL, source), log_append(g, LOG_ENDS, 2, NULL, target);
    log_append(g, 0, 2, NULL, w), log_append(g, 1, 2, NULL, w);
    assert_true(log_end(g));
    log_free(g);
    convert();
    hid_t f = open_file("report_In_to_E_w.h5");
    double v[8];
    assert_int_equal(read_doubles(f, "/report/In_to_E/mapping/source_ids", v, 8), 2);
    assert_true(v[0] == 5 && v[1] == 6);
    assert_int_equal(read_doubles(f, "/report/In_to_E/mapping/target_ids", v, 8), 2);
    assert_true(v[0] == 1 && v[1] == 0);
    assert_int_equal(read_doubles(f, "/report/In_to_E/data", v, 8), 4);
    assert_true(v[2] == 0.25 && v[3] == 0.5);
    check_text(f, "/report/In_to_E", "owner", "projection");
    H5Fclose(f);
}

static void nothing_recorded(void **state) {
    (void)state;
    LogHeader h, k;
    log_header(&h, LOG_SPIKES, "E", ""), log_header(&k, LOG_REPORT, "E", "V");
    h.n = k.n = k.hi = 10;
    Log *e = new_log("0", &h, ""), *v = new_log("1", &k, "");
    assert_true(log_end(e) && log_end(v));
    log_free(e), log_free(v);
    convert();
    hid_t f = open_file("spikes.h5");
    double t[4];
    assert_int_equal(read_doubles(f, "/spikes/E/timestamps", t, 4), 0);
    H5Fclose(f);
    f = open_file("report_E_V.h5");
    assert_int_equal(read_doubles(f, "/report/E/data", t, 4), 0);
    H5Fclose(f);
}

// A limit on the size of files stands for a full disk: recording stops with a message that names the file and the cause; once there is
// room again what had been written is converted.
static void full_disk(void **state) {
    (void)state;
    static const char *const ports[] = { "spike" };
    const SnnPop pop = { .path = "E", .n = 100, .nports = 1, .ports = ports };
    const SnnNet net = { .name = "N", .npops = 1, .pops = &pop };
    pid_t pid = fork();
    if (pid == 0) {
        char err[1024];
        signal(SIGXFSZ, SIG_IGN);
        struct rlimit limit = { 200000, 200000 };
        setrlimit(RLIMIT_FSIZE, &limit);
        RecordFolder *f = record_folder(dir, err, sizeof err);
        Recorder *r = f ? record_new(&net, 0.1, f, "") : NULL;
        if (!r || !record_add_spikes(r, 0, 0, 0, 100)) _exit(1);
        for (int64_t step = 1; !r->failed && step < 1000000; step++) {
            uint32_t ids[2] = { (uint32_t)step % 100, 99 };
            record_spikes(r, 0, 0, step, ids, 2);
        }
        if (!r->failed || !strstr(record_folder_error(f), "cannot write") || !strstr(record_folder_error(f), "File too large")) _exit(2);
        if (record_folder_finish(f, err, sizeof err)) _exit(3);
        _exit(strstr(err, "until then") ? 0 : 4);
    }
    int status;
    waitpid(pid, &status, 0);
    assert_int_equal(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
    convert();
    hid_t f = open_file("spikes.h5");
    static double id[100000];
    assert_true(read_doubles(f, "/spikes/E/node_ids", id, 100000) > 10000);
    assert_true(id[0] == 1 && id[1] == 99);
    H5Fclose(f);
}

// The same while HDF5 files are written: the logs stay, no half file is left, the next conversion succeeds.
static void full_disk_at_conversion(void **state) {
    (void)state;
    LogHeader h;
    log_header(&h, LOG_REPORT, "E", "V");
    h.n = h.hi = 50;
    Log *g = new_log("0", &h, "");
    double v[50];
    srand(1);
    for (int64_t s = 0; s < 2000; s++) {
        for (int i = 0; i < 50; i++) v[i] = rand() * 1.234567;
        log_append(g, s, 50, NULL, v);
    }
    assert_true(log_end(g));
    log_free(g);
    pid_t pid = fork();
    if (pid == 0) {
        char err[1024] = "", path[200];
        signal(SIGXFSZ, SIG_IGN);
        struct rlimit limit = { 100000, 100000 };
        setrlimit(RLIMIT_FSIZE, &limit);
        if (hdf5_convert(dir, NULL, err, sizeof err)) _exit(1);
        snprintf(path, sizeof path, "%s/report_E_V.h5", dir);
        if (!strstr(err, path) || access(path, F_OK) == 0) _exit(2);
        strcat(path, ".tmp");
        exit(access(path, F_OK) == 0 ? 3 : 0);
    }
    int status;
    waitpid(pid, &status, 0);
    assert_int_equal(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
    convert();
    hid_t f = open_file("report_E_V.h5");
    static double all[200000];
    assert_int_equal(read_doubles(f, "/report/E/data", all, 200000), 100000);
    H5Fclose(f);
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)
    const struct CMUnitTest tests[] = { T(spikes), T(order), T(report), T(report_with_gap), T(synapses), T(nothing_recorded), T(full_disk), T(full_disk_at_conversion) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
