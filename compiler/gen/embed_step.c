// SPDX-License-Identifier: MIT
// The step of a population on a small machine: step(state, bits). As on the host (step.c), what only a spike needs stands in a block of
// its own; here that block also sets the neuron's bit, and a value that nothing but a spike changes is stored only there.
#include "embed_internal.h"
#include <stdlib.h>

enum { MAX_PORTS = 16, MAX_UNROLL = 4, REACH = 128 };    // REACH: bytes that a load reaches beyond its pointer on the smallest cores
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

// The pointer, but the back end does not know it: it would keep a second counter for what is worked out from it.
static Val hidden(Gen *g, Bld b, Val pointer) {
    unsigned id = LLVMLookupIntrinsicID("llvm.launder.invariant.group", 28);
    return LLVMBuildCall2(b, LLVMIntrinsicGetType(g->ctx, id, &g->ptr, 1), LLVMGetIntrinsicDeclaration(g->mod, id, &g->ptr, 1), &pointer, 1, "");
}

// Where a loop counts records, the number of a neuron is only worked out for its spike.
static Val number_of_record(Kernel *k, Bld b) {
    Gen *g = k->g;
    const PopPlan *plan = &g->embed->pop[g->embed->stepping];
    Val from = LLVMBuildPtrToInt(b, embed_state(g, b, k->ctx, plan->records), g->i32, "");
    return LLVMBuildExactUDiv(b, LLVMBuildSub(b, LLVMBuildPtrToInt(b, hidden(g, b, k->record), g->i32, ""), from, ""), emit_i32(g, plan->record), "");
}

static void mark_spikes(Kernel *k, Bld b, Val mask, Val bits_of_port, Val hi) {
    Gen *g = k->g;
    if (k->record) k->own = number_of_record(k, b);
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
            Val x = step_root(k, root[i].field, root[i].reset[port]);
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

// ---- the body ----

typedef struct Step { Kernel *k; Embed *e; const NetPop *pop; const PopPlan *plan; Root *root; const Assign **from; uint32_t n; Val bits, hi; } Step;

static bool contains(const Dag *d, Node x, Node part, uint8_t *seen) {
    if (!x || seen[x]) return false;
    if (x == part) return true;
    seen[x] = 1;
    const DagNode *n = dag_at(d, x);
    return contains(d, n->a, part, seen) || contains(d, n->b, part, seen) || contains(d, n->c, part, seen);
}

static bool depends(const Step *s, Node x, Node part) {
    const Dag *d = &s->k->net->dag;
    uint8_t *seen = calloc(d->at.n + 1, 1);
    bool yes = contains(d, x, part, seen);
    free(seen);
    return yes;
}

// What every spike condition asks first to be false, `not g and c`: while it holds the neuron cannot spike. 0: there is no such node.
static Node guard_of(const Step *s) {
    const Dag *d = &s->k->net->dag;
    Node guard = 0;
    for (uint32_t p = 0; p < s->plan->ports; p++) {
        const DagNode *c = dag_at(d, s->pop->spikes.at[p].cond), *a = c->op == N_AND ? dag_at(d, c->a) : NULL;
        if (!a || a->op != N_NOT || (guard && guard != a->a)) return 0;
        guard = a->a;
    }
    return guard;
}

static void values(Step *s, Node guard, bool wanted) {
    for (uint32_t i = 0; i < s->n; i++)
        if (!guard || depends(s, s->root[i].hot, guard) == wanted) s->root[i].value = step_root(s->k, s->root[i].field, s->root[i].hot);
}

static void stores(Step *s, Node guard, bool wanted) {
    for (uint32_t i = 0; i < s->n; i++)
        if (!s->root[i].kept && (!guard || depends(s, s->root[i].hot, guard) == wanted))
            kernel_store(s->k, N_FIELD, s->root[i].field, s->from[i]->mode, s->root[i].value);
}

static void spikes(Step *s) {
    Val mask[MAX_PORTS];
    for (uint32_t p = 0; p < s->plan->ports; p++) mask[p] = node_value(s->k, s->pop->spikes.at[p].cond);
    for (uint32_t p = s->plan->ports; p-- > 0;)
        port_emit(s->k, s->root, s->n, mask[p], p, p ? embed_state(s->k->g, s->k->at[LEVEL_ENTRY], s->bits, p * s->plan->words * 4) : s->bits, s->hi);
}

// A neuron that is held takes a way of its own, on which nothing is worked out for it:
//
//   select(g, V, ...), spike when not g and ...    ->    if (g) ..; else { V' = ...; spike when ... }
static void guarded(Step *s, Node guard) {
    Kernel *k = s->k;
    Bld b = k->at[LEVEL_ELEMENT];
    for (uint32_t i = 0; i < s->n; i++)                   // a spike may change what does not depend on the guard: then it does
        for (uint32_t p = 0; p < s->plan->ports; p++)
            if (s->root[i].reset[p] && !s->root[i].kept && !depends(s, s->root[i].hot, guard)) { values(s, 0, true); spikes(s); stores(s, 0, true); return; }
    values(s, guard, false);
    // What does not depend on the guard is stored at once, so that its registers are free; later readers have the old value. Whole numbers are
    // loaded for both ways: the store is then shared.
    for (uint32_t i = 0; i < s->n; i++)
        if (!s->root[i].kept && (k->fixed || !depends(s, s->root[i].hot, guard)) && kernel_field_node(k, s->root[i].field)) node_value(k, kernel_field_node(k, s->root[i].field));
    stores(s, guard, false);
    Val held = node_value(k, guard);
    Block active = emit_block(k->g, k->fn, "active"), quiet = emit_block(k->g, k->fn, "held"), end = emit_block(k->g, k->fn, "done");
    LLVMBuildCondBr(b, held, quiet, active);
    uint32_t mark = kernel_mark(k);
    Val known = k->element[guard];
    for (int way = 0; way < 2; way++) {
        emit_at_end(b, way ? quiet : active);
        k->element[guard] = LLVMConstInt(k->g->i1, (unsigned long long)way, false);
        values(s, guard, true);
        if (!way) spikes(s);
        for (uint32_t i = 0; way && i < s->n; i++)         // what stays as it is needs no store
            if (LLVMIsALoadInst(s->root[i].value) && kernel_field_node(k, s->root[i].field) && k->element[kernel_field_node(k, s->root[i].field)] == s->root[i].value) s->root[i].value = NULL;
        for (uint32_t i = 0; i < s->n; i++)
            if (s->root[i].value && !s->root[i].kept && depends(s, s->root[i].hot, guard)) kernel_store(k, N_FIELD, s->root[i].field, s->from[i]->mode, s->root[i].value);
        LLVMBuildBr(b, end);
        kernel_release(k, mark);
    }
    k->element[guard] = known;
    emit_at_end(b, end);
}

static void body_emit(Kernel *k, Embed *e, uint32_t index, Val bits, Val hi) {
    const NetPop *pop = &e->net->pops.at[index];
    Step s = {.k = k, .e = e, .pop = pop, .plan = &e->pop[index], .bits = bits, .hi = hi};
    if (s.plan->ports > MAX_PORTS) fatal("%s has more than %d spike ports", pop->path, MAX_PORTS);
    s.root = ARENA_ARRAY(&k->g->arena, Root, pop->step.n + 1);
    s.from = ARENA_ARRAY(&k->g->arena, const Assign *, pop->step.n + 1);
    for (uint32_t i = 0; i < pop->step.n; i++) {
        if (!plan_live(e, &pop->step.at[i])) continue;
        s.from[s.n] = &pop->step.at[i];
        root_peel(k, pop, s.from[s.n], &s.root[s.n]);
        s.n++;
    }
    Node guard = k->lanes == 1 ? guard_of(&s) : 0;
    if (guard) { guarded(&s, guard); return; }
    values(&s, 0, true);
    spikes(&s);
    stores(&s, 0, true);
}

// One pointer goes from record to record; all of a neuron's states are at short distances from it.
static void each_record(Kernel *k, Embed *e, uint32_t index) {
    Gen *g = e->g;
    const PopPlan *plan = &e->pop[index];
    Bld entry = k->at[LEVEL_ENTRY], b = k->at[LEVEL_ELEMENT];
    Val from = embed_state(g, entry, k->ctx, plan->records), to = embed_state(g, entry, from, plan->record * e->net->pops.at[index].n);
    Block before = LLVMGetInsertBlock(entry), loop = emit_block(g, k->fn, "record"), end = emit_block(g, k->fn, "end");
    LLVMPositionBuilderBefore(entry, LLVMBuildBr(entry, loop));
    emit_at_end(b, loop);
    Val first = LLVMBuildPhi(b, g->ptr, "record");
    LLVMAddIncoming(first, &from, &before, 1);
    e->stepping = index;
    uint32_t n = e->net->pops.at[index].n, together = MAX_UNROLL, mark = kernel_mark(k);
    while (together > 1 && (n % together || together * plan->record > REACH)) together /= 2;
    for (uint32_t i = 0; i < together; i++) {
        k->record = embed_state(g, b, first, i * plan->record);
        k->own = number_of_record(k, b);
        body_emit(k, e, index, LLVMGetParam(k->fn, 1), emit_i32(g, n));
        kernel_release(k, mark);
    }
    Val next = embed_state(g, b, first, together * plan->record);
    Block latch = LLVMGetInsertBlock(b);
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntNE, hidden(g, b, next), to, ""), loop, end);
    LLVMAddIncoming(first, &next, &latch, 1);
    emit_at_end(b, end);
}

void embed_step(Embed *e, uint32_t index) {
    Gen *g = e->g;
    const NetPop *pop = &e->net->pops.at[index];
    Kernel k;
    Typ params[] = {g->ptr, g->ptr};
    embed_open(&k, e, arena_printf(&g->arena, "%s.step", pop->path), LLVMFunctionType(g->none, params, 2, false));
    k.lanes = g->lanes;
    k.aligned = true;
    k.fixed = e->net->fixed;
    Val hi = emit_i32(g, pop->n);
    if (k.lanes == 1 && e->pop[index].record > 4) each_record(&k, e, index);
    else {
        Loop l = emit_loop(g, k.at[LEVEL_ENTRY], k.at[LEVEL_ELEMENT], k.fn, emit_i32(g, 0), hi);
        k.own = l.i;
        body_emit(&k, e, index, LLVMGetParam(k.fn, 1), hi);
        emit_loop_close(g, k.at[LEVEL_ELEMENT], &l, emit_i32(g, k.lanes), k.at[LEVEL_ELEMENT]);
    }
    LLVMBuildRetVoid(k.at[LEVEL_ELEMENT]);
    kernel_close(&k);
    e->pop[index].step = k.fn;
}
