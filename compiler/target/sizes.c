// SPDX-License-Identifier: MIT
// How much memory a module takes on a small machine. Section sizes come from the object that a copy of the module becomes. The stack: LLVM
// says each function's frame when a limit of 0 bytes is exceeded; the deepest path through the calls, which never go in circles, is
// the bound. Helpers that the instruction set lacks are called by machine code alone; the deepest of them is added once.
#include "internal.h"
#include <llvm-c/Core.h>
#include <llvm-c/Object.h>
#include <stdlib.h>

enum { HELPER_STACK = 128 };       // of runtime/embedded/help.c, checked by the tests

typedef struct Frames { Arena *a; PtrMap bytes; } Frames;     // Sym of a function -> bytes + 1

static void note(LLVMDiagnosticInfoRef d, void *self) {
    Frames *f = self;
    char *text = LLVMGetDiagInfoDescription(d);
    const char *size = strstr(text, "stack frame size ("), *name = strstr(text, "in function '");
    if (size && name) {
        name += strlen("in function '");
        map_put(f->a, &f->bytes, sym_n(name, strcspn(name, "'")), (void *)(uintptr_t)(strtoul(size + strlen("stack frame size ("), NULL, 10) + 1));
    }
    LLVMDisposeMessage(text);
}

static uint32_t deepest(Frames *f, LLVMValueRef fn, PtrMap *done) {
    uintptr_t known = (uintptr_t)map_get(done, fn);
    if (known) return (uint32_t)known - 1;
    uint32_t below = 0;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(fn); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
            LLVMValueRef callee = LLVMGetInstructionOpcode(i) == LLVMCall ? LLVMIsAFunction(LLVMGetCalledValue(i)) : NULL;
            uint32_t d = callee ? deepest(f, callee, done) : 0;
            below = d > below ? d : below;
        }
    uintptr_t own = (uintptr_t)map_get(&f->bytes, sym(LLVMGetValueName(fn)));
    uint32_t total = below + (own ? (uint32_t)own - 1 : 0);
    map_put(f->a, done, fn, (void *)(uintptr_t)(total + 1));
    return total;
}

static bool starts(const char *s, const char *with) { return !strncmp(s, with, strlen(with)); }

static bool sections(LLVMMemoryBufferRef object, TargetSizes *out) {
    char *message = NULL;
    LLVMBinaryRef binary = LLVMCreateBinary(object, NULL, &message);
    if (!binary) { LLVMDisposeMessage(message); return false; }
    LLVMSectionIteratorRef s = LLVMObjectFileCopySectionIterator(binary);
    for (; !LLVMObjectFileIsSectionIteratorAtEnd(binary, s); LLVMMoveToNextSection(s)) {
        const char *name = LLVMGetSectionName(s);
        uint32_t bytes = (uint32_t)LLVMGetSectionSize(s);
        if (!name) continue;
        if (starts(name, ".text")) out->code += bytes;
        else if (starts(name, ".rodata") || starts(name, ".ARM.ex")) out->constants += bytes;
        else if (starts(name, ".data") || starts(name, ".bss") || starts(name, ".sbss") || starts(name, ".sdata")) out->data += bytes;
    }
    LLVMDisposeSectionIterator(s);
    LLVMDisposeBinary(binary);
    return true;
}

bool target_sizes(Target *t, GenModule *m, TargetSizes *out, const char **error) {
    *out = (TargetSizes){0};
    LLVMModuleRef copy = LLVMCloneModule(gen_llvm(m));
    LLVMContextRef ctx = LLVMGetModuleContext(copy);
    for (LLVMValueRef f = LLVMGetFirstFunction(copy); f; f = LLVMGetNextFunction(f))
        if (!LLVMIsDeclaration(f)) LLVMAddTargetDependentFunctionAttr(f, "warn-stack-size", "0");
    Frames frames = {.a = t->arena};
    LLVMContextSetDiagnosticHandler(ctx, note, &frames);
    LLVMMemoryBufferRef object = NULL;
    char *message = NULL;
    bool ok = !LLVMTargetMachineEmitToMemoryBuffer(t->machine, copy, LLVMObjectFile, &message, &object);
    LLVMContextSetDiagnosticHandler(ctx, NULL, NULL);
    if (!ok) *error = object_copy_message(t->arena, message);
    PtrMap done = {0};
    for (LLVMValueRef f = ok ? LLVMGetFirstFunction(gen_llvm(m)) : NULL; f; f = LLVMGetNextFunction(f)) {
        uint32_t d = LLVMIsDeclaration(f) ? 0 : deepest(&frames, f, &done);
        out->stack = d > out->stack ? d : out->stack;
    }
    out->stack += t->kind->helpers ? HELPER_STACK : 0;
    ok = ok && sections(object, out);
    if (object) LLVMDisposeMemoryBuffer(object);
    LLVMDisposeModule(copy);
    return ok;
}
