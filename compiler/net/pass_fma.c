// SPDX-License-Identifier: MIT
// Fuses a product into the sum that alone uses it, so that the rounding is the Net's choice and not a back end's:
//
//   before   a*b + c      c - a*b       a*b - c          (the product has no other use)
//   after    fma(a, b, c) fma(-a, b, c) fma(a, b, -c)
//
// Requires: complete programs. Provides: FMA nodes (one rounding in profile `fma`, two in `plain`).
#include "build.h"

// A product that does not change is worked out at set-up instead.
static bool product(Rewrite *f, Node old) { return dag_at(&f->net->dag, old)->op == N_MUL && f->uses[old] == 1 && net_rate(f->net, old) != STATIC_UNIFORM; }

static Node fused(Rewrite *f, Node mul, bool minus_product, Node add, bool minus_add) {
    Dag *d = &f->net->dag;
    DagNode m = *dag_at(d, mul);
    Node a = rewrite(f, m.a), b = rewrite(f, m.b), c = rewrite(f, add);
    if (minus_product) a = dag_op(d, N_NEG, a, 0, 0);
    if (minus_add) c = dag_op(d, N_NEG, c, 0, 0);
    return dag_op(d, N_FMA, a, b, c);
}

static Node fuse(Rewrite *f, DagNode n, Node x) {
    if (n.op == N_ADD && product(f, n.a)) return fused(f, n.a, false, n.b, false);
    if (n.op == N_ADD && product(f, n.b)) return fused(f, n.b, false, n.a, false);
    if (n.op == N_SUB && product(f, n.b)) return fused(f, n.b, true, n.a, false);
    if (n.op == N_SUB && product(f, n.a)) return fused(f, n.a, false, n.b, true);
    return rewrite_kids(f, n, x);
}

void pass_fma(Net *n) { rewrite_net(n, fuse); }
