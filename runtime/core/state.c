// SPDX-License-Identifier: MIT
// Memory of a constructed network: fields of neurons, spike histories; and the look for values that are no numbers.
#include "core/bundle.h"
#include "core/fpmode.h"
#include "core/inst.h"
#include "core/queue.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MOST_APART = 32 };                       // steps between barriers at most

void inst_fail(SnnInst *in, int code, const char *format, ...) {
    if (atomic_flag_test_and_set(&in->failing)) return;
    va_list ap;
    va_start(ap, format);
    vsnprintf(in->error.text, sizeof in->error.text, format, ap);
    va_end(ap);
    in->error.code = code;
    atomic_store(&in->failed, 1);
}

static int no_memory(SnnError *err, const char *what, const char *of, double bytes) {
    return port_error(err, 3, "not enough memory for the %s of %s (%.1f MB more)", what, of, bytes / 1e6);
}

// Ranges of whole groups of 64 neurons, as equal as they can be.
static int cut_ranges(SnnInst *in, int64_t p, SnnError *err) {
    int64_t n = in->net->pops[p].n, groups = (n + 63) / 64, m = in->members;
    int64_t *cut = in->pop[p].cut = mem_alloc((size_t)(m + 1) * sizeof *cut);
    in->pop[p].spikes = mem_alloc((size_t)m * sizeof(int64_t) * 8);
    if (!cut || !in->pop[p].spikes) return no_memory(err, "ranges", in->net->pops[p].path, 1e3);
    for (int64_t i = 0; i <= m; i++) {
        int64_t at = groups * i / m * 64;
        cut[i] = at < n ? at : n;
    }
    cut[m] = n;
    return 0;
}

typedef struct InitJob { SnnInst *in; bool derive; } InitJob;
static void init_job(void *arg, int m) {
    InitJob *j = arg;
    SnnInst *in = j->in;
    uint64_t mode = fpmode_flush();
    for (int64_t p = 0; p < in->net->npops; p++) {
        const SnnPop *pop = &in->net->pops[p];
        const int64_t *cut = in->pop[p].cut;
        if (cut[m] >= cut[m + 1]) continue;
        SnnCtx c = in->ctx;
        if (pop->init) pop->init(&c, cut[m], cut[m + 1]);
        if (j->derive && pop->derive) pop->derive(&c, cut[m], cut[m + 1]);
    }
    fpmode_restore(mode);
}

int inst_fields(SnnInst *in, SnnError *err) {
    const SnnNet *net = in->net;
    in->F = mem_alloc((size_t)(net->nfields + 1) * sizeof *in->F);
    if (!in->F) return no_memory(err, "fields", net->name, 1e3);
    in->ctx.F = in->F;
    for (int64_t p = 0; p < net->npops; p++)
        if (cut_ranges(in, p, err)) return -1;
    if (bundle_fields(in, err)) return -1;
    for (int64_t f = 0; f < net->nfields; f++) {
        const SnnField *d = &net->fields[f];
        if (d->owner_kind || in->F[f]) continue;
        size_t bytes = (size_t)net->pops[d->owner].n * in->real_bytes;
        if (!(in->F[f] = mem_alloc(bytes))) return no_memory(err, "neurons", net->pops[d->owner].path, (double)bytes);
    }
    InitJob j = { in, true };
    inst_job(in, init_job, &j);
    return 0;
}

// No spike of a step arrives anywhere before the shortest delay is over, so members need not meet in between.
static int64_t steps_apart(const SnnInst *in) {
    int64_t least = MOST_APART - 1;
    if (in->members == 1 || in->sync || in->seen || in->queued || in->nbundles) return 1;
    for (int64_t p = 0; p < in->net->npops; p++)
        if (in->net->pops[p].event) return 1;
    for (int64_t i = 0; i < in->net->nprojs; i++) {
        const ProjState *ps = &in->proj[i];
        int64_t delay = ps->procedural ? ps->max_delay : ps->delay ? ps->delay[0] : 0;
        if (delay < least) least = delay;
    }
    return least + 1;
}

// Slots: a spike of step e is read until step e + 1 + longest delay, by members that are up to `apart` steps behind those who write slots of their own; and
// observers hear of the spikes between two barriers while others are between the next two.
static int64_t slots_needed(const SnnInst *in, int64_t pop) {
    int64_t longest = 0, slots = 2;
    for (int64_t i = 0; i < in->net->nprojs; i++) {
        const SnnProj *p = &in->net->projs[i];
        if (p->src == pop && in->proj[i].max_delay > longest) longest = in->proj[i].max_delay;
        if (p->tgt == pop && inst_post_delay(in, p) > longest) longest = inst_post_delay(in, p);
    }
    while (slots < longest + 1 + in->apart || slots < 2 * in->apart) slots *= 2;
    return slots;
}

int inst_history(SnnInst *in, SnnError *err) {
    const SnnNet *net = in->net;
    int64_t widest = 0, ports = 0;
    if (queue_new(in, err) || bundle_open(in, err)) return -1;
    in->apart = steps_apart(in);
    for (int64_t p = 0; p < net->npops; p++) {
        int64_t slots = slots_needed(in, p);
        size_t bytes = (size_t)(slots * net->pops[p].nports * in->threads) * sizeof(SpikeList);
        if (!(in->pop[p].list = mem_alloc(bytes))) return no_memory(err, "spike history", net->pops[p].path, (double)bytes);
        in->pop[p].mask = slots - 1;
        for (int m = 0; m < in->members; m++)
            if (in->pop[p].cut[m + 1] - in->pop[p].cut[m] > widest) widest = in->pop[p].cut[m + 1] - in->pop[p].cut[m];
        if (net->pops[p].nports > ports) ports = net->pops[p].nports;
    }
    for (int m = 0; m < in->members; m++) {
        Member *w = &in->member[m];
        int64_t stride = widest + 64;                    // vector code may store a whole vector past the last spike
        w->scratch_cap = stride * (ports + 1);
        w->scratch = mem_alloc((size_t)w->scratch_cap * sizeof *w->scratch);
        w->drive_cap = widest;
        w->drive = mem_alloc((size_t)widest * sizeof *w->drive);
        w->out = mem_alloc((size_t)(ports + 1) * sizeof *w->out);
        w->count = mem_alloc((size_t)(ports + 1) * sizeof *w->count);
        if (!w->scratch || !w->drive || !w->out || !w->count) return no_memory(err, "spike lists", net->name, (double)stride * 4);
        for (int64_t k = 0; k <= ports; k++) w->out[k] = w->scratch + k * stride;
    }
    return 0;
}

// Exponents of ones alone: a test without branches, sixteen numbers at a time.
static bool all_finite32(const float *at, int64_t n) {
    enum { N = 16 };
    uint32_t x[N], odd = 0;
    for (; n >= N && !odd; n -= N, at += N) {
        memcpy(x, at, sizeof x);
        for (int k = 0; k < N; k++) odd |= (x[k] & 0x7F800000) == 0x7F800000;
    }
    for (int64_t i = 0; i < n; i++) odd |= !isfinite(at[i]);
    return !odd;
}
static bool all_finite64(const double *at, int64_t n) {
    enum { N = 16 };
    uint64_t x[N], odd = 0, ones = UINT64_C(0x7FF) << 52;
    for (; n >= N && !odd; n -= N, at += N) {
        memcpy(x, at, sizeof x);
        for (int k = 0; k < N; k++) odd |= (x[k] & ones) == ones;
    }
    for (int64_t i = 0; i < n; i++) odd |= !isfinite(at[i]);
    return !odd;
}
bool inst_all_finite(const void *at, int64_t lo, int64_t hi, int real_bits) {
    return real_bits == 32 ? all_finite32((const float *)at + lo, hi - lo) : all_finite64((const double *)at + lo, hi - lo);
}
static double value_at(const void *at, int64_t i, int real_bits) { return real_bits == 32 ? (double)((const float *)at)[i] : ((const double *)at)[i]; }

static bool checked(const SnnField *f) {
    return !f->elem && !f->fixed && (f->role == INST_STATE || f->role == INST_LUMPED || f->role == INST_TRACE || f->role == INST_WEIGHT);
}
static int check_neurons(SnnInst *in, int64_t f, int m) {
    const SnnField *d = &in->net->fields[f];
    const int64_t *cut = in->pop[d->owner].cut;
    if (inst_all_finite(in->F[f], cut[m], cut[m + 1], in->real_bits)) return 0;
    int64_t i = cut[m];
    while (isfinite(value_at(in->F[f], i, in->real_bits))) i++;
    inst_fail(in, 3, "%s of neuron %lld of %s became %g at t = %g ms", d->name, (long long)i, in->net->pops[d->owner].path,
              value_at(in->F[f], i, in->real_bits), (double)(in->member[m].ctx.step + 1) * in->dt);
    return -1;
}
static int check_synapses(SnnInst *in, int64_t p, int m) {
    const SnnProj *proj = &in->net->projs[p];
    const SnnBlock *b = &in->proj[p].block[m];
    for (int64_t k = 0; k < proj->nfields; k++) {
        const SnnField *d = &in->net->fields[proj->fields[k]];
        if (!checked(d) || inst_all_finite(b->S[k], 0, b->nsyn, in->real_bits)) continue;
        int64_t i = 0;
        while (isfinite(value_at(b->S[k], i, in->real_bits))) i++;
        inst_fail(in, 3, "%s of a synapse of %s became %g at t = %g ms or before", d->name, proj->path, value_at(b->S[k], i, in->real_bits),
                  (double)(in->member[m].ctx.step + 1) * in->dt);
        return -1;
    }
    return 0;
}
// What no program changes was looked at when it was made, and is again when somebody has written to it.
static int check_bundle(SnnInst *in, SnnBundle *b, int m) {
    BundlePart *part = &b->part[m];
    if (!part->suspect && !in->stale) return 0;
    for (int64_t i = 0; i < b->src_hi - b->src_lo; i++) {
        const BundleRow *r = part->row[i];
        const char *at = r ? bundle_entries(r) : NULL;
        for (int64_t k = 0; r && k < r->n; k++) {
            if (!inst_all_finite(at, 0, r->piece[k].n * b->nfields, in->real_bits)) {
                inst_fail(in, 3, "a variable of a synapse of %s or another projection that does the same became no finite number at t = %g ms or before", in->net->projs[b->proj[0]].path,
                          (double)(in->member[m].ctx.step + 1) * in->dt);
                return -1;
            }
            at += bundle_piece_bytes(in, b, r->piece[k].n);
        }
    }
    part->suspect = false;
    return 0;
}
int inst_check(SnnInst *in, int m, bool synapses) {
    for (int64_t f = 0; f < in->net->nfields; f++)
        if (!in->net->fields[f].owner_kind && checked(&in->net->fields[f]) && check_neurons(in, f, m)) return -1;
    if (synapses)
        for (int64_t p = 0; p < in->net->nprojs; p++)
            if (in->proj[p].block[m].nsyn && check_synapses(in, p, m)) return -1;
    for (int64_t k = 0; synapses && k < in->nbundles; k++)
        if (check_bundle(in, &in->bundle[k], m)) return -1;
    return 0;
}
