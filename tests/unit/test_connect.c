// SPDX-License-Identifier: MIT
// Every connectivity rule against its exact distributions (chi-square over degrees, fixed seeds, so nothing here fails by chance
// twice), its options, its errors, and that neither threads nor blocks change a synapse.
#include "fake_program.h"
#include "core/connect/gaps.h"
#include <math.h>
#include <stdio.h>
#include <unistd.h>

double snn__log_f64_plain(double x);

static Edges build(const FakeNet *f, uint64_t seed, int threads) {
    SnnError err = {0};
    SnnInst *in = fake_inst(f, seed, threads, &err);
    if (!in) fail_msg("%s", err.text);
    Edges e = fake_edges(in, 0, f->proj[0].nfields > 0);
    inst_free(in);
    assert_int_equal(mem_used(), 0);
    return e;
}
static void refused(const FakeNet *f, const char *part) {
    SnnError err = {0};
    assert_null(fake_inst(f, 1, 2, &err));
    assert_int_equal(err.code, 3);
    if (!strstr(err.text, part)) fail_msg("'%s' is not in '%s'", part, err.text);
    assert_int_equal(mem_used(), 0);
}
static int64_t *degrees(const Edges *e, int64_t n, bool in) {
    int64_t *d = calloc((size_t)n, sizeof *d);
    for (int64_t k = 0; k < e->n; k++) d[in ? e->tgt[k] : e->src[k]]++;
    return d;
}
// Chi-square of the numbers against probabilities prob[0..m) (the last class holds the rest), as a standard normal by Wilson & Hilferty.
static double chi_normal(const int64_t *value, int64_t n, const double *prob, int m) {
    double count[512] = {0}, chi = 0;
    int classes = 0;
    for (int64_t i = 0; i < n; i++) count[value[i] < m ? value[i] : m - 1]++;
    double p = 0, c = 0;
    for (int k = 0; k < m; k++) {
        p += prob[k];
        c += count[k];
        if (p * (double)n < 8 && k + 1 < m) continue;
        chi += (c - p * (double)n) * (c - p * (double)n) / (p * (double)n + 1e-9);
        classes++;
        p = c = 0;
    }
    double k = classes - 1;
    return (cbrt(chi / k) - (1 - 2 / (9 * k))) / sqrt(2 / (9 * k));
}
static void binomial(double *prob, int m, int64_t n, double p) {
    double left = 1;
    for (int k = 0; k < m; k++) {
        prob[k] = k > n ? 0 : exp(lgamma((double)n + 1) - lgamma(k + 1.0) - lgamma((double)(n - k) + 1) + k * log(p) + (double)(n - k) * log1p(-p));
        if (k + 1 < m) left -= prob[k];
    }
    prob[m - 1] = left > 0 ? left : 0;
}
static void assert_binomial(const int64_t *d, int64_t n, int64_t trials, double p) {
    double prob[512];
    binomial(prob, 512, trials, p);
    double z = chi_normal(d, n, prob, 512);
    if (fabs(z) > 4) fail_msg("degrees are %g standard deviations off", z);
}
static void assert_all_equal(int64_t *d, int64_t n, int64_t v) {
    for (int64_t i = 0; i < n; i++) assert_int_equal(d[i], v);
    free(d);
}
static void both_binomial(const Edges *e, int64_t nsrc, int64_t ntgt, double p) {
    int64_t *o = degrees(e, nsrc, false), *i = degrees(e, ntgt, true);
    assert_binomial(o, nsrc, ntgt, p);
    assert_binomial(i, ntgt, nsrc, p);
    free(o);
    free(i);
}

static void one_to_one(void **state) {
    (void)state;
    FakeNet f;
    fake_net(&f, 300, 300, R_one_to_one, 0);
    Edges e = build(&f, 1, 2);
    assert_int_equal(e.n, 300);
    for (int64_t k = 0; k < e.n; k++) assert_int_equal(e.src[k], e.tgt[k]);
    fake_edges_free(&e);
    f.proj[0].src_lo = 100; f.proj[0].src_hi = 200; f.proj[0].tgt_lo = 17; f.proj[0].tgt_hi = 117;
    for (int layout = LAYOUT_SPARSE; layout <= LAYOUT_ONE_TO_ONE; layout += LAYOUT_ONE_TO_ONE) {
        f.proj[0].layout = layout;
        e = build(&f, 1, 2);
        assert_int_equal(e.n, 100);
        for (int64_t k = 0; k < e.n; k++) { assert_int_equal(e.src[k], 100 + k); assert_int_equal(e.tgt[k], 17 + k); }
        fake_edges_free(&e);
        f.proj[0].tgt_hi = 116;
        refused(&f, "as many sources as targets");
        f.proj[0].tgt_hi = 117;
    }
}
static void all_to_all(void **state) {
    (void)state;
    FakeNet f;
    fake_net(&f, 130, 0, R_all_to_all, 0);
    f.proj[0].allow_self = 0;
    Edges e = build(&f, 1, 2);
    assert_int_equal(e.n, 130 * 129);
    for (int64_t k = 0; k < e.n; k++) assert_int_not_equal(e.src[k], e.tgt[k]);
    fake_edges_free(&e);
    f.proj[0].allow_self = 1;
    Edges a = build(&f, 1, 1);
    f.proj[0].layout = LAYOUT_DENSE;
    Edges b = build(&f, 1, 2);
    assert_same_edges(&a, &b);
    fake_edges_free(&a);
    fake_edges_free(&b);
}
static void pairwise_bernoulli(void **state) {
    (void)state;
    FakeNet f;
    for (int k = 0; k < 3; k++) {
        double p = k == 0 ? 0.02 : k == 1 ? 0.3 : 0.9;
        fake_net(&f, 2000, 300, R_pairwise_bernoulli, 1, p);
        Edges e = build(&f, 3, 2);
        both_binomial(&e, 2000, 300, p);
        for (int64_t x = 1; x < e.n; x++) assert_true(e.src[x] > e.src[x - 1] || e.tgt[x] > e.tgt[x - 1]);
        fake_edges_free(&e);
    }
    fake_net(&f, 50, 40, R_pairwise_bernoulli, 1, 1.0);
    Edges e = build(&f, 3, 1);
    assert_int_equal(e.n, 2000);
    fake_edges_free(&e);
    fake_net(&f, 50, 40, R_pairwise_bernoulli, 1, 0.0);
    e = build(&f, 3, 1);
    assert_int_equal(e.n, 0);
    fake_edges_free(&e);
    fake_net(&f, 50, 40, R_pairwise_bernoulli, 1, 1.5);
    refused(&f, "above 1");
    fake_net(&f, 50, 40, R_pairwise_bernoulli, 1, -0.5);
    refused(&f, "-0.5");
}
static void pairwise_poisson(void **state) {
    (void)state;
    FakeNet f;
    fake_net(&f, 3000, 40, R_pairwise_poisson, 1, 0.7);
    Edges e = build(&f, 5, 2);
    int64_t *pair = calloc(3000 * 40, sizeof *pair);
    for (int64_t k = 0; k < e.n; k++) pair[e.src[k] * 40 + e.tgt[k]]++;
    double prob[12], left = 1;
    for (int k = 0; k < 11; k++) { prob[k] = exp(-0.7 + k * log(0.7) - lgamma(k + 1.0)); left -= prob[k]; }
    prob[11] = left;
    assert_true(fabs(chi_normal(pair, 3000 * 40, prob, 12)) < 4);
    free(pair);
    fake_edges_free(&e);
}
static void symmetric(void **state) {
    (void)state;
    FakeNet f;
    fake_net(&f, 700, 0, R_symmetric_pairwise_bernoulli, 1, 0.1);
    Edges e = build(&f, 7, 2);
    unsigned char *m = calloc(700 * 700, 1);
    for (int64_t k = 0; k < e.n; k++) m[e.src[k] * 700 + e.tgt[k]]++;
    for (int i = 0; i < 700; i++) for (int j = 0; j < 700; j++) { assert_true(m[i * 700 + j] <= 1); assert_int_equal(m[i * 700 + j], m[j * 700 + i]); }
    both_binomial(&e, 700, 700, 0.1);
    free(m);
    fake_edges_free(&e);
    fake_net(&f, 70, 70, R_symmetric_pairwise_bernoulli, 1, 0.1);
    refused(&f, "with itself");
}
static void fixed_degrees(void **state) {
    (void)state;
    FakeNet f;
    for (int in = 0; in < 2; in++)
        for (int multiple = 0; multiple < 2; multiple++)
            for (int few = 0; few < 2; few++) {
                int64_t n = few ? 30 : 200, k = few ? 20 : 5;        // few: more than half of all, drawn as the rest
                fake_net(&f, n, 0, in ? R_fixed_indegree : R_fixed_outdegree, 1, (double)k);
                f.proj[0].allow_multiple = multiple;
                f.proj[0].allow_self = 0;
                Edges e = build(&f, 9, 2);
                assert_all_equal(degrees(&e, n, in), n, k);
                int64_t *other = degrees(&e, n, !in);
                if (!few) assert_binomial(other, n, multiple ? n * k : n - 1, multiple ? 1.0 / (double)n : (double)k / (double)(n - 1));
                free(other);
                for (int64_t x = 0; x < e.n; x++) assert_int_not_equal(e.src[x], e.tgt[x]);
                for (int64_t x = 1; x < e.n && !multiple; x++) assert_true(e.src[x] > e.src[x - 1] || e.tgt[x] > e.tgt[x - 1]);
                fake_edges_free(&e);
            }
    fake_net(&f, 30, 0, R_fixed_indegree, 1, 30.0);
    f.proj[0].allow_multiple = f.proj[0].allow_self = 0;
    refused(&f, "30 distinct neurons out of 29");
    fake_net(&f, 30, 0, R_fixed_outdegree, 1, 2.5);
    refused(&f, "whole number");
}
static void fixed_total(void **state) {
    (void)state;
    FakeNet f;
    for (int multiple = 0; multiple < 2; multiple++)
        for (int many = 0; many < 2; many++) {
            int64_t n = many ? 60000 : 4000;
            fake_net(&f, 400, 200, R_fixed_total_number, 1, (double)n);
            f.proj[0].allow_multiple = multiple;
            Edges e = build(&f, 11, 2);
            assert_int_equal(e.n, n);
            int64_t *o = degrees(&e, 400, false);
            if (multiple) assert_binomial(o, 400, n, 1.0 / 400);
            if (!multiple && !many) assert_binomial(o, 400, 200, (double)n / 80000);
            free(o);
            for (int64_t x = 1; x < e.n && !multiple; x++) assert_true(e.src[x] > e.src[x - 1] || e.tgt[x] > e.tgt[x - 1]);
            fake_edges_free(&e);
        }
    fake_net(&f, 10, 10, R_fixed_total_number, 1, 101.0);
    f.proj[0].allow_multiple = 0;
    refused(&f, "101 connections out of 100 pairs");
}
static void small_world(void **state) {
    (void)state;
    FakeNet f;
    fake_net(&f, 1000, 0, R_small_world, 2, 10.0, 0.2);
    f.proj[0].allow_multiple = 0;
    Edges e = build(&f, 13, 2);
    assert_all_equal(degrees(&e, 1000, false), 1000, 10);
    int64_t near = 0;
    for (int64_t k = 0; k < e.n; k++) {
        int64_t d = llabs((int64_t)e.src[k] - (int64_t)e.tgt[k]);
        near += d <= 5 || d >= 995;
        assert_true(d != 0);
    }
    double expected = 10000 * (0.8 + 0.2 * 10 / 999), sd = sqrt(10000 * 0.8 * 0.2);
    assert_true(fabs((double)near - expected) < 4 * sd);
    fake_edges_free(&e);
    fake_net(&f, 10, 0, R_small_world, 2, 3.0, 0.2);
    refused(&f, "even whole number");
}
static void shaped(SnnPop *p, int64_t c, int64_t y, int64_t x) {
    p->n = c * y * x;
    p->rank = 3;
    p->shape[0] = c; p->shape[1] = y; p->shape[2] = x;
}
static void windows(void **state) {
    (void)state;
    FakeNet f;
    for (int pool = 0; pool < 2; pool++) {
        int64_t kernel = pool ? 2 : 3, stride = 2, padding = pool ? 0 : 1, c = 2, n = 8, oc = pool ? 2 : 3, on = 4;
        fake_net(&f, c * n * n, oc * on * on, pool ? R_pool2d : R_conv2d, pool ? 2 : 3, (double)kernel, (double)stride, (double)padding);
        shaped(&f.pop[0], c, n, n);
        shaped(&f.pop[1], oc, on, on);
        Edges e = build(&f, 1, 2);
        int64_t k = 0;
        for (int64_t s = 0; s < c * n * n; s++)
            for (int64_t t = 0; t < oc * on * on; t++) {
                int64_t dy = s / n % n - (t / on % on * stride - padding), dx = s % n - (t % on * stride - padding);
                if (dy < 0 || dy >= kernel || dx < 0 || dx >= kernel || (pool && s / (n * n) != t / (on * on))) continue;
                assert_int_equal(e.src[k], s);
                assert_int_equal(e.tgt[k++], t);
            }
        assert_int_equal(k, e.n);
        fake_edges_free(&e);
        shaped(&f.pop[1], oc, 2, 8);
        refused(&f, "makes planes of 4 x 4 out of 8 x 8");
    }
}
static void from_file(void **state) {
    (void)state;
    char name[] = "/tmp/snnc_edges_XXXXXX";
    int fd = mkstemp(name);
    FILE *h = fdopen(fd, "w");
    fputs("# two copies of 3,2\nsource,target,weight,delay\n3,2,1.5,0.4\n0,1,2.5,0.1\n3,2,3.5,0.2\n\n1;4;4.5;0.1\n", h);
    fclose(h);
    FakeNet f;
    fake_net(&f, 5, 5, R_from_file, 0);
    fake_weights(&f);
    f.proj[0].file = name;
    for (int threads = 1; threads <= 2; threads++) {
        SnnError err = {0};
        SnnInst *in = fake_inst(&f, 1, threads, &err);
        assert_non_null(in);
        for (int round = 0; round < 2; round++) {
            Edges e = fake_edges(in, 0, true);
            static const uint32_t src[] = { 0, 1, 3, 3 }, tgt[] = { 1, 4, 2, 2 }, delay[] = { 1, 1, 2, 4 };
            static const double w[] = { 2.5, 4.5, 3.5, 1.5 };
            assert_int_equal(e.n, 4);
            assert_memory_equal(e.src, src, sizeof src);
            assert_memory_equal(e.tgt, tgt, sizeof tgt);
            assert_memory_equal(e.delay, delay, sizeof delay);
            assert_memory_equal(e.w, w, sizeof w);
            fake_edges_free(&e);
            double zero[4] = {0};
            inst_write(in, F_W, 0, 4, zero);
            assert_int_equal(inst_reset(in, 1, &err), 0);
        }
        inst_free(in);
    }
    static const struct { const char *text, *message; } wrong[] = {
        { "0,9\n", ":1: target 9 is not one of 0 to 4" }, { "0,1\n2,x\n", ":2: the target is no number: x" }, { "0,1\n2\n", ":2: no target" },
        { "a,b\n", "names no columns source and target" }, { "0,1,2,-1\n", "cannot be negative" } };
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        h = fopen(name, "w");
        fputs(wrong[k].text, h);
        fclose(h);
        refused(&f, wrong[k].message);
    }
    unlink(name);
    refused(&f, "cannot open");
}
static void pair_condition(void **state) {
    (void)state;
    FakeNet f;
    fake_net(&f, 600, 300, R_all_to_all, 0);
    f.proj[0].pair_prob = fake_prob;
    Edges e = build(&f, 17, 2);
    double expected = 600 * 300 / 3 * 0.5;
    assert_true(fabs((double)e.n - expected) < 4 * sqrt(expected * 0.5));
    for (int64_t k = 0; k < e.n; k++) assert_int_equal((e.src[k] + e.tgt[k]) % 3, 0);
    fake_edges_free(&e);
    f.proj[0].rule = R_fixed_indegree;
    refused(&f, "condition on pairs");
}

// All rules, with weights and with one or many delays: 1 to 5 threads give the same synapses in the same order, and other seeds others.
static void threads(void **state) {
    (void)state;
    for (int rule = 0; rule <= R_small_world; rule++)
        for (int delays = 0; delays < 2; delays++) {
            FakeNet f;
            double arg = rule == R_fixed_total_number ? 20000 : rule == R_small_world ? 12 : rule >= R_fixed_indegree ? 30 : 0.2;
            fake_net(&f, 400, 0, rule, 2, arg, 0.3);
            fake_weights(&f);
            if (delays) fake_delays(&f);
            Edges first = build(&f, 21, 1);
            for (int t = 2; t <= 5; t++) {
                Edges e = build(&f, 21, t);
                assert_same_edges(&first, &e);
                fake_edges_free(&e);
            }
            for (int64_t k = 0; k < first.n; k++) {
                if (!delays) assert_int_equal(first.delay[k], 0);
                else assert_true(first.delay[k] >= 2 && first.delay[k] < 22);
                if (k && first.src[k] == first.src[k - 1])
                    assert_true(first.delay[k] > first.delay[k - 1] || (first.delay[k] == first.delay[k - 1] && first.tgt[k] >= first.tgt[k - 1]));
            }
            Edges other = build(&f, 22, 1);
            if (rule > R_all_to_all) assert_false(other.n == first.n && !memcmp(other.tgt, first.tgt, (size_t)first.n * 4));
            fake_edges_free(&other);
            fake_edges_free(&first);
        }
}
// Weights and delays belong to (source, target, copy): a reset finds them again.
static void again(void **state) {
    (void)state;
    FakeNet f;
    fake_net(&f, 40, 60, R_fixed_outdegree, 1, 200.0);
    fake_weights(&f);
    fake_delays(&f);
    SnnError err = {0};
    SnnInst *in = fake_inst(&f, 23, 3, &err);
    Edges a = fake_edges(in, 0, true);
    double *zero = calloc((size_t)a.n, sizeof *zero);
    inst_write(in, F_W, 0, a.n, zero);
    assert_int_equal(inst_reset(in, 0, &err), 0);
    Edges b = fake_edges(in, 0, true);
    for (int64_t k = 0; k < b.n; k++) assert_true(b.w[k] == 0);      // a reset of the state leaves weights alone
    fake_edges_free(&b);
    assert_int_equal(inst_reset(in, 1, &err), 0);
    b = fake_edges(in, 0, true);
    assert_same_edges(&a, &b);
    for (int64_t k = 0; k < a.n; k++) {                               // every copy from 0 on is there once
        int64_t same = 0, found = 0;
        for (int64_t x = 0; x < a.n; x++) same += a.src[x] == a.src[k] && a.tgt[x] == a.tgt[k];
        for (int64_t c = 0; c < same; c++) {
            uint32_t t = a.tgt[k], copy = (uint32_t)c;
            double d;
            fake_delay(NULL, a.src[k], &t, &copy, 1, &d);
            found += a.w[k] == 1 + fake_hash(a.src[k], t, copy) && a.delay[k] == (uint32_t)d;
        }
        assert_int_equal(found, 1);
    }
    fake_edges_free(&a);
    fake_edges_free(&b);
    free(zero);
    inst_free(in);
}
static void no_post(SnnCtx *c, const SnnBlock *b, const uint32_t *s, int64_t n, int64_t d) { (void)c; (void)b; (void)s; (void)n; (void)d; }
static void column_index(void **state) {
    (void)state;
    FakeNet f;
    fake_net(&f, 70, 200, R_pairwise_poisson, 1, 0.5);
    fake_delays(&f);
    f.proj[0].post = no_post;
    SnnError err = {0};
    SnnInst *in = fake_inst(&f, 25, 2, &err);
    for (int m = 0; m < 2; m++) {
        const SnnBlock *b = &in->proj[0].block[m];
        int64_t n = 0;
        for (int64_t j = 0; j < b->tgt_hi - b->tgt_lo; j++)
            for (uint32_t e = b->colptr[j]; e < b->colptr[j + 1]; e++, n++) {
                assert_int_equal(b->col[b->colsyn[e]], j);
                const uint32_t *row = b->row + (b->colsrc[e] - b->src_lo) * b->nclass;
                assert_true(row[0] <= b->colsyn[e] && b->colsyn[e] < row[b->nclass]);
                if (e > b->colptr[j]) assert_true(b->colsrc[e] >= b->colsrc[e - 1]);
            }
        assert_int_equal(n, b->nsyn);
    }
    inst_free(in);
}
static void bad_delays(void **state) {
    (void)state;
    FakeNet f;
    fake_net(&f, 5, 5, R_all_to_all, 0);
    f.K[K_DELAY] = -3;
    refused(&f, "cannot be negative");
    f.K[K_DELAY] = 70000;
    refused(&f, "more than 65535 steps");
}

// Gaps are the logarithms of Philox words, whatever the width of vectors: word w of block l lies at w*8 + l.
static void gap_widths(void **state) {
    (void)state;
    Gaps g = gaps_of(99, 7, 3);
    for (int round = 0; round < 50; round++) {
        gaps_fill(&g);
        for (uint32_t l = 0; l < 8; l++) {
            uint32_t counter[4] = { (uint32_t)round * 8 + l, 3, 0, 7 << 12 }, w[4];
            draw_philox(99, counter, w);
            for (int k = 0; k < 4; k++) assert_true(g.at[k * 8 + l] == snn__log_f64_plain((w[k] + 0.5) * 0x1p-32));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_to_one), cmocka_unit_test(all_to_all), cmocka_unit_test(pairwise_bernoulli), cmocka_unit_test(pairwise_poisson),
        cmocka_unit_test(symmetric), cmocka_unit_test(fixed_degrees), cmocka_unit_test(fixed_total), cmocka_unit_test(small_world), cmocka_unit_test(windows),
        cmocka_unit_test(from_file), cmocka_unit_test(pair_condition), cmocka_unit_test(threads), cmocka_unit_test(again), cmocka_unit_test(column_index),
        cmocka_unit_test(bad_delays), cmocka_unit_test(gap_widths) };
    return cmocka_run_group_tests_name("connect", tests, NULL, NULL);
}
