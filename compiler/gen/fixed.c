// SPDX-License-Identifier: MIT
// Emits fixed-point arithmetic beside sums (fixed_sum.c). Example, with V and the product at 22 fraction bits and the uniform a at 31:
//
//   V*a   ->   (i64)V * a >> 31          short products:   (V >> 16) * a' >> s, and V + V*(a - 1) where a is near 1
//
// Products and shifts to the right round downwards. exp is 2^n times a polynomial; functions that occur seldom (logarithms, sines, draws)
// are computed in single precision and rounded: exact to the format, and slow on cores without a floating-point unit.
#include "fixed.h"
#include <math.h>

enum { WORD = 31, SHORT = 15 };

static const NetFixed *formats(const Kernel *k) { return k->net->fixed; }
bool fixed_uniform(const Kernel *k, Node n) { return formats(k)->uniform[n]; }
bool fixed_real(const Kernel *k, uint32_t f) { return formats(k) && k->net->fields.at[f].elem == ELEM_REAL; }

// ---- pieces ----
static Typ like(const Val v, Typ elem) {
    Typ t = LLVMTypeOf(v);
    return LLVMGetTypeKind(t) == LLVMVectorTypeKind ? LLVMVectorType(elem, LLVMGetVectorSize(t)) : elem;
}
static Val number(const Val like_this, int64_t v) {
    Typ t = LLVMTypeOf(like_this);
    if (LLVMGetTypeKind(t) != LLVMVectorTypeKind) return LLVMConstInt(t, (unsigned long long)v, true);
    Val lane[64], one = LLVMConstInt(LLVMGetElementType(t), (unsigned long long)v, true);
    unsigned n = LLVMGetVectorSize(t);
    for (unsigned i = 0; i < n; i++) lane[i] = one;
    return LLVMConstVector(lane, n);
}
static Val least(Kernel *k, Bld b, Val x, Val y) { return emit_call_intrinsic(k->g, b, "llvm.smin", LLVMTypeOf(x), (Val[]){x, y}, 2); }
static Val most(Kernel *k, Bld b, Val x, Val y) { return emit_call_intrinsic(k->g, b, "llvm.smax", LLVMTypeOf(x), (Val[]){x, y}, 2); }
static Val clamp(Kernel *k, Bld b, Val x, int64_t lo, int64_t hi) { return most(k, b, least(k, b, x, number(x, hi)), number(x, lo)); }
static Val wide(Kernel *k, Bld b, Val x) { return LLVMBuildSExt(b, x, like(x, k->g->i64), ""); }
static Val narrow(Kernel *k, Bld b, Val x) { return LLVMBuildTrunc(b, x, like(x, k->g->i32), ""); }
static Val saturated(Kernel *k, Bld b, Val x) { return narrow(k, b, clamp(k, b, x, INT32_MIN, INT32_MAX)); }

// x * 2^-by
Val fixed_shifted(Bld b, Val x, int by) {
    int width = (int)LLVMGetIntTypeWidth(LLVMGetTypeKind(LLVMTypeOf(x)) == LLVMVectorTypeKind ? LLVMGetElementType(LLVMTypeOf(x)) : LLVMTypeOf(x));
    if (by >= width) by = width - 1;
    if (by > 0) return LLVMBuildAShr(b, x, number(x, by), "");
    return by < 0 ? LLVMBuildShl(b, x, number(x, -by < width ? -by : width - 1), "") : x;
}

static Val real_number(Val like_this, double v) {
    Typ t = LLVMTypeOf(like_this);
    if (LLVMGetTypeKind(t) != LLVMVectorTypeKind) return LLVMConstReal(t, v);
    Val lane[64];
    unsigned n = LLVMGetVectorSize(t);
    for (unsigned i = 0; i < n; i++) lane[i] = LLVMConstReal(LLVMGetElementType(t), v);
    return LLVMConstVector(lane, n);
}
Val fixed_to_real(Bld b, Val word, const FixedFormat *f, Typ real) {
    Val x = LLVMBuildSIToFP(b, word, like(word, real), "");
    return LLVMBuildFMul(b, x, real_number(x, 1 / fixed_scale(f)), "");
}
// To the nearest whole number, ties to even: adding and taking away 2^52 (2^23) leaves no bits behind the point. Helium has no instruction for it.
Val fixed_nearest(Kernel *k, Bld b, Val x) {
    bool wide_real = like(x, k->g->f64) == LLVMTypeOf(x);
    Val big = real_number(x, wide_real ? 0x1p52 : 0x1p23);
    Val size = emit_call_intrinsic(k->g, b, "llvm.fabs", LLVMTypeOf(x), &x, 1), negative = LLVMBuildFCmp(b, LLVMRealOLT, x, real_number(x, 0), "");
    Val m = LLVMBuildSelect(b, negative, LLVMBuildFNeg(b, big, ""), big, "");
    Val r = LLVMBuildFSub(b, LLVMBuildFAdd(b, x, m, ""), m, "");
    return LLVMBuildSelect(b, LLVMBuildFCmp(b, LLVMRealOLT, size, big, ""), r, x, "");
}
static Val from_scaled(Kernel *k, Bld b, Val scaled) {
    Gen *g = k->g;
    Val r = fixed_nearest(k, b, scaled);
    Typ types[2] = {like(scaled, g->i32), LLVMTypeOf(scaled)};
    unsigned id = LLVMLookupIntrinsicID("llvm.fptosi.sat", 15);
    return LLVMBuildCall2(b, LLVMIntrinsicGetType(g->ctx, id, types, 2), LLVMGetIntrinsicDeclaration(g->mod, id, types, 2), &r, 1, "");
}
Val fixed_from_real(Kernel *k, Bld b, Val x, double scale) { return from_scaled(k, b, LLVMBuildFMul(b, x, real_number(x, scale), "")); }
Val fixed_clamped(Kernel *k, Bld b, Val x, const FixedFormat *f) {
    int64_t lo = fixed_least(f), hi = fixed_most(f);
    if (hi < INT32_MAX) x = least(k, b, x, number(x, hi));
    return lo > INT32_MIN ? most(k, b, x, number(x, lo)) : x;
}

Val fixed_added(Kernel *k, Bld b, Val x, const FixedFormat *f) {
    return fixed_least(f) < 0 ? fixed_clamped(k, b, x, f) : least(k, b, x, number(x, fixed_most(f)));
}

// ---- uniform operands ----
// The uniform node, its inverse, or it less a number, times `scale` and rounded, at the entry.
typedef struct FixedConst { Node node; double scale, minus; bool inverse; Val scalar, element; } FixedConst;
struct FixedConsts { VEC(FixedConst) at; };
static FixedConst *constant(Kernel *k, Node n, double scale, double minus, bool inverse) {
    if (!k->fixed_consts) k->fixed_consts = ARENA_NEW(&k->g->arena, struct FixedConsts);
    for (uint32_t i = 0; i < k->fixed_consts->at.n; i++) {
        FixedConst *c = &k->fixed_consts->at.at[i];
        if (c->node == n && c->scale == scale && c->minus == minus && c->inverse == inverse) return c;
    }
    Bld b = k->at[LEVEL_ENTRY];
    Val x = node_own(k, n);
    if (minus != 0) x = LLVMBuildFSub(b, x, LLVMConstReal(k->g->f64, minus), "");
    if (inverse) x = LLVMBuildFDiv(b, LLVMConstReal(k->g->f64, 1), x, "");
    vec_push(&k->g->arena, &k->fixed_consts->at, ((FixedConst){n, scale, minus, inverse, fixed_from_real(k, b, x, scale), NULL}));
    return &k->fixed_consts->at.at[k->fixed_consts->at.n - 1];
}
static Val constant_at(Kernel *k, FixedConst *c, int level) {
    if (level != LEVEL_ELEMENT || k->lanes == 1) return c->scalar;
    if (!c->element) c->element = kernel_splat(k, k->at[LEVEL_ENTRY], c->scalar);
    return c->element;
}
Val fixed_operand(Kernel *k, Node n, int level) { return level == LEVEL_ELEMENT ? node_value(k, n) : node_own(k, n); }
static Val aligned_unit(Kernel *k, Bld b, Node n, int fraction, double unit, int level) {
    if (fixed_uniform(k, n)) return constant_at(k, constant(k, n, ldexp(unit, fraction), 0, false), level);
    if (formats(k)->node[n].unit != unit) fatal("a node in fixed point has another unit than its use");
    return fixed_shifted(b, fixed_operand(k, n, level), formats(k)->node[n].fraction - fraction);
}
static Val aligned(Kernel *k, Bld b, Node n, int fraction, int level) { return aligned_unit(k, b, n, fraction, 1, level); }
static Val as_real(Kernel *k, Bld b, Node n, int level) {
    if (!fixed_uniform(k, n)) return fixed_to_real(b, fixed_operand(k, n, level), &formats(k)->node[n], k->g->f32);
    Val x = LLVMBuildFPTrunc(k->at[LEVEL_ENTRY], node_own(k, n), k->g->f32, "");
    return level == LEVEL_ELEMENT ? kernel_splat(k, k->at[LEVEL_ENTRY], x) : x;
}

// ---- products ----
static double largest(const FixedFormat *f) { return fmax(fabs(f->lo), fabs(f->hi)); }
// The format in which a node takes part in a product or quotient: its own, or for a uniform one all that its range leaves.
static FixedFormat format_of(const Kernel *k, Node n) {
    FixedFormat f = formats(k)->node[n];
    if (fixed_uniform(k, n)) f.fraction = fixed_fraction(largest(&f), WORD);
    return f;
}
static int bits_of(const FixedFormat *f, int fraction) {         // |value| < 2^bits as a whole number
    int e;
    frexp(largest(f), &e);
    return e + fraction < 0 ? 0 : e + fraction;
}
Val fixed_high(Kernel *k, Bld b, Val x, Val y, int shift, bool positive) {
    if (!positive) return narrow(k, b, fixed_shifted(b, LLVMBuildMul(b, wide(k, b, x), wide(k, b, y), ""), shift));
    Typ wider = like(x, k->g->i64);
    Val p = LLVMBuildMul(b, LLVMBuildZExt(b, x, wider, ""), LLVMBuildZExt(b, y, wider, ""), "");
    return narrow(k, b, LLVMBuildLShr(b, p, number(p, shift), ""));
}
static Val long_product(Kernel *k, Bld b, Val x, Val y, int shift) { return fixed_high(k, b, x, y, shift, false); }
// Both factors cut to 16 bits.
static Val short_product(Bld b, Val x, int x_bits, Val y, int y_bits, int shift) {
    int cut_x = x_bits > SHORT ? x_bits - SHORT : 0, cut_y = y_bits > SHORT ? y_bits - SHORT : 0;
    Val p = LLVMBuildMul(b, fixed_shifted(b, x, cut_x), fixed_shifted(b, y, cut_y), "");
    return fixed_shifted(b, p, shift - cut_x - cut_y);
}
// x times a uniform factor with the format `c`, at `fraction`.
static Val scaled(Kernel *k, Bld b, Node n, Node factor, FixedFormat c, double minus, bool inverse, int fraction, int level) {
    FixedFormat own = format_of(k, n), *f = &own;
    bool brief = formats(k)->short_products;
    int fc = fixed_fraction(largest(&c), brief ? SHORT : WORD), word = 32 + fraction - f->fraction;
    if (!brief && word < fc) fc = word;              // the product's high half is the result
    if (f->fraction + fc < fraction) fc = fraction - f->fraction;
    Val y = constant_at(k, constant(k, factor, ldexp(1, fc), minus, inverse), level), x = aligned(k, b, n, f->fraction, level);
    int shift = f->fraction + fc - fraction;
    return brief ? short_product(b, x, bits_of(f, f->fraction), y, bits_of(&c, fc), shift) : long_product(k, b, x, y, shift);
}
// A factor near 1 would lose its distance from 1 in 16 bits.
static bool near_one(const FixedFormat *c) { return c->lo > 0.75 && c->hi < 1.25; }
static Val product(Kernel *k, Bld b, Node x, Node y, int fraction, int level) {
    const NetFixed *f = formats(k);
    if (f->uniform[x]) { Node t = x; x = y; y = t; }
    if (!f->uniform[y]) {
        int shift = f->node[x].fraction + f->node[y].fraction - fraction;
        Val u = fixed_operand(k, x, level), v = fixed_operand(k, y, level);
        if (!f->short_products) return long_product(k, b, u, v, shift);
        return short_product(b, u, bits_of(&f->node[x], f->node[x].fraction), v, bits_of(&f->node[y], f->node[y].fraction), shift);
    }
    FixedFormat c = f->node[y];
    if (!f->short_products || !near_one(&c)) return scaled(k, b, x, y, c, 0, false, fraction, level);
    FixedFormat rest = {0, c.lo - 1, c.hi - 1, 1, 0};
    return LLVMBuildAdd(b, aligned(k, b, x, fraction, level), scaled(k, b, x, y, rest, 1, false, fraction, level), "");
}
static Val quotient(Kernel *k, Bld b, Node x, Node y, int fraction, int level) {
    const NetFixed *f = formats(k);
    if (f->uniform[y] && !f->uniform[x] && (f->node[y].lo > 0 || f->node[y].hi < 0))
        return scaled(k, b, x, y, (FixedFormat){0, fmin(1 / f->node[y].lo, 1 / f->node[y].hi), fmax(1 / f->node[y].lo, 1 / f->node[y].hi), 1, 0}, 0, true, fraction, level);
    int fx = format_of(k, x).fraction, fy = format_of(k, y).fraction;
    Val u = wide(k, b, aligned(k, b, x, fx, level)), v = wide(k, b, aligned(k, b, y, fy, level));
    int up = fraction + fy - fx;                     // below 32, or the quotient would not need `fraction`
    u = up > 31 ? fixed_shifted(b, u, -31) : fixed_shifted(b, u, -up);
    Val zero = LLVMBuildICmp(b, LLVMIntEQ, v, number(v, 0), ""), q = LLVMBuildSDiv(b, u, LLVMBuildSelect(b, zero, number(v, 1), v, ""), "");
    return saturated(k, b, up > 31 ? fixed_shifted(b, q, 31 - up) : q);
}

// ---- exp ----
// x log2 e = n + r; 2^r by a polynomial in 30 fraction bits (Chebyshev interpolation of degree 5: relative error 1.1e-7), shifted by n.
static Val exponential(Kernel *k, Bld b, Node x, int fraction, int level) {
    static const int64_t coefficient[] = {1073741712, 744269106, 257849188, 59982743, 9605925, 2034856};
    enum { Q = 26, ONE = 30 };
    int fx = formats(k)->node[x].fraction;
    Val t = wide(k, b, fixed_operand(k, x, level));
    t = LLVMBuildMul(b, t, number(t, llround(1.4426950408889634074 * (1 << ONE))), "");
    t = fixed_shifted(b, t, fx + ONE - Q);
    t = clamp(k, b, t, -((int64_t)64 << Q), (((int64_t)ONE - fraction) << Q) + ((1 << Q) - 1));
    Val n = narrow(k, b, fixed_shifted(b, t, Q)), r = fixed_shifted(b, LLVMBuildAnd(b, t, number(t, (1 << Q) - 1), ""), Q - ONE), p = number(t, coefficient[5]);
    for (int i = 4; i >= 0; i--) p = LLVMBuildAdd(b, fixed_shifted(b, LLVMBuildMul(b, p, r, ""), ONE), number(t, coefficient[i]), "");
    Val down = LLVMBuildSub(b, number(n, ONE - fraction), n, "");
    return LLVMBuildAShr(b, narrow(k, b, p), clamp(k, b, down, 0, 31), "");
}

// ---- ticks and comparisons ----
static Val compared(Kernel *k, Bld b, const DagNode *d, LLVMIntPredicate p, int level) {
    const NetFixed *f = formats(k);
    int fraction = f->uniform[d->a] ? f->node[d->b].fraction : f->uniform[d->b] ? f->node[d->a].fraction : f->node[d->a].fraction < f->node[d->b].fraction ? f->node[d->a].fraction : f->node[d->b].fraction;
    return LLVMBuildICmp(b, p, aligned(k, b, d->a, fraction, level), aligned(k, b, d->b, fraction, level), "");
}
static Val tick_of(Kernel *k, Bld b, Node n, int level) {        // to nearest, halves upwards
    int fraction = formats(k)->node[n].fraction;
    Val x = fixed_operand(k, n, level);
    if (fraction <= 0) return fixed_shifted(b, x, fraction);
    x = wide(k, b, x);
    return narrow(k, b, fixed_shifted(b, LLVMBuildAdd(b, x, number(x, (int64_t)1 << (fraction - 1)), ""), fraction));
}
static Val real_of_tick(Kernel *k, Bld b, Val tick, const FixedFormat *f) {
    Val x = clamp(k, b, wide(k, b, tick), -((int64_t)1 << 31), ((int64_t)1 << 31) - 1);
    return saturated(k, b, fixed_shifted(b, x, -f->fraction));
}
static Val whole(Kernel *k, Bld b, NetOp op, Val x, int fraction) {          // floor, ceil, round (halves away from 0, as N_ROUND says)
    if (fraction <= 0) return x;
    if (fraction > WORD) return number(x, 0);
    Val w = wide(k, b, x), half = number(w, (int64_t)1 << (fraction - 1)), last = number(w, ((int64_t)1 << fraction) - 1);
    if (op == N_CEIL) w = LLVMBuildAdd(b, w, last, "");
    if (op == N_ROUND) w = LLVMBuildAdd(b, LLVMBuildAdd(b, w, half, ""), fixed_shifted(b, w, 63), "");
    return saturated(k, b, LLVMBuildAnd(b, w, LLVMBuildNot(b, last, ""), ""));
}

// ---- operators ----
static Val leaf(Kernel *k, Bld b, const DagNode *d, const FixedFormat *f, int level) {
    if (d->op == N_FIELD || d->op == N_PRE || d->op == N_POST || d->op == N_TICKFIELD) return kernel_load(k, d->op == N_TICKFIELD ? N_FIELD : (NetOp)d->op, d->ref, level);
    Val index = node_index(k, b, d, level);          // number of a neuron, i32
    return fixed_shifted(b, index, -f->fraction);
}
// Everything else by way of single precision.
static Val by_real(Kernel *k, Bld b, Node n, const FixedFormat *f, int level) {
    const DagNode *d = dag_at(&k->net->dag, n);
    Val a[3];
    const Node kid[3] = {d->a, d->b, d->c};
    for (int i = 0; i < d->arity; i++) a[i] = as_real(k, b, kid[i], level);
    return fixed_from_real(k, b, node_operator(k, b, n, a, level), fixed_scale(f));
}
static Val real_operator(Kernel *k, Bld b, Node n, const FixedFormat *f, int level) {
    const DagNode *d = dag_at(&k->net->dag, n);
    int q = f->fraction;
    if (formats(k)->sum[n].n) return fixed_sum(k, b, n, level);
    switch ((NetOp)d->op) {
    case N_MUL: return product(k, b, d->a, d->b, q, level);
    case N_FMA: return LLVMBuildAdd(b, product(k, b, d->a, d->b, q, level), aligned(k, b, d->c, q, level), "");
    case N_DIV: return quotient(k, b, d->a, d->b, q, level);
    case N_MIN: return least(k, b, aligned(k, b, d->a, q, level), aligned(k, b, d->b, q, level));
    case N_MAX: return most(k, b, aligned(k, b, d->a, q, level), aligned(k, b, d->b, q, level));
    case N_ABS: {
        Val x = aligned(k, b, d->a, q, level);
        return most(k, b, x, LLVMBuildNeg(b, x, ""));
    }
    case N_FLOOR: case N_CEIL: case N_ROUND: return whole(k, b, (NetOp)d->op, aligned(k, b, d->a, q, level), q);
    case N_EXP: return exponential(k, b, d->a, q, level);
    case N_SELECT: return LLVMBuildSelect(b, fixed_operand(k, d->a, level), aligned_unit(k, b, d->b, q, f->unit, level), aligned_unit(k, b, d->c, q, f->unit, level), "");
    case N_B2R: {
        Val x = fixed_operand(k, d->a, level);
        return fixed_shifted(b, LLVMBuildZExt(b, x, like(x, k->g->i32), ""), -q);
    }
    case N_TICK_REAL: return real_of_tick(k, b, fixed_operand(k, d->a, level), f);
    default: return by_real(k, b, n, f, level);
    }
}

Val fixed_emit(Kernel *k, Bld b, Node n, int level) {
    const DagNode *d = dag_at(&k->net->dag, n);
    const FixedFormat *f = &formats(k)->node[n];
    bool is_leaf = d->arity == 0 && !(d->op >= N_UNIFORM && d->op <= N_TRUNCNORMAL);
    if (is_leaf) return leaf(k, b, d, f, level);
    if (d->type == 'R') return real_operator(k, b, n, f, level);
    Val a[3];
    const Node kid[3] = {d->a, d->b, d->c};
    switch ((NetOp)d->op) {
    case N_TICK: return tick_of(k, b, d->a, level);
    case N_LT: return compared(k, b, d, LLVMIntSLT, level);
    case N_LE: return compared(k, b, d, LLVMIntSLE, level);
    case N_EQ: return compared(k, b, d, LLVMIntEQ, level);
    case N_NE: return compared(k, b, d, LLVMIntNE, level);
    default:                                         // ticks and truths are whole numbers in any precision
        for (int i = 0; i < d->arity; i++) a[i] = fixed_operand(k, kid[i], level);
        return node_operator(k, b, n, a, level);
    }
}

Val fixed_stored(Kernel *k, Node n, uint32_t field) {
    const FixedFormat *to = &formats(k)->field[field], *from = &formats(k)->node[n];
    Bld b = k->at[LEVEL_ELEMENT];
    if (fixed_uniform(k, n)) return aligned_unit(k, b, n, to->fraction, to->unit, LEVEL_ELEMENT);
    if (from->unit != to->unit) fatal("a field in fixed point has another unit than what is stored in it");
    int up = to->fraction - from->fraction;
    int64_t lo = fixed_least(to), hi = fixed_most(to);
    Val x = node_value(k, n);
    bool fits = from->lo >= to->lo && from->hi * fixed_scale(to) <= (double)hi;
    if (up <= 0) {
        x = fixed_shifted(b, x, -up);
        return fits ? x : clamp(k, b, x, lo, hi);
    }
    return fits ? fixed_shifted(b, x, -up) : fixed_shifted(b, clamp(k, b, x, lo >> up, hi >> up), -up);
}
