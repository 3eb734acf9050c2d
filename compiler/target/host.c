// SPDX-License-Identifier: MIT
// The machine at hand and its relatives: which processor, which vector width.
#include "internal.h"
#include <llvm-c/Support.h>
#include <llvm-c/Core.h>
#include <stdlib.h>
#include <unistd.h>

static void initialise_host(void) {
#if defined __aarch64__
    init_aarch64();
#else
    init_x86();
#endif
}
const TargetKind target_host = {"host", "this machine", NULL, "native", true, .initialise = initialise_host};

static bool has(const char *features, const char *name) {
    for (const char *p = features; (p = strstr(p, name)); p++)
        if (p > features && p[-1] == '+' && (p[strlen(name)] == ',' || !p[strlen(name)])) return true;
    return false;
}

static bool is_wasm(const Target *t) { return !strncmp(t->triple, "wasm", 4); }

// Widest vectors worth using: 512 bits need the byte/word/doubleword extensions too, 256 bits integer operations (AVX2).
static int vector_bytes(const Target *t) {
    if (t->kind->vector_bytes) return t->kind->vector_bytes;
    if (is_wasm(t)) return has(t->features, "simd128") ? 32 : 0;       // two registers: the loop's constants and addresses serve both
    if (strncmp(t->triple, "x86_64", 6)) return 16;
    if (!strcmp(t->cpu, "x86-64-v4") || (has(t->features, "avx512f") && has(t->features, "avx512vl") && has(t->features, "avx512dq"))) return 64;
    if (!strcmp(t->cpu, "x86-64-v3") || has(t->features, "avx2")) return 32;
    return 16;
}

static const char *owned(Arena *a, char *s) {
    const char *copy = arena_strndup(a, s, strlen(s));
    gen_text_free(s);
    return copy;
}

static void choose_cpu(Target *t, const char *cpu) {
    bool x86 = !strncmp(t->triple, "x86_64", 6);
    t->cpu = cpu;
    t->features = t->kind->features ? t->kind->features : "";
    if (is_wasm(t)) {                     // `generic`: what every engine knows, without vectors
        t->features = strcmp(cpu, "generic") ? "+simd128" : "";
        t->cpu = "generic";
        return;
    }
    if (!strcmp(cpu, "generic")) t->cpu = x86 ? "x86-64" : "generic";
    if (strcmp(cpu, "native")) return;
    t->cpu = owned(t->arena, LLVMGetHostCPUName());
    t->features = owned(t->arena, LLVMGetHostCPUFeatures());
}

// Names of letters only; ours exactly, others are tried (cpu_works).
static bool plausible_cpu(const Target *t, const char *cpu) {
    if (!strcmp(cpu, "native")) return t->kind->is_host;
    if (is_wasm(t)) return !strcmp(cpu, "generic") || !strcmp(cpu, "simd128");
    if (!strncmp(cpu, "x86-64", 6)) {
        static const char *const known[] = {"x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4"};
        for (int i = 0; i < 4; i++)
            if (!strcmp(cpu, known[i])) return !strncmp(t->triple, "x86_64", 6);
        return false;
    }
    return *cpu && strspn(cpu, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == strlen(cpu);
}

static const char *unknown_target(Arena *a, const char *name) {
    Sym names[32];
    size_t n = 0;
    while (target_kinds[n] && n < 32) { names[n] = sym(target_kinds[n]->name); n++; }
    Sym near = nearest_name(sym(name), names, n);
    return near ? arena_printf(a, "there is no target '%s'; did you mean '%s'?", name, near) : arena_printf(a, "there is no target '%s'; --list-targets shows them", name);
}

static LLVMTargetMachineRef machine_of(const Target *t, LLVMTargetRef target) {
    LLVMTargetMachineOptionsRef o = LLVMCreateTargetMachineOptions();
    LLVMTargetMachineOptionsSetCPU(o, t->cpu);
    LLVMTargetMachineOptionsSetFeatures(o, t->features);
    LLVMTargetMachineOptionsSetCodeGenOptLevel(o, LLVMCodeGenLevelDefault);
    LLVMTargetMachineOptionsSetRelocMode(o, t->kind->embedded || is_wasm(t) ? LLVMRelocStatic : LLVMRelocPIC);
    if (t->kind->abi) LLVMTargetMachineOptionsSetABI(o, t->kind->abi);
    LLVMTargetMachineRef m = LLVMCreateTargetMachineWithOptions(target, t->triple, o);
    LLVMDisposeTargetMachineOptions(o);
    return m;
}

// Constants of 64 bits that are moved in front of a loop hide from the back end that they fit 32: a product would take three instructions
// instead of one.
static void keep_constants_in_place(void) {
    static bool done;
    static const char *const words[] = {"snnc", "-disable-constant-hoisting"};
    if (!done) LLVMParseCommandLineOptions(2, words, NULL);
    done = true;
}

// LLVM says that it does not know a processor on standard error and goes on without one, or gives up when a processor of its list cannot run
// the target's code. So a name that is not one of ours is tried in a process of its own, with an empty module.
static bool cpu_works(const Target *t, LLVMTargetRef target) {
    FILE *said = tmpfile();
    fflush(NULL);
    pid_t child = said ? fork() : -1;
    if (child == 0) {
        if (dup2(fileno(said), STDERR_FILENO) < 0) _exit(1);
        LLVMMemoryBufferRef object = NULL;
        char *message = NULL;
        LLVMModuleRef m = LLVMModuleCreateWithName("empty");
        LLVMSetTarget(m, t->triple);
        LLVMValueRef f = LLVMAddFunction(m, "f", LLVMFunctionType(LLVMVoidType(), NULL, 0, false));
        LLVMBuilderRef b = LLVMCreateBuilder();
        LLVMPositionBuilderAtEnd(b, LLVMAppendBasicBlock(f, ""));
        LLVMBuildRetVoid(b);
        _exit(LLVMTargetMachineEmitToMemoryBuffer(machine_of(t, target), m, LLVMObjectFile, &message, &object) ? 1 : 0);
    }
    bool good = child > 0 && child_wait(child) == 0 && fseek(said, 0, SEEK_END) == 0 && ftell(said) == 0;
    if (said) fclose(said);
    return good;
}

static bool usual_cpu(const Target *t, const char *cpu) {
    return !strcmp(cpu, t->kind->cpu) || !strcmp(cpu, "native") || !strcmp(cpu, "generic") || !strncmp(cpu, "x86-64", 6) || is_wasm(t);
}

Target *target_open(Arena *a, const char *name, const char *cpu, const char **error) {
    Target *t = ARENA_NEW(a, Target);
    t->arena = a;
    t->kind = target_find(name ? name : "host");
    if (!t->kind) { *error = unknown_target(a, name); return NULL; }
    t->kind->initialise();
    if (t->kind->embedded) keep_constants_in_place();
    t->triple = t->kind->triple ? owned(a, LLVMNormalizeTargetTriple(t->kind->triple)) : owned(a, LLVMGetDefaultTargetTriple());
    if (!cpu) cpu = t->kind->cpu;
    if (!plausible_cpu(t, cpu)) { *error = arena_printf(a, "the target '%s' has no processor '%s'", t->kind->name, cpu); return NULL; }
    choose_cpu(t, cpu);
    t->vector_bytes = vector_bytes(t);
    LLVMTargetRef target;
    char *message = NULL;
    if (LLVMGetTargetFromTriple(t->triple, &target, &message)) { *error = object_copy_message(a, message); return NULL; }
    if (!usual_cpu(t, cpu) && !cpu_works(t, target)) { *error = arena_printf(a, "the target '%s' has no processor '%s'", t->kind->name, cpu); return NULL; }
    t->machine = machine_of(t, target);
    LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(t->machine);
    t->layout = owned(a, LLVMCopyStringRepOfTargetData(layout));
    LLVMDisposeTargetData(layout);
    return t;
}

void target_configure(const Target *t, GenOptions *o) {
    o->triple = t->triple;
    o->layout = t->layout;
    o->cpu = t->cpu;
    o->features = t->features;
    o->vector_bytes = t->vector_bytes;
    o->flush = is_wasm(t) || t->kind->keeps_subnormals;
}

const TargetKind *target_kind(const Target *t) { return t->kind; }
const char *target_cpu(const Target *t) { return t->cpu; }

void target_close(Target *t) { LLVMDisposeTargetMachine(t->machine); }
