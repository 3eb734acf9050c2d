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
        v[i] = node_value(&k, program->at[i].value);
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
    Val zero = LLVMBuildAlloca(entry, g->i32, "zero");
    LLVMBuildStore(entry, emit_i32(g, 0), zero);
    Val given = LLVMBuildIsNotNull(entry, table, "");
    Val at = LLVMBuildSelect(b, given, emit_gep(g, b, g->i32, LLVMBuildSelect(entry, given, table, zero, ""), LLVMBuildSelect(b, given, i, emit_i64(g, 0), "")), zero, "");
    return LLVMBuildLoad2(b, g->i32, at, "copy");
}

// A loop over pairs (source, tgt[i]); opens it and leaves the kernel ready for nodes.
static Loop pairs_open(Kernel *k, Gen *g, const Net *net, const Part *part, const ShapeRefs *refs, Typ type, unsigned count_param) {
    const NetProj *p = part->p;
    kernel_open(k, g, net, body_name(g, net, part, refs), type);
    k->refs = refs;
    if (p->model) debug_function(k, p->model->span);
    k->proj = p;
    k->at_construction = true;
    k->leaf_level[1] = LEVEL_ENTRY;
    k->pre = LLVMGetParam(k->fn, 1);
    Loop l = emit_loop(g, k->at[LEVEL_ENTRY], k->at[LEVEL_ELEMENT], k->fn, emit_i64(g, 0), LLVMGetParam(k->fn, count_param));
    k->post = load_index(k, LLVMGetParam(k->fn, 2), l.i);
    k->copy = copy_number(k, LLVMGetParam(k->fn, 3), l.i);
    return l;
}

static void pairs_close(Kernel *k, Loop *l) {
    Bld b = k->at[LEVEL_ELEMENT];
    emit_loop_close(k->g, b, l, emit_i64(k->g, 1), b);
    LLVMBuildRetVoid(b);
    kernel_close(k);
}

// pair(ctx, src, tgt, copy, n, out): one number a pair, as a double.
static Val pair_emit(Gen *g, const Net *net, const void *subject, const ShapeRefs *refs) {
    Node value = ((const Part *)subject)->value;
    Kernel k;
    Typ params[7] = {g->ptr, g->i64, g->ptr, g->ptr, g->i64, g->ptr};
    Loop l = pairs_open(&k, g, net, subject, refs, shape_type(g, params, 6, refs), 4);
    Bld b = k.at[LEVEL_ELEMENT];
    Val v = node_value(&k, value);
    if (dag_at(&net->dag, value)->type == 'B') v = LLVMBuildUIToFP(b, v, g->f64, "");
    else if (k.real != g->f64) v = LLVMBuildFPExt(b, v, g->f64, "");
    LLVMBuildStore(b, v, emit_gep(g, b, g->f64, LLVMGetParam(k.fn, 5), l.i));
    pairs_close(&k, &l);
    return k.fn;
}

// row_init(ctx, src, tgt, copy, syn, n, S): the fields of the synapses syn[i]; an assignment sees those before it.
static Val row_init_emit(Gen *g, const Net *net, const void *subject, const ShapeRefs *refs) {
    const NetProj *p = ((const Part *)subject)->p;
    Kernel k;
    Typ params[8] = {g->ptr, g->i64, g->ptr, g->ptr, g->ptr, g->i64, g->ptr};
    Loop l = pairs_open(&k, g, net, subject, refs, shape_type(g, params, 7, refs), 5);
    k.synapse_base = LLVMGetParam(k.fn, 6);
    k.own = load_index(&k, LLVMGetParam(k.fn, 4), l.i);
    kernel_sequence(&k, &p->init);
    pairs_close(&k, &l);
    return k.fn;
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
