// SPDX-License-Identifier: MIT
// Machine code in this process: the module becomes an object in memory, LLJIT places and links it; the runtime's functions are
// absolute symbols, so that the program needs no dynamic symbol table.
#include "internal.h"
#include <llvm-c/Error.h>
#include <llvm-c/LLJIT.h>
#include <llvm-c/Orc.h>
#include <stdlib.h>

struct Jit { LLVMOrcLLJITRef lljit; };

// Only the addresses matter here; the true prototypes stand beside the functions.
#define ABI(result, name, params) void snn__##name(void);
#include "abi.def"
#undef ABI
static const struct { const char *name; void (*address)(void); } runtime[] = {
#define ABI(result, name, params) {"snn__" #name, snn__##name},
#include "abi.def"
#undef ABI
};

static bool failed(Target *t, LLVMErrorRef e, const char **error) {
    if (!e) return false;
    char *text = LLVMGetErrorMessage(e);
    *error = arena_strndup(t->arena, text, strlen(text));
    LLVMDisposeErrorMessage(text);
    return true;
}

static LLVMErrorRef define_runtime(LLVMOrcLLJITRef j, LLVMOrcJITDylibRef d) {
    LLVMOrcCSymbolMapPair pair[sizeof runtime / sizeof *runtime];
    size_t n = sizeof runtime / sizeof *runtime;
    for (size_t i = 0; i < n; i++) {
        pair[i].Name = LLVMOrcLLJITMangleAndIntern(j, runtime[i].name);
        pair[i].Sym.Address = (LLVMOrcJITTargetAddress)(uintptr_t)runtime[i].address;
        pair[i].Sym.Flags = (LLVMJITSymbolFlags){LLVMJITSymbolGenericFlagsExported | LLVMJITSymbolGenericFlagsCallable, 0};
    }
    return LLVMOrcJITDylibDefine(d, LLVMOrcAbsoluteSymbols(pair, n));
}

const SnnProgram *target_jit(Target *t, GenModule *m, Jit **out, const char **error) {
    Jit *j = calloc(1, sizeof *j);
    if (!j) fatal("out of memory");
    if (failed(t, LLVMOrcCreateLLJIT(&j->lljit, NULL), error)) { free(j); return NULL; }
    *out = j;
    LLVMMemoryBufferRef object = object_memory(t, m, error);
    if (!object) return NULL;
    LLVMOrcJITDylibRef d = LLVMOrcLLJITGetMainJITDylib(j->lljit);
    LLVMOrcExecutorAddress address = 0;
    if (failed(t, define_runtime(j->lljit, d), error) || failed(t, LLVMOrcLLJITAddObjectFile(j->lljit, d, object), error) ||
        failed(t, LLVMOrcLLJITLookup(j->lljit, &address, "snn_program"), error)) return NULL;
    return (const SnnProgram *)(uintptr_t)address;
}

void target_jit_close(Jit *j) {
    if (!j) return;
    LLVMErrorRef e = j->lljit ? LLVMOrcDisposeLLJIT(j->lljit) : NULL;
    if (e) LLVMConsumeError(e);
    free(j);
}
