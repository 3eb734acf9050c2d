// SPDX-License-Identifier: MIT
// From placed synapses to finished blocks: delay classes, per-synapse fields, column index. Each member finishes its own block.
//
// With one delay for all there is one class. Otherwise the delay of every synapse is evaluated once and kept in 16 bits for as long
// as this takes; the classes are the delays that occur anywhere in the projection, and each row is sorted by class, stably, so that it
// is ordered by (class, target). Copies of a pair are numbered in the row as it was placed, before sorting by class.
#include "core/connect/connect.h"
#include "core/connect/work.h"
#include "core/fpmode.h"
#include "core/value.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DELAY = 65535 };
typedef struct FinishJob {
    Build *b;
    uint16_t **delay;                           // by block, entries as placed
    unsigned char **seen; double *rounding;     // by member: delays that occur; largest rounding error
    uint16_t *class_of;                         // delay -> class
} FinishJob;

// Delays of their own; in single precision (core/event32.h) they are whole steps as on the clock.
static bool on_events(const Build *b) { return b->in->real_bits == 64 && b->in->net->pops[b->p->tgt].event != NULL; }
static bool one_delay(const Build *b) { return b->p->uniform_delay && !b->file_delay; }

static void free_buffers(const Build *b, RowWork *w) {
    for (int64_t f = 0; w->S && f < b->p->nfields; f++) free(w->S[f]);
    free(w->S);
}
void work_free(const Build *b, RowWork *w) {
    free(w->tgt); free(w->copy); free(w->syn); free(w->col); free(w->value); free(w->weight); free(w->start); free(w->class_of);
    free_buffers(b, w);
    *w = (RowWork){0};
}
bool work_need(const Build *b, RowWork *w, int64_t n, int64_t nclass) {
    if (n <= w->cap && w->start) return true;
    int64_t cap = n + n / 4 + 64;
    work_free(b, w);
    *w = (RowWork){ malloc((size_t)cap * 4), malloc((size_t)cap * 4), malloc((size_t)cap * 4), malloc((size_t)cap * 4), malloc((size_t)cap * 8),
                    malloc((size_t)cap * 8), malloc((size_t)(nclass + 1) * 4), malloc((size_t)cap * 2), calloc((size_t)b->p->nfields + 1, sizeof *w->S), cap };
    bool ok = w->tgt && w->copy && w->syn && w->col && w->value && w->weight && w->start && w->class_of && w->S;
    for (int64_t f = 0; ok && f < b->p->nfields; f++) ok = (w->S[f] = malloc((size_t)cap * b->in->real_bytes)) != NULL;
    return ok;
}

static int take_fields(const Build *b, SnnBlock *k) {
    if (!b->p->nfields || k->S) return 0;
    if (!(k->S = mem_alloc((size_t)(b->p->nfields + 1) * sizeof *k->S))) return -1;
    for (int64_t f = 0; f < b->p->nfields; f++)
        if (!(k->S[f] = mem_alloc((size_t)k->nsyn * b->in->real_bytes))) return -1;
    return 0;
}

// Global targets and copy numbers of entries [first, first + n) of an ascending row.
const uint32_t *work_row(const Build *b, const SnnBlock *k, uint32_t first, int64_t n, RowWork *w) {
    for (int64_t e = 0; e < n; e++) w->tgt[e] = (uint32_t)k->tgt_lo + k->col[first + e];
    return work_copies(b, n, w);
}
const uint32_t *work_copies(const Build *b, int64_t n, RowWork *w) {
    if (!b->rule->multiples) return NULL;
    for (int64_t e = 0; e < n; e++) w->copy[e] = e && w->tgt[e] == w->tgt[e - 1] ? w->copy[e - 1] + 1 : 0;
    return w->copy;
}

bool connect_delay_fits(const Build *b, int64_t i, uint32_t tgt, double delay) {
    double d = nearbyint(delay);
    if (d >= 0 && d <= MAX_DELAY) return true;
    inst_fail(b->in, 3, d > MAX_DELAY ? "%s: the delay from %lld to %lld is %g ms, more than 65535 steps" : "%s: the delay from %lld to %lld is %g ms: a delay cannot be negative",
              b->p->path, (long long)i, (long long)tgt, delay * b->in->dt);
    return false;
}
static int delays_of_row(FinishJob *j, int m, int64_t i, const uint32_t *copy, int64_t n, RowWork *w, uint16_t *out) {
    Build *b = j->b;
    SnnCtx c = b->in->ctx;
    if (b->file_delay) b->rule->values(b, i, w->tgt, copy, n, w->value, NULL);
    else b->p->pair_delay(&c, i, w->tgt, copy, n, w->value);
    unsigned char *seen = j->seen[m];
    double worst = j->rounding[m];
    for (int64_t e = 0; e < n; e++) {
        double v = w->value[e], d = (v + 0x1p52) - 0x1p52;        // to nearest, ties to even
        if (!(v >= -0.5 && d <= MAX_DELAY)) {
            connect_delay_fits(b, i, w->tgt[e], v);
            return -1;
        }
        double off = fabs(v - d);
        worst = off > worst ? off : worst;
        seen[(int)d] = 1;
        out[e] = (uint16_t)(int)d;
    }
    j->rounding[m] = worst;
    return 0;
}

static bool delays_borrowed(const Build *b) { return b->p->nfields > 0; }
// While a block is being finished its delays stand at the end of the first field's memory, behind what has been written to it so far: of nsyn entries of at
// least 4 bytes the first e reach to 4 e, and the delays of the others begin at 2 nsyn + 2 e, which is never before.
static int delays_place(FinishJob *j, SnnBlock *k, int m) {
    if (!delays_borrowed(j->b)) return (j->delay[m] = mem_alloc((size_t)k->nsyn * sizeof(uint16_t))) ? 0 : -1;
    if (take_fields(j->b, k)) return -1;
    j->delay[m] = (uint16_t *)k->S[0] + k->nsyn * (int64_t)(j->b->in->real_bytes / 2 - 1);
    return 0;
}

static void delay_job(void *arg, int m) {
    FinishJob *j = arg;
    SnnBlock *k = &j->b->ps->block[m];
    if (!k->nsyn) return;
    RowWork w = {0};
    uint64_t mode = fpmode_flush();
    bool ok = !delays_place(j, k, m);
    for (int64_t i = 0; ok && i < j->b->nsrc && !connect_failed(j->b); i++) {
        uint32_t first = k->row[i];
        int64_t n = k->row[i + 1] - first;
        if (!n) continue;
        ok = work_need(j->b, &w, n, 1);
        if (!ok) break;
        const uint32_t *copy = work_row(j->b, k, first, n, &w);
        if (delays_of_row(j, m, i + j->b->p->src_lo, copy, n, &w, j->delay[m] + first)) break;
    }
    if (!ok) inst_fail(j->b->in, 3, "not enough memory for the delays of %s", j->b->p->path);
    fpmode_restore(mode);
    work_free(j->b, &w);
}

// The delays that occur anywhere become the classes.
static int make_classes(FinishJob *j) {
    Build *b = j->b;
    double worst = 0;
    int64_t n = 0;
    for (int m = 0; m < b->in->members; m++) {
        if (j->rounding[m] > worst) worst = j->rounding[m];
        for (int d = 0; m && d <= MAX_DELAY; d++) j->seen[0][d] |= j->seen[m][d];
    }
    for (int d = 0; d <= MAX_DELAY; d++) n += j->seen[0][d];
    if (n == 0) j->seen[0][0] = 1, n = 1;
    b->ps->nclass = n;
    if (!(b->ps->delay = mem_alloc((size_t)n * sizeof(uint32_t)))) return -1;
    n = 0;
    for (int d = 0; d <= MAX_DELAY; d++)
        if (j->seen[0][d]) { j->class_of[d] = (uint16_t)n; b->ps->delay[n++] = (uint32_t)d; }
    b->ps->max_delay = b->ps->delay[n - 1];
    if (b->file_delay && worst > 1e-6 && !b->in->rounded && !on_events(b)) b->in->rounded = b->p;    // who draws delays expects it
    return 0;
}

void work_fields(const Build *b, void **S, int64_t i, const uint32_t *copy, int64_t first, int64_t n, RowWork *w) {
    SnnCtx c = b->in->ctx;
    if (b->p->row_init) b->p->row_init(&c, i, w->tgt, copy, first, n, S);
    if (!b->file_weight) return;
    b->rule->values(b, i, w->tgt, copy, n, NULL, w->weight);
    double scale = b->in->net->fields[b->p->fields[0]].unit_scale;
    for (int64_t e = 0; e < n; e++) {
        value_put(b->in, &b->in->net->fields[b->p->fields[0]], S[0], first + e, w->weight[e] * scale);
    }
}
void work_place(const Build *b, void **S, int64_t e, const RowWork *w, int64_t from) {
    for (int64_t f = 0; f < b->p->nfields; f++) {
        if (b->in->real_bits == 32) ((uint32_t *)S[f])[e] = ((uint32_t *)w->S[f])[from];
        else ((uint64_t *)S[f])[e] = ((uint64_t *)w->S[f])[from];
    }
}

// Sorts one row, its targets and the fields in the buffers, by class into place; row[] gets the ends of its classes.
static void sort_row(FinishJob *j, SnnBlock *k, int m, uint32_t first, int64_t n, uint32_t *row, bool fields, RowWork *w) {
    int64_t nclass = j->b->ps->nclass;
    const uint16_t *delay = j->delay[m] + first;
    memset(w->start, 0, (size_t)(nclass + 1) * sizeof *w->start);
    for (int64_t e = 0; e < n; e++) w->start[(w->class_of[e] = j->class_of[delay[e]]) + 1]++;
    for (int64_t c = 0; c < nclass; c++) {
        w->start[c + 1] += w->start[c];
        row[c] = first + w->start[c + 1];
    }
    uint32_t *col = (uint32_t *)(uintptr_t)k->col + first;
    memcpy(w->col, col, (size_t)n * sizeof *col);
    for (int64_t e = 0; e < n; e++) {
        uint32_t to = w->start[w->class_of[e]]++;
        col[to] = w->col[e];
        if (fields) work_place(j->b, k->S, first + to, w, e);
    }
}
// Sparse blocks: row by row.
static int finish_rows(FinishJob *j, SnnBlock *k, int m, RowWork *w) {
    Build *b = j->b;
    int64_t nclass = b->ps->nclass;
    bool classes = j->delay && k->nsyn, fields = b->p->row_init || b->file_weight;
    uint32_t *row = NULL;
    if (!classes && !fields) return 0;
    if (classes && !(row = mem_alloc(((size_t)b->nsrc * (size_t)nclass + 1) * sizeof *row))) return -1;
    for (int64_t i = 0; i < b->nsrc && !connect_failed(b); i++) {
        uint32_t first = k->row[i];
        int64_t n = k->row[i + 1] - first;
        if (!n) {
            for (int64_t c = 0; row && c < nclass; c++) row[i * nclass + c + 1] = first;
            continue;
        }
        if (!work_need(b, w, n, nclass)) return -1;
        const uint32_t *copy = work_row(b, k, first, n, w);
        if (fields) work_fields(b, row ? w->S : k->S, i + b->p->src_lo, copy, row ? 0 : first, n, w);
        if (row) sort_row(j, k, m, first, n, row + i * nclass + 1, fields, w);
    }
    if (row) {
        mem_free((void *)(uintptr_t)k->row, (size_t)(b->nsrc + 1) * sizeof *row);
        k->row = row;
        k->nclass = nclass;
    }
    return 0;
}
// Dense and one to one: the entry follows from the pair.
int work_regular(const Build *b, const SnnBlock *k, RowWork *w) {
    if (!b->p->row_init) return 0;
    int64_t width = k->tgt_hi - k->tgt_lo;
    bool dense = b->p->layout == LAYOUT_DENSE;
    if (!work_need(b, w, width, 1)) return -1;
    for (int64_t e = 0; e < width; e++) w->tgt[e] = (uint32_t)(k->tgt_lo + e);
    for (int64_t i = k->src_lo; i < k->src_hi; i++) {
        SnnCtx c = b->in->ctx;
        if (!dense) w->tgt[0] = (uint32_t)(i - k->src_lo + k->tgt_base);
        b->p->row_init(&c, i, w->tgt, NULL, dense ? (i - k->src_lo) * width : i - k->src_lo, dense ? width : 1, k->S);
    }
    return 0;
}

static int index_columns(Build *b, SnnBlock *k) {
    int64_t width = k->tgt_hi - k->tgt_lo;
    uint32_t *ptr = mem_alloc((size_t)(width + 1) * sizeof *ptr), *syn = mem_alloc((size_t)k->nsyn * sizeof *syn), *src = mem_alloc((size_t)k->nsyn * sizeof *src);
    k->colptr = ptr;
    k->colsyn = syn;
    k->colsrc = src;
    if (!ptr || !syn || !src) return -1;
    for (int64_t e = 0; e < k->nsyn; e++) ptr[k->col[e] + 1]++;
    for (int64_t t = 0; t < width; t++) ptr[t + 1] += ptr[t];
    for (int64_t i = 0; i < b->nsrc; i++)
        for (uint32_t e = k->row[i * k->nclass]; e < k->row[(i + 1) * k->nclass]; e++) {
            uint32_t at = ptr[k->col[e]]++;
            syn[at] = e;
            src[at] = (uint32_t)(i + b->p->src_lo);
        }
    memmove(ptr + 1, ptr, (size_t)width * sizeof *ptr);
    ptr[0] = 0;
    return 0;
}

static void finish_job(void *arg, int m) {
    FinishJob *j = arg;
    Build *b = j->b;
    SnnBlock *k = &b->ps->block[m];
    RowWork w = {0};
    uint64_t mode = fpmode_flush();
    bool sparse = b->p->layout == LAYOUT_SPARSE;
    if (k->nsyn || sparse) {
        int r = k->nsyn ? take_fields(b, k) : 0;
        if (!r && k->nsyn) r = sparse ? finish_rows(j, k, m, &w) : work_regular(b, k, &w);
        if (!r && sparse && k->nsyn && b->p->post) r = index_columns(b, k);
        if (r) inst_fail(b->in, 3, "not enough memory for the synapses of %s", b->p->path);
    }
    fpmode_restore(mode);
    work_free(b, &w);
}

static int uniform_class(Build *b) {
    double d = b->in->K[b->p->delay_slot];
    if (!(nearbyint(d) >= 0) || d > MAX_DELAY)
        return port_error(b->err, 3, d > MAX_DELAY ? "%s: a delay of %g ms is more than 65535 steps" : "%s: a delay of %g ms: a delay cannot be negative", b->p->path, d * b->in->dt);
    if (!(b->ps->delay = mem_alloc(sizeof(uint32_t)))) return port_error(b->err, 3, "not enough memory for the connections %s", b->p->path);
    b->ps->nclass = 1;
    b->ps->delay[0] = (uint32_t)nearbyint(d);
    b->ps->max_delay = b->ps->delay[0];
    if (fabs(d - nearbyint(d)) > 1e-6 && !b->in->net->pops[b->p->tgt].event) port_warn("%s: the delay is rounded to %lld steps", b->p->path, (long long)b->ps->max_delay);
    return 0;
}
static int various_classes(FinishJob *j) {
    Build *b = j->b;
    int members = b->in->members;
    if (b->p->layout != LAYOUT_SPARSE) return port_error(b->err, 3, "%s: different delays need sparse connections", b->p->path);
    j->delay = calloc((size_t)members, sizeof *j->delay);
    j->seen = calloc((size_t)members, sizeof *j->seen);
    j->rounding = calloc((size_t)members, sizeof *j->rounding);
    j->class_of = calloc(MAX_DELAY + 1, sizeof *j->class_of);
    bool ok = j->delay && j->seen && j->rounding && j->class_of;
    for (int m = 0; ok && m < members; m++) ok = (j->seen[m] = calloc(MAX_DELAY + 1, 1)) != NULL;
    if (ok) {
        connect_job(b, delay_job, j);
        if (!connect_failed(b)) ok = !make_classes(j);
    }
    return ok ? 0 : port_error(b->err, 3, "not enough memory for the delays of %s", b->p->path);
}
static void finish_free(FinishJob *j) {
    for (int m = 0; m < j->b->in->members; m++) {
        if (j->delay && !delays_borrowed(j->b)) mem_free(j->delay[m], (size_t)j->b->ps->block[m].nsyn * sizeof(uint16_t));
        if (j->seen) free(j->seen[m]);
    }
    free(j->delay);
    free(j->seen);
    free(j->rounding);
    free(j->class_of);
}

int connect_finish(Build *b) {
    FinishJob j = { .b = b };
    int r = one_delay(b) ? uniform_class(b) : various_classes(&j);
    if (!r && !connect_failed(b)) connect_job(b, finish_job, &j);
    if (!r && !connect_failed(b) && !one_delay(b) && on_events(b)) r = connect_late(b);
    finish_free(&j);
    b->ps->built = true;
    return r || connect_failed(b) ? -1 : 0;
}
