// SPDX-License-Identifier: MIT
// Experiments and the command line of a program, with bodies written by hand: exit codes, --set, sweeps on several threads and resumed,
// weights on disk, failures that leave what was finished.
#include "fake_program.h"
#include "host/experiment.h"
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void snn__x_use(SnnX *x, int64_t net), snn__x_arg(SnnX *x, int64_t net, int64_t slot, double v), snn__x_dt(SnnX *x, double dt), snn__x_run(SnnX *x, double ms, int64_t discard);
void snn__x_drive(SnnX *x, int64_t net, int64_t field, int64_t lo, int64_t hi, double value, double start, double duration);
void snn__x_record_spikes(SnnX *x, int64_t net, int64_t pop, int64_t port, int64_t lo, int64_t hi), snn__x_fill(SnnX *x, int64_t net, int64_t f, int64_t lo, int64_t hi, double v);
void snn__x_sweep(SnnX *x, void (*body)(SnnX *, int64_t *), const SnnArray *values, int64_t slot, int64_t repeats, const int64_t *frame, int64_t slots);
void snn__x_yield(SnnX *x, const char *name, double v, const char *unit, double scale), snn__x_yield_end(SnnX *x);
void snn__x_save(SnnX *x, int64_t net, int64_t proj, const char *what, const char *path), snn__x_load(SnnX *x, int64_t net, int64_t proj, const char *what, const char *path);
double snn__x_count(SnnX *x, int64_t net, int64_t pop, int64_t lo, int64_t hi), snn__x_get(SnnX *x, int64_t net, int64_t slot);
SnnArray *snn__x_linspace(SnnX *x, double a, double b, double n);
void snn__x_set(SnnX *x, int64_t net, int64_t slot, double v), snn__x_reset(SnnX *x, int64_t net, int64_t what);

enum { N = 300 };
static FakeNet fake;
static SnnProgram program;
static SnnExperiment experiment;
static SnnParam param[2];
static double seen[8];
static int fail_after = 1000, started;

static void setup(double *K, const unsigned char *is_set) { if (!is_set[K_DRIVE]) K[K_DRIVE] = 0.12; }
static void init(SnnCtx *c, int64_t lo, int64_t hi) {
    for (int64_t i = lo; i < hi; i++) {
        ((double *)c->F[F_V])[i] = fake_hash((uint64_t)i, c->seed, c->seed >> 32);
        ((double *)c->F[F_G])[i] = 0;
    }
}
static void step(SnnCtx *c, int64_t lo, int64_t hi, uint32_t *const *out, int64_t *count) {
    double *V = c->F[F_V], *G = c->F[F_G], *I = c->F[F_IN];
    for (int64_t i = lo; i < hi; i++) {
        V[i] = 0.9 * V[i] + G[i] + I[i] + c->K[K_DRIVE];
        G[i] = 0;
        if (V[i] > 1) { V[i] = 0; out[0][count[0]++] = (uint32_t)i; }
    }
}
static void deliver(SnnCtx *c, const SnnBlock *b, const uint32_t *s, int64_t n, int64_t class) {
    double *G = c->F[F_G], *w = b->S[0];
    for (int64_t k = 0; k < n; k++) {
        const uint32_t *row = b->row + (s[k] - b->src_lo) * b->nclass + class;
        for (uint32_t e = row[0]; e < row[1]; e++) G[b->tgt_lo + b->col[e]] += 0.01 * w[e];
    }
}
static void make(void (*body)(SnnX *, int64_t *)) {
    fake_net(&fake, N, 0, R_fixed_indegree, 1, 10.0);
    fake_weights(&fake);
    memset(fake.is_set, 0, sizeof fake.is_set);
    fake.pop[0].init = init;
    fake.pop[0].step = step;
    fake.proj[0].deliver = deliver;
    fake.net.npops = 1;
    fake.net.setup = setup;
    param[0] = (SnnParam){ "drive", "1", K_DRIVE, 0.12, 0, 1, 1, 1, 0 };
    param[1] = (SnnParam){ "A.k", "1", K_A0, 10, 0, 0, 0, 1, 0 };
    fake.net.params = param;
    fake.net.nparams = 2;
    experiment = (SnnExperiment){ "test", "a test", body, 4 };
    program = (SnnProgram){ SNN_ABI_VERSION, 64, "test.snn", "0", "hash", 1, &fake.net, 1, &experiment, .profile = "plain" };
}
// Arguments of the network that the compiler would set as defaults.
static void use(SnnX *x) {
    snn__x_use(x, 0);
    snn__x_arg(x, 0, K_A0, 10);
    snn__x_arg(x, 0, K_DELAY, 2);
}
static char dir[64];
static char *in_dir(const char *name) {
    static char path[4][200];
    static int k;
    k = (k + 1) % 4;
    snprintf(path[k], sizeof path[k], "%s/%s", dir, name);
    return path[k];
}
// Runs the program with these arguments, its output thrown away.
static int run(int n, ...) {
    char *argv[16] = { "test" };
    va_list ap;
    va_start(ap, n);
    for (int i = 0; i < n; i++) argv[i + 1] = va_arg(ap, char *);
    va_end(ap);
    fflush(NULL);
    int null = open("/dev/null", O_WRONLY), out = dup(1), err = dup(2);
    dup2(null, 1);
    dup2(null, 2);
    int rc = snn_main(n + 1, argv, &program);
    fflush(NULL);
    dup2(out, 1);
    dup2(err, 2);
    close(null);
    close(out);
    close(err);
    return rc;
}
static char *text_of(const char *path) {
    FILE *f = fopen(path, "r");
    static char text[2][65536];
    static int k;
    k = !k;
    size_t n = f ? fread(text[k], 1, sizeof text[k] - 1, f) : 0;
    text[k][n] = 0;
    if (f) fclose(f);
    return text[k];
}

static void simple(SnnX *x, int64_t *frame) {
    (void)frame;
    use(x);
    snn__x_record_spikes(x, 0, 0, 0, 0, N);
    seen[1] = snn__x_get(x, 0, K_DRIVE);
    snn__x_run(x, 50, 0);
    seen[0] = snn__x_count(x, 0, 0, 0, N);
}
static void exit_codes(void **state) {
    (void)state;
    make(simple);
    assert_int_equal(run(0), 0);
    double first = seen[0];
    assert_true(first > N);
    for (int t = 2; t < 5; t++) {
        char number[16];
        snprintf(number, sizeof number, "%d", t);
        assert_int_equal(run(2, "--threads", number), 0);
        assert_true(seen[0] == first);
    }
    assert_int_equal(run(1, "--seed=7"), 0);
    assert_true(seen[0] != first);
    assert_int_equal(run(2, "--set", "drive=0.2"), 0);
    assert_true(seen[0] > first && seen[1] == 0.2);
    assert_int_equal(run(2, "--set", "k=20"), 0);
    assert_int_equal(run(2, "--set", "drive=2"), 2);
    assert_int_equal(run(2, "--set", "drive=0.1mV"), 2);
    assert_int_equal(run(2, "--set", "drvie=0.1"), 2);
    assert_int_equal(run(2, "--set", "drive"), 2);
    assert_int_equal(run(1, "--set"), 2);
    assert_int_equal(run(1, "--sed=4"), 2);
    assert_int_equal(run(1, "--quiet=4"), 2);
    assert_int_equal(run(2, "--seed", "x"), 2);
    assert_int_equal(run(2, "--threads", "0"), 2);
    assert_int_equal(run(2, "-e", "other"), 2);
    assert_int_equal(run(1, "nonsense"), 2);
    assert_int_equal(run(1, "--help"), 0);
    assert_int_equal(run(2, "--out", "/dev/null/x"), 2);
    assert_int_equal(run(2, "--out", in_dir("simple")), 0);
    assert_non_null(strstr(text_of(in_dir("simple/summary.json")), "\"complete\": true"));
    assert_int_equal(mem_used(), 0);
}

static void wrong(SnnX *x, int64_t *frame) {
    (void)frame;
    use(x);
    snn__x_record_spikes(x, 0, 0, 0, 0, N);
    snn__x_run(x, 20, 0);
    snn__x_fill(x, 0, F_V, 7, 8, NAN);
    snn__x_run(x, 20, 0);
    seen[2] = 1;                                // never reached
}
static void failures(void **state) {
    (void)state;
    make(wrong);
    seen[2] = 0;
    assert_int_equal(run(2, "--out", in_dir("wrong")), 3);
    assert_true(seen[2] == 0);
    assert_non_null(strstr(text_of(in_dir("wrong/summary.json")), "\"complete\": false"));
    assert_int_equal(access(in_dir("wrong/spikes.h5"), F_OK), 0);
    assert_int_equal(mem_used(), 0);
}

static void item(SnnX *x, int64_t *frame) {
    double v;
    memcpy(&v, &frame[1], sizeof v);
    if (__atomic_add_fetch(&started, 1, __ATOMIC_RELAXED) > fail_after) x_fail(x, 3, "no more");
    use(x);
    snn__x_set(x, 0, K_DRIVE, v);
    snn__x_run(x, 20, 0);
    snn__x_yield(x, "v", v, "1", 1);
    snn__x_yield(x, "n", snn__x_count(x, 0, 0, 0, N), "1", 1);
    snn__x_yield_end(x);
}
static void sweeping(SnnX *x, int64_t *frame) {
    snn__x_sweep(x, item, snn__x_linspace(x, 0.11, 0.2, 6), 1, 3, frame, 4);
}
static void sweeps(void **state) {
    (void)state;
    make(sweeping);
    char first[65536];
    for (int t = 1; t <= 3; t++) {
        char number[16], *out = in_dir("sweep");
        snprintf(number, sizeof number, "%d", t);
        assert_int_equal(run(4, "--threads", number, "--out", out), 0);
        char *text = text_of(in_dir("sweep/test.csv"));
        if (t == 1) strcpy(first, text);
        assert_string_equal(first, text);
    }
    started = 0;
    fail_after = 7;
    assert_int_equal(run(2, "--out", in_dir("resumed")), 3);
    assert_int_equal(access(in_dir("resumed/.sweep-1"), F_OK), 0);
    assert_int_equal(run(4, "--out", in_dir("resumed"), "--resume", "--seed=5"), 2);
    fail_after = 1000;
    started = 0;
    assert_int_equal(run(3, "--out", in_dir("resumed"), "--resume"), 0);
    assert_int_equal(started, 18 - 7);
    assert_string_equal(first, text_of(in_dir("resumed/test.csv")));
    assert_int_not_equal(access(in_dir("resumed/.sweep-1"), F_OK), 0);
    assert_int_equal(mem_used(), 0);
}

static void weighing(SnnX *x, int64_t *frame) {
    (void)frame;
    use(x);
    double w;
    inst_read(x_built(x, 0)->inst, F_W, 11, 12, &w);
    snn__x_save(x, 0, -1, "weights", "w.npy");
    snn__x_fill(x, 0, F_W, 0, -1, 0.25);
    inst_read(x_built(x, 0)->inst, F_W, 11, 12, &seen[3]);
    snn__x_load(x, 0, 0, "weights", "w.npy");
    inst_read(x_built(x, 0)->inst, F_W, 11, 12, &seen[4]);
    snn__x_fill(x, 0, F_W, 0, -1, 0.25);
    snn__x_reset(x, 0, 1);
    inst_read(x_built(x, 0)->inst, F_W, 11, 12, &seen[5]);
    seen[6] = w;
    snn__x_load(x, 0, 0, "weights", "no.npy");
    seen[7] = 1;
}
static void weights(void **state) {
    (void)state;
    make(weighing);
    seen[7] = 0;
    assert_int_equal(run(4, "--out", in_dir("w"), "--threads", "2"), 3);
    assert_true(seen[3] == 0.25 && seen[4] == seen[6] && seen[5] == seen[6] && seen[7] == 0);
    struct stat s;
    assert_int_equal(stat(in_dir("w/w.npy"), &s), 0);
    assert_int_equal(s.st_size, 128 + 10 * N * 8);
}

int main(void) {
    strcpy(dir, "/tmp/snnc_experiment_XXXXXX");
    if (!mkdtemp(dir)) return 1;
    const struct CMUnitTest tests[] = { cmocka_unit_test(exit_codes), cmocka_unit_test(failures), cmocka_unit_test(sweeps), cmocka_unit_test(weights) };
    int failed = cmocka_run_group_tests_name("experiment", tests, NULL, NULL);
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", dir);
    return system(command) || failed;
}
