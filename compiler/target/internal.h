// SPDX-License-Identifier: MIT
// Shared by the files of target/.
#ifndef SNNC_TARGET_INTERNAL_H
#define SNNC_TARGET_INTERNAL_H
#include "target.h"
#include <llvm-c/TargetMachine.h>

struct Target {
    Arena *arena;
    const TargetKind *kind;
    const char *triple, *cpu, *features, *layout;
    int vector_bytes;
    LLVMTargetMachineRef machine;
};
const char *object_copy_message(Arena *a, char *message);      // takes an LLVM message over into the arena
bool object_file(Target *t, GenModule *m, const char *path, const char **error);
// init.c: parts of LLVM, once each
void init_x86(void), init_aarch64(void), init_arm(void), init_riscv(void), init_webassembly(void);
bool sizes_rows(GenModule *m);                               // does it call runtime/embedded/rows.c?
LLVMMemoryBufferRef object_memory(Target *t, GenModule *m, const char **error);
void wasm32_constants(void *module, Arena *a);               // an LLVMModuleRef: vector constants become loads
#endif
