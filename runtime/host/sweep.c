// SPDX-License-Identifier: MIT
// `sweep`: the body runs once for every value and repeat, each time in an experiment of its own with its own copy of the frame and
// its own stream of draws, several at a time. What they printed and yielded is joined in their order, so it does not depend on threads.
#include "host/experiment.h"
#include "host/resume.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef void Body(SnnX *x, int64_t *frame);
void snn__x_sweep(SnnX *x, Body *body, const SnnArray *values, int64_t slot, int64_t repeats, const int64_t *frame, int64_t slots);

typedef struct Item { SnnX x; bool done; } Item;
typedef struct Sweep {
    SnnX *parent; Body *body; const SnnArray *values; int64_t slot, repeats, slots, n; const int64_t *frame;
    Item *item; atomic_llong next, finished; atomic_int stop; bool progress; Resume *resume;
    pthread_mutex_t lock;
} Sweep;

static void run_item(Sweep *s, int64_t i) {
    SnnX *x = &s->item[i].x;
    const SnnX *p = s->parent;
    int64_t *frame = calloc((size_t)s->slots + 1, sizeof *frame);
    x_open(x, p->options, p->experiment, p);
    x->index = i / s->repeats;
    x->repeat = i % s->repeats;
    x->seed = x_mix(p->seed, x->index, x->repeat);
    snprintf(x->group, sizeof x->group, "%.60s%srun%04lld", p->group, p->group[0] ? "/" : "", (long long)i);
    if (resume_take(s->resume, i, &x->results)) x->is_known = true;
    else results_init(&x->results, NULL);
    if (!frame) port_error(&x->error, 3, "not enough memory");
    else if (!x->error.code && !x->is_known) {
        if (s->slots) memcpy(frame, s->frame, (size_t)s->slots * sizeof *frame);
        double v = s->values ? array_at(s->values, x->index) : 0;
        if (s->values) memcpy(&frame[s->slot], &v, sizeof v);
        if (!x_body(x, s->body, frame)) resume_keep(s->resume, i, &x->results);
    }
    free(frame);
    s->item[i].done = !x->error.code;
    if (x->error.code) atomic_store(&s->stop, 1);
    if (!s->progress) return;
    pthread_mutex_lock(&s->lock);
    fprintf(stderr, "\rrun %lld of %lld ", (long long)atomic_load(&s->finished) + 1, (long long)s->n);
    fflush(stderr);
    pthread_mutex_unlock(&s->lock);
}
// Rows of finished runs survive a kill: the order in the table rides along.
static void keep_rows(Sweep *s, int64_t i) {
    SnnX *p = s->parent;
    char err[600];
    if (p->is_sweep_item || !p->folder || !s->item[i].done) return;
    pthread_mutex_lock(&s->lock);
    if (!yield_keep(&s->item[i].x.results, record_folder_path(p->folder), p->experiment->name, (p->results.nrows << 20) + i, 0, err, sizeof err))
        record_folder_fail(p->folder, err);
    pthread_mutex_unlock(&s->lock);
}
// The networks of a finished run go at once; what it printed and yielded waits for its turn.
static void *work(void *arg) {
    Sweep *s = arg;
    for (;;) {
        int64_t i = atomic_fetch_add(&s->next, 1);
        if (i >= s->n || atomic_load(&s->stop) || run_interrupted()) return NULL;
        run_item(s, i);
        SnnX *x = &s->item[i].x;
        Results r = x->results;
        memset(&x->results, 0, sizeof x->results);
        x_close(x);
        x->results = r;
        keep_rows(s, i);
        atomic_fetch_add(&s->finished, 1);
    }
}

static void take_totals(SnnX *p, const SnnX *x) {
    p->totals.spikes += x->totals.spikes;
    p->totals.synapses += x->totals.synapses;
    p->totals.synaptic_events += x->totals.synaptic_events;
    p->totals.plastic_updates += x->totals.plastic_updates;
    p->seconds_construct += x->seconds_construct;
    p->seconds_simulate += x->seconds_simulate;
    p->biological_ms += x->biological_ms;
}
// Results up to the first run that failed are kept.
static void join(Sweep *s) {
    bool whole = true;
    for (int64_t i = 0; i < s->n; i++) {
        SnnX *x = &s->item[i].x;
        whole &= s->item[i].done;
        if (whole) results_join(&s->parent->results, &x->results);
        if (x->error.code && !s->parent->error.code)
            port_error(&s->parent->error, x->error.code, "run %lld of the sweep: %s", (long long)i, x->error.text);
        s->parent->interrupted |= x->interrupted;
        take_totals(s->parent, x);
        results_free(&x->results);
    }
}

void snn__x_sweep(SnnX *x, Body *body, const SnnArray *values, int64_t slot, int64_t repeats, const int64_t *frame, int64_t slots) {
    if (repeats < 1) x_fail(x, 3, "a sweep repeated %lld times", (long long)repeats);
    Sweep s = { .parent = x, .body = body, .values = values, .slot = slot, .repeats = repeats, .frame = frame, .slots = slots,
                .n = (values ? values->n : 1) * repeats, .progress = !x->options->quiet && !x->is_sweep_item && isatty(2) };
    int workers = (int)(x->threads < s.n ? x->threads : s.n);
    s.resume = resume_open(x, ++x->nsweeps, s.n, &x->error);
    if (x->error.code) longjmp(x->leave, 1);
    s.item = calloc((size_t)s.n + 1, sizeof *s.item);
    pthread_t *thread = calloc((size_t)workers + 1, sizeof *thread);
    if (!s.item || !thread) { free(s.item); free(thread); resume_close(s.resume, false); x_fail(x, 3, "not enough memory for a sweep of %lld runs", (long long)s.n); }
    pthread_mutex_init(&s.lock, NULL);
    int started = 0;
    while (started + 1 < workers && !pthread_create(&thread[started], NULL, work, &s)) started++;
    work(&s);
    for (int i = 0; i < started; i++) pthread_join(thread[i], NULL);
    pthread_mutex_destroy(&s.lock);
    if (s.progress) fprintf(stderr, "\r%40s\r", "");
    join(&s);
    bool all = atomic_load(&s.finished) >= s.n;
    resume_close(s.resume, all && !x->error.code);
    free(s.item);
    free(thread);
    if (!all && run_interrupted()) x->interrupted = true;
    if (x->error.code) longjmp(x->leave, 1);
    if (!all) x_fail(x, 3, "interrupted after %lld of %lld runs", (long long)s.finished, (long long)s.n);
}
