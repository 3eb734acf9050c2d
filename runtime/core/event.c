// SPDX-License-Identifier: MIT
// Events of one unit one after the other; see event.h. The targets of a spike are moved together (event_many.c), so that memory is waited for once.
#include "core/event.h"
#include "core/vmath_fn.h"
#include <math.h>
#include <string.h>

enum { BATCH = EV_MANY, SAME_LIMIT = 10000 };
enum { SURE = 1, QUIET = 2, RULE = 4 };                  // EvEntry.sure; with several rules that of rule r is SURE + RULE*r
typedef struct SnnEvents SnnEvents;

static inline const double *still_of(const EvPop *p, uint32_t id) { return p->alike ? p->still : p->still + (int64_t)id * p->stride; }
static inline bool resting(const EvPop *p, uint32_t id, EvTime t) { return p->mark[id] & EV_RESTS && ev_before(t, p->until[id]); }

// ---- states through time ----

static inline const EvPair *fine_of(const EvPop *p, const double *still) { return (const EvPair *)(still + p->at_fine); }

static inline const EvSquare *square_of_neuron(const EvPop *p, const double *still) { return (const EvSquare *)(still + p->at_square); }

// From t0 to t, through the end of a refractory period where one lies between.
void event_move(const SnnEvents *ev, const EvPop *p, uint32_t id, EvTime t0, EvTime t, EvState *x, EvState *out) {
    const double *b = still_of(p, id);
    const EvForm *form = form_of(p, id);
    double dt = ev->in->dt;
    EvState part;
    int64_t square = p->d->square - 1;
    if (p->d->held && resting(p, id, t0)) {
        EvTime end = ev_before(t, p->until[id]) ? t : p->until[id];
        double held = ev_ticks(t0, end) * dt;
        modes_step(&form->held, p->d->exp, held, x, b, fine_of(p, b), &part);
        if (square >= 0 && !(p->d->held >> square & 1)) part.x[square] = square_move(square_of_neuron(p, b), x->x[square], held);
        if (!ev_before(end, t)) { *out = part; return; }
        x = &part;
        t0 = end;
    }
    double free = ev_ticks(t0, t) * dt;
    modes_step(&form->free, p->d->exp, free, x, b, fine_of(p, b), out);
    if (square >= 0) out->x[square] = square_move(square_of_neuron(p, b), x->x[square], free);
}

static inline void load_high(const EvPop *p, uint32_t id, double *x) {
    for (int64_t k = 0; k < p->d->n; k++) x[k] = p->x[k][id];
}
static inline void load_state(const EvPop *p, uint32_t id, EvState *s) {
    load_high(p, id, s->x);
    for (int k = 0; k < EV_FINE; k++) s->low[k] = (double)p->low[id][k];
}
static inline void store_state(const EvPop *p, uint32_t id, const EvState *s) {
    for (int64_t k = 0; k < p->d->n; k++) p->x[k][id] = s->x[k];
    for (int k = 0; k < form_of(p, id)->free.nfine; k++) p->low[id][k] = (float)s->low[k];
}

void event_program(EvPop *p, SnnInitFn *program, Member *w, uint32_t id) {
    const EvModes *m = &form_of(p, id)->free;
    double old[EV_FINE];
    for (int k = 0; k < m->nfine; k++) old[k] = p->x[m->fine[k].state][id];
    program(&w->ctx, id, id + 1);
    for (int k = 0; k < m->nfine; k++)
        if (p->x[m->fine[k].state][id] != old[k]) p->low[id][k] = 0;
}

void event_touch_one(const SnnEvents *ev, EvPop *p, uint32_t id, EvTime t) {
    EvState x, y;
    load_state(p, id, &x);
    event_move(ev, p, id, p->last[id], t, &x, &y);
    store_state(p, id, &y);
    p->last[id] = t;
}

void event_touch(SnnEvents *ev, EvPop *p, const uint32_t *id, int64_t n, EvTime t) {
    if (many_fits(p)) { many_touch(ev, p, id, n, t); return; }
    for (int64_t i = 0; i < n; i++)
        if (ev_before(p->last[id[i]], t)) event_touch_one(ev, p, id[i], t);
}

// ---- when is it going to spike ----

static inline double level_of(const EvPop *p, uint32_t id, const double *x, const double *still) {
    const double *w = form_of(p, id)->level.zero.row;
    double f = still[p->at_zero];
    for (int64_t i = 0; i < p->d->n; i++) f += w[i] * x[i];
    return f;
}

static void put(EvUnit *u, EvPop *p, uint32_t id, EvTime t, int sure) {
    p->cell[id].sure = sure;
    p->mark[id] |= EV_WAITS;
    if (queue_put(&u->queue, (uint32_t)(p->base + id), t)) inst_fail(u->ev->in, 3, "not enough memory for the events of %s", p->pop->path);
}

void event_drop(EvUnit *u, EvPop *p, uint32_t id) {
    if (!(p->mark[id] & EV_WAITS)) return;
    p->mark[id] &= (uint8_t)~EV_WAITS;
    queue_drop(&u->queue, (uint32_t)(p->base + id));
}

// A state that rounding may have left below an edge that it has just passed.
static bool grazes(const EvPop *p, uint32_t id, const double *x, const double *still, double f) {
    const double *w = form_of(p, id)->level.zero.row;
    double size = fabs(still[p->at_zero]);
    for (int64_t i = 0; i < p->d->n; i++) size += fabs(w[i] * x[i]);
    return f > -0x1p-46 * size;
}

// From state x to the spike; -1: never.
static double time_to_spike(const EvPop *p, uint32_t id, EvState *s, const double *still) {
    const EvForm *form = form_of(p, id);
    const double *x = s->x;
    double f = level_of(p, id, x, still);
    if (f >= 0 && !p->d->edge) return 0;
    bool passed = p->d->edge && f < 0 && grazes(p, id, x, still, f);
    if (!p->d->square) return modes_cross(&form->level, &form->free, p->d->exp, s, still, fine_of(p, still), still + p->at_zero, passed);
    int64_t k = p->d->square - 1;
    return f >= 0 || passed ? -1 : square_time(square_of_neuron(p, still), x[k], -still[p->at_zero] / form->level.zero.row[k]);
}

double event_crossing(const EvPop *p, uint32_t id, EvState *x) { return time_to_spike(p, id, x, still_of(p, id)); }
void event_put(EvUnit *u, EvPop *p, uint32_t id, EvTime t, int rule) { put(u, p, id, t, SURE + RULE * rule); }
int event_rule_due(const EvPop *p, uint32_t id) { return p->cell[id].place != QUEUE_NONE ? p->cell[id].sure / RULE : -1; }

// The search begins at the state as it is kept, so that its result does not depend on how often somebody looked.
static void search_crossing(EvUnit *u, EvPop *p, uint32_t id, EvTime now) {
    EvState x, y;
    const double *still = still_of(p, id);
    EvTime from = p->last[id];
    load_state(p, id, &x);
    if (resting(p, id, from)) {
        event_move(u->ev, p, id, from, p->until[id], &x, &y);
        x = y;
        from = p->until[id];
    }
    double t = time_to_spike(p, id, &x, still);
    if (t < 0) { event_drop(u, p, id); return; }
    EvTime at = ev_later(from, t / u->ev->in->dt);
    put(u, p, id, ev_before(at, now) ? now : at, SURE);
}

// What neuron `id` is going to do, seen from t >= the time of its state; it cannot have spiked before t.
void event_judge(EvUnit *u, EvPop *p, uint32_t id, EvTime t, bool search) {
    if (p->d->nrules) { rules_judge(u, p, id, t); return; }
    if (!p->has_level) return;
    if (resting(p, id, t)) {                              // at the end of its rest, if nothing arrives
        search_crossing(u, p, id, t);
        return;
    }
    EvState now, then;
    const double *x = now.x;
    int n = (int)p->d->n;
    const double *still = still_of(p, id);
    load_state(p, id, &now);
    if (ev_before(p->last[id], t)) {
        event_move(u->ev, p, id, p->last[id], t, &now, &then);
        x = then.x;
    }
    double f = level_of(p, id, x, still);
    if (f < 0 && !p->d->square) {
        const EvLevel *level = &form_of(p, id)->level;
        if (modes_most(level, n, x, still + p->at_zero, still + p->at_peak, f) < 1e-10 * f) { event_drop(u, p, id); return; }
        double steepest = modes_steepest(level, n, x, still + p->at_zero, still + p->at_slope), safe = -f / steepest * (1 - 1e-9);
        if (!search && safe > 2 * level->patience) {
            EvTime look = ev_later(t, 0.5 * safe / u->ev->in->dt);
            if (ev_before(t, look)) { put(u, p, id, look, QUIET); return; }
        }
    }
    search_crossing(u, p, id, t);
}

// After an arrival at a neuron that rests: it is looked at when that ends.
void event_rests(EvUnit *u, EvPop *p, uint32_t id) {
    EvEntry *e = &p->cell[id];
    if (e->place == QUEUE_NONE || ev_before(p->until[id], e->due)) put(u, p, id, p->until[id], 0);
    else e->sure = 0;
}

// After an arrival at t, with no spike within `safe` (0: not known): does what was promised still hold?
void event_settle(EvUnit *u, EvPop *p, uint32_t id, EvTime t, double safe) {
    EvEntry *e = &p->cell[id];
    if (e->place != QUEUE_NONE && safe > ev_ticks(t, e->due) * u->ev->in->dt) {
        e->sure = 0;                                      // not before then, that is all
        return;
    }
    if (safe > 2 * form_of(p, id)->level.patience) {
        EvTime look = ev_later(t, 0.5 * safe / u->ev->in->dt);
        if (ev_before(t, look)) { put(u, p, id, look, QUIET); return; }
    }
    search_crossing(u, p, id, t);
}

static inline void judge_arrival(EvUnit *u, EvPop *p, uint32_t id, EvTime t) {
    double x[EV_STATES], safe = 0;
    const double *still = still_of(p, id);
    int n = (int)p->d->n;
    if (resting(p, id, t)) { event_rests(u, p, id); return; }
    load_high(p, id, x);
    double f = level_of(p, id, x, still);
    if (f < 0 && !p->d->square) {
        const EvLevel *level = &form_of(p, id)->level;
        if (modes_most(level, n, x, still + p->at_zero, still + p->at_peak, f) < 1e-10 * f) {
            event_drop(u, p, id);
            return;
        }
        safe = -f / modes_steepest(level, n, x, still + p->at_zero, still + p->at_slope) * (1 - 1e-9);
    }
    event_settle(u, p, id, t, safe);
}

// Is neuron `id` below its edge? Also when its spike of this very moment is still to come.
static bool below_edge(EvUnit *u, const EvPop *p, uint32_t id, EvTime t) {
    const EvEntry *e = &u->queue.entry[p->base + id];
    double x[EV_STATES];
    if (e->place != QUEUE_NONE && e->sure == SURE && !ev_before(t, e->due)) return true;
    load_high(p, id, x);
    double f = level_of(p, id, x, still_of(p, id));
    return f < 0 && !grazes(p, id, x, still_of(p, id), f);
}

// An edge passed in a jump is a spike of this moment.
static void jump_edge(EvUnit *u, EvPop *p, uint32_t id, EvTime t, bool below) {
    double x[EV_STATES];
    load_high(p, id, x);
    if (below && !resting(p, id, t) && level_of(p, id, x, still_of(p, id)) >= 0) put(u, p, id, t, SURE);
    else judge_arrival(u, p, id, t);
}

void event_jump(EvPop *p, uint32_t id, int64_t state, double v) {
    const EvModes *m = &form_of(p, id)->free;
    double *x = &p->x[state][id];
    int k = 0;
    while (k < m->nfine && m->fine[k].state != state) k++;
    if (k == m->nfine) { *x += v; return; }
    double low = (double)p->low[id][k];
    *x = fine_sum(*x, &low, v);
    p->low[id][k] = (float)low;
}

// Jumps that waited while the synapses were walked over.
static inline void take_buffers(EvPop *p, uint32_t id, bool rests) {
    for (int64_t k = 0; k < p->d->n; k++) {
        if (!p->buffer[k]) continue;
        double v = p->buffer[k][id];
        if (v == 0) continue;
        p->buffer[k][id] = 0;
        if (!rests || !(p->d->held >> k & 1)) event_jump(p, id, k, v);
    }
}

// ---- arrivals ----

static bool cursor_before(const EvUnit *u, uint32_t a, uint32_t b) {
    const EvCursor *x = &u->cursor[a], *y = &u->cursor[b];
    if (ev_before(x->next, y->next) || ev_before(y->next, x->next)) return ev_before(x->next, y->next);
    return a < b;                                         // cursors stand in the order of projections
}
static void ready_push(EvUnit *u, uint32_t c) {
    int64_t i = u->nready++;
    for (; i > 0 && cursor_before(u, c, u->ready[(i - 1) / 2]); i = (i - 1) / 2) u->ready[i] = u->ready[(i - 1) / 2];
    u->ready[i] = c;
}
static void ready_sink(EvUnit *u) {
    int64_t i = 0;
    uint32_t c = u->ready[0];
    for (;;) {
        int64_t k = 2 * i + 1;
        if (k >= u->nready) break;
        if (k + 1 < u->nready && cursor_before(u, u->ready[k + 1], u->ready[k])) k++;
        if (!cursor_before(u, u->ready[k], c)) break;
        u->ready[i] = u->ready[k];
        i = k;
    }
    u->ready[i] = c;
}
static void cursor_look(const EvUnit *u, EvCursor *c) {
    const EvLog *l = &u->ev->log[c->log];
    c->waiting = c->position == l->head;
    if (!c->waiting) c->next = ev_delayed(l->at[c->position & (l->cap - 1)].at, c->delay);
}
void event_wake(EvUnit *u, EvCursor *c) {
    cursor_look(u, c);
    if (!c->waiting) ready_push(u, (uint32_t)(c - u->cursor));
}

void event_ctx(EvUnit *u, EvTime t) {
    u->w->ctx.step = t.tick;
    u->w->ctx.t = ((double)t.tick + t.off) * u->ev->in->dt;
}

// The targets of source s in a block: `each` gets them in pieces.
typedef void RowFn(EvUnit *u, EvPop *p, const uint32_t *id, int64_t n, EvTime t);
static int64_t row_of(const SnnProj *p, const SnnBlock *b, int64_t s, int64_t class, const uint32_t **col) {
    *col = NULL;
    if (p->layout == LAYOUT_SPARSE) {
        const uint32_t *row = b->row + (s - b->src_lo) * b->nclass + class;
        *col = b->col + row[0];
        return row[1] - row[0];
    }
    return p->layout == LAYOUT_DENSE ? b->tgt_hi - b->tgt_lo : 1;
}
static void for_row(EvUnit *u, EvPop *q, const SnnProj *p, const SnnBlock *b, int64_t s, const uint32_t *col, int64_t n, EvTime t, RowFn *each) {
    uint32_t id[BATCH];
    int64_t first = p->layout == LAYOUT_ONE_TO_ONE ? s - b->src_lo + b->tgt_base : b->tgt_lo;
    for (int64_t i = 0; i < n; i += BATCH) {
        int64_t m = n - i < BATCH ? n - i : BATCH;
        for (int64_t k = 0; k < m; k++) id[k] = (uint32_t)(col ? b->tgt_lo + col[i + k] : first + i + k);
        each(u, q, id, m, t);
    }
}
static void digest(EvUnit *u, EvPop *p, const uint32_t *id, int64_t n, EvTime t) {
    for (int64_t i = 0; i < n; i++) {
        if (p->has_buffer) take_buffers(p, id[i], resting(p, id[i], t));
        rules_settle(&u->w->ctx, u->ev, p, id[i], t);
        event_judge(u, p, id[i], t, true);
    }
}
void event_arrived(EvUnit *u, EvPop *p, const uint32_t *id, int64_t n, EvTime t) {
    if (p->d->nrules || p->d->settle) { digest(u, p, id, n, t); return; }
    for (int64_t i = 0; i < n && p->has_level && p->d->edge; i++) {
        bool below = below_edge(u, p, id[i], t);
        if (p->has_buffer) take_buffers(p, id[i], resting(p, id[i], t));
        jump_edge(u, p, id[i], t, below);
    }
    if (p->has_level && p->d->edge) return;
    if (many_fits(p)) { many_arrived(u, p, id, n, t); return; }
    if (p->has_buffer)
        for (int64_t i = 0; i < n; i++) take_buffers(p, id[i], resting(p, id[i], t));
    if (p->has_level)
        for (int64_t i = 0; i < n; i++) judge_arrival(u, p, id[i], t);
}

// The targets lie anywhere in memory: all are asked for before the first is needed.
static void fetch_targets(EvPop *q, const SnnProj *p, const SnnBlock *b, const uint32_t *col, int64_t n) {
    if (p->layout != LAYOUT_SPARSE) return;
    const double *field[2 * EV_STATES];
    int64_t fields = 0;
    for (int64_t k = 0; k < q->d->n; k++) {
        field[fields++] = q->x[k] + b->tgt_lo;
        if (q->buffer[k]) field[fields++] = q->buffer[k] + b->tgt_lo;
    }
    for (int64_t i = 0; i < n; i++) {
        mem_ask(&q->last[b->tgt_lo + col[i]]);
        mem_ask(&q->mark[b->tgt_lo + col[i]]);
        for (int64_t k = 0; k < fields; k++) mem_ask(field[k] + col[i]);
    }
}

static void touch_row(EvUnit *u, EvPop *p, const uint32_t *id, int64_t n, EvTime t) { event_touch(u->ev, p, id, n, t); }

static void arrive(EvUnit *u, const EvCursor *c, uint32_t s, EvTime t) {
    SnnEvents *ev = u->ev;
    SnnInst *in = ev->in;
    const SnnProj *p = &in->net->projs[c->proj];
    EvPop *q = &ev->pop[p->tgt];
    if ((int64_t)s < p->src_lo || (int64_t)s >= p->src_hi) return;
    event_ctx(u, t);
    if ((p->reads_pre || p->pre_jump) && in->net->pops[p->src].event) event_touch(ev, &ev->pop[p->src], &s, 1, t);
    for (int m = u->first; m < u->last; m++) {
        const SnnBlock *b = &in->proj[c->proj].block[m];
        if (!b->nsyn || !p->deliver || (int64_t)s < b->src_lo || (int64_t)s >= b->src_hi) continue;
        int64_t target = (int64_t)s - b->src_lo + b->tgt_base;
        if (p->layout == LAYOUT_ONE_TO_ONE && (target < b->tgt_lo || target >= b->tgt_hi)) continue;
        const uint32_t *col;
        int64_t n = row_of(p, b, s, c->class, &col);
        if (!n) continue;
        u->w->events += n;
        if (p->post) u->w->plastic += n;
        fetch_targets(q, p, b, col, n);
        for_row(u, q, p, b, s, col, n, t, touch_row);
        p->deliver(&u->w->ctx, b, &s, 1, c->class);
        for_row(u, q, p, b, s, col, n, t, event_arrived);
    }
    if (p->pre_jump) p->pre_jump(&u->w->ctx, &s, 1);
}

// The rows of the next two spikes are on their way while this one is worked on.
static void fetch_rows(const EvUnit *u, const EvCursor *c) {
    const SnnEvents *ev = u->ev;
    const SnnProj *p = &ev->in->net->projs[c->proj];
    const EvLog *l = &ev->log[c->log];
    if (p->layout != LAYOUT_SPARSE || c->position >= l->head) return;
    const SnnBlock *b = &ev->in->proj[c->proj].block[u->first];
    for (int k = 0; k < 2 && c->position + k < l->head; k++) {
        int64_t s = l->at[(c->position + k) & (l->cap - 1)].id;
        if (!b->nsyn || s < b->src_lo || s >= b->src_hi) continue;
        const uint32_t *row = b->row + (s - b->src_lo) * b->nclass + c->class;
        if (k) mem_ask(row);
        else for (uint32_t i = row[0]; i < row[1] && i < row[0] + 256; i += 16) mem_ask(b->col + i);
    }
}

static void next_arrival(EvUnit *u) {
    uint32_t number = u->ready[0];
    EvCursor *c = &u->cursor[number];
    const EvLog *l = &u->ev->log[c->log];
    EvTime t = c->next;
    EvSpike s = l->at[c->position & (l->cap - 1)];
    c->position++;
    cursor_look(u, c);
    fetch_rows(u, c);
    if (c->waiting) u->ready[0] = u->ready[--u->nready];
    if (u->nready) ready_sink(u);
    if (u->ev->in->proj[c->proj].late) late_expand(u, c, s);
    else arrive(u, c, s.id, t);
}

// The time of the next arrival; limit: none before.
static EvTime arrival_time(const EvUnit *u, EvTime limit) {
    if (u->nready && ev_before(u->cursor[u->ready[0]].next, limit)) limit = u->cursor[u->ready[0]].next;
    return u->nwait && ev_before(u->wait[0].at, limit) ? u->wait[0].at : limit;
}
// Of two arrivals at the same time that of the earlier connection, but what only begins to arrive goes before all.
static void first_arrival(EvUnit *u) {
    if (u->nwait && u->nready) {
        const EvCursor *c = &u->cursor[u->ready[0]];
        bool before = ev_before(u->wait[0].at, c->next), same = !before && !ev_before(c->next, u->wait[0].at);
        if (before || (same && !u->ev->in->proj[c->proj].late && u->wait[0].cursor < u->ready[0])) late_arrive(u);
        else next_arrival(u);
    } else if (u->nwait) late_arrive(u);
    else next_arrival(u);
}

// ---- spikes ----

// `on post` of all connections onto neuron id; their sources show their state of now.
static void post(EvUnit *u, EvPop *q, uint32_t id, EvTime t) {
    SnnEvents *ev = u->ev;
    SnnInst *in = ev->in;
    for (int64_t i = 0; i < in->net->nprojs; i++) {
        const SnnProj *p = &in->net->projs[i];
        if (p->tgt != q->index || !p->post || (int64_t)id < p->tgt_lo || (int64_t)id >= p->tgt_hi) continue;
        for (int m = u->first; m < u->last; m++) {
            const SnnBlock *b = &in->proj[i].block[m];
            if (!b->nsyn || (int64_t)id < b->tgt_lo || (int64_t)id >= b->tgt_hi) continue;
            int64_t first = 0, n = 1;
            if (p->layout == LAYOUT_SPARSE) { first = b->colptr[id - b->tgt_lo]; n = b->colptr[id - b->tgt_lo + 1] - first; }
            else if (p->layout == LAYOUT_DENSE) n = b->src_hi - b->src_lo;
            u->w->plastic += n;
            for (int64_t k = 0; p->reads_pre && k < n; k++) {
                uint32_t s = p->layout == LAYOUT_SPARSE ? b->colsrc[first + k] : (uint32_t)(p->layout == LAYOUT_DENSE ? b->src_lo + k : id - b->tgt_base + b->src_lo);
                event_touch(ev, &ev->pop[p->src], &s, 1, t);
            }
            p->post(&u->w->ctx, b, &id, 1, 0);
        }
    }
    for (int64_t i = 0; i < in->net->nprojs; i++) {
        const SnnProj *p = &in->net->projs[i];
        if (p->tgt == q->index && p->post_jump && (int64_t)id >= p->tgt_lo && (int64_t)id < p->tgt_hi) p->post_jump(&u->w->ctx, &id, 1);
    }
}

static bool endless(EvUnit *u, const EvPop *p, uint32_t id, EvTime t) {
    bool same = u->same_id == (uint64_t)(p->base + id) && u->same_at.tick == t.tick && u->same_at.off == t.off;
    u->same = same ? u->same + 1 : 0;
    u->same_id = (uint64_t)(p->base + id);
    u->same_at = t;
    if (u->same < SAME_LIMIT) return false;
    inst_fail(u->ev->in, 3, "neuron %lld of %s spikes without end at t = %.15g ms: its reset leaves it at the threshold", (long long)id, p->pop->path,
              ((double)t.tick + t.off) * u->ev->in->dt);
    return true;
}

double event_constant(const SnnEvents *ev, int64_t code, uint32_t id) {
    return !code ? 0 : code & 1 ? ((const double *)ev->in->F[(code - 3) / 2])[id] : ev->in->K[(code - 2) / 2];
}

// The next spike of a Poisson process whose rate stands: an own sequence of draws for each neuron. What has been drawn at this rate and is still to come stays.
static void draw_next(EvUnit *u, EvPop *p, uint32_t id, EvTime t) {
    const SnnEvents *ev = u->ev;
    double rate = event_constant(ev, p->d->rate, id);
    if (!(rate > 0)) { event_drop(u, p, id); return; }
    if (p->mark[id] & EV_WAITS && p->drawn[id] == rate && !ev_before(p->cell[id].due, t)) return;
    p->drawn[id] = rate;
    double wait = snn__exponential_f64(ev->in->ctx.seed, id, (uint32_t)p->index, 0, p->count[id]++, 0xFFFFFu) / rate;
    put(u, p, id, ev_later(t, wait / ev->in->dt), SURE);
}

static void fire(EvUnit *u, EvPop *p, uint32_t id, EvTime t, bool from_outside, int rule) {
    SnnEvents *ev = u->ev;
    event_ctx(u, t);
    event_touch(ev, p, &id, 1, t);
    if (!from_outside) {
        if (endless(u, p, id, t)) return;
        if (p->d->nrules) rules_spike(u, p, id, rule, t);
        else if (p->d->since) rules_since(ev, p, id, t);
        if (p->d->reset) event_program(p, p->d->reset, u->w, id);
        if (p->d->refractory) {
            p->until[id] = ev_later(t, event_constant(ev, p->d->refractory, id) / ev->in->dt);
            p->mark[id] |= EV_RESTS;
        }
        if (!p->d->nrules) rules_settle(&u->w->ctx, ev, p, id, t);
    }
    event_spiked(u, p, id, t, from_outside, rule);
    if (!rule) post(u, p, id, t);
    if (from_outside) return;
    if (p->d->rate) draw_next(u, p, id, t);
    else event_judge(u, p, id, t, true);
}

static EvPop *pop_of(SnnEvents *ev, int64_t number) {
    EvPop *p = ev->pop;
    while (!p->d || number < p->base || number >= p->base + p->n) p++;
    return p;
}

static inline void ask_state(const EvPop *p, int64_t id) {
    for (int64_t k = 0; k < p->d->n; k++) mem_ask(&p->x[k][id]);
    for (int64_t k = 0; !p->alike && k < p->stride; k += 8) mem_ask(&p->still[id * p->stride + k]);
}
void event_ask(void *self, uint32_t number) {
    const EvUnit *u = self;
    const EvPop *p = pop_of(u->ev, number);
    ask_state(p, number - p->base);
}

static void next_look(EvUnit *u, int64_t number) {
    SnnEvents *ev = u->ev;
    EvTime t = u->queue.entry[number].due;
    EvPop *p = pop_of(ev, number);
    uint32_t id = (uint32_t)(number - p->base);
    event_drop(u, p, id);
    int sure = p->cell[id].sure;
    if (sure % RULE == SURE) fire(u, p, id, t, false, sure / RULE);
    else event_judge(u, p, id, t, sure == QUIET);        // where little arrives a search pays
}

// The next spike from outside that is the unit's own.
static const EvDue *next_emitted(EvUnit *u) {
    const SnnEvents *ev = u->ev;
    for (; u->emitted_at < ev->nemitted; u->emitted_at++) {
        const EvDue *d = &ev->emitted[u->emitted_at];
        const int64_t *cut = ev->in->pop[d->pop].cut;
        if ((int64_t)d->id >= cut[u->first] && (int64_t)d->id < cut[u->last]) return d;
    }
    return NULL;
}

EvTime event_next(EvUnit *u, EvTime limit) {
    const EvDue *emitted = next_emitted(u);
    limit = arrival_time(u, limit);
    if (emitted && ev_before(emitted->at, limit)) limit = emitted->at;
    int64_t look = queue_first(&u->queue, limit, false);
    return look >= 0 ? u->queue.entry[look].due : limit;
}

void event_run(EvUnit *u, EvTime limit) {
    SnnEvents *ev = u->ev;
    while (!atomic_load_explicit(&ev->in->failed, memory_order_relaxed)) {
        EvTime next = arrival_time(u, limit);
        bool arrival = ev_before(next, limit);
        const EvDue *emitted = next_emitted(u);
        if (emitted && ev_before(emitted->at, next)) next = emitted->at;
        else emitted = NULL;
        int64_t look = queue_first(&u->queue, next, false);
        if (look >= 0) next_look(u, look);
        else if (emitted) { u->emitted_at++; fire(u, &ev->pop[emitted->pop], emitted->id, emitted->at, true, 0); }
        else if (arrival) first_arrival(u);
        else break;
        u->done++;
    }
}

// What neuron `id` does next, after something changed that stood so far.
void event_begin(EvUnit *u, EvPop *p, uint32_t id, EvTime t) {
    if (p->d->rate) draw_next(u, p, id, t);
    else event_judge(u, p, id, t, true);
}
