// SPDX-License-Identifier: MIT
// Shared by the files expr*.c and body*.c.
#ifndef SNNC_EXPR_H
#define SNNC_EXPR_H
#include "sema.h"

typedef struct Special { const char *name; SpecialId id; Dim dim; Ty ty; unsigned allow; bool side; } Special;   // side: may follow pre. and post.
const Special *special_find(Sym name);

bool expr_expect_number(Sema *s, Expr *e, const char *what);
bool expr_expect_bool(Sema *s, Expr *e, const char *what);
void expr_settle_free(Sema *s, Expr *e);
void expr_dim_notes(Sema *s, Diag *d, const Expr *e);
void expr_dim_help(Sema *s, Diag *d, const Expr *e, Dim want);
const Expr *expr_find(const Expr *e, ExprKind kind);            // first node of that kind or NULL

Expr *expr_unary(Sema *s, UnaryOp op, Expr *a, Span span);
Expr *expr_call(Sema *s, Scope *sc, const AstCall *c, const ExprCtx *cx);
Expr *expr_builtin(Sema *s, FnId fn, ExprVec args, Span span);
Expr *expr_substitute(Sema *s, Expr *e, const Var *from, Expr *to);
const char *var_kind_phrase(VarKind k);                         // "a parameter"
#endif
