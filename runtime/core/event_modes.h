// SPDX-License-Identifier: MIT
// Linear systems between events. A system x' = A x + b in which no more than two states read each other in a circle has the solution
//
//   x_i(t) = sum over paths i <- .. <- j of (product of couplings) E(rates on the path; t) x_j(0),   and with one rate 0 more for b_j
//
// where E(r0 .. rm; t) = (-1)^m exp[-r t] divided over r0 .. rm, which is e^(-r0 t) for one rate. A pair of states p, q that read each other is one station
// of a path: with the eigenvalues -r1, -r2 of its matrix a path that enters and leaves at p has E(.., r2) + (a_pp + r2) E(.., r1, r2), one from p
// to q has a_pq E(.., r1, r2). Where these rates are complex, real parts are taken in the end ("waves"). EvModes holds the E that are needed and the terms.
//
// States that the level reads (and their partners) are fine: they have a low word, x + low, and move by their slope, x(t) = x + N(t) s with s = a x + b of the
// station alone, taken before rounding, and N = E(.., 0). What is rounded is then the way, not the state: the error of a spike is the next one's error times the
// ratio of the slopes, which is large where a spike just grazes the threshold.
//
// EvChain is the threshold variable f = w x + level as a chain:
//
//   g_0 = f   g_(k+1) = g_k' + r_k g_k      over the real rates that f is made of, so that the last one is followed by 0, or is a wave
//
// Since e^(r_k t) g_k has the derivative e^(r_k t) g_(k+1), the zeros of g_(k+1) part the line into pieces on which g_k has at most one zero: a
// search that misses none. With real rates E is positive, and g_0(t) = sum g_k(0) E(r_0 .. r_k; t): without a change of sign among the g_k there is no
// zero at all. The zeros of a wave g_m = e^(-rho t) (g cos omega t + h sin omega t) are known; the search goes from one to the next. It ends where
// F = f - u + |u| e^(-rho t) stays below 0; u is the part of f that swings, |u| its amplitude now, and F >= f has real rates only.
#ifndef SNN_EVENT_MODES_H
#define SNN_EVENT_MODES_H
#include <stdbool.h>
#include <stdint.h>

enum { EV_STATES = 12, EV_ORDER = 8, EV_PARTS = 96, EV_TERMS = 160, EV_CHAIN = 14, EV_FINE = 2 };
typedef void EvExp(double *x, int64_t n);            // x[i] <- e^x[i] - 1, room for 8 more

enum { PART_EXP, PART_ONE, PART_POWER, PART_APART, PART_CLOSE };
typedef struct EvRate { double re, im; } EvRate;
typedef struct EvPart { int kind, m; uint16_t low, high; double inverse, inverse_im, spread; double rate[EV_ORDER], turn[EV_ORDER]; } EvPart;   // rate + i turn, ascending, m + 1 of them
typedef struct EvTerm { uint16_t part, source; double c, ci; } EvTerm;          // source: a state, n + a fine state whose slope acts, or n + nfine + the state whose b acts
typedef struct EvPair { double hi, lo; } EvPair;
// still: EvPair of each fine state: its rest where it has one (`rests`), else b.
typedef struct EvFine { int state, partner; bool frozen, rests; EvPair own, other; } EvFine;      // x' = own x + other x_partner + b; partner: of the fine ones, or -1
typedef struct EvModes {
    int n, nrates, nparts, nterms, nfine;
    EvFine fine[EV_FINE];
    bool waves;                                      // some rate is complex: conjugates stand side by side
    double *rate, *turn;                             // different from each other and from 0; part k is e^(-(rate[k] + i turn[k]) t)
    EvPart *part; EvTerm *term; uint16_t first[EV_STATES + 1];      // terms of state i: first[i] .. first[i + 1]
} EvModes;

// Rows over the states, over b and over the level; g_k = row x + row_b b + row_level level. lift: how much of a wave's amplitude comes on top.
typedef struct EvChain { int m; double *rate, *row_level, *bound, *lift, *row, *row_b; } EvChain;     // m each; rows: m x n
typedef struct EvLevel {
    EvChain zero;                                    // real rates descending: the search. With a wave two rows more: g_m and g_m' + rho g_m
    EvChain peak;                                    // f + sum of g_k bound_k (g_k > 0) is above all later f
    EvChain slope;                                   // sum of g_k bound_k (g_k > 0) is above all later slopes of f
    double patience;                                 // a time over which f hardly bends
    bool wave; double rho, omega, share;             // share: |u| = share |g_m|
} EvLevel;
// Where tables are made; event_form.c keeps what is used of them.
typedef struct EvRoom { double rate[EV_PARTS], turn[EV_PARTS]; EvPart part[EV_PARTS]; EvTerm term[EV_TERMS]; } EvRoom;
typedef struct EvLevelRoom { double number[3][EV_CHAIN * (4 + 2 * EV_STATES)]; } EvLevelRoom;

// a: n x n, low: what rounding took from it, or NULL; frozen states stand still; has_b: states with a constant slope; fine: bits, with their partners. False: more parts than fit, or more than two states in a circle.
bool modes_build(EvModes *m, EvRoom *room, int n, const double *a, const double *low, uint64_t frozen, const bool *has_b, uint64_t fine);
uint64_t modes_fine(int n, const double *a, const double *w);    // what the level reads, with partners, as far as there is room
bool modes_level(EvLevel *l, EvLevelRoom *room, const EvModes *m, const double *a, const double *w);     // false: also for more than one wave
void chain_put(EvChain *c, double *number, int m, int n);                                       // where the numbers of a chain of m rows stand
int chain_values(const EvChain *c, int n, const double *x, const double *still, double *g);    // still: what b and level give, for each row
void chain_still(const EvChain *c, int n, const double *b, double level, double *still);
static inline double chain_sum(const EvChain *c, int n, const double *x, const double *still, int from, double sum, double swing) {
    for (int k = from; k < c->m; k++) {
        double g = still[k] + c->lift[k] * swing;
        for (int i = 0; i < n; i++) g += c->row[k * n + i] * x[i];
        if (g > 0) sum += g * c->bound[k];
    }
    return sum;
}
double modes_swing(const EvLevel *l, int n, const double *x, const double *still);               // |u|, 0 without a wave; still: of l->zero

// Above all later f, as far as its sign goes; swing 0 when there is no wave. peak: what is still of l->peak.
static inline double modes_most(const EvLevel *l, int n, const double *x, const double *still, const double *peak, double f) {
    if (!l->wave) return chain_sum(&l->peak, n, x, peak, 1, f, 0);
    double swing = modes_swing(l, n, x, still), first = peak[0] + (1 + 1e-12) * swing;
    for (int i = 0; i < n; i++) first += l->peak.row[i] * x[i];
    return chain_sum(&l->peak, n, x, peak, 1, first, swing);
}
static inline double modes_steepest(const EvLevel *l, int n, const double *x, const double *still, const double *slope) {
    return chain_sum(&l->slope, n, x, slope, 0, 0, modes_swing(l, n, x, still));
}

double modes_close_part(const EvPart *p, double low, double high, double t, double one);
// Without waves. e: e^x - 1 in [0, nrates) on entry, all parts on return.
static inline void modes_parts(const EvModes *m, double t, double *e) {
    double gone[2 * EV_STATES];
    for (int k = 0; k < m->nrates; k++) { gone[k] = e[k]; e[k] += 1; }
    for (int k = m->nrates; k < m->nparts; k++) {
        const EvPart *p = &m->part[k];
        switch (p->kind) {
        case PART_ONE: e[k] = 1; break;
        case PART_POWER: {
            double v = p->inverse * e[p->low];
            for (int i = 0; i < p->m; i++) v *= t;
            e[k] = v;
            break;
        }
        case PART_APART:
            if (p->m == 1) e[k] = ((p->low < m->nrates ? gone[p->low] : 0) - (p->high < m->nrates ? gone[p->high] : 0)) * p->inverse;
            else e[k] = (e[p->low] - e[p->high]) * p->inverse;
            break;
        default: {
            int one = 0;
            while (p->rate[0] != 0 && m->rate[one] != p->rate[0]) one++;
            e[k] = modes_close_part(p, e[p->low], e[p->high], t, p->rate[0] == 0 ? 1 : e[one]);
        }
        }
    }
}

typedef struct EvState { double x[EV_STATES + EV_FINE], low[EV_FINE]; } EvState;      // behind the states: slopes of the fine ones, while it moves
static inline double fine_sum(double x, double *low, double way) {                      // x + low + way, rounded; *low: what that leaves
    double h = x + way, t = h - x, l = ((x - (h - t)) + (way - t)) + *low, sum = h + l;
    *low = l - (sum - h);
    return sum;
}
static inline double fine_distance(const EvPair *rest, double x, double low) { return (rest->hi - x) + (rest->lo - low); }
double fine_slope(const EvModes *m, int k, const EvState *s, const EvPair *still);
static inline void fine_slopes(const EvModes *m, EvState *s, const EvPair *still) {
    for (int k = 0; k < m->nfine; k++) {
        const EvFine *f = &m->fine[k];
        s->x[m->n + k] = f->rests ? f->frozen ? 0 : -f->own.hi * fine_distance(&still[k], s->x[f->state], s->low[k]) : fine_slope(m, k, s, still);
    }
}
static inline void fine_add(const EvModes *m, const EvState *from, EvState *to) {       // to: the ways on entry
    for (int k = 0; k < m->nfine; k++) {
        to->low[k] = from->low[k];
        to->x[m->fine[k].state] = fine_sum(from->x[m->fine[k].state], &to->low[k], to->x[m->fine[k].state]);
    }
}
static inline void modes_move(const EvModes *m, const double *e, EvState *from, const double *b, const EvPair *still, EvState *to) {
    const EvTerm *t = m->term;
    int own = m->n + m->nfine;
    fine_slopes(m, from, still);
    for (int i = 0; i < m->n; i++) {
        double sum = 0;
        for (const EvTerm *end = m->term + m->first[i + 1]; t < end; t++) sum += t->c * e[t->part] * (t->source < own ? from->x[t->source] : b[t->source - own]);
        to->x[i] = sum;
    }
    fine_add(m, from, to);
}
void modes_step(const EvModes *m, EvExp *exp, double t, EvState *from, const double *b, const EvPair *still, EvState *to);       // both, for one neuron
void fine_still(const EvModes *m, const double *b, const double *low, EvPair *still);            // low: of b, or NULL
// The first t > 0 at which f rises to 0 from below; -1: never. still: of l->zero. grazes: f(0) counts as 0 although rounding left it below.
double modes_cross(const EvLevel *l, const EvModes *m, EvExp *exp, EvState *x, const double *b, const EvPair *fine, const double *still, bool grazes);
#endif
