// SPDX-License-Identifier: MIT
// Teams of worker threads. Members sleep on a condition between jobs; inside a job they meet at a barrier that spins for a short
// while, then offers the processor to others, and in the end sleeps until it is told. With more members than processors somebody who waits is in the way of
// somebody who is waited for, so such a team sleeps at once.
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
#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#else
enum { FUTEX_WAIT_PRIVATE, FUTEX_WAKE_PRIVATE };
#endif

enum { SPINS = 2000, YIELDS = 200, ROUNDS = 15 };
// By round: barriers heard of, and whether the member sleeps until it hears of one more.
typedef struct Member { _Alignas(64) atomic_uint told[ROUNDS], asleep[ROUNDS]; unsigned barriers; SnnTeam *team; int number; pthread_t thread; } Member;
static _Thread_local int self;                  // number in the team whose job is running
struct SnnTeam {
    int size, spins, yields;
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

static void futex(atomic_uint *at, int what, unsigned value) {
#ifdef __linux__
    syscall(SYS_futex, at, what, value, NULL, NULL, 0);
#else
    (void)at; (void)what; (void)value;
    sched_yield();
#endif
}
static bool before(const atomic_uint *told, unsigned now) { return atomic_load_explicit(told, memory_order_acquire) - now > UINT_MAX / 2; }     // also when the numbers begin anew

// Whoever tells looks for a sleeper after it has told, and a sleeper looks whether it was told after it has said that it sleeps: one of them sees the other.
static void tell(Member *m, int r, unsigned now) {
    atomic_exchange(&m->told[r], now);
    if (atomic_load(&m->asleep[r])) futex(&m->told[r], FUTEX_WAKE_PRIVATE, 1);
}
static void wait(const SnnTeam *t, Member *me, int r, unsigned now) {
    for (int spin = 0; spin < t->spins; spin++) {
        if (!before(&me->told[r], now)) return;
        pause_a_little();
    }
    for (int i = 0; i < t->yields; i++) {
        if (!before(&me->told[r], now)) return;
        sched_yield();
    }
    atomic_store(&me->asleep[r], 1);
    for (unsigned value; value = atomic_load(&me->told[r]), value - now > UINT_MAX / 2;) futex(&me->told[r], FUTEX_WAIT_PRIVATE, value);
    atomic_store(&me->asleep[r], 0);
}
void team_barrier(SnnTeam *t) {
    Member *me = &t->member[self];
    unsigned now = ++me->barriers;
    for (int r = 0; 1 << r < t->size; r++) {
        tell(&t->member[(self + (1 << r)) % t->size], r, now);
        wait(t, me, r, now);
    }
}
static void patience(SnnTeam *t) {
    cpu_set_t set;
    bool crowded = !sched_getaffinity(0, sizeof set, &set) && CPU_COUNT(&set) < t->size;
    t->spins = crowded ? 0 : SPINS;
    t->yields = crowded ? 0 : YIELDS;
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
    patience(t);
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
