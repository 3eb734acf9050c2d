// SPDX-License-Identifier: MIT
// The event engine's parts alone: the queue against a sorted list, closed forms against small steps of a Runge-Kutta method, crossings against a search in tiny steps.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "core/event_modes.h"
#include "core/event_queue.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 88172645463325252u;
static double unit(void) {                          // xorshift64 (Marsaglia 2003)
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (double)(state >> 11) * 0x1p-53;
}
static void exps(double *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = expm1(x[i]);
}

// ---- queue ----
enum { N = 400 };
// Crowded, then sparse, for `period` rounds each.
static void follow(int period) {
    EvQueue q;
    bool has[N] = { false };
    EvTime due[N], now = { 0, 0 };
    assert_int_equal(queue_open(&q, NULL, N, now), 0);
    for (int round = 0; round < 60000; round++) {
        uint32_t id = (uint32_t)(unit() * N);
        double u = unit(), far = round % (2 * period) < period ? 3 : 20000;
        if (u < 0.5) {
            due[id] = ev_later(now, u < 0.05 ? 0 : unit() * far);
            has[id] = true;
            assert_int_equal(queue_put(&q, id, due[id]), 0);
        } else if (u < 0.6) {
            queue_drop(&q, id);
            has[id] = false;
        } else {
            EvTime limit = ev_later(now, unit() * far * 0.01);
            int64_t first = -1;
            for (int64_t i = 0; i < N; i++)
                if (has[i] && ev_before(due[i], limit) && (first < 0 || ev_before(due[i], due[first]))) first = i;
            int64_t got = queue_first(&q, limit, false);
            assert_int_equal(got, first);
            now = limit;
            if (got >= 0) {
                now = due[got];
                queue_drop(&q, (uint32_t)got);
                has[got] = false;
            }
        }
    }
    queue_close(&q);
}
static void queue_follows_time(void **s) {
    (void)s;
    follow(10000);
    follow(1500);
}
// Entries appear among those that are due soon while buckets become narrower.
static void widths_change_between(void **s) {
    (void)s;
    enum { MANY = 600 };
    EvQueue q;
    static bool has[MANY];
    static EvTime due[MANY];
    EvTime now = { 0, 0 };
    assert_int_equal(queue_open(&q, NULL, MANY, now), 0);
    for (int round = 0; round < 60000; round++) {
        int64_t first = -1;
        for (int k = 0; k < 2; k++) {
            uint32_t id = (uint32_t)(unit() * (round < 5000 ? 60 : MANY));
            due[id] = ev_later(now, unit() * (round < 5000 ? 300 : unit() < 0.5 ? 0.2 : 40));
            has[id] = true;
            assert_int_equal(queue_put(&q, id, due[id]), 0);
        }
        for (int64_t i = 0; i < MANY; i++)
            if (has[i] && (first < 0 || ev_before(due[i], due[first]))) first = i;
        assert_int_equal(queue_first(&q, ev_later(due[first], 1), false), first);
        now = due[first];
        queue_drop(&q, (uint32_t)first);
        has[first] = false;
    }
    queue_close(&q);
}
static void equal_times_by_number(void **s) {
    (void)s;
    EvQueue q;
    assert_int_equal(queue_open(&q, NULL, 50, (EvTime){ 0, 0 }), 0);
    for (uint32_t i = 50; i-- > 0;) queue_put(&q, i, (EvTime){ 7, 0.25 });
    assert_int_equal(queue_first(&q, (EvTime){ 7, 0.25 }, false), -1);
    for (uint32_t i = 0; i < 50; i++) {
        assert_int_equal(queue_first(&q, (EvTime){ 7, 0.25 }, true), i);
        queue_drop(&q, i);
    }
    queue_close(&q);
}

static void time_does_not_fade(void **s) {
    (void)s;
    EvTime t = { INT64_C(10000000000000), 0 };
    for (int i = 0; i < 1000; i++) t = ev_later(t, 0.1);
    assert_int_equal(t.tick, INT64_C(10000000000000) + 99 + (t.off < 0.5));
    assert_true(fabs(ev_ticks((EvTime){ INT64_C(10000000000000), 0 }, t) - 100) < 1e-11);
}

// ---- closed forms ----
enum { M = 4 };
typedef struct System { double a[M * M], b[M], w[M], level; bool has_b[M]; } System;

// Slopes read their own and earlier states. Kind 0: rates apart; 1: equal; 2: nearly equal; 3: a state that does not decay; 4 .. 6: two of them read each other,
// with real eigenvalues, with complex ones, with nearly equal ones; 7: a wave that does not decay.
enum { KINDS = 8 };
static System random_system(int kind) {
    System y = {0};
    for (int i = 0; i < M; i++) {
        double r = kind == 1 ? 0.1 : kind == 2 ? 0.1 * (1 + 1e-4 * unit()) : 0.02 + 0.4 * unit();
        y.a[i * M + i] = kind == 3 && i == 2 ? 0 : -r;
        for (int j = 0; j < i; j++) y.a[i * M + j] = unit() < 0.6 ? unit() - 0.5 : 0;
        y.b[i] = i % 2 ? unit() - 0.5 : 0;
        y.has_b[i] = i % 2;
    }
    if (kind >= 4) {
        int p = (int)(3 * unit()), q = p + 1;
        double h = 0.5 * (y.a[p * M + p] - y.a[q * M + q]), k = 0.1 + unit();
        double product = kind == 4 ? 0.05 * unit() * y.a[p * M + p] * y.a[q * M + q] : kind == 6 ? -h * h + 1e-7 * (unit() - 0.5) : -h * h - 0.5 * unit();
        y.a[p * M + q] = k;
        y.a[q * M + p] = product / k;
        if (kind == 7) y.a[q * M + q] = -y.a[p * M + p];
        if (kind == 7) y.a[q * M + p] = (-y.a[p * M + p] * y.a[p * M + p] - 0.2 * unit()) / k;
    }
    y.w[M - 1] = 1;
    y.w[1] = unit() < 0.3 ? -0.5 : 0;
    return y;
}
static void slope(const System *y, const double *x, double *d) {
    for (int i = 0; i < M; i++) {
        d[i] = y->b[i];
        for (int j = 0; j < M; j++) d[i] += y->a[i * M + j] * x[j];
    }
}
// The state after t, without low words.
static void move(const EvModes *m, const System *y, double t, const double *x, double *out) {
    EvState from = {0}, to;
    EvPair still[EV_FINE];
    memcpy(from.x, x, M * sizeof *x);
    fine_still(m, y->b, NULL, still);
    modes_step(m, exps, t, &from, y->b, still, &to);
    memcpy(out, to.x, M * sizeof *out);
}
static void small_steps(const System *y, double *x, double t, int n) {
    double h = t / n, k[4][M], z[M];
    for (int s = 0; s < n; s++) {
        slope(y, x, k[0]);
        for (int i = 0; i < M; i++) z[i] = x[i] + h / 2 * k[0][i];
        slope(y, z, k[1]);
        for (int i = 0; i < M; i++) z[i] = x[i] + h / 2 * k[1][i];
        slope(y, z, k[2]);
        for (int i = 0; i < M; i++) z[i] = x[i] + h * k[2][i];
        slope(y, z, k[3]);
        for (int i = 0; i < M; i++) x[i] += h / 6 * (k[0][i] + 2 * k[1][i] + 2 * k[2][i] + k[3][i]);
    }
}
static void states_move_exactly(void **s) {
    (void)s;
    static EvModes m;
    static EvRoom room;
    for (int round = 0; round < 320; round++) {
        System y = random_system(round % KINDS);
        double x[M], out[M], t = exp(8 * unit() - 4);
        assert_true(modes_build(&m, &room, M, y.a, NULL, 0, y.has_b, modes_fine(M, y.a, y.w)));
        for (int i = 0; i < M; i++) x[i] = 2 * unit() - 1;
        move(&m, &y, t, x, out);
        small_steps(&y, x, t, 4000);
        for (int i = 0; i < M; i++) assert_true(fabs(out[i] - x[i]) <= 1e-10 * (1 + fabs(x[i])));
    }
}
static void frozen_states_stand(void **s) {
    (void)s;
    static EvModes m;
    static EvRoom room;
    System y = random_system(0), z = y;
    double x[M] = { 1, -0.5, 0.25, 2 }, out[M];
    for (int j = 0; j < M; j++) z.a[M + j] = 0;
    z.b[1] = 0;
    assert_true(modes_build(&m, &room, M, y.a, NULL, 2, y.has_b, modes_fine(M, y.a, y.w)));
    move(&m, &y, 7, x, out);
    small_steps(&z, x, 7, 4000);
    for (int i = 0; i < M; i++) assert_true(fabs(out[i] - x[i]) <= 1e-10);
}

// ---- crossings ----
// The first of a fine grid of times at which the level is reached; -1: none.
static double by_grid(const System *y, const EvModes *m, const double *x, double end) {
    double out[M];
    for (int i = 1; i <= 20000; i++) {
        double f = y->level;
        move(m, y, end * i / 20000, x, out);
        for (int k = 0; k < M; k++) f += y->w[k] * out[k];
        if (f >= 0) return end * i / 20000;
    }
    return -1;
}
static void no_crossing_is_missed(void **s) {
    (void)s;
    static EvModes m;
    static EvRoom room;
    static EvLevel l;
    static EvLevelRoom chains;
    int found = 0;
    for (int round = 0; round < 480; round++) {
        System y = random_system(round % KINDS);
        double x[M], still[EV_CHAIN], f = 0, end = 400;
        for (int i = 0; i < M; i++) { x[i] = 4 * unit() - 2; f += y.w[i] * x[i]; }
        y.level = -f - unit() * unit();                  // a little below the threshold
        assert_true(modes_build(&m, &room, M, y.a, NULL, 0, y.has_b, modes_fine(M, y.a, y.w)) && modes_level(&l, &chains, &m, y.a, y.w));
        chain_still(&l.zero, M, y.b, y.level, still);
        EvState from = {0};
        EvPair fine[EV_FINE];
        memcpy(from.x, x, sizeof x);
        fine_still(&m, y.b, NULL, fine);
        double t = modes_cross(&l, &m, exps, &from, y.b, fine, still, false), grid = by_grid(&y, &m, x, end);
        if (grid > 0) {
            found++;
            assert_true(t > 0 && t <= grid * (1 + 1e-12));
        }
        if (t > 0) {
            double out[M], now = y.level, size = fabs(y.level);
            move(&m, &y, t, x, out);
            for (int i = 0; i < M; i++) { now += y.w[i] * out[i]; size += fabs(out[i]); }
            assert_true(fabs(now) <= 1e-12 * size);
        }
        // the cheap bounds hold
        double peak[EV_CHAIN], steep[EV_CHAIN], now = f + y.level;
        chain_still(&l.peak, M, y.b, y.level, peak);
        chain_still(&l.slope, M, y.b, y.level, steep);
        if (modes_most(&l, M, x, still, peak, now) < 1e-10 * now) assert_true(t < 0);
        if (t > 0) assert_true(-now <= modes_steepest(&l, M, x, still, steep) * t * (1 + 1e-9));
    }
    assert_true(found > 50 && found < 480);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queue_follows_time), cmocka_unit_test(widths_change_between), cmocka_unit_test(equal_times_by_number), cmocka_unit_test(time_does_not_fade), cmocka_unit_test(states_move_exactly),
        cmocka_unit_test(frozen_states_stand), cmocka_unit_test(no_crossing_is_missed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
