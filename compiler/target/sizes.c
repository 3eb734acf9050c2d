// SPDX-License-Identifier: MIT
// How much memory a module takes on a small machine. Section sizes come from the object that a copy of the module becomes. The stack: LLVM
// says each function's frame when a limit of 0 bytes is exceeded; the deepest path through the calls, which never go in circles, is
// the bound. Helpers that the instruction set lacks are called by machine code alone; the deepest of them is added once.
#include "internal.h"
#include "support/embed.h"
#include <llvm-c/Core.h>
#include <llvm-c/Object.h>
#include <stdlib.h>

enum { HELPER_STACK = 128 };       // of runtime/embedded/help.c, checked by the tests
// Stack of runtime/embedded/rows.c, by kind of walk, checked by the tests.
static const struct { const char *begin; uint32_t stack; } walks[] = {{"snn_gap_begin", 256}, {"snn_pick_begin", 128}, {"snn_grid_begin", 64}};
enum { WALKS = sizeof walks / sizeof *walks };

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

bool sizes_rows(GenModule *m) {
    bool any = false;
    for (size_t i = 0; i < WALKS; i++) any = any || LLVMGetNamedFunction(gen_llvm(m), walks[i].begin);
    return any;
}

// Names of symbols that an object has or wants.
static void symbols(LLVMBinaryRef binary, Arena *a, PtrMap *out) {
    LLVMSymbolIteratorRef s = LLVMObjectFileCopySymbolIterator(binary);
    for (; !LLVMObjectFileIsSymbolIteratorAtEnd(binary, s); LLVMMoveToNextSymbol(s)) {
        const char *name = LLVMGetSymbolName(s);
        if (name && *name) map_put(a, out, sym(name), (void *)(uintptr_t)1);
    }
    LLVMDisposeSymbolIterator(s);
}

// What a section of relocations refers to is wanted too.
static void referred(LLVMBinaryRef binary, LLVMSectionIteratorRef section, Arena *a, PtrMap *wanted) {
    LLVMRelocationIteratorRef r = LLVMGetRelocations(section);
    for (; !LLVMIsRelocationIteratorAtEnd(section, r); LLVMMoveToNextRelocation(r)) {
        LLVMSymbolIteratorRef s = LLVMGetRelocationSymbol(r);
        const char *name = LLVMObjectFileIsSymbolIteratorAtEnd(binary, s) ? NULL : LLVMGetSymbolName(s);      // at the end: it refers to none
        if (name && *name) map_put(a, wanted, sym(name), (void *)(uintptr_t)1);
        LLVMDisposeSymbolIterator(s);
    }
    LLVMDisposeRelocationIterator(r);
}

// Bytes of those functions of a file that rides inside the compiler (each in a section of its own) that are wanted, and of what they want.
static uint32_t wanted_code(Arena *a, const char *file, PtrMap *wanted) {
    const EmbeddedFile *f = embedded_find(file);
    char *message = NULL;
    if (!f) return 0;
    LLVMMemoryBufferRef memory = LLVMCreateMemoryBufferWithMemoryRangeCopy((const char *)f->data, f->size, file);
    LLVMBinaryRef binary = LLVMCreateBinary(memory, NULL, &message);
    if (!binary) LLVMDisposeMessage(message);
    PtrMap counted = {0};
    uint32_t bytes = 0;
    for (uint32_t before = 1; binary && before != bytes;) {
        before = bytes;
        LLVMSectionIteratorRef s = LLVMObjectFileCopySectionIterator(binary);
        for (; !LLVMObjectFileIsSectionIteratorAtEnd(binary, s); LLVMMoveToNextSection(s)) {
            const char *name = LLVMGetSectionName(s), *text = name ? strstr(name, ".text.") : NULL;
            Sym function = text ? sym(text + strlen(".text.")) : NULL;
            if (!function || !map_get(wanted, function)) continue;
            if (text != name) referred(binary, s, a, wanted);              // .rel.text.NAME, .rela.text.NAME
            else if (!map_get(&counted, function)) {
                map_put(a, &counted, function, (void *)(uintptr_t)1);
                bytes += (uint32_t)LLVMGetSectionSize(s);
            }
        }
        LLVMDisposeSectionIterator(s);
    }
    if (binary) LLVMDisposeBinary(binary);
    LLVMDisposeMemoryBuffer(memory);
    return bytes;
}

// What the object and the walks that it calls want of runtime/embedded.
static uint32_t helpers(Target *t, GenModule *m, LLVMMemoryBufferRef object) {
    PtrMap wanted = {0};
    char *message = NULL;
    if (!t->kind->helpers) return 0;
    LLVMBinaryRef binary = LLVMCreateBinary(object, NULL, &message);
    if (!binary) { LLVMDisposeMessage(message); return 0; }
    symbols(binary, t->arena, &wanted);
    LLVMDisposeBinary(binary);
    uint32_t rows = sizes_rows(m) ? wanted_code(t->arena, arena_printf(t->arena, "embedded/%s/rows.o", t->kind->helpers), &wanted) : 0;
    return rows + wanted_code(t->arena, arena_printf(t->arena, "embedded/%s/help.o", t->kind->helpers), &wanted);
}

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

static uint32_t walks_stack(GenModule *m) {
    uint32_t stack = 0;
    for (size_t i = 0; i < WALKS; i++) {
        if (!LLVMGetNamedFunction(gen_llvm(m), walks[i].begin)) continue;
        stack = walks[i].stack > stack ? walks[i].stack : stack;
    }
    return stack;
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
    out->stack += walks_stack(m);
    if (ok) out->code += helpers(t, m, object);
    if (object) LLVMDisposeMemoryBuffer(object);
    LLVMDisposeModule(copy);
    return ok;
}
