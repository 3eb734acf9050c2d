// SPDX-License-Identifier: MIT
// Emits the sums of net/fixed_sums.c. Their partial sums may leave the word: only the end counts, and that fits.
//
//   long    V + hi(V*A) + (J + U + D >> k)           short    V + ((V >> 15)*A + J + U + D >> 7)
//
// Where a sum has a constant, what rounding downwards takes away on average is given back through it, at no cost.
#include "fixed.h"
#include <math.h>

typedef struct Group { int shift; Val sum; double lost; } Group;        // lost: on average, before the shift
typedef struct Sum { Kernel *k; Bld b; Node n; int level; const FixedSum *s; Group *at; uint32_t used; } Sum;

static Group *group(Sum *s, int shift) {
    for (uint32_t i = 0; i < s->used; i++)
        if (s->at[i].shift == shift) return &s->at[i];
    s->at[s->used] = (Group){.shift = shift, .lost = shift > 0 ? ldexp(0.5, shift) : 0};
    return &s->at[s->used++];
}
static void add(Sum *s, Group *g, Val v, bool minus) {
    if (minus) g->sum = g->sum ? LLVMBuildSub(s->b, g->sum, v, "") : LLVMBuildNeg(s->b, v, "");
    else g->sum = g->sum ? LLVMBuildAdd(s->b, g->sum, v, "") : v;
}

// A uniform number in double precision, rounded to a word; as an unsigned one when it is a factor of unsigned numbers.
static Val rounded(Sum *s, Val x, bool positive) {
    Gen *g = s->k->g;
    Bld b = s->k->at[LEVEL_ENTRY];
    Val v = fixed_nearest(s->k, b, x);
    if (positive) {                                  // a coefficient that changed may have left what was seen
        Val most = LLVMConstReal(g->f64, 4294967295.0), none = LLVMConstReal(g->f64, 0);
        v = LLVMBuildSelect(b, LLVMBuildFCmp(b, LLVMRealOLT, v, most, ""), v, most, "");
        v = LLVMBuildSelect(b, LLVMBuildFCmp(b, LLVMRealOGT, v, none, ""), v, none, "");
    }
    v = positive ? LLVMBuildTrunc(b, LLVMBuildFPToSI(b, v, g->i64, ""), g->i32, "") : fixed_from_real(s->k, b, v, 1);
    return s->level == LEVEL_ELEMENT && s->k->lanes > 1 ? kernel_splat(s->k, b, v) : v;
}
static Val real(Sum *s, double v) { return LLVMConstReal(s->k->g->f64, v); }

static const FixedFormat *format(const Sum *s, Node n) {
    const DagNode *d = dag_at(&s->k->net->dag, n);
    const NetFixed *f = s->k->net->fixed;
    return d->op == N_FIELD || d->op == N_PRE || d->op == N_POST ? &f->field[d->ref] : &f->node[n];
}

static void product(Sum *s, const FixedTerm *t, Val x) {
    const NetFixed *f = s->k->net->fixed;
    Bld entry = s->k->at[LEVEL_ENTRY];
    double ratio = fixed_scale(&f->node[s->n]) / fixed_scale(format(s, t->x));
    Val c = t->c ? LLVMBuildFMul(entry, node_own(s->k, t->c), real(s, ratio), "") : real(s, ratio);
    if (t->sign) c = LLVMBuildFSub(entry, c, real(s, t->sign), "");
    Val factor = rounded(s, LLVMBuildFMul(entry, c, real(s, ldexp(1, t->cut + t->shift)), ""), t->positive);
    if (!f->short_products) {
        Group *g = group(s, 0);
        g->lost += 0.5;
        add(s, g, fixed_high(s->k, s->b, x, factor, t->shift, t->positive), false);
        return;
    }
    Val p = LLVMBuildMul(s->b, fixed_shifted(s->b, x, t->cut), factor, "");
    if (t->shift > 0 && !t->alone) { add(s, group(s, t->shift), p, false); return; }
    add(s, group(s, 0), fixed_shifted(s->b, p, t->shift), false);
}

static void itself(Sum *s, const FixedTerm *t, Val x) {
    bool together = t->lift > 0 && !t->alone;
    Group *g = group(s, together ? t->lift : 0);
    g->lost -= t->sign * ldexp(format(s, t->x)->excess, together ? 0 : -t->lift);
    add(s, g, together ? x : fixed_shifted(s->b, x, t->lift), t->sign < 0);
}

static void constant(Sum *s) {
    Bld entry = s->k->at[LEVEL_ENTRY];
    Group *g = group(s, s->s->rest_shift);
    double scale = ldexp(fixed_scale(&s->k->net->fixed->node[s->n]), g->shift), lost = 0;
    for (uint32_t i = 0; i < s->used; i++) lost += ldexp(s->at[i].lost, g->shift - s->at[i].shift);
    Val v = LLVMBuildFMul(entry, node_own(s->k, s->s->rest), real(s, scale), "");
    add(s, g, rounded(s, LLVMBuildFAdd(entry, v, real(s, lost), ""), false), false);
}

Val fixed_sum(Kernel *k, Bld b, Node n, int level) {
    Sum s = {k, b, n, level, &k->net->fixed->sum[n], NULL, 0};
    s.at = ARENA_ARRAY(&k->g->arena, Group, 2 * s.s->n + 2);
    for (uint32_t i = 0; i < s.s->n; i++) {
        const FixedTerm *t = &s.s->term[i];
        Val x = fixed_operand(k, t->x, level);
        if (t->product) product(&s, t, x);
        if (t->sign) itself(&s, t, x);
    }
    if (s.s->rest) constant(&s);
    Val sum = NULL;
    for (uint32_t i = 0; i < s.used; i++) {
        Val part = fixed_shifted(b, s.at[i].sum, s.at[i].shift);
        sum = sum ? LLVMBuildAdd(b, sum, part, "") : part;
    }
    return sum;
}
