// SPDX-License-Identifier: MIT
#include "support.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

struct ArenaChunk { ArenaChunk *next; size_t pad; char data[]; };

void fatal(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    fputs("snnc: internal error: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    abort();
}

static void *must(void *p) {
    if (!p) { fputs("snnc: out of memory\n", stderr); exit(3); }
    return p;
}

void *arena_alloc(Arena *a, size_t bytes) {
    bytes = (bytes + 15) & ~(size_t)15;
    if (!a->chunk || a->used + bytes > a->cap) {
        size_t cap = bytes > 65536 ? bytes : 65536;
        ArenaChunk *c = must(malloc(sizeof *c + cap));
        c->next = a->chunk;
        a->chunk = c;
        a->used = 0;
        a->cap = cap;
    }
    void *p = a->chunk->data + a->used;
    a->used += bytes;
    return memset(p, 0, bytes);
}

char *arena_strndup(Arena *a, const char *s, size_t n) {
    char *p = arena_alloc(a, n + 1);
    memcpy(p, s, n);
    return p;
}

char *arena_printf(Arena *a, const char *fmt, ...) {
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *p = arena_alloc(a, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p;
}

void arena_free(Arena *a) {
    for (ArenaChunk *c = a->chunk, *next; c; c = next) { next = c->next; free(c); }
    *a = (Arena){0};
}

void vec_grow(Arena *a, void **at, uint32_t *cap, size_t elem) {
    uint32_t more = *cap ? *cap * 2 : 8;
    void *p = arena_alloc(a, more * elem);
    if (*cap) memcpy(p, *at, *cap * elem);
    *at = p;
    *cap = more;
}

static uint64_t hash_bytes(const char *s, size_t n) {
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++) h = (h ^ (unsigned char)s[i]) * 0x100000001b3u;
    return h ^ h >> 29;
}

static struct { Arena arena; char **slot; size_t *len; size_t n, cap; } names;

static void names_grow(void) {
    size_t cap = names.cap ? names.cap * 2 : 1024;
    char **slot = must(calloc(cap, sizeof *slot));
    size_t *len = must(calloc(cap, sizeof *len));
    for (size_t i = 0; i < names.cap; i++) {
        if (!names.slot[i]) continue;
        size_t j = hash_bytes(names.slot[i], names.len[i]) & (cap - 1);
        while (slot[j]) j = (j + 1) & (cap - 1);
        slot[j] = names.slot[i];
        len[j] = names.len[i];
    }
    free(names.slot);
    free(names.len);
    names.slot = slot;
    names.len = len;
    names.cap = cap;
}

Sym sym_n(const char *s, size_t n) {
    if (names.n * 2 >= names.cap) names_grow();
    size_t j = hash_bytes(s, n) & (names.cap - 1);
    for (; names.slot[j]; j = (j + 1) & (names.cap - 1))
        if (names.len[j] == n && !memcmp(names.slot[j], s, n)) return names.slot[j];
    names.slot[j] = arena_strndup(&names.arena, s, n);
    names.len[j] = n;
    names.n++;
    return names.slot[j];
}

Sym sym(const char *s) { return sym_n(s, strlen(s)); }

void sb_vprintf(StrBuf *b, const char *fmt, va_list ap) {
    va_list again;
    va_copy(again, ap);
    size_t n = (size_t)vsnprintf(NULL, 0, fmt, ap);
    if (b->n + n + 1 > b->cap) {
        b->cap = (b->n + n + 1) * 2;
        b->s = must(realloc(b->s, b->cap));
    }
    vsnprintf(b->s + b->n, n + 1, fmt, again);
    va_end(again);
    b->n += n;
}

void sb_printf(StrBuf *b, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    sb_vprintf(b, fmt, ap);
    va_end(ap);
}

void sb_puts(StrBuf *b, const char *s) { sb_printf(b, "%s", s); }
void sb_putc(StrBuf *b, char c) { sb_printf(b, "%c", c); }
void sb_free(StrBuf *b) { free(b->s); *b = (StrBuf){0}; }

static uint64_t hash_ptr(const void *p) {
    uint64_t h = (uint64_t)(uintptr_t)p * 0x9E3779B97F4A7C15u;
    return h ^ h >> 32;
}

static uint32_t map_find(const PtrMap *m, const void *key) {
    uint32_t j = (uint32_t)hash_ptr(key) & (m->nslots - 1);
    while (m->slot[j] && m->key[m->slot[j] - 1] != key) j = (j + 1) & (m->nslots - 1);
    return j;
}

void *map_get(const PtrMap *m, const void *key) {
    if (!m->n) return NULL;
    uint32_t s = m->slot[map_find(m, key)];
    return s ? m->val[s - 1] : NULL;
}

void map_put(Arena *a, PtrMap *m, const void *key, void *val) {
    if (m->n * 2 >= m->nslots) {
        m->nslots = m->nslots ? m->nslots * 2 : 16;
        m->slot = ARENA_ARRAY(a, uint32_t, m->nslots);
        for (uint32_t i = 0; i < m->n; i++) m->slot[map_find(m, m->key[i])] = i + 1;
    }
    uint32_t j = map_find(m, key);
    if (m->slot[j]) { m->val[m->slot[j] - 1] = val; return; }
    if (m->n == m->cap) {
        uint32_t cap = m->cap;
        vec_grow(a, (void **)&m->key, &cap, sizeof *m->key);
        vec_grow(a, (void **)&m->val, &m->cap, sizeof *m->val);
    }
    m->key[m->n] = key;
    m->val[m->n] = val;
    m->slot[j] = ++m->n;
}

// Edits are a letter more, less or another one, and two neighbours exchanged; a capital is the same letter.
static size_t edit_distance(const char *a, const char *b) {
    size_t n = strlen(a), m = strlen(b), row[3][65];
    if (n > 64 || m > 64) return 99;
    for (size_t j = 0; j <= m; j++) row[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            now[j] = last[j - 1] + (tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]));
            if (last[j] + 1 < now[j]) now[j] = last[j] + 1;
            if (now[j - 1] + 1 < now[j]) now[j] = now[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && before[j - 2] + 1 < now[j]) now[j] = before[j - 2] + 1;
        }
    }
    return row[n % 3][m];
}

Sym nearest_name(const char *name, const Sym *candidates, size_t n) {
    Sym best = NULL;
    size_t least = 0;
    for (size_t i = 0; name && i < n; i++) {
        if (!candidates[i]) continue;            // something that a syntax error left without a name
        size_t d = edit_distance(name, candidates[i]), limit = (strlen(candidates[i]) + 2) / 3;
        if (d <= limit && d < strlen(name) && (!best || d < least)) { best = candidates[i]; least = d; }
    }
    return best;
}

int child_wait(int pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
