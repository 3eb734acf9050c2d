// SPDX-License-Identifier: MIT
// An experiment's body under construction: straight control flow with one builder, numbers as doubles, arrays as pointers.
#ifndef SNNC_GEN_EXPERIMENT_H
#define SNNC_GEN_EXPERIMENT_H
#include "kernel.h"

typedef struct Xp {
    Kernel k;                        // for mathematical functions: scalar, doubles; k.at[0] is where code goes
    const Experiment *experiment;
    Val x, frame;                    // SnnX*, int64 *frame
    int temporaries;
} Xp;

// xexpr.c
Val xexpr_number(Xp *p, const Expr *e);
Val xexpr_int(Xp *p, const Expr *e);
Val xexpr_truth(Xp *p, const Expr *e);
Val xexpr_handle(Xp *p, const Expr *e);                // array, data set or text
bool xexpr_is_handle(const Expr *e);
Val xexpr_slot(Xp *p, const Var *v);                   // address of a local
void xexpr_slice(Xp *p, const Expr *e, Val *lo, Val *hi);
Net *xexpr_net(Xp *p, const Network *n);
Val xexpr_call(Xp *p, const char *name, Val *args, unsigned n);   // x comes first by itself

// xfn.c: void(SnnCtx*, const int64 *frame, int64 lo, int64 hi, double *out), a value for each neuron
bool xfn_needed(const Expr *e);                        // does the value depend on time or on the neuron?
bool xfn_moves(const Expr *e);                                    // does it differ from step to step?
typedef struct XFunction { Val fn, frame, slots; } XFunction;      // frame, slots: what to hand to the runtime with it
XFunction xfn_emit(Xp *p, const Expr *e, const Population *own);
Val xexpr_alloca(Xp *p, Typ type, const char *name);   // in the entry block, so that a loop does not grow the stack
#endif
