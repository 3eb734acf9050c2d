// SPDX-License-Identifier: MIT
// The step of a population on a small machine: step(state, bits). As on the host (step.c), what only a spike needs stands in a block of
// its own; here that block also sets the neuron's bit, and a value that nothing but a spike changes is stored only there.
#include "embed_internal.h"

enum { MAX_PORTS = 16 };
typedef struct Root { uint32_t field; Node hot, reset[MAX_PORTS]; Val value; bool kept; } Root;   // kept: without a spike the old value stays

static void root_peel(const Kernel *k, const NetPop *pop, const Assign *a, Root *r) {
    *r = (Root){.field = a->field, .hot = a->value};
    for (uint32_t p = 0; p < pop->spikes.n; p++) {
        const DagNode *d = dag_at(&k->net->dag, r->hot);
        if (d->op != N_SELECT || d->a != pop->spikes.at[p].cond) continue;
        r->reset[p] = d->b;
        r->hot = d->c;
    }
    const DagNode *d = dag_at(&k->net->dag, r->hot);
    r->kept = k->lanes == 1 && (d->op == N_FIELD || d->op == N_TICKFIELD) && d->ref == a->field && a->mode == MODE_SET;
}

// Helium keeps four bits a lane in its predicate; taking lanes out of a vector of conditions costs a dozen instructions.
static Val predicate(Kernel *k, Bld b, Val mask) {
    Typ type = LLVMTypeOf(mask);
    unsigned id = LLVMLookupIntrinsicID("llvm.arm.mve.pred.v2i", 21);
    return LLVMBuildCall2(b, LLVMIntrinsicGetType(k->g->ctx, id, &type, 1), LLVMGetIntrinsicDeclaration(k->g->mod, id, &type, 1), &mask, 1, "");
}

static Val lane_bits(Kernel *k, Bld b, Val mask) {
    Gen *g = k->g;
    if (!g->embed->opt.helium) return LLVMBuildZExt(b, LLVMBuildBitCast(b, mask, LLVMIntTypeInContext(g->ctx, k->lanes), ""), g->i32, "");
    Val p = predicate(k, b, mask), bits = emit_i32(g, 0);
    for (unsigned i = 0; i < k->lanes; i++) bits = LLVMBuildOr(b, bits, LLVMBuildAnd(b, LLVMBuildLShr(b, p, emit_i32(g, 3 * i), ""), emit_i32(g, 1 << i), ""), "");
    return bits;
}

// Bits of the lanes below `hi`; the rest are padding.
static Val live_bits(Kernel *k, Bld b, Val mask, Val hi) {
    Gen *g = k->g;
    if (k->lanes == 1) return LLVMBuildZExt(b, mask, g->i32, "");
    Val bits = lane_bits(k, b, mask);
    Val rest = LLVMBuildSub(b, hi, k->own, ""), many = LLVMBuildICmp(b, LLVMIntUGE, rest, emit_i32(g, k->lanes), "");
    Val few = LLVMBuildSub(b, LLVMBuildShl(b, emit_i32(g, 1), rest, ""), emit_i32(g, 1), "");
    return LLVMBuildAnd(b, bits, LLVMBuildSelect(b, many, emit_i32(g, (1 << k->lanes) - 1), few, ""), "");
}

static void mark_spikes(Kernel *k, Bld b, Val mask, Val bits_of_port, Val hi) {
    Gen *g = k->g;
    Val bits = live_bits(k, b, mask, hi), at = emit_gep(g, b, g->i32, bits_of_port, LLVMBuildLShr(b, k->own, emit_i32(g, 5), ""));
    Val shifted = LLVMBuildShl(b, bits, LLVMBuildAnd(b, k->own, emit_i32(g, 31), ""), "");
    LLVMBuildStore(b, LLVMBuildOr(b, LLVMBuildLoad2(b, g->i32, at, ""), shifted, ""), at);
}

static Val any_lane(Kernel *k, Bld b, Val mask) {
    if (k->lanes == 1) return mask;
    if (k->g->embed->opt.helium) return LLVMBuildICmp(b, LLVMIntNE, predicate(k, b, mask), emit_i32(k->g, 0), "");
    Typ narrow = LLVMIntTypeInContext(k->g->ctx, k->lanes);
    return LLVMBuildICmp(b, LLVMIntNE, LLVMBuildBitCast(b, mask, narrow, ""), LLVMConstNull(narrow), "");
}

static void port_emit(Kernel *k, Root *root, uint32_t n, Val mask, unsigned port, Val bits, Val hi) {
    Gen *g = k->g;
    Bld b = k->at[LEVEL_ELEMENT];
    Val any = any_lane(k, b, mask);
    Block hot = LLVMGetInsertBlock(b), cold = emit_block(g, k->fn, "cold"), join = emit_block(g, k->fn, "join");
    LLVMBuildCondBr(b, any, cold, join);
    emit_at_end(b, cold);
    uint32_t mark = kernel_mark(k);
    mark_spikes(k, b, mask, bits, hi);
    Val *reset = ARENA_ARRAY(&g->arena, Val, n + 1);
    for (uint32_t i = 0; i < n; i++)
        if (root[i].reset[port]) {
            Val x = node_value(k, root[i].reset[port]);
            reset[i] = k->lanes > 1 ? LLVMBuildSelect(b, mask, x, root[i].value, "") : x;
        }
    for (uint32_t i = 0; i < n; i++)
        if (reset[i] && root[i].kept) kernel_store(k, N_FIELD, root[i].field, MODE_SET, reset[i]);
    kernel_release(k, mark);
    Block from = LLVMGetInsertBlock(b);
    LLVMBuildBr(b, join);
    emit_at_end(b, join);
    for (uint32_t i = 0; i < n; i++) {
        if (!reset[i] || root[i].kept) continue;
        Val phi = LLVMBuildPhi(b, LLVMTypeOf(reset[i]), "");
        LLVMAddIncoming(phi, (Val[]){root[i].value, reset[i]}, (Block[]){hot, from}, 2);
        root[i].value = phi;
    }
}

static void body_emit(Kernel *k, Embed *e, uint32_t index, Val bits, Val hi) {
    const NetPop *pop = &e->net->pops.at[index];
    const PopPlan *plan = &e->pop[index];
    if (plan->ports > MAX_PORTS) fatal("%s has more than %d spike ports", pop->path, MAX_PORTS);
    Root *root = ARENA_ARRAY(&k->g->arena, Root, pop->step.n + 1);
    const Assign **from = ARENA_ARRAY(&k->g->arena, const Assign *, pop->step.n + 1);
    uint32_t n = 0;
    Val mask[MAX_PORTS];
    for (uint32_t i = 0; i < pop->step.n; i++) {
        if (!plan_live(e, &pop->step.at[i])) continue;
        from[n] = &pop->step.at[i];
        root_peel(k, pop, from[n], &root[n]);
        root[n].value = node_value(k, root[n].hot);
        n++;
    }
    for (uint32_t p = 0; p < plan->ports; p++) mask[p] = node_value(k, pop->spikes.at[p].cond);
    for (uint32_t p = plan->ports; p-- > 0;)
        port_emit(k, root, n, mask[p], p, p ? embed_state(k->g, k->at[LEVEL_ENTRY], bits, p * plan->words * 4) : bits, hi);
    for (uint32_t i = 0; i < n; i++)
        if (!root[i].kept) kernel_store(k, N_FIELD, root[i].field, from[i]->mode, root[i].value);
}

void embed_step(Embed *e, uint32_t index) {
    Gen *g = e->g;
    const NetPop *pop = &e->net->pops.at[index];
    Kernel k;
    Typ params[] = {g->ptr, g->ptr};
    embed_open(&k, e, arena_printf(&g->arena, "%s.step", pop->path), LLVMFunctionType(g->none, params, 2, false));
    k.lanes = g->lanes;
    k.aligned = true;
    Val hi = emit_i32(g, pop->n);
    Loop l = emit_loop(g, k.at[LEVEL_ENTRY], k.at[LEVEL_ELEMENT], k.fn, emit_i32(g, 0), hi);
    k.own = l.i;
    body_emit(&k, e, index, LLVMGetParam(k.fn, 1), hi);
    emit_loop_close(g, k.at[LEVEL_ELEMENT], &l, emit_i32(g, k.lanes), k.at[LEVEL_ELEMENT]);
    LLVMBuildRetVoid(k.at[LEVEL_ELEMENT]);
    kernel_close(&k);
    e->pop[index].step = k.fn;
}
