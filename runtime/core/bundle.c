// SPDX-License-Identifier: MIT
// Bundles in time: pieces are noted when a source has spiked, asked for while others are delivered, and delivered.
#include "core/bundle.h"
#include <stdlib.h>
#include <string.h>

enum { LINE = 64, AHEAD = 1024, CALL = 8, ROWS_AHEAD = 4, HEAD = 4 };         // bytes; entries that are on their way; pieces, rows at a time; lines of a row's head

int bundle_open(SnnInst *in, SnnError *err) {
    for (int64_t k = 0; k < in->nbundles; k++) {
        SnnBundle *b = &in->bundle[k];
        int64_t slots = 2;
        while (slots < b->max_delay + 1) slots *= 2;
        b->mask = slots - 1;
        for (int m = 0; m < in->members; m++)
            if (!(b->part[m].slot = mem_alloc((size_t)slots * sizeof(PieceList)))) return port_error(err, 3, "not enough memory for what is under way in %s", in->net->name);
    }
    return 0;
}

static bool list_room(PieceList *l) {
    int64_t cap = l->cap ? l->cap * 2 : 64;
    SnnPiece *at = mem_resize(l->at, (size_t)l->cap * sizeof *at, (size_t)cap * sizeof *at);
    if (!at) return false;
    l->at = at;
    l->cap = cap;
    return true;
}
// Notes the pieces of a spike that was found in step `found`, from those on that arrive in step `first`.
static void expand(SnnInst *in, SnnBundle *b, int m, uint32_t source, int64_t found, int64_t first) {
    BundlePart *part = &b->part[m];
    const BundleRow *r = part->row[source - b->src_lo];
    if (!r) return;
    const char *at = bundle_entries(r);
    for (int64_t k = 0; k < r->n; k++) {
        const BundlePiece *p = &r->piece[k];
        int64_t due = found + 1 + p->delay;
        PieceList *l = &part->slot[due & b->mask];
        if (due >= first) {
            if (l->n == l->cap && !list_room(l)) {
                inst_fail(in, 3, "not enough memory for what is under way in %s", in->net->projs[b->proj[0]].path);
                return;
            }
            l->at[l->n++] = (SnnPiece){ at, p->n, (uint32_t)p->region << BUNDLE_REGION };
        }
        at += bundle_piece_bytes(in, b, p->n);
    }
}
static bool inside(const SnnBundle *b, uint32_t source) { return (int64_t)source >= b->src_lo && (int64_t)source < b->src_hi; }
// Rows lie anywhere: the table of rows is asked for first, then the rows' heads.
static void ask_row(const SnnBundle *b, int m, const SpikeList *l, int64_t s, bool head) {
    if (s < 0 || s >= l->n || !inside(b, l->at[s])) return;
    BundleRow *const *row = &b->part[m].row[l->at[s] - b->src_lo];
    if (!head) mem_ask(row);
    for (int k = 0; head && *row && k < HEAD; k++) mem_ask((const char *)*row + k * LINE);
}
static void ask(const SnnBundle *b, int m, const SpikeList *l, int64_t s) {
    ask_row(b, m, l, s + 2 * ROWS_AHEAD, false);
    ask_row(b, m, l, s + ROWS_AHEAD, true);
}
static void expand_step(SnnInst *in, SnnBundle *b, int m, int64_t found, int64_t first) {
    const SnnProj *p = &in->net->projs[b->proj[0]];
    const SpikeList *list = inst_list(in, p->src, found, p->port, 0);
    for (int t = 0; t < in->threads; t++) {
        for (int64_t s = -2 * ROWS_AHEAD; s < 0; s++) ask(b, m, &list[t], s);
        for (int64_t s = 0; s < list[t].n; s++) {
            ask(b, m, &list[t], s);
            if (inside(b, list[t].at[s])) expand(in, b, m, list[t].at[s], found, first);
        }
    }
}
void bundle_expand(SnnInst *in, int m, int64_t k) {
    for (int64_t i = 0; i < in->nbundles; i++) expand_step(in, &in->bundle[i], m, k - 1, k);
}

// Deliveries are few pieces at a time, while the entries of pieces further on are on their way.
void bundle_deliver(SnnInst *in, const SnnBundle *b, int m, SnnCtx *c, int64_t *events) {
    const SnnProj *p = &in->net->projs[b->proj[0]];
    PieceList *l = &b->part[m].slot[c->step & b->mask];
    int64_t tgt_lo = -bundle_axis(in, b, 0), asked = 0, entries = 0, sum = 0, each = b->nfields * (int64_t)in->real_bytes + (int64_t)sizeof(uint16_t);
    for (int64_t i = 0; i < l->n; i += CALL) {
        int64_t to = i + CALL < l->n ? i + CALL : l->n;
        for (; asked < l->n && (asked < to || entries - sum < AHEAD); asked++) {
            const char *at = l->at[asked].at, *end = at + l->at[asked].n * each;
            for (const char *line = at - ((uintptr_t)at & (LINE - 1)); line < end; line += LINE) mem_ask(line);
            entries += l->at[asked].n;
        }
        p->pieces(c, tgt_lo, l->at + i, to - i);
        for (int64_t x = i; x < to; x++) sum += l->at[x].n;
    }
    *events += sum;
    l->n = 0;
}

void bundles_again(SnnInst *in, int m) {
    for (int64_t i = 0; i < in->nbundles; i++) {
        SnnBundle *b = &in->bundle[i];
        for (int64_t s = 0; s <= b->mask; s++) b->part[m].slot[s].n = 0;
        for (int64_t d = b->max_delay; d >= 1; d--) expand_step(in, b, m, in->step - 1 - d, in->step);
    }
}

// ---- one projection's entries ----------------------------------------------------------------------------------------------------------

static void walk_source(BundleWalk *w) {
    for (int m = 0; m < w->in->members; m++) {
        const BundleRow *r = w->source < w->b->src_hi ? w->b->part[m].row[w->source - w->b->src_lo] : NULL;
        w->cursor[m] = (BundleCursor){ 0, r ? bundle_entries(r) : NULL };
    }
    w->delay = -1;
    w->member = w->in->members;
}
int bundle_walk(const SnnInst *in, int64_t proj, BundleWalk *w) {
    *w = (BundleWalk){ .in = in, .b = in->proj[proj].bundle, .source = in->proj[proj].bundle->src_lo };
    while (w->b->proj[w->proj] != proj) w->proj++;
    if (!(w->cursor = malloc((size_t)in->members * sizeof *w->cursor))) return -1;
    walk_source(w);
    return 0;
}
void bundle_walk_end(BundleWalk *w) { free(w->cursor); }

// The next delay of the source's row, in any part.
static bool walk_delay(BundleWalk *w) {
    int64_t least = INT64_MAX;
    for (int m = 0; m < w->in->members; m++) {
        const BundleRow *r = w->cursor[m].at ? w->b->part[m].row[w->source - w->b->src_lo] : NULL;
        if (r && w->cursor[m].piece < r->n && r->piece[w->cursor[m].piece].delay < least) least = r->piece[w->cursor[m].piece].delay;
    }
    w->delay = least;
    w->member = 0;
    return least != INT64_MAX;
}
// The next piece with the running delay.
static bool walk_piece(BundleWalk *w) {
    for (; w->member < w->in->members; w->member++) {
        BundleCursor *c = &w->cursor[w->member];
        const BundleRow *r = c->at ? w->b->part[w->member].row[w->source - w->b->src_lo] : NULL;
        if (!r || c->piece >= r->n || r->piece[c->piece].delay != w->delay) continue;
        const BundlePiece *p = &r->piece[c->piece++];
        w->at = c->at;
        w->entry = -1;
        w->end = p->n;
        w->lo = (int64_t)p->region << BUNDLE_REGION;
        c->at += bundle_piece_bytes(w->in, w->b, p->n);
        return true;
    }
    return false;
}
bool bundle_next(BundleWalk *w) {
    int64_t begin = bundle_axis(w->in, w->b, w->proj), width = w->in->net->pops[w->in->net->projs[w->b->proj[w->proj]].tgt].n;
    for (;;) {
        while (++w->entry < w->end) {
            const uint16_t *tgt = (const uint16_t *)(const void *)(w->at + (size_t)w->end * (size_t)w->b->nfields * w->in->real_bytes);
            int64_t j = w->lo + tgt[w->entry] - begin;
            if (j < 0 || j >= width) continue;
            w->target = (uint32_t)j;
            return true;
        }
        while (!walk_piece(w))
            while (!walk_delay(w)) {
                if (w->source >= w->b->src_hi || ++w->source >= w->b->src_hi) return false;
                walk_source(w);
            }
    }
}
void *bundle_field(const BundleWalk *w, int64_t k) { return w->at + (size_t)w->end * (size_t)k * w->in->real_bytes; }
