// SPDX-License-Identifier: MIT
// Bundles of projections beside the same projections kept apart: every edge, weight, spike and state agrees bit for bit, whatever the number of threads, after
// construction, runs, changed weights, resets.
#include "core/bundle.h"
#include "core/observe.h"
#include "driver.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

// B and C receive from A what A receives itself, in a class of two bundles (A to A twice); the last A -> C comes after B -> C, so it must not join an earlier bundle.
// The population between C and D makes the axis longer than 16 bits.
static const char program[] =
    "neuron Cell {\n    state V = -60 mV, g : mV\n    V' = (-44 mV - V + g)/8 ms\n    g' = -g/5 ms\n    spike when V >= -50 mV { V = -60 mV }\n}\n"
    "neuron Other {\n    state U = 0\n    spike when U > 1 { U = 0 }\n}\n"
    "synapse Jump {\n    weight w : mV\n    on pre { post.g += w }\n}\n"
    "network N {\n    population A : Cell[130], B : Cell[70], C : Cell[65], O : Other[70000], D : Cell[90]\n"
    "    A.V ~ uniform(-60 mV, -50 mV)\n    B.V ~ uniform(-60 mV, -50 mV)\n    D.V ~ uniform(-60 mV, -49 mV)\n"
    "    connect A -> A by pairwise_bernoulli(0.3) via Jump weight normal(0.5 mV, 0.2 mV) delay uniform(0 ms, 2 ms)\n"
    "    connect A -> B by fixed_total_number(900) via Jump weight normal(0.9 mV, 0.2 mV) delay max(0.1 ms, normal(1 ms, 0.4 ms))\n"
    "    connect B -> C by fixed_outdegree(20) via Jump weight uniform(0 mV, 1 mV) delay uniform(0.1 ms, 1 ms)\n"
    "    connect A -> A by fixed_outdegree(5) via Jump weight uniform(-1 mV, 1 mV) delay uniform(0.1 ms, 3 ms)\n"
    "    connect A -> C by fixed_outdegree(9, multiple = true) via Jump weight uniform(0 mV, 2 mV) delay uniform(0.1 ms, 3 ms)\n"
    "    connect A -> D by fixed_total_number(4000) via Jump weight uniform(0 mV, 0.1 mV) delay uniform(0.1 ms, 0.3 ms)\n"
    "    connect D -> A by all_to_all via Jump weight uniform(0 mV, 0.05 mV) delay uniform(0.1 ms, 0.3 ms)\n"
    "    connect D -> B by fixed_indegree(3) via Jump weight uniform(0 mV, 0.5 mV) delay uniform(0.1 ms, 0.3 ms)\n"
    "}\n"
    "experiment e {\n    use N\n    run 1 ms\n}\n";

typedef struct Fixture { Compiled c; Jit *jit; const SnnProgram *p; } Fixture;
static void open_program(Fixture *f, bool single) {
    char path[] = "/tmp/snnc-bundle-XXXXXX.snn";
    int fd = mkstemps(path, 4);
    assert_true(fd >= 0 && write(fd, program, sizeof program - 1) == (ssize_t)sizeof program - 1);
    close(fd);
    DriverOptions d = {.path = path, .net = {.place = true, .single_precision = single}, .stop_after = STAGE_ALL};
    assert_int_equal(driver_compile(&d, &f->c), DRIVER_DONE);
    const char *error = NULL;
    f->jit = NULL;
    f->p = target_jit(f->c.target, f->c.module, &f->jit, &error);
    assert_non_null(f->p);
    unlink(path);
}
static void close_program(Fixture *f) {
    target_jit_close(f->jit);
    driver_free(&f->c);
}

typedef struct Spikes { int64_t n; uint64_t sum; } Spikes;
static void heard(void *self, int64_t stamp, const uint32_t *index, int64_t n) {
    Spikes *s = self;
    for (int64_t i = 0; i < n; i++) s->sum = s->sum * UINT64_C(0x9E3779B97F4A7C15) + (uint64_t)stamp * 1000003 + index[i];
    s->n += n;
}
static SnnInst *open_inst(const Fixture *f, int threads, int share, int64_t bundle, Spikes *s) {
    InstOptions o = {.dt = 0.1, .seed = 5, .threads = threads, .real_bits = (int)f->p->real_bits, .share = share, .bundle = bundle};
    SnnError err = {0};
    SnnInst *in = inst_new(&f->p->nets[0], &o, &err);
    if (!in) fail_msg("%s", err.text);
    for (int64_t p = 0; p < in->net->npops; p++) observe_spikes(in, p, 0, 0, in->net->pops[p].n, heard, &s[p]);
    return in;
}
static void run(SnnInst *in, int64_t steps) {
    SnnError err = {0};
    if (inst_run(in, steps, NULL, &err)) fail_msg("%s", err.text);
}
static double *all_of(const SnnInst *in, int64_t field) {
    int64_t n = inst_length(in, field);
    double *v = malloc((size_t)(n + 1) * sizeof *v);
    inst_read(in, field, 0, n, v);
    return v;
}
static void same_fields(const SnnInst *a, const SnnInst *b) {
    for (int64_t f = 0; f < a->net->nfields; f++) {
        assert_int_equal(inst_length(a, f), inst_length(b, f));
        double *x = all_of(a, f), *y = all_of(b, f);
        assert_memory_equal(x, y, (size_t)inst_length(a, f) * sizeof *x);
        free(x);
        free(y);
    }
}
static void same_edges(const SnnInst *a, const SnnInst *b) {
    for (int64_t p = 0; p < a->net->nprojs; p++) {
        size_t n = (size_t)inst_synapses(a, p);
        assert_int_equal(n, inst_synapses(b, p));
        uint32_t *x = calloc(6 * n + 1, sizeof *x), *y = x + 3 * n;
        inst_edges(a, p, x, x + n, x + 2 * n);
        inst_edges(b, p, y, y + n, y + 2 * n);
        assert_memory_equal(x, y, 3 * n * sizeof *x);
        free(x);
    }
}
// Weights of one of the bundled projections, changed by hand.
static void change(SnnInst *in) {
    int64_t field = in->net->projs[5].fields[0], n = inst_length(in, field);
    double *v = all_of(in, field);
    for (int64_t i = 0; i < n; i += 3) v[i] = (double)(i % 7) * 0.125;
    inst_write(in, field, 0, n, v);
    free(v);
}
static void compare(const Fixture *f, int threads, int share) {
    enum { POPS = 5 };
    Spikes s[POPS] = {{0}}, t[POPS] = {{0}};
    SnnInst *apart = open_inst(f, 1, 1, -1, s), *bundled = open_inst(f, threads, share, 1, t);
    SnnError err = {0};
    assert_int_equal(apart->nbundles, 0);
    assert_int_equal(bundled->nbundles, 4);                     // A -> A, B, D; B -> C; A -> A, C; D -> A
    assert_int_equal(bundled->bundle[0].n, 3);
    assert_int_equal(bundled->bundle[0].regions, 2);
    assert_int_equal(bundled->bundle[2].n, 2);
    same_edges(apart, bundled);
    for (int what = -1; what < 3; what++) {
        if (what >= 0) { inst_reset(apart, what, &err); inst_reset(bundled, what, &err); }
        same_fields(apart, bundled);
        run(apart, 150);
        run(bundled, 150);
        same_fields(apart, bundled);
        change(apart);
        change(bundled);
        run(apart, 50);
        run(bundled, 50);
    }
    same_fields(apart, bundled);
    for (int p = 0; p < POPS; p++) {
        assert_int_equal(s[p].n, t[p].n);
        assert_int_equal(s[p].sum, t[p].sum);
    }
    assert_true(s[0].n > 1000 && s[1].n > 200 && s[2].n > 20 && s[4].n > 100);
    inst_free(apart);
    inst_free(bundled);
}

static void doubles(void **state) {
    (void)state;
    Fixture f;
    open_program(&f, false);
    for (int threads = 1; threads <= 3; threads++) compare(&f, threads, 1);
    compare(&f, 1, 2);
    close_program(&f);
}
static void singles(void **state) {
    (void)state;
    Fixture f;
    open_program(&f, true);
    compare(&f, 1, 1);
    compare(&f, 2, 1);
    close_program(&f);
}
// A weight that is no number ends the run, whenever it came.
static void no_number(void **state) {
    (void)state;
    Fixture f;
    Spikes s[5] = {{0}};
    SnnError err = {0};
    open_program(&f, false);
    SnnInst *in = open_inst(&f, 1, 1, 1, s);
    run(in, 10);
    double bad = NAN;
    inst_write(in, in->net->projs[0].fields[0], 7, 8, &bad);
    assert_int_equal(inst_run(in, 10, NULL, &err), -1);
    assert_non_null(strstr(err.text, "finite"));
    inst_free(in);
    close_program(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(doubles), cmocka_unit_test(singles), cmocka_unit_test(no_number) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
