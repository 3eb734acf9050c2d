// SPDX-License-Identifier: MIT
// The targets of a spike side by side, where all neurons of their population have one form: number by number over up to MANY of them, so that each step is a loop over vectors
// without a branch. Only neurons for which something follows from an arrival are looked at one by one.
#include "core/event.h"
#include <string.h>
typedef struct SnnEvents SnnEvents;

typedef double Two __attribute__((vector_size(16), may_alias));
typedef int64_t TwoBits __attribute__((vector_size(16)));
enum { MANY = EV_MANY, LANES = 2, ROOM = 1024 };         // ROOM: numbers of all parts
typedef struct Rows { _Alignas(16) double at[EV_STATES + EV_FINE][MANY]; } Rows;

static inline int64_t whole(int64_t n) { return (n + LANES - 1) & ~(int64_t)(LANES - 1); }
static inline const Two *two(const double *x, int64_t i) { return (const Two *)(const void *)(x + i); }
static inline Two *two_out(double *x, int64_t i) { return (Two *)(void *)(x + i); }
static inline Two all(double x) { return (Two){ x, x }; }

bool many_fits(const EvPop *p) { return !p->kind && !p->form[0]->free.waves && !p->d->square; }

// ---- states through time ----

// Those that are not yet at t, how long they have to go; what rests goes by itself.
static int64_t choose(SnnEvents *ev, EvPop *p, const uint32_t *id, int64_t n, EvTime t, uint32_t *chosen, double *time) {
    const int64_t holds = p->d->held;
    double dt = ev->in->dt;
    int64_t m = 0;
    for (int64_t i = 0; i < n; i++) {
        uint32_t k = id[i];
        EvTime last = p->last[k];
        if (!ev_before(last, t)) continue;                // there already, also as a target of two synapses
        if (p->mark[k] & EV_RESTS && holds && ev_before(last, p->until[k])) { event_touch_one(ev, p, k, t); continue; }
        time[m] = ev_ticks(last, t) * dt;
        chosen[m++] = k;
        p->last[k] = t;
    }
    for (int64_t i = m; i < whole(m); i++) time[i] = 0;
    return m;
}

static void gather(const double *from, const uint32_t *id, int64_t n, double *out) {
    for (int64_t i = 0; i < n; i++) out[i] = from[id[i]];
    for (int64_t i = n; i < whole(n); i++) out[i] = 0;
}
// Number k of what stands for each neuron.
static void gather_still(const EvPop *p, int64_t k, const uint32_t *id, int64_t n, double *out) {
    if (p->alike) {
        for (int64_t i = 0; i < n; i += LANES) *two_out(out, i) = all(p->still[k]);
        return;
    }
    for (int64_t i = 0; i < n; i++) out[i] = p->still[k + (int64_t)id[i] * p->stride];
    for (int64_t i = n; i < whole(n); i++) out[i] = 0;
}

// Parts, `width` numbers each; behind them what the exponentials lack of 1, as it came, and a row of zeros.
static void close_parts(const EvModes *m, const EvPart *p, const double *time, int64_t width, double *e, double *out) {
    int one = 0;
    while (p->rate[0] != 0 && m->rate[one] != p->rate[0]) one++;
    for (int64_t i = 0; i < width; i++) {
        out[i] = modes_close_part(p, e[p->low * width + i], e[p->high * width + i], time[i], p->rate[0] == 0 ? 1 : e[one * width + i]);
    }
}
static void parts(const EvModes *m, const double *time, int64_t width, double *e) {
    double *gone = e + m->nparts * width;
    for (int64_t i = 0; i < m->nrates * width; i += LANES) *two_out(e, i) = all(1) + *two(gone, i);
    for (int64_t i = 0; i < width; i += LANES) *two_out(gone, m->nrates * width + i) = all(0);
    for (int k = m->nrates; k < m->nparts; k++) {
        const EvPart *p = &m->part[k];
        double *out = e + k * width;
        const double *low = e + p->low * width, *high = e + p->high * width;
        Two inverse = all(p->inverse);
        if (p->kind == PART_APART && p->m == 1) {
            low = gone + (p->low < m->nrates ? p->low : m->nrates) * width;
            high = gone + (p->high < m->nrates ? p->high : m->nrates) * width;
        }
        if (p->kind == PART_CLOSE) { close_parts(m, p, time, width, e, out); continue; }
        for (int64_t i = 0; i < width; i += LANES) {
            Two v = all(1);
            if (p->kind == PART_APART) v = (*two(low, i) - *two(high, i)) * inverse;
            else if (p->kind == PART_POWER) {
                v = inverse * *two(low, i);
                for (int j = 0; j < p->m; j++) v *= *two(time, i);
            }
            *two_out(out, i) = v;
        }
    }
}

// fine_sum, side by side: way <- x + low + way.
static void add_way(const double *x, double *low, double *way, int64_t width) {
    for (int64_t i = 0; i < width; i += LANES) {
        Two a = *two(x, i), w = *two(way, i), h = a + w, t = h - a, l = ((a - (h - t)) + (w - t)) + *two(low, i), sum = h + l;
        *two_out(low, i) = l - (sum - h);
        *two_out(way, i) = sum;
    }
}

// Low words and slopes of the fine states; their still numbers are pairs.
static void fine(const EvPop *p, const EvModes *m, const uint32_t *id, int64_t n, Rows *x, double low[][MANY]) {
    int64_t width = whole(n);
    for (int k = 0; k < m->nfine; k++) {
        for (int64_t i = 0; i < n; i++) low[k][i] = (double)p->low[id[i]][k];
        for (int64_t i = n; i < width; i++) low[k][i] = 0;
    }
    for (int k = 0; k < m->nfine; k++) {
        const EvFine *f = &m->fine[k];
        _Alignas(16) double hi[MANY], lo[MANY];
        if (f->rests) {
            gather_still(p, p->at_fine + 2 * k, id, n, hi);
            gather_still(p, p->at_fine + 2 * k + 1, id, n, lo);
            for (int64_t i = 0; i < width; i += LANES) *two_out(x->at[m->n + k], i) = all(-f->own.hi) * ((*two(hi, i) - *two(x->at[f->state], i)) + (*two(lo, i) - *two(low[k], i)));
            continue;
        }
        for (int64_t i = 0; i < width; i++) {
            const double *still = p->still + (p->alike || i >= n ? 0 : (int64_t)id[i] * p->stride);
            EvState s;
            for (int j = 0; j < m->n; j++) s.x[j] = x->at[j][i];
            for (int j = 0; j < m->nfine; j++) s.low[j] = low[j][i];
            x->at[m->n + k][i] = fine_slope(m, k, &s, (const EvPair *)(still + p->at_fine));
        }
    }
}

static void move(const EvPop *p, const EvModes *m, const double *e, const uint32_t *id, int64_t n) {
    Rows x, b;
    _Alignas(16) double low[EV_FINE][MANY];
    int64_t width = whole(n);
    int own = m->n + m->nfine;
    for (int k = 0; k < m->n; k++) {
        gather(p->x[k], id, n, x.at[k]);
        if (p->d->b[k]) gather_still(p, k, id, n, b.at[k]);
    }
    fine(p, m, id, n, &x, low);
    for (int k = 0, next = 0; k < m->n; k++) {
        _Alignas(16) double out[MANY] = {0};
        for (int t = m->first[k]; t < m->first[k + 1]; t++) {
            const EvTerm *term = &m->term[t];
            const double *part = e + term->part * width, *source = term->source < own ? x.at[term->source] : b.at[term->source - own];
            Two c = all(term->c);
            for (int64_t i = 0; i < width; i += LANES) *two_out(out, i) += c * *two(part, i) * *two(source, i);
        }
        if (next < m->nfine && m->fine[next].state == k) add_way(x.at[k], low[next++], out, width);
        for (int64_t i = 0; i < n; i++) p->x[k][id[i]] = out[i];
    }
    for (int k = 0; k < m->nfine; k++)
        for (int64_t i = 0; i < n; i++) p->low[id[i]][k] = (float)low[k][i];
}

// One state that decays to a rest.
static void move_lone(const EvPop *p, const double *minus_one, const uint32_t *id, int64_t n) {
    const EvPair *rest = (const EvPair *)(p->still + p->at_fine);
    for (int64_t i = 0; i < n; i++) {
        float *kept = p->low[id[i]];
        double *x = &p->x[0][id[i]], low = (double)*kept;
        if (!p->alike) rest = (const EvPair *)(p->still + (int64_t)id[i] * p->stride + p->at_fine);
        *x = fine_sum(*x, &low, -minus_one[i] * fine_distance(rest, *x, low));
        *kept = (float)low;
    }
}

static void touch(SnnEvents *ev, EvPop *p, const uint32_t *id, int64_t n, EvTime t) {
    _Alignas(16) double e[ROOM + 8], time[MANY];
    uint32_t chosen[MANY];
    const EvModes *m = &p->form[0]->free;
    int64_t count = choose(ev, p, id, n, t, chosen, time), width = whole(count);
    double *gone = e + m->nparts * width;
    if (!count || !m->n) return;
    for (int k = 0; k < m->nrates; k++)
        for (int64_t i = 0; i < width; i += LANES) *two_out(gone + k * width, i) = all(-m->rate[k]) * *two(time, i);
    p->d->exp(gone, m->nrates * width);
    if (m->n == 1 && m->nfine == 1 && m->fine[0].rests) { move_lone(p, gone, chosen, count); return; }
    parts(m, time, width, e);
    move(p, m, e, chosen, count);
}

void many_touch(SnnEvents *ev, EvPop *p, const uint32_t *id, int64_t n, EvTime t) {
    int64_t parts = p->form[0]->free.nparts + p->form[0]->free.nrates + 1, most = parts * MANY <= ROOM ? MANY : ROOM / parts / LANES * LANES;
    for (int64_t i = 0; i < n; i += most) touch(ev, p, id + i, n - i < most ? n - i : most, t);
}

// ---- after arrivals ----

// out = still + row x.
static void row(const EvPop *p, const double *w, int64_t at, const Rows *x, const uint32_t *id, int64_t n, double *out) {
    int states = (int)p->d->n;
    gather_still(p, at, id, n, out);
    for (int k = 0; k < states; k++) {
        Two c = all(w[k]);
        for (int64_t i = 0; i < n; i += LANES) *two_out(out, i) += c * *two(x->at[k], i);
    }
}

// sum + (numbers above 0 of the chain) x bounds.
static void chain(const EvPop *p, const EvChain *c, int64_t at, int from, const Rows *x, const uint32_t *id, int64_t n, double *sum) {
    _Alignas(16) double g[MANY];
    for (int k = from; k < c->m; k++) {
        row(p, c->row + k * p->d->n, at + k, x, id, n, g);
        for (int64_t i = 0; i < n; i += LANES) {
            Two v = *two(g, i);
            *two_out(sum, i) += (Two)((TwoBits)(v * all(c->bound[k])) & (v > all(0)));
        }
    }
}

// Jumps that waited while the synapses were walked over; what rests does not take those that it holds.
static void take(EvPop *p, const uint32_t *id, int64_t n, const bool *rests) {
    for (int64_t k = 0; k < p->d->n; k++) {
        double *buffer = p->buffer[k];
        bool held = p->d->held >> k & 1;
        for (int64_t i = 0; buffer && i < n; i++) {
            double v = buffer[id[i]];
            if (v == 0) continue;
            if (!rests[i] || !held) event_jump(p, id[i], k, v);
            buffer[id[i]] = 0;
        }
    }
}

void many_arrived(EvUnit *u, EvPop *p, const uint32_t *id, int64_t n, EvTime t) {
    const EvLevel *level = &p->form[0]->level;
    _Alignas(16) double f[MANY], most[MANY], steepest[MANY];
    bool rests[MANY], known = false;
    Rows x;
    for (int64_t i = 0; i < n; i++) {
        uint8_t *mark = &p->mark[id[i]];
        rests[i] = *mark & EV_RESTS && ev_before(t, p->until[id[i]]);
        if (*mark & EV_RESTS && !rests[i]) *mark &= (uint8_t)~EV_RESTS;
    }
    if (p->has_buffer) take(p, id, n, rests);
    if (!p->has_level) return;
    for (int k = 0; k < p->d->n; k++) gather(p->x[k], id, n, x.at[k]);
    row(p, level->zero.row, p->at_zero, &x, id, n, f);
    memcpy(most, f, (size_t)n * sizeof *f);
    chain(p, &level->peak, p->at_peak, 1, &x, id, n, most);
    bool stands = p->d->held == ((int64_t)1 << p->d->n) - 1;      // when all is held, the state at the end of a rest is the one of now
    for (int64_t i = 0; i < n; i++) {
        if (rests[i] && !(stands && f[i] < 0 && most[i] < 1e-10 * f[i])) { event_rests(u, p, id[i]); continue; }
        if (f[i] < 0 && most[i] < 1e-10 * f[i]) {
            event_drop(u, p, id[i]);
            continue;
        }
        if (!known) {
            memset(steepest, 0, sizeof steepest);
            chain(p, &level->slope, p->at_slope, 0, &x, id, n, steepest);
            known = true;
        }
        event_settle(u, p, id[i], t, f[i] < 0 ? -f[i] / steepest[i] * (1 - 1e-9) : 0);
    }
}
