// SPDX-License-Identifier: MIT
// See event_modes.h. Divided differences of the exponential are taken by their recursion over sorted rates, (E(all but the largest) - E(all but the
// smallest))/(largest - smallest) (complex ones: of the two that are farthest apart), whose absolute error is harmless where the rates are apart; where
// they are close to each other, by the series of McCurdy, Ng and Parlett (1984, Math. Comp. 43, "Accurate computation of divided differences of the
// exponential function"), section 3: complete symmetric polynomials of the distances; where they are equal, by t^m/m! e^(-r t).
#include "core/event_modes.h"
#include "core/vmath_fn.h"
#include <math.h>
#include <string.h>

#define CLOSE 0.0625                      // rates nearer than this share of the largest of them,
#define NEAR 1e-4                         // or than this share of the largest of all

static EvRate times(EvRate a, EvRate b) { return (EvRate){ a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re }; }
static EvRate minus(EvRate a, EvRate b) { return (EvRate){ a.re - b.re, a.im - b.im }; }
static bool same(EvRate a, EvRate b) { return a.re == b.re && a.im == b.im; }

// ---- tables ----

static int part_of(EvModes *m, const EvRate *rate, int count);

static bool below(EvRate a, EvRate b) { return a.re != b.re ? a.re < b.re : a.im < b.im; }
static void sort(EvRate *v, int n) {
    for (int i = 1; i < n; i++)
        for (int k = i; k > 0 && below(v[k], v[k - 1]); k--) { EvRate t = v[k]; v[k] = v[k - 1]; v[k - 1] = t; }
}

// All but one of the rates.
static int part_without(EvModes *m, const EvRate *rate, int count, int k) {
    EvRate less[EV_ORDER] = {0};
    for (int i = 0, j = 0; i < count; i++)
        if (i != k) less[j++] = rate[i];
    return part_of(m, less, count - 1);
}

static bool part_apart(EvModes *m, EvPart *p, const EvRate *rate, int count) {
    int first = 0, last = count - 1;
    double largest = 0, scale = 0;
    for (int i = 0; i < count; i++) {
        largest = fmax(largest, hypot(rate[i].re, rate[i].im));
        for (int k = i + 1; k < count && m->waves; k++) {
            double far = hypot(rate[k].re - rate[i].re, rate[k].im - rate[i].im);
            if (far > p->spread) { p->spread = far; first = i; last = k; }
        }
    }
    for (int k = 0; k < m->nrates; k++) scale = fmax(scale, hypot(m->rate[k], m->turn[k]));
    int low = part_without(m, rate, count, last), high = part_without(m, rate, count, first), one = part_of(m, rate, 1);
    if (low < 0 || high < 0 || one < 0) return false;
    EvRate d = minus(rate[last], rate[first]);
    p->kind = p->spread < fmax(CLOSE * largest, NEAR * scale) ? PART_CLOSE : PART_APART;
    p->low = (uint16_t)low;
    p->high = (uint16_t)high;
    p->inverse = d.im == 0 ? 1 / d.re : d.re / (p->spread * p->spread);
    p->inverse_im = -d.im / (p->spread * p->spread);
    return true;
}

static int part_new(EvModes *m, const EvRate *rate, int count) {
    EvPart p = { .m = count - 1, .spread = rate[count - 1].re - rate[0].re };
    for (int i = 0; i < count; i++) { p.rate[i] = rate[i].re; p.turn[i] = rate[i].im; }
    if (count == 1) p.kind = PART_ONE;
    else if (same(rate[0], rate[count - 1])) {
        int low = part_of(m, rate, 1);
        if (low < 0) return -1;
        p.kind = PART_POWER;
        p.low = (uint16_t)low;
        p.inverse = 1;
        for (int k = 2; k < count; k++) p.inverse /= k;
    } else if (!part_apart(m, &p, rate, count)) return -1;
    if (m->nparts == EV_PARTS) return -1;
    m->part[m->nparts] = p;
    return m->nparts++;
}

static int part_of(EvModes *m, const EvRate *rate, int count) {
    if (count == 1 && (rate[0].re != 0 || rate[0].im != 0)) {
        for (int k = 0; k < m->nrates; k++)
            if (m->rate[k] == rate[0].re && m->turn[k] == rate[0].im) return k;
        return -1;
    }
    for (int k = m->nrates; k < m->nparts; k++) {
        bool found = m->part[k].m == count - 1;
        for (int i = 0; i < count && found; i++) found = m->part[k].rate[i] == rate[i].re && m->part[k].turn[i] == rate[i].im;
        if (found) return k;
    }
    return part_new(m, rate, count);
}

static bool add_term(EvModes *m, int source, EvRate c, const EvRate *rate, int count) {
    EvRate sorted[EV_ORDER];
    if (count > EV_ORDER || m->nterms == EV_TERMS) return false;
    memcpy(sorted, rate, (size_t)count * sizeof *rate);
    sort(sorted, count);
    int part = part_of(m, sorted, count);
    if (part < 0) return false;
    m->term[m->nterms++] = (EvTerm){ (uint16_t)part, (uint16_t)source, c.re, c.im };
    return true;
}

// own: of a state alone, or the eigenvalue nearest to its own rate; other: of the pair. excess: a_ii + own.
typedef struct Paths { EvModes *m; const double *a; uint64_t frozen; const bool *has_b; int partner[EV_STATES]; EvRate own[EV_STATES], other[EV_STATES], excess[EV_STATES], rate[EV_ORDER + 2]; } Paths;

static double positive_zero(double r) { return r == 0 ? 0 : r; }      // no -0: rates are compared by their bits

static void pair_rates(Paths *p, int i, int j) {
    int n = p->m->n;
    double a = p->a[i * n + i], d = p->a[j * n + j], product = p->a[i * n + j] * p->a[j * n + i], h = 0.5 * (a - d), q = h * h + product;
    if (q < 0) {
        double rho = positive_zero(-0.5 * (a + d)), omega = sqrt(-q);
        p->own[i] = (EvRate){ rho, omega };
        p->other[i] = (EvRate){ rho, -omega };
        p->excess[i] = (EvRate){ h, omega };
        p->m->waves = true;
        return;
    }
    double s = h + copysign(sqrt(q), h), shift = s == 0 ? 0 : product / s;
    p->own[i] = (EvRate){ positive_zero(-(a + shift)), 0 };
    p->other[i] = (EvRate){ positive_zero(-(d - shift)), 0 };
    p->excess[i] = (EvRate){ -shift, 0 };
}

static bool own_rates(Paths *p) {
    int n = p->m->n;
    for (int i = 0; i < n; i++) {
        bool still = p->frozen >> i & 1;
        p->partner[i] = -1;
        p->own[i] = (EvRate){ still ? 0 : positive_zero(-p->a[i * n + i]), 0 };
        for (int j = 0; j < n && !still; j++) {
            if (j == i || p->frozen >> j & 1 || p->a[i * n + j] == 0 || p->a[j * n + i] == 0) continue;
            if (p->partner[i] >= 0) return false;
            p->partner[i] = j;
            pair_rates(p, i, j);
        }
    }
    return true;
}

static bool walk(Paths *p, int at, EvRate c, int count, bool own);

static int fine_at(const EvModes *m, int state) {
    for (int k = 0; k < m->nfine; k++)
        if (m->fine[k].state == state) return k;
    return -1;
}

// The path so far, seen from state `from` that it has reached. own: it has not left the station of a fine state, whose slope acts in place of all that it is made of.
static bool leave(Paths *p, int from, EvRate c, int count, bool own) {
    int n = p->m->n, base = n + p->m->nfine;
    if (count > EV_ORDER) return false;
    if (own && p->frozen >> from & 1) return true;
    if (!own && !add_term(p->m, from, c, p->rate, count)) return false;
    if (p->frozen >> from & 1) return true;
    if (own || p->has_b[from]) {
        p->rate[count] = (EvRate){ 0, 0 };
        if (!add_term(p->m, own ? n + fine_at(p->m, from) : base + from, c, p->rate, count + 1)) return false;
    }
    for (int j = 0; j < n; j++) {
        double w = p->a[from * n + j];
        if (j != from && j != p->partner[from] && w != 0 && !walk(p, j, (EvRate){ c.re * w, c.im * w }, count, false)) return false;
    }
    return true;
}

static bool walk(Paths *p, int at, EvRate c, int count, bool own) {
    if (count >= EV_ORDER) return false;
    int q = p->partner[at];
    p->rate[count] = p->own[at];
    if (!leave(p, at, c, count + 1, own)) return false;
    if (q < 0) return true;
    double w = p->a[at * p->m->n + q];
    p->rate[count] = p->own[at];
    p->rate[count + 1] = p->other[at];
    if (!leave(p, at, times(c, p->excess[at]), count + 2, own)) return false;
    p->rate[count] = p->own[at];
    p->rate[count + 1] = p->other[at];
    return leave(p, q, (EvRate){ c.re * w, c.im * w }, count + 2, own);
}

static void add_rate(EvModes *m, EvRate r) {
    bool known = r.re == 0 && r.im == 0;
    for (int k = 0; k < m->nrates; k++) known = known || (m->rate[k] == r.re && m->turn[k] == r.im);
    if (known) return;
    m->part[m->nrates] = (EvPart){ .kind = PART_EXP, .rate = { r.re }, .turn = { r.im } };
    m->rate[m->nrates] = r.re;
    m->turn[m->nrates++] = r.im;
}

static int partner_of(int n, const double *a, int i) {
    for (int j = 0; j < n; j++)
        if (j != i && a[i * n + j] != 0 && a[j * n + i] != 0) return j;
    return -1;
}

uint64_t modes_fine(int n, const double *a, const double *w) {
    uint64_t fine = 0;
    for (int i = 0; i < n; i++) {
        int q = partner_of(n, a, i);
        uint64_t more = w[i] == 0 ? 0 : q < 0 ? UINT64_C(1) << i : UINT64_C(1) << i | UINT64_C(1) << q;
        if (__builtin_popcountll(fine | more) <= EV_FINE) fine |= more;
    }
    return fine;
}

static void set_fine(EvModes *m, int n, const double *a, const double *low, uint64_t frozen, uint64_t fine) {
    for (int i = 0; i < n; i++)
        if (fine >> i & 1) m->fine[m->nfine++] = (EvFine){ .state = i, .partner = -1, .frozen = frozen >> i & 1, .rests = a[i * n + i] != 0 && partner_of(n, a, i) < 0, .own = { a[i * n + i], low ? low[i * n + i] : 0 } };
    for (int k = 0; k < m->nfine; k++) {
        EvFine *f = &m->fine[k];
        int q = partner_of(n, a, f->state);
        if (q < 0 || frozen >> q & 1) continue;
        f->partner = fine_at(m, q);
        f->other = (EvPair){ a[f->state * n + q], low ? low[f->state * n + q] : 0 };
    }
}

bool modes_build(EvModes *m, EvRoom *room, int n, const double *a, const double *low, uint64_t frozen, const bool *has_b, uint64_t fine) {
    memset(m, 0, sizeof *m);
    *m = (EvModes){ .rate = room->rate, .turn = room->turn, .part = room->part, .term = room->term };
    Paths p = { .m = m, .a = a, .frozen = frozen, .has_b = has_b };
    m->n = n;
    set_fine(m, n, a, low, frozen, fine);
    if (!own_rates(&p)) return false;
    for (int i = 0; i < n; i++) {
        add_rate(m, p.own[i]);
        if (p.partner[i] >= 0) add_rate(m, p.other[i]);
    }
    m->nparts = m->nrates;
    for (int i = 0; i < n; i++) {
        m->first[i] = (uint16_t)m->nterms;
        if (!walk(&p, i, (EvRate){ 1, 0 }, 0, fine >> i & 1)) return false;
    }
    m->first[n] = (uint16_t)m->nterms;
    return true;
}

// ---- values ----

double modes_close_part(const EvPart *p, double low, double high, double t, double one) {
    if (p->spread * t > 1) return (low - high) * p->inverse;
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

static EvRate wave_close(const EvPart *p, double t, EvRate one) {
    EvRate z[EV_ORDER], h[EV_ORDER + 1], sum = { 0, 0 };
    int count = p->m + 1;
    double f = 1;
    for (int k = 0; k < count; k++) {
        z[k] = (EvRate){ (p->rate[0] - p->rate[k]) * t, (p->turn[0] - p->turn[k]) * t };
        h[k + 1] = (EvRate){ 1, 0 };
    }
    for (int k = 2; k < count; k++) f /= k;
    for (int i = 0; i < 24; i++) {
        sum.re += h[count].re * f;
        sum.im += h[count].im * f;
        h[0] = (EvRate){ 0, 0 };
        for (int k = 0; k < count; k++) {
            EvRate step = times(z[k], h[k + 1]);
            h[k + 1] = (EvRate){ h[k].re + step.re, h[k].im + step.im };
        }
        f /= p->m + i + 1;
    }
    for (int k = 0; k < p->m; k++) { sum.re *= t; sum.im *= t; }
    return times(sum, one);
}

static void wave_exps(const EvModes *m, double t, EvRate *e, EvRate *gone, const double *minus_one) {
    for (int k = 0; k < m->nrates; k++) {
        bool pair = k && m->turn[k] != 0 && m->turn[k] == -m->turn[k - 1] && m->rate[k] == m->rate[k - 1];
        double left = 1 + minus_one[k];
        if (pair) { e[k] = (EvRate){ e[k - 1].re, -e[k - 1].im }; gone[k] = (EvRate){ gone[k - 1].re, -gone[k - 1].im }; }
        else if (m->turn[k] == 0) { e[k] = (EvRate){ left, 0 }; gone[k] = (EvRate){ minus_one[k], 0 }; }
        else {
            double c = snn__cos_f64(m->turn[k] * t), half = snn__sin_f64(0.5 * m->turn[k] * t);
            e[k] = (EvRate){ left * c, -left * snn__sin_f64(m->turn[k] * t) };
            gone[k] = (EvRate){ minus_one[k] * c - 2 * half * half, e[k].im };
        }
    }
}

static EvRate wave_part(const EvModes *m, const EvPart *p, double t, const EvRate *e, const EvRate *gone) {
    if (p->kind == PART_ONE) return (EvRate){ 1, 0 };
    if (p->kind == PART_POWER) {
        double v = p->inverse;
        for (int i = 0; i < p->m; i++) v *= t;
        return (EvRate){ v * e[p->low].re, v * e[p->low].im };
    }
    if (p->kind == PART_CLOSE && p->spread * t <= 1) {
        EvRate one = { 1, 0 };
        for (int k = 0; k < m->nrates; k++)
            if (m->rate[k] == p->rate[0] && m->turn[k] == p->turn[0]) one = e[k];
        return wave_close(p, t, one);
    }
    EvRate none = { 0, 0 }, low = p->m > 1 ? e[p->low] : p->low < m->nrates ? gone[p->low] : none, high = p->m > 1 ? e[p->high] : p->high < m->nrates ? gone[p->high] : none;
    return times(minus(low, high), (EvRate){ p->inverse, p->inverse_im });
}

static void wave_step(const EvModes *m, const double *minus_one, double t, EvState *from, const double *b, const EvPair *still, EvState *to) {
    EvRate e[EV_PARTS], gone[2 * EV_STATES];
    wave_exps(m, t, e, gone, minus_one);
    for (int k = m->nrates; k < m->nparts; k++) e[k] = wave_part(m, &m->part[k], t, e, gone);
    const EvTerm *s = m->term;
    int own = m->n + m->nfine;
    fine_slopes(m, from, still);
    for (int i = 0; i < m->n; i++) {
        double sum = 0;
        for (const EvTerm *end = m->term + m->first[i + 1]; s < end; s++)
            sum += (s->c * e[s->part].re - s->ci * e[s->part].im) * (s->source < own ? from->x[s->source] : b[s->source - own]);
        to->x[i] = sum;
    }
    fine_add(m, from, to);
}

// own x + other y + b before rounding.
double fine_slope(const EvModes *m, int k, const EvState *s, const EvPair *still) {
    const EvFine *f = &m->fine[k];
    if (f->frozen) return 0;
    double x = s->x[f->state], p = f->own.hi * x, low = fma(f->own.hi, x, -p) + f->own.lo * x + f->own.hi * s->low[k] + still[k].lo;
    double sum = fine_sum(still[k].hi, &low, p);
    if (f->partner < 0) return sum + low;
    double y = s->x[m->fine[f->partner].state], q = f->other.hi * y;
    low += fma(f->other.hi, y, -q) + f->other.lo * y + f->other.hi * s->low[f->partner];
    return fine_sum(sum, &low, q) + low;
}

void fine_still(const EvModes *m, const double *b, const double *low, EvPair *still) {
    for (int k = 0; k < m->nfine; k++) {
        const EvFine *f = &m->fine[k];
        EvPair y = { b[f->state], low ? low[f->state] : 0 };
        if (f->rests) {
            double rest = -y.hi / f->own.hi;
            y = (EvPair){ rest, -(fma(rest, f->own.hi, y.hi) + rest * f->own.lo + y.lo) / f->own.hi };
        }
        still[k] = y;
    }
}

void modes_step(const EvModes *m, EvExp *exp, double t, EvState *from, const double *b, const EvPair *still, EvState *to) {
    double e[EV_PARTS + 8];
    for (int k = 0; k < m->nrates; k++) e[k] = -m->rate[k] * t;
    exp(e, m->nrates);
    if (m->waves) { wave_step(m, e, t, from, b, still, to); return; }
    modes_parts(m, t, e);
    modes_move(m, e, from, b, still, to);
}
