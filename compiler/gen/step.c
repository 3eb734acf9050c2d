// SPDX-License-Identifier: MIT
// The step of a population, vector by vector: every field that is used is loaded once, the DAG is emitted once, all new values are
// made from old ones and stored at the end. What only a spike needs (the x of `select(spike, x, y)`, the list of spikes) stands
// in a block of its own, entered when some lane spikes:
//
//   body:   V' = ..., mask = V' >= V_th;  br any(mask), cold, join
//   cold:   append lanes to out[port];  V'' = select(mask, V_r, V')
//   join:   phi(V', V'') -> store
//
// A field that nothing but a spike changes is stored in the block of the spike.
//
// Draws and functions may be computed beforehand for a stretch of neurons (stretch.c); the loop over vectors then stands in a loop over stretches.
#include "core/draw.h"
#include "debug.h"
#include "shape.h"

typedef struct Root { uint32_t field; Node hot; Node reset[16]; Val value; bool keeps; } Root;    // reset: by port, what a spike assigns, or 0; keeps: hot is the old value
enum { MAX_PORTS = 16 };

// select(spike_0, x0, select(spike_1, x1, y)): y is hot, the x are resets. Ports rise inwards, so that they nest as the blocks do.
static void root_peel(const Net *net, const NetPop *pop, const Assign *a, Root *r) {
    *r = (Root){.field = a->field, .hot = a->value};
    for (uint32_t p = 0; p < pop->spikes.n && p < MAX_PORTS; p++) {
        const DagNode *d = dag_at(&net->dag, r->hot);
        if (d->op != N_SELECT || d->a != pop->spikes.at[p].cond) continue;
        r->reset[p] = d->b;
        r->hot = d->c;
    }
    const DagNode *hot = dag_at(&net->dag, r->hot);
    r->keeps = (hot->op == N_FIELD || hot->op == N_TICKFIELD) && hot->ref == a->field && a->mode == MODE_SET;
}

// Lanes at and beyond `hi` are padding.
static Val live_lanes(Kernel *k, Bld b, Val i, Val hi) {
    Gen *g = k->g;
    Val rest = LLVMBuildSub(b, hi, i, ""), all = emit_i64(g, k->lanes == 64 ? -1 : (int64_t)((1ull << k->lanes) - 1));
    Val some = LLVMBuildSub(b, LLVMBuildShl(b, emit_i64(g, 1), rest, ""), emit_i64(g, 1), "");
    return LLVMBuildSelect(b, LLVMBuildICmp(b, LLVMIntSLT, rest, emit_i64(g, k->lanes), ""), some, all, "");
}

// for each bit: out[port][count[port]++] = i + bit
static void append_spikes(Kernel *k, Val bits, Val i, unsigned port) {
    Gen *g = k->g;
    Bld b = k->at[LEVEL_ELEMENT];
    Val list = emit_pointer(g, b, LLVMGetParam(k->fn, 3), port);
    Val counter = emit_gep(g, b, g->i64, LLVMGetParam(k->fn, 4), emit_i64(g, port)), n0 = LLVMBuildLoad2(b, g->i64, counter, "");
    Block before = LLVMGetInsertBlock(b), head = emit_block(g, k->fn, "spike.head"), each = emit_block(g, k->fn, "spike"), end = emit_block(g, k->fn, "spike.end");
    LLVMBuildBr(b, head);
    emit_at_end(b, head);
    Val rest = LLVMBuildPhi(b, g->i64, "bits"), n = LLVMBuildPhi(b, g->i64, "n");
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntNE, rest, emit_i64(g, 0), ""), each, end);
    emit_at_end(b, each);
    Val args[] = {rest, LLVMConstInt(g->i1, 1, false)};
    Val lane = emit_call_intrinsic(g, b, "llvm.cttz", g->i64, args, 2);
    Val index = LLVMBuildTrunc(b, LLVMBuildAdd(b, i, lane, ""), g->i32, "");
    LLVMBuildStore(b, index, emit_gep(g, b, g->i32, list, n));
    Val more = LLVMBuildAnd(b, rest, LLVMBuildSub(b, rest, emit_i64(g, 1), ""), ""), n1 = LLVMBuildAdd(b, n, emit_i64(g, 1), "");
    LLVMBuildBr(b, head);
    LLVMAddIncoming(rest, (Val[]){bits, more}, (Block[]){before, each}, 2);
    LLVMAddIncoming(n, (Val[]){n0, n1}, (Block[]){before, each}, 2);
    emit_at_end(b, end);
    LLVMBuildStore(b, n, counter);
}

// All bits but the sign, from memory: of a constant LLVM makes a choice between two, which costs more.
static Val flush_mask(Kernel *k, Typ bits) {
    Gen *g = k->g;
    const char *name = bits == g->i64 ? "snn.unsigned64" : "snn.unsigned32";
    Val at = LLVMGetNamedGlobal(g->mod, name);
    if (!at) {
        at = LLVMAddGlobal(g->mod, bits, name);
        LLVMSetInitializer(at, LLVMConstInt(bits, bits == g->i64 ? INT64_MAX : INT32_MAX, false));
        LLVMSetLinkage(at, LLVMInternalLinkage);
    }
    return LLVMBuildLoad2(k->at[LEVEL_ENTRY], bits, at, "");
}
// Subnormal numbers are zero by definition. Where no mode of the processor sees to that, a state that becomes subnormal is flushed as soon as it is known (conditions see it too), with its
// sign; NaN passes. In whole numbers, so that it stays at four operations: size = v & m, v & ~((size < smallest) & m), m all bits but the sign.
static Val flushed(Kernel *k, Val v) {
    Gen *g = k->g;
    Bld b = k->at[LEVEL_ELEMENT];
    Typ type = LLVMTypeOf(v), elem = LLVMGetTypeKind(type) == LLVMVectorTypeKind ? LLVMGetElementType(type) : type;
    if (!g->opt.flush || elem != k->real || LLVMIsConstant(v)) return v;
    if (g->embed) {                                      // one by one, RISC-V: an instruction tells the class
        Val small = emit_call_intrinsic(g, b, "llvm.is.fpclass", type, (Val[]){v, emit_i32(g, 0x90)}, 2);
        return LLVMBuildSelect(b, small, emit_call_intrinsic(g, b, "llvm.copysign", type, (Val[]){LLVMConstNull(type), v}, 2), v, "");
    }
    bool wide = elem == g->f64;
    Typ bits = wide ? g->i64 : g->i32, word = type == elem ? bits : LLVMVectorType(bits, k->lanes);
    Val smallest = kernel_splat(k, b, LLVMConstReal(elem, wide ? 0x1p-1022 : 0x1p-126)), m = kernel_splat(k, type == elem ? b : k->at[LEVEL_ENTRY], flush_mask(k, bits));
    Val whole = LLVMBuildBitCast(b, v, word, ""), size = LLVMBuildBitCast(b, LLVMBuildAnd(b, whole, m, ""), type, "");
    Val small = LLVMBuildSExt(b, LLVMBuildFCmp(b, LLVMRealOLT, size, smallest, ""), word, "");
    return LLVMBuildBitCast(b, LLVMBuildAnd(b, whole, LLVMBuildNot(b, LLVMBuildAnd(b, small, m, ""), ""), ""), type, "");
}

Val step_root(Kernel *k, uint32_t field, Node n) {
    Val v = kernel_root(k, field, n);
    if (!k->g->opt.flush || k->fixed || k->net->fields.at[field].elem != ELEM_REAL) return v;
    v = flushed(k, v);
    if (k->element[n]) k->element[n] = v;
    return v;
}

static void port_emit(Kernel *k, const Body *body, Root *root, uint32_t n, Val mask, unsigned port) {
    Gen *g = k->g;
    Bld b = k->at[LEVEL_ELEMENT];
    Typ lanes = LLVMIntTypeInContext(g->ctx, k->lanes);
    Val bits = LLVMBuildZExt(b, k->lanes > 1 ? LLVMBuildBitCast(b, mask, lanes, "") : mask, g->i64, "");
    Block hot = LLVMGetInsertBlock(b), cold = emit_block(g, k->fn, "cold"), join = emit_block(g, k->fn, "join");
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntNE, bits, emit_i64(g, 0), ""), cold, join);
    emit_at_end(b, cold);
    uint32_t mark = kernel_mark(k);
    append_spikes(k, LLVMBuildAnd(b, bits, live_lanes(k, b, k->own, LLVMGetParam(k->fn, 2)), ""), k->own, port);
    Val *reset = ARENA_ARRAY(&g->arena, Val, n);
    for (uint32_t i = 0; i < n; i++) {
        if (!root[i].reset[port]) continue;
        debug_at(k, debug_reset(body, port, &k->net->fields.at[root[i].field]));
        reset[i] = LLVMBuildSelect(b, mask, step_root(k, root[i].field, root[i].reset[port]), root[i].value, "");
    }
    for (uint32_t i = 0; i < n; i++)
        if (reset[i] && root[i].keeps) kernel_store(k, N_FIELD, root[i].field, MODE_SET, reset[i]);
    kernel_release(k, mark);
    Block from = LLVMGetInsertBlock(b);
    LLVMBuildBr(b, join);
    emit_at_end(b, join);
    for (uint32_t i = 0; i < n; i++) {
        if (!reset[i]) continue;
        Val phi = LLVMBuildPhi(b, LLVMTypeOf(reset[i]), "");
        LLVMAddIncoming(phi, (Val[]){root[i].value, reset[i]}, (Block[]){hot, from}, 2);
        root[i].value = phi;
    }
}

// An old value that the step must keep across its own stores is loaded before them: loads stand in the body, stores at the end.
static void body_emit(Kernel *k, const NetPop *pop) {
    uint32_t n = pop->step.n, ports = pop->spikes.n;
    if (ports > MAX_PORTS) fatal("%s has more than %d spike ports", pop->path, MAX_PORTS);
    Root *root = ARENA_ARRAY(&k->g->arena, Root, n + 1);
    Val mask[MAX_PORTS];
    Span here = pop->model ? pop->model->body->span : (Span){0};
    for (uint32_t i = 0; i < n; i++) {
        root_peel(k->net, pop, &pop->step.at[i], &root[i]);
        debug_at(k, debug_equation(&k->net->fields.at[root[i].field], here));
        root[i].value = step_root(k, root[i].field, root[i].hot);
    }
    const Body *body = pop->model ? pop->model->body : NULL;
    for (uint32_t p = 0; p < ports; p++) {
        if (body && p < body->spikes.n) debug_at(k, body->spikes.at[p].span);
        mask[p] = node_value(k, pop->spikes.at[p].cond);
    }
    for (uint32_t p = ports; p-- > 0;) port_emit(k, body, root, n, mask[p], p);
    for (uint32_t i = 0; i < n; i++) {
        if (root[i].keeps) continue;
        debug_at(k, debug_equation(&k->net->fields.at[root[i].field], here));
        kernel_store(k, N_FIELD, root[i].field, pop->step.at[i].mode, root[i].value);
    }
}

static void vectors(Kernel *k, const NetPop *pop, Bld outer, Val lo, Val hi) {
    Bld b = k->at[LEVEL_ELEMENT];
    Loop l = emit_loop(k->g, outer, b, k->fn, lo, hi);
    k->own = l.i;
    body_emit(k, pop);
    emit_loop_close(k->g, b, &l, emit_i64(k->g, k->lanes), b);
}

// A processor foresees one walk through memory, not one that stops at each stretch to draw: the fields of the next stretch are asked for, and arrive meanwhile.
static void ask_next(Kernel *k, Bld b, Val next) {
    Gen *g = k->g;
    for (uint32_t f = 0; f < k->net->fields.n; f++) {
        if (!k->base[f] || k->net->fields.at[f].owner != OWNER_POP) continue;
        Val first = LLVMBuildGEP2(b, k->real, k->base[f], &next, 1, "");       // beyond the end at last
        for (int at = 0; at < STRETCH * g->real_bytes; at += 64) {
            Val offset = emit_i64(g, at), args[] = {LLVMBuildGEP2(b, g->i8, first, &offset, 1, ""), emit_i32(g, 0), emit_i32(g, 3), emit_i32(g, 1)};
            emit_call_intrinsic(g, b, "llvm.prefetch", g->ptr, args, 4);
        }
    }
}

static void stretches(Kernel *k, const NetPop *pop) {
    Gen *g = k->g;
    Val lo = LLVMGetParam(k->fn, 1), hi = LLVMGetParam(k->fn, 2);
    Bld b = k->at[LEVEL_ROW];
    Loop l = emit_loop(g, k->at[LEVEL_ENTRY], b, k->fn, LLVMBuildAnd(k->at[LEVEL_ENTRY], lo, emit_i64(g, -VM_AHEAD), ""), hi);
    Val end = LLVMBuildAdd(b, l.i, emit_i64(g, STRETCH), "");
    Val from = LLVMBuildSelect(b, LLVMBuildICmp(b, LLVMIntSLT, l.i, lo, ""), lo, l.i, "");
    Val to = LLVMBuildSelect(b, LLVMBuildICmp(b, LLVMIntSLT, hi, end, ""), hi, end, "");
    k->stretch->first = l.i;
    k->stretch->n = LLVMBuildSub(b, to, l.i, "");
    Block work = emit_block(g, k->fn, "stretch");
    LLVMPositionBuilderBefore(b, LLVMBuildBr(b, work));      // draws are still to come there
    emit_at_end(k->at[LEVEL_ELEMENT], work);
    stretch_functions(k, from, to);
    vectors(k, pop, k->at[LEVEL_ELEMENT], from, to);
    if (k->stretch->draws) ask_next(k, b, end);
    emit_loop_close(g, k->at[LEVEL_ELEMENT], &l, emit_i64(g, STRETCH), k->at[LEVEL_ELEMENT]);
}

// What every neuron computes; what only a spike needs is left out.
static bool plan(Kernel *k, const NetPop *pop) {
    uint32_t n = 0;
    Node *root = ARENA_ARRAY(&k->g->arena, Node, pop->step.n + pop->spikes.n);
    for (uint32_t i = 0; i < pop->step.n; i++) {
        Root r;
        root_peel(k->net, pop, &pop->step.at[i], &r);
        root[n++] = r.hot;
    }
    for (uint32_t i = 0; i < pop->spikes.n; i++) root[n++] = pop->spikes.at[i].cond;
    return stretch_plan(k, root, n);
}

static const char *step_name(Gen *g, const Net *net, const NetPop *pop) { return arena_printf(&g->arena, "%s.%s.step", net->name, pop->path); }

static Val kernel_emit(Gen *g, const Net *net, const void *subject, const ShapeRefs *refs) {
    const NetPop *pop = subject;
    Kernel k;
    Typ params[6] = {g->ptr, g->i64, g->i64, g->ptr, g->ptr};
    const char *name = step_name(g, net, pop);
    kernel_open(&k, g, net, refs ? arena_printf(&g->arena, "%s.body", name) : name, shape_type(g, params, 5, refs));
    k.refs = refs;
    if (pop->model) debug_function(&k, pop->model->body->span);
    k.lanes = g->lanes;
    k.aligned = true;
    k.fixed = net->fixed;
    if (!k.fixed && plan(&k, pop)) stretches(&k, pop);
    else vectors(&k, pop, k.at[LEVEL_ENTRY], LLVMGetParam(k.fn, 1), LLVMGetParam(k.fn, 2));
    LLVMBuildRetVoid(k.at[LEVEL_ELEMENT]);
    kernel_close(&k);
    return k.fn;
}

Val step_emit(Gen *g, const Net *net, const NetPop *pop) {
    ShapeRefs s;
    shape_begin(&s, g, net, NULL, "step");
    shape_program(&s, &pop->step);
    for (uint32_t i = 0; i < pop->spikes.n; i++) { sb_puts(&s.key, "when"); shape_root(&s, pop->spikes.at[i].cond); }
    return shape_finish(&s, step_name(g, net, pop), kernel_emit, pop);
}
