// SPDX-License-Identifier: MIT
// Spike response kernels as linear states. A kernel that is a sum of terms c s^k exp(b s) (kernel_terms.c) needs, for each b, the chain
//
//   y0' = b y0      yj' = y(j-1) + b yj          with  y0 += w  at each spike:     yj = sum of w s^j/j! exp(b s)
//
// so convolve(kernel, spikes) is the sum of c k! yk: a finite state that the solver then moves exactly.
//   before   kernel eps(s) = s/tau * exp(1 - s/tau);   convolve(eps, arrivals)
//   after    y0' = -y0/tau, y1' = y0 - y1/tau;         exp(1)/tau * y1
// A term with cos(f s) or sin(f s) has a pair of states in place of each y, turned into one another at f.
//
// A kernel eps(u, s) also knows the time u since the own last spike. Functions of u are coefficients. `if s < u` divides the arrivals:
// those since the last spike have a chain that a spike clears; for a term exp(b s + g u) of those before it, exp(b s) over all arrivals is
// handed over at the spike to a chain of its own, which then moves with b + g (the interval s - u stays what it was). So
//   if s < u then exp(-s/tm) - exp(-s/ts) else exp(-(s - u)/ts)*(exp(-u/tm) - exp(-u/ts))
// becomes  x - y,  x' = -x/tm, y' = -y/ts,  x and y += w at arrivals,  x = y at the own spike: chains that move alike and count alike are one.
// Chains are shared between all kernels of a neuron that need the same. Source: Gerstner & Kistler 2002, section 4.2 (spike response and
// integrate-and-fire models).
#include "kernel_terms.h"

enum { RESETS = 4 };
typedef struct ChainKey { const Var *port; Sum rate, freq; bool input, resets; int nreset; Sum reset[RESETS]; } ChainKey;   // reset: to the sum of those chains over all arrivals
typedef struct Chain { ChainKey key; int top; uint32_t even[POWER_MAX + 1], odd[POWER_MAX + 1]; } Chain;
typedef struct Reading { ChainKey key; Node even[POWER_MAX + 1], odd[POWER_MAX + 1]; bool dropped; } Reading;                   // coefficients of a chain's states

static bool key_equal(const ChainKey *a, const ChainKey *b) {
    bool same = a->port == b->port && a->input == b->input && a->resets == b->resets && a->nreset == b->nreset && kernel_sum_equal(&a->rate, &b->rate) && kernel_sum_equal(&a->freq, &b->freq);
    for (int i = 0; same && i < a->nreset; i++) same = kernel_sum_equal(&a->reset[i], &b->reset[i]);
    return same;
}

// ---- from terms to what is read of which chain ----

static Node plus(Dag *d, Node a, Node b) { return a ? dag_op(d, N_ADD, a, b, 0) : b; }

// The coefficient of a term: functions of u that the chain does not take over included.
static Node coefficient(Net *n, const Term *t, Node u) {
    static const double factorial[] = {1, 1, 2, 6, 24, 120};
    Dag *d = &n->dag;
    Mono m = t->c;
    m.num *= factorial[t->k];
    Node c = kernel_mono(n, &m);
    for (int i = 0; i < t->m; i++) c = dag_op(d, N_MUL, c, u, 0);
    if (t->grow.n && t->part != PART_OLD) c = dag_op(d, N_MUL, c, dag_op(d, N_EXP, dag_op(d, N_MUL, kernel_sum(n, &t->grow), u, 0), 0, 0), 0);
    return c;
}

static bool key_of(const Term *t, const Var *port, ChainKey *key) {
    *key = (ChainKey){.port = port, .rate = t->rate, .freq = t->freq, .input = t->part != PART_OLD, .resets = t->part != PART_ALL};
    if (t->part != PART_OLD) return true;
    key->nreset = 1;
    key->reset[0] = t->rate;
    return kernel_sum_add(&key->rate, &t->grow, 1);
}

static bool same_readings(const Reading *a, const Reading *b) { return !memcmp(a->even, b->even, sizeof a->even) && !memcmp(a->odd, b->odd, sizeof a->odd); }

// b into a, when they move alike: arrivals enter through one of them, and a spike sets the sum.
static bool merge(Reading *a, Reading *b) {
    if (a->key.nreset + b->key.nreset > RESETS || (a->key.input && b->key.input)) return false;
    a->key.input |= b->key.input;
    for (int i = 0; i < b->key.nreset; i++) a->key.reset[a->key.nreset++] = b->key.reset[i];
    b->dropped = true;
    if (a->key.input && a->key.nreset == 1 && kernel_sum_equal(&a->key.reset[0], &a->key.rate)) { a->key.nreset = 0; a->key.resets = false; }   // set to itself
    return true;
}

// First what a spike only hands over to itself, then whatever else moves and counts alike.
static void merge_all(Reading *r, int n) {
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) {
                if (i == j || r[i].dropped || r[j].dropped || !r[i].key.resets || !r[j].key.resets || !same_readings(&r[i], &r[j])) continue;
                if (!kernel_sum_equal(&r[i].key.rate, &r[j].key.rate) || !kernel_sum_equal(&r[i].key.freq, &r[j].key.freq)) continue;
                bool itself = r[i].key.input && r[j].key.nreset == 1 && kernel_sum_equal(&r[j].key.reset[0], &r[j].key.rate);
                if (pass || itself) merge(&r[i], &r[j]);
            }
}

static int readings_of(Net *n, const Terms *t, const Var *port, Node u, Reading *r, const char **why) {
    int count = 0;
    for (int i = 0; i < t->n; i++) {
        ChainKey key;
        if (!key_of(&t->t[i], port, &key)) { *why = "it has too many terms"; return 0; }
        int at = 0;
        while (at < count && !key_equal(&r[at].key, &key)) at++;
        if (at == count) r[count++] = (Reading){.key = key};
        Node *c = t->t[i].wave == WAVE_SIN ? &r[at].odd[t->t[i].k] : &r[at].even[t->t[i].k];
        *c = plus(&n->dag, *c, coefficient(n, &t->t[i], u));
    }
    merge_all(r, count);
    return count;
}

// ---- chains ----

static uint32_t chain_field(Build *b, PopBuild *p, const Expr *x, uint32_t number, int k, const char *what) {
    Net *n = b->net;
    const char *name = arena_printf(b->arena, "%s.%s%u_%d%s", x->var->name, x->self_spikes ? "self" : x->port->name, number, k, what);
    uint32_t f = net_add_field(n, sym(name), OWNER_POP, p->id, ELEM_REAL, ROLE_LUMPED, DIM_NONE, NULL);
    n->fields.at[f].why = "state of a kernel";
    program_set(n, &n->pops.at[p->id].init, f, dag_const(&n->dag, 0));
    return f;
}

static void flow(Build *b, PopBuild *p, uint32_t f, Node deriv) {
    vec_push(b->arena, &p->flows, ((Flow){.field = f, .deriv = deriv ? deriv : dag_const(&b->net->dag, 0), .name = b->net->fields.at[f].name}));
}

// y' = rate y - freq z + (the one before)
static Node moved(Build *b, Node rate, Node y, Node freq, Node z, Node before) {
    Dag *d = &b->net->dag;
    Node v = rate ? dag_op(d, N_MUL, rate, y, 0) : 0;
    if (freq) v = plus(d, v, dag_op(d, N_MUL, freq, z, 0));
    if (before) v = v ? dag_op(d, N_ADD, before, v, 0) : before;
    return v;
}

static Chain *chain_of(Build *b, PopBuild *p, const Expr *x, const ChainKey *key, int top);

// One more state (or pair) of a chain, and what a spike sets it to.
static void extend(Build *b, PopBuild *p, const Expr *x, Chain *c, uint32_t number) {
    Dag *d = &b->net->dag;
    int k = ++c->top;
    Node rate = kernel_sum(b->net, &c->key.rate), freq = kernel_sum(b->net, &c->key.freq);
    c->even[k] = chain_field(b, p, x, number, k, "");
    if (freq) c->odd[k] = chain_field(b, p, x, number, k, "s");
    Node y = dag_leaf(d, N_FIELD, c->even[k]), z = freq ? dag_leaf(d, N_FIELD, c->odd[k]) : 0;
    flow(b, p, c->even[k], moved(b, rate, y, freq ? dag_op(d, N_NEG, freq, 0, 0) : 0, z, k ? dag_leaf(d, N_FIELD, c->even[k - 1]) : 0));
    if (freq) flow(b, p, c->odd[k], moved(b, rate, z, freq, y, k ? dag_leaf(d, N_FIELD, c->odd[k - 1]) : 0));
    if (!k && c->key.input) vec_push(b->arena, &p->kernel_inputs, ((KernelInput){c->key.port, c->even[0]}));
    if (!c->key.resets) return;
    Node to[2] = {0, 0};
    for (int i = 0; i < c->key.nreset; i++) {
        const Chain *all = chain_of(b, p, x, &(ChainKey){.port = c->key.port, .rate = c->key.reset[i], .freq = c->key.freq, .input = true}, k);
        to[0] = plus(d, to[0], dag_leaf(d, N_FIELD, all->even[k]));
        if (freq) to[1] = plus(d, to[1], dag_leaf(d, N_FIELD, all->odd[k]));
    }
    for (int i = 0; i < (freq ? 2 : 1); i++)
        vec_push(b->arena, &p->kernel_resets, ((KernelReset){i ? c->odd[k] : c->even[k], to[i] ? to[i] : dag_const(d, 0)}));
}

static Chain *chain_of(Build *b, PopBuild *p, const Expr *x, const ChainKey *key, int top) {
    uint32_t i = 0;
    while (i < p->chains.n && !key_equal(&p->chains.at[i]->key, key)) i++;
    if (i == p->chains.n) {
        Chain *c = ARENA_NEW(b->arena, Chain);
        *c = (Chain){.key = *key, .top = -1};
        vec_push(b->arena, &p->chains, c);
    }
    Chain *c = p->chains.at[i];
    while (c->top < top) extend(b, p, x, c, i);
    return c;
}

static Node read_chain(Build *b, PopBuild *p, const Expr *x, const Reading *r, Node value) {
    Dag *d = &b->net->dag;
    int top = 0;
    for (int k = 0; k <= POWER_MAX; k++)
        if (r->even[k] || r->odd[k]) top = k;
    const Chain *c = chain_of(b, p, x, &r->key, top);
    for (int k = 0; k <= top; k++) {
        if (r->even[k]) value = plus(d, value, dag_op(d, N_MUL, r->even[k], dag_leaf(d, N_FIELD, c->even[k]), 0));
        if (r->odd[k]) value = plus(d, value, dag_op(d, N_MUL, r->odd[k], dag_leaf(d, N_FIELD, c->odd[k]), 0));
    }
    return value;
}

// ---- convolutions ----

static void kernel_state(Build *b, PopBuild *p, const Expr *x) {
    if (map_node(&p->convolve, x)) return;
    Net *n = b->net;
    Env e = pop_env(b, p);
    Node s = dag_leaf(&n->dag, N_T, 1), u = x->a ? lower_real(&e, x->a) : 0;
    lower_assign(&e, x->var->kernel_arg, s);
    if (x->var->kernel_since) lower_assign(&e, x->var->kernel_since, u);
    const Terms *t = kernel_terms(n, lower_real(&e, x->var->kernel_body), s, u);
    Reading *r = ARENA_ARRAY(b->arena, Reading, TERM_MAX);
    const char *why = t->why;
    int count = why ? 0 : readings_of(n, t, x->self_spikes ? NULL : x->port, u, r, &why);
    if (why) {
        Diag *m = diag(b->diags, x->span, D_NET_KERNEL, x->var->name, why);
        diag_note_at(b->diags, m, x->var->span, "it is declared here");
        diag_help(b->diags, m, "a kernel is a sum of terms c*s^k*exp(-s/tau), perhaps with sines and cosines of s, and k at most %d", POWER_MAX);
        b->failed = true;
        return;
    }
    Node value = 0;
    for (int i = 0; i < count; i++)
        if (!r[i].dropped) value = read_chain(b, p, x, &r[i], value);
    map_put_node(b->arena, &p->convolve, x, value ? value : dag_const(&n->dag, 0));
}

static void find_kernels(Build *b, PopBuild *p, const Expr *x) {
    if (!x) return;
    if (x->kind == E_CONVOLVE) kernel_state(b, p, x);
    for (uint32_t i = 0; i < x->args.n; i++) find_kernels(b, p, x->args.at[i]);
    find_kernels(b, p, x->a);
    find_kernels(b, p, x->b);
    find_kernels(b, p, x->c);
}

void build_kernels(Build *b, PopBuild *p) {
    const Body *body = b->net->pops.at[p->id].model->body;
    for (uint32_t i = 0; i < body->vars.n; i++)
        if (body->vars.at[i]->kind == VAR_LET) find_kernels(b, p, body->vars.at[i]->init);
    for (uint32_t i = 0; i < body->equations.n; i++) find_kernels(b, p, body->equations.at[i].value);
    for (uint32_t i = 0; i < body->spikes.n; i++) {
        find_kernels(b, p, body->spikes.at[i].cond);
        find_kernels(b, p, body->spikes.at[i].level);
    }
}
