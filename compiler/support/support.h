// SPDX-License-Identifier: MIT
// The compiler's small change: arenas, growable arrays, interned names, string buffers, a pointer map.
// Memory belongs to a phase: everything a stage makes comes from one arena and goes with it.
#ifndef SNNC_SUPPORT_H
#define SNNC_SUPPORT_H
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct ArenaChunk ArenaChunk;
typedef struct Arena { ArenaChunk *chunk; size_t used, cap; } Arena;
void *arena_alloc(Arena *a, size_t bytes);            // zeroed, 16-byte aligned; never NULL (out of memory ends the program)
char *arena_strndup(Arena *a, const char *s, size_t n);
char *arena_printf(Arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void arena_free(Arena *a);
#define ARENA_NEW(a, T) ((T *)arena_alloc((a), sizeof(T)))
#define ARENA_ARRAY(a, T, n) ((T *)arena_alloc((a), sizeof(T) * (size_t)(n)))

// Growable array in an arena:   VEC(int) v = {0};  vec_push(arena, &v, 3);  v.at[0], v.n
#define VEC(T) struct { T *at; uint32_t n, cap; }
#define vec_push(arena, v, x) \
    (((v)->n == (v)->cap ? vec_grow((arena), (void **)&(v)->at, &(v)->cap, sizeof *(v)->at) : (void)0), (v)->at[(v)->n++] = (x))
void vec_grow(Arena *a, void **at, uint32_t *cap, size_t elem);

// Interned strings: two names are equal exactly when their pointers are. Lives until the program ends; thread-unsafe.
typedef const char *Sym;
Sym sym(const char *s);
Sym sym_n(const char *s, size_t n);

// Text that grows (malloc'ed; sb_free when done).
typedef struct StrBuf { char *s; size_t n, cap; } StrBuf;
void sb_printf(StrBuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sb_vprintf(StrBuf *b, const char *fmt, va_list ap);
void sb_putc(StrBuf *b, char c);
void sb_puts(StrBuf *b, const char *s);
void sb_free(StrBuf *b);

// Map from pointer (a Sym, a node) to pointer. Iteration is in insertion order: key[i], val[i] for i < n.
typedef struct PtrMap { const void **key; void **val; uint32_t *slot; uint32_t n, cap, nslots; } PtrMap;
void *map_get(const PtrMap *m, const void *key);        // NULL when absent
void map_put(Arena *a, PtrMap *m, const void *key, void *val);

// Edit distance for "did you mean"; returns the nearest of the candidates (at most a third of its letters away) or NULL.
Sym nearest_name(const char *name, const Sym *candidates, size_t n);
int child_wait(int pid);                                 // the exit code of a process of ours; -1 when it was killed or cannot be waited for
_Noreturn void fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2)));   // internal error: prints and aborts
#endif
