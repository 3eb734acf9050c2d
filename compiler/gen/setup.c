// SPDX-License-Identifier: MIT
// setup(K, is_set): fills the constants table in the order that the Net states. Always in doubles: parameters are worked out
// once, whatever the precision of the simulation.
#include "debug.h"

// P = expm(A*dt) by the runtime, then the entries that are wanted.
void propagator_emit(Kernel *k, Bld b, const Propagator *p, Val *entry) {
    Gen *g = k->g;
    uint32_t nn = p->n * p->n;
    Typ matrix = LLVMArrayType2(g->f64, nn);
    Val a = LLVMBuildAlloca(k->at[LEVEL_ENTRY], matrix, "A"), out = LLVMBuildAlloca(k->at[LEVEL_ENTRY], matrix, "P");
    for (uint32_t i = 0; i < nn; i++) {
        Val v = p->a[i] ? node_value(k, p->a[i]) : LLVMConstReal(k->real, 0);
        if (k->real != g->f64) v = LLVMBuildFPExt(b, v, g->f64, "");
        LLVMBuildStore(b, v, emit_gep(g, b, g->f64, a, emit_i64(g, i)));
    }
    Val dt = node_value(k, p->dt);
    if (k->real != g->f64) dt = LLVMBuildFPExt(b, dt, g->f64, "");
    Val args[] = {emit_i64(g, p->n), a, dt, out};
    emit_runtime_call(g, b, "propagator", args, 4);
    for (uint32_t i = 0; i < nn; i++) entry[i] = p->out[i] ? emit_member(g, b, g->f64, out, i) : NULL;
}

static void store_slot(Kernel *k, uint32_t slot, Val v) {
    Gen *g = k->g;
    Bld b = k->at[0];
    LLVMBuildStore(b, v, emit_gep(g, b, g->f64, LLVMGetParam(k->fn, 0), emit_i64(g, slot)));
    k->k_value[slot] = v;
}

static void slot_emit(Kernel *k, uint32_t slot) {
    Gen *g = k->g;
    Bld b = k->at[0];
    const KDef *def = &k->net->k.at[slot];
    if (!def->value) return;                   // filled by a propagator
    if (def->param && k->net->params.at[def->param - 1].var) debug_at(k, k->net->params.at[def->param - 1].var->span);
    Val v = node_value(k, def->value);
    if (def->param || slot == 0) {             // K[0], the time step, is the experiment's
        Val set = LLVMBuildLoad2(b, g->i8, emit_gep(g, b, g->i8, LLVMGetParam(k->fn, 1), emit_i64(g, slot)), "");
        Val given = emit_member(g, b, g->f64, LLVMGetParam(k->fn, 0), slot);
        v = LLVMBuildSelect(b, LLVMBuildICmp(b, LLVMIntNE, set, LLVMConstNull(g->i8), ""), given, v, "");
    }
    store_slot(k, slot, v);
}

static void propagator_slots(Kernel *k, const Propagator *p) {
    Val *entry = ARENA_ARRAY(&k->g->arena, Val, p->n * p->n);
    propagator_emit(k, k->at[0], p, entry);
    for (uint32_t i = 0; i < p->n * p->n; i++)
        if (p->out[i]) store_slot(k, p->out[i] - 1, entry[i]);
}

enum { PIECE = 48 };       // steps in one function: instruction selection is worse than linear in a block's length

static Val piece_emit(Gen *g, const Net *net, uint32_t from, uint32_t to, Typ type) {
    Kernel k;
    kernel_open(&k, g, net, arena_printf(&g->arena, "%s.setup.%u", net->name, from), type);
    if (net->model) debug_function(&k, net->model->span);
    k.is_setup = true;
    k.real = g->f64;
    k.tick = g->i64;
    for (uint32_t i = from; i < to; i++) {
        const SetupStep *s = &net->setup.at[i];
        if (s->is_propagator) propagator_slots(&k, &net->propagators.at[s->index]);
        else slot_emit(&k, s->index);
    }
    LLVMBuildRetVoid(k.at[0]);
    kernel_close(&k);
    return k.fn;
}

Val setup_emit(Gen *g, const Net *net) {
    Typ params[] = {g->ptr, g->ptr}, type = LLVMFunctionType(g->none, params, 2, false);
    if (net->setup.n <= PIECE) return piece_emit(g, net, 0, net->setup.n, type);
    Val fn = emit_function(g, arena_printf(&g->arena, "%s.setup", net->name), type), args[] = {LLVMGetParam(fn, 0), LLVMGetParam(fn, 1)};
    Bld b = emit_builder(g, emit_block(g, fn, "entry"));
    for (uint32_t i = 0; i < net->setup.n; i += PIECE) {
        uint32_t to = i + PIECE < net->setup.n ? i + PIECE : net->setup.n;
        LLVMBuildCall2(b, type, piece_emit(g, net, i, to, type), args, 2, "");
    }
    LLVMBuildRetVoid(b);
    LLVMDisposeBuilder(b);
    return fn;
}
