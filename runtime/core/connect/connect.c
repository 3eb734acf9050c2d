// SPDX-License-Identifier: MIT
// The projections of a network, one after the other: pick the rule, let rows.c or columns.c place the synapses, finish.c do the rest.
#include "core/bundle.h"
#include "core/connect/connect.h"
#include "core/connect/procedural.h"
#include "core/queue.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const SnnConnRule *const rules[] = {
#define RULE(name, arguments) &snn__connect_##name,
#include "snn_rules.def"
#undef RULE
};

bool row_need(Row *r, int64_t more) {
    if (r->n + more <= r->cap) return true;
    int64_t cap = r->cap * 2 > r->n + more ? r->cap * 2 : r->n + more + 64;
    uint32_t *at = r->failed ? NULL : realloc(r->at, (size_t)cap * sizeof *at);
    if (!at) { r->failed = true; return false; }
    r->at = at;
    r->cap = cap;
    return true;
}
void row_free(Row *r) { free(r->at); *r = (Row){0}; }

static void sort_small(uint32_t *a, int64_t n) {
    for (int64_t i = 1; i < n; i++) {
        uint32_t x = a[i];
        int64_t k = i;
        for (; k > 0 && a[k - 1] > x; k--) a[k] = a[k - 1];
        a[k] = x;
    }
}
static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}
// Bytes of the numbers that differ are sorted by, lowest first, with counting.
static void sort_radix(uint32_t *a, uint32_t *b, int64_t n, uint32_t differ) {
    uint32_t *from = a, *to = b;
    for (int shift = 0; shift < 32; shift += 8) {
        if (!(differ >> shift & 255)) continue;
        int64_t start[256] = {0}, sum = 0;
        for (int64_t i = 0; i < n; i++) start[from[i] >> shift & 255]++;
        for (int k = 0; k < 256; k++) { int64_t c = start[k]; start[k] = sum; sum += c; }
        for (int64_t i = 0; i < n; i++) to[start[from[i] >> shift & 255]++] = from[i];
        uint32_t *t = from; from = to; to = t;
    }
    if (from != a) memcpy(a, from, (size_t)n * sizeof *a);
}
void row_sort(Row *r, uint32_t *scratch) {
    if (r->n <= 32) { sort_small(r->at, r->n); return; }
    uint32_t differ = 0;
    for (int64_t i = 1; i < r->n; i++) differ |= r->at[i] ^ r->at[0];
    uint32_t *b = scratch ? scratch : malloc((size_t)r->n * sizeof *b);
    if (b) sort_radix(r->at, b, r->n, differ);
    else qsort(r->at, (size_t)r->n, sizeof *r->at, ascending);
    if (!scratch) free(b);
}

void connect_job(Build *b, void (*job)(void *, int), void *arg) { inst_job(b->in, job, arg); }
bool connect_failed(const Build *b) {
    if (port_interrupted() && !atomic_load(&b->in->failed)) inst_fail(b->in, 3, "interrupted while %s was connected", b->p->path);
    return atomic_load(&b->in->failed);
}

// Blocks: the part of the target slice that each member owns.
static int make_blocks(Build *b) {
    SnnInst *in = b->in;
    const SnnProj *p = b->p;
    b->ps->block = mem_alloc((size_t)in->members * sizeof(SnnBlock));
    if (!b->ps->block) return port_error(b->err, 3, "not enough memory for the connections %s", p->path);
    for (int m = 0; m < in->members; m++) {
        SnnBlock *k = &b->ps->block[m];
        const int64_t *cut = in->pop[p->tgt].cut;
        k->tgt_lo = cut[m] > p->tgt_lo ? cut[m] : p->tgt_lo;
        k->tgt_hi = cut[m + 1] < p->tgt_hi ? cut[m + 1] : p->tgt_hi;
        if (k->tgt_hi < k->tgt_lo) k->tgt_hi = k->tgt_lo;
        k->src_lo = p->src_lo;
        k->src_hi = p->src_hi;
        k->nclass = 1;
        int64_t width = k->tgt_hi - k->tgt_lo;
        if (p->layout == LAYOUT_DENSE) k->nsyn = b->nsrc * width;
        if (p->layout == LAYOUT_ONE_TO_ONE) {
            k->src_lo = p->src_lo + (k->tgt_lo - p->tgt_lo);
            k->src_hi = k->src_lo + width;
            k->tgt_base = k->tgt_lo;
            k->nsyn = width;
        }
    }
    return 0;
}

static int check_arguments(Build *b) {
    for (int64_t a = 0; a < b->p->nargs && a < 4; a++) {
        b->arg[a] = b->in->K[b->p->arg_slot[a]];
        if (!isfinite(b->arg[a]) || b->arg[a] < 0)
            return port_error(b->err, 3, "%s: argument %lld of %s is %g", b->p->path, (long long)a + 1, b->rule->name, b->arg[a]);
    }
    if (b->p->layout == LAYOUT_ONE_TO_ONE && b->nsrc != b->ntgt)
        return port_error(b->err, 3, "%s: one_to_one needs as many sources as targets, but there are %lld and %lld", b->p->path, (long long)b->nsrc, (long long)b->ntgt);
    return 0;
}

static Build build_of(SnnInst *in, int64_t i, SnnError *err) {
    const SnnProj *p = &in->net->projs[i];
    return (Build){ .in = in, .p = p, .ps = &in->proj[i], .rule = rules[p->rule], .err = err, .source = &in->net->pops[p->src], .target = &in->net->pops[p->tgt],
                    .nsrc = p->src_hi - p->src_lo, .ntgt = p->tgt_hi - p->tgt_lo, .same = p->src == p->tgt, .seed = in->ctx.seed, .stream = (uint32_t)p->stream };
}

// Refuses at once what cannot fit, before any of it is drawn.
static int check_memory(Build *b) {
    const SnnProj *p = b->p;
    double n = p->layout == LAYOUT_DENSE ? (double)b->nsrc * (double)b->ntgt : p->pair_prob || !b->rule->expected ? 0 : b->rule->expected(b);
    double each = (double)b->in->real_bytes * (double)p->nfields + (p->layout == LAYOUT_SPARSE ? (p->post ? 12 : 4) : 0);
    double need = n * each, room = (double)mem_room();
    if (need < 1e8 || need <= room) return 0;
    return port_error(b->err, 3, "not enough memory: the %.3g connections of %s need %.1f GB, but only %.1f GB are free", n, p->path, need * 1e-9, room * 1e-9);
}
static int place(Build *b) {
    if (b->p->procedural) return b->rule->prepare && b->rule->prepare(b, b->err) ? -1 : procedural_new(b);
    if (check_memory(b)) return -1;
    if (b->p->layout != LAYOUT_SPARSE) return connect_finish(b);
    if (b->rule->prepare && b->rule->prepare(b, b->err)) return -1;
    int r = b->rule->kind == CONN_ROWS ? connect_rows(b) : connect_columns(b);
    return r ? r : connect_finish(b);
}
double connect_expected(SnnInst *in, int64_t i) {
    Build b = build_of(in, i, NULL);
    for (int64_t a = 0; a < b.p->nargs && a < 4; a++) b.arg[a] = in->K[b.p->arg_slot[a]];
    return b.rule->expected && !b.p->pair_prob ? b.rule->expected(&b) : 0;
}
bool connect_makes_rows(const SnnInst *in, int64_t i) {
    const SnnProj *p = &in->net->projs[i];
    const SnnConnRule *rule = rules[p->rule];
    return p->layout == LAYOUT_SPARSE && !p->procedural && !p->pair_prob && rule->kind == CONN_ROWS && rule->expected && !rule->values;
}
int connect_begin(Build *b, SnnInst *in, int64_t i, SnnError *err) {
    *b = build_of(in, i, err);
    if (b->nsrc < 0 || b->ntgt < 0) return port_error(err, 3, "%s: slice with its end before its begin", b->p->path);
    return check_arguments(b) || (!b->ps->block && make_blocks(b)) ? -1 : 0;
}
int connect_all(SnnInst *in, SnnError *err) {
    for (int64_t i = 0; i < in->net->nprojs; i++) {
        Build b;
        SnnBundle *bundle = in->proj[i].bundle;
        if (bundle && bundle->proj[0] != i) continue;
        int r = connect_begin(&b, in, i, err);
        if (!r) r = bundle ? bundle_connect(in, bundle, err) : place(&b);
        if (!bundle && b.rule->release && !b.ps->procedural) b.rule->release(&b);
        if (connect_failed(&b)) r = port_error(err, in->error.code, "%s", in->error.text);
        if (r) return -1;
        if (!bundle && connect_levels(in, i, err)) return -1;
    }
    if (in->rounded) port_warn("delays are rounded to whole steps of %.15g ms (%s)", in->dt, in->rounded->path);   // alike in all runs of a sweep, so said once
    return 0;
}

int connect_rows_again(SnnInst *in, int64_t i, SnnError *err) {
    Build b = build_of(in, i, err);
    if (check_arguments(&b)) return -1;
    int r = b.p->layout == LAYOUT_SPARSE && b.rule->prepare ? b.rule->prepare(&b, err) : 0;
    if (!r && connect_again(&b)) r = port_error(err, in->error.code, "%s", in->error.text);
    if (b.rule->release) b.rule->release(&b);
    return r ? r : connect_levels(in, i, err);
}

void connect_free(SnnInst *in) {
    queue_free(in);
    for (int64_t i = 0; i < in->net->nprojs; i++) {
        const SnnProj *p = &in->net->projs[i];
        ProjState *ps = &in->proj[i];
        for (int m = 0; ps->block && m < in->members; m++) {
            SnnBlock *b = &ps->block[m];
            size_t nsyn = (size_t)b->nsyn;
            mem_free((void *)(uintptr_t)b->row, ((size_t)(p->src_hi - p->src_lo) * (size_t)b->nclass + 1) * sizeof(uint32_t));
            mem_free((void *)(uintptr_t)b->col, nsyn * sizeof(uint32_t));
            mem_free((void *)(uintptr_t)b->colptr, (size_t)(b->tgt_hi - b->tgt_lo + 1) * sizeof(uint32_t));
            mem_free((void *)(uintptr_t)b->colsyn, nsyn * sizeof(uint32_t));
            mem_free((void *)(uintptr_t)b->colsrc, nsyn * sizeof(uint32_t));
            for (int64_t k = 0; b->S && k < p->nfields; k++) mem_free(b->S[k], nsyn * in->real_bytes);
            mem_free(b->S, (size_t)(p->nfields + 1) * sizeof *b->S);
        }
        late_free(in, ps);
        procedural_free(in, i);
        free(ps->level);
        mem_free(ps->block, (size_t)in->members * sizeof *ps->block);
        mem_free(ps->delay, (size_t)ps->nclass * sizeof *ps->delay);
    }
}
