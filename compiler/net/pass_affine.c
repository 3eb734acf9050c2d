// SPDX-License-Identifier: MIT
// Factors that do not change are multiplied with each other once, at set-up, instead of one after the other with what the experiment drives:
//
//   before   d*((I + b)*c)               I an input; b, c, d uniform
//   after    I*(c*d) + b*c*d             which pass_fma makes one instruction
//
// Only where every leaf that moves is an input: differences of states, such as V - E, keep their exact zeros. A sum is multiplied out only
// when that costs no more products. Requires: complete programs. Provides: the same, shorter.
#include "build.h"

static bool uniform(const Rewrite *f, Node x) { return net_rate(f->net, x) == STATIC_UNIFORM; }

// What a product with a uniform factor would cost: products inside now, terms if multiplied out; good: all that moves is input.
typedef struct Cost { int products, terms; bool constant_term, good; } Cost;

static Cost cost(const Rewrite *f, Node x) {
    const DagNode *d = dag_at(&f->net->dag, x);
    if (uniform(f, x)) return (Cost){0, 0, true, true};
    if (d->op == N_FIELD) return (Cost){0, 1, false, f->net->fields.at[d->ref].role == ROLE_DRIVE};
    if (f->uses[x] > 1) return (Cost){.good = false};
    if (d->op == N_NEG) return cost(f, d->a);
    if (d->op == N_MUL && (uniform(f, d->a) || uniform(f, d->b))) {
        Cost c = cost(f, uniform(f, d->a) ? d->b : d->a);
        c.products++;
        return c;
    }
    if (d->op != N_ADD && d->op != N_SUB) return (Cost){.good = false};
    Cost a = cost(f, d->a), b = cost(f, d->b);
    return (Cost){a.products + b.products, a.terms + b.terms, a.constant_term || b.constant_term, a.good && b.good};
}

static Node scaled(Rewrite *f, Node x, Node by) {
    Dag *d = &f->net->dag;
    DagNode n = *dag_at(d, x);
    if (uniform(f, x) || n.op == N_FIELD) return dag_op(d, N_MUL, x, by, 0);
    if (n.op == N_NEG) return scaled(f, n.a, dag_op(d, N_NEG, by, 0, 0));
    if (n.op == N_MUL) return uniform(f, n.a) ? scaled(f, n.b, dag_op(d, N_MUL, n.a, by, 0)) : scaled(f, n.a, dag_op(d, N_MUL, n.b, by, 0));
    return dag_op(d, (NetOp)n.op, scaled(f, n.a, by), scaled(f, n.b, by), 0);
}

static Node affine(Rewrite *f, DagNode n, Node x) {
    if (uniform(f, x)) return x;
    if (n.op == N_MUL && uniform(f, n.a) != uniform(f, n.b)) {
        Node by = uniform(f, n.a) ? n.a : n.b, what = by == n.a ? n.b : n.a;
        Cost c = cost(f, what);
        bool shorter = c.terms < c.products + 1 || (c.terms == c.products + 1 && c.constant_term);
        if (c.good && shorter && dag_at(&f->net->dag, what)->op != N_FIELD) return scaled(f, what, by);
    }
    return rewrite_kids(f, n, x);
}

void pass_affine(Net *n) { rewrite_net(n, affine); }
