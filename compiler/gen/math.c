// SPDX-License-Identifier: MIT
// Transcendental functions and draws. Their bodies come from the embedded bitcode runtime/core/vmath.bc.c, whose head lists
// them; functions are named snn__<function>_<type>, type f64, f32, v8f64, ... The bitcode module is opened at the first use, read lazily, and only what is used
// is linked (functions become linkonce first, which the linker takes on demand).
#include "shape.h"
#include "support/embed.h"
#include <llvm-c/BitReader.h>
#include <llvm-c/Linker.h>

static LLVMModuleRef math_module(Gen *g) {
    if (g->math_tried) return g->math;
    g->math_tried = true;
    const EmbeddedFile *f = embedded_find("core/vmath.bc");
    if (!f) return NULL;
    LLVMMemoryBufferRef buffer = LLVMCreateMemoryBufferWithMemoryRange((const char *)f->data, f->size, "vmath.bc", false);
    if (LLVMGetBitcodeModuleInContext2(g->ctx, buffer, &g->math)) fatal("the embedded vmath.bc cannot be read");
    return g->math;
}

// Declaration in our module of a function of the bitcode, or NULL when it has none of that name.
Val math_function(Gen *g, const char *name) {
    Val fn = LLVMGetNamedFunction(g->mod, name);
    if (fn) return fn;
    LLVMModuleRef m = math_module(g);
    Val theirs = m ? LLVMGetNamedFunction(m, name) : NULL;
    if (!theirs) return NULL;
    fn = LLVMAddFunction(g->mod, name, LLVMGlobalGetValueType(theirs));
    LLVMSetFunctionCallConv(fn, LLVMGetFunctionCallConv(theirs));
    for (unsigned i = 0; i <= LLVMCountParams(theirs); i++) {
        LLVMAttributeRef attrs[32];
        unsigned n = LLVMGetAttributeCountAtIndex(theirs, i);
        if (n > 32) fatal("%s has too many attributes", name);
        LLVMGetAttributesAtIndex(theirs, i, attrs);
        for (unsigned j = 0; j < n; j++) LLVMAddAttributeAtIndex(fn, i, attrs[j]);
    }
    return fn;
}

const char *math_function_name(Kernel *k, const char *text, unsigned lanes) {
    Gen *g = k->g;
    int bits = k->real == g->f64 ? 64 : 32;
    const char *vector = lanes > 1 ? arena_printf(&g->arena, "v%u", lanes) : "";
    return arena_printf(&g->arena, "snn__%s_%sf%d%s", text, vector, bits, g->opt.plain ? "_plain" : "");
}

// clang passes vectors wider than its baseline's registers through memory; inlining removes the detour.
// Short integer vectors it passes as a double.
static Val as_parameter(Kernel *k, Bld b, Val v, Typ param) {
    if (LLVMGetTypeKind(param) != LLVMPointerTypeKind) return LLVMBuildBitCast(b, v, param, "");
    Val slot = LLVMBuildAlloca(k->at[LEVEL_ENTRY], LLVMTypeOf(v), "");
    LLVMBuildStore(b, v, slot);
    return slot;
}

static Val call(Kernel *k, Bld b, Val fn, Val *args, unsigned n, Typ result) {
    Typ type = LLVMGlobalGetValueType(fn), params[16];
    Val actual[16];
    LLVMGetParamTypes(type, params);
    unsigned m = 0;
    bool returned = LLVMGetReturnType(type) == result;
    Val out = NULL;
    if (!returned) actual[m++] = out = LLVMBuildAlloca(k->at[LEVEL_ENTRY], result, "");
    for (unsigned i = 0; i < n; i++, m++) actual[m] = LLVMTypeOf(args[i]) == params[m] ? args[i] : as_parameter(k, b, args[i], params[m]);
    if (m != LLVMCountParamTypes(type)) fatal("%s takes %u arguments", LLVMGetValueName(fn), LLVMCountParamTypes(type));
    Val v = LLVMBuildCall2(b, type, fn, actual, m, "");
    LLVMSetInstructionCallConv(v, LLVMGetFunctionCallConv(fn));
    return returned ? v : LLVMBuildLoad2(b, result, out, "");
}

static Val lane(Kernel *k, Bld b, Val v, unsigned i) {
    return LLVMGetTypeKind(LLVMTypeOf(v)) == LLVMVectorTypeKind ? LLVMBuildExtractElement(b, v, emit_i64(k->g, i), "") : v;
}

Val math_call(Kernel *k, Bld b, NetOp op, Val *args, unsigned n, unsigned lanes) {
    Gen *g = k->g;
    Typ result = LLVMTypeOf(args[0]);
    const char *text = dag_op_text(op);
    Val fn = math_function(g, math_function_name(k, text, lanes));
    if (fn) return call(k, b, fn, args, n, result);
    fn = math_function(g, math_function_name(k, text, 1));
    if (!fn) fatal("the runtime's bitcode has no %s", text);
    Val out = LLVMGetPoison(result);
    for (unsigned i = 0; i < lanes; i++) {
        Val a[3];
        for (unsigned j = 0; j < n; j++) a[j] = lane(k, b, args[j], i);
        Val v = call(k, b, fn, a, n, k->real);
        out = lanes > 1 ? LLVMBuildInsertElement(b, out, v, emit_i64(g, i), "") : v;
    }
    return out;
}

void math_finish(Gen *g) {
    if (!g->math) return;
    for (Val f = LLVMGetFirstFunction(g->math); f; f = LLVMGetNextFunction(f))
        if (!LLVMIsDeclaration(f)) LLVMSetLinkage(f, LLVMLinkOnceODRLinkage);
    LLVMSetTarget(g->math, g->opt.triple);
    LLVMSetDataLayout(g->math, g->opt.layout);
    if (LLVMLinkModules2(g->mod, g->math)) fatal("the embedded vmath.bc cannot be linked");
    g->math = NULL;
    static const char *const drop[] = {"target-cpu", "target-features", "tune-cpu", "min-legal-vector-width", "stack-protector-buffer-size"};
    for (Val f = LLVMGetFirstFunction(g->mod); f; f = LLVMGetNextFunction(f)) {
        if (LLVMIsDeclaration(f) || strncmp(LLVMGetValueName(f), "snn__", 5)) continue;
        for (size_t i = 0; i < sizeof drop / sizeof *drop; i++)
            LLVMRemoveStringAttributeAtIndex(f, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, drop[i], (unsigned)strlen(drop[i]));
        emit_attributes(g, f);
        LLVMSetLinkage(f, LLVMInternalLinkage);
        // Vector functions vanish into their callers; the scalar ones serve set-up and rare paths and stay one copy each, as do those
        // that work on arrays (stretch.c).
        const char *name = LLVMGetValueName(f);
        bool vector = strstr(name, "_v") && !strstr(name, "_ahead_") && !strstr(name, "_many_");
        if (vector) LLVMAddAttributeAtIndex(f, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, LLVMCreateEnumAttribute(g->ctx, LLVMGetEnumAttributeKindForName("alwaysinline", 12), 0));
    }
}

// ---- draws -------------------------------------------------------------------------------------------------------------------

// A counter word: i32 for each lane.
static Val word(Kernel *k, Bld b, Val index, bool each_lane) {
    Gen *g = k->g;
    if (!index) index = emit_i64(g, 0);
    if (each_lane && k->lanes > 1) return LLVMBuildIntCast2(b, kernel_index(k, b, index), LLVMVectorType(g->i32, k->lanes), false, "");
    return kernel_splat(k, b, LLVMBuildIntCast2(b, index, g->i32, false, ""));
}

Val math_when(Kernel *k) {
    return k->at_construction ? emit_i64(k->g, 0) : LLVMBuildAdd(k->at[LEVEL_ENTRY], kernel_context(k, KERNEL_STEP), emit_i64(k->g, 1), "when");
}

// seed, c0, c1, copy, when: what the counter of a draw is made of (docs/internals.md).
static void counter(Kernel *k, Bld b, Val out[5]) {
    Gen *g = k->g;
    bool pair = k->proj && k->pre != k->post;
    Val copy = k->copy ? LLVMBuildZExt(b, k->copy, kernel_widen(k, g->i64, LEVEL_ELEMENT), "") : NULL;
    out[0] = kernel_context(k, KERNEL_SEED);
    out[1] = word(k, b, pair ? kernel_post(k, b) : k->own, true);
    out[2] = word(k, b, pair ? k->pre : NULL, false);
    out[3] = word(k, b, copy, copy != NULL);
    out[4] = math_when(k);
}

// Distributions with rejection: one lane at a time by the runtime.
static Val draw_by_runtime(Kernel *k, Bld b, const DagNode *d, Val c[5], Val *args, unsigned nargs) {
    Gen *g = k->g;
    const char *name = arena_printf(&g->arena, "draw_%s", dag_op_text((NetOp)d->op));
    Val out = LLVMGetPoison(kernel_widen(k, k->real, LEVEL_ELEMENT));
    for (unsigned i = 0; i < k->lanes; i++) {
        Val a[9] = {c[0], NULL, NULL, NULL, c[4], shape_ref(k, SHAPE_STREAM, d->ref)};
        for (int j = 1; j <= 3; j++) a[j] = LLVMBuildZExt(b, lane(k, b, c[j], i), g->i64, "");
        for (unsigned j = 0; j < nargs; j++) {
            Val x = lane(k, b, args[j], i);
            a[6 + j] = k->real == g->f64 ? x : LLVMBuildFPExt(b, x, g->f64, "");
        }
        Val v = emit_runtime_call(g, b, name, a, 6 + nargs);
        if (k->real != g->f64) v = LLVMBuildFPTrunc(b, v, k->real, "");
        out = k->lanes > 1 ? LLVMBuildInsertElement(b, out, v, emit_i64(g, i), "") : v;
    }
    return out;
}

Val math_draw(Kernel *k, Bld b, const DagNode *d, Val *args, unsigned nargs) {
    Gen *g = k->g;
    Val a[8];
    counter(k, b, a);
    if (d->op == N_GAMMA || d->op == N_BINOMIAL) return draw_by_runtime(k, b, d, a, args, nargs);
    a[5] = LLVMBuildTrunc(k->at[LEVEL_ENTRY], shape_ref(k, SHAPE_STREAM, d->ref), g->i32, "");
    for (unsigned i = 0; i < nargs; i++) a[6 + i] = args[i];
    Val fn = math_function(g, math_function_name(k, dag_op_text((NetOp)d->op), k->lanes));
    if (!fn) fatal("the runtime's bitcode has no draw %s", dag_op_text((NetOp)d->op));
    return call(k, b, fn, a, 6 + nargs, kernel_widen(k, k->real, LEVEL_ELEMENT));
}
