// SPDX-License-Identifier: MIT
// Tables of the neurons of a population: one form for all whose coefficients are equal, in one piece of memory; and what stands between events for each neuron.
#include "core/event.h"
#include <stdlib.h>
#include <string.h>
typedef struct SnnEvents SnnEvents;

typedef struct Making { EvRoom free, held; EvLevelRoom level; EvForm form; bool has_b[EV_STATES]; double key[2 * EV_STATES * EV_STATES + EV_STATES]; } Making;

static int64_t key_count(const SnnEvent *d) { return 2 * d->n * d->n + d->n; }

// The coefficients of neuron `id`: its matrix, the weights of the level, what rounding took from the matrix.
static void key_of(const SnnEvents *ev, const EvPop *p, uint32_t id, double *key) {
    const SnnEvent *d = p->d;
    for (int64_t i = 0; i < d->n * d->n; i++) key[i] = event_constant(ev, d->a[i], id) + 0.0;        // no -0
    for (int64_t i = 0; i < d->n; i++) key[d->n * d->n + i] = d->w ? event_constant(ev, d->w[i], id) + 0.0 : 0;
    for (int64_t i = 0; i < d->n * d->n; i++) key[d->n * d->n + d->n + i] = event_constant(ev, d->a_low[i], id) + 0.0;
}

static bool build(const SnnEvent *d, Making *m) {
    int n = (int)d->n;
    const double *w = m->key + n * n, *low = w + n;
    uint64_t fine = d->level && !d->square ? modes_fine(n, m->key, w) : 0;
    EvForm *f = &m->form;
    memset(f, 0, sizeof *f);
    bool ok = modes_build(&f->free, &m->free, n, m->key, low, 0, m->has_b, fine);
    if (ok && d->held) ok = modes_build(&f->held, &m->held, n, m->key, low, (uint64_t)d->held, m->has_b, fine);
    if (!ok || !d->level) return ok;
    if (!d->square) return modes_level(&f->level, &m->level, &f->free, m->key, w);
    memset(&m->level, 0, sizeof m->level);
    chain_put(&f->level.zero, m->level.number[0], 1, n);
    f->level.zero.row_level[0] = 1;
    for (int i = 0; i < n; i++) f->level.zero.row[i] = w[i];
    return true;
}

// ---- into one piece ----

static void *keep(char **at, const void *from, size_t bytes) {
    void *to = *at;
    if (bytes) memcpy(to, from, bytes);
    *at += (bytes + 7) / 8 * 8;
    return to;
}

static size_t modes_bytes(const EvModes *m) { return ((size_t)m->nrates * 2) * sizeof(double) + (size_t)m->nparts * sizeof(EvPart) + (size_t)m->nterms * sizeof(EvTerm); }
static size_t chain_bytes(const EvChain *c, int n) { return (size_t)c->m * (size_t)(4 + 2 * n) * sizeof(double); }

static void keep_modes(char **at, EvModes *m) {
    m->rate = keep(at, m->rate, (size_t)m->nrates * sizeof(double));
    m->turn = keep(at, m->turn, (size_t)m->nrates * sizeof(double));
    m->part = keep(at, m->part, (size_t)m->nparts * sizeof(EvPart));
    m->term = keep(at, m->term, (size_t)m->nterms * sizeof(EvTerm));
}

static void keep_chain(char **at, EvChain *c, int n) {
    EvChain old = *c;
    size_t row = (size_t)c->m * sizeof(double);
    chain_put(c, (double *)*at, old.m, n);
    const double *const from[] = { old.rate, old.row_level, old.bound, old.lift };
    for (int k = 0; k < 4; k++) keep(at, from[k], row);
    keep(at, old.row, row * (size_t)n);
    keep(at, old.row_b, row * (size_t)n);
}

static EvForm *form_keep(const SnnEvent *d, const Making *m) {
    const EvForm *f = &m->form;
    int n = (int)d->n;
    size_t key = (size_t)key_count(d) * sizeof(double);
    size_t bytes = sizeof *f + key + modes_bytes(&f->free) + modes_bytes(&f->held) + chain_bytes(&f->level.zero, n) + chain_bytes(&f->level.peak, n) + chain_bytes(&f->level.slope, n);
    EvForm *made = mem_alloc(bytes);
    if (!made) return NULL;
    *made = *f;
    made->bytes = bytes;
    char *at = (char *)(made + 1);
    made->key = keep(&at, m->key, key);
    keep_modes(&at, &made->free);
    keep_modes(&at, &made->held);
    keep_chain(&at, &made->level.zero, n);
    keep_chain(&at, &made->level.peak, n);
    keep_chain(&at, &made->level.slope, n);
    return made;
}

// ---- all neurons ----

void forms_free(EvPop *p) {
    for (int64_t k = 0; k < p->nforms; k++) mem_free(p->form[k], p->form[k]->bytes);
    mem_free(p->form, (size_t)p->capforms * sizeof *p->form);
    mem_free(p->kind, (size_t)(p->n ? p->n : 1) * sizeof *p->kind);
    mem_free(p->still, p->still_bytes);
    p->form = NULL;
    p->kind = NULL;
    p->still = NULL;
    p->nforms = p->capforms = 0;
}

static int no_memory(const EvPop *p, SnnError *err) { return port_error(err, 3, "not enough memory for the neurons of %s", p->pop->path); }

static int add_form(EvPop *p, Making *m, SnnError *err) {
    if (!build(p->d, m)) return port_error(err, 3, "the equations of %s are chained too long for the event engine, or swing at more than one frequency", p->pop->path);
    if (p->nforms == p->capforms) {
        int64_t cap = p->capforms ? 2 * p->capforms : 1;
        EvForm **form = mem_resize(p->form, (size_t)p->capforms * sizeof *form, (size_t)cap * sizeof *form);
        if (!form) return no_memory(p, err);
        p->form = form;
        p->capforms = cap;
    }
    EvForm *f = form_keep(p->d, m);
    if (!f) return no_memory(p, err);
    p->form[p->nforms++] = f;
    return 0;
}

static uint64_t hash(const double *key, int64_t n) {
    uint64_t h = 0x9E3779B97F4A7C15u;
    for (int64_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &key[i], sizeof bits);
        h = (h ^ bits) * 0xBF58476D1CE4E5B9u;              // the multiplier of splitmix64 (Steele, Lea and Flood 2014)
        h ^= h >> 29;
    }
    return h;
}

// Neurons by their coefficients; `slot` has room for twice as many forms as there are neurons.
static int sort_out(const SnnEvents *ev, EvPop *p, Making *m, uint32_t *slot, uint64_t mask, SnnError *err) {
    int64_t n = key_count(p->d);
    for (int64_t id = 0; id < p->n; id++) {
        key_of(ev, p, (uint32_t)id, m->key);
        uint64_t at = hash(m->key, n) & mask;
        while (slot[at] && memcmp(p->form[slot[at] - 1]->key, m->key, (size_t)n * sizeof(double))) at = (at + 1) & mask;
        if (!slot[at]) {
            if (add_form(p, m, err)) return -1;
            slot[at] = (uint32_t)p->nforms;
        }
        p->kind[id] = slot[at] - 1;
    }
    return 0;
}

static bool coded(const int64_t *code, int64_t n) {
    for (int64_t i = 0; code && i < n; i++)
        if (code[i] & 1) return true;
    return false;
}

static int make(const SnnEvents *ev, EvPop *p, Making *m, SnnError *err) {
    const SnnEvent *d = p->d;
    for (int64_t i = 0; i < d->n; i++) m->has_b[i] = d->b[i] != 0 && i + 1 != d->square;
    if (!coded(d->a, d->n * d->n) && !coded(d->w, d->n) && !coded(d->a_low, d->n * d->n)) {
        key_of(ev, p, 0, m->key);
        return add_form(p, m, err);
    }
    uint64_t size = 16;
    while (size < 2 * (uint64_t)p->n) size *= 2;
    uint32_t *slot = mem_alloc(size * sizeof *slot);
    p->kind = mem_alloc((size_t)(p->n ? p->n : 1) * sizeof *p->kind);
    int bad = slot && p->kind ? sort_out(ev, p, m, slot, size - 1, err) : no_memory(p, err);
    mem_free(slot, size * sizeof *slot);
    return bad || p->nforms ? bad : add_form(p, m, err);
}

static int most(int a, int b) { return a > b ? a : b; }

// Where each neuron's numbers stand: b, what it gives to the chains, the quadratic slope.
static int make_room(EvPop *p, SnnError *err) {
    const SnnEvent *d = p->d;
    int zero = 0, peak = 0, slope = 0;
    for (int64_t k = 0; k < p->nforms; k++) {
        zero = most(zero, p->form[k]->level.zero.m);
        peak = most(peak, p->form[k]->level.peak.m);
        slope = most(slope, p->form[k]->level.slope.m);
    }
    p->at_fine = d->n;
    p->at_zero = p->at_fine + 2 * EV_FINE;
    p->at_peak = p->at_zero + zero;
    p->at_slope = p->at_peak + peak;
    p->at_square = p->at_slope + slope;
    int64_t count = p->at_square + (d->square ? (int64_t)(sizeof(EvSquare) / sizeof(double)) : 0), one = d->level & 1;
    bool own = p->kind || one || coded(d->b, d->n) || coded(d->b_low, d->n) || coded(d->square_at, 2) || coded(d->square_low, 2);
    p->alike = !own;
    p->stride = !own ? 0 : count < 8 ? count : (count + 7) / 8 * 8;
    p->still_bytes = (size_t)(own ? p->stride * (p->n ? p->n : 1) : count + 1) * sizeof *p->still;
    p->still = mem_alloc(p->still_bytes);
    return p->still ? 0 : no_memory(p, err);
}

int forms_make(const SnnEvents *ev, EvPop *p, SnnError *err) {
    if (p->d->n > EV_STATES) return port_error(err, 3, "%s has more states than the event engine takes", p->pop->path);
    Making *m = mem_alloc(sizeof *m);
    if (!m) return no_memory(p, err);
    forms_free(p);
    int bad = make(ev, p, m, err);
    mem_free(m, sizeof *m);
    return bad ? bad : make_room(p, err);
}

static EvSquare square_now(const SnnEvents *ev, const EvPop *p, uint32_t id, double c0) {
    return square_of(event_constant(ev, p->d->square_at[0], id), event_constant(ev, p->d->square_at[1], id), c0);
}

static void fill_still(const SnnEvents *ev, EvPop *p, uint32_t id) {
    const SnnEvent *d = p->d;
    double *s = p->still + (int64_t)id * p->stride, level = event_constant(ev, d->level, id);
    const EvLevel *l = &form_of(p, id)->level;
    int n = (int)d->n;
    for (int i = 0; i < n; i++) s[i] = event_constant(ev, d->b[i], id);
    double low[EV_STATES];
    for (int i = 0; i < n; i++) low[i] = event_constant(ev, d->b_low[i], id);
    fine_still(&form_of(p, id)->free, s, low, (EvPair *)(s + p->at_fine));
    if (d->square) {
        EvSquare q = square_now(ev, p, id, s[d->square - 1]);
        memcpy(s + p->at_square, &q, sizeof q);
    }
    chain_still(&l->zero, n, s, level, s + p->at_zero);
    chain_still(&l->peak, n, s, level, s + p->at_peak);
    chain_still(&l->slope, n, s, level, s + p->at_slope);
}

void events_constants(SnnEvents *ev, EvPop *p, int64_t lo, int64_t hi) {
    if (p->d->constants && lo < hi) p->d->constants(&ev->w->ctx, lo, hi);
    if (!p->stride) { fill_still(ev, p, 0); rules_constants(ev, p, lo, hi); return; }
    bool alike = (lo == 0 && hi == p->n) || p->alike;
    const double *other = p->still + (lo ? 0 : hi < p->n ? hi : 0) * p->stride;          // one that stays, or the first
    for (int64_t i = lo; i < hi; i++) fill_still(ev, p, (uint32_t)i);
    for (int64_t i = lo; i < hi && alike; i++) alike = !memcmp(p->still + i * p->stride, other, (size_t)p->stride * sizeof *other);
    p->alike = alike;
    rules_constants(ev, p, lo, hi);
}

// Is what stands for neuron `id` no longer what its numbers were made from?
static bool differs(const SnnEvents *ev, const EvPop *p, uint32_t id) {
    const SnnEvent *d = p->d;
    const double *s = p->still + (int64_t)id * p->stride;
    for (int64_t i = 0; i < d->n; i++)
        if (event_constant(ev, d->b[i], id) != s[i]) return true;
    if (d->level && event_constant(ev, d->level, id) != s[p->at_zero]) return true;
    if (!d->square) return false;
    EvSquare q = square_now(ev, p, id, s[d->square - 1]);
    return memcmp(s + p->at_square, &q, sizeof q) != 0;
}

// Drives have been set anew at t: only neurons for which something has changed are moved to it.
void events_driven(SnnEvents *ev, EvPop *p, int64_t lo, int64_t hi, EvTime t) {
    bool all = !p->stride || p->d->rate || p->d->nrules;  // a rate is drawn from where it changes, rules ask for more than is kept here
    if (p->d->constants) p->d->constants(&ev->w->ctx, lo, hi);
    for (int64_t i = lo; i < hi; i++) {
        uint32_t id = (uint32_t)i;
        if (!all && !differs(ev, p, id)) continue;
        event_touch(ev, p, &id, 1, t);
        if (p->stride) fill_still(ev, p, id);
        if (!all) events_restart(ev, p, i, i + 1, t);
    }
    if (!p->stride) fill_still(ev, p, 0);
    rules_constants(ev, p, lo, hi);
    if (all) events_restart(ev, p, lo, hi, t);
}
