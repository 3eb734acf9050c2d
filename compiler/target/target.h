// SPDX-License-Identifier: MIT
// What code is generated for, and the way from a module to something that runs: machine code in memory, or a file.
#ifndef SNNC_TARGET_H
#define SNNC_TARGET_H
#include "gen/gen.h"
#include "snn_program.h"

typedef struct Target Target;
// A board that QEMU plays: what its image is linked with and what it has.
typedef struct Board { const char *name, *script /* runtime/embedded/boards/NAME.ld */, *qemu /* command before the image's name */; uint32_t flash, ram; } Board;
typedef struct TargetKind {
    const char *name, *help, *triple, *cpu; bool is_host;
    void (*initialise)(void);          // of LLVM's part for it
    const char *features, *abi;        // small machines: as LLVM names them; NULL: none
    bool embedded;                     // code of gen/embed.h, with no system under it
    bool plain;                        // no fused multiply-add: profile `plain` always
    bool soft_float;                   // no floating-point unit
    bool keeps_subnormals;             // no mode flushes them: the code does
    bool flush_fpscr;                  // subnormals are flushed by a bit of FPSCR
    bool helium;                       // vectors of Arm's M profile
    int vector_bytes;                  // 0: as the processor has
    const char *helpers;               // runtime/embedded/HELPERS/: objects for this instruction set
    const char *events;                // likewise the event engine as bitcode
    const Board *board;                // NULL: objects only
} TargetKind;
extern const TargetKind target_host, target_aarch64, target_wasm32, target_x86_64, target_arm64, target_cortex_m0, target_cortex_m3, target_cortex_m4, target_cortex_m55, target_riscv32, target_riscv32f;
extern const TargetKind *const target_kinds[];         // all, ends with NULL
const TargetKind *target_find(const char *name);       // NULL when there is none

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

const TargetKind *target_kind(const Target *t);
// embedded.c: what a small machine gets
bool target_image(Target *t, GenModule *m, const char *path, const char **error);          // linked for its board
bool target_object(Target *t, GenModule *m, const char *path, const char **error);         // with the helpers it calls
// What the module takes on its machine, start-up code and helpers apart: known before anything is linked (sizes.c).
typedef struct TargetSizes { uint32_t code, constants, data; uint32_t stack /* a bound, of the deepest call */; } TargetSizes;
bool target_sizes(Target *t, GenModule *m, TargetSizes *out, const char **error);

// link.c
bool link_spawn(Arena *a, char **argv, const char *what, const char **error);              // "'ld' could not link WHAT"
bool link_executable(Arena *a, const char *object, const char *path, const char **error);
const char *link_library(Arena *a, const char *name);             // a file of the runtime library, NULL: it is not installed

// wasm32.c: a folder with module, host side, types and package.json, and a page unless it is not wanted. What a target cannot do is reported by
// target_check, with its place.
typedef struct WebOptions { const char *name; bool page; } WebOptions;
bool wasm32_write(Target *t, GenModule *m, const NetProgram *nets, const WebOptions *o, const char *dir, const char **error);
void target_check(const TargetKind *k, const Model *m, Diags *d);
#endif
