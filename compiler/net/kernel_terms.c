// SPDX-License-Identifier: MIT
// The algebra of kernels: sums and products of terms (kernel_terms.h), as far as they stay sums of terms.
//
//   s/tau*exp(1 - s/tau)            ->   e/tau * s * exp(-1/tau * s)
//   exp(-(s - u)/a)*exp(-u/b)       ->   exp(-1/a * s + (1/a - 1/b) * u)
//   if s < u then A else B          ->   A for arrivals since the last spike, B for those before
//
// Whatever does not contain s may stand in a coefficient. What cannot be written so has no finite state; `why` says what it was.
#include "kernel_terms.h"

typedef struct Algebra { Net *net; Node s, u; } Algebra;

static Dag *D(const Algebra *a) { return &a->net->dag; }
static bool has(const Algebra *a, Node x, Node leaf) { return leaf && net_contains(a->net, x, leaf); }

static Terms *new_terms(const Algebra *a) { return ARENA_NEW(a->net->arena, Terms); }
static Terms *failed(const Algebra *a, const char *why) {
    Terms *t = new_terms(a);
    t->why = why;
    return t;
}

// ---- products of numbers and factors ----

static bool inverse_of(const Dag *d, Node x, Node y) {                    // x == 1/y ?
    double one;
    const DagNode *n = dag_at(d, x);
    return n->op == N_DIV && n->b == y && dag_is_const(d, n->a, &one) && one == 1;
}

static bool mono_put(const Algebra *a, Mono *m, Node x) {
    for (int i = 0; i < m->n; i++) {
        if (!inverse_of(D(a), m->f[i], x) && !inverse_of(D(a), x, m->f[i])) continue;
        memmove(&m->f[i], &m->f[i + 1], (size_t)(m->n - i - 1) * sizeof m->f[0]);
        m->n--;
        return true;
    }
    if (m->n == FACTOR_MAX) return false;
    int i = m->n++;
    for (; i > 0 && m->f[i - 1] > x; i--) m->f[i] = m->f[i - 1];
    m->f[i] = x;
    return true;
}

static bool mono_mul(const Algebra *a, Mono *m, const Mono *b) {
    m->num *= b->num;
    for (int i = 0; i < b->n; i++)
        if (!mono_put(a, m, b->f[i])) return false;
    return true;
}

// x (or 1/x) as a product
static bool mono_of(const Algebra *a, Node x, bool inverse, Mono *m) {
    double v;
    const DagNode n = *dag_at(D(a), x);
    if (dag_is_const(D(a), x, &v)) {
        if (inverse) m->num /= v;
        else m->num *= v;
        return true;
    }
    switch ((NetOp)n.op) {
    case N_NEG: m->num = -m->num; return mono_of(a, n.a, inverse, m);
    case N_MUL: return mono_of(a, n.a, inverse, m) && mono_of(a, n.b, inverse, m);
    case N_DIV: return mono_of(a, n.a, inverse, m) && mono_of(a, n.b, !inverse, m);
    default: return mono_put(a, m, inverse ? dag_op(D(a), N_DIV, dag_const(D(a), 1), x, 0) : x);
    }
}

static bool mono_same(const Mono *a, const Mono *b) { return a->n == b->n && !memcmp(a->f, b->f, (size_t)a->n * sizeof a->f[0]); }
static int mono_order(const Mono *a, const Mono *b) {
    if (a->n != b->n) return a->n < b->n ? -1 : 1;
    for (int i = 0; i < a->n; i++)
        if (a->f[i] != b->f[i]) return a->f[i] < b->f[i] ? -1 : 1;
    return 0;
}

Node kernel_mono(Net *n, const Mono *m) {
    Node x = 0;
    for (int i = 0; i < m->n; i++) {
        const DagNode f = *dag_at(&n->dag, m->f[i]);
        bool divides = f.op == N_DIV && inverse_of(&n->dag, m->f[i], f.b);
        if (!x) x = m->f[i];
        else x = divides ? dag_op(&n->dag, N_DIV, x, f.b, 0) : dag_op(&n->dag, N_MUL, x, m->f[i], 0);
    }
    return x ? dag_op(&n->dag, N_MUL, dag_const(&n->dag, m->num), x, 0) : dag_const(&n->dag, m->num);
}

// ---- sums ----

bool kernel_sum_add(Sum *to, const Sum *s, double sign) {
    for (int i = 0; i < s->n; i++) {
        Mono m = s->m[i];
        m.num *= sign;
        int at = 0;
        while (at < to->n && mono_order(&to->m[at], &m) < 0) at++;
        if (at < to->n && mono_same(&to->m[at], &m)) {
            to->m[at].num += m.num;
            if (to->m[at].num != 0) continue;
            memmove(&to->m[at], &to->m[at + 1], (size_t)(to->n - at - 1) * sizeof m);
            to->n--;
            continue;
        }
        if (to->n == SUM_MAX) return false;
        memmove(&to->m[at + 1], &to->m[at], (size_t)(to->n - at) * sizeof m);
        to->m[at] = m;
        to->n++;
    }
    return true;
}

bool kernel_sum_equal(const Sum *a, const Sum *b) {
    bool same = a->n == b->n;
    for (int i = 0; same && i < a->n; i++) same = a->m[i].num == b->m[i].num && mono_same(&a->m[i], &b->m[i]);
    return same;
}

Node kernel_sum(Net *n, const Sum *s) {
    Node x = 0;
    for (int i = 0; i < s->n; i++) {
        Node m = kernel_mono(n, &s->m[i]);
        x = x ? dag_op(&n->dag, N_ADD, x, m, 0) : m;
    }
    return x;
}

// ---- terms ----

static bool same_shape(const Term *a, const Term *b) {
    return a->k == b->k && a->m == b->m && a->wave == b->wave && a->part == b->part && mono_same(&a->c, &b->c) && kernel_sum_equal(&a->rate, &b->rate) &&
           kernel_sum_equal(&a->grow, &b->grow) && kernel_sum_equal(&a->freq, &b->freq);
}

static const char *too_many(void) { return "it has too many terms"; }

static void put(Terms *to, const Term *t) {
    if (t->c.num == 0) return;
    for (int i = 0; i < to->n; i++) {
        if (!same_shape(&to->t[i], t)) continue;
        to->t[i].c.num += t->c.num;
        if (to->t[i].c.num == 0) to->t[i] = to->t[--to->n];
        return;
    }
    if (to->n == TERM_MAX) to->why = too_many();
    else to->t[to->n++] = *t;
}

static Terms *single(const Algebra *a, Term t) {
    Terms *r = new_terms(a);
    put(r, &t);
    return r;
}

static Terms *coefficient(const Algebra *a, Node x, bool inverse) {
    Term t = {.c = {.num = 1}};
    return mono_of(a, x, inverse, &t.c) ? single(a, t) : failed(a, too_many());
}

static Terms *sum(const Algebra *a, const Terms *x, const Terms *y, double sign) {
    if (x->why) return failed(a, x->why);
    Terms *r = new_terms(a);
    *r = *x;
    if (y->why) r->why = y->why;
    for (int i = 0; i < y->n && !r->why; i++) {
        Term t = y->t[i];
        t.c.num *= sign;
        put(r, &t);
    }
    return r;
}

// cos p cos q = (cos(p - q) + cos(p + q))/2 and the like
static void put_waves(Terms *r, Term t, const Term *x, const Term *y) {
    if (!x->wave || !y->wave) {
        t.wave = x->wave ? x->wave : y->wave;
        t.freq = x->wave ? x->freq : y->freq;
        put(r, &t);
        return;
    }
    bool unlike = x->wave != y->wave, swap = unlike && x->wave == WAVE_COS;        // unlike: sine first
    const Sum *p = swap ? &y->freq : &x->freq, *q = swap ? &x->freq : &y->freq;
    for (int plus = 0; plus < 2; plus++) {
        Term w = t;
        w.freq = *p;
        if (!kernel_sum_add(&w.freq, q, plus ? 1 : -1)) { r->why = too_many(); return; }
        w.c.num *= !unlike && x->wave == WAVE_SIN && plus ? -0.5 : 0.5;
        w.wave = unlike ? WAVE_SIN : WAVE_COS;
        if (!w.freq.n && unlike) continue;                                          // sin 0
        if (!w.freq.n) w.wave = WAVE_NONE;
        else if (w.freq.m[0].num < 0) {
            for (int i = 0; i < w.freq.n; i++) w.freq.m[i].num = -w.freq.m[i].num;
            if (unlike) w.c.num = -w.c.num;
        }
        put(r, &w);
    }
}

static void put_product(const Algebra *a, Terms *r, const Term *x, const Term *y) {
    if (x->part && y->part && x->part != y->part) return;                           // never both
    Term t = *x;
    t.k += y->k;
    t.m += y->m;
    t.part = x->part ? x->part : y->part;
    if (!mono_mul(a, &t.c, &y->c) || !kernel_sum_add(&t.rate, &y->rate, 1) || !kernel_sum_add(&t.grow, &y->grow, 1)) { r->why = too_many(); return; }
    if (t.k > POWER_MAX || t.m > POWER_MAX) { r->why = "a power of the time is above 5"; return; }
    put_waves(r, t, x, y);
}

static Terms *product(const Algebra *a, const Terms *x, const Terms *y) {
    if (x->why || y->why) return failed(a, x->why ? x->why : y->why);
    Terms *r = new_terms(a);
    for (int i = 0; i < x->n && !r->why; i++)
        for (int j = 0; j < y->n && !r->why; j++) put_product(a, r, &x->t[i], &y->t[j]);
    return r;
}

static const Terms *terms_of(const Algebra *a, Node x);

// An argument p + q s + r u; false when it is no such thing. p may hold anything without s.
static bool linear(const Algebra *a, Node x, Sum *p, Sum *q, Sum *r) {
    const Terms *t = terms_of(a, x);
    for (int i = 0; !t->why && i < t->n; i++) {
        const Term *e = &t->t[i];
        if (e->rate.n || e->grow.n || e->wave || e->part || e->k + e->m > 1) return false;
        if (!kernel_sum_add(e->k ? q : e->m ? r : p, &(Sum){1, {e->c}}, 1)) return false;
    }
    return !t->why;
}

static Terms *exponential(const Algebra *a, Node arg) {
    Sum p = {0};
    Term t = {.c = {.num = 1}};
    if (!linear(a, arg, &p, &t.rate, &t.grow)) return NULL;
    if (p.n && !mono_put(a, &t.c, dag_op(D(a), N_EXP, kernel_sum(a->net, &p), 0, 0))) return failed(a, too_many());
    return single(a, t);
}

// sin(p + q s) = sin p cos q s + cos p sin q s
static Terms *sinusoid(const Algebra *a, Node arg, bool cosine) {
    Sum p = {0}, q = {0}, r = {0};
    if (!linear(a, arg, &p, &q, &r) || !q.n) return NULL;
    for (int i = 0; i < r.n; i++) {
        Sum ru = {1, {r.m[i]}};
        if (!mono_put(a, &ru.m[0], a->u) || !kernel_sum_add(&p, &ru, 1)) return failed(a, too_many());
    }
    Node phase = kernel_sum(a->net, &p);
    Terms *out = new_terms(a);
    double turn = q.m[0].num < 0 ? -1 : 1;
    for (int i = 0; i < q.n; i++) q.m[i].num *= turn;
    Term even = {.c = {.num = 1}, .freq = q, .wave = WAVE_COS}, odd = {.c = {.num = cosine ? -turn : turn}, .freq = q, .wave = WAVE_SIN};
    if (!phase) { put(out, cosine ? &even : &odd); return out; }
    Node c = dag_op(D(a), N_COS, phase, 0, 0), s = dag_op(D(a), N_SIN, phase, 0, 0);
    if (!mono_put(a, &even.c, cosine ? c : s) || !mono_put(a, &odd.c, cosine ? s : c)) return failed(a, too_many());
    put(out, &even);
    put(out, &odd);
    return out;
}

// s < u, s <= u, 0 <= u - s and the like: +1 for "since the last spike", -1 for "before", 0 for anything else
static int order_of(const Algebra *a, Node cond) {
    const DagNode n = *dag_at(D(a), cond);
    if (n.op == N_NOT) return -order_of(a, n.a);
    if (n.op != N_LT && n.op != N_LE) return 0;
    const Terms *t = sum(a, terms_of(a, n.b), terms_of(a, n.a), -1);                 // right - left
    double s = 0, u = 0;
    for (int i = 0; !t->why && i < t->n; i++) {
        const Term *e = &t->t[i];
        if (e->c.n || e->rate.n || e->grow.n || e->wave || e->part || e->k + e->m != 1) return 0;
        if (e->k) s = e->c.num;
        else u = e->c.num;
    }
    return t->why || s != -u || u == 0 ? 0 : u > 0 ? 1 : -1;
}

static Terms *choice(const Algebra *a, const DagNode *n) {
    int order = order_of(a, n->a);
    if (!order) return failed(a, a->u ? "it depends on a condition that is not s < u of its two times" : "it depends on a condition on its time");
    Term since = {.c = {.num = 1}, .part = order > 0 ? PART_NEW : PART_OLD}, before = {.c = {.num = 1}, .part = order > 0 ? PART_OLD : PART_NEW};
    return sum(a, product(a, terms_of(a, n->b), single(a, since)), product(a, terms_of(a, n->c), single(a, before)), 1);
}

static const char *reason(const Algebra *a, const DagNode *n) {
    switch ((NetOp)n->op) {
    case N_EXP: return "the argument of exp is not linear in the time";
    case N_SIN: case N_COS: return "the argument of a sine is not linear in the time";
    case N_DIV: return "it divides by an expression of the time";
    case N_POW: case N_SQRT: return "its power of the time is no small whole number";
    default: return arena_printf(a->net->arena, "it takes '%s' of the time", dag_op_text((NetOp)n->op));
    }
}

// The right operand, unless the left one settles it: powers are squares of squares.
static const Terms *second(const Algebra *a, const DagNode *n, const Terms *first) { return first->why || n->b == n->a ? first : terms_of(a, n->b); }

static const Terms *terms_of(const Algebra *a, Node node) {
    DagNode n = *dag_at(D(a), node);
    const Terms *x;
    Terms *r = NULL;
    if (node == a->s) return single(a, (Term){.c = {.num = 1}, .k = 1});
    if (node == a->u) return single(a, (Term){.c = {.num = 1}, .m = 1});
    bool timed = has(a, node, a->s);
    if (!timed && !has(a, node, a->u)) return coefficient(a, node, false);
    switch ((NetOp)n.op) {
    case N_ADD: x = terms_of(a, n.a); r = sum(a, x, second(a, &n, x), 1); break;
    case N_SUB: x = terms_of(a, n.a); r = sum(a, x, second(a, &n, x), -1); break;
    case N_NEG: r = sum(a, new_terms(a), terms_of(a, n.a), -1); break;
    case N_MUL: x = terms_of(a, n.a); r = product(a, x, second(a, &n, x)); break;
    case N_DIV: if (!has(a, n.b, a->s)) r = product(a, terms_of(a, n.a), coefficient(a, n.b, true)); break;
    case N_EXP: r = exponential(a, n.a); break;
    case N_SIN: r = sinusoid(a, n.a, false); break;
    case N_COS: r = sinusoid(a, n.a, true); break;
    case N_SELECT: r = choice(a, &n); break;
    default: break;
    }
    if (r && !r->why) return r;
    if (!timed) return coefficient(a, node, false);                                  // any function of u alone
    return r ? r : failed(a, reason(a, &n));
}

const Terms *kernel_terms(Net *n, Node body, Node s, Node u) {
    Algebra a = {n, s, u};
    const Terms *t = terms_of(&a, body);
    for (int i = 0; !t->why && i < t->n; i++) {
        const Sum *fixed[] = {&t->t[i].rate, &t->t[i].grow, &t->t[i].freq};
        for (int k = 0; k < 3; k++)
            if (fixed[k]->n && net_rate(n, kernel_sum(n, fixed[k])) == DYNAMIC) return failed(&a, "a rate in it changes while time runs");
    }
    return t;
}
