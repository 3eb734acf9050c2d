// SPDX-License-Identifier: MIT
// What code is generated for, and the way from a module to something that runs: machine code in memory, or a file.
#ifndef SNNC_TARGET_H
#define SNNC_TARGET_H
#include "gen/gen.h"
#include "snn_program.h"

typedef struct Target Target;
typedef struct TargetKind { const char *name, *help, *triple, *cpu; bool is_host; } TargetKind;
extern const TargetKind target_host, target_aarch64, target_wasm32;
extern const TargetKind *const target_kinds[];         // all, ends with NULL

// cpu: "native" (the machine at hand), "generic", "x86-64-v2", "x86-64-v3", "x86-64-v4" or an LLVM name; NULL: the target's own.
// Returns NULL and a text in *error (static or in `a`) when there is no such target or processor.
Target *target_open(Arena *a, const char *name, const char *cpu, const char **error);
void target_configure(const Target *t, GenOptions *o); // fills what depends on the target
void target_close(Target *t);
const char *target_cpu(const Target *t);

void target_optimise(Target *t, GenModule *m);         // once, before anything below

typedef enum { EMIT_EXE, EMIT_OBJECT, EMIT_ASM, EMIT_LLVM } EmitKind;
bool target_emit(Target *t, GenModule *m, EmitKind kind, const char *path, const char **error);   // path "-": standard output (ASM, LLVM)

typedef struct Jit Jit;
const SnnProgram *target_jit(Target *t, GenModule *m, Jit **out, const char **error);   // code lives as long as *out
void target_jit_close(Jit *j);

// link.c
bool link_executable(Arena *a, const char *object, const char *path, const char **error);
#endif
