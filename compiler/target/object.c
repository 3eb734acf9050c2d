// SPDX-License-Identifier: MIT
// From a module to optimised machine code: in memory, or as an object, assembly or LLVM text in a file.
#include "internal.h"
#include <llvm-c/Error.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *object_copy_message(Arena *a, char *message) {
    const char *copy = message ? arena_strndup(a, message, strlen(message)) : "unknown error";
    if (message) gen_text_free(message);
    return copy;
}

// The generator hoists, shares and vectorises itself. What is left: inlining of the vector functions, promotion of the memory
// they pass vectors through, peephole work, and hoisting what was inlined (the exponential of a uniform mean). The other loop passes of
// default<O3> change nothing here and take most of its time.
static const char passes[] = "always-inline,globaldce,function(sroa,early-cse<memssa>,instcombine<no-verify-fixpoint>,early-cse,simplifycfg,loop-mssa(licm))";

// Small machines are in no hurry here, and registers are few: the loop passes pay.
static const char embedded_passes[] = "default<O2>";

void target_optimise(Target *t, GenModule *m) {
    const char *other = getenv("SNNC_PASSES");
    LLVMPassBuilderOptionsRef o = LLVMCreatePassBuilderOptions();
    LLVMErrorRef e = LLVMRunPasses(gen_llvm(m), other ? other : t->kind->embedded ? embedded_passes : passes, t->machine, o);
    LLVMDisposePassBuilderOptions(o);
    if (e) fatal("optimising: %s", LLVMGetErrorMessage(e));
    if (t->kind == &target_wasm32) wasm32_constants(gen_llvm(m), t->arena);
}

LLVMMemoryBufferRef object_memory(Target *t, GenModule *m, const char **error) {
    LLVMMemoryBufferRef buffer = NULL;
    char *message = NULL;
    if (!LLVMTargetMachineEmitToMemoryBuffer(t->machine, gen_llvm(m), LLVMObjectFile, &message, &buffer)) return buffer;
    *error = object_copy_message(t->arena, message);
    return NULL;
}

static bool emit_llvm(GenModule *m, const char *path, FILE *out, Arena *a, const char **error) {
    char *text = gen_text(m);
    bool ok = fputs(text, out) >= 0 && fflush(out) == 0;
    gen_text_free(text);
    if (!ok) *error = arena_printf(a, "cannot write '%s'", path);
    return ok;
}

static bool emit_file(Target *t, GenModule *m, LLVMCodeGenFileType type, const char *path, const char **error) {
    char *message = NULL;
    if (type == LLVMAssemblyFile) LLVMSetTargetMachineAsmVerbosity(t->machine, true);
    if (!LLVMTargetMachineEmitToFile(t->machine, gen_llvm(m), path, type, &message)) return true;
    *error = object_copy_message(t->arena, message);
    return false;
}

bool object_file(Target *t, GenModule *m, const char *path, const char **error) { return emit_file(t, m, LLVMObjectFile, path, error); }

static bool emit_executable(Target *t, GenModule *m, const char *path, const char **error) {
    char object[] = "/tmp/snncXXXXXX.o";
    int fd = mkstemps(object, 2);
    if (fd < 0) { *error = "cannot make a temporary file in /tmp"; return false; }
    close(fd);
    bool ok = emit_file(t, m, LLVMObjectFile, object, error) && link_executable(t->arena, object, path, error);
    unlink(object);
    return ok;
}

bool target_emit(Target *t, GenModule *m, EmitKind kind, const char *path, const char **error) {
    bool to_stdout = !strcmp(path, "-");
    switch (kind) {
    case EMIT_EXE: gen_add_main(m); return emit_executable(t, m, path, error);
    case EMIT_OBJECT: return emit_file(t, m, LLVMObjectFile, path, error);
    case EMIT_ASM: return emit_file(t, m, LLVMAssemblyFile, to_stdout ? "/dev/stdout" : path, error);
    case EMIT_LLVM: {
        FILE *out = to_stdout ? stdout : fopen(path, "w");
        if (!out) { *error = arena_printf(t->arena, "cannot write '%s'", path); return false; }
        bool ok = emit_llvm(m, path, out, t->arena, error);
        if (!to_stdout) ok = fclose(out) == 0 && ok;
        return ok;
    }
    }
    return false;
}
