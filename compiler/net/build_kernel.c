// SPDX-License-Identifier: MIT
// Spike response kernels as linear states. A kernel that is a sum of terms c s^k exp(b s) needs, for each b, the chain
//
//   y0' = b y0      yj' = y(j-1) + b yj          with  y0 += w  at each spike:     yj = sum of w s^j/j! exp(b s)
//
// so convolve(kernel, spikes) is the sum of c k! yk: a finite state that the solver then moves exactly.
//   before   kernel eps(s) = s/tau * exp(1 - s/tau);   convolve(eps, arrivals)
//   after    y0' = -y0/tau, y1' = y0 - y1/tau;         exp(1)/tau * y1
// Limits: k at most 3, at most 16 terms. Source of the idea: Gerstner & Kistler 2002, section 4.2 (SRM and integrate-and-fire models).
#include "build.h"

enum { MAX_TERMS = 16, MAX_POWER = 3 };
typedef struct Term { Node c, rate; int k; } Term;       // rate 0: no exponential
typedef struct Terms { bool ok; int n; Term t[MAX_TERMS]; } Terms;
typedef struct Decomposer { Net *net; Node s; } Decomposer;

static Node op2(Decomposer *d, NetOp op, Node a, Node b) { return dag_op(&d->net->dag, op, a, b, 0); }
static Node num(Decomposer *d, double v) { return dag_const(&d->net->dag, v); }

static Terms one(Node c, Node rate, int k) { return (Terms){true, 1, {{c, rate, k}}}; }

static Terms sum(Decomposer *d, Terms a, Terms b, bool minus) {
    a.ok = a.ok && b.ok && a.n + b.n <= MAX_TERMS;
    for (int i = 0; a.ok && i < b.n; i++) {
        a.t[a.n] = b.t[i];
        if (minus) a.t[a.n].c = dag_op(&d->net->dag, N_NEG, b.t[i].c, 0, 0);
        a.n++;
    }
    return a;
}

static Terms product(Decomposer *d, Terms a, Terms b) {
    Terms r = {.ok = a.ok && b.ok && a.n * b.n <= MAX_TERMS};
    for (int i = 0; r.ok && i < a.n; i++)
        for (int j = 0; j < b.n; j++) {
            Node x = a.t[i].rate, y = b.t[j].rate;
            r.t[r.n++] = (Term){op2(d, N_MUL, a.t[i].c, b.t[j].c), x && y ? op2(d, N_ADD, x, y) : x ? x : y, a.t[i].k + b.t[j].k};
            r.ok = r.ok && a.t[i].k + b.t[j].k <= MAX_POWER;
        }
    return r;
}

static Terms terms_of(Decomposer *d, Node x);

// exp of an affine argument p + q s
static Terms exponential(Decomposer *d, Node arg) {
    Terms a = terms_of(d, arg), bad = {0};
    Node p = 0, q = 0;
    for (int i = 0; a.ok && i < a.n; i++) {
        if (a.t[i].rate || a.t[i].k > 1) return bad;
        Node *to = a.t[i].k ? &q : &p;
        *to = *to ? op2(d, N_ADD, *to, a.t[i].c) : a.t[i].c;
    }
    return a.ok ? one(p ? dag_op(&d->net->dag, N_EXP, p, 0, 0) : num(d, 1), q, 0) : bad;
}

static Terms terms_of(Decomposer *d, Node x) {
    DagNode n = *dag_at(&d->net->dag, x);
    if (x == d->s) return one(num(d, 1), 0, 1);
    if (!net_depends(d->net, x, N_T, dag_at(&d->net->dag, d->s)->ref)) return one(x, 0, 0);
    switch ((NetOp)n.op) {
    case N_ADD: return sum(d, terms_of(d, n.a), terms_of(d, n.b), false);
    case N_SUB: return sum(d, terms_of(d, n.a), terms_of(d, n.b), true);
    case N_NEG: return sum(d, (Terms){.ok = true}, terms_of(d, n.a), true);
    case N_MUL: return product(d, terms_of(d, n.a), terms_of(d, n.b));
    case N_DIV: {
        Terms b = terms_of(d, n.b);
        if (!b.ok || b.n != 1 || b.t[0].k || b.t[0].rate) return (Terms){0};
        return product(d, terms_of(d, n.a), one(op2(d, N_DIV, num(d, 1), b.t[0].c), 0, 0));
    }
    case N_EXP: return exponential(d, n.a);
    default: return (Terms){0};
    }
}

static uint32_t chain_field(Build *b, PopBuild *p, const Expr *x, int group, int k) {
    Net *n = b->net;
    const char *name = arena_printf(b->arena, "%s.%s%d_%d", x->var->name, x->self_spikes ? "self" : x->port->name, group, k);
    uint32_t f = net_add_field(n, sym(name), OWNER_POP, p->id, ELEM_REAL, ROLE_LUMPED, DIM_NONE, NULL);
    n->fields.at[f].why = "state of a kernel";
    program_set(n, &n->pops.at[p->id].init, f, dag_const(&n->dag, 0));
    return f;
}

// The chain of one rate up to power `top`; adds its part of the convolution to `value`.
static Node chain(Build *b, PopBuild *p, const Expr *x, const Terms *t, Node rate, int top, int group, Node value) {
    static const double factorial[] = {1, 1, 2, 6};
    Dag *d = &b->net->dag;
    Node before = 0;
    for (int k = 0; k <= top; k++) {
        uint32_t f = chain_field(b, p, x, group, k);
        Node y = dag_leaf(d, N_FIELD, f), deriv = rate ? dag_op(d, N_MUL, rate, y, 0) : dag_const(d, 0);
        if (before) deriv = dag_op(d, N_ADD, before, deriv, 0);
        else vec_push(b->arena, &p->kernel_inputs, ((KernelInput){x->self_spikes ? NULL : x->port, f}));
        vec_push(b->arena, &p->flows, ((Flow){.field = f, .deriv = deriv, .name = b->net->fields.at[f].name}));
        for (int i = 0; i < t->n; i++) {
            if (t->t[i].rate != rate || t->t[i].k != k) continue;
            Node part = dag_op(d, N_MUL, dag_op(d, N_MUL, dag_const(d, factorial[k]), t->t[i].c, 0), y, 0);
            value = value ? dag_op(d, N_ADD, value, part, 0) : part;
        }
        before = y;
    }
    return value;
}

static void kernel_state(Build *b, PopBuild *p, const Expr *x) {
    if (map_node(&p->convolve, x)) return;
    Env e = pop_env(b, p);
    Decomposer d = {b->net, dag_leaf(&b->net->dag, N_T, 1)};
    lower_assign(&e, x->var->kernel_arg, d.s);
    Terms t = terms_of(&d, lower_real(&e, x->var->kernel_body));
    if (!t.ok) {
        diag(b->diags, x->span, D_NET_KERNEL, x->var->name);
        b->failed = true;
        return;
    }
    Node value = 0;
    bool done[MAX_TERMS] = {0};
    for (int i = 0, group = 0; i < t.n; i++) {
        if (done[i]) continue;
        int top = 0;
        for (int j = i; j < t.n; j++)
            if (t.t[j].rate == t.t[i].rate) { done[j] = true; if (t.t[j].k > top) top = t.t[j].k; }
        value = chain(b, p, x, &t, t.t[i].rate, top, group++, value);
    }
    map_put_node(b->arena, &p->convolve, x, value);
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
    for (uint32_t i = 0; i < body->spikes.n; i++) find_kernels(b, p, body->spikes.at[i].cond);
}
