// SPDX-License-Identifier: MIT
// Quotients whose numerator and denominator vanish together are computed without the singularity, exact to rounding:
//
//   before   0.1*(V + 40)/(1 - exp(-(V + 40)/10))          NaN at V = -40, few digits near it
//   after    exprelinv(-(V + 40)/10)                       x/(e^x - 1), times the ratio of the two scales
//
// The pattern: numerator = a y, exponent = b y for the same y and constants a, b. Then a y/(1 - e^(b y)) = -(a/b) x/(e^x - 1), x = b y.
// Requires: complete programs. Provides: EXPREL and EXPRELINV in place of such quotients.
#include "memo.h"
#include "build.h"

typedef struct Singular { Net *net; Memo memo; uint32_t limit; } Singular;

static Node op2(Singular *s, NetOp op, Node a, Node b) { return dag_op(&s->net->dag, op, a, b, 0); }

// Constants are factors of the core; so is all that is known at set-up, where the core is not.
static bool is_factor(Singular *s, Node x, Node other) {
    NetOp op = (NetOp)dag_at(&s->net->dag, x)->op;
    return op == N_CONST || op == N_K || (net_rate(s->net, x) == STATIC_UNIFORM && net_rate(s->net, other) != STATIC_UNIFORM);
}

// x = factor * core with a constant factor (over K and constants).
static Node core_of(Singular *s, Node x, Node *factor) {
    Dag *d = &s->net->dag;
    *factor = dag_const(d, 1);
    for (;;) {
        DagNode n = *dag_at(d, x);
        if (n.op == N_NEG) { *factor = dag_op(d, N_NEG, *factor, 0, 0); x = n.a; }
        else if (n.op == N_MUL && is_factor(s, n.a, n.b)) { *factor = op2(s, N_MUL, *factor, n.a); x = n.b; }
        else if (n.op == N_MUL && is_factor(s, n.b, n.a)) { *factor = op2(s, N_MUL, *factor, n.b); x = n.a; }
        else if (n.op == N_DIV && is_factor(s, n.b, n.a)) { *factor = op2(s, N_DIV, *factor, n.b); x = n.a; }
        else return x;
    }
}

// y - z and z - y, each plus or minus any offset, differ by a sign only: makes both sides of the pattern meet.
static bool opposite(const Dag *d, Node x, Node y) {
    const DagNode *a = dag_at(d, x), *b = dag_at(d, y);
    return a->op == N_SUB && b->op == N_SUB && a->a == b->b && a->b == b->a;
}

// e^z - 1 (sign +1) or 1 - e^z (sign -1); returns z or 0
static Node exponent_less_one(Singular *s, Node x, int *sign) {
    const Dag *d = &s->net->dag;
    DagNode n = *dag_at(d, x);
    double one;
    if (n.op == N_EXPM1) { *sign = 1; return n.a; }
    if (n.op != N_SUB && n.op != N_ADD) return 0;
    const DagNode *a = dag_at(d, n.a), *b = dag_at(d, n.b);
    if (n.op == N_SUB && a->op == N_EXP && dag_is_const(d, n.b, &one) && one == 1) { *sign = 1; return a->a; }
    if (n.op == N_SUB && b->op == N_EXP && dag_is_const(d, n.a, &one) && one == 1) { *sign = -1; return b->a; }
    if (n.op == N_ADD && a->op == N_EXP && dag_is_const(d, n.b, &one) && one == -1) { *sign = 1; return a->a; }
    if (n.op == N_ADD && b->op == N_EXP && dag_is_const(d, n.a, &one) && one == -1) { *sign = 1; return b->a; }
    return 0;
}

// a*core and b*core -> a/b, or 0 when the cores differ
static Node ratio(Singular *s, Node x, Node y) {
    Node a, b, cx = core_of(s, x, &a), cy = core_of(s, y, &b);
    if (cx != cy && !opposite(&s->net->dag, cx, cy)) return 0;
    if (dag_at(&s->net->dag, cx)->arity == 0 && dag_at(&s->net->dag, cx)->op == N_CONST) return 0;
    Node r = op2(s, N_DIV, a, b);
    return cx == cy ? r : dag_op(&s->net->dag, N_NEG, r, 0, 0);
}

static Node quotient(Singular *s, DagNode n) {
    int sign;
    if (dag_at(&s->net->dag, n.b)->op == N_EXPREL)      // one division instead of two
        return op2(s, N_MUL, n.a, dag_op(&s->net->dag, N_EXPRELINV, dag_at(&s->net->dag, n.b)->a, 0, 0));
    Node z = exponent_less_one(s, n.b, &sign), r;
    if (z && (r = ratio(s, n.a, z))) {
        if (sign < 0) r = dag_op(&s->net->dag, N_NEG, r, 0, 0);
        return op2(s, N_MUL, r, dag_op(&s->net->dag, N_EXPRELINV, z, 0, 0));
    }
    z = exponent_less_one(s, n.a, &sign);
    if (z && (r = ratio(s, z, n.b))) {
        if (sign < 0) r = dag_op(&s->net->dag, N_NEG, r, 0, 0);
        return op2(s, N_MUL, r, dag_op(&s->net->dag, N_EXPREL, z, 0, 0));
    }
    return 0;
}

static Node walk(Singular *s, Node x);

static Node walk_one(Singular *s, DagNode n, Node x) {
    if (!n.arity) return x;
    Node a = n.a ? walk(s, n.a) : 0, b = n.b ? walk(s, n.b) : 0, c = n.c ? walk(s, n.c) : 0;
    n.a = a;
    n.b = b;
    Node better = n.op == N_DIV ? quotient(s, n) : 0;
    if (better) return better;
    return dag_with(&s->net->dag, x, a, b, c);
}

static Node walk(Singular *s, Node x) {
    if (x >= s->limit) return x;
    Node r = memo_node(&s->memo, x);
    return r ? r : memo_keep(&s->memo, x, walk_one(s, *dag_at(&s->net->dag, x), x));
}

Node net_desingular(Net *n, Node x) {
    Singular s = {.net = n, .limit = n->dag.at.n};
    s.memo = memo_new(n->arena, s.limit);
    return walk(&s, x);
}

static Node root(void *data, Node x) { return x ? walk(data, x) : 0; }

void pass_singular(Net *n) {
    Singular s = {.net = n, .limit = n->dag.at.n};
    s.memo = memo_new(n->arena, s.limit);
    net_map_roots(n, root, &s);
}
