// SPDX-License-Identifier: MIT
// How kernels find fields, constants and the context on a small machine: by numbers that are known here, from the state's pointer, which is
// the first parameter of every kernel.
#include "embed_internal.h"
#include "fixed.h"

void embed_open(Kernel *k, Embed *e, const char *name, Typ type) {
    kernel_open(k, e->g, e->net, name, type);
    // Kernels stay apart: each has the registers for itself, and the step that calls them needs little stack.
    LLVMAddAttributeAtIndex(k->fn, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, LLVMCreateEnumAttribute(e->g->ctx, LLVMGetEnumAttributeKindForName("noinline", 8), 0));
    LLVMAddAttributeAtIndex(k->fn, 1, LLVMCreateEnumAttribute(e->g->ctx, LLVMGetEnumAttributeKindForName("align", 5), e->align < 4 ? 4 : e->align));
}

Val embed_state(Gen *g, Bld b, Val state, uint32_t offset) { return offset ? emit_gep(g, b, g->i8, state, emit_i32(g, offset)) : state; }

bool embed_single(const Embed *e, uint32_t f) { return e->field[f].kind == PLACE_VALUE || e->field[f].kind == PLACE_SCALAR; }

Val embed_context(Kernel *k, KernelMember m) {
    Gen *g = k->g;
    Bld b = k->at[LEVEL_ENTRY];
    if (m == KERNEL_SEED) return LLVMConstInt(g->i64, g->embed->image->seed, false);
    if (m != KERNEL_STEP && m != KERNEL_T) fatal("a small machine's kernels have no context member %d", m);
    if (k->context[m]) return k->context[m];
    if (m == KERNEL_T && g->embed->events) return k->context[m] = events_time(k, b);
    Val step = LLVMBuildLoad2(b, g->i32, k->ctx, "step");
    if (m == KERNEL_STEP) return k->context[m] = LLVMBuildSExt(b, step, g->i64, "");
    return k->context[m] = LLVMBuildFMul(b, LLVMBuildSIToFP(b, step, g->f64, ""), LLVMConstReal(g->f64, g->embed->image->dt), "t");
}

Val embed_constant(Kernel *k, Bld b, uint32_t slot) {
    Gen *g = k->g;
    uint32_t at = g->embed->k_place[slot];
    if (!at) return LLVMConstReal(k->real, g->embed->image->K[slot]);
    // In fixed point constants are computed with in double precision, so that those that change are doubles too.
    Val v = LLVMBuildLoad2(b, k->net->fixed ? g->f64 : g->real, embed_state(g, b, k->ctx, at - 1), "");
    LLVMSetAlignment(v, 4);
    if (k->net->fixed) return k->real == g->f64 ? v : LLVMBuildFPTrunc(b, v, k->real, "");
    return k->real == g->real ? v : LLVMBuildFPExt(b, v, k->real, "");
}

static Typ element(const Kernel *k, uint32_t f) { return k->net->fields.at[f].elem == ELEM_TICK ? k->tick : fixed_real(k, f) ? k->g->i32 : k->real; }

static Val base_of(Kernel *k, uint32_t f) {
    const Place *p = &k->g->embed->field[f];
    if (p->table && p->kind != PLACE_ARRAY) return p->table;
    if (!k->base[f]) k->base[f] = embed_state(k->g, k->at[LEVEL_ENTRY], k->ctx, p->offset);
    return k->base[f];
}

Val embed_index(const Kernel *k, NetOp op) { return op == N_PRE ? k->pre : op == N_POST ? k->post : k->own; }

Val embed_address(Kernel *k, Bld b, NetOp op, uint32_t f) {
    const Place *p = &k->g->embed->field[f];
    if (p->kind == PLACE_SCALAR) return base_of(k, f);
    const PopPlan *pop = p->stride > 4 ? &k->g->embed->pop[k->net->fields.at[f].index] : NULL;
    if (pop && op == N_FIELD && k->record) return embed_state(k->g, b, k->record, p->offset - pop->records);
    if (!pop || p->kind != PLACE_ARRAY) return emit_gep(k->g, b, element(k, f), base_of(k, f), embed_index(k, op));
    return emit_gep(k->g, b, k->g->i8, base_of(k, f), LLVMBuildMul(b, embed_index(k, op), emit_i32(k->g, p->stride), ""));
}

Val embed_load(Kernel *k, NetOp op, uint32_t f, int level) {
    Gen *g = k->g;
    const Place *p = &g->embed->field[f];
    Bld b = k->at[level];
    Typ type = element(k, f);
    if (p->kind == PLACE_VALUE && fixed_real(k, f)) return LLVMConstInt(type, (unsigned long long)fixed_number(&k->net->fixed->field[f], p->value), true);
    if (p->kind == PLACE_VALUE) return type == k->tick ? LLVMConstInt(type, (unsigned long long)(int64_t)p->value, true) : LLVMConstReal(type, p->value);
    if (p->kind == PLACE_NONE) fatal("field %s has no place", k->net->fields.at[f].name);
    if (p->kind == PLACE_PALETTE || p->kind == PLACE_MULTIPLE) return pack_load(k, b, op, f);
    if (p->kind == PLACE_DRAWN) return rows_load(k, b, f);
    bool vector = p->kind != PLACE_SCALAR && level == LEVEL_ELEMENT && k->lanes > 1;
    Val v = LLVMBuildLoad2(b, vector ? LLVMVectorType(type, k->lanes) : type, embed_address(k, b, op, f), k->net->fields.at[f].name);
    LLVMSetAlignment(v, 4 * (vector && k->aligned ? k->lanes : 1));
    return v;
}

// ---- bits ----

// Words that are looked at together: most have no spike.
static uint32_t group_of(Val first_word, Val end_word) {
    if (!LLVMIsAConstantInt(first_word) || !LLVMIsAConstantInt(end_word)) return 1;
    uint32_t n = (uint32_t)(LLVMConstIntGetZExtValue(end_word) - LLVMConstIntGetZExtValue(first_word));
    return n % 4 == 0 ? 4 : n % 2 == 0 ? 2 : 1;
}
static Val load_word(Gen *g, Bld b, Val bits, Val w) { return LLVMBuildLoad2(b, g->i32, emit_gep(g, b, g->i32, bits, w), ""); }

BitLoop bits_open(Gen *g, Bld b, Val fn, Val bits, Val first_word, Val end_word) {
    BitLoop l = {.head = emit_block(g, fn, "words"), .inner = emit_block(g, fn, "bits"), .next = emit_block(g, fn, "next"), .exit = emit_block(g, fn, "done")};
    Block before = LLVMGetInsertBlock(b), look = emit_block(g, fn, "look"), load = emit_block(g, fn, "word"), body = emit_block(g, fn, "spike");
    uint32_t group = group_of(first_word, end_word);
    LLVMBuildBr(b, l.head);
    emit_at_end(b, l.head);
    Val first = LLVMBuildPhi(b, g->i32, "group");
    LLVMAddIncoming(first, &first_word, &before, 1);
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntULT, first, end_word, ""), look, l.exit);
    emit_at_end(b, look);
    Val after = LLVMBuildNUWAdd(b, first, emit_i32(g, group), ""), any = emit_i32(g, 0);
    for (uint32_t i = 0; i < group; i++) any = LLVMBuildOr(b, any, load_word(g, b, bits, LLVMBuildNUWAdd(b, first, emit_i32(g, i), "")), "");
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntNE, any, emit_i32(g, 0), ""), load, l.head);
    LLVMAddIncoming(first, &after, &look, 1);
    emit_at_end(b, load);
    l.w = LLVMBuildPhi(b, g->i32, "w");
    LLVMAddIncoming(l.w, &first, &look, 1);
    Val word = group == 1 ? any : load_word(g, b, bits, l.w);
    LLVMBuildBr(b, l.inner);
    emit_at_end(b, l.inner);
    l.rest = LLVMBuildPhi(b, g->i32, "rest");
    LLVMAddIncoming(l.rest, &word, &load, 1);
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntNE, l.rest, emit_i32(g, 0), ""), body, l.next);
    emit_at_end(b, l.next);
    Val more = LLVMBuildNUWAdd(b, l.w, emit_i32(g, 1), "");
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntULT, more, after, ""), load, l.head);
    LLVMAddIncoming(l.w, &more, &l.next, 1);
    LLVMAddIncoming(first, &after, &l.next, 1);
    emit_at_end(b, body);
    Val args[] = {l.rest, LLVMConstInt(g->i1, 1, false)};
    Val bit = emit_call_intrinsic(g, b, "llvm.cttz", g->i32, args, 2);
    l.index = LLVMBuildOr(b, LLVMBuildShl(b, l.w, emit_i32(g, 5), ""), bit, "");
    l.latch = emit_block(g, fn, "spike.next");
    return l;
}

void bits_close(Gen *g, Bld b, BitLoop *l) {
    LLVMBuildBr(b, l->latch);
    emit_at_end(b, l->latch);
    Val rest = LLVMBuildAnd(b, l->rest, LLVMBuildSub(b, l->rest, emit_i32(g, 1), ""), "");
    LLVMBuildBr(b, l->inner);
    LLVMAddIncoming(l->rest, &rest, &l->latch, 1);
    emit_at_end(b, l->exit);
}
