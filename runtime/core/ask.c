// SPDX-License-Identifier: MIT
// Asking ahead. The entries of the rows that are delivered first in a step are asked for at the end of the step before; in a delivery of one
// class the next rows are on their way, in one of several the entries of the class after the next and the bounds of classes after that.
// Measured: a quarter of the loop of networks with 4000 neurons, and more where delays differ. Bounds alone, asked for as soon as a population has its spikes, gain nothing.
//
// As many entries are asked for as a row has on average: a loop to the row's own end would be foreseen wrongly at most rows, and then wait for the bounds.
#include "core/ask.h"
#include "core/event.h"

enum { FETCH = 128 };                            // entries that are asked for at most: a processor foresees the others
enum { LINE = 64, LINE_ENTRIES = LINE / sizeof(uint32_t) };

static bool asks(const SnnInst *in, int64_t i) {
    const SnnProj *p = &in->net->projs[i];
    const ProjState *ps = &in->proj[i];
    return MEM_ASKS && p->layout == LAYOUT_SPARSE && p->deliver && !ps->queued && !ps->bundle && !ps->procedural && !events_own(in, p->tgt);
}
static int64_t reach(const SnnInst *in, const ProjState *ps) {
    int64_t most = 0;
    for (int m = 0; m < in->members; m++) {
        const SnnBlock *b = &ps->block[m];
        int64_t pieces = (b->src_hi - b->src_lo) * ps->nclass, length = pieces > 0 ? b->nsyn / pieces + 1 : 0;
        if (length > most) most = length;
    }
    return most < FETCH ? most : FETCH;
}
int ask_open(SnnInst *in, SnnError *err) {
    for (int64_t i = 0; i < in->net->nprojs; i++) in->proj[i].reach = reach(in, &in->proj[i]);
    for (int64_t p = 0; p < in->net->npops; p++) {
        PopState *ps = &in->pop[p];
        if (!(ps->ask = mem_alloc((size_t)in->net->nprojs * sizeof *ps->ask))) return port_error(err, 3, "not enough memory for network %s", in->net->name);
        for (int64_t i = 0; i < in->net->nprojs; i++)
            if (in->net->projs[i].src == p && asks(in, i)) ps->ask[ps->nask++] = i;
    }
    return 0;
}
void ask_close(SnnInst *in) {
    for (int64_t p = 0; p < in->net->npops; p++) mem_free(in->pop[p].ask, (size_t)in->net->nprojs * sizeof(int64_t));
}

void ask_rows(const SnnInst *in, int64_t proj, const SnnBlock *b, const uint32_t *source, int64_t n, int64_t class) {
    size_t bytes = in->real_bytes, most = (size_t)in->proj[proj].reach;
    int64_t fields = in->net->projs[proj].nfields;
    for (int64_t i = 0; i < n; i++) {
        size_t first = b->row[((int64_t)source[i] - b->src_lo) * b->nclass + class];
        for (size_t e = 0; e < most + LINE_ENTRIES - 1; e += LINE_ENTRIES) mem_ask(b->col + first + e);
        for (int64_t f = 0; f < fields; f++)
            for (size_t e = 0; e < most * bytes + LINE - bytes; e += LINE) mem_ask((const char *)b->S[f] + first * bytes + e);
    }
}
static void ask_list(const SnnInst *in, int64_t proj, const SnnBlock *b, const SpikeList *list, int64_t class) {
    if (!b->nsyn) return;
    const uint32_t *s;
    int64_t n = inst_clip(list, b->src_lo, b->src_hi, &s);
    ask_rows(in, proj, b, s, b->nclass > 1 || n < ASK_ROWS ? n : ASK_ROWS, class);
}
static void ask_bounds(const SnnBlock *b, const SpikeList *list, int64_t class) {
    const uint32_t *s;
    int64_t n = inst_clip(list, b->src_lo, b->src_hi, &s);
    for (int64_t i = 0; i < n; i++) mem_ask(b->row + ((int64_t)s[i] - b->src_lo) * b->nclass + class);
}

void ask_class(const SnnInst *in, int64_t proj, const SnnBlock *b, int64_t step, int64_t class, bool bounds) {
    const SnnProj *p = &in->net->projs[proj];
    const SpikeList *list = inst_list(in, p->src, step - 1 - in->proj[proj].delay[class], p->port, 0);
    for (int k = 0; MEM_ASKS && k < in->threads; k++)
        if (bounds) ask_bounds(b, &list[k], class);
        else ask_list(in, proj, b, &list[k], class);
}

// Lists that other threads may still write are not known when a step ends, but at the next barrier.
static void ask_lists(const SnnInst *in, int m, int64_t proj, int64_t step, int what, int64_t known) {
    const SnnProj *p = &in->net->projs[proj];
    const ProjState *ps = &in->proj[proj];
    int64_t class = ps->nclass - 1, found = step - 1 - ps->delay[class];
    const SpikeList *list = inst_list(in, p->src, found, p->port, 0);
    int thread = m / in->share;
    for (int k = 0; k < in->threads; k++)
        if (what == ASK_ALL || (found < known || k == thread) == (what == ASK_KNOWN)) ask_list(in, proj, &ps->block[m], &list[k], class);
}
void ask_projection(const SnnInst *in, int m, int64_t proj, int64_t step, int what, int64_t known) {
    if (asks(in, proj)) ask_lists(in, m, proj, step, what, known);
}
void ask_first(const SnnInst *in, int m, int64_t step, int what, int64_t known) {
    for (int64_t q = 0; q < in->net->npops; q++)
        for (int64_t i = 0; i < in->pop[q].nask; i++) ask_lists(in, m, in->pop[q].ask[i], step, what, known);
}
