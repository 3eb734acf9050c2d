// SPDX-License-Identifier: MIT
// Sums in fixed point. Sums, differences, products with what is uniform and fused ones that only one other of them uses become one list
// of terms with uniform coefficients, so that what is rounded, shifted and clamped is the sum and not each step on the way:
//
//   fma(a, V, fma(b, I, d))    ->    V*a + I*b + d    ->    V + hi(V*A) + hi(I*B) + D        A = (a - 1)*2^32
//
// hi is the upper half of a 64-bit product. With short products  V + ((V >> 15)*A + (I >> 12)*B + D >> 7).
#include "fixed_pass.h"

enum { NEIGHBOURS = 3, PRODUCT = 30, BALANCED = 15, FINE = 17 };        // bits that a coefficient may lose so that products share one shift; bits of short products

static bool uniform_leaf(const DagNode *d) { return d->op == N_CONST || d->op == N_K || d->op == N_T || d->op == N_STEP || d->op == N_BTRUE; }

static void find_uniform(Fixed *x, Node from, Node to) {
    for (Node n = from; n < to; n++) {
        const DagNode *d = dag_at(&x->n->dag, n);
        const Node kid[3] = {d->a, d->b, d->c};
        bool uniform = d->arity == 0 ? uniform_leaf(d) : d->op < N_UNIFORM;
        for (int i = 0; i < d->arity; i++) uniform = uniform && x->f->uniform[kid[i]];
        x->f->uniform[n] = uniform;
    }
}

static void count(Fixed *x, Node n) {
    if (!n || x->uses[n]++) return;
    const DagNode *d = dag_at(&x->n->dag, n);
    count(x, d->a);
    count(x, d->b);
    count(x, d->c);
}
static void count_program(Fixed *x, const Program *p) {
    for (uint32_t i = 0; i < p->n; i++) count(x, p->at[i].value);
}

static bool linear(Fixed *x, Node n) {
    const DagNode *d = dag_at(&x->n->dag, n);
    const bool *u = x->f->uniform;
    if (!n || u[n]) return false;
    switch ((NetOp)d->op) {
    case N_NEG: case N_ADD: case N_SUB: return true;
    case N_MUL: case N_FMA: return u[d->a] || u[d->b];
    case N_DIV: return u[d->b] && (fixed_range(x, d->b).lo > 0 || fixed_range(x, d->b).hi < 0);
    default: return false;
    }
}

// ---- collecting ----
// A coefficient of 0 stands for 1.
static Node scaled(Fixed *x, Node c, Node by) { return !c ? by : !by ? c : dag_op(&x->n->dag, N_MUL, c, by, 0); }
static Node negated(Fixed *x, Node c) { return c ? dag_op(&x->n->dag, N_NEG, c, 0, 0) : dag_const(&x->n->dag, -1); }
static Node plus(Fixed *x, Node a, Node b) { return dag_op(&x->n->dag, N_ADD, a ? a : dag_const(&x->n->dag, 1), b ? b : dag_const(&x->n->dag, 1), 0); }

static void term(Fixed *x, FixedSum *s, Node n, Node c) {
    for (uint32_t i = 0; i < s->n; i++)
        if (s->term[i].x == n) { s->term[i].c = plus(x, s->term[i].c, c); return; }
    FixedTerm *more = ARENA_ARRAY(x->n->arena, FixedTerm, s->n + 1);
    if (s->n) memcpy(more, s->term, s->n * sizeof *more);
    more[s->n] = (FixedTerm){.x = n, .c = c};
    s->term = more;
    s->n++;
}

static void collect(Fixed *x, FixedSum *s, Node n, Node c, bool head) {
    const bool *u = x->f->uniform;
    const DagNode d = *dag_at(&x->n->dag, n);        // the DAG grows
    if (u[n]) {
        Node v = scaled(x, c, n);
        s->rest = s->rest ? dag_op(&x->n->dag, N_ADD, s->rest, v, 0) : v;
        return;
    }
    if (!head && (x->uses[n] > 1 || !linear(x, n))) { term(x, s, n, c); return; }
    x->inner[n] = !head;
    Node part = d.op == N_MUL || d.op == N_FMA ? (u[d.a] ? d.b : d.a) : d.a, factor = part == d.a ? d.b : d.a;
    switch ((NetOp)d.op) {
    case N_NEG: collect(x, s, d.a, negated(x, c), false); return;
    case N_ADD: collect(x, s, d.a, c, false); collect(x, s, d.b, c, false); return;
    case N_SUB: collect(x, s, d.a, c, false); collect(x, s, d.b, negated(x, c), false); return;
    case N_DIV: collect(x, s, d.a, c ? dag_op(&x->n->dag, N_DIV, c, d.b, 0) : dag_op(&x->n->dag, N_DIV, dag_const(&x->n->dag, 1), d.b, 0), false); return;
    default:
        collect(x, s, part, scaled(x, c, factor), false);
        if (d.op == N_FMA) collect(x, s, d.c, c, false);
    }
}

void fixed_sums(Fixed *x) {
    uint32_t limit = x->n->dag.at.n;
    find_uniform(x, 1, limit);
    fixed_each_program(x, count_program);
    for (uint32_t i = 0; i < x->n->pops.n; i++)
        for (uint32_t k = 0; k < x->n->pops.at[i].spikes.n; k++) count(x, x->n->pops.at[i].spikes.at[k].cond);
    for (Node n = limit; n-- > 1;) {                 // users stand behind what they use
        if (!x->uses[n] || x->inner[n] || !linear(x, n)) continue;
        FixedSum *s = &x->f->sum[n];
        uint32_t from = x->n->dag.at.n;
        collect(x, s, n, 0, true);
        if (x->n->dag.at.n > x->f->limit) fatal("a sum in fixed point has more coefficients than expected");
        find_uniform(x, from, x->n->dag.at.n);
    }
}

// ---- numbers ----
static const FixedFormat *format(const Fixed *x, Node n) {
    const DagNode *d = dag_at(&x->n->dag, n);
    return d->op == N_FIELD || d->op == N_PRE || d->op == N_POST ? &x->f->field[d->ref] : &x->f->node[n];
}
static int exponent(double v) {                      // |v| < 2^e
    int e;
    frexp(v, &e);
    return e;
}
static FixedRange coefficient(Fixed *x, const FixedTerm *t, double scale) {
    double by = scale / fixed_scale(format(x, t->x));
    if (!t->c) return (FixedRange){by, by};
    FixedRange c = fixed_range(x, t->c);
    return (FixedRange){c.lo * by, c.hi * by};
}
static bool power_of_two(FixedRange c, int *e) {
    double size = fabs(c.lo);
    if (!(size > 0) || !isfinite(c.lo) || c.lo * c.hi <= 0) return false;
    *e = (int)lrint(log2(size));
    return *e > -WORD && *e < WORD && fabs(ldexp(size, -*e) - 1) < 0x1p-30 && fabs(ldexp(fabs(c.hi), -*e) - 1) < 0x1p-30;
}

// Long: the upper half of the product where the coefficient leaves room for it. Short: both factors are cut, so that the product fits a
// word. What x loses on average is given back through the sum's constant; where there is none x keeps more bits and the coefficient less.
static void product(FixedTerm *t, double size, double most, int x_bits) {
    int e = exponent(size), bits = most > 1 ? (int)ceil(log2(most)) : 0;
    t->product = true;
    t->cut = x_bits && bits > x_bits ? bits - x_bits : 0;
    t->shift = (x_bits ? PRODUCT - x_bits : WORD) - e - t->cut;
    int furthest = x_bits ? SHORT : 32;
    if (t->shift > furthest) t->shift = furthest;
}
static void settle_term(Fixed *x, const FixedSum *s, FixedTerm *t, double scale) {
    FixedRange c = coefficient(x, t, scale);
    const FixedFormat *f = format(x, t->x);
    bool brief = x->f->short_products;
    int e;
    double near = brief ? 0.25 : 0.5;
    t->sign = t->lift = t->cut = t->shift = 0;
    t->product = t->alone = t->positive = false;
    if (power_of_two(c, &e)) {
        t->sign = c.lo < 0 ? -1 : 1;
        t->lift = -e;
        return;
    }
    if (!brief && f->lo >= 0 && c.lo > 0.25 && c.hi < 1 - 0x1p-31) {
        t->product = t->positive = true;
        t->shift = 32;
        return;
    }
    if (c.lo > 1 - near && c.hi < 1 + near) t->sign = 1;
    if (c.hi < near - 1 && c.lo > -1 - near) t->sign = -1;
    product(t, fixed_largest(c.lo - t->sign, c.hi - t->sign), fixed_largest(f->lo, f->hi) * fixed_scale(f), !brief ? 0 : s->rest ? BALANCED : FINE);
}

// Products of 16-bit factors whose shifts are close share the smallest.
static void share_shifts(FixedSum *s) {
    for (;;) {
        int least = INT32_MAX;
        for (uint32_t i = 0; i < s->n; i++)
            if (s->term[i].product && !s->term[i].alone && s->term[i].shift < least) least = s->term[i].shift;
        if (least == INT32_MAX) break;
        for (uint32_t i = 0; i < s->n; i++)
            if (s->term[i].product && s->term[i].shift <= least + NEIGHBOURS) { s->term[i].shift = s->term[i].shift < least ? s->term[i].shift : least; s->term[i].alone = true; }
    }
    for (uint32_t i = 0; i < s->n; i++) s->term[i].alone = false;
    for (uint32_t i = 0; i < s->n; i++)              // and that of what is only shifted
        for (uint32_t k = 0; k < s->n; k++) {
            int lift = s->term[i].sign ? s->term[i].lift : 0, more = s->term[k].shift - lift;
            if (lift > 0 && s->term[k].product && more > 0 && more <= NEIGHBOURS) s->term[k].shift = lift;
        }
}

// Largest |sum| of what is shifted alike by `shift`, before it is.
static double together(Fixed *x, const FixedSum *s, double scale, int shift) {
    double sum = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        const FixedTerm *t = &s->term[i];
        const FixedFormat *f = format(x, t->x);
        FixedRange c = coefficient(x, t, scale);
        double size = fixed_largest(f->lo, f->hi) * fixed_scale(f);
        if (t->sign && t->lift > 0 && t->lift == shift) sum += size;
        if (t->product && x->f->short_products && t->shift == shift) sum += ldexp(size * fixed_largest(c.lo - t->sign, c.hi - t->sign), shift);
    }
    return sum;
}
static bool summed(const Fixed *x, const FixedTerm *t, int shift) {
    return (t->sign && t->lift > 0 && t->lift == shift) || (t->product && x->f->short_products && t->shift == shift);
}
static void settle_groups(Fixed *x, FixedSum *s, double scale) {
    const double room = 0x1p31 - 0x1p16;             // products lose less than that in being cut
    if (x->f->short_products) share_shifts(s);
    s->rest_shift = 0;
    for (uint32_t i = 0; i < s->n; i++)
        for (int way = 0; way < 2; way++) {
            FixedTerm *t = &s->term[i];
            int shift = way ? t->shift : t->lift;
            if (shift <= 0 || !summed(x, t, shift)) continue;
            double sum = together(x, s, scale, shift), rest = s->rest ? ldexp(scale * fixed_largest(fixed_range(x, s->rest).lo, fixed_range(x, s->rest).hi), shift) : 0;
            if (sum >= room)
                for (uint32_t k = 0; k < s->n; k++) s->term[k].alone |= summed(x, &s->term[k], shift);
            else if (s->rest && sum + rest < room && shift > s->rest_shift) s->rest_shift = shift;
        }
}

static double scale_of(const Fixed *x, Node n) { return fixed_scale(&x->f->node[n]); }
void fixed_settle(Fixed *x, Node n) {
    FixedSum *s = &x->f->sum[n];
    for (uint32_t i = 0; i < s->n; i++) settle_term(x, s, &s->term[i], scale_of(x, n));
    settle_groups(x, s, scale_of(x, n));
    // What is cut from x makes x*(c - 1) too small, so that x decays towards that and not towards 0.

    for (uint32_t i = 0; i < s->n && !s->rest && x->wanted[n]; i++) {
        const DagNode *d = dag_at(&x->n->dag, s->term[i].x);
        const FixedTerm *t = &s->term[i];
        if (d->op == N_FIELD && d->ref == x->wanted[n] - 1 && t->product && t->sign > 0 && t->cut) x->f->field[d->ref].excess = ldexp(0.5, t->cut);
    }
}

int fixed_product_shift(Fixed *x, Node n, double scale) {
    int least = -1;
    for (uint32_t i = 0; i < x->f->sum[n].n; i++) {
        FixedTerm t = x->f->sum[n].term[i];
        if (dag_at(&x->n->dag, t.x)->op != N_FIELD || x->wanted[n] != dag_at(&x->n->dag, t.x)->ref + 1) continue;
        settle_term(x, &x->f->sum[n], &t, scale);
        if (t.product && t.shift > 0 && (least < 0 || t.shift < least)) least = t.shift;
    }
    return least;
}
