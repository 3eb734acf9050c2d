// SPDX-License-Identifier: MIT
// Net -> LLVM module. One module a program; its only exported symbol is `snn_program`, the constant SnnProgram of
// runtime/include/snn_program.h. Users of this header see no LLVM type.
#ifndef SNNC_GEN_H
#define SNNC_GEN_H
#include "net/net.h"

typedef struct GenOptions {
    int real_bits;             // 64 or 32
    bool debug;                // places of the program for a debugger
    bool plain;                // profile: multiply and add apart instead of fused
    const char *triple, *layout, *cpu, *features;   // of the target (target_configure)
    int vector_bytes;          // width of a vector register
    bool flush;                // the processor cannot be told to flush subnormal numbers: stores of the step program do it
    const char *version;       // of the compiler, for summaries
    const char *source_hash;
} GenOptions;
typedef struct GenModule GenModule;

GenModule *gen_module(const NetProgram *program, const GenOptions *options);   // never NULL; broken IR ends the program
char *gen_text(const GenModule *m);                    // LLVM assembly; gen_text_free
void gen_text_free(char *text);
void *gen_llvm(const GenModule *m);                    // the LLVMModuleRef, for target/
void gen_add_main(GenModule *m);                       // main() that hands the tables to the runtime
void gen_free(GenModule *m);
#endif
