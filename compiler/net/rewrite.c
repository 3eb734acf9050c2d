// SPDX-License-Identifier: MIT
// The walk that passes over whole nets share: uses are counted first, then every expression is rewritten from its roots, each node once.
#include "build.h"

static void count_uses(Rewrite *r, Node x) {
    if (!x) return;
    r->uses[x]++;
    if (r->seen[x]) return;
    r->seen[x] = 1;
    const DagNode *d = dag_at(&r->net->dag, x);
    Node kids[3] = {d->a, d->b, d->c};
    for (int i = 0; i < d->arity; i++) count_uses(r, kids[i]);
}
static Node count_root(void *data, Node x) { count_uses(data, x); return x; }

// Nodes that the rewriting itself has made stay.
Node rewrite(Rewrite *r, Node x) {
    if (x >= r->limit) return x;
    if (!r->memo[x]) r->memo[x] = r->one(r, *dag_at(&r->net->dag, x), x);
    return r->memo[x];
}
static Node rewrite_root(void *data, Node x) { return x ? rewrite(data, x) : 0; }

Node rewrite_kids(Rewrite *r, DagNode n, Node x) {
    Node a = n.a ? rewrite(r, n.a) : 0, b = n.b ? rewrite(r, n.b) : 0, c = n.c ? rewrite(r, n.c) : 0;
    return dag_with(&r->net->dag, x, a, b, c);
}

void rewrite_net(Net *n, Node (*one)(Rewrite *r, DagNode n, Node x)) {
    Rewrite r = {.net = n, .limit = n->dag.at.n, .one = one};
    r.uses = ARENA_ARRAY(n->arena, uint32_t, r.limit);
    r.memo = ARENA_ARRAY(n->arena, Node, r.limit);
    r.seen = ARENA_ARRAY(n->arena, unsigned char, r.limit);
    net_map_roots(n, count_root, &r);
    net_map_roots(n, rewrite_root, &r);
}
