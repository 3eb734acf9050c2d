// SPDX-License-Identifier: MIT
// Shared by the files experiment*.c: an experiment while it is checked, and what names mean in it.
#ifndef SNNC_EXPERIMENT_H
#define SNNC_EXPERIMENT_H
#include "elaborate.h"

typedef struct Used { Instance *root; Scope *scope; } Used;          // a network in use, and the block that uses it
typedef struct XCheck {
    Sema *s; Experiment *x; const LoadedFile *file;
    VEC(Used) used;                     // innermost last
    ExprCtx cx;                         // for plain values
    bool has_dt, broken;                // broken: a `use` was refused, so missing names are no news
    uint32_t sweeps;
} XCheck;

// What a name of an experiment leads to.
typedef enum { PLACE_OTHER, PLACE_BAD, PLACE_INSTANCE, PLACE_POP, PLACE_SPIKES, PLACE_FIELD, PLACE_PARAM, PLACE_PROJECTION } PlaceKind;
typedef struct Place {
    PlaceKind kind; Span span; Instance *in; Population *pop; Projection *proj; Var *var; Sym port;
    int64_t lo, hi; Expr *lo_expr, *hi_expr; bool single;            // expressions when only known at run time; single: E[3]
} Place;

// experiment_place.c
Place place_of(XCheck *c, Scope *sc, const Ast *e);                  // PLACE_OTHER: no name of a network
Expr *place_expr(XCheck *c, const Place *p);                         // E_POP: population, spikes or field
bool place_uniform(const Population *pop, const Var *param);         // one value for all neurons
bool place_population(XCheck *c, Scope *sc, const Ast *e, Place *out);       // must be a population or a part of one; reports
// experiment_expr.c
Expr *x_expr(XCheck *c, Scope *sc, const Ast *e);
Expr *x_expr_dim(XCheck *c, Scope *sc, const Ast *e, Dim want, const char *what);
bool x_dimension(XCheck *c, Expr *e, Dim want, const char *what);     // of a number or of an array's elements
Expr *x_array(XCheck *c, Scope *sc, const Ast *e, const char *what);
Expr *x_train(XCheck *c, Scope *sc, const Ast *e, const char *what);      // spikes(E) and what is made of it
Expr *x_hook(Sema *s, Scope *sc, const Ast *e, const ExprCtx *cx);
Var *x_local(XCheck *c, Scope *sc, Sym name, Ty ty, Dim dim, Span at);
Dim dim_of_unit(const char *unit);
// experiment_call.c
Expr *x_call(XCheck *c, Scope *sc, const AstCall *call);             // NULL when it is no function of experiments
// experiment_set.c: drive, present, set, assignments, draws, emit, record
XStmt *x_stmt(XCheck *c, XKind kind, Span at);
void x_assign(XCheck *c, Scope *sc, const Ast *target, int op, const Ast *value, Span at, XVec *out);
void x_draw(XCheck *c, Scope *sc, const AstDraw *d, XVec *out);
void x_drive(XCheck *c, Scope *sc, const AstDrive *d, XVec *out);
void x_present(XCheck *c, Scope *sc, const AstPresent *p, XVec *out);
void x_emit(XCheck *c, Scope *sc, const AstEmit *e, XVec *out);
void x_record(XCheck *c, Scope *sc, const AstRecord *r, XVec *out);
// experiment_flow.c: blocks, loops, sweeps
void x_block(XCheck *c, Scope *parent, const AstList *body, XVec *out);
void x_statement(XCheck *c, Scope *sc, const Ast *e, XVec *out);
void x_for(XCheck *c, Scope *sc, const AstFor *f, XVec *out);
void x_while(XCheck *c, Scope *sc, const AstWhile *w, XVec *out);
void x_if(XCheck *c, Scope *sc, const AstIf *i, XVec *out);
void x_sweep(XCheck *c, Scope *sc, const AstSweep *w, XVec *out);
#endif
