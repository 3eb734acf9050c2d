// SPDX-License-Identifier: MIT
// The recorder of one network: statistics and trains in memory, recorded spikes and samples to logs.
//
// Statistics are sums over whole steps, so they are exact and do not depend on the order of summation. Trains cost 4 bytes a spike and
// 16 bytes a step with spikes; over the limit they are given up for the population that would exceed it, while statistics go on.
#include "host/record.h"
#include "host/log.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

Log *record_folder_log(RecordFolder *f, LogHeader *h);          // record_folder.c

typedef struct RecordItem RecordItem;
struct RecordItem {
    Log *log; int64_t pop, port, lo, hi;        // spikes: pop and port
    int64_t field, every; bool tick, single; double *row;    // samples: field >= 0
    uint32_t *id; int64_t capids;
};
enum { TRAIN_LIMIT_IDS = 1 << 28, FLUSH_STEPS = 64 };

static bool add_cells(Recorder *r) {
    r->train = calloc((size_t)r->net->npops + 1, sizeof *r->train);
    if (!r->train) return false;
    for (int64_t p = 0; p < r->net->npops; p++) {
        const SnnPop *pop = &r->net->pops[p];
        r->train[p] = calloc((size_t)pop->nports + 1, sizeof *r->train[p]);
        if (!r->train[p]) return false;
        for (int64_t k = 0; k < pop->nports; k++)
            if (!(r->train[p][k].cell = calloc((size_t)pop->n + 1, sizeof(SpikeCell)))) return false;
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

static void free_train(SpikeTrain *t) {
    free(t->step), free(t->id);
    t->step = NULL, t->id = NULL;
    t->nsteps = t->capsteps = t->nids = t->capids = 0;
}

void record_free(Recorder *r) {
    for (int64_t p = 0; r->train && p < r->net->npops; p++) {
        for (int64_t k = 0; r->train[p] && k < r->net->pops[p].nports; k++) free_train(&r->train[p][k]), free(r->train[p][k].cell);
        free(r->train[p]);
    }
    free(r->train);
    for (int64_t i = 0; i < r->nitems; i++) free(r->item[i].row), free(r->item[i].id);   // the folder closes the logs
    free(r->item), free(r);
}

static RecordItem *add_item(Recorder *r) {
    RecordItem *items = realloc(r->item, (size_t)(r->nitems + 1) * sizeof *items);
    if (!items) { record_folder_fail(r->folder, "out of memory for recording"); return NULL; }
    r->item = items;
    memset(&items[r->nitems], 0, sizeof *items);
    items[r->nitems].field = -1;
    return &items[r->nitems];
}

static void describe(const Recorder *r, LogHeader *h, int64_t n, int64_t lo, int64_t hi) {
    h->dt = r->dt, h->t0 = r->t0, h->n = n, h->lo = lo, h->hi = hi, h->every = 1;
    memcpy(h->folder, r->group, sizeof h->folder);
}

bool record_add_spikes(Recorder *r, int64_t pop, int64_t port, int64_t lo, int64_t hi) {
    if (!r->folder) return true;
    RecordItem *it = add_item(r);
    if (!it) return false;
    const SnnPop *p = &r->net->pops[pop];
    LogHeader h;
    log_header(&h, LOG_SPIKES, p->path, port ? p->ports[port] : "");
    describe(r, &h, p->n, lo, hi);
    it->pop = pop, it->port = port, it->lo = lo, it->hi = hi;
    if (!(it->log = record_folder_log(r->folder, &h))) return false;
    r->nitems++;
    return true;
}

bool record_add_field(Recorder *r, int64_t field, int64_t lo, int64_t hi, double every_ms, bool single) {
    if (!r->folder) return true;
    RecordItem *it = add_item(r);
    if (!it) return false;
    const SnnField *f = &r->net->fields[field];
    const char *owner = f->owner_kind == 0 ? r->net->pops[f->owner].path : r->net->projs[f->owner].path;
    double every = round(every_ms / r->dt);
    LogHeader h;
    log_header(&h, LOG_REPORT, owner, f->name);
    describe(r, &h, f->owner_kind == 0 ? r->net->pops[f->owner].n : hi, lo, hi);
    h.every = it->every = every >= 1 ? (int64_t)every : 1;
    h.unit_scale = f->unit_scale != 0 ? f->unit_scale : 1;
    h.float_values = single;
    if (f->unit) strncpy(h.unit, f->unit, sizeof h.unit - 1);
    it->field = field, it->lo = lo, it->hi = hi, it->tick = f->elem != 0, it->single = single;
    it->row = malloc((size_t)(hi - lo + 1) * sizeof *it->row);
    if (!it->row || !(it->log = record_folder_log(r->folder, &h))) {
        if (!it->row) record_folder_fail(r->folder, "out of memory for recording");
        free(it->row);
        return false;
    }
    r->nitems++;
    return true;
}

static bool grow(void **at, int64_t *cap, int64_t need, size_t elem) {
    if (need <= *cap) return true;
    int64_t c = *cap ? *cap : 256;
    while (c < need) c += c / 2 + 1;
    void *p = realloc(*at, (size_t)c * elem);
    if (!p) return false;
    *at = p, *cap = c;
    return true;
}

static void keep_train(Recorder *r, SpikeTrain *t, int64_t step, const uint32_t *ids, int64_t n) {
    bool room = r->train_total + n <= r->train_limit && grow((void **)&t->id, &t->capids, t->nids + n, sizeof *t->id)
             && grow((void **)&t->step, &t->capsteps, t->nsteps + 1, sizeof *t->step);
    if (!room) {
        r->train_total -= t->nids;
        free_train(t);
        t->dropped = true;
        return;
    }
    if (t->nsteps == 0 || t->step[t->nsteps - 1].step != step) t->step[t->nsteps++] = (SpikeStep){ step, t->nids };
    memcpy(t->id + t->nids, ids, (size_t)n * sizeof *ids);
    t->nids += n, r->train_total += n;
}

static void count_spikes(SpikeTrain *t, int64_t step, const uint32_t *ids, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        SpikeCell *c = &t->cell[ids[i]];
        if (c->n++ == 0) c->first = step;
        else { uint64_t d = (uint64_t)(step - c->last); c->sum_sq += d * d; }
        c->last = step;
        if (c->present_n++ == 0) c->present_first = step;
    }
    t->total += n;
}

static void log_spikes(RecordItem *it, int64_t step, const uint32_t *ids, int64_t n, int64_t npop) {
    if (it->lo == 0 && it->hi == npop) { log_append(it->log, step, (uint32_t)n, ids, NULL); return; }
    if (!grow((void **)&it->id, &it->capids, n, sizeof *it->id)) return;
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
    for (int64_t i = 0; i < r->nitems; i++) {
        RecordItem *it = &r->item[i];
        if (it->field < 0 && it->pop == pop && it->port == port) log_spikes(it, step, ids, n, r->net->pops[pop].n);
    }
}

static void sample(RecordItem *it, int64_t step, const void *base) {
    int64_t n = it->hi - it->lo;
    for (int64_t i = 0; i < n; i++) {
        int64_t k = it->lo + i;
        it->row[i] = it->tick ? (it->single ? (double)((const int32_t *)base)[k] : (double)((const int64_t *)base)[k])
                   : it->single ? (double)((const float *)base)[k] : ((const double *)base)[k];
    }
    log_append(it->log, step, (uint32_t)n, NULL, it->row);
}

static bool sample_all(Recorder *r, int64_t step, void *const *fields) {
    bool ok = true;
    for (int64_t i = 0; i < r->nitems; i++) {
        RecordItem *it = &r->item[i];
        if (it->field >= 0 && step % it->every == 0 && fields[it->field]) sample(it, step, fields[it->field]);
        if (log_error(it->log)) record_folder_fail(r->folder, log_error(it->log)), ok = false;
    }
    return ok;
}

static double wall_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

bool record_step(Recorder *r, int64_t step, void *const *fields) {
    r->now = step;
    if (r->nitems == 0 || r->discarding) return true;
    if (step % FLUSH_STEPS == 0) {
        double now = wall_seconds();
        if (now - r->flushed > 1) { r->flushed = now; if (!record_flush(r)) return false; }
    }
    return sample_all(r, step, fields);
}

bool record_start(Recorder *r, void *const *fields) {
    return r->nitems == 0 || r->discarding || sample_all(r, r->now, fields);
}

bool record_flush(Recorder *r) {
    bool ok = true;
    for (int64_t i = 0; i < r->nitems; i++)
        if (!log_flush(r->item[i].log)) record_folder_fail(r->folder, log_error(r->item[i].log)), ok = false;
    return ok;
}

void record_present(Recorder *r) {
    r->present = r->now;
    for (int64_t p = 0; p < r->net->npops; p++)
        for (int64_t k = 0; k < r->net->pops[p].nports; k++)
            for (int64_t i = 0; i < r->net->pops[p].n; i++) r->train[p][k].cell[i].present_n = 0;
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
            t->total = t->nsteps = t->nids = 0;
            t->dropped = false;
        }
}
