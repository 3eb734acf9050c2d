// SPDX-License-Identifier: MIT
// The whole pipeline in one place: text -> Ast -> Model -> Net -> LLVM module. The subcommands call driver_compile and do the rest.
#ifndef SNNC_DRIVER_H
#define SNNC_DRIVER_H
#include "net/net.h"

typedef enum { STAGE_TOKENS, STAGE_AST, STAGE_MODEL, STAGE_NET, STAGE_LLVM, STAGE_ASM, STAGE_ALL } Stage;
extern const char *const stage_names[STAGE_ALL];

typedef struct DriverOptions {
    const char *path;
    SemaOptions sema;
    NetOptions net;
    VEC(const char *) set;           // becomes sema.set
    uint32_t dump;                   // one bit a stage: print what it made to standard output
    Stage stop_after;                // STAGE_ALL: go to the end
    bool color;
    Arena arena;                     // of the options
} DriverOptions;

typedef struct Compiled {
    Sources sources;
    Diags diags;
    Model *model;
    NetProgram *nets;
    double seconds;
} Compiled;

typedef enum { DRIVER_DONE, DRIVER_ERRORS, DRIVER_STOPPED } DriverResult;

// Runs the pipeline and shows all messages on stderr. Whatever it returns, `c` is to be freed.
DriverResult driver_compile(DriverOptions *o, Compiled *c);
void driver_free(Compiled *c);
#endif
