// SPDX-License-Identifier: MIT
// The kernels of a projection that are one loop: jumps of source and target fields at spikes, and what construction asks about pairs.
#include "debug.h"
#include "shape.h"

static Val load_index(Kernel *k, Val table, Val i) {
    Bld b = k->at[LEVEL_ELEMENT];
    return LLVMBuildZExt(b, LLVMBuildLoad2(b, k->g->i32, emit_gep(k->g, b, k->g->i32, table, i), ""), k->g->i64, "");
}

static const char *kernel_name(Gen *g, const Net *net, const NetProj *p, const char *what) { return arena_printf(&g->arena, "%s.%s.%s", net->name, p->path, what); }

// What a kernel of a projection is made from: a program, or one value a pair.
typedef struct Part { const NetProj *p; const char *what; const Program *program; Node value; bool pre; } Part;

static const char *body_name(Gen *g, const Net *net, const Part *part, const ShapeRefs *refs) {
    const char *name = kernel_name(g, net, part->p, part->what);
    return refs ? arena_printf(&g->arena, "%s.body", name) : name;
}

// jump(ctx, spikes, n): fields of the spiking neurons themselves, source (pre) or target.
static Val jump_emit(Gen *g, const Net *net, const void *subject, const ShapeRefs *refs) {
    const Part *part = subject;
    const NetProj *p = part->p;
    const Program *program = part->program;
    bool pre = part->pre;
    Kernel k;
    Typ params[4] = {g->ptr, g->ptr, g->i64};
    kernel_open(&k, g, net, body_name(g, net, part, refs), shape_type(g, params, 3, refs));
    k.refs = refs;
    if (p->model) debug_function(&k, p->model->span);
    k.proj = p;
    k.fixed = net->fixed;
    k.assigns_pre = pre;
    Bld b = k.at[LEVEL_ELEMENT];
    Loop l = emit_loop(g, k.at[LEVEL_ENTRY], b, k.fn, emit_i64(g, 0), LLVMGetParam(k.fn, 2));
    k.own = k.pre = k.post = load_index(&k, LLVMGetParam(k.fn, 1), l.i);
    Block inside = emit_block(g, k.fn, "inside"), next = emit_block(g, k.fn, "next");
    int64_t lo = pre ? p->src_lo : p->tgt_lo, hi = pre ? p->src_hi : p->tgt_hi;
    Val offset = LLVMBuildSub(b, k.own, emit_i64(g, lo), "");
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntULT, offset, emit_i64(g, hi - lo), ""), inside, next);
    emit_at_end(b, inside);
    Val *v = ARENA_ARRAY(&g->arena, Val, program->n);
    for (uint32_t i = 0; i < program->n; i++) {
        debug_at(&k, debug_jump(p, pre ? ON_PRE : ON_POST, &net->fields.at[program->at[i].field]));
        v[i] = kernel_root(&k, program->at[i].field, program->at[i].value);
    }
    for (uint32_t i = 0; i < program->n; i++) kernel_store(&k, pre ? N_PRE : N_POST, program->at[i].field, program->at[i].mode, v[i]);
    LLVMBuildBr(b, next);
    emit_at_end(b, next);
    emit_loop_close(g, b, &l, emit_i64(g, 1), b);
    LLVMBuildRetVoid(b);
    kernel_close(&k);
    return k.fn;
}

// copy[i], or 0 where there is no such table; read through a pointer that is valid either way.
static Val copy_number(Kernel *k, Val table, Val i) {
    Gen *g = k->g;
    Bld entry = k->at[LEVEL_ENTRY], b = k->at[LEVEL_ELEMENT];
    Typ type = kernel_widen(k, g->i32, LEVEL_ELEMENT);
    Val zero = LLVMBuildAlloca(entry, type, "zero");
    LLVMSetAlignment(LLVMBuildStore(entry, LLVMConstNull(type), zero), 4);
    Val given = LLVMBuildIsNotNull(entry, table, "");
    Val at = LLVMBuildSelect(b, given, emit_gep(g, b, g->i32, LLVMBuildSelect(entry, given, table, zero, ""), LLVMBuildSelect(b, given, i, emit_i64(g, 0), "")), zero, "");
    Val copy = LLVMBuildLoad2(b, type, at, "copy");
    LLVMSetAlignment(copy, 4);
    return copy;
}

// Draws and functions are worth doing for several pairs at once.
static bool expensive(const Net *net, Node n, bool *seen) {
    if (!n || seen[n]) return false;
    seen[n] = true;
    const DagNode *d = dag_at(&net->dag, n);
    if ((d->op >= N_EXP && d->op <= N_POW) || d->op >= N_UNIFORM) return true;
    return expensive(net, d->a, seen) || expensive(net, d->b, seen) || expensive(net, d->c, seen);
}
static bool in_vectors(Gen *g, const Net *net, const Part *part) {
    bool *seen = ARENA_ARRAY(&g->arena, bool, net->dag.at.n + 1), yes = expensive(net, part->value, seen);
    for (uint32_t i = 0; part->program && i < part->program->n; i++) yes |= expensive(net, part->program->at[i].value, seen);
    return yes && g->lanes > 1;
}

// Pairs (source, tgt[i]), i from..to, `lanes` at a time; `body` works on the pairs from i on.
typedef void PairsBody(Kernel *k, const Part *part, Val i);
static void pairs_loop(Kernel *k, const Part *part, unsigned lanes, Val from, Val to, PairsBody *body) {
    Gen *g = k->g;
    Bld b = k->at[LEVEL_ELEMENT];
    kernel_forget(k, LEVEL_ELEMENT);
    k->lanes = lanes;
    Loop l = emit_loop(g, b, b, k->fn, from, to);
    Val targets = LLVMBuildLoad2(b, kernel_widen(k, g->i32, LEVEL_ELEMENT), emit_gep(g, b, g->i32, LLVMGetParam(k->fn, 2), l.i), "targets");
    LLVMSetAlignment(targets, 4);
    targets = LLVMBuildZExt(b, targets, kernel_widen(k, g->i64, LEVEL_ELEMENT), "");
    k->targets = lanes > 1 ? targets : NULL;
    k->post = targets;
    k->copy = copy_number(k, LLVMGetParam(k->fn, 3), l.i);
    body(k, part, l.i);
    emit_loop_close(g, b, &l, emit_i64(g, lanes), b);
}

// A function over the pairs of one source: first in vectors, then the rest one by one.
static Val pairs_emit(Gen *g, const Net *net, const Part *part, const ShapeRefs *refs, Typ type, PairsBody *body) {
    const NetProj *p = part->p;
    Kernel k;
    kernel_open(&k, g, net, body_name(g, net, part, refs), type);
    k.refs = refs;
    if (p->model) debug_function(&k, p->model->span);
    k.proj = p;
    k.at_construction = true;
    k.leaf_level[1] = LEVEL_ENTRY;
    k.pre = LLVMGetParam(k.fn, 1);
    k.post_lo = emit_i64(g, 0);
    Block pairs = emit_block(g, k.fn, "pairs");
    LLVMPositionBuilderBefore(k.at[LEVEL_ENTRY], LLVMBuildBr(k.at[LEVEL_ENTRY], pairs));
    emit_at_end(k.at[LEVEL_ELEMENT], pairs);
    Val count = LLVMGetParam(k.fn, part->program ? 5 : 4), whole = emit_i64(g, 0);
    if (part->program) k.synapse_base = LLVMGetParam(k.fn, 6);
    if (in_vectors(g, net, part)) {
        whole = LLVMBuildAnd(k.at[LEVEL_ENTRY], count, emit_i64(g, -(int64_t)g->lanes), "whole");
        pairs_loop(&k, part, g->lanes, emit_i64(g, 0), whole, body);
    }
    pairs_loop(&k, part, 1, whole, count, body);
    LLVMBuildRetVoid(k.at[LEVEL_ELEMENT]);
    kernel_close(&k);
    return k.fn;
}

// pair(ctx, src, tgt, copy, n, out): one number a pair, as a double.
static void pair_body(Kernel *k, const Part *part, Val i) {
    Gen *g = k->g;
    Bld b = k->at[LEVEL_ELEMENT];
    Typ wide = kernel_widen(k, g->f64, LEVEL_ELEMENT);
    Val v = node_value(k, part->value);
    if (dag_at(&k->net->dag, part->value)->type == 'B') v = LLVMBuildUIToFP(b, v, wide, "");
    else if (k->real != g->f64) v = LLVMBuildFPExt(b, v, wide, "");
    LLVMSetAlignment(LLVMBuildStore(b, v, emit_gep(g, b, g->f64, LLVMGetParam(k->fn, 5), i)), 8);
}
static Val pair_emit(Gen *g, const Net *net, const void *subject, const ShapeRefs *refs) {
    Typ params[7] = {g->ptr, g->i64, g->ptr, g->ptr, g->i64, g->ptr};
    return pairs_emit(g, net, subject, refs, shape_type(g, params, 6, refs), pair_body);
}

// row_init(ctx, src, tgt, copy, first, n, S): the fields of synapses first..first + n; an assignment sees those before it.
static void row_init_body(Kernel *k, const Part *part, Val i) {
    k->own = LLVMBuildAdd(k->at[LEVEL_ELEMENT], LLVMGetParam(k->fn, 4), i, "");
    kernel_sequence(k, part->program);
}
static Val row_init_emit(Gen *g, const Net *net, const void *subject, const ShapeRefs *refs) {
    Typ params[8] = {g->ptr, g->i64, g->ptr, g->ptr, g->i64, g->i64, g->ptr};
    return pairs_emit(g, net, subject, refs, shape_type(g, params, 7, refs), row_init_body);
}

static Val shaped(Gen *g, const Net *net, const Part *part, ShapeEmit *emit) {
    const NetProj *p = part->p;
    ShapeRefs s;
    shape_begin(&s, g, net, p, part->what);
    if (part->value) shape_root(&s, part->value);
    if (emit == jump_emit) sb_printf(&s.key, "%u:%u:%u:%u:", p->src_lo, p->src_hi, p->tgt_lo, p->tgt_hi);      // jumps know their slices
    if (part->program) shape_program(&s, part->program);
    return shape_finish(&s, kernel_name(g, net, p, part->what), emit, part);
}

void projection_emit(Gen *g, const Net *net, const NetProj *p, ProjKernels *out) {
    if (p->pair_prob) out->pair_prob = shaped(g, net, &(Part){p, "pair_prob", NULL, p->pair_prob, false}, pair_emit);
    if (p->delay && !p->uniform_delay) out->pair_delay = shaped(g, net, &(Part){p, "pair_delay", NULL, p->delay, false}, pair_emit);
    if (p->fields.n) out->row_init = shaped(g, net, &(Part){p, "row_init", &p->init, 0, false}, row_init_emit);
    if (p->on_pre_src.n) out->pre_jump = shaped(g, net, &(Part){p, "pre_jump", &p->on_pre_src, 0, true}, jump_emit);
    if (p->on_post_tgt.n) out->post_jump = shaped(g, net, &(Part){p, "post_jump", &p->on_post_tgt, 0, false}, jump_emit);
    synapse_emit(g, net, p, out);
}
