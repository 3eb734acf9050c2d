// SPDX-License-Identifier: MIT
// Spike rules on events that are more than one level: several of them, rules with times, conditions beside a level; and `step` blocks that only digest arrivals.
//
//   spike once at T when C                     next time T, if C and T is not past
//   spike when V >= theta and fired == 0       the level V - theta, while fired == 0
//   spike when n < N and since_present > n*T   at n*T, while n < N
//
// A condition is taken apart at its `and`s. What stands between events is its guard; one part may be a level that moves, or bounds of the time since `present`.
//
// A step block may stay if, once it has run, running it again changes nothing whatever the values of all that it reads: then it only has to run after something has happened.
// This is shown by putting in the constants that it sets some states to (arrived = 0) and simplifying what it gives to all of them.
#include "pass_events.h"

static Dag *D(const Ev *v) { return &v->net->dag; }
static Node op2(const Ev *v, NetOp op, Node a, Node b) { return dag_op(D(v), op, a, b, 0); }
static Node since_leaf(const Ev *v) { return dag_leaf(D(v), N_LOCAL, LEAF_SINCE); }

// ---- conditions ----

// Does own state i stand between events? Then only what happens changes it.
static bool stands(const Ev *v, uint32_t i) {
    if (v->e->square == i + 1 || v->rest[i]) return false;
    for (uint32_t j = 0; j < v->n; j++)
        if (v->c[i][j]) return false;
    return true;
}

// What in x moves between events, states that stand and the time since `present` left aside.
static const char *moves(const Ev *v, Node x, bool but_since) {
    Node leaf[EVENT_STATES + 1], value[EVENT_STATES + 1];
    uint32_t n = 0;
    for (uint32_t i = 0; i < v->n; i++)
        if (stands(v, i)) leaf[n] = v->leaf[i], value[n++] = dag_leaf(D(v), N_K, 0);
    if (but_since) leaf[n] = since_leaf(v), value[n++] = dag_leaf(D(v), N_K, 0);
    return events_moving(v->net, net_subst(v->net, x, leaf, value, n));
}

typedef struct Parts { Node guard, from, later; const SpikeEvent *q; NetRule *r; } Parts;     // later: asks of the time since `present` that end; 0: absent

static Node both(const Ev *v, Node a, Node b) { return a ? op2(v, N_AND, a, b) : b; }

// since > from, or since < something.
static bool time_part(Ev *v, Parts *p, Node c) {
    const DagNode d = *dag_at(D(v), c);
    Node since = since_leaf(v), f, k, rest;
    double by;
    if (d.op != N_LT && d.op != N_LE) return events_refuse(v, p->q->span, "the spike rule", "asks more of the time since `present` than a comparison");
    f = op2(v, N_SUB, d.b, d.a);
    if (!solve_affine(v->net, &since, 1, f, &k, &rest) || !k || !dag_is_const(D(v), k, &by)) return events_refuse(v, p->q->span, "the spike rule", "does not compare the time since `present` with what stands");
    if (by < 0) { p->later = both(v, p->later, c); return true; }
    Node from = rest ? op2(v, N_DIV, dag_op(D(v), N_NEG, rest, 0, 0), k) : dag_const(D(v), 0);
    p->from = p->from ? op2(v, N_MAX, p->from, from) : from;
    return true;
}

static bool part(Ev *v, Parts *p, Node c) {
    const DagNode d = *dag_at(D(v), c);
    if (d.op == N_AND) return part(v, p, d.a) && part(v, p, d.b);
    if (!moves(v, c, false)) { p->guard = both(v, p->guard, c); return true; }
    if (!moves(v, c, true)) return time_part(v, p, c);
    if (d.op != N_LE && d.op != N_LT) return events_refuse(v, p->q->span, "the spike rule", "is no single comparison");
    LevelOf l;
    if (p->r->kind == ACT_LEVEL) return events_refuse(v, p->q->span, "the spike rule", "compares more than one quantity that moves");
    if (!events_level(v, p->q, op2(v, N_SUB, d.b, d.a), &l)) return false;
    p->r->kind = ACT_LEVEL;
    p->r->w = l.w;
    p->r->level = l.level;
    return true;
}

static Node sooner(const Ev *v, Node guard, Node at) {
    return guard ? dag_op(D(v), N_SELECT, guard, at, dag_const(D(v), EVENT_NEVER)) : at;
}

static bool changes(const Ev *v, const NetRule *r, Node x) {
    for (uint32_t i = 0; i < r->reset.n; i++)
        if (net_depends(v->net, x, N_FIELD, r->reset.at[i].field)) return true;
    return false;
}

static bool condition(Ev *v, const SpikeEvent *q, NetRule *r) {
    Parts p = {.q = q, .r = r};
    r->kind = ACT_HOLDS;
    if (!part(v, &p, lower_bool(&v->env, q->cond))) return false;
    if (r->kind == ACT_LEVEL && (p.from || p.later)) return events_refuse(v, q->span, "the spike rule", "asks for a level and for a time");
    if (p.later) {                                       // if it holds at the earliest moment; it never begins to hold later
        Node since = since_leaf(v), then = p.from ? op2(v, N_MAX, since, p.from) : since;
        p.guard = both(v, p.guard, net_subst(v->net, p.later, &since, &then, 1));
    }
    r->at = sooner(v, p.guard, p.from ? p.from : dag_const(D(v), -EVENT_NEVER));
    if (r->kind == ACT_HOLDS && !changes(v, r, r->at)) return events_refuse(v, q->span, "the spike rule", "does not depend on a state that its spike changes");
    return true;
}

// ---- times ----

static bool timed(Ev *v, const SpikeEvent *q, NetRule *r, Node past) {
    double lo = 0, hi = 1;
    if (q->how == SPIKE_AT && (!dag_is_const(D(v), lower_real(&v->env, q->over_lo), &lo) || !dag_is_const(D(v), lower_real(&v->env, q->over_hi), &hi) || hi - lo > 4096))
        return events_refuse(v, q->span, "the spike rule", "has a range that is not known when compiling");      // said once more where the step is built
    Env env = events_env(v);
    r->kind = ACT_TIMED;
    for (double k = lo; k < hi; k++) {
        if (q->how == SPIKE_AT) lower_assign(&env, q->over_var, dag_const(D(v), k));
        Node at = lower_real(&env, q->at), cond = q->cond ? lower_bool(&env, q->cond) : dag_leaf(D(v), N_BTRUE, 0);
        const char *why = moves(v, at, false);
        if (!why) why = moves(v, cond, false);
        if (why) return events_refuse(v, q->span, "the spike rule", "takes its time from what moves between events");
        at = sooner(v, op2(v, N_AND, op2(v, N_LT, past, at), cond), at);
        r->at = r->at ? op2(v, N_MIN, r->at, at) : at;
    }
    if (!r->at) r->at = dag_const(D(v), EVENT_NEVER);
    return true;
}

bool events_rules(Ev *v) {
    const Body *b = v->body;
    if (v->b->options->single_precision) return events_refuse(v, b->spikes.at[0].span, "the spike rule", "goes by time or has a condition beside its level: in single precision events do not take it");
    if (b->spikes.n > EVENT_RULES) return events_refuse(v, b->spikes.at[EVENT_RULES].span, "it", "has too many spike rules");
    for (uint32_t i = 0; i < b->spikes.n; i++) {
        const SpikeEvent *q = &b->spikes.at[i];
        NetRule r = {0};
        if (q->how == SPIKE_CROSSES) return events_refuse(v, q->span, "the spike rule", "watches for an edge beside another rule");
        if (q->how == SPIKE_RATE) return events_refuse(v, q->span, "the spike rule", "is a Poisson process beside another rule");
        if (!events_reset(v, q, &r.reset, &r.refractory)) return false;
        bool ok = q->how == SPIKE_WHEN ? condition(v, q, &r) : timed(v, q, &r, dag_leaf(D(v), N_LOCAL, LEAF_PAST + i));
        if (!ok) return false;
        vec_push(v->net->arena, &v->e->rules, r);
    }
    return true;
}

// ---- step blocks ----

typedef struct Settled { const Ev *v; Memo *known; } Settled;    // known: constants in place of states

static Node simple(const Settled *s, Node x);

// 1, 0, or -1: it depends.
static int holds(const Settled *s, Node x) {
    const DagNode d = *dag_at(D(s->v), x);
    int a, b;
    switch ((NetOp)d.op) {
    case N_BTRUE: return 1;
    case N_NOT: a = holds(s, d.a); return a < 0 ? a : !a;
    case N_AND: a = holds(s, d.a); b = holds(s, d.b); return !a || !b ? 0 : a > 0 && b > 0 ? 1 : -1;
    case N_OR: a = holds(s, d.a); b = holds(s, d.b); return a > 0 || b > 0 ? 1 : !a && !b ? 0 : -1;
    case N_LT: case N_LE: case N_EQ: case N_NE: {
        double p, q;
        if (!dag_is_const(D(s->v), simple(s, d.a), &p) || !dag_is_const(D(s->v), simple(s, d.b), &q)) return -1;
        return d.op == N_LT ? p < q : d.op == N_LE ? p <= q : d.op == N_EQ ? p == q : p != q;
    }
    default: return -1;
    }
}

static bool is_zero(const Settled *s, Node x) {
    double c;
    return dag_is_const(D(s->v), x, &c) && c == 0;
}

// x with the known states put in, by the rules of real numbers.
static Node simple(const Settled *s, Node x) {
    if (!x || memo_node(s->known, x)) return x ? memo_node(s->known, x) : 0;
    const DagNode d = *dag_at(D(s->v), x);
    Node r = x;
    int a = d.op == N_SELECT ? holds(s, d.a) : -1;
    if (a >= 0) r = simple(s, a ? d.b : d.c);
    else if (d.op == N_SELECT) r = dag_op(D(s->v), N_SELECT, d.a, simple(s, d.b), simple(s, d.c));
    else if (d.arity) {
        Node p = simple(s, d.a), q = simple(s, d.b);
        if (d.op == N_MUL && (is_zero(s, p) || is_zero(s, q))) r = dag_const(D(s->v), 0);
        else if (d.op == N_DIV && is_zero(s, p)) r = dag_const(D(s->v), 0);
        else r = dag_with(D(s->v), x, p, q, simple(s, d.c));
    }
    return memo_keep(s->known, x, r);
}

static bool by_steps(const Net *n, Node x) {
    return net_depends(n, x, N_T, 0) || net_depends(n, x, N_STEP, 0) || events_draw(n, x);
}

static Node stepped(Ev *v, Env *env, uint32_t i) { return v->var[i] && map_node(&env->now, v->var[i]) ? map_node(&env->now, v->var[i]) : v->leaf[i]; }

bool events_settle(Ev *v) {
    const Body *b = v->body;
    Span at = b->step.n ? b->step.at[0]->span : b->span;
    Effects fx = {0};
    if (!b->has_step) return true;
    if (v->b->options->single_precision) return events_refuse(v, at, "its `step` block", "runs once a step");
    Env env = pop_env(v->b, v->p), exact = events_env(v);           // env: with steps of any length
    env.since = exact.since;
    for (uint32_t i = 0; i < b->equations.n; i++)
        if (b->equations.at[i].algebraic) lower_assign(&env, b->equations.at[i].var, lower_real(&env, b->equations.at[i].value));
    lower_stmts(&env, &b->step, 0, &fx);
    lower_stmts(&exact, &b->step, 0, &fx);
    if (fx.refractory) return events_refuse(v, at, "its `step` block", "begins a refractory time");
    Memo known = memo_new(v->b->arena, D(v)->at.n);
    Settled s = {v, &known};
    double c;
    for (uint32_t i = 0; i < v->n; i++)
        if (dag_is_const(D(v), stepped(v, &env, i), &c)) memo_keep(&known, v->leaf[i], stepped(v, &env, i));
    for (uint32_t i = 0; i < v->n; i++) {
        Node next = stepped(v, &env, i), now = stepped(v, &exact, i);
        if (simple(&s, next) != simple(&s, v->leaf[i]) || by_steps(v->net, next)) return events_refuse(v, at, "its `step` block", "runs once a step");
        if (now == v->leaf[i]) continue;
        for (uint32_t h = 0; h < v->p->held.n; h++)
            if (v->p->held.at[h] == v->var[i]) return events_refuse(v, at, "its `step` block", "changes what a refractory time holds");
        program_set(v->net, &v->e->settle, v->field[i], now);
    }
    return true;
}

// ---- what the runtime gets ----

typedef struct Leaves { Node leaf[EVENT_RULES + 1], value[EVENT_RULES + 1]; uint32_t n; bool since; } Leaves;

static void put_leaves(Net *n, Program *p, Leaves *l) {
    for (uint32_t i = 0; i < p->n; i++) {
        l->since |= net_depends(n, p->at[i].value, N_LOCAL, LEAF_SINCE);
        p->at[i].value = net_subst(n, p->at[i].value, l->leaf, l->value, l->n);
    }
}

static uint32_t hidden(Net *n, NetPop *np, const char *name, double init) {
    uint32_t f = net_add_field(n, sym(name), OWNER_POP, np->id, ELEM_REAL, ROLE_HIDDEN, DIM_NONE, NULL);
    program_set(n, &np->init, f, dag_const(&n->dag, init));
    return f;
}

void events_provide_rules(Net *n, NetPop *np) {
    NetEvent *e = np->event;
    Leaves l = {0};
    if (np->present_field) {
        l.leaf[l.n] = dag_leaf(&n->dag, N_LOCAL, LEAF_SINCE);
        e->since_field = hidden(n, np, "since_present", 0) + 1;
        l.value[l.n++] = dag_leaf(&n->dag, N_FIELD, e->since_field - 1);
    }
    for (uint32_t i = 0; i < e->rules.n; i++) {
        NetRule *r = &e->rules.at[i];
        r->at_field = hidden(n, np, "next_spike", EVENT_NEVER);
        if (r->kind == ACT_TIMED) {
            r->after_field = hidden(n, np, "past_until", -1e-9);
            l.leaf[l.n] = dag_leaf(&n->dag, N_LOCAL, LEAF_PAST + i);
            l.value[l.n++] = dag_leaf(&n->dag, N_FIELD, r->after_field);
        }
        program_set(n, &e->rule_times, r->at_field, r->at);
    }
    put_leaves(n, &e->rule_times, &l);
    put_leaves(n, &e->reset, &l);
    put_leaves(n, &e->presented, &l);
    put_leaves(n, &e->computed, &l);
    put_leaves(n, &e->settle, &l);
    for (uint32_t i = 0; i < e->rules.n; i++) put_leaves(n, &e->rules.at[i].reset, &l);
    e->reads_since = l.since;
}
