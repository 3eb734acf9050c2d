// SPDX-License-Identifier: MIT
// Fuses a product into the sum that alone uses it, so that the rounding is the Net's choice and not a back end's:
//
//   before   a*b + c      c - a*b       a*b - c          (the product has no other use)
//   after    fma(a, b, c) fma(-a, b, c) fma(a, b, -c)
//
// Requires: complete programs. Provides: FMA nodes (one rounding in profile `fma`, two in `plain`).
#include "build.h"

typedef struct Fuse { Net *net; uint32_t *uses; Node *memo; uint32_t limit; unsigned char *seen; } Fuse;

static void count_uses(Fuse *f, Node x) {
    if (!x) return;
    f->uses[x]++;
    if (f->seen[x]) return;
    f->seen[x] = 1;
    const DagNode *d = dag_at(&f->net->dag, x);
    Node kids[3] = {d->a, d->b, d->c};
    for (int i = 0; i < d->arity; i++) count_uses(f, kids[i]);
}

static Node count_root(void *data, Node x) { count_uses(data, x); return x; }

// A product that does not change is worked out at set-up instead.
static bool product(Fuse *f, Node old) { return dag_at(&f->net->dag, old)->op == N_MUL && f->uses[old] == 1 && net_rate(f->net, old) != STATIC_UNIFORM; }

static Node fuse(Fuse *f, Node x);

static Node fused(Fuse *f, Node mul, bool minus_product, Node add, bool minus_add) {
    Dag *d = &f->net->dag;
    DagNode m = *dag_at(d, mul);
    Node a = fuse(f, m.a), b = fuse(f, m.b), c = fuse(f, add);
    if (minus_product) a = dag_op(d, N_NEG, a, 0, 0);
    if (minus_add) c = dag_op(d, N_NEG, c, 0, 0);
    return dag_op(d, N_FMA, a, b, c);
}

static Node fuse_one(Fuse *f, DagNode n, Node x) {
    Dag *d = &f->net->dag;
    if (n.op == N_ADD && product(f, n.a)) return fused(f, n.a, false, n.b, false);
    if (n.op == N_ADD && product(f, n.b)) return fused(f, n.b, false, n.a, false);
    if (n.op == N_SUB && product(f, n.b)) return fused(f, n.b, true, n.a, false);
    if (n.op == N_SUB && product(f, n.a)) return fused(f, n.a, false, n.b, true);
    Node a = n.a ? fuse(f, n.a) : 0, b = n.b ? fuse(f, n.b) : 0, c = n.c ? fuse(f, n.c) : 0;
    if (a == n.a && b == n.b && c == n.c) return x;
    return n.ref ? dag_op_ref(d, (NetOp)n.op, n.ref, a, b) : dag_op(d, (NetOp)n.op, a, b, c);
}

static Node fuse(Fuse *f, Node x) {
    if (x >= f->limit) return x;
    if (!f->memo[x]) f->memo[x] = fuse_one(f, *dag_at(&f->net->dag, x), x);
    return f->memo[x];
}

static Node fuse_root(void *data, Node x) { return x ? fuse(data, x) : 0; }

void pass_fma(Net *n) {
    Fuse f = {.net = n, .limit = n->dag.at.n};
    f.uses = ARENA_ARRAY(n->arena, uint32_t, f.limit);
    f.memo = ARENA_ARRAY(n->arena, Node, f.limit);
    f.seen = ARENA_ARRAY(n->arena, unsigned char, f.limit);
    net_map_roots(n, count_root, &f);
    net_map_roots(n, fuse_root, &f);
}
