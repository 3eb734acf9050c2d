// SPDX-License-Identifier: MIT
// The expression DAG: every node is made here, once (hash-consed), with IEEE-exact folding of constants. Because equal expressions
// are the same node, common subexpressions need no pass and "the same decay" is a comparison of two integers.
#include "net.h"
#include <math.h>

static const struct { const char *text; uint8_t arity; char type; } ops[N_COUNT] = {
#define OP(NAME, arity, type, text) [N_##NAME] = {text, arity, #type[0]},
#include "ops.def"
#undef OP
};

const char *dag_op_text(NetOp op) { return ops[op].text; }
uint8_t dag_op_arity(NetOp op) { return ops[op].arity; }

static uint64_t node_hash(const DagNode *n) {
    uint64_t bits, h = 0x9E3779B97F4A7C15u;
    memcpy(&bits, &n->num, 8);
    uint64_t part[5] = {n->op, n->ref, bits, (uint64_t)n->a << 32 | n->b, n->c};
    for (int i = 0; i < 5; i++) { h = (h ^ part[i]) * 0xBF58476D1CE4E5B9u; h ^= h >> 29; }
    return h;
}

static bool node_same(const DagNode *x, const DagNode *y) {
    return x->op == y->op && x->ref == y->ref && !memcmp(&x->num, &y->num, 8) && x->a == y->a && x->b == y->b && x->c == y->c;
}

static void dag_rehash(Dag *d) {
    d->nslots = d->nslots ? d->nslots * 2 : 256;
    d->slot = ARENA_ARRAY(d->arena, uint32_t, d->nslots);
    for (uint32_t i = 1; i < d->at.n; i++) {
        uint32_t j = (uint32_t)node_hash(&d->at.at[i]) & (d->nslots - 1);
        while (d->slot[j]) j = (j + 1) & (d->nslots - 1);
        d->slot[j] = i;
    }
}

static Node dag_make(Dag *d, DagNode n) {
    if (!d->at.n) vec_push(d->arena, &d->at, ((DagNode){.op = N_CONST, .type = 'R'}));   // node 0 is "none"
    if (d->at.n * 2 >= d->nslots) dag_rehash(d);
    n.arity = ops[n.op].arity;
    n.type = ops[n.op].type;
    if (n.type == 'A') n.type = d->at.at[n.b].type;
    uint32_t j = (uint32_t)node_hash(&n) & (d->nslots - 1);
    for (; d->slot[j]; j = (j + 1) & (d->nslots - 1))
        if (node_same(&d->at.at[d->slot[j]], &n)) return d->slot[j];
    vec_push(d->arena, &d->at, n);
    return d->slot[j] = d->at.n - 1;
}

Node dag_const(Dag *d, double v) { return dag_make(d, (DagNode){.op = N_CONST, .num = v}); }
Node dag_leaf(Dag *d, NetOp op, uint32_t ref) { return dag_make(d, (DagNode){.op = (uint16_t)op, .ref = ref}); }

bool dag_is_const(const Dag *d, Node n, double *v) {
    if (!n || d->at.at[n].op != N_CONST) return false;
    *v = d->at.at[n].num;
    return true;
}

// Folds what IEEE arithmetic fixes to the bit; the transcendental functions are left to the set-up code.
static bool fold_value(NetOp op, double x, double y, double *r) {
    switch (op) {
    case N_NEG: *r = -x; return true;
    case N_ADD: *r = x + y; return true;
    case N_SUB: *r = x - y; return true;
    case N_MUL: *r = x * y; return true;
    case N_DIV: *r = x / y; return true;
    case N_MIN: *r = y < x ? y : x; return true;
    case N_MAX: *r = x < y ? y : x; return true;
    case N_ABS: *r = fabs(x); return true;
    case N_SQRT: *r = sqrt(x); return true;
    case N_FLOOR: *r = floor(x); return true;
    case N_CEIL: *r = ceil(x); return true;
    default: return false;
    }
}

static Node fold_identity(Dag *d, NetOp op, Node a, Node b) {
    double x = 0, y = 0;
    bool ca = dag_is_const(d, a, &x), cb = dag_is_const(d, b, &y);
    if (op == N_MUL && cb && y == 1) return a;
    if (op == N_MUL && ca && x == 1) return b;
    if (op == N_MUL && cb && y == -1) return dag_op(d, N_NEG, a, 0, 0);
    if (op == N_MUL && ca && x == -1) return dag_op(d, N_NEG, b, 0, 0);
    if (op == N_NEG && d->at.at[a].op == N_NEG) return d->at.at[a].a;
    if (op == N_ADD && d->at.at[b].op == N_NEG) return dag_op(d, N_SUB, a, d->at.at[b].a, 0);
    if (op == N_DIV && cb && y == 1) return a;
    if (op == N_SUB && cb && y == 0 && !signbit(y)) return a;
    // Zero coefficients come from structure (an absent term), never from data: dropping them changes no finite result.
    if (op == N_ADD && cb && y == 0) return a;
    if (op == N_ADD && ca && x == 0) return b;
    return 0;
}

static Node fold_bool(Dag *d, NetOp op, Node a, Node b, Node c) {
    NetOp oa = (NetOp)d->at.at[a].op, ob = b ? (NetOp)d->at.at[b].op : N_CONST;
    if (op == N_NOT && oa == N_NOT) return d->at.at[a].a;
    if (op == N_AND && oa == N_BTRUE) return b;
    if (op == N_AND && ob == N_BTRUE) return a;
    if ((op == N_AND || op == N_OR) && a == b) return a;
    if (op == N_OR && (oa == N_BTRUE || ob == N_BTRUE)) return dag_leaf(d, N_BTRUE, 0);
    if (op == N_SELECT && (b == c || oa == N_BTRUE)) return b;
    if (op == N_SELECT && oa == N_NOT) return dag_op(d, N_SELECT, d->at.at[a].a, c, b);
    return 0;
}

Node dag_op(Dag *d, NetOp op, Node a, Node b, Node c) {
    double x = 0, y = 0, r;
    if (dag_is_const(d, a, &x) && (ops[op].arity == 1 || (ops[op].arity == 2 && dag_is_const(d, b, &y))) && fold_value(op, x, y, &r))
        return dag_const(d, r);
    Node same = fold_identity(d, op, a, b);
    if (!same) same = fold_bool(d, op, a, b, c);
    return same ? same : dag_make(d, (DagNode){.op = (uint16_t)op, .a = a, .b = b, .c = c});
}

Node dag_op_ref(Dag *d, NetOp op, uint32_t ref, Node a, Node b) {
    return dag_make(d, (DagNode){.op = (uint16_t)op, .ref = ref, .a = a, .b = b});
}

Node dag_with(Dag *d, Node x, Node a, Node b, Node c) {
    DagNode n = *dag_at(d, x);
    if (a == n.a && b == n.b && c == n.c) return x;
    return n.ref ? dag_op_ref(d, (NetOp)n.op, n.ref, a, b) : dag_op(d, (NetOp)n.op, a, b, c);
}

// x^n for a whole n by squaring: one fixed order of multiplications, whatever the target.
Node dag_ipow(Dag *d, Node x, unsigned n) {
    if (n == 0) return dag_const(d, 1);
    if (n == 1) return x;
    Node half = dag_ipow(d, x, n / 2), sq = dag_op(d, N_MUL, half, half, 0);
    return n % 2 ? dag_op(d, N_MUL, sq, x, 0) : sq;
}
