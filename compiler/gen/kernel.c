// SPDX-License-Identifier: MIT
// A kernel's life, its memory accesses, and at which level a node belongs.
#include "embed_internal.h"
#include "fixed.h"
#include "shape.h"

enum { CTX_F, CTX_K, CTX_STEP, CTX_DT, CTX_T, CTX_SEED, CTX_A };      // members of SnnCtx

void kernel_open(Kernel *k, Gen *g, const Net *net, const char *name, Typ type) {
    *k = (Kernel){.g = g, .net = net, .lanes = 1, .real = g->real, .tick = g->tick, .leaf_level = {2, 2, 2}};
    k->fn = emit_function(g, name, type);
    Block entry = emit_block(g, k->fn, "entry");
    for (int i = 0; i < LEVELS; i++) k->at[i] = emit_builder(g, entry);
    k->ctx = LLVMGetParam(k->fn, 0);
    uint32_t n = net->dag.at.n + 1;
    k->scalar = ARENA_ARRAY(&g->arena, Val, n);
    k->element = ARENA_ARRAY(&g->arena, Val, n);
    k->level = ARENA_ARRAY(&g->arena, uint8_t, n);
    k->base = ARENA_ARRAY(&g->arena, Val, net->fields.n + 1);
    k->post_base = ARENA_ARRAY(&g->arena, Val, net->fields.n + 1);
    k->demoted = ARENA_ARRAY(&g->arena, bool, net->fields.n + 1);
    k->k_value = ARENA_ARRAY(&g->arena, Val, net->k.n + 1);
}

void kernel_close(Kernel *k) {
    for (int i = 0; i < LEVELS; i++) LLVMDisposeBuilder(k->at[i]);
}

void kernel_demote(Kernel *k, const Program *p) {
    for (uint32_t i = 0; i < p->n; i++) k->demoted[p->at[i].field] = true;
}

static int leaf_level(const Kernel *k, const DagNode *n) {
    bool is_field = n->op == N_FIELD || n->op == N_TICKFIELD || n->op == N_PRE || n->op == N_POST;
    if (is_field && k->g->embed && embed_single(k->g->embed, n->ref)) return LEVEL_ENTRY;
    switch (n->op) {
    case N_CONST: case N_K: case N_STEP: case N_T: case N_BTRUE: case N_TOTAL: return LEVEL_ENTRY;
    case N_FIELD: case N_TICKFIELD: return k->demoted[n->ref] ? LEVEL_ELEMENT : k->leaf_level[0];
    case N_INDEX: return k->leaf_level[0];
    case N_PRE: return k->demoted[n->ref] ? LEVEL_ELEMENT : k->leaf_level[1];
    case N_PRE_INDEX: return k->leaf_level[1];
    case N_POST: return k->demoted[n->ref] ? LEVEL_ELEMENT : k->leaf_level[2];
    case N_POST_INDEX: return k->leaf_level[2];
    case N_UNIFORM: case N_NORMAL: case N_EXPONENTIAL: case N_POISSON: case N_GAMMA: case N_BINOMIAL: case N_TRUNCNORMAL:
        return LEVEL_ELEMENT;
    default: return LEVEL_ENTRY;
    }
}

int kernel_level(Kernel *k, Node n) {
    if (k->level[n]) return k->level[n] - 1;
    const DagNode *d = dag_at(&k->net->dag, n);
    int level = leaf_level(k, d);
    const Node kid[3] = {d->a, d->b, d->c};
    for (int i = 0; i < d->arity; i++) {
        int l = kernel_level(k, kid[i]);
        if (l > level) level = l;
    }
    k->level[n] = (uint8_t)(level + 1);
    return level;
}

Val kernel_splat(Kernel *k, Bld b, Val scalar) {
    if (k->lanes == 1) return scalar;
    Typ all = LLVMVectorType(LLVMTypeOf(scalar), k->lanes);
    Val first = LLVMBuildInsertElement(b, LLVMGetPoison(all), scalar, emit_i64(k->g, 0), "");
    return LLVMBuildShuffleVector(b, first, LLVMGetPoison(all), LLVMConstNull(LLVMVectorType(k->g->i32, k->lanes)), "");
}

Val kernel_index(Kernel *k, Bld b, Val index) {
    if (LLVMGetTypeKind(LLVMTypeOf(index)) == LLVMVectorTypeKind || k->lanes == 1) return index;      // of each lane already
    Val lane[64];
    for (unsigned i = 0; i < k->lanes; i++) lane[i] = LLVMConstInt(LLVMTypeOf(index), i, false);
    return LLVMBuildAdd(b, kernel_splat(k, b, index), LLVMConstVector(lane, k->lanes), "");
}

uint32_t kernel_mark(const Kernel *k) { return k->trail.n; }

void kernel_release(Kernel *k, uint32_t mark) {
    for (; k->trail.n > mark; k->trail.n--) k->element[k->trail.at[k->trail.n - 1]] = NULL;
}

void kernel_forget(Kernel *k, int level) {
    k->trail.n = 0;
    for (uint32_t n = 1; n < k->net->dag.at.n; n++) {
        if (!k->level[n]) continue;
        if (k->level[n] - 1 >= level) k->scalar[n] = NULL;
        k->element[n] = NULL;
    }
}

void kernel_know(Kernel *k, Node leaf, Val v) { k->element[leaf] = v; }

static Val kernel_entry_member(Kernel *k, Val *memo, Typ type, unsigned member) {
    if (!*memo) *memo = emit_member(k->g, k->at[LEVEL_ENTRY], type, k->ctx, member);
    return *memo;
}

Val kernel_context(Kernel *k, KernelMember m) {
    if (k->g->embed) return embed_context(k, m);
    static const unsigned member[] = {CTX_F, CTX_K, CTX_STEP, CTX_T, CTX_SEED, CTX_A};
    const Gen *g = k->g;
    const Typ type[] = {g->ptr, g->ptr, g->i64, g->f64, g->i64, g->ptr};
    return kernel_entry_member(k, &k->context[m], type[m], member[m]);
}

// The target's index counted from 0.
Val kernel_post(Kernel *k, Bld b) {
    if (k->targets) return LLVMBuildAdd(b, k->targets, kernel_splat(k, b, k->post_lo), "");
    return k->post_lo ? LLVMBuildAdd(b, k->post, k->post_lo, "") : k->post;
}

// Position of a synapse field in its projection.
static unsigned synapse_position(const Kernel *k, uint32_t field) {
    for (uint32_t i = 0; i < k->proj->fields.n; i++)
        if (k->proj->fields.at[i] == field) return i;
    fatal("field %u is not of projection %s", field, k->proj->path);
}

Val kernel_field_base(Kernel *k, uint32_t f) {
    if (k->base[f]) return k->base[f];
    bool synapse = k->net->fields.at[f].owner == OWNER_PROJ;
    Bld b = k->at[LEVEL_ENTRY];
    if (synapse && k->piece) {                     // field after field
        Val before = LLVMBuildMul(k->at[LEVEL_ROW], k->piece_n, emit_i64(k->g, (int64_t)synapse_position(k, f)), "");
        return k->base[f] = emit_gep(k->g, k->at[LEVEL_ROW], k->real, k->piece, before);
    }
    if (synapse) return k->base[f] = emit_pointer(k->g, b, k->synapse_base, synapse_position(k, f));
    return k->base[f] = LLVMBuildLoad2(b, k->g->ptr, emit_gep(k->g, b, k->g->ptr, kernel_context(k, KERNEL_F), shape_ref(k, SHAPE_FIELD, f)), "");
}

static Val owner_index(const Kernel *k, NetOp op) { return op == N_PRE ? k->pre : op != N_POST ? k->own : k->targets ? k->targets : k->post; }

// What a field holds in memory.
static Typ field_type(const Kernel *k, uint32_t f) { return k->net->fields.at[f].elem == ELEM_TICK ? k->tick : fixed_real(k, f) ? k->g->i32 : k->real; }

static Val kernel_field_address(Kernel *k, Bld b, NetOp op, uint32_t f) {
    if (k->g->embed) return embed_address(k, b, op, f);
    Typ elem = field_type(k, f);
    Val base = kernel_field_base(k, f);
    if (op == N_POST && k->post_lo) {
        if (!k->post_base[f]) k->post_base[f] = emit_gep(k->g, k->at[k->piece ? LEVEL_ROW : LEVEL_ENTRY], elem, base, k->post_lo);
        base = k->post_base[f];
    }
    return emit_gep(k->g, b, elem, base, owner_index(k, op));
}

Node kernel_field_node(const Kernel *k, uint32_t field) {
    const Dag *d = &k->net->dag;
    for (uint32_t n = 1; n < d->at.n; n++)
        if ((d->at.at[n].op == N_FIELD || d->at.at[n].op == N_TICKFIELD) && d->at.at[n].ref == field) return n;
    return 0;
}

Typ kernel_widen(const Kernel *k, Typ elem, int level) { return level == LEVEL_ELEMENT && k->lanes > 1 ? LLVMVectorType(elem, k->lanes) : elem; }

// Lanes' targets that are not neighbours.
static Val gather(Kernel *k, Bld b, uint32_t f, Typ elem) {
    Gen *g = k->g;
    Val address = kernel_field_address(k, b, N_POST, f), ones[64];
    for (unsigned i = 0; i < k->lanes; i++) ones[i] = LLVMConstInt(g->i1, 1, false);
    Typ result = LLVMVectorType(elem, k->lanes), types[2] = {result, LLVMTypeOf(address)};
    unsigned id = LLVMLookupIntrinsicID("llvm.masked.gather", 18);
    Val args[] = {address, emit_i32(g, g->real_bytes), LLVMConstVector(ones, k->lanes), LLVMGetPoison(result)};
    return LLVMBuildCall2(b, LLVMIntrinsicGetType(g->ctx, id, types, 2), LLVMGetIntrinsicDeclaration(g->mod, id, types, 2), args, 4, "");
}

// Kernels of construction see the numbers of fixed-point fields as reals.
static Val seen(const Kernel *k, Bld b, uint32_t f, Val v) {
    return k->fixed || !fixed_real(k, f) ? v : fixed_to_real(b, v, &k->net->fixed->field[f], k->real);
}
Val kernel_load(Kernel *k, NetOp op, uint32_t f, int level) {
    if (k->g->embed) return embed_load(k, op, f, level);
    Typ elem = field_type(k, f);
    Bld b = k->at[level];
    if (op == N_POST && k->targets && level == LEVEL_ELEMENT) return seen(k, b, f, gather(k, b, f, elem));
    Val v = LLVMBuildLoad2(b, kernel_widen(k, elem, level), kernel_field_address(k, b, op, f), k->net->fields.at[f].name);
    LLVMSetAlignment(v, (unsigned)k->g->real_bytes * (k->aligned && level == LEVEL_ELEMENT ? k->lanes : 1));
    return seen(k, b, f, v);
}

NetOp kernel_target_op(const Kernel *k, uint32_t field) {
    const Field *f = &k->net->fields.at[field];
    if (!k->proj || f->owner == OWNER_PROJ) return N_FIELD;
    return k->assigns_pre ? N_PRE : N_POST;
}

Val kernel_root(Kernel *k, uint32_t field, Node n) { return k->fixed && fixed_real(k, field) ? fixed_stored(k, n, field) : node_value(k, n); }

void kernel_store(Kernel *k, NetOp op, uint32_t field, AssignMode mode, Val value) {
    Bld b = k->at[LEVEL_ELEMENT];
    bool fixed = fixed_real(k, field);
    const FixedFormat *format = fixed ? &k->net->fixed->field[field] : NULL;
    if (fixed && !k->fixed) value = fixed_clamped(k, b, fixed_from_real(k, b, value, fixed_scale(format)), format);
    Val address = kernel_field_address(k, b, op, field);
    unsigned align = (unsigned)k->g->real_bytes * (k->aligned ? k->lanes : 1);
    if (mode == MODE_ADD) {
        Val old = LLVMBuildLoad2(b, LLVMTypeOf(value), address, "");
        LLVMSetAlignment(old, align);
        if (!fixed) value = LLVMBuildFAdd(b, old, value, "");
        else if (fixed_most(format) < 1 << 30) value = fixed_added(k, b, LLVMBuildAdd(b, old, value, ""), format);
        else value = emit_call_intrinsic(k->g, b, "llvm.sadd.sat", LLVMTypeOf(value), (Val[]){old, value}, 2);
    }
    LLVMSetAlignment(LLVMBuildStore(b, value, address), align);
}
