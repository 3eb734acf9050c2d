// SPDX-License-Identifier: MIT
// What the core asks of the platform it runs on: memory, threads, errors. runtime/host implements it for hosted systems.
#ifndef SNN_PORT_H
#define SNN_PORT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// An error on its way to the user. code is the exit code it deserves (1 file, 2 use, 3 run). The first error stays.
typedef struct SnnError { int code; char text[1000]; } SnnError;
int port_error(SnnError *e, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));   // always returns -1
void port_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));                          // one line on stderr
bool port_interrupted(void);                                    // the user wants the program to end
FILE *port_open(const char *name);   // an input file that the program names, for reading, wherever it lies; NULL and errno

// Zeroed memory, 64-byte aligned, readable and writable for 128 bytes past the end. NULL when there is not enough: the system is
// asked for what is really free before a large piece is taken, so that a network that is too large is refused and not killed.
void *mem_alloc(size_t bytes);
void *mem_resize(void *p, size_t old_bytes, size_t bytes);     // NULL: p is still valid; the new part is not zeroed
void mem_free(void *p, size_t bytes);                          // bytes as allocated; p may be NULL
size_t mem_room(void);                                         // bytes that can still be had, as far as the system tells
size_t mem_used(void);                                         // bytes handed out now
// The same in equal pieces, each of which a thread of its own touches while the one before is filled. NULL: no processor to spare.
typedef struct MemAhead MemAhead;
MemAhead *mem_ahead_open(size_t bytes);
void *mem_ahead_take(MemAhead *a);                             // as mem_alloc(bytes)
void mem_ahead_close(MemAhead *a);                             // a may be NULL
// Asks for a line of memory before it is needed. The empty statement is an effect: gcc drops calls of a function that does nothing but ask.
#ifdef __wasm__
enum { MEM_ASKS = 0 };                                         // there is no such instruction
#else
enum { MEM_ASKS = 1 };
#endif
static inline void mem_ask(const void *p) {
    __builtin_prefetch(p);
    __asm__ volatile("");
}

// A team of worker threads. Member 0 is the caller; the others sleep between calls.
typedef struct SnnTeam SnnTeam;
SnnTeam *team_new(int members);                                // NULL: no threads to be had
void team_free(SnnTeam *t);
int team_size(const SnnTeam *t);
void team_run(SnnTeam *t, void (*job)(void *arg, int member), void *arg);   // returns when all members have
void team_barrier(SnnTeam *t);                                 // inside a job: waits for all members; free of cost alone
#endif
