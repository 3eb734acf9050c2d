// SPDX-License-Identifier: MIT
// Analysis against closed forms: Poisson and regular trains, pairs of known correlation, spectra of a sine and of white noise.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "host/analysis.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const ports[] = { "spike" };
static SnnPop pop = { .path = "P", .n = 0, .nports = 1, .ports = ports };
static const SnnNet net = { .name = "N", .npops = 1, .pops = &pop };
static ArrayPool pool;

static uint64_t seed;
static double uniform(void) {                       // splitmix64 (Vigna)
    uint64_t z = (seed += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u, z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static Recorder *begin(int64_t n) {
    pop.n = n, seed = 42;
    Recorder *r = record_new(&net, 0.1, NULL, "");
    assert_non_null(r);
    return r;
}
static void end(Recorder *r) {
    record_free(r);
    array_free_all(&pool);
}
static void close_to(double a, double b, double within) {
    if (!(fabs(a - b) <= within)) fail_msg("%.17g is not within %g of %.17g", a, within, b);
}

static void regular(void **state) {
    (void)state;
    Recorder *r = begin(3);
    for (int64_t s = 1; s <= 100000; s++) {
        uint32_t id[3];
        int64_t n = 0;
        if (s % 100 == 0) id[n++] = 0;
        if (s % 250 == 7) id[n++] = 1;
        record_spikes(r, 0, 0, s, id, n);
    }
    record_now(r, 100000);
    assert_true(analysis_cv_isi(r, 0, 0, 3) == 0);
    close_to(analysis_rate(r, 0, 0, 1), 0.1, 1e-15);              // 1000 spikes in 10 s: 100 Hz
    close_to(analysis_rate(r, 0, 0, 3), 1400 / 3.0 / 10000, 1e-15);
    assert_true(isnan(analysis_cv_isi(r, 0, 2, 3)));
    SnnArray *isi = analysis_isi(&pool, r, 0, 0, 2);
    assert_int_equal(isi->n, 999 + 399);
    assert_true(isi->at[0] == 10 && isi->at[998] == 10 && isi->at[999] == 25 && isi->at[1397] == 25);
    SnnArray *a = analysis_rate_array(&pool, r, 0, 0, 1, 10);
    assert_int_equal(a->n, 1000);
    for (int64_t i = 0; i < a->n; i++) close_to(a->at[i], 0.1, 1e-15);
    close_to(analysis_mean(analysis_rate_array(&pool, r, 0, 0, 3, 1)), analysis_rate(r, 0, 0, 3), 1e-15);
    end(r);
}

// Alternating intervals a, b: CV = |a - b|/(a + b) exactly, with as many of each.
static void two_intervals(void **state) {
    (void)state;
    Recorder *r = begin(1);
    uint32_t id = 0;
    for (int64_t k = 0; k <= 100; k++) record_spikes(r, 0, 0, 1 + k * 400 + 0, &id, 1), k < 100 ? record_spikes(r, 0, 0, 1 + k * 400 + 100, &id, 1) : (void)0;
    record_now(r, 50000);
    close_to(analysis_cv_isi(r, 0, 0, 1), 0.5, 1e-15);
    end(r);
}

// A Bernoulli train with p = 0.002 a step is geometric in its intervals: CV = sqrt(1 - p). 400 neurons of about 400 intervals: the
// standard error of the mean CV is about 1/sqrt(2 * 160000) = 0.0018, its bias about -1/400.
static void poisson(void **state) {
    (void)state;
    enum { N = 400, STEPS = 200000 };
    Recorder *r = begin(N);
    for (int64_t s = 1; s <= STEPS; s++) {
        uint32_t id[N];
        int64_t n = 0;
        for (uint32_t i = 0; i < N; i++)
            if (uniform() < 0.002) id[n++] = i;
        record_spikes(r, 0, 0, s, id, n);
    }
    record_now(r, STEPS);
    close_to(analysis_cv_isi(r, 0, 0, N), 1, 0.01);
    close_to(analysis_rate(r, 0, 0, N), 0.02, 4 * 0.02 / sqrt(160000));
    // Independent: the mean over 79800 pairs of 4000 bins scatters by about 1/sqrt(79800*4000) = 6e-5.
    close_to(analysis_correlation(r, 0, 0, N, 5), 0, 3e-4);
    close_to(analysis_correlation(r, 0, 100, 300, 5), 0, 6e-4);
    SnnArray *psd = analysis_psd(&pool, analysis_rate_array(&pool, r, 0, 0, N, 1));
    // A Poisson train's spectrum is flat at rate/N (two-sided), 2 rate/N one-sided.
    psd->at[0] = psd->at[1] = psd->at[psd->n - 1] = 2 * 0.02 / N;
    close_to(analysis_mean(psd) / (2 * 0.02 / N), 1, 0.03);
    end(r);
}

// Every neuron takes each spike of a common train with probability c: counts correlate with c.
static void correlated(void **state) {
    (void)state;
    enum { N = 50, STEPS = 400000 };
    Recorder *r = begin(N);
    for (int64_t s = 1; s <= STEPS; s++) {
        uint32_t id[N];
        int64_t n = 0;
        if (uniform() < 0.01)
            for (uint32_t i = 0; i < N; i++)
                if (uniform() < 0.3) id[n++] = i;
        record_spikes(r, 0, 0, s, id, n);
    }
    record_now(r, STEPS);
    close_to(analysis_correlation(r, 0, 0, N, 5), 0.3, 0.02);
    end(r);
}

// Against the definition, pair by pair.
static void correlation_by_pairs(void **state) {
    (void)state;
    enum { N = 6, BINS = 200, M = 10 };
    static double c[N][BINS];
    memset(c, 0, sizeof c);
    Recorder *r = begin(N);
    for (int64_t s = 1; s <= BINS * M; s++) {
        uint32_t id[N];
        int64_t n = 0;
        double p = sin((double)s / 50) > 0 ? 0.2 : 0.02;
        for (uint32_t i = 0; i < N - 1; i++)                     // the last neuron is silent and does not count
            if (uniform() < p) id[n++] = i, c[i][(s - 1) / M]++;
        record_spikes(r, 0, 0, s, id, n);
    }
    record_now(r, BINS * M);
    double sum = 0;
    for (int i = 0; i < N - 1; i++)
        for (int j = 0; j < i; j++) {
            double a = 0, b = 0, aa = 0, bb = 0, ab = 0;
            for (int k = 0; k < BINS; k++) a += c[i][k], b += c[j][k], aa += c[i][k] * c[i][k], bb += c[j][k] * c[j][k], ab += c[i][k] * c[j][k];
            sum += (BINS * ab - a * b) / sqrt((BINS * aa - a * a) * (BINS * bb - b * b));
        }
    close_to(analysis_correlation(r, 0, 0, N, 1), sum / 10, 1e-12);
    end(r);
}

static void since_present(void **state) {
    (void)state;
    Recorder *r = begin(4);
    uint32_t id[2] = { 1, 3 };
    record_spikes(r, 0, 0, 5, id, 2);
    record_now(r, 10);
    record_present(r);
    assert_int_equal(analysis_count(r, 0, 0, 4), 0);
    record_spikes(r, 0, 0, 20, id, 1), record_spikes(r, 0, 0, 30, id, 1);
    record_now(r, 40);
    assert_int_equal(analysis_count(r, 0, 0, 4), 2);
    assert_true(analysis_counts(&pool, r, 0, 0, 4)->at[1] == 2);
    SnnArray *f = analysis_first_spike(&pool, r, 0, 0, 4);
    assert_true(f->at[0] == -1 && f->at[1] == 1.0 && f->at[3] == -1);
    assert_int_equal(r->train[0][0].total, 4);
    record_discard_begin(r);
    record_spikes(r, 0, 0, 50, id, 2);
    record_now(r, 100);
    record_discard_end(r);
    assert_int_equal(r->train[0][0].total, 0);
    assert_true(analysis_rate(r, 0, 0, 4) == 0);
    record_spikes(r, 0, 0, 150, id, 2);
    record_now(r, 200);
    close_to(analysis_rate(r, 0, 0, 4), 2 / 4.0 / 10, 1e-15);
    end(r);
}

static void memory_limit(void **state) {
    (void)state;
    Recorder *r = begin(2);
    r->train_limit = 10;
    uint32_t id[2] = { 0, 1 };
    for (int64_t s = 10; s <= 200; s += 10) record_spikes(r, 0, 0, s, id, 2);
    record_now(r, 200);
    assert_true(r->train[0][0].dropped);
    assert_int_equal(r->train[0][0].total, 40);
    assert_true(analysis_cv_isi(r, 0, 0, 2) == 0);
    end(r);
}

static SnnArray *sine(int64_t n, double h, double f, double amplitude) {
    SnnArray *a = array_new(&pool, n);
    a->step = h;
    for (int64_t i = 0; i < n; i++) a->at[i] = 3 + amplitude * sin(2 * M_PI * f * (double)i * h);
    return a;
}

static void spectrum(void **state) {
    (void)state;
    for (double f = 0.005; f < 0.2; f += 0.0137) {
        SnnArray *p = analysis_psd(&pool, sine(5000, 1, f, 2));
        assert_int_equal(p->n, 513);
        assert_true(p->step == 1.0 / 1024);
        close_to(analysis_peak(p), f, 0.25 / 1024);
        double power = analysis_sum(p) * p->step;                // variance of the sine: A^2/2
        close_to(power, 2, 0.02);
    }
    SnnArray *p = analysis_psd(&pool, sine(4096, 1, 64.0 / 1024, 2));      // on a bin: exact
    close_to(analysis_peak(p), 64.0 / 1024, 1e-12);
    SnnArray *w = array_new(&pool, 100000);
    w->step = 0.5, seed = 7;
    for (int64_t i = 0; i < w->n; i++) w->at[i] = uniform() - 0.5;
    p = analysis_psd(&pool, w);
    close_to(analysis_sum(p) * p->step, 1 / 12.0, 0.003);
    assert_true(isnan(analysis_peak(analysis_psd(&pool, array_new(&pool, 100)))));
    assert_int_equal(analysis_psd(&pool, array_new(&pool, 4))->n, 3);
    array_free_all(&pool);
}

static void reductions(void **state) {
    (void)state;
    SnnArray *a = analysis_linspace(&pool, 1, 5, 5);
    assert_true(analysis_mean(a) == 3 && analysis_sum(a) == 15 && analysis_minimum(a) == 1 && analysis_maximum(a) == 5 && analysis_argmax(a) == 4);
    assert_true(analysis_std(a) == sqrt(2) && analysis_fraction(a, 2, 4) == 0.6);
    assert_int_equal(analysis_range(&pool, 0, 1, 0.1)->n, 10);
    assert_int_equal(analysis_range(&pool, 3, 3, 1)->n, 0);
    a = analysis_logspace(&pool, 1, 1000, 4);
    close_to(a->at[1], 10, 2e-15), close_to(a->at[2], 100, 2e-14);
    assert_true(a->at[0] == 1 && a->at[3] == 1000);
    a = array_new(&pool, 0);
    assert_true(isnan(analysis_mean(a)) && isnan(analysis_maximum(a)) && analysis_argmax(a) == -1 && analysis_sum(a) == 0);
    assert_true(analysis_linspace(&pool, 2, 9, 1)->at[0] == 2);
    array_free_all(&pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regular), cmocka_unit_test(two_intervals), cmocka_unit_test(poisson), cmocka_unit_test(correlated), cmocka_unit_test(correlation_by_pairs),
        cmocka_unit_test(since_present), cmocka_unit_test(memory_limit), cmocka_unit_test(spectrum), cmocka_unit_test(reductions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
