// SPDX-License-Identifier: MIT
// Moves what does not change out of the programs:
//
//   before   V <- (V - E_L)*exp(-dt/tau)             all of E_L, tau uniform
//   after    K[7] = exp(-dt/tau) at set-up;  V <- (V - K[3])*K[7]
//
// Uniform subexpressions become slots of the constants table. Subexpressions of a step that depend on per-neuron parameters and cost
// more than a load (division, functions) become derived fields, computed before the run and again after a parameter is set.
// Requires: complete programs. Provides: programs whose static parts are leaves.
#include "build.h"

typedef struct Hoist { Net *net; NetPop *pop; Node *memo; uint32_t limit; } Hoist;

static bool costly(const Net *n, Node x) {
    if (!x) return false;
    const DagNode *d = dag_at(&n->dag, x);
    switch ((NetOp)d->op) {
    case N_DIV: case N_SQRT: case N_EXP: case N_EXPM1: case N_EXPREL: case N_EXPRELINV: case N_LOG: case N_LOG1P: case N_SIN: case N_COS: case N_TAN:
    case N_TANH: case N_ATAN: case N_ATAN2: case N_POW: return true;
    default: break;
    }
    Node kids[3] = {d->a, d->b, d->c};
    for (int i = 0; i < d->arity; i++)
        if (costly(n, kids[i])) return true;
    return false;
}

static Node hoist(Hoist *h, Node x);

static Node derived_field(Hoist *h, Node x) {
    Net *n = h->net;
    for (uint32_t i = 0; i < h->pop->derive.n; i++)
        if (h->pop->derive.at[i].value == x) return dag_leaf(&n->dag, N_FIELD, h->pop->derive.at[i].field);
    uint32_t f = net_add_field(n, sym(arena_printf(n->arena, "derived%u", h->pop->derive.n)), OWNER_POP, h->pop->id, ELEM_REAL, ROLE_DERIVED, DIM_NONE, NULL);
    n->fields.at[f].why = "constant for each neuron";
    program_set(n, &h->pop->derive, f, x);
    return dag_leaf(&n->dag, N_FIELD, f);
}

static Node hoist_kids(Hoist *h, DagNode d, Node x) {
    Node a = d.a ? hoist(h, d.a) : 0, b = d.b ? hoist(h, d.b) : 0, c = d.c ? hoist(h, d.c) : 0;
    return dag_with(&h->net->dag, x, a, b, c);
}

static Node hoist_one(Hoist *h, DagNode d, Node x) {
    if (d.arity == 0) return x;
    Rate r = net_rate(h->net, x);
    if (d.type == 'R' && r == STATIC_UNIFORM) return net_k(h->net, x);
    if (d.type == 'R' && r == STATIC_ENTITY && h->pop && costly(h->net, x)) return derived_field(h, x);
    return hoist_kids(h, d, x);
}

static Node hoist(Hoist *h, Node x) {
    if (x >= h->limit) return x;
    if (!h->memo[x]) h->memo[x] = hoist_one(h, *dag_at(&h->net->dag, x), x);
    return h->memo[x];
}

static Node hoist_root(void *data, Node x) { return x ? hoist(data, x) : 0; }

void pass_hoist(Net *n) {
    Hoist h = {.net = n, .limit = n->dag.at.n};
    h.memo = ARENA_ARRAY(n->arena, Node, h.limit);
    for (uint32_t i = 0; i < n->pops.n; i++) {       // steps first: they may use derived fields
        h.pop = &n->pops.at[i];
        memset(h.memo, 0, h.limit * sizeof *h.memo);
        for (uint32_t k = 0; k < h.pop->step.n; k++) h.pop->step.at[k].value = hoist(&h, h.pop->step.at[k].value);
        for (uint32_t k = 0; k < h.pop->spikes.n; k++) h.pop->spikes.at[k].cond = hoist(&h, h.pop->spikes.at[k].cond);
    }
    Hoist rest = {.net = n, .limit = n->dag.at.n};
    rest.memo = ARENA_ARRAY(n->arena, Node, rest.limit);
    net_map_roots(n, hoist_root, &rest);
    for (uint32_t i = 0; i < n->pops.n; i++)
        for (uint32_t k = 0; k < n->pops.at[i].derive.n; k++)
            n->pops.at[i].derive.at[k].value = hoist(&rest, n->pops.at[i].derive.at[k].value);
}
