// SPDX-License-Identifier: MIT
// Observers of a network, and reading and writing of its fields by number.
#include "core/bundle.h"
#include "core/observe.h"
#include "core/value.h"
#include <stdlib.h>
#include <string.h>

int64_t observe_spikes(SnnInst *in, int64_t pop, int64_t port, int64_t lo, int64_t hi, SnnSpikeFn *fn, void *self) {
    SpikeObserver *o = realloc(in->spike_observer, (size_t)(in->nspike_observers + 1) * sizeof *o);
    if (!o) return -1;
    in->spike_observer = o;
    o[in->nspike_observers++] = (SpikeObserver){ ++in->next_handle, pop, port, lo, hi, fn, self };
    return in->next_handle;
}
int64_t observe_samples(SnnInst *in, int64_t every, SnnSampleFn *fn, void *self) {
    SampleObserver *o = realloc(in->sample_observer, (size_t)(in->nsample_observers + 1) * sizeof *o);
    if (!o) return -1;
    in->sample_observer = o;
    o[in->nsample_observers++] = (SampleObserver){ ++in->next_handle, every > 0 ? every : 1, fn, self };
    return in->next_handle;
}
const double *observe_offset(const SnnInst *in) { return in->offset; }
void unobserve(SnnInst *in, int64_t handle) {
    int64_t n = 0;
    for (int64_t i = 0; i < in->nspike_observers; i++)
        if (in->spike_observer[i].handle != handle) in->spike_observer[n++] = in->spike_observer[i];
    in->nspike_observers = n;
    n = 0;
    for (int64_t i = 0; i < in->nsample_observers; i++)
        if (in->sample_observer[i].handle != handle) in->sample_observer[n++] = in->sample_observer[i];
    in->nsample_observers = n;
}

// Walk over the synapses of a projection in the order of source, delay class, target.
typedef struct Walk { const SnnInst *in; const SnnProj *p; const ProjState *ps; int64_t source, class; int m; int64_t entry, end; } Walk;
static Walk walk_begin(const SnnInst *in, int64_t proj) {
    const SnnProj *p = &in->net->projs[proj];
    return (Walk){ in, p, &in->proj[proj], p->src_lo, 0, -1, 0, 0 };
}
// Entries of (source, class) in the block of member m.
static void walk_range(Walk *w) {
    const SnnBlock *b = &w->ps->block[w->m];
    w->entry = w->end = 0;
    if (!b->nsyn || w->source < b->src_lo || w->source >= b->src_hi) return;
    int64_t i = w->source - b->src_lo, width = b->tgt_hi - b->tgt_lo;
    if (w->p->layout == LAYOUT_SPARSE) {
        w->entry = b->row[i * b->nclass + w->class];
        w->end = b->row[i * b->nclass + w->class + 1];
    } else if (w->p->layout == LAYOUT_DENSE) {
        w->entry = i * width;
        w->end = w->entry + width;
    } else {
        w->entry = i;
        w->end = i + 1;
    }
}
static bool walk_next(Walk *w) {
    if (w->m >= 0 && ++w->entry < w->end) return true;
    for (;;) {
        if (++w->m == w->in->members) {
            w->m = 0;
            if (++w->class == w->ps->nclass) {
                w->class = 0;
                if (++w->source >= w->p->src_hi) return false;
            }
        }
        if (w->source >= w->p->src_hi) return false;
        walk_range(w);
        if (w->entry < w->end) return true;
    }
}
static uint32_t walk_target(const Walk *w) {
    const SnnBlock *b = &w->ps->block[w->m];
    if (w->p->layout == LAYOUT_SPARSE) return (uint32_t)(b->tgt_lo + b->col[w->entry]);
    if (w->p->layout == LAYOUT_DENSE) return (uint32_t)(b->tgt_lo + w->entry - (w->source - b->src_lo) * (b->tgt_hi - b->tgt_lo));
    return (uint32_t)(w->source - b->src_lo + b->tgt_base);
}

static void bundle_edges(const SnnInst *in, int64_t proj, uint32_t *source, uint32_t *target, uint32_t *delay) {
    BundleWalk w;
    int64_t n = 0;
    for (int r = bundle_walk(in, proj, &w); !r && bundle_next(&w); n++) {
        if (source) source[n] = (uint32_t)w.source;
        if (target) target[n] = w.target;
        if (delay) delay[n] = (uint32_t)w.delay;
    }
    bundle_walk_end(&w);
}
void inst_edges(const SnnInst *in, int64_t proj, uint32_t *source, uint32_t *target, uint32_t *delay) {
    int64_t n = 0;
    if (in->proj[proj].bundle) { bundle_edges(in, proj, source, target, delay); return; }
    for (Walk w = walk_begin(in, proj); walk_next(&w); n++) {
        if (source) source[n] = (uint32_t)w.source;
        if (target) target[n] = walk_target(&w);
        if (delay) delay[n] = w.ps->delay[w.class];
    }
}
static int64_t field_position(const SnnInst *in, const SnnField *f, int64_t field) {
    const SnnProj *p = &in->net->projs[f->owner];
    int64_t k = 0;
    while (k < p->nfields && p->fields[k] != field) k++;
    return k;
}
static void whole_bundle(const SnnInst *in, const SnnField *f, int64_t k, int64_t lo, int64_t hi, double *out, const double *values) {
    BundleWalk w;
    int64_t n = 0;
    for (int r = bundle_walk(in, f->owner, &w); !r && n < hi && bundle_next(&w); n++) {
        if (n < lo) continue;
        if (out) out[n - lo] = value_get(in, f, bundle_field(&w, k), w.entry);
        else value_put(in, f, bundle_field(&w, k), w.entry, values[n - lo]);
    }
    bundle_walk_end(&w);
}
static void whole_projection(const SnnInst *in, int64_t field, int64_t lo, int64_t hi, double *out, const double *values) {
    const SnnField *f = &in->net->fields[field];
    int64_t k = field_position(in, f, field), n = 0;
    if (k == in->net->projs[f->owner].nfields) return;
    if (in->proj[f->owner].bundle) { whole_bundle(in, f, k, lo, hi, out, values); return; }
    for (Walk w = walk_begin(in, f->owner); n < hi && walk_next(&w); n++) {
        if (n < lo) continue;
        void *at = w.ps->block[w.m].S[k];
        if (out) out[n - lo] = value_get(in, f, at, w.entry);
        else value_put(in, f, at, w.entry, values[n - lo]);
    }
}
void inst_read(const SnnInst *in, int64_t field, int64_t lo, int64_t hi, double *out) {
    const SnnField *f = &in->net->fields[field];
    if (f->owner_kind) { whole_projection(in, field, lo, hi, out, NULL); return; }
    for (int64_t i = lo; i < hi; i++) out[i - lo] = value_get(in, f, in->F[field], i);
}
void inst_write(SnnInst *in, int64_t field, int64_t lo, int64_t hi, const double *values) {
    const SnnField *f = &in->net->fields[field];
    if (f->owner_kind) {
        in->stale = true;
        whole_projection(in, field, lo, hi, NULL, values);
        return;
    }
    for (int64_t i = lo; i < hi; i++) value_put(in, f, in->F[field], i, values[i - lo]);
}
int64_t inst_synapses(const SnnInst *in, int64_t proj) {
    int64_t n = 0;
    const SnnBundle *b = in->proj[proj].bundle;
    int64_t q = 0;
    while (b && b->proj[q] != proj) q++;
    for (int m = 0; m < in->members; m++) n += b ? b->part[m].nsyn[q] : in->proj[proj].block[m].nsyn;
    return n;
}
int64_t inst_length(const SnnInst *in, int64_t field) {
    const SnnField *f = &in->net->fields[field];
    return f->owner_kind ? inst_synapses(in, f->owner) : in->net->pops[f->owner].n;
}
int64_t inst_pop_spikes(const SnnInst *in, int64_t pop) {
    int64_t n = 0;
    for (int m = 0; m < in->members; m++) n += in->pop[pop].spikes[m * 8];
    return n;
}
void inst_totals(const SnnInst *in, SnnTotals *out) {
    *out = (SnnTotals){0};
    for (int64_t p = 0; p < in->net->npops; p++) out->spikes += inst_pop_spikes(in, p);
    for (int64_t p = 0; p < in->net->nprojs; p++) out->synapses += inst_synapses(in, p) + in->proj[p].implied;
    for (int m = 0; m < in->members; m++) {
        out->synaptic_events += in->member[m].events;
        out->plastic_updates += in->member[m].plastic;
    }
}
