// SPDX-License-Identifier: MIT
// Data sets of every kind, whole, packed, short and malformed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "host/data.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static char dir[64], err[1000];
static int make_dir(void **state) {
    (void)state;
    strcpy(dir, "/tmp/snn-test-data-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}
static int remove_dir(void **state) {
    (void)state;
    char cmd[128];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    return system(cmd);
}

static const char *file(const char *name, const void *bytes, size_t n) {
    static char path[4][128];
    static int turn;
    char *p = path[turn++ % 4];
    snprintf(p, 128, "%s/%s", dir, name);
    if (strlen(name) > 3 && strcmp(name + strlen(name) - 3, ".gz") == 0) {
        gzFile f = gzopen(p, "wb");
        assert_int_equal(gzwrite(f, bytes, (unsigned)n), (int)n);
        gzclose(f);
    } else {
        FILE *f = fopen(p, "wb");
        assert_int_equal(fwrite(bytes, 1, n, f), n);
        fclose(f);
    }
    return p;
}

static double value(const DataSet *d, int64_t item, int64_t i) {
    double v;
    data_read(d, item, i, 1, &v);
    return v;
}

static const unsigned char images[] = { 0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255 };
static const unsigned char labels[] = { 0, 0, 8, 1, 0, 0, 0, 2, 9, 4 };

static void idx(void **state) {
    (void)state;
    const char *names[2][2] = { { "i", "l" }, { "i.gz", "l.gz" } };
    for (int k = 0; k < 2; k++) {
        DataSet *d = data_open("idx", file(names[k][0], images, sizeof images), file(names[k][1], labels, sizeof labels), NULL, err, sizeof err);
        if (!d) fail_msg("%s", err);
        assert_int_equal(d->count, 2);
        assert_int_equal(d->length, 6);
        d->scale = 1.0 / 255;
        assert_true(value(d, 1, 5) == 1 && value(d, 0, 0) == 1.0 / 255);
        assert_true(d->label[0] == 9 && d->label[1] == 4);
        data_free(d);
    }
}

static void idx_types(void **state) {
    (void)state;
    const unsigned char i16[] = { 0, 0, 11, 1, 0, 0, 0, 2, 0xff, 0xfe, 1, 0 }, f64[] = { 0, 0, 14, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0 };
    DataSet *d = data_open("idx", file("a", i16, sizeof i16), NULL, NULL, err, sizeof err);
    assert_non_null(d);
    assert_true(value(d, 0, 0) == -2 && value(d, 1, 0) == 256);
    data_free(d);
    d = data_open("idx", file("b", f64, sizeof f64), NULL, NULL, err, sizeof err);
    assert_non_null(d);
    assert_true(value(d, 0, 0) == 1.5);
    data_free(d);
}

static void refused(const char *kind, const char *a, const char *b, const char *options, const char *says) {
    err[0] = 0;
    DataSet *d = data_open(kind, a, b, options, err, sizeof err);
    if (d) fail_msg("accepted, but should say: %s", says);
    if (!strstr(err, says)) fail_msg("'%s' does not say '%s'", err, says);
}

static void idx_bad(void **state) {
    (void)state;
    refused("idx", "/nowhere/x", NULL, NULL, "cannot read data '/nowhere/x': No such file or directory");
    refused("idx", dir, NULL, NULL, "directory");
    for (size_t n = 0; n < sizeof images; n++) refused("idx", file("s", images, n), NULL, NULL, n < 4 ? "is not an IDX file" : n < 16 ? "within its head" : "need 28 bytes, it has");
    refused("idx", file("l", labels, sizeof labels - 1), NULL, NULL, "too short");
    unsigned char three[] = { 0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3 }, huge[] = { 0, 0, 8, 4, 0, 0, 0, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 };
    refused("idx", file("i", images, sizeof images), file("t", three, sizeof three), NULL, "3 labels of 1 values for 2 items");
    refused("idx", file("h", huge, sizeof huge), NULL, NULL, "more than 2^30 values");
    const char *gz = file("c.gz", images, sizeof images);
    assert_int_equal(truncate(gz, 20), 0);
    refused("idx", gz, NULL, NULL, "ends early or is damaged");
}

static void csv(void **state) {
    (void)state;
    const char *text = "# made by hand\nx, y, class\n1, 2.5, 0\n\n-3e2,4,1\r\n";
    DataSet *d = data_open("csv", file("t.csv", text, strlen(text)), NULL, "label=-1", err, sizeof err);
    if (!d) fail_msg("%s", err);
    assert_int_equal(d->count, 2);
    assert_int_equal(d->length, 2);
    assert_true(value(d, 0, 1) == 2.5 && value(d, 1, 0) == -300 && d->label[0] == 0 && d->label[1] == 1);
    data_free(d);
    d = data_open("csv", file("t.csv", text, strlen(text)), NULL, "label=1", err, sizeof err);
    assert_non_null(d);
    assert_true(value(d, 0, 0) == 2.5 && value(d, 1, 1) == 1 && d->label[1] == -300);
    data_free(d);
    d = data_open("csv", file("u.csv", "1 2\t3;4", 7), NULL, NULL, err, sizeof err);
    assert_non_null(d);
    assert_int_equal(d->length, 4);
    data_free(d);
}

static void csv_bad(void **state) {
    (void)state;
    refused("csv", file("e.csv", "", 0), NULL, NULL, "holds no numbers");
    refused("csv", file("a.csv", "1,2\n3\n", 6), NULL, NULL, "a.csv:2: 1 numbers where the lines before have 2");
    refused("csv", file("b.csv", "1,2\n3,x\n", 8), NULL, NULL, "b.csv:2: 'x' is not a number");
    refused("csv", file("c.csv", "1,2\n3,\n", 7), NULL, NULL, "c.csv:2:");
    refused("csv", file("d.csv", "1\n", 2), NULL, "label=-1", "it has 1 column, and one must be left");
    refused("csv", file("d.csv", "1,2\n", 4), NULL, "label=3", "it has 2 columns");
    refused("csv", file("d.csv", "1,2\n3,4\n", 8), file("l.csv", "1\n", 2), NULL, "1 labels for 2 items");
    refused("nonsense", file("d.csv", "1\n", 2), NULL, NULL, "no kind of data");
}

static void raw(void **state) {
    (void)state;
    const unsigned char b[] = { 9, 9, 1, 0, 2, 0, 3, 0, 4, 1 };
    DataSet *d = data_open("raw", file("r", b, sizeof b), NULL, "bytes=2,length=2,skip=2", err, sizeof err);
    if (!d) fail_msg("%s", err);
    assert_int_equal(d->count, 2);
    assert_true(value(d, 0, 0) == 1 && value(d, 1, 1) == 260);
    data_free(d);
    d = data_open("raw", file("r", b, sizeof b), NULL, "bytes=2,big=1", err, sizeof err);
    assert_non_null(d);
    assert_int_equal(d->count, 1);
    assert_true(value(d, 0, 1) == 256);
    data_free(d);
    refused("raw", file("r", b, sizeof b), NULL, "bytes=8,float=1", "has 10 bytes");
    refused("raw", file("r", b, sizeof b), NULL, "bytes=3", "make no sense");
    refused("raw", file("r", b, sizeof b), NULL, "length=3", "no whole number of items");
    refused("raw", file("r", b, sizeof b), NULL, "length=-2", "make no sense");
    refused("raw", file("r", b, 0), NULL, NULL, "has 0 bytes");
}

static size_t npy_file(unsigned char *b, const char *head, const void *values, size_t n) {
    size_t len = strlen(head);
    memcpy(b, "\x93NUMPY\x01\x00", 8);
    b[8] = (unsigned char)len, b[9] = (unsigned char)(len >> 8);
    memcpy(b + 10, head, len), memcpy(b + 10 + len, values, n);
    return 10 + len + n;
}

static void npy(void **state) {
    (void)state;
    unsigned char b[300];
    double v[6] = { 1, 2, 3, 4, 5, 6.5 };
    size_t n = npy_file(b, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }   \n", v, sizeof v);
    DataSet *d = data_open("npy", file("a.npy", b, n), NULL, NULL, err, sizeof err);
    if (!d) fail_msg("%s", err);
    assert_int_equal(d->count, 2);
    assert_int_equal(d->length, 3);
    assert_true(value(d, 1, 2) == 6.5);
    data_free(d);
    refused("npy", file("b.npy", b, n - 1), NULL, NULL, "too short");
    refused("npy", file("c.npy", b, 30), NULL, NULL, "within its head");
    refused("npy", file("d.npy", "hello world", 11), NULL, NULL, "is not a NumPy .npy file");
    n = npy_file(b, "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }", v, sizeof v);
    refused("npy", file("e.npy", b, n), NULL, NULL, "column order");
    n = npy_file(b, "{'descr': '|O', 'fortran_order': False, 'shape': (2, 3), }", v, sizeof v);
    refused("npy", file("f.npy", b, n), NULL, NULL, "not plain numbers");
    n = npy_file(b, "{'descr': '<f8', 'fortran_order': False, 'shape': (6,), }", v, sizeof v);
    d = data_open("npy", file("g.npy", b, n), NULL, NULL, err, sizeof err);
    assert_non_null(d);
    assert_int_equal(d->count, 1);
    assert_int_equal(d->length, 6);
    data_free(d);
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)
    const struct CMUnitTest tests[] = { T(idx), T(idx_types), T(idx_bad), T(csv), T(csv_bad), T(raw), T(npy) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
