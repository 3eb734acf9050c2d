// SPDX-License-Identifier: MIT
// What the files of gen/ share: the module under construction (Gen); small pieces of IR.
#ifndef SNNC_GEN_EMIT_H
#define SNNC_GEN_EMIT_H
#include "gen.h"
#include <llvm-c/Core.h>

typedef LLVMValueRef Val;
typedef LLVMTypeRef Typ;
typedef LLVMBasicBlockRef Block;
typedef LLVMBuilderRef Bld;

typedef struct Gen {
    Arena arena;
    const NetProgram *program;
    GenOptions opt;
    LLVMContextRef ctx;
    LLVMModuleRef mod;
    Typ i1, i8, i16, i32, i64, f64, f32, ptr, none;
    Typ real, tick;                  // element types of fields
    int real_bytes;
    unsigned lanes;                  // elements of a vector register
    bool narrow_pointers;            // of 32 bits
    LLVMModuleRef math;              // the embedded bitcode, from its first use to math_finish
    bool math_tried;
    LLVMDIBuilderRef debug;          // NULL: no debug information
    LLVMMetadataRef debug_unit;
    PtrMap debug_files;              // Source* -> DIFile
    uint32_t serial;                 // of kernels that share no body
    PtrMap shapes;                   // shape.c: key -> body
    PtrMap strings;                  // Sym -> constant
    PtrMap arrays;                   // data of a NetArray -> constant
    struct Embed *embed;             // embed_internal.h: fields and constants have fixed places; NULL: they come from the context
} Gen;

// emit.c: small pieces
Gen *emit_open(const NetProgram *program, const GenOptions *o);
Val emit_i64(const Gen *g, int64_t v);
Val emit_i32(const Gen *g, int64_t v);
Val emit_text(Gen *g, const char *s);                            // pointer to a constant string; NULL gives null
Val emit_array(Gen *g, const NetArray *a);
Val emit_call_intrinsic(Gen *g, Bld b, const char *name, Typ overload, Val *args, unsigned n);
Val emit_runtime(Gen *g, const char *name);                      // declaration of a function of abi.def
Val emit_runtime_call(Gen *g, Bld b, const char *name, Val *args, unsigned n);
Typ emit_runtime_type(Gen *g, const char *name);
Val emit_gep(Gen *g, Bld b, Typ elem, Val base, Val index);      // &base[index]
Val emit_member(Gen *g, Bld b, Typ type, Val base, unsigned member);   // load of an 8-byte member
Val emit_pointer(Gen *g, Bld b, Val table, unsigned i);          // table[i] of a table of pointers, which have the target's width
void emit_attributes(Gen *g, Val fn);                             // of the target and of our arithmetic
Val emit_function(Gen *g, const char *name, Typ type);           // internal, with the target's attributes
Block emit_block(Gen *g, Val fn, const char *name);
// Loops count an i64 from `from` while less than `to`. `outer` stays before the branch into the loop (its block dominates the body),
// `inner` moves into the body; loop_close leaves `after` behind the loop.
typedef struct Loop { Block head, exit; Val i; } Loop;
Loop emit_loop(Gen *g, Bld outer, Bld inner, Val fn, Val from, Val to);
void emit_loop_close(Gen *g, Bld inner, Loop *l, Val step, Bld after);
void emit_at_end(Bld b, Block at);
Bld emit_builder(Gen *g, Block at);

// The parts of the module
typedef struct PopKernels { Val init, derive, step; } PopKernels;
typedef struct ProjKernels { Val pair_prob, pair_delay, row_init, deliver, pre_jump, post_jump, post, advance, collect, pieces; } ProjKernels;
Val setup_emit(Gen *g, const Net *net);
void population_emit(Gen *g, const Net *net, const NetPop *pop, PopKernels *out);
Val step_emit(Gen *g, const Net *net, const NetPop *pop);
void projection_emit(Gen *g, const Net *net, const NetProj *proj, ProjKernels *out);
void synapse_emit(Gen *g, const Net *net, const NetProj *proj, ProjKernels *out);
Val experiment_emit(Gen *g, const Experiment *x);
typedef struct EventKernels { Val constants, reset, presented, computed, exp, rule_times, settle, *rule_reset, wait; } EventKernels;
void events_emit(Gen *g, const Net *net, const NetPop *pop, EventKernels *out);
Val events_wait(Gen *g, const Net *net, const char *name);
void tables_emit(Gen *g);
bool tables_reads_pre(const Net *net, const NetProj *p);         // its programs read fields of the source that change
GenModule *gen_close(Gen *g);                                    // checks the finished module
void math_finish(Gen *g);                                        // links what was used of the bitcode
#endif
