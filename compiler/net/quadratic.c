// SPDX-License-Identifier: MIT
// Expressions as c0 + c1 x + c2 x^2 of one leaf, as slopes of neurons with a quadratic onset have them.
//
//   before   (a (V - E)(V - U) + R I)/tau
//   after    c2 = a/tau   c1 = (-a U - a E)/tau   c0 = (a E U + R I)/tau
#include "build.h"

static Node add(Net *n, Node a, Node b) { return !a ? b : !b ? a : dag_op(&n->dag, N_ADD, a, b, 0); }
static Node neg(Net *n, Node a) { return a ? dag_op(&n->dag, N_NEG, a, 0, 0) : 0; }

static bool product(Net *n, const Node *a, const Node *b, Node *c) {
    for (int k = 0; k < 3; k++) c[k] = 0;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            if (!a[i] || !b[j]) continue;
            if (i + j > 2) return false;
            c[i + j] = add(n, c[i + j], dag_op(&n->dag, N_MUL, a[i], b[j], 0));
        }
    return true;
}

bool quadratic_of(Net *n, Node leaf, Node x, Node *c) {
    DagNode d = *dag_at(&n->dag, x);
    Node a[3], b[3];
    c[0] = c[1] = c[2] = 0;
    if (x == leaf) { c[1] = dag_const(&n->dag, 1); return true; }
    if (!net_depends(n, x, (NetOp)dag_at(&n->dag, leaf)->op, dag_at(&n->dag, leaf)->ref)) { c[0] = x; return true; }
    switch ((NetOp)d.op) {
    case N_NEG:
        if (!quadratic_of(n, leaf, d.a, a)) return false;
        for (int k = 0; k < 3; k++) c[k] = neg(n, a[k]);
        return true;
    case N_ADD: case N_SUB:
        if (!quadratic_of(n, leaf, d.a, a) || !quadratic_of(n, leaf, d.b, b)) return false;
        for (int k = 0; k < 3; k++) c[k] = add(n, a[k], d.op == N_SUB ? neg(n, b[k]) : b[k]);
        return true;
    case N_MUL: return quadratic_of(n, leaf, d.a, a) && quadratic_of(n, leaf, d.b, b) && product(n, a, b, c);
    case N_DIV:
        if (!quadratic_of(n, leaf, d.a, a) || !quadratic_of(n, leaf, d.b, b) || b[1] || b[2]) return false;
        for (int k = 0; k < 3; k++) c[k] = a[k] ? dag_op(&n->dag, N_DIV, a[k], d.b, 0) : 0;
        return true;
    default: return false;
    }
}
