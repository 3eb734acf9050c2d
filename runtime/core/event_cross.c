// SPDX-License-Identifier: MIT
// The first crossing of a threshold by a linear system: chains of the threshold variable, bounds on it, and the search; see event_modes.h.
#include "core/event_modes.h"
#include "core/vmath_fn.h"
#include <math.h>
#include <string.h>

enum { WINDOWS = 1000000 };
#define PI 3.14159265358979323846
#define GONE 45.0                                        // e^-45 is below half an ulp of 1

// ---- chains ----

// f' + r f, as rows.
static void chain_next(const EvChain *c, int k, int n, const double *a, double r, double *row, double *row_b, double *level) {
    for (int j = 0; j < n; j++) {
        double s = r * c->row[k * n + j];
        for (int i = 0; i < n; i++) s += a[i * n + j] * c->row[k * n + i];
        row[j] = s;
        row_b[j] = c->row[k * n + j] + r * c->row_b[k * n + j];
    }
    *level = r * c->row_level[k];
}

void chain_put(EvChain *c, double *number, int m, int n) {
    *c = (EvChain){ .m = m, .rate = number, .row_level = number + m, .bound = number + 2 * m, .lift = number + 3 * m, .row = number + 4 * m, .row_b = number + (4 + n) * m };
}

static void chain_fill(EvChain *c, int n, const double *a) {
    for (int k = 0; k + 1 < c->m; k++) chain_next(c, k, n, a, c->rate[k], c->row + (k + 1) * n, c->row_b + (k + 1) * n, &c->row_level[k + 1]);
}

void chain_still(const EvChain *c, int n, const double *b, double level, double *still) {
    for (int k = 0; k < c->m; k++) {
        double s = c->row_level[k] * level;
        for (int i = 0; i < n; i++)
            if (c->row_b[k * n + i] != 0) s += c->row_b[k * n + i] * b[i];
        still[k] = s;
    }
}

int chain_values(const EvChain *c, int n, const double *x, const double *still, double *g) {
    for (int k = 0; k < c->m; k++) {
        double s = 0;
        for (int i = 0; i < n; i++) s += c->row[k * n + i] * x[i];
        g[k] = s + still[k];
    }
    return c->m;
}

double modes_swing(const EvLevel *l, int n, const double *x, const double *still) {
    if (!l->wave) return 0;
    const EvChain *c = &l->zero;
    double g[2];
    for (int k = 0; k < 2; k++) {
        g[k] = still[c->m - 2 + k];
        for (int i = 0; i < n; i++) g[k] += c->row[(c->m - 2 + k) * n + i] * x[i];
    }
    return l->share * hypot(g[0], g[1] / l->omega);
}

// Real rates that f is made of, each as often as some path needs it; at least one 0, for the level. The one complex pair goes into `wave`; -1: there are more.
static int level_rates(const EvModes *m, const double *w, double *rate, EvRate *wave) {
    int count = 0;
    *wave = (EvRate){ 0, 0 };
    for (int i = 0; i < m->n; i++)
        for (int t = m->first[i]; w[i] != 0 && t < m->first[i + 1]; t++) {
            const EvPart *p = &m->part[m->term[t].part];
            for (int k = 0; k <= p->m; k++) {
                int need = 0, have = 0;
                for (int j = 0; j <= p->m; j++) need += p->rate[j] == p->rate[k] && p->turn[j] == p->turn[k];
                if (p->turn[k] != 0) {
                    if (need > 1 || (wave->im != 0 && (wave->re != p->rate[k] || wave->im != fabs(p->turn[k])))) return -1;
                    *wave = (EvRate){ p->rate[k], fabs(p->turn[k]) };
                    continue;
                }
                for (int j = 0; j < count; j++) have += rate[j] == p->rate[k];
                for (; have < need; have++) {
                    if (count == EV_CHAIN - 3) return -1;
                    rate[count++] = p->rate[k];
                }
            }
        }
    bool zero = false;
    for (int j = 0; j < count; j++) zero = zero || rate[j] == 0;
    if (!zero) rate[count++] = 0;
    for (int i = 1; i < count; i++)
        for (int k = i; k > 0 && rate[k] < rate[k - 1]; k--) { double t = rate[k]; rate[k] = rate[k - 1]; rate[k - 1] = t; }
    return count;
}

static void start_chain(EvChain *c, int n, const double *w) {
    for (int i = 0; i < n; i++) c->row[i] = w[i];
    c->row_level[0] = 1;
}

// Takes the wave u out of a chain whose row 0 is `start` (as a factor of u) times the chain's function, and puts `top` e^(-rho t) on top. With lambda = -rho + i omega,
// c = 1/prod(lambda + r) over the real rates, and g_m = Re[(g - i h) e^(lambda t)]: u = Re[c (g - i h) e^(lambda t)], and D + r multiplies by lambda + r.
static void replace_wave(EvChain *c, int n, const EvLevel *l, EvRate share, double top) {
    const EvChain *z = &l->zero;
    int m = z->m - 2;
    EvRate f = share;
    for (int k = 0; k < c->m; k++) {
        for (int i = 0; i < n; i++) {
            c->row[k * n + i] -= f.re * z->row[m * n + i] + f.im / l->omega * z->row[(m + 1) * n + i];
            c->row_b[k * n + i] -= f.re * z->row_b[m * n + i] + f.im / l->omega * z->row_b[(m + 1) * n + i];
        }
        c->row_level[k] -= f.re * z->row_level[m] + f.im / l->omega * z->row_level[m + 1];
        c->lift[k] = top;
        EvRate d = { c->rate[k] - l->rho, l->omega };
        f = (EvRate){ f.re * d.re - f.im * d.im, f.re * d.im + f.im * d.re };
        top *= d.re;
    }
}

// With r the smallest rate above 0: e^(r t) f <= f + sum of g_k^+ times the integral of e^(r t) E(r_1 .. r_k).
static void peak_chain(EvLevel *l, int n, const double *a, const double *rate, int count, const double *w, EvRate share) {
    EvChain *c = &l->peak;
    int at = 0;
    start_chain(c, n, w);
    for (int k = 0; k < count; k++)
        if (rate[k] > 0) c->rate[at++] = rate[k];
    if (l->wave) {                                       // rho among them, in its order
        int k = l->rho > 0 ? at : 0;
        for (; l->rho > 0 && k > 0 && c->rate[k - 1] > l->rho; k--) c->rate[k] = c->rate[k - 1];
        if (l->rho > 0) { c->rate[k] = l->rho; at++; }
    }
    for (int k = 0; k < count; k++)
        if (rate[k] <= 0) c->rate[at++] = rate[k];
    if (l->wave && l->rho <= 0) c->rate[at++] = l->rho;
    c->m = at;
    chain_fill(c, n, a);
    if (l->wave) replace_wave(c, n, l, share, 1);
    double bound = 1;
    for (int k = 1; k < c->m; k++) {
        double gap = c->rate[k] - c->rate[0];
        bound = c->rate[k] > 0 && gap > 0 ? bound / gap : INFINITY;
        c->bound[k] = bound;
    }
}

static void slope_chain(EvLevel *l, int n, const double *a, const double *rate, int count, const double *w, EvRate share) {
    EvChain f, *c = &l->slope;
    double number[4 + 2 * EV_STATES] = {0};
    chain_put(&f, number, 1, n);
    start_chain(&f, n, w);
    chain_next(&f, 0, n, a, 0, c->row, c->row_b, &c->row_level[0]);
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
    if (!l->wave) return;
    EvRate lambda = { -l->rho, l->omega };               // u' = Re[c lambda (g - i h) e^(lambda t)]; its amplitude goes on top by itself, as a row of nothing else
    replace_wave(c, n, l, (EvRate){ share.re * lambda.re - share.im * lambda.im, share.re * lambda.im + share.im * lambda.re }, 0);
    c->lift[c->m] = l->rho >= 0 ? hypot(l->rho, l->omega) : INFINITY;
    c->bound[c->m++] = 1;
}

bool modes_level(EvLevel *l, EvLevelRoom *room, const EvModes *m, const double *a, const double *w) {
    double rate[EV_CHAIN];
    EvRate wave, c = { 1, 0 };
    int n = m->n;
    memset(l, 0, sizeof *l);
    memset(room, 0, sizeof *room);
    chain_put(&l->zero, room->number[0], EV_CHAIN, n);
    chain_put(&l->peak, room->number[1], EV_CHAIN, n);
    chain_put(&l->slope, room->number[2], EV_CHAIN, n);
    int count = level_rates(m, w, rate, &wave);
    if (count < 0) return false;
    l->wave = wave.im != 0;
    l->rho = wave.re;
    l->omega = wave.im;
    EvChain *z = &l->zero;
    for (int k = 0; k < count; k++) {
        double r = z->rate[k] = rate[count - 1 - k];
        EvRate d = { r - wave.re, wave.im };
        c = (EvRate){ c.re * d.re - c.im * d.im, c.re * d.im + c.im * d.re };
    }
    z->rate[count] = wave.re;
    z->m = l->wave ? count + 2 : count;
    start_chain(z, n, w);
    chain_fill(z, n, a);
    double size = c.re * c.re + c.im * c.im;
    EvRate share = { c.re / size, -c.im / size };
    if (l->wave) l->share = hypot(share.re, share.im);
    peak_chain(l, n, a, rate, count, w, share);
    slope_chain(l, n, a, rate, count, w, share);
    double fastest = fmax(rate[count - 1], l->wave ? hypot(l->rho, l->omega) : 0);
    l->patience = fastest > 0 ? 0.03125 / fastest : 0;
    return true;
}

// ---- the first crossing ----

typedef struct Search { const EvLevel *l; const EvModes *m; EvExp *exp; EvState *x; const double *b; const EvPair *fine; const double *still; int count; } Search;
typedef struct Point { double t, g[EV_CHAIN]; } Point;

static void look(const Search *s, double t, Point *p) {
    EvState x;
    modes_step(s->m, s->exp, t, s->x, s->b, s->fine, &x);
    p->t = t;
    chain_values(&s->l->zero, s->m->n, x.x, s->still, p->g);
}

// f at t before rounding, and its slope.
static double look_closely(const Search *s, double t, double *slope) {
    const EvModes *m = s->m;
    const double *w = s->l->zero.row;
    double g[EV_CHAIN], low = 0, f = s->still[0];
    EvState x;
    modes_step(m, s->exp, t, s->x, s->b, s->fine, &x);
    chain_values(&s->l->zero, m->n, x.x, s->still, g);
    *slope = (s->l->zero.m > 1 ? g[1] : 0) - s->l->zero.rate[0] * g[0];
    for (int i = 0; i < m->n; i++) {
        double p = w[i] * x.x[i];
        if (w[i] == 0) continue;
        low += fma(w[i], x.x[i], -p);
        f = fine_sum(f, &low, p);
    }
    for (int k = 0; k < m->nfine; k++) low += w[m->fine[k].state] * x.low[k];
    return f + low;
}

// The crossing t, found to the rounding of f: Newton's last steps with f itself.
static double closer(const Search *s, double t) {
    for (int i = 0; i < 5; i++) {
        double slope, f = look_closely(s, t, &slope), next = t - f / slope;
        if (!(slope > 0) || !(next > 0) || !(fabs(next - t) <= 1e-3 * t)) break;
        bool done = fabs(next - t) <= 1e-9 * t;
        t = next;
        if (done) break;
    }
    return t;
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
    double before = 0;
    Point p = *from;
    for (int i = 0; i < 200; i++) {
        double slope = (k + 1 < s->l->zero.m ? p.g[k + 1] : 0) - r * p.g[k], t = p.t - p.g[k] / slope;
        bool done = i && fabs(t - p.t) <= 1e-11 * p.t;      // the next error is far below rounding
        if (k == 0 && i && fabs(t - p.t) <= 1e-6 * p.t && slope / before > 0.9 && slope / before < 1.1 && t > lo && t < hi) { out->t = t; return; }      // the rest is for closer()
        before = slope;
        if (done) t = fmin(fmax(t, lo), hi);
        else if (!(t > lo && t < hi)) t = lo + 0.5 * (hi - lo);
        done = done || t <= lo || t >= hi;
        look(s, t, &p);
        if (p.g[k] == 0 || done) break;
        if ((p.g[k] > 0) == rises) hi = t;
        else lo = t;
    }
    *out = p;
}

// The first rise through 0 between two points between which g_k, k = count - 1, does not change its sign.
static double rise_between(const Search *s, const Point *from, const Point *to) {
    Point list[2][EV_CHAIN + 2];
    Point *at = list[0];
    int n = 2;
    at[0] = *from;
    at[1] = *to;
    for (int k = s->count - 2; k >= 0; k--) {
        Point *next = at == list[0] ? list[1] : list[0];
        int kept = 0;
        next[kept++] = at[0];
        for (int i = 0; i + 1 < n; i++) {
            if ((at[i].g[k] >= 0) == (at[i + 1].g[k] >= 0) || (k == 0 && at[i].g[0] >= 0)) continue;
            Point z;
            zero_between(s, k, &at[i], &at[i + 1], &z);
            if (k == 0) return closer(s, z.t);
            if (kept <= EV_CHAIN) next[kept++] = z;
        }
        next[kept++] = at[n - 1];
        at = next;
        n = kept;
    }
    return -1;
}

// Nothing rises where f stands below 0 and all that could lift it is negative.
static bool sinks(const Search *s, const Point *p, bool wave_rises) {
    for (int k = 0; k < s->count - 1; k++)
        if (p->g[k] > 0) return false;
    return p->g[0] < 0 && !wave_rises;
}

// Are all f after t below 0?
static bool stays_below(const Search *s, double t) {
    double peak[EV_CHAIN];
    EvState y;
    const double *x = y.x;
    int n = s->m->n;
    modes_step(s->m, s->exp, t, s->x, s->b, s->fine, &y);
    chain_still(&s->l->peak, n, s->b, s->still[0], peak);    // row 0 of the search holds nothing but the level beside w x
    double f = s->still[0];
    for (int i = 0; i < n; i++) f += s->l->zero.row[i] * x[i];
    return f < 0 && modes_most(s->l, n, x, s->still, peak, f) < 1e-10 * f;
}

// From one zero of the wave to the next.
static double wave_cross(const Search *s, const Point *start) {
    const EvLevel *l = s->l;
    int top = s->count - 1;
    double g = start->g[top], h = start->g[top + 1] / l->omega, angle = snn__atan2_f64(g, -h), slowest = l->rho != 0 ? fabs(l->rho) : l->omega;
    bool rises = g > 0 || (g == 0 && h > 0);
    if (!(angle > 0)) angle += PI;
    for (int k = 0; k < s->count; k++)
        if (l->zero.rate[k] != 0) slowest = fmin(slowest, fabs(l->zero.rate[k]));
    double last = GONE / slowest + 8 / l->omega;
    Point from = *start, to;
    for (int j = 0; j < WINDOWS && from.t < last; j++, rises = !rises) {
        look(s, (angle + j * PI) / l->omega, &to);
        if (!isfinite(to.g[0])) return -1;
        if (!sinks(s, &from, rises)) {
            double t = rise_between(s, &from, &to);
            if (t >= 0) return t;
        }
        if (to.g[0] < 0 && stays_below(s, to.t)) return -1;
        from = to;
    }
    return -1;
}

double modes_cross(const EvLevel *l, const EvModes *m, EvExp *exp, EvState *x, const double *b, const EvPair *fine, const double *still, bool grazes) {
    Search s = { l, m, exp, x, b, fine, still, l->wave ? l->zero.m - 1 : l->zero.m };
    Point at = {0}, to;
    chain_values(&l->zero, m->n, x->x, still, at.g);
    if (grazes && at.g[0] < 0) at.g[0] = 0;
    if (l->wave && (at.g[s.count - 1] != 0 || at.g[s.count] != 0)) return wave_cross(&s, &at);
    if (!changes(at.g, 0, s.count)) return -1;
    double slowest = l->zero.rate[0];
    for (int k = 0; k < s.count; k++)
        if (l->zero.rate[k] > 0) slowest = l->zero.rate[k];
    double end = slowest > 0 ? 1 / slowest : 1;
    look(&s, end, &to);
    for (int i = 0; i < 200 && changes(to.g, 0, s.count); i++) look(&s, end *= 2, &to);      // nothing changes its sign after it
    return rise_between(&s, &at, &to);
}
