// SPDX-License-Identifier: MIT
#include "core/queue.h"
#include "core/connect/procedural.h"
#include <math.h>
#include <stddef.h>
#include <string.h>

enum { RUN = 16 };                              // entries that are copied at a time; every array is that much longer
enum { CHUNK = 2048, SLAB = 8 << 20 };          // bytes

// A queue is a chain of chunks: targets first, then field after field. Chunks come from slabs with huge pages, since a row is spread over
// dozens of queues; one that was delivered is taken again at once, while it is in the cache. So what is under way needs its own
// size, also when a whole population spikes at the same time.
typedef struct Chunk { struct Chunk *next; int64_t n; _Alignas(64) char data[]; } Chunk;
typedef struct Slab { struct Slab *next; } Slab;
typedef struct Tail { Chunk *last; int64_t n; } Tail;                        // the chunk that is being filled, and how far
typedef struct Lane { Chunk **head; Tail *tail; int64_t room; } Lane;        // of a projection, by slot; entries of a chunk
struct SnnQueues { Lane *lane; Chunk *unused; Slab *slab; };

bool queue_serves(const SnnInst *in, int64_t i) {
    const SnnProj *p = &in->net->projs[i];
    const ProjState *ps = &in->proj[i];
    int64_t nsyn = 0;
    if (p->nfields > QUEUE_FIELDS) return false;
    if (ps->procedural) return !p->uniform_delay;
    if (!p->may_queue || in->net->pops[p->tgt].event || !p->deliver || p->layout != LAYOUT_SPARSE || ps->nclass < 2) return false;
    for (int m = 0; m < in->members; m++) nsyn += ps->block[m].nsyn;
    return nsyn < QUEUE_PIECE * ps->nclass * (p->src_hi - p->src_lo);
}

static size_t field_at(const SnnInst *in, const Lane *l, int64_t f) {           // f = 0: behind the targets
    return (size_t)(l->room + RUN) * (sizeof(uint32_t) + (size_t)f * in->real_bytes);
}
static Chunk *chunk_take(struct SnnQueues *q) {
    if (!q->unused) {
        Slab *s = mem_alloc(SLAB);
        if (!s) return NULL;
        s->next = q->slab;
        q->slab = s;
        for (size_t at = SLAB - CHUNK; at; at -= CHUNK) {                       // the first to be taken lies lowest
            Chunk *c = (Chunk *)((char *)s + at);
            c->next = q->unused;
            q->unused = c;
        }
    }
    Chunk *c = q->unused;
    q->unused = c->next;
    c->next = NULL;
    c->n = 0;
    return c;
}
static void chunk_give(struct SnnQueues *q, Chunk *c) {
    c->next = q->unused;
    q->unused = c;
}

static bool open_lane(SnnInst *in, int64_t i, Lane *l) {
    size_t bytes = (size_t)(in->proj[i].queue_mask + 1) * sizeof(Chunk *);
    l->head = mem_alloc(bytes);
    l->tail = mem_alloc(bytes / sizeof(Chunk *) * sizeof(Tail));
    l->room = (int64_t)((CHUNK - offsetof(Chunk, data)) / (sizeof(uint32_t) + (size_t)in->net->projs[i].nfields * in->real_bytes)) - RUN;
    l->room -= l->room % 2;                                                     // so that doubles lie on 8 bytes behind the targets
    return l->head && l->tail;
}
int queue_new(SnnInst *in, SnnError *err) {
    bool ok = (in->queues = mem_alloc((size_t)in->members * sizeof *in->queues)) != NULL;
    for (int m = 0; ok && m < in->members; m++) {
        ok = (in->queues[m].lane = mem_alloc((size_t)(in->net->nprojs + 1) * sizeof(Lane))) != NULL;
        for (int64_t i = 0; ok && i < in->net->nprojs; i++) {
            ProjState *ps = &in->proj[i];
            if (!queue_serves(in, i)) continue;
            int64_t slots = 2;
            while (slots < ps->max_delay + 1) slots *= 2;
            ps->queue_mask = slots - 1;
            ps->queued = in->queued = true;
            ok = open_lane(in, i, &in->queues[m].lane[i]);
        }
    }
    return ok ? 0 : port_error(err, 3, "not enough memory for what is under way in %s", in->net->name);
}
void queue_free(SnnInst *in) {
    for (int m = 0; in->queues && m < in->members; m++) {
        struct SnnQueues *q = &in->queues[m];
        for (int64_t i = 0; q->lane && i < in->net->nprojs; i++) {
            size_t bytes = (size_t)(in->proj[i].queue_mask + 1) * sizeof(Chunk *);
            mem_free(q->lane[i].head, bytes);
            mem_free(q->lane[i].tail, bytes / sizeof(Chunk *) * sizeof(Tail));
        }
        mem_free(q->lane, (size_t)(in->net->nprojs + 1) * sizeof(Lane));
        for (Slab *s = q->slab, *next; s; s = next) {
            next = s->next;
            mem_free(s, SLAB);
        }
    }
    mem_free(in->queues, (size_t)in->members * sizeof *in->queues);
}

// Both ends have room for whole runs, so nothing is copied one by one.
static inline void copy32(uint32_t *restrict to, const uint32_t *restrict from, int64_t n) {
    for (int64_t x = 0; x < n; x += RUN) memcpy(to + x, from + x, RUN * sizeof *to);
}
static inline void copy64(uint64_t *restrict to, const uint64_t *restrict from, int64_t n) {
    for (int64_t x = 0; x < n; x += RUN) memcpy(to + x, from + x, RUN * sizeof *to);
}
// Closes the chunk that is full (or not there yet) and begins another.
static bool begin_chunk(struct SnnQueues *q, Lane *l, int64_t slot) {
    Tail *t = &l->tail[slot];
    Chunk *c = chunk_take(q);
    if (!c) return false;
    if (t->last) {
        t->last->n = t->n;
        t->last->next = c;
    } else l->head[slot] = c;
    *t = (Tail){ c, 0 };
    return true;
}
static inline bool append(SnnInst *in, struct SnnQueues *q, Lane *l, int64_t slot, const SnnBlock *b, int64_t fields, uint32_t from, int64_t n) {
    Tail *t = &l->tail[slot];
    while (n > 0) {
        if ((!t->last || t->n == l->room) && !begin_chunk(q, l, slot)) return false;
        int64_t part = n < l->room - t->n ? n : l->room - t->n;
        copy32((uint32_t *)t->last->data + t->n, b->col + from, part);
        for (int64_t f = 0; f < fields; f++) {
            char *to = t->last->data + field_at(in, l, f);
            if (in->real_bits == 32) copy32((uint32_t *)to + t->n, (uint32_t *)b->S[f] + from, part);
            else copy64((uint64_t *)to + t->n, (uint64_t *)b->S[f] + from, part);
        }
        t->n += part;
        from += (uint32_t)part;
        n -= part;
    }
    return true;
}
static bool append_one(SnnInst *in, struct SnnQueues *q, Lane *l, int64_t slot, const Regrown *r, int64_t fields, int64_t e) {
    Tail *t = &l->tail[slot];
    if ((!t->last || t->n == l->room) && !begin_chunk(q, l, slot)) return false;
    ((uint32_t *)t->last->data)[t->n] = r->col[e];
    for (int64_t f = 0; f < fields; f++) {
        char *to = t->last->data + field_at(in, l, f);
        if (in->real_bits == 32) ((uint32_t *)to)[t->n] = ((uint32_t *)r->S[f])[e];
        else ((uint64_t *)to)[t->n] = ((uint64_t *)r->S[f])[e];
    }
    t->n++;
    return true;
}
static void expand_drawn(SnnInst *in, int64_t i, int m, uint32_t source, int64_t found, int64_t first) {
    const ProjState *ps = &in->proj[i];
    struct SnnQueues *q = &in->queues[m];
    Regrown r = procedural_row(in, i, m, source);
    bool ok = r.n >= 0;
    for (int64_t e = 0; ok && e < r.n; e++) {
        int64_t due = found + 1 + (int64_t)nearbyint(r.delay[e]);
        if (due >= first) ok = append_one(in, q, &q->lane[i], due & ps->queue_mask, &r, in->net->projs[i].nfields, e);
    }
    if (!ok) inst_fail(in, 3, "not enough memory for what is under way in %s", in->net->projs[i].path);
}

// Appends the row of a spike that was found in step `found` to the queues of the steps from `first` on.
static void expand(SnnInst *in, int64_t i, int m, uint32_t source, int64_t found, int64_t first) {
    const ProjState *ps = &in->proj[i];
    if (ps->procedural) { expand_drawn(in, i, m, source, found, first); return; }
    const SnnBlock *b = &ps->block[m];
    const uint32_t *row = b->row + ((int64_t)source - b->src_lo) * b->nclass, *delay = ps->delay;
    struct SnnQueues *q = &in->queues[m];
    int64_t fields = in->net->projs[i].nfields, mask = ps->queue_mask;
    for (int64_t c = 0; c < b->nclass; c++) {
        int64_t n = (int64_t)row[c + 1] - row[c], due = found + 1 + delay[c];
        if (!n || due < first) continue;
        if (!append(in, q, &q->lane[i], due & mask, b, fields, row[c], n)) {
            inst_fail(in, 3, "not enough memory for what is under way in %s", in->net->projs[i].path);
            return;
        }
    }
}
static void expand_step(SnnInst *in, int64_t i, int m, int64_t found, int64_t first) {
    const SnnProj *p = &in->net->projs[i];
    const SpikeList *list = inst_list(in, p->src, found, p->port, 0);
    for (int k = 0; k < in->threads; k++)
        for (int64_t s = 0; s < list[k].n; s++)
            if ((int64_t)list[k].at[s] >= p->src_lo && (int64_t)list[k].at[s] < p->src_hi) expand(in, i, m, list[k].at[s], found, first);
}

// The rows of a step's spikes lie anywhere in memory, so while one is read the next two are on their way: of the second its bounds, of
// the first its entries.
typedef struct Ahead { int64_t proj; uint32_t source; } Ahead;
enum { AHEAD = 4, FETCH = 1024 };
static const uint32_t *bounds(const SnnInst *in, int m, const Ahead *a) {
    const SnnBlock *b = &in->proj[a->proj].block[m];
    return b->row + ((int64_t)a->source - b->src_lo) * b->nclass;
}
static void ask_bounds(const SnnInst *in, int m, const Ahead *a) {
    const uint32_t *row = bounds(in, m, a);
    for (int64_t c = 0; c <= in->proj[a->proj].block[m].nclass; c += 16) mem_ask(row + c);
}
static void ask_entries(const SnnInst *in, int m, const Ahead *a) {
    const SnnBlock *b = &in->proj[a->proj].block[m];
    const uint32_t *row = bounds(in, m, a);
    int64_t e = row[0], end = row[b->nclass];
    if (end > e + FETCH) end = e + FETCH;
    size_t lanes = 64 / in->real_bytes;
    for (int64_t x = e; x < end; x += 16) mem_ask(b->col + x);
    for (int64_t f = 0; f < in->net->projs[a->proj].nfields; f++)
        for (int64_t x = e; x < end; x += (int64_t)lanes) mem_ask((char *)b->S[f] + (size_t)x * in->real_bytes);
}
static void pass(SnnInst *in, int m, Ahead *line, int *n, const Ahead *next, int64_t found) {
    if (next) {
        if (!in->proj[next->proj].procedural) ask_bounds(in, m, next);
        line[(*n)++] = *next;
        if (*n >= 3 && !in->proj[line[*n - 2].proj].procedural) ask_entries(in, m, &line[*n - 2]);
        if (*n < AHEAD) return;
    }
    expand(in, line[0].proj, m, line[0].source, found, found + 1);
    memmove(line, line + 1, (size_t)--*n * sizeof *line);
}

void queue_expand(SnnInst *in, int m, int64_t k) {
    Ahead line[AHEAD];
    int n = 0;
    for (int64_t i = 0; i < in->net->nprojs; i++) {
        const SnnProj *p = &in->net->projs[i];
        if (!in->proj[i].queued || (!in->proj[i].block[m].nsyn && !in->proj[i].procedural)) continue;
        const SpikeList *list = inst_list(in, p->src, k - 1, p->port, 0);
        for (int t = 0; t < in->threads; t++)
            for (int64_t s = 0; s < list[t].n; s++)
                if ((int64_t)list[t].at[s] >= p->src_lo && (int64_t)list[t].at[s] < p->src_hi)
                    pass(in, m, line, &n, &(Ahead){ i, list[t].at[s] }, k - 1);
    }
    while (n) pass(in, m, line, &n, NULL, k - 1);
}

void queue_deliver(SnnInst *in, int64_t i, int m, SnnCtx *c, int64_t *events) {
    static const uint32_t only = 0;
    const ProjState *ps = &in->proj[i];
    const SnnBlock *b = &ps->block[m];
    struct SnnQueues *q = &in->queues[m];
    Lane *l = &q->lane[i];
    int64_t slot = c->step & ps->queue_mask;
    if (l->head[slot]) l->tail[slot].last->n = l->tail[slot].n;
    for (Chunk *k = l->head[slot], *next; k; k = next) {
        void *S[QUEUE_FIELDS];
        for (int64_t f = 0; f < in->net->projs[i].nfields; f++) S[f] = k->data + field_at(in, l, f);
        const uint32_t row[2] = { 0, (uint32_t)k->n };
        SnnBlock due = { .tgt_lo = b->tgt_lo, .tgt_hi = b->tgt_hi, .nclass = 1, .row = row, .col = (const uint32_t *)k->data, .S = S, .src_hi = 1, .nsyn = k->n };
        in->net->projs[i].deliver(c, &due, &only, 1, 0);
        *events += k->n;
        next = k->next;
        chunk_give(q, k);
    }
    l->head[slot] = NULL;
    l->tail[slot] = (Tail){0};
}

static void empty(struct SnnQueues *q, Lane *l, int64_t slots) {
    for (int64_t s = 0; s < slots; s++) {
        for (Chunk *k = l->head[s], *next; k; k = next) {
            next = k->next;
            chunk_give(q, k);
        }
        l->head[s] = NULL;
        l->tail[s] = (Tail){0};
    }
}

void queue_again(SnnInst *in, int m) {
    for (int64_t i = 0; i < in->net->nprojs; i++) {
        const ProjState *ps = &in->proj[i];
        if (!ps->queued) continue;
        empty(&in->queues[m], &in->queues[m].lane[i], ps->queue_mask + 1);
        for (int64_t d = ps->max_delay; d >= 1; d--) expand_step(in, i, m, in->step - 1 - d, in->step);
    }
}
