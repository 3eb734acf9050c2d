// SPDX-License-Identifier: MIT
// Constants. sema_fold does IEEE-exact operations (+ - * / sqrt, comparisons, choices) on known numbers; sema_fold_all also functions,
// which is for sizes, exponents and `const`. Nothing is changed in place: what folds is a new node.
//   const N = 4000    0.8*N  ->  3200
#include "expr.h"
#include <math.h>

static bool exact(FnId fn) {
    return fn == FN_sqrt || fn == FN_abs || fn == FN_min || fn == FN_max || fn == FN_clip || fn == FN_floor || fn == FN_ceil || fn == FN_round || fn == FN_sign || fn == FN_step;
}

static double binary(BinaryOp op, double a, double b) {
    switch (op) {
    case OP_ADD: return a + b;
    case OP_SUB: return a - b;
    case OP_MUL: return a * b;
    case OP_DIV: return a / b;
    case OP_MOD: return sema_math(FN_mod, (double[]){a, b});
    case OP_POW: return sema_power(a, b);
    case OP_LT: return a < b;
    case OP_LE: return a <= b;
    case OP_GT: return a > b;
    case OP_GE: return a >= b;
    case OP_EQ: return a == b;
    case OP_NE: return a != b;
    case OP_AND: return a != 0 && b != 0;
    case OP_OR: return a != 0 || b != 0;
    }
    return NAN;
}

static Expr *number_like(Sema *s, const Expr *e, double v) {
    Expr *n = expr_num(s, v, e->dim, e->span);
    n->ty = e->ty;
    n->flex = e->flex;
    return n;
}

static bool is_num(const Expr *e) { return e && e->kind == E_NUM && !e->bad; }

static Expr *element(Sema *s, Expr *e) {
    const Var *v = e->var;
    if (!v || !v->data || !v->shape) return e;           // v is NULL for an element of a run-time array
    uint64_t flat = 0;
    for (uint32_t i = 0; i < e->args.n; i++) {
        double k = e->args.at[i]->num;
        if (!(k >= 0 && k < v->shape[i])) return e;
        flat = flat * v->shape[i] + (uint64_t)k;
    }
    return number_like(s, e, v->data[flat]);
}

enum { EXACT, FUNCTIONS, DEFAULTS };
static Expr *fold(Sema *s, Expr *e, int mode);

static Expr *variable(Sema *s, Expr *e, int mode) {
    const Var *v = e->var;
    if (v->kind == VAR_CONST && is_num(v->init)) return number_like(s, e, v->init->num);
    if (mode != DEFAULTS || v->kind != VAR_PARAM || !v->init || v->init->bad || v->init->kind == E_DRAW) return e;
    Expr *d = fold(s, v->init, mode);
    return is_num(d) ? number_like(s, e, d->num) : e;
}

static Expr *evaluate(Sema *s, Expr *e, int mode) {
    bool functions = mode != EXACT;
    double x[3] = {0};
    bool all = true;
    for (uint32_t i = 0; i < e->args.n; i++) {
        all = all && is_num(e->args.at[i]);
        if (i < 3) x[i] = e->args.at[i]->num;
    }
    switch (e->kind) {
    case E_VAR: return variable(s, e, mode);
    case E_NEG: return is_num(e->a) ? number_like(s, e, -e->a->num) : e;
    case E_NOT: return is_num(e->a) ? number_like(s, e, e->a->num == 0) : e;
    case E_COND: return is_num(e->a) ? (e->a->num != 0 ? e->b : e->c) : e;
    case E_CALL: return all && (functions || exact(e->fn)) ? number_like(s, e, sema_math(e->fn, x)) : e;
    case E_ELEMENT: return all ? element(s, e) : e;
    case E_BINARY:
        if (!is_num(e->a) || !is_num(e->b) || (!functions && (e->op == OP_POW || e->op == OP_MOD))) return e;
        return number_like(s, e, binary((BinaryOp)e->op, e->a->num, e->b->num));
    default: return e;
    }
}

static Expr *fold(Sema *s, Expr *e, int mode) {
    if (!e || e->bad || e->kind == E_NUM || e->kind == E_DRAW) return e;
    Expr *a = fold(s, e->a, mode), *b = fold(s, e->b, mode), *c = fold(s, e->c, mode);
    bool same = a == e->a && b == e->b && c == e->c;
    ExprVec args = {0};
    for (uint32_t i = 0; i < e->args.n; i++) {
        vec_push(s->arena, &args, fold(s, e->args.at[i], mode));
        same = same && args.at[i] == e->args.at[i];
    }
    if (!same) {
        Expr *n = ARENA_NEW(s->arena, Expr);
        *n = *e;
        n->a = a;
        n->b = b;
        n->c = c;
        n->args = args;
        e = n;
    }
    return evaluate(s, e, mode);
}

Expr *sema_fold(Sema *s, Expr *e) { return fold(s, e, EXACT); }
Expr *sema_fold_all(Sema *s, Expr *e) { return fold(s, e, FUNCTIONS); }
Expr *sema_fold_defaults(Sema *s, Expr *e) { return fold(s, e, DEFAULTS); }

const Expr *sema_not_constant(const Expr *e) {
    if (!e || e->kind == E_NUM || e->kind == E_STRING) return NULL;
    const Expr *const kid[] = {e->a, e->b, e->c};
    for (int i = 0; i < 3; i++) {
        const Expr *f = sema_not_constant(kid[i]);
        if (f) return f;
    }
    for (uint32_t i = 0; i < e->args.n; i++) {
        const Expr *f = sema_not_constant(e->args.at[i]);
        if (f) return f;
    }
    bool leaf = e->kind != E_NEG && e->kind != E_NOT && e->kind != E_BINARY && e->kind != E_COND && e->kind != E_CALL && e->kind != E_ARRAY;
    return leaf ? e : NULL;
}

Expr *sema_const(Sema *s, Scope *sc, const Ast *ast, const ExprCtx *cx, const char *what) {
    Expr *e = sema_expr(s, sc, ast, cx);
    if (e->bad) return e;
    if (e->ty != TY_BOOL && !expr_expect_number(s, e, what)) return e;
    Expr *n = sema_fold_all(s, e);
    if (n->kind != E_NUM) {
        const Expr *why = sema_not_constant(n);
        Diag *d = diag(s->diags, e->span, D_NOT_CONSTANT, what, why ? span_text(s, why->span) : "a run-time value");
        if (why && why->kind == E_VAR && why->var->kind == VAR_PARAM) diag_help(s->diags, d, "declare '%s' with const instead of param", why->var->name);
        return expr_bad(s, e->span);
    }
    if (!isfinite(n->num)) {
        diag(s->diags, e->span, D_NO_FINITE_VALUE);
        return expr_bad(s, e->span);
    }
    return n;
}

bool sema_const_int(Sema *s, Scope *sc, const Ast *ast, const ExprCtx *cx, const char *what, int64_t lo, int64_t *out) {
    Expr *e = sema_const(s, sc, ast, cx, what);
    if (e->bad || !sema_expect_dim(s, e, DIM_NONE, what)) return false;
    double v = e->num, near = rint(v);
    if (fabs(v - near) > 1e-9 * fmax(1, fabs(v)) || fabs(v) > 9e15) {        // 0.8*N is whole when it rounds to it
        diag(s->diags, e->span, D_NOT_WHOLE, what, v);
        return false;
    }
    *out = (int64_t)near;
    if (*out < lo) {
        diag(s->diags, e->span, D_TOO_SMALL, what, (long long)lo, (long long)*out);
        return false;
    }
    return true;
}
