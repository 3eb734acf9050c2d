// SPDX-License-Identifier: MIT
// The engine of event32.h, as static functions over Ev32Net and the state `s`. Whoever includes this defines before:
//
//   E_RESET(net, s, p, id)   E_CONSTANTS(net, s, p, lo, hi)     programs of the population
//   E_DELIVER, E_POST(net, s, q, index, class)   E_PRE_JUMP, E_POST_JUMP(net, s, q, index)      of the projection; call when there is one
//   E_EXP(x)   E_WAIT(seed, id, pop, count)      e^x; a number of the exponential distribution
//   E_CLOCK(net, s, t)                           kernels that follow see this time
//   E_TELL(net, s, p, id, t)                     a spike, for the outside; E_FULL(net, s): there is no room for another
//   E_ROOM(net, s, log)                          the ring is full: makes room, or false
//   E_PEAK(net, s, log, n)                       so many spikes are under way
//   E_PLACES_ARE_ADDRESSES                       when places do not count from s
//
// Orders and rules are those of event.c.
#include "core/event32.h"

enum { E_SURE = 1, E_QUIET = 2, E_DIRTY = 4, E_SAME_LIMIT = 10000 };
#ifdef E_PLACES_ARE_ADDRESSES
#define E_AT(type, at) ((void)net, (void)s, (type *)(at))
#else
#define E_AT(type, at) ((void)net, (type *)((uintptr_t)s + (at)))
#endif
#define E_CORE E_AT(Ev32Core, net->core)
#define E_ARGS const Ev32Net *net, void *s
#define E_FN static __attribute__((unused))

// ---- time ----

E_FN float e_float(Ev32Time d) {                       // d >= 0
    uint32_t hi = (uint32_t)((uint64_t)d >> 32);
    float x = (float)(uint32_t)d;
    return hi ? x + (float)hi * 0x1p32f : x;
}
E_FN float e_ms(const Ev32Net *net, Ev32Time from, Ev32Time to) { return e_float(to - from) * net->ms; }
E_FN Ev32Time e_later(const Ev32Net *net, Ev32Time t, float ms) {
    float x = ms * net->units;
    if (!(x < 0x1p62f)) return EV32_NEVER;
    if (!(x > 0)) return t;
    uint32_t hi = (uint32_t)(x * 0x1p-32f), lo = (uint32_t)(x - (float)hi * 0x1p32f);
    Ev32Time d = (Ev32Time)((uint64_t)hi << 32 | lo);
    return t > EV32_NEVER - d ? EV32_NEVER : t + d;
}

// ---- states through time ----

E_FN float e_const(E_ARGS, const Ev32Const *c, uint32_t id) {

    switch (c->kind) {
    case EV32_NUMBER: return c->value;
    case EV32_SHARED: return *E_AT(float, c->at);
    case EV32_EACH: return E_AT(float, c->at)[id];
    default: return 0;
    }
}
// What a neuron is judged by: states, their slopes, the level.
E_FN void e_load(E_ARGS, const Ev32Pop *p, uint32_t id, float *z) {
    for (uint32_t k = 0; k < p->states; k++) z[k] = E_AT(float, p->x[k])[id];
}
E_FN void e_load_constants(E_ARGS, const Ev32Pop *p, uint32_t id, float *z) {
    uint32_t n = p->states;
    for (uint32_t k = 0; k < n; k++) z[n + k] = e_const(net, s, &p->b[k], id);
    if (p->has_level) z[2 * n] = e_const(net, s, &p->level, id);
}
E_FN void e_store(E_ARGS, const Ev32Pop *p, uint32_t id, const float *z) {

    for (uint32_t k = 0; k < p->states; k++) E_AT(float, p->x[k])[id] = z[k];
}
E_FN bool e_resting(E_ARGS, const Ev32Pop *p, uint32_t id, Ev32Time t) { (void)net; return p->until != EV32_NOWHERE && t < E_AT(Ev32Time, p->until)[id]; }

// McCurdy, Ng and Parlett's series, as in event_modes.c.
E_FN float e_close(const Ev32Modes *m, const Ev32Part *p, const float *e, float t) {
    if (p->spread * t > 1) return (e[p->low] - e[p->high]) * p->inverse;
    const float *rate = m->part_rate + p->rates;
    float z[EV32_RATES], h[EV32_RATES + 1], sum = 0, f = 1;
    uint32_t count = p->m + 1;
    for (uint32_t k = 0; k < count; k++) { z[k] = (rate[0] - rate[k]) * t; h[k + 1] = 1; }
    for (uint32_t k = 2; k < count; k++) f /= (float)k;
    for (uint32_t i = 0; i < 14; i++) {
        sum += h[count] * f;
        h[0] = 0;
        for (uint32_t k = 0; k < count; k++) h[k + 1] = h[k] + z[k] * h[k + 1];
        f /= (float)(p->m + i + 1);
    }
    for (uint32_t k = 0; k < p->m; k++) sum *= t;
    return rate[count] < 0 ? sum : sum * e[(uint32_t)rate[count]];
}
E_FN void e_parts(const Ev32Modes *m, float t, float *e) {
    for (uint32_t k = m->nrates; k < m->nparts; k++) {
        const Ev32Part *p = &m->part[k - m->nrates];
        if (p->kind == EV32_APART) e[k] = (e[p->low] - e[p->high]) * p->inverse;
        else if (p->kind == EV32_ONE) e[k] = 1;
        else if (p->kind == EV32_POWER) {
            float v = p->inverse * e[p->low];
            for (uint32_t i = 0; i < p->m; i++) v *= t;
            e[k] = v;
        } else e[k] = e_close(m, p, e, t);
    }
}
// From z (with the constants) to out[states], t ms later.
E_FN void e_step(E_ARGS, const Ev32Modes *m, uint32_t n, float t, const float *z, float *out) {
    float *e = E_AT(float, net->scratch);
    for (uint32_t k = 0; k < m->nrates; k++) e[k] = E_EXP(-m->rate[k] * t);
    e_parts(m, t, e);
    const Ev32Term *q = m->term;
    for (uint32_t i = 0; i < n; i++) {
        float sum = 0;
        for (const Ev32Term *end = m->term + m->first[i + 1]; q < end; q++) sum += q->c * e[q->part] * z[q->source];
        out[i] = sum;
    }
}
E_FN void e_copy(float *to, const float *from, uint32_t n) {
    for (uint32_t k = 0; k < n; k++) to[k] = from[k];
}
// z in place from t0 to t, through the end of a refractory period where one lies between.
E_FN void e_move(E_ARGS, const Ev32Pop *p, uint32_t id, Ev32Time t0, Ev32Time t, float *z) {
    float y[EV32_STATES];
    if (p->held && e_resting(net, s, p, id, t0)) {
        Ev32Time until = E_AT(Ev32Time, p->until)[id], end = t < until ? t : until;
        e_step(net, s, &p->still, p->states, e_ms(net, t0, end), z, y);
        e_copy(z, y, p->states);
        t0 = end;
        if (end >= t) return;
    }
    e_step(net, s, &p->free, p->states, e_ms(net, t0, t), z, y);
    e_copy(z, y, p->states);
}
// The state at t in z, as it is kept in `kept` (or NULL).
E_FN void e_peek(E_ARGS, const Ev32Pop *p, uint32_t id, Ev32Time t, float *z, float *kept) {
    Ev32Time last = E_AT(Ev32Time, net->last)[p->base + id];
    e_load(net, s, p, id, z);
    e_load_constants(net, s, p, id, z);
    if (kept) e_copy(kept, z, p->states);
    if (last < t) e_move(net, s, p, id, last, t, z);
}
E_FN void e_touch(E_ARGS, const Ev32Pop *p, uint32_t id, Ev32Time t) {
    Ev32Time *last = E_AT(Ev32Time, net->last) + p->base + id, from = *last;
    if (from == t) return;
    *last = t;
    if (p->lone && !(p->held && e_resting(net, s, p, id, from))) {      // one state that decays to a rest
        float *v = E_AT(float, p->x[0]) + id, r = p->free.rate[0], e = E_EXP(-r * e_ms(net, from, t));
        *v = e * *v + (1 - e) * (e_const(net, s, &p->b[0], id) / r);
        return;
    }
    float z[2 * EV32_STATES + 1];
    e_load(net, s, p, id, z);
    e_load_constants(net, s, p, id, z);
    e_move(net, s, p, id, from, t, z);
    e_store(net, s, p, id, z);
}

// ---- the queue: a heap of neurons by (due, number) ----

E_FN bool e_sooner(E_ARGS, uint32_t a, uint32_t b) {
    const Ev32Time *due = E_AT(Ev32Time, net->due);
    return due[a] < due[b] || (due[a] == due[b] && a < b);
}
E_FN void e_rise(E_ARGS, uint32_t i, uint32_t id) {
    Ev32Id *heap = E_AT(Ev32Id, net->heap), *place = E_AT(Ev32Id, net->place);
    for (; i > 0 && e_sooner(net, s, id, heap[(i - 1) / 2]); i = (i - 1) / 2) { heap[i] = heap[(i - 1) / 2]; place[heap[i]] = (Ev32Id)(i + 1); }
    heap[i] = (Ev32Id)id;
    place[id] = (Ev32Id)(i + 1);
}
E_FN void e_sink(E_ARGS, uint32_t i, uint32_t id) {
    Ev32Id *heap = E_AT(Ev32Id, net->heap), *place = E_AT(Ev32Id, net->place);
    uint32_t n = E_CORE->heap;
    for (;;) {
        uint32_t k = 2 * i + 1;
        if (k >= n) break;
        if (k + 1 < n && e_sooner(net, s, heap[k + 1], heap[k])) k++;
        if (!e_sooner(net, s, heap[k], id)) break;
        heap[i] = heap[k];
        place[heap[i]] = (Ev32Id)(i + 1);
        i = k;
    }
    heap[i] = (Ev32Id)id;
    place[id] = (Ev32Id)(i + 1);
}
E_FN void e_again(E_ARGS, uint32_t i, uint32_t id) {   // id belongs at i or above or below
    Ev32Id *heap = E_AT(Ev32Id, net->heap);
    if (i > 0 && e_sooner(net, s, id, heap[(i - 1) / 2])) e_rise(net, s, i, id);
    else e_sink(net, s, i, id);
}
E_FN void e_drop(E_ARGS, uint32_t number) {
    Ev32Id *heap = E_AT(Ev32Id, net->heap), *place = E_AT(Ev32Id, net->place);
    uint32_t at = place[number];
    if (!at) return;
    place[number] = 0;
    uint32_t n = --E_CORE->heap, moved = heap[n];
    if (at - 1 < n) e_again(net, s, at - 1, moved);
}
E_FN void e_put(E_ARGS, const Ev32Pop *p, uint32_t id, Ev32Time t, uint32_t sure) {
    uint32_t number = p->base + id;
    E_AT(uint8_t, net->sure)[number] = (uint8_t)sure;
    if (t == EV32_NEVER) { e_drop(net, s, number); return; }
    uint32_t at = E_AT(Ev32Id, net->place)[number];
    E_AT(Ev32Time, net->due)[number] = t;
    if (at) e_again(net, s, at - 1, number);
    else e_rise(net, s, E_CORE->heap++, number);
}

// ---- the first crossing ----

E_FN float e_row(const Ev32Chain *c, uint32_t k, const float *z) {
    float g = 0;
    for (const Ev32Term *q = c->term + c->first[k], *end = c->term + c->first[k + 1]; q < end; q++) g += q->c * z[q->source];
    return g;
}
E_FN float e_chain_sum(const Ev32Chain *c, const float *z, uint32_t from, float sum) {
    for (uint32_t k = from; k < c->m; k++) {
        float g = e_row(c, k, z);
        if (g > 0) sum += g * c->bound[k];
    }
    return sum;
}

// A point of the search: t, then g of each row.
typedef struct E_Search { const Ev32Pop *p; const float *z; } E_Search;
E_FN void e_look(E_ARGS, const E_Search *q, float t, float *point) {
    uint32_t n = q->p->states;
    float z[2 * EV32_STATES + 1];
    e_step(net, s, &q->p->free, n, t, q->z, z);
    e_copy(z + n, q->z + n, n + 1);
    point[0] = t;
    for (uint32_t k = 0; k < q->p->zero.m; k++) point[1 + k] = e_row(&q->p->zero, k, z);
}
E_FN uint32_t e_changes(const float *g, uint32_t m) {
    uint32_t n = 0;
    int last = 0;
    for (uint32_t k = 0; k < m; k++) {
        int sign = g[k] > 0 ? 1 : g[k] < 0 ? -1 : 0;
        n += sign && last && sign != last;
        if (sign) last = sign;
    }
    return n;
}
// The one zero of g_k between two points that it has different signs at.
E_FN void e_zero(E_ARGS, const E_Search *q, uint32_t k, const float *from, const float *to, float *p) {
    float lo = from[0], hi = to[0], r = q->p->zero.rate[k];
    bool rises = to[1 + k] >= 0;
    e_copy(p, from, q->p->zero.m + 1);
    for (uint32_t i = 0; i < 100; i++) {
        float g = p[1 + k], slope = (k + 1 < q->p->zero.m ? p[2 + k] : 0) - r * g, t = p[0] - g / slope, d;
        if (!(t > lo && t < hi)) t = lo + 0.5f * (hi - lo);
        d = t - p[0];
        bool done = t <= lo || t >= hi || (i && (d < 0 ? -d : d) <= 1e-4f * t);        // the next error is below rounding
        e_look(net, s, q, t, p);
        if (p[1 + k] == 0 || done) break;
        if ((p[1 + k] > 0) == rises) hi = t;
        else lo = t;
    }
}
// The first time from now at which the level is reached, in ms; -1: never.
E_FN float e_cross(E_ARGS, const Ev32Pop *p, const float *z) {
    const Ev32Chain *c = &p->zero;
    E_Search q = { p, z };
    uint32_t m = c->m, wide = m + 1, n = 2, most = p->free.nparts > p->still.nparts ? p->free.nparts : p->still.nparts;
    float *list[2], *at;
    list[0] = at = E_AT(float, net->scratch) + most;
    list[1] = at + (m + 3) * wide;
    at[0] = 0;
    for (uint32_t k = 0; k < m; k++) at[1 + k] = e_row(c, k, z);
    if (!e_changes(at + 1, m)) return -1;
    float slowest = c->rate[0];
    for (uint32_t k = 0; k < m; k++)
        if (c->rate[k] > 0) slowest = c->rate[k];
    float end = slowest > 0 ? 1 / slowest : 1;
    e_look(net, s, &q, end, at + wide);
    for (uint32_t i = 0; i < 40 && e_changes(at + wide + 1, m); i++) e_look(net, s, &q, end *= 2, at + wide);      // nothing changes its sign after it
    for (uint32_t k = m - 1; k-- > 0;) {
        float *next = at == list[0] ? list[1] : list[0];
        uint32_t kept = 1;
        e_copy(next, at, wide);
        for (uint32_t i = 0; i + 1 < n; i++) {
            const float *a = at + i * wide, *b = a + wide;
            if ((a[1 + k] >= 0) == (b[1 + k] >= 0)) continue;
            e_zero(net, s, &q, k, a, b, next + kept * wide);
            if (k == 0) return next[kept * wide];
            if (kept <= m) kept++;
        }
        e_copy(next + kept * wide, at + (n - 1) * wide, wide);
        at = next;
        n = kept + 1;
    }
    return -1;
}

// ---- when is it going to spike ----

// The search begins at the state as it is kept, so that its result does not depend on how often somebody looked.
E_FN void e_search(E_ARGS, const Ev32Pop *p, uint32_t id, Ev32Time now) {
    float z[2 * EV32_STATES + 1];
    uint32_t number = p->base + id;
    Ev32Time from = E_AT(Ev32Time, net->last)[number];
    e_load(net, s, p, id, z);
    e_load_constants(net, s, p, id, z);
    if (e_resting(net, s, p, id, from)) {
        Ev32Time until = E_AT(Ev32Time, p->until)[id];
        e_move(net, s, p, id, from, until, z);
        from = until;
    }
    float t = e_row(&p->zero, 0, z) >= 0 ? 0 : e_cross(net, s, p, z);
    if (t < 0) { e_drop(net, s, number); return; }
    Ev32Time at = e_later(net, from, t);
    e_put(net, s, p, id, at < now ? now : at, E_SURE);
}
// Two bounds: on what the level's distance can still reach, and on how fast it can rise. True: z cannot spike, or only after *safe ms.
enum { E_NEVER, E_LATER, E_PERHAPS };
E_FN uint32_t e_bounds(const Ev32Pop *p, const float *z, float *safe) {
    float f = e_row(&p->zero, 0, z);
    if (!(f < 0)) return E_PERHAPS;
    if (e_chain_sum(&p->peak, z, 1, f) < 1e-5f * f) return E_NEVER;
    *safe = -f / e_chain_sum(&p->slope, z, 0, 0) * (1 - 1e-5f);
    return E_LATER;
}
E_FN bool e_wait(E_ARGS, const Ev32Pop *p, uint32_t id, Ev32Time t, float safe) {
    if (!(safe > 2 * p->patience)) return false;
    Ev32Time look = e_later(net, t, 0.5f * safe);
    if (look <= t) return false;
    e_put(net, s, p, id, look, E_QUIET);
    return true;
}
// What neuron `id` is going to do, seen from t >= the time of its state; it cannot have spiked before t.
E_FN void e_judge(E_ARGS, const Ev32Pop *p, uint32_t id, Ev32Time t, bool search) {
    if (!p->has_level) return;
    if (e_resting(net, s, p, id, t)) { e_search(net, s, p, id, t); return; }
    float z[2 * EV32_STATES + 1], safe = 0;
    Ev32Time last = E_AT(Ev32Time, net->last)[p->base + id];
    e_load(net, s, p, id, z);
    e_load_constants(net, s, p, id, z);
    if (last < t) e_move(net, s, p, id, last, t, z);
    uint32_t bound = e_bounds(p, z, &safe);
    if (bound == E_NEVER) { e_drop(net, s, p->base + id); return; }
    if (bound == E_LATER && !search && e_wait(net, s, p, id, t, safe)) return;
    e_search(net, s, p, id, t);
}
// After an arrival at t: does what was promised still hold?
E_FN void e_judge_arrival(E_ARGS, const Ev32Pop *p, uint32_t id, Ev32Time t) {
    uint32_t number = p->base + id;
    uint8_t *sure = E_AT(uint8_t, net->sure) + number;
    bool queued = E_AT(Ev32Id, net->place)[number] != 0;
    Ev32Time due = E_AT(Ev32Time, net->due)[number];
    if (e_resting(net, s, p, id, t)) {                     // it is looked at when that ends
        Ev32Time until = E_AT(Ev32Time, p->until)[id];
        if (!queued || until < due) e_put(net, s, p, id, until, 0);
        else *sure = 0;
        return;
    }
    float z[2 * EV32_STATES + 1], safe = 0;
    e_load(net, s, p, id, z);
    e_load_constants(net, s, p, id, z);
    uint32_t bound = e_bounds(p, z, &safe);
    if (bound == E_NEVER) { e_drop(net, s, number); return; }
    if (bound == E_LATER) {
        if (queued && safe > e_ms(net, t, due)) { *sure = 0; return; }      // not before then, that is all
        if (e_wait(net, s, p, id, t, safe)) return;
    }
    e_search(net, s, p, id, t);
}
// Jumps that waited while the synapses were walked over.
E_FN void e_take_buffers(E_ARGS, const Ev32Pop *p, uint32_t id, bool rests) {

    for (uint32_t k = 0; k < p->states; k++) {
        if (p->buffer[k] == EV32_NOWHERE) continue;
        float *v = E_AT(float, p->buffer[k]) + id;
        if (*v == 0) continue;
        if (!rests || !(p->held >> k & 1)) E_AT(float, p->x[k])[id] += *v;
        *v = 0;
    }
}

// ---- arrivals ----

E_FN uint32_t e_number(const void *table, uint32_t bytes, uint32_t i) {
    return bytes == 1 ? ((const uint8_t *)table)[i] : bytes == 2 ? ((const uint16_t *)table)[i] : ((const uint32_t *)table)[i];
}
E_FN Ev32Time e_next_of(E_ARGS, uint32_t c) {
    const Ev32Cursor *q = &net->cursor[c];
    return E_AT(Ev32Time, net->log[q->log].at)[E_AT(uint32_t, net->position)[c]] + q->delay;
}
E_FN bool e_cursor_before(E_ARGS, uint32_t a, uint32_t b) {
    Ev32Time x = e_next_of(net, s, a), y = e_next_of(net, s, b);
    return x < y || (x == y && a < b);                 // cursors stand in the order of projections
}
E_FN void e_ready_push(E_ARGS, uint32_t c) {
    Ev32Id *ready = E_AT(Ev32Id, net->ready);
    uint32_t i = E_CORE->ready++;
    for (; i > 0 && e_cursor_before(net, s, c, ready[(i - 1) / 2]); i = (i - 1) / 2) ready[i] = ready[(i - 1) / 2];
    ready[i] = (Ev32Id)c;
}
E_FN void e_ready_sink(E_ARGS) {
    Ev32Id *ready = E_AT(Ev32Id, net->ready);
    uint32_t n = E_CORE->ready, i = 0;
    if (!n) return;
    Ev32Id c = ready[0];
    for (;;) {
        uint32_t k = 2 * i + 1;
        if (k >= n) break;
        if (k + 1 < n && e_cursor_before(net, s, ready[k + 1], ready[k])) k++;
        if (!e_cursor_before(net, s, ready[k], c)) break;
        ready[i] = ready[k];
        i = k;
    }
    ready[i] = c;
}
// A spike enters the log of its source. Without room it is lost for all that read the log, and counted.
E_FN void e_heard(E_ARGS, uint32_t log, Ev32Time t, uint32_t id) {
    uint32_t *left = E_AT(uint32_t, net->left), most = 0;
    for (uint32_t c = 0; c < net->ncursors; c++)
        if (net->cursor[c].log == log && left[c] > most) most = left[c];
    E_PEAK(net, s, log, most + 1);
    if (most >= net->log[log].cap && !E_ROOM(net, s, log)) { E_CORE->lost++; return; }
    const Ev32Log *l = &net->log[log];
    uint32_t *head = E_AT(uint32_t, l->head), at = *head;
    E_AT(Ev32Time, l->at)[at] = t;
    E_AT(Ev32Id, l->id)[at] = (Ev32Id)id;
    *head = at + 1 == l->cap ? 0 : at + 1;
    for (uint32_t c = 0; c < net->ncursors; c++) {
        if (net->cursor[c].log != log || left[c]++) continue;
        E_AT(uint32_t, net->position)[c] = at;
        e_ready_push(net, s, c);
    }
}
typedef struct E_Row { const Ev32Proj *q; uint32_t first, n; } E_Row;
E_FN E_Row e_row_of(const Ev32Proj *q, uint32_t src, uint32_t class) {
    uint32_t i = src - q->src_lo;
    if (q->layout == EV32_DENSE) return (E_Row){ q, q->tgt_lo, q->tgt_hi - q->tgt_lo };
    if (q->layout == EV32_ONE_TO_ONE) {
        uint32_t target = i + q->tgt_base;
        return (E_Row){ q, target, target >= q->tgt_lo && target < q->tgt_hi };
    }
    uint32_t at = i * q->nclass + class, first = e_number(q->row, q->row_bytes, at);
    return (E_Row){ q, first, e_number(q->row, q->row_bytes, at + 1) - first };
}
E_FN uint32_t e_target(const E_Row *r, uint32_t i) { return r->q->layout == EV32_SPARSE ? r->q->tgt_lo + e_number(r->q->col, r->q->col_bytes, r->first + i) : r->first + i; }

E_FN void e_arrive(E_ARGS, const Ev32Proj *q, uint32_t class, uint32_t src, Ev32Time t) {
    const Ev32Pop *p = &net->pop[q->tgt];
    if (src < q->src_lo || src >= q->src_hi) return;
    E_CLOCK(net, s, t);
    if (q->touch_src) e_touch(net, s, &net->pop[q->src], src, t);
    E_Row r = q->deliver ? e_row_of(q, src, class) : (E_Row){ q, 0, 0 };
    if (r.n) {
        E_CORE->events += r.n;
        for (uint32_t i = 0; i < r.n; i++) e_touch(net, s, p, e_target(&r, i), t);
        E_DELIVER(net, s, q, src, class);
        for (uint32_t i = 0; i < r.n && p->has_buffer; i++) {
            uint32_t id = e_target(&r, i);
            e_take_buffers(net, s, p, id, e_resting(net, s, p, id, t));
        }
        for (uint32_t i = 0; i < r.n && p->has_level; i++) e_judge_arrival(net, s, p, e_target(&r, i), t);
    }
    if (q->pre_jump) E_PRE_JUMP(net, s, q, src);
}
E_FN void e_next_arrival(E_ARGS, Ev32Time t) {
    uint32_t c = E_AT(Ev32Id, net->ready)[0], *position = E_AT(uint32_t, net->position) + c, *left = E_AT(uint32_t, net->left) + c;
    const Ev32Cursor *q = &net->cursor[c];
    uint32_t src = E_AT(Ev32Id, net->log[q->log].id)[*position];
    *position = *position + 1 == net->log[q->log].cap ? 0 : *position + 1;
    if (!--*left) {
        Ev32Id *ready = E_AT(Ev32Id, net->ready);
        ready[0] = ready[--E_CORE->ready];
    }
    e_ready_sink(net, s);
    e_arrive(net, s, &net->proj[q->proj], q->class, src, t);
}

// ---- spikes ----

E_FN void e_touch_sources(E_ARGS, const Ev32Proj *q, uint32_t id, Ev32Time t) {
    uint32_t first = 0, n = 1, k = id - q->tgt_lo;
    if (q->layout == EV32_SPARSE) {
        first = e_number(q->colptr, q->colptr_bytes, k);
        n = e_number(q->colptr, q->colptr_bytes, k + 1) - first;
    } else if (q->layout == EV32_DENSE) n = q->src_hi - q->src_lo;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t src = q->layout == EV32_SPARSE ? e_number(q->colsrc, q->colsrc_bytes, first + i) : q->layout == EV32_DENSE ? q->src_lo + i : id - q->tgt_base + q->src_lo;
        if (src >= q->src_lo && src < q->src_hi) e_touch(net, s, &net->pop[q->src], src, t);
    }
}
// `on post` of all connections onto neuron id; their sources show their state of now.
E_FN void e_post(E_ARGS, uint32_t pop, uint32_t id, Ev32Time t) {
    for (uint32_t jump = 0; jump < 2; jump++)
        for (uint32_t i = 0; i < net->nprojs; i++) {
            const Ev32Proj *q = &net->proj[i];
            if (q->tgt != pop || id < q->tgt_lo || id >= q->tgt_hi) continue;
            if (jump) { if (q->post_jump) E_POST_JUMP(net, s, q, id); continue; }
            if (!q->post) continue;
            if (q->reads_pre) e_touch_sources(net, s, q, id, t);
            E_POST(net, s, q, id, 0);
        }
}
E_FN bool e_endless(E_ARGS, uint32_t number, Ev32Time t) {
    Ev32Core *core = E_CORE;
    core->same = core->same_id == number && core->same_at == t ? core->same + 1 : 0;
    core->same_id = number;
    core->same_at = t;
    if (core->same < E_SAME_LIMIT) return false;
    core->endless = number + 1;
    return true;
}
// The next spike of a Poisson process whose rate stands: an own sequence of draws for each neuron.
E_FN void e_draw(E_ARGS, uint32_t pop, uint32_t id, Ev32Time t) {
    const Ev32Pop *p = &net->pop[pop];
    float rate = e_const(net, s, &p->rate, id);
    if (!(rate > 0)) { e_drop(net, s, p->base + id); return; }
    e_put(net, s, p, id, e_later(net, t, E_WAIT(net->seed, id, pop, E_AT(uint32_t, p->count)[id]++) / rate), E_SURE);
}
E_FN void e_fire(E_ARGS, uint32_t pop, uint32_t id, Ev32Time t, bool from_outside) {
    const Ev32Pop *p = &net->pop[pop];
    E_CLOCK(net, s, t);
    e_touch(net, s, p, id, t);
    if (!from_outside) {
        if (e_endless(net, s, p->base + id, t)) return;
        if (p->reset) E_RESET(net, s, p, id);
        if (p->until != EV32_NOWHERE) E_AT(Ev32Time, p->until)[id] = e_later(net, t, e_const(net, s, &p->refractory, id));
    }
    E_TELL(net, s, pop, id, t);
    if (p->log != UINT32_MAX) e_heard(net, s, p->log, t, id);
    e_post(net, s, pop, id, t);
    if (from_outside) return;
    if (p->rate.kind) e_draw(net, s, pop, id, t);
    else e_judge(net, s, p, id, t, true);
}
E_FN void e_next_look(E_ARGS, Ev32Time t) {
    uint32_t number = E_AT(Ev32Id, net->heap)[0], i = 0;
    while (number - net->pop[i].base >= net->pop[i].n) i++;
    const Ev32Pop *p = &net->pop[i];
    uint32_t sure = E_AT(uint8_t, net->sure)[number];
    e_drop(net, s, number);
    if (sure == E_SURE) e_fire(net, s, i, number - p->base, t, false);
    else e_judge(net, s, p, number - p->base, t, sure == E_QUIET);       // where little arrives a search pays
}

// ---- from outside ----

enum { E_NOTHING, E_ARRIVAL, E_EMITTED, E_LOOK };
// What comes next before `limit`; arrivals before emitted spikes before what neurons do.
E_FN uint32_t e_next(E_ARGS, Ev32Time *limit) {
    const Ev32Core *core = E_CORE;
    uint32_t what = E_NOTHING;
    if (core->ready) {
        Ev32Time t = e_next_of(net, s, E_AT(Ev32Id, net->ready)[0]);
        if (t < *limit) { *limit = t; what = E_ARRIVAL; }
    }
    if (core->emitted < net->nemitted && net->emitted[core->emitted].at < *limit) { *limit = net->emitted[core->emitted].at; what = E_EMITTED; }
    if (core->heap) {
        Ev32Time t = E_AT(Ev32Time, net->due)[E_AT(Ev32Id, net->heap)[0]];
        if (t < *limit) { *limit = t; what = E_LOOK; }
    }
    return what;
}
// All events before `limit`, as far as there is room for their spikes outside; `now` says how far it came.
E_FN void e_advance(E_ARGS, Ev32Time limit) {
    Ev32Core *core = E_CORE;
    while (!E_FULL(net, s) && !core->endless) {
        Ev32Time t = limit;
        uint32_t what = e_next(net, s, &t);
        if (t > core->now) core->now = t;
        if (!what) return;
        if (what == E_ARRIVAL) e_next_arrival(net, s, t);
        else if (what == E_LOOK) e_next_look(net, s, t);
        else {
            const Ev32Due *d = &net->emitted[core->emitted++];
            e_fire(net, s, d->pop, d->id, d->at, true);
        }
    }
}
// A neuron spikes now, after what arrives now.
E_FN void e_inject(E_ARGS, uint32_t pop, uint32_t id) {
    Ev32Core *core = E_CORE;
    while (core->ready && e_next_of(net, s, E_AT(Ev32Id, net->ready)[0]) <= core->now) e_next_arrival(net, s, core->now);
    e_fire(net, s, pop, id, core->now, true);
}
// What neuron `id` does next, after something changed that stood so far; its state belongs to now.
E_FN void e_begin(E_ARGS, uint32_t pop, uint32_t id) {
    if (net->pop[pop].rate.kind) e_draw(net, s, pop, id, E_CORE->now);
    else e_judge(net, s, &net->pop[pop], id, E_CORE->now, true);
}
E_FN void e_begin_all(E_ARGS) {
    E_CLOCK(net, s, E_CORE->now);
    for (uint32_t i = 0; i < net->npops; i++) {
        if (net->pop[i].constants) E_CONSTANTS(net, s, &net->pop[i], 0, net->pop[i].n);
        for (uint32_t id = 0; id < net->pop[i].n; id++) {
            E_AT(uint8_t, net->sure)[net->pop[i].base + id] = 0;       // no mark is left
            e_begin(net, s, i, id);
        }
    }
}
E_FN void e_touch_all(E_ARGS) {
    for (uint32_t i = 0; i < net->npops; i++)
        for (uint32_t id = 0; id < net->pop[i].n; id++) e_touch(net, s, &net->pop[i], id, E_CORE->now);
}
// A neuron whose inputs change: marked, then all that are marked begin anew.
E_FN void e_mark(E_ARGS, uint32_t pop, uint32_t id) { E_AT(uint8_t, net->sure)[net->pop[pop].base + id] |= E_DIRTY; }
E_FN void e_begin_marked(E_ARGS) {
    E_CLOCK(net, s, E_CORE->now);
    for (uint32_t i = 0; i < net->npops; i++) {
        const Ev32Pop *p = &net->pop[i];
        for (uint32_t id = 0; id < p->n; id++) {
            if (!(E_AT(uint8_t, net->sure)[p->base + id] & E_DIRTY)) continue;
            E_AT(uint8_t, net->sure)[p->base + id] = 0;
            e_touch(net, s, p, id, E_CORE->now);
            if (p->constants) E_CONSTANTS(net, s, p, id, id + 1);
            e_begin(net, s, i, id);
        }
    }
}
// No spikes under way; states belong to now.
E_FN void e_forget(E_ARGS, Ev32Time now) {
    Ev32Core *core = E_CORE;
    core->now = now;
    core->heap = core->ready = 0;
    for (uint32_t c = 0; c < net->ncursors; c++) E_AT(uint32_t, net->left)[c] = 0;
    for (uint32_t i = 0; i < net->npops; i++)
        for (uint32_t id = 0; id < net->pop[i].n; id++) {
            E_AT(Ev32Id, net->place)[net->pop[i].base + id] = 0;
            E_AT(uint8_t, net->sure)[net->pop[i].base + id] = 0;
            E_AT(Ev32Time, net->last)[net->pop[i].base + id] = now;
            if (net->pop[i].until != EV32_NOWHERE) E_AT(Ev32Time, net->pop[i].until)[id] = now;
        }
}
