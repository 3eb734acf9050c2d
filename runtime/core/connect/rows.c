// SPDX-License-Identifier: MIT
// Rules that say which targets a source has. One member alone appends the rows to their block. Of several, member m draws a contiguous range of sources into chunks and counts, for each block, how
// many of a row's targets fall into it; offsets follow from the counts; then each member copies its chunks to their places and gives
// them back as it goes.
#include "core/connect/connect.h"
#include "core/connect/draw.h"
#include "core/fpmode.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Chunk { struct Chunk *next; int64_t n, cap; uint32_t at[]; } Chunk;
enum { CHUNK = 1 << 19 };                       // indices
typedef struct RowJob { Build *b; Chunk **first; } RowJob;

static size_t chunk_bytes(int64_t cap) { return sizeof(Chunk) + (size_t)cap * sizeof(uint32_t); }
static Chunk *chunk_for(Chunk *last, int64_t n) {
    if (last && last->n + n <= last->cap) return last;
    int64_t cap = n > CHUNK ? n : CHUNK;
    Chunk *c = mem_alloc(chunk_bytes(cap));
    if (!c) return NULL;
    c->cap = cap;
    if (last) last->next = c;
    return c;
}

static void drop_self(const Build *b, int64_t i, Row *r) {
    if (b->p->allow_self || !b->same) return;
    int64_t n = 0;
    for (int64_t k = 0; k < r->n; k++)
        if ((int64_t)r->at[k] != i) r->at[n++] = r->at[k];
    r->n = n;
}
// Keeps each candidate with the probability that the network's own expression gives for the pair.
static void thin(const Build *b, int64_t i, Row *r, double **prob, int64_t *cap) {
    if (!b->p->pair_prob || !r->n) return;
    if (*cap < r->n) {
        double *at = realloc(*prob, (size_t)(r->n + 64) * sizeof *at);
        if (!at) { r->failed = true; return; }
        *prob = at;
        *cap = r->n + 64;
    }
    SnnCtx c = b->in->ctx;
    b->p->pair_prob(&c, i, r->at, NULL, r->n, *prob);
    Draws d = draws_of(b->seed, b->stream, (uint32_t)i, 1);
    int64_t n = 0;
    for (int64_t k = 0; k < r->n; k++)
        if (draw_open(&d) < (*prob)[k]) r->at[n++] = r->at[k];
    r->n = n;
}

void connect_row(const Build *b, int64_t i, Row *r, double **prob, int64_t *cap) {
    b->rule->make(b, i, r);
    if (!b->rule->sorted) row_sort(r, NULL);
    drop_self(b, i, r);
    thin(b, i, r, prob, cap);
}

static void count_row(Build *b, int64_t i, const Row *r) {
    int64_t from = 0;
    for (int m = 0; m < b->in->members; m++) {
        const SnnBlock *k = &b->ps->block[m];
        int64_t to = m + 1 == b->in->members ? r->n : from + inst_lower(r->at + from, r->n - from, k->tgt_hi);
        ((uint32_t *)(uintptr_t)k->row)[i - b->p->src_lo + 1] = (uint32_t)(to - from);
        from = to;
    }
}
static void range_of(const Build *b, int m, int64_t *lo, int64_t *hi) {
    *lo = b->p->src_lo + b->nsrc * m / b->in->members;
    *hi = b->p->src_lo + b->nsrc * (m + 1) / b->in->members;
}

// Where rows go: chunks of one member, or straight into the only block.
typedef struct Sink { Chunk *last; uint32_t *col; int64_t n, cap; } Sink;
// The block begins with room for what the rule expects and six standard deviations: memory that is never touched costs nothing, and memory
// that does not move keeps its huge pages.
static int64_t first_room(const Build *b) {
    double n = b->rule->expected && !b->p->pair_prob ? b->rule->expected(b) : 0;
    return (int64_t)(n + 6 * sqrt(n)) + CHUNK;
}
static bool sink_block(Build *b, Sink *s, const Row *r) {
    if (!r->n) return true;                      // without synapses so far there may be no memory
    if (s->n + r->n > s->cap) {
        int64_t cap = s->cap ? s->cap + s->cap / 2 : first_room(b);
        if (cap < s->n + r->n) cap = s->n + r->n + CHUNK;
        uint32_t *col = mem_resize(s->col, (size_t)s->cap * sizeof *col, (size_t)cap * sizeof *col);
        if (!col) return false;
        s->col = col;
        s->cap = cap;
    }
    uint32_t *to = s->col + s->n, base = (uint32_t)b->ps->block[0].tgt_lo;
    for (int64_t e = 0; e < r->n; e++) to[e] = r->at[e] - base;
    s->n += r->n;
    return true;
}
static bool sink_chunk(Sink *s, const Row *r, Chunk **first) {
    Chunk *c = chunk_for(s->last, r->n);
    if (!c) return false;
    if (!s->last) *first = c;
    s->last = c;
    if (r->n) memcpy(c->at + c->n, r->at, (size_t)r->n * sizeof *r->at);
    c->n += r->n;
    return true;
}
// The block takes what was appended to it, cut to its length.
static void sink_close(Build *b, Sink *s) {
    SnnBlock *k = &b->ps->block[0];
    uint32_t *col = s->col;
    if (s->n && s->n < s->cap) col = mem_resize(s->col, (size_t)s->cap * sizeof *col, (size_t)s->n * sizeof *col);
    if (!s->n || !col) mem_free(s->col, (size_t)s->cap * sizeof *col);
    k->col = s->n ? col : NULL;
    k->nsyn = col ? s->n : 0;
    if (s->n && !col) inst_fail(b->in, 3, "not enough memory for the connections %s", b->p->path);
}

static void draw_job(void *arg, int m) {
    RowJob *j = arg;
    Build *b = j->b;
    Row r = {0};
    Sink s = {0};
    double *prob = NULL;
    int64_t cap = 0, lo, hi;
    bool alone = b->in->members == 1;
    uint64_t mode = fpmode_flush();
    range_of(b, m, &lo, &hi);
    for (int64_t i = lo; i < hi && !connect_failed(b); i++) {
        r.n = 0;
        connect_row(b, i, &r, &prob, &cap);
        if (r.failed || !(alone ? sink_block(b, &s, &r) : sink_chunk(&s, &r, &j->first[m])))
            inst_fail(b->in, 3, "not enough memory for the connections %s", b->p->path);
        else count_row(b, i, &r);
    }
    if (alone) sink_close(b, &s);
    fpmode_restore(mode);
    row_free(&r);
    free(prob);
}

static void offsets_job(void *arg, int m) {
    RowJob *j = arg;
    connect_offsets(j->b, &j->b->ps->block[m]);
}

static void copy_job(void *arg, int m) {
    RowJob *j = arg;
    Build *b = j->b;
    Chunk *c = j->first[m];
    int64_t at = 0, lo, hi;
    range_of(b, m, &lo, &hi);
    for (int64_t i = lo; i < hi && c; i++) {
        int64_t n = 0;
        for (int t = 0; t < b->in->members; t++) {
            const uint32_t *row = b->ps->block[t].row + (i - b->p->src_lo);
            n += row[1] - row[0];
        }
        if (at + n > c->n) {
            Chunk *next = c->next;
            mem_free(c, chunk_bytes(c->cap));
            c = next;
            at = 0;
        }
        for (int t = 0; t < b->in->members; t++) {
            const SnnBlock *k = &b->ps->block[t];
            const uint32_t *row = k->row + (i - b->p->src_lo);
            uint32_t *col = (uint32_t *)(uintptr_t)k->col, base = (uint32_t)k->tgt_lo;
            if (row[1] > row[0]) col += row[0];          // a block without synapses may have no memory
            for (uint32_t x = 0; x < row[1] - row[0]; x++) col[x] = c->at[at + x] - base;
            at += row[1] - row[0];
        }
    }
    j->first[m] = c;
}

static void free_chunks(RowJob *j) {
    for (int m = 0; m < j->b->in->members; m++)
        for (Chunk *c = j->first[m], *next; c; c = next) {
            next = c->next;
            mem_free(c, chunk_bytes(c->cap));
        }
}

int connect_offsets(Build *b, SnnBlock *k) {
    uint32_t *row = (uint32_t *)(uintptr_t)k->row;
    uint64_t sum = 0;
    for (int64_t i = 1; i <= b->nsrc; i++) {
        sum += row[i];
        row[i] = (uint32_t)sum;
    }
    if (sum > UINT32_MAX) {
        inst_fail(b->in, 3, "%s has %.2g connections in one block, more than 4294967295: use more threads", b->p->path, (double)sum);
        return -1;
    }
    if (sum && !k->col && !(k->col = mem_alloc(sum * sizeof(uint32_t)))) {
        inst_fail(b->in, 3, "not enough memory for the %llu connections of %s", (unsigned long long)sum, b->p->path);
        return -1;
    }
    k->nsyn = (int64_t)sum;
    return 0;
}

int connect_rows(Build *b) {
    for (int m = 0; m < b->in->members; m++)
        if (!(b->ps->block[m].row = mem_alloc((size_t)(b->nsrc + 1) * sizeof(uint32_t))))
            return port_error(b->err, 3, "not enough memory for the connections %s", b->p->path);
    RowJob j = { b, calloc((size_t)b->in->members, sizeof *j.first) };
    if (!j.first) return port_error(b->err, 3, "not enough memory for the connections %s", b->p->path);
    connect_job(b, draw_job, &j);
    if (!connect_failed(b)) connect_job(b, offsets_job, &j);
    if (!connect_failed(b) && b->in->members > 1) connect_job(b, copy_job, &j);
    free_chunks(&j);
    free(j.first);
    return connect_failed(b) ? -1 : 0;
}
