// SPDX-License-Identifier: MIT
// Shared by the files body*.c: what is known while one declaration is checked for one use.
#ifndef SNNC_BODY_H
#define SNNC_BODY_H
#include "expr.h"

typedef struct Build {
    Sema *s; const AstModel *decl; BodyUse use; Body *b; Scope *sc;
    Var *weight;                       // the synapse's weight, or what stands for it in a plasticity rule
    Sym acts_on; bool acts_on_many;    // synapse: the name X of its `drive post.X` and `post.X +=`
} Build;

// body.c
const char *model_phrase(ModelWhat w);                    // "a neuron"
ExprCtx body_ctx(const Build *bd, unsigned allow, const char *where);
unsigned body_running(const Build *bd);                   // what may stand in equations and handlers
Var *body_target(Build *bd, Sym name, Span at);           // post.NAME that is acted on, after `into`; reports and returns NULL

void body_fits_target(Build *bd, Expr *e, const Var *v, const char *what);   // dimension of a drive or jump; said at the connection

// body_decl.c: names, their types and values
void body_declare(Build *bd, const Ast *member);
void body_declare_weight(Build *bd);                      // plasticity: the synapse's weight
const AstAlgebraic *body_algebraic(const Build *bd, Sym name);

// body_rules.c: equations, spikes, drives, solve, output
void body_rule(Build *bd, const Ast *member);

// body_stmt.c: handlers
enum { PLACE_SPIKE = 1, PLACE_STEP = 2, PLACE_ON_PRE = 4, PLACE_ON_OTHER = 8 };
StmtVec body_stmts(Build *bd, Scope *sc, const AstList *list, int place);
void body_on(Build *bd, const AstOn *on);

// body_check.c: what only the whole shows
void body_check(Build *bd);
#endif
