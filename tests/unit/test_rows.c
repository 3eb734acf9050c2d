// SPDX-License-Identifier: MIT
// Rows that small machines work out at a spike against those of construction: the same targets in the same order.
#include "core/connect/connect.h"
#include "core/connect/grid.h"
#include "core/connect/gaps.h"
#include "embedded/rows.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "embedded/rows.c"

extern const SnnConnRule snn__connect_pairwise_bernoulli, snn__connect_fixed_outdegree;

static int64_t total, exactly;            // synapses seen; gaps that needed the logarithm itself

static Build build(SnnProj *p, uint64_t seed, uint32_t targets, uint32_t first, bool self, bool multiple) {
    *p = (SnnProj){.tgt_lo = first, .tgt_hi = (int64_t)first + targets, .allow_self = self, .allow_multiple = multiple};
    return (Build){.p = p, .seed = seed, .stream = 77, .ntgt = targets, .nsrc = 1000, .same = true};
}

static void gaps_with(double p, uint32_t targets, uint32_t first, bool self, uint64_t seed) {
    SnnProj proj;
    Build b = build(&proj, seed, targets, first, self, true);
    b.arg[0] = p;
    SnnGapRule r = {.scale = 1 / snn__log1p_f64_plain(-p), .seed = {(uint32_t)seed, (uint32_t)(seed >> 32)}, .stream = 77, .targets = targets, .first = first, .without_self = !self};
    snn_gap_rule(&r);
    for (uint32_t i = 0; i < 60; i++) {
        Row row = {0};
        SnnGapWalk w;
        snn__connect_pairwise_bernoulli.make(&b, first + i, &row);
        snn_gap_begin(&w, &r, first + i);
        for (int64_t k = 0; k < row.n; k++) {
            if (!self && row.at[k] == first + i) continue;
            assert_int_equal(snn_gap_next(&w, &r) + first, row.at[k]);
            total++;
        }
        assert_true(snn_gap_next(&w, &r) == SNN_ROW_END);
        row_free(&row);
    }
}
static void gaps(void **state) {
    (void)state;
    const double p[] = {1e-6, 0.001, 0.01, 0.1, 0.37, 0.5, 0.75, 0.9, 0.999, 1 - 0x1p-40, 1};
    for (size_t k = 0; k < sizeof p / sizeof *p; k++) {
        gaps_with(p[k], 1000, 0, true, 1);
        gaps_with(p[k], 257, 40, false, 0x123456789abcdefu + k);
        gaps_with(p[k], 50000, 7, false, k);
    }
    assert_true(total > 100000);
}
// Both ways to a gap, at words whose gap is next to a whole number: one of them must see that the short one cannot tell.
static void edges(void **state) {
    (void)state;
    const double p[] = {0.003, 0.1, 0.5, 0.97};
    for (size_t k = 0; k < sizeof p / sizeof *p; k++) {
        SnnGapRule r = {.scale = 1 / snn__log1p_f64_plain(-p[k])};
        snn_gap_rule(&r);
        for (int g = 1; g < 400; g++) {
            double u = pow(1 - p[k], g) * 0x1p32 - 0.5;
            if (u < 5) break;
            for (int d = -4; d <= 4; d++) {
                uint32_t word = (uint32_t)((int64_t)u + d);
                double want = floor(vm_log_normal_f64_plain(((double)word + 0.5) * 0x1p-32) * r.scale);
                assert_true(gap(&r, word, 0, 1u << 20) == want);
                uint32_t l = minus_log2(word);
                double exact = -log2(((double)word + 0.5) * 0x1p-32) * 0x1p24;
                assert_true(exact <= l + 1e-6 && exact > l - 1.1);
                exactly++;
            }
        }
    }
    assert_true(exactly > 1000);
}
static void picks_with(uint32_t count, uint32_t targets, uint32_t first, bool self, bool multiple, uint64_t seed) {
    SnnProj proj;
    Build b = build(&proj, seed, targets, first, self, multiple);
    b.arg[0] = count;
    SnnPickRule r = {{(uint32_t)seed, (uint32_t)(seed >> 32)}, 77, targets, first, !self, count, multiple};
    SnnPickWalk *w = malloc(sizeof *w + (targets + 31) / 32 * 4);
    for (uint32_t i = 0; i < 200; i++) {
        Row row = {0}, mine = {0};
        snn__connect_fixed_outdegree.make(&b, i, &row);
        snn_pick_begin(w, &r, i);
        for (uint32_t t; (t = snn_pick_next(w, &r)) != SNN_ROW_END && row_need(&mine, 1);) mine.at[mine.n++] = t + first;
        if (multiple) row_sort(&mine, NULL);
        assert_int_equal(mine.n, row.n);
        assert_int_equal(row.n, count);
        assert_memory_equal(mine.at, row.at, (size_t)row.n * sizeof *row.at);
        row_free(&row);
        row_free(&mine);
    }
    free(w);
}
static void picks(void **state) {
    (void)state;
    for (int multiple = 0; multiple < 2; multiple++)
        for (int self = 0; self < 2; self++) {
            picks_with(1, 40, 0, self, multiple, 1);
            picks_with(26, 256, 3, self, multiple, 99);
            picks_with(200, 257, 100, self, multiple, UINT64_C(1) << 40);
            picks_with(39, 40, 10, self, multiple, 5);
        }
}
static void grid_with(const Grid *g, bool all) {
    SnnGridRule r = {(uint32_t)g->y, (uint32_t)g->x, (uint32_t)g->oc, (uint32_t)g->oy, (uint32_t)g->ox, (uint32_t)g->kernel, (uint32_t)g->stride, (uint32_t)g->padding, all, all ? (uint32_t)g->c : 1};
    for (uint32_t i = 0; i < g->c * g->y * g->x; i++) {
        Row row = {0};
        SnnGridWalk w;
        grid_row(g, i, all, &row);
        snn_grid_begin(&w, &r, i);
        for (int64_t k = 0; k < row.n; k++) {
            uint32_t t = snn_grid_next(&w, &r), oy = t / (uint32_t)g->ox % (uint32_t)g->oy, ox = t % (uint32_t)g->ox, kernel = (uint32_t)g->kernel;
            assert_int_equal(t, row.at[k]);
            uint32_t ky = w.element / kernel % kernel, kx = w.element % kernel;
            assert_int_equal(oy * g->stride + ky, i / g->x % g->y + g->padding);
            assert_int_equal(ox * g->stride + kx, i % g->x + g->padding);
        }
        assert_true(snn_grid_next(&w, &r) == SNN_ROW_END);
        row_free(&row);
    }
}
static void grids(void **state) {
    (void)state;
    grid_with(&(Grid){.c = 2, .y = 12, .x = 9, .oc = 3, .oy = 8, .ox = 5, .kernel = 5, .stride = 1}, true);
    grid_with(&(Grid){.c = 1, .y = 11, .x = 11, .oc = 4, .oy = 6, .ox = 6, .kernel = 3, .stride = 2, .padding = 1}, true);
    grid_with(&(Grid){.c = 3, .y = 8, .x = 8, .oc = 3, .oy = 4, .ox = 4, .kernel = 2, .stride = 2}, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gaps), cmocka_unit_test(edges), cmocka_unit_test(picks), cmocka_unit_test(grids)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
