// SPDX-License-Identifier: MIT
// Logs: what was flushed is read back; a log cut anywhere yields the records of its whole chunks and is still converted.
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];
static int make_dir(void **state) {
    (void)state;
    strcpy(dir, "/tmp/snn-test-log-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}
static int remove_dir(void **state) {
    (void)state;
    char cmd[128];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    return system(cmd);
}

static void write_log(const char *path, int64_t chunks) {
    char err[512];
    LogHeader h;
    log_header(&h, LOG_SPIKES, "E", "");
    h.dt = 0.1, h.n = 100, h.hi = 100, h.every = 1;
    Log *g = log_create(path, &h, err, sizeof err);
    assert_non_null(g);
    for (int64_t k = 0; k < chunks; k++) {
        uint32_t ids[3] = { (uint32_t)k % 100, 40, 41 };
        assert_true(log_append(g, 2 * k, 1 + (uint32_t)k % 3, ids, NULL));
        assert_true(log_append(g, 2 * k + 1, 3, ids, NULL));
        assert_true(log_flush(g));
    }
    assert_true(log_end(g));
    log_free(g);
}

static int64_t read_log(const char *path, bool *damaged) {
    char err[512];
    LogHeader h;
    LogReader *r = log_open(path, &h, err, sizeof err);
    if (!r) return -1;
    LogRecord rec;
    int64_t n = 0;
    while (log_next(r, &rec)) {
        assert_int_equal(rec.step, n);
        if (n % 2) assert_int_equal(rec.count, 3);
        assert_int_equal(rec.ids[0], n / 2 % 100);
        n++;
    }
    *damaged = log_damaged(r);
    log_done(r);
    return n;
}

static void reads_back(void **state) {
    (void)state;
    char path[128];
    bool damaged;
    snprintf(path, sizeof path, "%s/a.log", dir);
    write_log(path, 50);
    assert_int_equal(read_log(path, &damaged), 100);
    assert_false(damaged);
}

static void cut_anywhere(void **state) {
    (void)state;
    char path[128];
    bool damaged;
    snprintf(path, sizeof path, "%s/a.log", dir);
    struct stat st;
    write_log(path, 6);
    stat(path, &st);
    int64_t last = 12;
    for (off_t len = st.st_size - 1; len >= (off_t)sizeof(LogHeader); len--) {
        assert_int_equal(truncate(path, len), 0);
        int64_t n = read_log(path, &damaged);
        assert_true(n <= last && n % 2 == 0);
        last = n;
    }
    assert_int_equal(last, 0);
    assert_int_equal(truncate(path, sizeof(LogHeader) - 1), 0);
    assert_int_equal(read_log(path, &damaged), -1);
}

static void flipped_bit(void **state) {
    (void)state;
    char path[128];
    bool damaged;
    snprintf(path, sizeof path, "%s/a.log", dir);
    write_log(path, 6);
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    fseek(f, (long)sizeof(LogHeader) + 20, SEEK_SET);
    fputc(0x55, f);
    fclose(f);
    assert_int_equal(read_log(path, &damaged), 0);
    assert_true(damaged);
}

static int64_t spikes_in_file(const char *population) {
    char path[128], name[64];
    snprintf(path, sizeof path, "%s/spikes.h5", dir);
    snprintf(name, sizeof name, "/spikes/%s/node_ids", population);
    hid_t f = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(f >= 0);
    hid_t d = H5Dopen2(f, name, H5P_DEFAULT), s = H5Dget_space(d);
    int64_t n = H5Sget_simple_extent_npoints(s);
    H5Sclose(s), H5Dclose(d), H5Fclose(f);
    return n;
}

// A child records and is killed in the middle; the next start on the same folder finds its spikes.
static void killed_run(void **state) {
    (void)state;
    static const char *const ports[] = { "spike" };
    const SnnPop pop = { .path = "E", .n = 100, .nports = 1, .ports = ports };
    const SnnNet net = { .name = "N", .npops = 1, .pops = &pop };
    int fd[2];
    assert_int_equal(pipe(fd), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char err[512];
        RecordFolder *folder = record_folder(dir, err, sizeof err);
        Recorder *r = folder ? record_new(&net, 0.1, folder, "") : NULL;
        if (!r || !record_add_spikes(r, 0, 0, 0, 100)) _exit(1);
        for (int64_t step = 1;; step++) {
            uint32_t ids[2] = { (uint32_t)step % 100, 99 };
            record_spikes(r, 0, 0, step, ids, 2);
            if (step == 1000) {
                record_flush(r);
                if (write(fd[1], "x", 1) != 1) _exit(1);
            }
        }
    }
    char c;
    assert_int_equal(read(fd[0], &c, 1), 1);
    close(fd[0]), close(fd[1]);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    char err[1024];
    RecordFolder *f = record_folder(dir, err, sizeof err);
    if (!f) fail_msg("%s", err);
    assert_true(spikes_in_file("E") >= 2000);
    assert_true(record_folder_finish(f, err, sizeof err));
    record_folder_free(f);
    assert_true(spikes_in_file("E") >= 2000);
}

static void two_runs_one_folder(void **state) {
    (void)state;
    char err[1024];
    RecordFolder *a = record_folder(dir, err, sizeof err), *b;
    assert_non_null(a);
    b = record_folder(dir, err, sizeof err);
    assert_null(b);
    assert_non_null(strstr(err, "another run"));
    assert_true(record_folder_finish(a, err, sizeof err));
    record_folder_free(a);
}

static void not_writable(void **state) {
    (void)state;
    char err[1024], path[128];
    snprintf(path, sizeof path, "%s/file", dir);
    FILE *f = fopen(path, "w");
    fclose(f);
    assert_null(record_folder(path, err, sizeof err));
    assert_non_null(strstr(err, path));
    assert_null(record_folder("/proc/nowhere", err, sizeof err));
    assert_non_null(strstr(err, "cannot write results to '/proc/nowhere'"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_back, make_dir, remove_dir), cmocka_unit_test_setup_teardown(cut_anywhere, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(flipped_bit, make_dir, remove_dir), cmocka_unit_test_setup_teardown(killed_run, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(two_runs_one_folder, make_dir, remove_dir), cmocka_unit_test_setup_teardown(not_writable, make_dir, remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
