// SPDX-License-Identifier: MIT
// Values in experiments. The checker of expressions asks x_hook first for every name, member, index and call; arithmetic between
// an array and a number is resolved here, before it would be refused there.
#include "experiment.h"

Dim dim_of_unit(const char *unit) {
    Unit u = {.scale = 1};
    unit_match(unit, strlen(unit), &u);
    return u.dim;
}

Var *x_local(XCheck *c, Scope *sc, Sym name, Ty ty, Dim dim, Span at) {
    Var *v = var_new(c->s, name, ty == TY_DATASET ? VAR_DATASET : VAR_LOCAL, dim, at);
    v->ty = ty;
    v->local = (int)c->x->frame_slots++;
    scope_add_var(c->s, sc, v);
    return v;
}

// ---- names ----
static Expr *values_of(XCheck *c, Expr *field) {
    Expr *e = expr_new(c->s, E_XCALL, field->span);
    e->xfn = XF_values;
    e->ty = TY_ARRAY;
    e->dim = field->dim;
    vec_push(c->s->arena, &e->args, field);
    return e;
}

static Expr *element(XCheck *c, Expr *array, Expr *index, Span at) {
    Expr *e = expr_new(c->s, E_ELEMENT, at);
    e->dim = array->dim;
    e->bad = array->bad || index->bad;
    if (array->kind == E_VAR) e->var = array->var;
    else e->a = array;
    vec_push(c->s->arena, &e->args, index);
    return e;
}

static Expr *of_place(XCheck *c, const Place *p) {
    Sema *s = c->s;
    switch (p->kind) {
    case PLACE_OTHER: return NULL;
    case PLACE_BAD: return expr_bad(s, p->span);
    case PLACE_INSTANCE:
        diag(s->diags, p->span, D_X_INSTANCE_VALUE);
        return expr_bad(s, p->span);
    case PLACE_PARAM: return expr_var(s, p->var, p->span);
    case PLACE_PROJECTION:
        diag(s->diags, p->span, D_X_PROJECTION_VALUE);
        return expr_bad(s, p->span);
    case PLACE_POP: case PLACE_SPIKES: return place_expr(c, p);
    case PLACE_FIELD: break;
    }
    VarKind k = p->var->kind;
    if (k == VAR_EVENT_INPUT || k == VAR_KERNEL || k == VAR_WEIGHT) {
        diag(s->diags, p->span, D_X_FIELD_VALUE, p->var->name);
        return expr_bad(s, p->span);
    }
    Expr *e = place_expr(c, p);
    if (e->ty != TY_ARRAY || !(p->single || p->hi - p->lo == 1)) return e;
    Expr *zero = expr_num(s, 0, DIM_NONE, p->span);
    zero->ty = TY_INT;
    return element(c, values_of(c, e), zero, p->span);              // E[3].V is a number
}

static Expr *size_of(XCheck *c, Scope *sc, const AstMember *m) {
    if (strcmp(m->name, "size")) return NULL;
    Place p = place_of(c, sc, m->object);
    if (p.kind != PLACE_POP || p.lo_expr || body_var(p.pop->body, m->name)) return NULL;
    Expr *e = expr_num(c->s, (double)(p.hi - p.lo), DIM_NONE, m->base.span);
    e->ty = TY_INT;
    return e;
}

static Expr *data_slice(XCheck *c, Scope *sc, Var *data, const AstRange *r, Span at) {
    Expr *e = expr_new(c->s, E_DATASET, at);
    e->ty = TY_DATASET;
    e->var = data;
    data->used = true;
    if (r && r->lo) e->lo = x_expr_dim(c, sc, r->lo, DIM_NONE, "the start of a slice");
    if (r && r->hi) e->hi = x_expr_dim(c, sc, r->hi, DIM_NONE, "the end of a slice");
    e->bad = (e->lo && e->lo->bad) || (e->hi && e->hi->bad);
    return e;
}

static Expr *indexed(XCheck *c, Scope *sc, const AstIndex *ix) {
    Sema *s = c->s;
    Place p = place_of(c, sc, (const Ast *)ix);
    if (p.kind != PLACE_OTHER) return of_place(c, &p);
    Symbol *y = ix->object->kind == AST_Name ? scope_find(sc, AST_AS(Name, ix->object)->name) : NULL;
    if (y && y->kind == SYMBOL_VAR && y->var->kind == VAR_ARRAY) return NULL;
    if (ix->object->kind == AST_Name && !y) {                        // a constant array of the network is found by the network's names
        Place o = place_of(c, sc, ix->object);
        if (o.kind != PLACE_PARAM) return NULL;
    }
    const Ast *at = ix->indices.n ? ix->indices.at[0] : NULL;
    if (y && y->kind == SYMBOL_VAR && y->var->kind == VAR_DATASET) {
        y->used = true;
        if (at && at->kind == AST_Range) return data_slice(c, sc, y->var, (const AstRange *)at, ix->base.span);
        diag(s->diags, ix->base.span, D_X_DATA_INDEX, y->name);
        return expr_bad(s, ix->base.span);
    }
    Expr *a = x_expr(c, sc, ix->object);
    if (a->bad) return a;
    if (a->ty != TY_ARRAY || ix->indices.n != 1 || at->kind == AST_Range) {
        diag(s->diags, ix->base.span, D_X_INDEX);
        return expr_bad(s, ix->base.span);
    }
    return element(c, a, x_expr_dim(c, sc, at, DIM_NONE, "an index"), ix->base.span);
}

Expr *x_hook(Sema *s, Scope *sc, const Ast *e, const ExprCtx *cx) {
    XCheck *c = cx->hook_data;
    (void)s;
    if (e->kind == AST_Call) return x_call(c, sc, (const AstCall *)e);
    if (e->kind == AST_Index) return indexed(c, sc, (const AstIndex *)e);
    if (e->kind == AST_Member) {
        Expr *n = size_of(c, sc, (const AstMember *)e);
        if (n) return n;
    }
    Symbol *y = e->kind == AST_Name ? scope_find(sc, AST_AS(Name, e)->name) : NULL;
    if (y && y->kind == SYMBOL_VAR && y->var->kind == VAR_DATASET) return data_slice(c, sc, y->var, NULL, e->span);
    if (e->kind == AST_Name && cx->allow & ALLOW_OWN && !y) {         // index, x, ... of a driven population come before the network's names
        static const char *const own[] = {"index", "size", "x", "y", "z", "angle"};
        for (size_t i = 0; i < sizeof own / sizeof *own; i++)
            if (!strcmp(AST_AS(Name, e)->name, own[i])) return NULL;
    }
    Place p = place_of(c, sc, e);
    return of_place(c, &p);
}

// ---- arrays ----
static Expr *array_op(XCheck *c, const AstBinary *b, Expr *l, Expr *r) {
    Sema *s = c->s;
    if (b->op > OP_POW || b->op == OP_MOD) { diag(s->diags, b->base.span, D_X_ARRAY_OP); return expr_bad(s, b->base.span); }
    Expr la = *l, ra = *r;                                            // dimensions by the rules of numbers
    la.ty = ra.ty = TY_REAL;
    if (l->ty == TY_ARRAY && l->kind == E_NUM) la.kind = E_VAR;
    Expr *check = expr_binary(s, (BinaryOp)b->op, &la, &ra, b->base.span);
    Expr *e = expr_new(s, E_BINARY, b->base.span);
    e->op = b->op;
    e->a = l->kind == E_POP ? values_of(c, l) : l;
    e->b = r->kind == E_POP && r->ty == TY_ARRAY ? values_of(c, r) : r;
    e->ty = TY_ARRAY;
    e->dim = check->dim;
    e->bad = check->bad;
    return e;
}

Expr *x_expr(XCheck *c, Scope *sc, const Ast *e) {
    if (!e || e->kind != AST_Binary) return sema_expr(c->s, sc, e, &c->cx);
    const AstBinary *b = (const AstBinary *)e;
    Expr *l = x_expr(c, sc, b->left), *r = x_expr(c, sc, b->right);
    if (!l->bad && !r->bad && (l->ty == TY_ARRAY || r->ty == TY_ARRAY)) return array_op(c, b, l, r);
    return expr_binary(c->s, (BinaryOp)b->op, l, r, e->span);
}

Expr *x_expr_dim(XCheck *c, Scope *sc, const Ast *e, Dim want, const char *what) {
    Expr *x = x_expr(c, sc, e);
    if (x->bad) return x;
    if (x->ty != TY_REAL && x->ty != TY_INT) {
        diag(c->s->diags, x->span, D_X_NUMBER, what);
        x->bad = true;
        return x;
    }
    sema_expect_dim(c->s, x, want, what);
    return x;
}

// The dimension of a number or of the elements of an array.
bool x_dimension(XCheck *c, Expr *e, Dim want, const char *what) {
    if (e->bad) return false;
    if (e->ty != TY_ARRAY) return sema_expect_dim(c->s, e, want, what);
    if (e->kind == E_ARRAY) {
        for (uint32_t i = 0; i < e->args.n; i++)
            if (!x_dimension(c, e->args.at[i], want, what)) { e->bad = true; return false; }
        e->dim = want;
        return true;
    }
    if (dim_equal(e->dim, want)) return true;
    diag(c->s->diags, e->span, D_DIM_EXPECTED, what, dim_phrase(c->s->arena, want), dim_phrase(c->s->arena, e->dim));
    e->bad = true;
    return false;
}

Expr *x_train(XCheck *c, Scope *sc, const Ast *e, const char *what) {
    Expr *x = x_expr(c, sc, e);
    if (x->bad || x->ty == TY_TRAIN) return x;
    diag_help(c->s->diags, diag(c->s->diags, x->span, D_X_TRAIN, what), "spikes(E) are those of E since the last present");
    return expr_bad(c->s, x->span);
}

// An array: a literal one, the result of a function, the values of a state.
Expr *x_array(XCheck *c, Scope *sc, const Ast *e, const char *what) {
    Place p = place_of(c, sc, e);
    if (p.kind == PLACE_FIELD) return values_of(c, place_expr(c, &p));
    Expr *x = x_expr(c, sc, e);
    if (x->bad) return x;
    if (x->kind == E_POP && x->ty == TY_ARRAY) return values_of(c, x);
    if (x->ty == TY_ARRAY) return x;
    diag(c->s->diags, x->span, D_X_ARRAY, what);
    return expr_bad(c->s, x->span);
}
