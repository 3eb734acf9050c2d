// SPDX-License-Identifier: MIT
// Totals of a projection: sums over its sources, in the order that net.h states, for any number of lanes. With lanes, 16 sources are taken at a time and
// the 16 parts stay in registers; without, they are an array that the sources go round.
//
//   part[0..15] = 0;  for each 16 sources: part[l] += a(l);  halves added until one is left;  the other sources one by one
//
// The kernel's entry builder goes on behind the loops, where totals are values of the entry's level.
#include "kernel.h"

enum { PARTS = 16 };
typedef struct Sums { Kernel *k; const NetProj *p; Val lo, hi, whole; Val **part, *sum; unsigned pieces; } Sums;

static Val like(Val x, uint64_t v) { return LLVMConstInt(LLVMTypeOf(x), v, false); }
static Typ lane_type(Kernel *k) { return k->lanes > 1 ? LLVMVectorType(k->real, k->lanes) : k->real; }

static Val room(Kernel *k, Typ type) {
    Bld b = k->at[LEVEL_ENTRY];
    Val at = LLVMBuildAlloca(b, type, "part");
    LLVMBuildStore(b, LLVMConstNull(type), at);
    return at;
}

// Adds a source (or `lanes` of them) to what `at` holds.
static void add_to(Kernel *k, Val at, Node value) {
    Val v = node_value(k, value);
    Bld b = k->at[LEVEL_ELEMENT];
    LLVMBuildStore(b, LLVMBuildFAdd(b, LLVMBuildLoad2(b, LLVMTypeOf(v), at, ""), v, ""), at);
}

static void whole_loop(Sums *s) {
    Kernel *k = s->k;
    Bld el = k->at[LEVEL_ELEMENT];
    Loop l = emit_loop(k->g, k->at[LEVEL_ENTRY], el, k->fn, s->lo, s->whole);
    for (unsigned u = 0; u < s->pieces; u++) {
        kernel_forget(k, LEVEL_ELEMENT);
        k->pre = LLVMBuildAdd(el, l.i, like(s->lo, u * k->lanes), "");
        for (uint32_t t = 0; t < s->p->totals.n; t++) {
            Val at = s->part[t][u];
            if (k->lanes == 1) at = emit_gep(k->g, el, k->real, at, LLVMBuildAnd(el, LLVMBuildSub(el, l.i, s->lo, ""), like(s->lo, PARTS - 1), ""));
            add_to(k, at, s->p->totals.at[t]);
        }
    }
    emit_loop_close(k->g, el, &l, like(s->lo, s->pieces * k->lanes), k->at[LEVEL_ENTRY]);
}

static Val upper_half(Kernel *k, Bld b, Val v, unsigned half) {
    Val lane[PARTS];
    for (unsigned i = 0; i < half; i++) lane[i] = emit_i32(k->g, half + i);
    return LLVMBuildShuffleVector(b, v, LLVMGetPoison(LLVMTypeOf(v)), LLVMConstVector(lane, half), "");
}
static Val lower_half(Kernel *k, Bld b, Val v, unsigned half) {
    Val lane[PARTS];
    for (unsigned i = 0; i < half; i++) lane[i] = emit_i32(k->g, i);
    return LLVMBuildShuffleVector(b, v, LLVMGetPoison(LLVMTypeOf(v)), LLVMConstVector(lane, half), "");
}

static Val folded(Sums *s, uint32_t t) {
    Kernel *k = s->k;
    Bld b = k->at[LEVEL_ENTRY];
    unsigned n = PARTS / k->lanes;
    Val v[PARTS];
    for (unsigned u = 0; u < n; u++) {
        Val at = k->lanes > 1 ? s->part[t][u] : emit_gep(k->g, b, k->real, s->part[t][0], like(s->lo, u));
        v[u] = LLVMBuildLoad2(b, lane_type(k), at, "");
    }
    for (; n > 1; n /= 2)
        for (unsigned u = 0; u < n / 2; u++) v[u] = LLVMBuildFAdd(b, v[u], v[u + n / 2], "");
    for (unsigned half = k->lanes / 2; half > 1; half /= 2) v[0] = LLVMBuildFAdd(b, lower_half(k, b, v[0], half), upper_half(k, b, v[0], half), "");
    if (k->lanes == 1) return v[0];
    return LLVMBuildFAdd(b, LLVMBuildExtractElement(b, v[0], emit_i32(k->g, 0), ""), LLVMBuildExtractElement(b, v[0], emit_i32(k->g, 1), ""), "");
}

static void rest_loop(Sums *s) {
    Kernel *k = s->k;
    unsigned lanes = k->lanes;
    for (uint32_t t = 0; t < s->p->totals.n; t++) LLVMBuildStore(k->at[LEVEL_ENTRY], folded(s, t), s->sum[t]);
    kernel_forget(k, LEVEL_ELEMENT);
    k->lanes = 1;
    Loop l = emit_loop(k->g, k->at[LEVEL_ENTRY], k->at[LEVEL_ELEMENT], k->fn, s->whole, s->hi);
    k->pre = l.i;
    for (uint32_t t = 0; t < s->p->totals.n; t++) add_to(k, s->sum[t], s->p->totals.at[t]);
    emit_loop_close(k->g, k->at[LEVEL_ELEMENT], &l, like(s->lo, 1), k->at[LEVEL_ENTRY]);
    kernel_forget(k, LEVEL_ELEMENT);
    k->lanes = lanes;
}

void totals_emit(Kernel *k, const NetProj *p, unsigned lanes, Val lo, Val hi) {
    if (lanes > PARTS) lanes = PARTS;
    k->lanes = lanes;
    Sums s = {.k = k, .p = p, .lo = lo, .hi = hi, .pieces = lanes > 1 ? PARTS / lanes : 1};
    Bld b = k->at[LEVEL_ENTRY];
    s.whole = LLVMBuildAdd(b, lo, LLVMBuildAnd(b, LLVMBuildSub(b, hi, lo, ""), LLVMConstInt(LLVMTypeOf(lo), (uint64_t)-PARTS, true), ""), "whole");
    Arena *a = &k->g->arena;
    s.part = ARENA_ARRAY(a, Val *, p->totals.n);
    s.sum = ARENA_ARRAY(a, Val, p->totals.n);
    for (uint32_t t = 0; t < p->totals.n; t++) {
        s.part[t] = ARENA_ARRAY(a, Val, s.pieces);
        for (unsigned u = 0; u < s.pieces; u++) s.part[t][u] = room(k, lanes > 1 ? lane_type(k) : LLVMArrayType2(k->real, PARTS));
        s.sum[t] = room(k, k->real);
    }
    whole_loop(&s);
    rest_loop(&s);
    k->total = ARENA_ARRAY(a, Val, p->totals.n);
    for (uint32_t t = 0; t < p->totals.n; t++) k->total[t] = LLVMBuildLoad2(b, k->real, s.sum[t], "total");
}
