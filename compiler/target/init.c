// SPDX-License-Identifier: MIT
// LLVM's parts for processors are started when a target asks for one: a run on this machine pays for no other.
#include "internal.h"
#include <llvm-c/Target.h>

#define PART(name, Name) \
    void init_##name(void) { \
        static bool done; \
        if (done) return; \
        done = true; \
        LLVMInitialize##Name##TargetInfo(); \
        LLVMInitialize##Name##Target(); \
        LLVMInitialize##Name##TargetMC(); \
        LLVMInitialize##Name##AsmPrinter(); \
    }
PART(x86, X86)
PART(aarch64, AArch64)
PART(arm, ARM)
PART(riscv, RISCV)
PART(webassembly, WebAssembly)
