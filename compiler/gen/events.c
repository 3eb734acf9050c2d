// SPDX-License-Identifier: MIT
// What the event engine calls: programs of single neurons (their constants, what an own spike does, computed variables) and the exponential
// function for arrays, which moves the states of many neurons at once.
#include "debug.h"
#include "kernel.h"

// All right sides are old values: they are taken before the first store.
static Val program_emit(Gen *g, const Net *net, const NetPop *pop, const char *what, const Program *p) {
    if (!p->n) return NULL;
    Kernel k;
    Typ params[3] = {g->ptr, g->i64, g->i64};
    kernel_open(&k, g, net, arena_printf(&g->arena, "%s.%s.%s", net->name, pop->path, what), LLVMFunctionType(g->none, params, 3, false));
    if (pop->model) debug_function(&k, pop->model->span);
    Loop l = emit_loop(g, k.at[LEVEL_ENTRY], k.at[LEVEL_ELEMENT], k.fn, LLVMGetParam(k.fn, 1), LLVMGetParam(k.fn, 2));
    k.own = l.i;
    Val *v = ARENA_ARRAY(&g->arena, Val, p->n);
    for (uint32_t i = 0; i < p->n; i++) v[i] = node_value(&k, p->at[i].value);
    for (uint32_t i = 0; i < p->n; i++) kernel_store(&k, N_FIELD, p->at[i].field, MODE_SET, v[i]);
    emit_loop_close(g, k.at[LEVEL_ELEMENT], &l, emit_i64(g, 1), k.at[LEVEL_ELEMENT]);
    LLVMBuildRetVoid(k.at[LEVEL_ELEMENT]);
    kernel_close(&k);
    return k.fn;
}

static Val exp_emit(Gen *g, const Net *net) {
    static const char *const name = "event.exp";
    Val made = LLVMGetNamedFunction(g->mod, name);
    if (made) return made;
    Kernel k;
    Typ params[2] = {g->ptr, g->i64};
    kernel_open(&k, g, net, name, LLVMFunctionType(g->none, params, 2, false));
    Loop l = emit_loop(g, k.at[LEVEL_ENTRY], k.at[LEVEL_ELEMENT], k.fn, emit_i64(g, 0), LLVMGetParam(k.fn, 1));
    Bld b = k.at[LEVEL_ELEMENT];
    unsigned lanes = g->real == g->f32 ? 1 : g->lanes > 8 ? 8 : g->lanes;      // in single precision one after the other
    Typ type = lanes > 1 ? LLVMVectorType(g->real, lanes) : g->real;
    Val at = emit_gep(g, b, g->real, LLVMGetParam(k.fn, 0), l.i), x = LLVMBuildLoad2(b, type, at, "");
    LLVMSetAlignment(x, (unsigned)g->real_bytes);
    LLVMSetAlignment(LLVMBuildStore(b, math_call(&k, b, g->real == g->f32 ? N_EXP : N_EXPM1, &x, 1, lanes), at), (unsigned)g->real_bytes);
    emit_loop_close(g, b, &l, emit_i64(g, lanes), b);
    LLVMBuildRetVoid(b);
    kernel_close(&k);
    return k.fn;
}

// wait(seed, id, population, count): the exponential distribution, a sequence of draws for each neuron.
Val events_wait(Gen *g, const Net *net, const char *name) {
    Val made = LLVMGetNamedFunction(g->mod, name);
    if (made) return made;
    Kernel k;
    Typ params[] = {g->i64, g->i32, g->i32, g->i32};
    kernel_open(&k, g, net, name, LLVMFunctionType(g->real, params, 4, false));
    Bld b = k.at[LEVEL_ELEMENT];
    Val fn = math_function(g, math_function_name(&k, "exponential", 1));
    Val a[] = {LLVMGetParam(k.fn, 0), LLVMGetParam(k.fn, 1), LLVMGetParam(k.fn, 2), emit_i32(g, 0), LLVMBuildZExt(b, LLVMGetParam(k.fn, 3), g->i64, ""), emit_i32(g, 0xFFFFF)};
    LLVMBuildRet(b, LLVMBuildCall2(b, LLVMGlobalGetValueType(fn), fn, a, 6, ""));
    kernel_close(&k);
    return k.fn;
}

void events_emit(Gen *g, const Net *net, const NetPop *pop, EventKernels *out) {
    const NetEvent *e = pop->event;
    out->constants = program_emit(g, net, pop, "constants", &e->constants);
    out->reset = program_emit(g, net, pop, "reset", &e->reset);
    out->presented = program_emit(g, net, pop, "presented", &e->presented);
    out->computed = program_emit(g, net, pop, "computed", &e->computed);
    out->exp = exp_emit(g, net);
    out->rule_times = program_emit(g, net, pop, "rule_times", &e->rule_times);
    out->settle = program_emit(g, net, pop, "settle", &e->settle);
    out->rule_reset = ARENA_ARRAY(&g->arena, Val, e->rules.n + 1);
    for (uint32_t i = 0; i < e->rules.n; i++) out->rule_reset[i] = program_emit(g, net, pop, arena_printf(&g->arena, "reset%u", i), &e->rules.at[i].reset);
    out->wait = g->real == g->f32 ? events_wait(g, net, "event.wait") : NULL;
}
