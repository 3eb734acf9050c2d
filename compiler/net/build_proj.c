// SPDX-License-Identifier: MIT
// Projections: connectivity, per-synapse fields, and the programs of pre- and postsynaptic events.
//
// A projection's variables get their place first (pass_placement.c); then its handlers are lowered once, with each variable standing for
// the leaf of its place: POST(field) for lumped and target variables, PRE(field) for source ones, FIELD for per-synapse ones.
#include "build.h"
#include "place.h"

typedef struct ProjBuild {
    Build *b; uint32_t id; const Projection *m; PopBuild *src, *tgt; Placer placer;
    PtrMap leaf;            // Var* -> leaf as seen from the synapse
    PtrMap src_leaf, tgt_leaf;   // the same variables seen from the source's and the target's own programs
    Env env;
    FlowVec flows;          // per-synapse states
    uint32_t weight_field;  // + 1
} ProjBuild;

static Dag *D(ProjBuild *p) { return &p->b->net->dag; }
static NetProj *np_of(ProjBuild *p) { return &p->b->net->projs.at[p->id]; }
static Node num(ProjBuild *p, double v) { return dag_const(D(p), v); }
static Node op2(ProjBuild *p, NetOp op, Node a, Node b) { return dag_op(D(p), op, a, b, 0); }
static void bind(ProjBuild *p, PtrMap *m, const Var *v, Node n) { map_put_node(p->b->arena, m, v, n); }

static const Expr *binding_of(const BindingVec *v, const Var *var) {
    for (uint32_t i = v->n; i-- > 0;)
        if (v->at[i].var == var) return v->at[i].value;
    return NULL;
}

// Expressions of the connection itself: pre.x, post.y, indices, draws; names are network parameters.
static Env connection_env(ProjBuild *p) {
    return (Env){.b = p->b, .base = &p->leaf, .pre = p->src, .post = p->tgt, .own_side = SIDE_OWN};
}

static bool uniform(ProjBuild *p, Node x) { return net_rate(p->b->net, x) == STATIC_UNIFORM; }

// ---- weight, parameters ----

// A conv2d projection given a kernel array takes element [post.c, pre.c, ky, kx] for each synapse (cross-correlation, as in deep learning).
static Node kernel_weight(ProjBuild *p, const Var *array) {
    const NetPop *a = &p->b->net->pops.at[p->src->id], *t = &p->b->net->pops.at[p->tgt->id];
    double stride = p->m->args.n > 1 && p->m->args.at[1]->kind == E_NUM ? p->m->args.at[1]->num : 1;
    double padding = p->m->args.n > 2 && p->m->args.at[2]->kind == E_NUM ? p->m->args.at[2]->num : 0;
    Node c[2][3];
    for (int side = 0; side < 2; side++) {
        const NetPop *q = side ? t : a;
        Node i = dag_leaf(D(p), side ? N_POST_INDEX : N_PRE_INDEX, 0), w = num(p, q->shape[q->rank - 1]), h = num(p, q->rank > 1 ? q->shape[q->rank - 2] : 1);
        Node row = dag_op(D(p), N_FLOOR, op2(p, N_DIV, i, w), 0, 0), chan = dag_op(D(p), N_FLOOR, op2(p, N_DIV, row, h), 0, 0);
        c[side][2] = op2(p, N_SUB, i, op2(p, N_MUL, row, w));
        c[side][1] = op2(p, N_SUB, row, op2(p, N_MUL, chan, h));
        c[side][0] = chan;
    }
    Node flat = op2(p, N_ADD, op2(p, N_MUL, c[1][0], num(p, array->shape[1])), c[0][0]);
    for (int k = 1; k <= 2; k++) {
        Node at = op2(p, N_ADD, op2(p, N_SUB, c[0][k], op2(p, N_MUL, c[1][k], num(p, stride))), num(p, padding));
        flat = op2(p, N_ADD, op2(p, N_MUL, flat, num(p, array->shape[1 + k])), at);
    }
    Net *n = p->b->net;
    uint64_t size = 1;
    for (uint32_t i = 0; i < array->rank; i++) size *= array->shape[i];
    vec_push(n->arena, &n->arrays, ((NetArray){array->name, array->data, size}));
    return dag_op_ref(D(p), N_LOOKUP, n->arrays.n - 1, flat, 0);
}

static Node connection_value(ProjBuild *p, Env *e, const Expr *x) {
    if (x->kind == E_VAR && x->var->kind == VAR_ARRAY && x->var->rank == 4) return kernel_weight(p, x->var);
    return lower_real(e, x);
}

static uint32_t syn_field(ProjBuild *p, const Var *v, FieldRole role, Node init) {
    Net *n = p->b->net;
    uint32_t f = net_add_field(n, v->name, OWNER_PROJ, p->id, ELEM_REAL, role, v->dim, (Var *)(uintptr_t)v);
    program_set(n, &np_of(p)->init, f, init);
    return f;
}

static const Var *weight_of(const Body *b) {
    for (uint32_t i = 0; b && i < b->vars.n; i++)
        if (b->vars.at[i]->kind == VAR_WEIGHT) return b->vars.at[i];
    return NULL;
}

static void place_weight(ProjBuild *p, Env *e) {
    const Var *w = weight_of(p->m->synapse), *pw = weight_of(p->m->plastic);
    if (!w) w = p->m->weight_var;
    if (!w) return;
    Node value = p->m->weight ? connection_value(p, e, p->m->weight) : w->init ? lower_real(e, w->init) : num(p, 1);
    Node leaf;
    p->placer.weight_uniform = uniform(p, value) && !p->m->plastic;
    if (p->placer.weight_uniform) leaf = net_k(p->b->net, value);
    else {
        uint32_t f = syn_field(p, w, ROLE_WEIGHT, value);
        p->b->net->fields.at[f].why = p->m->plastic ? "changed by plasticity" : "differs between synapses";
        p->weight_field = f + 1;
        leaf = dag_leaf(D(p), N_FIELD, f);
    }
    const Var *names[3] = {w, pw, p->m->weight_var};
    for (int i = 0; i < 3; i++)
        if (names[i]) { bind(p, &p->leaf, names[i], leaf); bind(p, &p->src_leaf, names[i], leaf); bind(p, &p->tgt_leaf, names[i], leaf); }
}

static void place_params(ProjBuild *p, Env *e, const Body *body, const BindingVec *given) {
    for (uint32_t i = 0; body && i < body->vars.n; i++) {
        const Var *v = body->vars.at[i];
        if (v->kind != VAR_PARAM) continue;
        const Expr *x = binding_of(given, v);
        Node value = x ? lower_real(e, x) : v->init ? lower_real(e, v->init) : num(p, 0);
        if (!uniform(p, value)) {
            value = dag_leaf(D(p), N_FIELD, syn_field(p, v, ROLE_PARAM, value));
            map_put(p->b->arena, &p->placer.per_synapse, v, (void *)1);
        }
        bind(p, &p->leaf, v, value);
        bind(p, &p->src_leaf, v, value);
        bind(p, &p->tgt_leaf, v, value);
    }
}

// ---- lumped groups ----

// Two projections with the same synapse, equal parameters and the same target and port share their lumped variables.
static bool same_lump(ProjBuild *p, const ProjBuild *q) {
    if (q->tgt != p->tgt || q->m->synapse->span.pos != p->m->synapse->span.pos || q->m->synapse->span.file != p->m->synapse->span.file || q->m->into != p->m->into) return false;
    if (q->m->synapse->vars.n != p->m->synapse->vars.n || q->m->synapse->what != MODEL_SYNAPSE) return false;
    for (uint32_t i = 0; i < p->m->synapse->vars.n; i++) {
        const Var *a = p->m->synapse->vars.at[i], *c = q->m->synapse->vars.at[i];
        if (a->name != c->name || placement_of(&p->placer, a) != placement_of(&q->placer, c)) return false;
        if (a->kind == VAR_PARAM && map_node(&p->leaf, a) != map_node(&q->leaf, c)) return false;
    }
    return true;
}

static const ProjBuild *shared_lump(ProjBuild *p, ProjBuild *all) {
    for (uint32_t i = 0; i < p->id && !p->m->probes.n; i++)            // what an experiment reads is not mixed with others
        if (all[i].m->synapse && !all[i].m->probes.n && same_lump(p, &all[i])) return &all[i];
    return NULL;
}

static uint32_t pop_field(ProjBuild *p, PopBuild *pop, const Var *v, FieldRole role, const char *why) {
    Net *n = p->b->net;
    const char *name = arena_printf(p->b->arena, "%s.%s", p->m->path, v->name);
    uint32_t f = net_add_field(n, sym(name), OWNER_POP, pop->id, ELEM_REAL, role, v->dim, (Var *)(uintptr_t)v);
    n->fields.at[f].why = why;
    program_set(n, &n->pops.at[pop->id].init, f, num(p, v->init && v->init->kind == E_NUM ? v->init->num : 0));
    return f;
}

static void bind_state(ProjBuild *p, const Var *v, Place place, const char *why, const ProjBuild *share) {
    Net *n = p->b->net;
    static const char *const names[] = {"", "target, lumped", "source", "target", "synapse"};
    vec_push(n->arena, &np_of(p)->placed, ((Placement){v->name, names[place], why}));
    if (place == PLACE_SYNAPSE) {
        const BindingVec *given = v->body == p->m->synapse ? &p->m->syn_params : &p->m->plastic_params;
        const Expr *x = binding_of(given, v);
        Env e = connection_env(p);
        uint32_t f = syn_field(p, v, ROLE_STATE, x ? lower_real(&e, x) : v->init ? lower_real(&e, v->init) : num(p, 0));
        n->fields.at[f].why = why;
        bind(p, &p->leaf, v, dag_leaf(D(p), N_FIELD, f));
        return;
    }
    bool source = place == PLACE_SOURCE;
    uint32_t f = 0;
    if (place == PLACE_LUMPED && share) {
        for (uint32_t i = 0; i < share->m->synapse->vars.n; i++)
            if (share->m->synapse->vars.at[i]->name == v->name) f = dag_at(D(p), map_node(&share->tgt_leaf, share->m->synapse->vars.at[i]))->ref;
    } else f = pop_field(p, source ? p->src : p->tgt, v, place == PLACE_LUMPED ? ROLE_LUMPED : ROLE_TRACE, why);
    bind(p, &p->leaf, v, dag_leaf(D(p), source ? N_PRE : N_POST, f));
    bind(p, source ? &p->src_leaf : &p->tgt_leaf, v, dag_leaf(D(p), N_FIELD, f));
}

static Method wanted(const Body *b, const Var *v) {
    for (uint32_t i = 0; i < b->solve.n; i++)
        if (b->solve.at[i].var == v) return b->solve.at[i].method;
    return SOLVE_AUTO;
}

static void state_flow(ProjBuild *p, const Body *body, const Equation *q, const ProjBuild *share) {
    Place place = q->var->kind == VAR_WEIGHT ? PLACE_SYNAPSE : placement_of(&p->placer, q->var);
    if (place == PLACE_NONE || (place == PLACE_LUMPED && share)) return;
    Env e = {.b = p->b, .body = body};
    FlowVec *flows = &p->flows;
    if (place == PLACE_SYNAPSE) e = p->env;
    else if (place == PLACE_SOURCE) {
        e.base = &p->src_leaf; e.own = p->src; e.pre = p->src; flows = &p->src->flows;
    } else { e.base = &p->tgt_leaf; e.own = p->tgt; e.post = p->tgt; flows = &p->tgt->flows; }
    Node leaf = map_node(place == PLACE_SYNAPSE ? &p->leaf : e.base, q->var), deriv = lower_real(&e, q->value);
    if (place != PLACE_SYNAPSE) deriv = net_own_view(p->b->net, deriv, place == PLACE_SOURCE ? N_PRE : N_POST);
    Flow f = {.field = dag_at(D(p), leaf)->ref, .deriv = deriv, .wanted = wanted(body, q->var), .name = p->b->net->fields.at[dag_at(D(p), leaf)->ref].name};
    vec_push(p->b->arena, flows, f);
}

// ---- events ----

static void add_to_target(ProjBuild *p, Program *out, Var *v, Node value, Env *e);

static void set_on_target(ProjBuild *p, Program *out, const Effects *fx, Span at) {
    for (uint32_t i = 0; i < fx->post_set.n; i++) {
        const Var *v = fx->post_set.key[i];
        if (map_get(&p->tgt->buffered, v)) {
            diag(p->b->diags, at, D_NET_SET_HELD, v->name);
            p->b->failed = true;
        } else program_set(p->b->net, out, dag_at(D(p), map_node(&p->tgt->var, v))->ref, (Node)(uintptr_t)fx->post_set.val[i]);
    }
}

// An event input's handler runs at the arrival with `arg` = the weight; what it adds to the neuron's states adds up over arrivals.
static void run_event_input(ProjBuild *p, Program *out, Var *port, Node value) {
    const Body *body = p->b->net->pops.at[p->tgt->id].model->body;
    for (uint32_t i = 0; i < p->tgt->kernel_inputs.n; i++)
        if (p->tgt->kernel_inputs.at[i].port == port) program_add(p->b->net, out, p->tgt->kernel_inputs.at[i].field, value);
    for (uint32_t i = 0; i < body->handlers.n; i++) {
        const Handler *h = &body->handlers.at[i];
        if (h->kind != ON_EVENT || h->event != port) continue;
        Env e = {.b = p->b, .body = body, .base = &p->tgt->var, .own = p->tgt, .pre = p->src, .post = p->tgt, .own_side = SIDE_POST};
        if (h->arg) lower_assign(&e, h->arg, value);
        Effects fx = {0};
        lower_stmts(&e, &h->body, 0, &fx);
        for (uint32_t k = 0; k < fx.post_add.n; k++)
            add_to_target(p, out, (Var *)(uintptr_t)fx.post_add.key[k], (Node)(uintptr_t)fx.post_add.val[k], &e);
        set_on_target(p, out, &fx, h->span);
    }
}

static void add_to_target(ProjBuild *p, Program *out, Var *v, Node value, Env *e) {
    (void)e;
    Net *n = p->b->net;
    if (v->kind == VAR_EVENT_INPUT) { run_event_input(p, out, v, value); return; }
    if (v->kind == VAR_INPUT) { program_add(n, out, pop_syn_input(p->b, p->tgt, v), value); return; }
    program_add(n, out, pop_jump_field(p->b, p->tgt, v), value);
}

static void side_effects(ProjBuild *p, Program *out, const Effects *fx) {
    for (uint32_t i = 0; i < fx->post_add.n; i++)
        add_to_target(p, out, (Var *)(uintptr_t)fx->post_add.key[i], (Node)(uintptr_t)fx->post_add.val[i], &p->env);
    set_on_target(p, out, fx, p->m->span);
}

// After the handlers of one event: each written variable goes to the program of its place.
static void commit(ProjBuild *p, bool pre) {
    Net *n = p->b->net;
    NetProj *np = np_of(p);
    for (uint32_t i = 0; i < p->placer.n; i++) {
        const Var *v = p->placer.var[i];
        Node now = map_node(&p->env.now, v), leaf = map_node(&p->leaf, v);
        if (!now || now == leaf) continue;
        uint32_t f = dag_at(D(p), leaf)->ref;
        double zero;
        switch (p->placer.place[i]) {
        case PLACE_LUMPED: if (!(dag_is_const(D(p), now, &zero) && zero == 0)) program_add(n, &np->on_pre_syn, f, now); break;
        case PLACE_SOURCE: program_set(n, &np->on_pre_src, f, now); break;
        case PLACE_TARGET: program_set(n, &np->on_post_tgt, f, now); break;
        case PLACE_SYNAPSE: program_set(n, pre ? &np->on_pre_syn : &np->on_post_syn, f, now); break;
        case PLACE_NONE: break;
        }
    }
    const Var *w[2] = {weight_of(p->m->plastic), weight_of(p->m->synapse)};
    for (int i = 0; i < 2 && p->weight_field; i++) {
        Node now = w[i] ? map_node(&p->env.now, w[i]) : 0;
        if (now && now != map_node(&p->leaf, w[i])) { program_set(n, pre ? &np->on_pre_syn : &np->on_post_syn, p->weight_field - 1, now); break; }
    }
}

static void run_handlers(ProjBuild *p, OnKind kind) {
    const Body *bodies[2] = {p->m->synapse, p->m->plastic};
    p->env.now = p->env.lets = (PtrMap){0};
    for (uint32_t i = 0; i < p->placer.n; i++)      // a lumped variable collects increments: it stands for 0 while they are gathered
        if (p->placer.place[i] == PLACE_LUMPED) lower_assign(&p->env, p->placer.var[i], num(p, 0));
    for (int k = 0; k < 2; k++)
        for (uint32_t i = 0; bodies[k] && i < bodies[k]->handlers.n; i++) {
            const Handler *h = &bodies[k]->handlers.at[i];
            if (h->kind != kind) continue;
            p->env.body = bodies[k];
            Effects fx = {0};
            lower_stmts(&p->env, &h->body, 0, &fx);
            side_effects(p, kind == ON_PRE ? &np_of(p)->on_pre_syn : &np_of(p)->on_post_syn, &fx);
        }
    commit(p, kind == ON_PRE);
    p->env.now = p->env.lets = (PtrMap){0};
}

// ---- continuous contributions ----

static bool mentions_lumped(ProjBuild *p, const Expr *x) { return place_level(&p->placer, x) & LV_LUMP; }

static void contribution(ProjBuild *p, const Body *body, Var *port, const Expr *x, const ProjBuild *share) {
    if (!mentions_lumped(p, x)) {
        Env e = p->env;
        e.body = body;
        program_add(p->b->net, &np_of(p)->advance, pop_syn_input(p->b, p->tgt, port), lower_real(&e, x));
        return;
    }
    if (share) return;
    Env e = {.b = p->b, .body = body, .base = &p->tgt_leaf, .own = p->tgt, .post = p->tgt};
    Node value = net_own_view(p->b->net, lower_real(&e, x), N_POST);
    Node sum = map_node(&p->tgt->port, port);
    bind(p, &p->tgt->port, port, sum ? op2(p, N_ADD, sum, value) : value);
}

static void drives(ProjBuild *p, const ProjBuild *share) {
    const Body *body = p->m->synapse;
    for (uint32_t i = 0; body && i < body->drives.n; i++) contribution(p, body, body->drives.at[i].port, body->drives.at[i].value, share);
    for (uint32_t i = 0; i < p->m->probes.n; i++) {
        const Probe *q = &p->m->probes.at[i];
        vec_push(p->b->arena, &p->tgt->probes, q->port);
        contribution(p, q->body, q->port, q->value, NULL);
    }
}

static void synapse_step(ProjBuild *p) {
    uint32_t n = p->flows.n;
    if (!n) return;
    Node *start = ARENA_ARRAY(p->b->arena, Node, n), *held = ARENA_ARRAY(p->b->arena, Node, n), *next = ARENA_ARRAY(p->b->arena, Node, n);
    SolveInfo *info = ARENA_ARRAY(p->b->arena, SolveInfo, n);
    for (uint32_t i = 0; i < n; i++) start[i] = dag_leaf(D(p), N_FIELD, p->flows.at[i].field);
    SolveCtx x = {.net = p->b->net, .flows = &p->flows, .start = start, .held = held, .next = next, .owner = OWNER_PROJ, .owner_index = p->id, .info = info};
    solve_flows(&x);
    for (uint32_t i = 0; i < n; i++) program_set(p->b->net, &np_of(p)->advance, p->flows.at[i].field, next[i]);
}

// ---- connectivity ----

// Which of the source's spike rules is sent: the first, unless the connection names one.
static uint32_t spike_port_of(const Projection *m) {
    const Body *pre = m->source.at[0].pop->body;
    for (uint32_t i = 0; m->spike_port && i < pre->spikes.n; i++)
        if (pre->spikes.at[i].port == m->spike_port) return i;
    return 0;
}

// With axonal delay a and dendritic delay d a presynaptic spike meets the synapse at t + a and the soma at t + a + d, and a postsynaptic spike
// meets the synapse d after it. Run at the soma's time, both are late at the synapse by the same d when postsynaptic events wait 2 d:
// order and distances of events at the synapse are kept, and what is transmitted arrives in time.
static Node dendritic_delay(ProjBuild *p, Env *e) {
    Node d = lower_real(e, p->m->dendritic);
    if (!p->m->plastic) return d;
    if (!uniform(p, d)) { diag(p->b->diags, p->m->dendritic->span, D_NET_DENDRITIC); p->b->failed = true; return d; }
    Node steps = dag_op(D(p), N_ROUND, op2(p, N_DIV, d, dag_leaf(D(p), N_K, 0)), 0, 0);
    np_of(p)->post_delay = net_add_k(p->b->net, op2(p, N_MUL, num(p, 2), steps)) + 1;
    return d;
}

static void connectivity(ProjBuild *p) {
    Env e = connection_env(p);
    NetProj *np = np_of(p);
    np->rule = p->m->rule;
    np->spike_port = spike_port_of(p->m);
    np->allow_self = p->m->allow_self;
    np->allow_multiple = p->m->allow_multiple;
    np->procedural = p->m->procedural && p->b->options->place;            // unplaced variables have to be kept
    np->file = p->m->file;
    np->stream = ++p->b->streams;
    Node prob = 0;
    for (uint32_t i = 0; i < p->m->args.n && np->nargs < 4; i++) {
        Node a = lower_real(&e, p->m->args.at[i]);
        if (!uniform(p, a)) { prob = a; a = num(p, 1); }
        np->arg_slot[np->nargs++] = net_add_k(p->b->net, a);
    }
    if (p->m->where) {
        Node w = dag_op(D(p), N_B2R, lower_bool(&e, p->m->where), 0, 0);
        prob = prob ? op2(p, N_MUL, prob, w) : w;
    }
    np->pair_prob = prob;
    Node delay = p->m->delay ? lower_real(&e, p->m->delay) : num(p, 0);
    if (p->m->dendritic) delay = op2(p, N_ADD, delay, dendritic_delay(p, &e));
    delay = op2(p, N_DIV, delay, dag_leaf(D(p), N_K, 0));
    np->uniform_delay = uniform(p, delay);
    np->delay = np->uniform_delay ? dag_leaf(D(p), N_K, net_add_k(p->b->net, delay)) : delay;
    p->placer.delay_uniform = np->uniform_delay;
    np->layout = np->rule == RULE_one_to_one && !prob && !np->procedural && np->uniform_delay ? CONN_ONE_TO_ONE
               : np->rule == RULE_all_to_all && !prob && !np->procedural && np->uniform_delay && (np->allow_self || np->src != np->tgt) ? CONN_DENSE : CONN_SPARSE;
}

static void bind_states(ProjBuild *p, const ProjBuild **share, ProjBuild *all) {
    *share = NULL;
    bool lumped = false;
    for (uint32_t i = 0; i < p->placer.n; i++) lumped |= p->placer.place[i] == PLACE_LUMPED;
    if (lumped) *share = shared_lump(p, all);
    for (uint32_t i = 0; i < p->placer.n; i++) bind_state(p, p->placer.var[i], p->placer.place[i], p->placer.why[i], *share);
}

static void build_proj(ProjBuild *p, ProjBuild *all) {
    const Body *syn = p->m->synapse, *plastic = p->m->plastic;
    const ProjBuild *share;
    p->placer = (Placer){.arena = p->b->arena, .synapse = syn, .plastic = plastic, .projection = p->m};
    Env e = connection_env(p);
    connectivity(p);
    place_weight(p, &e);
    place_params(p, &e, syn, &p->m->syn_params);
    place_params(p, &e, plastic, &p->m->plastic_params);
    for (uint32_t i = 0; i < p->m->syn_params.n; i++)
        if (p->m->syn_params.at[i].var->kind == VAR_STATE) map_put(p->b->arena, &p->placer.bound, p->m->syn_params.at[i].var, (void *)1);
    place_states(&p->placer, p->b->options->place);
    bind_states(p, &share, all);
    p->env = (Env){.b = p->b, .base = &p->leaf, .pre = p->src, .post = p->tgt, .own_side = SIDE_OWN, .body = syn};
    const Body *bodies[2] = {syn, plastic};
    for (int k = 0; k < 2; k++)
        for (uint32_t i = 0; bodies[k] && i < bodies[k]->equations.n; i++) state_flow(p, bodies[k], &bodies[k]->equations.at[i], share);
    run_handlers(p, ON_PRE);
    run_handlers(p, ON_POST);
    synapse_step(p);
    drives(p, share);
    if (p->b->options->place && !p->b->options->fixed) totals_split(p->b->net, np_of(p));
}

// What is not kept cannot change.
static void check_procedural(ProjBuild *p) {
    const NetProj *np = np_of(p);
    const char *why = NULL;
    if (!np->procedural) return;
    for (uint32_t i = 0; i < p->placer.n && !why; i++)
        if (p->placer.place[i] == PLACE_SYNAPSE) why = arena_printf(p->b->arena, "each synapse has its own '%s', which has to be kept", p->placer.var[i]->name);
    if (!why && (np->advance.n || np->on_post_syn.n)) why = "its synapses are visited also when their sources are silent";
    if (!why && !np->uniform_delay && !net_travels(p->b->net, np)) why = "delays differ, and what a spike does depends on its source when it arrives";
    if (!why) return;
    diag(p->b->diags, p->m->span, D_NET_PROCEDURAL, why);
    p->b->failed = true;
}

static uint32_t spike_port(const NetPop *src, Sym name) {
    for (uint32_t i = 0; name && i < src->spikes.n; i++)
        if (src->spikes.at[i].port == name) return i;
    return 0;
}

bool build_projs(Build *b) {
    Net *n = b->net;
    uint32_t count = 0;
    for (uint32_t i = 0; i < n->model->projs.n; i++) count += n->model->projs.at[i]->source.n * n->model->projs.at[i]->target.n;
    ProjBuild *all = ARENA_ARRAY(b->arena, ProjBuild, count + 1);
    for (uint32_t i = 0, k = 0; i < n->model->projs.n; i++) {
        const Projection *m = n->model->projs.at[i];
        for (uint32_t s = 0; s < m->source.n; s++)
            for (uint32_t t = 0; t < m->target.n; t++, k++) {
                const Slice *a = &m->source.at[s], *c = &m->target.at[t];
                int src = net_pop_index(n, a->pop), tgt = net_pop_index(n, c->pop);
                NetProj np = {.path = m->path, .model = (Projection *)(uintptr_t)m, .id = k, .src = (uint32_t)src, .tgt = (uint32_t)tgt,
                              .src_lo = a->lo, .src_hi = a->hi, .tgt_lo = c->lo, .tgt_hi = c->hi};
                vec_push(n->arena, &n->projs, np);
                n->projs.at[k].spike_port = spike_port(&n->pops.at[src], m->spike_port);
                all[k] = (ProjBuild){.b = b, .id = k, .m = m, .src = &b->pop[src], .tgt = &b->pop[tgt]};
                build_proj(&all[k], all);
                check_procedural(&all[k]);
            }
    }
    return !b->failed;
}
