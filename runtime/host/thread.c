// SPDX-License-Identifier: MIT
// Teams of worker threads. Members sleep on a condition between jobs; inside a job they meet at a barrier that spins for a short
// while and then gives the processor away, so that a team also works on a machine that has fewer cores than members.
//
// The barrier counts arrivals; the last one opens the next generation. Everything written before a barrier is seen after it.
#include "core/port.h"
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPINS = 2000 };
typedef struct Member { SnnTeam *team; int number; pthread_t thread; } Member;
struct SnnTeam {
    int size;
    void (*job)(void *, int); void *arg;
    pthread_mutex_t lock; pthread_cond_t start, done;
    int64_t round; int working; int quit;
    _Alignas(64) atomic_int arrived;
    _Alignas(64) atomic_int generation;
    Member *member;
};

static void pause_a_little(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

void team_barrier(SnnTeam *t) {
    if (t->size == 1) return;
    int g = atomic_load_explicit(&t->generation, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&t->arrived, 1, memory_order_acq_rel) == t->size - 1) {
        atomic_store_explicit(&t->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&t->generation, g + 1, memory_order_release);
        return;
    }
    for (int spin = 0; atomic_load_explicit(&t->generation, memory_order_acquire) == g; spin++) {
        if (spin < SPINS) pause_a_little();
        else sched_yield();
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
        t->job(t->arg, m->number);
        pthread_mutex_lock(&t->lock);
        if (--t->working == 0) pthread_cond_signal(&t->done);
        pthread_mutex_unlock(&t->lock);
    }
}

void team_run(SnnTeam *t, void (*job)(void *, int), void *arg) {
    if (t->size == 1) { job(arg, 0); return; }
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
    Member *m = calloc((size_t)members, sizeof *m);
    if (!t || !m) { free(t); free(m); return NULL; }
    memset(t, 0, sizeof *t);
    t->size = members;
    t->member = m;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->start, NULL);
    pthread_cond_init(&t->done, NULL);
    for (int i = 1; i < members; i++) {
        m[i] = (Member){ .team = t, .number = i };
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
