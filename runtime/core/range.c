// SPDX-License-Identifier: MIT
// Values that only running decides (a sweep, `--set`, a draw for each neuron, an expression of other parameters) are held to the ranges that parameters
// state. A range from DBL_MIN to infinity means "positive": time constants and capacitances.
#include "core/inst.h"
#include "core/value.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { WHERE = 160 };

static int outside(SnnError *err, const char *name, const char *where, double v, double lo, double hi, const char *units, const char *help) {
    const char *unit = strcmp(units, "1") ? units : "", *gap = *unit ? " " : "";
    if (lo == DBL_MIN && isinf(hi)) return port_error(err, 3, "%s%s must be positive, but it is %.15g%s%s%s", name, where, v, gap, unit, help);
    return port_error(err, 3, "%s%s is outside its range of %.15g to %.15g%s%s: it is %.15g%s", name, where, lo, hi, gap, unit, v, help);
}

int range_params(const SnnInst *in, SnnError *err) {
    for (int64_t i = 0; i < in->net->nparams; i++) {
        const SnnParam *p = &in->net->params[i];
        double v = in->K[p->slot];
        if (p->ranged && !(v >= p->lo && v <= p->hi)) return outside(err, p->path, "", v, p->lo, p->hi, p->unit, "");
    }
    return 0;
}

// A rule with a rate fires at most once a step: of a mean of m events in a step, 1 - exp(-m) are left.
enum { EVENTS_TOLD = 10 };      // percent of a step's chance from which on that is said
void range_rates(const SnnInst *in) {
    for (int64_t i = 0; i < in->net->npops; i++) {
        const SnnPop *p = &in->net->pops[i];
        double chance = p->chance_slot ? in->K[p->chance_slot - 1] : 0, mean = -log1p(-chance);
        if (!(mean > 0.01 * EVENTS_TOLD) || isinf(mean)) continue;
        port_warn("%s: at most one spike a step, so of %.6g Hz in steps of %.6g ms %.1f %% are missing; take a smaller dt, several slower sources, or count arrivals by poisson(rate*dt)",
                  p->path, 1000 * mean / in->dt, in->dt, 100 * (1 - chance / mean));
    }
}

// Single precision and fixed point round what lies at an end of the range; that much is not held against it.
static int64_t first_outside(const SnnInst *in, const SnnField *f, const void *at, int64_t lo, int64_t hi) {
    double slack = f->fixed ? 1 / f->fixed_scale : 0, low = f->lo - slack, high = f->hi + slack;
    if (in->real_bits == 32 && !f->fixed) {
        low -= fabs(low) * 1e-6;
        high += fabs(high) * 1e-6;
    }
    for (int64_t i = lo; i < hi; i++) {
        double v = value_get(in, f, at, i);
        if (!(v >= low && v <= high)) return i;
    }
    return -1;
}

static const char *advice(const SnnField *f) {
    return f->lo == DBL_MIN && isinf(f->hi) ? " (drawn values are cut off by 'in', as in normal(10 ms, 5 ms) in 1 ms..30 ms)" : "";
}

int range_field(const SnnInst *in, int64_t field, int64_t lo, int64_t hi, SnnError *err) {
    const SnnField *f = &in->net->fields[field];
    if (!f->ranged || f->owner_kind) return 0;
    int64_t i = first_outside(in, f, in->F[field], lo, hi);
    if (i < 0) return 0;
    char name[WHERE], where[WHERE];
    snprintf(name, sizeof name, "%s.%s", in->net->pops[f->owner].path, f->name);
    snprintf(where, sizeof where, " of neuron %lld", (long long)i);
    return outside(err, name, where, value_get(in, f, in->F[field], i), f->lo, f->hi, f->unit, advice(f));
}
int range_neurons(const SnnInst *in, SnnError *err) {
    for (int64_t f = 0; f < in->net->nfields; f++)
        if (!in->net->fields[f].owner_kind && range_field(in, f, 0, in->net->pops[in->net->fields[f].owner].n, err)) return -1;
    return 0;
}

static void synapse_ends(const SnnProj *p, const SnnBlock *b, int64_t e, int64_t *src, int64_t *tgt) {
    int64_t width = b->tgt_hi - b->tgt_lo, row = 0;
    if (p->layout == LAYOUT_SPARSE) {
        while ((int64_t)b->row[(row + 1) * b->nclass] <= e) row++;
        *src = b->src_lo + row;
        *tgt = b->tgt_lo + b->col[e];
    } else if (p->layout == LAYOUT_DENSE) {
        *src = b->src_lo + e / width;
        *tgt = b->tgt_lo + e % width;
    } else {
        *src = b->src_lo + e;
        *tgt = b->tgt_base + e;
    }
}

static int range_block(const SnnInst *in, const SnnProj *p, const SnnBlock *b, int64_t k, SnnError *err) {
    const SnnField *f = &in->net->fields[p->fields[k]];
    int64_t e = b->nsyn && b->S ? first_outside(in, f, b->S[k], 0, b->nsyn) : -1, src, tgt;
    if (e < 0) return 0;
    char name[WHERE], where[WHERE];
    synapse_ends(p, b, e, &src, &tgt);
    snprintf(name, sizeof name, "%s of %s", f->name, p->path);
    snprintf(where, sizeof where, ", from neuron %lld to %lld,", (long long)src, (long long)tgt);
    return outside(err, name, where, value_get(in, f, b->S[k], e), f->lo, f->hi, f->unit, advice(f));
}
// Rows of a bundle have no place for this: what they share are weights, which have no range.
int range_synapses(const SnnInst *in, SnnError *err) {
    for (int64_t i = 0; i < in->net->nprojs; i++) {
        const SnnProj *p = &in->net->projs[i];
        for (int64_t k = 0; k < p->nfields && !in->proj[i].bundle && !p->procedural; k++)
            for (int m = 0; in->net->fields[p->fields[k]].ranged && m < in->members; m++)
                if (range_block(in, p, &in->proj[i].block[m], k, err)) return -1;
    }
    return 0;
}
