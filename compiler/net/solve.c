// SPDX-License-Identifier: MIT
// From derivatives to one step. The method of every state follows from the form of its equation:
//
//   exact         the largest set of states whose equations are affine in the set with constant coefficients, all else in them being
//                 held over the step: x <- P x + Q b, with [P Q] = expm of the augmented matrix, computed at set-up
//   exp. Euler    affine in the state itself, coefficients that move (gates, conductances) frozen at the start of the step:
//                 x <- x + f dt exprel(a dt)
//   Runge-Kutta   anything else: the classic fourth order, jointly for all such states; exact states enter with their exact value at
//                 the stage's time, frozen ones with their value at the start
//
//   before   V' = (g - (V - E))/20    g' = -g/5          (COBA: V' = (g (0 - V) - (V + 60))/20)
//   after    V <- P00 V + P01 g + Q0 (E/20)   g <- P11 g
//
// White noise adds s sqrt(dt exprel(2 a dt)) N(0,1) where the state decays with a (the exact variance of a linear state), s sqrt(dt) else.
// Requires: derivatives over own FIELD leaves. Provides: next values. Limits: at most 60 states and noise sources an entity.
#include "build.h"
#include "memo.h"

enum { MAX_STATES = 60 };

typedef struct Lin { bool ok; Node c[MAX_STATES]; Node b; } Lin;      // sum c[i]*x[i] + b; 0 = absent
typedef struct Solver {
    SolveCtx *x; Net *net; Dag *dag;
    uint32_t n, nn;                       // states; states and noise leaves
    Node leaf[MAX_STATES], start[MAX_STATES];
    Memo deps, lin; uint64_t mask; uint32_t limit;
    int group[MAX_STATES];                // Method chosen
    Lin *form[MAX_STATES];
    Node half[MAX_STATES];                // exact states in the middle of the step (Runge-Kutta only)
    bool need_half;
} Solver;

static Node op2(Solver *s, NetOp op, Node a, Node b) { return dag_op(s->dag, op, a, b, 0); }
static Node add(Solver *s, Node a, Node b) { return !a ? b : !b ? a : op2(s, N_ADD, a, b); }
static Node mul(Solver *s, Node a, Node b) { return !a || !b ? 0 : op2(s, N_MUL, a, b); }
static Node neg(Solver *s, Node a) { return a ? dag_op(s->dag, N_NEG, a, 0, 0) : 0; }
static Node zero(Solver *s) { return dag_const(s->dag, 0); }
static Node dt(Solver *s) { return dag_leaf(s->dag, N_K, 0); }

static void noise_leaves(Solver *s, Node x, const Memo *seen) {
    if (!x || !memo_first(seen, x)) return;
    const DagNode *d = dag_at(s->dag, x);
    if (d->op == N_NORMAL && s->nn < MAX_STATES) s->leaf[s->nn++] = x;
    Node kids[3] = {d->a, d->b, d->c};
    for (int i = 0; i < d->arity; i++) noise_leaves(s, kids[i], seen);
}

static uint64_t deps_of(Solver *s, Node x) {
    if (!x || x >= s->limit) return 0;
    if (*memo_at(&s->deps, x)) return ~*memo_at(&s->deps, x);
    const DagNode *d = dag_at(s->dag, x);
    uint64_t m = 0;
    for (uint32_t i = 0; i < s->nn; i++)
        if (s->leaf[i] == x) m = 1ull << i;
    Node kids[3] = {d->a, d->b, d->c};
    for (int i = 0; i < d->arity; i++) m |= deps_of(s, kids[i]);
    *memo_at(&s->deps, x) = ~m;                  // 0 is: not known yet
    return m;
}

static Lin *lin_of(Solver *s, Node x);

static Lin *lin_new(Solver *s, bool ok) {
    Lin *l = ARENA_NEW(s->net->arena, Lin);
    l->ok = ok;
    return l;
}

static Lin *lin_scale(Solver *s, Lin *a, Node f, NetOp op) {
    Lin *l = lin_new(s, a->ok);
    for (uint32_t i = 0; i < s->nn; i++) l->c[i] = a->c[i] ? op2(s, op, a->c[i], f) : 0;
    l->b = a->b ? op2(s, op, a->b, f) : 0;
    return l;
}

static Lin *lin_sum(Solver *s, Lin *a, Lin *b, bool minus) {
    Lin *l = lin_new(s, a->ok && b->ok);
    for (uint32_t i = 0; i < s->nn; i++) l->c[i] = add(s, a->c[i], minus ? neg(s, b->c[i]) : b->c[i]);
    l->b = add(s, a->b, minus ? neg(s, b->b) : b->b);
    return l;
}

static Lin *lin_select(Solver *s, Node cond, Lin *a, Lin *b) {
    Lin *l = lin_new(s, a->ok && b->ok);
    for (uint32_t i = 0; i < s->nn; i++)
        if (a->c[i] || b->c[i]) l->c[i] = dag_op(s->dag, N_SELECT, cond, a->c[i] ? a->c[i] : zero(s), b->c[i] ? b->c[i] : zero(s));
    if (a->b || b->b) l->b = dag_op(s->dag, N_SELECT, cond, a->b ? a->b : zero(s), b->b ? b->b : zero(s));
    return l;
}

static bool free_of(Solver *s, Node x) { return !(deps_of(s, x) & s->mask); }

static Lin *lin_make(Solver *s, Node x) {
    DagNode d = *dag_at(s->dag, x);
    Lin *l;
    if (free_of(s, x)) { l = lin_new(s, true); l->b = x; return l; }
    for (uint32_t i = 0; i < s->nn; i++)
        if (s->leaf[i] == x) { l = lin_new(s, true); l->c[i] = dag_const(s->dag, 1); return l; }
    switch ((NetOp)d.op) {
    case N_ADD: return lin_sum(s, lin_of(s, d.a), lin_of(s, d.b), false);
    case N_SUB: return lin_sum(s, lin_of(s, d.a), lin_of(s, d.b), true);
    case N_NEG: return lin_sum(s, lin_new(s, true), lin_of(s, d.a), true);
    case N_MUL:
        if (free_of(s, d.b)) return lin_scale(s, lin_of(s, d.a), d.b, N_MUL);
        if (free_of(s, d.a)) return lin_scale(s, lin_of(s, d.b), d.a, N_MUL);
        break;
    case N_DIV:
        if (free_of(s, d.b)) return lin_scale(s, lin_of(s, d.a), d.b, N_DIV);
        break;
    case N_SELECT:
        if (free_of(s, d.a)) return lin_select(s, d.a, lin_of(s, d.b), lin_of(s, d.c));
        break;
    default: break;
    }
    return lin_new(s, false);
}

static Lin *lin_of(Solver *s, Node x) {
    if (x >= s->limit) return lin_make(s, x);
    uint64_t *kept = memo_at(&s->lin, x);
    if (!*kept) *kept = (uint64_t)(uintptr_t)lin_make(s, x);
    return (Lin *)(uintptr_t)*kept;
}

static Lin *lin_in(Solver *s, Node x, uint64_t mask) {
    s->mask = mask;
    s->lin = memo_new(s->net->arena, s->limit);
    return lin_of(s, x);
}

static uint64_t noise_mask(const Solver *s) { return ((1ull << s->nn) - 1) & ~((1ull << s->n) - 1); }
static uint64_t state_mask(const Solver *s) { return (1ull << s->n) - 1; }

static bool static_form(Solver *s, const Lin *l, uint32_t self) {
    if (!l->ok) return false;
    for (uint32_t i = 0; i < s->n; i++) {
        Rate r = net_rate(s->net, l->c[i]);
        if (r == DYNAMIC || (r == STATIC_ENTITY && !s->x->allow_propagator_per_entity)) return false;
    }
    (void)self;
    return true;
}

// The largest self-contained set of affine states with constant coefficients, by removal.
static uint64_t exact_set(Solver *s) {
    uint64_t set = 0, noise = noise_mask(s);
    for (uint32_t i = 0; i < s->n; i++)
        if (s->x->flows->at[i].wanted == SOLVE_AUTO || s->x->flows->at[i].wanted == SOLVE_EXACT) set |= 1ull << i;
    for (bool again = true; again;) {
        again = false;
        for (uint32_t i = 0; i < s->n; i++) {
            if (!(set >> i & 1)) continue;
            Lin *l = lin_in(s, s->x->flows->at[i].deriv, set | noise);
            bool good = static_form(s, l, i) && !(deps_of(s, s->x->flows->at[i].deriv) & state_mask(s) & ~set);
            s->form[i] = l;
            if (!good) { set &= ~(1ull << i); again = true; }
        }
    }
    return set;
}

static void choose(Solver *s, uint64_t exact) {
    for (uint32_t i = 0; i < s->n; i++) {
        const Flow *f = &s->x->flows->at[i];
        SolveInfo *info = &s->x->info[i];
        *info = (SolveInfo){.var = f->var, .name = f->name};
        if (exact >> i & 1) {
            s->group[i] = SOLVE_EXACT;
            info->reason = "affine with constant coefficients";
        } else {
            Lin *l = lin_in(s, f->deriv, 1ull << i | noise_mask(s));
            s->form[i] = l;
            bool asked = f->wanted != SOLVE_AUTO && f->wanted != SOLVE_EXACT;
            s->group[i] = asked && !(f->wanted == SOLVE_EXPEULER && !l->ok) ? (int)f->wanted : l->ok ? SOLVE_EXPEULER : SOLVE_RK4;
            info->reason = asked ? "asked for by `solve`" : l->ok ? (l->c[i] ? "affine in itself; its coefficients move and are frozen over the step" : "its slope does not depend on it; frozen over the step")
                                                                  : "not affine in itself";
        }
        info->method = (Method)s->group[i];
    }
}

static Node at_start(Solver *s, Node x) { return x ? net_subst(s->net, x, s->leaf, s->start, s->n) : 0; }

// Independent parts of the exact set: states that touch each other through their coefficients.
static void components(Solver *s, uint64_t set, int *part) {
    for (uint32_t i = 0; i < s->n; i++) part[i] = set >> i & 1 ? (int)i : -1;
    for (bool again = true; again;) {
        again = false;
        for (uint32_t i = 0; i < s->n; i++)
            for (uint32_t j = 0; j < s->n; j++) {
                if (part[i] < 0 || part[j] < 0 || !s->form[i]->c[j] || part[i] == part[j]) continue;
                int lo = part[i] < part[j] ? part[i] : part[j];
                part[i] = part[j] = lo;
                again = true;
            }
    }
}

// Propagator of one part. `frozen`: states whose row is zero (held). Entry (i, j) of the result as a node; column m+i: response to a constant slope at i.
typedef struct Part { uint32_t m; uint32_t of[MAX_STATES]; Node *p; } Part;

static Node propagator_entry(Solver *s, Propagator *p, uint32_t at, bool per_entity, const char *label) {
    if (per_entity) {
        uint32_t f = net_add_field(s->net, sym(label), s->x->owner, s->x->owner_index, ELEM_REAL, ROLE_DERIVED, DIM_NONE, NULL);
        p->out[at] = f + 1;
        return dag_leaf(s->dag, N_FIELD, f);
    }
    vec_push(s->net->arena, &s->net->k, ((KDef){0, 0}));
    p->out[at] = s->net->k.n;
    return dag_leaf(s->dag, N_K, s->net->k.n - 1);
}

static void reach(bool *r, uint32_t n) {
    for (uint32_t k = 0; k < n; k++)
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = 0; j < n; j++) r[i * n + j] |= r[i * n + k] && r[k * n + j];
}

static void part_propagator(Solver *s, Part *part, uint64_t frozen, Node step) {
    uint32_t m = part->m, n = 2 * m;
    Net *net = s->net;
    Propagator p = {.n = n, .a = ARENA_ARRAY(net->arena, Node, n * n), .out = ARENA_ARRAY(net->arena, uint32_t, n * n), .dt = step};
    bool *r = ARENA_ARRAY(net->arena, bool, n * n);
    for (uint32_t i = 0; i < m; i++) {
        r[i * n + i] = r[(m + i) * n + m + i] = true;
        if (frozen >> part->of[i] & 1) continue;
        const Lin *l = s->form[part->of[i]];
        for (uint32_t j = 0; j < m; j++) {
            Node c = l->c[part->of[j]];
            if (!c) continue;
            if (net_rate(net, c) == STATIC_ENTITY) p.per_entity = true;
            p.a[i * n + j] = c;
            r[i * n + j] = true;
        }
        if (l->b) { p.a[i * n + m + i] = dag_const(s->dag, 1); r[i * n + m + i] = true; }
    }
    reach(r, n);
    if (!p.per_entity)
        for (uint32_t i = 0; i < n * n; i++) p.a[i] = p.a[i] ? net_k(net, p.a[i]) : 0;
    part->p = ARENA_ARRAY(net->arena, Node, n * n);
    for (uint32_t i = 0; i < m; i++)
        for (uint32_t j = 0; j < n; j++) {
            bool unit = i == j && (frozen >> part->of[i] & 1);
            if (unit) part->p[i * n + j] = dag_const(s->dag, 1);
            else if (r[i * n + j]) part->p[i * n + j] = propagator_entry(s, &p, i * n + j, p.per_entity, "propagator");
        }
    if (p.per_entity) { vec_push(net->arena, s->x->entity_propagators, p); return; }
    vec_push(net->arena, &net->propagators, p);
    vec_push(net->arena, &net->setup, ((SetupStep){true, net->propagators.n - 1}));
}

// Row i of the part applied to the start values: fma chain from the constant slope upwards.
static Node part_row(Solver *s, const Part *part, uint32_t i) {
    uint32_t m = part->m, n = 2 * m;
    Node sum = 0;
    for (uint32_t j = m; j < n; j++)
        if (part->p[i * n + j] && s->form[part->of[j - m]]->b) sum = add(s, sum, mul(s, part->p[i * n + j], at_start(s, s->form[part->of[j - m]]->b)));
    for (uint32_t j = m; j-- > 0;) {
        Node p = part->p[i * n + j], x = s->start[part->of[j]];
        if (!p) continue;
        sum = sum ? dag_op(s->dag, N_FMA, p, x, sum) : op2(s, N_MUL, p, x);
    }
    return sum ? sum : s->start[part->of[i]];
}

static void solve_part(Solver *s, Part *part, uint64_t held) {
    part_propagator(s, part, 0, dt(s));
    Part still = {.m = part->m};
    memcpy(still.of, part->of, sizeof still.of);
    uint64_t frozen = 0;
    for (uint32_t i = 0; i < part->m; i++) frozen |= held & 1ull << part->of[i];
    bool second = false;       // other states of the part see a held one: they need the second propagator
    for (uint32_t i = 0; i < part->m; i++)
        for (uint32_t j = 0; j < part->m; j++)
            second |= !(frozen >> part->of[i] & 1) && (frozen >> part->of[j] & 1) && part->p[i * 2 * part->m + j];
    if (second) part_propagator(s, &still, frozen, dt(s));
    Node hold = 0;
    for (uint32_t i = 0; i < part->m; i++)
        if (frozen >> part->of[i] & 1) hold = s->x->held[part->of[i]];
    for (uint32_t i = 0; i < part->m; i++) {
        uint32_t v = part->of[i];
        Node free_value = part_row(s, part, i);
        if (frozen >> v & 1) s->x->next[v] = dag_op(s->dag, N_SELECT, s->x->held[v], s->start[v], free_value);
        else s->x->next[v] = second ? dag_op(s->dag, N_SELECT, hold, part_row(s, &still, i), free_value) : free_value;
    }
    if (!s->need_half) return;
    Part half = {.m = part->m};
    memcpy(half.of, part->of, sizeof half.of);
    part_propagator(s, &half, 0, net_k(s->net, op2(s, N_MUL, dag_const(s->dag, 0.5), dt(s))));
    for (uint32_t i = 0; i < part->m; i++) s->half[part->of[i]] = part_row(s, &half, i);
}

static void solve_exact(Solver *s, uint64_t exact, uint64_t held) {
    int part_of[MAX_STATES];
    components(s, exact, part_of);
    for (uint32_t root = 0; root < s->n; root++) {
        Part part = {0};
        for (uint32_t i = 0; i < s->n; i++)
            if (part_of[i] == (int)root) part.of[part.m++] = i;
        if (part.m) solve_part(s, &part, held);
    }
}

static Node without_noise(Solver *s, Node x) {
    Node zeros[MAX_STATES];
    for (uint32_t i = s->n; i < s->nn; i++) zeros[i] = zero(s);
    return net_subst(s->net, x, s->leaf + s->n, zeros + s->n, s->nn - s->n);
}

// Inside a slope, division by a constant becomes multiplication by its reciprocal and constants of a product are gathered, so that a
// step costs no division that set-up could do:   ((g - V)/tau)*h   ->   (g - V)*(1/tau*h)
static Node scale(Solver *s, Node x, Node c) {
    DagNode d = *dag_at(s->dag, x);
    if (d.op == N_MUL && net_rate(s->net, d.b) != DYNAMIC) return op2(s, N_MUL, d.a, op2(s, N_MUL, d.b, c));
    if (d.op == N_MUL && net_rate(s->net, d.a) != DYNAMIC) return op2(s, N_MUL, d.b, op2(s, N_MUL, d.a, c));
    if (d.op == N_NEG) return dag_op(s->dag, N_NEG, scale(s, d.a, c), 0, 0);
    return op2(s, N_MUL, x, c);
}

static void solve_expeuler(Solver *s, uint32_t i) {
    Node f = at_start(s, without_noise(s, s->x->flows->at[i].deriv)), a = at_start(s, s->form[i]->c[i]);
    Node h = f ? scale(s, f, dt(s)) : 0;
    if (!h) { s->x->next[i] = s->start[i]; return; }
    Node gain = a ? dag_op(s->dag, N_EXPREL, scale(s, a, dt(s)), 0, 0) : 0;
    s->x->next[i] = gain ? dag_op(s->dag, N_FMA, h, gain, s->start[i]) : op2(s, N_ADD, s->start[i], h);
}

// Slopes of all explicit states with the given values of all states.
static void slopes(Solver *s, const Node *value, Node *k) {
    for (uint32_t i = 0; i < s->n; i++) {
        k[i] = 0;
        if (s->group[i] < SOLVE_EULER) continue;
        k[i] = net_subst(s->net, without_noise(s, s->x->flows->at[i].deriv), s->leaf, value, s->n);
        if (s->x->held[i]) k[i] = dag_op(s->dag, N_SELECT, s->x->held[i], zero(s), k[i]);
    }
}

// Values of all states at a stage: exact ones by their own solution, explicit ones of this method along their slope, the rest at start.
static void stage(Solver *s, Method m, const Node *k, Node weight, bool middle, Node *value) {
    for (uint32_t i = 0; i < s->n; i++) {
        value[i] = s->start[i];
        if (s->group[i] == SOLVE_EXACT) value[i] = middle ? s->half[i] : s->x->next[i];
        else if (s->group[i] == (int)m) value[i] = dag_op(s->dag, N_FMA, weight, k[i], s->start[i]);
    }
}

static void solve_explicit(Solver *s, Method m) {
    Node k1[MAX_STATES], k2[MAX_STATES], k3[MAX_STATES], k4[MAX_STATES], value[MAX_STATES];
    Node h = dt(s), half = net_k(s->net, op2(s, N_MUL, dag_const(s->dag, 0.5), h)), sixth = net_k(s->net, op2(s, N_DIV, h, dag_const(s->dag, 6)));
    bool any = false;
    for (uint32_t i = 0; i < s->n; i++) any |= s->group[i] == (int)m;
    if (!any) return;
    slopes(s, s->start, k1);
    if (m != SOLVE_EULER) { stage(s, m, k1, half, true, value); slopes(s, value, k2); }
    if (m == SOLVE_RK4) {
        stage(s, m, k2, half, true, value);
        slopes(s, value, k3);
        stage(s, m, k3, h, false, value);
        slopes(s, value, k4);
    }
    for (uint32_t i = 0; i < s->n; i++) {
        if (s->group[i] != (int)m) continue;
        if (m == SOLVE_EULER) s->x->next[i] = dag_op(s->dag, N_FMA, h, k1[i], s->start[i]);
        else if (m == SOLVE_RK2) s->x->next[i] = dag_op(s->dag, N_FMA, h, k2[i], s->start[i]);
        else {
            Node mid = op2(s, N_ADD, k2[i], k3[i]), ends = op2(s, N_ADD, k1[i], k4[i]);
            Node sum = dag_op(s->dag, N_FMA, dag_const(s->dag, 2), mid, ends);
            s->x->next[i] = dag_op(s->dag, N_FMA, sixth, sum, s->start[i]);
        }
    }
}

static void add_noise(Solver *s, uint32_t i) {
    const Lin *all = lin_in(s, s->x->flows->at[i].deriv, noise_mask(s));
    Node a = s->group[i] == SOLVE_EXACT || s->group[i] == SOLVE_EXPEULER ? at_start(s, s->form[i]->c[i]) : 0;
    Node var = dt(s);
    if (a) var = op2(s, N_MUL, var, dag_op(s->dag, N_EXPREL, op2(s, N_MUL, op2(s, N_MUL, dag_const(s->dag, 2), a), dt(s)), 0, 0));
    Node root = dag_op(s->dag, N_SQRT, var, 0, 0);
    for (uint32_t j = s->n; all->ok && j < s->nn; j++) {
        if (!all->c[j]) continue;
        Node kick = op2(s, N_MUL, op2(s, N_MUL, at_start(s, all->c[j]), root), s->leaf[j]);
        if (s->x->held[i]) kick = dag_op(s->dag, N_SELECT, s->x->held[i], zero(s), kick);
        s->x->next[i] = op2(s, N_ADD, s->x->next[i], kick);
    }
}

static Node reciprocal_walk(Solver *s, Node x, const Memo *memo, uint32_t limit) {
    if (!x || x >= limit) return x;
    if (memo_node(memo, x)) return memo_node(memo, x);
    DagNode d = *dag_at(s->dag, x);
    if (!d.arity || net_rate(s->net, x) != DYNAMIC) return memo_keep(memo, x, x);
    Node a = reciprocal_walk(s, d.a, memo, limit), b = reciprocal_walk(s, d.b, memo, limit), c = reciprocal_walk(s, d.c, memo, limit);
    bool divides = d.op == N_DIV && net_rate(s->net, d.b) != DYNAMIC;
    return memo_keep(memo, x, divides ? scale(s, a, op2(s, N_DIV, dag_const(s->dag, 1), b)) : dag_with(s->dag, x, a, b, c));
}

static void reciprocals(SolveCtx *x) {
    Solver s = {.net = x->net, .dag = &x->net->dag};
    for (uint32_t i = 0; i < x->flows->n; i++) x->flows->at[i].deriv = net_desingular(x->net, x->flows->at[i].deriv);
    uint32_t limit = s.dag->at.n;
    Memo memo = memo_new(x->net->arena, limit);
    for (uint32_t i = 0; i < x->flows->n; i++) x->flows->at[i].deriv = reciprocal_walk(&s, x->flows->at[i].deriv, &memo, limit);
}

static void solver_init(Solver *s, SolveCtx *x) {
    s->x = x;
    s->net = x->net;
    s->dag = &x->net->dag;
    s->n = s->nn = x->flows->n;
    if (s->n >= MAX_STATES) fatal("net: more than %d states in one neuron", MAX_STATES);
    Memo seen = memo_new(s->net->arena, s->dag->at.n);
    for (uint32_t i = 0; i < s->n; i++) {
        s->leaf[i] = dag_leaf(s->dag, N_FIELD, x->flows->at[i].field);
        s->start[i] = x->start[i];
    }
    for (uint32_t i = 0; i < s->n; i++) noise_leaves(s, x->flows->at[i].deriv, &seen);
    s->limit = s->dag->at.n;
    s->deps = memo_new(s->net->arena, s->limit);
}

void solve_flows(SolveCtx *x) {
    Solver *s = &(Solver){0};
    reciprocals(x);
    solver_init(s, x);
    uint64_t exact = exact_set(s), held = 0;
    choose(s, exact);
    for (uint32_t i = 0; i < s->n; i++) {
        if (x->held[i]) held |= 1ull << i;
        s->need_half |= s->group[i] == SOLVE_RK2 || s->group[i] == SOLVE_RK4;
    }
    for (uint32_t i = 0; i < s->n; i++)      // forms were taken during removal: the final set's
        if (exact >> i & 1) s->form[i] = lin_in(s, x->flows->at[i].deriv, exact | noise_mask(s));
    solve_exact(s, exact, held);
    for (uint32_t i = 0; i < s->n; i++) {
        if (s->group[i] != SOLVE_EXPEULER) continue;
        solve_expeuler(s, i);
        if (x->held[i]) x->next[i] = dag_op(s->dag, N_SELECT, x->held[i], s->start[i], x->next[i]);
    }
    for (int m = SOLVE_EULER; m <= SOLVE_RK4; m++) solve_explicit(s, (Method)m);
    for (uint32_t i = 0; i < s->n; i++) add_noise(s, i);
}

bool solve_affine(Net *net, const Node *leaf, uint32_t n, Node x, Node *c, Node *b) {
    Solver *s = &(Solver){.net = net, .dag = &net->dag, .n = n, .nn = n, .limit = net->dag.at.n};
    memcpy(s->leaf, leaf, n * sizeof *leaf);
    s->deps = memo_new(net->arena, s->limit);
    const Lin *l = lin_in(s, x, state_mask(s));
    memcpy(c, l->c, n * sizeof *c);
    *b = l->b;
    return l->ok;
}
