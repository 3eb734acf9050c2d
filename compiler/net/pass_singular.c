// SPDX-License-Identifier: MIT
// Removable singularities: a quotient that is 0/0 at one point, though its limit is plain, as in the rates of ion channels.
//
//   before   f*b / (exp(g*b) - 1)     f*b / (1 - exp(g*b))      (exp(g*b) - 1) / (f*b)         f, g the same for all entities
//   after    (f/g) / exprel(g*b)      -(f/g) / exprel(g*b)      (g/f) * exprel(g*b)            exprel(x) = (exp(x) - 1)/x, 1 at 0
//
// so that the value is exact to rounding at the point, near it, and elsewhere. Both sides must be multiples of one node b; a quotient written
// in another way stays as it is.
// Requires: complete programs, before pass_fma (which hides products). Provides: the same without such quotients.
#include "build.h"

typedef struct Rewrite { Net *net; Node *memo; uint32_t limit; } Rewrite;
typedef struct Multiple { Node factor, base; } Multiple;      // factor*base

static bool uniform(const Dag *d, Node x) {
    const DagNode *n = dag_at(d, x);
    if (n->op == N_CONST || n->op == N_K) return true;
    if (!n->arity || n->ref || n->type != 'R') return false;
    return uniform(d, n->a) && (n->arity < 2 || uniform(d, n->b)) && (n->arity < 3 || uniform(d, n->c));
}

static bool is_factor(const Dag *d, Node x, Node other) {
    return dag_at(d, x)->op == N_CONST || (uniform(d, x) && !uniform(d, other));
}

static Multiple multiple(Dag *d, Node x) {
    Multiple m = {dag_const(d, 1), x};
    for (;;) {
        DagNode n = *dag_at(d, m.base);
        if (n.op == N_NEG) m = (Multiple){dag_op(d, N_NEG, m.factor, 0, 0), n.a};
        else if (n.op == N_MUL && is_factor(d, n.a, n.b)) m = (Multiple){dag_op(d, N_MUL, m.factor, n.a, 0), n.b};
        else if (n.op == N_MUL && is_factor(d, n.b, n.a)) m = (Multiple){dag_op(d, N_MUL, m.factor, n.b, 0), n.a};
        else if (n.op == N_DIV && is_factor(d, n.b, n.a)) m = (Multiple){dag_op(d, N_DIV, m.factor, n.b, 0), n.a};
        else return m;
    }
}

static bool is_number(const Dag *d, Node x, double v) { return dag_at(d, x)->op == N_CONST && dag_at(d, x)->num == v; }

// exp(y) - 1 (sign 1) or 1 - exp(y) (sign -1); 0: neither.
static int exp_minus_one(const Dag *d, Node x, Node *y) {
    const DagNode *n = dag_at(d, x);
    if (n->op == N_EXPM1) { *y = n->a; return 1; }
    if (n->op == N_NEG) return -exp_minus_one(d, n->a, y);
    if (n->op != N_SUB && n->op != N_ADD) return 0;
    bool sub = n->op == N_SUB, left = dag_at(d, n->a)->op == N_EXP, right = dag_at(d, n->b)->op == N_EXP;
    if (left && is_number(d, n->b, sub ? 1 : -1)) { *y = dag_at(d, n->a)->a; return 1; }
    if (right && is_number(d, n->a, sub ? 1 : -1)) { *y = dag_at(d, n->b)->a; return sub ? -1 : 1; }
    return 0;
}

static Node quotient(Dag *d, Node num, Node den) {
    Node y = 0;
    int below = exp_minus_one(d, den, &y), above = below ? 0 : exp_minus_one(d, num, &y);
    if (!below && !above) return 0;
    Multiple line = multiple(d, below ? num : den), exponent = multiple(d, y);
    if (line.base != exponent.base) return 0;
    Node exprel = dag_op(d, N_EXPREL, y, 0, 0), r;
    if (below) r = dag_op(d, N_DIV, dag_op(d, N_DIV, line.factor, exponent.factor, 0), exprel, 0);
    else r = dag_op(d, N_MUL, dag_op(d, N_DIV, exponent.factor, line.factor, 0), exprel, 0);
    return below + above < 0 ? dag_op(d, N_NEG, r, 0, 0) : r;
}

static Node rewrite(Rewrite *w, Node x) {
    if (!x || x >= w->limit) return x;
    if (w->memo[x]) return w->memo[x];
    Dag *d = &w->net->dag;
    DagNode n = *dag_at(d, x);
    Node a = rewrite(w, n.a), b = rewrite(w, n.b), c = rewrite(w, n.c), r = n.op == N_DIV ? quotient(d, a, b) : 0;
    if (!r && a == n.a && b == n.b && c == n.c) r = x;
    if (!r) r = n.ref ? dag_op_ref(d, (NetOp)n.op, n.ref, a, b) : dag_op(d, (NetOp)n.op, a, b, c);
    return w->memo[x] = r;
}

static Node rewrite_root(void *data, Node x) { return rewrite(data, x); }

void pass_singular(Net *n) {
    Rewrite w = {.net = n, .limit = n->dag.at.n};
    w.memo = ARENA_ARRAY(n->arena, Node, w.limit);
    net_map_roots(n, rewrite_root, &w);
}
