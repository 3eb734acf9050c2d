// SPDX-License-Identifier: MIT
// The rows of a bundle. Each member draws a contiguous range of sources: row after row, for all projections of the bundle at once, targets, delays and fields go
// into buffers of one row and from there, sorted by (delay, region), to where they stay. Nothing is copied twice and nothing has to be known beforehand: a
// member appends to chunks of its own, one chain for every member that the targets fall to.
//
// The sort is stable and a row comes projection by projection, ascending: so a piece has its entries in the order of projection, target, copy.
#include "core/bundle.h"
#include "core/connect/connect.h"
#include "core/connect/wide.h"
#include "core/connect/work.h"
#include "core/fpmode.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DELAY = 65535, FIRST_CHUNK = 1 << 16, CHUNK = (1 << 22) - 4096, ROW_ALIGN = 64 };    // with what an allocation adds, whole huge pages

typedef struct Cursor { char *value; uint16_t *target; } Cursor;         // where the next entry of a piece goes
typedef struct Weaver {                         // what one builder works with
    _Alignas(64) Row *row;                      // by projection
    RowWork w;
    uint16_t *delay; uint32_t *key;
    int64_t cap, n, *begin;                     // entries; of projection q: begin[q] to begin[q + 1]
    uint32_t *count; Cursor *cursor; int64_t keys;
    WideDelays seen;                            // delays of the row
    int64_t least, most, first, last;           // delays of the row; of all rows
    bool finite;                                // all values so far
    double *prob; int64_t prob_cap;
    int64_t *from, *to;                         // by projection: entries that fall to the member
    int64_t *made;                              // by [member][projection]: synapses so far
} Weaver;
typedef struct Bundling { SnnInst *in; SnnBundle *b; Build *build; Weaver *weaver; MemAhead *ahead; } Bundling;

static Build *build_at(const Bundling *j, int64_t q) { return &j->build[q]; }

// ---- buffers ------------------------------------------------------------------------------------------------------------------------

static void weaver_free(const Bundling *j, Weaver *v) {
    for (int64_t q = 0; v->row && q < j->b->n; q++) row_free(&v->row[q]);
    work_free(&j->build[0], &v->w);
    free(v->row); free(v->delay); free(v->key); free(v->begin); free(v->count); free(v->cursor); free(v->prob); free(v->from); free(v->to); free(v->made);
}
static bool weaver_open(const Bundling *j, Weaver *v) {
    size_t n = (size_t)j->b->n + 1;
    v->first = MAX_DELAY;
    v->finite = true;
    return (v->row = calloc(n, sizeof *v->row)) && (v->begin = calloc(n, sizeof *v->begin)) && (v->from = calloc(n, sizeof *v->from)) && (v->to = calloc(n, sizeof *v->to)) &&
           (v->made = calloc(n * (size_t)j->in->members, sizeof *v->made));
}
static bool weaver_need(const Bundling *j, Weaver *v, int64_t n) {
    if (!work_need(&j->build[0], &v->w, n, 1)) return false;
    if (n <= v->cap) return true;
    v->cap = n + n / 4 + 64;
    free(v->delay); free(v->key);
    v->delay = malloc((size_t)v->cap * sizeof *v->delay);
    v->key = malloc((size_t)v->cap * sizeof *v->key);
    return v->delay && v->key;
}
static bool keys_need(Weaver *v, int64_t keys) {
    if (keys <= v->keys) return true;
    v->keys = keys * 2;
    free(v->count); free(v->cursor);
    v->count = malloc((size_t)v->keys * sizeof *v->count);
    v->cursor = malloc((size_t)v->keys * sizeof *v->cursor);
    return v->count && v->cursor;
}

// ---- a row --------------------------------------------------------------------------------------------------------------------------

static bool row_delays(const Bundling *j, Weaver *v, int64_t q, int64_t i) {
    const Build *b = build_at(j, q);
    SnnCtx c = b->in->ctx;
    int64_t n = v->row[q].n, first = v->begin[q];
    const uint32_t *tgt = v->w.tgt + first;
    double *value = v->w.value + first;
    b->p->pair_delay(&c, i, tgt, b->rule->multiples ? v->w.copy + first : NULL, n, value);
    if (wide_delays(value, n, MAX_DELAY, v->delay + first, &v->seen)) return true;
    for (int64_t e = 0; e < n; e++)
        if (!(value[e] >= -0.5 && nearbyint(value[e]) <= MAX_DELAY)) return connect_delay_fits(b, i, tgt[e], value[e]);
    return false;
}
// Everything about the row of source i; false after an error, or without memory.
static bool row_draw(const Bundling *j, Weaver *v, int64_t i) {
    v->n = 0;
    for (int64_t q = 0; q < j->b->n; q++) {
        v->row[q].n = 0;
        connect_row(build_at(j, q), i, &v->row[q], &v->prob, &v->prob_cap);
        if (v->row[q].failed) return false;
        v->begin[q] = v->n;
        v->n += v->row[q].n;
    }
    v->begin[j->b->n] = v->n;
    v->seen.least = MAX_DELAY;
    v->seen.most = 0;
    if (!weaver_need(j, v, v->n)) return false;
    for (int64_t q = 0; q < j->b->n; q++) {
        const Build *b = build_at(j, q);
        int64_t n = v->row[q].n, first = v->begin[q];
        uint32_t *tgt = v->w.tgt + first, *copy = v->w.copy + first;
        if (!n) continue;
        memcpy(tgt, v->row[q].at, (size_t)n * sizeof *tgt);
        if (b->rule->multiples) wide_copies(tgt, copy, n);
        if (!row_delays(j, v, q, i)) return false;
        SnnCtx c = b->in->ctx;
        if (b->p->row_init) b->p->row_init(&c, i, tgt, b->rule->multiples ? copy : NULL, first, n, v->w.S);
    }
    for (int64_t f = 0; f < j->b->nfields; f++) v->finite = v->finite && inst_all_finite(v->w.S[f], 0, v->n, j->in->real_bits);
    v->least = (int64_t)v->seen.least;
    v->most = (int64_t)v->seen.most;
    if (v->n && v->least < v->first) v->first = v->least;
    if (v->n && v->most > v->last) v->last = v->most;
    return true;
}

// Entries of projection q from `first` on that lie in one region: their keys, and how many of each there are. Returns the first one beyond.
static int64_t keys_to(const Bundling *j, Weaver *v, int64_t q, int64_t first) {
    int64_t axis = bundle_axis(j->in, j->b, q), region = (axis + v->w.tgt[first]) >> BUNDLE_REGION, beyond = ((region + 1) << BUNDLE_REGION) - axis;
    int64_t end = first + inst_lower(v->w.tgt + first, v->to[q] - first, beyond), regions = j->b->regions, base = region - v->least * regions;
    const uint16_t *delay = v->delay;
    uint32_t *count = v->count, *keys = v->key;
    for (int64_t e = first; e < end; e++) {
        uint32_t key = (uint32_t)(delay[e] * regions + base);
        keys[e] = key;
        count[key]++;
    }
    return end;
}
// The part of the row that falls to member m: which entries, and how many of each (delay, region). Returns its number of pieces and of bytes.
static int64_t row_part(const Bundling *j, Weaver *v, int m, size_t *bytes) {
    const SnnBundle *b = j->b;
    int64_t pieces = 0, keys = (v->most - v->least + 1) * b->regions;
    memset(v->count, 0, (size_t)keys * sizeof *v->count);
    for (int64_t q = 0; q < b->n; q++) {
        const int64_t *cut = j->in->pop[build_at(j, q)->p->tgt].cut;
        const uint32_t *tgt = v->w.tgt + v->begin[q];
        int64_t n = v->row[q].n;
        v->from[q] = v->begin[q] + (m ? inst_lower(tgt, n, cut[m]) : 0);
        v->to[q] = v->begin[q] + (m + 1 < j->in->members ? inst_lower(tgt, n, cut[m + 1]) : n);
        v->made[m * b->n + q] += v->to[q] - v->from[q];
        for (int64_t e = v->from[q]; e < v->to[q];) e = keys_to(j, v, q, e);
    }
    *bytes = 0;
    for (int64_t k = 0; k < keys; k++) {
        pieces += v->count[k] > 0;
        *bytes += bundle_piece_bytes(j->in, b, v->count[k]);
    }
    *bytes += sizeof(BundleRow) + (size_t)pieces * sizeof(BundlePiece);
    return pieces;
}
static void row_heads(const Bundling *j, const Weaver *v, BundleRow *r) {
    int64_t keys = (v->most - v->least + 1) * j->b->regions;
    r->n = 0;
    for (int64_t k = 0; k < keys; k++)
        if (v->count[k]) r->piece[r->n++] = (BundlePiece){ (uint16_t)(v->least + k / j->b->regions), (uint16_t)(k % j->b->regions), v->count[k] };
}
// Where array f of each piece begins, and its targets, which come after the fields.
static void row_cursors(const Bundling *j, const Weaver *v, const BundleRow *r, int64_t f) {
    int64_t keys = (v->most - v->least + 1) * j->b->regions;
    char *at = bundle_entries(r);
    for (int64_t k = 0; k < keys; k++) {
        size_t field = (size_t)v->count[k] * j->in->real_bytes;
        v->cursor[k] = (Cursor){ at + field * (size_t)f, (uint16_t *)(void *)(at + field * (size_t)j->b->nfields) };
        at += bundle_piece_bytes(j->in, j->b, v->count[k]);
    }
}
// The first field goes with the targets, the others follow alone.
#define SPREAD(type, field, targets) \
    for (int64_t q = 0; q < j->b->n; q++) { \
        const type *from = (const type *)(field); \
        uint32_t axis = (uint32_t)bundle_axis(j->in, j->b, q); \
        for (int64_t e = v->from[q], end = v->to[q]; e < end; e++) { \
            Cursor *c = &cursor[key[e]], at = *c; \
            if (from) { \
                memcpy(at.value, &from[e], sizeof *from); \
                at.value += sizeof *from; \
            } \
            if (targets) *at.target++ = (uint16_t)(axis + tgt[e]); \
            *c = at; \
        } \
    }
static void row_write(const Bundling *j, const Weaver *v, BundleRow *r) {
    const uint32_t *key = v->key, *tgt = v->w.tgt;
    Cursor *cursor = v->cursor;
    bool single = j->in->real_bits == 32;
    row_heads(j, v, r);
    row_cursors(j, v, r, 0);
    if (!j->b->nfields) SPREAD(uint32_t, NULL, true)
    else if (single) SPREAD(uint32_t, v->w.S[0], true)
    else SPREAD(uint64_t, v->w.S[0], true)
    for (int64_t f = 1; f < j->b->nfields; f++) {
        row_cursors(j, v, r, f);
        if (single) SPREAD(uint32_t, v->w.S[f], false)
        else SPREAD(uint64_t, v->w.S[f], false)
    }
}

// ---- all rows -----------------------------------------------------------------------------------------------------------------------

// Each builder's rows go to places of its own, so that first touches run side by side; one builder alone has a thread that touches ahead of it.
static BundleRow *chunk_take(const Bundling *j, BundleChunk **chain, size_t bytes) {
    BundleChunk *c = *chain;
    bytes = (bytes + ROW_ALIGN - 1) & ~(size_t)(ROW_ALIGN - 1);
    if (!c || c->used + bytes > c->bytes) {
        size_t size = c ? c->bytes * 4 : FIRST_CHUNK;
        if (size > CHUNK) size = CHUNK;
        if (size < bytes + ROW_ALIGN) size = bytes + ROW_ALIGN;
        if (!(c = j->ahead && size == CHUNK ? mem_ahead_take(j->ahead) : mem_alloc(size))) return NULL;
        *c = (BundleChunk){ *chain, size, ROW_ALIGN };
        *chain = c;
    }
    BundleRow *r = (BundleRow *)(void *)((char *)c + c->used);
    c->used += bytes;
    return r;
}
static bool row_store(const Bundling *j, Weaver *v, int builder, int64_t i) {
    if (!v->n) return true;
    if (!keys_need(v, (v->most - v->least + 1) * j->b->regions)) return false;
    for (int m = 0; m < j->in->members; m++) {
        size_t bytes;
        if (!row_part(j, v, m, &bytes)) continue;
        BundleRow *r = chunk_take(j, &j->b->chunk[builder * j->in->members + m], bytes);
        if (!r) return false;
        row_write(j, v, r);
        j->b->part[m].row[i - j->b->src_lo] = r;
    }
    return true;
}
static void range_of(const Bundling *j, int m, int64_t *lo, int64_t *hi) {
    int64_t n = j->b->src_hi - j->b->src_lo;
    *lo = j->b->src_lo + n * m / j->in->members;
    *hi = j->b->src_lo + n * (m + 1) / j->in->members;
}
static void no_memory(const Bundling *j) { inst_fail(j->in, 3, "not enough memory for the connections %s", j->build[0].p->path); }
static void rows_job(void *arg, int m) {
    const Bundling *j = arg;
    Weaver *v = &j->weaver[m];
    int64_t lo, hi;
    uint64_t mode = fpmode_flush();
    range_of(j, m, &lo, &hi);
    bool ok = weaver_open(j, v);
    for (int64_t i = lo; ok && i < hi && !connect_failed(&j->build[0]); i++) ok = row_draw(j, v, i) && row_store(j, v, m, i);
    if (!ok) no_memory(j);
    fpmode_restore(mode);
}

// Rules are prepared next to each other: each draws for itself.
typedef struct Prepare { Bundling *j; SnnError *error; } Prepare;
static void prepare_job(void *arg, int m) {
    Prepare *p = arg;
    uint64_t mode = fpmode_flush();
    for (int64_t q = m; q < p->j->b->n; q += p->j->in->members) {
        Build *b = build_at(p->j, q);
        if (b->rule->prepare) b->rule->prepare(b, &p->error[q]);
    }
    fpmode_restore(mode);
}
static int prepare(Bundling *j, SnnError *err) {
    Prepare p = { j, calloc((size_t)j->b->n, sizeof *p.error) };
    if (!p.error) return port_error(err, 3, "not enough memory for the connections %s", j->build[0].p->path);
    inst_job(j->in, prepare_job, &p);
    for (int64_t q = 0; q < j->b->n; q++)
        if (p.error[q].code) port_error(err, p.error[q].code, "%s", p.error[q].text);
    free(p.error);
    return err->code ? -1 : 0;
}
static int begin(Bundling *j, SnnInst *in, SnnBundle *b, SnnError *err) {
    *j = (Bundling){ .in = in, .b = b, .build = calloc((size_t)b->n, sizeof *j->build), .weaver = calloc((size_t)in->members, sizeof *j->weaver) };
    if (!j->build || !j->weaver) return port_error(err, 3, "not enough memory for the connections %s", in->net->projs[b->proj[0]].path);
    for (int64_t q = 0; q < b->n; q++)
        if (connect_begin(&j->build[q], in, b->proj[q], err)) return -1;
    return prepare(j, err);
}
static void end(Bundling *j) {
    for (int64_t q = 0; j->build && q < j->b->n; q++)
        if (j->build[q].rule && j->build[q].rule->release) j->build[q].rule->release(&j->build[q]);
    for (int m = 0; j->build && j->weaver && m < j->in->members; m++) weaver_free(j, &j->weaver[m]);
    free(j->build);
    free(j->weaver);
}

static bool parts_open(SnnInst *in, SnnBundle *b) {
    size_t members = (size_t)in->members;
    if (!(b->part = mem_alloc(members * sizeof *b->part)) || !(b->chunk = calloc(members * members, sizeof *b->chunk))) return false;
    for (int m = 0; m < in->members; m++) {
        b->part[m].row = mem_alloc((size_t)(b->src_hi - b->src_lo) * sizeof *b->part[m].row);
        b->part[m].nsyn = calloc((size_t)b->n, sizeof *b->part[m].nsyn);
        if (!b->part[m].row || !b->part[m].nsyn) return false;
    }
    return true;
}
static void gather(const Bundling *j) {
    SnnInst *in = j->in;
    for (int t = 0; t < in->members; t++) {
        const Weaver *v = &j->weaver[t];
        if (v->last > j->b->max_delay) j->b->max_delay = v->last;
        for (int m = 0; m < in->members; m++) j->b->part[m].suspect |= !v->finite;
        for (int64_t k = 0; v->made && k < in->members * j->b->n; k++) j->b->part[k / j->b->n].nsyn[k % j->b->n] += v->made[k];
    }
    for (int64_t q = 0; q < j->b->n; q++) {
        ProjState *ps = &in->proj[j->b->proj[q]];
        ps->max_delay = j->b->max_delay;
        ps->built = true;
    }
}
static int check_memory(Bundling *j, SnnError *err) {
    double n = 0, room = (double)mem_room();
    for (int64_t q = 0; q < j->b->n; q++) n += j->build[q].rule->expected(&j->build[q]);
    double need = n * (double)(sizeof(uint16_t) + (size_t)j->b->nfields * j->in->real_bytes);
    if (need < 1e8 || need <= room) {
        if (j->in->threads == 1 && need > 4 * CHUNK) j->ahead = mem_ahead_open(CHUNK);
        return 0;
    }
    return port_error(err, 3, "not enough memory: the %.3g connections of %s and others like it need %.1f GB, but only %.1f GB are free", n, j->build[0].p->path, need * 1e-9, room * 1e-9);
}
int bundle_connect(SnnInst *in, SnnBundle *b, SnnError *err) {
    Bundling j;
    int r = begin(&j, in, b, err);
    if (!r) r = check_memory(&j, err);
    if (!r && !parts_open(in, b)) r = port_error(err, 3, "not enough memory for the connections %s", in->net->projs[b->proj[0]].path);
    if (!r) {
        inst_job(in, rows_job, &j);
        gather(&j);
    }
    mem_ahead_close(j.ahead);
    end(&j);
    return r;
}

// ---- reset --------------------------------------------------------------------------------------------------------------------------

// The row as it was constructed, beside the row that is there: the same pieces, so fields are copied piece by piece.
static void row_restore(const Bundling *j, const BundleRow *made, BundleRow *there, const bool *which) {
    char *to = bundle_entries(there);
    const char *from = bundle_entries(made);
    for (int64_t k = 0; k < there->n; k++) {
        size_t bytes = there->piece[k].n * j->in->real_bytes, piece = bundle_piece_bytes(j->in, j->b, there->piece[k].n);
        for (int64_t f = 0; f < j->b->nfields; f++)
            if (which[f]) memcpy(to + (size_t)f * bytes, from + (size_t)f * bytes, bytes);
        to += piece;
        from += piece;
    }
}
typedef struct Restore { Bundling *j; bool *which; } Restore;
static bool restore_row(const Restore *r, Weaver *v, int64_t i) {
    const Bundling *j = r->j;
    if (!v->n) return true;
    if (!keys_need(v, (v->most - v->least + 1) * j->b->regions)) return false;
    for (int m = 0; m < j->in->members; m++) {
        size_t bytes;
        if (!row_part(j, v, m, &bytes)) continue;
        BundleRow *made = malloc(bytes);
        if (!made) return false;
        row_write(j, v, made);
        row_restore(j, made, j->b->part[m].row[i - j->b->src_lo], r->which);
        free(made);
    }
    return true;
}
static void restore_job(void *arg, int m) {
    const Restore *r = arg;
    Weaver *v = &r->j->weaver[m];
    int64_t lo, hi;
    uint64_t mode = fpmode_flush();
    range_of(r->j, m, &lo, &hi);
    bool ok = weaver_open(r->j, v);
    for (int64_t i = lo; ok && i < hi; i++) ok = row_draw(r->j, v, i) && restore_row(r, v, i);
    if (!ok) no_memory(r->j);
    fpmode_restore(mode);
}
int bundle_again(SnnInst *in, int64_t proj, int what, SnnError *err) {
    SnnBundle *b = in->proj[proj].bundle;
    if (b->proj[0] != proj || !b->nfields) return 0;                    // once for all of them
    Bundling j;
    Restore r = { &j, calloc((size_t)b->nfields, sizeof *r.which) };
    int result = r.which ? begin(&j, in, b, err) : port_error(err, 3, "not enough memory to reset %s", in->net->projs[proj].path);
    for (int64_t f = 0; r.which && f < b->nfields; f++)
        r.which[f] = what == 2 || (in->net->fields[in->net->projs[proj].fields[f]].role == INST_WEIGHT) == (what == 1);
    if (!result) inst_job(in, restore_job, &r);
    if (r.which) end(&j);
    free(r.which);
    return result;
}
