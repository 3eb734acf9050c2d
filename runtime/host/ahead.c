// SPDX-License-Identifier: MIT
// Memory in equal pieces, one ahead of who fills them. What a new page costs (it is cleared, and on a virtual machine first granted by the host) can be as much as
// computing what goes into it; so a thread of its own asks for the next piece and touches it meanwhile. It does nothing else, and results do not depend on it.
#include "core/port.h"
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>

struct MemAhead {
    size_t bytes;
    pthread_t thread;
    pthread_mutex_t lock; pthread_cond_t taken, ready;
    void *piece;                                // touched, waiting to be taken
    bool quit, ended;                           // asked to leave; there was no memory
};

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23                  // Linux 5.14
#endif
static void touch(char *p, size_t bytes) {
    if (!madvise(p, bytes & ~(size_t)4095, MADV_POPULATE_WRITE)) return;
    for (size_t i = 0; i < bytes; i += 4096) *(volatile char *)(p + i) = 0;
}
static void *fetch(void *arg) {
    MemAhead *a = arg;
    pthread_mutex_lock(&a->lock);
    while (!a->quit && !a->ended) {
        if (a->piece) { pthread_cond_wait(&a->taken, &a->lock); continue; }
        pthread_mutex_unlock(&a->lock);
        char *p = mem_alloc(a->bytes);
        if (p) touch(p, a->bytes);
        pthread_mutex_lock(&a->lock);
        a->piece = p;
        a->ended = !p;
        pthread_cond_signal(&a->ready);
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

static bool processor_to_spare(void) {
    cpu_set_t set;
    return !sched_getaffinity(0, sizeof set, &set) && CPU_COUNT(&set) > 1;
}
MemAhead *mem_ahead_open(size_t bytes) {
    MemAhead *a = processor_to_spare() ? calloc(1, sizeof *a) : NULL;
    if (!a) return NULL;
    a->bytes = bytes;
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->taken, NULL);
    pthread_cond_init(&a->ready, NULL);
    if (!pthread_create(&a->thread, NULL, fetch, a)) return a;
    free(a);
    return NULL;
}
void *mem_ahead_take(MemAhead *a) {
    pthread_mutex_lock(&a->lock);
    while (!a->piece && !a->ended) pthread_cond_wait(&a->ready, &a->lock);
    void *p = a->piece;
    a->piece = NULL;
    pthread_cond_signal(&a->taken);
    pthread_mutex_unlock(&a->lock);
    return p;
}
void mem_ahead_close(MemAhead *a) {
    if (!a) return;
    pthread_mutex_lock(&a->lock);
    a->quit = true;
    pthread_cond_signal(&a->taken);
    pthread_mutex_unlock(&a->lock);
    pthread_join(a->thread, NULL);
    mem_free(a->piece, a->bytes);
    pthread_mutex_destroy(&a->lock);
    pthread_cond_destroy(&a->taken);
    pthread_cond_destroy(&a->ready);
    free(a);
}
