// SPDX-License-Identifier: MIT
// See event_modes.h. Divided differences of the exponential are taken by their recursion over sorted rates, (E(all but the largest) - E(all but the
// smallest))/(largest - smallest), whose absolute error is harmless where the rates are apart; where they are close to each other, by the
// series of McCurdy, Ng and Parlett (1984, Math. Comp. 43, "Accurate computation of divided differences of the exponential function"), section 3: complete symmetric
// polynomials of the distances; where they are equal, by t^m/m! e^(-r t).
#include "core/event_modes.h"
#include <math.h>
#include <string.h>

#define CLOSE 0.0625                      // rates nearer than this share of the largest

// ---- tables ----

static int part_of(EvModes *m, const double *rate, int count);

static void sort(double *v, int n) {
    for (int i = 1; i < n; i++)
        for (int k = i; k > 0 && v[k] < v[k - 1]; k--) { double t = v[k]; v[k] = v[k - 1]; v[k - 1] = t; }
}

static int part_new(EvModes *m, const double *rate, int count) {
    EvPart p = { .m = count - 1, .spread = rate[count - 1] - rate[0] };
    double largest = fmax(fabs(rate[0]), fabs(rate[count - 1]));
    memcpy(p.rate, rate, (size_t)count * sizeof *rate);
    if (count == 1) p.kind = PART_ONE;
    else if (p.spread == 0) {
        int low = part_of(m, rate, 1);
        if (low < 0) return -1;
        p.kind = PART_POWER;
        p.low = (uint16_t)low;
        p.inverse = 1;
        for (int k = 2; k < count; k++) p.inverse /= k;
    } else {
        int low = part_of(m, rate, count - 1), high = part_of(m, rate + 1, count - 1), one = part_of(m, rate, 1);
        if (low < 0 || high < 0 || one < 0) return -1;
        p.kind = p.spread < CLOSE * largest ? PART_CLOSE : PART_APART;
        p.low = (uint16_t)low;
        p.high = (uint16_t)high;
        p.inverse = 1 / p.spread;
    }
    if (m->nparts == EV_PARTS) return -1;
    m->part[m->nparts] = p;
    return m->nparts++;
}

static int part_of(EvModes *m, const double *rate, int count) {
    if (count == 1 && rate[0] != 0) {
        for (int k = 0; k < m->nrates; k++)
            if (m->rate[k] == rate[0]) return k;
        return -1;
    }
    for (int k = m->nrates; k < m->nparts; k++)
        if (m->part[k].m == count - 1 && !memcmp(m->part[k].rate, rate, (size_t)count * sizeof *rate)) return k;
    return part_new(m, rate, count);
}

static bool add_term(EvModes *m, int source, double c, const double *rate, int count) {
    double sorted[EV_ORDER];
    if (count > EV_ORDER || m->nterms == EV_TERMS) return false;
    memcpy(sorted, rate, (size_t)count * sizeof *rate);
    sort(sorted, count);
    int part = part_of(m, sorted, count);
    if (part < 0) return false;
    m->term[m->nterms++] = (EvTerm){ (uint16_t)part, (uint16_t)source, c };
    return true;
}

typedef struct Paths { EvModes *m; const double *a; uint64_t frozen; const bool *has_b; double rate[EV_ORDER + 1]; } Paths;

static double own_rate(const Paths *p, int i) {
    double r = p->frozen >> i & 1 ? 0 : -p->a[i * p->m->n + i];
    return r == 0 ? 0 : r;                               // no -0: parts are compared by their bits
}

static bool walk(Paths *p, int at, double c, int count) {
    int n = p->m->n;
    if (count == EV_ORDER) return false;
    p->rate[count++] = own_rate(p, at);
    if (!add_term(p->m, at, c, p->rate, count)) return false;
    if (p->frozen >> at & 1) return true;
    if (p->has_b[at]) {
        p->rate[count] = 0;
        if (!add_term(p->m, n + at, c, p->rate, count + 1)) return false;
    }
    for (int j = 0; j < at; j++)
        if (p->a[at * n + j] != 0 && !walk(p, j, c * p->a[at * n + j], count)) return false;
    return true;
}

bool modes_build(EvModes *m, int n, const double *a, uint64_t frozen, const bool *has_b) {
    memset(m, 0, sizeof *m);
    Paths p = { .m = m, .a = a, .frozen = frozen, .has_b = has_b };
    m->n = n;
    for (int i = 0; i < n; i++) {
        double r = own_rate(&p, i);
        bool known = r == 0;
        for (int k = 0; k < m->nrates; k++) known = known || m->rate[k] == r;
        if (known) continue;
        m->part[m->nrates] = (EvPart){ .kind = PART_EXP, .rate = { r } };
        m->rate[m->nrates++] = r;
    }
    m->nparts = m->nrates;
    for (int i = 0; i < n; i++) {
        m->first[i] = (uint16_t)m->nterms;
        if (!walk(&p, i, 1, 0)) return false;
    }
    m->first[n] = (uint16_t)m->nterms;
    return true;
}

// ---- values ----

double modes_close_part(const EvPart *p, const double *e, double t, double one) {
    if (p->spread * t > 1) return (e[p->low] - e[p->high]) * p->inverse;
    double z[EV_ORDER], h[EV_ORDER + 1], sum = 0, f = 1;
    int count = p->m + 1;
    for (int k = 0; k < count; k++) { z[k] = (p->rate[0] - p->rate[k]) * t; h[k + 1] = 1; }
    for (int k = 2; k < count; k++) f /= k;              // 1/m!
    for (int i = 0; i < 24; i++) {
        sum += h[count] * f;
        h[0] = 0;
        for (int k = 0; k < count; k++) h[k + 1] = h[k] + z[k] * h[k + 1];
        f /= p->m + i + 1;
    }
    for (int k = 0; k < p->m; k++) sum *= t;
    return sum * one;
}

void modes_step(const EvModes *m, EvExp *exp, double t, const double *x, const double *b, double *out) {
    double e[EV_PARTS + 8];
    for (int k = 0; k < m->nrates; k++) e[k] = -m->rate[k] * t;
    exp(e, m->nrates);
    modes_parts(m, t, e);
    modes_move(m, e, x, b, out);
}

// ---- chains ----

// f' + r f, as rows.
static void chain_next(const EvChain *c, int k, int n, const double *a, double r, double *row, double *row_b, double *level) {
    for (int j = 0; j < n; j++) {
        double s = r * c->row[k][j];
        for (int i = 0; i < n; i++) s += a[i * n + j] * c->row[k][i];
        row[j] = s;
        row_b[j] = c->row[k][j] + r * c->row_b[k][j];
    }
    *level = r * c->row_level[k];
}

static void chain_fill(EvChain *c, int n, const double *a) {
    for (int k = 0; k + 1 < c->m; k++) chain_next(c, k, n, a, c->rate[k], c->row[k + 1], c->row_b[k + 1], &c->row_level[k + 1]);
}

void chain_still(const EvChain *c, int n, const double *b, double level, double *still) {
    for (int k = 0; k < c->m; k++) {
        double s = c->row_level[k] * level;
        for (int i = 0; i < n; i++)
            if (c->row_b[k][i] != 0) s += c->row_b[k][i] * b[i];
        still[k] = s;
    }
}

int chain_values(const EvChain *c, int n, const double *x, const double *still, double *g) {
    for (int k = 0; k < c->m; k++) {
        double s = 0;
        for (int i = 0; i < n; i++) s += c->row[k][i] * x[i];
        g[k] = s + still[k];
    }
    return c->m;
}

// Rates that f is made of, each as often as some path needs it; at least one 0, for the level.
static int level_rates(const EvModes *m, const double *w, double *rate) {
    int count = 0;
    for (int i = 0; i < m->n; i++)
        for (int t = m->first[i]; w[i] != 0 && t < m->first[i + 1]; t++) {
            const EvPart *p = &m->part[m->term[t].part];
            for (int k = 0; k <= p->m; k++) {
                int need = 0, have = 0;
                for (int j = 0; j <= p->m; j++) need += p->rate[j] == p->rate[k];
                for (int j = 0; j < count; j++) have += rate[j] == p->rate[k];
                for (; have < need && count < EV_CHAIN - 1; have++) rate[count++] = p->rate[k];
            }
        }
    bool zero = false;
    for (int j = 0; j < count; j++) zero = zero || rate[j] == 0;
    if (!zero) rate[count++] = 0;
    sort(rate, count);
    return count;
}

static void start_chain(EvChain *c, int n, const double *w) {
    for (int i = 0; i < n; i++) c->row[0][i] = w[i];
    c->row_level[0] = 1;
}

// With r the smallest rate above 0: e^(r t) f <= f + sum of g_k^+ times the integral of e^(r t) E(r_1 .. r_k).
static void peak_chain(EvChain *c, int n, const double *a, const double *rate, int count, const double *w) {
    int zeros = 0;
    while (zeros < count && rate[zeros] <= 0) zeros++;
    start_chain(c, n, w);
    c->m = count;
    for (int k = 0; k < count; k++) c->rate[k] = k < count - zeros ? rate[zeros + k] : rate[k - (count - zeros)];
    chain_fill(c, n, a);
    double bound = 1;
    for (int k = 1; k < count; k++) {
        double gap = c->rate[k] - c->rate[0];
        bound = c->rate[k] > 0 && gap > 0 ? bound / gap : INFINITY;
        c->bound[k] = bound;
    }
}

static void slope_chain(EvChain *c, int n, const double *a, const double *rate, int count, const double *w) {
    EvChain f = {0};
    start_chain(&f, n, w);
    chain_next(&f, 0, n, a, 0, c->row[0], c->row_b[0], &c->row_level[0]);
    c->m = count - 1;                                    // f' has lost one rate 0
    for (int k = 0, lost = 0, at = 0; at < count; at++) {
        if (!lost && rate[at] == 0) { lost = 1; continue; }
        c->rate[k++] = rate[at];
    }
    chain_fill(c, n, a);
    double bound = 1;                                    // E(r_0 .. r_k) <= 1/(r_1 .. r_k): all but one integrate to 1/r
    for (int k = 0; k < c->m; k++) {
        if (k) bound = c->rate[k] > 0 ? bound / c->rate[k] : INFINITY;
        c->bound[k] = c->rate[0] < 0 ? INFINITY : bound;
    }
}

bool modes_level(EvLevel *l, const EvModes *m, const double *a, const double *w, const bool *has_b) {
    double rate[EV_CHAIN];
    (void)has_b;
    memset(l, 0, sizeof *l);
    int count = level_rates(m, w, rate);
    if (count >= EV_CHAIN) return false;
    l->zero.m = count;
    for (int k = 0; k < count; k++) l->zero.rate[k] = rate[count - 1 - k];
    start_chain(&l->zero, m->n, w);
    chain_fill(&l->zero, m->n, a);
    peak_chain(&l->peak, m->n, a, rate, count, w);
    slope_chain(&l->slope, m->n, a, rate, count, w);
    l->patience = rate[count - 1] > 0 ? 0.03125 / rate[count - 1] : 0;
    return true;
}

// ---- the first crossing ----

typedef struct Search { const EvLevel *l; const EvModes *m; EvExp *exp; const double *x, *b, *still; } Search;
typedef struct Point { double t, g[EV_CHAIN]; } Point;

static void look(const Search *s, double t, Point *p) {
    double x[EV_STATES];
    modes_step(s->m, s->exp, t, s->x, s->b, x);
    p->t = t;
    chain_values(&s->l->zero, s->m->n, x, s->still, p->g);
}

static int changes(const double *g, int from, int m) {
    int n = 0, last = 0;
    for (int k = from; k < m; k++) {
        int sign = g[k] > 0 ? 1 : g[k] < 0 ? -1 : 0;
        n += sign && last && sign != last;
        if (sign) last = sign;
    }
    return n;
}

// The one zero of g_k between two points that it has different signs at.
static void zero_between(const Search *s, int k, const Point *from, const Point *to, Point *out) {
    double lo = from->t, hi = to->t, r = s->l->zero.rate[k];
    bool rises = to->g[k] >= 0;
    Point p = *from;
    for (int i = 0; i < 200; i++) {
        double slope = (k + 1 < s->l->zero.m ? p.g[k + 1] : 0) - r * p.g[k], t = p.t - p.g[k] / slope;
        if (!(t > lo && t < hi)) t = lo + 0.5 * (hi - lo);
        bool done = t <= lo || t >= hi || (i && fabs(t - p.t) <= 1e-11 * t);        // the next error is far below rounding
        look(s, t, &p);
        if (p.g[k] == 0 || done) break;
        if ((p.g[k] > 0) == rises) hi = t;
        else lo = t;
    }
    *out = p;
}

double modes_cross(const EvLevel *l, const EvModes *m, EvExp *exp, const double *x, const double *b, const double *still) {
    Search s = { l, m, exp, x, b, still };
    int count = l->zero.m, n = 2;
    Point list[2][EV_CHAIN + 2];
    Point *at = list[0];
    at[0] = at[1] = (Point){0};
    chain_values(&l->zero, m->n, x, still, at[0].g);
    if (!changes(at[0].g, 0, count)) return -1;
    double slowest = l->zero.rate[0];
    for (int k = 0; k < count; k++)
        if (l->zero.rate[k] > 0) slowest = l->zero.rate[k];
    double end = slowest > 0 ? 1 / slowest : 1;
    look(&s, end, &at[1]);
    for (int i = 0; i < 200 && changes(at[1].g, 0, count); i++) look(&s, end *= 2, &at[1]);      // nothing changes its sign after it
    for (int k = count - 2; k >= 0; k--) {
        Point *next = at == list[0] ? list[1] : list[0];
        int kept = 0;
        next[kept++] = at[0];
        for (int i = 0; i + 1 < n; i++) {
            if ((at[i].g[k] >= 0) == (at[i + 1].g[k] >= 0)) continue;
            Point z;
            zero_between(&s, k, &at[i], &at[i + 1], &z);
            if (k == 0) return z.t;
            if (kept <= EV_CHAIN) next[kept++] = z;
        }
        next[kept++] = at[n - 1];
        at = next;
        n = kept;
    }
    return -1;
}
