// SPDX-License-Identifier: MIT
// The recorder of one network: statistics and trains in memory, recorded spikes and samples to logs.
//
// Statistics are sums over whole steps, so they are exact and do not depend on the order of summation. Trains cost 4 bytes a spike and
// 16 bytes a step with spikes; over the limit they are given up for the population that would exceed it, while statistics go on.
#include "host/record.h"
#include "core/port.h"
#include "host/log.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

Log *record_folder_log(RecordFolder *f, LogHeader *h);          // record_folder.c

typedef struct RecordItem {
    Recorder *r; Log *log; int64_t pop, port, lo, hi;        // spikes: pop and port
    int64_t field, every; double *row;          // samples: field >= 0
    uint32_t *id; int64_t capids;
} RecordItem;
enum { TRAIN_LIMIT_IDS = 1 << 28 };

static bool add_cells(Recorder *r) {
    r->train = calloc((size_t)r->net->npops + 1, sizeof *r->train);
    if (!r->train) return false;
    for (int64_t p = 0; p < r->net->npops; p++) {
        const SnnPop *pop = &r->net->pops[p];
        r->train[p] = calloc((size_t)pop->nports + 1, sizeof *r->train[p]);
        if (!r->train[p]) return false;
        for (int64_t k = 0; k < pop->nports; k++) {
            SpikeTrain *t = &r->train[p][k];
            t->owner = r, t->pop = p, t->port = k;
            _Static_assert(sizeof(SpikeCell) == 64, "a spike touches one line of memory");
            if (!(t->cell = mem_alloc(((size_t)pop->n + 1) * sizeof(SpikeCell)))) return false;
        }
    }
    return true;
}

Recorder *record_new(const SnnNet *net, double dt, RecordFolder *folder, const char *group) {
    Recorder *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    r->net = net, r->dt = dt, r->folder = folder, r->train_limit = TRAIN_LIMIT_IDS;
    if (group) strncpy(r->group, group, sizeof r->group - 1);
    if (add_cells(r)) return r;
    record_free(r);
    return NULL;
}

static void on_spikes(void *self, int64_t stamp, const uint32_t *index, int64_t n) {
    SpikeTrain *t = self;
    t->owner->offset = observe_offset(t->owner->inst);
    record_spikes(t->owner, t->pop, t->port, stamp, index, n);
}

bool record_attach(Recorder *r, SnnInst *in) {
    r->inst = in;
    for (int64_t p = 0; p < r->net->npops; p++)
        for (int64_t k = 0; k < r->net->pops[p].nports; k++)
            if (observe_spikes(in, p, k, 0, r->net->pops[p].n, on_spikes, &r->train[p][k]) < 0) return false;
    return true;
}

static void free_train(SpikeTrain *t) {
    free(t->step), free(t->id);
    t->step = NULL, t->id = NULL;
    t->nsteps = t->capsteps = t->nids = t->capids = 0;
}

void record_free(Recorder *r) {
    for (int64_t p = 0; r->train && p < r->net->npops; p++) {
        for (int64_t k = 0; r->train[p] && k < r->net->pops[p].nports; k++) free_train(&r->train[p][k]), mem_free(r->train[p][k].cell, ((size_t)r->net->pops[p].n + 1) * sizeof(SpikeCell));
        free(r->train[p]);
    }
    free(r->train);
    for (int64_t i = 0; i < r->nitems; i++) {
        Log *g = r->item[i]->log;                      // the folder frees it
        if (!log_end(g)) record_folder_fail(r->folder, log_error(g));
        free(r->item[i]->row), free(r->item[i]->id), free(r->item[i]);
    }
    free(r->item), free(r);
}

static bool failed(Recorder *r, const char *why) {
    record_folder_fail(r->folder, why);
    r->failed = true;
    return false;
}

static bool add_item(Recorder *r, RecordItem *it, LogHeader *h) {
    RecordItem **items = realloc(r->item, (size_t)(r->nitems + 1) * sizeof *items);
    if (items) r->item = items;
    it->log = items ? record_folder_log(r->folder, h) : NULL;
    if (it->log) { r->item[r->nitems++] = it; return true; }
    free(it->row), free(it);
    return failed(r, "out of memory for recording");
}

static void describe(const Recorder *r, LogHeader *h, int64_t n, int64_t lo, int64_t hi) {
    h->dt = r->dt, h->t0 = r->t0, h->n = n, h->lo = lo, h->hi = hi, h->every = 1;
    memcpy(h->folder, r->group, sizeof h->folder);
}

bool record_add_spikes(Recorder *r, int64_t pop, int64_t port, int64_t lo, int64_t hi) {
    if (!r->folder) return true;
    RecordItem *it = calloc(1, sizeof *it);
    if (!it) return failed(r, "out of memory for recording");
    const SnnPop *p = &r->net->pops[pop];
    if (hi < 0) hi = p->n;
    LogHeader h;
    log_header(&h, LOG_SPIKES, p->path, port ? p->ports[port] : "");
    describe(r, &h, p->n, lo, hi);
    it->r = r, it->field = -1, it->pop = pop, it->port = port, it->lo = lo, it->hi = hi;
    return add_item(r, it, &h);
}

static double wall_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void flush_now_and_then(Recorder *r) {
    double now = wall_seconds();
    if (now - r->flushed > 1) r->flushed = now, record_flush(r);
}

static void on_sample(void *self, int64_t stamp) {
    RecordItem *it = self;
    Recorder *r = it->r;
    if (r->discarding || r->failed) return;
    inst_read(r->inst, it->field, it->lo, it->hi, it->row);
    if (!log_append(it->log, stamp, (uint32_t)(it->hi - it->lo), NULL, it->row)) failed(r, log_error(it->log));
    flush_now_and_then(r);
}

// Which neurons the recorded synapses join.
static bool log_ends(RecordItem *it, int64_t proj, int64_t n) {
    uint32_t *end[2] = { malloc(((size_t)n + 1) * sizeof *end[0]), malloc(((size_t)n + 1) * sizeof *end[1]) };
    bool ok = end[0] && end[1];
    if (ok) inst_edges(it->r->inst, proj, end[0], end[1], NULL);
    for (int k = 0; ok && k < 2; k++) {
        for (int64_t i = it->lo; i < it->hi; i++) it->row[i - it->lo] = end[k][i];
        ok = log_append(it->log, LOG_ENDS, (uint32_t)(it->hi - it->lo), NULL, it->row);
    }
    free(end[0]), free(end[1]);
    return ok;
}

bool record_add_field(Recorder *r, int64_t field, int64_t lo, int64_t hi, double every_ms, bool single) {
    if (!r->folder) return true;
    const SnnField *f = &r->net->fields[field];
    int64_t n = inst_length(r->inst, field);
    RecordItem *it = calloc(1, sizeof *it);
    if (hi < 0) hi = n;
    if (!it || !(it->row = malloc((size_t)(hi - lo + 1) * sizeof *it->row))) {
        free(it);
        return failed(r, "out of memory for recording");
    }
    double every = round(every_ms / r->dt);
    LogHeader h;
    log_header(&h, LOG_REPORT, f->owner_kind == 0 ? r->net->pops[f->owner].path : r->net->projs[f->owner].path, f->name);
    describe(r, &h, n, lo, hi);
    h.every = it->every = every >= 1 ? (int64_t)every : 1;
    h.unit_scale = f->unit_scale != 0 ? f->unit_scale : 1;
    h.traits = (single ? LOG_SINGLE : 0) | (f->owner_kind ? LOG_SYNAPSES : 0);
    if (f->unit) strncpy(h.unit, f->unit, sizeof h.unit - 1);
    it->r = r, it->field = field, it->lo = lo, it->hi = hi;
    if (!add_item(r, it, &h)) return false;
    if (f->owner_kind && !log_ends(it, f->owner, n)) return failed(r, log_error(it->log) ? log_error(it->log) : "out of memory for recording");
    if (observe_samples(r->inst, it->every, on_sample, it) < 0) return failed(r, "out of memory for recording");
    if (r->now % it->every == 0) on_sample(it, r->now);
    return !r->failed;
}

// Room for `need` elements, or NULL (then `at` is as before).
static void *grown(void *at, int64_t *cap, int64_t need, size_t elem) {
    if (need <= *cap) return at;
    int64_t c = *cap ? *cap : 256;
    while (c < need) c += c / 2 + 1;
    void *p = realloc(at, (size_t)c * elem);
    if (p) *cap = c;
    return p;
}

static bool train_room(SpikeTrain *t, int64_t n) {
    uint32_t *id = grown(t->id, &t->capids, t->nids + n, sizeof *id);
    if (id) t->id = id;
    SpikeStep *step = grown(t->step, &t->capsteps, t->nsteps + 1, sizeof *step);
    if (step) t->step = step;
    return id && step;
}

static void keep_train(Recorder *r, SpikeTrain *t, int64_t step, const uint32_t *ids, int64_t n) {
    if (r->train_total + n > r->train_limit || !train_room(t, n)) {
        r->train_total -= t->nids;
        free_train(t);
        t->dropped = true;
        return;
    }
    if (t->nsteps == 0 || t->step[t->nsteps - 1].step != step) t->step[t->nsteps++] = (SpikeStep){ step, t->nids };
    memcpy(t->id + t->nids, ids, (size_t)n * sizeof *ids);
    t->nids += n, r->train_total += n;
}

static void count_spike(SpikeCell *c, int64_t step, double off) {
    if (c->n++ == 0) c->first = step, c->first_off = off;
    else {
        uint64_t d = (uint64_t)(step - c->last);
        double e = off - c->last_off;
        c->sum_sq += d * d;
        c->extra += 2 * (double)d * e + e * e;
    }
    c->last = step, c->last_off = off;
    if (c->present_n++ == 0) c->present_first = step;
}

void record_settle(SpikeTrain *t) {
    for (int i = 0; i < t->nwaiting; i++) count_spike(&t->cell[t->waiting[i].id], t->waiting[i].step, t->waiting[i].off);
    t->nwaiting = 0;
}

// Cells of few spikes here and there in a large population are not in the cache: a spike fetches its cell and waits for some others.
static void count_spikes(SpikeTrain *t, int64_t step, const uint32_t *ids, int64_t n) {
    double off = t->owner->offset && *t->owner->offset > 0 ? *t->owner->offset - 1 : 0;
    for (int64_t i = 0; i < n; i++) {
        if (t->nwaiting == RECORD_WAITING) record_settle(t);
        __builtin_prefetch(&t->cell[ids[i]], 1);
        t->waiting[t->nwaiting].step = step;
        t->waiting[t->nwaiting].off = off;
        t->waiting[t->nwaiting++].id = ids[i];
    }
    t->total += n;
}

// A spike of the event engine goes to the log with its step and what it lies behind it.
static void log_exact(RecordItem *it, int64_t stamp, const uint32_t *ids, double offset) {
    double ms = offset * it->r->dt;
    if (ids[0] >= it->lo && ids[0] < it->hi) log_append(it->log, offset > 0 ? stamp - 1 : stamp, 1, ids, &ms);
}

static void log_spikes(RecordItem *it, int64_t step, const uint32_t *ids, int64_t n, int64_t npop) {
    if (it->r->offset) { log_exact(it, step, ids, *it->r->offset); return; }
    if (it->lo == 0 && it->hi == npop) { log_append(it->log, step, (uint32_t)n, ids, NULL); return; }
    uint32_t *room = grown(it->id, &it->capids, n, sizeof *room);
    if (!room) { failed(it->r, "out of memory for recording"); return; }
    it->id = room;
    uint32_t kept = 0;
    for (int64_t i = 0; i < n; i++)
        if (ids[i] >= it->lo && ids[i] < it->hi) it->id[kept++] = ids[i];
    if (kept) log_append(it->log, step, kept, it->id, NULL);
}

void record_spikes(Recorder *r, int64_t pop, int64_t port, int64_t step, const uint32_t *ids, int64_t n) {
    if (n == 0 || r->discarding) return;
    SpikeTrain *t = &r->train[pop][port];
    count_spikes(t, step, ids, n);
    if (!t->dropped) keep_train(r, t, step, ids, n);
    for (int64_t i = 0; i < r->nitems && !r->failed; i++) {
        RecordItem *it = r->item[i];
        if (it->field >= 0 || it->pop != pop || it->port != port) continue;
        log_spikes(it, step, ids, n, r->net->pops[pop].n);
        if (log_error(it->log)) failed(r, log_error(it->log));
        else flush_now_and_then(r);
    }
}

void record_now(Recorder *r, int64_t step) { r->now = step; }

bool record_flush(Recorder *r) {
    for (int64_t i = 0; i < r->nitems; i++)
        if (!log_flush(r->item[i]->log)) return failed(r, log_error(r->item[i]->log));
    return !r->failed;
}

void record_present(Recorder *r) {
    r->present = r->now;
    for (int64_t p = 0; p < r->net->npops; p++)
        for (int64_t k = 0; k < r->net->pops[p].nports; k++) {
            record_settle(&r->train[p][k]);
            for (int64_t i = 0; i < r->net->pops[p].n; i++) r->train[p][k].cell[i].present_n = 0;
        }
}

void record_discard_begin(Recorder *r) { r->discarding = true; }

void record_discard_end(Recorder *r) {
    r->discarding = false;
    r->start = r->present = r->now;
    r->train_total = 0;
    for (int64_t p = 0; p < r->net->npops; p++)
        for (int64_t k = 0; k < r->net->pops[p].nports; k++) {
            SpikeTrain *t = &r->train[p][k];
            memset(t->cell, 0, (size_t)r->net->pops[p].n * sizeof *t->cell);
            t->nwaiting = 0;
            t->total = t->nsteps = t->nids = 0;
            t->dropped = false;
        }
}
