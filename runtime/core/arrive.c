// SPDX-License-Identifier: MIT
// Arrivals: the spikes whose delay is over, row by row. Where one member owns all neurons, what a step would look up again for each projection stands in a list
// (SnnInst.way), made at the begin of a run: networks of a few thousand neurons have one or two spikes a step, and finding them cost as much as delivering them.
#include "core/arrive.h"
#include "core/ask.h"
#include "core/bundle.h"
#include "core/connect/procedural.h"
#include "core/event.h"
#include "core/queue.h"

static void count_events(Member *w, const SnnProj *p, const SnnBlock *b, const uint32_t *s, int64_t n, int64_t class) {
    int64_t sum = 0;
    if (p->layout == LAYOUT_SPARSE)
        for (int64_t i = 0; i < n; i++) {
            const uint32_t *row = b->row + ((int64_t)s[i] - b->src_lo) * b->nclass + class;
            sum += row[1] - row[0];
        }
    else sum = p->layout == LAYOUT_DENSE ? n * (b->tgt_hi - b->tgt_lo) : n;
    w->events += sum;
    if (p->post) w->plastic += sum;
}

// With one class: some rows at a time, while the next are on their way.
static void deliver_rows(const SnnInst *in, Member *w, int64_t i, const SnnBlock *b, const uint32_t *s, int64_t n) {
    const SnnProj *p = &in->net->projs[i];
    for (; MEM_ASKS && n > ASK_ROWS; s += ASK_ROWS, n -= ASK_ROWS) {
        ask_rows(in, i, b, s + ASK_ROWS, n < 2 * ASK_ROWS ? n - ASK_ROWS : ASK_ROWS, 0);
        p->deliver(&w->ctx, b, s, ASK_ROWS, 0);
    }
    p->deliver(&w->ctx, b, s, n, 0);
}

void arrive(SnnInst *in, Member *w, int m, int64_t i) {
    const SnnProj *p = &in->net->projs[i];
    const ProjState *ps = &in->proj[i];
    const SnnBlock *b = &ps->block[m];
    if (!p->deliver) return;
    if (ps->bundle) {
        if (ps->bundle->proj[0] == i) bundle_deliver(in, ps->bundle, m, &w->ctx, &w->events);
        return;
    }
    if (ps->procedural && !ps->queued) { procedural_deliver(in, i, m, &w->ctx, &w->events); return; }
    if (!b->nsyn && !ps->procedural) return;
    if (ps->queued) { queue_deliver(in, i, m, &w->ctx, &w->events); return; }
    bool sparse = p->layout == LAYOUT_SPARSE;
    for (int64_t c = 2; sparse && c <= ASK_BOUNDS && c <= ps->nclass; c++) ask_class(in, i, b, w->ctx.step, ps->nclass - c, true);
    for (int64_t c = 2; sparse && c <= ASK_CLASSES && c <= ps->nclass; c++) ask_class(in, i, b, w->ctx.step, ps->nclass - c, false);
    for (int64_t class = ps->nclass - 1; class >= 0; class--) {
        const SpikeList *list = inst_list(in, p->src, w->ctx.step - 1 - ps->delay[class], p->port, 0);
        if (sparse && class >= ASK_BOUNDS) ask_class(in, i, b, w->ctx.step, class - ASK_BOUNDS, true);
        if (sparse && class >= ASK_CLASSES) ask_class(in, i, b, w->ctx.step, class - ASK_CLASSES, false);
        for (int k = 0; k < in->threads; k++) {
            const uint32_t *s;
            int64_t n = inst_clip(&list[k], b->src_lo, b->src_hi, &s);
            if (!n) continue;
            count_events(w, p, b, s, n, class);
            if (sparse && ps->nclass == 1) deliver_rows(in, w, i, b, s, n);
            else p->deliver(&w->ctx, b, s, n, class);
        }
    }
}

// ---- one member ----
// A projection whose spikes are those of one list: rows of one class.
typedef struct Way {
    int64_t proj;
    const SnnBlock *block;
    const SpikeList *list; int64_t mask, stride, delay;      // spikes that arrive in step k: list[(k - 1 - delay & mask) * stride]
    bool direct, whole;                                      // else it is delivered by arrive(); all neurons of the population are sources
} Way;

int arrive_open(SnnInst *in, SnnError *err) {
    if (in->members > 1 || in->events32) return 0;
    in->way = mem_alloc((size_t)(in->net->nprojs + 1) * sizeof *in->way);
    return in->way ? 0 : port_error(err, 3, "not enough memory for network %s", in->net->name);
}
void arrive_close(SnnInst *in) { mem_free(in->way, (size_t)(in->net->nprojs + 1) * sizeof *in->way); }

static Way way_of(const SnnInst *in, int64_t i) {
    const SnnProj *p = &in->net->projs[i];
    const ProjState *ps = &in->proj[i];
    const PopState *src = &in->pop[p->src];
    int64_t ports = in->net->pops[p->src].nports;
    Way w = { .proj = i, .block = &ps->block[0] };
    w.direct = p->layout == LAYOUT_SPARSE && ps->nclass == 1 && !ps->bundle && !ps->procedural && !ps->queued;
    if (!w.direct) return w;
    w.list = src->list + p->port;
    w.mask = src->mask;
    w.stride = ports;
    w.delay = ps->delay[0];
    w.whole = w.block->src_lo <= 0 && w.block->src_hi >= in->net->pops[p->src].n;
    return w;
}
void arrive_begin(SnnInst *in) {
    in->nways = 0;
    for (int64_t i = 0; in->way && i < in->net->nprojs; i++) {
        const SnnProj *p = &in->net->projs[i];
        if (!p->deliver || events_own(in, p->tgt)) continue;
        Way w = way_of(in, i);
        if (!w.direct || w.block->nsyn) in->way[in->nways++] = w;
    }
}

static int64_t way_spikes(const Way *w, int64_t step, const uint32_t **s) {
    const SpikeList *l = &w->list[((step - 1 - w->delay) & w->mask) * w->stride];
    *s = l->at;
    return !l->n || w->whole ? l->n : inst_clip(l, w->block->src_lo, w->block->src_hi, s);
}
void arrive_ways(SnnInst *in, Member *m) {
    for (const Way *w = in->way, *end = w + in->nways; w < end; w++) {
        if (!w->direct) { arrive(in, m, 0, w->proj); continue; }
        const uint32_t *s;
        int64_t n = way_spikes(w, m->ctx.step, &s);
        if (!n) continue;
        count_events(m, &in->net->projs[w->proj], w->block, s, n, 0);
        deliver_rows(in, m, w->proj, w->block, s, n);
    }
}
void arrive_ask(const SnnInst *in, int64_t step) {
    for (const Way *w = in->way, *end = w + in->nways; MEM_ASKS && w < end; w++) {
        if (!w->direct) { ask_projection(in, 0, w->proj, step, ASK_ALL, 0); continue; }
        const uint32_t *s;
        int64_t n = way_spikes(w, step, &s);
        if (n) ask_rows(in, w->proj, w->block, s, n < ASK_ROWS ? n : ASK_ROWS, 0);
    }
}
