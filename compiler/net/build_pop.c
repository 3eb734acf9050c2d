// SPDX-License-Identifier: MIT
// Populations: fields, parameters, initial values, and the step program.
//
// Order of a step inside a neuron: jumps that arrived (buffers) -> `step` block -> equations -> algebraic variables -> spike
// conditions -> reset bodies -> recorded `let`s. All of it ends as one expression over the fields at the start of the step.
#include "build.h"

#define K0(n) dag_leaf(&(n)->dag, N_K, 0)

Env pop_env(Build *b, PopBuild *p) {
    return (Env){.b = b, .body = b->net->pops.at[p->id].model->body, .base = &p->var, .own = p, .own_side = SIDE_OWN, .kernel = &p->convolve};
}

static NetPop *np_of(Build *b, const PopBuild *p) { return &b->net->pops.at[p->id]; }

static const Expr *binding_of(const BindingVec *v, const Var *var) {
    for (uint32_t i = v->n; i-- > 0;)
        if (v->at[i].var == var) return v->at[i].value;
    return NULL;
}

uint32_t build_param(Build *b, const Var *v) {
    uint32_t slot = (uint32_t)(uintptr_t)map_get(&b->param_slot, v);
    if (slot) return slot;
    Net *n = b->net;
    Env e = {.b = b};
    Node value = v->init ? lower_real(&e, v->init) : dag_const(&n->dag, 0);
    slot = n->k.n;
    map_put(b->arena, &b->param_slot, v, (void *)(uintptr_t)slot);
    vec_push(n->arena, &n->params, ((NetParam){v->path ? v->path : v->name, slot, v->dim, v->lo, v->hi, v->ranged, (Var *)(uintptr_t)v, NULL, NULL}));
    vec_push(n->arena, &n->k, ((KDef){value, n->params.n}));
    vec_push(n->arena, &n->setup, ((SetupStep){false, slot}));
    return slot;
}

// Does an experiment give this variable of this population different values for different neurons?
static bool filled_in(const XVec *body, const Population *p, const Var *v) {
    for (uint32_t i = 0; i < body->n; i++) {
        const XStmt *s = body->at[i];
        if ((s->kind == X_FILL || s->kind == X_DRAW) && s->target && s->target->pop == p && s->target->var == v) return true;
        if (filled_in(&s->body, p, v) || filled_in(&s->otherwise, p, v)) return true;
    }
    return false;
}

static bool pop_filled(const Model *m, const Population *p, const Var *v) {
    for (uint32_t i = 0; i < m->experiments.n; i++)
        if (filled_in(&m->experiments.at[i]->body, p, v)) return true;
    return false;
}

// One number at the start, settable by its path; the experiment then writes what differs between neurons, so it is not found by its Var.
static Node settable_start(Net *n, const Population *m, const Var *v, Node value) {
    uint32_t slot = n->k.n;
    const char *path = arena_printf(n->arena, "%s.%s", m->path, v->name);
    vec_push(n->arena, &n->params, ((NetParam){path, slot, v->dim, v->lo, v->hi, v->ranged, NULL, NULL, NULL}));
    vec_push(n->arena, &n->k, ((KDef){value, n->params.n}));
    vec_push(n->arena, &n->setup, ((SetupStep){false, slot}));
    return dag_leaf(&n->dag, N_K, slot);
}

Node build_pop_param(Build *b, PopBuild *p, const Var *v) {
    Node leaf = map_node(&p->var, v);
    if (leaf) return leaf;
    Net *n = b->net;
    const Population *m = np_of(b, p)->model;
    const Expr *given = binding_of(&m->params, v);
    Env e = pop_env(b, p);
    Node value = given ? lower_real(&e, given) : v->init ? lower_real(&e, v->init) : dag_const(&n->dag, 0);
    if (net_rate(n, value) == STATIC_UNIFORM && !pop_filled(b->model, m, v)) {
        uint32_t slot = n->k.n;
        const char *path = arena_printf(n->arena, "%s.%s", m->path, v->name);
        vec_push(n->arena, &n->params, ((NetParam){path, slot, v->dim, v->lo, v->hi, v->ranged, (Var *)(uintptr_t)v, (Population *)(uintptr_t)m, NULL}));
        vec_push(n->arena, &n->k, ((KDef){value, n->params.n}));
        vec_push(n->arena, &n->setup, ((SetupStep){false, slot}));
        leaf = dag_leaf(&n->dag, N_K, slot);
    } else {
        if (net_rate(n, value) == STATIC_UNIFORM) value = settable_start(n, m, v, value);
        uint32_t f = net_add_field(n, v->name, OWNER_POP, p->id, ELEM_REAL, ROLE_PARAM, v->dim, (Var *)(uintptr_t)v);
        n->fields.at[f].why = "differs between neurons";
        program_set(n, &np_of(b, p)->init, f, value);
        leaf = dag_leaf(&n->dag, N_FIELD, f);
    }
    map_put_node(b->arena, &p->var, v, leaf);
    return leaf;
}

// ---- what a body needs ----

static bool expr_has(const Expr *x, SpecialId id) {
    if (!x) return false;
    if (x->kind == E_SPECIAL && x->special == id) return true;
    for (uint32_t i = 0; i < x->args.n; i++)
        if (expr_has(x->args.at[i], id)) return true;
    return expr_has(x->a, id) || expr_has(x->b, id) || expr_has(x->c, id) || expr_has(x->lo, id) || expr_has(x->hi, id);
}

static bool stmts_have(const StmtVec *v, SpecialId id) {
    for (uint32_t i = 0; i < v->n; i++) {
        const Stmt *s = v->at[i];
        if (expr_has(s->value, id) || expr_has(s->cond, id) || stmts_have(&s->then, id) || stmts_have(&s->otherwise, id)) return true;
    }
    return false;
}

static bool body_has(const Body *b, SpecialId id) {
    for (uint32_t i = 0; i < b->vars.n; i++)
        if (expr_has(b->vars.at[i]->init, id)) return true;
    for (uint32_t i = 0; i < b->equations.n; i++)
        if (expr_has(b->equations.at[i].value, id)) return true;
    for (uint32_t i = 0; i < b->spikes.n; i++) {
        const SpikeEvent *s = &b->spikes.at[i];
        if (expr_has(s->cond, id) || expr_has(s->level, id) || expr_has(s->at, id) || stmts_have(&s->body, id)) return true;
    }
    for (uint32_t i = 0; i < b->handlers.n; i++)
        if (stmts_have(&b->handlers.at[i].body, id)) return true;
    return stmts_have(&b->step, id);
}

static void collect_refractory(const StmtVec *v, bool *any, VarVec *held, Arena *a) {
    for (uint32_t i = 0; i < v->n; i++) {
        const Stmt *s = v->at[i];
        if (s->kind == S_REFRACTORY) {
            *any = true;
            for (uint32_t j = 0; j < s->hold.n; j++) vec_push(a, held, s->hold.at[j]);
        }
        collect_refractory(&s->then, any, held, a);
        collect_refractory(&s->otherwise, any, held, a);
    }
}

static bool in_vars(const VarVec *v, const Var *x) {
    for (uint32_t i = 0; i < v->n; i++)
        if (v->at[i] == x) return true;
    return false;
}

static bool expr_mentions(const Expr *x, const Var *v) {
    if (!x) return false;
    if (x->kind == E_VAR && (x->var == v || (x->var->kind == VAR_LET && expr_mentions(x->var->init, v)))) return true;
    for (uint32_t i = 0; i < x->args.n; i++)
        if (expr_mentions(x->args.at[i], v)) return true;
    return expr_mentions(x->a, v) || expr_mentions(x->b, v) || expr_mentions(x->c, v);
}

static bool crossing_state(const Body *b, const Var *v) {
    for (uint32_t i = 0; i < b->spikes.n; i++)
        if (b->spikes.at[i].how == SPIKE_CROSSES && (expr_mentions(b->spikes.at[i].cond, v) || expr_mentions(b->spikes.at[i].level, v))) return true;
    return false;
}

static uint32_t hidden(Build *b, PopBuild *p, const char *name, Elem elem, double init) {
    Net *n = b->net;
    uint32_t f = net_add_field(n, sym(name), OWNER_POP, p->id, elem, ROLE_HIDDEN, DIM_NONE, NULL);
    Node v = dag_const(&n->dag, init);
    program_set(n, &np_of(b, p)->init, f, elem == ELEM_TICK ? dag_op(&n->dag, N_TICK, v, 0, 0) : v);
    return f + 1;
}

static void hidden_fields(Build *b, PopBuild *p, const Body *body) {
    bool refractory = false;
    for (uint32_t i = 0; i < body->spikes.n; i++) collect_refractory(&body->spikes.at[i].body, &refractory, &p->held, b->arena);
    for (uint32_t i = 0; i < body->handlers.n; i++) collect_refractory(&body->handlers.at[i].body, &refractory, &p->held, b->arena);
    if (refractory) p->until = hidden(b, p, "refractory_until", ELEM_TICK, 0);
    if (body_has(body, SP_SINCE_SPIKE)) p->last = hidden(b, p, "last_spike", ELEM_TICK, -1e9);
    if (body_has(body, SP_SPIKED_BEFORE)) p->spiked = hidden(b, p, "spiked_before", ELEM_REAL, 0);
    bool timed = body_has(body, SP_SINCE_PRESENT);
    for (uint32_t i = 0; i < body->spikes.n; i++) timed |= body->spikes.at[i].how == SPIKE_ONCE_AT || body->spikes.at[i].how == SPIKE_AT;
    for (uint32_t i = 0; i < body->handlers.n; i++) timed |= body->handlers.at[i].kind == ON_PRESENT;
    NetPop *np = np_of(b, p);
    if (timed) np->present_field = p->present = hidden(b, p, "presented_at", ELEM_TICK, -1e9);
    if (body_has(body, SP_RANK)) np_of(b, p)->rank_field = p->rank = hidden(b, p, "rank", ELEM_REAL, 0);
}

static void position_fields(Build *b, PopBuild *p, const Population *m) {
    Net *n = b->net;
    Dag *d = &n->dag;
    Env e = pop_env(b, p);
    for (uint32_t axis = 0; axis < m->dims; axis++) {
        uint32_t f = net_add_field(n, sym_n(&"xyz"[axis], 1), OWNER_POP, p->id, ELEM_REAL, ROLE_POSITION, DIM_NONE, NULL);
        Node value = m->position[axis] ? lower_real(&e, m->position[axis]) : dag_const(d, 0);
        program_set(n, &np_of(b, p)->init, f, value);
    }
}

static void pop_state(Build *b, PopBuild *p, Var *v) {
    Net *n = b->net;
    uint32_t f = net_add_field(n, v->name, OWNER_POP, p->id, ELEM_REAL, ROLE_STATE, v->dim, v);
    map_put_node(b->arena, &p->var, v, dag_leaf(&n->dag, N_FIELD, f));
}

static void pop_state_init(Build *b, PopBuild *p, Var *v) {
    Env e = pop_env(b, p);
    const Population *m = np_of(b, p)->model;
    const Expr *x = binding_of(&m->states, v);
    Node value = x ? lower_real(&e, x) : v->init ? lower_real(&e, v->init) : dag_const(&b->net->dag, 0);
    program_set(b->net, &np_of(b, p)->init, dag_at(&b->net->dag, map_node(&p->var, v))->ref, value);
}

// A node that construction can evaluate: parameters, fields and the index, no draws and no time.
static bool plain(const Net *n, Node x) {
    if (!x) return true;
    const DagNode *d = dag_at(&n->dag, x);
    switch ((NetOp)d->op) {
    case N_CONST: case N_K: case N_FIELD: case N_INDEX: case N_BTRUE: return true;
    case N_STEP: case N_T: case N_TICKFIELD: case N_UNIFORM: case N_NORMAL: case N_EXPONENTIAL: case N_POISSON: case N_GAMMA: case N_BINOMIAL: case N_TRUNCNORMAL: return false;
    default: return plain(n, d->a) && plain(n, d->b) && plain(n, d->c);
    }
}

// What a computed quantity is at construction: from the initial states, with inputs at 0 and no spike so far. 0 when it needs more.
static Node start_value(Build *b, PopBuild *p, const Expr *x) {
    Net *n = b->net;
    const Body *body = np_of(b, p)->model->body;
    uint32_t streams = b->streams;
    Env e = pop_env(b, p);
    for (uint32_t i = 0; i < body->vars.n; i++)
        if (body->vars.at[i]->kind == VAR_INPUT) lower_assign(&e, body->vars.at[i], dag_const(&n->dag, 0));
    Node v = lower_real(&e, x);
    if (p->last) {
        const Expr since = {.kind = E_SPECIAL, .special = SP_SINCE_SPIKE};
        Node never = dag_const(&n->dag, 1e9), now = lower_real(&e, &since);
        v = net_subst(n, v, &now, &never, 1);
    }
    if (plain(n, v)) return v;
    b->streams = streams;
    return dag_const(&n->dag, 0);
}

static void computed_states(Build *b, PopBuild *p) {
    const Body *body = np_of(b, p)->model->body;
    if (b->failed || body->what != MODEL_NEURON) return;
    for (uint32_t i = 0; i < body->equations.n; i++) {
        const Equation *q = &body->equations.at[i];
        if (!q->algebraic) continue;
        Program *init = &np_of(b, p)->init;
        uint32_t field = dag_at(&b->net->dag, map_node(&p->var, q->var))->ref, k = 0;
        while (k < init->n && init->at[k].field != field) k++;                      // behind all that it may read
        if (k < init->n) memmove(&init->at[k], &init->at[k + 1], (--init->n - k) * sizeof init->at[0]);
        program_set(b->net, init, field, start_value(b, p, q->value));
    }
}

// Computed quantities that an experiment records or reads are kept in fields.
static void note_field(Build *b, const Expr *e) {
    Net *n = b->net;
    Var *v = e->var;
    int pop = net_pop_index(n, e->pop);
    if (pop < 0 || !v || (v->kind != VAR_LET && v->kind != VAR_INPUT && v->kind != VAR_OUTPUT)) return;
    PopBuild *p = &b->pop[pop];
    if (map_get(&p->recorded, v)) return;
    uint32_t f = net_add_field(n, v->name, OWNER_POP, p->id, ELEM_REAL, ROLE_RECORDED_LET, v->dim, v);
    map_put_node(b->arena, &p->recorded, v, f + 1);
    bool computed = v->kind == VAR_LET && np_of(b, p)->model->body->what == MODEL_NEURON && !v->draw_per_entity;
    program_set(n, &np_of(b, p)->init, f, computed ? start_value(b, p, v->init) : dag_const(&n->dag, 0));
}

static void note_fields(Build *b, const Expr *e) {
    if (!e) return;
    if (e->kind == E_POP) note_field(b, e);
    for (uint32_t i = 0; i < e->args.n; i++) note_fields(b, e->args.at[i]);
    note_fields(b, e->a);
    note_fields(b, e->b);
    note_fields(b, e->c);
}

static void scan_experiment(Build *b, const XVec *body) {
    Net *n = b->net;
    for (uint32_t i = 0; i < body->n; i++) {
        const XStmt *s = body->at[i];
        int pop = s->target && s->target->pop ? net_pop_index(n, s->target->pop) : -1;
        if (pop >= 0 && s->target->var) {
            PopBuild *p = &b->pop[pop];
            Var *v = s->target->var;
            if (s->kind == X_DRIVE && (v->kind == VAR_INPUT || v->kind == VAR_VALUE_INPUT) && !map_get(&p->drive, v)) {
                uint32_t f = net_add_field(n, v->name, OWNER_POP, p->id, ELEM_REAL, ROLE_DRIVE, v->dim, v);
                map_put_node(b->arena, &p->drive, v, f + 1);
                program_set(n, &np_of(b, p)->init, f, dag_const(&n->dag, 0));
            }
            if (s->kind != X_DRIVE) note_field(b, s->target);
        }
        note_fields(b, s->value);
        note_fields(b, s->lo);
        note_fields(b, s->hi);
        for (uint32_t k = 0; k < s->items.n; k++) note_fields(b, s->items.at[k].value);
        for (uint32_t k = 0; k < s->args.n; k++) note_fields(b, s->args.at[k].value);
        scan_experiment(b, &s->body);
        scan_experiment(b, &s->otherwise);
    }
}




// A population that never spikes but is read by others has a port without spikes.
static bool is_source(const Build *b, const Population *p) {
    for (uint32_t i = 0; i < b->net->model->projs.n; i++)
        for (uint32_t k = 0; k < b->net->model->projs.at[i]->source.n; k++)
            if (b->net->model->projs.at[i]->source.at[k].pop == p) return true;
    return false;
}

static void pop_ports(Build *b, PopBuild *p, const Body *body) {
    Net *n = b->net;
    NetPop *np = np_of(b, p);
    for (uint32_t i = 0; i < body->spikes.n; i++) vec_push(n->arena, &np->spikes, ((SpikeOut){body->spikes.at[i].port, 0}));
    if (!body->spikes.n && is_source(b, np->model)) vec_push(n->arena, &np->spikes, ((SpikeOut){NULL, dag_op(&n->dag, N_NOT, dag_leaf(&n->dag, N_BTRUE, 0), 0, 0)}));
    for (uint32_t i = 0; i < body->vars.n; i++) {
        Var *v = body->vars.at[i];
        if (v->kind != VAR_VALUE_INPUT) continue;
        uint32_t f = net_add_field(n, v->name, OWNER_POP, p->id, ELEM_REAL, ROLE_VALUE, v->dim, v);
        program_set(n, &np_of(b, p)->init, f, dag_const(&n->dag, 0));
        map_put_node(b->arena, &p->port, v, dag_leaf(&n->dag, N_FIELD, f));
        np_of(b, p)->value_field = f + 1;
    }
}

static void build_pop(Build *b, PopBuild *p) {
    const Population *m = np_of(b, p)->model;
    const Body *body = m->body;
    NetPop *np = np_of(b, p);
    np->is_encoder = body->what == MODEL_ENCODER;
    np->is_decoder = body->what == MODEL_DECODER;
    for (uint32_t i = 0; i < body->vars.n; i++)
        if (body->vars.at[i]->kind == VAR_STATE) pop_state(b, p, body->vars.at[i]);
    if (m->layout != POS_NONE) position_fields(b, p, m);
    for (uint32_t i = 0; i < body->vars.n; i++)
        if (body->vars.at[i]->kind == VAR_PARAM) build_pop_param(b, p, body->vars.at[i]);
    for (uint32_t i = 0; i < body->vars.n; i++)
        if (body->vars.at[i]->kind == VAR_STATE) pop_state_init(b, p, body->vars.at[i]);
    hidden_fields(b, p, body);
    for (uint32_t i = 0; i < body->vars.n; i++) {
        Var *v = body->vars.at[i];
        if (v->kind != VAR_STATE || !(in_vars(&p->held, v) || crossing_state(body, v))) continue;
        map_put(b->arena, &p->buffered, v, v);
    }
    pop_ports(b, p, body);
    build_kernels(b, p);
    computed_states(b, p);
}

bool build_pops(Build *b) {
    Net *n = b->net;
    for (uint32_t i = 0; i < n->model->params.n; i++) build_param(b, n->model->params.at[i]);
    for (uint32_t i = 0; i < n->model->pops.n; i++) {
        Population *m = n->model->pops.at[i];
        NetPop np = {.path = m->path, .model = m, .id = i, .n = m->n, .rank = m->rank};
        memcpy(np.shape, m->shape, sizeof np.shape);
        vec_push(n->arena, &n->pops, np);
    }
    b->pop = ARENA_ARRAY(b->arena, PopBuild, n->pops.n + 1);
    for (uint32_t i = 0; i < n->pops.n; i++) b->pop[i].id = i;
    for (uint32_t i = 0; i < n->pops.n; i++) build_pop(b, &b->pop[i]);
    for (uint32_t i = 0; i < b->model->experiments.n; i++) scan_experiment(b, &b->model->experiments.at[i]->body);
    return !b->failed;
}


uint32_t pop_jump_field(Build *b, PopBuild *p, Var *v) {
    if (!map_get(&p->buffered, v)) return dag_at(&b->net->dag, map_node(&p->var, v))->ref;
    uint32_t f = map_node(&p->buffer, v);
    if (f) return f - 1;
    f = net_add_field(b->net, sym(arena_printf(b->arena, "%s.jumps", v->name)), OWNER_POP, p->id, ELEM_REAL, ROLE_INPUT, v->dim, NULL);
    program_set(b->net, &np_of(b, p)->init, f, dag_const(&b->net->dag, 0));
    map_put_node(b->arena, &p->buffer, v, f + 1);
    return f;
}

uint32_t pop_syn_input(Build *b, PopBuild *p, Var *port) {
    uint32_t f = map_node(&p->syn_input, port);
    if (f) return f - 1;
    f = net_add_field(b->net, sym(arena_printf(b->arena, "%s.arrived", port->name)), OWNER_POP, p->id, ELEM_REAL, ROLE_INPUT, port->dim, NULL);
    program_set(b->net, &np_of(b, p)->init, f, dag_const(&b->net->dag, 0));
    map_put_node(b->arena, &p->syn_input, port, f + 1);
    return f;
}
