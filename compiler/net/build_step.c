// SPDX-License-Identifier: MIT
// The step program of each population, once all projections have said what flows into it (see build_pop.c for the order inside a step).
#include "build.h"

typedef struct StepBuild {
    Build *b; PopBuild *p; const Body *body; uint32_t pop;
    Env env;                                   // values as the step proceeds
    FlowVec flows; Node start[64], held[64], next[64]; SolveInfo info[64];
    Node leaf[192], value[192]; uint32_t nleaf; // state leaves and their values now
    PtrMap end_kernels;                        // convolutions with the values at the end of the step
    Node is_held;                              // B: refractory now, or 0
    VarVec inputs;                             // of the body, and what experiments read of synapses
} StepBuild;

static Dag *D(StepBuild *s) { return &s->b->net->dag; }
static Node op2(StepBuild *s, NetOp op, Node a, Node b) { return dag_op(D(s), op, a, b, 0); }
static Node sel(StepBuild *s, Node c, Node a, Node b) { return c ? dag_op(D(s), N_SELECT, c, a, b) : b; }
static NetPop *np_of(StepBuild *s) { return &s->b->net->pops.at[s->pop]; }

static bool is_held_var(const PopBuild *p, const Var *v) {
    for (uint32_t i = 0; i < p->held.n; i++)
        if (p->held.at[i] == v) return true;
    return false;
}

// Values of the states at the start of the step: what is stored plus the jumps that arrived (discarded while held).
static void start_values(StepBuild *s) {
    PopBuild *p = s->p;
    if (p->until) s->is_held = op2(s, N_TICK_LT, dag_leaf(D(s), N_STEP, 0), dag_leaf(D(s), N_TICKFIELD, p->until - 1));
    for (uint32_t i = 0; i < s->body->vars.n; i++) {
        Var *v = s->body->vars.at[i];
        if (v->kind != VAR_STATE) continue;
        Node leaf = map_node(&p->var, v), now = leaf;
        uint32_t buf = map_node(&p->buffer, v);
        if (buf) {
            now = op2(s, N_ADD, leaf, dag_leaf(D(s), N_FIELD, buf - 1));
            if (is_held_var(p, v)) now = sel(s, s->is_held, leaf, now);
        }
        lower_assign(&s->env, v, now);
        s->leaf[s->nleaf] = leaf;
        s->value[s->nleaf++] = now;
    }
}

static void refresh_values(StepBuild *s) {
    uint32_t k = 0;
    for (uint32_t i = 0; i < s->body->vars.n; i++)
        if (s->body->vars.at[i]->kind == VAR_STATE) s->value[k++] = map_node(&s->env.now, s->body->vars.at[i]);
}

// Ports as seen now: their terms are kept over leaves, so the values of the moment are put in.
static void bind_ports(StepBuild *s) {
    for (uint32_t i = 0; i < s->inputs.n; i++) {
        Var *v = s->inputs.at[i];
        Node sum = map_node(&s->p->port, v);
        map_put_node(s->b->arena, &s->env.now, v, sum ? net_subst(s->b->net, sum, s->leaf, s->value, s->nleaf) : dag_const(D(s), 0));
    }
    s->env.lets = (PtrMap){0};
}

// Sum of all contributions to each port, over leaves: lumped drives are there already; add the experiment's and the per-synapse sums.
static void complete_ports(StepBuild *s) {
    for (uint32_t i = 0; i < s->inputs.n; i++) {
        Var *v = s->inputs.at[i];
        Node sum = map_node(&s->p->port, v);
        uint32_t extra[2] = {map_node(&s->p->syn_input, v), map_node(&s->p->drive, v)};
        for (int k = 0; k < 2; k++) {
            if (!extra[k]) continue;
            Node f = dag_leaf(D(s), N_FIELD, extra[k] - 1);
            sum = sum ? op2(s, N_ADD, sum, f) : f;
        }
        if (sum) map_put_node(s->b->arena, &s->p->port, v, sum);
    }
}

// on present { ... }: in the first step after it, once what had arrived before is there.
static void run_present(StepBuild *s) {
    for (uint32_t i = 0; i < s->body->handlers.n; i++) {
        const Handler *h = &s->body->handlers.at[i];
        if (h->kind != ON_PRESENT) continue;
        Node now = op2(s, N_TICK_EQ, dag_leaf(D(s), N_STEP, 0), dag_leaf(D(s), N_TICKFIELD, s->p->present - 1));
        bind_ports(s);
        Effects fx = {0};
        lower_stmts(&s->env, &h->body, now, &fx);
        refresh_values(s);
    }
}

static void run_step_block(StepBuild *s) {
    if (!s->body->has_step) return;
    bind_ports(s);
    Effects fx = {0};
    lower_stmts(&s->env, &s->body->step, 0, &fx);
    for (uint32_t i = 0, k = 0; i < s->body->vars.n; i++) {
        Var *v = s->body->vars.at[i];
        if (v->kind != VAR_STATE) continue;
        if (is_held_var(s->p, v)) lower_assign(&s->env, v, sel(s, s->is_held, s->value[k], map_node(&s->env.now, v)));
        k++;
    }
    refresh_values(s);
}

static Method wanted(const Body *b, const Var *v) {
    for (uint32_t i = 0; i < b->solve.n; i++)
        if (b->solve.at[i].var == v) return b->solve.at[i].method;
    return SOLVE_AUTO;
}

static void gather_flows(StepBuild *s) {
    Build *b = s->b;
    Env leafs = pop_env(b, s->p);
    for (uint32_t i = 0; i < s->body->equations.n; i++) {
        const Equation *q = &s->body->equations.at[i];
        if (q->algebraic) continue;
        Flow f = {.field = dag_at(D(s), map_node(&s->p->var, q->var))->ref, .var = q->var, .name = q->var->name, .wanted = wanted(s->body, q->var)};
        f.deriv = lower_real(&leafs, q->value);
        vec_push(b->arena, &s->flows, f);
    }
    for (uint32_t i = 0; i < s->p->flows.n; i++) vec_push(b->arena, &s->flows, s->p->flows.at[i]);
    if (s->flows.n >= 60) { diag(b->diags, s->body->span, D_NET_TOO_MANY_STATES, s->body->name); b->failed = true; }
}

static void integrate(StepBuild *s) {
    gather_flows(s);
    if (s->b->failed || !s->flows.n) return;
    for (uint32_t i = 0; i < s->flows.n; i++) {
        const Flow *f = &s->flows.at[i];
        s->start[i] = dag_leaf(D(s), N_FIELD, f->field);
        if (f->var && map_node(&s->env.now, f->var)) s->start[i] = map_node(&s->env.now, f->var);
        if (f->var && is_held_var(s->p, f->var)) s->held[i] = s->is_held;
    }
    // A derivative may also read states that no equation moves (set by handlers only): their value of now.
    for (uint32_t i = 0; i < s->flows.n; i++) {
        Node leaf[192], value[192];
        uint32_t k = 0;
        for (uint32_t j = 0; j < s->nleaf; j++) {
            bool moves = false;
            for (uint32_t f = 0; f < s->flows.n; f++) moves |= s->leaf[j] == dag_leaf(D(s), N_FIELD, s->flows.at[f].field);
            if (!moves) { leaf[k] = s->leaf[j]; value[k++] = s->value[j]; }
        }
        if (k) s->flows.at[i].deriv = net_subst(s->b->net, s->flows.at[i].deriv, leaf, value, k);
    }
    SolveCtx x = {.net = s->b->net, .flows = &s->flows, .start = s->start, .held = s->held, .next = s->next, .allow_propagator_per_entity = true,
                  .entity_propagators = &np_of(s)->propagators, .owner = OWNER_POP, .owner_index = s->pop, .info = s->info};
    solve_flows(&x);
    for (uint32_t i = 0; i < s->flows.n; i++) {
        const Flow *f = &s->flows.at[i];
        vec_push(s->b->net->arena, &np_of(s)->solved, s->info[i]);
        if (f->var && map_node(&s->env.now, f->var)) lower_assign(&s->env, f->var, s->next[i]);
    }
    refresh_values(s);
}

// After integration ports are read with the new states.
static void bind_end(StepBuild *s) {
    Node leaf[192], value[192];
    uint32_t k = 0;
    for (uint32_t i = 0; i < s->nleaf; i++) { leaf[k] = s->leaf[i]; value[k++] = s->value[i]; }
    for (uint32_t i = 0; i < s->flows.n; i++)
        if (!s->flows.at[i].var || !map_node(&s->env.now, s->flows.at[i].var)) {
            leaf[k] = dag_leaf(D(s), N_FIELD, s->flows.at[i].field);
            value[k++] = s->next[i];
        }
    for (uint32_t i = 0; i < s->inputs.n; i++) {
        Var *v = s->inputs.at[i];
        Node sum = map_node(&s->p->port, v);
        if (sum) map_put_node(s->b->arena, &s->env.now, v, net_subst(s->b->net, sum, leaf, value, k));
    }
    s->end_kernels = (PtrMap){0};
    s->env.at_end = true;
    for (uint32_t i = 0; i < s->p->convolve.n; i++) {
        const Expr *since = ((const Expr *)s->p->convolve.key[i])->a;
        if (!since) continue;                                        // kernels of two times: the one since the own spike, at the end of the step
        Env before = pop_env(s->b, s->p);
        leaf[k] = lower_real(&before, since);
        value[k++] = lower_real(&s->env, since);
        break;
    }
    for (uint32_t i = 0; i < s->p->convolve.n; i++)
        map_put_node(s->b->arena, &s->end_kernels, s->p->convolve.key[i], net_subst(s->b->net, (Node)(uintptr_t)s->p->convolve.val[i], leaf, value, k));
    s->env.kernel = &s->end_kernels;
    s->env.lets = (PtrMap){0};
}

static void algebraic(StepBuild *s) {
    for (uint32_t i = 0; i < s->body->equations.n; i++) {
        const Equation *q = &s->body->equations.at[i];
        if (!q->algebraic) continue;
        Node v = lower_real(&s->env, q->value);
        if (is_held_var(s->p, q->var)) v = sel(s, s->is_held, map_node(&s->env.now, q->var), v);
        lower_assign(&s->env, q->var, v);
    }
    refresh_values(s);
}

static Node crossing(StepBuild *s, const SpikeEvent *q) {
    Env before = pop_env(s->b, s->p);
    Node was = lower_real(&before, q->cond), level0 = lower_real(&before, q->level);
    Node is = lower_real(&s->env, q->cond), level1 = lower_real(&s->env, q->level);
    if (q->falling) return op2(s, N_AND, op2(s, N_LT, level0, was), op2(s, N_LE, is, level1));
    return op2(s, N_AND, op2(s, N_LT, was, level0), op2(s, N_LE, level1, is));
}

static Node ticks(StepBuild *s, Node time) {
    return dag_op(D(s), N_TICK, op2(s, N_DIV, time, dag_leaf(D(s), N_K, 0)), 0, 0);
}

static Node once_at(StepBuild *s, const SpikeEvent *q) {
    Node due = op2(s, N_TICK_ADD, dag_leaf(D(s), N_TICKFIELD, s->p->present - 1), ticks(s, lower_real(&s->env, q->at)));
    Node c = op2(s, N_TICK_EQ, dag_leaf(D(s), N_STEP, 0), due);
    return q->cond ? op2(s, N_AND, c, lower_bool(&s->env, q->cond)) : c;
}

static Node at_several(StepBuild *s, const SpikeEvent *q) {
    double lo = 0, hi = 0;
    Env e = pop_env(s->b, s->p);
    Node any = 0;
    if (!dag_is_const(D(s), lower_real(&e, q->over_lo), &lo) || !dag_is_const(D(s), lower_real(&e, q->over_hi), &hi) || hi - lo > 4096) {
        diag(s->b->diags, q->span, D_NET_SPIKE_RANGE);
        s->b->failed = true;
        return dag_op(D(s), N_NOT, dag_leaf(D(s), N_BTRUE, 0), 0, 0);
    }
    for (double k = lo; k < hi; k++) {
        lower_assign(&s->env, q->over_var, dag_const(D(s), k));
        Node c = once_at(s, q);
        any = any ? op2(s, N_OR, any, c) : c;
    }
    return any ? any : dag_op(D(s), N_NOT, dag_leaf(D(s), N_BTRUE, 0), 0, 0);
}

static Node spike_condition(StepBuild *s, const SpikeEvent *q) {
    Node c = 0;
    switch (q->how) {
    case SPIKE_WHEN: c = lower_bool(&s->env, q->cond); break;
    case SPIKE_CROSSES: c = crossing(s, q); break;
    case SPIKE_RATE: {       // at least one event of a Poisson process in a step: 1 - exp(-r dt)
        Node r = op2(s, N_MUL, lower_real(&s->env, q->cond), dag_leaf(D(s), N_K, 0));
        Node p = dag_op(D(s), N_NEG, dag_op(D(s), N_EXPM1, dag_op(D(s), N_NEG, r, 0, 0), 0, 0), 0, 0);
        c = op2(s, N_LT, dag_op_ref(D(s), N_UNIFORM, ++s->b->streams, 0, 0), p);
        break;
    }
    case SPIKE_ONCE_AT: c = once_at(s, q); break;
    case SPIKE_AT: c = at_several(s, q); break;
    }
    return s->is_held ? op2(s, N_AND, dag_op(D(s), N_NOT, s->is_held, 0, 0), c) : c;
}

static Node next_tick(StepBuild *s) {
    return op2(s, N_TICK_ADD, dag_leaf(D(s), N_STEP, 0), dag_op(D(s), N_TICK, dag_const(D(s), 1), 0, 0));
}

static Node *next_of(StepBuild *s, uint32_t field) {
    uint32_t f = 0;
    while (f < s->flows.n && s->flows.at[f].field != field) f++;
    return &s->next[f];
}

// States of kernels at an own spike: first those that it sets, all from the values before; then kernels of the own spikes gain one.
static void kernels_at_spike(StepBuild *s, Node any) {
    const PopBuild *p = s->p;
    Node leaf[64], value[64], to[64];
    for (uint32_t f = 0; f < s->flows.n; f++) {
        leaf[f] = dag_leaf(D(s), N_FIELD, s->flows.at[f].field);
        value[f] = s->next[f];
    }
    for (uint32_t i = 0; i < p->kernel_resets.n; i++) to[i] = net_subst(s->b->net, p->kernel_resets.at[i].value, leaf, value, s->flows.n);
    for (uint32_t i = 0; i < p->kernel_resets.n; i++) {
        Node *next = next_of(s, p->kernel_resets.at[i].field);
        *next = sel(s, any, to[i], *next);
    }
    for (uint32_t i = 0; i < p->kernel_inputs.n; i++) {
        if (p->kernel_inputs.at[i].port) continue;
        Node *next = next_of(s, p->kernel_inputs.at[i].field);
        *next = sel(s, any, op2(s, N_ADD, *next, dag_const(D(s), 1)), *next);
    }
}

static void spikes(StepBuild *s) {
    Net *n = s->b->net;
    PopBuild *p = s->p;
    Node until = p->until ? dag_leaf(D(s), N_TICKFIELD, p->until - 1) : 0, any = 0;
    Node until0 = until;
    for (uint32_t i = 0; i < s->body->spikes.n; i++) {
        const SpikeEvent *q = &s->body->spikes.at[i];
        Node c = spike_condition(s, q);
        np_of(s)->spikes.at[i].cond = c;
        any = any ? op2(s, N_OR, any, c) : c;
        Effects fx = {0};
        lower_stmts(&s->env, &q->body, c, &fx);
        if (fx.refractory) {
            Node steps = op2(s, N_ADD, fx.refractory, dag_const(D(s), 1));
            Node then = op2(s, N_TICK_ADD, dag_leaf(D(s), N_STEP, 0), dag_op(D(s), N_TICK, steps, 0, 0));
            until = sel(s, fx.refractory_guard, then, until);
        }
    }
    if (any) kernels_at_spike(s, any);
    Program *out = &np_of(s)->step;
    if (until != until0) program_set(n, out, p->until - 1, until);
    if (p->last && any) program_set(n, out, p->last - 1, sel(s, any, next_tick(s), dag_leaf(D(s), N_TICKFIELD, p->last - 1)));
    if (p->spiked && any) program_set(n, out, p->spiked - 1, dag_op(D(s), N_B2R, any, 0, 0));
}

static void store(StepBuild *s) {
    Net *n = s->b->net;
    PopBuild *p = s->p;
    for (uint32_t i = 0; i < s->body->vars.n; i++) {
        Var *v = s->body->vars.at[i];
        if (v->kind != VAR_STATE) continue;
        Node leaf = map_node(&p->var, v), now = map_node(&s->env.now, v);
        if (now != leaf) program_set(n, &np_of(s)->step, dag_at(D(s), leaf)->ref, now);
    }
    for (uint32_t i = 0; i < s->flows.n; i++) {
        const Flow *f = &s->flows.at[i];
        if (f->var && map_node(&s->env.now, f->var)) continue;
        program_set(n, &np_of(s)->step, f->field, s->next[i]);
    }
    const PtrMap *inputs[2] = {&p->buffer, &p->syn_input};
    for (int k = 0; k < 2; k++)
        for (uint32_t i = 0; i < inputs[k]->n; i++)
            program_set(n, &np_of(s)->step, (uint32_t)(uintptr_t)inputs[k]->val[i] - 1, dag_const(D(s), 0));
    for (uint32_t i = 0; i < p->recorded.n; i++) {
        const Var *v = p->recorded.key[i];
        Node value = v->kind == VAR_INPUT && !v->body ? map_node(&p->port, v) : lower_var(&s->env, v);      // of synapses: as they act in this step, wherever they are kept
        program_set(n, &np_of(s)->step, (uint32_t)(uintptr_t)p->recorded.val[i] - 1, value);
    }
}

void build_steps(Build *b) {
    for (uint32_t i = 0; i < b->net->pops.n && !b->failed; i++) {
        StepBuild *s = ARENA_NEW(b->arena, StepBuild);
        *s = (StepBuild){.b = b, .p = &b->pop[i], .body = b->net->pops.at[i].model->body, .pop = i};
        uint32_t states = 0;
        for (uint32_t k = 0; k < s->body->vars.n; k++) states += s->body->vars.at[k]->kind == VAR_STATE;
        if (states + b->pop[i].flows.n >= 60) { diag(b->diags, s->body->span, D_NET_TOO_MANY_STATES, s->body->name); b->failed = true; return; }
        s->env = pop_env(b, &b->pop[i]);
        for (uint32_t k = 0; k < s->body->vars.n; k++)
            if (s->body->vars.at[k]->kind == VAR_INPUT) vec_push(b->arena, &s->inputs, s->body->vars.at[k]);
        for (uint32_t k = 0; k < s->p->probes.n; k++) vec_push(b->arena, &s->inputs, s->p->probes.at[k]);
        complete_ports(s);
        if (b->options->place) events_classify(b, &b->pop[i]);
        start_values(s);
        run_present(s);
        run_step_block(s);
        integrate(s);
        bind_end(s);
        algebraic(s);
        spikes(s);
        store(s);
    }
    if (b->options->place && !b->failed) pass_engines(b);
}
