// SPDX-License-Identifier: MIT
// Blocks, loops, conditions and sweeps of experiments. A block sees the names before it; networks taken into use inside a block are left
// at its end.
#include "experiment.h"

void x_block(XCheck *c, Scope *parent, const AstList *body, XVec *out) {
    Scope *sc = scope_new(c->s->arena, parent);
    uint32_t used = c->used.n;
    for (uint32_t i = 0; i < body->n; i++) x_statement(c, sc, body->at[i], out);
    for (uint32_t i = used; i < c->used.n; i++) c->used.at[i].root->in_use = false;
    c->used.n = used;
    for (uint32_t i = 0; i < sc->names.n && !c->s->diags->errors; i++) {
        const Symbol *y = sc->names.val[i];
        if (y->kind == SYMBOL_VAR && !y->used && !y->var->used && !y->var->bad) diag(c->s->diags, y->var->span, D_UNUSED_LOCAL, y->name);
    }
}

// The names of a loop live in a scope of their own, around the body's.
static void loop_body(XCheck *c, Scope *names, const AstList *body, XVec *out) { x_block(c, names, body, out); }

static const AstName *loop_name(const AstFor *f, uint32_t i) { return i < f->vars.n ? (const AstName *)f->vars.at[i] : NULL; }

static void for_range(XCheck *c, Scope *sc, const AstFor *f, const AstRange *r, XVec *out) {
    Sema *s = c->s;
    XStmt *st = x_stmt(c, X_FOR_RANGE, f->base.span);
    st->lo = sema_fold(s, x_expr_dim(c, sc, r->lo, DIM_NONE, "the start of a loop"));
    st->hi = sema_fold(s, x_expr_dim(c, sc, r->hi, DIM_NONE, "the end of a loop"));
    Scope *names = scope_new(s->arena, sc);
    st->var = x_local(c, names, loop_name(f, 0)->name, TY_INT, DIM_NONE, loop_name(f, 0)->base.span);
    st->var->used = true;
    loop_body(c, names, &f->body, &st->body);
    vec_push(s->arena, out, st);
}

static void for_array(XCheck *c, Scope *sc, const AstFor *f, Expr *array, XVec *out) {
    XStmt *st = x_stmt(c, X_FOR_ARRAY, f->base.span);
    st->value = array;
    Scope *names = scope_new(c->s->arena, sc);
    st->var = x_local(c, names, loop_name(f, 0)->name, TY_REAL, array->dim, loop_name(f, 0)->base.span);
    st->var->used = true;
    loop_body(c, names, &f->body, &st->body);
    vec_push(c->s->arena, out, st);
}

static void for_data(XCheck *c, Scope *sc, const AstFor *f, Expr *data, XVec *out) {
    XStmt *st = x_stmt(c, X_FOR_DATA, f->base.span);
    st->value = data;
    st->lo = data->lo;
    st->hi = data->hi;
    Scope *names = scope_new(c->s->arena, sc);
    st->var = x_local(c, names, loop_name(f, 0)->name, TY_ARRAY, DIM_NONE, loop_name(f, 0)->base.span);
    if (f->vars.n > 1) st->var2 = x_local(c, names, loop_name(f, 1)->name, TY_INT, DIM_NONE, loop_name(f, 1)->base.span);
    loop_body(c, names, &f->body, &st->body);
    vec_push(c->s->arena, out, st);
}

static bool names_fit(XCheck *c, const AstFor *f, uint32_t most, const char *what) {
    if (f->vars.n >= 1 && f->vars.n <= most) return true;
    diag(c->s->diags, f->base.span, D_X_FOR_NAMES, what, most == 1 ? "one name" : "one name or two");
    return false;
}

void x_for(XCheck *c, Scope *sc, const AstFor *f, XVec *out) {
    if (!f->iter) return;
    if (f->iter->kind == AST_Range) {
        if (names_fit(c, f, 1, "a range")) for_range(c, sc, f, (const AstRange *)f->iter, out);
        return;
    }
    Expr *e = x_expr(c, sc, f->iter);
    if (e->bad) return;
    if (e->ty == TY_DATASET) {
        if (names_fit(c, f, 2, "a data set")) for_data(c, sc, f, e, out);
    } else if (e->ty == TY_ARRAY) {
        if (names_fit(c, f, 1, "an array")) for_array(c, sc, f, x_array(c, sc, f->iter, "what a loop runs over"), out);
    } else {
        diag(c->s->diags, f->iter->span, D_X_FOR_WHAT);
    }
}

static Expr *condition(XCheck *c, Scope *sc, const Ast *e, const char *what) {
    ExprCtx cx = c->cx;
    return sema_fold(c->s, sema_expr_bool(c->s, sc, e, &cx, what));
}

void x_while(XCheck *c, Scope *sc, const AstWhile *w, XVec *out) {
    XStmt *st = x_stmt(c, X_WHILE, w->base.span);
    st->value = condition(c, sc, w->cond, "what follows while");
    x_block(c, sc, &w->body, &st->body);
    vec_push(c->s->arena, out, st);
}

void x_if(XCheck *c, Scope *sc, const AstIf *i, XVec *out) {
    XStmt *st = x_stmt(c, X_IF, i->base.span);
    st->value = condition(c, sc, i->cond, "what follows if");
    x_block(c, sc, &i->then, &st->body);
    x_block(c, sc, &i->otherwise, &st->otherwise);
    vec_push(c->s->arena, out, st);
}

// 0:5 as the array 0, 1, 2, 3, 4
static Expr *counted(XCheck *c, Scope *sc, const AstRange *r) {
    Expr *e = expr_new(c->s, E_XCALL, r->base.span);
    e->xfn = XF_range;
    e->ty = TY_ARRAY;
    Expr *ends[3] = {x_expr_dim(c, sc, r->lo, DIM_NONE, "the start of a sweep"), x_expr_dim(c, sc, r->hi, DIM_NONE, "the end of a sweep"), expr_num(c->s, 1, DIM_NONE, r->base.span)};
    for (int i = 0; i < 3; i++) {
        e->bad |= ends[i]->bad;
        vec_push(c->s->arena, &e->args, ends[i]);
    }
    return e;
}

void x_sweep(XCheck *c, Scope *sc, const AstSweep *w, XVec *out) {
    Sema *s = c->s;
    XStmt *st = x_stmt(c, X_SWEEP, w->base.span);
    Scope *names = scope_new(s->arena, sc);
    if (w->iter) {
        st->value = w->iter->kind == AST_Range ? counted(c, sc, (const AstRange *)w->iter) : x_array(c, sc, w->iter, "what is swept");
        if (st->value->bad) st->value = expr_bad(s, w->iter->span);
        st->var = x_local(c, names, w->var, TY_REAL, st->value->dim, w->var_span);
        st->var->bad = st->value->bad;
        st->var->used = true;
    }
    if (w->repeat) {
        st->repeat = sema_fold(s, x_expr_dim(c, sc, w->repeat, DIM_NONE, "the number of repetitions"));
        if (!st->repeat->bad && st->repeat->kind == E_NUM && (st->repeat->num < 1 || st->repeat->num != (double)(int64_t)st->repeat->num))
            diag(s->diags, w->repeat->span, D_X_REPEAT, st->repeat->num);
    }
    c->sweeps++;
    x_block(c, names, &w->body, &st->body);
    c->sweeps--;
    vec_push(s->arena, out, st);
}
