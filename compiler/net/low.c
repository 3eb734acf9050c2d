// SPDX-License-Identifier: MIT
// What rounding takes from a value, as an expression of its own: the sum of both is the value to twice the digits. Error-free sums (Knuth 1969) and products by fused
// multiplication; to first order in what the operands have lost themselves. Operations besides + - * / are taken as they are rounded.
//
//   x = a*b   low = fma(a, b, -x) + a low(b) + low(a) b
#include "build.h"

typedef struct Lows { Net *net; Node *known; bool *is_known; uint32_t n; } Lows;

static Node low_of(Lows *l, Node x);

static Node add(Net *n, Node a, Node b) { return !a ? b : !b ? a : dag_op(&n->dag, N_ADD, a, b, 0); }
static Node op(Net *n, NetOp o, Node a, Node b) { return dag_op(&n->dag, o, a, b, 0); }
static Node times(Net *n, Node a, Node b) { return a && b ? op(n, N_MUL, a, b) : 0; }
static Node minus(Net *n, Node a) { return a ? op(n, N_NEG, a, 0) : 0; }

// a + b is x; what b gave that x does not have.
static Node lost_by_sum(Net *n, Node x, Node a, Node b, bool difference) {
    Node t = op(n, N_SUB, x, a), kept = op(n, N_SUB, a, op(n, N_SUB, x, t));
    return difference ? op(n, N_SUB, kept, op(n, N_ADD, b, t)) : op(n, N_ADD, kept, op(n, N_SUB, b, t));
}

static Node low_new(Lows *l, Node x) {
    Net *n = l->net;
    const DagNode d = *dag_at(&n->dag, x);
    if (d.op == N_K && d.ref < n->k.n && !n->k.at[d.ref].param && n->k.at[d.ref].value) return low_of(l, n->k.at[d.ref].value);
    if (d.op != N_ADD && d.op != N_SUB && d.op != N_MUL && d.op != N_DIV && d.op != N_NEG) return 0;
    Node a = low_of(l, d.a), b = d.arity > 1 ? low_of(l, d.b) : 0;
    switch ((NetOp)d.op) {
    case N_NEG: return minus(n, a);
    case N_ADD: return add(n, add(n, lost_by_sum(n, x, d.a, d.b, false), a), b);
    case N_SUB: return add(n, add(n, lost_by_sum(n, x, d.a, d.b, true), a), minus(n, b));
    case N_MUL: return add(n, add(n, dag_op(&n->dag, N_FMA, d.a, d.b, minus(n, x)), times(n, d.a, b)), times(n, a, d.b));
    default: {
        Node rest = dag_op(&n->dag, N_FMA, minus(n, x), d.b, d.a);
        return op(n, N_DIV, add(n, add(n, rest, a), minus(n, times(n, x, b))), d.b);
    }
    }
}

static Node low_of(Lows *l, Node x) {
    if (x >= l->n) return low_new(l, x);
    if (!l->is_known[x]) { l->known[x] = low_new(l, x); l->is_known[x] = true; }
    return l->known[x];
}

Node net_low(Net *n, Node x) {
    if (!x) return 0;
    Lows l = { n, ARENA_ARRAY(n->arena, Node, n->dag.at.n), ARENA_ARRAY(n->arena, bool, n->dag.at.n), n->dag.at.n };
    Node low = low_of(&l, x);
    double v;
    return low && dag_is_const(&n->dag, low, &v) && v == 0 ? 0 : low;
}
