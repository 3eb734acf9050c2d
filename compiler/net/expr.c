// SPDX-License-Identifier: MIT
// Expressions of experiments as nodes of a finished Net: values that drive, fill or are drawn. Fields and constants are those that
// the build made; nothing is added to the Net but nodes and streams of draws.
#include "build.h"

// What the build knew of a population's variables, read back from the Net.
static void known_vars(Net *n, const Population *own, PtrMap *var) {
    for (uint32_t i = 0; i < n->params.n; i++) {
        const NetParam *p = &n->params.at[i];
        if (p->var && !p->proj && (!p->pop || p->pop == own)) map_put_node(n->arena, var, p->var, dag_leaf(&n->dag, N_K, p->slot));
    }
    int pop = own ? net_pop_index(n, own) : -1;
    for (uint32_t i = 0; pop >= 0 && i < n->pops.at[pop].fields.n; i++) {
        const Field *f = &n->fields.at[n->pops.at[pop].fields.at[i]];
        if (f->var && f->elem == ELEM_REAL && f->role != ROLE_INPUT && f->role != ROLE_DRIVE)
            map_put_node(n->arena, var, f->var, dag_leaf(&n->dag, N_FIELD, f->id));
    }
}

Node net_expr(Net *n, const Expr *e, const Population *own) {
    Diags none = {0};
    PopBuild p = {0};
    Build b = {.net = n, .arena = n->arena, .streams = n->streams, .diags = &none};
    known_vars(n, own, &p.var);
    int pop = own ? net_pop_index(n, own) : -1;
    if (pop >= 0) p.id = (uint32_t)pop;
    Env env = {.b = &b, .body = own ? own->body : NULL, .base = &p.var, .own = pop >= 0 ? &p : NULL, .own_side = SIDE_OWN, .sampled_noise = true};
    Node v = lower_real(&env, e);
    n->streams = b.streams;
    diags_free(&none);
    return v;
}
