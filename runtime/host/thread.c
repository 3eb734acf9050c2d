// SPDX-License-Identifier: MIT
// Teams of worker threads. Members sleep on a condition between jobs; inside a job they meet at a barrier that spins for a short
// while and then gives the processor away, so that a team also works on a machine that has fewer cores than members.
//
// In the barrier there are rounds: in round r a member tells the one 2^r further on that it has arrived, and waits until the one 2^r before has told it the same; after
// log2 of the members' number each has heard of all (D. Hensgen, R. Finkel and U. Manber, Int. J. Parallel Programming 17 (1988)). A line of memory goes over once a round, where a counter
// would be fetched by all and its change fetched back. Everything written before a barrier is seen after it.
#include "core/port.h"
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPINS = 2000, ROUNDS = 15 };
typedef struct Member { _Alignas(64) atomic_uint told[ROUNDS]; unsigned barriers; SnnTeam *team; int number; pthread_t thread; } Member;      // told: by round, barriers heard of
static _Thread_local int self;                  // number in the team whose job is running
struct SnnTeam {
    int size;
    void (*job)(void *, int); void *arg;
    pthread_mutex_t lock; pthread_cond_t start, done;
    int64_t round; int working; int quit;
    Member *member;
};

static void pause_a_little(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

void team_barrier(SnnTeam *t) {
    Member *me = &t->member[self];
    unsigned now = ++me->barriers;
    for (int r = 0; 1 << r < t->size; r++) {
        atomic_store_explicit(&t->member[(self + (1 << r)) % t->size].told[r], now, memory_order_release);
        for (int spin = 0; atomic_load_explicit(&me->told[r], memory_order_acquire) - now > UINT_MAX / 2; spin++) {    // still before `now`, also when the numbers begin anew
            if (spin < SPINS) pause_a_little();
            else sched_yield();
        }
    }
}

static void *work(void *arg) {
    Member *m = arg;
    SnnTeam *t = m->team;
    int64_t seen = 0;
    for (;;) {
        pthread_mutex_lock(&t->lock);
        while (t->round == seen && !t->quit) pthread_cond_wait(&t->start, &t->lock);
        seen = t->round;
        int quit = t->quit;
        pthread_mutex_unlock(&t->lock);
        if (quit) return NULL;
        self = m->number;
        t->job(t->arg, m->number);
        pthread_mutex_lock(&t->lock);
        if (--t->working == 0) pthread_cond_signal(&t->done);
        pthread_mutex_unlock(&t->lock);
    }
}

void team_run(SnnTeam *t, void (*job)(void *, int), void *arg) {
    int outer = self;                           // a job may run a team of its own
    self = 0;
    if (t->size == 1) { job(arg, 0); self = outer; return; }
    pthread_mutex_lock(&t->lock);
    t->job = job;
    t->arg = arg;
    t->working = t->size - 1;
    t->round++;
    pthread_cond_broadcast(&t->start);
    pthread_mutex_unlock(&t->lock);
    job(arg, 0);
    pthread_mutex_lock(&t->lock);
    while (t->working) pthread_cond_wait(&t->done, &t->lock);
    pthread_mutex_unlock(&t->lock);
    self = outer;
}

static void stop(SnnTeam *t, int started) {
    pthread_mutex_lock(&t->lock);
    t->quit = 1;
    pthread_cond_broadcast(&t->start);
    pthread_mutex_unlock(&t->lock);
    for (int i = 1; i < started; i++) pthread_join(t->member[i].thread, NULL);
}

SnnTeam *team_new(int members) {
    SnnTeam *t = aligned_alloc(64, (sizeof *t + 63) & ~(size_t)63);
    Member *m = aligned_alloc(64, (size_t)members * sizeof *m);
    if (!t || !m) { free(t); free(m); return NULL; }
    memset(t, 0, sizeof *t);
    memset(m, 0, (size_t)members * sizeof *m);
    t->size = members;
    t->member = m;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->start, NULL);
    pthread_cond_init(&t->done, NULL);
    for (int i = 1; i < members; i++) {
        m[i].team = t;
        m[i].number = i;
        if (pthread_create(&m[i].thread, NULL, work, &m[i]) == 0) continue;
        stop(t, i);
        t->size = 1;
        team_free(t);
        return NULL;
    }
    return t;
}

void team_free(SnnTeam *t) {
    if (!t) return;
    if (t->size > 1) stop(t, t->size);
    pthread_mutex_destroy(&t->lock);
    pthread_cond_destroy(&t->start);
    pthread_cond_destroy(&t->done);
    free(t->member);
    free(t);
}

int team_size(const SnnTeam *t) { return t->size; }

int port_error(SnnError *e, int code, const char *format, ...) {
    if (e->code) return -1;
    e->code = code;
    va_list ap;
    va_start(ap, format);
    vsnprintf(e->text, sizeof e->text, format, ap);
    va_end(ap);
    return -1;
}

// The same warning comes once, however many networks a sweep builds.
void port_warn(const char *format, ...) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static uint64_t given[64];
    static int n;
    char text[1000];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    uint64_t h = 0xCBF29CE484222325u;                       // FNV-1a
    for (const char *c = text; *c; c++) h = (h ^ (unsigned char)*c) * 0x100000001B3u;
    pthread_mutex_lock(&lock);
    bool again = false;
    for (int i = 0; i < n; i++) again |= given[i] == h;
    if (!again && n < 64) given[n++] = h;
    if (!again) fprintf(stderr, "warning: %s\n", text);
    pthread_mutex_unlock(&lock);
}
