// SPDX-License-Identifier: MIT
// Operators: sums need equal dimensions, products combine them, powers of quantities need a constant exponent.
#include "expr.h"
#include <math.h>

static Expr *binary_new(Sema *s, BinaryOp op, Expr *a, Expr *b, Span span) {
    Expr *e = expr_new(s, E_BINARY, span);
    e->op = op;
    e->a = a;
    e->b = b;
    e->bad = a->bad || b->bad;
    e->ty = a->ty == TY_INT && b->ty == TY_INT ? TY_INT : TY_REAL;
    return e;
}

static bool both_numbers(Sema *s, Expr *e, const char *what) {
    bool a = expr_expect_number(s, e->a, what), b = expr_expect_number(s, e->b, what);
    if (!a || !b) e->bad = true;
    return a && b;
}

static const char *verb(BinaryOp op) {
    switch (op) {
    case OP_ADD: return "add";
    case OP_SUB: return "subtract";
    case OP_MOD: return "take the remainder of";
    case OP_LT: case OP_LE: case OP_GT: case OP_GE: case OP_EQ: case OP_NE: return "compare";
    case OP_MUL: case OP_DIV: case OP_POW: case OP_AND: case OP_OR: return "combine";
    }
    return "";
}

// Both sides get one dimension; for sums the result keeps it.
static void same_dims(Sema *s, Expr *e) {
    if (e->a->flex && e->b->flex) {
        e->flex = true;
        e->dim = e->a->kind == E_NUM ? e->b->dim : e->a->dim;
        return;
    }
    Dim d = e->a->flex ? e->b->dim : e->a->dim;
    e->dim = d;
    if (sema_unify(s, e->a, d) && sema_unify(s, e->b, d)) return;
    Diag *m = diag(s->diags, e->span, D_DIM_MISMATCH, verb((BinaryOp)e->op), dim_phrase(s->arena, e->a->dim), dim_phrase(s->arena, e->b->dim));
    diag_note(s->diags, m, "%s is %s, %s is %s", span_text(s, e->a->span), dim_text(s->arena, e->a->dim), span_text(s, e->b->span), dim_text(s->arena, e->b->dim));
    const Expr *lit = e->b->kind == E_NEG ? e->b->a : e->b;
    if (lit->kind == E_NUM && dim_equal(e->b->dim, DIM_NONE)) expr_dim_help(s, m, e->b, d);
    else expr_dim_help(s, m, e->a, e->b->dim);
    e->bad = true;
}

static Expr *sum(Sema *s, Expr *e) {
    if (!both_numbers(s, e, "an operand of a sum")) return e;
    same_dims(s, e);
    return e;
}

static bool literal_zero(const Expr *e) { return e->kind == E_NUM && e->num == 0 && e->ty != TY_BOOL; }

static Expr *product(Sema *s, Expr *e) {
    if (!both_numbers(s, e, e->op == OP_MUL ? "a factor" : "an operand of a division")) return e;
    expr_settle_free(s, e->a);
    expr_settle_free(s, e->b);
    if (e->a->bad || e->b->bad) { e->bad = true; return e; }
    e->dim = e->op == OP_MUL ? dim_mul(e->a->dim, e->b->dim) : dim_div(e->a->dim, e->b->dim);
    if (e->op == OP_DIV) {
        e->ty = TY_REAL;
        const Expr *d = sema_fold(s, e->b);
        if (d->kind == E_NUM && d->num == 0) {
            diag(s->diags, e->b->span, D_DIVISION_BY_ZERO);
            e->bad = true;
        }
    }
    return e;
}

static Expr *power(Sema *s, Expr *e) {
    if (!both_numbers(s, e, "an operand of a power")) return e;
    expr_settle_free(s, e->a);
    if (!sema_unify(s, e->b, DIM_NONE)) {
        diag(s->diags, e->b->span, D_DIM_EXPONENT, dim_phrase(s->arena, e->b->dim));
        e->bad = true;
        return e;
    }
    const Expr *p = sema_fold_all(s, e->b);
    if (e->ty == TY_INT && !(p->kind == E_NUM && p->num >= 0)) e->ty = TY_REAL;
    if (dim_equal(e->a->dim, DIM_NONE)) return e;
    e->ty = TY_REAL;
    if (p->kind != E_NUM) {
        diag(s->diags, e->b->span, D_POWER_NOT_CONSTANT, dim_phrase(s->arena, e->a->dim));
        e->bad = true;
    } else if (!dim_pow_exact(e->a->dim, p->num)) {
        diag(s->diags, e->span, D_POWER_FRACTION, dim_phrase(s->arena, e->a->dim), p->num);
        e->bad = true;
    } else e->dim = dim_pow(e->a->dim, p->num);
    return e;
}

static Expr *compare(Sema *s, Expr *e) {
    e->ty = TY_BOOL;
    bool equality = e->op == OP_EQ || e->op == OP_NE;
    if (equality && e->a->ty == e->b->ty && (e->a->ty == TY_BOOL || e->a->ty == TY_STRING)) return e;
    if (!both_numbers(s, e, "an operand of a comparison")) return e;
    same_dims(s, e);
    if (e->flex) {
        expr_settle_free(s, e->a);
        expr_settle_free(s, e->b);
        e->flex = false;
    }
    e->dim = DIM_NONE;
    return e;
}

static Expr *logic(Sema *s, Expr *e) {
    const char *what = e->op == OP_AND ? "an operand of 'and'" : "an operand of 'or'";
    bool a = expr_expect_bool(s, e->a, what), b = expr_expect_bool(s, e->b, what);
    e->ty = TY_BOOL;
    e->bad = !a || !b;
    return e;
}

Expr *expr_binary(Sema *s, BinaryOp op, Expr *a, Expr *b, Span span) {
    Expr *e = binary_new(s, op, a, b, span);
    if (e->bad) return e;
    switch (op) {
    case OP_ADD: case OP_SUB: case OP_MOD: return sum(s, e);
    case OP_MUL: case OP_DIV: return product(s, e);
    case OP_POW: return power(s, e);
    case OP_LT: case OP_LE: case OP_GT: case OP_GE: case OP_EQ: case OP_NE: return compare(s, e);
    case OP_AND: case OP_OR: return logic(s, e);
    }
    return e;
}

Expr *expr_unary(Sema *s, UnaryOp op, Expr *a, Span span) {
    Expr *e = expr_new(s, op == OP_NEG ? E_NEG : E_NOT, span);
    e->a = a;
    e->bad = a->bad;
    if (op == OP_NOT) {
        e->ty = TY_BOOL;
        if (!e->bad && !expr_expect_bool(s, a, "what follows not")) e->bad = true;
        return e;
    }
    if (!e->bad && !expr_expect_number(s, a, "what follows -")) e->bad = true;
    if (e->bad) return e;
    if (a->kind == E_NUM && !literal_zero(a)) {          // -65 mV is a number
        Expr *n = expr_num(s, -a->num, a->dim, span);
        n->ty = a->ty;
        return n;
    }
    e->ty = a->ty;
    e->dim = a->dim;
    e->flex = a->flex;
    return e;
}
