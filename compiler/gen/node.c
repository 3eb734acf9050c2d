// SPDX-License-Identifier: MIT
// Emits the operators of ops.def. Example: with E level 0 and V a field,
//   V*E + (1 - E)    becomes    entry:  E, 1 - E, their broadcasts    body:  load V, fma or fmul and fadd
#include "embed_internal.h"
#include "fixed.h"
#include "shape.h"

static Val unary(Kernel *k, Bld b, const char *intrinsic, Val x) { return emit_call_intrinsic(k->g, b, intrinsic, LLVMTypeOf(x), &x, 1); }

static Val real_constant(const Kernel *k, double v) { return LLVMConstReal(k->real, v); }

static Val to_real(Kernel *k, Bld b, Val wide) { return k->real == k->g->f32 ? LLVMBuildFPTrunc(b, wide, k->real, "") : wide; }

// b < a ? b : a and its mirror: one instruction on every host, and a NaN in a passes through.
static Val minimum(Bld b, LLVMRealPredicate p, Val x, Val y) { return LLVMBuildSelect(b, LLVMBuildFCmp(b, p, y, x, ""), y, x, ""); }

Val node_index(Kernel *k, Bld b, const DagNode *d, int level) {
    Val index = d->op == N_INDEX ? k->own : d->op == N_PRE_INDEX ? k->pre : kernel_post(k, b);
    Val v = level == LEVEL_ELEMENT ? kernel_index(k, b, index) : index;
    return LLVMBuildIntCast2(b, v, kernel_widen(k, k->g->i32, level), true, "");      // numbers of neurons fit 31 bits
}

static Val constant_slot(Kernel *k, Bld b, uint32_t slot) {
    Gen *g = k->g;
    if (g->embed) return embed_constant(k, b, slot);
    if (k->is_setup && k->k_value[slot]) return k->k_value[slot];
    Val table = k->is_setup ? LLVMGetParam(k->fn, 0) : kernel_context(k, KERNEL_K);
    Val v = to_real(k, b, LLVMBuildLoad2(b, g->f64, emit_gep(g, b, g->f64, table, shape_ref(k, SHAPE_K, slot)), ""));
    if (k->is_setup) k->k_value[slot] = v;
    return v;
}

static Val leaf(Kernel *k, Bld b, const DagNode *d, int level) {
    switch ((NetOp)d->op) {
    case N_CONST: return real_constant(k, d->num);
    case N_K: return constant_slot(k, b, d->ref);
    case N_LOCAL: return to_real(k, b, emit_member(k->g, b, k->g->f64, k->frame, d->ref));
    case N_FIELD: case N_PRE: case N_POST: case N_TICKFIELD:
        return kernel_load(k, d->op == N_TICKFIELD ? N_FIELD : (NetOp)d->op, d->ref, level);
    case N_STEP: return LLVMBuildTrunc(b, kernel_context(k, KERNEL_STEP), k->tick, "step");
    case N_T: return to_real(k, b, kernel_context(k, KERNEL_T));
    case N_INDEX: case N_PRE_INDEX: case N_POST_INDEX: return LLVMBuildSIToFP(b, node_index(k, b, d, level), kernel_widen(k, k->real, level), "");
    case N_BTRUE: return LLVMConstInt(k->g->i1, 1, false);
    case N_TOTAL: return k->total[d->ref];
    default: fatal("operator %s is no leaf", dag_op_text((NetOp)d->op));
    }
}

// Real to tick: to nearest, ties to even; out of range becomes the nearest tick (an infinite time never comes).
static Val tick_of(Kernel *k, Bld b, Val x, int level) {
    Val r = unary(k, b, "llvm.roundeven", x);
    Typ types[2] = {kernel_widen(k, k->tick, level), LLVMTypeOf(x)};
    unsigned id = LLVMLookupIntrinsicID("llvm.fptosi.sat", 15);
    Val fn = LLVMGetIntrinsicDeclaration(k->g->mod, id, types, 2);
    return LLVMBuildCall2(b, LLVMIntrinsicGetType(k->g->ctx, id, types, 2), fn, &r, 1, "");
}

// x within 0..last; a NaN becomes 0, since the comparison is false.
static Val clamp_index(Bld b, Val x, Val last) {
    Val zero = LLVMConstReal(LLVMTypeOf(x), 0);
    return minimum(b, LLVMRealOLT, LLVMBuildSelect(b, LLVMBuildFCmp(b, LLVMRealOGT, x, zero, ""), x, zero, ""), last);
}

// An array of the experiment: a handle in the frame, read by the runtime (which needs no experiment for an index that exists).
static Val lookup_local(Kernel *k, Bld b, uint32_t slot, Val x) {
    Gen *g = k->g;
    Val nobody = LLVMConstNull(g->ptr), array = emit_member(g, b, g->ptr, k->frame, slot);
    Val n = emit_runtime_call(g, b, "x_length", (Val[]){nobody, array}, 2);
    Val last = LLVMBuildFSub(b, LLVMBuildSIToFP(b, n, LLVMTypeOf(x), ""), LLVMConstReal(LLVMTypeOf(x), 1), "");
    Val i = LLVMBuildFPToSI(b, clamp_index(b, x, last), g->i64, "");
    return to_real(k, b, emit_runtime_call(g, b, "x_at", (Val[]){nobody, array, i}, 3));
}

static Val lookup(Kernel *k, Bld b, uint32_t array, Val x, int level) {
    Gen *g = k->g;
    Typ scalar = level == LEVEL_ELEMENT && k->lanes > 1 ? LLVMGetElementType(LLVMTypeOf(x)) : LLVMTypeOf(x);
    unsigned lanes = scalar == LLVMTypeOf(x) ? 1 : k->lanes;
    if (array & ARRAY_LOCAL) return lookup_local(k, b, array & ~(uint32_t)ARRAY_LOCAL, x);
    double last = (double)k->net->arrays.at[array].n - 1;
    Val data, out = LLVMGetPoison(LLVMTypeOf(x));
    if (k->is_setup || g->embed) data = emit_array(g, &k->net->arrays.at[array]);      // setup has no context to find the table in
    else data = emit_pointer(g, k->at[LEVEL_ENTRY], kernel_context(k, KERNEL_A), array);
    for (unsigned i = 0; i < lanes; i++) {
        Val at = lanes > 1 ? LLVMBuildExtractElement(b, x, emit_i64(g, i), "") : x;
        at = clamp_index(b, at, LLVMConstReal(scalar, last));
        Val v = to_real(k, b, LLVMBuildLoad2(b, g->f64, emit_gep(g, b, g->f64, data, LLVMBuildFPToSI(b, at, g->embed ? g->i32 : g->i64, "")), ""));
        out = lanes > 1 ? LLVMBuildInsertElement(b, out, v, emit_i64(g, i), "") : v;
    }
    return out;
}

static Val fused(Kernel *k, Bld b, Val *a) {
    if (k->g->opt.plain) return LLVMBuildFAdd(b, LLVMBuildFMul(b, a[0], a[1], ""), a[2], "");
    return emit_call_intrinsic(k->g, b, "llvm.fma", LLVMTypeOf(a[0]), a, 3);
}

Val node_operator(Kernel *k, Bld b, Node n, Val *a, int level) {
    const DagNode *d = dag_at(&k->net->dag, n);
    switch ((NetOp)d->op) {
    case N_TICK: return tick_of(k, b, a[0], level);
    case N_TICK_ADD: return LLVMBuildAdd(b, a[0], a[1], "");
    case N_TICK_REAL: return LLVMBuildSIToFP(b, a[0], kernel_widen(k, k->real, level), "");
    case N_TICK_LT: return LLVMBuildICmp(b, LLVMIntSLT, a[0], a[1], "");
    case N_TICK_EQ: return LLVMBuildICmp(b, LLVMIntEQ, a[0], a[1], "");
    case N_NEG: return LLVMBuildFNeg(b, a[0], "");
    case N_ADD: return LLVMBuildFAdd(b, a[0], a[1], "");
    case N_SUB: return LLVMBuildFSub(b, a[0], a[1], "");
    case N_MUL: return LLVMBuildFMul(b, a[0], a[1], "");
    case N_DIV: return LLVMBuildFDiv(b, a[0], a[1], "");
    case N_FMA: return fused(k, b, a);
    case N_MIN: return minimum(b, LLVMRealOLT, a[0], a[1]);
    case N_MAX: return minimum(b, LLVMRealOGT, a[0], a[1]);
    case N_ABS: return unary(k, b, "llvm.fabs", a[0]);
    case N_SQRT: return unary(k, b, "llvm.sqrt", a[0]);
    case N_FLOOR: return unary(k, b, "llvm.floor", a[0]);
    case N_CEIL: return unary(k, b, "llvm.ceil", a[0]);
    case N_ROUND: return unary(k, b, "llvm.round", a[0]);
    case N_LT: return LLVMBuildFCmp(b, LLVMRealOLT, a[0], a[1], "");
    case N_LE: return LLVMBuildFCmp(b, LLVMRealOLE, a[0], a[1], "");
    case N_EQ: return LLVMBuildFCmp(b, LLVMRealOEQ, a[0], a[1], "");
    case N_NE: return LLVMBuildFCmp(b, LLVMRealUNE, a[0], a[1], "");
    case N_AND: return LLVMBuildAnd(b, a[0], a[1], "");
    case N_OR: return LLVMBuildOr(b, a[0], a[1], "");
    case N_NOT: return LLVMBuildNot(b, a[0], "");
    case N_SELECT: return LLVMBuildSelect(b, a[0], a[1], a[2], "");
    case N_B2R: {
        Typ type = kernel_widen(k, k->real, level);
        return LLVMBuildUIToFP(b, a[0], type, "");
    }
    case N_LOOKUP: return lookup(k, b, d->ref, a[0], level);
    case N_EXP: case N_EXPM1: case N_EXPREL: case N_EXPRELINV: case N_LOG: case N_LOG1P: case N_SIN: case N_COS: case N_TAN: case N_TANH:
    case N_ATAN: case N_ATAN2: case N_POW:
        return math_call(k, b, (NetOp)d->op, a, d->arity, level == LEVEL_ELEMENT ? k->lanes : 1);
    default: return math_draw(k, b, d, a, d->arity);
    }
}

static Val real_emit(Kernel *k, Bld b, Node n, int level) {
    const DagNode *d = dag_at(&k->net->dag, n);
    const Node kid[3] = {d->a, d->b, d->c};
    Val a[3];
    if (d->arity == 0 && !(d->op >= N_UNIFORM && d->op <= N_TRUNCNORMAL)) return leaf(k, b, d, level);
    for (int i = 0; i < d->arity; i++) a[i] = level == LEVEL_ELEMENT ? node_value(k, kid[i]) : node_own(k, kid[i]);
    return node_operator(k, b, n, a, level);
}

Val node_own(Kernel *k, Node n) {
    int level = kernel_level(k, n);
    Val *slot = level == LEVEL_ELEMENT ? &k->element[n] : &k->scalar[n];
    if (*slot) return *slot;
    Bld b = k->at[level];
    *slot = level == LEVEL_ELEMENT && !k->fixed ? stretch_value(k, b, n) : NULL;
    if (!*slot && k->fixed && !fixed_uniform(k, n)) *slot = fixed_emit(k, b, n, level);
    if (!*slot) {
        Typ real = k->real;
        if (k->fixed) k->real = k->g->f64;           // what is uniform is worked out as construction does
        *slot = real_emit(k, b, n, level);
        k->real = real;
    }
    if (level == LEVEL_ELEMENT) vec_push(&k->g->arena, &k->trail, n);
    return *slot;
}

Val node_value(Kernel *k, Node n) {
    if (k->element[n]) return k->element[n];
    Val v = node_own(k, n);
    int level = kernel_level(k, n);
    return level == LEVEL_ELEMENT ? v : (k->element[n] = kernel_splat(k, k->at[level], v));
}
