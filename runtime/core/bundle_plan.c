// SPDX-License-Identifier: MIT
// Which projections become a bundle, and where the fields that they reach stand in memory.
//
// A projection joins the first bundle of its class for which two things hold. No projection onto the same population comes later in the bundle's order
// but earlier in the network's: so every target sees what it always saw. And the fields that both reach can stand on one axis: a line of fields, one a
// population at most.
#include "core/bundle.h"
#include "core/connect/connect.h"
#include <stdlib.h>
#include <string.h>

typedef struct Plan { SnnInst *in; int64_t least; bool *refused; int64_t *last, *line; SnnError *err; } Plan;   // by class; by population: the latest place of a projection onto it

static bool eligible(const SnnInst *in, int64_t i) {
    const SnnProj *p = &in->net->projs[i];
    return p->bundle && p->pieces && !in->net->pops[p->src].event && !in->net->pops[p->tgt].event && !in->seen && !in->levels.bits && connect_makes_rows(in, i);
}
static void unite(Plan *p, int64_t a, int64_t b) {
    for (int64_t f = 0; f < p->in->net->nfields; f++)
        if (p->line[f] == b) p->line[f] = a;
}
static bool disjoint(const Plan *p, int64_t a, int64_t b) {
    const SnnNet *net = p->in->net;
    for (int64_t f = 0; f < net->nfields; f++)
        for (int64_t g = 0; p->line[f] == a && g < net->nfields; g++)
            if (p->line[g] == b && net->fields[f].owner == net->fields[g].owner) return false;
    return true;
}
static bool align(Plan *p, const SnnProj *a, const SnnProj *b) {
    for (int64_t k = 0; k < a->nreach; k++) {
        int64_t x = p->line[a->reach[k]], y = p->line[b->reach[k]];
        if (x == y) continue;
        if (!disjoint(p, x, y)) return false;
        unite(p, x, y);
    }
    return true;
}
static int join(Plan *p, int64_t i) {
    SnnInst *in = p->in;
    const SnnProj *q = &in->net->projs[i];
    for (int64_t k = 0; k < in->nbundles; k++) {
        SnnBundle *b = &in->bundle[k];
        const SnnProj *first = &in->net->projs[b->proj[0]];
        if (first->bundle != q->bundle || p->last[q->tgt] >= b->proj[0] || !align(p, first, q)) continue;
        b->proj[b->n++] = i;
        p->last[q->tgt] = b->proj[0];
        in->proj[i].bundle = b;
        return 0;
    }
    SnnBundle *b = &in->bundle[in->nbundles++];
    *b = (SnnBundle){ .n = 1, .src_lo = q->src_lo, .src_hi = q->src_hi, .nfields = q->nfields };
    if (!(b->proj = malloc((size_t)in->net->nprojs * sizeof *b->proj))) return -1;
    b->proj[0] = i;
    p->last[q->tgt] = i;
    in->proj[i].bundle = b;
    return 0;
}
static void forget(SnnInst *in) {
    for (int64_t k = 0; k < in->nbundles; k++) free(in->bundle[k].proj);
    for (int64_t i = 0; in->nbundles && i < in->net->nprojs; i++) in->proj[i].bundle = NULL;
    in->nbundles = 0;
}

// Rows must be long enough to be worth it; else the class stays apart.
static bool worth(const Plan *p, SnnBundle *b) {
    SnnInst *in = p->in;
    int64_t lo = INT64_MAX, hi = 0;
    double length = 0;
    for (int64_t k = 0; k < b->n; k++) {
        const SnnProj *q = &in->net->projs[b->proj[k]];
        int64_t begin = in->axis[q->tgt], end = begin + in->net->pops[q->tgt].n;
        if (begin < lo) lo = begin;
        if (end > hi) hi = end;
        if (b->src_hi > b->src_lo) length += connect_expected(in, b->proj[k]) / (double)(b->src_hi - b->src_lo);
    }
    b->origin = lo;
    b->regions = ((hi - lo - 1) >> BUNDLE_REGION) + 1;
    return hi > lo && b->regions <= UINT16_MAX && length >= (double)(p->least * b->regions);
}
static int plan_once(Plan *p, bool *again) {
    SnnInst *in = p->in;
    for (int64_t f = 0; f < in->net->nfields; f++) p->line[f] = f;
    for (int64_t k = 0; k < in->net->npops; k++) p->last[k] = -1;
    for (int64_t i = 0; i < in->net->nprojs; i++) {
        const SnnProj *q = &in->net->projs[i];
        if (eligible(in, i) && !p->refused[q->bundle]) { if (join(p, i)) return -1; }
        else p->last[q->tgt] = i;
    }
    *again = false;
    for (int64_t k = 0; k < in->nbundles; k++)
        if (!worth(p, &in->bundle[k])) *again = p->refused[in->net->projs[in->bundle[k].proj[0]].bundle] = true;
    return 0;
}
int bundle_plan(SnnInst *in, int64_t least, SnnError *err) {
    const SnnNet *net = in->net;
    int64_t classes = 0, end = 0;
    for (int64_t i = 0; i < net->nprojs; i++) classes = net->projs[i].bundle > classes ? net->projs[i].bundle : classes;
    if (!classes || least < 0) return 0;
    Plan p = { in, least ? least : BUNDLE_LEAST, calloc((size_t)classes + 1, sizeof(bool)), calloc((size_t)net->npops + 1, sizeof(int64_t)), NULL, err };
    in->axis = calloc((size_t)net->npops + 1, sizeof *in->axis);
    in->line = p.line = calloc((size_t)net->nfields + 1, sizeof *p.line);
    in->bundle = calloc((size_t)net->nprojs + 1, sizeof *in->bundle);
    bool ok = p.refused && p.last && in->axis && p.line && in->bundle, again = true;
    for (int64_t k = 0; ok && k < net->npops; k++) {
        in->axis[k] = end;
        end += ((net->pops[k].n + 63) & ~INT64_C(63)) + 64;      // whole vectors may be written past the last neuron
    }
    while (ok && again) {
        forget(in);
        ok = !plan_once(&p, &again);
    }
    free(p.refused);
    free(p.last);
    return ok ? 0 : port_error(err, 3, "not enough memory for network %s", net->name);
}

// The extent of the line that field f is the first of; false: f stands alone or is not the first.
static bool extent(const SnnInst *in, int64_t f, int64_t *lo, int64_t *hi) {
    const SnnNet *net = in->net;
    int64_t n = 0;
    *lo = INT64_MAX;
    *hi = 0;
    for (int64_t g = 0; g < net->nfields; g++) {
        if (in->line[g] != in->line[f]) continue;
        if (g < f) return false;
        int64_t begin = in->axis[net->fields[g].owner], end = begin + net->pops[net->fields[g].owner].n;
        if (begin < *lo) *lo = begin;
        if (end > *hi) *hi = end;
        n++;
    }
    return n > 1;
}
int bundle_fields(SnnInst *in, SnnError *err) {
    const SnnNet *net = in->net;
    for (int64_t f = 0, lo, hi; in->nbundles && f < net->nfields; f++) {
        if (net->fields[f].owner_kind || !extent(in, f, &lo, &hi)) continue;
        char *base = mem_alloc((size_t)(hi - lo) * in->real_bytes);
        if (!base) return port_error(err, 3, "not enough memory for the neurons of %s", net->name);
        for (int64_t g = f; g < net->nfields; g++)
            if (in->line[g] == in->line[f]) in->F[g] = base + (size_t)(in->axis[net->fields[g].owner] - lo) * in->real_bytes;
    }
    return 0;
}
static void free_fields(SnnInst *in) {
    for (int64_t f = 0, lo, hi; in->nbundles && in->F && f < in->net->nfields; f++) {
        if (in->net->fields[f].owner_kind || !extent(in, f, &lo, &hi) || !in->F[f]) continue;
        char *base = (char *)in->F[f] - (size_t)(in->axis[in->net->fields[f].owner] - lo) * in->real_bytes;
        int64_t line = in->line[f];
        for (int64_t g = f; g < in->net->nfields; g++)
            if (in->line[g] == line) in->F[g] = NULL;
        mem_free(base, (size_t)(hi - lo) * in->real_bytes);
    }
}
static void free_part(SnnBundle *b, BundlePart *p) {
    mem_free(p->row, (size_t)(b->src_hi - b->src_lo) * sizeof *p->row);
    for (int64_t s = 0; p->slot && s <= b->mask; s++) mem_free(p->slot[s].at, (size_t)p->slot[s].cap * sizeof(SnnPiece));
    mem_free(p->slot, (size_t)(b->mask + 1) * sizeof *p->slot);
    free(p->nsyn);
}
void bundle_free(SnnInst *in) {
    free_fields(in);
    for (int64_t k = 0; k < in->nbundles; k++) {
        SnnBundle *b = &in->bundle[k];
        for (int m = 0; b->part && m < in->members; m++) free_part(b, &b->part[m]);
        mem_free(b->part, (size_t)in->members * sizeof *b->part);
        for (int i = 0; b->chunk && i < in->members * in->members; i++)
            for (BundleChunk *c = b->chunk[i], *next; c; c = next) {
                next = c->next;
                mem_free(c, c->bytes);
            }
        free(b->chunk);
    }
    forget(in);
    free(in->bundle);
    free(in->axis);
    free(in->line);
}
