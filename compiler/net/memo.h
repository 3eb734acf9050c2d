// SPDX-License-Identifier: MIT
// What a walk over expressions remembers of each node. A walk sees a small part of the DAG, which is shared by all populations, so
// memory comes in pages of neighbouring nodes as they are met, else the cost of building a net would grow with its square.
#ifndef SNNC_NET_MEMO_H
#define SNNC_NET_MEMO_H
#include "net.h"

enum { MEMO_PAGE = 64, MEMO_BOOK = MEMO_PAGE * MEMO_PAGE };
typedef struct Memo { Arena *arena; uint64_t ***book; } Memo;       // books of pages of nodes

// For nodes below `limit`; all begin with 0.
static inline Memo memo_new(Arena *a, uint32_t limit) { return (Memo){a, ARENA_ARRAY(a, uint64_t **, limit / MEMO_BOOK + 1)}; }
static inline uint64_t *memo_at(const Memo *m, Node x) {
    uint64_t ***book = &m->book[x / MEMO_BOOK];
    if (!*book) *book = ARENA_ARRAY(m->arena, uint64_t *, MEMO_PAGE);
    uint64_t **page = &(*book)[x / MEMO_PAGE % MEMO_PAGE];
    if (!*page) *page = ARENA_ARRAY(m->arena, uint64_t, MEMO_PAGE);
    return *page + x % MEMO_PAGE;
}
// The node kept for x, 0 when there is none.
static inline Node memo_node(const Memo *m, Node x) { return (Node)*memo_at(m, x); }
static inline Node memo_keep(const Memo *m, Node x, Node r) {
    *memo_at(m, x) = r;
    return r;
}
// True the first time.
static inline bool memo_first(const Memo *m, Node x) {
    uint64_t *seen = memo_at(m, x);
    return !*seen && (*seen = 1);
}
#endif
