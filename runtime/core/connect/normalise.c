// SPDX-License-Identifier: MIT
// `normalise weights`: the weights onto each target neuron become as much larger or smaller as makes their sum a given number. A block holds all
// synapses of its targets in the order of sources, so the sums do not depend on the number of threads.
#include "core/bundle.h"
#include "core/inst.h"
#include "core/observe.h"
#include "core/value.h"
#include <stdlib.h>

typedef struct Sums { const SnnInst *in; const SnnField *field; const SnnBlock *block; double *of; } Sums;    // of: by target of the block

static int64_t target_of(const SnnProj *p, const SnnBlock *b, int64_t e, int64_t width) {
    return p->layout == LAYOUT_SPARSE ? b->col[e] : p->layout == LAYOUT_DENSE ? e % width : e;
}

// Rows of a dense block are contiguous: whole rows at a time.
static void dense(const Sums *s, int64_t rows, int64_t width, bool apply) {
    const SnnBlock *b = s->block;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < width; j++) {
            double w = value_get(s->in, s->field, b->S[0], r * width + j);
            if (apply) value_put(s->in, s->field, b->S[0], r * width + j, w * s->of[j]);
            else s->of[j] += w;
        }
}

static void others(const Sums *s, const SnnProj *p, int64_t width, bool apply) {
    const SnnBlock *b = s->block;
    for (int64_t e = 0; e < b->nsyn; e++) {
        double w = value_get(s->in, s->field, b->S[0], e), *sum = &s->of[target_of(p, b, e, width)];
        if (apply) value_put(s->in, s->field, b->S[0], e, w * *sum);
        else *sum += w;
    }
}

// From sums to factors; what sums to 0 stays as it is.
static void factors(double *of, int64_t n, double total) {
    for (int64_t j = 0; j < n; j++) of[j] = of[j] != 0 ? total / of[j] : 1;
}

static int block(const SnnInst *in, const SnnProj *p, const SnnBlock *b, double total) {
    int64_t width = p->layout == LAYOUT_ONE_TO_ONE ? b->nsyn : b->tgt_hi - b->tgt_lo;
    Sums s = {in, &in->net->fields[p->fields[0]], b, calloc((size_t)width + 1, sizeof(double))};
    if (!s.of) return -1;
    for (int apply = 0; apply < 2; apply++) {
        if (p->layout == LAYOUT_DENSE && width) dense(&s, b->nsyn / width, width, apply);
        else others(&s, p, width, apply);
        if (!apply) factors(s.of, width, total);
    }
    free(s.of);
    return 0;
}

// Projections that are kept in one with others: by their edges.
static int bundled(SnnInst *in, int64_t proj, double total) {
    const SnnProj *p = &in->net->projs[proj];
    int64_t n = inst_synapses(in, proj), width = p->tgt_hi - p->tgt_lo;
    uint32_t *target = malloc(((size_t)n + 1) * sizeof *target);
    double *w = malloc(((size_t)n + 1) * sizeof *w), *of = calloc((size_t)width + 1, sizeof *of);
    int rc = target && w && of ? 0 : -1;
    if (!rc) {
        inst_edges(in, proj, NULL, target, NULL);
        inst_read(in, p->fields[0], 0, n, w);
        for (int64_t e = 0; e < n; e++) of[target[e] - p->tgt_lo] += w[e];
        factors(of, width, total);
        for (int64_t e = 0; e < n; e++) w[e] *= of[target[e] - p->tgt_lo];
        inst_write(in, p->fields[0], 0, n, w);
    }
    free(target);
    free(w);
    free(of);
    return rc;
}

int connect_normalise(SnnInst *in, int64_t proj, double total, SnnError *err) {
    const SnnProj *p = &in->net->projs[proj];
    int rc = in->proj[proj].bundle ? bundled(in, proj, total) : 0;
    for (int m = 0; m < in->members && !rc && !in->proj[proj].bundle; m++) rc = block(in, p, &in->proj[proj].block[m], total);
    in->stale = true;
    return rc ? -1 : connect_levels(in, proj, err);
}
