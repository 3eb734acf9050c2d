// SPDX-License-Identifier: MIT
// symmetric_pairwise_bernoulli(p): each unordered pair with probability p, and then in both directions. Row i draws its targets j >= i;
// those j < i are looked up in a table of what the earlier rows drew.
#include "core/connect/connect.h"
#include "core/connect/gaps.h"
#include <math.h>
#include <stdlib.h>

typedef struct Lower { int64_t *begin; uint32_t *from; } Lower;      // begin[j]..begin[j + 1]: rows i < j that drew j

static void upper(const Build *b, int64_t i, Row *r) {
    double p = b->arg[0];
    if (p <= 0) return;
    Gaps g = gaps_of(b->seed, b->stream, (uint32_t)i);
    double scale = 1 / snn__log1p_f64_plain(-p);
    for (double j = (double)i;; j++) {
        j += floor(gaps_next(&g) * scale);
        if (!(j < (double)b->p->tgt_hi) || !row_need(r, 1)) return;
        r->at[r->n++] = (uint32_t)j;
    }
}
static int fill(Build *b, Lower *l, Row *r, bool count) {
    for (int64_t i = b->p->src_lo; i < b->p->src_hi; i++) {
        r->n = 0;
        upper(b, i, r);
        if (r->failed) return -1;
        for (int64_t e = 0; e < r->n; e++) {
            int64_t j = r->at[e] - b->p->src_lo;
            if (r->at[e] == i) continue;
            if (count) l->begin[j + 1]++;
            else l->from[l->begin[j]++] = (uint32_t)i;
        }
    }
    return 0;
}
static int prepare(Build *b, SnnError *err) {
    const SnnProj *p = b->p;
    if (b->arg[0] > 1) return port_error(err, 3, "%s: the probability of symmetric_pairwise_bernoulli is %g, above 1", p->path, b->arg[0]);
    if (!b->same || p->src_lo != p->tgt_lo || p->src_hi != p->tgt_hi)
        return port_error(err, 3, "%s: symmetric_pairwise_bernoulli connects a population with itself", p->path);
    if (p->pair_prob) return port_error(err, 3, "%s: a condition on pairs does not go with symmetric_pairwise_bernoulli", p->path);
    Lower *l = b->data = calloc(1, sizeof *l);
    Row r = {0};
    bool ok = l && (l->begin = calloc((size_t)b->nsrc + 2, sizeof *l->begin)) && !fill(b, l, &r, true);
    for (int64_t j = 0; ok && j < b->nsrc; j++) l->begin[j + 1] += l->begin[j];
    ok = ok && (l->from = mem_alloc((size_t)l->begin[b->nsrc] * sizeof *l->from)) && !fill(b, l, &r, false);
    for (int64_t j = b->nsrc; ok && j > 0; j--) l->begin[j] = l->begin[j - 1];
    if (ok) l->begin[0] = 0;
    row_free(&r);
    return ok ? 0 : port_error(err, 3, "not enough memory for the connections %s", p->path);
}
static void release(Build *b) {
    Lower *l = b->data;
    if (!l) return;
    if (l->begin) mem_free(l->from, (size_t)l->begin[b->nsrc] * sizeof *l->from);
    free(l->begin);
    free(l);
}
static void make(const Build *b, int64_t i, Row *r) {
    const Lower *l = b->data;
    int64_t j = i - b->p->src_lo;
    if (!row_need(r, l->begin[j + 1] - l->begin[j])) return;
    for (int64_t e = l->begin[j]; e < l->begin[j + 1]; e++) r->at[r->n++] = l->from[e];
    upper(b, i, r);
}
static double expected(const Build *b) { return b->arg[0] * (double)b->nsrc * (double)b->ntgt; }
const SnnConnRule snn__connect_symmetric_pairwise_bernoulli = {
    .name = "symmetric_pairwise_bernoulli", .kind = CONN_ROWS, .sorted = true, .prepare = prepare, .release = release, .expected = expected, .make = make };
