// SPDX-License-Identifier: MIT
// Model -> Net: populations, then projections (which add fields to populations), then the step programs, then rewrites.
#include "build.h"

static Net *build_net(NetProgram *out, Diags *diags, Network *m, uint32_t id, const NetOptions *o) {
    Net *n = ARENA_NEW(&out->arena, Net);
    n->arena = n->dag.arena = &out->arena;
    n->model = m;
    n->name = m->name;
    n->id = id;
    vec_push(n->arena, &n->k, ((KDef){0, 0}));        // K[0] = dt
    dag_const(&n->dag, 0);
    Build b = {.model = out->model, .net = n, .diags = diags, .arena = &out->arena, .options = o};
    if (!build_pops(&b) || !build_projs(&b)) return NULL;
    build_steps(&b);
    if (b.failed) return NULL;
    n->streams = b.streams;
    if (o->place) {                      // the oracle's form is left as it was built
        pass_singular(n);
        pass_affine(n);
        pass_fma(n);
        pass_hoist(n);
        pass_bundles(n);
    }
    net_verify(n);
    return n;
}

NetProgram *net_build(Diags *diags, Model *model, const NetOptions *o) {
    Arena a = {0};
    NetProgram *p = ARENA_NEW(&a, NetProgram);
    p->arena = a;
    p->model = model;
    bool failed = false;
    for (uint32_t i = 0; i < model->networks.n; i++) {
        Net *n = build_net(p, diags, model->networks.at[i], i, o);
        if (n) vec_push(&p->arena, &p->nets, n);
        failed |= !n;
    }
    if (!failed) return p;
    net_free(p);
    return NULL;
}
