// SPDX-License-Identifier: MIT
// The whole pipeline in one place: text -> Ast -> Model -> Net -> LLVM module. The subcommands call driver_compile and do the rest.
#ifndef SNNC_DRIVER_H
#define SNNC_DRIVER_H
#include "gen/gen.h"
#include "net/fixed.h"
#include "target/capture.h"
#include "target/target.h"

typedef enum { STAGE_TOKENS, STAGE_AST, STAGE_MODEL, STAGE_NET, STAGE_LLVM, STAGE_ASM, STAGE_ALL } Stage;
extern const char *const stage_names[STAGE_ALL];

typedef VEC(char *) ArgVec;

typedef struct DriverOptions {
    const char *path;
    SemaOptions sema;
    NetOptions net;
    const FixedSeen *seen;           // with net.fixed: what a calibration run saw, by network
    VEC(const char *) set;           // becomes sema.set
    uint32_t dump;                   // one bit a stage: print what it made to standard output
    Stage stop_after;                // STAGE_ALL: go to the end
    const char *target, *cpu;        // NULL: the machine at hand
    bool debug;                      // lines of the .snn files for a debugger
    bool plain;                      // arithmetic profile without fused multiply-add
    bool color;
    bool stimulus;                   // small machines: the module does what the experiment does; else it is told by its caller
    const char *prefix;              // small machines: of the functions, NULL: net
    uint32_t queue;                  // small machines: room for spikes under way, 0: what is needed
    ArgVec run;                      // small machines: options of the run whose network is carried over (--seed, --data)
    Arena arena;                     // of the options
} DriverOptions;

typedef struct Compiled {
    Sources sources;
    Diags diags;
    Model *model;
    NetProgram *nets;
    Target *target;
    GenModule *module;               // optimised
    EmbedImage image; EmbedReport report;    // small machines: what was carried over, and where it lies
    Arena arena;
    const char *trouble;             // DRIVER_REFUSED: why
    double seconds;
} Compiled;

typedef enum {
    DRIVER_DONE,
    DRIVER_ERRORS,                   // of the file; they were shown
    DRIVER_STOPPED,                  // --stop-after ended it
    DRIVER_REFUSED,                  // no such target or processor
    DRIVER_FAILED                    // c->trouble says why
} DriverResult;

bool driver_embedded_check(const DriverOptions *o, Compiled *c);      // driver_embedded.c: false after messages
// Runs the pipeline and shows all messages on stderr. Whatever it returns, `c` is to be freed.
DriverResult driver_compile(DriverOptions *o, Compiled *c);
void driver_free(Compiled *c);
void driver_pass_settings(const DriverOptions *o, const Model *m, Arena *a, ArgVec *out);   // --set for the running program: what the checker did not use up
double driver_clock(void);              // seconds of a clock that only moves forward
#endif
