// SPDX-License-Identifier: MIT
// All-to-all connections whose contribution in each step is a sum of products of something of the source and something of the target need no
// visit to every pair: what is of the source is summed once a step, and each target takes its share.
//
//   before   each synapse:  post.I += w*pre.s*B(post.V)                 n^2 terms
//   after    S = sum of pre.s over the sources;  each target:  I += w*B(V)*S      (without self connections: S minus its own s)
//
// Requires: the finished `advance` of one projection. Provides: NetProj.totals and NetProj.collect, which take over what has that form.
#include "build.h"

enum { TERMS = 8, OF_PRE = 1, OF_POST = 2, OF_PAIR = 4 };
typedef struct Term { Node pre, post; } Term;               // a product
typedef struct Terms { Term at[TERMS]; uint32_t n; } Terms;
typedef struct Split { Net *net; NetProj *p; PtrMap side; } Split;

static Dag *D(Split *s) { return &s->net->dag; }
static Node op2(Split *s, NetOp op, Node a, Node b) { return dag_op(D(s), op, a, b, 0); }
static Node num(Split *s, double v) { return dag_const(D(s), v); }

// What an expression depends on. Draws are of a pair: each has its own.
static unsigned side_of(Split *s, Node x) {
    if (!x) return 0;
    void *key = (void *)(uintptr_t)x;
    uintptr_t known = (uintptr_t)map_get(&s->side, key);
    if (known) return (unsigned)known - 1;
    DagNode d = *dag_at(D(s), x);
    unsigned side = side_of(s, d.a) | side_of(s, d.b) | side_of(s, d.c);
    if (d.op == N_PRE || d.op == N_PRE_INDEX) side = OF_PRE;
    else if (d.op == N_POST || d.op == N_POST_INDEX) side = OF_POST;
    else if (d.op == N_FIELD || d.op == N_TICKFIELD || d.op == N_INDEX || d.op == N_TOTAL || d.op >= N_UNIFORM) side = OF_PAIR;
    map_put(s->net->arena, &s->side, key, (void *)(uintptr_t)(side + 1));
    return side;
}

static bool add_term(Split *s, Terms *t, Node pre, Node post) {
    for (uint32_t i = 0; i < t->n; i++)
        if (t->at[i].pre == pre) { t->at[i].post = op2(s, N_ADD, t->at[i].post, post); return true; }
    if (t->n == TERMS) return false;
    t->at[t->n++] = (Term){pre, post};
    return true;
}

static bool terms_of(Split *s, Node x, Terms *t);

static bool product(Split *s, const DagNode *d, Terms *t) {
    Terms a = {.n = 0}, b = {.n = 0};
    if (!terms_of(s, d->a, &a) || !terms_of(s, d->b, &b)) return false;
    for (uint32_t i = 0; i < a.n; i++)
        for (uint32_t k = 0; k < b.n; k++)
            if (!add_term(s, t, op2(s, N_MUL, a.at[i].pre, b.at[k].pre), op2(s, N_MUL, a.at[i].post, b.at[k].post))) return false;
    return true;
}

static bool quotient(Split *s, const DagNode *d, Terms *t) {
    Terms a = {.n = 0};
    unsigned by = side_of(s, d->b);
    if (by == (OF_PRE | OF_POST) || !terms_of(s, d->a, &a)) return false;
    for (uint32_t i = 0; i < a.n; i++) {
        Term q = a.at[i];
        *(by == OF_PRE ? &q.pre : &q.post) = op2(s, N_DIV, by == OF_PRE ? q.pre : q.post, d->b);
        if (!add_term(s, t, q.pre, q.post)) return false;
    }
    return true;
}

static bool sum(Split *s, const DagNode *d, Terms *t) {
    Terms a = {.n = 0}, b = {.n = 0};
    if (!terms_of(s, d->a, &a) || (d->b && !terms_of(s, d->b, &b))) return false;
    for (uint32_t i = 0; i < a.n; i++)
        if (!add_term(s, t, a.at[i].pre, d->op == N_NEG ? dag_op(D(s), N_NEG, a.at[i].post, 0, 0) : a.at[i].post)) return false;
    for (uint32_t i = 0; i < b.n; i++)
        if (!add_term(s, t, b.at[i].pre, d->op == N_SUB ? dag_op(D(s), N_NEG, b.at[i].post, 0, 0) : b.at[i].post)) return false;
    return true;
}

// sin(p + q) = sin p cos q + cos p sin q, cos(p + q) = cos p cos q - sin p sin q, with p of the source and q of the target: coupled phases.
static bool wave(Split *s, const DagNode *d, Terms *t) {
    Terms a = {.n = 0};
    Node one = num(s, 1), p = 0, q = 0;
    if (!terms_of(s, d->a, &a)) return false;
    for (uint32_t i = 0; i < a.n; i++) {
        if (a.at[i].pre == one) q = q ? op2(s, N_ADD, q, a.at[i].post) : a.at[i].post;
        else if (side_of(s, a.at[i].post)) return false;
        else {
            Node x = op2(s, N_MUL, a.at[i].pre, a.at[i].post);
            p = p ? op2(s, N_ADD, p, x) : x;
        }
    }
    if (!p || !q) return false;
    Node sp = dag_op(D(s), N_SIN, p, 0, 0), cp = dag_op(D(s), N_COS, p, 0, 0), sq = dag_op(D(s), N_SIN, q, 0, 0), cq = dag_op(D(s), N_COS, q, 0, 0);
    if (d->op == N_SIN) return add_term(s, t, sp, cq) && add_term(s, t, cp, sq);
    return add_term(s, t, cp, cq) && add_term(s, t, sp, dag_op(D(s), N_NEG, sq, 0, 0));
}

static bool terms_of(Split *s, Node x, Terms *t) {
    unsigned side = side_of(s, x);
    if (side & OF_PAIR) return false;
    if (!(side & OF_PRE)) return add_term(s, t, num(s, 1), x);
    if (!(side & OF_POST)) return add_term(s, t, x, num(s, 1));
    DagNode d = *dag_at(D(s), x);
    switch ((NetOp)d.op) {
    case N_ADD: case N_SUB: case N_NEG: return sum(s, &d, t);
    case N_MUL: return product(s, &d, t);
    case N_DIV: return quotient(s, &d, t);
    case N_SIN: case N_COS: return wave(s, &d, t);
    default: return false;
    }
}

// ---- what a target takes ----

static Node as_target(Split *s, Node x) {
    if (!x || !(side_of(s, x) & OF_PRE)) return x;
    DagNode d = *dag_at(D(s), x);
    if (d.op == N_PRE) return dag_leaf(D(s), N_POST, d.ref);
    if (d.op == N_PRE_INDEX) return dag_leaf(D(s), N_POST_INDEX, 0);
    Node a = as_target(s, d.a), b = as_target(s, d.b), c = as_target(s, d.c);
    return dag_with(D(s), x, a, b, c);
}

// 1 where the target is a source, too, and is not to hear itself.
static Node own_share(Split *s) {
    const NetProj *p = s->p;
    if (p->allow_self || p->src != p->tgt || p->tgt_hi <= p->src_lo || p->src_hi <= p->tgt_lo) return 0;
    if (p->src_lo <= p->tgt_lo && p->tgt_hi <= p->src_hi) return num(s, 1);
    Node j = dag_leaf(D(s), N_POST_INDEX, 0);
    Node in = op2(s, N_AND, op2(s, N_LE, num(s, p->src_lo), j), op2(s, N_LT, j, num(s, p->src_hi)));
    return dag_op(D(s), N_B2R, in, 0, 0);
}

static Node total(Split *s, Node pre) {
    double count;
    if (dag_is_const(D(s), pre, &count)) return num(s, count*(s->p->src_hi - s->p->src_lo));
    for (uint32_t i = 0; i < s->p->totals.n; i++)
        if (s->p->totals.at[i] == pre) return dag_leaf(D(s), N_TOTAL, i);
    vec_push(s->net->arena, &s->p->totals, pre);
    return dag_leaf(D(s), N_TOTAL, s->p->totals.n - 1);
}

static Node taken(Split *s, const Terms *t) {
    Node value = 0, own = own_share(s);
    for (uint32_t i = 0; i < t->n; i++) {
        Node all = total(s, t->at[i].pre);
        if (own) all = op2(s, N_SUB, all, op2(s, N_MUL, as_target(s, t->at[i].pre), own));
        Node x = op2(s, N_MUL, t->at[i].post, all);
        value = value ? op2(s, N_ADD, value, x) : x;
    }
    return value;
}

void totals_split(Net *net, NetProj *p) {
    if (p->rule != RULE_all_to_all || p->pair_prob) return;
    Split s = {.net = net, .p = p};
    uint32_t kept = 0;
    for (uint32_t i = 0; i < p->advance.n; i++) {
        Assign a = p->advance.at[i];
        Terms t = {.n = 0};
        if (a.mode == MODE_ADD && net->fields.at[a.field].owner == OWNER_POP && terms_of(&s, a.value, &t))
            program_add(net, &p->collect, a.field, taken(&s, &t));
        else p->advance.at[kept++] = a;
    }
    p->advance.n = kept;
}
