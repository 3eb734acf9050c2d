// SPDX-License-Identifier: MIT
// The module from end to end: tables (which emit the kernels they point to), then the bitcode that those kernels use.
#include "debug.h"
#include "shape.h"
#include <llvm-c/Analysis.h>
#include <stdlib.h>

struct GenModule { Gen *g; };

GenModule *gen_close(Gen *g) {
    char *message = NULL;
    if (LLVMVerifyModule(g->mod, LLVMReturnStatusAction, &message)) {
        if (getenv("SNNC_SHOW_BROKEN_IR")) LLVMDumpModule(g->mod);
        fatal("the generated code is not well formed:\n%s", message);
    }
    LLVMDisposeMessage(message);
    GenModule *m = ARENA_NEW(&g->arena, GenModule);
    m->g = g;
    return m;
}

GenModule *gen_module(const NetProgram *program, const GenOptions *options) {
    Gen *g = emit_open(program, options);
    debug_open(g);
    tables_emit(g);
    debug_finish(g);
    shape_close(g);
    math_finish(g);
    return gen_close(g);
}

char *gen_text(const GenModule *m) { return LLVMPrintModuleToString(m->g->mod); }
void gen_text_free(char *text) { LLVMDisposeMessage(text); }
void *gen_llvm(const GenModule *m) { return m->g->mod; }

void gen_free(GenModule *m) {
    Gen *g = m->g;
    LLVMDisposeModule(g->mod);
    LLVMContextDispose(g->ctx);
    Arena a = g->arena;              // the Gen itself lives in it
    arena_free(&a);
}

// int main(int argc, char **argv) { return snn_main(argc, argv, &snn_program); }
void gen_add_main(GenModule *m) {
    Gen *g = m->g;
    Typ params[] = {g->i32, g->ptr, g->ptr}, type = LLVMFunctionType(g->i32, params, 3, false);
    Val callee = LLVMAddFunction(g->mod, "snn_main", type);
    Val fn = LLVMAddFunction(g->mod, "main", LLVMFunctionType(g->i32, params, 2, false));
    Bld b = emit_builder(g, emit_block(g, fn, "entry"));
    Val args[] = {LLVMGetParam(fn, 0), LLVMGetParam(fn, 1), LLVMGetNamedGlobal(g->mod, "snn_program")};
    LLVMBuildRet(b, LLVMBuildCall2(b, type, callee, args, 3, ""));
    LLVMDisposeBuilder(b);
}
