// SPDX-License-Identifier: MIT
// A vector constant in the code of a WebAssembly module is put together from two immediate halves wherever it is used, some four instructions each time. As
// a load from memory at the function's entry it costs one at most.
#include "internal.h"
#include <llvm-c/Core.h>

static LLVMValueRef constant_load(LLVMModuleRef m, LLVMValueRef fn, LLVMValueRef constant, PtrMap *globals, PtrMap *loads, Arena *a) {
    LLVMValueRef load = map_get(loads, constant), global = map_get(globals, constant);
    if (load) return load;
    LLVMTypeRef type = LLVMTypeOf(constant);
    if (!global) {                       // a variable for LLVM, or it would put the constant back
        global = LLVMAddGlobal(m, type, "vector");
        LLVMSetInitializer(global, constant);
        LLVMSetLinkage(global, LLVMInternalLinkage);
        LLVMSetAlignment(global, 16);
        map_put(a, globals, constant, global);
    }
    LLVMBuilderRef b = LLVMCreateBuilderInContext(LLVMGetModuleContext(m));
    LLVMPositionBuilderBefore(b, LLVMGetFirstInstruction(LLVMGetEntryBasicBlock(fn)));
    load = LLVMBuildLoad2(b, type, global, "");
    LLVMDisposeBuilder(b);
    map_put(a, loads, constant, load);
    return load;
}

static bool is_vector_constant(LLVMValueRef v) {
    return LLVMGetTypeKind(LLVMTypeOf(v)) == LLVMVectorTypeKind && LLVMIsConstant(v) && !LLVMIsUndef(v) && !LLVMIsPoison(v) && !LLVMIsNull(v)
        && LLVMGetTypeKind(LLVMGetElementType(LLVMTypeOf(v))) != LLVMPointerTypeKind && !LLVMIsAConstantExpr(v);
}

void wasm32_constants(void *module, Arena *a) {
    LLVMModuleRef m = module;
    PtrMap globals = {0};
    for (LLVMValueRef fn = LLVMGetFirstFunction(m); fn; fn = LLVMGetNextFunction(fn)) {
        PtrMap loads = {0};
        for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(fn); b; b = LLVMGetNextBasicBlock(b))
            for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
                bool shifts = LLVMGetInstructionOpcode(i) == LLVMShl || LLVMGetInstructionOpcode(i) == LLVMLShr || LLVMGetInstructionOpcode(i) == LLVMAShr;
                for (int k = 0; !shifts && k < LLVMGetNumOperands(i); k++) {      // a shift by one number for all lanes has its own instruction
                    LLVMValueRef v = LLVMGetOperand(i, (unsigned)k);
                    if (LLVMIsAInstruction(v) || !is_vector_constant(v)) continue;
                    LLVMSetOperand(i, (unsigned)k, constant_load(m, fn, v, &globals, &loads, a));
                }
            }
    }
}
