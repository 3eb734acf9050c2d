// SPDX-License-Identifier: MIT
// Which populations can run on events, by proof over their equations: between events the states must obey x' = a x + b with coefficients that
// are known when the network is constructed and of which no more than two read each other in a circle, so that every state has a closed form; the spike
// rule must be a level or an edge linear in the states (or a rate that stands between events); what happens at a spike may be anything.
//
//   before   V' = (E - V + I)/tau   I' = -I/tau_s   spike when V >= V_th { V = V_r  refractory t hold V }
//   after    order I, V;  a = [-1/tau_s 0; 1/tau -1/tau];  b = [0 E/tau];  w = [0 1], level = -V_th;  held = {V}
//
// What fails stays on the clock, with the reason and the equation. Requires: complete ports, slopes as written. Provides: NetPop.event. Which of them do is for pass_engines.c to choose.
// Limits: at most EVENT_STATES states.
#include "pass_events.h"
#include <math.h>

bool events_refuse(Ev *v, Span at, const char *equation, const char *why) {
    if (v->e->why) return false;
    v->e->why = why;
    v->e->at = at;
    v->e->equation = equation;
    return false;
}

static const char *prime(Ev *v, Sym name) { return arena_printf(v->net->arena, "%s'", name); }

static bool field_moves(const Net *n, uint32_t field) {
    const Field *f = &n->fields.at[field];
    FieldRole r = f->role;
    if (f->owner == OWNER_POP && n->pops.at[f->index].rank_field == field + 1) return false;      // it changes with the presented value
    return r != ROLE_PARAM && r != ROLE_DERIVED && r != ROLE_POSITION && r != ROLE_DRIVE && r != ROLE_VALUE;
}

// What in x moves between events, as words; NULL: nothing does.
static const char *moving_walk(const Net *n, Node x, const Memo *seen) {
    if (!memo_first(seen, x)) return NULL;
    const DagNode *d = dag_at(&n->dag, x);
    switch ((NetOp)d->op) {
    case N_T: case N_STEP: return "reads the time";
    case N_TICKFIELD: return "reads the time since an event";
    case N_NORMAL: return "has noise in each step";
    case N_UNIFORM: case N_EXPONENTIAL: case N_POISSON: case N_GAMMA: case N_BINOMIAL: case N_TRUNCNORMAL: return "draws in each step";
    case N_FIELD: {
        FieldRole r = n->fields.at[d->ref].role;
        if (!field_moves(n, d->ref)) return NULL;
        return r == ROLE_INPUT ? "has an input that synapses fill step by step" : r == ROLE_HIDDEN ? "reads what the clock keeps" : "is not linear in the states";
    }
    case N_PRE: case N_POST: return "reads another neuron";
    case N_LOCAL: if (d->ref >= LEAF_SINCE) return "reads the time since an event"; break;
    case N_CONST: if (isinf(d->num)) return "divides by dt, which is 0 on events"; break;
    case N_DIV: if (dag_at(&n->dag, d->b)->op == N_CONST && dag_at(&n->dag, d->b)->num == 0) return "divides by dt, which is 0 on events"; break;
    default: break;
    }
    Node kids[3] = {d->a, d->b, d->c};
    const char *why = NULL;
    for (int i = 0; i < d->arity && !why; i++) why = moving_walk(n, kids[i], seen);
    return why;
}

const char *events_moving(const Net *n, Node x) {
    Memo seen = memo_new(n->arena, n->dag.at.n);
    return moving_walk(n, x, &seen);
}

static bool add_state(Ev *v, uint32_t field, const Var *var, Span at) {
    if (v->n == EVENT_STATES) return events_refuse(v, at, "it", "has too many states");
    v->field[v->n] = field;
    v->var[v->n] = var;
    v->leaf[v->n++] = dag_leaf(&v->net->dag, N_FIELD, field);
    return true;
}

static const Equation *equation_of(const Body *b, const Var *var) {
    for (uint32_t i = 0; i < b->equations.n; i++)
        if (b->equations.at[i].var == var) return &b->equations.at[i];
    return NULL;
}

static bool collect_states(Ev *v) {
    for (uint32_t i = 0; i < v->body->vars.n; i++) {
        Var *x = v->body->vars.at[i];
        if (x->kind != VAR_STATE) continue;
        const Equation *q = equation_of(v->body, x);
        if (q && q->algebraic) continue;
        if (!add_state(v, dag_at(&v->net->dag, map_node(&v->p->var, x))->ref, x, x->span)) return false;
    }
    for (uint32_t i = 0; i < v->p->flows.n; i++)
        if (!add_state(v, v->p->flows.at[i].field, NULL, v->body->span)) return false;
    return true;
}

// A slope with the square of its own state, alone between events.
static bool square(Ev *v, uint32_t i, Node deriv, Span at, const char *name) {
    Node c[3];
    if (v->b->options->single_precision) return events_refuse(v, at, name, "is not linear in the states (in single precision events take no other)");
    if (!quadratic_of(v->net, v->leaf[i], deriv, c) || !c[2]) return events_refuse(v, at, name, "is not linear in the states");
    if (v->e->square) return events_refuse(v, at, name, "is the second slope that is quadratic");
    for (uint32_t j = 0; j < v->n; j++)
        for (int k = 0; k < 3; k++)
            if (j != i && c[k] && net_depends(v->net, c[k], N_FIELD, v->field[j])) return events_refuse(v, at, name, "is quadratic and reads another state");
    for (int k = 0; k < 3; k++) {
        const char *why = c[k] ? events_moving(v->net, c[k]) : NULL;
        if (why) return events_refuse(v, at, name, why);
    }
    for (uint32_t j = 0; j < v->n; j++) v->c[i][j] = 0;
    v->rest[i] = c[0];
    v->e->square_by[0] = c[2];
    v->e->square_by[1] = c[1];
    v->e->square = i + 1;
    return true;
}

// One slope: linear, coefficients known at construction, the rest still between events.
static bool slope(Ev *v, uint32_t i, Node deriv, Span at, const char *name) {
    if (!solve_affine(v->net, v->leaf, v->n, deriv, v->c[i], &v->rest[i])) return square(v, i, deriv, at, name);
    for (uint32_t j = 0; j < v->n; j++) {
        const char *why = v->c[i][j] ? events_moving(v->net, v->c[i][j]) : NULL;
        if (why) return events_refuse(v, at, name, why);
        if (v->c[i][j] && v->b->options->single_precision && net_rate(v->net, v->c[i][j]) != STATIC_UNIFORM)
            return events_refuse(v, at, name, "has coefficients that differ between the neurons: in single precision events do not take them");
        if (v->c[i][j] && net_rate(v->net, v->c[i][j]) == DYNAMIC) return events_refuse(v, at, name, "has coefficients that the experiment drives");
    }
    const char *why = v->rest[i] ? events_moving(v->net, v->rest[i]) : NULL;
    return !why || events_refuse(v, at, name, why);
}

// A quadratic slope has its closed form for itself alone.
static bool square_is_alone(Ev *v) {
    for (uint32_t j = 0; j < v->n && v->e->square; j++) {
        if (!v->c[j][v->e->square - 1]) continue;
        const Equation *q = v->var[j] ? equation_of(v->body, v->var[j]) : NULL;
        return events_refuse(v, q ? q->span : v->body->span, prime(v, v->net->fields.at[v->field[j]].name), "reads a state whose slope is quadratic");
    }
    return true;
}

static bool slopes(Ev *v) {
    for (uint32_t i = 0; i < v->n; i++) {
        const Equation *q = v->var[i] ? equation_of(v->body, v->var[i]) : NULL;
        if (q && !slope(v, i, lower_real(&v->env, q->value), q->span, prime(v, q->var->name))) return false;
        for (uint32_t k = 0; !v->var[i] && k < v->p->flows.n; k++)
            if (v->p->flows.at[k].field == v->field[i] && !slope(v, i, v->p->flows.at[k].deriv, v->body->span, prime(v, v->p->flows.at[k].name))) return false;
    }
    for (uint32_t i = 0; i < v->body->solve.n; i++)
        if (v->body->solve.at[i].method != SOLVE_AUTO && v->body->solve.at[i].method != SOLVE_EXACT)
            return events_refuse(v, v->body->solve.at[i].span, v->body->solve.at[i].var->name, "is solved by a method of steps");
    return square_is_alone(v);
}

// The states that i reads and that read i, over any number of equations; i itself where it reads itself that way.
static uint32_t circle(const Ev *v, const uint32_t *reads, uint32_t i) {
    uint32_t both = 0;
    for (uint32_t j = 0; j < v->n; j++) both |= reads[i] >> j & 1 && reads[j] >> i & 1 ? 1u << j : 0;
    return both;
}

// An order in which each slope reads its own state and earlier ones, or that of its one partner, which stands beside it.
static bool order(Ev *v) {
    uint32_t reads[EVENT_STATES], placed = 0, at = 0;
    for (uint32_t i = 0; i < v->n; i++) {
        reads[i] = 0;
        for (uint32_t j = 0; j < v->n; j++) reads[i] |= v->c[i][j] && j != i ? 1u << j : 0;
    }
    for (uint32_t k = 0; k < v->n; k++)                                       // whatever is read over several equations
        for (uint32_t i = 0; i < v->n; i++)
            if (reads[i] >> k & 1) reads[i] |= reads[k];
    while (at < v->n) {
        uint32_t i = 0;
        while (placed >> i & 1 || reads[i] & ~placed & ~circle(v, reads, i)) i++;
        uint32_t together = circle(v, reads, i) | 1u << i;
        if (__builtin_popcount(together) > (v->b->options->single_precision ? 1 : 2)) {
            const Equation *q = v->var[i] ? equation_of(v->body, v->var[i]) : NULL;
            bool two = __builtin_popcount(together) == 2;
            return events_refuse(v, q ? q->span : v->body->span, prime(v, v->net->fields.at[v->field[i]].name),
                          two ? "is one of two equations that read each other: in single precision events do not take them" : "is part of a circle of more than two equations that read each other");
        }
        for (uint32_t j = 0; j < v->n; j++)
            if (together >> j & 1) v->order[at++] = j;
        placed |= together;
    }
    return true;
}

static bool plain_body(Ev *v) {
    const Body *b = v->body;
    PopBuild *p = v->p;
    if (v->b->options->fixed) return events_refuse(v, b->span, "it", "runs in fixed point");
    if (p->last || p->spiked) return events_refuse(v, b->span, "it", "reads the time since its last spike");
    if (p->syn_input.n) return events_refuse(v, b->span, ((const Var *)p->syn_input.key[0])->name, "is an input that synapses fill step by step");
    if (b->spikes.n > 1 && v->b->options->single_precision) return events_refuse(v, b->spikes.at[1].span, "it", "has more than one spike rule: in single precision events take one");
    return true;
}

static bool draw_walk(const Net *n, Node x, const Memo *seen) {
    if (!memo_first(seen, x)) return false;
    const DagNode *d = dag_at(&n->dag, x);
    if (d->op >= N_UNIFORM) return true;
    Node kids[3] = {d->a, d->b, d->c};
    for (int i = 0; i < d->arity; i++)
        if (draw_walk(n, kids[i], seen)) return true;
    return false;
}

bool events_draw(const Net *n, Node x) {
    Memo seen = memo_new(n->arena, n->dag.at.n);
    return draw_walk(n, x, &seen);
}

static bool level(Ev *v, const SpikeEvent *q, Node f) {
    LevelOf l;
    if (!events_level(v, q, f, &l)) return false;
    v->e->w = l.w;
    v->e->level = l.level;
    return true;
}

static bool edge(Ev *v, const SpikeEvent *q) {
    if (v->b->options->single_precision) return events_refuse(v, q->span, "the spike rule", "watches for an edge: in single precision events do not");
    if (v->e->settle.n) return events_refuse(v, q->span, "the spike rule", "watches for an edge beside a `step` block");
    Node is = lower_real(&v->env, q->cond), at = lower_real(&v->env, q->level);
    v->e->edge = true;
    return level(v, q, dag_op(&v->net->dag, N_SUB, q->falling ? at : is, q->falling ? is : at, 0));
}

static bool threshold(Ev *v, const SpikeEvent *q) {
    Node cond = lower_bool(&v->env, q->cond);
    Dag *d = &v->net->dag;
    const DagNode c = *dag_at(d, cond);
    if (c.op == N_NOT && dag_at(d, c.a)->op == N_BTRUE) return true;          // never
    double x, y;
    if (c.op == N_NE && dag_is_const(d, c.a, &x) && dag_is_const(d, c.b, &y) && x == y) return true;
    if (c.op != N_LE && c.op != N_LT) return events_refuse(v, q->span, "the spike rule", "is no single comparison");
    return level(v, q, dag_op(d, N_SUB, c.b, c.a, 0));
}

// f = w x + level.
bool events_level(Ev *v, const SpikeEvent *q, Node f, LevelOf *out) {
    Node w[EVENT_STATES], rest;
    Dag *d = &v->net->dag;
    if (!solve_affine(v->net, v->leaf, v->n, f, w, &rest)) return events_refuse(v, q->span, "the spike rule", "is not linear in the states");
    bool any = false;
    for (uint32_t i = 0; i < v->n; i++) {
        if (!w[i]) continue;
        any = true;
        const char *why = events_moving(v->net, w[i]);
        if (why) return events_refuse(v, q->span, "the spike rule", why);
        if (v->b->options->single_precision && net_rate(v->net, w[i]) != STATIC_UNIFORM)
            return events_refuse(v, q->span, "the spike rule", "has coefficients that differ between the neurons: in single precision events do not take them");
        if (net_rate(v->net, w[i]) == DYNAMIC) return events_refuse(v, q->span, "the spike rule", "has coefficients that the experiment drives");
        if (v->e->square && i != v->e->square - 1) return events_refuse(v, q->span, "the spike rule", "reads more than the state whose slope is quadratic");
    }
    const char *why = rest ? events_moving(v->net, rest) : NULL;
    if (why) return events_refuse(v, q->span, "the spike rule", why);
    if (!any) return events_refuse(v, q->span, "the spike rule", "does not depend on a state");
    out->w = ARENA_ARRAY(v->net->arena, Node, v->n);
    for (uint32_t k = 0; k < v->n; k++) out->w[k] = w[v->order[k]];
    out->level = rest ? rest : dag_const(d, 0);
    return true;
}

Env events_env(const Ev *v) {
    Env e = v->env;
    e.now = e.lets = (PtrMap){0};
    for (uint32_t i = 0; i < v->env.now.n; i++) map_put(v->b->arena, &e.now, v->env.now.key[i], v->env.now.val[i]);
    return e;
}

bool events_reset(Ev *v, const SpikeEvent *q, Program *reset, Node *refractory) {
    Net *n = v->net;
    for (uint32_t i = 0; i < q->body.n; i++) {
        const Stmt *s = q->body.at[i];
        if (s->kind != S_REFRACTORY) continue;
        if (*refractory) return events_refuse(v, s->span, "the refractory time", "is given twice");
        *refractory = lower_real(&v->env, s->value);
        if (events_moving(n, *refractory)) return events_refuse(v, s->span, "the refractory time", events_moving(n, *refractory));
    }
    Effects fx = {0};
    Env env = events_env(v);
    lower_stmts(&env, &q->body, 0, &fx);
    if (fx.refractory && !*refractory) return events_refuse(v, q->span, "the refractory time", "depends on a condition");
    for (uint32_t i = 0; i < v->n; i++) {
        if (!v->var[i]) continue;
        Node now = map_node(&env.now, v->var[i]);
        if (!now || now == v->leaf[i]) continue;
        if (events_draw(n, now)) return events_refuse(v, q->span, v->var[i]->name, "is drawn at the reset");
        program_set(n, reset, v->field[i], now);
    }
    for (uint32_t i = 0; i < v->p->kernel_inputs.n; i++)
        if (!v->p->kernel_inputs.at[i].port) {
            uint32_t f = v->p->kernel_inputs.at[i].field;
            program_set(n, reset, f, dag_op(&n->dag, N_ADD, dag_leaf(&n->dag, N_FIELD, f), dag_const(&n->dag, 1), 0));
        }
    return true;
}

// `on present`: all that it does is to set states.
static bool presentation(Ev *v) {
    for (uint32_t h = 0; h < v->body->handlers.n; h++) {
        const Handler *on = &v->body->handlers.at[h];
        if (on->kind != ON_PRESENT) continue;
        if (v->b->options->single_precision) return events_refuse(v, v->body->span, "`on present`", "does something: in single precision events have no presentations");
        Effects fx = {0};
        Env env = events_env(v);
        lower_stmts(&env, &on->body, 0, &fx);
        if (fx.refractory) return events_refuse(v, v->body->span, "`on present`", "begins a refractory time");
        for (uint32_t i = 0; i < v->n; i++) {
            Node now = v->var[i] ? map_node(&env.now, v->var[i]) : 0;
            if (!now || now == v->leaf[i]) continue;
            if (events_draw(v->net, now)) return events_refuse(v, v->body->span, v->var[i]->name, "is drawn at a presentation");
            program_set(v->net, &v->e->presented, v->field[i], now);
        }
    }
    return true;
}

// Is it all said by one level, edge or rate?
static bool plain(Ev *v, const SpikeEvent *q) {
    if (q->how == SPIKE_ONCE_AT || q->how == SPIKE_AT) return false;
    if (q->how != SPIKE_WHEN) return true;
    Node cond = lower_bool(&v->env, q->cond);
    return dag_at(&v->net->dag, cond)->op != N_AND && !net_depends(v->net, cond, N_LOCAL, LEAF_SINCE);
}

static bool spike_rule(Ev *v) {
    if (!v->body->spikes.n) return true;
    const SpikeEvent *q = &v->body->spikes.at[0];
    if (v->body->spikes.n > 1 || !plain(v, q)) return events_rules(v);
    switch (q->how) {
    case SPIKE_WHEN: if (!threshold(v, q)) return false; break;
    case SPIKE_CROSSES: if (!edge(v, q)) return false; break;
    case SPIKE_RATE: {
        Node r = lower_real(&v->env, q->cond);
        const char *why = events_moving(v->net, r);
        if (why) return events_refuse(v, q->span, "the rate", why);
        v->e->rate = r;
        break;
    }
    case SPIKE_ONCE_AT: case SPIKE_AT: return false;
    }
    return events_reset(v, q, &v->e->reset, &v->e->refractory);
}

// Variables without derivative, and quantities that are recorded: written when somebody looks.
static bool computed(Ev *v) {
    for (uint32_t i = 0; i < v->body->equations.n; i++) {
        const Equation *q = &v->body->equations.at[i];
        if (!q->algebraic) continue;
        uint32_t f = dag_at(&v->net->dag, map_node(&v->p->var, q->var))->ref;
        program_set(v->net, &v->e->computed, f, map_node(&v->env.now, q->var));
        for (uint32_t k = 0; k < v->p->held.n; k++)
            if (v->p->held.at[k] == q->var) return events_refuse(v, q->span, q->var->name, "is computed and held by a refractory time");
    }
    for (uint32_t i = 0; i < v->p->recorded.n; i++) {
        const Var *r = v->p->recorded.key[i];
        Node x = lower_var(&v->env, r);
        if (events_draw(v->net, x)) return events_refuse(v, r->span, r->name, "draws in each step");
        program_set(v->net, &v->e->computed, (uint32_t)(uintptr_t)v->p->recorded.val[i] - 1, x);
    }
    return true;
}

static void bind_computed(Ev *v) {
    for (uint32_t i = 0; i < v->body->equations.n; i++)
        if (v->body->equations.at[i].algebraic) lower_assign(&v->env, v->body->equations.at[i].var, lower_real(&v->env, v->body->equations.at[i].value));
}

static void normal_form(Ev *v) {
    NetEvent *e = v->e;
    Arena *a = v->net->arena;
    uint32_t n = e->n = v->n, square_at = 0;
    e->state = ARENA_ARRAY(a, uint32_t, n + 1);
    e->buffer = ARENA_ARRAY(a, uint32_t, n + 1);
    e->a = ARENA_ARRAY(a, Node, n * n + 1);
    e->b = ARENA_ARRAY(a, Node, n + 1);
    for (uint32_t k = 0; k < n; k++) {
        uint32_t i = v->order[k];
        e->state[k] = v->field[i];
        e->b[k] = v->rest[i];
        if (i + 1 == v->e->square) square_at = k + 1;
        e->buffer[k] = v->var[i] ? map_node(&v->p->buffer, v->var[i]) : 0;
        for (uint32_t j = 0; j < n; j++) e->a[k * n + j] = v->c[i][v->order[j]];
        for (uint32_t h = 0; h < v->p->held.n; h++)
            if (v->var[i] && v->p->held.at[h] == v->var[i]) e->held |= 1ull << k;
    }
    e->square = square_at;
}

void events_classify(Build *b, PopBuild *p) {
    NetPop *np = &b->net->pops.at[p->id];
    Ev *v = ARENA_NEW(b->arena, Ev);
    uint32_t streams = b->streams;
    np->event = ARENA_NEW(b->net->arena, NetEvent);
    *v = (Ev){.b = b, .p = p, .net = b->net, .body = np->model->body, .e = np->event, .env = pop_env(b, p)};
    v->env.since = dag_leaf(&b->net->dag, N_LOCAL, LEAF_SINCE);
    v->env.dt = dag_const(&b->net->dag, 0);
    bind_computed(v);
    bool ok = plain_body(v) && collect_states(v) && events_settle(v) && slopes(v) && order(v) && spike_rule(v) && presentation(v) && computed(v);
    if (ok) normal_form(v);
    b->streams = streams;                   // what was looked at here draws nothing
}

// ---- between populations ----

static NetEvent *event_of(Net *n, uint32_t pop) { return n->pops.at[pop].event; }
static Span span_of(const NetProj *p) { return p->model->span; }

static bool draws_in(const Net *n, const Program *p) {
    for (uint32_t i = 0; i < p->n; i++)
        if (events_draw(n, p->at[i].value)) return true;
    return false;
}

static bool side_walk(const Net *n, Node x, NetOp side, const Memo *seen) {
    if (!memo_first(seen, x)) return false;
    const DagNode *d = dag_at(&n->dag, x);
    if (d->op == side && field_moves(n, d->ref)) return true;
    Node kids[3] = {d->a, d->b, d->c};
    for (int i = 0; i < d->arity; i++)
        if (side_walk(n, kids[i], side, seen)) return true;
    return false;
}

bool events_read(const Net *n, const Program *p, NetOp side) {
    Memo seen = memo_new(n->arena, n->dag.at.n);
    for (uint32_t i = 0; i < p->n; i++)
        if (side_walk(n, p->at[i].value, side, &seen)) return true;
    return false;
}

// What a connection asks of its ends whatever their engines.
static const char *proj_refuses(Net *n, const NetProj *p) {
    if (p->advance.n || p->collect.n) return "it is connected by synapses that move or drive step by step";
    if (p->procedural) return "its synapses are drawn anew at each spike";
    if (p->post_delay) return "it learns over a dendritic delay";
    if (draws_in(n, &p->on_pre_syn) || draws_in(n, &p->on_post_syn)) return "its synapses draw at each spike";
    return NULL;
}

bool events_only_deliver(Net *n, const NetProj *p) {
    return !p->on_pre_src.n && !p->on_post_syn.n && !p->on_post_tgt.n && !events_read(n, &p->on_pre_syn, N_PRE);
}

bool events_demote(NetEvent *e, Span at, const char *equation, const char *why) {
    if (e->why) return false;
    e->why = why;
    e->at = at;
    e->equation = equation;
    return true;
}

// An edge is seen where an arrival waits until the state before it has been looked at.
static bool jumps_over_edge(const Net *n, const NetProj *p) {
    const NetEvent *e = n->pops.at[p->tgt].event;
    for (uint32_t i = 0; i < p->on_pre_syn.n && e->edge; i++)
        for (uint32_t k = 0; k < e->n; k++)
            if (e->w && e->w[k] && p->on_pre_syn.at[i].field == e->state[k]) return true;
    return false;
}

void events_projections(Net *n) {
    for (uint32_t i = 0; i < n->projs.n; i++) {
        const NetProj *p = &n->projs.at[i];
        const char *why = jumps_over_edge(n, p) ? "it changes at once what the spike rule watches for an edge" : proj_refuses(n, p), *name = arena_printf(n->arena, "connection %s:", p->path);
        if (!why) continue;
        events_demote(event_of(n, p->tgt), span_of(p), name, why);
        if (events_read(n, &p->advance, N_PRE) || p->totals.n || p->on_pre_src.n || p->on_post_syn.n || p->on_post_tgt.n) events_demote(event_of(n, p->src), span_of(p), name, why);
    }
}

// ---- what the runtime gets ----

// A value that stands between events: a slot of K where it is the same for all neurons, else a field that `constants` fills.
static uint32_t constant(Net *n, NetPop *np, Node x, const char *name) {
    if (!x) return 0;
    if (net_rate(n, x) == STATIC_UNIFORM) return 2 * net_add_k(n, x) + 2;
    uint32_t f = net_add_field(n, sym(name), OWNER_POP, np->id, ELEM_REAL, ROLE_DERIVED, DIM_NONE, NULL);
    program_set(n, &np->event->constants, f, x);
    return 2 * f + 3;
}

// A coefficient: where it is the same for all neurons, its node becomes that slot of K.
static uint32_t coefficient(Net *n, NetPop *np, Node *x, const char *name) {
    uint32_t at = constant(n, np, *x, name);
    if (at && !(at & 1)) *x = dag_leaf(&n->dag, N_K, at / 2 - 1);
    return at;
}

// The slopes before rounding; taken from the expressions, before they become slots of K.
static void provide_low(Net *n, NetPop *np, bool lows) {
    NetEvent *e = np->event;
    bool used = e->level && lows;
    e->b_low = ARENA_ARRAY(n->arena, uint32_t, e->n + 1);
    e->a_low = ARENA_ARRAY(n->arena, uint32_t, e->n * e->n + 1);
    for (uint32_t i = 0; i < e->n * e->n && used; i++) e->a_low[i] = constant(n, np, net_low(n, e->a[i]), "coefficient.low");
    for (uint32_t i = 0; i < e->n && used; i++) e->b_low[i] = constant(n, np, net_low(n, e->b[i]), arena_printf(n->arena, "%s.still.low", n->fields.at[e->state[i]].name));
    for (int k = 0; k < 2 && used; k++) e->square_low[k] = constant(n, np, net_low(n, e->square_by[k]), "quadratic.low");
}

void events_provide(Net *n, NetPop *np, bool lows) {
    NetEvent *e = np->event;
    e->b_at = ARENA_ARRAY(n->arena, uint32_t, e->n + 1);
    e->a_at = ARENA_ARRAY(n->arena, uint32_t, e->n * e->n + 1);
    e->w_at = e->w ? ARENA_ARRAY(n->arena, uint32_t, e->n + 1) : NULL;
    provide_low(n, np, lows);
    for (uint32_t i = 0; i < e->n * e->n; i++) e->a_at[i] = coefficient(n, np, &e->a[i], "coefficient");
    for (uint32_t i = 0; i < e->n; i++) {
        e->b_at[i] = constant(n, np, e->b[i], arena_printf(n->arena, "%s.still", n->fields.at[e->state[i]].name));
        if (e->w) e->w_at[i] = coefficient(n, np, &e->w[i], "weight of the level");
    }
    for (int k = 0; k < 2; k++) e->square_at[k] = constant(n, np, e->square_by[k], "quadratic");
    e->level_at = constant(n, np, e->level, "level");
    e->rate_at = constant(n, np, e->rate, "rate");
    e->refractory_at = constant(n, np, e->refractory, "refractory");
    for (uint32_t r = 0; r < e->rules.n; r++) {
        NetRule *q = &e->rules.at[r];
        q->w_at = q->w ? ARENA_ARRAY(n->arena, uint32_t, e->n + 1) : NULL;
        for (uint32_t i = 0; q->w && i < e->n; i++) q->w_at[i] = coefficient(n, np, &q->w[i], "weight of the level");
        q->level_at = constant(n, np, q->level, "level");
        q->refractory_at = constant(n, np, q->refractory, "refractory");
    }
    events_provide_rules(n, np);
}
