// SPDX-License-Identifier: MIT
// Small pieces of IR that every kernel needs: constants, calls of the runtime, loops.
#include "emit.h"

Gen *emit_open(const NetProgram *program, const GenOptions *o) {
    Arena a = {0};
    Gen *g = ARENA_NEW(&a, Gen);
    g->arena = a;
    g->program = program;
    g->opt = *o;
    g->ctx = LLVMContextCreate();
    g->mod = LLVMModuleCreateWithNameInContext(program->model && program->model->file ? program->model->file : "snn", g->ctx);
    LLVMSetTarget(g->mod, o->triple);
    LLVMSetDataLayout(g->mod, o->layout);
    g->i1 = LLVMInt1TypeInContext(g->ctx);
    g->i8 = LLVMInt8TypeInContext(g->ctx);
    g->i16 = LLVMInt16TypeInContext(g->ctx);
    g->i32 = LLVMInt32TypeInContext(g->ctx);
    g->i64 = LLVMInt64TypeInContext(g->ctx);
    g->f64 = LLVMDoubleTypeInContext(g->ctx);
    g->f32 = LLVMFloatTypeInContext(g->ctx);
    g->ptr = LLVMPointerTypeInContext(g->ctx, 0);
    g->none = LLVMVoidTypeInContext(g->ctx);
    g->narrow_pointers = o->layout && strstr(o->layout, "p:32:32");
    bool wide = o->real_bits == 64;
    g->real = wide ? g->f64 : g->f32;
    g->tick = wide ? g->i64 : g->i32;
    g->real_bytes = wide ? 8 : 4;
    g->lanes = (unsigned)(o->vector_bytes > g->real_bytes ? o->vector_bytes / g->real_bytes : 1);
    return g;
}

Val emit_i64(const Gen *g, int64_t v) { return LLVMConstInt(g->i64, (unsigned long long)v, true); }
Val emit_i32(const Gen *g, int64_t v) { return LLVMConstInt(g->i32, (unsigned long long)v, true); }

static Val private_constant(Gen *g, Val init, const char *name) {
    Val v = LLVMAddGlobal(g->mod, LLVMTypeOf(init), name);
    LLVMSetInitializer(v, init);
    LLVMSetGlobalConstant(v, true);
    LLVMSetLinkage(v, LLVMPrivateLinkage);
    LLVMSetUnnamedAddress(v, LLVMGlobalUnnamedAddr);
    return v;
}

Val emit_text(Gen *g, const char *s) {
    if (!s) return LLVMConstNull(g->ptr);
    Sym name = sym(s);
    Val v = map_get(&g->strings, name);
    if (v) return v;
    v = private_constant(g, LLVMConstStringInContext2(g->ctx, s, strlen(s), false), "text");
    map_put(&g->arena, &g->strings, name, v);
    return v;
}

// The elements of a data array of the Net, once in the module.
Val emit_array(Gen *g, const NetArray *a) {
    Val v = map_get(&g->arrays, a->data);
    if (v) return v;
    v = private_constant(g, LLVMConstStringInContext2(g->ctx, (const char *)a->data, a->n * 8, true), "data");
    LLVMSetAlignment(v, 8);
    map_put(&g->arena, &g->arrays, a->data, v);
    return v;
}

Val emit_call_intrinsic(Gen *g, Bld b, const char *name, Typ overload, Val *args, unsigned n) {
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    if (!id) fatal("no intrinsic %s", name);
    Val fn = LLVMGetIntrinsicDeclaration(g->mod, id, &overload, 1);
    return LLVMBuildCall2(b, LLVMIntrinsicGetType(g->ctx, id, &overload, 1), fn, args, n, "");
}

static const struct { char result; const char *name, *params; } abi[] = {
#define ABI(result, name, params) {#result[0], #name, params},
#include "abi.def"
#undef ABI
};

static Typ abi_type(const Gen *g, char letter) {
    switch (letter) {
    case 'v': return g->none;
    case 'd': return g->f64;
    case 'i': return g->i64;
    case 'p': return g->ptr;
    }
    fatal("letter %c in abi.def", letter);
}

Typ emit_runtime_type(Gen *g, const char *name) {
    for (size_t i = 0; i < sizeof abi / sizeof *abi; i++) {
        if (strcmp(abi[i].name, name)) continue;
        Typ p[16];
        unsigned n = 0;
        for (const char *c = abi[i].params; *c; c++) p[n++] = abi_type(g, *c);
        return LLVMFunctionType(abi_type(g, abi[i].result), p, n, false);
    }
    fatal("%s is not in abi.def", name);
}

Val emit_runtime(Gen *g, const char *name) {
    const char *full = arena_printf(&g->arena, "snn__%s", name);
    Val fn = LLVMGetNamedFunction(g->mod, full);
    return fn ? fn : LLVMAddFunction(g->mod, full, emit_runtime_type(g, name));
}

Val emit_runtime_call(Gen *g, Bld b, const char *name, Val *args, unsigned n) {
    Val fn = emit_runtime(g, name);
    if (LLVMCountParams(fn) != n) fatal("%s takes %u arguments, not %u", name, LLVMCountParams(fn), n);
    return LLVMBuildCall2(b, LLVMGlobalGetValueType(fn), fn, args, n, "");
}

Val emit_gep(Gen *g, Bld b, Typ elem, Val base, Val index) {
    (void)g;
    return LLVMBuildInBoundsGEP2(b, elem, base, &index, 1, "");
}

Val emit_member(Gen *g, Bld b, Typ type, Val base, unsigned member) {
    return LLVMBuildLoad2(b, type, member ? emit_gep(g, b, g->i64, base, emit_i64(g, member)) : base, "");
}

Val emit_pointer(Gen *g, Bld b, Val table, unsigned i) {
    return LLVMBuildLoad2(b, g->ptr, i ? emit_gep(g, b, g->ptr, table, emit_i64(g, i)) : table, "");
}

static void attribute(Gen *g, Val fn, const char *key, const char *value) {
    if (!value || !*value) return;
    LLVMAddAttributeAtIndex(fn, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
        LLVMCreateStringAttribute(g->ctx, key, (unsigned)strlen(key), value, (unsigned)strlen(value)));
}

void emit_attributes(Gen *g, Val fn) {
    attribute(g, fn, "target-cpu", g->opt.cpu);
    attribute(g, fn, "target-features", g->opt.features);
    // Else LLVM halves 512-bit vectors on processors where it thinks them slow.
    attribute(g, fn, "prefer-vector-width", g->opt.vector_bytes >= 64 ? "512" : "256");
    if (!g->opt.flush) attribute(g, fn, "denormal-fp-math", "preserve-sign,preserve-sign");   // else LLVM takes our own flushing for superfluous
    attribute(g, fn, "no-trapping-math", "true");
    LLVMAddAttributeAtIndex(fn, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
        LLVMCreateEnumAttribute(g->ctx, LLVMGetEnumAttributeKindForName("nounwind", 8), 0));
}

Val emit_function(Gen *g, const char *name, Typ type) {
    Val fn = LLVMAddFunction(g->mod, name, type);
    LLVMSetLinkage(fn, LLVMInternalLinkage);
    emit_attributes(g, fn);
    return fn;
}

Block emit_block(Gen *g, Val fn, const char *name) { return LLVMAppendBasicBlockInContext(g->ctx, fn, name); }

Bld emit_builder(Gen *g, Block at) {
    Bld b = LLVMCreateBuilderInContext(g->ctx);
    LLVMPositionBuilderAtEnd(b, at);
    return b;
}

void emit_at_end(Bld b, Block at) { LLVMPositionBuilderAtEnd(b, at); }

Loop emit_loop(Gen *g, Bld outer, Bld inner, Val fn, Val from, Val to) {
    Loop l = {.head = emit_block(g, fn, "loop")};
    Block before = LLVMGetInsertBlock(outer), body = emit_block(g, fn, "body");
    l.exit = emit_block(g, fn, "end");
    LLVMPositionBuilderBefore(outer, LLVMBuildBr(outer, l.head));
    LLVMPositionBuilderAtEnd(inner, l.head);
    l.i = LLVMBuildPhi(inner, LLVMTypeOf(from), "i");
    LLVMAddIncoming(l.i, &from, &before, 1);
    LLVMBuildCondBr(inner, LLVMBuildICmp(inner, LLVMIntSLT, l.i, to, ""), body, l.exit);
    LLVMPositionBuilderAtEnd(inner, body);
    return l;
}

void emit_loop_close(Gen *g, Bld inner, Loop *l, Val step, Bld after) {
    (void)g;
    Val next = LLVMBuildNSWAdd(inner, l->i, step, "next");
    Block latch = LLVMGetInsertBlock(inner);
    LLVMBuildBr(inner, l->head);
    LLVMAddIncoming(l->i, &next, &latch, 1);
    LLVMPositionBuilderAtEnd(after, l->exit);
}
