// SPDX-License-Identifier: MIT
// Connections without tables: rows that runtime/embedded/rows.c works out at a spike. Convolutions and pools always are, where their weights belong to
// places in the kernel; pairwise_bernoulli and fixed_outdegree where the network says `procedural`. Their weights are drawn at the
// spike too, by a function of source and target that computes what construction computes. What does not fit is a table.
//
//   begin(walk, rule, source);  while ((target = next(walk, rule)) != END) ...
#include "embed_internal.h"
#include "core/connect/draw.h"
#include "embedded/rows.h"
#include "fixed.h"
#include "net/fixed.h"
#include <math.h>
#include <stdlib.h>

static const char *const kind_name[] = {[ROWS_GAP] = "gap", [ROWS_PICK] = "pick", [ROWS_GRID] = "grid"};
enum { MOST_TARGETS = 1 << 20 };          // rows.c: beyond, a sum of two doubles might round to a whole number
static const double LEAST_PROBABILITY = 1e-9;

// ---- which projections ----

static double argument(const Embed *e, const NetProj *p, uint32_t i, double otherwise) { return i < p->nargs ? e->image->K[p->arg_slot[i]] : otherwise; }

static RowsKind kind_of(const Embed *e, const NetProj *p, const EmbedProj *q) {
    bool plain = e->opt.rows && p->layout == CONN_SPARSE && !p->pair_prob && q->nclass == 1 && q->nsyn && p->uniform_delay && !p->advance.n && !p->on_post_syn.n;
    if (!plain) return ROWS_TABLE;
    switch (p->rule) {
    case RULE_conv2d: case RULE_pool2d: return ROWS_GRID;
    case RULE_fixed_outdegree: return p->drawn ? ROWS_PICK : ROWS_TABLE;
    case RULE_pairwise_bernoulli: return p->drawn && p->tgt_hi - p->tgt_lo < MOST_TARGETS && argument(e, p, 0, 0) >= LEAST_PROBABILITY ? ROWS_GAP : ROWS_TABLE;
    default: return ROWS_TABLE;
    }
}

static bool alike(const uint32_t *v, uint32_t n) {
    for (uint32_t i = 1; i < n; i++)
        if (v[i] != v[0]) return false;
    return true;
}

static SnnGridRule grid_rule(const Embed *e, const NetProj *p) {
    const NetPop *s = &e->net->pops.at[p->src], *t = &e->net->pops.at[p->tgt];
    bool conv = p->rule == RULE_conv2d;
    double kernel = argument(e, p, 0, 1);
    return (SnnGridRule){s->shape[s->rank - 2], s->shape[s->rank - 1], t->rank == 3 ? t->shape[0] : 1, t->shape[t->rank - 2], t->shape[t->rank - 1], (uint32_t)kernel,
                         (uint32_t)argument(e, p, 1, conv ? 1 : kernel), conv ? (uint32_t)argument(e, p, 2, 0) : 0, conv, conv && s->rank == 3 ? s->shape[0] : 1};
}
static uint32_t grid_elements(const SnnGridRule *r) { return r->planes * r->source_planes * r->kernel * r->kernel; }

// The value of each place in the kernel; false: synapses of one place differ.
static bool grid_values(Embed *e, const NetProj *p, const EmbedProj *q, const SnnGridRule *r, const uint32_t *v, uint32_t *out) {
    bool *known = ARENA_ARRAY(&e->g->arena, bool, grid_elements(r) + 1), same = true;
    memset(out, 0, grid_elements(r) * sizeof *out);
    for (uint32_t i = p->src_lo; i < p->src_hi && same; i++) {
        SnnGridWalk w;
        snn_grid_begin(&w, r, i);
        for (uint32_t at = q->row[i - p->src_lo]; at < q->row[i - p->src_lo + 1] && same; at++) {
            same = snn_grid_next(&w, r) == q->col[at] && (!known[w.element] || out[w.element] == v[at]);
            out[w.element] = v[at];
            known[w.element] = true;
        }
    }
    return same;
}

// Made of parameters, draws, arrays and indices alone?
static bool computable(const Embed *e, Node n, bool draws) {
    const DagNode *d = dag_at(&e->net->dag, n);
    if (!n) return true;
    if (d->op == N_FIELD || d->op == N_PRE || d->op == N_POST || d->op == N_TICKFIELD || d->op == N_T || d->op == N_STEP || d->op == N_GAMMA || d->op == N_BINOMIAL) return false;
    if (d->op >= N_UNIFORM && !draws) return false;
    return computable(e, d->a, draws) && computable(e, d->b, draws) && computable(e, d->c, draws);
}
static Node init_of(const NetProj *p, uint32_t f) {
    Node n = 0;
    for (uint32_t i = 0; i < p->init.n; i++)
        if (p->init.at[i].field == f) n = p->init.at[i].mode == MODE_SET && !n ? p->init.at[i].value : 0;
    return n;
}

// Several synapses of one pair (`copies`) have numbers of their own, which draws depend on: those of a walk are not known.
static bool drawable(const Embed *e, const NetProj *p, uint32_t f, bool copies) { return init_of(p, f) && computable(e, init_of(p, f), !copies); }

bool rows_could_draw(const Embed *e, uint32_t i) {
    const NetProj *p = &e->net->projs.at[i];
    bool rule = p->rule == RULE_fixed_outdegree || p->rule == RULE_pairwise_bernoulli;
    for (uint32_t k = 0; k < p->fields.n; k++) {
        uint32_t f = p->fields.at[k];
        if (!alike(plan_values(e, f), e->image->proj[i].nsyn) && !drawable(e, p, f, p->rule == RULE_fixed_outdegree && p->allow_multiple)) return false;
    }
    return e->opt.rows && rule && !p->drawn && !p->pair_prob && e->image->proj[i].nclass == 1 && p->uniform_delay && !p->advance.n && !p->on_post_syn.n && net_travels(e->net, p);
}

static bool field_fits(Embed *e, const NetProj *p, const EmbedProj *q, RowsKind kind, uint32_t f, bool written) {
    const uint32_t *v = plan_values(e, f);
    if (!e->field[f].live || (!written && alike(v, q->nsyn))) return true;
    if (written || e->image->field[f].acted || e->net->fields.at[f].elem == ELEM_TICK) return false;
    if (kind == ROWS_GRID && !p->drawn) {
        SnnGridRule r = grid_rule(e, p);
        return grid_values(e, p, q, &r, v, ARENA_ARRAY(&e->g->arena, uint32_t, grid_elements(&r) + 1));
    }
    return drawable(e, p, f, kind == ROWS_PICK && p->allow_multiple);
}

static Val words(Embed *e, const uint32_t *v, unsigned n) {
    Val c[16];
    for (unsigned i = 0; i < n; i++) c[i] = emit_i32(e->g, v[i]);
    return LLVMConstArray2(e->g->i32, c, n);
}
// The constant that rows.h calls a rule.
static Val rule_of(Embed *e, const NetProj *p, RowsKind kind, uint32_t *walk_bytes) {
    uint32_t seed[2] = {(uint32_t)e->image->seed, (uint32_t)(e->image->seed >> 32)}, targets = p->tgt_hi - p->tgt_lo, without_self = !p->allow_self && p->src == p->tgt;
    if (kind == ROWS_GRID) {
        SnnGridRule r = grid_rule(e, p);
        *walk_bytes = sizeof(SnnGridWalk);
        return data_global(e, words(e, &r.y, sizeof r / 4), "rule");
    }
    if (kind == ROWS_PICK) {
        uint32_t v[] = {seed[0], seed[1], p->stream, targets, p->tgt_lo, without_self, (uint32_t)argument(e, p, 0, 0), p->allow_multiple};
        *walk_bytes = sizeof(SnnPickWalk) + (p->allow_multiple ? 0 : (targets + 31) / 32 * 4);
        return data_global(e, words(e, v, sizeof v / 4), "rule");
    }
    SnnGapRule r = {.scale = 1 / snn__log1p_f64_plain(-argument(e, p, 0, 0))};
    snn_gap_rule(&r);
    uint32_t v[] = {seed[0], seed[1], p->stream, targets, p->tgt_lo, without_self, r.inverse, r.shift};
    Val member[] = {LLVMConstReal(e->g->f64, r.scale), words(e, v, sizeof v / 4)};
    *walk_bytes = sizeof(SnnGapWalk);
    Val global = data_global(e, LLVMConstStructInContext(e->g->ctx, member, 2, false), "rule");
    LLVMSetAlignment(global, 8);
    return global;
}

void rows_plan(Embed *e, uint32_t i, const bool *written) {
    const NetProj *p = &e->net->projs.at[i];
    const EmbedProj *q = &e->image->proj[i];
    RowsKind kind = kind_of(e, p, q);
    for (uint32_t k = 0; k < p->fields.n && kind; k++)
        if (!field_fits(e, p, q, kind, p->fields.at[k], written[p->fields.at[k]])) kind = ROWS_TABLE;
    if (!kind) return;
    ProjPlan *o = &e->proj[i];
    o->rows = kind;
    o->rule = rule_of(e, p, kind, &o->walk_bytes);
    e->report->const_bytes += (uint32_t)(kind == ROWS_GRID ? sizeof(SnnGridRule) : kind == ROWS_PICK ? sizeof(SnnPickRule) : sizeof(SnnGapRule));
}

// A field of a projection that has no table of connections and whose values differ: a table of the kernel, or a function.
void rows_place(Embed *e, uint32_t f) {
    uint32_t i = e->net->fields.at[f].index;
    const NetProj *p = &e->net->projs.at[i];
    if (e->proj[i].rows == ROWS_GRID && !p->drawn) {
        SnnGridRule r = grid_rule(e, p);
        uint32_t n = grid_elements(&r), *v = ARENA_ARRAY(&e->g->arena, uint32_t, n + 1);
        grid_values(e, p, &e->image->proj[i], &r, plan_values(e, f), v);
        plan_constant(e, f, v, n);
    } else e->field[f].kind = PLACE_DRAWN;
}

// ---- weights ----

// real weight(state, source, target): what construction computes for the pair.
static Val drawn_function(Embed *e, uint32_t f) {
    Gen *g = e->g;
    const NetProj *p = &e->net->projs.at[e->net->fields.at[f].index];
    Kernel k;
    Typ params[] = {g->ptr, g->i32, g->i32};
    embed_open(&k, e, arena_printf(&g->arena, "%s.%s", p->path, e->net->fields.at[f].name), LLVMFunctionType(g->real, params, 3, false));
    k.proj = p;
    k.at_construction = true;
    k.leaf_level[1] = LEVEL_ENTRY;
    k.pre = LLVMGetParam(k.fn, 1);
    k.own = k.post = LLVMGetParam(k.fn, 2);
    Block body = emit_block(g, k.fn, "body");
    LLVMPositionBuilderBefore(k.at[LEVEL_ENTRY], LLVMBuildBr(k.at[LEVEL_ENTRY], body));
    emit_at_end(k.at[LEVEL_ELEMENT], body);
    Val v = node_value(&k, init_of(p, f));
    LLVMBuildRet(k.at[LEVEL_ELEMENT], v);
    kernel_close(&k);
    return k.fn;
}

Val rows_load(Kernel *k, Bld b, uint32_t f) {
    Gen *g = k->g;
    Place *p = &g->embed->field[f];
    if (!p->table) p->table = drawn_function(g->embed, f);
    Val args[] = {k->ctx, k->pre, k->post};
    Val v = LLVMBuildCall2(b, LLVMGlobalGetValueType(p->table), p->table, args, 3, k->net->fields.at[f].name);
    const FixedFormat *fixed = fixed_field(k->net, f);
    return fixed ? fixed_clamped(k, b, fixed_from_real(k, b, v, fixed_scale(fixed)), fixed) : v;
}

// ---- walks ----

static Val helper(Gen *g, const char *what, RowsKind kind, Typ type) {
    const char *name = arena_printf(&g->arena, "snn_%s_%s", kind_name[kind], what);
    Val fn = LLVMGetNamedFunction(g->mod, name);
    return fn ? fn : LLVMAddFunction(g->mod, name, type);
}

RowsLoop rows_open(Kernel *k, const ProjPlan *o) {
    Gen *g = k->g;
    Bld row = k->at[LEVEL_ROW], b = k->at[LEVEL_ELEMENT];
    Typ three[] = {g->ptr, g->ptr, g->i32};
    RowsLoop l = {.head = emit_block(g, k->fn, "walk"), .exit = emit_block(g, k->fn, "walked")};
    Val walk = LLVMBuildAlloca(k->at[LEVEL_ENTRY], LLVMArrayType2(g->i32, (o->walk_bytes + 3) / 4), "walk");
    Val begin = helper(g, "begin", o->rows, LLVMFunctionType(g->none, three, 3, false)), next = helper(g, "next", o->rows, LLVMFunctionType(g->i32, three, 2, false));
    LLVMBuildCall2(row, LLVMGlobalGetValueType(begin), begin, (Val[]){walk, o->rule, k->pre}, 3, "");
    Block body = emit_block(g, k->fn, "synapse");
    LLVMBuildBr(b, l.head);
    emit_at_end(b, l.head);
    l.target = LLVMBuildCall2(b, LLVMGlobalGetValueType(next), next, (Val[]){walk, o->rule}, 2, "target");
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntEQ, l.target, emit_i32(g, SNN_ROW_END), ""), l.exit, body);
    emit_at_end(b, body);
    if (o->rows == ROWS_GRID) l.element = LLVMBuildLoad2(b, g->i32, emit_gep(g, b, g->i8, walk, emit_i32(g, offsetof(SnnGridWalk, element))), "element");
    return l;
}
void rows_close(Kernel *k, RowsLoop *l) {
    LLVMBuildBr(k->at[LEVEL_ELEMENT], l->head);
    emit_at_end(k->at[LEVEL_ELEMENT], l->exit);
}
