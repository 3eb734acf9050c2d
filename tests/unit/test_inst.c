// SPDX-License-Identifier: MIT
// The step loop with kernels written by hand, against a program that keeps every synapse in a list and follows the order of a step as
// compiler/net/net.h defines it. Bits must be equal, with any number of threads.
#include "fake_program.h"
#include <math.h>
#include <stdio.h>

enum { N = 260, STEPS = 400 };
enum { F_X = 4, F_Y = 5 };                      // traces of sources and targets
static double *real(SnnCtx *c, int f) { return c->F[f]; }

// V' leaks and takes what arrived; above 1 it spikes and starts again from 0. Traces decay.
static void step(SnnCtx *c, int64_t lo, int64_t hi, uint32_t *const *out, int64_t *count) {
    double *V = real(c, F_V), *G = real(c, F_G), *I = real(c, F_IN), *X = real(c, F_X), *Y = real(c, F_Y);
    for (int64_t i = lo; i < hi; i++) {
        V[i] = 0.9 * V[i] + G[i] + I[i];
        G[i] = 0;
        X[i] *= 0.95;
        Y[i] *= 0.95;
        if (V[i] > 1) { V[i] = 0; out[0][count[0]++] = (uint32_t)i; }
    }
}
static void init(SnnCtx *c, int64_t lo, int64_t hi) {
    for (int64_t i = lo; i < hi; i++) {
        real(c, F_V)[i] = fake_hash((uint64_t)i, 1, 2);
        real(c, F_G)[i] = real(c, F_X)[i] = real(c, F_Y)[i] = 0;
    }
}
static void deliver(SnnCtx *c, const SnnBlock *b, const uint32_t *s, int64_t n, int64_t class) {
    double *G = real(c, F_G), *w = b->S[0];
    for (int64_t k = 0; k < n; k++) {
        const uint32_t *row = b->row + (s[k] - b->src_lo) * b->nclass + class;
        for (uint32_t e = row[0]; e < row[1]; e++) G[b->tgt_lo + b->col[e]] += 0.02 * w[e];
    }
}
static void deliver_plastic(SnnCtx *c, const SnnBlock *b, const uint32_t *s, int64_t n, int64_t class) {
    double *G = real(c, F_G), *Y = real(c, F_Y), *w = b->S[0];
    for (int64_t k = 0; k < n; k++) {
        const uint32_t *row = b->row + (s[k] - b->src_lo) * b->nclass + class;
        for (uint32_t e = row[0]; e < row[1]; e++) {
            int64_t t = b->tgt_lo + b->col[e];
            G[t] += 0.02 * w[e];
            w[e] = fmax(w[e] - 0.1 * Y[t] - 0.01 * real(c, F_X)[s[k]], 0);
        }
    }
}
static void pre_jump(SnnCtx *c, const uint32_t *s, int64_t n) { for (int64_t k = 0; k < n; k++) real(c, F_X)[s[k]] += 1; }
static void post_jump(SnnCtx *c, const uint32_t *s, int64_t n) { for (int64_t k = 0; k < n; k++) real(c, F_Y)[s[k]] += 1; }
static void post(SnnCtx *c, const SnnBlock *b, const uint32_t *s, int64_t n, int64_t class) {
    (void)class;
    double *X = real(c, F_X), *w = b->S[0];
    for (int64_t k = 0; k < n; k++)
        for (uint32_t e = b->colptr[s[k] - b->tgt_lo]; e < b->colptr[s[k] - b->tgt_lo + 1]; e++) w[b->colsyn[e]] = fmin(w[b->colsyn[e]] + 0.1 * X[b->colsrc[e]], 2);
}
static void make(FakeNet *f, bool plastic, bool delays) {
    fake_net(f, N, 0, R_fixed_indegree, 1, 20.0);
    fake_weights(f);
    f->field[F_X] = (SnnField){ .name = "x", .unit = "1", .role = INST_TRACE, .owner_kind = 0, .owner = 0, .unit_scale = 1 };
    f->field[F_Y] = (SnnField){ .name = "y", .unit = "1", .role = INST_TRACE, .owner_kind = 0, .owner = 0, .unit_scale = 1 };
    f->net.nfields = 6;
    f->net.npops = 1;
    f->pop[0].init = init;
    f->pop[0].step = step;
    f->K[K_DELAY] = 3;
    if (delays) fake_delays(f);
    SnnProj *p = &f->proj[0];
    p->deliver = plastic ? deliver_plastic : deliver;
    if (!plastic) return;
    p->pre_jump = pre_jump;
    p->post = post;
    p->post_jump = post_jump;
    p->reads_pre = 1;
}

// ---- the naive program ----
typedef struct Naive { Edges e; double V[N], G[N], X[N], Y[N]; unsigned char spiked[STEPS + 1][N]; } Naive;
static void naive_run(Naive *o, bool plastic, double I) {
    for (int i = 0; i < N; i++) { o->V[i] = fake_hash((uint64_t)i, 1, 2); o->G[i] = o->X[i] = o->Y[i] = 0; }
    for (int k = 0; k < STEPS; k++) {
        for (int m = k - 1; m >= 0; m--)
            for (int64_t x = 0; x < o->e.n; x++) {
                uint32_t s = o->e.src[x], t = o->e.tgt[x];
                if ((int)o->e.delay[x] != m || !o->spiked[k - 1 - m][s]) continue;
                o->G[t] += 0.02 * o->e.w[x];
                if (plastic) o->e.w[x] = fmax(o->e.w[x] - 0.1 * o->Y[t] - 0.01 * o->X[s], 0);
            }
        for (int s = 0; plastic && k > 3 && s < N; s++) o->X[s] += o->spiked[k - 4][s];
        for (int64_t x = 0; plastic && k > 0 && x < o->e.n; x++)
            if (o->spiked[k - 1][o->e.tgt[x]]) o->e.w[x] = fmin(o->e.w[x] + 0.1 * o->X[o->e.src[x]], 2);
        for (int t = 0; plastic && k > 0 && t < N; t++) o->Y[t] += o->spiked[k - 1][t];
        for (int i = 0; i < N; i++) {
            o->V[i] = 0.9 * o->V[i] + o->G[i] + I;
            o->G[i] = 0;
            o->X[i] *= 0.95;
            o->Y[i] *= 0.95;
            o->spiked[k][i] = o->V[i] > 1;
            if (o->spiked[k][i]) o->V[i] = 0;
        }
    }
}
typedef struct Seen { unsigned char spiked[STEPS + 2][N]; int64_t n, calls, last; } Seen;
static void on_spikes(void *self, int64_t stamp, const uint32_t *index, int64_t n) {
    Seen *s = self;
    assert_true(n > 0 && stamp > s->last);
    s->last = stamp;
    for (int64_t k = 0; k < n; k++) {
        if (k) assert_true(index[k] > index[k - 1]);
        s->spiked[stamp][index[k]] = 1;
    }
    s->n += n;
}
static SnnInst *started(const FakeNet *f, int threads, double I) {
    SnnError err = {0};
    SnnInst *in = fake_inst(f, 4, threads, &err);
    if (!in) fail_msg("%s", err.text);
    assert_int_equal(inst_drive(in, &(Drive){ .field = F_IN, .lo = 0, .hi = N, .until = INT64_MAX, .value = I }, &err), 0);
    return in;
}
static void against_naive(bool plastic, bool delays) {
    FakeNet f;
    make(&f, plastic, delays);
    Naive *o = calloc(1, sizeof *o);
    static const int team[][2] = {{1, 1}, {2, 1}, {3, 1}, {4, 1}, {1, 4}, {2, 2}, {1, 5}};
    for (int c = 0; c < 7; c++) {
        fake_share = team[c][1];
        SnnInst *in = started(&f, team[c][0], 0.12);
        fake_share = 0;
        assert_int_equal(in->members, plastic ? team[c][0] : team[c][0] * team[c][1]);
        if (!delays) assert_int_equal(in->apart, plastic || in->members == 1 ? 1 : 4);      // the delay is 3 steps, an arrival one later
        if (!c) { o->e = fake_edges(in, 0, true); naive_run(o, plastic, 0.12); }
        Seen *seen = calloc(1, sizeof *seen);
        observe_spikes(in, 0, 0, 0, N, on_spikes, seen);
        SnnError err = {0};
        for (int part = 0; part < 4; part++) assert_int_equal(inst_run(in, STEPS / 4, NULL, &err), 0);
        for (int k = 0; k < STEPS; k++) assert_memory_equal(seen->spiked[k + 1], o->spiked[k], N);
        assert_true(seen->n > N);
        assert_int_equal(seen->n, inst_pop_spikes(in, 0));
        assert_memory_equal(in->F[F_V], o->V, sizeof o->V);
        assert_memory_equal(in->F[F_X], o->X, sizeof o->X);
        Edges e = fake_edges(in, 0, true);
        assert_memory_equal(e.w, o->e.w, (size_t)e.n * 8);
        SnnTotals t;
        inst_totals(in, &t);
        assert_int_equal(t.synapses, 20 * N);
        assert_true(t.synaptic_events > 0 && t.synaptic_events <= t.spikes * 60);
        assert_int_equal(t.plastic_updates > 0, plastic);
        fake_edges_free(&e);
        free(seen);
        inst_free(in);
    }
    fake_edges_free(&o->e);
    free(o);
    assert_int_equal(mem_used(), 0);
}
static void plain(void **state) { (void)state; against_naive(false, false); }
static void many_delays(void **state) { (void)state; against_naive(false, true); }
static void plastic(void **state) { (void)state; against_naive(true, false); }

// ---- drives ----
typedef struct Trace { SnnInst *in; double v[64][3]; int64_t n; } Trace;
static void on_sample(void *self, int64_t stamp) {
    Trace *t = self;
    assert_int_equal(stamp % 2, 0);
    inst_read(t->in, F_IN, 0, 3, t->v[t->n++]);
}
static void ramp(SnnCtx *c, const int64_t *frame, int64_t lo, int64_t hi, double *out) {
    for (int64_t i = lo; i < hi; i++) out[i - lo] = (double)(c->step * frame[0] + i);
}
static void drives(void **state) {
    (void)state;
    FakeNet f;
    make(&f, false, false);
    for (int threads = 1; threads <= 3; threads++) {
        SnnError err = {0};
        SnnInst *in = started(&f, threads, 0.5);
        int64_t *frame = malloc(sizeof *frame);
        *frame = 10;
        inst_drive(in, &(Drive){ .field = F_IN, .lo = 1, .hi = N, .from = 4, .until = 8, .value = 0.25 }, &err);
        inst_drive(in, &(Drive){ .field = F_IN, .lo = 2, .hi = 3, .from = 6, .until = 10, .fn = ramp, .frame = frame, .moves = true }, &err);
        Trace t = { .in = in };
        int64_t handle = observe_samples(in, 2, on_sample, &t);
        assert_int_equal(inst_run(in, 14, NULL, &err), 0);
        assert_int_equal(t.n, 7);
        static const double expected[7][3] = { { 0.5, 0.5, 0.5 }, { 0.5, 0.5, 0.5 }, { 0.5, 0.25, 0.25 }, { 0.5, 0.25, 72 }, { 0.5, 0.5, 92 }, { 0.5, 0.5, 0.5 }, { 0.5, 0.5, 0.5 } };
        assert_memory_equal(t.v, expected, sizeof expected);     // samples at stamps 2, 4, ...: what steps 1, 3, ... were driven with
        unobserve(in, handle);
        assert_int_equal(inst_run(in, 2, NULL, &err), 0);
        assert_int_equal(t.n, 7);
        inst_free(in);
    }
}

// ---- spikes from outside ----
static void emitted(void **state) {
    (void)state;
    FakeNet f;
    make(&f, false, false);
    for (int threads = 1; threads <= 3; threads++) {
        SnnError err = {0};
        SnnInst *in = started(&f, threads, 0);
        Seen *seen = calloc(1, sizeof *seen);
        seen->last = -1;
        observe_spikes(in, 0, 0, 0, N, on_spikes, seen);
        int64_t stamp[] = { 7, 3, 3, 3, 0 };
        uint32_t index[] = { 5, 200, 1, 200, 9 };
        assert_int_equal(inst_emit(in, 0, stamp, index, 5, &err), 0);
        assert_int_equal(inst_run(in, 5, NULL, &err), 0);
        int64_t later[] = { 8 };
        assert_int_equal(inst_emit(in, 0, later, index, 1, &err), 0);
        assert_int_equal(inst_run(in, 10, NULL, &err), 0);
        assert_true(seen->spiked[0][9] && seen->spiked[3][1] && seen->spiked[3][200] && seen->spiked[7][5] && seen->spiked[8][5]);
        assert_int_equal(seen->n, 5);
        free(seen);
        inst_free(in);
    }
}

// ---- failures ----
static void not_a_number(void **state) {
    (void)state;
    FakeNet f;
    make(&f, false, false);
    for (int threads = 1; threads <= 3; threads++) {
        SnnError err = {0};
        SnnInst *in = started(&f, threads, 0.01);
        double bad = NAN;
        inst_write(in, F_V, 211, 212, &bad);
        assert_int_equal(inst_run(in, 5000, NULL, &err), -1);
        assert_int_equal(err.code, 3);
        assert_non_null(strstr(err.text, "V of neuron 211 of A became "));
        assert_int_equal(in->step, 1000);
        assert_int_equal(inst_run(in, 5, NULL, &err), -1);
        inst_free(in);
    }
}
static int stop_at(void *self, int64_t done, int64_t steps) {
    (void)steps;
    return done >= *(int64_t *)self;
}
static void stopped(void **state) {
    (void)state;
    FakeNet f;
    make(&f, false, false);
    for (int threads = 1; threads <= 4; threads++) {
        SnnError err = {0};
        SnnInst *in = started(&f, threads, 0.12);
        int64_t at = 96;
        InstControl c = { stop_at, &at, 16 };
        assert_int_equal(inst_run(in, 1000, &c, &err), 1);
        assert_int_equal(in->step, 96);
        assert_int_equal(inst_run(in, 10, NULL, &err), 0);
        assert_int_equal(in->step, 106);
        inst_free(in);
    }
}
static void too_large(void **state) {
    (void)state;
    FakeNet f;
    fake_net(&f, 4000000000, 4000000000, R_pairwise_bernoulli, 1, 1.0);
    SnnError err = {0};
    assert_null(fake_inst(&f, 1, 1, &err));
    assert_int_equal(err.code, 3);
    assert_non_null(strstr(err.text, "not enough memory"));
    assert_int_equal(mem_used(), 0);
}

static void reset(void **state) {
    (void)state;
    FakeNet f;
    make(&f, true, false);
    SnnError err = {0};
    SnnInst *in = started(&f, 2, 0.12);
    Edges a = fake_edges(in, 0, true);
    assert_int_equal(inst_run(in, 300, NULL, &err), 0);
    Edges b = fake_edges(in, 0, true);
    assert_memory_not_equal(a.w, b.w, (size_t)a.n * 8);
    assert_int_equal(inst_reset(in, 2, &err), 0);
    fake_edges_free(&b);
    b = fake_edges(in, 0, true);
    assert_same_edges(&a, &b);
    double v, i;
    inst_read(in, F_V, 3, 4, &v);
    inst_read(in, F_IN, 3, 4, &i);
    assert_true(v == fake_hash(3, 1, 2) && i == 0.12);
    for (int64_t s = 0; s < 4; s++) assert_int_equal(inst_list(in, 0, 299 - s, 0, 0)->n, 0);
    fake_edges_free(&a);
    fake_edges_free(&b);
    inst_free(in);
}

// Arrivals that wait in queues are those that the rows give, also when weights or states change while spikes are under way.
static void run_queued(FakeNet *f, bool queued, int threads, double *V) {
    SnnError err = {0};
    f->proj[0].may_queue = queued;
    SnnInst *in = started(f, threads, 0.12);
    assert_true(in->proj[0].queued == queued);
    double w[20 * N];
    for (int part = 0; part < 6; part++) {
        assert_int_equal(inst_run(in, 37, NULL, &err), 0);
        if (part == 1) {
            inst_read(in, F_W, 0, 20 * N, w);
            for (int e = 0; e < 20 * N; e++) w[e] *= 1 + 0.1 * (e % 7);
            inst_write(in, F_W, 0, 20 * N, w);
        }
        if (part == 2) assert_int_equal(inst_emit(in, 0, (int64_t[]){ in->step, in->step + 3 }, (uint32_t[]){ 5, 200 }, 2, &err), 0);
        if (part == 3) assert_int_equal(inst_reset(in, 1, &err), 0);
        if (part == 4) assert_int_equal(inst_reset(in, 0, &err), 0);
    }
    memcpy(V, in->F[F_V], N * sizeof *V);
    inst_free(in);
}
static void queues(void **state) {
    (void)state;
    FakeNet f;
    double rows[N], queued[N];
    make(&f, false, true);
    run_queued(&f, false, 1, rows);
    for (int threads = 1; threads <= 4; threads++) {
        fake_share = threads == 2 ? 2 : 0;
        run_queued(&f, true, threads, queued);
        fake_share = 0;
        assert_memory_equal(rows, queued, sizeof rows);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(plain), cmocka_unit_test(many_delays), cmocka_unit_test(plastic), cmocka_unit_test(drives),
        cmocka_unit_test(emitted), cmocka_unit_test(not_a_number), cmocka_unit_test(stopped), cmocka_unit_test(too_large), cmocka_unit_test(reset), cmocka_unit_test(queues) };
    return cmocka_run_group_tests_name("inst", tests, NULL, NULL);
}
