// SPDX-License-Identifier: MIT
// Chooses fixed-point formats. Requires a finished Net and the ranges that a calibration run saw; provides Net.fixed.
//
// Example: V was seen in -71..-49 mV. With a factor of two to spare it gets 22 fraction bits: steps of 2.4e-7 mV, clamped to +-256 mV when
// stored. V*a + b*I with uniform a, b gets its range from those of V and I, and as many fraction bits as that range leaves.
#include "fixed_pass.h"

static const double MARGIN = 2, UNKNOWN = 32768;    // of what was seen; the bound of what has none

int fixed_fraction(double bound, int bits) {
    if (!(bound > 0)) return 16;
    int e;
    frexp(bound, &e);                               // bound < 2^e
    int fraction = bits - e;
    return fraction > DEEPEST ? DEEPEST : fraction < -DEEPEST ? -DEEPEST : fraction;
}
double fixed_scale(const FixedFormat *f) { return ldexp(f->unit, f->fraction); }
int64_t fixed_least(const FixedFormat *f) { return (int64_t)fmax(ceil(f->lo * fixed_scale(f)), INT32_MIN); }
int64_t fixed_most(const FixedFormat *f) { return (int64_t)fmin(floor(f->hi * fixed_scale(f)), INT32_MAX); }
int64_t fixed_number(const FixedFormat *f, double x) {
    double v = rint(x * fixed_scale(f));
    return v >= (double)fixed_most(f) ? fixed_most(f) : v <= (double)fixed_least(f) ? fixed_least(f) : (int64_t)v;
}
static double largest(FixedRange r) { return fixed_largest(r.lo, r.hi); }

// ---- intervals ----
static FixedRange span(double a, double b) {
    if (isnan(a) || isnan(b)) return (FixedRange){-UNKNOWN, UNKNOWN};
    return (FixedRange){fmin(a, b), fmax(a, b)};
}
static FixedRange join(FixedRange a, FixedRange b) { return (FixedRange){fmin(a.lo, b.lo), fmax(a.hi, b.hi)}; }
FixedRange fixed_times(FixedRange a, FixedRange b) {
    double p[4] = {a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi};
    return span(fmin(fmin(p[0], p[1]), fmin(p[2], p[3])), fmax(fmax(p[0], p[1]), fmax(p[2], p[3])));
}
static FixedRange over(FixedRange a, FixedRange b) {
    if (b.lo <= 0 && b.hi >= 0) return (FixedRange){-UNKNOWN, UNKNOWN};
    return fixed_times(a, span(1 / b.lo, 1 / b.hi));
}
static double exp_bounded(double x) { return exp(fmin(x, 20)); }
static FixedRange array_range(const NetArray *a) {
    FixedRange r = {0, 0};
    for (uint64_t i = 0; i < a->n; i++) r = i ? join(r, span(a->data[i], a->data[i])) : span(a->data[0], a->data[0]);
    return r;
}
static FixedRange function_range(NetOp op, FixedRange a) {
    switch (op) {
    case N_EXP: return span(exp_bounded(a.lo), exp_bounded(a.hi));
    case N_EXPM1: return span(exp_bounded(a.lo) - 1, exp_bounded(a.hi) - 1);
    case N_EXPREL: return span(0, fmax(exp_bounded(a.hi), 1));                 // (e^x - 1)/x rises and is below max(1, e^x)
    case N_EXPRELINV: return span(0, 1 + fmax(0, -a.lo));                      // x/(e^x - 1) falls and is below 1 - min(x, 0)
    case N_SQRT: return span(sqrt(fmax(a.lo, 0)), sqrt(fmax(a.hi, 0)));
    case N_LOG: return a.lo > 0 ? span(log(a.lo), log(a.hi)) : span(-64, log(fmax(a.hi, 2)));
    case N_LOG1P: return a.lo > -1 ? span(log1p(a.lo), log1p(a.hi)) : span(-64, log1p(fmax(a.hi, 1)));
    case N_SIN: case N_COS: case N_TANH: return span(-1, 1);
    case N_ATAN: case N_ATAN2: return span(-4, 4);
    case N_NORMAL: case N_TRUNCNORMAL: return span(-9, 9);
    case N_UNIFORM: return span(0, 1);
    case N_EXPONENTIAL: return span(0, 45);
    case N_POISSON: case N_GAMMA: return span(0, fmax(a.hi, 0) + 10 * sqrt(fmax(a.hi, 0)) + 60);
    case N_BINOMIAL: return span(0, fmax(a.hi, 0));
    default: return span(-UNKNOWN, UNKNOWN);
    }
}

static FixedRange leaf_range(const Fixed *x, const DagNode *d) {
    switch ((NetOp)d->op) {
    case N_CONST: return span(d->num, d->num);
    case N_K: return x->seen->k[d->ref].lo <= x->seen->k[d->ref].hi ? x->seen->k[d->ref] : span(0, 0);
    case N_FIELD: case N_PRE: case N_POST: return (FixedRange){x->f->field[d->ref].lo, x->f->field[d->ref].hi};
    case N_T: return span(0, x->seen->ms);
    default: return span(0, 1 << 24);               // numbers of neurons
    }
}
static FixedRange operator_range(Fixed *x, const DagNode *d) {
    FixedRange a = d->arity > 0 ? fixed_range(x, d->a) : span(0, 0), b = d->arity > 1 ? fixed_range(x, d->b) : a, c = d->arity > 2 ? fixed_range(x, d->c) : a;
    switch ((NetOp)d->op) {
    case N_NEG: return span(-a.lo, -a.hi);
    case N_ADD: return (FixedRange){a.lo + b.lo, a.hi + b.hi};
    case N_SUB: return (FixedRange){a.lo - b.hi, a.hi - b.lo};
    case N_MUL: return d->a == d->b ? span(a.lo <= 0 && a.hi >= 0 ? 0 : fmin(a.lo * a.lo, a.hi * a.hi), largest(a) * largest(a)) : fixed_times(a, b);
    case N_FMA: {
        FixedRange p = fixed_times(a, b);
        return (FixedRange){p.lo + c.lo, p.hi + c.hi};
    }
    case N_DIV: return over(a, b);
    case N_MIN: return (FixedRange){fmin(a.lo, b.lo), fmin(a.hi, b.hi)};
    case N_MAX: return (FixedRange){fmax(a.lo, b.lo), fmax(a.hi, b.hi)};
    case N_ABS: return span(a.lo <= 0 && a.hi >= 0 ? 0 : fmin(fabs(a.lo), fabs(a.hi)), largest(a));
    case N_FLOOR: case N_CEIL: case N_ROUND: return (FixedRange){a.lo - 1, a.hi + 1};
    case N_SELECT: return join(b, c);
    case N_B2R: return span(0, 1);
    case N_LOOKUP: return d->ref & ARRAY_LOCAL ? span(-UNKNOWN, UNKNOWN) : array_range(&x->n->arrays.at[d->ref]);
    default: return function_range((NetOp)d->op, a);
    }
}
FixedRange fixed_range(Fixed *x, Node n) {
    if (x->done[n]) return x->range[n];
    const DagNode *d = dag_at(&x->n->dag, n);
    bool leaf = d->arity == 0 && !(d->op >= N_UNIFORM && d->op <= N_TRUNCNORMAL);
    FixedRange r = leaf ? leaf_range(x, d) : operator_range(x, d);
    x->done[n] = true;
    return x->range[n] = r;
}

// ---- formats of nodes ----
// Most fraction bits that a node's own range and those of its operands allow.
static int limit(Fixed *x, Node n) { return fixed_fraction(largest(fixed_range(x, n)), WORD); }
static int among(Fixed *x, Node n, const Node *kid, int kids) {
    int most = limit(x, n), finest = -DEEPEST;
    for (int i = 0; i < kids; i++) {
        if (limit(x, kid[i]) < most) most = limit(x, kid[i]);
        if (x->f->uniform[kid[i]]) continue;
        if (x->f->node[kid[i]].fraction > finest) finest = x->f->node[kid[i]].fraction;
    }
    return finest == -DEEPEST || most < finest ? most : finest;
}
static int operand_fraction(Fixed *x, Node n) { return x->f->uniform[n] ? limit(x, n) : x->f->node[n].fraction; }
// Where nothing is multiplied the terms have all there is to know.
static int sum_fraction(Fixed *x, Node n) {
    const FixedSum *s = &x->f->sum[n];
    int most = limit(x, n), finest = -DEEPEST;
    for (uint32_t i = 0; i < s->n; i++) {
        const FixedFormat *f = &x->f->node[s->term[i].x];
        if (s->term[i].c || f->unit != 1) return most;
        if (f->fraction > finest) finest = f->fraction;
    }
    return finest < most ? finest : most;
}

static int node_fraction(Fixed *x, Node n) {
    const DagNode *d = dag_at(&x->n->dag, n);
    const Node kid[3] = {d->a, d->b, d->c};
    int most = limit(x, n), product;
    if (x->f->sum[n].n) return sum_fraction(x, n);
    switch ((NetOp)d->op) {
    case N_FIELD: case N_PRE: case N_POST: return x->f->field[d->ref].fraction;
    case N_ABS: case N_FLOOR: case N_CEIL: case N_ROUND: return among(x, n, kid, 1);
    case N_MIN: case N_MAX: return among(x, n, kid, 2);
    case N_SELECT: return among(x, n, kid + 1, 2);
    case N_MUL:
        product = operand_fraction(x, d->a) + operand_fraction(x, d->b);
        return product < most ? product : most;
    case N_FMA: {
        int c = operand_fraction(x, d->c), own = limit(x, d->c);
        product = operand_fraction(x, d->a) + operand_fraction(x, d->b);
        int p = fixed_fraction(largest(fixed_times(fixed_range(x, d->a), fixed_range(x, d->b))), WORD);
        if (p < product) product = p;
        if (own < most) most = own;
        if (p < most) most = p;
        int finest = x->f->uniform[d->c] || product > c ? product : c;
        return finest < most ? finest : most;
    }
    default: return most;
    }
}
// What goes straight into a field has its format, if that leaves it room.
static bool as_field(Fixed *x, Node n, FixedFormat *f) {
    if (!x->wanted[n] || !(x->f->sum[n].n || dag_at(&x->n->dag, n)->op == N_SELECT)) return false;
    const FixedFormat *to = &x->f->field[x->wanted[n] - 1];
    if (to->unit == 1 && limit(x, n) < to->fraction) return false;
    f->fraction = to->fraction;
    f->unit = to->unit;
    return true;
}
static void visit(Fixed *x, Node n) {
    const DagNode *d = dag_at(&x->n->dag, n);
    FixedRange r = d->type == 'R' || d->op == N_SELECT ? fixed_range(x, n) : span(0, 0);
    FixedFormat *f = &x->f->node[n];
    *f = (FixedFormat){0, r.lo, r.hi, 1, 0};
    if (d->op == N_FIELD || d->op == N_PRE || d->op == N_POST) f->unit = x->f->field[d->ref].unit;
    if (x->f->uniform[n] || d->type == 'B' || d->type == 'K' || x->inner[n]) return;
    if (!as_field(x, n, f)) f->fraction = node_fraction(x, n);
    if (x->f->sum[n].n) fixed_settle(x, n);
}

// ---- formats of fields ----
static void mark(Fixed *x, const Program *p) {
    for (uint32_t i = 0; i < p->n; i++) {
        x->written[p->at[i].field] = true;
        if (p->at[i].mode == MODE_ADD) x->added[p->at[i].field] = true;
    }
}
const Program *const *fixed_programs(const Net *n, uint32_t i, const Program *out[6]) {
    if (i < n->pops.n) { out[0] = &n->pops.at[i].step; out[1] = NULL; return out; }
    const NetProj *p = &n->projs.at[i - n->pops.n];
    out[0] = &p->on_pre_syn; out[1] = &p->on_pre_src; out[2] = &p->on_post_syn; out[3] = &p->on_post_tgt; out[4] = &p->advance; out[5] = NULL;
    return out;
}
void fixed_each_program(Fixed *x, void (*fn)(Fixed *, const Program *)) {
    const Program *list[6];
    for (uint32_t i = 0; i < x->n->pops.n + x->n->projs.n; i++)
        for (const Program *const *p = fixed_programs(x->n, i, list); *p; p++) fn(x, *p);
}
// Which field a node is stored in, also by way of choices.
static void want(Fixed *x, Node n, uint32_t field) {
    if (!n || x->wanted[n] || x->f->uniform[n]) return;
    const DagNode *d = dag_at(&x->n->dag, n);
    if (d->type != 'R' && d->op != N_SELECT) return;
    x->wanted[n] = field + 1;
    if (d->op != N_SELECT) return;
    want(x, d->b, field);
    want(x, d->c, field);
}
static void want_all(Fixed *x, const Program *p) {
    for (uint32_t i = 0; i < p->n; i++)
        if (x->n->fields.at[p->at[i].field].elem == ELEM_REAL) want(x, p->at[i].value, p->at[i].field);
}
// Fields that only arrive at from outside or by sums use the whole word; those that a program stores keep a bit to spare.
static void field_format(Fixed *x, uint32_t f) {
    FixedRange seen = x->seen->field[f];
    double most = seen.lo <= seen.hi ? largest(seen) : 0;
    bool stored = x->written[f] && !x->added[f];
    int fraction = fixed_fraction(MARGIN * most, STORED);
    double bound = ldexp(1, (stored ? STORED : WORD) - fraction);
    bool negative = seen.lo < 0 || x->negative[f] || seen.lo > seen.hi || x->n->fields.at[f].role == ROLE_DRIVE;     // a firmware's inputs are its own affair
    x->f->field[f] = (FixedFormat){fraction, negative ? -bound : 0, bound, 1, 0};
}
// Sums to which something negative may be added are negative some day, whatever was seen.
static void mark_negative(Fixed *x, const Program *p) {
    for (uint32_t i = 0; i < p->n; i++)
        if (p->at[i].mode == MODE_ADD && fixed_range(x, p->at[i].value).lo < 0) x->negative[p->at[i].field] = true;
}

static void field_formats(Fixed *x) {
    fixed_each_program(x, mark);
    for (uint32_t i = 0; i < x->n->fields.n; i++) field_format(x, i);
    fixed_each_program(x, mark_negative);
    for (uint32_t i = 0; i < x->n->fields.n; i++) field_format(x, i);
    memset(x->done, 0, x->f->limit);
}

void net_fixed(Net *n, const FixedSeen *seen, bool short_products) {
    Arena *a = n->arena;
    uint32_t nf = n->fields.n + 1, nn = 6 * n->dag.at.n + 64;       // coefficients of sums make nodes
    NetFixed *f = ARENA_NEW(a, NetFixed);
    *f = (NetFixed){short_products, ARENA_ARRAY(a, FixedFormat, nf), ARENA_ARRAY(a, FixedRange, nf), ARENA_ARRAY(a, FixedFormat, nn), ARENA_ARRAY(a, bool, nn), ARENA_ARRAY(a, FixedSum, nn), nn};
    Fixed x = {n, f, seen, ARENA_ARRAY(a, bool, nf), ARENA_ARRAY(a, bool, nf), ARENA_ARRAY(a, bool, nf), ARENA_ARRAY(a, bool, nn), ARENA_ARRAY(a, bool, nn), ARENA_ARRAY(a, FixedRange, nn),
               ARENA_ARRAY(a, uint32_t, nn), ARENA_ARRAY(a, uint32_t, nn)};
    memcpy(f->seen, seen->field, n->fields.n * sizeof *f->seen);
    fixed_sums(&x);
    field_formats(&x);
    fixed_each_program(&x, want_all);
    fixed_units(&x);
    for (Node i = 1; i < n->dag.at.n; i++) visit(&x, i);
    n->fixed = f;
}
